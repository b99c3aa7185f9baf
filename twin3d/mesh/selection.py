"""Resolves selectors against a mesh: which facets, which parts."""

import difflib
import fnmatch
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from twin3d.errors import SelectionError
from twin3d.mesh.faces import Face, face_table
from twin3d.mesh.locate import nearest_on_triangles
from twin3d.records import TetMesh
from twin3d.records.mesh import OUTSIDE
from twin3d.scene import selectors
from twin3d.scene.selectors import Selector, Vector

SAME_DIRECTION = 0.999
"""Cosine above which two directions are the same (2.6°)."""
SAME_PLACE = 1e-4
"""Faces this near to the outermost plane, relative to the size of the asset, are outermost as well."""
MAX_SHOWN = 4

Chosen: TypeAlias = npt.NDArray[np.bool_]


def select_facets(mesh: TetMesh, selector: Selector) -> npt.NDArray[np.int32]:
    """Facets that a selector means, as indices into `mesh.facets`, ascending.

    Facets of a bonded interface are listed once, those of a contact from both sides. A selector that says nothing of
    interfaces (``between``) selects only facets with no material outside.

    Raises:
        SelectionError: Nothing matches; names what comes near.
    """
    inside_too = _speaks_of_interfaces(selector)
    faces = [face for face in face_table(mesh) if inside_too or face.parts[1] == OUTSIDE]
    chosen = _Resolver(mesh, faces).resolve(selector)
    if not chosen.any():
        raise SelectionError(f'the selector "{selector}" matches no face; {_near_misses(selector, mesh, faces)}')
    return np.sort(np.concatenate([face.facets for face, wanted in zip(faces, chosen, strict=True) if wanted]))


def select_parts(mesh: TetMesh, glob: str) -> npt.NDArray[np.int32]:
    """Parts whose names a glob matches, as indices into `mesh.part_names`.

    Raises:
        SelectionError: None does; names the nearest.
    """
    matched = [index for index, name in enumerate(mesh.part_names) if fnmatch.fnmatchcase(name, glob)]
    if not matched:
        raise SelectionError(f"no part matches {glob!r}; {_names(glob, mesh.part_names)}")
    return np.array(matched, dtype=np.int32)


class _Resolver:
    """Tells for each face whether a selector means it."""

    def __init__(self, mesh: TetMesh, faces: Sequence[Face]) -> None:
        self._mesh = mesh
        self._faces = faces
        self._size = float(np.linalg.norm(np.ptp(mesh.points, axis=0)))
        self._rules: Mapping[type[Any], Callable[[Any], Chosen]] = {
            selectors.Normal: lambda term: self._each(lambda face: _is_plane_along(face, term.direction)),
            selectors.Plane: self._plane,
            selectors.Hole: lambda term: self._each(lambda face: face.is_hole and _fits(face, term)),
            selectors.Cylinder: lambda term: self._each(lambda face: face.kind == "cylinder" and _fits(face, term)),
            selectors.Near: self._near,
            selectors.Box: self._box,
            selectors.Between: self._between,
            selectors.Part: self._part,
            selectors.Name: lambda term: self._each(lambda face: fnmatch.fnmatchcase(face.name, term.glob)),
            selectors.Outer: lambda _: self._each(lambda face: face.parts[1] == OUTSIDE),
            selectors.Largest: lambda _: self._largest(self._outer()),
            selectors.And: self._and,
            selectors.Or: lambda term: self.resolve(term.left) | self.resolve(term.right),
            selectors.Not: lambda term: ~self.resolve(term.inner),
        }

    def resolve(self, selector: Selector) -> Chosen:
        chosen: Chosen = self._rules[type(selector)](selector)
        return chosen

    def _each(self, test: Callable[[Face], bool]) -> Chosen:
        return np.array([test(face) for face in self._faces], dtype=bool)

    def _outer(self) -> Chosen:
        return self._each(lambda face: face.parts[1] == OUTSIDE)

    def _plane(self, term: selectors.Plane) -> Chosen:
        sign = 1.0 if term.side == "max" else -1.0
        axis = sign * np.array(term.axis)
        candidates = self._outer() & self._each(lambda face: _is_plane_along(face, tuple(axis)))
        heights = np.array([face.centroid @ axis for face in self._faces])
        if not candidates.any():
            return candidates
        return np.asarray(candidates & (heights >= heights[candidates].max() - SAME_PLACE * self._size))

    def _near(self, term: selectors.Near) -> Chosen:
        distances = np.array([self._distance(face, np.array(term.point)) for face in self._faces])
        distances[~self._outer()] = np.inf
        return np.asarray(distances == distances.min())

    def _distance(self, face: Face, point: npt.NDArray[np.float64]) -> float:
        corners = self._mesh.points[self._mesh.facets[face.facets]]
        nearest, _ = nearest_on_triangles(corners, np.broadcast_to(point, (len(corners), 3)))
        return float(np.linalg.norm(nearest - point, axis=1).min())

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

    def _and(self, term: selectors.And) -> Chosen:
        others, has_largest = _split_largest(term)
        chosen = np.ones(len(self._faces), dtype=bool)
        for other in others:
            chosen &= self.resolve(other)
        return self._largest(chosen) if has_largest else chosen

    def _largest(self, chosen: Chosen) -> Chosen:
        areas = np.where(chosen, [face.area for face in self._faces], -1.0)
        return np.asarray(chosen & (areas == areas.max()))


