"""Where the iterations of a time step start."""

import numpy as np
import pytest

from twin3d.fem.march import guess_of


@pytest.mark.parametrize("degree", [0, 1, 2])
def test_the_guess_continues_a_polynomial_through_the_last_states(degree):
    states = [np.array([1.0 + 2.0 * t**degree, -(t**degree)]) for t in range(degree + 2)]

    guess = guess_of(states[:-1])

    np.testing.assert_allclose(guess, states[-1], atol=1e-12)
