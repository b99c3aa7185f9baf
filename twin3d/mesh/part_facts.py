"""What is to be said of each part of a mesh: volume, walls, pieces, and whether its surface is closed."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from twin3d.mesh.quality import MeshReport
from twin3d.mesh.size_doubts import wall_thickness
from twin3d.mesh.topology import edge_keys
from twin3d.records import TetMesh


@dataclass(frozen=True, slots=True)
class PartFacts:
    """What is to be said of one part."""

    name: str
    path: str
    """Place in the assembly; empty where the file has no tree."""
    colour: str
    """Like ``#ff8800``; empty where the file has none."""
    n_cells: int
    volume: float
    """Of its cells [m³]."""
    stated_volume: float
    """By the geometry [m³]."""
    wall: float
    """Mean thickness, twice its volume over its surface [m]."""
    n_pieces: int
    """Bodies that do not touch each other."""
    n_open_edges: int
    """Edges of its surface with an odd number of facets; 0 for a watertight part."""
    n_pinched_edges: int
    """Edges of its surface with more than two facets: there it touches itself along a line."""


def part_facts(mesh: TetMesh, report: MeshReport) -> tuple[PartFacts, ...]:
    """Facts on all parts, in the order of the mesh."""
    areas = surface_areas(mesh)
    is_bonded = bonded_facets(mesh)
    pieces = _pieces(mesh)
    facts = []
    for index, name in enumerate(mesh.part_names):
        volume, stated = report.part_volumes[name]
        n_open, n_pinched = _surface_flaws(mesh, index, is_bonded)
        facts.append(
            PartFacts(
                name=name,
                path=mesh.part_paths[index] if mesh.part_paths else "",
                colour=mesh.part_colours[index] if mesh.part_colours else "",
                n_cells=report.part_cells[name],
                volume=volume,
                stated_volume=stated,
                wall=wall_thickness(volume, float(areas[index])),
                n_pieces=int(pieces[index]),
                n_open_edges=n_open,
                n_pinched_edges=n_pinched,
            )
        )
    return tuple(facts)


def connected_groups(mesh: TetMesh) -> tuple[tuple[str, ...], ...]:
    """Names of the parts that hang together through shared facets or contacts, the largest group first."""
    n_parts = len(mesh.part_names)
    pairs = mesh.facet_parts[mesh.facet_parts[:, 1] >= 0]
    graph = sparse.coo_array((np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(n_parts, n_parts))
    group = csgraph.connected_components(graph, directed=False)[1]
    members = [tuple(mesh.part_names[part] for part in np.flatnonzero(group == k)) for k in range(int(group.max()) + 1)]
    return tuple(sorted(members, key=lambda names: -len(names)))


def surface_areas(mesh: TetMesh) -> npt.NDArray[np.float64]:
    """Surface of each part, interfaces included [m²], shape (n_parts,)."""
    n_parts = len(mesh.part_names)
    areas = np.linalg.norm(mesh.facet_area_vectors(), axis=1)
    inner, outer = mesh.facet_parts.T
    is_bonded = bonded_facets(mesh)
    return np.asarray(
        np.bincount(inner, weights=areas, minlength=n_parts)
        + np.bincount(outer[is_bonded], weights=areas[is_bonded], minlength=n_parts)
    )


def bonded_facets(mesh: TetMesh) -> npt.NDArray[np.bool_]:
    """Facets between parts that are listed once; contacts are listed from both sides, shape (n_facets,)."""
    is_between = mesh.facet_parts[:, 1] >= 0
    contacts = np.unique(np.sort(mesh.contact_parts, axis=1), axis=0)
    pairs = np.sort(mesh.facet_parts, axis=1)
    is_contact = (pairs[:, None, :] == contacts[None, :, :]).all(axis=2).any(axis=1)
    return np.asarray(is_between & ~is_contact)


def _pieces(mesh: TetMesh) -> npt.NDArray[np.int64]:
    """Bodies of each part that share no points, shape (n_parts,)."""
    counts = np.zeros(len(mesh.part_names), dtype=np.int64)
    for part in range(len(mesh.part_names)):
        cells = mesh.cells[mesh.cell_region == part]
        if len(cells):
            used, corners = np.unique(cells, return_inverse=True)
            corners = corners.reshape(cells.shape)
            starts = np.repeat(corners[:, 0], 3), corners[:, 1:].ravel()
            graph = sparse.coo_array((np.ones(len(starts[0]), np.int8), starts), shape=(len(used),) * 2)
            counts[part] = csgraph.connected_components(graph, directed=False)[0]
    return counts


def _surface_flaws(mesh: TetMesh, part: int, is_bonded: npt.NDArray[np.bool_]) -> tuple[int, int]:
    """Open and pinched edges of the surface of a part."""
    own = (mesh.facet_parts[:, 0] == part) | (is_bonded & (mesh.facet_parts[:, 1] == part))
    corners = mesh.facets[own]
    ends = corners[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    counts = np.unique(edge_keys(ends, mesh.n_points), return_counts=True)[1]
    return int((counts % 2 == 1).sum()), int(((counts > 2) & (counts % 2 == 0)).sum())
