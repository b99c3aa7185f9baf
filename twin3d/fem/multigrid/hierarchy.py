"""The levels of multigrid: smoothed aggregation by array code and kernels, kept when coefficients change."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin3d.backend import Array, Backend
from twin3d.errors import SolverError
from twin3d.fem.multigrid.aggregation import aggregate, tentative_prolongator
from twin3d.fem.multigrid.sliced import SlicedMatrix, sliced
from twin3d.fem.multigrid.smoothing import chebyshev_coefficients, largest_eigenvalue
from twin3d.fem.multigrid.strength import strong_connections

MAX_COARSE = 800
"""Most unknowns of the coarsest level, which is solved by its inverse."""
MAX_LEVELS = 12
STRENGTHS = (0.25, 0.12, 0.06, 0.0)
"""Of connections that count, tried until the next level has few enough unknowns. 0.25 needs the fewest iterations; in a
plate of flat cells it leaves too many."""
MOST_LEFT = 0.4
"""Share of the unknowns that the next level should have at most."""
NOT_WORTH = 0.7
"""A level with more than this share of the unknowns above it is not worth its work."""
DEGREE = 2
"""Steps of Chebyshev's iteration before and after the correction."""
RATIO = 10.0
"""The smoother damps the spectrum down to this part of its upper bound."""
PROLONGATION_WEIGHT = 4.0 / 3.0
"""Of the damped Jacobi step that smooths a prolongation, over the spectral bound."""
BLOCKS = (1, 3, 6)
"""Sizes of blocks that the kernels know."""

Product = Callable[[Array, Array], None]
"""Writes A X into its second argument, in the precision of the arrays, both of shape (n, n_vectors)."""


@dataclass(frozen=True, eq=False, slots=True)
class Candidates:
    """What the next level must represent."""

    vectors: Array
    """Vectors of little energy, shape (n, n_candidates)."""
    point_of_unknown: Array
    """Ascending, shape (n,)."""


@dataclass(frozen=True, eq=False, slots=True)
class Descent:
    """What a level hands down, kept when the coefficients change."""

    tentative: Any
    """Prolongation before smoothing, CSR, shape (n, n_coarse)."""
    coarse_block: int
    """Unknowns to a block of the coarse level."""


@dataclass(frozen=True, eq=False, slots=True)
class Level:
    """One level as the cycle uses it, in single precision."""

    operator: SlicedMatrix | None
    """Its matrix; None where a product is given instead."""
    product: Product | None
    """Its product, where there is no matrix."""
    inverse_diagonal: Array
    """float32, shape (n,)."""
    steps: list[tuple[float, float]]
    """Coefficients of the smoother."""
    restriction: SlicedMatrix | None
    """To the next level; None on the last."""
    prolongation: SlicedMatrix | None
    """From the next level; None on the last."""
    coarse_inverse: Array | None
    """On the last level its inverse, float32, shape (n, n); None where smoothing is enough."""


@dataclass(frozen=True, eq=False, slots=True)
class Hierarchy:
    """All levels and what made them."""

    levels: list[Level]
    """Fine to coarse."""
    descents: list[Descent]
    """One between each two levels."""


def build_hierarchy(A: Any, operator: SlicedMatrix, candidates: Candidates, *, backend: Backend) -> Hierarchy:
    """Aggregate level by level until a level is small enough for its inverse.

    Args:
        A: Symmetric positive definite, CSR of the backend's sparse library, float64, shape (n, n).
        operator: The same matrix in single precision.
        candidates: Constant vectors for heat, rigid-body modes for elasticity.
        backend: Where the arrays live.
    """
    descents: list[Descent] = []
    levels: list[Level] = []
    while A.shape[0] > MAX_COARSE and len(levels) < MAX_LEVELS:
        descent, candidates = _descend(A, candidates, backend)
        if not 0 < descent.tentative.shape[1] <= NOT_WORTH * A.shape[0]:
            break
        level, A, operator = _descended(A, operator, descent, backend=backend)
        descents.append(descent)
        levels.append(level)
    return Hierarchy([*levels, coarsest_level(A, operator, backend=backend)], descents)


def update_hierarchy(A: Any, operator: SlicedMatrix, descents: list[Descent], *, backend: Backend) -> Hierarchy:
    """The hierarchy of a matrix with other coefficients on the same aggregates."""
    levels: list[Level] = []
    for descent in descents:
        level, A, operator = _descended(A, operator, descent, backend=backend)
        levels.append(level)
    return Hierarchy([*levels, coarsest_level(A, operator, backend=backend)], descents)


def _descend(A: Any, candidates: Candidates, backend: Backend) -> tuple[Descent, Candidates]:
    of_unknown, n_candidates = candidates.point_of_unknown, candidates.vectors.shape[1]
    for strength in STRENGTHS:
        graph = strong_connections(A, of_unknown, int(of_unknown[-1]) + 1, strength=strength, backend=backend)
        aggregates = aggregate(graph, backend=backend)
        if aggregates.count * n_candidates <= MOST_LEFT * A.shape[0]:
            break
    tentative, coarse = tentative_prolongator(aggregates, candidates.vectors, of_unknown, backend=backend)
    points = backend.xp.arange(len(coarse)) // n_candidates
    return Descent(tentative, n_candidates if n_candidates in BLOCKS else 1), Candidates(coarse, points)


