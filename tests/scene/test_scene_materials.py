"""The library of materials: complete, plausible, each with where its numbers come from."""

import numpy as np
import pytest

from twin3d.errors import SceneError
from twin3d.scene.materials import material, material_names

NAMED_IN_A_SOURCE = (
    "Incropera",
    "Callister",
    "ASM",
    "Aluminum Association",
    "EN ",
    "NIST",
    "doi:",
    "data sheet",
    ".ru/",
    "SMC-",
)


def test_the_library_holds_what_engineers_ask_for():
    wanted = {"aluminium_6061", "aluminium_6063", "copper", "sac305", "silicon", "silicon_carbide", "fr4", "alumina"}
    wanted |= {"aluminium_nitride", "steel_304", "steel_1020", "cast_iron", "titanium", "ptfe", "epoxy", "water", "air"}

    assert wanted <= set(material_names())
    assert len(material_names()) >= 20


@pytest.mark.parametrize("name", material_names())
def test_every_material_says_where_its_numbers_come_from(name):
    assert any(word in material(name).source for word in NAMED_IN_A_SOURCE), material(name).source


@pytest.mark.parametrize("name", material_names())
def test_every_material_has_plausible_numbers(name):
    found = material(name)
    heat_capacity = found.density * found.specific_heat

    assert found.name == name
    assert 0.02 < found.conductivity < 500.0
    assert 100.0 < found.specific_heat < 4200.0
    assert 1.0 < found.density < 20_000.0
    # solids and water store 1 to 4.2 MJ/(m³ K), whatever they are made of; foams and air far less
    assert found.density < 100.0 or 1.0e6 < heat_capacity < 4.2e6


ANY = (-1, 0.5)
PUBLISHED = {
    "alumina": ((220, 416), (0.22, 0.24), (6.8, 8.2)),  # MakeItFrom; NIST SRD 150
    "alumina_96": ((303, 303), (0.21, 0.21), (6.8, 8.2)),  # CoorsTek AD-96; MakeItFrom
    "aluminium_2024_t6": ((68.2, 78.5), (0.32, 0.34), (22.2, 23)),  # Mase; Gere
    "aluminium_6061": ((68.2, 78.5), (0.32, 0.34), (23, 23.4)),  # Mase; Gere
    "aluminium_6063": ((68.9, 68.9), (0.33, 0.33), (23.4, 23.4)),  # MatWeb MA6063T6
    "aluminium_a356_t6": ((70, 72.4), (0.33, 0.33), (21, 21.4)),  # MatWeb; MakeItFrom
    "brass": ((101, 117), (0.31, 0.35), (19.1, 20)),  # Dowling; AZoM, MakeItFrom and Olin on C26000
    "cast_iron": ((90, 145), (0.21, 0.30), (9.9, 12)),  # Mase; Gere
    "copper": ((110, 130), (0.33, 0.36), (16.6, 17.6)),  # Gere; Dowling
    "fused_silica": ((70, 70), (0.18, 0.18), (0.4, 0.55)),  # Dowling; SciGlass, 100 to 300 °C
    "glass": ((69, 71), (0.20, 0.23), (8.8, 9.0)),  # Dowling; MakeItFrom
    "inconel_718": ((200, 208), (0.29, 0.29), (12.8, 13.2)),  # Special Metals SMC-045; High Temp Metals
    "lead": ((16.1, 16.1), (0.425, 0.44), (28, 28)),  # Dowling; Engineering ToolBox
    "molybdenum": ((317, 329), (0.307, 0.321), (4.8, 4.9)),  # molybdenum.com; CRC
    "nickel": ((200, 210), (0.31, 0.31), (13, 13)),  # CRC; Gere
    "polycarbonate": ((2.0, 2.4), (0.37, 0.38), (65, 70)),  # data sheets by ASTM D696; Dowling
    "pyrex": ((68, 81), (0.21, 0.21), (3.3, 5.1)),  # MakeItFrom
    "silver": ((83, 83), ANY, (19, 19.7)),  # CRC; Central Metals
    "steel_1020": ((190, 212), (0.27, 0.32), (10, 18)),  # Gere; Dowling
    "steel_304": ((193, 200), (0.29, 0.29), (17.3, 17.3)),  # MatWeb
    "steel_316": ((187.5, 200), (0.26, 0.34), (16.5, 17.5)),  # MakeItFrom; Boynes
    "steel_carbon": ((190, 212), (0.27, 0.32), (10, 18)),  # Gere; Dowling
    "tin": ((41.6, 50), (0.33, 0.36), (22, 23)),  # AZoM; MaTeck; Engineering ToolBox
    "titanium": ((102, 120), (0.34, 0.361), (8.6, 8.6)),  # MatWeb MTU021; Dowling
    "titanium_6al_4v": ((113.8, 113.8), (0.33, 0.342), (8.6, 8.6)),  # MatWeb MTP641 and MTP645
    "tungsten": ((340, 411), (0.20, 0.28), (4.3, 4.5)),  # Gere; Dowling
}
"""Material → what sources other than its own give: E [GPa], ν [–], α [1e-6 1/K]."""
SLACK = 0.07
"""By how much sources differ on top; lead, which creeps, by more."""


@pytest.mark.parametrize("name", [name for name in material_names() if material(name).youngs_modulus is not None])
def test_elastic_constants_are_near_those_of_other_sources(name):
    found, slack = material(name), 0.17 if name == "lead" else SLACK

    constants = (found.youngs_modulus / 1e9, found.poissons_ratio, found.thermal_expansion * 1e6)
    for constant, (low, high) in zip(constants, PUBLISHED[name], strict=True):
        assert low * (1.0 - slack) <= constant <= high * (1.0 + slack)


def test_metals_obey_wiedemann_and_franz():
    """k = L T / ρ_el with L = 2.44e-8 W Ω/K²; resistivities [Ω m] at 20 °C from the CRC Handbook."""
    resistivity = {"copper": 1.68e-8, "aluminium": 2.65e-8, "silver": 1.59e-8, "tungsten": 5.28e-8, "zinc": 5.9e-8}

    predicted = np.array([2.44e-8 * 293.15 / value for value in resistivity.values()])
    found = np.array([material(name).conductivity for name in resistivity])

    np.testing.assert_allclose(found, predicted, rtol=0.35)


def test_an_unknown_material_lists_what_is_near():
    with pytest.raises(SceneError, match="did you mean aluminium_6061"):
        material("aluminum_6061")
    with pytest.raises(SceneError, match="there are air, alumina"):
        material("unobtainium_xyz")
