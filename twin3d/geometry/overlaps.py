"""Solids that share volume, which no real parts do: found, reported, and told apart; loads netgen."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, TypeAlias

import netgen.occ as occ

from twin3d.errors import GeometryError

Vector: TypeAlias = tuple[float, float, float]

NEGLIGIBLE = 1e-6
"""Shared volume, relative to the smaller of two solids, that counts as touching."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two parts that share volume."""

    winner: str
    """Keeps the shared volume: the smaller one."""
    loser: str
    volume: float
    """Shared volume, in the unit of the kernel cubed."""
    share: float
    """Of the loser's volume [–]."""
    centre: Vector
    """Of the shared volume, in the unit of the kernel."""

    def describe(self, metres_per_unit: float) -> str:
        """What people should know, lengths in millimetres."""
        scale = metres_per_unit * 1e3
        x, y, z = (scale * coordinate for coordinate in self.centre)
        return (
            f"the parts {self.winner!r} and {self.loser!r} overlap by {self.volume * scale**3:.4g} mm³ "
            f"({self.share:.2%} of {self.loser!r}) near ({x:.4g}, {y:.4g}, {z:.4g}) mm: this is counted to "
            f"{self.winner!r}, the smaller one"
        )


def glue(names: Sequence[str], solids: Sequence[Any]) -> tuple[Any, tuple[Overlap, ...]]:
    """One shape in which touching solids share their faces and no two share volume.

    Args:
        names: Of the solids, unique.
        solids: Of the kernel; each gets its name.

    Returns:
        The shape, whose solids carry the names, and what overlapped.

    Raises:
        GeometryError: A solid lies wholly within others, so that nothing of it is left.
    """
    for name, solid in zip(names, solids, strict=True):
        solid.name = name
    if len(solids) == 1:
        return solids[0], ()
    shape = occ.Glue(list(solids))
    total = sum(solid.mass for solid in solids)
    if len(shape.solids) == len(solids) and abs(shape.mass - total) <= NEGLIGIBLE * min(s.mass for s in solids):
        return shape, ()
    pieces, overlaps = _separated(names, solids)
    return (occ.Glue(pieces) if overlaps else shape), overlaps


def _separated(names: Sequence[str], solids: Sequence[Any]) -> tuple[list[Any], tuple[Overlap, ...]]:
    """Solids with the shared volumes taken from the larger ones."""
    pieces = list(solids)
    overlaps = []
    for small, large, common in _shared(solids):
        x, y, z = common.center
        volume = float(common.mass)
        overlaps.append(Overlap(names[small], names[large], volume, volume / solids[large].mass, (x, y, z)))
        pieces[large] = pieces[large] - solids[small]
    found = []
    for name, piece in zip(names, pieces, strict=True):
        if not len(piece.solids):
            raise GeometryError(f"the part {name!r} lies wholly within others; remove it, or cut it out of them")
        for solid in piece.solids:
            solid.name = name
            found.append(solid)
    return found, tuple(overlaps)


def _shared(solids: Sequence[Any]) -> Iterator[tuple[int, int, Any]]:
    """Pairs of solids that share volume, the smaller one first, and what they share."""
    boxes = [solid.bounding_box for solid in solids]
    for a, b in combinations(range(len(solids)), 2):
        if _boxes_overlap(boxes[a], boxes[b]):
            common = solids[a] * solids[b]
            if len(common.solids) and common.mass > NEGLIGIBLE * min(solids[a].mass, solids[b].mass):
                yield (a, b, common) if solids[a].mass <= solids[b].mass else (b, a, common)


def _boxes_overlap(first: Any, second: Any) -> bool:
    return all(
        min(first[1][axis], second[1][axis]) - max(first[0][axis], second[0][axis])
        > 1e-6 * (first[1][axis] - first[0][axis])
        for axis in range(3)
    )
