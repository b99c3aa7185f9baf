"""Says where a field leaves the tables of its materials, which hold their end values there."""

import numpy as np

from twin3d.fem.heat import material_of_parts
from twin3d.fem.heat_terms import Array
from twin3d.fem.space import FunctionSpace
from twin3d.scene import Material, PropertyTable, Scene
from twin3d.units import from_si

SLACK = 0.5
"""How far beyond a table a temperature may be unsaid [K]."""


def beyond_tables(scene: Scene, space: FunctionSpace, T: Array) -> tuple[str, ...]:
    """A sentence for each table that a temperature (n_dofs,) leaves."""
    entry_of_part = material_of_parts(scene.parts, space.mesh.part_names)
    entry_of_cell = entry_of_part[space.mesh.cell_region]
    found = []
    for index in np.unique(entry_of_part):
        local = T[space.cell_dofs[entry_of_cell == index]]
        for name, table in _tables(scene.parts[index].material):
            low, high = table.temperatures[0], table.temperatures[-1]
            coldest, hottest = float(local.min()), float(local.max())
            if coldest < low - SLACK or hottest > high + SLACK:
                what = f"{name.replace('_', ' ')} of {scene.parts[index].part}"
                reach, given = (_range(*ends, scene.view.unit) for ends in ((coldest, hottest), (low, high)))
                found.append(f"{what}: the field goes from {reach}, its table from {given}; beyond, its ends are held")
    return tuple(found)


def _range(low: float, high: float, unit: str) -> str:
    return f"{from_si(low, unit, 'K'):.1f} to {from_si(high, unit, 'K'):.1f} {unit}"


def _tables(material: Material) -> list[tuple[str, PropertyTable]]:
    named = (("conductivity", material.conductivity), ("specific_heat", material.specific_heat))
    return [(name, value) for name, value in named if isinstance(value, PropertyTable)]
