r"""Load vectors of elasticity: $\int t \cdot N_i$ over facets and $\int b \cdot N_i$ over cells.

Every function gives forces at all dofs of the vector field [N], components interleaved, shape (3 n_dofs,).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse

from twin3d.backend import Backend
from twin3d.errors import SceneError
from twin3d.fem.elements import facet_quadrature
from twin3d.fem.facet_integrals import facet_samples
from twin3d.fem.integrals import CURVED_DEGREE, gathered, load_blocks
from twin3d.fem.mechanics.elastic import ElasticMaterial
from twin3d.fem.mechanics.stiffness import thermal_load
from twin3d.fem.pattern import assemble
from twin3d.fem.space import FunctionSpace, vector_dofs

Array: TypeAlias = npt.NDArray[np.float64]
Index: TypeAlias = npt.NDArray[np.signedinteger]
Vector: TypeAlias = Sequence[float] | Array

ALONG = 1e-4
"""Largest share of a bearing force along the axis."""
ROUND = 0.2
"""Largest sine between the normals of a cylindrical face and the plane across its axis."""


@dataclass(frozen=True, eq=False, slots=True)
class Patch:
    """Facets under a load, at quadrature points."""

    space: FunctionSpace
    dofs: Index
    """Scalar dofs, shape (n_facets, k)."""
    values: Array
    """Shape functions, shape (n_quadrature, k)."""
    areas: Array
    """Weight times area [m²], shape (n_facets, n_quadrature)."""
    normals: Array
    """Outward unit normals, shape (n_facets, n_quadrature, 3)."""
    positions: Array
    """[m], shape (n_facets, n_quadrature, 3)."""

    @property
    def area(self) -> float:
        """Of all facets [m²]."""
        return float(self.areas.sum())

    def load(self, tractions: Array) -> Array:
        """Forces [N] of tractions [Pa], shape (n_facets, n_quadrature, 3)."""
        shares = np.einsum("eq,eqx,qi->eix", self.areas, tractions, self.values, optimize=True)
        return gathered(vector_dofs(self.dofs.astype(np.int32)), shares, 3 * self.space.n_dofs)


def patch(space: FunctionSpace, corners: Index) -> Patch:
    """Facets (n, 3) at quadrature points."""
    values, vectors = facet_samples(space, corners, facet_quadrature(CURVED_DEGREE))
    areas = np.linalg.norm(vectors, axis=2)
    dofs = space.facet_dofs(np.asarray(corners, dtype=np.int32))
    positions = np.einsum("qi,eix->eqx", values, space.dof_points[dofs])
    return Patch(space, dofs, values, areas, vectors / areas[..., None], positions)


def pressure(space: FunctionSpace, corners: Index, value: float) -> Array:
    """A pressure on faces, positive into the material [Pa]."""
    on = patch(space, corners)
    return on.load(-_finite("the pressure", value, "Pa") * on.normals)


def traction(space: FunctionSpace, corners: Index, value: Vector) -> Array:
    """A force per area that keeps its direction [Pa], shape (3,)."""
    on = patch(space, corners)
    return on.load(np.broadcast_to(_finite("the traction", value, "Pa"), on.normals.shape))


def total_force(space: FunctionSpace, corners: Index, value: Vector) -> Array:
    """A force spread evenly over faces [N], shape (3,)."""
    on = patch(space, corners)
    return on.load(np.broadcast_to(_finite("the force", value, "N") / on.area, on.normals.shape))


def bearing(space: FunctionSpace, corners: Index, value: Vector) -> Array:
    r"""A force that a pin exerts on a hole, or a hole on a pin: pressure over the loaded half, $p = p_0 \cos \theta$.

    The pressure acts where the material lies ahead of the force, follows the cosine of the angle to it, and sums to the
    force exactly, on facets too.

    Args:
        space: The function space.
        corners: Facets of a cylindrical face, shape (n, 3).
        value: Force across the axis [N], shape (3,).

    Raises:
        SceneError: The face is not cylindrical, or the force points along its axis.
    """
    on, force = patch(space, corners), np.asarray(_finite("the bearing force", value, "N"))
    axis = cylinder_axis(on)
    size = float(np.linalg.norm(force))
    if size == 0.0 or abs(axis @ force) > ALONG * size:
        raise SceneError(
            f"the bearing force {_text(force)} N must point across the axis {_text(axis)} of its face and not be zero; "
            "give what acts along the axis as a force of its own"
        )
    ahead = np.maximum(-(on.normals @ force), 0.0) > 0.0
    half = np.where(ahead, on.areas, 0.0)
    q = np.linalg.pinv(np.einsum("eq,eqx,eqy->xy", half, on.normals, on.normals), rcond=1e-3) @ force
    return on.load(np.where(ahead[..., None], (on.normals @ q)[..., None] * on.normals, 0.0))


def cylinder_axis(on: Patch) -> Array:
    """The direction that no normal of a cylindrical face has, shape (3,); raises SceneError for other faces."""
    spread, directions = np.linalg.eigh(np.einsum("eq,eqx,eqy->xy", on.areas, on.normals, on.normals) / on.area)
    axis = np.asarray(directions[:, 0])
    if spread[1] < 0.05 or float(np.abs(on.normals @ axis).max()) > ROUND:
        raise SceneError(
            "a bearing load needs a cylindrical face, at least half of it; the normals of this one do not turn about "
            'one axis; select it as in "hole r=5 mm", or take a force'
        )
    return axis


def remote_force(space: FunctionSpace, corners: Index, force: Vector, *, moment: Vector, point: Vector) -> Array:
    r"""A force at a point off the faces, and a moment, carried to faces that stay free to deform.

    The tractions are linear over the faces, $t = a + b \times (x - c)$ about their centroid, and have the same
    resultant; so is the element RBE3 of Nastran, with areas as its weights.

    Args:
        space: The function space.
        corners: Facets, shape (n, 3).
        force: [N], shape (3,).
        moment: About the point [N m], shape (3,).
        point: Where the force acts [m], shape (3,).
    """
    on = patch(space, corners)
    a = np.asarray(_finite("the force", force, "N"))
    centroid = np.einsum("eq,eqx->x", on.areas, on.positions) / on.area
    arm = on.positions - centroid
    inertia = np.einsum("eq,eqx,eqx->", on.areas, arm, arm) * np.eye(3) - np.einsum(
        "eq,eqx,eqy->xy", on.areas, arm, arm
    )
    turning = np.asarray(_finite("the moment", moment, "N m")) + np.cross(np.asarray(point) - centroid, a)
    b = np.linalg.solve(inertia, turning)
    return on.load(a / on.area + np.cross(b, arm))


def body_force(space: FunctionSpace, cells: Index, value: Vector, *, backend: Backend) -> Array:
    """A force per volume on cells [N/m³], shape (3,); gravity is density times acceleration."""
    density = np.asarray(_finite("the body force", value, "N/m^3"))
    shares = np.asarray(backend.to_host(load_blocks(space, cells, np.ones(len(cells)), backend=backend)))
    scalar = gathered(space.cell_dofs[cells], shares, space.n_dofs)
    return np.asarray(np.outer(scalar, density).ravel())


def thermal(
    space: FunctionSpace, cells: Index, material: ElasticMaterial, warming: Array, *, backend: Backend
) -> Array:
    """What a temperature above the stress-free one does [K at the dofs, shape (n_dofs,)]; sums to zero."""
    change = np.asarray(_finite("the temperature", warming, "K"))
    shares = thermal_load(space, cells, material, change, backend=backend)
    return gathered(vector_dofs(space.cell_dofs[cells]), shares, 3 * space.n_dofs)


def support_stiffness(
    space: FunctionSpace, corners: Index, normal: float, *, tangential: float = 0.0
) -> sparse.csr_array:
    r"""The stiffness that an elastic support adds, $\int N_i (k_n n n^T + k_t (I - n n^T)) N_j$.

    Args:
        space: The function space.
        corners: Facets, shape (n, 3).
        normal: Pressure per displacement into the support [N/m³].
        tangential: Shear per displacement along it [N/m³].

    Returns:
        Shape (3 n_dofs, 3 n_dofs) [N/m].

    Raises:
        SceneError: A stiffness is negative, or both are zero.
    """
    if not (np.isfinite([normal, tangential]).all() and min(normal, tangential) >= 0.0 < max(normal, tangential)):
        raise SceneError(
            f"an elastic support of {normal:g} and {tangential:g} N/m^3 holds nothing; give values above zero"
        )
    on = patch(space, corners)
    across = np.einsum("eqx,eqy->eqxy", on.normals, on.normals)
    k = normal * across + tangential * (np.eye(3) - across)
    blocks = np.einsum("eq,eqxy,qi,qj->eixjy", on.areas, k, on.values, on.values, optimize=True)
    n_local = 3 * on.values.shape[1]
    return assemble(blocks.reshape(-1, n_local, n_local), vector_dofs(on.dofs.astype(np.int32)), 3 * space.n_dofs)


def _finite(what: str, value: Vector | float, unit: str) -> Array:
    array = np.asarray(value, dtype=np.float64)
    if not np.isfinite(array).all():
        shown = (
            _text(array)
            if array.ndim == 1 and array.size <= 3
            else f"not finite at {np.sum(~np.isfinite(array))} places"
        )
        raise SceneError(f"{what} is {shown if array.ndim else float(array)} {unit}; give finite numbers")
    return array


def _text(vector: Array) -> str:
    return ", ".join(f"{value:g}" for value in vector)
