"""What `twin3d solve` says of displacement, stress and reactions."""

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
"""Share of the largest force below which a component is rounding."""
COARSE = 'linear cells are too stiff in bending; [structure] element = "tet10" gives better stress'


def show_stress(problem: StressProblem, field: StressField, console: Console, *, title: str) -> None:
    """Print the displacement and stress of each part, and what holds the asset."""
    console.print(_parts(problem, field, title))
    console.print(_reactions(field))
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


def _reactions(field: StressField) -> Table:
    table = Table("reaction", *(f"F{axis}, N" for axis in "xyz"), *(f"M{axis}, N m" for axis in "xyz"))
    for reaction in field.solution.reactions:
        table.add_row(
            reaction.name, *_numbers(reaction.force, field), *_numbers(reaction.moment, field, of_moments=True)
        )
    applied = field.solution.applied
    table.add_row("all loads", *_numbers(applied.force, field), *_numbers(applied.moment, field, of_moments=True))
    return table


def _numbers(vector: Array, field: StressField, *, of_moments: bool = False) -> list[str]:
    """Components as text, those that are mere rounding as zero."""
    every = (*field.solution.reactions, field.solution.applied)
    largest = max(float(np.abs(one.moment if of_moments else one.force).max()) for one in every)
    return [f"{0.0 if abs(x) < ROUNDING * largest else x:.4g}" for x in vector]


def _place(position: Array) -> str:
    return ", ".join(f"{round(1e3 * x, 4) + 0.0:.4g}" for x in position)
