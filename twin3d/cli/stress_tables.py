"""What `twin3d solve` says of displacement, stress and reactions."""

from dataclasses import replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from twin3d.fem.mechanics.measures import von_mises
from twin3d.fem.mechanics.problem import StressField, StressProblem

Array: TypeAlias = npt.NDArray[np.float64]

OUT_OF_BALANCE = 1e-6
"""Imbalance of forces from which on it is told."""
ROUNDING = 1e-8
"""Share of all forces on points below which a resultant is rounding."""
COARSE = 'linear cells are too stiff in bending; [structure] element = "tet10" gives better stress'


def show_stress(problem: StressProblem, field: StressField, console: Console, *, title: str) -> None:
    """Print the displacement and stress of each part, and what holds the asset."""
    console.print(_parts(problem, field, title))
    console.print(_reactions(problem, field))
    if field.solution.imbalance > OUT_OF_BALANCE:
        console.print(f"loads and reactions differ by {field.solution.imbalance:.1e} of the forces; a gap is bridged")
    if problem.scene.structure.element == "tet4":
        console.print(COARSE, markup=False)


def _parts(problem: StressProblem, field: StressField, title: str) -> Table:
    space = problem.space
    columns = ("moves by µm", "at, in mm", "von Mises max, MPa", "at, in mm", "mean, MPa")
    table = Table("part", *columns, title=title)
    moved = np.linalg.norm(field.displacement, axis=1)
    for name, part in zip(space.mesh.part_names, field.parts, strict=True):
        sizes = von_mises(part.values)
        furthest, worst = part.dofs[moved[part.dofs].argmax()], int(sizes.argmax())
        table.add_row(
            name,
            f"{1e6 * moved[furthest]:.4g}",
            _place(space.dof_points[furthest]),
            f"{1e-6 * sizes[worst]:.4g}",
            _place(space.dof_points[part.dofs[worst]]),
            f"{1e-6 * float(sizes.mean()):.4g}",
        )
    return table


def _reactions(problem: StressProblem, field: StressField) -> Table:
    table = Table("reaction", *(f"F{axis}, N" for axis in "xyz"), *(f"M{axis}, N m" for axis in "xyz"))
    least = ROUNDING * field.solution.carried
    size = float(np.abs(problem.space.mesh.points).max())
    for one in (*field.solution.reactions, replace(field.solution.applied, name="all loads")):
        table.add_row(one.name, *_numbers(one.force, least), *_numbers(one.moment, least * size))
    return table


def _numbers(vector: Array, least: float) -> list[str]:
    """Components as text, those that are mere rounding as zero."""
    return [f"{0.0 if abs(x) < least else x:.4g}" for x in vector]


def _place(position: Array) -> str:
    return ", ".join(f"{round(1e3 * x, 4) + 0.0:.4g}" for x in position)
