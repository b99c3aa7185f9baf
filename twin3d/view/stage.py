"""What is drawn, in a window and off screen alike: the field, its bar, the sensors with their values, the captions."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from vtkmodules.vtkRenderingCore import vtkLight, vtkRenderer

from twin3d.records import Frame, ViewModel
from twin3d.view.bar import ScalarBar
from twin3d.view.colours import AutoRange
from twin3d.view.field import FieldActor, FieldValues, Method, Shown
from twin3d.view.labels import SensorLabels
from twin3d.view.text import text_actor

BACKGROUND_TOP, BACKGROUND_BOTTOM = (0.97, 0.97, 0.98), (0.86, 0.88, 0.91)
INK = (0.12, 0.13, 0.16)
WARNING = (0.70, 0.25, 0.05)
KELVIN = 273.15
SMALLEST_RANGE = {"temperature": 2.0, "deviation": 0.2}
"""Least width of the bar [K]."""
BAR_TITLES = {"temperature": "temperature", "deviation": "standard deviation"}
ZOOM = 0.86
"""The asset fills this part of the height, so that labels have room."""
MAX_FLAGS = 3


@dataclass(frozen=True, slots=True)
class Look:
    """How a scene is shown."""

    unit: str | None = None
    """Of temperatures: degC or K; None takes the scene's."""
    scalar_range: tuple[float, float] | None = None
    """Ends of the bar for temperatures [K]; None follows the data."""
    method: Method = "shader"
    smooths_edges: bool = True
    """Whether edges of the picture are smoothed (FXAA)."""
    quantity: tuple[str, str] | None = None
    """Title and unit of the bar where the field is no temperature; `scalar_range` is then in that unit."""


