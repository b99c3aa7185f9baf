"""Abaqus and CalculiX input files: sections and element sets become parts, surfaces and node sets named facets."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar

from twin3d.errors import GeometryError
from twin3d.geometry.volumes.composing import compose
from twin3d.geometry.volumes.inp_assembly import draft_of
from twin3d.geometry.volumes.inp_model import Model
from twin3d.geometry.volumes.inp_scope import IdSet, add_set
from twin3d.geometry.volumes.keywords import Keyword, keywords_of
from twin3d.geometry.volumes.source import naming
from twin3d.records import VolumeMesh

_FIRST = re.compile(
    rb"(?:[ \t]*(?:\*\*[^\n]*)?\r?\n)*+[ \t]*\*[ \t]*"
    rb"(HEADING|NODE|PART|PREPRINT|INCLUDE|ELEMENT|NSET|ELSET|ASSEMBLY|PARAMETER)\b",
    re.I,
)


class InpReader:
    """Abaqus and CalculiX input files."""

    suffixes: ClassVar[tuple[str, ...]] = (".inp",)

    def recognises(self, head: bytes) -> bool:
        """Whether the first line that is no comment is a keyword of Abaqus."""
        return _FIRST.match(head) is not None

    def read(self, path: Path) -> VolumeMesh:
        """Read a mesh.

        Raises:
            GeometryError: The file is damaged, includes what it must not, or holds no solid cells.
        """
        with naming(path):
            model = Model()
            for keyword in keywords_of(path):
                _take(model, keyword)
            return compose(draft_of(model), path)


def _take(model: Model, keyword: Keyword) -> None:
    if keyword.name in {"NSET", "ELSET"}:
        _take_set(model, keyword)
    elif keyword.name == "SYSTEM" and keyword.data.strip():
        raise GeometryError(f"{keyword.where}: *SYSTEM is not supported; export in global coordinates")
    elif take := TAKEN.get(keyword.name):
        take(model, keyword)


def _take_nodes(model: Model, keyword: Keyword) -> None:
    if keyword.parameters.get("SYSTEM", "R").upper() != "R":
        raise GeometryError(f"{keyword.where}: nodes in SYSTEM={keyword.parameters['SYSTEM']}; export in SYSTEM=R")
    model.scope.add_nodes(keyword)


def _take_section(model: Model, keyword: Keyword) -> None:
    if name := keyword.parameters.get("ELSET"):
        model.scope.sections.append(name)


def _take_set(model: Model, keyword: Keyword) -> None:
    """A set of nodes or elements, of the part at hand or of an instance that the assembly names."""
    is_nodes = keyword.name == "NSET"
    name = keyword.parameters.get(keyword.name, "")
    if not name:
        raise GeometryError(f"{keyword.where}: *{keyword.name} has no name; export the file again")
    if instance := keyword.parameters.get("INSTANCE"):
        target: dict[str, IdSet] = {}
        add_set(target, keyword, name)
        sets = model.instance_node_sets if is_nodes else model.instance_sets
        sets.setdefault(name.upper(), []).append((instance.upper(), target[name.upper()]))
    else:
        add_set(model.scope.node_sets if is_nodes else model.scope.element_sets, keyword, name)


TAKEN: Mapping[str, Callable[[Model, Keyword], None]] = {
    "PART": lambda model, keyword: model.enter_part(keyword.parameters.get("NAME", "part")),
    "INSTANCE": Model.enter_instance,
    **dict.fromkeys(("END PART", "END INSTANCE", "ASSEMBLY", "END ASSEMBLY"), lambda model, _: model.leave()),
    "NODE": _take_nodes,
    "ELEMENT": lambda model, keyword: model.scope.add_elements(keyword),
    "SURFACE": lambda model, keyword: model.scope.add_surface(keyword),
    "SOLID SECTION": _take_section,
}
"""Keyword → what it does to the model; others do not matter for a mesh."""
