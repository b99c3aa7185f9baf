"""Piecewise linear functions of the temperature on arrays: values, slopes and integrals."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from twin3d.backend import Array, Backend
from twin3d.scene import PropertyTable


@dataclass(frozen=True, eq=False, slots=True)
class PiecewiseLinear:
    """Linear between given places, held beyond the first and the last."""

    places: npt.NDArray[np.float64]
    """Ascending [K], shape (n,)."""
    values: npt.NDArray[np.float64]
    """Shape (n,)."""

    def at(self, x: Array, *, backend: Backend) -> Array:
        """Values, shape of x."""
        xp = backend.xp
        return xp.interp(x, xp.asarray(self.places), xp.asarray(self.values))

    def slope(self, x: Array, *, backend: Backend) -> Array:
        """Derivatives, zero beyond the ends; that of the upper piece where two meet."""
        xp = backend.xp
        slopes = np.concatenate([[0.0], np.diff(self.values) / np.diff(self.places), [0.0]])
        return xp.asarray(slopes)[xp.searchsorted(xp.asarray(self.places), x, side="right")]

    def integral(self, x: Array, *, start: float, backend: Backend) -> Array:
        """Exact integrals from `start` to x, shape of x."""
        xp = backend.xp
        return self._from_first(x, backend) - self._from_first(xp.asarray(start), backend)

    def _from_first(self, x: Array, backend: Backend) -> Array:
        xp = backend.xp
        places, values = xp.asarray(self.places), xp.asarray(self.values)
        pieces = 0.5 * (self.values[1:] + self.values[:-1]) * np.diff(self.places)
        whole = xp.asarray(np.concatenate([[0.0], np.cumsum(pieces)]))
        piece = xp.clip(xp.searchsorted(places, x, side="right") - 1, 0, len(self.places) - 1)
        return whole[piece] + 0.5 * (values[piece] + self.at(x, backend=backend)) * (x - places[piece])


def piecewise(value: float | PropertyTable, *, factor: float = 1.0) -> PiecewiseLinear:
    """A property as a function of the temperature, times a factor."""
    if isinstance(value, PropertyTable):
        return PiecewiseLinear(np.array(value.temperatures), factor * np.array(value.values))
    return PiecewiseLinear(np.zeros(1), np.full(1, factor * value))
