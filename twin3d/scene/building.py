"""Turns what the user wrote into a `Scene` in SI, and notes every reference that leads nowhere."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from twin3d.assets import asset_path, list_assets
from twin3d.errors import SceneError, UnitError
from twin3d.scene.coupling import channels_of, cyclic_of, enclosures_of
from twin3d.scene.driving import driver
from twin3d.scene.geometry import Geometry
from twin3d.scene.inputs import Input, UnknownPrior
from twin3d.scene.loads import Convection, FixedTemperature, HeatFlux, HeatSource, Load, Radiation
from twin3d.scene.materials import material
from twin3d.scene.mechanics import AnyMechanicalLoad, Gravity, MechanicalLoad
from twin3d.scene.model import Scene
from twin3d.scene.naming import meant, named_faces
from twin3d.scene.outputs import FIELD_UNITS, Check, Statistic
from twin3d.scene.parts import Contact, Material, PartMaterial
from twin3d.scene.plant import Plant
from twin3d.scene.problems import Problems, nearest
from twin3d.scene.selectors import Selector
from twin3d.scene.sensors import Sensor, SensorQuantity, SensorRole
from twin3d.scene.signals import ConstantSignal, Signal, SineSignal, StepsSignal
from twin3d.scene.toml_lines import Place
from twin3d.scene.written.inputs import WrittenInput
from twin3d.scene.written.loads import WrittenHeatLoad, WrittenLoad, WrittenRadiation
from twin3d.scene.written.parts import WrittenContact, WrittenPart
from twin3d.scene.written.plant import WrittenConstant, WrittenPlant, WrittenSignal, WrittenSine, WrittenSteps
from twin3d.scene.written.sensors import WrittenSensor
from twin3d.scene.written.tables import WrittenTables
from twin3d.units import affine_to_si, parse_difference, parse_quantity

UNITLESS_SUFFIXES = frozenset({".stl", ".obj", ".ply", ".off", ".brep"})
"""Formats whose files never say their unit."""

NOWHERE = "nowhere"
"""Input of a load that says none."""


def build_scene(source: WrittenTables, path: Path, problems: Problems) -> Scene | None:
    """The scene that a file means; None when a problem was noted.

    Args:
        source: The tables of the file that have the right shape.
        path: The file, for what is named relative to it.
        problems: Takes what is wrong.
    """
    faces = named_faces(source.faces, problems)
    inputs = {item.name: _input(item, ("input", index), problems) for index, item in enumerate(source.input)}
    _refuse_twins([item.name for item in source.input], "input", "name", problems)
    all_loads = [_any_load(entry, index, source, inputs, faces, problems) for index, entry in enumerate(source.load)]
    _refuse_twins([str(load.name) for load in all_loads], "load", "name", problems)
    loads = tuple(load for load in all_loads if not isinstance(load, MechanicalLoad))
    channels = channels_of(source.channel, inputs, faces, problems)
    _refuse_twins([channel.name for channel in channels], "channel", "name", problems)
    enclosures = enclosures_of(source.enclosure, inputs, faces, problems)
    _refuse_twins([enclosure.name for enclosure in enclosures], "enclosure", "name", problems)
    driven = (*loads, *channels, *enclosures)
    sensors = tuple(
        _sensor(entry, ("sensor", index), inputs, faces, problems) for index, entry in enumerate(source.sensor)
    )
    _refuse_twins([sensor.id for sensor in sensors], "sensor", "id", problems)
    _refuse_second_drivers(sensors, problems)
    fields: dict[str, Any] = {
        "name": source.name or path.stem,
        "description": source.description,
        "path": path,
        "geometry": None if source.geometry is None else _geometry(source.geometry, path, problems),
        "initial_temperature": source.initial_temperature,
        "parts": _parts(source.part, problems),
        "faces": faces,
        "inputs": tuple(inputs.values()),
        "loads": loads,
        "mechanical": tuple(load for load in all_loads if isinstance(load, MechanicalLoad)),
        "contacts": _contacts(source.contact, problems),
        "channels": channels,
        "enclosures": enclosures,
        "cyclic": None if source.cyclic is None else cyclic_of(source.cyclic, faces, problems),
        "sensors": sensors,
        "uncertainty": source.uncertainty,
        "solver": source.solver,
        "structure": source.structure,
        "feed": source.feed,
        "plant": None if source.plant is None else _plant(source.plant, inputs, problems),
        "checks": tuple(_check(entry, ("check", index), sensors, problems) for index, entry in enumerate(source.check)),
        "view": source.view,
    }
    used = {entry.input for entry in driven if entry.input is not None}
    if used <= set(inputs) and not any(map(problems.is_incomplete, ("load", "channel", "enclosure"))):
        _refuse_idle_inputs(source, used, problems)
    return None if problems.listed() else Scene(**fields)


def _refuse_twins(names: Sequence[str], table: str, key: str, problems: Problems) -> None:
    counts = Counter(names)
    for index, name in enumerate(names):
        if counts[name] > 1 and names.index(name) != index:
            problems.add((table, index, key), f'a second {table} is named "{name}"; give each its own {key}')


def _refuse_second_drivers(sensors: Sequence[Sensor], problems: Problems) -> None:
    first: dict[str, str] = {}
    for index, sensor in enumerate(sensors):
        if sensor.drives is not None and first.setdefault(sensor.drives, sensor.id) != sensor.id:
            message = (
                f'"{sensor.drives}" is driven by "{first[sensor.drives]}" already; an input has one driving sensor'
            )
            problems.add(("sensor", index, "drives"), message)


def _refuse_idle_inputs(source: WrittenTables, used: set[str], problems: Problems) -> None:
    for index, item in enumerate(source.input):
        if item.name not in used:
            problems.add(
                ("input", index, "name"), f'no load uses the input "{item.name}"; name it in one, or remove it'
            )


def _geometry(geometry: Geometry, path: Path, problems: Problems) -> Geometry:
    place = ("geometry", "file")
    if geometry.file.suffix.lower() in UNITLESS_SUFFIXES and geometry.unit is None:
        problems.add(place, f'{geometry.file.suffix} files do not say their unit; add unit = "mm" or what it is')
    if geometry.unit is not None:
        _noted(("geometry", "unit"), problems, lambda: affine_to_si(str(geometry.unit), "m"), None)
    beside = path.parent / geometry.file
    if beside.is_file():
        return geometry.model_copy(update={"file": beside.resolve()})
    if geometry.file.name == str(geometry.file) and geometry.file.name in list_assets("meshes"):
        return geometry.model_copy(update={"file": asset_path("meshes", geometry.file.name)})
    problems.add(place, f'no file at "{beside}"; shipped with twin3d: {", ".join(list_assets("meshes")) or "none"}')
    return geometry


def _parts(entries: Sequence[WrittenPart], problems: Problems) -> tuple[PartMaterial, ...]:
    parts = []
    for index, entry in enumerate(entries):
        if isinstance(entry.material, str):
            name = entry.material
            found = _noted(("part", index, "material"), problems, lambda name=name: material(name), None)
        else:
            full = entry.material
            found = Material(**{**full.model_dump(), "name": full.name or entry.name})
        if found is not None:
            parts.append(PartMaterial(part=entry.name, material=found))
    return tuple(parts)


def _input(entry: WrittenInput, place: Place, problems: Problems) -> Input:
    unit = entry.value.unit
    prior = None if entry.unknown is None else _prior(entry, (*place, "unknown"), problems)
    return Input(name=entry.name, unit=unit, value=entry.value.value, unknown=prior)


def _prior(entry: WrittenInput, place: Place, problems: Problems) -> UnknownPrior:
    prior, unit, value = entry.unknown, entry.value.unit, entry.value.value
    if prior is None:
        raise ValueError(f"input {entry.name} is not unknown")
    spread = _positive((*place, "spread"), problems, prior.spread, unit)
    bounds = {
        key: None
        if text is None
        else _noted((*place, key), problems, lambda text=text: parse_quantity(text, unit), value)
        for key, text in (("minimum", prior.minimum), ("maximum", prior.maximum))
    }
    low, high = bounds["minimum"], bounds["maximum"]
    if (low is not None and low > value) or (high is not None and high < value):
        problems.add(place, f"the prior mean {value:g} {unit} lies outside its own minimum and maximum")
    return UnknownPrior(spread=spread, time_constant=prior.time_constant, minimum=low, maximum=high)


def _any_load(
    entry: WrittenLoad,
    index: int,
    source: WrittenTables,
    inputs: dict[str, Input],
    faces: Mapping[str, Selector],
    problems: Problems,
) -> Load | AnyMechanicalLoad:
    if not isinstance(entry, MechanicalLoad):
        return _load(entry, index, source, inputs, faces, problems)
    number = sum(other.kind == entry.kind for other in source.load[: index + 1])
    update: dict[str, Any] = {"name": entry.name or f"{entry.kind}_{number}"}
    if not isinstance(entry, Gravity):
        update["face"] = meant(entry.face, ("load", index, "face"), faces, problems)
    return entry.model_copy(update=update)


def _load(
    entry: WrittenHeatLoad,
    index: int,
    source: WrittenTables,
    inputs: dict[str, Input],
    faces: Mapping[str, Selector],
    problems: Problems,
) -> Load:
    """The load of an entry; a constant in it becomes an automatic input."""
    number = sum(other.kind == entry.kind for other in source.load[: index + 1])
    name = entry.name or f"{entry.kind}_{number}"
    place: Place = ("load", index)
    given = [key for key in entry.drivers if getattr(entry, key) is not None]
    if len(given) != 1:
        problems.add(place, f"expected exactly one of {', '.join(entry.drivers)}; found {', '.join(given) or 'none'}")
        given = [next(iter(entry.drivers))]
    key = given[0]
    value, unit = getattr(entry, key), entry.drivers[key]
    driven_by = NOWHERE
    if value is not None:
        driven_by = driver(value, f"{name}.{key}", unit=unit, place=(*place, key), inputs=inputs, problems=problems)
    common = entry.model_dump(exclude={"name", *entry.drivers, *_UNREADY})
    ready = {
        field: meant(getattr(entry, field), (*place, field), faces, problems)
        for field in _UNREADY
        if hasattr(entry, field)
    }
    if isinstance(entry, WrittenRadiation):
        common["around"] = source.initial_temperature if entry.around is None else entry.around
    load: Load = _LOADS[entry.kind](**{**common, **ready, "name": name, "input": driven_by})
    return load


_UNREADY = ("face",)
"""Fields that pydantic would take apart when it dumps a model."""

_LOADS: Mapping[str, type[Any]] = {
    "heat_source": HeatSource,
    "heat_flux": HeatFlux,
    "convection": Convection,
    "fixed_temperature": FixedTemperature,
    "radiation": Radiation,
}


def _contacts(entries: Sequence[WrittenContact], problems: Problems) -> tuple[Contact, ...]:
    contacts = tuple(
        Contact(**{**dict(entry), "name": entry.name or f"contact_{index + 1}"}) for index, entry in enumerate(entries)
    )
    _refuse_twins([contact.name for contact in contacts], "contact", "name", problems)
    return contacts


def _sensor(
    entry: WrittenSensor,
    place: Place,
    inputs: Mapping[str, Input],
    faces: Mapping[str, Selector],
    problems: Problems,
) -> Sensor:
    si_unit = entry.quantity.si_unit
    _noted((*place, "unit"), problems, lambda: affine_to_si(entry.unit, si_unit), None)
    noise = _positive((*place, "noise"), problems, entry.noise, si_unit)
    bias_text = entry.bias
    bias = 0.0
    if bias_text is not None:
        bias = _noted((*place, "bias"), problems, lambda: parse_difference(bias_text, si_unit), 0.0)
    if bias < 0.0:
        problems.add((*place, "bias"), f'found "{bias_text}", expected at least 0')
    if entry.role is SensorRole.DRIVE:
        _check_driving(entry, place, inputs, problems)
    else:
        _check_looking(entry, place, problems)
    values = {key: getattr(entry, key) for key in _SENSOR_KEYS if getattr(entry, key) is not None}
    if entry.face is not None:
        values["face"] = meant(entry.face, (*place, "face"), faces, problems, in_load=False)
    return Sensor(**values, noise=noise, bias=max(0.0, bias))


_SENSOR_KEYS = ("id", "quantity", "unit", "position", "part", "depth", "tolerance", "lag", "period", "role", "drives")
"""Keys of a sensor that mean the same in the file and in the scene."""


def _check_driving(entry: WrittenSensor, place: Place, inputs: Mapping[str, Input], problems: Problems) -> None:
    if entry.drives is None:
        problems.add(place, f'a sensor of role "drive" says which input it drives; {nearest("", inputs)}')
        return
    known = inputs.get(entry.drives)
    if known is None:
        problems.add_unknown_name((*place, "drives"), "input", entry.drives, inputs)
    elif known.unit != entry.quantity.si_unit:
        problems.add(
            (*place, "drives"),
            f'it measures {entry.quantity} in {entry.quantity.si_unit}, the input "{entry.drives}" is in {known.unit}',
        )
    elif known.unknown is not None:
        problems.add((*place, "drives"), f'the input "{entry.drives}" is declared unknown; it cannot be driven as well')


def _check_looking(entry: WrittenSensor, place: Place, problems: Problems) -> None:
    if entry.quantity is not SensorQuantity.TEMPERATURE:
        problems.add(
            (*place, "quantity"),
            f'only temperatures can {entry.role} the field; a {entry.quantity} can drive an input (role = "drive")',
        )
    if (entry.position is None) == (entry.face is None):
        problems.add(place, 'expected exactly one of position and face, such as position = "80, 0, 3 mm"')
    for key in ("part", "depth", "tolerance"):
        if entry.position is None and getattr(entry, key) is not None:
            problems.add((*place, key), f'{key} says how a position is placed; give the sensor a position = "..."')
    if entry.drives is not None:
        problems.add((*place, "drives"), 'only a sensor of role "drive" drives an input; set role = "drive"')


def _plant(entry: WrittenPlant, inputs: Mapping[str, Input], problems: Problems) -> Plant:
    signals: dict[str, Signal] = {}
    for name, signal in entry.signals.items():
        place: Place = ("plant", "signals", name)
        known = inputs.get(name)
        if known is None:
            problems.add_unknown_name(place, "input", name, inputs)
            continue
        built = _noted(place, problems, lambda signal=signal, unit=known.unit: _signal(signal, unit), None)
        if built is not None:
            signals[name] = built
    values = {key: getattr(entry, key) for key in ("cell_size", "refine", "local_sizes", "seed", "spread", "bias")}
    return Plant(**values, lag_error=entry.lag_error, signals=signals)


def _signal(signal: WrittenSignal, unit: str) -> Signal:
    match signal:
        case WrittenConstant():
            return ConstantSignal(value=parse_quantity(signal.value, unit))
        case WrittenSine():
            mean, amplitude = parse_quantity(signal.mean, unit), parse_difference(signal.amplitude, unit)
            return SineSignal(mean=mean, amplitude=amplitude, period=signal.period, phase=signal.phase)
        case WrittenSteps():
            _check_steps(signal)
            values = tuple(parse_quantity(value, unit) for value in signal.values)
            return StepsSignal(times=signal.times, values=values, repeat=signal.repeat)


def _check_steps(signal: WrittenSteps) -> None:
    if len(signal.times) != len(signal.values):
        raise SceneError(f"{len(signal.times)} times and {len(signal.values)} values; each value has its start")
    if signal.times[0] != 0.0 or any(b <= a for a, b in zip(signal.times, signal.times[1:], strict=False)):
        raise SceneError('times must ascend from "0 s"')
    if signal.repeat is not None and signal.repeat <= signal.times[-1]:
        raise SceneError(f"it repeats after {signal.repeat:g} s, before its last step at {signal.times[-1]:g} s")


def _check(entry: Check, place: Place, sensors: Iterable[Sensor], problems: Problems) -> Check:
    places = {key: getattr(entry, key) for key in ("position", "part", "sensor") if getattr(entry, key) is not None}
    if len(places) != 1:
        problems.add(place, f"expected exactly one of position, part and sensor; found {', '.join(places) or 'none'}")
    seeing = {sensor.id: sensor.position is not None or sensor.face is not None for sensor in sensors}
    if entry.sensor is not None and entry.field != "temperature":
        problems.add((*place, "sensor"), f"no sensor sees {entry.field}; give the check a position or a part")
    if entry.sensor is not None and entry.sensor not in seeing:
        problems.add_unknown_name((*place, "sensor"), "sensor", entry.sensor, seeing)
    if entry.sensor is not None and not seeing.get(entry.sensor, True):
        problems.add((*place, "sensor"), f'the sensor "{entry.sensor}" has neither position nor face to check')
    is_value = entry.statistic is Statistic.VALUE
    if (entry.part is not None) == is_value:
        due = "max, min or mean over a part" if is_value else "value at a point or sensor"
        problems.add((*place, "statistic"), f'found "{entry.statistic}", expected {due}')
    low, high = entry.between
    unit = FIELD_UNITS[entry.field]
    if low > high:
        problems.add((*place, "between"), f"the lower bound {low:g} {unit} is above the upper bound {high:g} {unit}")
    where = next((f"{key} {value}" for key, value in places.items()), "nowhere")
    return entry.model_copy(update={"name": entry.name or f"{entry.statistic} at {where}"})


def _noted(place: Place, problems: Problems, parse: Any, otherwise: Any) -> Any:
    """What `parse` gives; a value in its stead when it fails, with the problem noted."""
    try:
        return parse()
    except (SceneError, UnitError) as error:
        problems.add(place, str(error))
        return otherwise


def _positive(place: Place, problems: Problems, text: str, unit: str) -> float:
    """A difference above zero; 1 in its stead, with the problem noted."""
    value: float = _noted(place, problems, lambda: parse_difference(text, unit), 1.0)
    if value > 0.0:
        return value
    problems.add(place, f'found "{text}", expected more than 0')
    return 1.0
