"""Parts of an Abaqus input file put in their places, and its sets resolved to cells, facets and points."""

from collections.abc import Iterator, Sequence

import numpy as np

from twin3d.geometry.volumes.draft import CellBlock, Draft, Ints, NamedFacets, Solid
from twin3d.geometry.volumes.inp_model import Instance, Model
from twin3d.geometry.volumes.inp_scope import IdSet
from twin3d.geometry.volumes.joining import joined
from twin3d.geometry.volumes.regions import best_cover, partition
from twin3d.geometry.volumes.source import index_of

FACES = {
    Solid.TETRAHEDRON: ((0, 1, 2), (0, 3, 1), (1, 3, 2), (2, 3, 0)),
    Solid.HEXAHEDRON: ((0, 1, 2, 3), (4, 7, 6, 5), (0, 4, 5, 1), (1, 5, 6, 2), (2, 6, 7, 3), (3, 7, 4, 0)),
    Solid.WEDGE: ((0, 1, 2), (3, 5, 4), (0, 3, 4, 1), (1, 4, 5, 2), (2, 5, 3, 0)),
    Solid.PYRAMID: ((0, 1, 2, 3), (0, 4, 1), (1, 4, 2), (2, 4, 3), (3, 4, 0)),
}
"""Faces S1, S2, ... of each shape, as Abaqus numbers them."""
DEEPEST = 50
"""Sets that hold one another in a row."""


class _Placed:
    """An instance with the numbers of its points and cells in the whole mesh."""

    def __init__(self, instance: Instance, first_point: int, first_cell: int) -> None:
        scope = instance.scope
        self.name = instance.name
        self.scope = scope
        self.first_point, self.first_cell = first_point, first_cell
        none: Ints = np.zeros(0, dtype=np.int64)
        self.node_ids = np.concatenate([none, *scope.ids])
        self.cell_ids = np.concatenate([none, *(block.ids for block in scope.solids)])
        self.points = np.concatenate([np.zeros((0, 3)), *scope.points])
        if instance.is_moved:
            with np.errstate(invalid="ignore"):  # what is not finite is refused later, with its place
                self.points = self.points @ instance.turn.T + instance.shift
        self.blocks = [
            CellBlock(block.solid, index_of(self.node_ids, block.points, what="node") + first_point)
            for block in scope.solids
        ]

    def cells(self, own: IdSet) -> Ints:
        """Cells of a set of this instance, numbers in the whole mesh; ids of other elements are left out."""
        sets = (self.scope.element_sets, self.scope.block_sets)
        return _places(self.cell_ids, _ids(own, sets, DEEPEST)) + self.first_cell

    def nodes(self, own: IdSet) -> Ints:
        """Points of a set of this instance."""
        return _places(self.node_ids, _ids(own, (self.scope.node_sets,), DEEPEST)) + self.first_point

    def cells_of(self, name: str) -> Ints:
        """Cells of the set of a name, or of the element of a number."""
        if name.isdigit():
            return self.cells(IdSet(name, [np.array([int(name)])]))
        return self.cells(IdSet(name, [], [name]))


def draft_of(model: Model) -> Draft:
    """The mesh of a whole file.

    Raises:
        GeometryError: A node is missing, or there twice.
    """
    placed = _place(model)
    n_cells = sum(len(each.cell_ids) for each in placed)
    sets, paths = _part_sets(placed)
    region, names, overlaps = partition(sets, n_cells)
    left_out: dict[str, int] = {}
    for each in placed:
        for kind, count in each.scope.left_out.items():
            left_out[kind] = left_out.get(kind, 0) + count
    draft = Draft(
        points=np.concatenate([each.points for each in placed]),
        blocks=tuple(block for each in placed for block in each.blocks),
        region=region,
        region_names=names,
        facets=tuple(_facets(model, placed)),
        point_sets=tuple(_point_sets(model, placed)),
        left_out=left_out,
        paths=paths,
        messages=overlaps,
    )
    return joined(draft, np.repeat(np.arange(len(placed)), [len(each.node_ids) for each in placed]))


def _place(model: Model) -> list[_Placed]:
    unturned = (np.eye(3), np.zeros(3))
    instances = model.instances or [Instance(scope.name, scope, *unturned) for scope in model.parts.values()]
    placed: list[_Placed] = []
    first_point = first_cell = 0
    for instance in (Instance("", model.root, *unturned), *instances):
        each = _Placed(instance, first_point, first_cell)
        first_point += len(each.node_ids)
        first_cell += len(each.cell_ids)
        placed.append(each)
    return placed


