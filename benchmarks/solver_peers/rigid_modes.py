"""The motions that strain nothing, which multigrid for elasticity has to be told of."""

import numpy as np


def rigid_modes(points: np.ndarray) -> np.ndarray:
    """Three translations and three rotations about the middle, shape (3 n_points, 6)."""
    x, y, z = (points - points.mean(axis=0)).T
    modes = np.zeros((len(points), 3, 6))
    modes[:, [0, 1, 2], [0, 1, 2]] = 1.0
    modes[:, 0, 3], modes[:, 1, 3] = -y, x
    modes[:, 0, 4], modes[:, 2, 4] = z, -x
    modes[:, 1, 5], modes[:, 2, 5] = -z, y
    return modes.reshape(-1, 6)
