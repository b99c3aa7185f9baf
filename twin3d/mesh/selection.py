"""Resolves selectors against a mesh: which facets, which parts."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from twin3d.errors import SelectionError
from twin3d.mesh.faces import Face, face_table
from twin3d.mesh.misses import explain
from twin3d.mesh.resolver import Resolver, Taken, select_parts
from twin3d.records import TetMesh
from twin3d.scene import AnyMechanicalLoad, Channel, Gravity, HeatSource, Load, selectors
from twin3d.scene.selectors import Selector

__all__ = ["select_channel_facets", "select_facets", "select_load_facets", "select_named_facets", "select_parts"]

IntArray: TypeAlias = npt.NDArray[np.int32]


def select_facets(
    mesh: TetMesh, selector: Selector, *, faces: Sequence[Face] | None = None, taken: Taken | None = None
) -> IntArray:
    """Facets that a selector means, as indices into `mesh.facets`, ascending.

    Facets of a bonded interface are listed once, those of a contact from both sides. A selector that says nothing of
    interfaces (``between``, ``id``) selects only facets with no material outside.

    Args:
        mesh: The mesh.
        selector: What to select.
        faces: The table of faces, where it is at hand.
        taken: What the loads take, for the word ``other``.

    Raises:
        SelectionError: Nothing matches, with what comes near; or several faces match where one is meant.
    """
    resolver = Resolver(mesh, face_table(mesh) if faces is None else faces, taken, selector)
    chosen = resolver.resolve(selector)
    if not chosen.any():
        why = explain(selector, mesh, resolver.faces, resolver.count)
        raise SelectionError(f'the selector "{selector}" matches no face; {why}')
    return np.sort(np.concatenate([face.facets for face, wanted in zip(resolver.faces, chosen, strict=True) if wanted]))


def select_named_facets(mesh: TetMesh, selector: Selector, what: str) -> IntArray:
    """Facets that a selector means; an error says what they are for, such as ``channel cooling``.

    Raises:
        SelectionError: The selector matches nothing.
    """
    try:
        return select_facets(mesh, selector)
    except SelectionError as error:
        raise SelectionError(f"{what}: {error}") from error


def select_channel_facets(mesh: TetMesh, channel: Channel) -> IntArray:
    """Facets that a channel flows along; raises SelectionError, naming the channel, where there are none."""
    return select_named_facets(mesh, channel.face, f"channel {channel.name}")


def select_load_facets(
    mesh: TetMesh, loads: Sequence[Load | AnyMechanicalLoad], *, besides: Sequence[Channel] = ()
) -> tuple[IntArray, ...]:
    """Facets of each load, in the order of the loads; none for a load within parts.

    The word ``other`` means the outer facets that no load selects, but for those that say ``other`` themselves; so
    convection and radiation may share what is left.

    Args:
        mesh: The mesh.
        loads: What acts on it.
        besides: Channels, whose faces are not left either.

    Raises:
        SelectionError: A selector matches nothing, or two loads of one kind share what is left; names the load.
    """
    faces = face_table(mesh)
    chosen: dict[int, IntArray] = {}
    taken = Taken(np.zeros(len(mesh.facets), dtype=bool), ())
    for says_other in (False, True):
        for index, load in enumerate(loads):
            if isinstance(load, HeatSource | Gravity) or _says_other(load.face) != says_other:
                continue
            try:
                chosen[index] = select_facets(mesh, load.face, faces=faces, taken=taken if says_other else None)
            except SelectionError as error:
                raise SelectionError(f"load {load.name}: {error}") from error
        if not says_other:
            for facets in (*chosen.values(), *(select_channel_facets(mesh, channel) for channel in besides)):
                taken.facets[facets] = True
            names = (*(loads[index].name for index in chosen), *(channel.name for channel in besides))
            taken = Taken(taken.facets, tuple(map(str, names)))
    _refuse_shared_rest(loads, chosen)
    return tuple(chosen.get(index, np.zeros(0, dtype=np.int32)) for index in range(len(loads)))


def _says_other(selector: Selector) -> bool:
    return any(isinstance(term, selectors.Other) for term in selectors.walk(selector))


def _refuse_shared_rest(loads: Sequence[Load | AnyMechanicalLoad], chosen: Mapping[int, IntArray]) -> None:
    """Two loads of one kind that both say ``other`` would count the same faces twice."""
    rest = [(loads[index], facets) for index, facets in chosen.items() if _says_other(_face_of(loads[index]))]
    for number, (load, facets) in enumerate(rest):
        for earlier, known in rest[:number]:
            shared = np.intersect1d(facets, known).size
            if earlier.kind == load.kind and shared:
                raise SelectionError(
                    f'load {load.name}: "{_face_of(load)}" means the same {shared} facets as "{_face_of(earlier)}" of '
                    f"the load {earlier.name}, also of the kind {load.kind}; give one of them faces of its own, or "
                    'divide the rest, as in "other and part lid"'
                )


def _face_of(load: Load | AnyMechanicalLoad) -> Selector:
    if isinstance(load, HeatSource | Gravity):
        raise SelectionError(f"load {load.name}: it acts within parts and has no faces")
    return load.face
