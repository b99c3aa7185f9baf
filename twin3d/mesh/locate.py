"""Where a position lies in a mesh: rows that interpolate nodal values there."""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.spatial import cKDTree

from twin3d.errors import MeshError
from twin3d.records import TetMesh
from twin3d.records.mesh import OUTSIDE

Array: TypeAlias = npt.NDArray[np.float64]

TOLERANCE_M = 1e-3
"""A position this far outside the asset is moved to its surface [m]."""
INSIDE = -1e-9
"""Smallest barycentric coordinate that still counts as inside."""
NEIGHBOURS = (8, 48, 400)
"""Cells, by distance of their centres, that are tried in turn."""
CHUNK = 20_000
"""Positions that are handled at a time, to bound the memory."""


def interpolation(
    mesh: TetMesh, positions: Array, *, tolerance_m: float = TOLERANCE_M, parts: Sequence[int] | None = None
) -> sparse.csr_array:
    """Rows that interpolate nodal values linearly at positions.

    A position outside the mesh but within the tolerance takes the value of the nearest point of the surface.

    Args:
        mesh: The mesh.
        positions: Shape (n, 3) [m].
        tolerance_m: How far outside a position may be [m].
        parts: Look only in these parts; all without it.

    Returns:
        Shape (n, n_points); every row sums to 1.

    Raises:
        MeshError: A position is further outside, or not finite.
    """
    positions = np.atleast_2d(np.asarray(positions, dtype=np.float64))
    if not np.isfinite(positions).all():
        raise MeshError("a position is not finite")
    cells = mesh.cells if parts is None else mesh.cells[np.isin(mesh.cell_region, parts)]
    blocks = [
        _rows(mesh, cells, positions[start : start + CHUNK], tolerance_m, parts)
        for start in range(0, len(positions), CHUNK)
    ]
    return sparse.csr_array(sparse.vstack(blocks, format="csr"))


def _rows(
    mesh: TetMesh, cells: npt.NDArray[np.int32], positions: Array, tolerance_m: float, parts: Sequence[int] | None
) -> sparse.csr_array:
    found, weights = _containing_cells(mesh.points, cells, positions)
    outside = np.flatnonzero(found < 0)
    inside = np.flatnonzero(found >= 0)
    rows = [np.repeat(inside, 4)]
    columns, values = [cells[found[inside]].ravel()], [weights[inside].ravel()]
    if outside.size:
        corners, surface_weights = _snapped(mesh, positions[outside], tolerance_m, parts)
        rows.append(np.repeat(outside, 3))
        columns.append(corners.ravel())
        values.append(surface_weights.ravel())
    entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    return sparse.csr_array(sparse.coo_array(entries, shape=(len(positions), mesh.n_points)))


def _containing_cells(
    points: Array, cells: npt.NDArray[np.int32], positions: Array
) -> tuple[npt.NDArray[np.int64], Array]:
    """The cell around each position, -1 where there is none, and the barycentric coordinates in it."""
    tree = cKDTree(points[cells].mean(axis=1))
    found = np.full(len(positions), -1, dtype=np.int64)
    weights = np.zeros((len(positions), 4))
    for n_neighbours in NEIGHBOURS:
        missing = np.flatnonzero(found < 0)
        if not missing.size:
            break
        near = tree.query(positions[missing], k=min(n_neighbours, len(cells)))[1].reshape(len(missing), -1)
        for some in _chunks(missing, near.shape[1]):
            chosen = np.searchsorted(missing, some)
            coordinates = barycentric(points[cells[near[chosen]]], positions[some][:, None, :])
            best = coordinates.min(axis=2).argmax(axis=1)
            own = np.arange(len(some))
            is_inside = coordinates[own, best].min(axis=1) >= INSIDE
            found[some[is_inside]] = near[chosen[is_inside], best[is_inside]]
            weights[some[is_inside]] = coordinates[own, best][is_inside]
    return found, weights


