"""docs/scene.md is complete, and what it shows works."""

import re
import tomllib
from pathlib import Path

import pytest
from schema_validator import violations

from twin3d.scene import json_schema, selectors
from twin3d.scene.materials import material_names
from twin3d.scene.reading import load_scene
from twin3d.scene.selectors.parsing import TERM_WORDS

TEXT = (Path(__file__).parents[2] / "docs" / "scene.md").read_text(encoding="utf-8")
SCHEMA = json_schema()
SECTIONS = {
    "": "Top of the file",
    "Geometry": "`[geometry]`",
    "LocalSize": "`[geometry]`",
    "WrittenPart": "`[[part]]`",
    "WrittenMaterial": "`[[part]]`",
    "ConductivityTable": "`[[part]]`",
    "SpecificHeatTable": "`[[part]]`",
    "FilmTable": "`convection`",
    "WrittenInput": "`[[input]]`",
    "WrittenPrior": "`[[input]]`",
    "WrittenHeatSource": "`heat_source`",
    "WrittenHeatFlux": "`heat_flux`",
    "WrittenConvection": "`convection`",
    "WrittenFixedTemperature": "`fixed_temperature`",
    "WrittenRadiation": "`radiation`",
    "Fixed": "`fixed`",
    "Symmetry": "`symmetry`",
    "Displacement": "`displacement`",
    "ElasticSupport": "`elastic_support`",
    "PressureLoad": "`pressure`",
    "Traction": "`traction`",
    "Force": "`force`",
    "Gravity": "`gravity`",
    "Bearing": "`bearing`",
    "RemoteForce": "`remote_force`",
    "Structure": "`[structure]`",
    "WrittenContact": "`[[contact]]`",
    "WrittenChannel": "`[[channel]]`",
    "WrittenEnclosure": "`[[enclosure]]`",
    "EnclosureFace": "`[[enclosure]]`",
    "Cyclic": "`[cyclic]`",
    "Axis": "`[cyclic]`",
    "WrittenSensor": "`[[sensor]]`",
    "Winding": "`[[sensor]]`",
    "Camera": "`[[sensor]]`",
    "SensorQuantity": "`[[sensor]]`",
    "SensorRole": "`[[sensor]]`",
    "Uncertainty": "`[uncertainty]`",
    "Feed": "`[feed]`",
    "WrittenPlant": "`[plant]`",
    "PlantSpread": "`[plant]`",
    "WrittenConstant": "`[plant]`",
    "WrittenSteps": "`[plant]`",
    "WrittenSine": "`[plant]`",
    "Solver": "`[solver]`",
    "Estimation": "`[estimation]`",
    "View": "`[view]`",
    "Check": "`[[check]]`",
    "Statistic": "`[[check]]`",
}
"""Definition in the schema → heading of the section that describes it."""


def section(heading):
    """The text from a heading to the next one."""
    found = re.search(rf"^##+ {re.escape(heading)}\n(.*?)(?=^##|\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert found, heading
    return found[1]


def example():
    return "\n".join(re.findall(r"^```toml\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL))


def test_every_definition_of_the_schema_has_a_section():
    assert set(SCHEMA["$defs"]) == set(SECTIONS) - {""}


@pytest.mark.parametrize(("definition", "heading"), SECTIONS.items())
def test_every_key_of_a_table_is_described_in_its_section(definition, heading):
    schema = SCHEMA["$defs"][definition] if definition else SCHEMA
    text = section(heading)

    for key, rule in schema.get("properties", {}).items():
        if "$ref" in rule or not (definition or "type" in rule or "anyOf" in rule):
            continue
        is_table = not definition and f"[{key}]" in TEXT
        shared = section("`[[load]]`") if key in {"kind", "name"} else ""
        assert is_table or f"`{key}`" in text + shared, key
    for choice in schema.get("enum", ()):
        assert f"`{choice}`" in text, choice


def test_every_table_has_a_section():
    tables = [
        key for key in SCHEMA["properties"] if key not in {"name", "description", "initial_temperature", "parameters"}
    ]

    for key in tables:
        assert f"## `[{key}]`" in TEXT or f"## `[[{key}]]`" in TEXT


def test_no_section_describes_a_key_that_is_none():
    known = {key for schema in (SCHEMA, *SCHEMA["$defs"].values()) for key in schema.get("properties", {})}
    told = set(re.findall(r"^\| `([a-z_]+)` \|", TEXT[: TEXT.index("## Selectors")], re.MULTILINE))

    assert told <= known


def test_what_is_needed_is_marked_as_needed():
    for definition, heading in SECTIONS.items():
        for key in SCHEMA["$defs"].get(definition, SCHEMA).get("required", ()):
            row = re.search(rf"^\| `{key}` \| (\S*)", section(heading), re.MULTILINE)
            assert row is None or row[1] != "|", (heading, key)


def test_the_blocks_are_one_scene_that_shows_every_key(tmp_path):
    path = tmp_path / "scene.toml"
    path.write_text(example(), encoding="utf-8")

    load_scene(path)

    raw = tomllib.loads(example())
    assert list(violations(raw, SCHEMA, SCHEMA)) == []
    unshown = {"unit", "density", "minimum", "source", "parameters"}  # other geometries, materials, a file beside
    known = {key for schema in (SCHEMA, *SCHEMA["$defs"].values()) for key in schema.get("properties", {})}
    assert known - unshown <= set(keys_of(raw)) | unshown


def keys_of(value):
    if isinstance(value, dict):
        yield from value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from keys_of(inner)


def test_every_selector_shown_is_one():
    rows = re.findall(r"^\| (`.*?`) \|", section("Selectors"), re.MULTILINE)
    shown = [text.replace(r"\|", "|") for row in rows for text in re.findall(r"`([^`]+)`", row)]

    assert len(shown) > 15
    for text in shown:
        selectors.parse(text, ["hot_side"])
    shown_words = {text.split()[0] for text in shown}
    assert set(TERM_WORDS) <= shown_words
    assert {word[0] for word in shown_words} >= set("<>|%")


def test_the_materials_listed_are_the_library():
    listed = re.findall(r"`([a-z0-9_]+)`", section("Materials").split("\n\n")[1])

    assert set(listed) == set(material_names())
