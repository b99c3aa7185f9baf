"""Named selections: what ``[faces]`` says, put in wherever a selector speaks of a name."""

import re
from collections.abc import Mapping

from twin3d.scene.building.known import Known
from twin3d.scene.problems import Problems, nearest
from twin3d.scene.selectors import Named, Other, Selector, is_word, walk, with_meanings
from twin3d.scene.toml_lines import Place

TABLE = "faces"
MAX_NESTED = 20
MAX_TERMS = 1000
"""Terms of a selection, those of the names in it included."""


def named_faces(written: Mapping[str, Selector], problems: Problems) -> dict[str, Selector]:
    """The selections by name, the names within them with their meanings.

    Args:
        written: As the file says them.
        problems: Takes names that cannot be names, that lead nowhere, or that mean themselves.
    """
    built: dict[str, Selector] = {}
    for name, selector in written.items():
        if is_word(name) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", name):
            reason = "a word of the language" if is_word(name) else "not a letter and then letters, digits, _ and -"
            problems.add((TABLE, name), f'"{name}" cannot be a name: it is {reason}; choose another')
        _note_unknown(selector, (TABLE, name), written, problems)
        _build(name, (), written, built, problems)
    return built


def _build(
    name: str, path: tuple[str, ...], written: Mapping[str, Selector], built: dict[str, Selector], problems: Problems
) -> None:
    """Put in the meanings of the names within a selection, innermost first."""
    if name in built:
        return
    if name in path:
        circle = " → ".join((*path[path.index(name) :], name))
        problems.add((TABLE, name), f"it means itself: {circle}; say one of them by geometry")
        return
    if len(path) > MAX_NESTED:
        problems.add((TABLE, name), f"it is reached through more than {MAX_NESTED} other names; say it directly")
        built[name] = written[name]
        return
    inner = [term.name for term in walk(written[name]) if isinstance(term, Named) and term.name in written]
    for other in inner:
        _build(other, (*path, name), written, built, problems)
    n_terms = sum(len(list(walk(built[other]))) for other in inner if other in built)
    if n_terms > MAX_TERMS:
        problems.add((TABLE, name), f"it comes to more than {MAX_TERMS} terms with the names in it; say it in fewer")
    built[name] = with_meanings(written[name], built) if n_terms <= MAX_TERMS else written[name]


def meant(selector: Selector, place: Place, known: Known, *, in_load: bool = True) -> Selector:
    """A selector with the meanings of its names; notes unknown names, and ``other`` where it means nothing."""
    _note_unknown(selector, place, known.faces, known.problems)
    selector = with_meanings(selector, known.faces)
    if not in_load and any(isinstance(term, Other) for term in walk(selector)):
        known.problems.add(place, '"other" means the faces that no load selects, and has a meaning only in a [[load]]')
    return selector


def _note_unknown(selector: Selector, place: Place, known: Mapping[str, Selector], problems: Problems) -> None:
    if problems.is_incomplete(TABLE):
        return
    for term in walk(selector):
        if isinstance(term, Named) and term.name not in known:
            problems.add(place, f'[faces] has no "{term.name}"; {nearest(term.name, known)}')
