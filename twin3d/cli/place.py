"""`twin3d place`: where the next sensor helps most, which one is redundant, and what can be known at all."""

import json
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from rich.console import Console

from twin3d.backend import get_backend, one_blas_thread
from twin3d.cli.placement_tables import as_json, show_survey
from twin3d.cli.reporting import Reporter
from twin3d.cli.scenes import open_scene
from twin3d.errors import SceneError
from twin3d.estimation.observability import Objective, coordinates_of
from twin3d.estimation.placement import PlacementStudy, gain_map
from twin3d.estimation.sites import find_sites, focus_on
from twin3d.estimation.survey import Survey, survey
from twin3d.fem.elements import Element
from twin3d.fem.space import function_space
from twin3d.mesh.cache import default_cache_dir
from twin3d.mesh.placement import Placement, place_sensors
from twin3d.mesh.selection import select_parts
from twin3d.pipeline import PreparedModel, prepare
from twin3d.records import TetMesh
from twin3d.scene import Scene, Sensor, SensorQuantity, SensorRole
from twin3d.scene.selectors import parse, with_meanings
from twin3d.units import parse_difference, parse_quantity

Field = Literal["deviation", "known", "gain"]


def place(
    scene: Path,
    *,
    add: int = 3,
    faces: str | None = None,
    parts: str | None = None,
    sites: int = 3000,
    focus: str | None = None,
    objective: Objective = Objective.MEAN,
    like: str | None = None,
    noise: str | None = None,
    bias: str | None = None,
    lag: str | None = None,
    period: str | None = None,
    picture: Path | None = None,
    field: Field = "deviation",
    out: Path | None = None,
    backend: str = "auto",
) -> int:
    """Say where the next sensors of a scene help most, what losing each costs, and what can be known at all.

    Args:
        scene: The scene file.
        add: Number of new sensors to find sites for.
        faces: Where they may go, as a selector such as "top and part heatsink"; default is every outer face.
        parts: Glob on the parts that they may sit on, such as "chip_*".
        sites: Number of sites that are tried, spread evenly over these faces.
        focus: Glob on the parts whose temperature matters; default is the whole asset.
        objective: mean makes the deviation small over the volume, worst makes the largest one small.
        like: The sensor of the scene that new ones are like; default is the first that observes a temperature.
        noise: Noise of the new ones, such as "0.15 K"; default is that of `like`, as for the next three.
        bias: Their bias, such as "0.3 K".
        lag: Their lag, such as "0.4 s".
        period: Time between their readings, such as "100 ms".
        picture: Draw a map on the asset there (.png), with the sensors and the new sites.
        field: deviation of the temperature with the sensors of the scene; known, the part of the variance that they
            take away; or gain, what a new sensor would take from the objective at each place.
        out: Write all of it there (.json).
        backend: auto, numpy or cupy.
    """
    if add < 0 or sites < 1:
        raise SceneError(f"--add is {add} and --sites {sites}; neither can be negative, and there must be a site")
    if picture is not None and picture.suffix.lower() != ".png":
        raise SceneError(f"cannot draw into {picture.name!r}; its name must end in .png")
    checked = open_scene(scene)
    new = _like(checked, like, {"noise": noise, "bias": bias}, {"lag": lag, "period": period})
    with Reporter() as reporter:
        prepared = prepare(
            checked, backend=get_backend(backend), cache_dir=default_cache_dir(), progress=reporter.progress
        )
        reporter.progress(1.0, "looking for sites")
        space = function_space(prepared.mesh, Element(checked.solver.element))
        chosen = None if faces is None else with_meanings(parse(faces, checked.faces), checked.faces)
        own = None if parts is None else select_parts(prepared.mesh, parts)
        candidates = find_sites(space, new, faces=chosen, parts=own, count=sites)
        matters = focus_on(prepared.model, prepared.mesh, None if focus is None else select_parts(prepared.mesh, focus))
        study = PlacementStudy(checked.inputs, checked.sensors, prepared.sensor_rows, matters, objective)
        with one_blas_thread():
            found = survey(study, candidates, mesh=prepared.mesh, add=add)
    show_survey(found, checked, Console(highlight=False))
    if out is not None:
        out.write_text(json.dumps(as_json(found, checked), indent=2) + "\n")
    if picture is not None:
        _draw(picture, checked, prepared, found, new, field=field)
    return 0