def _split_largest(term: selectors.And) -> tuple[list[Selector], bool]:
    """The terms of a chain of ``and``, and whether ``largest`` is one of them."""
    pending: list[Selector] = [term.left, term.right]
    others: list[Selector] = []
    has_largest = False
    while pending:
        item = pending.pop(0)
        if isinstance(item, selectors.And):
            pending += [item.left, item.right]
        elif isinstance(item, selectors.Largest):
            has_largest = True
        else:
            others.append(item)
    return others, has_largest


def _is_plane_along(face: Face, direction: Vector) -> bool:
    return face.kind == "plane" and float(face.direction @ np.array(direction)) > SAME_DIRECTION


def _fits(face: Face, term: selectors.Hole | selectors.Cylinder) -> bool:
    low, high = term.radius or (0.0, np.inf)
    along = term.axis is None or abs(float(face.direction @ np.array(term.axis))) > SAME_DIRECTION
    return bool(low <= face.radius <= high) and along


def _speaks_of_interfaces(selector: Selector) -> bool:
    match selector:
        case selectors.Between():
            return True
        case selectors.And() | selectors.Or():
            return _speaks_of_interfaces(selector.left) or _speaks_of_interfaces(selector.right)
        case selectors.Not():
            return _speaks_of_interfaces(selector.inner)
        case _:
            return False


def _near_misses(selector: Selector, mesh: TetMesh, faces: Sequence[Face]) -> str:
    outer = [face for face in faces if face.parts[1] == OUTSIDE]
    match selector:
        case selectors.Hole() | selectors.Cylinder():
            radii = sorted({f"{face.radius * 1e3:.3g} mm" for face in outer if face.kind == "cylinder"})
            return f"cylinders have the radii {', '.join(radii) or 'none'}"
        case selectors.Name():
            return _names(selector.glob, tuple({face.name for face in faces if face.name}))
        case selectors.Between():
            touching = {tuple(sorted(face.parts)) for face in faces if face.parts[1] != OUTSIDE}
            pairs = [f"{mesh.part_names[a]}–{mesh.part_names[b]}" for a, b in sorted(touching)]
            return f"parts that touch: {', '.join(pairs) or 'none'}"
        case _:
            planes = sum(face.kind == "plane" for face in outer)
            return f"the asset has {len(outer)} outer faces, {planes} of them plane; check directions and lengths"


def _names(wanted: str, names: Sequence[str]) -> str:
    near = difflib.get_close_matches(wanted, names, n=MAX_SHOWN, cutoff=0.4)
    return f"there are {', '.join(near or sorted(names)) or 'no names'}"
