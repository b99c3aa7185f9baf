"""`twin3d check`: is the scene file right, and does the scene keep its own promises."""

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from twin3d.backend import get_backend
from twin3d.checks import CheckResult, run_checks
from twin3d.cli.reporting import Reporter
from twin3d.cli.scenes import open_scene
from twin3d.errors import CheckError, SceneError
from twin3d.mesh import build_mesh
from twin3d.mesh.cache import default_cache_dir
from twin3d.scene import Scene, arrays_in, calibrated, json_schema, linearised_in_twin, unknown_to_twin
from twin3d.scene.outputs import FIELD_UNITS
from twin3d.units import from_si

Switch = Annotated[bool, Parameter(negative="")]


SHOWN_UNITS = {"von_mises": ("MPa", 2), "displacement": ("mm", 4)}
"""Unit and digits of fields other than the temperature."""


def check(*scenes: Path, solve: Switch = False, schema: Switch = False, backend: str = "auto") -> int:
    """Read scene files and say what is wrong with them.

    Args:
        scenes: The scene files.
        solve: Also mesh each scene, solve it at full order and test its [[check]] entries (exit code 4 on a miss).
        schema: Print the JSON Schema of scene files and stop.
        backend: auto, numpy or cupy.
    """
    if schema:
        print(json.dumps(json_schema(), indent=2))
        return 0
    if not scenes:
        raise SceneError("name at least one scene file, or --schema")
    console = Console(highlight=False)
    checked = [(path, open_scene(path)) for path in scenes]
    for path, scene in checked:
        console.print(f"{path}: {describe(scene)}", markup=False, soft_wrap=True)
        if scene.parameters is not None:
            found = scene.parameters
            text = f"{len(found.parameter)} parameters calibrated from {found.data}, {found.made}"
            console.print(f"  {text}", markup=False, soft_wrap=True)
        for sentence in unknown_to_twin(scene):
            console.print(f"  for twin3d solve alone, not for a live twin: {sentence}", markup=False, soft_wrap=True)
        for sentence in linearised_in_twin(scene):
            console.print(
                f"  in the live twin {sentence}; twin3d solve takes it as it is", markup=False, soft_wrap=True
            )
    missed = [miss for _, scene in checked if solve for miss in _solve(calibrated(scene), console, backend)]
    if missed:
        raise CheckError(f"{len(missed)} checks failed: {', '.join(missed)}")
    return 0


def describe(scene: Scene) -> str:
    """One line on what a scene holds."""
    n_unknown = sum(item.unknown is not None for item in scene.inputs)
    return (
        f"{scene.name!r} is fine: {scene.geometry.file.name}, {len(scene.inputs)} inputs ({n_unknown} unknown), "
        f"{len(scene.loads) + len(scene.mechanical)} loads, {len(scene.contacts)} contacts, "
        f"{_counted(scene)}, {len(scene.checks)} checks"
    )


def _counted(scene: Scene) -> str:
    n_sensors, n_channels = len(arrays_in(scene.sensors)), len(scene.sensors)
    return f"{n_sensors} sensors" + (f" of {n_channels:,} channels" if n_channels > n_sensors else "")


def show_checks(results: tuple[CheckResult, ...], scene: Scene, console: Console) -> list[str]:
    """Print what became of the checks; the answer names those that failed."""
    table = Table("check", "time", "value", "between", "", title=f"checks of {scene.name}")
    for result in results:
        check = result.check
        unit, digits = (scene.view.unit, 2) if check.field == "temperature" else SHOWN_UNITS[check.field]
        low, value, high = (
            f"{from_si(number, unit, FIELD_UNITS[check.field]):.{digits}f}"
            for number in (check.between[0], result.value, check.between[1])
        )
        time = check.time if isinstance(check.time, str) else f"{check.time:g} s"
        verdict = "[green]ok[/]" if result.passed else "[bold red]FAILED[/]"
        table.add_row(check.name, time, f"{value} {unit}", f"{low} … {high} {unit}", verdict)
    console.print(table)
    return [result.check.name for result in results if not result.passed]


def _solve(scene: Scene, console: Console, backend: str) -> list[str]:
    with Reporter() as reporter:
        result = build_mesh(
            scene.geometry,
            scene.contacts,
            sensors=scene.sensors,
            cache_dir=default_cache_dir(),
            progress=reporter.progress,
        )
        reporter.progress(1.0, "solving at full order")
        results = run_checks(scene, result.mesh, backend=get_backend(backend, n_dofs=result.mesh.n_points))
    return show_checks(results, scene, console)
