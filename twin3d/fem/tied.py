r"""Heat balances whose tied dofs follow others, $T = C T$: rates are gathered by $C^T$, tangents by $C^T K C$."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from twin3d.errors import SolverError
from twin3d.fem.cyclic import Ties
from twin3d.fem.heat_content import HeatContent, StoredHeat
from twin3d.fem.heat_terms import Array, HeatTerm, Instant, LinearTerm, LowRank, Matrix, Tangent, Variation
from twin3d.fem.integrals import Index
from twin3d.fem.losses import WindingLosses


class Gathering:
    """Makes C^T K C of matrices K of one pattern, in one pattern: products alone leave out what happens to cancel."""

    def __init__(self, C: Matrix) -> None:
        """Take C (n_dofs, n_dofs)."""
        self._C = C
        self._pattern: Matrix | None = None
        self._keys = np.zeros(0, dtype=np.int64)

    def of(self, K: Matrix) -> Matrix:
        """The product, rows sorted."""
        C, pattern = self._C, self._pattern
        if pattern is None:
            size, ones = abs(C), sparse.csr_array((np.ones(K.nnz), K.indices, K.indptr), shape=K.shape)
            pattern = sparse.csr_array(size.T @ sparse.csr_array(ones @ size))
            pattern.sort_indices()
            self._pattern, self._keys = pattern, _keys(pattern)
        product = sparse.csr_array(C.T @ sparse.csr_array(K @ C))
        product.sort_indices()
        entries = np.zeros(pattern.nnz)
        entries[np.searchsorted(self._keys, _keys(product))] = product.data
        return sparse.csr_array((entries, pattern.indices, pattern.indptr), shape=K.shape)


def _keys(matrix: Matrix) -> npt.NDArray[np.int64]:
    """One number for each entry, ascending."""
    rows = np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))
    return np.asarray(rows * matrix.shape[1] + matrix.indices)


@dataclass(frozen=True, eq=False, slots=True)
class TiedTerm:
    """A term as the dofs that are not tied see it."""

    inner: HeatTerm
    C: Matrix
    """From `Ties`, shape (n_dofs, n_dofs)."""
    symmetric: Gathering
    rest: Gathering

    @property
    def name(self) -> str:
        """Of the term."""
        return self.inner.name

    @property
    def is_internal(self) -> bool:
        """Whether its rates sum to zero."""
        return self.inner.is_internal

    @property
    def variation(self) -> Variation:
        """What changes its tangent."""
        return self.inner.variation

    def rate(self, T: Array, at: Instant) -> Array:
        """Heat that it brings to the dofs [W], none to tied ones, shape (n_dofs,)."""
        return np.asarray(self.C.T @ self.inner.rate(self.C @ T, at))

    def tangent(self, T: Array, at: Instant) -> Tangent:
        """All parts of the tangent, gathered."""
        inner = self.inner.tangent(self.C @ T, at)
        low_rank = inner.low_rank
        return Tangent(
            symmetric=None if inner.symmetric is None else self.symmetric.of(inner.symmetric),
            rest=None if inner.rest is None else self.rest.of(inner.rest),
            low_rank=None
            if low_rank is None
            else LowRank(
                sparse.csr_array(self.C.T @ low_rank.left), low_rank.core, sparse.csr_array(low_rank.right @ self.C)
            ),
        )


@dataclass(frozen=True, eq=False, slots=True)
class TiedContent:
    """The heat of cells as the dofs that are not tied see it."""

    inner: StoredHeat
    C: Matrix
    """From `Ties`, shape (n_dofs, n_dofs)."""
    gathering: Gathering

    def heat(self, T: Array) -> Array:
        """Heat at the dofs [J], none at tied ones, shape (n_dofs,)."""
        return np.asarray(self.C.T @ self.inner.heat(self.C @ T))

    def capacity(self, T: Array) -> Matrix:
        """The derivative of `heat` [J/K]."""
        return self.gathering.of(self.inner.capacity(self.C @ T))


def tied_terms(terms: Iterable[HeatTerm], ties: Ties) -> Iterator[HeatTerm]:
    """The terms of a balance with ties; affine ones stay of their kind."""
    C = ties.transformation
    for term in terms:
        match term:
            case LinearTerm():
                load = None if term.load is None else np.asarray(C.T @ term.load)
                stiffness = None if term.stiffness is None else Gathering(C).of(term.stiffness)
                yield replace(term, load=load, stiffness=stiffness)
            case WindingLosses():
                yield replace(term, load=np.asarray(C.T @ term.load), mass=Gathering(C).of(term.mass))
            case _:
                yield TiedTerm(term, C, Gathering(C), Gathering(C))


def tied_content(content: HeatContent, ties: Ties) -> HeatContent:
    """The heat content of a balance with ties."""
    C = ties.transformation
    tables = tuple(TiedContent(table, C, Gathering(C)) for table in content.tables)
    return HeatContent(Gathering(C).of(content.mass), tables, content.reference)


def untied(terms: Iterable[HeatTerm]) -> Iterator[HeatTerm]:
    """The terms as they were before they were tied."""
    for term in terms:
        yield term.inner if isinstance(term, TiedTerm) else term


def check_fixed(ties: Ties, fixed_dofs: Index, fixed_input: Index) -> None:
    """Refuse prescribed temperatures that are not cyclic.

    Args:
        ties: The ties.
        fixed_dofs: Dofs of prescribed temperature, ascending, shape (n_fixed,).
        fixed_input: The input that prescribes each, shape (n_fixed,).

    Raises:
        SolverError: A tied dof is prescribed otherwise than those that it follows.
    """
    owner = np.full(ties.transformation.shape[0], -1)
    owner[fixed_dofs] = fixed_input
    rows = ties.transformation[ties.dofs]
    place = np.repeat(np.arange(len(ties.dofs)), np.diff(rows.indptr))
    followed = ties.dofs[place]
    n_others = np.bincount(place, weights=owner[followed] != owner[rows.indices], minlength=len(ties.dofs))
    # a free dof beside a prescribed one may hang on both
    n_wrong = int((n_others >= np.where(owner[ties.dofs] >= 0, 1, np.diff(rows.indptr))).sum())
    if n_wrong:
        raise SolverError(
            f"[cyclic] {n_wrong} points of the high face have a prescribed temperature that those of the low face "
            "do not have, or the other way round; let the load take both ends of the sector, as in a face that reaches "
            "from one to the other"
        )
