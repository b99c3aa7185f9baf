r"""The reduced model driven through a recording, at any parameters.

Inputs are linear between the times of the grid (first-order hold), and the modes answer to that exactly: with
$x = \lambda\,\Delta t$, $\varphi_1 = (1 - e^{-x})/x$ and $\varphi_2 = (1 - \varphi_1)/x$,
$z^+ = e^{-x} z + \Delta t\,(\varphi_1 f u + \varphi_2 f\,\Delta u) - \varphi_1 l\,\Delta u$, where l is how changing
prescribed temperatures drive the modes. A slow sensor follows $\dot y = (s - y)/\tau$ in the same way.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy import linalg, sparse

from twin3d.estimation.recorded import Recorded
from twin3d.estimation.responses import relative_exponential
from twin3d.records import ReducedModel
from twin3d.reduction.march import reduced_operators

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Modal:
    """The reduced model at one set of parameters, its modes apart."""

    rates: Array
    """λ [1/s], shape (n_modes,)."""
    load: Array
    """f, shape (n_modes, n_inputs)."""
    rate_load: Array
    """l, shape (n_modes, n_inputs)."""
    from_uniform: Array
    """The modes of a field one kelvin above the rest, shape (n_modes,)."""
    seen: Array
    """What the sensors see of the modes, shape (n_sensors, n_modes)."""


class Playback:
    """What the sensors of an asset would have read, were the model right."""

    def __init__(self, model: ReducedModel, rows: sparse.csr_array, recorded: Recorded, *, steady_start: bool) -> None:
        """Bind a model to a recording.

        Args:
            model: The reduced model.
            rows: What each sensor takes of the dofs, shape (n_sensors, n_dofs).
            recorded: The recording.
            steady_start: Whether the asset was in the steady state of its first inputs, not at rest.
        """
        self.model = model
        self.recorded = recorded
        self._steady_start = steady_start
        self._seen = np.asarray(rows @ model.basis)
        self._lifted = np.asarray(rows @ model.lifting)
        self._uniform = np.linalg.solve(model.basis.T @ model.basis, model.basis.sum(axis=0))

    def modal(self, theta: Array) -> Modal:
        """The modes at parameters θ, shape (n_parameters,)."""
        M, K, F = reduced_operators(self.model, theta)
        rates, U = linalg.eigh(K, M)
        return Modal(
            rates=np.maximum(rates, 0.0),
            load=U.T @ F,
            rate_load=U.T @ self.model.lifting_rate_map,
            from_uniform=U.T @ (M @ self._uniform),
            seen=self._seen @ U,
        )

    def expected(
        self, modal: Modal, *, inputs: Array, lags: Array, delay_s: float = 0.0, start_rise: float = 0.0
    ) -> Array:
        """The true value behind each observation, in SI, shape (n_observations,).

        Args:
            modal: The modes.
            inputs: u in SI at the times of the grid, shape (n_times, n_inputs).
            lags: Time constant of each sensor [s], 0 for none, shape (n_sensors,).
            delay_s: How much later than recorded the inputs came [s].
            start_rise: How much warmer than the model's reference the whole asset was at the start [K].
        """
        model, recorded = self.model, self.recorded
        deviation = inputs - model.input_reference
        modes = self._modes(modal, deviation, start_rise)
        values = model.reference_temperature + modes @ modal.seen.T + deviation @ self._lifted.T
        for sensor in np.flatnonzero(lags > 0.0):
            values[:, sensor] = lagged(values[:, sensor], recorded.dt_s / lags[sensor])
        step = np.clip((recorded.time_s - delay_s) / recorded.dt_s, 0.0, len(values) - 1.001)
        place = step.astype(np.int64)
        before, after = (values[place + more, recorded.sensor] for more in (0, 1))
        return np.asarray(before + (step - place) * (after - before))

    def _modes(self, modal: Modal, deviation: Array, start_rise: float) -> Array:
        """The modes at the times of the grid, shape (n_times, n_modes)."""
        dt_s = self.recorded.dt_s
        decay, first, second = hold(modal.rates * dt_s)
        change = np.diff(deviation, axis=0)
        driven = (deviation[:-1] @ modal.load.T) * (dt_s * first) + (change @ modal.load.T) * (dt_s * second)
        driven -= (change @ modal.rate_load.T) * first
        modes = np.zeros((len(deviation), len(modal.rates)))
        modes[0] = start_rise * modal.from_uniform
        if self._steady_start:
            modes[0] += (modal.load @ deviation[0]) / np.maximum(modal.rates, 1e-12 * modal.rates.max())
        _follow(modes, decay, driven)
        return modes


def lagged(values: Array, ratio: float) -> Array:
    """What a first-order sensor shows of values that are linear between steps; `ratio` is step over time constant."""
    decay, first, second = (float(each[0]) for each in hold(np.array([ratio])))
    driven = ratio * (first * values[:-1] + second * np.diff(values))
    shown = np.zeros((len(values), 1))
    shown[0] = values[0]
    _follow(shown, np.array([decay]), driven[:, None])
    return shown[:, 0]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _follow(states: Array, decay: Array, driven: Array) -> None:
    """Fill in states (n_times, n) after the first: each decays and is driven, (n,) and (n_times - 1, n)."""
    for step in range(len(driven)):
        for index in range(len(decay)):
            states[step + 1, index] = decay[index] * states[step, index] + driven[step, index]


def hold(x: Array) -> tuple[Array, Array, Array]:
    """$e^{-x}$, φ₁ and φ₂ of a first-order hold, each (n,)."""
    first = relative_exponential(-x)
    small = x < 1e-4
    second = np.where(small, 0.5 - x / 6.0, (1.0 - first) / np.where(small, 1.0, x))
    return np.exp(-x), first, second
