"""Two parts that heat strains, joined by a contact, and their reduced model."""

from types import SimpleNamespace

import numpy as np
from box_mesh import STEEL, box_mesh, make_scene, temperature_input

from twin3d.backend import get_backend
from twin3d.fem.heat import assemble_heat
from twin3d.fem.space import function_space
from twin3d.reduction import reduce_heat
from twin3d.scene import (
    Contact,
    Convection,
    Displacement,
    Fixed,
    FixedTemperature,
    Gravity,
    HeatSource,
    Input,
    PartMaterial,
    Structure,
    UnknownPrior,
    selectors,
)

STIFF = STEEL.model_copy(
    update={"name": "stiff", "youngs_modulus": 210e9, "poissons_ratio": 0.3, "thermal_expansion": 12e-6}
)
SOFT = STIFF.model_copy(
    update={"name": "soft", "youngs_modulus": 70e9, "thermal_expansion": 23e-6, "conductivity": 200.0}
)
SIZE = (0.1, 0.04, 0.02)


def face(name):
    return selectors.parse(f"name {name}")


def strained_scene(*, contact=True, mechanical=None, conductance=2000.0, film=200.0):
    """A source in one part, a plate of prescribed temperature under the other end, air above."""
    held = (
        Fixed(name="wall", face=face("x0")),
        Displacement(name="stop", face=face("x1"), x=2e-6),
        Gravity(name="weight", acceleration=(0.0, 0.0, -9.81)),
    )
    return make_scene(
        loads=[
            HeatSource(name="heat", part="part_0", input="p"),
            FixedTemperature(name="plate", face=face("x1"), input="plate"),
            Convection(name="film", face=face("z1"), film_coefficient=film, input="air"),
        ],
        inputs=[
            Input(name="p", unit="W", value=20.0, unknown=UnknownPrior(spread=10.0, time_constant=20.0)),
            temperature_input("plate"),
            temperature_input("air"),
        ],
        parts=(PartMaterial(part="part_0", material=STIFF), PartMaterial(part="part_1", material=SOFT)),
        contacts=(Contact(name="joint", between=("part_0", "part_1"), conductance=conductance),) if contact else (),
        mechanical=held if mechanical is None else mechanical,
        structure=Structure(stress_free_temperature=310.0),
    )


def reduced_parts(*, shape=(8, 3, 2), contact=True, max_modes=20, **options):
    """Scene, space and reduced model of the two parts."""
    scene, backend = strained_scene(contact=contact, **options), get_backend("numpy")
    space = function_space(box_mesh(shape, SIZE, n_parts=2, contact=contact))
    operators = assemble_heat(scene, space, backend=backend)
    model = reduce_heat(operators, space, scene, rng=np.random.default_rng(1), backend=backend, max_modes=max_modes)
    return SimpleNamespace(scene=scene, space=space, model=model, operators=operators, backend=backend)
