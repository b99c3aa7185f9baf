"""The sensors: a dot where each sits, a label beside the asset with its live value, and a line between the two."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor2D, vtkPolyDataMapper2D

from twin3d.records import Frame, SensorGlyph, SensorStatus
from twin3d.view.colours import STATUS_COLOURS
from twin3d.view.text import text_actor, text_size

STATUS_WORDS = {
    SensorStatus.WAITING: "waiting",
    SensorStatus.USED: "",
    SensorStatus.CHECKED: "held out",
    SensorStatus.GATED: "gated",
    SensorStatus.STALE: "stale",
    SensorStatus.BAD: "bad",
}
INK, GREY_INK, PAPER = (0.12, 0.13, 0.16), (0.45, 0.45, 0.47), (1.0, 1.0, 1.0)
LINE = (0.35, 0.37, 0.42)
LEFT_EDGE, RIGHT_EDGE, TOP, BOTTOM = 0.02, 0.875, 0.80, 0.09
"""Where labels may be, relative to the picture: the columns' outer edges, and their ends."""
DOT_RADIUS = 5.0
N_DOT = 20
MIN_GAP = 1.35
"""Distance of two labels' middles, in heights of a label."""


class SensorLabels:
    """Draws the sensors over the picture; those without a place are listed in the left column, channels of many not."""

    def __init__(self, renderer: Any, sensors: Sequence[SensorGlyph], size: tuple[int, int], scale: float) -> None:
        self._renderer, self._size, self._scale = renderer, size, scale
        self._labelled = [index for index, sensor in enumerate(sensors) if sensor.array is None]
        self._sensors = sensors = [sensors[index] for index in self._labelled]
        self._status = [SensorStatus.WAITING] * len(sensors)
        self._lines, line_actor = _lines_actor(renderer)
        line_actor.GetProperty().SetColor(*LINE)
        line_actor.GetProperty().SetLineWidth(1.2 * scale)
        self._dots, dot_actor = _lines_actor(renderer)
        self._texts = [self._text() for _ in sensors]
        self._actors = [line_actor, dot_actor, *self._texts]
        self._is_visible = True

    def show(self, frame: Frame) -> None:
        """Set values and states."""
        for index, (sensor, state) in enumerate(zip(self._sensors, frame.sensors[self._labelled], strict=True)):
            status = SensorStatus(int(state["status"]))
            self._status[index] = status
            text = self._texts[index]
            text.SetInput(label_text(sensor, float(state["measured"]), status))
            is_silent = status in (SensorStatus.STALE, SensorStatus.WAITING, SensorStatus.BAD)
            look = text.GetTextProperty()
            look.SetColor(*(GREY_INK if is_silent else INK))
            look.SetFrameColor(*STATUS_COLOURS[status])

    def toggle(self) -> None:
        """Show or hide all labels."""
        self._is_visible = not self._is_visible
        for actor in self._actors:
            actor.SetVisibility(self._is_visible)

    def resize(self, size: tuple[int, int]) -> None:
        """Follow the picture's size."""
        self._size = size

    def boxes(self) -> list[tuple[float, float, float, float]]:
        """Left, bottom, right and top of every label in pixels, for checks of the layout."""
        return [self._box(text) for text in self._texts]

    def place(self) -> None:
        """Put labels in two columns, in the order of their sensors, and draw lines to the dots."""
        if not self._is_visible:
            return
        spots = self._spots()
        middle = 0.5 * self._size[0]
        has_place = np.isfinite(spots[:, 0])
        right = has_place & (spots[:, 0] > middle)
        ends = np.full((len(spots), 2), np.nan)
        for members, is_right in ((np.flatnonzero(~right), False), (np.flatnonzero(right), True)):
            self._place_column(members, spots, ends, is_right=is_right)
        self._draw(spots[has_place], ends[has_place], np.flatnonzero(has_place))

    def _place_column(
        self,
        members: npt.NDArray[np.intp],
        spots: npt.NDArray[np.float64],
        ends: npt.NDArray[np.float64],
        *,
        is_right: bool,
    ) -> None:
        if not members.size:
            return
        width, height = self._size
        heights = np.where(np.isfinite(spots[members, 1]), spots[members, 1], BOTTOM * height)
        order = members[np.argsort(-heights, kind="stable")]
        sizes = np.array([text_size(self._texts[index], self._renderer) for index in order])
        wanted = np.sort(heights)[::-1]
        placed = spread_out(wanted, MIN_GAP * float(sizes[:, 1].max()), BOTTOM * height, TOP * height)
        for index, y, (text_width, text_height) in zip(order, placed, sizes, strict=True):
            x = RIGHT_EDGE * width - text_width if is_right else LEFT_EDGE * width
            self._texts[index].SetPosition(x, y - 0.5 * text_height)
            ends[index] = (x - 4.0 if is_right else x + text_width + 4.0), y

    def _spots(self) -> npt.NDArray[np.float64]:
        """Where the sensors are in the picture [pixels], NaN for those without a place, shape (n_sensors, 2)."""
        spots = np.full((len(self._sensors), 2), np.nan)
        for index, sensor in enumerate(self._sensors):
            if sensor.position is not None:
                self._renderer.SetWorldPoint(*sensor.position, 1.0)
                self._renderer.WorldToDisplay()
                spots[index] = self._renderer.GetDisplayPoint()[:2]
        return spots

    def _draw(
        self, spots: npt.NDArray[np.float64], ends: npt.NDArray[np.float64], members: npt.NDArray[np.intp]
    ) -> None:
        pairs = np.stack([ends, spots], axis=1).reshape(-1, 2)
        _set_cells(self._lines, pairs, np.arange(len(pairs)).reshape(-1, 2), "lines")
        angles = np.linspace(0.0, 2.0 * np.pi, N_DOT, endpoint=False)
        circle = DOT_RADIUS * self._scale * np.column_stack([np.cos(angles), np.sin(angles)])
        rims = np.concatenate([spots[:, None] + 1.45 * circle, spots[:, None] + circle], axis=0).reshape(-1, 2)
        _set_cells(self._dots, rims, np.arange(len(rims)).reshape(-1, N_DOT), "polys")
        inner = np.array([STATUS_COLOURS[self._status[index]] for index in members]).reshape(-1, 3)
        colours = np.concatenate([np.ones_like(inner), inner])
        self._dots.GetCellData().SetScalars(numpy_to_vtk(np.round(colours * 255).astype(np.uint8), deep=True))

    def _box(self, text: Any) -> tuple[float, float, float, float]:
        x, y = text.GetPosition()
        width, height = text_size(text, self._renderer)
        return x, y, x + width, y + height

    def _text(self) -> Any:
        text = text_actor("", round(13 * self._scale), INK)
        look = text.GetTextProperty()
        look.SetBackgroundColor(*PAPER)
        look.SetBackgroundOpacity(0.85)
        look.FrameOn()
        look.SetFrameWidth(max(1, round(2 * self._scale)))
        self._renderer.AddViewProp(text)
        return text


