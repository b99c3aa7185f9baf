"""Work that is done cell by cell on a device: assembly into a fixed pattern, and products without a matrix.

Each function launches a kernel of one thread per cell, or does the same in array code where arrays live on the host,
which is the specification of the kernel.
"""

from dataclasses import dataclass

import numpy as np

from twin3d.backend import Array, Backend
from twin3d.fem.elements import Element, cell_quadrature, shape_derivatives
from twin3d.fem.integrals import barycentric_gradients

THREADS = 256
"""Threads of a block."""
STRAINS = ((0, 0, 0), (1, 1, 1), (2, 2, 2), (3, 0, 1), (3, 1, 0), (4, 1, 2), (4, 2, 1), (5, 0, 2), (5, 2, 0))
"""Strain, axis of the displacement, axis of the derivative; strains in VTK's order xx, yy, zz, xy, yz, xz."""
METRIC = ((0, 0), (1, 1), (2, 2), (0, 1), (1, 2), (0, 2))
"""Entries of a metric that are stored."""


def _launch(name: str, n_threads: int, *arguments: Array, backend: Backend) -> None:
    backend.kernel(name)((max(-(-n_threads // THREADS), 1),), (THREADS,), arguments)


def _add_blocks(entries: Array, places: Array, blocks: Array, backend: Backend) -> None:
    entries += backend.xp.bincount(places.ravel(), weights=blocks.ravel(), minlength=len(entries))


def add_conduction(
    entries: Array, points: Array, cells: Array, *, conductivity: Array, slots: Array, backend: Backend
) -> None:
    r"""Add $K_{ij} = V \nabla N_i \cdot k \nabla N_j$ of linear cells to the entries of a matrix.

    Args:
        entries: Of a CSR matrix [W/K], float64, shape (n_entries,), changed in place.
        points: Vertex positions [m], shape (n_points, 3).
        cells: Corners, int32, shape (n_cells, 4).
        conductivity: k [W/(m·K)], shape (n_cells,), or a tensor for each cell, shape (n_cells, 3, 3).
        slots: Entry of each entry of each cell matrix, int32, shape (n_cells, 4, 4).
        backend: Where the arrays live.
    """
    if not backend.on_host:
        sizes = np.int32(len(cells)), np.int32(conductivity.size // len(cells))
        _launch("tet4_conduction", len(cells), *sizes, points, cells, conductivity, slots, entries, backend=backend)
        return
    xp = backend.xp
    gradients, volumes = barycentric_gradients(points, cells, backend=backend)
    k = conductivity if conductivity.ndim == 3 else conductivity[:, None, None] * xp.eye(3)
    _add_blocks(entries, slots, xp.einsum("e,eia,eab,ejb->eij", volumes, gradients, k, gradients), backend)


def add_elasticity(
    entries: Array,
    points: Array,
    cells: Array,
    *,
    materials: Array,
    row_starts: Array,
    slots: Array,
    backend: Backend,
) -> None:
    r"""Add $K_{ij} = V B_i^T C B_j$ of linear cells in small strain to the entries of a matrix.

    Args:
        entries: Of a CSR matrix with three dofs to a point, one after the other [N/m], float64, changed in place.
        points: Vertex positions [m], shape (n_points, 3).
        cells: Corners, int32, shape (n_cells, 4).
        materials: Lamé's λ and μ [Pa], shape (n_cells, 2), or C [Pa] for strains in the order xx, yy, zz, xy, yz, xz
            with engineering shear, shape (n_cells, 6, 6).
        row_starts: Where the rows of the scalar pattern start, int32, shape (n_points + 1,).
        slots: Entries of the scalar pattern, int32, shape (n_cells, 4, 4).
        backend: Where the arrays live.
    """
    if not backend.on_host:
        sizes = np.int32(len(cells)), np.int32(materials.size // len(cells))
        arrays = points, cells, materials, row_starts, slots, entries
        _launch("tet4_elasticity", len(cells), *sizes, *arrays, backend=backend)
        return
    xp = backend.xp
    gradients, volumes = barycentric_gradients(points, cells, backend=backend)
    C = materials if materials.ndim == 3 else isotropic_stiffness(materials, backend=backend)
    B = xp.zeros((len(cells), 6, 4, 3))
    for strain, axis, along in STRAINS:
        B[:, strain, :, axis] = gradients[:, :, along]
    blocks = xp.einsum("e,esia,est,etjb->eijab", volumes, B, C, B)
    _add_blocks(entries, _vector_places(cells, row_starts, slots, backend), blocks, backend)


def isotropic_stiffness(lame: Array, *, backend: Backend) -> Array:
    """Stiffness matrices C [Pa], shape (n_cells, 6, 6), from λ and μ [Pa], shape (n_cells, 2)."""
    xp = backend.xp
    normal = xp.asarray(np.pad(np.ones((3, 3)), (0, 3)))
    shear = xp.asarray(np.diag([2.0, 2.0, 2.0, 1.0, 1.0, 1.0]))
    return lame[:, 0, None, None] * normal + lame[:, 1, None, None] * shear


def _vector_places(cells: Array, row_starts: Array, slots: Array, backend: Backend) -> Array:
    """Entries of the vector pattern, shape (n_cells, 4, 4, 3, 3), from those of the scalar one."""
    axes = backend.xp.arange(3)
    start = row_starts[cells].astype(np.int64)
    length = row_starts[cells + 1] - start
    first = 9 * start[:, :, None] + 3 * (slots - start[:, :, None])
    return first[..., None, None] + 3 * axes[:, None] * length[:, :, None, None, None] + axes


@dataclass(frozen=True, eq=False, slots=True)
class QuadraticConduction:
    """Conduction of straight quadratic cells, ready for products without a matrix, in one precision."""

    dofs: Array
    """int32, shape (n_cells, 10)."""
    metrics: Array
    """$V \\nabla\\lambda_a \\cdot k \\nabla\\lambda_b$ [W/K] of a, b = 1..3, entries `METRIC`, shape (n_cells, 6)."""
    derivatives: Array
    """Of shape functions along λ_1..3 at four points, times the root of the weights, shape (4, 10, 3)."""
    free: Array
    """One where a dof is free, zero where it is held, shape (n_dofs,)."""

    def in_single_precision(self) -> "QuadraticConduction":
        """The same, in float32."""
        numbers = (array.astype(np.float32) for array in (self.metrics, self.derivatives, self.free))
        return QuadraticConduction(self.dofs, *numbers)


def quadratic_conduction(
    points: Array, dofs: Array, conductivity: Array, *, free: Array, backend: Backend
) -> QuadraticConduction:
    """Compute the metrics of cells once for many products.

    Args:
        points: Positions of the corners [m], shape (n_points, 3).
        dofs: Of each cell, corners first, int32, shape (n_cells, 10).
        conductivity: k [W/(m·K)], shape (n_cells,), or a symmetric tensor for each cell, shape (n_cells, 3, 3).
        free: One where a dof is free, zero where it is held, float64, shape (n_dofs,).
        backend: Where the arrays live.
    """
    xp = backend.xp
    gradients, volumes = barycentric_gradients(points, dofs[:, :4], backend=backend)
    k = conductivity if conductivity.ndim == 3 else conductivity[:, None, None] * xp.eye(3)
    metric = xp.einsum("e,eia,eab,ejb->eij", volumes, gradients[:, 1:], k, gradients[:, 1:])
    rule = cell_quadrature(2)
    by_coordinate = shape_derivatives(Element.TET10, rule.points)
    derivatives = np.sqrt(rule.weights)[:, None, None] * (by_coordinate[:, :, 1:] - by_coordinate[:, :, :1])
    metrics = xp.stack([metric[:, a, b] for a, b in METRIC], axis=1)
    return QuadraticConduction(dofs, metrics, xp.asarray(np.ascontiguousarray(derivatives)), free)


def add_conduction_product(form: QuadraticConduction, x: Array, out: Array, *, backend: Backend) -> None:
    """Add K x to ``out``, both of shape (n_dofs, n_vectors) and of the precision of the form."""
    if not backend.on_host:
        name = "tet10_conduction_product" + ("_single" if x.dtype == np.float32 else "")
        sizes = np.int32(len(form.dofs)), np.int32(x.shape[1])
        arrays = form.dofs, form.metrics, form.derivatives, form.free, x, out
        _launch(name, len(form.dofs) * x.shape[1], *sizes, *arrays, backend=backend)
        return
    inner = form.free[:, None] * x
    blocks = _cell_stiffness(form, backend) @ inner[form.dofs]
    for column in range(x.shape[1]):
        sums = backend.xp.bincount(form.dofs.ravel(), weights=blocks[:, :, column].ravel(), minlength=len(x))
        out[:, column] += form.free * sums


def conduction_diagonal(form: QuadraticConduction, *, backend: Backend) -> Array:
    """The diagonal of K without what is held, shape (n_dofs,)."""
    blocks = backend.xp.einsum("eii->ei", _cell_stiffness(form, backend))
    return form.free * backend.xp.bincount(form.dofs.ravel(), weights=blocks.ravel(), minlength=len(form.free))


def _cell_stiffness(form: QuadraticConduction, backend: Backend) -> Array:
    xp = backend.xp
    metric = xp.zeros((len(form.dofs), 3, 3), dtype=form.metrics.dtype)
    for place, (a, b) in enumerate(METRIC):
        metric[:, a, b] = metric[:, b, a] = form.metrics[:, place]
    return xp.einsum("qia,eab,qjb->eij", form.derivatives, metric, form.derivatives)