def _descended(
    A: Any, operator: SlicedMatrix, descent: Descent, *, backend: Backend
) -> tuple[Level, Any, SlicedMatrix]:
    """A level, and the matrix of the next one in both precisions."""
    inverse_diagonal = 1.0 / A.diagonal()
    bound = largest_eigenvalue(lambda x: A @ x, inverse_diagonal, backend=backend)
    P = _smoothed_prolongator(A, inverse_diagonal * (PROLONGATION_WEIGHT / bound), descent.tentative, backend)
    coarse = galerkin(A, P, backend=backend)
    block, coarse_block = operator.block_shape[0], descent.coarse_block
    level = Level(
        operator=operator,
        product=None,
        inverse_diagonal=inverse_diagonal.astype(np.float32),
        steps=chebyshev_coefficients(bound, DEGREE, RATIO),
        restriction=sliced(P.T.tocsr(), (coarse_block, block), np.float32, backend=backend),
        prolongation=sliced(P, (block, coarse_block), np.float32, backend=backend),
        coarse_inverse=None,
    )
    return level, coarse, sliced(coarse, (coarse_block, coarse_block), np.float32, backend=backend)


def _smoothed_prolongator(A: Any, weights: Array, tentative: Any, backend: Backend) -> Any:
    """One step of damped Jacobi, (I - w A) T."""
    entries = A.tocoo()
    smoother = A.copy()
    smoother.data = backend.xp.where(entries.row == entries.col, 1.0, 0.0) - weights[entries.row] * A.data
    return smoother @ tentative


def galerkin(A: Any, P: Any, *, backend: Backend) -> Any:
    """Pᵀ A P; a coarse unknown that nothing depends on gets a diagonal, so that every level can be inverted.

    Raises:
        SolverError: A is not positive definite.
    """
    xp = backend.xp
    coarse = P.T.tocsr() @ (A @ P)
    diagonal = coarse.diagonal()
    if not bool((diagonal >= 0.0).all()):
        raise SolverError("the matrix is not positive definite; check the materials")
    idle = xp.flatnonzero(diagonal == 0.0).astype(np.int32)
    if len(idle):
        fill = xp.full(len(idle), float(xp.median(diagonal[diagonal > 0.0])))
        coarse = coarse + backend.sparse.coo_matrix((fill, (idle, idle)), shape=coarse.shape).tocsr()
    coarse.sum_duplicates()
    return coarse


def coarsest_level(A: Any, operator: SlicedMatrix, *, backend: Backend) -> Level:
    """The last level: an inverse, or smoothing alone where aggregation has stopped because that is enough."""
    inverse_diagonal = 1.0 / A.diagonal()
    bound = largest_eigenvalue(lambda x: A @ x, inverse_diagonal, backend=backend)
    return Level(
        operator=operator,
        product=None,
        inverse_diagonal=inverse_diagonal.astype(np.float32),
        steps=chebyshev_coefficients(bound, DEGREE, RATIO),
        restriction=None,
        prolongation=None,
        coarse_inverse=_dense_inverse(A, backend) if A.shape[0] <= MAX_COARSE else None,
    )


def _dense_inverse(A: Any, backend: Backend) -> Array:
    """Symmetric to the last bit; inverted between the roots of the diagonal, which hold the jumps of the materials."""
    xp = backend.xp
    scale = 1.0 / xp.sqrt(A.diagonal())
    inverse = xp.linalg.inv(scale[:, None] * A.toarray() * scale)
    inverse = 0.5 * scale[:, None] * (inverse + inverse.T) * scale
    return xp.ascontiguousarray(inverse.astype(np.float32))


def given_level(
    operator: SlicedMatrix | None, product: Product, diagonal: Array, *, prolongation: Any, backend: Backend
) -> Level:
    """A level whose prolongation is known, such as that of quadratic elements above linear ones.

    Args:
        operator: The matrix in single precision; None where there is only a product.
        product: Of the level in double precision, and in single where there is no matrix.
        diagonal: Shape (n,).
        prolongation: CSR of the backend's sparse library, shape (n, n_coarse).
        backend: Where the arrays live.
    """
    inverse_diagonal = 1.0 / diagonal

    def multiply_vector(x: Array) -> Array:
        out = backend.xp.zeros((len(x), 1))
        product(x[:, None], out)
        return out[:, 0]

    bound = largest_eigenvalue(multiply_vector, inverse_diagonal, backend=backend)
    return Level(
        operator=operator,
        product=None if operator is not None else product,
        inverse_diagonal=inverse_diagonal.astype(np.float32),
        steps=chebyshev_coefficients(bound, DEGREE, RATIO),
        restriction=sliced(prolongation.T.tocsr(), (1, 1), np.float32, backend=backend),
        prolongation=sliced(prolongation, (1, 1), np.float32, backend=backend),
        coarse_inverse=None,
    )
