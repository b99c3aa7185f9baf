"""Pictures without a window."""

import threading
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from vtkmodules import vtkRenderingOpenGL2
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkUnsignedCharArray
from vtkmodules.vtkRenderingCore import vtkRenderWindow

from twin3d.errors import CapabilityError
from twin3d.records import Frame, ViewModel
from twin3d.view.field import Shown
from twin3d.view.gl import GlKind, probe
from twin3d.view.stage import Look, Stage

FRONT, LEFT_EYE = 1, 0
"""Which buffer is read."""


class OffscreenRenderer:
    """Draws frames into images; used by the thread that made it, and by no other.

    Raises:
        CapabilityError: This machine cannot draw; says what to install.
    """

    def __init__(self, view_model: ViewModel, look: Look | None = None, *, size: tuple[int, int] = (1280, 720)) -> None:
        answer = probe()
        if not answer.ok:
            raise CapabilityError(answer.message)
        self._thread = threading.get_ident()
        self._stage = Stage(view_model, look or Look(), size)
        self._window = make_window(answer.kind)
        self._window.SetOffScreenRendering(1)
        self._window.SetMultiSamples(0)
        self._window.SetSize(*size)
        self._window.AddRenderer(self._stage.renderer)
        self._stage.attach(self._window)
        self._window.Render()  # text has no size before the window exists

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def stage(self) -> Stage:
        """What is drawn."""
        return self._stage

    def render(self, frame: Frame, *, show: Shown = "temperature") -> npt.NDArray[np.uint8]:
        """Draw a frame; the answer is the image, shape (height, width, 3)."""
        check_thread(self._thread)
        self._stage.show(frame, show)
        self._stage.place_labels()
        self._window.Render()
        return image_of(self._window)

    def close(self) -> None:
        """Give the graphics memory back."""
        check_thread(self._thread)
        self._window.Finalize()


def make_window(kind: GlKind) -> Any:
    """A render window of a kind that the probe found to work."""
    makers = {"egl": "vtkEGLRenderWindow", "osmesa": "vtkOSOpenGLRenderWindow"}
    return getattr(vtkRenderingOpenGL2, makers[kind])() if kind in makers else vtkRenderWindow()


def image_of(window: Any) -> npt.NDArray[np.uint8]:
    """What a window shows, shape (height, width, 3)."""
    width, height = window.GetSize()
    pixels = vtkUnsignedCharArray()
    window.GetPixelData(0, 0, width - 1, height - 1, FRONT, pixels, LEFT_EYE)
    return np.ascontiguousarray(vtk_to_numpy(pixels).reshape(height, width, 3)[::-1])


def check_thread(owner: int) -> None:
    """Raise where another thread than the owner draws: OpenGL would crash."""
    if threading.get_ident() != owner:
        raise RuntimeError("only the thread that made a picture's window may draw in it")
