"""What the filter estimates: which inputs, parameters, lags and biases are states, and their priors."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from twin3d.errors import EstimationError
from twin3d.estimation.observation import Observation
from twin3d.records import ParameterKind, ReducedModel
from twin3d.scene import Estimation, Input, Sensor, SensorRole

Array = npt.NDArray[np.float64]

LAG_SPREAD = 0.25
"""Relative standard deviation of a stated sensor lag, log-normal [–]; data sheets give it for one mounting only."""
MODEL_ERROR_TIME_S = 30.0
"""Truncation and discretisation error at a sensor follows the load with this time constant [s]."""
MAX_LOCAL = 64
"""With more sensors than this, the model's error at each is no state of its own but noise of the same effect."""
SOURCE_TIME_S = 400.0
"""Time constant of the sources that stand for the model's error where the scene states none and no input is unknown."""
PARAMETER_TIME_S = 1800.0
"""Parameters leak back to their prior with this time constant [s]: films and contacts do change."""
DRIVE_WANDER = 0.3
"""A driven input wanders by this part of its sensor's noise per period, so about three readings are averaged."""
DRIVE_PRIOR_K = 10.0
"""Standard deviation of a driven temperature around its nominal value before its first reading [K]."""
START_SPREAD_K = 0.2
"""Standard deviation of the stated initial temperature, common to all points [K]."""


@dataclass(frozen=True, eq=False)
class Problem:
    """The estimation problem of one asset, with all states counted.

    State x = [z | l | q | w | η | ζ | b | e]: modes, lagged readings of slow sensors, uncertain inputs (deviation from
    their mean), sources that stand for the model's error, log-parameters over their spread, log-lags over their
    spread, biases, errors of the model at sensors. The sources are inputs of unit variance that nobody states: ẏ gains
    Ψ w.
    """

    model: ReducedModel
    observation: Observation
    observing: npt.NDArray[np.int32]
    """Sensors whose readings correct the state: role observe or drive, shape (n_observing,)."""
    lagged: npt.NDArray[np.int32]
    """Those of them with a lag, shape (n_lagged,)."""
    lag_rates: Array
    """1 / lag of `lagged` [1/s], shape (n_lagged,)."""
    biased: npt.NDArray[np.int32]
    """Those of them with a bias, shape (n_biased,)."""
    bias_numbers: npt.NDArray[np.int32]
    """Which bias each of them has; the channels of one sensor share theirs, shape (n_biased,)."""
    bias_spread: Array
    """Prior standard deviation of a bias, in SI, shape (n_biases,)."""
    bias_rate: float
    """Rate at which biases leak back to zero [1/s], so that they never integrate without bound."""
    local: npt.NDArray[np.int32]
    """Those of them whose truncation and discretisation error is a state, shape (n_local,)."""
    noise: Array
    """Variance of one reading, in SI, shape (n_sensors,)."""
    uncertain: npt.NDArray[np.int32]
    """Unknown and driven inputs, shape (n_uncertain,)."""
    mean_input: Array
    """ũ with every uncertain input at its mean, shape (n_inputs,)."""
    input_rates: Array
    """Rate of return to the mean [1/s], 0 for driven inputs, shape (n_uncertain,)."""
    input_noise: Array
    """White-noise intensity that moves them [SI²/s], shape (n_uncertain,)."""
    input_spread: Array
    """Prior standard deviation, in SI, shape (n_uncertain,)."""
    input_bounds: Array
    """Smallest and largest deviation from the mean, in SI, shape (n_uncertain, 2)."""
    error_load: Array
    """Ψ, shape (n_modes, n_sources) [1/s of y per unit]."""
    source_rate: float
    """Rate at which the sources return to zero [1/s]."""
    spreads: Array
    """Prior standard deviation of log θ of the parameters that are states, shape (n_parameters,)."""
    parameters: npt.NDArray[np.int32]
    """Indices of those parameters in the model, shape (n_parameters,)."""

    considered: npt.NDArray[np.int32]
    """States that are never corrected, only allowed for: log-lags and parameters, shape (n_considered,).

    Log-lags and heat capacities act on rates of change alone. The rates of an estimate are mostly noise while the
    powers are steady, and a filter that fits these states to them finds slow sensors and heavy parts, and is sure of
    it. Other parameters are corrected where the scene wants them learnt."""

    @cached_property
    def is_considered(self) -> npt.NDArray[np.bool_]:
        """Whether a state is considered, shape (n_state,)."""
        mask = np.zeros(self.n_state, dtype=np.bool_)
        mask[self.considered] = True
        return mask

    @cached_property
    def n_modes(self) -> int:
        """Number of modes."""
        return self.model.n_modes

    @cached_property
    def n_fast(self) -> int:
        """Number of states with coupled dynamics: modes and lagged readings."""
        return self.n_modes + len(self.lagged)

    @cached_property
    def n_state(self) -> int:
        """Number of all states."""
        return int(self.locals.stop)

    @cached_property
    def lags(self) -> slice:
        """Where the lagged readings are in the state."""
        return slice(self.n_modes, self.n_fast)

    @cached_property
    def inputs(self) -> slice:
        """Where the uncertain inputs are in the state."""
        return slice(self.n_fast, self.n_fast + len(self.uncertain))

    @cached_property
    def sources(self) -> slice:
        """Where the sources are in the state."""
        return slice(self.inputs.stop, self.inputs.stop + self.error_load.shape[1])

    @cached_property
    def driving(self) -> slice:
        """Where all that heats the modes is in the state: uncertain inputs, then sources."""
        return slice(self.inputs.start, self.sources.stop)

    @cached_property
    def driving_rates(self) -> Array:
        """Rates of return of uncertain inputs and sources [1/s], shape (n_driving,)."""
        return np.append(self.input_rates, np.full(self.error_load.shape[1], self.source_rate))

    @cached_property
    def driving_noise(self) -> Array:
        """White-noise intensity that moves them [1/s times their unit squared], shape (n_driving,)."""
        return np.append(self.input_noise, np.full(self.error_load.shape[1], 2.0 * self.source_rate))

    @cached_property
    def driving_seen(self) -> Array:
        """What every sensor sees of them at once, shape (n_sensors, n_driving)."""
        direct = self.observation.inputs[:, self.uncertain]
        return np.hstack([direct, np.zeros((len(direct), self.error_load.shape[1]))])

    @cached_property
    def log_parameters(self) -> slice:
        """Where the log-parameters are in the state."""
        return slice(self.sources.stop, self.sources.stop + len(self.parameters))

    @cached_property
    def log_lags(self) -> slice:
        """Where the log-lags are in the state."""
        return slice(self.log_parameters.stop, self.log_parameters.stop + len(self.lagged))

    @cached_property
    def biases(self) -> slice:
        """Where the biases are in the state."""
        return slice(self.log_lags.stop, self.log_lags.stop + len(self.bias_spread))

    @cached_property
    def locals(self) -> slice:
        """Where the model's errors at sensors are in the state."""
        return slice(self.biases.stop, self.biases.stop + len(self.local))

    @cached_property
    def bias_states(self) -> npt.NDArray[np.int32]:
        """Where the bias of each biased sensor is in the state, shape (n_biased,)."""
        return np.asarray(self.biases.start + self.bias_numbers, dtype=np.int32)

    def theta(self, x: Array) -> Array:
        """Parameters θ of the model at a state, shape (n_model_parameters,)."""
        theta = np.ones(len(self.model.parameters))
        theta[self.parameters] = np.exp(self.spreads * x[self.log_parameters])
        return theta

    def input_values(self, x: Array) -> Array:
        """ũ at a state, shape (n_inputs,)."""
        values = self.mean_input.copy()
        values[self.uncertain] += x[self.inputs]
        return values


