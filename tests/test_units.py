"""Text with units becomes SI floats, and nothing else does."""

import math
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin3d.errors import UnitError
from twin3d.units import (
    EXAMPLES,
    affine_to_si,
    format_quantity,
    from_si,
    parse_difference,
    parse_quantity,
    parse_ratio,
)

unhurried = settings(deadline=None)  # the first unit of a process loads Pint

numbers = st.floats(min_value=-1e12, max_value=1e12, allow_nan=False)


@pytest.mark.parametrize(
    ("text", "si_unit", "value"),
    [
        ("2 mm", "m", 2e-3),
        ("2mm", "m", 2e-3),
        (" +2.5e1 µm ", "m", 25e-6),
        (".5 inch", "m", 0.0127),
        ("90 ms", "s", 0.09),
        ("2 min", "s", 120.0),
        ("25 degC", "K", 298.15),
        ("25 °C", "K", 298.15),
        ("25 ℃", "K", 298.15),
        ("-40 degF", "K", 233.15),
        ("300 K", "K", 300.0),
        ("0 K", "K", 0.0),
        ("40 W", "W", 40.0),
        ("1 BTU/hour", "W", 0.29307107),
        ("5 kW/m^2", "W/m^2", 5e3),
        ("5 kW/m²", "W/m^2", 5e3),
        ("5 kW m⁻²", "W/m^2", 5e3),
        ("5 W/cm**2", "W/m^2", 5e4),
        ("2 MW/m^3", "W/m^3", 2e6),
        ("25 W/(m^2 K)", "W/(m^2 K)", 25.0),
        ("25 W/m^2/K", "W/(m^2 K)", 25.0),
        ("25 W/(m²·°C)", "W/(m^2 K)", 25.0),
        ("25 W/(m^2*degC)", "W/(m^2 K)", 25.0),
        ("1 BTU/(hour ft^2 degF)", "W/(m^2 K)", 5.678263),
        ("1.67 W/(cm K)", "W/(m K)", 167.0),
        ("2.7 g/cm^3", "kg/m^3", 2700.0),
        ("0.896 kJ/(kg K)", "J/(kg K)", 896.0),
        ("3.141592653589793 rad", "deg", 180.0),
    ],
)
def test_quantities_in_si(text, si_unit, value):
    np.testing.assert_allclose(parse_quantity(text, si_unit), value, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("4", r'"4" has no unit; write for example "2 mm"'),
        ("", r'"" is not a number with a unit'),
        ("mm", r'"mm" is not a number with a unit'),
        ("1,5 mm", "is not a unit"),
        ("4 W", r'"4 W": "W" measures a power, expected a length in m; write for example "2 mm"'),
        ("4 m^2", "expected a length in m"),
        ("4 %", "measures a plain number, expected a length"),
        ("4 icnh", 'did you mean "inch"'),
        ("4 mm!", "I cannot read"),
        ("4 m/(s", "a parenthesis is not closed"),
        ("4 m)", "a parenthesis closes that was never opened"),
        ("1e999 m", "is not a finite number"),
        ("1e308 km", "is not a finite number"),
        ("nan m", "is not a number with a unit"),
        ("4 " + "m*" * 40 + "m", "is not a unit"),
        ("4 __import__('os')", "is not a unit"),
    ],
)
def test_what_is_no_length_is_refused(text, message):
    with pytest.raises(UnitError, match=message.replace("(", r"\(").replace(")", r"\)")):
        parse_quantity(text, "m")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("25 C", '"C" is the coulomb; did you mean degC'),
        ("25 F", '"F" is the farad; did you mean degF'),
        ("25 Celsius", "did you mean degC"),
        ("25 delta_degC", 'here a temperature is due: write "25 degC"'),
        ("-274 degC", "is below absolute zero"),
        ("-1 K", "is below absolute zero"),
    ],
)
def test_what_is_no_temperature_is_refused_with_the_remedy(text, hint):
    with pytest.raises(UnitError) as caught:
        parse_quantity(text, "K")

    assert hint in str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"), [("0.2 K", 0.2), ("200 mK", 0.2), ("0.36 delta_degF", 0.2), ("-0.2 K", -0.2), ("1 Δ", 1.0)]
)
def test_differences_of_temperature_are_in_kelvin(text, value):
    np.testing.assert_allclose(parse_difference(text, "K"), value, rtol=1e-9)


def test_a_temperature_is_no_difference():
    with pytest.raises(UnitError, match=r'a difference is due: write "0\.5 K"'):
        parse_difference("0.9 degF", "K")
    with pytest.raises(UnitError, match=r'write for example "0\.2 K"'):
        parse_difference("0.9", "K")


def test_a_difference_of_another_quantity_is_plain():
    assert parse_difference("2 kW", "W") == 2000.0


@pytest.mark.parametrize(
    ("text", "value"), [("10 %", 0.1), ("10%", 0.1), ("10 percent", 0.1), ("0.1", 0.1), ("-5 %", -0.05)]
)
def test_relative_numbers(text, value):
    assert parse_ratio(text) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("text", ["10 K", "ten", "", "% 10", "1e999"])
def test_what_is_no_relative_number_is_refused(text):
    with pytest.raises(UnitError):
        parse_ratio(text)


@unhurried
@given(number=numbers, unit=st.sampled_from(["m", "mm", "um", "km", "inch", "ft"]))
def test_lengths_come_back_as_they_went(number, unit):
    there = parse_quantity(f"{number!r} {unit}", "m")

    assert math.isclose(from_si(there, unit, "m"), number, rel_tol=1e-12, abs_tol=1e-300)


@unhurried
@given(kelvin=st.floats(min_value=0.0, max_value=1e5), unit=st.sampled_from(["K", "degC", "degF"]))
def test_temperatures_come_back_as_they_went(kelvin, unit):
    affine = affine_to_si(unit, "K")

    np.testing.assert_allclose(affine.to_si(affine.from_si(kelvin)), kelvin, rtol=1e-12, atol=1e-9)


@unhurried
@given(
    low=st.floats(min_value=0.0, max_value=1e4),
    step=st.floats(min_value=0.0, max_value=1e4),
    unit=st.sampled_from(["degC", "degF"]),
)
def test_a_difference_is_the_same_at_any_temperature(low, step, unit):
    affine = affine_to_si(unit, "K")

    np.testing.assert_allclose(affine.to_si(low + step) - affine.to_si(low), affine.scale * step, atol=1e-9)


@unhurried
@given(text=st.text(max_size=30), si_unit=st.sampled_from(sorted(EXAMPLES)))
def test_any_text_gives_a_finite_number_or_a_unit_error(text, si_unit):
    for parse in (parse_quantity, parse_difference):
        with suppress(UnitError):
            assert math.isfinite(parse(text, si_unit))


@unhurried
@given(
    number=st.sampled_from(["1", "2.5", "-3e4", "1e300"]),
    unit=st.text(alphabet="mKWsgJC/()^*·²⁻¹ 0123456789%°", max_size=12),
)
def test_any_unit_like_text_gives_a_finite_number_or_a_unit_error(number, unit):
    with suppress(UnitError):
        assert math.isfinite(parse_quantity(f"{number} {unit}", "W/(m^2 K)"))


@pytest.mark.parametrize("si_unit", sorted(EXAMPLES))
def test_every_example_in_an_error_is_right(si_unit):
    assert parse_quantity(EXAMPLES[si_unit], si_unit) > 0.0


def test_quantities_for_people():
    assert format_quantity(325.45, "degC", "K") == "52.3 °C"
    assert format_quantity(0.0125, "mm", "m") == "12.5 mm"
