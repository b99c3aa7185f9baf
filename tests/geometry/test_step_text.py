"""Products, occurrences and units out of the text of a STEP file."""

import pytest

from twin3d.assets import asset_path
from twin3d.geometry.step_text import decode, parse_step


def step(*entities, schema="AUTOMOTIVE_DESIGN { 1 0 10303 214 1 1 1 1 }"):
    lines = "\n".join(entities)
    return f"ISO-10303-21;\nHEADER;\nFILE_SCHEMA(('{schema}'));\nENDSEC;\nDATA;\n{lines}\nENDSEC;\n".encode()


def product(number, name):
    return (
        f"#{number}=PRODUCT('{name}','{name}','',(#1));",
        f"#{number + 1}=PRODUCT_DEFINITION_FORMATION('','',#{number});",
        f"#{number + 2}=PRODUCT_DEFINITION('design','',#{number + 1},#1);",
    )


def use(number, name, parent, child):
    return f"#{number}=NEXT_ASSEMBLY_USAGE_OCCURRENCE('{name}','{name}','',#{parent},#{child},$);"


def test_instances_carry_the_names_of_their_products():
    text = parse_step(
        step(
            *product(10, "motor"),
            *product(20, "coil"),
            *product(30, "shaft"),
            use(40, "coil_1", 12, 22),
            use(41, "coil_2", 12, 22),
            use(42, "NAUO3", 12, 32),
        )
    )

    assert [(leaf.instances, leaf.products) for leaf in text.leaves] == [
        (("coil_1",), ("motor", "coil")),
        (("coil_2",), ("motor", "coil")),
        (("NAUO3",), ("motor", "shaft")),
    ]


def test_a_cycle_ends():
    text = parse_step(step(*product(10, "a"), *product(20, "b"), use(40, "x", 12, 22), use(41, "y", 22, 12)))

    assert text.leaves == ()


def test_an_assembly_bomb_is_cut_short():
    products = [line for level in range(30) for line in product(100 + 10 * level, f"p{level}")]
    twice = [
        use(1000 + 2 * level + k, f"i{k}", 102 + 10 * level, 112 + 10 * level) for level in range(29) for k in (0, 1)
    ]

    assert len(parse_step(step(*products, *twice)).leaves) == 100_000


@pytest.mark.parametrize(
    ("entity", "unit"),
    [
        ("#1=(LENGTH_UNIT() NAMED_UNIT(*) SI_UNIT(.MILLI.,.METRE.));", "mm"),
        ("#1=(LENGTH_UNIT() NAMED_UNIT(*) SI_UNIT($,.METRE.));", "m"),
        ("#1=(CONVERSION_BASED_UNIT('INCH',#2) LENGTH_UNIT() NAMED_UNIT(#3));", "inch"),
        ("#1=(PLANE_ANGLE_UNIT() NAMED_UNIT(*) SI_UNIT($,.RADIAN.));", ""),
    ],
)
def test_the_unit_of_length_is_read(entity, unit):
    assert parse_step(step(entity)).length_unit == unit


def test_the_schema_is_read():
    assert parse_step(step()).schema == "AUTOMOTIVE_DESIGN"


@pytest.mark.parametrize(
    ("literal", "text"),
    [
        (r"'K\X2\00FC\X0\hler'", "Kühler"),
        (r"'caf\X\E9'", "café"),
        (r"'d\S\D'", "dÄ"),
        ("'it''s'", "it's"),
        ("'bell\x01'", "bell"),
        ("$", ""),
    ],
)
def test_strings_are_decoded(literal, text):
    assert decode(literal) == text


def test_colours_of_products_within_sub_assemblies_are_found():
    text = parse_step(asset_path("meshes", "motor_stator.step").read_bytes())

    assert text.colours["core"] == "#737880"
    assert len(set(text.colours.values())) > 3
    assert set(text.colours) <= {leaf.products[-1] for leaf in text.leaves}


def test_a_style_that_leads_nowhere_is_no_colour():
    circle = ("#50=STYLED_ITEM('',(#51),#60);", "#51=PRESENTATION_STYLE_ASSIGNMENT((#51,#99));")

    assert parse_step(step(*product(10, "a"), *circle)).colours == {}
