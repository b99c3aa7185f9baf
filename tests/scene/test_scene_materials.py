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
