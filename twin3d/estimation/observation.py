"""What each sensor sees of the reduced model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from twin3d.errors import EstimationError
from twin3d.records import ReducedModel
from twin3d.scene import Sensor, SensorKind, SensorRole

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Observation:
    """The true value at a sensor is `constant` + `modes` · y + `inputs` · ũ.

    y = a + ΦᵀMG ũ are the coordinates that stay continuous when a prescribed temperature jumps.
    """

    modes: npt.NDArray[np.float64]
    """Sensitivity to y, shape (n_sensors, n_modes)."""
    inputs: npt.NDArray[np.float64]
    """Sensitivity to the deviation ũ of the inputs from their reference, shape (n_sensors, n_inputs)."""
    constant: npt.NDArray[np.float64]
    """Value in SI with all else zero, shape (n_sensors,)."""
    model_error: npt.NDArray[np.float64]
    """Standard deviation of truncation and discretisation at the sensor, in SI, shape (n_sensors,)."""
    is_blind: npt.NDArray[np.bool_]
    """Pixels that see nothing of the asset; their readings are dropped, shape (n_sensors,)."""


def observe(
    model: ReducedModel,
    rows: sparse.csr_array,
    sensors: Sequence[Sensor],
    *,
    state_rows: Mapping[str, Array] | None = None,
) -> Observation:
    """Bind sensors to a reduced model.

    Args:
        model: The reduced model.
        rows: Interpolation from dofs to sensors, shape (n_sensors, n_dofs); rows of driving sensors are ignored.
        sensors: The scene's sensors.
        state_rows: By sensor, what it takes of [a; ũ; 1] where that is no temperature, such as the strain of a gauge
            from `StressModes.gauges`, shape (n_modes + n_inputs + 1,) each. Noise and bias are then in its unit.

    Raises:
        EstimationError: A sensor sees nothing of the model, or drives an unknown input, or a row of the state fits no
            sensor.
    """
    if rows.shape != (len(sensors), model.n_dofs):
        raise EstimationError(f"sensor rows are {rows.shape}; expected ({len(sensors)}, {model.n_dofs})")
    own = _checked_rows(model, state_rows or {}, sensors)
    modes = np.asarray(rows @ model.basis)
    inputs = np.asarray(rows @ model.lifting) - modes @ model.lifting_rate_map
    constant = np.full(len(sensors), model.reference_temperature)
    model_error = np.asarray(abs(rows) @ model.point_error)
    is_empty, is_blind = np.diff(sparse.csr_array(rows).indptr) == 0, np.zeros(len(sensors), dtype=np.bool_)
    for index, sensor in enumerate(sensors):
        if sensor.role is SensorRole.DRIVE:
            driven = _driven_input(sensor, model.input_names)
            modes[index], inputs[index], model_error[index] = 0.0, 0.0, 0.0
            inputs[index, driven] = 1.0
            constant[index] = model.input_reference[driven]
        elif sensor.id in own:
            row = own[sensor.id]
            modes[index], model_error[index], constant[index] = row[: model.n_modes], 0.0, row[-1]
            inputs[index] = row[model.n_modes : -1] - modes[index] @ model.lifting_rate_map
        elif is_empty[index] and sensor.kind is SensorKind.IMAGE:
            is_blind[index] = True
        elif is_empty[index]:
            raise EstimationError(f"sensor {sensor.id!r} sees no point of the mesh; give it a position or a face")
    return Observation(modes, inputs, constant, model_error, is_blind)


def _checked_rows(model: ReducedModel, rows: Mapping[str, Array], sensors: Sequence[Sensor]) -> Mapping[str, Array]:
    expected = (model.n_modes + model.n_inputs + 1,)
    ids = {sensor.id for sensor in sensors if sensor.role is not SensorRole.DRIVE}
    for name, row in rows.items():
        if name not in ids:
            raise EstimationError(
                f"a row is given for {name!r}; sensors that look at the asset are {', '.join(sorted(ids))}"
            )
        if np.shape(row) != expected:
            raise EstimationError(f"the row of {name!r} has shape {np.shape(row)}; this model needs {expected}")
    return rows


def _driven_input(sensor: Sensor, names: Sequence[str]) -> int:
    if sensor.drives is None or sensor.drives not in names:
        raise EstimationError(f"sensor {sensor.id!r} drives {sensor.drives!r}; inputs are {', '.join(names)}")
    return list(names).index(sensor.drives)
