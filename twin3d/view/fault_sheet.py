"""The asset with the places marked where something is wrong: gaps, overlaps, bad cells, tiny edges."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from twin3d.mesh.diagnosis import Diagnosis, Mark, MarkKind
from twin3d.mesh.topology import OUTWARD_FACETS
from twin3d.mesh.wording import place_text
from twin3d.records import TetMesh
from twin3d.records.mesh import OUTSIDE
from twin3d.view.callouts import Spot, place_callouts
from twin3d.view.raster import NOTHING, Camera, fit_camera, visible_triangles
from twin3d.view.shading import draw_edges, facet_normals, shaded, side_by_side, spread_colours
from twin3d.view.sheet import BACK_LEFT_BOTTOM, FRONT_RIGHT_TOP, SUPERSAMPLING, Colour, Sheet, averaged, label_size

Array: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int32]

PANEL = (1000, 760)
COLOURS: dict[MarkKind, Colour] = {
    "gap": (204, 34, 34),
    "cell": (238, 119, 51),
    "overlap": (204, 51, 153),
    "edge": (40, 96, 176),
}
"""Vivid, on an asset that is nearly white."""
WORDS: dict[MarkKind, str] = {"gap": "gap", "cell": "bad cell", "overlap": "overlap", "edge": "tiny edge"}
MAX_MARKS = 24
PALE = 0.62
"""Share of white in the colours of the parts."""
SEE_THROUGH = 0.6
"""Opacity of what is marked and lies behind other faces."""


def draw_faults(mesh: TetMesh, diagnosis: Diagnosis, title: str) -> npt.NDArray[np.uint8]:
    """Draw the asset from two opposite corners with numbered marks, and what each means; shape (height, width, 3).

    Args:
        mesh: The mesh.
        diagnosis: What was found.
        title: Of the picture.

    Raises:
        CapabilityError: This machine cannot draw; says what to install.
    """
    found = diagnosis.marks()
    marks = found[:MAX_MARKS]
    texts = {number: str(number) for number in range(1, len(marks) + 1)}
    views = (FRONT_RIGHT_TOP, BACK_LEFT_BOTTOM)
    sides = " × ".join(f"{side * 1e3:.4g}" for side in diagnosis.extent)
    sheet = Sheet(
        len(views), PANEL, title=title, subtitle=f"{sides} mm, {_count(marks)}", n_legend_rows=-(-len(marks) // 2)
    )
    for index, view in enumerate(views):
        camera = fit_camera(mesh.points, view.direction, PANEL)
        pixels, is_covered = _panel(mesh, diagnosis, view.direction)
        sheet.add_panel(index, pixels, view.title, camera)
        places = camera.project(np.array([mark.place for mark in marks]).reshape(-1, 3))
        for place, mark in zip(places, marks, strict=True):
            sheet.add_ring(index, (float(place[0]), float(place[1])), COLOURS[mark.kind])
        spots = [Spot(number, place[None], 1, np.zeros((0, 2))) for number, place in enumerate(places, start=1)]
        callouts = place_callouts(spots, {n: label_size(t) for n, t in texts.items()}, is_covered, n_most=len(marks))
        sheet.add_callouts(index, callouts, texts, {n: COLOURS[mark.kind] for n, mark in enumerate(marks, start=1)})
    sheet.add_legend([(texts[n], COLOURS[mark.kind], _legend(mark)) for n, mark in enumerate(marks, start=1)])
    sheet.add_foot(
        "Marks are seen through what lies in front of them."
        if len(found) <= MAX_MARKS
        else f"Marks are seen through what lies in front of them; {len(found) - MAX_MARKS} more are not shown."
    )
    return sheet.pixels()


def _count(marks: Sequence[Mark]) -> str:
    counts = {kind: sum(mark.kind == kind for mark in marks) for kind in COLOURS}
    words = [f"{n} {WORDS[kind]}{'s' if n > 1 else ''}" for kind, n in counts.items() if n]
    return ", ".join(words) or "nothing to mark"


def _legend(mark: Mark) -> str:
    return f"{WORDS[mark.kind]}, {mark.text}, near {place_text(mark.place)}"


def _panel(
    mesh: TetMesh, diagnosis: Diagnosis, direction: tuple[float, float, float]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """Pixels of one view, and where the asset is."""
    camera = fit_camera(mesh.points, direction, (PANEL[0] * SUPERSAMPLING, PANEL[1] * SUPERSAMPLING))
    is_outer = mesh.facet_parts[:, 1] == OUTSIDE
    triangles, parts = mesh.facets[is_outer], mesh.facet_parts[is_outer, 0]
    regions = mesh.facet_region[is_outer]
    seen = visible_triangles(mesh.points, triangles, camera)
    order = np.argsort(-np.bincount(parts, minlength=len(mesh.part_names)), kind="stable").astype(np.int32)
    palette = (1.0 - PALE) * spread_colours(order, side_by_side(triangles, parts)) + PALE
    picture = shaded(seen, palette[parts], facet_normals(mesh.points, triangles), camera)
    draw_edges(picture, np.append(parts.astype(np.int64) * (int(regions.max()) + 2) + regions, NOTHING)[seen])
    cells = [cell.index for cell in diagnosis.worst_cells if diagnosis.is_bad(cell)]
    _tint(picture, mesh, mesh.cells[cells][:, OUTWARD_FACETS].reshape(-1, 3), camera, COLOURS["cell"])
    for gap in diagnosis.gaps:
        _tint(picture, mesh, mesh.facets[gap.facets], camera, COLOURS["gap"])
    return averaged(picture), seen[::SUPERSAMPLING, ::SUPERSAMPLING] != NOTHING


def _tint(picture: Array, mesh: TetMesh, triangles: IntArray, camera: Camera, colour: Colour) -> None:
    """Colour what some triangles would show if nothing were in front of them, in place."""
    if not len(triangles):
        return
    is_seen = visible_triangles(mesh.points, triangles, camera) != NOTHING
    picture[is_seen] = (1.0 - SEE_THROUGH) * picture[is_seen] + SEE_THROUGH * np.array(colour) / 255.0
