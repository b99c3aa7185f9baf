"""What the asset behind the benchmark of the estimator has and its twin lacks, drawn anew for every asset."""

from dataclasses import dataclass

import numpy as np

FIELD_LENGTH_M, N_WAVES = 0.03, 60


@dataclass(frozen=True, eq=False, slots=True)
class HiddenPhysics:
    """What differs from the scene; `none` differs in nothing."""

    conductivity: float
    """Mean of the sink's conductivity over the stated one [–]."""
    field_deviation: float
    """Standard deviation of its logarithm from place to place [–]."""
    waves: np.ndarray
    """Wave vectors of that Gaussian field [1/m] and their phases, shape (N_WAVES, 4)."""
    slope: float
    """Relative change of the sink's conductivity with temperature [1/K]."""
    capacity: float
    """Heat capacity of the sink over the stated one [–]."""
    film: float
    """Mean forced film over the stated one [–]."""
    film_gradient: float
    """How much of it is more at the inlet, and less at the outlet [–]."""
    is_buoyant: bool
    """Whether free convection grows with the rise."""
    emissivity: float
    """Of all outer faces [–]."""
    contacts: np.ndarray
    """Conductance of each contact over the stated one, shape (n_contacts,)."""
    source_width_m: float
    """Standard deviation of the heat source across a chip [m]; infinite where it is even."""
    source_offsets_m: np.ndarray
    """How far the middle of each source is from that of its chip, shape (n_sources, 2)."""

    @classmethod
    def drawn(cls, rng: np.random.Generator, *, n_contacts: int, n_sources: int) -> "HiddenPhysics":
        """One asset; every number is drawn anew."""
        return cls(
            conductivity=rng.normal(0.94, 0.04),
            field_deviation=0.08,
            waves=np.hstack(
                [rng.normal(0.0, 1.0 / FIELD_LENGTH_M, (N_WAVES, 3)), rng.uniform(0.0, 2.0 * np.pi, (N_WAVES, 1))]
            ),
            slope=rng.normal(-3e-4, 1e-4),
            capacity=rng.normal(0.97, 0.02),
            film=rng.normal(1.15, 0.08),
            film_gradient=rng.uniform(0.15, 0.35),
            is_buoyant=True,
            emissivity=rng.uniform(0.2, 0.4),
            contacts=rng.lognormal(-0.07, 0.17, n_contacts),
            source_width_m=rng.uniform(6e-3, 8e-3),
            source_offsets_m=rng.normal(0.0, 3.5e-3, (n_sources, 2)),
        )

    @classmethod
    def none(cls, *, n_contacts: int, n_sources: int) -> "HiddenPhysics":
        """The physics of the scene itself."""
        return cls(
            conductivity=1.0,
            field_deviation=0.0,
            waves=np.zeros((N_WAVES, 4)),
            slope=0.0,
            capacity=1.0,
            film=1.0,
            film_gradient=0.0,
            is_buoyant=False,
            emissivity=0.0,
            contacts=np.ones(n_contacts),
            source_width_m=np.inf,
            source_offsets_m=np.zeros((n_sources, 2)),
        )

    def texture(self, positions: np.ndarray) -> np.ndarray:
        """A Gaussian field of unit variance by random Fourier features, shape (n_positions,)."""
        phases = positions @ self.waves[:, :3].T + self.waves[:, 3]
        return np.asarray(np.sqrt(2.0 / N_WAVES) * np.cos(phases).sum(axis=1))
