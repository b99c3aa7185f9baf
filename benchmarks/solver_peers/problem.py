"""The problem that every code is given: a mesh, its held points, a second load, how exactly and how often to solve."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

YOUNGS_MODULUS, POISSONS_RATIO = 1000.0, 0.3
BODY_FORCE = (0.0, 0.0, -1.0)
TIME_STEP = 0.01
RTOL = 1e-8
"""Relative residual |b - A x| / |b| over the points that are not held, at which every solve stops."""

ASSEMBLIES, REPEATS = 2, 3
"""How often it is assembled and solved again; the best counts."""
PRODUCTS = 20
"""Products of the matrix that are measured together."""


@dataclass(frozen=True, eq=False, slots=True)
class Problem:
    """Unit conductivity, heat capacity and heat source, or an elastic body under a unit body force downwards.

    Linear tetrahedra. Temperature or displacement is zero at the held points; a march starts from zero.
    """

    physics: str
    """``heat`` or ``elasticity``."""
    points: np.ndarray
    """Shape (n_points, 3), the body about one unit long."""
    cells: np.ndarray
    """Positive volume in VTK order, shape (n_cells, 4), int32."""
    held: np.ndarray
    """Whether a point is held, shape (n_points,)."""
    other_load: np.ndarray
    """Load vector of the repeated solve, shape (n_points,) or (n_points, 3)."""
    solver: str = ""
    """Which of its solvers the code shall take."""
    n_steps: int = 0
    """Steps of backward Euler over `TIME_STEP` each; none for elasticity."""

    @property
    def n_components(self) -> int:
        """Unknowns of a point."""
        return 1 if self.physics == "heat" else 3

    @property
    def n_unknowns(self) -> int:
        """Unknowns, held ones included."""
        return len(self.points) * self.n_components

    def save(self, path: Path) -> None:
        """Write an .npz file."""
        np.savez(path, **asdict(self))


def load_problem(path: Path) -> Problem:
    """Read what `Problem.save` wrote."""
    with np.load(path) as data:
        return Problem(**{name: data[name] if data[name].ndim else data[name].item() for name in data.files})


def small_like(problem: Problem) -> Problem:
    """For the same code and solver, with enough unknowns that the same parts of it compile and load.

    28,000 in elasticity: multigrid has three levels then, the lower ones with six unknowns to an aggregate.
    """
    small = cube_problem(problem.physics, 22 if problem.physics == "heat" else 20)
    return replace(small, solver=problem.solver, n_steps=min(problem.n_steps, 2))


def cube_problem(physics: str, n: int) -> Problem:
    """The unit cube, n cells along each edge, six tetrahedra each (Kuhn), held at x = 0."""
    ticks = np.linspace(0.0, 1.0, n + 1)
    z, y, x = (axis.ravel() for axis in np.meshgrid(ticks, ticks, ticks, indexing="ij"))
    stride = np.array([1, n + 1, (n + 1) ** 2])
    k, j, i = (axis.ravel() for axis in np.meshgrid(*[np.arange(n)] * 3, indexing="ij"))
    corner = i * stride[0] + j * stride[1] + k * stride[2]
    paths = [(0, 1, 2), (1, 2, 0), (2, 0, 1), (1, 0, 2), (0, 2, 1), (2, 1, 0)]
    steps = [np.cumsum([0, *stride[list(path)]]) for path in paths]
    for odd in steps[3:]:
        odd[[1, 2]] = odd[[2, 1]]
    cells = np.stack([corner[:, None] + step for step in steps], axis=1).reshape(-1, 4)
    return with_loads(physics, np.column_stack([x, y, z]), cells)


def with_loads(physics: str, points: np.ndarray, cells: np.ndarray) -> Problem:
    """Hold what lies at the least x, and make a second load that varies over the body."""
    low, size = points.min(axis=0), np.ptp(points, axis=0).max()
    points = np.ascontiguousarray((points - low) / size)
    wave = (1.0 + np.cos(3.0 * np.pi * points[:, 1])) / len(points)
    other = wave if physics == "heat" else wave[:, None] * np.array([0.3, 1.0, -0.5])
    return Problem(physics, points, np.ascontiguousarray(cells, dtype=np.int32), points[:, 0] < 1e-9, other)
