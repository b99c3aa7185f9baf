"""What a calibration finds beside the parameters: gains, offsets, lags and biases that would else pass for physics."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from twin3d.estimation.playback import lagged
from twin3d.estimation.problem import LAG_SPREAD, START_SPREAD_K
from twin3d.estimation.recorded import Recorded
from twin3d.records import ReducedModel
from twin3d.reduction.reduce import scale_of
from twin3d.scene import Input, Sensor, SensorRole

Array = npt.NDArray[np.float64]

DELAY_SPREAD = 0.5
"""Standard deviation of a delay of all inputs, in steps of the grid: a jump lies anywhere between two readings."""
LAG, BIAS, N_OWN = 0, 1, 2
"""Columns of a sensor's own unknowns; its mesh errors, one for each input and one for its rise, follow."""


@dataclass(frozen=True, eq=False, slots=True)
class Physical:
    """What the unknowns mean."""

    theta: Array
    """Parameters θ, shape (n_model_parameters,)."""
    inputs: Array
    """u in SI at the times of the grid, shape (n_times, n_inputs)."""
    lags: Array
    """[s], shape (n_sensors,)."""
    delay_s: float
    """How much later than recorded the inputs came [s]."""
    start_rise: float
    """How much warmer than stated the asset was at the start [K]."""


@dataclass(frozen=True, eq=False, slots=True)
class Unknowns:
    """Those all sensors share, [log θ | log gains | offsets | delay | start], and each sensor's own, over their spread.

    A sensor's own are its log-lag, its bias, and what the mesh is wrong by there: an error for each input, in
    proportion to that input, since what a mesh misses near a source follows it at once, and one in proportion to the
    rise that the sensor showed, for what it misses on the way there.
    """

    shared_names: tuple[str, ...]
    """Shape (n_shared,)."""
    shared_spreads: Array
    """Prior standard deviations: logarithms without a unit, else in SI, shape (n_shared,)."""
    own_names: tuple[tuple[str, ...], ...]
    """By sensor, shape (n_sensors, n_own)."""
    own_spreads: Array
    """The same for each sensor, 0 for what is known, shape (n_sensors, n_own)."""
    parameters: npt.NDArray[np.int64]
    """In the model, shape (n_parameters,)."""
    gains: npt.NDArray[np.int64]
    """Inputs with an uncertain gain: heat rates, shape (n_gains,)."""
    offsets: npt.NDArray[np.int64]
    """Inputs with an uncertain offset: measured temperatures, shape (n_offsets,)."""
    loads: Array
    """Each input's deviation over its scale and the rise over its largest, shape (n_observations, n_inputs + 1)."""
    recorded: Recorded
    """The recording."""
    stated_lags: Array
    """Of the scene [s], shape (n_sensors,)."""
    n_model_parameters: int
    """Parameters of the model, known ones included."""

    @property
    def n_shared(self) -> int:
        """How many unknowns all sensors share."""
        return len(self.shared_names)

    @property
    def n_parameters(self) -> int:
        """How many of them are parameters; they come first."""
        return len(self.parameters)

    def physical(self, shared: Array, own: Array) -> Physical:
        """What the unknowns (n_shared,) and (n_sensors, n_own) mean."""
        ends = np.cumsum([len(self.parameters), len(self.gains), len(self.offsets)])
        parameters, gains, offsets, rest = np.split(shared * self.shared_spreads, ends)
        delay_s, start_rise = map(float, rest)
        theta = np.ones(self.n_model_parameters)
        theta[self.parameters] = np.exp(parameters)
        inputs = self.recorded.inputs.copy()
        inputs[:, self.gains] *= np.exp(gains)
        inputs[:, self.offsets] += offsets
        lags = self.stated_lags * np.exp(own[:, LAG] * self.own_spreads[:, LAG])
        return Physical(theta, inputs, lags, delay_s, start_rise)

    def additions(self, own: Array) -> Array:
        """What biases and mesh errors add to each observation, in SI, shape (n_observations,)."""
        each = (own * self.own_spreads)[self.recorded.sensor]
        return np.asarray(each[:, BIAS] + (each[:, N_OWN:] * self.loads).sum(axis=1))

    def by_additions(self) -> Array:
        """Derivatives of `additions` by each sensor's own unknowns, shape (n_observations, n_own)."""
        J = self.own_spreads[self.recorded.sensor].copy()
        J[:, LAG] = 0.0
        J[:, N_OWN:] *= self.loads
        return J


