"""The static displacement of an elastic body, its reactions, and the balance of forces."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse

from twin3d.backend import Backend
from twin3d.errors import SolverError
from twin3d.fem.cyclic import Ties
from twin3d.fem.elements import Element
from twin3d.fem.linear import Factor, Method, prepare
from twin3d.fem.mechanics.following import following
from twin3d.fem.mechanics.motion import Motion, forces_of_neighbours, motion_of, reactions_of
from twin3d.fem.mechanics.rigid import check_held, rigid_body_modes
from twin3d.fem.mechanics.stiffness import Region, assemble_stiffness
from twin3d.fem.mechanics.supports import Support
from twin3d.fem.space import FunctionSpace, vector_dofs

Array: TypeAlias = npt.NDArray[np.float64]
Index: TypeAlias = npt.NDArray[np.signedinteger]


NEIGHBOURS = "neighbouring sectors"
"""What the reaction across the ends of a sector is called."""


@dataclass(frozen=True, eq=False, slots=True)
class Springs:
    """What resists with a stiffness of its own: an elastic support, or the bridge across a gap."""

    name: str
    stiffness: sparse.csr_array
    """[N/m], shape (3 n_dofs, 3 n_dofs)."""
    grounded: bool
    """Whether it holds the body; False between parts."""


@dataclass(frozen=True, eq=False, slots=True)
class Body:
    """An elastic body and what holds it."""

    space: FunctionSpace
    regions: Sequence[Region]
    """Every cell once, with its material."""
    supports: Sequence[Support] = ()
    springs: Sequence[Springs] = ()
    shared: Index | None = None
    """From `shared_dofs`, where contacts join parts; each dof by itself without."""
    ties: Ties | None = None
    """From `cyclic_ties`, where the body is one sector of a cyclic asset."""


@dataclass(frozen=True, eq=False, slots=True)
class Resultant:
    """A force and a moment."""

    name: str
    force: Array
    """[N], shape (3,)."""
    moment: Array
    """About the origin [N m], shape (3,)."""


@dataclass(frozen=True, eq=False, slots=True)
class PreparedBody:
    """A body that is ready to be solved for many loads."""

    body: Body
    stiffness: sparse.csr_array
    """K with springs, before supports [N/m], shape (3 n_dofs, 3 n_dofs)."""
    motion: Motion
    factor: Factor
    expansion: sparse.csr_array = field(repr=False)
    """T, shape (3 n_dofs, n_unknowns)."""


@dataclass(frozen=True, eq=False, slots=True)
class StaticSolution:
    """Displacements and what holds them."""

    displacement: Array
    """[m], components interleaved, shape (3 n_dofs,)."""
    reactions: tuple[Resultant, ...]
    """Of supports and elastic supports on the body, and last, in a sector, of the neighbouring sectors on it."""
    applied: Resultant
    """Of all loads."""
    carried: float
    """Sum of the sizes of the forces on all points [N]: what rounding is measured by."""
    imbalance: float
    """Size of the sum of all loads and reactions over `carried` [–]; rounding when right."""


def prepare_body(body: Body, *, once: bool = False, method: Method | None = None, backend: Backend) -> PreparedBody:
    """Assemble and get ready to solve.

    Args:
        body: What is solved.
        once: Whether there will be one load only.
        method: Taken instead of what size and shape suggest.
        backend: Where to solve.

    Raises:
        SolverError: Supports contradict each other, or a piece can move as a rigid body; says which motion.
    """
    space, motion = body.space, motion_of_body(body)
    check_held(space, motion, [spring.stiffness for spring in body.springs])
    K = stiffness_of_body(body, backend=backend)
    if motion.n_unknowns == 0:
        raise SolverError(
            "the supports hold every point, so nothing is left to solve; take smaller cells or fewer faces"
        )
    T = motion.expansion()
    factor = prepare(
        motion.reduced(K),
        near_null_space=rigid_body_modes(space.dof_points[motion.moving]),
        prolongation=vector_prolongation(space, motion),
        once=once,
        method=method,
        backend=backend,
    )
    return PreparedBody(body, K, motion, factor, T)


def motion_of_body(body: Body) -> Motion:
    """What the supports and contacts of a body leave free."""
    shared = np.arange(body.space.n_dofs) if body.shared is None else body.shared
    return motion_of(body.supports, following(shared, body.ties), body.space.dof_points)


def stiffness_of_body(body: Body, *, backend: Backend) -> sparse.csr_array:
    """K of the cells and springs of a body, before supports [N/m], shape (3 n_dofs, 3 n_dofs)."""
    K = assemble_stiffness(body.space, body.regions, backend=backend)
    for spring in body.springs:
        K = sparse.csr_array(K + spring.stiffness)
    return K


def solve_static(prepared: PreparedBody, load: Array) -> StaticSolution:
    """The displacement under forces at all dofs [N], shape (3 n_dofs,).

    Raises:
        SolverError: The load is not finite, or the solution misses its tolerance.
    """
    K, T, motion = prepared.stiffness, prepared.expansion, prepared.motion
    if not np.isfinite(load).all():
        raise SolverError(f"the load holds {np.sum(~np.isfinite(load))} numbers that are not finite; check the loads")
    v = prepared.factor.solve(np.asarray(T.T @ (load - K @ motion.offset))).x
    u = np.asarray(T @ v + motion.offset)
    return _balanced(prepared, u, load)


def _balanced(prepared: PreparedBody, u: Array, load: Array) -> StaticSolution:
    space, motion, body = prepared.body.space, prepared.motion, prepared.body
    residual = prepared.stiffness @ u - load
    forces = reactions_of(motion, body.supports, residual)
    reactions = [
        resultant(support.name, space.dof_points[support.dofs], share)
        for support, share in zip(body.supports, forces, strict=True)
    ]
    for spring in body.springs:
        if spring.grounded:
            share = -(spring.stiffness @ u).reshape(-1, 3)
            reactions.append(resultant(spring.name, space.dof_points, share))
    if body.ties is not None:
        rest = residual.reshape(-1, 3).copy()
        for support, share in zip(body.supports, forces, strict=True):
            np.subtract.at(rest, support.dofs, share)
        forces.append(forces_of_neighbours(motion, rest.ravel()))
        reactions.append(resultant(NEIGHBOURS, space.dof_points, forces[-1]))
    applied = resultant("loads", space.dof_points, load.reshape(-1, 3))
    total = applied.force + sum((reaction.force for reaction in reactions), np.zeros(3))
    carried = np.abs(np.concatenate([share.ravel() for share in forces] or [np.zeros(1)])).sum()
    scale = max(float(carried), float(np.abs(load).sum()), 1e-300)
    return StaticSolution(u, tuple(reactions), applied, scale, float(np.linalg.norm(total)) / scale)


def resultant(name: str, positions: Array, forces: Array) -> Resultant:
    """The sum of forces (n, 3) [N] at positions (n, 3) [m], and their moment about the origin."""
    return Resultant(name, forces.sum(axis=0), np.cross(positions, forces).sum(axis=0))


def vector_prolongation(space: FunctionSpace, motion: Motion) -> sparse.csr_array | None:
    """From the displacement of moving points to that of all moving dofs, for quadratic elements."""
    if space.element is Element.TET4:
        return None
    follows, n_points = motion.following, space.mesh.n_points
    rows, points = motion.moving, motion.moving[motion.moving < n_points]
    scalar = space.interpolation_from_linear()
    if follows.matrix is None:
        # ends of edges on the far side of a contact follow those on the near one
        choice = (np.ones(n_points), follows.shared[:n_points], np.arange(n_points + 1))
        chosen = sparse.csr_array(choice, shape=(n_points, n_points))
        P = sparse.csr_array(sparse.csr_array(scalar[rows]) @ sparse.csr_array(chosen[:, points]))
        return sparse.csr_array(sparse.kron(P, sparse.eye_array(3), format="csr"))
    vector = sparse.csr_array(sparse.kron(scalar, sparse.eye_array(3), format="csr"))
    of_rows, of_points = (vector_dofs(some.astype(np.int32)).ravel() for some in (rows, points))
    at_points = sparse.csr_array(follows.matrix[: 3 * n_points] @ vector)[:, of_points]
    return sparse.csr_array(vector[of_rows] @ at_points)
