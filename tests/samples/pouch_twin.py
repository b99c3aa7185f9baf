"""A twin of the pouch cell: calibrated on some pixels, then following them without the heater's temperature."""

from dataclasses import dataclass, replace

import numpy as np
from pouch_recording import N_PIXELS, load_measured, pixel_sensors, pouch_scene, readings_of
from scipy import linalg, sparse

from twin3d.backend import get_backend
from twin3d.estimation import Estimator
from twin3d.estimation.calibrated import CalibrationSettings
from twin3d.estimation.calibration import calibrate
from twin3d.estimation.playback import Playback
from twin3d.estimation.recorded import on_grid, recordable
from twin3d.pipeline import prepare
from twin3d.scene import Estimation

PARAMETERS = ("conductivity_? of cell", "film of air", "film of heater")
"""The five that are calibrated: along the length, the width and the thickness, and two films."""
MESH_ERROR_K = 0.03
"""What cells of 1.0 instead of 1.5 mm under the heater change, at full order with the authors' parameters."""
PIXEL_BIAS_K = 0.05


@dataclass(frozen=True)
class Setting:
    """What a filter assumes of errors of the model."""

    source_scale: float = 1.0
    local_K: float = MESH_ERROR_K
    """Standard deviation of what the model misses at one place alone."""


@dataclass(frozen=True, eq=False)
class Followed:
    """What a filter said of all pixels each second, the first left out."""

    field: np.ndarray
    """[K], shape (n_times, 121)."""
    deviation: np.ndarray
    """[K], shape (n_times, 121)."""
    heater: np.ndarray
    """[K], shape (n_times,)."""


class PouchTwin:
    """The scene, reduced once."""

    def __init__(self, cache_dir=None, **sizes):
        """Take other cell sizes than the scene's, if given."""
        self.measured = load_measured()
        scene = pouch_scene()
        self.scene = scene.model_copy(update={"geometry": scene.geometry.model_copy(update=sizes)})
        everywhere = self.scene.model_copy(update={"sensors": self._sensors(noise=0.1)})
        prepared = prepare(everywhere, backend=get_backend("numpy"), cache_dir=cache_dir)
        model = prepared.model
        self.model = replace(model, point_error=np.full(model.n_dofs, MESH_ERROR_K))
        self.rows = prepared.sensor_rows

    def _sensors(self, **options):
        return pixel_sensors(self.scene, self.measured, bias=PIXEL_BIAS_K, **options)

    def recorded(self, surface, *, noise, held_out=()):
        """The recording as a calibration takes it, its sensors, and what they see of the model."""
        sensors = recordable(self.scene.inputs, self._sensors(noise=noise, held_out=held_out))
        index = {sensor.id: number for number, sensor in enumerate(sensors)}
        columns = dict(enumerate(surface.T))
        columns |= {index["heater"]: self.measured.heater, index["room"]: self.measured.room}
        readings = readings_of(columns, np.arange(len(surface), dtype=float))
        blind = sparse.csr_array((len(sensors) - self.rows.shape[0], self.model.n_dofs))
        rows = sparse.csr_array(sparse.vstack([self.rows, blind]))
        return on_grid(readings, self.scene.inputs, sensors), sensors, rows

    def calibrated(self, surface, *, pixels, noise, until_s):
        """The calibration on some pixels; the heater's temperature is known to it."""
        held_out = set(range(N_PIXELS)) - set(pixels)
        recorded, sensors, rows = self.recorded(surface, noise=noise, held_out=held_out)
        settings = CalibrationSettings(parameters=PARAMETERS, fit_until_s=until_s)
        return calibrate(self.model, rows, recorded, self.scene.inputs, sensors, settings)

    def theta_of(self, calibration):
        """Factors on all parameters of the model."""
        factors = {item.name: item.factor for item in calibration.parameters}
        return np.array([factors.get(parameter.name, 1.0) for parameter in self.model.parameters])

    def expected(self, theta):
        """What all pixels show each second when the heater's temperature is known, shape (977, 121) [K]."""
        recorded, sensors, rows = self.recorded(self.measured.surface, noise=0.1)
        playback = Playback(self.model, rows, recorded, steady_start=False)
        values = playback.expected(
            playback.modal(theta), inputs=recorded.inputs, lags=np.zeros(len(sensors)), start_rise=0.0
        )
        return values.reshape(N_PIXELS, -1).T

    def recentred(self, calibration):
        """The model with what was found as its nominal parameters, and what is left of their spreads."""
        model, theta = self.model, self.theta_of(calibration)
        left = {item.name: item.deviation for item in calibration.parameters}
        M, K, F = (
            np.tensordot(theta, terms, 1) for terms in (model.mass_terms, model.stiffness_terms, model.load_terms)
        )
        rates, U = linalg.eigh(0.5 * (K + K.T), 0.5 * (M + M.T))
        scaled = theta[:, None, None]
        return replace(
            model,
            basis=np.asfortranarray(model.basis @ U),
            decay_rates=rates,
            input_map=U.T @ (F + model.constant_load),
            lifting_rate_map=U.T @ model.lifting_rate_map,
            mass_terms=U.T @ (scaled * model.mass_terms) @ U,
            stiffness_terms=U.T @ (scaled * model.stiffness_terms) @ U,
            load_terms=U.T @ (scaled * model.load_terms),
            constant_load=U.T @ model.constant_load,
            error_load=U.T @ model.error_load,
            parameters=tuple(replace(item, spread=left.get(item.name, item.spread)) for item in model.parameters),
        )

    def followed(self, model, surface, *, pixels, noise, setting, n_times=None):
        """Follow some pixels and the room's temperature second by second."""
        n_times = len(surface) if n_times is None else n_times
        sensors = self._sensors(noise=noise)
        used = [*pixels, N_PIXELS]
        columns = {number: surface[:, pixel] for number, pixel in enumerate(pixels)}
        columns[len(pixels)] = self.measured.room
        readings = readings_of(columns, np.arange(len(surface), dtype=float)).reshape(len(surface), -1)
        model = replace(model, point_error=np.full(model.n_dofs, setting.local_K))
        estimator = Estimator.prepare(
            model,
            self.rows[used],
            self.scene.inputs,
            [sensors[index] for index in used],
            tick_s=1.0,
            settings=Estimation(source_scale=setting.source_scale),
        )
        estimator.start(0)
        seen = np.asarray(self.rows[:N_PIXELS] @ model.basis)
        fields, deviations, heater = [], [], []
        for second in range(1, n_times):
            estimate = estimator.advance(readings[second], second * 10**9)
            fields.append(model.reference_temperature + seen @ estimate.coefficients)
            spread = seen @ estimate.covariance_factor[: model.n_modes]
            deviations.append(np.sqrt((spread**2).sum(axis=1) + setting.local_K**2))
            heater.append(estimate.inputs[0])
        return Followed(np.array(fields), np.array(deviations), np.array(heater))
