r"""Free vibration: $K \phi = \omega^2 M \phi$, the lowest frequencies and their shapes.

Lanczos on $(K + s M)^{-1} M$ (Ericsson and Ruhe, Math. Comp. 35 (1980) 1251–1268); the shift s > 0 keeps the matrix
positive definite for bodies that nothing holds, whose rigid motions come first with frequency zero.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh

from twin3d.backend import Backend
from twin3d.errors import SolverError
from twin3d.fem.linear import Factor, Method, prepare
from twin3d.fem.mechanics.rigid import loose_pieces, rigid_body_modes
from twin3d.fem.mechanics.statics import Body, motion_of_body, stiffness_of_body, vector_prolongation
from twin3d.fem.mechanics.stiffness import assemble_vector_mass

Array: TypeAlias = npt.NDArray[np.float64]

SHIFT = 1e-3
"""Shift, as a share of the square of the frequency of sound across the body."""
STILL = 1e-4
"""Rigid motions have frequencies below this share of the first elastic one."""
SEED = 7
"""Of the start vector, so that answers repeat."""


@dataclass(frozen=True, eq=False, slots=True)
class Vibration:
    """The lowest modes of a body."""

    frequencies: Array
    """Ascending [Hz], shape (n_modes,); exactly zero for rigid motions."""
    shapes: Array
    """Displacements of unit modal mass [1/√kg], components interleaved, shape (3 n_dofs, n_modes)."""
    n_rigid: int
    """How many of them are rigid motions that nothing holds."""
    effective_masses: Array
    """Mass that moves with each mode along x, y, z [kg], shape (n_modes, 3)."""
    mass: float
    """Of the body [kg]."""


def free_vibration(
    body: Body, density: Array, *, n_modes: int, method: Method | None = None, backend: Backend
) -> Vibration:
    """The lowest frequencies of a body, rigid motions first where nothing holds it.

    Args:
        body: The body; prescribed displacements count as held at rest.
        density: Of the cells [kg/m³], shape (n_cells,).
        n_modes: Number of elastic modes wanted; rigid motions come on top.
        method: How the shifted system is solved, instead of what size and shape suggest.
        backend: Where to solve.

    Raises:
        SolverError: There are not as many modes, a density is not positive, or the iteration does not converge.
    """
    if not (np.isfinite(density).all() and (density > 0.0).all()):
        raise SolverError(f"the smallest density is {np.min(density):g} kg/m^3; vibration needs all above zero")
    space, motion = body.space, motion_of_body(body)
    n_rigid = sum(piece.motions.shape[1] for piece in loose_pieces(space, motion, [s.stiffness for s in body.springs]))
    n_wanted = n_modes + n_rigid
    if n_modes < 1 or n_wanted + 1 >= motion.n_unknowns:
        raise SolverError(
            f"{n_modes} modes of {motion.n_unknowns} unknowns; ask for at least 1 and far fewer than those"
        )
    cells = np.arange(space.mesh.n_cells)
    M = assemble_vector_mass(space, cells, density, backend=backend)
    T = motion.expansion()
    A, mass = motion.reduced(stiffness_of_body(body, backend=backend)), sparse.csr_array(T.T @ (M @ T))
    shift = SHIFT * _sound_across(body, density)
    factor = prepare(
        sparse.csr_array(A + shift * mass),
        near_null_space=rigid_body_modes(space.dof_points[motion.moving]),
        prolongation=vector_prolongation(space, motion),
        method=method,
        backend=backend,
    )
    squares, vectors = _lowest(A, mass, factor, shift=shift, n_wanted=n_wanted)
    shapes = np.asarray(T @ vectors)
    moved = (shapes.T @ (M @ np.tile(np.eye(3), (space.n_dofs, 1)))) ** 2
    return Vibration(_frequencies(squares, n_rigid), shapes, n_rigid, moved, float(M.sum() / 3.0))


def _lowest(
    A: sparse.csr_array, mass: sparse.csr_array, factor: Factor, *, shift: float, n_wanted: int
) -> tuple[Array, Array]:
    inverse = LinearOperator(A.shape, matvec=lambda b: factor.solve(b.ravel()).x, dtype=np.float64)
    start = np.random.default_rng(SEED).normal(size=A.shape[0])
    try:
        squares, vectors = eigsh(A, k=n_wanted, M=mass, sigma=-shift, OPinv=inverse, which="LM", v0=mass @ start)
    except ArpackNoConvergence as error:
        raise SolverError(f"the modes did not converge: {error}; ask for fewer or for some more") from error
    order = np.argsort(squares)
    return squares[order], vectors[:, order]


def _frequencies(squares: Array, n_rigid: int) -> Array:
    frequencies = np.sqrt(np.maximum(squares, 0.0)) / (2.0 * np.pi)
    if n_rigid and frequencies[n_rigid - 1] > STILL * frequencies[n_rigid]:
        raise SolverError(
            f"{n_rigid} motions are free, but one of them has {frequencies[n_rigid - 1]:.3g} Hz; the parts may be "
            "joined at a point or an edge only, or the faces of a support be nearly cylindrical"
        )
    frequencies[:n_rigid] = 0.0
    return frequencies


def _sound_across(body: Body, density: Array) -> float:
    """Square of the circular frequency of sound over the size of the body [1/s²]."""
    stiffest = max(float(material.stiffness[:3, :3].max()) for _, material in body.regions)
    size = float(np.linalg.norm(np.ptp(body.space.mesh.points, axis=0)))
    return stiffest / float(density.mean()) / size**2
