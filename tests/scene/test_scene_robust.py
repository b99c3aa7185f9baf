"""Whatever stands in a scene file, it becomes a scene or a list of problems."""

import copy
import datetime
import tomllib

import pytest
from scene_samples import SCENE
from test_scene_docs import example

from twin3d.scene.problems import Problems
from twin3d.scene.reading import _scene_of

ODD = (
    [],
    {},
    0,
    -1,
    1.5,
    True,
    "",
    "x",
    "1 m",
    "1e400 m",
    [[]],
    [{}],
    {"kind": 3},
    datetime.date(2026, 1, 1),
    float("nan"),
)


def places(value, place=()):
    """Every place in a file, tables and entries of lists included."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*place, key)
        yield from places(inner, (*place, key))


def replaced(raw, place, value):
    raw = copy.deepcopy(raw)
    table = raw
    for key in place[:-1]:
        table = table[key]
    table[place[-1]] = value
    return raw


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize("text", [SCENE, example()], ids=["sample", "docs"])
def test_an_odd_value_anywhere_gives_a_scene_or_problems(tmp_path, text, odd):
    raw = tomllib.loads(text)

    for place in places(raw):
        problems = Problems({})
        scene = _scene_of(replaced(raw, place, odd), tmp_path / "scene.toml", problems)
        assert (scene is None) == bool(problems.listed()), place
        assert all(str(problem) for problem in problems.listed())
