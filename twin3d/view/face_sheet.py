"""The asset with every outer face in its own colour and with its number, so that people can pick."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from twin3d.mesh.faces import Face
from twin3d.mesh.wording import counted
from twin3d.records import TetMesh
from twin3d.records.mesh import OUTSIDE
from twin3d.view.callouts import Callout, find_spots, place_callouts
from twin3d.view.raster import NOTHING, Camera, fit_camera, visible_triangles
from twin3d.view.shading import draw_edges, facet_normals, shaded, side_by_side, spread_colours
from twin3d.view.sheet import (
    BACK_LEFT_BOTTOM,
    FRONT_RIGHT_TOP,
    MORE_VIEWS,
    SUPERSAMPLING,
    Sheet,
    View,
    averaged,
    label_size,
)

Array: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int32]

PANEL = (1000, 800)
"""Width and height of a panel in pixels."""
SCOUT = (500, 400)
"""Size in which further views are tried."""
SCOUT_AREA = 30
"""Pixels of a face that count as seen there."""
WELL_SEEN = 0.3
"""A face is labelled where it shows this share of the pixels of the view that shows it largest."""
MAX_PANELS = 4
MAX_LABELS = 140
"""Labels in one panel at most."""


@dataclass(frozen=True, eq=False, slots=True)
class FaceSheet:
    """The picture, and what it shows."""

    pixels: npt.NDArray[np.uint8]
    """Shape (height, width, 3)."""
    callouts: tuple[tuple[Callout, ...], ...]
    """Labels of each panel, places relative to the panel."""
    labelled: frozenset[int]
    """Numbers of the faces with a label."""
    unlabelled: frozenset[int]
    """Numbers of the faces that are seen too small for one."""
    hidden: frozenset[int]
    """Numbers of the outer faces that no view shows."""
    colours: Array
    """Colour of each face by its number, from 0 to 1, shape (n_faces + 1, 3)."""


@dataclass(frozen=True, eq=False, slots=True)
class _Skin:
    """The outer facets, each with the number of its face."""

    points: Array
    triangles: IntArray
    numbers: IntArray
    normals: Array


def draw_faces(mesh: TetMesh, faces: Sequence[Face], title: str, *, parts: Collection[int] | None = None) -> FaceSheet:
    """Draw all outer faces with their numbers, or all faces of some parts without the others.

    Args:
        mesh: The mesh.
        faces: Its table of faces.
        title: Of the picture.
        parts: These alone; None draws all.

    Raises:
        CapabilityError: This machine cannot draw; says what to install.
    """
    outer = shown_faces(faces, parts)
    skin = _skin_of(mesh, faces, outer)
    largest_first = np.array(sorted(outer, key=lambda number: -faces[number - 1].area), dtype=np.int32)
    colours = spread_colours(largest_first, side_by_side(skin.triangles, skin.numbers))
    views = choose_views(skin.points, skin.triangles, skin.numbers)
    panels = [_panel(skin, view, colours) for view in views]
    callouts = _labels([seen for _, seen, _ in panels])
    labelled = frozenset(callout.key for some in callouts for callout in some)
    seen = frozenset(int(number) for _, numbers, _ in panels for number in np.unique(numbers) if number)
    sides = " × ".join(f"{side * 1e3:.4g}" for side in np.ptp(skin.points, axis=0))
    shown = f"{sides} mm, {counted(len(outer), 'outer face' if parts is None else 'face')}"
    sheet = Sheet(len(panels), PANEL, title=title, subtitle=shown, n_legend_rows=0)
    for number, (view, (pixels, _, camera), some) in enumerate(zip(views, panels, callouts, strict=True)):
        sheet.add_panel(number, pixels, view.title, camera)
        sheet.add_callouts(number, some, {callout.key: str(callout.key) for callout in some})
    unlabelled, hidden = seen - labelled, frozenset(outer) - seen
    sheet.add_foot(_foot(len(labelled), len(unlabelled), len(hidden)))
    return FaceSheet(sheet.pixels(), tuple(map(tuple, callouts)), labelled, unlabelled, hidden, colours)


def choose_views(points: Array, triangles: IntArray, numbers: IntArray) -> tuple[View, ...]:
    """Two opposite corners, and further views where these show faces that the others hide."""
    views = [FRONT_RIGHT_TOP, BACK_LEFT_BOTTOM]
    shown = set().union(*(_scouted(points, triangles, numbers, view) for view in views))
    further = list(MORE_VIEWS) if shown < set(map(int, np.unique(numbers))) else []
    gains = {view: _scouted(points, triangles, numbers, view) for view in further}
    while gains and len(views) < MAX_PANELS:
        best = max(gains, key=lambda view: len(gains[view] - shown))
        if not gains[best] - shown:
            break
        shown |= gains.pop(best)
        views.append(best)
    return tuple(views)


def _scouted(points: Array, triangles: IntArray, numbers: IntArray, view: View) -> set[int]:
    """Faces of which a view shows enough."""
    seen = visible_triangles(points, triangles, fit_camera(points, view.direction, SCOUT))
    counts = np.bincount(numbers[seen[seen != NOTHING]])
    return set(map(int, np.flatnonzero(counts >= SCOUT_AREA)))


def shown_faces(faces: Sequence[Face], parts: Collection[int] | None) -> list[int]:
    """Numbers of the faces around all parts, or around some; a contact is shown from the side of these."""
    if parts is None:
        return [row + 1 for row, face in enumerate(faces) if face.parts[1] == OUTSIDE]
    sides = [(face.parts[0] in parts, face.parts[1] in parts) for face in faces]
    from_inside = {face.parts for face, side in zip(faces, sides, strict=True) if side == (True, False)}
    return [
        row + 1
        for row, (face, side) in enumerate(zip(faces, sides, strict=True))
        if side == (True, False) or (side == (False, True) and face.parts[::-1] not in from_inside)
    ]


def _skin_of(mesh: TetMesh, faces: Sequence[Face], shown: Sequence[int]) -> _Skin:
    chosen = [faces[number - 1].facets for number in shown]
    used, corners = np.unique(mesh.facets[np.concatenate(chosen)], return_inverse=True)
    points, triangles = mesh.points[used], corners.reshape(-1, 3).astype(np.int32)
    numbers = np.repeat(np.array(shown, dtype=np.int32), [len(facets) for facets in chosen])
    return _Skin(points, triangles, numbers, facet_normals(points, triangles))


def _panel(skin: _Skin, view: View, colours: Array) -> tuple[npt.NDArray[np.uint8], IntArray, Camera]:
    """Pixels, the number of the face at each, and the camera."""
    fine = fit_camera(skin.points, view.direction, (PANEL[0] * SUPERSAMPLING, PANEL[1] * SUPERSAMPLING))
    seen = visible_triangles(skin.points, skin.triangles, fine)
    numbers = np.append(skin.numbers, 0)[seen].astype(np.int32)
    picture = shaded(seen, colours[skin.numbers], skin.normals, fine)
    draw_edges(picture, numbers)
    return (
        averaged(picture),
        np.ascontiguousarray(numbers[::SUPERSAMPLING, ::SUPERSAMPLING]),
        fit_camera(skin.points, view.direction, PANEL),
    )


def _labels(panels: Sequence[IntArray]) -> list[list[Callout]]:
    """Labels of all panels: each face where it is seen largest, and where it is seen nearly as well."""
    n_faces = max(int(numbers.max()) for numbers in panels)
    sizes = {number: label_size(str(number)) for number in range(1, n_faces + 1)}
    spots = [find_spots(numbers, sizes) for numbers in panels]
    largest: dict[int, int] = {}
    for spot in (spot for some in spots for spot in some):
        largest[spot.key] = max(largest.get(spot.key, 0), spot.n_pixels)
    placed = []
    for some, numbers in zip(spots, panels, strict=True):
        well_seen = [spot for spot in some if len(spot.room) or spot.n_pixels >= WELL_SEEN * largest[spot.key]]
        order = sorted(well_seen, key=lambda spot: (spot.n_pixels < largest[spot.key], -spot.n_pixels))
        placed.append(place_callouts(order, sizes, numbers > 0, n_most=MAX_LABELS))
    return placed


def _foot(n_labelled: int, n_unlabelled: int, n_hidden: int) -> str:
    text = f"{counted(n_labelled, 'face')} with a number"
    if n_unlabelled:
        text += f"; {n_unlabelled} are too small here for one"
    if n_hidden:
        text += f"; {n_hidden} are hidden in these views: --part draws parts alone"
    return f"{text}. The table of `twin3d mesh --faces` lists all."
