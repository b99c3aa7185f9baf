"""The reader of CAD files: recognises them without the kernel, and loads it to read one."""

import importlib
import re
from pathlib import Path
from typing import ClassVar

from twin3d.records import CadBody, Surface

STANDARD_SUFFIX = {".step": ".step", ".stp": ".step", ".iges": ".iges", ".igs": ".iges", ".brep": ".brep"}
"""The kernel goes by the ending, and knows it in lower case alone."""


class CadReader:
    """STEP (AP203, AP214, AP242), IGES and BREP."""

    suffixes: ClassVar[tuple[str, ...]] = tuple(STANDARD_SUFFIX)

    def recognises(self, head: bytes) -> bool:
        """Whether a file begins like STEP, IGES or BREP."""
        return kind_of(head) is not None

    def read(self, path: Path) -> CadBody | Surface:
        """Read all solids of a file, closed shells included; a file of faces alone gives a surface.

        Raises:
            GeometryError: The file cannot be read, or holds no solid.
        """
        with path.open("rb") as file:
            suffix = kind_of(file.read(400)) or STANDARD_SUFFIX[path.suffix.lower()]
        body: CadBody | Surface = importlib.import_module("twin3d.geometry.cad").read_cad(path, suffix)
        return body


def kind_of(head: bytes) -> str | None:
    """The ending that a file of these first bytes should have, None where it is no CAD file."""
    start = head[:400].lstrip()
    if start.startswith(b"ISO-10303-21"):
        return ".step"
    if start.startswith((b"DBRep_DrawableShape", b"CASCADE Topology")):
        return ".brep"
    return ".iges" if re.match(rb"[^\n]{72}S\s*\d+\s*\r?\n", head) else None
