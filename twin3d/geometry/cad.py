"""CAD files to solids with unique names; loads netgen, so it runs in the mesher's process alone."""

import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import netgen.occ as occ

from twin3d.errors import GeometryError
from twin3d.geometry.names import hex_colour, printable, unique_names
from twin3d.geometry.step_text import StepLeaf, StepText, parse_step
from twin3d.geometry.tessellation import face_surface
from twin3d.records import CadBody, PartSource, Surface

KERNEL_UNIT_M = 1e-3
"""Open CASCADE converts the lengths of STEP and IGES to millimetres [m]."""

_GENERIC = re.compile(
    r"(NAUO\d*|=>\[.*|Next assembly.*|\d*|SOLID|COMPOUND|SHELL|Shape\d*|Open CASCADE.*|Default_.*|\*?VOL\d*)", re.I
)
"""Names that a program gave, not a person."""

MAX_RENAMED = 3
"""Parts that got a number are listed up to so many."""

SMALL_LENGTH = 1e-12
"""Edges shorter than this, in millimetres, are degenerate: the pole of a sphere."""


@dataclass(frozen=True, eq=False, slots=True)
class Leaf:
    """A place of the kernel's assembly tree with a shape."""

    instances: tuple[str, ...]
    shape: Any


def read_cad(path: Path, suffix: str) -> CadBody | Surface:
    """Read all solids of a file; closed shells count as solids.

    A file of faces alone, as IGES often is, gives a surface.

    Args:
        path: The file.
        suffix: ``.step``, ``.iges`` or ``.brep``: what it holds, whatever its name ends with.

    Raises:
        GeometryError: The file cannot be read, or holds no solid.
    """
    text = parse_step(path.read_bytes()) if suffix == ".step" else StepText("", "", ())
    leaves = _leaves(_opened(path, suffix))
    solids, messages = _solids(leaves, path.name)
    unit = None if suffix == ".brep" else KERNEL_UNIT_M
    shapes = [leaf.shape for leaf in leaves if len(leaf.shape.faces)]
    if not solids and shapes:
        whole = shapes[0] if len(shapes) == 1 else occ.Compound(shapes)
        return face_surface(whole, path.name, path.stem, unit)
    if not solids:
        raise GeometryError(
            f"{path.name} holds neither solids nor faces, only curves or points; export closed solids from the CAD"
        )
    parts, renamed = _named(leaves, solids, text)
    notes = [f"a second part is named {old!r}; it is called {new!r} here" for old, new in renamed[:MAX_RENAMED]]
    if len(renamed) > MAX_RENAMED:
        notes.append(f"{len(renamed) - MAX_RENAMED} more parts shared a name and got a number")
    if text.length_unit not in {"", "mm"}:
        notes.append(f"the file is in {text.length_unit}")
    return CadBody(parts, tuple(solid for _, solid in solids), unit, (*messages, *notes))


def _opened(path: Path, suffix: str) -> Any:
    """The kernel's view of a file, whatever its name ends with."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / f"file{suffix}"
        shutil.copyfile(path, copy)
        try:
            geometry = occ.OCCGeometry(str(copy))
            geometry.shape  # noqa: B018  a file that could not be read fails only here
        except Exception as error:
            raise GeometryError(f"{path.name} cannot be read as CAD: {error}; export it again as STEP AP214") from error
    return geometry


def _leaves(geometry: Any) -> list[Leaf]:
    """Every leaf of the assembly, depth first; the kernel's own shape holds the last root only."""
    tree = geometry.GetAssemblyTree()
    if tree is None:
        return [Leaf((), geometry.shape)]
    leaves: list[Leaf] = []
    pending: list[tuple[Any, tuple[str, ...]]] = [(tree, ())]
    while pending:
        node, above = pending.pop(0)
        path = (*above, node.name or "")
        if node.is_assembly:
            pending = [*((child, path) for child in node.children), *pending]
        else:
            leaves.append(Leaf(path, node.shape))
    return leaves


def _solids(leaves: Sequence[Leaf], name: str) -> tuple[list[tuple[int, Any]], list[str]]:
    """Solids with the numbers of their leaves, and a word on shells that are none."""
    found: list[tuple[int, Any]] = []
    messages = []
    n_empty = 0
    for number, leaf in enumerate(leaves):
        solids = [solid for solid in leaf.shape.solids if len(solid.faces)]
        n_empty += len(leaf.shape.solids) - len(solids)
        found += [(number, solid) for solid in solids]
        if solids or not len(leaf.shape.faces):
            continue
        shells = list(leaf.shape.shells) or list(occ.Sew(list(leaf.shape.faces)).shells)
        closed = [occ.Solid(shell) for shell in shells if _is_closed(shell)]
        found += [(number, solid if solid.mass > 0.0 else solid.Reversed()) for solid in closed]
        if closed:
            messages.append(f"{len(closed)} closed shells of {name} without a solid were taken as solids")
        if len(closed) < len(shells):
            messages.append(f"{len(shells) - len(closed)} open surfaces of {name} were left out")
    if n_empty:
        messages.append(f"{n_empty} solids of {name} without any face were left out")
    return found, messages


