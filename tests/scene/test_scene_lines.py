"""Keys are found on their lines, whatever TOML allows around them."""

import tomllib

from twin3d.scene.toml_lines import key_lines, line_of

TEXT = '''\
title = "x = 1 # no key"

[geometry]  # a comment
file = "a.step"
"quoted key" = 1
unknown = { spread = "1 W", minimum = [
  "a = 0 W", ] }
list = [
  "a = 1",
  "[b]",  # [c]
]
text = """
a = 1
[d]
"""
literal = \'\'\'x = "
y = 1\'\'\'
last = 2

[[sensor]]
id = "a"

[sensor.extra]
deep.er = 1

[[sensor]]
id = "b"
'''


def test_lines_of_keys_and_tables():
    lines = key_lines(TEXT)

    assert lines[("title",)] == 1
    assert lines[("geometry",)] == 3
    assert lines[("geometry", "quoted key")] == 5
    assert lines[("geometry", "list")] == 8
    assert lines[("geometry", "text")] == 12
    assert lines[("geometry", "last")] == 18
    assert lines[("sensor", 0, "id")] == 21
    assert lines[("sensor", 0, "extra", "deep", "er")] == 24
    assert lines[("sensor", 1)] == 26
    assert lines[("sensor", 1, "id")] == 27


def test_no_line_is_a_key_that_is_none():
    tomllib.loads(TEXT)
    names = {part for place in key_lines(TEXT) for part in place}

    assert not names & {"a", "b", "c", "d", "y", "x", "minimum"}


def test_lines_end_where_toml_ends_them():
    assert key_lines('a = "\u2028"\r\nb = 1')[("b",)] == 2


def test_inside_a_value_the_line_of_the_key_around_it_holds():
    lines = key_lines(TEXT)

    assert line_of(("geometry", "unknown", "minimum"), lines) == 6
    assert line_of(("sensor", 1, "period"), lines) == 26
    assert line_of(("plant",), lines) is None