def _like(scene: Scene, name: str | None, differences: dict[str, str | None], times: dict[str, str | None]) -> Sensor:
    """What the new sensors are like."""
    given = {key: parse_difference(text, "K") for key, text in differences.items() if text is not None}
    given |= {key: parse_quantity(text, "s") for key, text in times.items() if text is not None}
    models = [
        sensor
        for sensor in sorted(scene.sensors, key=lambda sensor: sensor.role is not SensorRole.OBSERVE)
        if sensor.role is not SensorRole.DRIVE and sensor.quantity is SensorQuantity.TEMPERATURE
    ]
    if name is not None:
        model = scene.sensors[scene.sensor_index(name)]
        if model.quantity is not SensorQuantity.TEMPERATURE:
            raise SceneError(f"sensor {name} measures {model.quantity}; --like must name one of a temperature")
        models = [model]
    if models:
        return Sensor.model_validate({**{key: getattr(models[0], key) for key in Sensor.model_fields}, **given})
    if not {"noise", "period"} <= given.keys():
        raise SceneError("the scene has no sensor that a new one could be like; state --noise and --period")
    return Sensor.model_validate({"id": "new", "unit": "K", **given})


def _draw(path: Path, scene: Scene, prepared: PreparedModel, found: Survey, new: Sensor, *, field: Field) -> None:
    # heavy: loads VTK, for pictures only
    from twin3d.export.picture import write_png
    from twin3d.view.still import draw_still

    values, title, unit, caption = _map(prepared, found, new, field)
    mesh = prepared.mesh
    placements = [*place_sensors(scene.sensors, mesh), *(site.placement for site in found.sites)]
    new_ones = {site.sensor.id for site in found.sites}
    labels = {
        f"+ {placement.sensor}" if placement.sensor in new_ones else placement.sensor: (
            placement.placed,
            float(values[_nearest_point(mesh, placement)]),
        )
        for placement in placements
    }
    write_png(path, draw_still(scene, mesh, values, title=title, unit=unit, caption=caption, labels=labels))


def _nearest_point(mesh: TetMesh, placement: Placement) -> int:
    points = np.unique(mesh.cells[mesh.cell_region == placement.part])
    return int(points[np.linalg.norm(mesh.points[points] - placement.placed, axis=1).argmin()])


def _map(
    prepared: PreparedModel, found: Survey, new: Sensor, field: Field
) -> tuple[npt.NDArray[np.float64], str, str, str]:
    """Values at the points, title, unit and caption."""
    whole = focus_on(prepared.model, prepared.mesh)
    values = np.zeros(prepared.mesh.n_points)
    after = coordinates_of(found.asset, found.after)
    if field == "gain":
        values[whole.dofs] = 100.0 * gain_map(found.study, after, like=new, at=whole)
        return values, "gain of a sensor there", "%", "what one more sensor would take from the bar, first estimate"
    deviations = whole.deviations(after)
    if field == "deviation":
        factor, unit = (1e3, "mK") if deviations.max() < 1.0 else (1.0, "K")
        values[whole.dofs] = factor * deviations
        return values, "standard deviation", unit, "settled at nominal inputs, with the sensors of the scene"
    values[whole.dofs] = 100.0
    if found.before is not None:
        before = whole.deviations(coordinates_of(found.asset, found.before))
        values[whole.dofs] = 100.0 * (1.0 - (deviations / before) ** 2)
    return values, "known", "%", "part of the variance that the sensors of the scene take away"
