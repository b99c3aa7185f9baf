"""Writes a scene to start from: everything that a file tells, and the words "fill in" where a person must decide."""

import re
from collections.abc import Iterator, Sequence

from twin3d.scene.draft import Draft
from twin3d.scene.materials import FILL_IN, material_names
from twin3d.scene.tags import Tag

MAX_FACES = 60
"""Faces that are listed, the largest first."""
MAX_INTERFACES = 30
WIDTH = 118

FILM_HINT = "fill in: still air 2 to 25, forced air 25 to 250, forced liquid 100 to 20 000 (Incropera 2011, table 1.1)"


def draft_scene(draft: Draft) -> str:
    """The text of a scene: it loads once the materials are filled in."""
    blocks = [
        _head(draft),
        _geometry(draft),
        *_parts(draft),
        *([_interfaces(draft)] if draft.interfaces else []),
        _loads(draft),
        _faces(draft),
        *_sensors(draft),
    ]
    return "\n\n".join(blocks) + "\n"


def guessed_material(part: str) -> str | None:
    """The material of the library that a part's name names: all words of one, and of no other as long."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", part).lower().replace("aluminum", "aluminium")
    words = set(re.findall(r"[a-z0-9]+", spaced))
    found = [name for name in material_names() if set(name.split("_")) <= words]
    most = max((len(name.split("_")) for name in found), default=0)
    best = [name for name in found if len(name.split("_")) == most]
    return best[0] if len(best) == 1 else None


def toml_text(text: str) -> str:
    """Text as a basic string of TOML."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda found: f"\\u{ord(found[0]):04x}", escaped) + '"'


def _head(draft: Draft) -> str:
    return "\n".join(
        [
            f"# A scene to start from, written by `twin3d new` from {_plain(draft.file)}. Where it says "
            f'"{FILL_IN}", you decide.',
            "#",
            f"#   twin3d check {_plain(draft.scene)}    what is still to {FILL_IN}",
            f"#   twin3d solve {_plain(draft.scene)}    the steady temperatures",
            *_wrapped([f"warning: {warning}" for warning in draft.warnings]),
            "",
            f"name = {toml_text(draft.name)}",
            f'initial_temperature = "25 degC"  # {FILL_IN}: uniform at the start',
        ]
    )


def _geometry(draft: Draft) -> str:
    lines = ["[geometry]", f"file = {toml_text(draft.file)}"]
    if draft.unit is None:
        lines.append("# the file says its unit; a unit here would win over it")
    else:
        lines.append(f"unit = {toml_text(draft.unit)}")
    if draft.cell_size is None:
        lines.append("# the file holds the cells; a cell_size does not apply")
    else:
        lines.append(
            f"cell_size = {toml_text(draft.cell_size)}  # longest edge wanted; halve it for eight times the cells"
        )
    return "\n".join(lines)


def _parts(draft: Draft) -> Iterator[str]:
    library = ", ".join(material_names())
    yield "\n".join(
        _wrapped(
            [
                "Parts. Give each a material of the library, or a table: { conductivity = "
                '"200 W/(m K)", density = "2700 kg/m^3", specific_heat = "900 J/(kg K)" }.',
                f"The library: {library}.",
            ]
        )
    )
    for group in draft.groups:
        named = group.group.names
        lines = [f"[[part]]  # {_plain(group.words)}", f"name = {toml_text(group.group.glob)}"]
        if group.material is None:
            who = f"the {len(named)} parts {group.group.glob}" if len(named) > 1 else named[0]
            lines.append(f"material = {toml_text(f'{FILL_IN} the material of {who}')}")
        else:
            lines.append(f"material = {toml_text(group.material)}  # check it: guessed from the name, or asked for all")
        yield "\n".join(lines)


def _interfaces(draft: Draft) -> str:
    lines = _wrapped(
        [
            "Parts that touch are bonded: heat passes freely. Where a joint resists it (grease, glue, a dry joint), "
            "use these lines and state its conductance, the conductivity of the layer over its thickness:"
        ]
    )
    for interface in draft.interfaces[:MAX_INTERFACES]:
        first, second = map(toml_text, interface.between)
        lines += [
            "#",
            "# [[contact]]",
            f"# between = [{first}, {second}]  # {_plain(interface.words)}",
            f'# conductance = "20 kW/(m^2 K)"  # {FILL_IN}',
        ]
    if len(draft.interfaces) > MAX_INTERFACES:
        lines.append(f"# and {len(draft.interfaces) - MAX_INTERFACES} more pairs that touch")
    return "\n".join(lines)


