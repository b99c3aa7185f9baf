"""`twin3d solve`: a scene at full order, with all inputs at their nominal values."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from twin3d.backend import get_backend
from twin3d.checks import STEADY, mean_of, run_checks, solve_nominal, space_of
from twin3d.cli.check import show_checks
from twin3d.cli.reporting import Reporter
from twin3d.cli.scenes import open_scene
from twin3d.errors import CheckError
from twin3d.export.vtkhdf import TimeSeriesWriter
from twin3d.fem.space import FunctionSpace
from twin3d.mesh import build_mesh
from twin3d.mesh.cache import default_cache_dir
from twin3d.records import TetMesh
from twin3d.scene import Scene
from twin3d.units import from_si, parse_quantity


def solve(scene: Path, *, time: tuple[str, ...] = (), out: Path | None = None, backend: str = "auto") -> int:
    """Solve a scene at full order with all inputs at their nominal values, and test its [[check]] entries.

    Args:
        scene: The scene file.
        time: Times since the start, such as "30 s"; without any, the steady state.
        out: Write the fields there (.vtkhdf, opens in ParaView); a steady field gets time 0 when it is alone.
        backend: auto, numpy or cupy.
    """
    checked = open_scene(scene)
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
        fields = solve_nominal(checked, space, times, backend=chosen)
        checks = run_checks(checked, result.mesh, backend=chosen)
    size = f"{result.mesh.n_points:,} points, {space.n_dofs:,} unknowns"
    console.print(f"{checked.name}: {size}; {chosen.reason}", markup=False)
    for instant in times:
        console.print(_part_table(checked, space, instant, fields[instant]))
    if out is not None:
        _write(out, result.mesh, {instant: fields[instant] for instant in times})
    missed = show_checks(checks, checked, console) if checks else []
    if missed:
        raise CheckError(f"{len(missed)} checks failed: {', '.join(missed)}")
    return 0


def _part_table(scene: Scene, space: FunctionSpace, time: float | str, field: npt.NDArray[np.float64]) -> Table:
    unit = scene.view.unit
    when = time if isinstance(time, str) else f"{time:g} s"
    table = Table("part", *(f"{name} in {unit}" for name in ("min", "mean", "max")), title=f"{scene.name}, {when}")
    for part, name in enumerate(space.mesh.part_names):
        cells = np.flatnonzero(space.mesh.cell_region == part)
        values = field[space.cell_dofs[cells]]
        numbers = (float(values.min()), mean_of(space, cells, field), float(values.max()))
        table.add_row(name, *(f"{from_si(number, unit, 'K'):.2f}" for number in numbers))
    return table


def _write(path: Path, mesh: TetMesh, fields: dict[float | str, npt.NDArray[np.float64]]) -> None:
    last_s = max((float(time) for time in fields if time != STEADY), default=0.0)
    with TimeSeriesWriter(path, mesh) as writer:
        for time, field in sorted(
            fields.items(), key=lambda item: last_s + 1.0 if item[0] == STEADY else float(item[0])
        ):
            at_s = float(time) if time != STEADY else (last_s + 1.0 if last_s else 0.0)
            at_points = field[: mesh.n_points]
            writer.append(at_s, at_points, np.zeros_like(at_points))
