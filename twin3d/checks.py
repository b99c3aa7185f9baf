"""The scene tests itself: its [[check]] entries against the full-order solution at nominal inputs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from twin3d.backend import Backend, get_backend
from twin3d.errors import SceneError
from twin3d.fem.adaptive import march_adaptive
from twin3d.fem.balance import EnergyBalance, Sample, energy_balance
from twin3d.fem.cavity import EnclosureReport, enclosure_reports
from twin3d.fem.channel import ChannelReport, channel_reports
from twin3d.fem.elements import Element
from twin3d.fem.heat_terms import Instant
from twin3d.fem.integrals import load_blocks
from twin3d.fem.linear import Method
from twin3d.fem.march import Scheme
from twin3d.fem.mechanics.problem import Stresses, StressField, StressProblem, solve_stresses
from twin3d.fem.newton import HeatSolver
from twin3d.fem.nonlinear import NonlinearHeat, nonlinear_heat
from twin3d.fem.rows import rows_at
from twin3d.fem.sensor_rows import sensor_rows
from twin3d.fem.space import FunctionSpace, function_space
from twin3d.mesh.selection import select_parts
from twin3d.records import TetMesh
from twin3d.scene import Check, Convection, Scene, TimeTable

STEADY = "steady"

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


@dataclass(frozen=True, eq=False, slots=True)
class Solved:
    """The asset at one time, or at rest."""

    temperature: npt.NDArray[np.float64]
    """[K], shape (n_dofs,); mesh points come first."""
    balance: EnergyBalance
    """Of the steady state, or of the step that ended there."""
    n_steps: int = 0
    """Time steps since the start."""
    coolants: tuple[ChannelReport, ...] = ()
    """What the channels do."""
    enclosures: tuple[EnclosureReport, ...] = ()
    """What the faces of enclosures exchange."""


def space_of(scene: Scene, mesh: TetMesh) -> FunctionSpace:
    """The function space of a scene on its mesh."""
    return function_space(mesh, Element(scene.solver.element))


def solve_nominal(
    scene: Scene, space: FunctionSpace, times: tuple[float | str, ...], *, backend: Backend
) -> dict[float | str, Solved]:
    """The heat balance as it is, with all inputs at their nominal values.

    Args:
        scene: The scene; its ``[solver]`` says how time is discretised and linear systems are solved.
        space: Its function space, from `space_of`.
        times: Times since the start [s], or ``steady``.
        backend: Where the work is done.

    Returns:
        Time → temperature and energy balance; without thermal loads the initial temperature.

    Raises:
        SolverError: Nothing holds the temperature, losses run away, or an iteration does not converge.
    """
    if not (scene.loads or scene.channels or scene.enclosures):
        alone = Solved(np.full(space.n_dofs, scene.initial_temperature), EnergyBalance(0.0, {}))
        return dict.fromkeys(times, alone)
    heat = nonlinear_heat(scene, space, backend=backend)
    instants = {float(time) for time in times if time != STEADY}
    solved: dict[float | str, Solved] = {}
    if STEADY in times:
        solved[STEADY] = _at_rest(scene, heat, backend, once=not instants)
    if instants:
        solved |= _on_the_way(scene, heat, instants, backend)
    return solved


def run_checks(scene: Scene, mesh: TetMesh, *, backend: Backend) -> tuple[CheckResult, ...]:
    """Solve what the checks need and compare.

    Raises:
        SceneError: A check names a part, point or sensor that the mesh does not have.
    """
    space = space_of(scene, mesh)
    return compared(scene, space, solve_nominal(scene, space, checked_times(scene), backend=backend), backend=backend)


def checked_times(scene: Scene) -> tuple[float | str, ...]:
    """The times that the checks of a scene look at."""
    return tuple({check.time for check in scene.checks})


def stress_times(scene: Scene) -> tuple[float | str, ...]:
    """The times at which the checks of a scene look at stress or displacement."""
    return tuple({check.time for check in scene.checks if check.field != "temperature"})


def compared(
    scene: Scene,
    space: FunctionSpace,
    solved: Mapping[float | str, Solved],
    *,
    stress: Stresses | None = None,
    backend: Backend,
) -> tuple[CheckResult, ...]:
    """The checks of a scene against what was solved at their times.

    Args:
        scene: The scene.
        space: Where the temperatures are.
        solved: From `solve_nominal`, at `checked_times`.
        stress: From `solve_stresses`, at `stress_times`; solved for here without it.
        backend: Where to solve.
    """
    fields = {time: solved[time].temperature for time in checked_times(scene)}
    thermal = [CheckResult(check, _value(check, scene, space, fields[check.time])) for check in scene.checks]
    wanted = stress_times(scene)
    if not wanted:
        return tuple(thermal)
    if stress is None:
        stress = solve_stresses(scene, space, {time: fields[time] for time in wanted}, backend=backend)
    return tuple(
        found if found.check.field == "temperature" else CheckResult(found.check, stressed)
        for found, stressed in zip(thermal, _stress_values(scene, *stress), strict=True)
    )


def _stress_values(scene: Scene, problem: StressProblem, solved: Mapping[float | str, StressField]) -> list[float]:
    """The value of each check in the fields of stress; zero for those of temperature."""
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


def _solver(scene: Scene, heat: NonlinearHeat, backend: Backend, *, once: bool = False) -> HeatSolver:
    method = None if scene.solver.linear == "auto" else Method(scene.solver.linear)
    return HeatSolver(heat, method=method, once=once, backend=backend)


def _at_rest(scene: Scene, heat: NonlinearHeat, backend: Backend, *, once: bool) -> Solved:
    at = Instant(0.0, _nominal(scene))
    start = np.full(heat.space.n_dofs, scene.initial_temperature)
    T = _solver(scene, heat, backend, once=once).steady(start, at)
    return _reported(Solved(T, energy_balance(heat, [Sample(1.0, T, at)])), heat, at)


def _reported(solved: Solved, heat: NonlinearHeat, at: Instant) -> Solved:
    """With what channels and enclosures do."""
    T = solved.temperature
    coolants, enclosures = channel_reports(heat.terms, T, at), enclosure_reports(heat.terms, T, at)
    return replace(solved, coolants=coolants, enclosures=enclosures)


def _on_the_way(scene: Scene, heat: NonlinearHeat, instants: set[float], backend: Backend) -> dict[float | str, Solved]:
    inputs = _nominal(scene)
    start = np.full(heat.space.n_dofs, scene.initial_temperature)
    steps = march_adaptive(
        _solver(scene, heat, backend),
        start,
        lambda _: inputs,
        stops_s=sorted({*instants, *_kinks(scene, max(instants))}),
        tolerance=scene.solver.time_tolerance,
        scheme=Scheme(scene.solver.scheme),
    )
    solved: dict[float | str, Solved] = {}
    if 0.0 in instants:
        at = Instant(0.0, inputs)
        stored = heat.rate(start, at)
        balance = energy_balance(heat, [Sample(1.0, start, at)], stored=stored)
        solved[0.0] = _reported(Solved(start, balance), heat, at)
    for number, step in enumerate(steps, start=1):
        if step.time_s in instants:
            at = Instant(step.time_s, inputs)
            solved[step.time_s] = _reported(Solved(step.temperature, step.balance, number), heat, at)
    return solved


def _nominal(scene: Scene) -> npt.NDArray[np.float64]:
    return np.array([item.value for item in scene.inputs])


def _kinks(scene: Scene, end_s: float) -> set[float]:
    """Times before the end at which a film changes its slope."""
    films = [load.film_coefficient for load in scene.loads if isinstance(load, Convection)]
    films += [channel.film_coefficient for channel in scene.channels]
    return {time for film in films if isinstance(film, TimeTable) for time in film.times if time < end_s}


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