def state_problem(
    model: ReducedModel,
    observation: Observation,
    inputs: Sequence[Input],
    sensors: Sequence[Sensor],
    *,
    settings: Estimation | None = None,
) -> Problem:
    """Count the states of the estimation problem and set their priors.

    Args:
        model: The reduced model.
        observation: What the sensors see of it.
        inputs: The scene's inputs, in the model's order.
        sensors: The scene's sensors.
        settings: The scene's ``[estimation]``; its defaults without it.

    Raises:
        EstimationError: No sensor corrects the state, or inputs and sensors contradict each other.
    """
    if tuple(item.name for item in inputs) != model.input_names:
        raise EstimationError(f"the scene's inputs {[i.name for i in inputs]} are not the model's {model.input_names}")
    observing = _indices(sensor.role is not SensorRole.CHECK for sensor in sensors)
    observing = observing[~observation.is_blind[observing]]
    if not observing.size:
        raise EstimationError("no sensor observes or drives anything; give at least one sensor the role 'observe'")
    lagged = _indices(sensor.lag > 0.0 and sensor.role is not SensorRole.CHECK for sensor in sensors)
    bias_spread = np.array([sensor.bias for sensor in sensors])
    biased = observing[bias_spread[observing] > 0.0]
    bias_numbers, leading = _numbered([sensors[index].array or sensors[index].id for index in biased])
    local = observing[observation.model_error[observing] > 0.0]
    noise = np.array([sensor.noise for sensor in sensors]) ** 2
    if len(local) > MAX_LOCAL:
        noise += _equivalent_noise(observation, sensors)
        local = local[:0]
    drivers = _drivers(inputs, sensors)
    uncertain = _indices(item.unknown is not None or item.name in drivers for item in inputs)
    priors = [_input_prior(inputs[index], drivers.get(inputs[index].name)) for index in uncertain]
    table = np.array(priors, dtype=float).reshape(-1, 5)
    parameters = _indices(parameter.spread > 0.0 for parameter in model.parameters)
    settings = Estimation() if settings is None else settings
    Psi = model.error_load[:, :0] if settings.source_scale == 0.0 else settings.source_scale * model.error_load
    first = model.n_modes + len(lagged) + len(uncertain) + Psi.shape[1]
    considered = _indices(
        settings.parameters == "considered" or model.parameters[index].kind is ParameterKind.HEAT_CAPACITY
        for index in parameters
    )
    log_lags = np.arange(len(lagged)) + len(parameters)
    return Problem(
        model=model,
        observation=observation,
        observing=observing,
        lagged=lagged,
        lag_rates=np.array([1.0 / sensors[index].lag for index in lagged]),
        biased=biased,
        bias_numbers=bias_numbers,
        bias_spread=bias_spread[biased[leading]],
        bias_rate=1.0 / settings.bias_time,
        local=local,
        noise=noise,
        uncertain=uncertain,
        mean_input=np.array([item.value for item in inputs]) - model.input_reference,
        input_rates=table[:, 0],
        input_noise=table[:, 1],
        input_spread=table[:, 2],
        input_bounds=table[:, 3:],
        error_load=Psi,
        source_rate=1.0 / (settings.source_time or _shortest_time(inputs)),
        spreads=np.array([model.parameters[index].spread for index in parameters]),
        parameters=parameters,
        considered=(first + np.concatenate([considered, log_lags])).astype(np.int32),
    )


