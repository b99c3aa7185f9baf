"""From what a file says to a mesh: checked, cut into tetrahedra, every cell in a part, every named facet found."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from twin3d.errors import GeometryError
from twin3d.geometry.names import printable, unique_names
from twin3d.geometry.volumes.boundary import find_boundary, name_facets
from twin3d.geometry.volumes.cells import drop_useless, mid_points_fit
from twin3d.geometry.volumes.cutting import cut
from twin3d.geometry.volumes.draft import NOWHERE, CellBlock, Draft, Floats, Ints, Solid
from twin3d.records import PartSource, VolumeMesh

LARGEST = 1e12
"""Coordinates beyond this, in whatever unit, are damage."""
N_QUADRATIC = 10


def compose(draft: Draft, path: Path) -> VolumeMesh:
    """The mesh of a file.

    Args:
        draft: What the file says.
        path: The file; cells in no set become a part of its name.

    Raises:
        GeometryError: The points or cells cannot be right, or there are no solid cells.
    """
    _check(draft, path.name)
    cells, parent, notes = _tetrahedra(draft)
    cells, parent, dropped = drop_useless(draft.points, cells, parent, path.name)
    region, parts, renamed = _parts(draft, draft.region[parent], path.stem)
    n_points = len(draft.points)
    messages = [*draft.messages, *_left_out(draft.left_out), *notes, *dropped, *renamed]
    triangles: Ints = np.zeros((0, 3), dtype=np.int64)
    triangle_region: Ints = np.zeros(0, dtype=np.int64)
    names: tuple[str, ...] = ()
    if draft.facets or draft.point_sets:
        named = name_facets(find_boundary(cells[:, :4], region, n_points), draft.facets, draft.point_sets, n_points)
        triangles, triangle_region, names = named.triangles, named.region, _face_names(named.names)
        messages += named.messages
    new, used = _renumbered(cells, n_points)
    return VolumeMesh(
        points=np.ascontiguousarray(draft.points[used]),
        cells=new[cells],
        cell_region=region.astype(np.int32),
        parts=parts,
        triangles=new[triangles],
        triangle_region=triangle_region.astype(np.int32),
        region_names=names,
        metres_per_unit=draft.metres_per_unit,
        messages=tuple(dict.fromkeys(messages)),
    )


def _check(draft: Draft, name: str) -> None:
    if not sum(len(block.cells) for block in draft.blocks):
        others = "; ".join(_left_out(draft.left_out))
        raise GeometryError(
            f"{name} holds no solid cells{f' ({others})' if others else ''}; export tetrahedra, hexahedra, wedges or "
            "pyramids"
        )
    points = draft.points
    if points.ndim != 2 or points.shape[1] != 3:
        raise GeometryError(f"{name} has points of shape {points.shape}, expected three coordinates each")
    wrong = np.flatnonzero(~(np.abs(points) <= LARGEST).all(axis=1))
    if wrong.size:
        raise GeometryError(
            f"{len(wrong)} points of {name} are not finite or beyond {LARGEST:g}, the first is number {wrong[0] + 1} "
            f"at {tuple(map(float, points[wrong[0]]))}; the file is damaged, export it again"
        )
    groups = [*(block.cells for block in draft.blocks), *(named.corners for named in draft.facets)]
    groups += [points_of for _, points_of in draft.point_sets]
    for indices in groups:
        if indices.size and (indices.min() < 0 or indices.max() >= len(points)):
            bad = int(indices.max() if indices.max() >= len(points) else indices.min())
            raise GeometryError(
                f"{name} refers to point number {bad + 1}, but has {len(points)} points; the file is damaged, export "
                "it again"
            )


def _tetrahedra(draft: Draft) -> tuple[Ints, Ints, list[str]]:
    """All cells as tetrahedra, the cell that each comes from, and what was cut."""
    blocks = [block for block in draft.blocks if len(block.cells)]
    quadratic = [block for block in blocks if block.cells.shape[1] > block.solid.n_corners]
    messages = []
    if len(quadratic) == len(blocks) and all(_is_quadratic(block) for block in blocks):
        cells = np.concatenate([block.cells for block in blocks])
        if mid_points_fit(draft.points, cells):
            return cells, np.arange(len(cells)), []
        messages.append("mid-edge points are not near their edges; the cells were read by their corners")
    elif quadratic:
        n = sum(len(block.cells) for block in quadratic)
        messages.append(f"{n} curved cells were read by their corners, with straight edges")
    pieces, parents, start = [], [], 0
    for block in blocks:
        tets, parent = cut(block.cells[:, : block.solid.n_corners], block.solid)
        if block.solid is not Solid.TETRAHEDRON:
            messages.append(f"{len(block.cells)} {_plural(block)} were cut into {len(tets)} tetrahedra")
        pieces.append(tets)
        parents.append(parent + start)
        start += len(block.cells)
    return np.concatenate(pieces), np.concatenate(parents), messages


def _is_quadratic(block: CellBlock) -> bool:
    return block.solid is Solid.TETRAHEDRON and block.cells.shape[1] == N_QUADRATIC


def _plural(block: CellBlock) -> str:
    return {Solid.HEXAHEDRON: "hexahedra", Solid.WEDGE: "wedges", Solid.PYRAMID: "pyramids"}[block.solid]


def _left_out(left_out: Mapping[str, int]) -> list[str]:
    return [
        f"{count} cells of kind {kind} are no solids and were left out" for kind, count in left_out.items() if count
    ]


def _parts(draft: Draft, region: Ints, stem: str) -> tuple[Ints, tuple[PartSource, ...], list[str]]:
    """Part of each cell, without regions that have no cell, and a word on new names."""
    counts = np.bincount(region + 1, minlength=len(draft.region_names) + 1)
    kept = np.flatnonzero(counts[1:])
    names = [printable(draft.region_names[number]) for number in kept]
    paths = [draft.paths.get(draft.region_names[number], "") for number in kept]
    place: Ints = np.full(len(counts), NOWHERE, dtype=np.int64)
    place[kept + 1] = np.arange(len(kept))
    messages = []
    if counts[0]:
        place[0] = len(kept)
        names.append(printable(stem))
        paths.append("")
        if len(kept):
            messages.append(f'{counts[0]} tetrahedra are in no set; their part is named after the file: "{names[-1]}"')
    unique, renamed = unique_names(names)
    messages += [f'a second part is named "{old}"; it is called "{new}" here' for old, new in renamed]
    sources = tuple(PartSource(name, path=where) for name, where in zip(unique, paths, strict=True))
    return place[region + 1], sources, messages


def _face_names(names: Sequence[str]) -> tuple[str, ...]:
    plain = [printable(name) or f"face_{number + 1}" for number, name in enumerate(names)]
    return tuple(unique_names(plain)[0])


def _renumbered(cells: Ints, n_points: int) -> tuple[npt.NDArray[np.int32], Floats]:
    """New index of every point, and which points the cells use."""
    used = np.zeros(n_points, dtype=bool)
    used[cells] = True
    return (np.cumsum(used) - 1).astype(np.int32), np.asarray(used)
