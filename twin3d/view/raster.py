"""Which triangle is seen at every pixel, in parallel projection: what technical pictures are made from."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper, vtkRenderer

from twin3d.errors import CapabilityError
from twin3d.view.gl import probe
from twin3d.view.offscreen import image_of, make_window

Array: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int32]
Vector: TypeAlias = tuple[float, float, float]

NOTHING = -1
"""Where no triangle is seen."""


@dataclass(frozen=True, eq=False, slots=True)
class Camera:
    """A camera that sees an asset in parallel projection."""

    backwards: Array
    """Unit vector from the asset to the camera, shape (3,)."""
    right: Array
    """Unit vector, shape (3,)."""
    up: Array
    """Unit vector, shape (3,)."""
    centre: Array
    """What is seen in the middle of the picture [m], shape (3,)."""
    depth: float
    """Size of the asset along the line of sight [m]."""
    pixels_per_metre: float
    size: tuple[int, int]
    """Width and height of the picture in pixels."""

    def project(self, positions: Array) -> Array:
        """Column and row, from the top left, of positions [m] of shape (..., 3); shape (..., 2)."""
        local = (positions - self.centre) * self.pixels_per_metre
        width, height = self.size
        return np.stack([0.5 * width + local @ self.right, 0.5 * height - local @ self.up], axis=-1)


def fit_camera(points: Array, direction: Vector, size: tuple[int, int], *, fill: float = 0.8) -> Camera:
    """A camera that sees all points.

    Args:
        points: Shape (n, 3) [m].
        direction: From the asset to the camera.
        size: Width and height of the picture in pixels.
        fill: Share of the picture that the points take up.
    """
    backwards = np.array(direction) / np.linalg.norm(direction)
    right = np.cross((0.0, 1.0, 0.0) if abs(backwards[2]) > 0.99 else (0.0, 0.0, 1.0), backwards)
    right /= np.linalg.norm(right)
    frame = np.stack([right, np.cross(backwards, right), backwards])
    local = points @ frame.T
    low, high = local.min(axis=0), local.max(axis=0)
    sides = np.maximum(high - low, 1e-12)
    scale = fill * float(min(size[0] / sides[0], size[1] / sides[1]))
    return Camera(frame[2], frame[0], frame[1], 0.5 * (low + high) @ frame, float(sides[2]), scale, size)


def visible_triangles(points: Array, triangles: IntArray, camera: Camera) -> IntArray:
    """The triangle that is seen at each pixel, `NOTHING` where there is none, shape (height, width).

    Args:
        points: Shape (n_points, 3) [m].
        triangles: Shape (n_triangles, 3).
        camera: From where.

    Raises:
        CapabilityError: This machine cannot draw; says what to install.
    """
    answer = probe()
    if not answer.ok:
        raise CapabilityError(answer.message)
    renderer = vtkRenderer()
    renderer.SetBackground(0.0, 0.0, 0.0)
    renderer.AddActor(_actor(points, triangles))
    _aim(renderer.GetActiveCamera(), camera)
    window = make_window(answer.kind)
    window.SetOffScreenRendering(1)
    window.SetMultiSamples(0)
    window.SetSize(*camera.size)
    window.AddRenderer(renderer)
    window.Render()
    image = image_of(window).astype(np.int32)
    window.Finalize()
    return np.asarray(image[..., 0] << 16 | image[..., 1] << 8 | image[..., 2], dtype=np.int32) + NOTHING


def _actor(points: Array, triangles: IntArray) -> Any:
    """Triangles in flat colours that are their numbers, counted from 1."""
    data = vtkPolyData()
    corners = vtkPoints()
    corners.SetData(numpy_to_vtk(np.ascontiguousarray(points), deep=True))
    cells = vtkCellArray()
    offsets = np.arange(0, triangles.size + 1, 3, dtype=np.int64)
    cells.SetData(
        numpy_to_vtkIdTypeArray(offsets, deep=True),
        numpy_to_vtkIdTypeArray(np.ascontiguousarray(triangles, dtype=np.int64).ravel(), deep=True),
    )
    data.SetPoints(corners)
    data.SetPolys(cells)
    number = np.arange(1, len(triangles) + 1)
    colours = np.column_stack([number >> 16, number >> 8 & 255, number & 255]).astype(np.uint8)
    data.GetCellData().SetScalars(numpy_to_vtk(colours, deep=True))
    mapper = vtkPolyDataMapper()
    mapper.SetInputData(data)
    mapper.SetColorModeToDirectScalars()
    actor = vtkActor()
    actor.SetMapper(mapper)
    actor.GetProperty().LightingOff()
    return actor


def _aim(target: Any, camera: Camera) -> None:
    distance = 2.0 * camera.depth + 1e-9
    target.ParallelProjectionOn()
    target.SetParallelScale(0.5 * camera.size[1] / camera.pixels_per_metre)
    target.SetFocalPoint(*camera.centre)
    target.SetPosition(*(camera.centre + distance * camera.backwards))
    target.SetViewUp(*camera.up)
    target.SetClippingRange(distance - camera.depth, distance + camera.depth)
