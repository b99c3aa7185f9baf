"""What a mesher is asked for and what it gives, before points are split at contacts."""

import fnmatch
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from twin3d.errors import GeometryError
from twin3d.records import PartSource


class Tell(Protocol):
    """Is told how far the work is, from 0 to 1, what is done next, and how long that may take at most [s]."""

    def __call__(self, fraction: float, text: str, *, patience_s: float | None = None) -> None:
        """Take a word of progress."""
        ...


DEFAULT_CELLS = 20_000
"""About so many cells are made where nobody says a size."""

CELLS_PER_CUBE = 5.0
"""Cells of a mesh of good quality in a cube whose edges are as long as the longest of theirs."""


@dataclass(frozen=True, slots=True)
class Sizing:
    """How finely to mesh, lengths in the file's unit."""

    cell_size: float
    """Longest edge wanted."""
    metres_per_unit: float
    """Length of the file's unit [m]."""
    refine: int = 0
    """Uniform refinements after meshing."""
    part_sizes: tuple[tuple[str, float], ...] = ()
    """Glob on part names and the longest edge wanted there."""
    face_sizes: tuple[tuple[str, float], ...] = ()
    """Selector and the longest edge wanted on its faces."""
    point_sizes: tuple[tuple[float, float, float, float], ...] = ()
    """x, y, z and the longest edge wanted near that point."""
    curvature: float | None = None
    """Cells for each radius of curvature; None leaves it to the mesher."""
    wall_cells: int = 0
    """Cells across thin walls, at least; 0 does not look for them."""
    is_curved: bool = False
    """Whether edges on curved faces follow them."""
    crash: str = ""
    """How the first mesher crashed on this file, so that it is not tried again; empty at the first attempt."""

    def size_of_part(self, name: str) -> float | None:
        """Longest edge wanted in a part, None where no local size names it."""
        sizes = [size for glob, size in self.part_sizes if fnmatch.fnmatchcase(name, glob)]
        return min(sizes) if sizes else None

    def refuse_cad_only(self, name: str) -> None:
        """Refuse what needs faces and curves of a CAD file; raises GeometryError."""
        asked = {"face in local_sizes": self.face_sizes, "wall_cells": self.wall_cells, "curved": self.is_curved}
        wrong = [key for key, value in asked.items() if value]
        if wrong:
            raise GeometryError(f"{name} is no CAD file: remove {' and '.join(wrong)} from [geometry]")

    def in_mm(self, length: float) -> str:
        """A length of the file, for people."""
        return f"{length * self.metres_per_unit * 1e3:.4g} mm"

    def refuse_idle(self, names: Sequence[str]) -> None:
        """Refuse local sizes that match none of the parts; raises GeometryError."""
        for glob, _ in self.part_sizes:
            if not any(fnmatch.fnmatchcase(name, glob) for name in names):
                raise GeometryError(f"local size: no part matches {glob!r}; the parts are {', '.join(names)}")


@dataclass(frozen=True, eq=False, slots=True)
class RawMesh:
    """What a mesher gives: lengths in the file's unit, corners in any orientation."""

    points: npt.NDArray[np.float64]
    """Shape (n_points, 3)."""
    cells: npt.NDArray[np.int32]
    """Shape (n_cells, 4)."""
    cell_region: npt.NDArray[np.int32]
    """Part of each cell, shape (n_cells,)."""
    triangles: npt.NDArray[np.int32]
    """Triangles on faces, shape (n_triangles, 3)."""
    triangle_face: npt.NDArray[np.int32]
    """CAD face or smooth patch of each triangle, shape (n_triangles,)."""
    parts: tuple[PartSource, ...]
    face_names: tuple[str, ...]
    part_volumes: tuple[float, ...]
    """Volumes of the parts by the geometry itself, in the file's unit cubed."""
    messages: tuple[str, ...]
    face_colours: tuple[str, ...] = ()
    """Colour of each face like ``#ff8800``, empty text without one; empty where the file knows none."""
    curved_edges: npt.NDArray[np.int32] = field(default_factory=lambda: np.zeros((0, 2), dtype=np.int32))
    """End points of edges that are no straight lines, shape (n_curved, 2)."""
    curved_points: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 3)))
    """Their mid-edge points, shape (n_curved, 3)."""


def around(point: tuple[float, float, float, float]) -> Iterator[tuple[float, float, float, float]]:
    """A size at a point and at its neighbours one size away, so that the cells about it have it too."""
    x, y, z, size = point
    for i, j, k in product((-size, 0.0, size), repeat=3):
        yield x + i, y + j, z + k, size


def default_cell_size(volume: float, extent: float) -> float:
    """A longest edge that makes about `DEFAULT_CELLS` cells of a volume, in the unit of the extent.

    Args:
        volume: Of all parts; may be nothing where a surface is open.
        extent: Longest side of the bounding box; the edge is at least a thousandth of it.
    """
    return max(float((CELLS_PER_CUBE * volume / DEFAULT_CELLS) ** (1.0 / 3.0)), 1e-3 * extent)


def save_raw(path: Path, raw: RawMesh, *, scale: float) -> None:
    """Write a mesh as .npz, in metres; `scale` is the length of the file's unit [m]."""
    np.savez(
        path,
        points=raw.points * scale,
        cells=raw.cells,
        cell_region=raw.cell_region,
        triangles=raw.triangles,
        triangle_face=raw.triangle_face,
        curved_edges=raw.curved_edges,
        curved_points=raw.curved_points * scale,
        part_names=_text(part.name for part in raw.parts),
        part_paths=_text(part.path for part in raw.parts),
        part_colours=_text(part.colour for part in raw.parts),
        part_products=_text(part.product for part in raw.parts),
        part_instances=np.array([part.instance for part in raw.parts], dtype=np.int32),
        face_names=_text(raw.face_names),
        face_colours=_text(raw.face_colours),
        part_volumes=np.array(raw.part_volumes) * scale**3,
        messages=_text(raw.messages),
    )


def _text(words: Any) -> npt.NDArray[np.str_]:
    return np.array(list(words), dtype=str)
