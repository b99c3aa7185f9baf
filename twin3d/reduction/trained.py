"""Where a reduced model was made and checked, how far outside something is, and what that costs."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from twin3d.records import Operators, ReducedModel, TrainedRange
from twin3d.scene import Input

Array = npt.NDArray[np.float64]

RANGE_DEVIATIONS = 2.0
"""Standard deviations of inputs and parameters that count as trained; 95 of 100 draws of each lie within."""
GROWTH = 3.0
"""The error grows as 1 + `GROWTH` d² with parameters d half-widths outside.

Measured on steady states with all parameters there at once, against the edge of the range: two boxes 3.7 times at d = 1
and 9 times at d = 2, power module 4.0 and 13 times."""


def trained_range(operators: Operators, inputs: tuple[Input, ...], scale: Array, *, spreads: Array) -> TrainedRange:
    """The range of parameters and inputs for which a model is made.

    Args:
        operators: Tell which inputs are temperatures.
        inputs: Of the scene; stated bounds belong to the range.
        scale: How large each input's deviation may become, shape (n_inputs,).
        spreads: Relative standard deviations of the parameters, 0 for those at which the model is made alone.
    """
    logs = RANGE_DEVIATIONS * spreads[:, None] * np.array([-1.0, 1.0])
    ranges = np.outer(scale, RANGE_DEVIATIONS * np.array([-1.0, 1.0]))
    for index, item in enumerate(inputs):
        if operators.input_is_temperature[index]:
            ranges[index] += item.value
        if item.unknown is not None:
            low, high = item.unknown.minimum, item.unknown.maximum
            ranges[index, 0] = min(ranges[index, 0], ranges[index, 0] if low is None else low)
            ranges[index, 1] = max(ranges[index, 1], ranges[index, 1] if high is None else high)
    return TrainedRange(log_theta=logs, inputs=ranges)


def outside(model: ReducedModel, inputs: Array, theta: Array | None = None) -> dict[str, float]:
    """How far inputs and parameters lie outside the trained range, in half-widths of it; empty inside.

    Args:
        model: The reduced model; one without a stored range is never left.
        inputs: u in SI, shape (n_inputs,).
        theta: Parameters, shape (n_parameters,); those at which the model was made without them.
    """
    found: dict[str, float] = {}
    if model.trained is None:
        return found
    found |= _beyond(model.input_names, np.asarray(inputs), model.trained.inputs)
    if theta is not None:
        names = tuple(parameter.name for parameter in model.parameters)
        found |= _beyond(names, np.log(np.asarray(theta)), model.trained.log_theta)
    return found


def widening(distances: Mapping[str, float]) -> float:
    """By how much error bars grow where something lies outside by these distances; 1 inside.

    In proportion with inputs, in which the model is linear, and with the square of what parameters are off.
    """
    return 1.0 + sum(max(distance, GROWTH * distance**2) for distance in distances.values())


def _beyond(names: tuple[str, ...], values: Array, ranges: Array) -> dict[str, float]:
    middle, half = ranges.mean(axis=1), np.maximum(0.5 * np.ptp(ranges, axis=1), 1e-12)
    distance = np.abs(values - middle) / half - 1.0
    return {names[index]: float(distance[index]) for index in np.flatnonzero(distance > 1e-9)}