def unknowns_of(
    model: ReducedModel,
    recorded: Recorded,
    inputs: Sequence[Input],
    sensors: Sequence[Sensor],
    *,
    parameters: npt.NDArray[np.int64],
    fitted: npt.NDArray[np.bool_],
    model_error: Array,
    gain_spread: float,
) -> Unknowns:
    """Count the unknowns.

    Args:
        model: The reduced model.
        recorded: The recording.
        inputs: The scene's.
        sensors: From `recordable`.
        parameters: Those to find, by their place in the model.
        fitted: Whether a sensor's readings are used, shape (n_sensors,).
        model_error: Standard deviation of truncation and discretisation at the sensors [K], shape (n_sensors,).
        gain_spread: Relative standard deviation of the gain of a recorded or stated heat rate [–].
    """
    drivers = {sensor.drives: sensor for sensor in sensors if sensor.role is SensorRole.DRIVE}
    offset = np.array(
        [
            drivers[item.name].bias if item.is_temperature and recorded.measured_input[index] else 0.0
            for index, item in enumerate(inputs)
        ]
    )
    is_power = np.array([not item.is_temperature for item in inputs]) & (recorded.inputs != 0.0).any(axis=0)
    gains = np.flatnonzero(is_power & (gain_spread > 0.0))
    offsets = np.flatnonzero(offset)
    lag_spread = np.array([LAG_SPREAD if sensor.lag > 0.0 else 0.0 for sensor in sensors])
    own = [lag_spread, np.array([sensor.bias for sensor in sensors]), *[model_error] * (len(inputs) + 1)]
    names = [model.parameters[index].name for index in parameters.tolist()]
    return Unknowns(
        shared_names=(
            *names,
            *(f"gain of {inputs[index].name}" for index in gains.tolist()),
            *(f"offset of {inputs[index].name}" for index in offsets.tolist()),
            "delay of the inputs",
            "initial temperature",
        ),
        shared_spreads=np.array(
            [
                *(model.parameters[index].spread for index in parameters.tolist()),
                *[gain_spread] * len(gains),
                *offset[offsets],
                DELAY_SPREAD * recorded.dt_s,
                START_SPREAD_K,
            ]
        ),
        own_names=tuple(
            (
                f"lag of {sensor.id}",
                f"bias of {sensor.id}",
                *(f"mesh error at {sensor.id} by {item.name}" for item in inputs),
                f"mesh error at {sensor.id} by its rise",
            )
            for sensor in sensors
        ),
        own_spreads=np.column_stack(own) * fitted[:, None],
        parameters=parameters,
        gains=gains,
        offsets=offsets,
        loads=_loads(model, recorded, inputs, sensors),
        recorded=recorded,
        stated_lags=np.array([sensor.lag for sensor in sensors]),
        n_model_parameters=len(model.parameters),
    )


def _loads(model: ReducedModel, recorded: Recorded, inputs: Sequence[Input], sensors: Sequence[Sensor]) -> Array:
    scale = np.array([scale_of(item) for item in inputs])
    deviation = (recorded.inputs - model.input_reference) / scale
    grid = recorded.dt_s * np.arange(len(deviation))
    loads = np.zeros((len(recorded.sensor), len(inputs) + 1))
    rise = recorded.value - model.reference_temperature
    for index in np.unique(recorded.sensor).tolist():
        rows, lag = recorded.sensor == index, sensors[index].lag
        for column, values in enumerate(deviation.T):
            shown = lagged(values, recorded.dt_s / lag) if lag > 0.0 else values
            loads[rows, column] = np.interp(recorded.time_s[rows], grid, shown)
        loads[rows, -1] = rise[rows] / max(float(np.abs(rise[rows]).max()), 1e-12)
    return loads
