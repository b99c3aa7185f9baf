"""What a surface file holds, before it is decided which pieces make up a part."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from twin3d.errors import GeometryError
from twin3d.records import PartSource
from twin3d.records.shapes import check_labels, check_shape

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.integer[Any]]

LARGEST = 1e9
"""No coordinate of a real file is larger, in its unit."""


@dataclass(frozen=True, eq=False, slots=True)
class Piece:
    """Triangles that a file keeps together: a solid of an STL, a group of an OBJ, a node of a glTF."""

    source: PartSource
    points: Floats
    """In the file's unit, shape (n_points, 3)."""
    triangles: npt.NDArray[np.int32]
    """Counter-clockwise from outside, if the file is right, shape (n_triangles, 3)."""
    triangle_region: npt.NDArray[np.int32]
    """Index into `region_names`, shape (n_triangles,)."""
    region_names: tuple[str, ...]
    """Names of faces within the piece, such as its materials."""

    def __post_init__(self) -> None:
        what = f"surface {self.source.name!r}" if self.source.name else "surface"
        check_shape(what, self.points, self.triangles)
        check_labels("triangle_region", self.triangle_region, len(self.triangles), len(self.region_names))
        size = float(np.abs(self.points).max())
        if size > LARGEST:
            raise GeometryError(f"the {what} reaches to {size:.3g} in the file's unit; the file is damaged")


@dataclass(frozen=True, eq=False, slots=True)
class Contents:
    """All pieces of a file."""

    pieces: tuple[Piece, ...]
    metres_per_unit: float | None = None
    """Length of one unit [m]; None where the format has none."""
    messages: tuple[str, ...] = field(default=())


def piece(
    source: PartSource,
    points: npt.ArrayLike,
    triangles: npt.ArrayLike,
    triangle_region: npt.ArrayLike | None = None,
    region_names: Sequence[str] = ("",),
) -> Piece:
    """A piece from whatever arrays a reader has; without regions it is one unnamed face."""
    corners = np.asarray(triangles)
    if corners.size and not -1 < int(corners.min()) <= int(corners.max()) < 2**31:
        raise GeometryError(f"the surface {source.name!r} refers to points that do not exist; the file is damaged")
    faces = corners.astype(np.int32).reshape(-1, 3)
    region = np.zeros(len(faces), dtype=np.int32) if triangle_region is None else np.asarray(triangle_region, np.int32)
    return Piece(source, np.asarray(points, dtype=np.float64).reshape(-1, 3), faces, region, tuple(region_names))


def placed(points: Floats, triangles: Ints, matrix: Floats) -> tuple[Floats, Ints]:
    """Points and triangles moved by a matrix of shape (4, 4); a mirror turns the triangles round."""
    moved = points @ matrix[:3, :3].T + matrix[:3, 3]
    return moved, triangles[:, ::-1] if np.linalg.det(matrix[:3, :3]) < 0.0 else triangles
