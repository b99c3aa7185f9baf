"""`twin3d solve`: a scene at full order, with all inputs at their nominal values."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from twin3d.backend import Backend, get_backend
from twin3d.checks import STEADY, Solved, checked_times, compared, mean_of, solve_nominal, space_of, stress_times
from twin3d.cli.check import show_checks
from twin3d.cli.coupled_tables import show_coupled
from twin3d.cli.energy_table import show_energy
from twin3d.cli.field_picture import draw_field
from twin3d.cli.reporting import Reporter
from twin3d.cli.scenes import open_scene
from twin3d.cli.stress_tables import show_stress
from twin3d.errors import CheckError
from twin3d.export.vtkhdf import TimeSeriesWriter
from twin3d.fem.mechanics.problem import Stresses, StressField, StressProblem, solve_stresses
from twin3d.fem.space import FunctionSpace
from twin3d.fem.table_range import beyond_tables
from twin3d.mesh import build_mesh
from twin3d.mesh.cache import default_cache_dir
from twin3d.records import TetMesh
from twin3d.scene import Scene, calibrated
from twin3d.units import from_si, parse_quantity

STRESS_FIELDS = {"displacement": 3, "stress": 6, "von_mises": 1}
"""Components of the fields that a file gets [m, Pa, Pa]; those of stress are xx, yy, zz, xy, yz, xz."""


def solve(
    scene: Path,
    *,
    time: tuple[str, ...] = (),
    out: Path | None = None,
    picture: Path | None = None,
    field: Literal["temperature", "von_mises", "displacement"] | None = None,
    backend: str = "auto",
) -> int:
    """Solve a scene at full order with all inputs at their nominal values, and test its [[check]] entries.

    A scene with mechanical loads is solved for heat, then for displacement and stress.

    Args:
        scene: The scene file.
        time: Times since the start, such as "30 s"; without any, the steady state.
        out: Write the fields there (.vtkhdf, opens in ParaView); a steady field gets time 0 when it is alone.
        picture: Draw a field there (.png), at the last of the times.
        field: Which one; without it the von Mises stress where there is stress, else the temperature.
        backend: auto, numpy or cupy.
    """
    checked = calibrated(open_scene(scene))
    times: tuple[float | str, ...] = tuple(parse_quantity(text, "s") for text in time) or (STEADY,)
    console = Console(highlight=False)
    with Reporter() as reporter:
        result = build_mesh(
            checked.geometry,
            checked.contacts,
            sensors=checked.sensors,
            cache_dir=default_cache_dir(),
            progress=reporter.progress,
        )
        reporter.progress(1.0, "solving at full order")
        space = space_of(checked, result.mesh)
        chosen = get_backend(backend, n_dofs=space.n_dofs)
        solved = solve_nominal(checked, space, (*times, *checked_times(checked)), backend=chosen)
        fields = {instant: solved[instant].temperature for instant in times}
        stress = _stresses(checked, space, solved, times, chosen) if checked.mechanical else None
        checks = compared(checked, space, solved, stress=stress, backend=chosen)
    size = f"{result.mesh.n_points:,} points, {space.n_dofs:,} unknowns"
    console.print(f"{checked.name}: {size}; {chosen.reason}", markup=False)
    for instant in times:
        if checked.loads:
            console.print(_part_table(checked, space, instant, fields[instant]))
            show_energy(solved[instant], console, title=_title(checked, instant))
            show_coupled(solved[instant], console, unit=checked.view.unit, title=_title(checked, instant))
            for sentence in beyond_tables(checked, space, fields[instant]):
                console.print(f"warning: {sentence}", markup=False, soft_wrap=True)
        if stress is not None:
            show_stress(*_at(stress, instant), console, title=_title(checked, instant))
    if out is not None:
        _write(out, result.mesh, fields, stress)
    if picture is not None:
        draw_field(picture, checked, space, fields[times[-1]], stress and _at(stress, times[-1]), field=field)
    missed = show_checks(checks, checked, console) if checks else []
    if missed:
        raise CheckError(f"{len(missed)} checks failed: {', '.join(missed)}")
    return 0


def _stresses(
    scene: Scene,
    space: FunctionSpace,
    solved: Mapping[float | str, Solved],
    times: tuple[float | str, ...],
    backend: Backend,
) -> Stresses:
    wanted = dict.fromkeys((*times, *stress_times(scene)))
    return solve_stresses(scene, space, {time: solved[time].temperature for time in wanted}, backend=backend)


def _part_table(scene: Scene, space: FunctionSpace, time: float | str, field: npt.NDArray[np.float64]) -> Table:
    unit = scene.view.unit
    table = Table("part", *(f"{name} in {unit}" for name in ("min", "mean", "max")), title=_title(scene, time))
    for part, name in enumerate(space.mesh.part_names):
        cells = np.flatnonzero(space.mesh.cell_region == part)
        values = field[space.cell_dofs[cells]]
        numbers = (float(values.min()), mean_of(space, cells, field), float(values.max()))
        table.add_row(name, *(f"{from_si(number, unit, 'K'):.2f}" for number in numbers))
    return table


def _title(scene: Scene, time: float | str) -> str:
    return f"{scene.name}, {time if isinstance(time, str) else f'{time:g} s'}"


def _at(stress: Stresses, time: float | str) -> tuple[StressProblem, StressField]:
    problem, fields = stress
    return problem, fields[time]


def _write(
    path: Path, mesh: TetMesh, fields: dict[float | str, npt.NDArray[np.float64]], stress: Stresses | None
) -> None:
    last_s = max((float(time) for time in fields if time != STEADY), default=0.0)
    with TimeSeriesWriter(path, mesh, more=STRESS_FIELDS if stress else {}) as writer:
        for time, field in sorted(
            fields.items(), key=lambda item: last_s + 1.0 if item[0] == STEADY else float(item[0])
        ):
            at_s = float(time) if time != STEADY else (last_s + 1.0 if last_s else 0.0)
            at_points = field[: mesh.n_points]
            more = _stress_at_points(stress[1][time], mesh.n_points) if stress else {}
            writer.append(at_s, at_points, np.zeros_like(at_points), more=more)


def _stress_at_points(field: StressField, n_points: int) -> dict[str, npt.NDArray[np.float64]]:
    values = {"displacement": field.displacement, "stress": field.stress, "von_mises": field.von_mises}
    return {name: array[:n_points] for name, array in values.items()}
