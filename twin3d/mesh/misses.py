"""What to say when a selector matches nothing, or more than one face where one is meant."""

import difflib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from twin3d.mesh.faces import SAME_DIRECTION, Face
from twin3d.records import TetMesh
from twin3d.records.mesh import OUTSIDE
from twin3d.scene import selectors
from twin3d.scene.selectors import AXES, Selector, Vector

MAX_SHOWN = 6

Count = Callable[[Selector], int]
"""Number of faces that a term means by itself."""


def explain(selector: Selector, mesh: TetMesh, faces: Sequence[Face], count: Count) -> str:
    """Why a selector matches nothing: what there is instead of what its emptiest term asks for."""
    match selector:
        case selectors.And():
            return _explain_chain(selector, mesh, faces, count)
        case selectors.Or():
            return "; ".join(explain(side, mesh, faces, count) for side in (selector.left, selector.right))
        case selectors.Not():
            return f'"{selector.inner}" matches all faces'
        case selectors.Named() if selector.meaning is not None:
            return f'{selector} means "{selector.meaning}": {explain(selector.meaning, mesh, faces, count)}'
        case selectors.Adjacent() if count(selector.inner):
            return f'no other outer face shares an edge with "{selector.inner}"'
        case selectors.Adjacent():
            return explain(selector.inner, mesh, faces, count)
        case selectors.Name():
            return listed_names(selector.glob, tuple({face.name for face in faces if face.name}))
        case selectors.Colour():
            outer = [face for face in faces if face.parts[1] == OUTSIDE]
            return f"colours: {_counted(Counter(colour_of(face, mesh) or 'none' for face in outer))}"
        case selectors.Between():
            touching = {tuple(sorted(face.parts)) for face in faces if face.parts[1] != OUTSIDE}
            pairs = [f"{mesh.part_names[a]}–{mesh.part_names[b]}" for a, b in sorted(touching)]
            return f"parts that touch: {', '.join(pairs) or 'none'}"
        case _:
            return _explain_shape(selector, [face for face in faces if face.parts[1] == OUTSIDE])


def colour_of(face: Face, mesh: TetMesh) -> str:
    """Colour of a face, its own or else that of its part, like ``#ff8800``; empty where the file has none."""
    own = mesh.face_colours[face.region] if face.region < len(mesh.face_colours) else ""
    return own or (mesh.part_colours[face.parts[0]] if mesh.part_colours else "")


def _explain_chain(selector: selectors.And, mesh: TetMesh, faces: Sequence[Face], count: Count) -> str:
    terms = _terms_of(selector)
    for term in terms:
        if not count(term):
            return explain(term, mesh, faces, count)
    counts = ", ".join(f'"{term}" matches {count(term)}' for term in terms)
    return f"{counts}, but no face matches all of them"


def _terms_of(selector: Selector) -> list[Selector]:
    """The terms of a chain of ``and``, but for those that only choose among what the others leave."""
    if isinstance(selector, selectors.And):
        return [*_terms_of(selector.left), *_terms_of(selector.right)]
    is_choice = isinstance(selector, selectors.Near | selectors.Largest | selectors.Smallest)
    return [] if is_choice else [selector]


def _explain_shape(selector: Selector, outer: Sequence[Face]) -> str:
    match selector:
        case selectors.Normal() | selectors.Plane() | selectors.Parallel() | selectors.AnyPlane():
            planes = Counter(direction_text(face.direction) for face in outer if face.kind == "plane")
            return f"plane faces look along {_counted(planes)}"
        case selectors.Hole():
            others = Counter(_round_text(face) for face in outer if face.kind == "cylinder" and not face.is_hole)
            rest = f"; cylinders that do not close all the way round: {_counted(others)}" if others else ""
            return f"holes: {_counted(Counter(_round_text(face) for face in outer if face.is_hole))}{rest}"
        case selectors.Cylinder() | selectors.Sphere() | selectors.Cone():
            kind = type(selector).__name__.lower()
            return f"{kind}s: {_counted(Counter(_round_text(face) for face in outer if face.kind == kind))}"
        case selectors.Area():
            middle = 0.5 * sum(selector.bounds)
            nearest = sorted((face.area for face in outer), key=lambda area: abs(area - middle))
            return f"the nearest areas are {', '.join(list(dict.fromkeys(map(_area_text, nearest)))[:MAX_SHOWN])}"
        case selectors.Box():
            low, high = (np.array([getattr(face, end) for face in outer]) for end in ("low", "high"))
            return f"the asset reaches from {point_text(low.min(axis=0))} to {point_text(high.max(axis=0))}"
        case _:
            planes_count = sum(face.kind == "plane" for face in outer)
            return f"the asset has {len(outer)} outer faces, {planes_count} of them plane; check directions and lengths"


def tell_apart(term: Selector, tied: Sequence[Face], mesh: TetMesh) -> str:
    """That several faces match where one is meant: which, and what tells them apart."""
    shown = "; ".join(face_text(face, mesh) for face in tied[:MAX_SHOWN])
    more = f"; and {len(tied) - MAX_SHOWN} more" if len(tied) > MAX_SHOWN else ""
    first, second = tied[0], tied[1]
    remedy = f'"id {first.number}"'
    if first.parts != second.parts:
        remedy = f'"{term} and part {mesh.part_names[first.parts[0]]}" or {remedy}'
    elif first.kind == second.kind == "plane" and float(first.direction @ second.direction) < SAME_DIRECTION:
        remedy = f'"{term} and normal {direction_text(first.direction)}" or {remedy}'
    return f'"{term}" means one face, but {len(tied)} match alike: {shown}{more}; write for example {remedy}'


def face_text(face: Face, mesh: TetMesh) -> str:
    """A face in few words: number, kind, part, place and area."""
    return (
        f"face {face.number} ({face.kind} of {mesh.part_names[face.parts[0]]}, centre {point_text(face.centroid)}, "
        f"{_area_text(face.area)})"
    )


def listed_names(wanted: str, names: Sequence[str]) -> str:
    """The names nearest to a wrong one."""
    near = difflib.get_close_matches(wanted, names, n=MAX_SHOWN, cutoff=0.4)
    return f"there are {', '.join(near or sorted(names)) or 'no names'}"


def direction_text(direction: Iterable[float]) -> str:
    """A direction as a selector says it: ``+z``, or three numbers."""
    x, y, z = direction
    for name, axis in AXES.items():
        along = float(np.dot((x, y, z), axis))
        if abs(along) > SAME_DIRECTION:
            return f"{'+' if along > 0.0 else '-'}{name}"
    return ",".join(f"{value + 0.0:.3g}" for value in (x, y, z))


def point_text(point: Iterable[float] | Vector) -> str:
    """A point in millimetres, rounding errors left out."""
    return f"({', '.join(f'{round(value * 1e3, 6) + 0.0:.4g}' for value in point)}) mm"


def _round_text(face: Face) -> str:
    size = "" if np.isnan(face.radius) else f"r = {face.radius * 1e3:.3g} mm"
    along = "" if face.kind == "sphere" else f"along {direction_text(face.direction).removeprefix('+')}"
    return " ".join(word for word in (size, along) if word)


def _area_text(area: float) -> str:
    return f"{area * 1e6:.4g} mm²"


def _counted(things: Counter[str]) -> str:
    """Each thing with how often it is there, the most frequent first."""
    shown = [f"{thing} ({number})" for thing, number in things.most_common(MAX_SHOWN)]
    return ", ".join([*shown, *(["…"] if len(things) > MAX_SHOWN else [])]) or "none"
