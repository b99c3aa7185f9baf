"""The time scales that a reduced model must follow: from what can be seen to what the asset needs to settle."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import linalg

from twin3d.backend import Backend
from twin3d.errors import ReductionError, SolverError
from twin3d.fem.linear import Factor, Order, prepare
from twin3d.fem.system import System
from twin3d.scene import Scene

Array = npt.NDArray[np.float64]

SHIFTS_PER_DECADE = 1.5
N_ROUNDS = 3
"""Applications of the inverse that find the slowest mode; each shrinks the others by the ratio of their rates."""
LOOSE_SHARE = 1e-3
"""Of a rough slowest rate: a shift that hardly moves a mode, where nothing holds the temperature."""
LONG_AFTER_LOOSE = 10.0
"""Times the slowest settling of a loose body after which it only warms as a whole."""


@dataclass(frozen=True, slots=True)
class TimeScales:
    """What lies between is what the model is made and checked for."""

    fast_s: float
    """The shortest [s]."""
    slow_s: float
    """Time constant of the slowest mode that settles [s]."""
    is_held: bool
    """Whether something holds the temperature, so that there is a steady state."""

    def shifts(self) -> Array:
        """Shifts [1/s] for rational Krylov spaces, ascending, shape (n_shifts,)."""
        slow_s = self.slow_s if self.is_held else LONG_AFTER_LOOSE * self.slow_s
        n_shifts = 2 + int(SHIFTS_PER_DECADE * np.log10(slow_s / self.fast_s))
        return np.geomspace(1.0 / slow_s, 1.0 / self.fast_s, n_shifts)


def fastest_s(scene: Scene) -> float:
    """The shortest time that counts [s]: of tick, sensor lags and sensor periods; nothing faster is ever seen."""
    lags = [sensor.lag for sensor in scene.sensors if sensor.lag > 0.0]
    return min([scene.feed.tick, *lags, *(sensor.period for sensor in scene.sensors)])


def time_scales(
    system: System, fast_s: float, steady: Factor | None, *, order: Order | None = None, backend: Backend
) -> TimeScales:
    """The time scales of an asset.

    The slowest mode is the Ritz value of a few inverse iterations that start from the responses to the inputs, so modes
    that no input excites do not count.

    Args:
        system: At the parameters of the reduction.
        fast_s: From `fastest_s`.
        steady: Its stiffness, factorised; None where nothing holds the temperature.
        order: Of elimination, from `fill_reducing_order`.
        backend: Where to solve.

    Raises:
        ReductionError: No input drives anything.
    """
    shift = 0.0 if steady is not None else LOOSE_SHARE * _rough_slowest(system)
    factor = steady or prepare(system.mass * shift + system.stiffness, order=order, backend=backend)
    loads = np.hstack([system.load, system.fixed_mass])
    if not loads.any():
        raise ReductionError("no input of the scene drives any point; check the loads")
    blocks = [factor.solve(loads[:, loads.any(axis=0)]).x]
    for _ in range(N_ROUNDS - 1):
        blocks.append(factor.solve(system.mass @ blocks[-1]).x)
    rates = _ritz_values(np.hstack([block / np.abs(block).max(axis=0) for block in blocks]), system)
    slow_s = 1.0 / float(rates[rates > shift].min())
    return TimeScales(min(fast_s, 0.1 * slow_s), slow_s, steady is not None)


def steady_factor(system: System, order: Order | None, backend: Backend) -> Factor | None:
    """For steady problems; None where something is loose, so that there is no steady state."""
    try:
        return prepare(system.stiffness, order=order, backend=backend)
    except SolverError:
        return None


def _rough_slowest(system: System) -> float:
    """Diffusion across the whole from that across a cell, the length going with the cube root of the number."""
    across_cell = float(np.median(system.stiffness.diagonal() / system.mass.diagonal()))
    return across_cell / float(np.cbrt(system.mass.shape[0])) ** 2


def _ritz_values(X: Array, system: System) -> Array:
    """Rates of the modes that X spans [1/s], shape (n,)."""
    U, R, _ = linalg.qr(X, mode="economic", pivoting=True)
    kept = np.abs(np.diag(R)) > 1e-9 * np.abs(R[0, 0])
    U = U[:, kept]
    return np.asarray(linalg.eigh(U.T @ (system.stiffness @ U), U.T @ (system.mass @ U), eigvals_only=True))
