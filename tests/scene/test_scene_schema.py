"""The JSON Schema says what the loader accepts."""

import json
import tomllib

import pytest
from scene_samples import SCENE, edited
from schema_validator import violations

from twin3d.assets import asset_path, list_assets
from twin3d.scene import json_schema

SCHEMA = json_schema()


def broken(text):
    return list(violations(tomllib.loads(text), SCHEMA, SCHEMA))


def test_it_is_plain_json_with_a_title_and_a_draft():
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA
    assert SCHEMA["title"] == "twin3d scene"
    assert SCHEMA["$schema"].endswith("2020-12/schema")


@pytest.mark.parametrize("name", [name for name in list_assets("scenes") if name.endswith(".toml")])
def test_it_accepts_every_shipped_scene(name):
    assert broken(asset_path("scenes", name).read_text(encoding="utf-8")) == []


def test_it_accepts_the_sample():
    assert broken(SCENE) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('cell_size = "4 mm"', "cell_size = 4"),
        ('cell_size = "4 mm"', 'cell_size = "4"'),
        ('cell_size = "4 mm"', 'cel_size = "4 mm"'),
        ('ambient = "25 degC"', "ambient = 25"),
        ('{ input = "power" }', '{ inptu = "power" }'),
        ('kind = "convection"', 'kind = "convektion"'),
        ('role = "drive"', 'role = "driver"'),
        ('noise = "0.15 K"', "noise = 0.15"),
        ('values = ["20 W", "40 W"]', "values = [20, 40]"),
        ('conductivity = "15 %"', "conductivity = true"),
        ('period = "0.1 s"', ""),
    ],
)
def test_it_refuses_what_the_loader_refuses(old, new):
    assert broken(edited((old, new)))


def test_no_default_is_a_number_without_its_unit():
    def defaults(schema):
        if isinstance(schema, dict):
            yield from [schema["default"]] if "default" in schema else []
        for inner in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
            yield from defaults(inner)

    assert {type(value) for value in defaults(SCHEMA)} == {str, int, bool}
