"""Strain gauges: the strain along a direction on a face, as a row on the displacements."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse

from twin3d.backend import get_backend
from twin3d.errors import MeshError
from twin3d.fem.elements import Quadrature
from twin3d.fem.integrals import sample_cells
from twin3d.fem.space import FunctionSpace
from twin3d.mesh.locate import TOLERANCE_M, barycentric, nearest_on_triangles

Array: TypeAlias = npt.NDArray[np.float64]
Index: TypeAlias = npt.NDArray[np.signedinteger]

N_ALONG = 8
"""Places along a gauge where the strain is taken; the mean is what its grid measures."""
FLAT_ON = 0.1
"""Smallest share of the direction that must lie in the face."""


def strain_gauge(
    space: FunctionSpace,
    corners: Index,
    *,
    position: Array,
    direction: Array,
    length_m: float = 0.0,
    tolerance_m: float = TOLERANCE_M,
) -> sparse.csr_array:
    r"""The row that gives the strain a gauge reads, $d \cdot \varepsilon\, d$, mean along its grid.

    The strain is total: a gauge that compensates the free expansion of its part reads less by α ΔT.

    Args:
        space: The function space.
        corners: Facets that the gauge may sit on, normals outward, shape (n, 3).
        position: Middle of the grid [m], shape (3,).
        direction: Of measurement, shape (3,); its part in the face is what counts.
        length_m: Of the grid [m]; 0 takes the strain at the position.
        tolerance_m: How far from the faces the position may be [m].

    Returns:
        Shape (1, 3 n_dofs).

    Raises:
        MeshError: The position is off the faces, or the direction sticks out of them.
    """
    offsets = (np.arange(N_ALONG) + 0.5) / N_ALONG - 0.5 if length_m > 0.0 else np.zeros(1)
    along = _in_face(space, corners, np.asarray(position, dtype=np.float64), np.asarray(direction), tolerance_m)
    rows = [
        _row(space, corners, position + length_m * offset * along, direction, tolerance_m + 0.5 * length_m)
        for offset in offsets
    ]
    return sparse.csr_array(sum(rows[1:], rows[0]) / len(rows))


def _in_face(space: FunctionSpace, corners: Index, position: Array, direction: Array, tolerance_m: float) -> Array:
    facet, _ = _nearest(space, corners, position, tolerance_m)
    a, b, c = space.mesh.points[facet]
    normal = np.cross(b - a, c - a)
    normal /= np.linalg.norm(normal)
    size = float(np.linalg.norm(direction))
    flat = direction - (direction @ normal) * normal
    if not size > 0.0 or np.linalg.norm(flat) < FLAT_ON * size:
        raise MeshError(
            f"the gauge's direction {direction} points out of its face, whose normal is {normal.round(3)}; turn it"
        )
    return np.asarray(flat / np.linalg.norm(flat))


def _row(
    space: FunctionSpace, corners: Index, position: Array, direction: Array, tolerance_m: float
) -> sparse.csr_array:
    along = _in_face(space, corners, position, direction, tolerance_m)
    facet, spot = _nearest(space, corners, position, tolerance_m)
    has = np.isin(space.mesh.cells, facet).sum(axis=1) == 3
    cell = np.flatnonzero(has)[:1]
    weights = barycentric(space.mesh.points[space.mesh.cells[cell]], spot[None])
    rule = Quadrature(weights, np.ones(1))
    gradients = sample_cells(space, cell, rule, backend=get_backend("numpy")).gradients[0, 0]
    entries = ((gradients @ along)[:, None] * along).ravel()
    dofs = (3 * space.cell_dofs[cell[0]][:, None] + np.arange(3)).ravel()
    return sparse.csr_array((entries, (np.zeros(len(dofs), dtype=np.int32), dofs)), shape=(1, 3 * space.n_dofs))


def _nearest(space: FunctionSpace, corners: Index, position: Array, tolerance_m: float) -> tuple[Index, Array]:
    """Corners of the facet nearest to a position, and the point on it."""
    triangles = space.mesh.points[corners]
    spots, _ = nearest_on_triangles(triangles, np.broadcast_to(position, (len(corners), 3)))
    away = np.linalg.norm(spots - position, axis=1)
    best = int(away.argmin())
    if away[best] > tolerance_m:
        x, y, z = 1e3 * position
        raise MeshError(
            f"the gauge at ({x:.4g}, {y:.4g}, {z:.4g}) mm is {1e3 * away[best]:.3g} mm off its face; move it, or raise "
            "its tolerance"
        )
    return corners[best], spots[best]