def _chunks(indices: npt.NDArray[np.int64], width: int) -> Iterator[npt.NDArray[np.int64]]:
    step = max(1, 400_000 // width)
    for start in range(0, len(indices), step):
        yield indices[start : start + step]


def barycentric(corners: Array, positions: Array) -> Array:
    """Barycentric coordinates of positions in cells, shapes (..., 4, 3) and (..., 3) to (..., 4)."""
    edges = corners[..., 1:, :] - corners[..., :1, :]
    offset = positions - corners[..., 0, :]
    a, b, c = edges[..., 0, :], edges[..., 1, :], edges[..., 2, :]
    bc, ca, ab = np.cross(b, c), np.cross(c, a), np.cross(a, b)
    volume = np.einsum("...i,...i->...", a, bc)
    inner = np.stack([np.einsum("...i,...i->...", offset, normal) / volume for normal in (bc, ca, ab)], axis=-1)
    return np.concatenate([1.0 - inner.sum(axis=-1, keepdims=True), inner], axis=-1)


def _snapped(
    mesh: TetMesh, positions: Array, tolerance_m: float, parts: Sequence[int] | None
) -> tuple[npt.NDArray[np.int32], Array]:
    """Corners and weights of the nearest surface points, shapes (n, 3)."""
    is_surface = mesh.facet_parts[:, 1] == OUTSIDE if parts is None else np.isin(mesh.facet_parts, parts).any(axis=1)
    facets = mesh.facets[is_surface] if is_surface.any() else _all_facets(mesh, parts)
    corners = mesh.points[facets]
    near = cKDTree(corners.mean(axis=1)).query(positions, k=min(40, len(facets)))[1].reshape(len(positions), -1)
    nearest, weights = nearest_on_triangles(
        corners[near].reshape(-1, 3, 3), np.repeat(positions, near.shape[1], axis=0)
    )
    distances = np.linalg.norm(nearest.reshape(*near.shape, 3) - positions[:, None, :], axis=2)
    best = distances.argmin(axis=1)
    own = np.arange(len(positions))
    worst = int(distances[own, best].argmax())
    if distances[worst, best[worst]] > tolerance_m:
        x, y, z = positions[worst] * 1e3
        away = distances[worst, best[worst]] * 1e3
        low, high = mesh.points.min(axis=0) * 1e3, mesh.points.max(axis=0) * 1e3
        raise MeshError(
            f"the position ({x:.4g}, {y:.4g}, {z:.4g}) mm is {away:.3g} mm outside the asset, which reaches from "
            f"({low[0]:.4g}, {low[1]:.4g}, {low[2]:.4g}) to ({high[0]:.4g}, {high[1]:.4g}, {high[2]:.4g}) mm; "
            "move it, or check its unit"
        )
    return facets[near[own, best]], weights.reshape(*near.shape, 3)[own, best]


def _all_facets(mesh: TetMesh, parts: Sequence[int] | None) -> npt.NDArray[np.int32]:
    """Facets of all cells, for a mesh that lists none."""
    cells = mesh.cells if parts is None else mesh.cells[np.isin(mesh.cell_region, parts)]
    corners = cells[:, [[1, 2, 3], [0, 3, 2], [0, 1, 3], [0, 2, 1]]].reshape(-1, 3)
    _, first, counts = np.unique(np.sort(corners, axis=1), axis=0, return_index=True, return_counts=True)
    return np.asarray(corners[first[counts == 1]])


def nearest_on_triangles(corners: Array, positions: Array) -> tuple[Array, Array]:
    """The nearest point on each triangle to its own position, and its barycentric coordinates.

    The regions of Ericson, Real-Time Collision Detection (2005), section 5.1.5, for all triangles at once.

    Args:
        corners: Shape (n, 3, 3) [m].
        positions: Shape (n, 3) [m].

    Returns:
        Points [m] and coordinates, each of shape (n, 3).
    """
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    weights = _plane_coordinates(a, b, c, positions)
    outside = np.flatnonzero((weights < 0.0).any(axis=1))
    if outside.size:
        candidates = [_edge_coordinates(corners[outside], positions[outside], start) for start in range(3)]
        spots = np.stack([np.einsum("nk,nkd->nd", w, corners[outside]) for w in candidates])
        best = np.linalg.norm(spots - positions[outside], axis=2).argmin(axis=0)
        weights[outside] = np.stack(candidates)[best, np.arange(len(outside))]
    return np.einsum("nk,nkd->nd", weights, corners), weights


def _plane_coordinates(a: Array, b: Array, c: Array, positions: Array) -> Array:
    """Barycentric coordinates of the projections onto the triangles' planes, shape (n, 3)."""
    normal = np.cross(b - a, c - a)
    square = np.maximum(np.einsum("ij,ij->i", normal, normal), 1e-300)
    offset = positions - a
    v = np.einsum("ij,ij->i", np.cross(offset, c - a), normal) / square
    w = np.einsum("ij,ij->i", np.cross(b - a, offset), normal) / square
    return np.column_stack([1.0 - v - w, v, w])


def _edge_coordinates(corners: Array, positions: Array, start: int) -> Array:
    """Barycentric coordinates of the nearest points on the edge from corner `start` to the next, shape (n, 3)."""
    end = (start + 1) % 3
    edge = corners[:, end] - corners[:, start]
    square = np.maximum(np.einsum("ij,ij->i", edge, edge), 1e-300)
    along = np.clip(np.einsum("ij,ij->i", positions - corners[:, start], edge) / square, 0.0, 1.0)
    weights = np.zeros((len(corners), 3))
    weights[:, start], weights[:, end] = 1.0 - along, along
    return weights
