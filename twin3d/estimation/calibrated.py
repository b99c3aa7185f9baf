"""What is asked of a calibration, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from twin3d.scene import CalibratedParameter

Array = npt.NDArray[np.float64]

DISTRUST = 2.0
"""Deviations are widened by this where residuals show that the model lacks something."""


class FlagKind(StrEnum):
    """What is doubtful about a calibration."""

    CONFOUNDED = "confounded"
    """Two parameters act alike on all sensors."""
    UNKNOWN = "not known from these data"
    """The data say little about a parameter."""
    DISCREPANCY = "model discrepancy"
    """The residuals are larger than noise and stated errors: intervals may not hold."""
    FAR = "far from nominal"
    """A value that the prior thinks improbable."""
    SENSOR = "sensor left out"
    """A sensor that fits far worse than the others."""
    SHORT = "recording too short"
    """A film is fitted to less than one cooling time."""
    START = "wrong start"
    """The first readings are not what the stated start makes of them."""
    INPUT = "doubtful input"
    """An input that may not be what it seems."""
    NO_BETTER = "no better on held-out data"
    """The parameters do not help where they were not fitted."""
    UNSETTLED = "not settled"
    """The fit did not converge."""

    @property
    def refuses(self) -> bool:
        """Whether a strict calibration refuses because of it."""
        return self in _REFUSING


_REFUSING = frozenset(
    {FlagKind.CONFOUNDED, FlagKind.UNKNOWN, FlagKind.DISCREPANCY, FlagKind.NO_BETTER, FlagKind.UNSETTLED}
)


@dataclass(frozen=True, slots=True)
class Flag:
    """One thing that is doubtful, in a sentence with its numbers and what helps."""

    kind: FlagKind
    subjects: tuple[str, ...]
    """Parameters, sensors or inputs."""
    text: str


@dataclass(frozen=True, slots=True)
class CalibrationSettings:
    """What is fitted, and to what."""

    parameters: tuple[str, ...] = ("*",)
    """Globs on the names of those to find; the others stay nominal, and intervals allow for their spread."""
    held_out_sensors: tuple[str, ...] = ()
    """Globs on ids; sensors with the role 'check' are held out always."""
    fit_until_s: float | None = None
    """Later readings are held out [s]; None holds out a last part only where no sensor is held out."""
    steady_start: bool = False
    """Whether the asset was in the steady state of its first inputs, not at rest at the initial temperature."""
    gain_spread: float = 0.02
    """Relative standard deviation of the gain of power meters, or of stated powers [–]."""


@dataclass(frozen=True, slots=True)
class ParameterEstimate:
    """What became of one parameter."""

    name: str
    factor: float
    """θ: what the scene's value is multiplied by [–]."""
    deviation: float
    """Standard deviation of log θ [–]."""
    naive_deviation: float
    """The same, were all readings independent and nothing else uncertain [–]."""
    prior_deviation: float
    """Before [–]."""


@dataclass(frozen=True, slots=True)
class NuisanceEstimate:
    """What became of a gain, an offset, a lag or a bias."""

    name: str
    value: float
    """Relative change of gains and lags, mesh error over rise [–], else in SI."""
    deviation: float
    """Standard deviation, in the same unit."""


@dataclass(frozen=True, slots=True)
class SensorFit:
    """How one sensor fits."""

    sensor: str
    role: str
    """fitted, held out, or left out."""
    n_readings: int
    """Averages over a step of the grid, within the time that is fitted."""
    n_effective: float
    """How many of them count."""
    rms: float
    """Of its residuals, in SI."""
    stated: float
    """What noise and the errors of mesh and reduction account for, in SI."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """The error on data that were not used; gains, offsets, lags and biases are as stated: parameters speak alone."""

    what: str
    """Which data."""
    n_readings: int
    before: float
    """Root mean square with nominal parameters, in SI."""
    after: float
    """With those found, in SI."""


@dataclass(frozen=True, eq=False, slots=True)
class Calibration:
    """A calibration and what to think of it."""

    parameters: tuple[ParameterEstimate, ...]
    nuisance: tuple[NuisanceEstimate, ...]
    names: tuple[str, ...]
    """Of parameters, then of nuisance terms that all sensors share, shape (n_shared,)."""
    correlation: Array
    """Of those after the fit, shape (n_shared, n_shared)."""
    sensors: tuple[SensorFit, ...]
    fitted_before: float
    """Root mean square over the readings that were fitted, nominal parameters, in SI."""
    fitted_after: float
    """With all that was found, in SI."""
    held_out: HeldOut
    flags: tuple[Flag, ...]

    def as_parameters(self, nominal: Mapping[str, object]) -> tuple[CalibratedParameter, ...]:
        """What a parameter file keeps: values, and spreads that allow for what the model lacks.

        Args:
            nominal: What the scene states of each parameter, with its unit (`twin3d.scene.nominal_values`).
        """
        distrust = DISTRUST if any(flag.kind is FlagKind.DISCREPANCY for flag in self.flags) else 1.0
        return tuple(
            CalibratedParameter(
                name=item.name,
                nominal=str(nominal[item.name]),
                factor=float(f"{item.factor:.6g}"),
                deviation=float(f"{min(distrust * item.deviation, item.prior_deviation):.4g}"),
                prior_deviation=item.prior_deviation,
                note="; ".join(flag.kind for flag in self.flags if item.name in flag.subjects),
            )
            for item in self.parameters
        )
