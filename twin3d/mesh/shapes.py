"""What a curved or flat patch of facets is: plane, cylinder, cone or sphere, fitted to its points and its normals.

Points of a mesh lie on the CAD surface however coarse the facets are, so points give the sizes. Normals of coarse
facets tilt, so they only choose where to start and refuse what merely passes through the points.
"""

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]
FaceKind: TypeAlias = Literal["plane", "cylinder", "sphere", "cone", "other"]

FLAT = 0.9995
"""Length of the mean unit normal above which a face is plane."""
TIGHT = 1e-3
"""Largest distance of points from a shape that fits tightly, relative to its smallest size."""
LOOSE = 0.04
"""Largest distance of points from a shape that fits at all, relative to its radius: chords of a tessellation."""
HOLLOW = 0.05
"""The same, relative to how deep the shape curves: a shallow bump is no cylinder."""
ALIGNED = 0.9
"""Mean cosine between facets and shape below which the shape only passes through the points."""
PATCH_ANGLE_DEG = 30.0
"""Facets that meet at less than this may be one patch of a surface file, so two of them are no cylinder."""
MOST_POINTS = 400
STEPS = 12


@dataclass(frozen=True, eq=False, slots=True)
class Shape:
    """A surface that facets lie on."""

    kind: FaceKind
    direction: Array
    """Outward normal of a plane, axis of a cylinder or cone, mean normal of others, shape (3,)."""
    origin: Array
    """A point of the axis, the centre of a sphere, the centroid of others [m], shape (3,)."""
    radius: float
    """Of a cylinder or sphere [m]; NaN for others."""
    is_concave: bool
    """Whether the normals point to the axis or centre, as in a hole."""


@dataclass(frozen=True, eq=False, slots=True)
class Patch:
    """Facets as fits see them: centred, and scaled to an extent of 1."""

    points: Array
    """Corners, shape (n_points, 3)."""
    centres: Array
    """Of the facets, shape (n_facets, 3)."""
    normals: Array
    """Unit normals of the facets, shape (n_facets, 3)."""
    weights: Array
    """Areas of the facets, summing to 1, shape (n_facets,)."""


@dataclass(frozen=True, eq=False, slots=True)
class _Round:
    """A surface of revolution with straight generators, radius r + k z at height z, or a sphere."""

    kind: FaceKind
    origin: Array
    axis: Array
    """Unit vector; of no meaning for a sphere."""
    radius: float
    slope: float = 0.0
    """k of a cone."""

    def offsets(self, points: Array) -> tuple[Array, Array]:
        """Signed distances of points, shape (n,), and unit normals away from axis or centre, shape (n, 3)."""
        local = points - self.origin
        if self.kind == "sphere":
            length = np.maximum(np.linalg.norm(local, axis=1), 1e-300)
            return length - self.radius, local / length[:, None]
        height = local @ self.axis
        across = local - height[:, None] * self.axis
        length = np.maximum(np.linalg.norm(across, axis=1), 1e-300)
        cosine = 1.0 / float(np.hypot(1.0, self.slope))
        normals = cosine * (across / length[:, None] - self.slope * self.axis)
        return cosine * (length - self.radius - self.slope * height), normals


def fit_shape(points: Array, centres: Array, normals: Array, weights: Array) -> Shape:
    """The simplest shape that fits tightly, else the simplest that fits loosely.

    Args:
        points: Corners of the facets, each once [m], shape (n_points, 3).
        centres: Of the facets [m], shape (n_facets, 3).
        normals: Outward unit normals of the facets, shape (n_facets, 3).
        weights: Areas of the facets, summing to 1, shape (n_facets,).
    """
    mean = weights @ normals
    length = float(np.linalg.norm(mean))
    direction = mean / max(length, 1e-300)
    if length > FLAT:
        return Shape("plane", direction, weights @ centres, float("nan"), is_concave=False)
    middle, scale = points.mean(axis=0), float(np.ptp(points, axis=0).max())
    patch = Patch((points - middle) / scale, (centres - middle) / scale, normals, weights)
    found = _best(patch)
    if found is None:
        return Shape("other", direction, weights @ centres, float("nan"), is_concave=False)
    if found.kind != "sphere":
        direction = found.axis * np.sign(found.axis[np.abs(found.axis).argmax()]) + 0.0
    return Shape(
        kind=found.kind,
        direction=direction,
        origin=found.origin * scale + middle,
        radius=float("nan") if found.kind == "cone" else found.radius * scale,
        is_concave=_alignment(found, patch) < 0.0,
    )


def _best(patch: Patch) -> _Round | None:
    loose = None
    for fit, allowed in ((_cylinder, _cylinder_room), (_cone, _cone_room), (_sphere, _sphere_room)):
        found = fit(patch)
        if found is None or abs(_alignment(found, patch)) < ALIGNED:
            continue
        error = float(np.abs(found.offsets(patch.points)[0]).max())
        size, depth = allowed(found, patch)
        if error <= TIGHT * min(size, depth):
            return found
        if loose is None and error <= LOOSE * size and error <= HOLLOW * depth:
            loose = _through_corners(found, patch)
    return loose


def _through_corners(found: _Round, patch: Patch) -> _Round:
    """The shape grown to its outermost points: corners of a tessellation lie on it, its chords within."""
    return (
        found
        if found.kind == "cone"
        else replace(found, radius=found.radius + float(found.offsets(patch.points)[0].max()))
    )


def _alignment(found: _Round, patch: Patch) -> float:
    """Mean cosine between the facets' normals and the shape's, negative where facets face the axis."""
    return float(patch.weights @ np.einsum("ij,ij->i", found.offsets(patch.centres)[1], patch.normals))


