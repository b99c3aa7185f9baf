"""`twin3d calibrate`: parameters of a scene from a recording, and what to think of them."""

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from scipy import sparse

from twin3d import __version__
from twin3d.backend import get_backend
from twin3d.bridge.recordings import load_recording
from twin3d.cli.calibration_tables import show_calibration
from twin3d.cli.reporting import Reporter
from twin3d.cli.scenes import open_scene
from twin3d.clock import WallClock
from twin3d.errors import EstimationError
from twin3d.estimation.calibrated import Calibration, CalibrationSettings
from twin3d.estimation.calibration import calibrate as calibrate_model
from twin3d.estimation.recorded import on_grid, recordable
from twin3d.mesh.cache import default_cache_dir
from twin3d.pipeline import prepare
from twin3d.scene import ParameterFile, Scene, calibrated, nominal_values, written_parameters
from twin3d.units import parse_difference, parse_ratio

_LATER = re.compile(r"t\s*>\s*(.+)")


def calibrate(
    scene: Path,
    data: Path,
    *,
    parameters: tuple[str, ...] = (),
    hold_out: tuple[str, ...] = (),
    steady_start: Annotated[bool, Parameter(negative="")] = False,
    gain: str = "2 %",
    out: Path | None = None,
    strict: Annotated[bool, Parameter(negative="")] = False,
    backend: str = "auto",
    events: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> int:
    """Find the parameters of a scene from a recording, and write a parameter file that the scene can refer to.

    Args:
        scene: The scene file; what an earlier calibration found is set aside.
        data: Readings of the sensors and of the powers: .csv with a column like "tc1 [degC]" for each, or as for
            twin3d replay.
        parameters: Globs on those to find, for example "film*"; default is all that are uncertain.
        hold_out: Sensors (globs) or times ("t > 480 s") that are not fitted; sensors with the role check never are.
        steady_start: The asset was in the steady state of its first inputs, not at its initial temperature.
        gain: Relative standard deviation of the gain of power meters.
        out: The parameter file; default is the scene's name with .parameters.toml, here.
        strict: Write nothing where a parameter cannot be known from these data (exit code 1).
        backend: auto, numpy or cupy.
        events: Write events as JSON lines on standard output.
    """
    stated = open_scene(scene).model_copy(update={"parameters": None})
    settings = _settings(parameters, hold_out, steady_start=steady_start, gain=gain)
    sensors = recordable(stated.inputs, stated.sensors)
    recording = load_recording(data, sensors)
    recorded = on_grid(recording.readings, stated.inputs, sensors)
    with Reporter(json_lines=events) as reporter:
        prepared = prepare(
            stated, backend=get_backend(backend), cache_dir=default_cache_dir(), progress=reporter.progress
        )
        reporter.progress(1.0, "calibrating")
        n_more = len(sensors) - len(stated.sensors)
        rows = sparse.vstack([prepared.sensor_rows, sparse.csr_array((n_more, prepared.model.n_dofs))], format="csr")
        found = calibrate_model(prepared.model, sparse.csr_array(rows), recorded, stated.inputs, sensors, settings)
    show_calibration(found, nominal_values(stated), skipped=recording.skipped, quiet=events)
    if strict:
        _refuse(found)
    target = out or Path(f"{scene.stem}.parameters.toml")
    content = _content(found, stated, data)
    calibrated(stated.model_copy(update={"parameters": content}))
    target.write_text(written_parameters(content), encoding="utf-8")
    reporter.event(
        "done",
        out=str(target),
        factors={item.name: item.factor for item in found.parameters},
        held_out={"before": found.held_out.before, "after": found.held_out.after},
        flags=[flag.text for flag in found.flags],
    )
    reporter.say(f'wrote {target}; put parameters = "{target}" at the top of {scene.name}, relative to it')
    return 0


def _settings(
    parameters: Sequence[str], hold_out: Sequence[str], *, steady_start: bool, gain: str
) -> CalibrationSettings:
    later = [match[1] for text in hold_out if (match := _LATER.fullmatch(text.strip()))]
    return CalibrationSettings(
        parameters=tuple(parameters) or ("*",),
        held_out_sensors=tuple(text for text in hold_out if not _LATER.fullmatch(text.strip())),
        fit_until_s=min((parse_difference(text, "s") for text in later), default=None),
        steady_start=steady_start,
        gain_spread=parse_ratio(gain),
    )


def _refuse(found: Calibration) -> None:
    refusing = [flag.text for flag in found.flags if flag.kind.refuses]
    if refusing:
        raise EstimationError(f"nothing was written, as --strict asks: {'; '.join(refusing)}")


def _content(found: Calibration, scene: Scene, data: Path) -> ParameterFile:
    made = datetime.fromtimestamp(WallClock().now_ns() * 1e-9, UTC).isoformat(timespec="seconds")
    return ParameterFile(
        version=1,
        scene=scene.name,
        data=data.name,
        data_hash=hashlib.blake2b(data.read_bytes(), digest_size=16).hexdigest(),
        made=made,
        twin3d=__version__,
        parameter=found.as_parameters(nominal_values(scene)),
    )
