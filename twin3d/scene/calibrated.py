"""The scene that a parameter file makes of the stated one: values scaled, spreads as the calibration left them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from twin3d.errors import SceneError
from twin3d.scene.loads import Convection, Load, Radiation
from twin3d.scene.model import Scene
from twin3d.scene.parameters import CalibratedParameter
from twin3d.scene.parts import Contact, PartMaterial
from twin3d.scene.problems import nearest
from twin3d.scene.tables import PropertyTable, TimeTable, at_temperature, at_time
from twin3d.units import parse_quantity

AXES = ("x", "y", "z")
"""Names of the axes of a material that conducts differently along each."""
SAME = 1e-6
"""Relative difference up to which two nominal values are the same: files state eight digits."""
CONDUCTIVITY, SPECIFIC_HEAT, FILM = "W/(m K)", "J/(kg K)", "W/(m^2 K)"

Factor = Callable[[str], float]


@dataclass(frozen=True, slots=True)
class Nominal:
    """What a scene states of one parameter."""

    value: float
    """At the initial temperature, or at the start, in SI."""
    unit: str
    """SI unit."""

    def __str__(self) -> str:
        return f"{self.value:.8g} {self.unit}"


def conductivity_name(entry: PartMaterial, axis: int | None = None) -> str:
    """Name of the parameter on a material's conductivity, or on that along one of its axes (0, 1 or 2)."""
    return f"conductivity{'' if axis is None else f'_{AXES[axis]}'} of {entry.part}"


def capacity_name(entry: PartMaterial) -> str:
    """Name of the parameter on a material's heat capacity."""
    return f"heat capacity of {entry.part}"


def film_name(load: Convection | Radiation) -> str:
    """Name of the parameter on a film."""
    return f"film of {load.name}"


def contact_name(contact: Contact) -> str:
    """Name of the parameter on a contact conductance."""
    return f"contact {contact.name}"


def nominal_values(scene: Scene) -> dict[str, Nominal]:
    """What a scene states of each parameter that a calibration may find, by its name."""
    values: dict[str, Nominal] = {}
    for entry in scene.parts:
        k, c = entry.material.conductivity, entry.material.specific_heat
        if isinstance(k, tuple):
            values |= {conductivity_name(entry, axis): Nominal(k[axis], CONDUCTIVITY) for axis in range(3)}
        elif k is not None:
            values[conductivity_name(entry)] = Nominal(at_temperature(k, scene.initial_temperature), CONDUCTIVITY)
        if c is not None:
            values[capacity_name(entry)] = Nominal(at_temperature(c, scene.initial_temperature), SPECIFIC_HEAT)
    for load in scene.loads:
        if isinstance(load, Convection | Radiation):
            values[film_name(load)] = Nominal(at_time(load.film_coefficient, 0.0), FILM)
    return values | {contact_name(contact): Nominal(contact.conductance, FILM) for contact in scene.contacts}


def calibrated(scene: Scene) -> Scene:
    """The scene with the values of its parameter file; the same scene without one, or where they are in it already.

    Raises:
        SceneError: The file names what the scene has not, or was made from other nominal values than it states; or a
            surface would radiate more than a black one.
    """
    if scene.parameters is None:
        return scene
    stated = nominal_values(scene)
    for item in scene.parameters.parameter:
        _check(item, stated)
    factors = {item.name: item.factor for item in scene.parameters.parameter}

    def factor(name: str) -> float:
        return factors.get(name, 1.0)

    changes: dict[str, Any] = {
        "parts": tuple(_part(entry, factor) for entry in scene.parts),
        "loads": tuple(_load(load, factor) for load in scene.loads),
        "contacts": tuple(_contact(contact, factor) for contact in scene.contacts),
    }
    made = scene.model_copy(update=changes)
    now = nominal_values(made)
    found = (
        item.model_copy(update={"factor": 1.0, "nominal": str(now[item.name])}) for item in scene.parameters.parameter
    )
    return made.model_copy(update={"parameters": scene.parameters.model_copy(update={"parameter": tuple(found)})})


def _check(item: CalibratedParameter, stated: dict[str, Nominal]) -> None:
    if item.name not in stated:
        raise SceneError(f'no parameter of the scene is named "{item.name}"; {nearest(item.name, stated)}')
    nominal = stated[item.name]
    calibrated_from = parse_quantity(item.nominal, nominal.unit)
    if abs(calibrated_from - nominal.value) > SAME * abs(nominal.value):
        raise SceneError(
            f"{item.name} was calibrated from {item.nominal} and the scene states {nominal}; calibrate again, or state "
            "what it was"
        )


def _part(entry: PartMaterial, factor: Factor) -> PartMaterial:
    material = entry.material
    k, c = material.conductivity, material.specific_heat
    changes: dict[str, Any] = {}
    if isinstance(k, tuple):
        changes["conductivity"] = tuple(k[axis] * factor(conductivity_name(entry, axis)) for axis in range(3))
    elif k is not None:
        changes["conductivity"] = _scaled(k, factor(conductivity_name(entry)))
    if c is not None:
        changes["specific_heat"] = _scaled(c, factor(capacity_name(entry)))
    return entry.model_copy(update={"material": material.model_copy(update=changes)})


def _load(load: Load, factor: Factor) -> Load:
    if isinstance(load, Convection):
        return load.model_copy(update={"film_coefficient": _scaled(load.film_coefficient, factor(film_name(load)))})
    if not isinstance(load, Radiation):
        return load
    emissivity = load.emissivity * factor(film_name(load))
    if emissivity > 1.0:
        raise SceneError(
            f"film of {load.name}: its emissivity would become {emissivity:.4g}, which is above 1, so the surface does "
            "not only radiate; add a [[load]] of convection there and calibrate again"
        )
    return load.model_copy(update={"emissivity": emissivity})


def _contact(contact: Contact, factor: Factor) -> Contact:
    return contact.model_copy(update={"conductance": contact.conductance * factor(contact_name(contact))})


def _scaled(value: Any, factor: float) -> Any:
    if isinstance(value, PropertyTable | TimeTable):
        return value.model_copy(update={"values": tuple(factor * number for number in value.values)})
    return factor * value