def _cylinder(patch: Patch) -> _Round | None:
    found = _revolved(patch, is_cone=False)
    return found if found is not None and _is_bent_enough(found, patch) else None


def _cone(patch: Patch) -> _Round | None:
    return _revolved(patch, is_cone=True) if len(patch.points) >= 8 else None


def _is_bent_enough(found: _Round, patch: Patch) -> bool:
    """Whether the profile is more than two strips that a surface file would join: a circle passes through any three."""
    u, v = _across(found.axis)
    local = patch.points - found.origin
    turns = np.sort(np.arctan2(local @ v, local @ u))
    gaps = np.diff(turns, append=turns[0] + 2.0 * np.pi)
    if int((gaps > 1e-3).sum()) > 3:
        return True
    few = patch.normals[:MOST_POINTS]
    return bool((few @ few.T).min() < np.cos(np.radians(PATCH_ANGLE_DEG)))


def _cylinder_room(found: _Round, patch: Patch) -> tuple[float, float]:
    return found.radius, _depth(found, patch)


def _cone_room(found: _Round, patch: Patch) -> tuple[float, float]:
    """The mean radius, and the smaller of depth and length of the generator: a rounded edge is no chamfer."""
    height = float(np.ptp((patch.points - found.origin) @ found.axis)) * float(np.hypot(1.0, found.slope))
    return abs(found.radius), min(_depth(found, patch), 0.5 * height)


def _sphere_room(found: _Round, patch: Patch) -> tuple[float, float]:
    return found.radius, _depth(found, patch)


def _depth(found: _Round, patch: Patch) -> float:
    """How deep the points curve along their mean normal, the diameter for a closed shape."""
    away = patch.weights @ found.offsets(patch.centres)[1]
    length = float(np.linalg.norm(away))
    return float(np.ptp(patch.points @ away)) / length if length > 1e-6 else 2.0 * abs(found.radius)


def _revolved(patch: Patch, *, is_cone: bool) -> _Round | None:
    """The cylinder or cone of least squares, from the better of two guesses at the axis."""
    points = patch.points[:: max(1, len(patch.points) // MOST_POINTS)]
    mean = patch.weights @ patch.normals
    found: list[tuple[float, _Round]] = []
    for centre in (np.zeros(3), mean):
        spread = ((patch.normals - centre) * patch.weights[:, None]).T @ (patch.normals - centre)
        guess = _start(points, np.linalg.eigh(spread)[1][:, 0], is_cone=is_cone)
        if guess is not None:
            better = _polished(points, guess)
            found.append((float(np.abs(better.offsets(points)[0]).max()), better))
    return min(found, key=lambda pair: pair[0])[1] if found else None


def _start(points: Array, axis: Array, *, is_cone: bool) -> _Round | None:
    """The circle through the points as seen along an axis.

    The algebraic fit of Kåsa, IEEE Trans. Instrum. Meas. 25 (1976) 8–14.
    """
    across = _across(axis)
    flat = points @ across.T
    columns = np.column_stack([2.0 * flat, np.ones(len(flat))])
    solution = np.linalg.lstsq(columns, (flat**2).sum(axis=1), rcond=None)[0]
    radius = float(np.sqrt(max(solution[2] + solution[:2] @ solution[:2], 0.0)))
    if not 0.0 < radius < 1e3:
        return None
    return _Round("cone" if is_cone else "cylinder", solution[:2] @ across, axis, radius)


def _polished(points: Array, found: _Round) -> _Round:
    """Gauss–Newton on the radial distances: tilt and shift of the axis, radius and, for a cone, slope."""
    for _ in range(STEPS):
        u, v = _across(found.axis)
        local = points - found.origin
        height = local @ found.axis
        across = local - height[:, None] * found.axis
        length = np.maximum(np.linalg.norm(across, axis=1), 1e-12)
        eu, ev = (across @ u) / length, (across @ v) / length
        residual = length - found.radius - found.slope * height
        columns = [
            -height * eu - found.slope * (local @ u),
            -height * ev - found.slope * (local @ v),
            -eu,
            -ev,
            -np.ones(len(points)),
        ]
        if found.kind == "cone":
            columns.append(-height)
        step = -np.linalg.lstsq(np.column_stack(columns), residual, rcond=1e-9)[0]
        step *= min(1.0, 0.3 / max(float(np.abs(step[:2]).max()), 1e-300))
        axis = found.axis + step[0] * u + step[1] * v
        found = replace(
            found,
            origin=found.origin + step[2] * u + step[3] * v,
            axis=axis / np.linalg.norm(axis),
            radius=found.radius + float(step[4]),
            slope=found.slope + float(step[5]) if found.kind == "cone" else 0.0,
        )
        if float(np.abs(step).max()) < 1e-10:
            break
    return found


def _sphere(patch: Patch) -> _Round | None:
    """The algebraic fit of a sphere; eight points, since four always lie on one."""
    points = patch.points
    if len(points) < 8:
        return None
    columns = np.column_stack([2.0 * points, np.ones(len(points))])
    solution = np.linalg.lstsq(columns, (points**2).sum(axis=1), rcond=None)[0]
    radius = float(np.sqrt(max(solution[3] + solution[:3] @ solution[:3], 0.0)))
    return _Round("sphere", solution[:3], np.zeros(3), radius) if radius > 0.0 else None


def _across(axis: Array) -> Array:
    """Two unit vectors square to an axis, shape (2, 3)."""
    helper = np.eye(3)[np.abs(axis).argmin()]
    u = np.cross(axis, helper)
    u /= np.linalg.norm(u)
    return np.stack([u, np.cross(axis, u)])
