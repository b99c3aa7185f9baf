"""Files that would exhaust or mislead a reader are refused before one opens them, each with a plain sentence."""

import re
import zipfile
from pathlib import Path
from typing import IO

import numpy as np

from twin3d.errors import GeometryError
from twin3d.geometry.surfaces.claims import refuse_false_claims
from twin3d.geometry.surfaces.gltf_safety import refuse_hostile_gltf

MAX_FILE_BYTES = 2_000_000_000
MAX_UNPACKED_BYTES = 512 * 2**20
"""All members of an archive together."""
MAX_RATIO = 200
"""Unpacked against packed size of a member; text reaches 20."""
MAX_MEMBERS = 10_000
MAX_NESTING = 200
"""Brackets within brackets; CAD kernels read them by recursion and crash at 200,000."""
PROLOG_BYTES = 65_536
"""What may come before the first element of an XML file."""

_PROLOG = re.compile(rb"\s*(?:<\?.*?\?>|<!--.*?-->)", re.DOTALL)
_STEP_TEXT = re.compile(rb"'[^']*'|/\*.*?\*/", re.DOTALL)


def refuse_hostile(path: Path) -> None:
    """Refuse a file that claims more than it holds, unpacks to too much, or refers to what is not its own.

    Args:
        path: The file; it exists.

    Raises:
        GeometryError: Says what is wrong with the file.
    """
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise GeometryError(
            f"{path.name} has {size / 1e9:.1f} GB; the limit is {MAX_FILE_BYTES / 1e9:g} GB: export it more coarsely"
        )
    with path.open("rb") as file:
        head = file.read(PROLOG_BYTES)
    if head.startswith(b"PK\x03\x04"):
        _refuse_archive(path)
    elif head.lstrip().startswith(b"ISO-10303-21"):
        _refuse_deep_step(path)
    elif _as_utf8(head).lstrip().startswith((b"<?xml", b"<VTKFile", b"<Xdmf", b"<!")):
        refuse_entities(path.name, head)
    elif head.startswith(b"glTF") or path.suffix.lower() == ".gltf":
        refuse_hostile_gltf(path)
    else:
        refuse_false_claims(path, head, size)


def refuse_entities(name: str, head: bytes) -> None:
    """Refuse XML that declares a document type, by which entities expand without bound or read other files.

    Args:
        name: Of the file, for the message.
        head: Its first `PROLOG_BYTES` bytes.

    Raises:
        GeometryError: There is a declaration, or no element near the start.
    """
    text = _as_utf8(head)
    place = 0
    while found := _PROLOG.match(text, place):
        place = found.end()
    rest = text[place:].lstrip()
    if rest.startswith(b"<!DOCTYPE"):
        raise GeometryError(
            f"{name} declares a document type (<!DOCTYPE), by which XML can grow without bound or read other files; "
            "no geometry needs it: export again"
        )
    if not re.match(rb"<[A-Za-z_:]", rest):
        raise GeometryError(f"{name} has no XML element in its first {PROLOG_BYTES // 1024} kB; export it again")


def nesting_of_step(content: bytes) -> int:
    """How deep the brackets of a STEP file lie within each other, those in texts and comments aside."""
    end = content.rfind(b"*/") + 2  # an open comment would be looked through once for each of its beginnings
    text = _STEP_TEXT.sub(b"", content[:end]) + content[end:] if end > 1 else _STEP_TEXT.sub(b"", content)
    symbols = np.frombuffer(text, dtype=np.uint8)
    brackets = symbols[(symbols == ord("(")) | (symbols == ord(")"))]
    depth = np.cumsum(np.where(brackets == ord("("), 1, -1))
    floor = np.minimum(np.minimum.accumulate(depth), 0) if len(depth) else depth
    return int((depth - floor).max(initial=0))


def _refuse_deep_step(path: Path) -> None:
    depth = nesting_of_step(path.read_bytes())
    if depth > MAX_NESTING:
        raise GeometryError(
            f"{path.name} nests {depth:,} brackets, which no CAD program writes; the limit is {MAX_NESTING}: "
            "the file is damaged"
        )


def _refuse_archive(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            _refuse_bomb(path.name, members)
            for member in members:
                with archive.open(member) as stream:
                    _refuse_member(path.name, member.filename, stream)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise GeometryError(f"{path.name} is a damaged archive: {error}; export it again") from error


def _refuse_bomb(name: str, members: list[zipfile.ZipInfo]) -> None:
    total = sum(member.file_size for member in members)
    if total > MAX_UNPACKED_BYTES or len(members) > MAX_MEMBERS:
        raise GeometryError(
            f"{name} unpacks to {total / 2**20:,.0f} MB in {len(members):,} members; the limits are "
            f"{MAX_UNPACKED_BYTES // 2**20} MB and {MAX_MEMBERS:,}: export it more coarsely"
        )
    for member in members:
        if member.file_size > MAX_RATIO * max(member.compress_size, 1024):
            raise GeometryError(
                f"{name}: {member.filename} grows {member.file_size / max(member.compress_size, 1):,.0f} times when "
                f"unpacked; the limit is {MAX_RATIO}: the file is damaged"
            )


def _refuse_member(name: str, member: str, stream: IO[bytes]) -> None:
    head = stream.read(PROLOG_BYTES)
    if _as_utf8(head).lstrip().startswith((b"<?xml", b"<!", b"<model")) or member.endswith((".model", ".rels")):
        refuse_entities(f"{name}: {member}", head)


def _as_utf8(head: bytes) -> bytes:
    """XML in one encoding, so that a wide one hides nothing."""
    for mark, codec in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"), (b"<\0", "utf-16-le")):
        if head.startswith(mark):
            return head.decode(codec, "replace").lstrip("\ufeff").encode("utf-8", "replace")
    if head.startswith(b"\0<"):
        return head.decode("utf-16-be", "replace").encode("utf-8", "replace")
    return head.removeprefix(b"\xef\xbb\xbf")
