"""Leaves the broken tables of a scene file out, so that what remains is checked in the same go."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from twin3d.scene.problems import Problems
from twin3d.scene.quantities import file_context
from twin3d.scene.toml_lines import Place
from twin3d.scene.written import WrittenTables


def salvage(raw: Mapping[str, Any], error: ValidationError, problems: Problems) -> WrittenTables:
    """The tables of a file in which pydantic found nothing wrong.

    Args:
        raw: The file.
        error: What pydantic found.
        problems: Learns what is left out: places in what remains are translated back, and names that may have been
            given in a broken table are not missed.
    """
    broken = {_table_of(detail["loc"]) for detail in error.errors(include_url=False)}
    kept = {
        table: tuple(index for index in range(len(entries)) if (table, index) not in broken)
        for table, entries in raw.items()
        if isinstance(entries, list)
    }
    rest = {
        table: [entries[index] for index in kept[table]] if table in kept else entries
        for table, entries in raw.items()
        if (table,) not in broken
    }
    problems.leave_out(kept, _lost_names(raw, broken))
    return WrittenTables.model_validate(rest, context=file_context(raw))


def _table_of(place: Place) -> Place:
    return place[:2] if len(place) > 1 and isinstance(place[1], int) else place[:1]


def _lost_names(raw: Mapping[str, Any], broken: set[Place]) -> dict[str, list[str]]:
    lost: dict[str, list[str]] = {table: [] for table in ("input", "load", "channel", "enclosure", "sensor")}
    for table, *rest in broken:
        entry = raw[str(table)][rest[0]] if rest and isinstance(raw.get(str(table)), list) else None
        lost.setdefault(str(table), []).append(_name_in(entry, "id" if table == "sensor" else "name"))
    for table in ("load", "channel", "enclosure"):  # a constant in one of them is an input named after it
        lost["input"] += [f"{name}.*" for name in lost[table]]
    return lost


def _name_in(entry: Any, key: str) -> str:
    name = entry.get(key) if isinstance(entry, Mapping) else None
    return name if isinstance(name, str) else "*"
