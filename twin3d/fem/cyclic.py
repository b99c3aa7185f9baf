"""Cyclic symmetry: the dofs where a sector ends have the values of those where it begins."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.spatial import cKDTree

from twin3d.errors import MeshError, SolverError
from twin3d.fem.facet_integrals import facet_areas
from twin3d.fem.integrals import Index
from twin3d.fem.rows import rows_at
from twin3d.fem.space import FunctionSpace
from twin3d.mesh.selection import select_named_facets
from twin3d.scene import Cyclic

Array: TypeAlias = npt.NDArray[np.float64]

SAME_PLACE = 1e-6
"""Distance below which turned dofs meet, in sizes of the faces."""
ON_FACE = 2e-3
"""Distance below which a turned dof lies on a face whose mesh does not match, in sizes of the faces."""
NEGLIGIBLE = 1e-6
"""Weights that are rounding, also that of the positions in a mesh."""
CORRECTIONS = 5
"""How often positions on curved cells are corrected."""


@dataclass(frozen=True, eq=False, slots=True)
class Ties:
    """Dofs that take their values from others."""

    dofs: Index
    """Those that do, ascending, shape (n_tied,)."""
    transformation: sparse.csr_array
    """C in T = C T: a row of weights that sum to 1 for each tied dof, that of the identity for others, (n_dofs)²."""
    rotation: Array
    """What turns the low faces into the high ones, shape (3, 3)."""
    axis_dofs: Index
    """Dofs on the axis, which turn into themselves, shape (n_axis,)."""
    direction: Array
    """Unit vector along the axis, shape (3,)."""
    point: Array
    """On the axis [m], shape (3,)."""
    is_matching: bool
    """Whether the meshes of both faces are the same, so that every weight is 1."""

    def displacements(self) -> sparse.csr_array:
        """C in u = C u: tied displacements turn with the sector, those on the axis only move along it, (3 n_dofs)²."""
        n_dofs = self.transformation.shape[0]
        is_tied, on_axis = np.zeros(n_dofs), np.zeros(n_dofs)
        is_tied[self.dofs], on_axis[self.axis_dofs] = 1.0, 1.0
        along = np.outer(self.direction, self.direction)
        tied = sparse.diags_array(is_tied) @ self.transformation
        plain = sparse.diags_array(1.0 - is_tied - on_axis)
        total = sparse.kron(tied, self.rotation) + sparse.kron(plain, np.eye(3))
        total = total + sparse.kron(sparse.diags_array(on_axis), along)
        # a tied displacement follows others through what is left of theirs
        return sparse.csr_array(total @ total)


def cyclic_ties(cyclic: Cyclic, space: FunctionSpace) -> Ties:
    """Tie the dofs of the high faces to those of the low ones.

    Where both meshes are the same, dof to dof; else each high dof to the low facet that it meets.

    Args:
        cyclic: Axis, sectors and faces.
        space: The function space.

    Raises:
        SelectionError: A face matches nothing.
        SolverError: The low faces, turned by one sector, are not the high ones; says what would fit.
    """
    mesh = space.mesh
    low, high = (
        mesh.facets[select_named_facets(mesh, getattr(cyclic, end), f"[cyclic] {end}")] for end in ("low", "high")
    )
    of_low, of_high = (np.unique(space.facet_dofs(corners)) for corners in (low, high))
    direction = np.array(cyclic.axis.direction) / np.linalg.norm(cyclic.axis.direction)
    rotation = rotation_about(direction, 2.0 * np.pi / cyclic.sectors)
    point = np.array(cyclic.axis.point)
    # a row vector times R is R⁻¹ times the column
    turned_back = point + (space.dof_points[of_high] - point) @ rotation
    size = float(np.linalg.norm(np.ptp(space.dof_points[of_low], axis=0)))
    found, distance = _nearest(space, of_low, of_high, turned_back, size)
    is_matching = bool((distance <= SAME_PLACE * size).all())
    entries = (np.ones(len(of_high)), (np.arange(len(of_high)), found))
    one_to_one = sparse.csr_array(entries, shape=(len(of_high), space.n_dofs))
    rows = one_to_one if is_matching else _interpolated(space, of_low, turned_back, size)
    if rows is None:
        raise SolverError(_mismatch(cyclic, space, low, high, distance))
    on_axis = of_high[np.linalg.norm(turned_back - space.dof_points[of_high], axis=1) <= SAME_PLACE * size]
    is_tied = ~np.isin(of_high, on_axis)
    tied = of_high[is_tied]
    plain = np.ones(space.n_dofs)
    plain[tied] = 0.0
    place = sparse.csr_array((np.ones(len(tied)), (tied, np.arange(len(tied)))), shape=(space.n_dofs, len(tied)))
    C = sparse.csr_array(sparse.diags_array(plain) + place @ rows[is_tied])
    return Ties(tied, C, rotation, on_axis, direction, point, is_matching)


def rotation_about(direction: Array, angle: float) -> Array:
    """The matrix of a rotation about a unit vector (3,) by an angle [rad] (Rodrigues), shape (3, 3)."""
    x, y, z = direction
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1.0 - np.cos(angle)) * cross @ cross)


def _nearest(space: FunctionSpace, of_low: Index, of_high: Index, turned: Array, size: float) -> tuple[Index, Array]:
    """The low dof nearest to each turned one, of the same part where contacts double points, and how far it is."""
    label = np.zeros(space.n_dofs)
    if len(space.mesh.contact_facets):
        label = np.full(space.n_dofs, np.inf)
        np.minimum.at(label, space.cell_dofs, space.mesh.cell_region[:, None].astype(np.float64))
    apart = 10.0 * size * label[:, None]
    tree = cKDTree(np.hstack([space.dof_points, apart])[of_low])
    distance, place = tree.query(np.hstack([turned, apart[of_high]]))
    return of_low[place], np.asarray(distance)


def _interpolated(space: FunctionSpace, of_low: Index, turned: Array, size: float) -> sparse.csr_array | None:
    """Rows that interpolate on the low faces; None where positions do not lie on them."""
    rows = _on_face(space, of_low, turned)
    if rows is None:
        return None
    miss = turned - rows @ space.dof_points
    for _ in range(CORRECTIONS):
        # cells are taken as straight, so that in curved ones other positions are met than those asked for
        again = _on_face(space, of_low, turned + miss)
        left = miss if again is None else turned - again @ space.dof_points
        if again is None or np.linalg.norm(left) > 0.5 * np.linalg.norm(miss):
            break
        rows, miss = again, miss + left
    found = np.linalg.norm(rows @ space.dof_points - turned, axis=1)
    return rows if found.max() <= ON_FACE * size else None


def _on_face(space: FunctionSpace, of_low: Index, positions: Array) -> sparse.csr_array | None:
    """Rows of the low dofs near positions, whose weights sum to 1."""
    try:
        rows = rows_at(space, positions)
    except MeshError:
        return None
    on_low = np.zeros(space.n_dofs)
    on_low[of_low] = 1.0
    rows = sparse.csr_array(rows @ sparse.diags_array(on_low))
    rows.data[np.abs(rows.data) < NEGLIGIBLE] = 0.0
    rows.eliminate_zeros()
    sums = np.asarray(rows.sum(axis=1))
    if sums.min() < 0.5:
        return None
    return sparse.csr_array(sparse.diags_array(1.0 / sums) @ rows)


def _mismatch(cyclic: Cyclic, space: FunctionSpace, low: Index, high: Index, distance: Array) -> str:
    """How far the faces are from each other, and what would fit."""
    angle, tilt = _angle_between(cyclic, space, low, high)
    given = 360.0 / cyclic.sectors
    remedy = "check the axis, and that both faces are cut alike"
    if abs(angle - given) > 0.02 * given and not tilt:
        n = round(360.0 / abs(angle)) if abs(angle) > 1e-3 else 0
        remedy = f"they are {abs(angle):.4g}° apart"
        remedy += f": set sectors = {n}" if n >= 2 and abs(360.0 / n - abs(angle)) < 0.02 * abs(angle) else ""
        remedy += ", and swap low and high, or turn the direction of the axis" if angle < 0.0 else ""
    return (
        f"[cyclic] the faces do not match: low turned by 360°/{cyclic.sectors} = {given:.4g}° about the axis misses "
        f"high by up to {distance.max():.4g} m; {remedy}"
    )


def _angle_between(cyclic: Cyclic, space: FunctionSpace, low: Index, high: Index) -> tuple[float, bool]:
    """Angle [deg] from the middle of low to that of high about the axis, and whether they lie at other heights."""
    point, direction = np.array(cyclic.axis.point), np.array(cyclic.axis.direction)
    direction = direction / np.linalg.norm(direction)
    middles = []
    for corners in (low, high):
        areas = facet_areas(space, corners)
        middles.append(areas @ space.mesh.points[corners].mean(axis=1) / areas.sum() - point)
    across = [middle - (middle @ direction) * direction for middle in middles]
    lengths = [float(np.linalg.norm(vector)) for vector in across]
    height = abs(float((middles[0] - middles[1]) @ direction))
    angle = np.degrees(np.arctan2(direction @ np.cross(across[0], across[1]), across[0] @ across[1]))
    is_other = height > 0.01 * max(lengths) or abs(lengths[0] - lengths[1]) > 0.01 * max(lengths)
    return float(angle), is_other
