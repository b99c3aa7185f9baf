"""Loads on all other faces and on named faces are the loads on the faces that these words mean."""

import numpy as np
import pytest
from box_mesh import box_mesh, make_scene, temperature_input

from twin3d.errors import SelectionError
from twin3d.fem.bubbles import assemble_bubbles
from twin3d.fem.heat import assemble_heat
from twin3d.fem.space import function_space
from twin3d.scene import Convection, FixedTemperature, HeatFlux, Input, selectors


def scene_with(rest):
    rest = rest if isinstance(rest, selectors.Selector) else selectors.parse(rest)
    return make_scene(
        loads=[
            Convection(name="air", face=rest, film_coefficient=20.0, input="ambient"),
            FixedTemperature(name="seat", face=selectors.parse("name z0"), input="seat"),
            HeatFlux(name="heat", face=rest, input="heat"),
        ],
        inputs=[
            temperature_input("ambient", 290.0),
            temperature_input("seat", 300.0),
            Input(name="heat", unit="W", value=5.0),
        ],
    )


@pytest.mark.parametrize("rest", ["other", selectors.Named("free", selectors.parse("other"))])
def test_the_rest_is_what_is_left(backend, rest):
    mesh = box_mesh((3, 3, 3))
    expected, found = scene_with("not name z0"), scene_with(rest)

    ours, theirs = (assemble_heat(scene, function_space(mesh), backend=backend) for scene in (found, expected))
    nominal = np.ones(len(theirs.parameters))
    bubbles = [assemble_bubbles(scene, mesh, nominal, backend=backend) for scene in (found, expected)]

    np.testing.assert_array_equal(ours.constant_load, theirs.constant_load)
    assert ours.constant_load.sum() == pytest.approx(1.0)
    for a, b in zip(ours.stiffness_terms, theirs.stiffness_terms, strict=True):
        np.testing.assert_array_equal(a.toarray(), b.toarray())
    np.testing.assert_array_equal(bubbles[0].load, bubbles[1].load)


def test_a_load_without_faces_is_named(backend):
    with pytest.raises(SelectionError, match='load air: the selector "hole" matches no face; holes: none'):
        assemble_heat(scene_with("hole"), function_space(box_mesh((2, 2, 2))), backend=backend)
