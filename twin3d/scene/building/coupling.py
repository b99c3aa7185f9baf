"""Builds what couples faces with each other: channels, enclosures and cyclic symmetry."""

from collections.abc import Sequence

from twin3d.errors import SceneError
from twin3d.scene.building.driving import driver
from twin3d.scene.building.known import Known
from twin3d.scene.building.naming import meant
from twin3d.scene.building.noting import refuse_twins
from twin3d.scene.channels import Channel
from twin3d.scene.cyclic import Cyclic
from twin3d.scene.enclosures import Enclosure
from twin3d.scene.fluids import fluid_specific_heat
from twin3d.scene.problems import Problems
from twin3d.scene.toml_lines import Place
from twin3d.scene.written.coupling import WrittenChannel, WrittenEnclosure


def channels_of(entries: Sequence[WrittenChannel], known: Known) -> tuple[Channel, ...]:
    """The channels that a file means; `known` takes automatic inputs of constant inlet temperatures."""
    channels = []
    for index, entry in enumerate(entries):
        place: Place = ("channel", index)
        name = entry.name or f"channel_{index + 1}"
        inlet = driver(entry.inlet, f"{name}.inlet", unit="K", place=(*place, "inlet"), known=known)
        same = entry.model_dump(include={"path", "mass_flow", "film_coefficient", "stations"})
        face = meant(entry.face, (*place, "face"), known, in_load=False)
        c = _specific_heat(entry, place, known.problems)
        channels.append(Channel(name=name, face=face, specific_heat=c, input=inlet, **same))
    refuse_twins([channel.name for channel in channels], "channel", "name", known.problems)
    return tuple(channels)


def _specific_heat(entry: WrittenChannel, place: Place, problems: Problems) -> float:
    """That of the fluid; 1 in its stead, with the problem noted."""
    if (entry.fluid is None) == (entry.specific_heat is None):
        problems.add(place, 'expected exactly one of fluid and specific_heat, such as fluid = "water"')
    elif entry.fluid is not None:
        try:
            return fluid_specific_heat(entry.fluid)
        except SceneError as error:
            problems.add((*place, "fluid"), f"{error}; or give its specific_heat instead")
    return 1.0 if entry.specific_heat is None else entry.specific_heat


def enclosures_of(entries: Sequence[WrittenEnclosure], known: Known) -> tuple[Enclosure, ...]:
    """The enclosures that a file means; `known` takes automatic inputs of constant ambient temperatures."""
    enclosures = []
    for index, entry in enumerate(entries):
        place: Place = ("enclosure", index)
        name = entry.name or f"enclosure_{index + 1}"
        ambient = None
        if entry.ambient is not None:
            where = (*place, "ambient")
            ambient = driver(entry.ambient, f"{name}.ambient", unit="K", place=where, known=known)
        walls = tuple(
            wall.model_copy(update={"face": meant(wall.face, (*place, "faces", number, "face"), known, in_load=False)})
            for number, wall in enumerate(entry.faces)
        )
        enclosures.append(Enclosure(name=name, faces=walls, patches=entry.patches, input=ambient))
    refuse_twins([enclosure.name for enclosure in enclosures], "enclosure", "name", known.problems)
    return tuple(enclosures)


def cyclic_of(entry: Cyclic, known: Known) -> Cyclic:
    """Cyclic symmetry with the meanings of the names in its selectors."""
    ends = {key: meant(getattr(entry, key), ("cyclic", key), known, in_load=False) for key in ("low", "high")}
    return entry.model_copy(update=ends)
