"""What engineers read from stress: von Mises and principal stresses; components in the order xx, yy, zz, xy, yz, xz."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from twin3d.fem.mechanics.elastic import as_tensors

Array: TypeAlias = npt.NDArray[np.float64]


def von_mises(stress: Array) -> Array:
    r"""$\sqrt{3/2\, s : s}$ of the deviator s [Pa], shape (..., 6) to (...)."""
    x, y, z = stress[..., 0], stress[..., 1], stress[..., 2]
    normal = 0.5 * ((x - y) ** 2 + (y - z) ** 2 + (z - x) ** 2)
    return np.asarray(np.sqrt(normal + 3.0 * (stress[..., 3:] ** 2).sum(axis=-1)))


def principal_stresses(stress: Array) -> Array:
    """The three principal stresses, largest first [Pa], shape (..., 6) to (..., 3)."""
    return np.asarray(np.linalg.eigvalsh(as_tensors(stress))[..., ::-1])


def principal_directions(stress: Array) -> tuple[Array, Array]:
    """Principal stresses, largest first, and their unit directions as columns, shapes (..., 3) and (..., 3, 3)."""
    size, directions = np.linalg.eigh(as_tensors(stress))
    return np.asarray(size[..., ::-1]), np.asarray(directions[..., ::-1])
