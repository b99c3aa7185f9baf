"""Builds loads of heat and mechanical ones, in the order of the file."""

from collections.abc import Mapping
from typing import Any

from twin3d.scene.building.driving import driver
from twin3d.scene.building.known import Known
from twin3d.scene.building.naming import meant
from twin3d.scene.building.noting import refuse_twins
from twin3d.scene.loads import Convection, FixedTemperature, HeatFlux, HeatSource, Load, Radiation
from twin3d.scene.mechanics import AnyMechanicalLoad, Gravity, MechanicalLoad
from twin3d.scene.written.loads import WrittenHeatLoad, WrittenLoad, WrittenRadiation
from twin3d.scene.written.tables import WrittenTables

NOWHERE = "nowhere"
"""Input of a load that says none."""

_UNREADY = ("face",)
"""Fields that pydantic would take apart when it dumps a model."""

_LOADS: Mapping[str, type[Any]] = {
    "heat_source": HeatSource,
    "heat_flux": HeatFlux,
    "convection": Convection,
    "fixed_temperature": FixedTemperature,
    "radiation": Radiation,
}


def loads_of(source: WrittenTables, known: Known) -> tuple[tuple[Load, ...], tuple[AnyMechanicalLoad, ...]]:
    """The loads of heat, and the mechanical ones.

    Args:
        source: The file; surroundings that it does not say are at its initial temperature.
        known: Takes automatic inputs of constants.
    """
    loads = [
        _mechanical_load(entry, source, index, known=known)
        if isinstance(entry, MechanicalLoad)
        else _heat_load(entry, source, index, known=known)
        for index, entry in enumerate(source.load)
    ]
    refuse_twins([str(load.name) for load in loads], "load", "name", known.problems)
    heat = tuple(load for load in loads if not isinstance(load, MechanicalLoad))
    return heat, tuple(load for load in loads if isinstance(load, MechanicalLoad))


def _mechanical_load(entry: AnyMechanicalLoad, source: WrittenTables, index: int, *, known: Known) -> AnyMechanicalLoad:
    update: dict[str, Any] = {"name": _name_of(entry, source, index)}
    if not isinstance(entry, Gravity):
        update["face"] = meant(entry.face, ("load", index, "face"), known)
    return entry.model_copy(update=update)


def _name_of(entry: WrittenLoad, source: WrittenTables, index: int) -> str:
    number = sum(other.kind == entry.kind for other in source.load[: index + 1])
    return entry.name or f"{entry.kind}_{number}"


def _heat_load(entry: WrittenHeatLoad, source: WrittenTables, index: int, *, known: Known) -> Load:
    """The load of an entry; a constant in it becomes an automatic input."""
    name, place = _name_of(entry, source, index), ("load", index)
    given = [key for key in entry.drivers if getattr(entry, key) is not None]
    if len(given) != 1:
        known.problems.add(
            place, f"expected exactly one of {', '.join(entry.drivers)}; found {', '.join(given) or 'none'}"
        )
        given = [next(iter(entry.drivers))]
    key = given[0]
    value, unit = getattr(entry, key), entry.drivers[key]
    driven_by = NOWHERE
    if value is not None:
        driven_by = driver(value, f"{name}.{key}", unit=unit, place=(*place, key), known=known)
    common = entry.model_dump(exclude={"name", *entry.drivers, *_UNREADY})
    ready = {field: meant(getattr(entry, field), (*place, field), known) for field in _UNREADY if hasattr(entry, field)}
    if isinstance(entry, WrittenRadiation):
        common["around"] = source.initial_temperature if entry.around is None else entry.around
    load: Load = _LOADS[entry.kind](**{**common, **ready, "name": name, "input": driven_by})
    return load
