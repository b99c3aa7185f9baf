"""Gmsh MSH 2.2 and 4.1, text and binary: physical groups become parts and named facets."""

import re
from pathlib import Path
from typing import ClassVar

import numpy as np

from twin3d.geometry.volumes.composing import compose
from twin3d.geometry.volumes.draft import CellBlock, Draft, Ints, NamedFacets
from twin3d.geometry.volumes.msh_sections import Elements, MshContent, read_content
from twin3d.geometry.volumes.msh_types import FACETS, QUADRATIC_TETRAHEDRON, SOLIDS, VTK_ORDER
from twin3d.geometry.volumes.source import index_of, naming
from twin3d.records import VolumeMesh

VOLUME, SURFACE = 3, 2
"""Dimensions of Gmsh's groups and entities."""


class MshReader:
    """Gmsh MSH."""

    suffixes: ClassVar[tuple[str, ...]] = (".msh",)

    def recognises(self, head: bytes) -> bool:
        """Whether a file begins like Gmsh's format, with or without comments before it."""
        return re.match(rb"\s*(\$Comments\b.*?\$EndComments\s*)?\$(MeshFormat|NOD)\b", head, re.S) is not None

    def read(self, path: Path) -> VolumeMesh:
        """Read a mesh.

        Raises:
            GeometryError: The file is damaged, of another version, or holds no solid cells.
        """
        with naming(path):
            return compose(_draft(read_content(path.read_bytes())), path)


def _draft(content: MshContent) -> Draft:
    names = _Names(content)
    blocks, regions, facets = [], [], []
    n_facets = sum(len(elements.points) for elements in content.elements if elements.kind in FACETS)
    for elements in content.elements:
        places = index_of(content.ids, elements.points, what="node")
        if elements.kind in SOLIDS:
            order = VTK_ORDER if elements.kind == QUADRATIC_TETRAHEDRON else slice(None)
            blocks.append(CellBlock(SOLIDS[elements.kind], places[:, order]))
            regions.append(names.volumes_of(elements))
        elif elements.kind in FACETS:
            facets += names.facets_of(elements, places[:, : FACETS[elements.kind]])
    return Draft(
        points=content.points,
        blocks=tuple(blocks),
        region=np.concatenate(regions) if regions else np.zeros(0, dtype=np.int64),
        region_names=tuple(names.volumes),
        facets=tuple(facets),
        left_out={} if blocks else {"surface element": n_facets},
        messages=names.messages(),
    )


class _Names:
    """Collects the names of volume groups as elements refer to them."""

    def __init__(self, content: MshContent) -> None:
        self._content = content
        self._in_several: set[str] = set()
        self.volumes: list[str] = []

    def volumes_of(self, elements: Elements) -> Ints:
        """Region of each volume element."""
        region: Ints = np.zeros(len(elements.points), dtype=np.int64)
        pairs = np.column_stack([elements.groups, elements.entities])
        for (group, entity), chosen in _distinct(pairs):
            name = self._volume_name(group, entity)
            if name not in self.volumes:
                self.volumes.append(name)
            region[chosen] = self.volumes.index(name)
        return region

    def facets_of(self, elements: Elements, corners: Ints) -> list[NamedFacets]:
        """Surface elements that are in a group."""
        pairs = np.column_stack([elements.groups, elements.entities])
        found = []
        for (group, entity), chosen in _distinct(pairs):
            for number in (group,) if group else self._content.groups_of.get((SURFACE, entity), ()):
                name = self._content.names.get((SURFACE, number), f"physical_surface_{number}")
                found.append(NamedFacets(name, corners[chosen]))
        return found

    def messages(self) -> tuple[str, ...]:
        """Volumes that are in several groups."""
        return tuple(f"{text}; the first one counts" for text in sorted(self._in_several))

    def _volume_name(self, group: int, entity: int) -> str:
        groups = (group,) if group else self._content.groups_of.get((VOLUME, entity), ())
        names = [self._content.names.get((VOLUME, number), f"physical_volume_{number}") for number in groups]
        if len(names) > 1:
            self._in_several.add(f"volume {entity} is in the physical groups {', '.join(names)}")
        return names[0] if names else f"volume_{entity}"


def _distinct(pairs: Ints) -> list[tuple[tuple[int, int], Ints]]:
    """Distinct rows and the places of each."""
    if not len(pairs):
        return []
    if (pairs == pairs[0]).all():
        return [((int(pairs[0, 0]), int(pairs[0, 1])), np.arange(len(pairs)))]
    values, place = np.unique(pairs, axis=0, return_inverse=True)
    order = np.argsort(place.ravel(), kind="stable")
    ends = np.cumsum(np.bincount(place.ravel()))
    return [((int(a), int(b)), chosen) for (a, b), chosen in zip(values, np.split(order, ends[:-1]), strict=True)]