class Stage:
    """Holds a renderer with everything in it; belongs to the thread that made its window."""

    def __init__(self, view_model: ViewModel, look: Look, size: tuple[int, int]) -> None:
        self._view_model, self._look, self._size = view_model, look, size
        self._values = FieldValues(view_model)
        self._field = FieldActor(view_model, look.method)
        self._ranges = {show: AutoRange(smallest) for show, smallest in SMALLEST_RANGE.items()}
        self.renderer = vtkRenderer()
        self.renderer.SetUseFXAA(look.smooths_edges)
        self._scale = max(0.6, size[1] / 720.0)
        self._set_the_scene()
        self._bar = ScalarBar(self.renderer, size, self._scale)
        self._labels = SensorLabels(self.renderer, view_model.sensors, size, self._scale)
        self._title = self._caption(0.02, 0.965, 19, view_model.title, is_bold=True)
        self._state = self._caption(0.02, 0.925, 14, "")
        self._flags = self._caption(0.02, 0.885, 13, "", colour=WARNING)
        self.help = self._caption(0.02, 0.03, 12, "", from_below=True)
        self.reset_camera()

    @property
    def labels(self) -> SensorLabels:
        """The sensors' labels."""
        return self._labels

    def attach(self, window: Any) -> None:
        """Say which window draws; needed once, before its first picture."""
        self._field.attach(window)

    def show(self, frame: Frame, show: Shown) -> None:
        """Set everything to a frame."""
        self._values.keep(frame)
        values = self._values.temperature(frame) if show == "temperature" else self._values.deviation(frame)
        self._show_field(frame, show, values)
        low, high = self._range(show, values)
        self._field.set_colours(show, low, high)
        unit, shift = self._shown_unit(show)
        title = BAR_TITLES[show] if self._look.quantity is None else self._look.quantity[0]
        self._bar.show(show, title, unit, (low - shift, high - shift))
        self._labels.show(frame)
        self._state.SetInput(f"{_time_text(frame.time_ns)}   {frame.provenance}")
        self._flags.SetInput("\n".join(_shortened(frame.flags)))

    def place_labels(self) -> None:
        """Put the labels beside the asset as the camera sees it now; call it before every render."""
        self._labels.place()

    def resize(self, size: tuple[int, int]) -> None:
        """Follow the window's size."""
        self._size = size
        self._bar.resize(size)
        self._labels.resize(size)

    def reset_camera(self) -> None:
        """Look at the whole asset from the scene's direction."""
        camera = self.renderer.GetActiveCamera()
        direction = np.array(self._view_model.camera) / np.linalg.norm(self._view_model.camera)
        points = self._view_model.points
        centre = 0.5 * (points.min(axis=0) + points.max(axis=0)).astype(np.float64)
        camera.SetFocalPoint(*centre)
        camera.SetPosition(*(centre + direction * float(np.linalg.norm(np.ptp(points, axis=0))) * 2.0))
        camera.SetViewUp(*((0.0, 1.0, 0.0) if abs(direction[2]) > 0.99 else (0.0, 0.0, 1.0)))
        camera.SetViewAngle(25.0)
        self._frame_asset(camera, points.astype(np.float64), centre)

    def _frame_asset(self, camera: Any, points: npt.NDArray[np.float64], centre: npt.NDArray[np.float64]) -> None:
        """Move the camera so that the asset fills its part of the picture, labels beside it."""
        backwards = np.array(camera.GetPosition()) - centre
        backwards /= np.linalg.norm(backwards)
        right = np.cross(np.array(camera.GetViewUp()), backwards)
        right /= np.linalg.norm(right)
        up = np.cross(backwards, right)
        tangent = np.tan(np.radians(camera.GetViewAngle() / 2.0))
        width, height = self._size
        local = points - centre
        across = np.abs(local @ right) / (tangent * width / height * 0.56)
        upwards = np.abs(local @ up) / (tangent * ZOOM)
        distance = float((np.maximum(across, upwards) + local @ backwards).max())
        camera.SetPosition(*(centre + backwards * distance))
        self.renderer.ResetCameraClippingRange()

    def _set_the_scene(self) -> None:
        self.renderer.GradientBackgroundOn()
        self.renderer.SetBackground(*BACKGROUND_BOTTOM)
        self.renderer.SetBackground2(*BACKGROUND_TOP)
        self.renderer.AutomaticLightCreationOff()
        light = vtkLight()
        light.SetLightTypeToHeadlight()
        self.renderer.AddLight(light)
        self.renderer.AddActor(self._field.actor)

    def _show_field(self, frame: Frame, show: Shown, values: npt.NDArray[np.float32]) -> None:
        if show == "temperature" and self._look.method == "shader":
            self._field.set_field(self._values.offset(frame), frame.coefficients)
        else:
            self._field.set_field(values, np.zeros_like(frame.coefficients))

    def _range(self, show: Shown, values: npt.NDArray[np.float32]) -> tuple[float, float]:
        """The bar's range in kelvin, round in the unit that is shown."""
        if show == "temperature" and self._look.scalar_range is not None:
            return self._look.scalar_range
        _, shift = self._shown_unit(show)
        low = 0.0 if show == "deviation" else float(values.min()) - shift
        bottom, top = self._ranges[show].follow(low, float(values.max()) - shift)
        return bottom + shift, top + shift

    def _shown_unit(self, show: Shown) -> tuple[str, float]:
        """The unit as people write it, and what to take from kelvins for it."""
        if self._look.quantity is not None:
            return self._look.quantity[1], 0.0
        if show == "deviation" or (self._look.unit or self._view_model.unit) == "K":
            return "K", 0.0
        return "°C", KELVIN

    def _caption(
        self,
        x: float,
        y: float,
        points: int,
        text: str,
        *,
        colour: tuple[float, float, float] = INK,
        is_bold: bool = False,
        from_below: bool = False,
    ) -> Any:
        actor = text_actor(text, round(points * self._scale), colour, is_bold=is_bold)
        actor.GetTextProperty().SetVerticalJustificationToBottom() if from_below else (
            actor.GetTextProperty().SetVerticalJustificationToTop()
        )
        actor.GetPositionCoordinate().SetCoordinateSystemToNormalizedViewport()
        actor.SetPosition(x, y)
        self.renderer.AddViewProp(actor)
        return actor


def _time_text(time_ns: int) -> str:
    if not time_ns:
        return ""
    moment = datetime.fromtimestamp(time_ns * 1e-9, tz=UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 100_000} UTC"


def _shortened(flags: tuple[str, ...]) -> list[str]:
    hidden = len(flags) - MAX_FLAGS
    return [*flags[:MAX_FLAGS], *([f"and {hidden} more"] if hidden > 0 else [])]