def _shortest_time(inputs: Sequence[Input]) -> float:
    return min((item.unknown.time_constant for item in inputs if item.unknown is not None), default=SOURCE_TIME_S)


def _indices(flags: Iterable[bool]) -> npt.NDArray[np.int32]:
    return np.flatnonzero(np.fromiter(flags, dtype=np.bool_)).astype(np.int32)


def _numbered(names: Sequence[str]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.intp]]:
    """Each name's number in the order of first appearance, and where each number appears first."""
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    each = np.array([numbers[name] for name in names], dtype=np.int32)
    return each, np.unique(each, return_index=True)[1]


def _equivalent_noise(observation: Observation, sensors: Sequence[Sensor]) -> Array:
    """Variance of white noise that hides as much as the model's errors: as strong at low frequencies."""
    periods = np.array([sensor.period for sensor in sensors])
    return observation.model_error**2 * (1.0 + 2.0 * MODEL_ERROR_TIME_S / periods)


def _drivers(inputs: Sequence[Input], sensors: Sequence[Sensor]) -> dict[str, Sensor]:
    drivers: dict[str, Sensor] = {}
    unknown = {item.name for item in inputs if item.unknown is not None}
    for sensor in sensors:
        if sensor.role is SensorRole.DRIVE and sensor.drives is not None:
            if sensor.drives in unknown:
                raise EstimationError(f"input {sensor.drives!r} is unknown and driven by {sensor.id!r}; choose one")
            drivers.setdefault(sensor.drives, sensor)
    return drivers


def _input_prior(item: Input, driver: Sensor | None) -> tuple[float, float, float, float, float]:
    """Return rate, noise intensity, prior spread and bounds (as deviations from the mean)."""
    if driver is not None:
        spread = DRIVE_PRIOR_K if item.is_temperature else abs(item.value) + 10.0 * driver.noise
        return 0.0, (DRIVE_WANDER * driver.noise) ** 2 / driver.period, spread, -np.inf, np.inf
    if item.unknown is None:
        raise EstimationError(f"input {item.name!r} is neither unknown nor driven")
    prior = item.unknown
    low = -np.inf if prior.minimum is None else prior.minimum - item.value
    high = np.inf if prior.maximum is None else prior.maximum - item.value
    rate = 1.0 / prior.time_constant
    return rate, 2.0 * rate * prior.spread**2, prior.spread, low, high


def initial_state(problem: Problem) -> tuple[Array, Array]:
    """Mean and covariance of the state at rest at the scene's initial temperature.

    Returns:
        Shapes (n_state,) and (n_state, n_state).
    """
    variance = np.zeros(problem.n_state)
    variance[problem.inputs] = problem.input_spread**2
    variance[problem.sources] = 1.0
    variance[problem.log_parameters] = 1.0
    variance[problem.log_lags] = 1.0
    variance[problem.biases] = problem.bias_spread**2
    variance[problem.locals] = problem.observation.model_error[problem.local] ** 2
    P = np.diag(variance)
    common = np.zeros(problem.n_state)
    common[: problem.n_modes] = _uniform_rise(problem.model)
    common[problem.lags] = problem.observation.modes[problem.lagged] @ common[: problem.n_modes]
    P += START_SPREAD_K**2 * np.outer(common, common)
    x = np.zeros(problem.n_state)
    x[: problem.n_modes] = problem.model.lifting_rate_map @ problem.mean_input
    x[problem.lags] = lagged_deviation(problem, x, np.eye(problem.n_modes))
    return x, P


def lagged_deviation(problem: Problem, x: Array, frame: Array) -> Array:
    """True values at the lagged sensors less their constant, shape (n_lagged,)."""
    seen = problem.observation
    y = frame @ x[: problem.n_modes]
    return np.asarray(seen.modes[problem.lagged] @ y + seen.inputs[problem.lagged] @ problem.input_values(x))


def _uniform_rise(model: ReducedModel) -> Array:
    """Coefficients of the field that is one kelvin everywhere, in the least-squares sense, shape (n_modes,)."""
    return np.asarray(np.linalg.solve(model.basis.T @ model.basis, model.basis.sum(axis=0)))
