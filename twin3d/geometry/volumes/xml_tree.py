"""XML read into a small tree: no document type, no entities, no deep nesting, so nothing can blow up."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from twin3d.errors import GeometryError

DEEPEST = 64
"""Elements within one another."""
MOST_ELEMENTS = 1_000_000


@dataclass(eq=False, slots=True)
class Element:
    """An XML element."""

    tag: str
    attributes: dict[str, str]
    children: list["Element"] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> bytes:
        """The characters directly within, without blanks around them."""
        return "".join(self.pieces).strip().encode("ascii", "replace")

    def all(self, tag: str) -> Iterator["Element"]:
        """Children of a tag."""
        return (child for child in self.children if child.tag == tag)

    def first(self, tag: str) -> "Element | None":
        """The first child of a tag."""
        return next(self.all(tag), None)

    def get(self, name: str, default: str = "") -> str:
        """An attribute."""
        return self.attributes.get(name, default)


def parse_xml(data: bytes) -> Element:
    """The root of a document.

    Raises:
        GeometryError: It is not well formed, has a DOCTYPE, or is too deep or too large.
    """
    root = Element("", {})
    open_elements = [root]
    count = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if len(open_elements) > DEEPEST or count > MOST_ELEMENTS:
            raise GeometryError("its XML is nested too deeply or has too many elements; export it again")
        element = Element(tag.rsplit("}", 1)[-1], attributes)
        open_elements[-1].children.append(element)
        open_elements.append(element)

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: open_elements.pop()
    parser.CharacterDataHandler = lambda text: open_elements[-1].pieces.append(text)
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.EntityDeclHandler = _refuse_doctype
    try:
        parser.Parse(data, True)  # noqa: FBT003  expat's own signature
    except expat.ExpatError as error:
        raise GeometryError(
            f"its XML is not well formed ({error}); it is damaged or cut short, export it again"
        ) from error
    return root.children[0]


def _refuse_doctype(*_: Any) -> None:
    raise GeometryError("it has a DOCTYPE, which a mesh does not need and which can blow up; remove it from the file")
