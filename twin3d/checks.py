"""The scene tests itself: its [[check]] entries against the full-order solution at nominal inputs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from twin3d.backend import Backend, get_backend
from twin3d.errors import SceneError
from twin3d.fem.elements import Element
from twin3d.fem.heat import assemble_heat
from twin3d.fem.integrals import load_blocks
from twin3d.fem.march import march
from twin3d.fem.mechanics.problem import solve_stresses
from twin3d.fem.rows import rows_at
from twin3d.fem.solve import steady
from twin3d.fem.space import FunctionSpace, function_space
from twin3d.mesh.selection import select_parts
from twin3d.pipeline import sensor_rows
from twin3d.records import Operators, TetMesh
from twin3d.scene import Check, Scene

STEADY = "steady"
STEPS_TO_CHECK = 200
"""Time steps from the start to the last checked time."""

STATISTICS: Mapping[str, Callable[[npt.NDArray[np.float64]], float]] = {
    "max": lambda values: float(values.max()),
    "min": lambda values: float(values.min()),
    "value": lambda values: float(values[0]),
}


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What became of one check."""

    check: Check
    value: float
    """In SI."""

    @property
    def passed(self) -> bool:
        """Whether the value lies within the stated bounds."""
        low, high = self.check.between
        return low <= self.value <= high


def space_of(scene: Scene, mesh: TetMesh) -> FunctionSpace:
    """The function space of a scene on its mesh."""
    return function_space(mesh, Element(scene.solver.element))


def solve_nominal(
    scene: Scene, space: FunctionSpace, times: tuple[float | str, ...], *, backend: Backend
) -> dict[float | str, npt.NDArray[np.float64]]:
    """Full-order temperatures with all inputs at their nominal values.

    Args:
        scene: The scene.
        space: Its function space, from `space_of`.
        times: Times since the start [s], or ``steady``.
        backend: Where the work is done.

    Returns:
        Time → temperature [K], shape (n_dofs,); mesh points come first. Without thermal loads the initial one.
    """
    if not scene.loads:
        return {time: np.full(space.n_dofs, scene.initial_temperature) for time in times}
    operators = assemble_heat(scene, space, backend=backend)
    inputs = np.array([item.value for item in scene.inputs])
    fields: dict[float | str, npt.NDArray[np.float64]] = {}
    if STEADY in times:
        fields[STEADY] = np.asarray(steady(operators, inputs, backend=backend))
    instants = sorted({float(time) for time in times if time != STEADY})
    fields.update(_march_to(operators, inputs, scene.initial_temperature, instants, backend))
    return fields


def run_checks(scene: Scene, mesh: TetMesh, *, backend: Backend) -> tuple[CheckResult, ...]:
    """Solve what the checks need and compare.

    Raises:
        SceneError: A check names a part, point or sensor that the mesh does not have.
    """
    space = space_of(scene, mesh)
    fields = solve_nominal(scene, space, tuple({check.time for check in scene.checks}), backend=backend)
    thermal = [CheckResult(check, _value(check, scene, space, fields[check.time])) for check in scene.checks]
    if all(check.field == "temperature" for check in scene.checks):
        return tuple(thermal)
    return tuple(
        found if found.check.field == "temperature" else CheckResult(found.check, stressed)
        for found, stressed in zip(thermal, _stress_values(scene, space, fields, backend), strict=True)
    )


def _stress_values(
    scene: Scene, space: FunctionSpace, temperatures: Mapping[float | str, npt.NDArray[np.float64]], backend: Backend
) -> list[float]:
    """The value of each check in the fields of stress."""
    problem, solved = solve_stresses(scene, space, temperatures, backend=backend)
    fields = {
        (time, name): values
        for time, field in solved.items()
        for name, values in (
            ("von_mises", field.von_mises),
            ("displacement", np.linalg.norm(field.displacement, axis=1)),
        )
    }
    return [
        0.0 if check.field == "temperature" else _value(check, scene, problem.space, fields[check.time, check.field])
        for check in scene.checks
    ]


def mean_of(space: FunctionSpace, cells: npt.NDArray[np.signedinteger], field: npt.NDArray[np.float64]) -> float:
    """The mean of a field over cells, weighted by volume."""
    loads = load_blocks(space, cells, np.ones(len(cells)), backend=get_backend("numpy"))
    return float((loads * field[space.cell_dofs[cells]]).sum() / loads.sum())


def _march_to(
    operators: Operators, inputs: npt.NDArray[np.float64], start: float, instants: list[float], backend: Backend
) -> dict[float | str, npt.NDArray[np.float64]]:
    state = np.full(operators.n_dofs, start)
    fields: dict[float | str, npt.NDArray[np.float64]] = {}
    for before, after in pairwise([0.0, *instants]):
        n_steps = max(20, round(STEPS_TO_CHECK * (after - before) / instants[-1]))
        dt_s = (after - before) / n_steps
        states = march(operators, state, lambda _: inputs, dt_s=dt_s, n_steps=n_steps, backend=backend)
        for field in states:
            state = np.asarray(field)
        fields[after] = state
    return fields


def _value(check: Check, scene: Scene, space: FunctionSpace, field: npt.NDArray[np.float64]) -> float:
    mesh = space.mesh
    if check.part is not None:
        cells = np.isin(mesh.cell_region, select_parts(mesh, check.part))
        if check.statistic == "mean":
            return mean_of(space, np.flatnonzero(cells), field)
        return STATISTICS[check.statistic](field[np.unique(space.cell_dofs[cells])])
    if check.sensor is not None:
        sensor = scene.sensors[scene.sensor_index(check.sensor)]
        return float((sensor_rows([sensor], space) @ field)[0])
    if check.position is None:
        raise SceneError(f"check {check.name!r} has no place; give it a position, a part or a sensor")
    return float((rows_at(space, np.array([check.position])) @ field)[0])
