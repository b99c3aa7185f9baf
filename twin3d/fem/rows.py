"""Rows that take values out of a field on a function space: at positions, and as means."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse

from twin3d.backend import get_backend
from twin3d.fem.elements import CELL_EDGES, Element, shape_functions
from twin3d.fem.facet_integrals import facet_load_blocks
from twin3d.fem.integrals import gathered, load_blocks
from twin3d.fem.space import FunctionSpace
from twin3d.mesh.locate import TOLERANCE_M, interpolation

Array: TypeAlias = npt.NDArray[np.float64]

N_CORNERS = 4
"""Most points that a position is interpolated from: those of its cell."""
MAX_PIECES = 1000
"""Pieces that a straight stretch of a line is cut into at most."""


def rows_at(
    space: FunctionSpace, positions: Array, *, parts: Sequence[int] | None = None, tolerance_m: float = TOLERANCE_M
) -> sparse.csr_array:
    """Rows that give the field at positions; a position outside takes the value of the nearest point of the surface.

    Args:
        space: The function space.
        positions: Shape (n, 3) [m].
        parts: Look only in these parts; all without it.
        tolerance_m: How far outside a position may be [m].

    Returns:
        Shape (n, n_dofs); every row sums to 1.

    Raises:
        MeshError: A position is too far outside, or not finite.
    """
    linear = interpolation(space.mesh, positions, parts=parts, tolerance_m=tolerance_m)
    if space.element is Element.TET4:
        return linear
    corners, coordinates = _barycentric(linear)
    values = shape_functions(space.element, coordinates)
    dofs = np.zeros(values.shape, dtype=np.int64)
    dofs[:, :N_CORNERS] = corners
    ends = corners[:, CELL_EDGES]
    used = np.abs(values[:, N_CORNERS:]) > 0.0
    dofs[:, N_CORNERS:][used] = space.mesh.n_points + space.edge_numbers(ends[used])
    rows = np.repeat(np.arange(len(values)), values.shape[1])
    return sparse.csr_array((values.ravel(), (rows, dofs.ravel())), shape=(len(values), space.n_dofs))


def mean_over(space: FunctionSpace, facets: npt.NDArray[np.signedinteger]) -> sparse.csr_array:
    """The row that gives the mean of the field over facets of the mesh, weighted by area, shape (1, n_dofs)."""
    corners = space.mesh.facets[facets]
    weights = gathered(space.facet_dofs(corners), facet_load_blocks(space, corners, 1.0), space.n_dofs)
    return sparse.csr_array(weights[None, :] / weights.sum())


def mean_within(space: FunctionSpace, is_within: npt.NDArray[np.bool_]) -> sparse.csr_array:
    """The row that gives the mean of the field over cells of the mesh, weighted by volume, shape (1, n_dofs).

    Args:
        space: The function space.
        is_within: Which cells count, shape (n_cells,).
    """
    cells = np.flatnonzero(is_within)
    blocks = load_blocks(space, cells, np.ones(len(cells)), backend=get_backend("numpy"))
    weights = gathered(space.cell_dofs[cells], blocks, space.n_dofs)
    return sparse.csr_array(weights[None, :] / weights.sum())


def means_along(
    space: FunctionSpace,
    line: Sequence[tuple[float, float, float]],
    spans: Sequence[tuple[float, float]],
    *,
    parts: Sequence[int] | None = None,
    tolerance_m: float = TOLERANCE_M,
) -> sparse.csr_array:
    """Rows that give means of the field along shares of a line, by two Gauss points in every half cell.

    Args:
        space: The function space.
        line: Corners from one end to the other [m].
        spans: From where to where along the line, in parts of its length.
        parts: Look only in these parts; all without it.
        tolerance_m: How far outside the line may run [m]; there it takes the value of the nearest point of the surface.

    Returns:
        Shape (n_spans, n_dofs); every row sums to 1.

    Raises:
        MeshError: The line runs further outside.
    """
    corners = np.array(line)
    ends = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(corners, axis=0), axis=1))])
    step = 0.5 * float(np.cbrt(6.0 * np.sqrt(2.0) * np.median(space.mesh.cell_volumes())))
    pieces = [_gauss_along(start * ends[-1], stop * ends[-1], ends, step) for start, stop in spans]
    distances = np.concatenate([distance for distance, _ in pieces])
    positions = np.column_stack([np.interp(distances, ends, corners[:, axis]) for axis in range(3)])
    weights = np.concatenate([weight for _, weight in pieces])
    starts = np.concatenate([[0], np.cumsum([len(weight) for _, weight in pieces])])
    averaging = sparse.csr_array((weights, np.arange(len(weights)), starts), shape=(len(spans), len(weights)))
    return sparse.csr_array(averaging @ rows_at(space, positions, parts=parts, tolerance_m=tolerance_m))


def _gauss_along(start: float, stop: float, ends: Array, step: float) -> tuple[Array, Array]:
    """Distances along a line and their shares of the length from start to stop, cut where the line has its corners."""
    inner = ends[(ends > start) & (ends < stop)]
    marks = np.concatenate([[start], inner, [stop]])
    cuts = [
        np.linspace(a, b, 1 + min(MAX_PIECES, max(1, int(np.ceil((b - a) / step)))))[:-1] for a, b in pairwise(marks)
    ]
    bounds = np.concatenate([*cuts, [stop]])
    middles, halves = 0.5 * (bounds[1:] + bounds[:-1]), 0.5 * np.diff(bounds)
    distances = (middles[:, None] + halves[:, None] * np.array([-1.0, 1.0]) / np.sqrt(3.0)).ravel()
    return distances, np.repeat(halves, 2) / (stop - start)


def _barycentric(linear: sparse.csr_array) -> tuple[npt.NDArray[np.int64], Array]:
    """Corners and barycentric coordinates (n, 4) of rows of at most four weights; missing corners weigh nothing."""
    corners = np.zeros((linear.shape[0], N_CORNERS), dtype=np.int64)
    coordinates = np.zeros(corners.shape)
    lengths = np.diff(linear.indptr)
    row = np.repeat(np.arange(linear.shape[0]), lengths)
    place = np.arange(linear.nnz) - np.repeat(linear.indptr[:-1], lengths)
    corners[row, place], coordinates[row, place] = linear.indices, linear.data
    return corners, coordinates
