"""How much each dof counts in the norms of the reduction: by volume, whatever the mesh."""

import numpy as np
import numpy.typing as npt

from twin3d.fem.elements import Element
from twin3d.fem.space import FunctionSpace

PARTS_SHARE = 0.5
"""What is shared by the parts alike, so that a small hot part is not lost in a large cold one; the rest by volume."""
CORNER_SHARE, EDGE_SHARE = 1.0 / 36.0, 4.0 / 27.0
"""Of a quadratic cell's volume at corners and mid-edges (Hinton, Rock and Zienkiewicz 1976), all positive."""


def volume_weights(space: FunctionSpace) -> npt.NDArray[np.float64]:
    """Weights W of a mean over the asset, half by volume and half part by part, shape (n_dofs,), sum 1."""
    mesh = space.mesh
    volumes = np.abs(mesh.cell_volumes())
    of_part = np.bincount(mesh.cell_region, weights=volumes, minlength=len(mesh.part_names))
    n_filled = np.count_nonzero(of_part)
    weight = (1.0 - PARTS_SHARE) * volumes / volumes.sum()
    weight += PARTS_SHARE * volumes / of_part[mesh.cell_region] / n_filled
    shares = [0.25] * 4 if space.element is Element.TET4 else [CORNER_SHARE] * 4 + [EDGE_SHARE] * 6
    of_dofs = np.outer(weight, shares).ravel()
    return np.bincount(space.cell_dofs.ravel(), weights=of_dofs, minlength=space.n_dofs).astype(np.float64)