def _part_sets(placed: Sequence[_Placed]) -> tuple[list[tuple[str, Ints]], dict[str, str]]:
    """Cells of each part, and its place in the assembly; what no set of an instance holds is named after it."""
    sets: list[tuple[str, Ints]] = []
    paths: dict[str, str] = {}
    for each in placed:
        if not len(each.cell_ids):
            continue
        own = _own_sets(each)
        covered = np.zeros(len(each.cell_ids), dtype=bool)
        for _, cells in own:
            covered[cells - each.first_cell] = True
        if not each.name:
            sets += own
            continue
        if len(own) == 1 and covered.all():
            own = [("", own[0][1])]
        elif not covered.all():
            own.append(("", np.flatnonzero(~covered) + each.first_cell))
        for name, cells in own:
            full = f"{each.name}.{name}" if name else each.name
            paths[full] = f"{each.name}/{name}" if name else each.name
            sets.append((full, cells))
    return sets, paths


def _own_sets(each: _Placed) -> list[tuple[str, Ints]]:
    scope = each.scope
    section_names = {name.upper(): name for name in scope.sections}
    explicit = [own.name for own in scope.element_sets.values() if not own.is_internal]
    candidates = [
        [(name, each.cells_of(name)) for name in names]
        for names in (section_names.values(), explicit, [own.name for own in scope.block_sets.values()])
    ]
    candidates = [[(name, cells) for name, cells in sets if cells.size] for sets in candidates]
    local = [[(name, cells - each.first_cell) for name, cells in sets] for sets in candidates]
    return list(candidates[best_cover(local, len(each.cell_ids))])


def _facets(model: Model, placed: Sequence[_Placed]) -> Iterator[NamedFacets]:
    for each in placed:
        for name, pairs in each.scope.surfaces.values():
            for item, face in pairs:
                for cells in _cells_of(model, placed, each, item):
                    yield from _faces(placed, cells, face, _full(each, placed, name))


def _cells_of(model: Model, placed: Sequence[_Placed], here: _Placed, item: str) -> Iterator[Ints]:
    """Cells that an entry of a surface names: its own set, one of the assembly, or ``instance.set``."""
    yield here.cells_of(item)
    for instance, own in model.instance_sets.get(item.upper(), ()):
        for each in placed:
            if each.name.upper() == instance:
                yield each.cells(own)
    instance_name, dot, name = item.partition(".")
    for each in placed:
        if dot and each.name and each.name.upper() == instance_name.upper():
            yield each.cells_of(name)


def _faces(placed: Sequence[_Placed], cells: Ints, face: str, name: str) -> Iterator[NamedFacets]:
    first = 0
    for block in (block for each in placed for block in each.blocks):
        own = cells[(cells >= first) & (cells < first + len(block.cells))] - first
        first += len(block.cells)
        faces = FACES[block.solid]
        number = int(face[1:]) if face[:1] == "S" and face[1:].isdigit() else 0
        chosen = faces if not face else faces[number - 1 : number] if number else ()
        for corners in chosen:
            if own.size:
                yield NamedFacets(name, block.cells[own][:, corners])


def _point_sets(model: Model, placed: Sequence[_Placed]) -> Iterator[tuple[str, Ints]]:
    for each in placed:
        for own in each.scope.node_sets.values():
            points = each.nodes(own)
            if points.size and len(points) < len(each.node_ids) and not own.is_internal:
                yield _full(each, placed, own.name), points
    for entries in model.instance_node_sets.values():
        found = [each.nodes(own) for name, own in entries for each in placed if each.name.upper() == name]
        if found and not entries[0][1].is_internal:
            yield entries[0][1].name, np.unique(np.concatenate(found))


def _full(each: _Placed, placed: Sequence[_Placed], name: str) -> str:
    """A name that tells instances of one part apart."""
    return f"{each.name}.{name}" if each.name and len(placed) > 2 else name


def _ids(own: IdSet, sets: tuple[dict[str, IdSet], ...], depth: int) -> Ints:
    """All ids of a set and of those that it names; a set within itself ends at the depth."""
    found = list(own.ids)
    for name in own.others if depth else ():
        for known in sets:
            inner = known.get(name.upper())
            if inner is not None and inner is not own:
                found.append(_ids(inner, sets, depth - 1))
    none: Ints = np.zeros(0, dtype=np.int64)
    return np.concatenate([none, *found])


def _places(ids: Ints, wanted: Ints) -> Ints:
    """Places of those wanted ids that are there, rising, each once."""
    return np.flatnonzero(np.isin(ids, wanted))
