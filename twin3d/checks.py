"""The scene tests itself: its [[check]] entries against the full-order solution at nominal inputs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from twin3d.backend import Backend
from twin3d.errors import SceneError
from twin3d.fem.heat import assemble_heat
from twin3d.fem.march import march
from twin3d.fem.solve import steady
from twin3d.fem.space import function_space
from twin3d.mesh.locate import interpolation
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


def solve_nominal(
    scene: Scene, mesh: TetMesh, times: tuple[float | str, ...], *, backend: Backend
) -> dict[float | str, npt.NDArray[np.float64]]:
    """Full-order temperatures with all inputs at their nominal values.

    Args:
        scene: The scene.
        mesh: Its mesh.
        times: Times since the start [s], or ``steady``.
        backend: Where the work is done.

    Returns:
        Time → temperature [K], shape (n_points,).
    """
    operators = assemble_heat(scene, function_space(mesh), backend=backend)
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
    fields = solve_nominal(scene, mesh, tuple({check.time for check in scene.checks}), backend=backend)
    return tuple(CheckResult(check, _value(check, scene, mesh, fields[check.time])) for check in scene.checks)


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


def _value(check: Check, scene: Scene, mesh: TetMesh, field: npt.NDArray[np.float64]) -> float:
    if check.part is not None:
        cells = np.isin(mesh.cell_region, select_parts(mesh, check.part))
        if check.statistic == "mean":
            volumes = mesh.cell_volumes()[cells]
            return float(volumes @ field[mesh.cells[cells]].mean(axis=1) / volumes.sum())
        return STATISTICS[check.statistic](field[np.unique(mesh.cells[cells])])
    if check.sensor is not None:
        sensor = scene.sensors[scene.sensor_index(check.sensor)]
        return float((sensor_rows([sensor], mesh) @ field)[0])
    if check.position is None:
        raise SceneError(f"check {check.name!r} has no place; give it a position, a part or a sensor")
    return float((interpolation(mesh, np.array([check.position])) @ field)[0])
