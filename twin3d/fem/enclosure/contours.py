r"""The view between two triangles by the double integral along their contours.

$A_i F_{ij} = \frac{1}{2\pi} \oint_i \oint_j \ln r \, d\mathbf{r}_i \cdot d\mathbf{r}_j$ (Sparrow, A new and simpler
formulation for radiative angle factors, J. Heat Transfer 85 (1963) 81–88). The inner integral along an edge is
closed, the outer one is by Gauss's rule with points gathered at the ends and at the feet of the other edge's
ends, where the inner one has a kink (as G. N. Walton, NISTIR 6925 (2002), splits edges that meet). Triangles that
reach behind each other's plane are cut there first.
"""

import numpy as np
import numpy.typing as npt

from twin3d.fem.enclosure.compiled import compiled

Array = npt.NDArray[np.float64]


def _gathered_rule(n_points: int) -> tuple[Array, Array]:
    """Gauss's rule on (0, 1) in u, with x = 3u² - 2u³."""
    nodes, weights = np.polynomial.legendre.leggauss(n_points)
    u = 0.5 * (nodes + 1.0)
    return u * u * (3.0 - 2.0 * u), 3.0 * weights * u * (1.0 - u)


RULE_POINTS, RULE_WEIGHTS = _gathered_rule(8)


@compiled
def exchange_area(first: Array, second: Array) -> float:
    """A F between two triangles that nothing hides [the square of the unit of length].

    Args:
        first: Corners, counter-clockwise as the other triangle sees them, shape (3, 3).
        second: Likewise.
    """
    ours, theirs = cut_behind(first, second), cut_behind(second, first)
    total = 0.0
    for i in range(len(ours)):
        for j in range(len(theirs)):
            total += _edge_pair(ours[i - 1], ours[i], theirs[j - 1], theirs[j])
    return max(total / (2.0 * np.pi), 0.0)


@compiled
def area_vector(triangle: Array) -> Array:
    """Half the cross product of two sides, shape (3,)."""
    ax, ay, az = triangle[1] - triangle[0]
    bx, by, bz = triangle[2] - triangle[0]
    return 0.5 * np.array([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx])


@compiled
def cut_behind(triangle: Array, other: Array) -> Array:
    """The part of a triangle in front of the other's plane, a polygon of 0 to 4 corners, shape (n, 3)."""
    normal = area_vector(other)
    normal /= np.sqrt((normal**2).sum())
    height = np.zeros(3)
    for k in range(3):
        height[k] = ((triangle[k] - other[0]) * normal).sum()
    margin = 1e-12 * np.sqrt(((triangle[1] - triangle[0]) ** 2).sum())
    polygon, n = np.zeros((4, 3)), 0
    for k in range(3):
        before = (k + 2) % 3
        if (height[before] > margin and height[k] < -margin) or (height[before] < -margin and height[k] > margin):
            share = height[before] / (height[before] - height[k])
            polygon[n] = triangle[before] + share * (triangle[k] - triangle[before])
            n += 1
        if height[k] >= -margin:
            polygon[n] = triangle[k]
            n += 1
    if height.max() <= margin:
        n = 0
    return polygon[:n]


@compiled
def _edge_pair(a0: Array, a1: Array, b0: Array, b1: Array) -> float:
    """∫∫ ln r da · db along two edges."""
    a, b = a1 - a0, b1 - b0
    aa, ab, bb = (a * a).sum(), (a * b).sum(), (b * b).sum()
    if aa == 0.0 or bb == 0.0 or abs(ab) < 1e-13 * np.sqrt(aa * bb):
        return 0.0
    length = np.sqrt(bb)
    feet = np.zeros(4)
    feet[1], feet[2], feet[3] = ((b0 - a0) * a).sum() / aa, ((b1 - a0) * a).sum() / aa, 1.0
    feet = np.sort(np.minimum(np.maximum(feet, 0.0), 1.0))
    total = 0.0
    for piece in range(3):
        span = feet[piece + 1] - feet[piece]
        if span < 1e-12:
            continue
        for k in range(len(RULE_POINTS)):
            point = a0 + (feet[piece] + span * RULE_POINTS[k]) * a
            total += span * RULE_WEIGHTS[k] * _log_distance(point - b0, b / length, length)
    return float(total * ab / length)


@compiled
def _log_distance(offset: Array, along: Array, length: float) -> float:
    """∫ ln r from a point along an edge that starts at minus the offset."""
    x = (offset * along).sum()
    aside = offset - x * along
    h = np.sqrt((aside**2).sum())
    return _primitive(length - x, h) - _primitive(-x, h)


@compiled
def _primitive(x: float, h: float) -> float:
    square = x * x + h * h
    if square < 1e-300:
        return 0.0
    value = 0.5 * x * np.log(square) - x
    return float(value + h * np.arctan2(x, h)) if h > 0.0 else float(value)
