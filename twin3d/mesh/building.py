"""Builds the mesh of a scene: from the cache, or in the mesher's own process, then split at the declared contacts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import TypeAdapter

from twin3d.errors import GeometryError
from twin3d.mesh.cache import load_arrays, mesh_key, save_arrays
from twin3d.mesh.contacts import contact_mask, gap_arrays
from twin3d.mesh.isolation import Arrays, CrashError, Progress, run_worker
from twin3d.mesh.products import count_products
from twin3d.mesh.quality import MeshReport, report_mesh
from twin3d.mesh.topology import (
    CELL_EDGES,
    Facets,
    Split,
    edge_keys,
    facet_keys,
    find_facets,
    patches_by_angle,
    right_handed,
    split_at_contacts,
)
from twin3d.records import TetMesh
from twin3d.scene import Contact, Geometry, Sensor

ORPHAN = -1
NAMES = ("part_names", "part_paths", "part_colours", "face_names", "face_colours")
_REPORT = TypeAdapter(MeshReport)


@dataclass(frozen=True, eq=False, slots=True)
class MeshResult:
    """A mesh, what is to be said of it, and where it came from."""

    mesh: TetMesh
    report: MeshReport
    from_cache: bool


def build_mesh(
    geometry: Geometry,
    contacts: Sequence[Contact],
    *,
    sensors: Sequence[Sensor] = (),
    cache_dir: Path | None,
    progress: Progress | None = None,
) -> MeshResult:
    """Mesh a geometry; touching solids share their points, but for declared contacts.

    Args:
        geometry: The file and the sizes.
        contacts: Pairs of parts that touch through a thin resistance; each side gets its own points.
        sensors: Their positions are meshed finely where the geometry asks for it.
        cache_dir: Where meshes are kept; None keeps nothing.
        progress: Is told how far the work is, from 0 to 1.

    Raises:
        GeometryError: The file cannot be used; names it and the remedy.
        MeshError: No mesh could be made, or a contact names parts that do not touch.
    """
    if not geometry.file.is_file():
        raise GeometryError(f"there is no geometry file at {geometry.file}")
    request = _request(geometry, sensors)
    path = None if cache_dir is None else cache_dir / f"mesh-{mesh_key(geometry.file, request, contacts)}.npz"
    arrays = None if path is None else load_arrays(path)
    from_cache = arrays is not None
    if arrays is None:
        arrays = _split_arrays(_run_mesher(geometry.file, request, progress), contacts)
    mesh = _mesh_of(arrays)
    if from_cache:
        report = _REPORT.validate_json(str(arrays["report"]))
    else:
        report = _report_of(mesh, arrays)
        if path is not None:
            save_arrays(path, {**arrays, "report": np.array(_REPORT.dump_json(report).decode())})
    if progress is not None:
        progress(1.0, "mesh ready")
    return MeshResult(mesh, report, from_cache)


def _request(geometry: Geometry, sensors: Sequence[Sensor]) -> dict[str, Any]:
    """All that decides the mesh, beside the file and the contacts, as plain JSON."""
    near = [] if geometry.sensor_cell_size is None else [s.position for s in sensors if s.position is not None]
    return {**geometry.model_dump(mode="json", exclude={"file"}), "sensor_points": near}


def _run_mesher(file: Path, request: Mapping[str, Any], progress: Progress | None) -> Arrays:
    """Netgen in a process of its own; where it crashes, fTetWild in another."""
    asked = {**request, "file": str(file.resolve())}
    try:
        return run_worker("twin3d.mesh.mesher", {**asked, "crash": ""}, file.name, progress=progress)
    except CrashError as crash:
        try:
            return run_worker("twin3d.mesh.mesher", {**asked, "crash": str(crash)}, file.name, progress=progress)
        except CrashError:
            raise crash from None


def _split_arrays(raw: Arrays, contacts: Sequence[Contact]) -> Arrays:
    """The mesh as arrays: right-handed cells, facets with their faces, points split at contacts."""
    points, region = raw["points"], raw["cell_region"]
    points, cells, points_kept = _compact(points, right_handed(points, raw["cells"]))
    facets = find_facets(cells, region, len(points))
    faces, face_names = _faces_of(raw, facets, points_kept)
    is_contact = contact_mask(facets, contacts, tuple(map(str, raw["part_names"])))
    split = split_at_contacts(cells, region, facets, is_contact, len(points))
    arrays = {
        "points": points[split.source],
        "cells": split.cells,
        "cell_region": region,
        **{key: raw[key] for key in ("part_names", "part_paths", "part_colours", "face_colours")},
        **_facet_arrays(facets, split, is_contact, faces),
        **_curved_arrays(raw, split, points_kept),
        "face_names": face_names,
        **{key: raw[key] for key in ("part_products", "part_instances", "part_volumes", "messages")},
    }
    return {**arrays, **gap_arrays(arrays, contacts)}


def _compact(
    points: npt.NDArray[np.float64], cells: npt.NDArray[np.int32]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Points without those that no cell uses, the cells renumbered, and the old number of each point."""
    is_used = np.zeros(len(points), dtype=bool)
    is_used[cells] = True
    kept = np.flatnonzero(is_used)
    if len(kept) == len(points):
        return points, cells, kept
    renumbered = np.cumsum(is_used, dtype=np.int32) - 1
    return points[kept], renumbered[cells], kept


