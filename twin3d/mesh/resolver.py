"""The rules of selectors: for each face of a mesh, whether a selector means it."""

import fnmatch
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from twin3d.errors import SelectionError
from twin3d.mesh.faces import SAME_DIRECTION, Face
from twin3d.mesh.locate import nearest_on_triangles
from twin3d.mesh.misses import colour_of, listed_names, tell_apart
from twin3d.records import TetMesh
from twin3d.records.mesh import OUTSIDE
from twin3d.scene import selectors
from twin3d.scene.selectors import AXES, Selector, Vector

SAME_PLACE = 1e-4
"""Faces this near to the outermost plane, relative to the size of the asset, are outermost as well."""
EQUALLY_NEAR = 1e-6
"""Faces whose distances differ by less than this, relative to the size of the asset, are equally near."""
SAME_AREA = 1e-3
"""Areas that differ by less than this, relative, are the same: a mesh blurs those of round faces."""

Chosen: TypeAlias = npt.NDArray[np.bool_]
IntArray: TypeAlias = npt.NDArray[np.int32]
Superlative: TypeAlias = selectors.Near | selectors.Largest | selectors.Smallest

COLOUR_TOLERANCE = 2
"""Steps of 255 in a channel by which colours of files differ from what was picked."""


@dataclass(frozen=True, eq=False, slots=True)
class Taken:
    """What loads without the word ``other`` select."""

    facets: Chosen
    """Shape (n_facets,)."""
    loads: tuple[str, ...]
    """Names of these loads."""


def select_parts(mesh: TetMesh, glob: str) -> IntArray:
    """Parts whose names a glob matches, as indices into `mesh.part_names`.

    Raises:
        SelectionError: None does; names the nearest.
    """
    matched = [index for index, name in enumerate(mesh.part_names) if fnmatch.fnmatchcase(name, glob)]
    if not matched:
        raise SelectionError(f"no part matches {glob!r}; {listed_names(glob, mesh.part_names)}")
    return np.array(matched, dtype=np.int32)


