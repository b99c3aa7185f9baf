"""Points inside parts moved to where the worst of the cells about them is better; boundaries and volumes stay."""

import numpy as np
import numpy.typing as npt

from twin3d.mesh.quality import scaled_jacobians

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.integer]

POOR = 0.15
"""Cells with a smaller scaled Jacobian are improved."""
MOST_CELLS = 2_000
"""Of more poor cells than this, the worst are improved, so that the time is bounded."""
N_SWEEPS = 30
FIRST_STEP, LAST_STEP = 0.15, 0.005
"""Lengths of the moves that are tried, relative to the mean edge at the point; halved where none helps."""
LEAST_GAIN = 1e-6
"""A move is taken where it raises the smallest scaled Jacobian about the point by more than this."""


def smoothed(points: Array, cells: npt.NDArray[np.int32], is_fixed: npt.NDArray[np.bool_]) -> Array:
    """Points of a mesh whose poor cells are better.

    Wherever a point moves, the worst cell about it gets better, and the poor cells about it do not get more.

    A pattern search on the smallest quality about each point, the aim of Freitag and Ollivier-Gooch: Tetrahedral mesh
    improvement using swapping and smoothing, Int. J. Numer. Meth. Engng 40 (1997) 3979.

    Args:
        points: Shape (n_points, 3).
        cells: Of positive volume, shape (n_cells, 4).
        is_fixed: Points that stay, those on all boundaries, shape (n_points,).

    Returns:
        Shape (n_points, 3).
    """
    steps = np.zeros(len(points))
    steps[_poorest(points, cells)] = FIRST_STEP
    steps[is_fixed] = 0.0
    patch = cells[(steps > 0.0)[cells].any(axis=1)]
    for _ in range(N_SWEEPS):
        if not steps.any():
            break
        points, steps = _swept(points, patch, steps)
    return points


def _poorest(points: Array, cells: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Corners of the poor cells."""
    quality = scaled_jacobians(points, cells)
    poor = np.flatnonzero(quality < POOR)
    return cells[poor[np.argsort(quality[poor])[:MOST_CELLS]]].ravel()


def _swept(points: Array, cells: Ints, steps: Array) -> tuple[Array, Array]:
    """Points and steps after one move of as many points as do not disturb each other; steps are 0 where all is done."""
    member, corner = np.nonzero((steps > 0.0)[cells])
    movable, star = np.unique(cells[member, corner], return_inverse=True)
    moves, before, after = _best_moves(points[cells[member]], (corner, star), steps[movable])
    gains = np.where(after > before + LEAST_GAIN, after - before, 0.0)
    moving = _apart(gains, star, member)
    points, steps = points.copy(), steps.copy()
    points[movable[moving]] += moves[moving]
    kept = np.where(gains > 0.0, steps[movable], 0.5 * steps[movable])
    is_done = (np.where(moving, after, before) >= POOR) | (kept < LAST_STEP)
    steps[movable] = np.where(is_done, 0.0, kept)
    return points, steps


def _best_moves(corners: Array, stars: tuple[Ints, Ints], steps: Array) -> tuple[Array, Array, Array]:
    """For each star the best of the moves that are tried, and its smallest quality before and after.

    Args:
        corners: Those of every cell of every star, shape (n_members, 4, 3).
        stars: Which corner moves, and the star that the cell belongs to, each of shape (n_members,).
        steps: Relative to the mean edge, shape (n_stars,).
    """
    corner, star = stars
    row = np.arange(len(star))
    own = corners[row, corner]
    edges = np.linalg.norm(corners - own[:, None], axis=2).sum(axis=1) / 3.0
    lengths = steps * np.bincount(star, edges) / np.bincount(star)
    before, n_poor_before = _quality_of_stars(corners, star)
    best, moves = before, np.zeros((len(steps), 3))
    for direction in _DIRECTIONS:
        trial = lengths[:, None] * direction
        corners[row, corner] = own + trial[star]
        quality, n_poor = _quality_of_stars(corners, star)
        better = (quality > best) & (n_poor <= n_poor_before)
        best = np.where(better, quality, best)
        moves[better] = trial[better]
    return moves, before, best


def _quality_of_stars(corners: Array, star: Ints) -> tuple[Array, Ints]:
    """Smallest scaled Jacobian of the cells of each star, and how many of them are poor."""
    quality = scaled_jacobians(corners.reshape(-1, 3), np.arange(4 * len(corners), dtype=np.int32).reshape(-1, 4))
    smallest = np.full(int(star.max()) + 1, np.inf)
    np.minimum.at(smallest, star, quality)
    return smallest, np.bincount(star[quality < POOR], minlength=len(smallest))


def _apart(gains: Array, star: Ints, member: Ints) -> npt.NDArray[np.bool_]:
    """Stars that gain, and gain more than all others that share a cell with them."""
    rank = np.argsort(np.argsort(gains, kind="stable"))
    highest = np.zeros(int(member.max()) + 1, dtype=np.int64)
    np.maximum.at(highest, member, rank[star])
    moving = gains > 0.0
    moving[star[rank[star] < highest[member]]] = False
    return moving


def _towards_cube() -> Array:
    """Unit vectors to the faces and corners of a cube, shape (14, 3)."""
    grid = np.array(np.meshgrid(*[[-1.0, 0.0, 1.0]] * 3)).reshape(3, -1).T
    vectors = grid[np.isin(np.count_nonzero(grid, axis=1), (1, 3))]
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


_DIRECTIONS = _towards_cube()
