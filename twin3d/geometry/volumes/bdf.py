"""Nastran bulk data: solid elements by property, shells as named facets."""

import re
from pathlib import Path
from typing import ClassVar

import numpy as np

from twin3d.errors import GeometryError
from twin3d.geometry.volumes.bdf_cards import Deck, as_integers, as_reals, read_deck
from twin3d.geometry.volumes.composing import compose
from twin3d.geometry.volumes.draft import CellBlock, Draft, Ints, NamedFacets, Solid
from twin3d.geometry.volumes.regions import by_label
from twin3d.geometry.volumes.source import index_of, naming
from twin3d.records import VolumeMesh

SOLIDS = {
    b"CTETRA": (Solid.TETRAHEDRON, 10),
    b"CHEXA": (Solid.HEXAHEDRON, 20),
    b"CPENTA": (Solid.WEDGE, 15),
    b"CPYRAM": (Solid.PYRAMID, 13),
    b"CPYRA": (Solid.PYRAMID, 13),
}
"""Card → shape, and points with those in the middle of edges."""
SHELLS = {b"CTRIA3": 3, b"CTRIA6": 3, b"CTRIAR": 3, b"CQUAD4": 4, b"CQUAD8": 4, b"CQUADR": 4}
"""Card → corners."""
_CARD = re.compile(
    rb"^[ \t]*(BEGIN[ \t]+BULK|GRID\*?[ \t,]|(CTETRA|CHEXA|CPENTA|PSOLID|CQUAD4|CTRIA3)\*?[ \t,])", re.M | re.I
)
_EXECUTIVE = re.compile(rb"^(SOL|CEND|NASTRAN)\b", re.M | re.I)


class BdfReader:
    """Nastran bulk data."""

    suffixes: ClassVar[tuple[str, ...]] = (".bdf", ".nas", ".dat")

    def recognises(self, head: bytes) -> bool:
        """Whether a file begins with comments or sections of Nastran and has a card of it near its beginning."""
        if not re.match(rb"\s*[$A-Za-z]", head) or b"\0" in head or head.lstrip().startswith(b"$MeshFormat"):
            return False
        return _CARD.search(head) is not None or len(_EXECUTIVE.findall(head)) >= 2

    def read(self, path: Path) -> VolumeMesh:
        """Read a mesh.

        Raises:
            GeometryError: The file is damaged, in other coordinates, or holds no solid cells.
        """
        with naming(path):
            return compose(_draft(read_deck(path)), path)


def _draft(deck: Deck) -> Draft:
    ids, points = _grid(deck)
    blocks, properties = [], []
    for card, (solid, n_points) in SOLIDS.items():
        for fields in deck.fields(card, tuple(range(2 + n_points))):
            numbers = as_integers(fields, card.decode())
            for block, own in _split(numbers[:, 2:], numbers[:, 1], solid, ids):
                blocks.append(block)
                properties.append(own)
    region, values = by_label(np.concatenate([np.zeros(0, dtype=np.int64), *properties]))
    return Draft(
        points=points,
        blocks=tuple(blocks),
        region=region,
        region_names=tuple(_name(deck, int(value)) for value in values),
        facets=tuple(_shells(deck, ids)),
        left_out={
            name.decode("ascii", "replace"): len(cards)
            for (name, _), cards in deck.cards.items()
            if name in {b"CBAR", b"CBEAM", b"CROD", b"CONROD", b"CBUSH", b"CBUSH1D", b"CGAP"}
        },
    )


def _grid(deck: Deck) -> tuple[Ints, np.ndarray]:
    """Ids and positions of the points."""
    ids, points = [np.zeros(0, dtype=np.int64)], [np.zeros((0, 3))]
    for fields in deck.fields(b"GRID", (0, 1, 2, 3, 4)):
        own = as_integers(fields[:, 0], "GRID")
        systems = as_integers(fields[:, 1], "GRID")
        if systems.any():
            first = int(np.flatnonzero(systems)[0])
            raise GeometryError(
                f"GRID {own[first]} is in coordinate system {systems[first]}; export the mesh in basic coordinates"
            )
        ids.append(own)
        points.append(as_reals(fields[:, 2:], "GRID"))
    return np.concatenate(ids), np.concatenate(points)


def _split(points: Ints, properties: Ints, solid: Solid, ids: Ints) -> list[tuple[CellBlock, Ints]]:
    """Cells with all their mid-edge points, and those with corners alone."""
    is_curved = (points != 0).all(axis=1)
    found = []
    for chosen, n in ((is_curved, points.shape[1]), (~is_curved, solid.n_corners)):
        if chosen.any():
            cells = index_of(ids, points[chosen, :n], what="GRID")
            found.append((CellBlock(solid, cells), properties[chosen]))
    return found


def _shells(deck: Deck, ids: Ints) -> list[NamedFacets]:
    """Shell elements; those on the boundary of a part name it by their property."""
    found = []
    for card, n_corners in SHELLS.items():
        for fields in deck.fields(card, tuple(range(2 + n_corners))):
            numbers = as_integers(fields, card.decode())
            corners = index_of(ids, numbers[:, 2:], what="GRID")
            region, values = by_label(numbers[:, 1])
            for number, value in enumerate(values):
                found.append(NamedFacets(_name(deck, int(value)), corners[region == number]))
    return found


def _name(deck: Deck, number: int) -> str:
    return deck.names.get(number) or f"property_{number}"
