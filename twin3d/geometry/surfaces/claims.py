"""What the headers of surface files claim, held against what the files have room for."""

import re
import struct
from dataclasses import dataclass
from pathlib import Path

from twin3d.errors import GeometryError

MAX_TRIANGLES = 5_000_000
"""About 1.3 kB of memory each while a surface is checked and repaired."""

STL_HEADER = 84
STL_TRIANGLE = 50
"""Bytes of the header and of each triangle of a binary STL."""

_PLY_BYTES = {
    **dict.fromkeys((b"char", b"uchar", b"int8", b"uint8"), 1),
    **dict.fromkeys((b"short", b"ushort", b"int16", b"uint16"), 2),
    **dict.fromkeys((b"int", b"uint", b"float", b"int32", b"uint32", b"float32"), 4),
    **dict.fromkeys((b"double", b"float64", b"int64", b"uint64"), 8),
}


@dataclass(frozen=True, slots=True)
class Claim:
    """A number of items that a header promises."""

    what: str
    count: int
    least_bytes: int
    """The least that one item takes in the file."""


def refuse_false_claims(path: Path, head: bytes, size: int) -> None:
    """Refuse STL, PLY and OFF files whose headers promise more than their size has room for.

    Args:
        path: The file.
        head: Its first bytes.
        size: Its size [bytes].

    Raises:
        GeometryError: Says what is promised and what there is.
    """
    if head.startswith((b"ply\n", b"ply\r")):
        claims = _ply_claims(head)
    elif re.match(rb"\s*(ST)?(C)?(N)?OFF\b", head):
        claims = _off_claims(head)
    elif path.suffix.lower() == ".stl" and not is_text_stl(head, size):
        claims = [Claim("triangles", n_stl_triangles(head), STL_TRIANGLE)]
    else:
        return
    for claim in claims:
        refuse_claim(path.name, claim, size)


def refuse_claim(name: str, claim: Claim, size: int) -> None:
    """Refuse a promise that the file cannot keep, or that is too large; raises GeometryError."""
    if claim.count < 0 or claim.count * claim.least_bytes > size:
        raise GeometryError(
            f"{name} claims {claim.count:,} {claim.what}, but its {size:,} bytes have room for "
            f"{size // claim.least_bytes:,} at most; it was cut short or is damaged: export it again"
        )
    if claim.what in {"triangles", "faces"}:
        refuse_many(name, claim.count)


def refuse_many(name: str, n_triangles: int) -> None:
    """Refuse more triangles than can be checked in the memory of a common machine; raises GeometryError."""
    if n_triangles > MAX_TRIANGLES:
        raise GeometryError(
            f"{name} has {n_triangles:,} triangles; the limit is {MAX_TRIANGLES:,}: reduce it in the mesh tool, or "
            "export it more coarsely"
        )


def is_text_stl(head: bytes, size: int) -> bool:
    """Whether an STL file is text; some binary ones begin with ``solid`` too."""
    if not head.lstrip().lower().startswith(b"solid"):
        return False
    return not fits_binary_stl(head, size) and b"\0" not in head[:1024]


def fits_binary_stl(head: bytes, size: int) -> bool:
    """Whether a file has just the size that its header would claim, were it a binary STL."""
    return len(head) >= STL_HEADER and size == STL_HEADER + STL_TRIANGLE * n_stl_triangles(head)


def n_stl_triangles(head: bytes) -> int:
    """Number of triangles that the header of a binary STL claims; 0 where even the header is cut short."""
    return int(struct.unpack_from("<I", head, 80)[0]) if len(head) >= STL_HEADER else 0


def _ply_claims(head: bytes) -> list[Claim]:
    header = head.partition(b"end_header")[0]
    text = b"format ascii" in header
    claims = []
    for block in header.split(b"element ")[1:]:
        lines = block.split(b"\n")
        words = lines[0].split()
        if len(words) < 2 or not words[1].lstrip(b"-").isdigit():
            raise GeometryError(f"the PLY header says {lines[0].decode(errors='replace')!r}; export it again")
        least = sum(_least_bytes(line.split(), text=text) for line in lines[1:])
        claims.append(Claim("faces" if words[0] == b"face" else f"{words[0].decode()} items", int(words[1]), least))
    return [claim for claim in claims if claim.least_bytes]


def _least_bytes(words: list[bytes], *, text: bool) -> int:
    """Least size of a property; a list takes its length at least, and a number of a text two characters."""
    if len(words) < 3 or words[0] != b"property":
        return 0
    return 2 if text else _PLY_BYTES.get(words[1] if words[1] != b"list" else words[2], 1)


def _off_claims(head: bytes) -> list[Claim]:
    text = re.sub(rb"#[^\n]*", b"", head)
    counts = re.match(rb"\s*\w*OFF(?:\s+BINARY)?\s+(-?\d+)\s+(-?\d+)", text)
    if counts is None:
        return []
    return [Claim("points", int(counts[1]), 6), Claim("faces", int(counts[2]), 6)]