def label_text(sensor: SensorGlyph, measured: float, status: SensorStatus) -> str:
    """What a label says: name, value with its unit, and anything unusual."""
    unit = {"degC": "°C", "degF": "°F"}.get(sensor.unit, sensor.unit)
    value = "–" if np.isnan(measured) else f"{(measured - sensor.offset) / sensor.scale:.1f}"
    word = STATUS_WORDS[status]
    return f" {sensor.id}  {value} {unit}{f'  {word}' if word else ''} "


def spread_out(wanted: npt.NDArray[np.float64], gap: float, low: float, high: float) -> npt.NDArray[np.float64]:
    """Heights near the wanted ones, descending, at least a gap apart, within bounds as far as they fit."""
    gap = min(gap, (high - low) / max(1, len(wanted) - 1))
    placed = np.clip(wanted, low, high).astype(np.float64)
    for index in range(1, len(placed)):
        placed[index] = min(placed[index], placed[index - 1] - gap)
    below = low - placed[-1]
    if below > 0.0:
        placed[-1] = low
        for index in range(len(placed) - 2, -1, -1):
            placed[index] = max(placed[index], placed[index + 1] + gap)
    return placed


def _lines_actor(renderer: Any) -> tuple[Any, Any]:
    data = vtkPolyData()
    mapper = vtkPolyDataMapper2D()
    mapper.SetInputData(data)
    actor = vtkActor2D()
    actor.SetMapper(mapper)
    renderer.AddViewProp(actor)
    return data, actor


def _set_cells(data: Any, places: npt.NDArray[np.float64], cells: npt.NDArray[np.int64], kind: str) -> None:
    points = vtkPoints()
    points.SetData(numpy_to_vtk(np.column_stack([places, np.zeros(len(places))]), deep=True))
    array = vtkCellArray()
    offsets = np.arange(0, cells.size + 1, cells.shape[1], dtype=np.int64)
    corners = np.ascontiguousarray(cells, dtype=np.int64).ravel()
    array.SetData(numpy_to_vtkIdTypeArray(offsets, deep=True), numpy_to_vtkIdTypeArray(corners, deep=True))
    data.SetPoints(points)
    data.SetLines(array) if kind == "lines" else data.SetPolys(array)
    data.Modified()
