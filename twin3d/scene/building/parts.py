"""Builds what the asset is made of: the materials of its parts, and where they touch."""

from collections.abc import Sequence

from twin3d.scene.building.noting import noted, refuse_twins
from twin3d.scene.materials import material
from twin3d.scene.parts import Contact, Material, PartMaterial, missing_for_heat
from twin3d.scene.problems import Problems
from twin3d.scene.written.parts import WrittenContact, WrittenPart


def parts_of(entries: Sequence[WrittenPart], problems: Problems, *, heated_by: str) -> tuple[PartMaterial, ...]:
    """The materials of parts; notes those that the library does not have.

    Args:
        entries: As the file says them.
        problems: Takes what is wrong.
        heated_by: What asks for heat, so that materials need what heat needs; empty where nothing does.
    """
    parts = []
    for index, entry in enumerate(entries):
        if isinstance(entry.material, str):
            name = entry.material
            found = noted(("part", index, "material"), problems, lambda name=name: material(name), None)
        else:
            full = entry.material
            found = Material(**{**full.model_dump(), "name": full.name or entry.name})
        if found is None:
            continue
        if heated_by and (missing := missing_for_heat(found)):
            problems.add(("part", index, "material"), f"{missing}, or remove what asks for heat: {heated_by}")
        parts.append(PartMaterial(part=entry.name, material=found))
    return tuple(parts)


def contacts_of(entries: Sequence[WrittenContact], problems: Problems) -> tuple[Contact, ...]:
    """The contacts, each with a name of its own."""
    contacts = tuple(
        Contact(**{**dict(entry), "name": entry.name or f"contact_{index + 1}"}) for index, entry in enumerate(entries)
    )
    refuse_twins([contact.name for contact in contacts], "contact", "name", problems)
    return contacts
