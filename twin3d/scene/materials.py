"""The library of materials that ships with twin3d."""

import difflib
import tomllib
from functools import cache
from pathlib import Path

from twin3d.errors import SceneError
from twin3d.scene.parts import Material
from twin3d.scene.quantities import FROM_FILE

FILL_IN = "fill in"
"""So begins what `twin3d new` leaves to people."""


def material(name: str) -> Material:
    """A material of the library; raises SceneError with the nearest names."""
    if name.startswith(FILL_IN):
        raise SceneError(
            f"{name}: the name of a material of the library, such as copper (docs/scene.md lists them), or a table "
            "with conductivity, density and specific_heat"
        )
    table = _tables().get(name)
    if table is None:
        near = difflib.get_close_matches(name.lower(), material_names(), n=3, cutoff=0.6)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(material_names())}"
        raise SceneError(f'no material of the library is named "{name}"; {hint}')
    return Material.model_validate({"name": name, **table}, context={FROM_FILE: True})


def material_names() -> tuple[str, ...]:
    """The names of all materials of the library, sorted."""
    return tuple(sorted(_tables()))


@cache
def _tables() -> dict[str, dict[str, str]]:
    return tomllib.loads((Path(__file__).with_name("materials.toml")).read_text(encoding="utf-8"))
