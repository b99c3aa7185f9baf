"""What a heat balance consists of: terms that bring heat to the dofs, and how that changes with the temperature."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse

Array: TypeAlias = npt.NDArray[np.float64]
Matrix: TypeAlias = sparse.csr_array


class Variation(StrEnum):
    """What changes the tangent of a term."""

    CONSTANT = "constant"
    """Nothing: the rate is affine in temperature and inputs, for good."""
    IN_TIME = "in time"
    """Time or inputs; at one instant the rate is affine in the temperature."""
    WITH_TEMPERATURE = "with temperature"
    """The temperature: the rate is not affine in it."""


@dataclass(frozen=True, eq=False, slots=True)
class Instant:
    """What drives the asset at one time."""

    time_s: float
    """Since the start [s]."""
    inputs: Array
    """u in SI, shape (n_inputs,)."""


@dataclass(frozen=True, eq=False, slots=True)
class LowRank:
    """A dense coupling of few quantities: left · core · right."""

    left: Matrix
    """Shape (n_dofs, m)."""
    core: Array
    """[W/K], shape (m, m)."""
    right: Matrix
    """Shape (m, n_dofs)."""

    def __matmul__(self, x: Array) -> Array:
        """The coupling times a vector (n_dofs,)."""
        return np.asarray(self.left @ (self.core @ (self.right @ x)))


@dataclass(frozen=True, eq=False, slots=True)
class Tangent:
    """Minus the derivative of the rates of a term by the temperature [W/K]: rate(T + d) ≈ rate(T) − K d.

    K is the sum of the three. The first is factorised, the others are iterated on: what dominates and can be symmetric
    belongs into the first.
    """

    symmetric: Matrix | None = None
    """Positive semi-definite, shape (n_dofs, n_dofs); its pattern is the same at every call, rows sorted."""
    rest: Matrix | None = None
    """Unsymmetric or indefinite, shape (n_dofs, n_dofs)."""
    low_rank: LowRank | None = None
    """Dense in few quantities."""


class HeatTerm(Protocol):
    """One contribution to the heat balance."""

    @property
    def name(self) -> str:
        """Its load, as in the energy balance."""

    @property
    def is_internal(self) -> bool:
        """Whether it only moves heat within the asset, so that its rates sum to zero."""

    @property
    def variation(self) -> Variation:
        """What changes its tangent."""

    def rate(self, T: Array, at: Instant) -> Array:
        """Heat that it brings to the dofs [W].

        Args:
            T: Temperatures [K], shape (n_dofs,).
            at: Time and inputs.

        Returns:
            Shape (n_dofs,); the sum is the heat that enters the asset.
        """

    def tangent(self, T: Array, at: Instant) -> Tangent:
        """Minus the derivative of `rate` by T, at T."""


@dataclass(frozen=True, eq=False, slots=True)
class LinearTerm:
    """A term f(t) (F u − K T) of one input."""

    name: str
    stiffness: Matrix | None = None
    """K [W/K], shape (n_dofs, n_dofs)."""
    load: Array | None = None
    """F [W per unit of the input], shape (n_dofs,)."""
    input_index: int = 0
    """The input that the load multiplies."""
    factor: Callable[[float], float] | None = None
    """f at a time [s]; 1 without it."""
    is_internal: bool = False

    @property
    def variation(self) -> Variation:
        """Constant, or in time where it has a factor."""
        return Variation.CONSTANT if self.factor is None else Variation.IN_TIME

    def rate(self, T: Array, at: Instant) -> Array:
        """Heat that it brings to the dofs [W], shape (n_dofs,)."""
        rate = np.zeros(len(T))
        if self.load is not None:
            rate += at.inputs[self.input_index] * self.load
        if self.stiffness is not None:
            rate -= self.stiffness @ T
        return self._factor(at) * rate

    def tangent(self, T: Array, at: Instant) -> Tangent:
        """f(t) K."""
        if self.stiffness is None:
            return Tangent()
        return Tangent(self.stiffness if self.factor is None else self._factor(at) * self.stiffness)

    def _factor(self, at: Instant) -> float:
        return 1.0 if self.factor is None else self.factor(at.time_s)
