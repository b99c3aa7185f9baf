"""Where the heat goes: what every load brings, and what the asset stores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from twin3d.fem.heat_terms import Array, Instant
from twin3d.fem.nonlinear import NonlinearHeat


@dataclass(frozen=True, slots=True)
class EnergyBalance:
    """The heat rates of one time step, or of a steady state."""

    stored: float
    """Rate at which the heat of the asset rises, as the time scheme has it [W]; 0 in a steady state."""
    loads: Mapping[str, float]
    """Heat that each load brings, negative where it takes some [W]; what faces of fixed temperature conduct is the
    reaction at their dofs."""

    @property
    def imbalance(self) -> float:
        """What the loads bring less what is stored [W]: zero, but for the tolerance of the solver."""
        return sum(self.loads.values()) - self.stored

    @property
    def turnover(self) -> float:
        """The heat that comes in or out of store [W], to compare the imbalance with."""
        return 0.5 * (abs(self.stored) + sum(abs(rate) for rate in self.loads.values()))


@dataclass(frozen=True, eq=False, slots=True)
class Sample:
    """One point of time that a scheme takes the rates at."""

    weight: float
    """Its share; all shares sum to 1."""
    temperature: Array
    """[K], shape (n_dofs,)."""
    at: Instant


def energy_balance(heat: NonlinearHeat, samples: Sequence[Sample], *, stored: Array | None = None) -> EnergyBalance:
    """The balance that a scheme makes.

    Args:
        heat: The heat balance.
        samples: Where it takes the rates.
        stored: Rate at which the heat at the dofs rises [W], shape (n_dofs,); None in a steady state.
    """
    n_dofs = heat.space.n_dofs
    stored = np.zeros(n_dofs) if stored is None else stored
    loads: dict[str, float] = {}
    reaction = stored.copy()
    for term in heat.terms:
        rate = np.zeros(n_dofs)
        for sample in samples:
            rate += sample.weight * term.rate(sample.temperature, sample.at)
        reaction -= rate
        if not term.is_internal:
            loads[term.name] = loads.get(term.name, 0.0) + float(rate.sum())
    for number, name in enumerate(heat.fixed_names):
        loads[name] = float(reaction[heat.fixed_dofs[heat.fixed_load == number]].sum())
    return EnergyBalance(float(stored.sum()), loads)
