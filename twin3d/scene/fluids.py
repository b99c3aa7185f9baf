"""The library of coolants that ships with twin3d."""

import tomllib
from functools import cache
from pathlib import Path

from twin3d.errors import SceneError
from twin3d.scene.problems import nearest
from twin3d.units import parse_quantity


def fluid_specific_heat(name: str) -> float:
    """Specific heat of a fluid of the library [J/(kg K)]; raises SceneError with the nearest names."""
    table = _tables().get(name)
    if table is None:
        raise SceneError(f'no fluid of the library is named "{name}"; {nearest(name, fluid_names())}')
    return parse_quantity(table["specific_heat"], "J/(kg K)")


def fluid_names() -> tuple[str, ...]:
    """The names of all fluids of the library, sorted."""
    return tuple(sorted(_tables()))


@cache
def _tables() -> dict[str, dict[str, str]]:
    return tomllib.loads((Path(__file__).with_name("fluids.toml")).read_text(encoding="utf-8"))