class Resolver:
    """Tells for each face whether a selector means it."""

    def __init__(self, mesh: TetMesh, faces: Sequence[Face], taken: Taken | None, selector: Selector) -> None:
        self._mesh = mesh
        self.faces = faces
        self._taken = taken
        self._size = float(np.linalg.norm(np.ptp(mesh.points, axis=0)))
        self._outer = np.array([face.parts[1] == OUTSIDE for face in faces], dtype=bool)
        self._base = np.ones(len(faces), dtype=bool) if _speaks_of_interfaces(selector) else self._outer
        self._rules: Mapping[type[Any], Callable[[Any], Chosen]] = {
            selectors.Normal: lambda term: self._each(lambda face: _is_plane_along(face, term.direction)),
            selectors.Plane: self._plane,
            selectors.AnyPlane: lambda _: self._each(lambda face: face.kind == "plane"),
            selectors.Parallel: lambda term: self._each(
                lambda face: face.kind == "plane" and _is_along(face, AXES[term.axis])
            ),
            selectors.Furthest: self._furthest,
            selectors.Hole: lambda term: self._each(lambda face: face.is_hole and _fits(face, term.radius, term.axis)),
            selectors.Cylinder: lambda term: self._each(
                lambda face: face.kind == "cylinder" and _fits(face, term.radius, term.axis)
            ),
            selectors.Sphere: lambda term: self._each(
                lambda face: face.kind == "sphere" and _fits(face, term.radius, None)
            ),
            selectors.Cone: lambda term: self._each(lambda face: face.kind == "cone" and _fits(face, None, term.axis)),
            selectors.Near: lambda term: self._best(term, self._outer),
            selectors.Box: self._box,
            selectors.Between: self._between,
            selectors.Part: self._part,
            selectors.Name: lambda term: self._each(lambda face: fnmatch.fnmatchcase(face.name, term.glob)),
            selectors.Outer: lambda _: self._outer,
            selectors.Other: self._other,
            selectors.Largest: lambda term: self._best(term, self._outer),
            selectors.Smallest: lambda term: self._best(term, self._outer),
            selectors.Area: lambda term: self._each(lambda face: term.bounds[0] <= face.area <= term.bounds[1]),
            selectors.Id: self._id,
            selectors.Colour: lambda term: self._each(lambda face: _is_coloured(colour_of(face, mesh), term.code)),
            selectors.Named: self._named,
            selectors.Adjacent: self._adjacent,
            selectors.And: self._and,
            selectors.Or: lambda term: self.resolve(term.left) | self.resolve(term.right),
            selectors.Not: lambda term: self._base & ~self.resolve(term.inner),
        }

    def resolve(self, selector: Selector) -> Chosen:
        """Whether each face is meant, shape (n_faces,)."""
        chosen: Chosen = self._rules[type(selector)](selector)
        return chosen

    def count(self, selector: Selector) -> int:
        """Number of faces that a term of the selector means by itself."""
        return int(self.resolve(selector).sum())

    def _each(self, test: Callable[[Face], bool]) -> Chosen:
        return np.asarray(self._base & np.array([test(face) for face in self.faces], dtype=bool))

    def _plane(self, term: selectors.Plane) -> Chosen:
        axis = np.array(term.axis) * (1.0 if term.side == "max" else -1.0)
        return self._outermost(axis, self._outer & self._each(lambda face: _is_plane_along(face, tuple(axis))))

    def _furthest(self, term: selectors.Furthest) -> Chosen:
        axis = np.array(AXES[term.axis]) * (1.0 if term.side == ">" else -1.0)
        return self._outermost(axis, self._outer)

    def _outermost(self, axis: npt.NDArray[np.float64], candidates: Chosen) -> Chosen:
        heights = np.array([face.centroid @ axis for face in self.faces])
        if not candidates.any():
            return candidates
        return np.asarray(candidates & (heights >= heights[candidates].max() - SAME_PLACE * self._size))

    def _box(self, term: selectors.Box) -> Chosen:
        slack = 1e-6 * self._size
        return self._each(
            lambda face: (
                bool((face.low >= np.array(term.lo) - slack).all())
                and bool((face.high <= np.array(term.hi) + slack).all())
            )
        )

    def _between(self, term: selectors.Between) -> Chosen:
        a, b = (set(map(int, select_parts(self._mesh, glob))) for glob in (term.a, term.b))
        return self._each(
            lambda face: (face.parts[0] in a and face.parts[1] in b) or (face.parts[0] in b and face.parts[1] in a)
        )

    def _part(self, term: selectors.Part) -> Chosen:
        wanted = set(map(int, select_parts(self._mesh, term.glob)))
        return self._each(lambda face: bool(wanted & set(face.parts)))

    def _other(self, term: selectors.Other) -> Chosen:
        if self._taken is None:
            raise SelectionError(
                f'"{term}" means the faces that no load selects; it has a meaning only in the face of a load'
            )
        taken = self._taken
        left = np.asarray(self._outer & [not taken.facets[face.facets].any() for face in self.faces])
        if not left.any():
            raise SelectionError(
                f'no face is left for "{term}": the loads {", ".join(taken.loads)} select all outer faces'
            )
        return left

    def _id(self, term: selectors.Id) -> Chosen:
        beyond = [number for number in term.numbers if number > len(self.faces)]
        if beyond:
            raise SelectionError(f"there is no face {beyond[0]}; the faces are numbered from 1 to {len(self.faces)}")
        return np.array([face.number in term.numbers for face in self.faces], dtype=bool)

    def _named(self, term: selectors.Named) -> Chosen:
        if term.meaning is None:
            raise SelectionError(f'nothing says what "{term}" means; name it in [faces] of the scene')
        return self.resolve(term.meaning)

    def _adjacent(self, term: selectors.Adjacent) -> Chosen:
        inside = Resolver(self._mesh, self.faces, self._taken, term.inner).resolve(term.inner)
        corners = _place_of_point(self._mesh)[self._mesh.facets]
        edges = [_edge_keys(corners[face.facets]) for face in self.faces]
        near = [keys for keys, wanted in zip(edges, inside, strict=True) if wanted]
        if not near:
            return inside
        touched = np.unique(np.concatenate(near))
        shares = np.array([np.isin(keys, touched).any() for keys in edges], dtype=bool)
        return np.asarray(self._base & shares & ~inside)

    def _and(self, term: selectors.And) -> Chosen:
        plain, superlatives = _split(term)
        among = self._base if plain else self._outer
        for other in plain:
            among = among & self.resolve(other)
        chosen = among
        for superlative in superlatives:
            chosen = chosen & self._best(superlative, among)
        return chosen

    def _best(self, term: Superlative, among: Chosen) -> Chosen:
        """The one face nearest, largest or smallest among some; an error where two are."""
        if not among.any():
            return among
        values = np.full(len(self.faces), np.inf)
        for index, face in enumerate(self.faces):
            if among[index]:
                values[index] = self._rank(term, face)
        best = float(values.min())
        slack = EQUALLY_NEAR * self._size if isinstance(term, selectors.Near) else SAME_AREA * abs(best)
        tied = [face for face, value in zip(self.faces, values, strict=True) if value <= best + slack]
        if len({(face.region, frozenset(face.parts)) for face in tied}) > 1:
            raise SelectionError(tell_apart(term, tied, self._mesh))
        return np.array([any(face is one for one in tied) for face in self.faces], dtype=bool)

    def _rank(self, term: Superlative, face: Face) -> float:
        match term:
            case selectors.Near():
                corners = self._mesh.points[self._mesh.facets[face.facets]]
                point = np.array(term.point)
                nearest, _ = nearest_on_triangles(corners, np.broadcast_to(point, (len(corners), 3)))
                return float(np.linalg.norm(nearest - point, axis=1).min())
            case selectors.Largest():
                return -face.area
            case selectors.Smallest():
                return face.area