def _is_closed(shell: Any) -> bool:
    """Whether every edge of a shell has two sides."""
    sides = Counter(edge for face in shell.faces for wire in face.wires for edge in wire.edges)
    lengths = {edge: edge.mass for edge in sides}
    return all(n >= 2 or lengths[edge] < SMALL_LENGTH for edge, n in sides.items())


def _named(
    leaves: Sequence[Leaf], solids: Sequence[tuple[int, Any]], text: StepText
) -> tuple[tuple[PartSource, ...], list[tuple[str, str]]]:
    """Where each solid comes from, and the pairs (old, new) of names that had to change."""
    occurrences = _occurrences(leaves, text.leaves)
    per_leaf = Counter(number for number, _ in solids)
    names = [_name_of(leaves[number], occurrences[number], solid, per_leaf[number]) for number, solid in solids]
    unique, renamed = unique_names(names)
    keys = [(occurrences[n].definition, place) for (n, _), place in zip(solids, _places(solids), strict=True)]
    colours = _colours(keys, solids)
    products = _product_names([occurrences[number] for number, _ in solids], unique)
    sources = [
        PartSource(
            name=name,
            path="/".join((*(step for step in leaves[number].instances[:-1] if not is_generic(step)), name)),
            product=products.get(occurrences[number].definition, ""),
            colour=colour or (text.colours.get(occurrences[number].products[-1], "") if per_leaf[number] == 1 else ""),
            instance=number,
        )
        for name, (number, _), colour in zip(unique, solids, colours, strict=True)
    ]
    return tuple(sources), renamed


def _occurrences(leaves: Sequence[Leaf], step_leaves: Sequence[StepLeaf]) -> Sequence[StepLeaf]:
    """What the text says of each leaf; nothing, with negative definitions, unless it lists the leaves of the kernel."""
    if len(step_leaves) == len(leaves):
        return step_leaves
    return [StepLeaf(leaf.instances, ("",), -1 - number) for number, leaf in enumerate(leaves)]


def _product_names(occurrences: Sequence[StepLeaf], part_names: Sequence[str]) -> dict[int, str]:
    """Definition → name of the product, told apart by a number; named after its first part where no person named it.

    Args:
        occurrences: Of each part.
        part_names: Unique.
    """
    own: dict[int, str] = {}
    for occurrence, part_name in zip(occurrences, part_names, strict=True):
        product = printable(occurrence.products[-1])
        if occurrence.definition >= 0:
            own.setdefault(occurrence.definition, part_name if is_generic(product) else product)
    return dict(zip(own, unique_names(list(own.values()))[0], strict=True))


def _name_of(leaf: Leaf, occurrence: StepLeaf, solid: Any, n_solids: int) -> str:
    """A solid's own name within a body of several, else that of its place, else that of its product."""
    own = str(solid.name or "")
    place = leaf.instances[-1] if leaf.instances else ""
    product = occurrence.products[-1]
    candidates = (own, place, product) if n_solids > 1 else (place, own, product)
    return next((plain for name in candidates if (plain := printable(name)) and not is_generic(plain)), "")


def is_generic(name: str) -> bool:
    """Whether a name was given by a program, not by a person."""
    return _GENERIC.fullmatch(name) is not None


def _places(solids: Sequence[tuple[int, Any]]) -> list[int]:
    """Which solid of its leaf each one is."""
    seen: Counter[int] = Counter()
    places = []
    for number, _ in solids:
        places.append(seen[number])
        seen[number] += 1
    return places


def _colours(keys: Sequence[tuple[int, int]], solids: Sequence[tuple[int, Any]]) -> list[str]:
    """Colour of each solid; the kernel keeps that of the first instance of a product only, so others share it.

    Args:
        keys: Definition of the product of each solid, and which solid of the product it is.
        solids: Numbers of their leaves, and their shapes.
    """
    first: dict[tuple[int, int], str] = {}
    for key, (_, solid) in zip(keys, solids, strict=True):
        colour = _colour_of(solid)
        if colour:
            first.setdefault(key, colour)
    return [first.get(key, "") for key in keys]


def _colour_of(solid: Any) -> str:
    colours = Counter(hex_colour(face.col) for face in solid.faces if face.col is not None)
    if solid.col is not None:
        return hex_colour(solid.col)
    return colours.most_common(1)[0][0] if colours else ""
