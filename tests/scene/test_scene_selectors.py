"""The selector language: what it says, how it is written back, where it fails."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin3d.errors import SceneError
from twin3d.scene import selectors
from twin3d.scene.selectors import (
    And,
    Between,
    Box,
    Cylinder,
    Hole,
    Largest,
    Name,
    Near,
    Normal,
    Not,
    Or,
    Outer,
    Part,
    Plane,
    parse,
    parse_point,
)

X, Z = (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)


@pytest.mark.parametrize(
    ("text", "selector"),
    [
        ("normal +z", Normal(Z)),
        ("normal -x", Normal((-1.0, 0.0, 0.0))),
        ("normal 0,0,2", Normal(Z)),
        ("plane max z", Plane("max", Z)),
        ("plane min x", Plane("min", X)),
        ("hole", Hole()),
        ("hole r=5 mm", Hole((0.005 * 0.98, 0.005 * 1.02))),
        ("hole r=3..4 mm along z", Hole((0.003, 0.004), Z)),
        ("cylinder r=8mm", Cylinder((0.008 * 0.98, 0.008 * 1.02))),
        ("cylinder along x", Cylinder(None, X)),
        ("near 80,0,3 mm", Near((0.08, 0.0, 0.003))),
        ("box 0,0,0 to 10,20,5 mm", Box((0.0, 0.0, 0.0), (0.01, 0.02, 0.005))),
        ("box -1,0,0 cm to 10,20,5 mm", Box((-0.01, 0.0, 0.0), (0.01, 0.02, 0.005))),
        ("between die tim1", Between("die", "tim1")),
        ("part chip_*", Part("chip_*")),
        ('part "heat sink"', Part("heat sink")),
        ("name inlet*", Name("inlet*")),
        ("outer", Outer()),
        ("part heatsink and outer", And(Part("heatsink"), Outer())),
        ("outer and largest", And(Outer(), Largest())),
        ("outer or hole and largest", Or(Outer(), And(Hole(), Largest()))),
        ("(outer or hole) and largest", And(Or(Outer(), Hole()), Largest())),
        ("outer and not part heatsink", And(Outer(), Not(Part("heatsink")))),
        ("not (outer or hole)", Not(Or(Outer(), Hole()))),
    ],
)
def test_what_a_selector_says(text, selector):
    parsed = parse(text)

    assert_same(parsed, selector)
    assert_same(parse(str(parsed)), selector)


@pytest.mark.parametrize(
    ("text", "expected", "caret"),
    [
        ("", "expected one of normal, plane", 0),
        ("outr", "expected one of normal, plane", 0),
        ("outer outer", "expected and, or, or the end; found 'outer'", 6),
        ("plane top z", "expected max or min; found 'top'", 6),
        ("normal up", "expected a direction", 7),
        ("normal 0,0,0", "expected a direction that is not 0,0,0", 7),
        ("hole r=5", "expected a unit of length, such as mm; found the end", 8),
        ("hole r=5 W", "expected a unit of length", 9),
        ("hole r=-5 mm", "expected a positive radius", 7),
        ("hole r=4..3 mm", "expected a positive radius, the smaller one first", 7),
        ("near 1,2 mm", "expected a comma", 9),
        ("box 0,0,0 mm", 'expected the word "to"', 12),
        ("box 1,0,0 to 0,1,1 mm", "expected the lowest corner first", 4),
        ("between die", "expected a second part name", 11),
        ("part and outer", "expected a part name", 5),
        ("(outer", "expected and, or, or a closing parenthesis", 6),
        ("near 1e999,0,0 mm", "expected a finite number", 5),
        ("(" * 100 + "outer" + ")" * 100, "expected fewer than 40 nested terms", 40),
    ],
)
def test_a_wrong_selector_is_shown_with_a_caret(text, expected, caret):
    with pytest.raises(SceneError) as caught:
        parse(text)

    message, shown, pointer = str(caught.value).split("\n")
    assert expected in message
    assert shown == f"    {text}"
    assert pointer.index("^") - 4 == caret


def test_a_selector_has_an_end():
    with pytest.raises(SceneError, match="is too long"):
        parse("outer and " * 1000 + "outer")


@pytest.mark.parametrize(("text", "point"), [("80, 0, 3 mm", (0.08, 0.0, 0.003)), ("-1.5,0,2e1cm", (-0.015, 0.0, 0.2))])
def test_points_are_in_metres(text, point):
    np.testing.assert_allclose(parse_point(text), point, rtol=1e-12)


@pytest.mark.parametrize("text", ["80, 0 mm", "80, 0, 3", "80 mm, 0 mm, 3 mm", "80, 0, 3 W", "80,0,3 mm 4"])
def test_what_is_no_point_is_refused(text):
    with pytest.raises(SceneError, match="expected"):
        parse_point(text)


lengths = st.floats(min_value=-10.0, max_value=10.0).map(lambda value: round(value, 6))
radii = st.tuples(st.floats(min_value=1e-4, max_value=0.1), st.floats(min_value=1.1, max_value=3.0)).map(
    lambda pair: (pair[0], pair[0] * pair[1])
)
directions = st.sampled_from(["x", "+y", "-z", "1,2,3", "-0.5,0,1e-3"]).map(
    lambda text: parse(f"normal {text}").direction
)
globs = st.text(min_size=1, max_size=12).filter(lambda text: '"' not in text)
points = st.tuples(lengths, lengths, lengths)
terms = st.one_of(
    st.builds(Normal, directions),
    st.builds(Plane, st.sampled_from(["max", "min"]), directions),
    st.builds(Hole, st.none() | radii, st.none() | directions),
    st.builds(Cylinder, st.none() | radii, st.none() | directions),
    st.builds(Near, points),
    points.map(lambda low: Box(low, tuple(value + 0.5 for value in low))),
    st.builds(Between, globs, globs),
    st.builds(Part, globs),
    st.builds(Name, globs),
    st.just(Outer()),
    st.just(Largest()),
)
trees = st.recursive(
    terms,
    lambda inner: st.builds(And, inner, inner) | st.builds(Or, inner, inner) | st.builds(Not, inner),
    max_leaves=8,
)


@settings(deadline=None)
@given(selector=trees)
def test_every_selector_comes_back_as_it_went(selector):
    assert_same(parse(str(selector)), selector)


@settings(deadline=None)
@given(text=st.text(alphabet="outernamlzxyholdbpif=.,()-'\" 0123456789*_", max_size=40))
def test_any_text_is_a_selector_or_a_scene_error(text):
    try:
        parsed = parse(text)
    except SceneError:
        return
    assert_same(parse(str(parsed)), parsed)


def assert_same(found, expected):
    """The same selector, its numbers to rounding."""
    assert type(found) is type(expected), f"{found} != {expected}"
    for field in type(found).__dataclass_fields__:
        ours, theirs = getattr(found, field), getattr(expected, field)
        if isinstance(ours, selectors.Selector):
            assert_same(ours, theirs)
        elif isinstance(ours, tuple):
            np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)
        else:
            assert ours == theirs
