"""What goes into a scene to start from, before `twin3d.scene.drafting` puts it into words."""

from dataclasses import dataclass

from twin3d.scene.grouping import NameGroup
from twin3d.scene.tags import Tag


@dataclass(frozen=True, slots=True)
class DraftGroup:
    """Parts under one glob, with a material where their name says it."""

    group: NameGroup
    material: str | None
    words: str
    """What is known of them, for the comment."""


@dataclass(frozen=True, slots=True)
class DraftInterface:
    """Two globs on parts that touch."""

    between: tuple[str, str]
    words: str
    """How large, for the comment."""


@dataclass(frozen=True, slots=True)
class DraftFace:
    """A face with the selector that chooses it."""

    number: int
    words: str
    selector: str


@dataclass(frozen=True, slots=True)
class Draft:
    """All that goes into a scene to start from."""

    name: str
    file: str
    """As the scene names it."""
    scene: str
    """Name of the scene file, for the commands in its head."""
    unit: str | None
    """None where the file says it."""
    cell_size: str | None
    """None where the file holds the cells."""
    groups: tuple[DraftGroup, ...]
    interfaces: tuple[DraftInterface, ...]
    warnings: tuple[str, ...]
    """What was found wrong with the geometry."""
    faces: tuple[DraftFace, ...]
    """The largest first."""
    tags: tuple[Tag, ...]
    length_unit: str
    """Of positions in tags that do not say theirs."""
