"""What a mesh tells for a scene to start from: parts with their materials, interfaces, faces with their selectors."""

from collections.abc import Mapping, Sequence

import numpy as np

from twin3d.mesh.diagnosis import PartFacts
from twin3d.mesh.face_words import FaceWords
from twin3d.mesh.wording import length_text, number_text
from twin3d.records import TetMesh
from twin3d.scene.draft import DraftFace, DraftGroup, DraftInterface
from twin3d.scene.drafting import guessed_material
from twin3d.scene.grouping import group_names


def sketch_groups(parts: Sequence[PartFacts], material: str | None) -> tuple[DraftGroup, ...]:
    """Parts that differ by a number alone are grouped.

    Args:
        parts: The parts.
        material: For those whose name says none; None leaves them to be filled in.
    """
    guesses = {part.name: guessed_material(part.name) or material for part in parts}
    facts = {part.name: part for part in parts}
    groups = group_names([part.name for part in parts], [guesses[part.name] for part in parts])
    return tuple(
        DraftGroup(group, guesses[group.names[0]], _group_words([facts[name] for name in group.names]))
        for group in groups
    )


def _group_words(parts: Sequence[PartFacts]) -> str:
    first = parts[0]
    volumes = [part.volume * 1e9 for part in parts]
    told = f"{number_text(volumes[0])} mm³, walls of {length_text(first.wall)} on the mean"
    if len(parts) > 1:
        is_alike = np.isclose(volumes, volumes[0], rtol=1e-3).all()
        told = (
            f"{len(parts)} parts of {told}"
            if is_alike
            else f"{len(parts)} parts, {number_text(sum(volumes))} mm³ together"
        )
    if first.colour:
        told += f", {first.colour}"
    return told if "/" not in first.path else f"{told}, {first.path}"


def sketch_interfaces(mesh: TetMesh, groups: Sequence[DraftGroup]) -> tuple[DraftInterface, ...]:
    """Pairs of groups that touch, the largest area first."""
    glob_of = {name: group.group.glob for group in groups for name in group.group.names}
    areas = _interface_areas(mesh)
    together: dict[tuple[str, str], list[float]] = {}
    for (a, b), area in areas.items():
        pair = (glob_of[mesh.part_names[a]], glob_of[mesh.part_names[b]])
        together.setdefault(pair if pair[::-1] not in together else pair[::-1], []).append(area)
    order = sorted(together.items(), key=lambda item: -sum(item[1]))
    return tuple(
        DraftInterface(
            between,
            f"{number_text(sum(some) * 1e6)} mm²" + (f" in {len(some)} pairs of parts" if len(some) > 1 else ""),
        )
        for between, some in order
    )


def _interface_areas(mesh: TetMesh) -> Mapping[tuple[int, int], float]:
    """Pair of parts → area over which they touch [m²]."""
    is_between = mesh.facet_parts[:, 1] >= 0
    pairs = np.sort(mesh.facet_parts[is_between], axis=1)
    areas = np.linalg.norm(mesh.facet_area_vectors()[is_between], axis=1)
    unique, place = np.unique(pairs, axis=0, return_inverse=True)
    sums = np.bincount(place.ravel(), weights=areas, minlength=len(unique))
    return {(int(a), int(b)): float(area) for (a, b), area in zip(unique, sums, strict=True)}


def sketch_faces(words: Sequence[FaceWords]) -> tuple[DraftFace, ...]:
    """All faces in words, the largest first."""
    return tuple(
        DraftFace(word.number, face_text(word), word.selector) for word in sorted(words, key=lambda w: -w.face.area)
    )


def face_text(word: FaceWords) -> str:
    """A face in a few words: its part, its kind, its size."""
    named = f" {word.face.name!r}" if word.face.name else ""
    return f"{word.where}{named}, {word.shape}, {number_text(word.face.area * 1e6)} mm²"
