"""What a diagnosis means for people: errors, warnings and notes, each with its place and its remedy."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from twin3d.mesh.diagnosis import Diagnosis
from twin3d.mesh.gaps import Gap
from twin3d.mesh.quality import SLIVER_DEG, MeshReport
from twin3d.mesh.wording import length_text, listed, place_text

Level: TypeAlias = Literal["error", "warning", "note"]

GRAVE = ("overlap", "thick, far less")
"""What the mesher says with these words is a warning: it changes the result."""
RENAMED = "a second part is named"
MAX_RENAMED = 3
"""New names that are told one by one."""
MAX_GAPS = 10
"""Gaps that are told one by one; the others are counted."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that people should know."""

    level: Level
    """An error makes the mesh not usable."""
    text: str


def list_findings(diagnosis: Diagnosis, report: MeshReport) -> tuple[Finding, ...]:
    """All that was found, errors first."""
    warnings = [
        *diagnosis.size_doubts,
        *_loose_words(diagnosis),
        *_gap_words(diagnosis.gaps),
        *_part_words(diagnosis),
        *_edge_words(diagnosis),
    ]
    grave = [message for message in report.messages if any(word in message for word in GRAVE)]
    warnings += grave
    notes = [*_sliver_words(report), *_gathered([message for message in report.messages if message not in grave])]
    return (
        *(Finding("error", text) for text in report.flaws()),
        *(Finding("warning", text) for text in warnings),
        *(Finding("note", text) for text in notes),
    )


def _gap_words(gaps: Sequence[Gap]) -> Iterator[str]:
    for gap in gaps[:MAX_GAPS]:
        first, second = gap.names
        width = length_text(gap.median)
        if gap.smallest < 0.9 * gap.median:
            width = f"{length_text(gap.smallest)} to {width}"
        where = f"over {gap.area * 1e6:.3g} mm² near {place_text(gap.place)}"
        if gap.median < 1e-9:
            yield f"{first!r} and {second!r} coincide {where} but share no points: no heat passes; join them in the CAD"
        else:
            yield (
                f"{first!r} and {second!r} do not touch: {width} apart {where}; if heat is to pass there, close the "
                "gap in the CAD, or state a [[contact]] with a gap of that width"
            )
    if len(gaps) > MAX_GAPS:
        yield f"{len(gaps) - MAX_GAPS} more pairs of parts face each other across a gap"


def _loose_words(diagnosis: Diagnosis) -> Iterator[str]:
    loose = diagnosis.loose_parts()
    if len(loose) == 1:
        yield f"1 part touches nothing: {loose[0]}; no heat passes between it and the others"
    elif loose:
        yield f"{len(loose)} parts touch nothing: {listed(loose)}; no heat passes between them and the others"
    groups = [group for group in diagnosis.groups if len(group) > 1]
    if len(groups) > 1:
        told = "; ".join(f"({listed(group)})" for group in groups)
        yield f"the parts fall into {len(groups)} groups that do not touch each other: {told}"


def _part_words(diagnosis: Diagnosis) -> Iterator[str]:
    for part in diagnosis.parts:
        if part.n_pieces > 1:
            yield f"the part {part.name!r} is of {part.n_pieces} pieces that do not touch each other"
        if part.n_open_edges:
            yield f"the surface of the part {part.name!r} is open at {part.n_open_edges} edges of its mesh"
        if part.n_pinched_edges:
            yield (
                f"the surface of the part {part.name!r} touches itself along {part.n_pinched_edges} edges of its mesh: "
                "little heat passes there; let the bodies overlap or part them in the CAD"
            )


def _edge_words(diagnosis: Diagnosis) -> Iterator[str]:
    edges = diagnosis.tiny_edges
    if edges.n_edges:
        places = "; ".join(f"{length_text(length)} near {place_text(place)}" for length, place in edges.shortest)
        yield (
            f"{edges.n_edges} edges are shorter than 1 % of the median of {length_text(edges.median)}: {places}; "
            "remove such small features from the CAD if the mesh is poor there"
        )


def _gathered(messages: Sequence[str]) -> Iterator[str]:
    """Messages, the many of a large assembly that got new names put into one."""
    renamed = [message for message in messages if message.startswith(RENAMED)]
    if len(renamed) > MAX_RENAMED:
        yield f"{len(renamed)} parts whose name was taken got a number; the first: {renamed[0]}"
        messages = [message for message in messages if message not in renamed]
    yield from messages


def _sliver_words(report: MeshReport) -> Iterator[str]:
    if report.n_slivers:
        yield f"{report.n_slivers:,} cells have a dihedral angle below {SLIVER_DEG:g}°"