def _loads(draft: Draft) -> str:
    part = toml_text(draft.groups[0].group.glob)
    return f"""# What heats and cools it. Faces without a load are insulated.

[[input]]
name = "ambient"
value = "25 degC"  # {FILL_IN}

[[load]]
kind = "convection"
name = "air"
face = "outer"  # {FILL_IN}: all faces with nothing beside them; the list below has selectors for single faces
film_coefficient = "10 W/(m^2 K)"  # {FILM_HINT}
ambient = {{ input = "ambient" }}

# [[load]]
# kind = "heat_source"
# name = "losses"
# part = {part}  # {FILL_IN}
# power = "10 W"  # {FILL_IN}"""


def _faces(draft: Draft) -> str:
    lines = [
        f"# Faces, with a selector for each; `twin3d mesh {_plain(draft.file)} --faces faces.png` draws their numbers:",
        "#",
    ]
    shown = draft.faces[:MAX_FACES]
    width = max((len(face.words) for face in shown), default=0)
    lines += [f"# {face.number:>4}  {_plain(face.words):<{width}}  {_plain(face.selector)}" for face in shown]
    if len(draft.faces) > MAX_FACES:
        lines.append(f"# and {len(draft.faces) - MAX_FACES} smaller ones")
    return "\n".join(lines)


def _sensors(draft: Draft) -> Iterator[str]:
    if not draft.tags:
        yield "\n".join(
            [
                f"# [[sensor]]  # {FILL_IN}: one for each thermometer",
                '# id = "tc_1"',
                '# unit = "degC"',
                f'# position = "0, 0, 0 {draft.length_unit}"',
                '# noise = "0.2 K"',
                '# period = "1 s"',
            ]
        )
        return
    yield "# Sensors, from the tag list."
    for tag in draft.tags:
        yield _sensor(tag, draft.length_unit)


def _sensor(tag: Tag, length_unit: str) -> str:
    """One sensor; as a comment where it cannot be one yet."""
    note = f"  # {_plain(tag.description)}" if tag.description else ""
    lines = [f"[[sensor]]{note}", f"id = {toml_text(tag.id)}", f"unit = {toml_text(tag.unit)}"]
    if tag.position is not None:
        unit = tag.length_unit or length_unit
        said = (
            "" if tag.length_unit else f"  # {FILL_IN}: the list does not say the unit; {unit} is that of the geometry"
        )
        x, y, z = (f"{value:.9g}" for value in tag.position)
        lines.append(f'position = "{x}, {y}, {z} {unit}"{said}')
    usual = "0.2 K" if tag.is_temperature else f"0.1 {tag.unit}"
    noise = f"noise = {toml_text(tag.noise)}" if tag.noise else f"noise = {toml_text(usual)}  # {FILL_IN}"
    period = f"period = {toml_text(tag.period)}" if tag.period else f'period = "1 s"  # {FILL_IN}'
    lines += [noise, period]
    if not tag.is_temperature:
        return _commented(lines, 'left out, no temperature; a power or flux can drive an input: role = "drive"')
    if tag.position is None:
        return _commented(
            lines, f'{FILL_IN} its position, or the input that it drives: role = "drive", drives = "ambient"'
        )
    return "\n".join(lines)


def _commented(lines: Sequence[str], why: str) -> str:
    return "\n".join([f"# {why}", *(f"# {line}" for line in lines)])


def _wrapped(paragraphs: Sequence[str]) -> list[str]:
    """Comment lines of bounded width."""
    lines = []
    for paragraph in paragraphs:
        line = "#"
        for word in _plain(paragraph).split(" "):
            if len(line) + 1 + len(word) > WIDTH and line != "#":
                lines.append(line)
                line = "#"
            line += f" {word}"
        lines.append(line)
    return lines


def _plain(text: str) -> str:
    """Text that is safe in a comment."""
    return re.sub(r"[\x00-\x1f\x7f]", " ", text)