def _faces_of(raw: Arrays, facets: Facets, kept: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int32], Any]:
    """The face of each facet, as the mesher knows it, and the names of the faces.

    Facets that no face of the file claims are grouped into smooth patches.
    """
    n_points, names = len(raw["points"]), raw["face_names"]
    faces = np.full(len(facets.corners), ORPHAN, dtype=np.int32)
    if len(raw["triangles"]):
        known = facet_keys(raw["triangles"], n_points)
        order = np.argsort(known)
        keys = facet_keys(kept[facets.corners].astype(np.int32), n_points)
        place = np.minimum(np.searchsorted(known[order], keys), len(order) - 1)
        found = known[order][place] == keys
        faces[found] = raw["triangle_face"][order][place[found]]
    orphans = np.flatnonzero(faces == ORPHAN)
    if orphans.size:
        patch = patches_by_angle(raw["points"], kept[facets.corners[orphans]].astype(np.int32))
        faces[orphans] = len(names) + patch
        names = np.append(names, [""] * (int(patch.max()) + 1))
    return faces, names


def _facet_arrays(
    facets: Facets, split: Split, is_contact: npt.NDArray[np.bool_], faces: npt.NDArray[np.int32]
) -> Arrays:
    first, second = split.point_of_side[:, 0], split.point_of_side[:, 1]
    mirrored = second[is_contact][:, ::-1]
    return {
        "facets": np.concatenate([first, mirrored]).astype(np.int32),
        "facet_region": np.concatenate([faces, faces[is_contact]]).astype(np.int32),
        "facet_parts": np.concatenate([facets.parts, facets.parts[is_contact][:, ::-1]]).astype(np.int32),
        "contact_facets": np.stack([first[is_contact], second[is_contact]], axis=1).astype(np.int32),
        "contact_parts": facets.parts[is_contact].astype(np.int32),
    }


def _curved_arrays(raw: Arrays, split: Split, kept: npt.NDArray[np.int64]) -> Arrays:
    """Curved edges of the split mesh: every copy of an edge is curved like the edge itself."""
    edges, middles = raw["curved_edges"], raw["curved_points"]
    if not len(edges):
        return {"curved_edges": edges, "curved_points": middles}
    n_points = len(raw["points"])
    known = edge_keys(edges, n_points)
    order = np.argsort(known)
    is_end = np.zeros(n_points, dtype=bool)
    is_end[edges] = True
    ends = split.cells[:, CELL_EDGES].reshape(-1, 2)
    old = kept[split.source]
    ends = ends[is_end[old[ends]].all(axis=1)]
    ends = np.unique(np.sort(ends, axis=1), axis=0)
    keys = edge_keys(old[ends].astype(np.int32), n_points)
    place = np.minimum(np.searchsorted(known[order], keys), len(order) - 1)
    found = known[order][place] == keys
    return {"curved_edges": ends[found].astype(np.int32), "curved_points": middles[order[place[found]]]}


def _report_of(mesh: TetMesh, arrays: Arrays) -> MeshReport:
    products = count_products(
        mesh.part_names,
        products=list(map(str, arrays["part_products"])),
        instances=arrays["part_instances"].tolist(),
        volumes=arrays["part_volumes"].tolist(),
    )
    report = report_mesh(mesh, arrays["part_volumes"], tuple(map(str, arrays["messages"])))
    return replace(report, products=products)


def _mesh_of(arrays: Arrays) -> TetMesh:
    names = {
        key: tuple(map(str, arrays[key]))
        for key in ("part_names", "part_paths", "part_colours", "face_names", "face_colours")
    }
    fields = (
        "points",
        "cells",
        "cell_region",
        "facets",
        "facet_region",
        "facet_parts",
        "contact_facets",
        "contact_parts",
        "gap_corners",
        "gap_weights",
        "gap_areas",
        "gap_parts",
        "curved_edges",
        "curved_points",
    )
    return TetMesh(**{key: arrays[key] for key in fields}, **names)  # type: ignore[arg-type]  # arrays and names
