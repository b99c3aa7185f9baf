"""A small solve whose answer is known, to prove that a backend computes."""

import time
from dataclasses import dataclass

import numpy as np

from twin3d.backend import Backend
from twin3d.errors import SolverError
from twin3d.fem.cell_kernels import add_conduction
from twin3d.fem.linear import Method, prepare
from twin3d.fem.pattern import pattern_of

CORNERS = ((0, 1, 3, 7), (0, 5, 1, 7), (0, 4, 5, 7), (0, 2, 6, 7), (0, 3, 2, 7), (0, 6, 4, 7))
"""Six tetrahedra of a cube whose corners are numbered x fastest."""
N = 20
"""Cubes along an edge: 9 261 points, enough for three levels of multigrid."""
THICKNESS = 0.1
"""Of the slab [m]."""
CONDUCTIVITY = 35.0
"""Of the slab [W/(m·K)]."""
COLD, HOT = 293.15, 373.15
"""Temperatures of both sides [K]."""
TOLERANCE = 1e-6
"""Largest error that passes [K]."""


@dataclass(frozen=True, slots=True)
class Proof:
    """How well and how fast a slab between two temperatures was solved."""

    n_points: int
    """Points of the mesh."""
    error: float
    """Largest deviation from the straight line between both temperatures [K]."""
    duration: float
    """Of assembly, preparation and solution, after kernels were compiled [s]."""

    def __str__(self) -> str:
        return f"a slab of {self.n_points:,} points to {self.error:.0e} K in {self.duration:.2f} s"


def prove(backend: Backend) -> Proof:
    """Assemble and solve a slab by multigrid; the first run compiles the kernels, the second is timed.

    Raises:
        SolverError: The answer is wrong or there is none.
    """
    points, cells = _slab()
    _solve(points, cells, backend)
    start = time.perf_counter()
    temperature = _solve(points, cells, backend)
    duration = time.perf_counter() - start
    exact = COLD + (HOT - COLD) * points[:, 0] / THICKNESS
    proof = Proof(len(points), float(np.abs(temperature - exact).max()), duration)
    if not proof.error <= TOLERANCE:
        raise SolverError(f"{proof}, which is wrong by more than {TOLERANCE:.0e} K; report it with this table")
    return proof


def _slab() -> tuple[np.ndarray, np.ndarray]:
    step = np.array([1, N + 1, (N + 1) ** 2])
    z, y, x = np.meshgrid(*[np.arange(N + 1)] * 3, indexing="ij")
    place = np.column_stack([x.ravel(), y.ravel(), z.ravel()])
    first = np.flatnonzero((place < N).all(axis=1))
    offsets = np.array([[corner & 1, corner >> 1 & 1, corner >> 2] for corner in range(8)]) @ step
    cells = (first[:, None, None] + offsets[np.array(CORNERS)]).reshape(-1, 4)
    return place * (THICKNESS / N), cells.astype(np.int32)


def _solve(points: np.ndarray, cells: np.ndarray, backend: Backend) -> np.ndarray:
    xp, pattern = backend.xp, pattern_of(cells, len(points))
    entries, conductivity = xp.zeros(len(pattern.indices)), xp.full(len(cells), CONDUCTIVITY)
    add_conduction(
        entries,
        xp.asarray(points),
        xp.asarray(cells),
        conductivity=conductivity,
        slots=xp.asarray(pattern.slots),
        backend=backend,
    )
    K = pattern.matrix(backend.to_host(entries))
    is_hot, is_cold = points[:, 0] >= THICKNESS * (1.0 - 1e-9), points[:, 0] <= THICKNESS * 1e-9
    temperature = np.where(is_hot, HOT, COLD)
    free = np.flatnonzero(~is_hot & ~is_cold)
    load = -(K @ np.where(is_hot | is_cold, temperature, 0.0))[free]
    temperature[free] = prepare(K[free][:, free], method=Method.MULTIGRID, backend=backend).solve(load, rtol=1e-11).x
    return temperature
