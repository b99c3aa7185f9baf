"""The live window: the newest frame, drawn when it comes."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import vtkmodules.vtkRenderingUI  # noqa: F401  registers the interactor
from PIL import Image
from vtkmodules.vtkInteractionStyle import vtkInteractorStyleTrackballCamera
from vtkmodules.vtkRenderingCore import vtkRenderWindow, vtkRenderWindowInteractor

from twin3d.errors import CapabilityError
from twin3d.records import Frame, ViewModel
from twin3d.view.field import Shown
from twin3d.view.gl import probe
from twin3d.view.offscreen import check_thread, image_of
from twin3d.view.stage import Look, Stage

TIMER_MS = 40
"""How often the window looks for a new frame."""
HELP = "d: temperature / deviation    s: sensors    r: reset camera    p: save picture    q: quit"
SIZE = (1280, 800)


def run_window(
    view_model: ViewModel,
    latest_frame: Callable[[], Frame | None],
    look: Look | None = None,
    *,
    is_over: Callable[[], bool] = lambda: False,
    picture_folder: Path = Path(),
) -> None:
    """Show frames in a window until it is closed.

    Args:
        view_model: What the frames refer to.
        latest_frame: The newest frame that was not given out yet, None without one; must not wait.
        look: How it is shown.
        is_over: Asked at every turn; the window closes when it says so.
        picture_folder: Where the key ``p`` puts pictures.

    Raises:
        CapabilityError: There is no display, or it cannot draw.
    """
    answer = probe(window=True)
    if not answer.ok:
        raise CapabilityError(answer.message)
    LiveWindow(view_model, latest_frame, look or Look(), is_over=is_over, picture_folder=picture_folder).run()


class LiveWindow:
    """A window with its keys; lives in the thread that made it."""

    def __init__(
        self,
        view_model: ViewModel,
        latest_frame: Callable[[], Frame | None],
        look: Look,
        *,
        is_over: Callable[[], bool],
        picture_folder: Path,
    ) -> None:
        self._thread = threading.get_ident()
        self._latest_frame, self._is_over, self._folder = latest_frame, is_over, picture_folder
        self._stage = Stage(view_model, look, SIZE)
        self._stage.help.SetInput(HELP)
        self._window = vtkRenderWindow()
        self._window.SetMultiSamples(0)
        self._window.SetSize(*SIZE)
        self._window.SetWindowName(f"twin3d: {view_model.title}")
        self._window.AddRenderer(self._stage.renderer)
        self._stage.attach(self._window)
        self._frame: Frame | None = None
        self._show: Shown = "temperature"
        self._n_pictures = 0
        self._keys: dict[str, Callable[[], None]] = {
            "d": self._toggle_deviation,
            "s": self._stage.labels.toggle,
            "r": self._stage.reset_camera,
            "p": self._save_picture,
            "q": self._quit,
        }
        self._error: Exception | None = None

    def run(self) -> None:
        """Stay until closed; an error of a callback closes the window and is raised here."""
        self._interactor = vtkRenderWindowInteractor()
        self._interactor.SetRenderWindow(self._window)
        style = vtkInteractorStyleTrackballCamera()
        style.AddObserver("CharEvent", lambda *_: None)  # VTK's own keys (e, w, 3, …) would surprise
        self._interactor.SetInteractorStyle(style)
        self._interactor.AddObserver("KeyPressEvent", self._on_key)
        self._interactor.AddObserver("TimerEvent", self._on_timer)
        self._window.AddObserver("ModifiedEvent", self._on_resize)
        self._stage.renderer.AddObserver("StartEvent", lambda *_: self._stage.place_labels())
        self._interactor.Initialize()
        self._window.Render()
        self._interactor.CreateRepeatingTimer(TIMER_MS)
        self._interactor.Start()
        self._window.Finalize()
        if self._error is not None:
            raise self._error

    def _on_timer(self, *_: Any) -> None:
        try:
            self._turn()
        except Exception as error:  # noqa: BLE001  VTK would print and swallow it; it is raised when the loop ends
            self._error = error
            self._quit()

    def _turn(self) -> None:
        check_thread(self._thread)
        if self._is_over():
            self._quit()
            return
        frame = self._latest_frame()
        if frame is not None:
            self._frame = frame
            self._redraw()

    def _redraw(self) -> None:
        if self._frame is not None:
            self._stage.show(self._frame, self._show)
        self._window.Render()

    def _on_key(self, *_: Any) -> None:
        action = self._keys.get(self._interactor.GetKeySym().lower())
        if action is not None:
            action()
            self._redraw()

    def _on_resize(self, *_: Any) -> None:
        self._stage.resize(self._window.GetSize())

    def _toggle_deviation(self) -> None:
        self._show = "deviation" if self._show == "temperature" else "temperature"

    def _save_picture(self) -> None:
        self._n_pictures += 1
        Image.fromarray(image_of(self._window)).save(self._folder / f"twin3d-{self._n_pictures:03d}.png")

    def _quit(self) -> None:
        self._interactor.TerminateApp()
