"""Names that differ by a number alone, put together under one glob: ``chip_1``, ``chip_2`` → ``chip_*``."""

import fnmatch
import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

_NUMBERED = re.compile(r"^(.*?[^0-9])[0-9]+$")
_SEPARATORS = "_-. "


@dataclass(frozen=True, slots=True)
class NameGroup:
    """Names under one glob."""

    glob: str
    """Matches these names and no others; the name itself, its special characters escaped, where there is one."""
    names: tuple[str, ...]


def group_names(names: Sequence[str], alike: Sequence[Hashable]) -> tuple[NameGroup, ...]:
    """Groups of names, in the order of their first; each glob matches the names of its group and no others.

    Args:
        names: Unique.
        alike: What two names must have in common to be grouped, such as a material or a volume.
    """
    members: dict[tuple[str, Hashable], list[str]] = {}
    for name, key in zip(names, alike, strict=True):
        members.setdefault((_stem(name).rstrip(_SEPARATORS), key), []).append(name)
    groups: list[NameGroup] = []
    for some in members.values():
        glob = f"{escape_glob(min(map(_stem, some), key=len))}*"
        is_exact = [name for name in names if fnmatch.fnmatchcase(name, glob)] == some
        if len(some) > 1 and is_exact:
            groups.append(NameGroup(glob, tuple(some)))
        else:
            groups += [NameGroup(escape_glob(name), (name,)) for name in some]
    order = {name: index for index, name in enumerate(names)}
    return tuple(sorted(groups, key=lambda group: order[group.names[0]]))


def escape_glob(name: str) -> str:
    """A glob that matches one name alone."""
    return re.sub(r"([*?[])", r"[\1]", name)


def _stem(name: str) -> str:
    """A name without the number at its end, itself without one."""
    found = _NUMBERED.match(name)
    return found[1] if found else name
