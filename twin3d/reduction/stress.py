"""Displacement and stress of a scene from the state of its reduced model: one prepared body, many loads."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse

from twin3d.backend import Backend, one_blas_thread
from twin3d.errors import ReductionError
from twin3d.fem.elements import Element
from twin3d.fem.linear import Method
from twin3d.fem.linear.choice import has_pardiso
from twin3d.fem.mechanics.indicator import error_indicator
from twin3d.fem.mechanics.problem import (
    StressProblem,
    mechanical_load,
    moved_temperature,
    prepare_stress,
    stress_of_parts,
    thermal_load,
)
from twin3d.fem.mechanics.recovery import PartField
from twin3d.fem.mechanics.singular import singular_points
from twin3d.fem.mechanics.statics import solve_static
from twin3d.fem.space import FunctionSpace, function_space
from twin3d.records import ReducedModel, StressModes
from twin3d.records.mesh import OUTSIDE
from twin3d.reduction.march import discretise
from twin3d.reduction.reduce import input_scale
from twin3d.scene import Scene

Array: TypeAlias = npt.NDArray[np.float64]
Index: TypeAlias = npt.NDArray[np.signedinteger]

BLOCK_COLUMNS = 8
"""Columns that are solved for at once; each takes three numbers a dof."""
FACTORISED_MAX = 120_000
"""Up to so many unknowns dozens of columns pay for a factorisation, whatever the shape: of a power module with thin
layers, 65 832 unknowns took 22 s and then 0.1 s a column, multigrid 8 s a column, on two busy cores."""
LONG = 3.0
"""Slowest time constants after which a response is typical."""
SLOWEST = 1e-5
"""Smallest decay rate that is waited for [1/s]."""


@dataclass(frozen=True, eq=False, slots=True)
class _Entries:
    """The points that are kept, as the parts see them."""

    points: npt.NDArray[np.int32]
    part: npt.NDArray[np.int32]

    def values(self, fields: Sequence[PartField]) -> Array:
        """Values of all parts at the entries, shape (n_entries, n_components)."""
        values = np.zeros((len(self.points), fields[0].values.shape[1]))
        for part, field in enumerate(fields):
            own = self.part == part
            values[own] = field.values[np.searchsorted(field.dofs, self.points[own])]
        return values

    def owners(self, rank: Array) -> npt.NDArray[np.bool_]:
        """For each point the entry of the part of the highest rank (n_parts,), shape (n_entries,)."""
        order = np.lexsort((-rank[self.part], self.points))
        is_first = np.ones(len(order), dtype=bool)
        is_first[1:] = self.points[order][1:] != self.points[order][:-1]
        chosen = np.zeros(len(order), dtype=bool)
        chosen[order[is_first]] = True
        return chosen


@dataclass(frozen=True, eq=False, slots=True)
class _Solved:
    """What comes of all columns, and of typical states."""

    stress: npt.NDArray[np.float32]
    displacement: npt.NDArray[np.float32]
    gauges: Array
    typical_displacement: Array
    """[m], shape (3 n_dofs, n_states)."""
    typical_warming: Array
    """[K], shape (n_dofs, n_states)."""


def stress_modes(
    scene: Scene,
    space: FunctionSpace,
    model: ReducedModel,
    *,
    points: Index | None = None,
    displacement_rows: sparse.csr_array | None = None,
    backend: Backend,
) -> StressModes:
    """Solve the stress of every mode and input of a reduced model.

    Temperature strains the parts as in `solve_stress`, and stress at points is recovered in the same way, so that the
    stress of a state is that of its temperature to single precision.

    Args:
        scene: Materials, mechanical loads and supports.
        space: Where the reduced model lives; stress is solved with the element of ``[structure]`` on the same mesh.
        model: The reduced model.
        points: Mesh points whose stress is kept, shape (n,); those of the outer faces without it.
        displacement_rows: What reads displacements, from `strain_gauge`, shape (n_gauges, 3 n_dofs there).
        backend: Where to solve.

    Raises:
        ReductionError: The reduced model is of another mesh.
        SceneError: A part has no elastic constants, or a load no sense.
        SelectionError: A face or part of a load matches nothing.
        SolverError: Supports contradict each other, or nothing holds a rigid motion.
    """
    if model.n_dofs != space.n_dofs:
        raise ReductionError(f"the reduced model has {model.n_dofs} dofs and the mesh {space.n_dofs}; reduce it anew")
    own = function_space(space.mesh, Element(scene.structure.element))
    rows = sparse.csr_array((0, 3 * own.n_dofs)) if displacement_rows is None else displacement_rows
    with one_blas_thread():
        problem = prepare_stress(scene, own, method=_method(own, backend), backend=backend)
        entries = _entries(problem, _outer_points(space) if points is None else points)
        solved = _solved(problem, model, space, entries, rows, backend)
        error = _relative_error(problem, solved.typical_displacement, solved.typical_warming, backend)
    return StressModes(
        model_hash=model.model_hash,
        points=entries.points,
        part=entries.part,
        is_owner=entries.owners(np.array([material.stiffness.max() for material in problem.materials])),
        stress=solved.stress,
        displacement=solved.displacement,
        gauges=solved.gauges,
        input_reference=model.input_reference,
        compliance=np.array([np.linalg.inv(material.stiffness) for material in problem.materials]),
        expansion=np.array([material.thermal_expansion for material in problem.materials]),
        stress_free_temperature=scene.stress_free_temperature,
        relative_error=entries.values(error)[:, 0].astype(np.float32),
        is_singular=singular_points(problem)[entries.points],
    )


def _method(space: FunctionSpace, backend: Backend) -> Method | None:
    if not backend.on_host or 3 * space.n_dofs > FACTORISED_MAX:
        return None
    return Method.PARDISO if has_pardiso() else Method.SUPERLU


def typical_states(scene: Scene, model: ReducedModel) -> Array:
    """[a; ũ; 1] after a long time under each input alone at its scale, and of the constant alone.

    Returns:
        Shape (n_modes + n_inputs + 1, n_inputs + 1).
    """
    n_modes, n_inputs = model.n_modes, model.n_inputs
    states = np.zeros((n_modes + n_inputs + 1, n_inputs + 1))
    states[-1, -1] = 1.0
    step = discretise(model, None, LONG / max(float(model.decay_rates[0]), SLOWEST))
    for number, scale in enumerate(input_scale(scene)):
        u = model.input_reference.copy()
        u[number] += scale
        states[:n_modes, number] = step.step(np.zeros(n_modes), u, u)
        states[n_modes + number, number] = scale
    return states


def _solved(
    problem: StressProblem,
    model: ReducedModel,
    space: FunctionSpace,
    entries: _Entries,
    rows: sparse.csr_array,
    backend: Backend,
) -> _Solved:
    constant = np.full(model.n_dofs, model.reference_temperature - problem.scene.stress_free_temperature)
    columns = np.column_stack([model.basis, model.lifting, constant])
    states, n_columns, n_dofs = typical_states(problem.scene, model), columns.shape[1], problem.space.n_dofs
    stress = np.zeros((len(entries.points), 6, n_columns), dtype=np.float32)
    displacement = np.zeros((len(entries.points), 3, n_columns), dtype=np.float32)
    gauges = np.zeros((rows.shape[0], n_columns))
    moved, warmed = np.zeros((3 * n_dofs, states.shape[1])), np.zeros((n_dofs, states.shape[1]))
    for start in range(0, n_columns, BLOCK_COLUMNS):
        block = slice(start, min(start + BLOCK_COLUMNS, n_columns))
        warming = moved_temperature(space, problem.space, columns[:, block])
        u = _displacements(problem, warming, backend, with_loads=block.stop == n_columns)
        for column, (of_column, warming_of) in enumerate(zip(u.T, warming.T, strict=True), start):
            fields = stress_of_parts(problem, of_column, warming_of, backend=backend)
            stress[:, :, column] = entries.values(fields)
            displacement[:, :, column] = of_column.reshape(-1, 3)[entries.points]
        gauges[:, block] = rows @ u
        moved += u @ states[block]
        warmed += warming @ states[block]
    return _Solved(stress, displacement, gauges, moved, warmed)


def _outer_points(space: FunctionSpace) -> Index:
    mesh = space.mesh
    return np.unique(mesh.facets[mesh.facet_parts[:, 1] == OUTSIDE])


def _entries(problem: StressProblem, points: Index) -> _Entries:
    mesh = problem.space.mesh
    wanted = np.isin(mesh.cells, points)
    part = np.broadcast_to(mesh.cell_region[:, None], mesh.cells.shape)[wanted]
    pairs = np.unique(np.column_stack([part, mesh.cells[wanted]]), axis=0).astype(np.int32)
    return _Entries(np.ascontiguousarray(pairs[:, 1]), np.ascontiguousarray(pairs[:, 0]))


def _displacements(problem: StressProblem, warming: Array, backend: Backend, *, with_loads: bool) -> Array:
    """Displacements of columns of warming (n_dofs, k), the last one perhaps with all loads, shape (3 n_dofs, k)."""
    prepared, T = problem.prepared, problem.prepared.expansion
    loads = np.column_stack([thermal_load(problem, column, backend=backend) for column in warming.T])
    n_alone = loads.shape[1] - with_loads
    u = np.zeros_like(loads)
    if n_alone:
        u[:, :n_alone] = T @ prepared.factor.solve(np.asarray(T.T @ loads[:, :n_alone])).x
    if with_loads:
        load = loads[:, -1] + mechanical_load(problem, backend=backend)
        u[:, -1] = solve_static(prepared, load).displacement
    return u


def _relative_error(problem: StressProblem, moved: Array, warmed: Array, backend: Backend) -> list[PartField]:
    """The indicator about each dof over all columns of displacement and warming, relative to their stress."""
    space = problem.space
    errors = np.zeros((2, space.mesh.n_cells))
    for u, warming in zip(moved.T, warmed.T, strict=True):
        fields = stress_of_parts(problem, u, warming, backend=backend)
        for field, material in zip(fields, problem.materials, strict=True):
            found = error_indicator(space, field, material, u, warming=warming, backend=backend)
            errors[:, field.cells] += (found.per_cell, found.energy)
    return [_about_points(space, field.cells, errors[:, field.cells]) for field in fields]


def _about_points(space: FunctionSpace, cells: Index, errors: Array) -> PartField:
    """Root of the ratio of two sums over the cells (2, n_cells) about each mesh point of a part."""
    corners = space.mesh.cells[cells]
    points = np.unique(corners)
    sums = [np.bincount(corners.ravel(), np.repeat(one, 4), space.mesh.n_points)[points] for one in errors]
    return PartField(cells, points, np.sqrt(sums[0] / np.maximum(sums[1], 1e-300))[:, None])
