"""A system as multigrid sees it: its product in double precision and its levels, on the backend's arrays."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin3d.backend import Array, Backend
from twin3d.errors import SolverError
from twin3d.fem.multigrid.hierarchy import (
    Candidates,
    Descent,
    Hierarchy,
    Level,
    Product,
    build_hierarchy,
    galerkin,
    given_level,
    update_hierarchy,
)
from twin3d.fem.multigrid.sliced import SlicedMatrix, multiply, rounded, sliced


@dataclass(frozen=True, eq=False, slots=True)
class MatrixFree:
    """A matrix that is only known by its product."""

    product: Product
    """Writes A X into its second argument, in float32 and in float64, for arrays of shape (n, n_vectors); on a device
    by kernels and element-wise operations alone, because it is captured in a graph."""
    diagonal: Array
    """Of A, shape (n,)."""


@dataclass(frozen=True, eq=False, slots=True)
class Setup:
    """What a system is made of besides its matrix."""

    candidates: Candidates
    """Of the matrix that is aggregated."""
    block: int
    """Unknowns to a block, 1 or 3."""
    prolongation: Any
    """From the unknowns of the aggregated matrix to those of the system, CSR; None where they are the same."""
    matrix_free: MatrixFree | None
    """The system, where the matrix is that of the level below."""
    backend: Backend
    """Where the arrays live."""


@dataclass(frozen=True, eq=False, slots=True)
class DeviceSystem:
    """Product, diagonal and levels of a system."""

    setup: Setup
    """What stays when coefficients change."""
    product: Product
    """In double precision."""
    diagonal: Array
    """Shape (n,)."""
    levels: list[Level]
    """Fine to coarse."""
    descents: list[Descent]
    """What aggregation decided."""

    def updated(self, A: Any) -> "DeviceSystem":
        """The system of another matrix on the same aggregates."""
        return _make(A, self.setup, self.descents)


def make_system(A: Any, setup: Setup) -> DeviceSystem:
    """Move a matrix from the host to where the backend computes, and build its levels."""
    return _make(A, setup, None)


def _make(A: Any, setup: Setup, descents: list[Descent] | None) -> DeviceSystem:
    matrix = on_device(A, backend=setup.backend)
    _check_diagonal(matrix.diagonal())
    if setup.matrix_free is not None:
        return _made_matrix_free(matrix, setup, setup.matrix_free, descents)
    backend, blocks = setup.backend, (setup.block, setup.block)
    form = sliced(matrix, blocks, np.float64, backend=backend)
    product, diagonal, single = _product(form, backend), matrix.diagonal(), rounded(form, backend=backend)
    if setup.prolongation is None:
        hierarchy = _hierarchy(matrix, single, setup, descents)
        return DeviceSystem(setup, product, diagonal, hierarchy.levels, hierarchy.descents)
    top = given_level(single, product, diagonal, prolongation=setup.prolongation, backend=backend)
    coarse = galerkin(matrix, setup.prolongation, backend=backend)
    hierarchy = _hierarchy(coarse, sliced(coarse, blocks, np.float32, backend=backend), setup, descents)
    return DeviceSystem(setup, product, diagonal, [top, *hierarchy.levels], hierarchy.descents)


def _made_matrix_free(coarse: Any, setup: Setup, given: MatrixFree, descents: list[Descent] | None) -> DeviceSystem:
    backend, blocks = setup.backend, (setup.block, setup.block)
    diagonal = backend.xp.asarray(given.diagonal)
    top = given_level(None, given.product, diagonal, prolongation=setup.prolongation, backend=backend)
    hierarchy = _hierarchy(coarse, sliced(coarse, blocks, np.float32, backend=backend), setup, descents)
    return DeviceSystem(setup, given.product, diagonal, [top, *hierarchy.levels], hierarchy.descents)


def _hierarchy(A: Any, operator: SlicedMatrix, setup: Setup, descents: list[Descent] | None) -> Hierarchy:
    if descents is None:
        return build_hierarchy(A, operator, setup.candidates, backend=setup.backend)
    return update_hierarchy(A, operator, descents, backend=setup.backend)


def _product(form: SlicedMatrix, backend: Backend) -> Product:
    def product(x: Array, out: Array) -> None:
        multiply(form, x, out, backend=backend)

    return product


def on_device(A: Any, *, backend: Backend) -> Any:
    """A CSR matrix of the host in the backend's sparse library, indices in int32."""
    xp = backend.xp
    parts = xp.asarray(A.data), xp.asarray(A.indices, dtype=xp.int32), xp.asarray(A.indptr, dtype=xp.int32)
    matrix = backend.sparse.csr_matrix(parts, shape=A.shape)
    matrix.sum_duplicates()
    return matrix


def _check_diagonal(diagonal: Array) -> None:
    if not bool((diagonal > 0.0).all()):
        row = int((~(diagonal > 0.0)).argmax())
        entry = float(diagonal[row])
        raise SolverError(
            f"the matrix is not positive definite: row {row} has {entry} on its diagonal; check the materials"
        )
