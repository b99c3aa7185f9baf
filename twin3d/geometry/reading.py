"""One way in for every file: find the reader by what the file holds, read, and name whatever went wrong."""

from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Protocol, TypeAlias

from twin3d import plugins
from twin3d.errors import GeometryError, Twin3dError
from twin3d.geometry.safety import refuse_hostile
from twin3d.records import CadBody, Surface, VolumeMesh
from twin3d.units import affine_to_si

HEAD_BYTES = 4096
"""So much of a file is shown to the readers."""


Shape: TypeAlias = CadBody | Surface | VolumeMesh
"""What a file can hold."""


class Reader(Protocol):
    """A plug-in of kind ``reader``: one family of file formats."""

    suffixes: ClassVar[tuple[str, ...]]
    """Endings of its files, lower case, with the dot."""

    def recognises(self, head: bytes) -> bool:
        """Whether the first `HEAD_BYTES` bytes of a file can only be of this family."""
        ...

    def read(self, path: Path) -> Shape:
        """Read a file; raises GeometryError that names the file, what is wrong and the remedy."""
        ...


def read(path: Path) -> Shape:
    """Read a CAD, surface or volume mesh file; what it holds decides, then its ending.

    CAD kernels crash on damaged files: the program reads in a process of its own, see `twin3d.mesh`.

    Args:
        path: The file.

    Returns:
        Solids, a surface or tetrahedra, lengths in the file's unit.

    Raises:
        GeometryError: The file cannot be used; names it and the remedy.
    """
    reader = find_reader(path)
    try:
        refuse_hostile(path)
        return _with_ending(reader.read(path), path, reader)
    except Twin3dError as error:
        if path.name in str(error):
            raise
        raise GeometryError(f"{path.name}: {error}") from error
    except MemoryError as error:
        raise GeometryError(f"{path.name} needs more memory than it may have; is it damaged?") from error
    except Exception as error:
        raise GeometryError(f"{path.name} cannot be read: {error or type(error).__name__}; export it again") from error


def find_reader(path: Path) -> Reader:
    """The reader of a file.

    Raises:
        GeometryError: There is no such file, it is empty, or no reader knows it.
    """
    if not path.is_file():
        raise GeometryError(f"there is no geometry file at {path}")
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head.strip():
        raise GeometryError(f"{path.name} is empty; export it again")
    readers: list[Reader] = [plugins.load("reader", name)() for name in plugins.available("reader")]
    for reader in readers:
        if reader.recognises(head):
            return reader
    for reader in readers:
        if path.suffix.lower() in reader.suffixes:
            return reader
    known = ", ".join(sorted(suffix for reader in readers for suffix in reader.suffixes))
    raise GeometryError(f"{path.name} is of no kind that I can read; use one of {known}")


def metres_per_unit(name: str, stated: float | None, unit: str | None, *, extent: float | None = None) -> float:
    """Length of one unit of a file's coordinates [m].

    Args:
        name: Of the file.
        stated: What the file says [m]; None where it says nothing.
        unit: What the scene says; it wins over the file, as for exports that state the wrong unit.
        extent: Longest side of what the file holds, in its unit, from which a person can tell the unit.

    Raises:
        GeometryError: Neither the scene nor the file says a unit.
    """
    if unit is not None:
        return affine_to_si(unit, "m").scale
    if stated is None:
        raise GeometryError(
            f'{name} does not say its unit; add unit = "mm", or what it is, to [geometry] of the scene, or --unit mm '
            f"to `twin3d mesh` or `twin3d new`{_lengths(extent)}"
        )
    return stated


def _lengths(extent: float | None) -> str:
    """How long something would be in each of the usual units."""
    if extent is None:
        return ""
    mm, inch, m = (_length(extent * scale) for scale in (1e-3, 0.0254, 1.0))
    return f" (it is {mm} long in mm, {inch} in inches, {m} in m)"


def _length(metres: float) -> str:
    scale, unit = next((pair for pair in ((1e-3, "mm"), (1.0, "m")) if metres < 1e3 * pair[0]), (1e3, "km"))
    return f"{metres / scale:.3g} {unit}"


def _with_ending(shape: Shape, path: Path, reader: Reader) -> Shape:
    """What was read, with a word if the file's ending belongs to another kind."""
    if path.suffix.lower() in reader.suffixes:
        return shape
    note = f"the file is called {path.suffix or 'without an ending'}, but was read for what it holds"
    return replace(shape, messages=(*shape.messages, note))
