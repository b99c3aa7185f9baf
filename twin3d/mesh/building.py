"""Builds the mesh of a scene: from the cache, or in the mesher's own process, then split at the declared contacts."""

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from twin3d.errors import GeometryError, MeshError
from twin3d.mesh.cache import load_arrays, mesh_key, save_arrays
from twin3d.mesh.isolation import Arrays, Progress, run_worker
from twin3d.mesh.quality import MeshReport, report_mesh
from twin3d.mesh.topology import Facets, Split, facet_keys, find_facets, split_at_contacts
from twin3d.records import TetMesh
from twin3d.records.mesh import OUTSIDE
from twin3d.scene import Contact, Geometry

ORPHAN = -1


@dataclass(frozen=True, eq=False, slots=True)
class MeshResult:
    """A mesh, what is to be said of it, and where it came from."""

    mesh: TetMesh
    report: MeshReport
    from_cache: bool


def build_mesh(
    geometry: Geometry, contacts: Sequence[Contact], *, cache_dir: Path | None, progress: Progress | None = None
) -> MeshResult:
    """Mesh a geometry; touching solids share their points, but for declared contacts.

    Args:
        geometry: The file and the sizes.
        contacts: Pairs of parts that touch through a thin resistance; each side gets its own points.
        cache_dir: Where meshes are kept; None keeps nothing.
        progress: Is told how far the work is, from 0 to 1.

    Raises:
        GeometryError: The file cannot be used; names it and the remedy.
        MeshError: No mesh could be made, or a contact names parts that do not touch.
    """
    if not geometry.file.is_file():
        raise GeometryError(f"there is no geometry file at {geometry.file}")
    path = None if cache_dir is None else cache_dir / f"mesh-{mesh_key(geometry, contacts)}.npz"
    arrays = None if path is None else load_arrays(path)
    from_cache = arrays is not None
    if arrays is None:
        arrays = _split_arrays(_run_mesher(geometry, progress), contacts)
        if path is not None:
            save_arrays(path, arrays)
    mesh = _mesh_of(arrays)
    report = report_mesh(mesh, arrays["part_volumes"], tuple(map(str, arrays["messages"])))
    if progress is not None:
        progress(1.0, "mesh ready")
    return MeshResult(mesh, report, from_cache)


def _run_mesher(geometry: Geometry, progress: Progress | None) -> Arrays:
    request = {**geometry.model_dump(mode="json"), "file": str(geometry.file.resolve())}
    return run_worker("twin3d.mesh.mesher", request, geometry.file.name, progress=progress)


def _split_arrays(raw: Arrays, contacts: Sequence[Contact]) -> Arrays:
    """The mesh as arrays: right-handed cells, facets with their faces, points split at contacts."""
    points, region = raw["points"], raw["cell_region"]
    points, cells = _compact(points, _right_handed(points, raw["cells"]))
    facets = find_facets(cells, region, len(points))
    faces, face_names = _faces_of(raw, facets)
    is_contact = _contact_mask(facets, contacts, tuple(map(str, raw["part_names"])))
    split = split_at_contacts(cells, region, facets, is_contact, len(points))
    return {
        "points": points[split.source],
        "cells": split.cells,
        "cell_region": region,
        **{key: raw[key] for key in ("part_names", "part_paths", "part_colours")},
        **_facet_arrays(facets, split, is_contact, faces),
        "face_names": face_names,
        "part_volumes": raw["part_volumes"],
        "messages": raw["messages"],
    }


def _right_handed(points: npt.NDArray[np.float64], cells: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    corner = points[cells]
    edges = corner[:, 1:] - corner[:, :1]
    flipped = np.einsum("ei,ei->e", np.cross(edges[:, 0], edges[:, 1]), edges[:, 2]) < 0.0
    result = cells.copy()
    result[flipped, 2], result[flipped, 3] = cells[flipped, 3], cells[flipped, 2]
    return result


def _compact(
    points: npt.NDArray[np.float64], cells: npt.NDArray[np.int32]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int32]]:
    """Points without those that no cell uses, and the cells renumbered."""
    used, renumbered = np.unique(cells, return_inverse=True)
    if len(used) == len(points):
        return points, cells
    return points[used], renumbered.reshape(cells.shape).astype(np.int32)


def _faces_of(raw: Arrays, facets: Facets) -> tuple[npt.NDArray[np.int32], Any]:
    """The face of each facet, as the mesher knows it, and the names of the faces."""
    n_points = int(max(raw["triangles"].max(), facets.corners.max())) + 1
    known = facet_keys(raw["triangles"], n_points)
    order = np.argsort(known)
    keys = facet_keys(facets.corners, n_points)
    place = np.minimum(np.searchsorted(known[order], keys), len(order) - 1)
    found = known[order][place] == keys
    faces = np.where(found, raw["triangle_face"][order][place], ORPHAN).astype(np.int32)
    names = raw["face_names"]
    if not found.all():
        faces[~found] = len(names)
        names = np.append(names, "")
    return faces, names


def _contact_mask(facets: Facets, contacts: Sequence[Contact], names: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    mask = np.zeros(len(facets.corners), dtype=bool)
    inner, outer = facets.parts.T
    for contact in contacts:
        sides = [np.array([fnmatch.fnmatchcase(name, glob) for name in names]) for glob in contact.between]
        for glob, matched in zip(contact.between, sides, strict=True):
            if not matched.any():
                raise MeshError(f"contact {contact.name}: no part matches {glob!r}; the parts are {', '.join(names)}")
        between = (outer != OUTSIDE) & ((sides[0][inner] & sides[1][outer]) | (sides[1][inner] & sides[0][outer]))
        if not between.any():
            a, b = contact.between
            raise MeshError(f"contact {contact.name}: {a!r} and {b!r} do not touch; close the gap in the CAD")
        mask |= between
    return mask


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


def _mesh_of(arrays: Arrays) -> TetMesh:
    names = {key: tuple(map(str, arrays[key])) for key in ("part_names", "part_paths", "part_colours", "face_names")}
    fields = (
        "points",
        "cells",
        "cell_region",
        "facets",
        "facet_region",
        "facet_parts",
        "contact_facets",
        "contact_parts",
    )
    return TetMesh(**{key: arrays[key] for key in fields}, **names)  # type: ignore[arg-type]  # arrays and names
