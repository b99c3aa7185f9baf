"""Readings in, estimate out: an extended Kalman filter on the reduced model, with honest error bars."""

from twin3d.estimation.estimator import Estimator
from twin3d.estimation.observation import Observation, observe

__all__ = ["Estimator", "Observation", "observe"]
