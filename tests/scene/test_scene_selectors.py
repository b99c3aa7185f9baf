"""The selector language: what it says, how it is written back, where it fails."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin3d.errors import SceneError
from twin3d.scene import selectors
from twin3d.scene.selectors import (
    Adjacent,
    And,
    AnyPlane,
    Area,
    Between,
    Box,
    Colour,
    Cone,
    Cylinder,
    Furthest,
    Hole,
    Id,
    Largest,
    Name,
    Named,
    Near,
    Normal,
    Not,
    Or,
    Other,
    Outer,
    Parallel,
    Part,
    Plane,
    Smallest,
    Sphere,
    is_word,
    parse,
    parse_point,
    with_meanings,
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
        ("colour #FF8800", Colour("#ff8800")),
        ("hole r=5 mm", Hole((0.005 * 0.98, 0.005 * 1.02))),
        ("hole r=3..4 mm along z", Hole((0.003, 0.004), Z)),
        ("cylinder r=8mm", Cylinder((0.008 * 0.98, 0.008 * 1.02))),
        ("cylinder along x", Cylinder(None, X)),
        ("sphere", Sphere()),
        ("sphere r=2..3 mm", Sphere((0.002, 0.003))),
        ("cone", Cone()),
        ("cone along z", Cone(Z)),
        ("plane", AnyPlane()),
        ("near 80,0,3 mm", Near((0.08, 0.0, 0.003))),
        ("box 0,0,0 to 10,20,5 mm", Box((0.0, 0.0, 0.0), (0.01, 0.02, 0.005))),
        ("box -1,0,0 cm to 10,20,5 mm", Box((-0.01, 0.0, 0.0), (0.01, 0.02, 0.005))),
        ("between die tim1", Between("die", "tim1")),
        ("part chip_*", Part("chip_*")),
        ('part "heat sink"', Part("heat sink")),
        ("name inlet*", Name("inlet*")),
        ("outer", Outer()),
        ("all", Outer()),
        ("other", Other()),
        ("smallest", Smallest()),
        ("area 10..20 mm^2", Area((1e-5, 2e-5))),
        ("area 3 cm^2", Area((3e-4 * 0.98, 3e-4 * 1.02))),
        ("id 3", Id((3,))),
        ("id 3, 4,12", Id((3, 4, 12))),
        ("face hot_side", Named("hot_side")),
        (">Z", Furthest(">", "z")),
        ("<x", Furthest("<", "x")),
        ("|Y", Parallel("y")),
        ("%PLANE", AnyPlane()),
        ("%Cylinder and |Z", And(Cylinder(), Parallel("z"))),
        ("%SPHERE or %CONE", Or(Sphere(), Cone())),
        ("adjacent to hole", Adjacent(Hole())),
        ("adjacent to (hole or cone) and plane", And(Adjacent(Or(Hole(), Cone())), AnyPlane())),
        ("not plane and largest", And(Not(AnyPlane()), Largest())),
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
        ("colour red", "expected a colour, such as #ff8800; found 'red'", 7),
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
        ("area 10 mm", "expected a unit of area, such as mm^2", 8),
        ("area 20..10 mm^2", "expected a positive area, the smaller one first", 5),
        ("id 0", "expected the number of a face, counted from 1", 3),
        ("id 1,x", "expected the number of a face", 5),
        ("adjacent hole", 'expected the word "to" and a selector', 9),
        ("face 3", "expected a name of [faces]", 5),
        (">Q", "expected one of normal, plane", 0),
        ("%TORUS", "%CYLINDER", 0),
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


def test_a_known_name_may_stand_without_the_word_face():
    assert_same(parse("hot_side and outer", ["hot_side"]), And(Named("hot_side"), Outer()))
    with pytest.raises(SceneError, match=r"a name of \[faces\] \(hot_side\), not, or a parenthesis; found 'hot_sid'"):
        parse("hot_sid", ["hot_side"])


def test_names_get_their_meanings_wherever_they_stand():
    meanings = {"hot": Hole(), "cold": Outer()}

    told = with_meanings(parse("adjacent to face hot or not (face cold and face odd)"), meanings)

    odd = Not(And(Named("cold", Outer()), Named("odd")))
    assert_same(told, Or(Adjacent(Named("hot", Hole())), odd))


def test_words_of_the_language_are_no_names():
    assert all(is_word(word) for word in ("outer", "other", "and", "to", "along", "max"))
    assert not is_word("hot_side")


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
    st.builds(Sphere, st.none() | radii),
    st.builds(Cone, st.none() | directions),
    st.builds(Furthest, st.sampled_from("<>"), st.sampled_from("xyz")),
    st.builds(Parallel, st.sampled_from("xyz")),
    st.builds(Area, radii),
    st.builds(Id, st.lists(st.integers(min_value=1, max_value=10**6), min_size=1, max_size=4).map(tuple)),
    st.builds(Named, st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,8}", fullmatch=True)),
    st.sampled_from([Outer(), Other(), AnyPlane(), Largest(), Smallest()]),
)
trees = st.recursive(
    terms,
    lambda inner: (
        st.builds(And, inner, inner) | st.builds(Or, inner, inner) | st.builds(Not, inner) | st.builds(Adjacent, inner)
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(selector=trees)
def test_every_selector_comes_back_as_it_went(selector):
    assert_same(parse(str(selector)), selector)


@settings(deadline=None)
@given(text=st.text(alphabet="outernamlzxyholdbpifcjs=.,()-'\" 0123456789*_<>|%ZNP", max_size=40))
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