def _split(term: selectors.And) -> tuple[list[Selector], list[Superlative]]:
    """The terms of a chain of ``and``: those that stand by themselves, and those that choose among what these leave."""
    pending: list[Selector] = [term.left, term.right]
    plain: list[Selector] = []
    superlatives: list[Superlative] = []
    while pending:
        item = pending.pop(0)
        if isinstance(item, selectors.And):
            pending += [item.left, item.right]
        elif isinstance(item, Superlative):
            superlatives.append(item)
        else:
            plain.append(item)
    return plain, superlatives


def _is_coloured(colour: str, code: str) -> bool:
    """Whether a colour is another's, but for how files round it."""
    channels = [[int(text[start : start + 2], 16) for start in (1, 3, 5)] for text in (colour, code) if text]
    return len(channels) == 2 and all(abs(a - b) <= COLOUR_TOLERANCE for a, b in zip(*channels, strict=True))


def _is_plane_along(face: Face, direction: Vector) -> bool:
    return face.kind == "plane" and float(face.direction @ np.array(direction)) > SAME_DIRECTION


def _is_along(face: Face, axis: Vector) -> bool:
    return abs(float(face.direction @ np.array(axis))) > SAME_DIRECTION


def _fits(face: Face, radius: tuple[float, float] | None, axis: Vector | None) -> bool:
    is_wanted_size = radius is None or radius[0] <= face.radius <= radius[1]
    return is_wanted_size and (axis is None or _is_along(face, axis))


def _speaks_of_interfaces(selector: Selector) -> bool:
    match selector:
        case selectors.Between():
            return True
        case selectors.And() | selectors.Or():
            return _speaks_of_interfaces(selector.left) or _speaks_of_interfaces(selector.right)
        case selectors.Not():
            return _speaks_of_interfaces(selector.inner)
        case selectors.Named(meaning=meaning):
            return meaning is not None and _speaks_of_interfaces(meaning)
        case _:
            return False


def _edge_keys(corners: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """One number for each edge of facets, shape (3 n,)."""
    ends = np.sort(corners[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    return np.asarray((ends[:, 0] << 32) + ends[:, 1])


def _place_of_point(mesh: TetMesh) -> npt.NDArray[np.int64]:
    """One number for all points at the same place: the two sides of a contact have their own."""
    return np.asarray(np.unique(mesh.points, axis=0, return_inverse=True)[1].ravel())
