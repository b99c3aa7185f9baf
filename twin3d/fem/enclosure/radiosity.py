r"""Radiation exchanged by grey diffuse patches of an enclosure (M. F. Modest, Radiative Heat Transfer, chapter 5).

The radiosity equations are solved once, for total exchange areas
$\mathcal{G} = \varepsilon (1 - G \rho A^{-1})^{-1} G \varepsilon$ with $G = A F$ and $\rho = 1 - \varepsilon$: what i
sends to j after any number of reflections is $\mathcal{G}_{ij} \sigma T_i^4$. They are symmetric, so that heat is
conserved to rounding, and equal temperatures exchange none.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.linalg import cholesky, solve_triangular

from twin3d.errors import SolverError
from twin3d.fem.enclosure.views import ViewFactors
from twin3d.scene import STEFAN_BOLTZMANN

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class FacetJacobian:
    """Derivative of facet heat rates by facet temperatures: diag(d) + S C P, of the rank of the patches."""

    diagonal: Array
    """d, the loss of each facet's own emission [W/K], shape (n_facets,)."""
    facet_from_patch: sparse.csr_array
    """S, the share of each facet in its patch, shape (n_facets, n_patches)."""
    exchange_areas: Array
    """C, total exchange areas [m²], shape (n_patches, n_patches)."""
    patch_from_facet: sparse.csr_array
    """P, change of the mean emissive power of patches [W/(m²·K)], shape (n_patches, n_facets)."""

    def apply(self, change: Array) -> Array:
        """Change of facet heat rates [W] by a change of facet temperatures [K], shapes (n_facets,)."""
        absorbed = self.exchange_areas @ (self.patch_from_facet @ change)
        return np.asarray(self.diagonal * change + self.facet_from_patch @ absorbed)


@dataclass(frozen=True, eq=False, slots=True)
class EnclosureOperator:
    """Net heat rates of an enclosure, positive into the surface; made by `grey_enclosure`."""

    exchange_areas: Array
    """Total exchange areas between patches [m²], symmetric, shape (n_patches, n_patches)."""
    ambient_areas: Array
    """Total exchange areas with the ambient [m²], zero in a closed enclosure, shape (n_patches,)."""
    emitting_areas: Array
    """ε A of patches [m²]: exactly the sum of a row of the other two, shape (n_patches,)."""
    facet_from_patch: sparse.csr_array
    """The share of each facet in the area of its patch, shape (n_facets, n_patches)."""

    @property
    def n_patches(self) -> int:
        """Number of patches."""
        return len(self.emitting_areas)

    def heat_rates(self, patch_temperatures: Array, ambient: float | None = None) -> Array:
        """Net heat rate into each patch [W], shape (n_patches,).

        Args:
            patch_temperatures: Fourth roots of the mean fourth powers [K], shape (n_patches,).
            ambient: Temperature outside an open enclosure [K].

        Raises:
            SolverError: A temperature is negative or missing.
        """
        power = _emissive_power(patch_temperatures, self.n_patches)
        return self._patch_rates(power, self._ambient_power(ambient))

    def jacobian(self, patch_temperatures: Array) -> Array:
        """Derivative of the net heat rates by the patch temperatures [W/K], shape (n_patches, n_patches)."""
        slope = _emissive_slope(patch_temperatures, self.n_patches)
        result = self.exchange_areas * slope[None, :]
        result[np.diag_indices(self.n_patches)] -= self.emitting_areas * slope
        return np.asarray(result)

    def ambient_derivative(self, ambient: float) -> Array:
        """Derivative of the net heat rates by the ambient temperature [W/K], shape (n_patches,)."""
        return np.asarray(self.ambient_areas * 4.0 * STEFAN_BOLTZMANN * ambient**3)

    def patch_temperatures(self, facet_temperatures: Array) -> Array:
        """Fourth roots of mean fourth powers [K], shape (n_patches,), from facets, shape (n_facets,)."""
        power = _emissive_power(facet_temperatures, self.facet_from_patch.shape[0])
        return np.asarray((self.facet_from_patch.T @ power / STEFAN_BOLTZMANN) ** 0.25)

    def facet_heat_rates(self, facet_temperatures: Array, ambient: float | None = None) -> Array:
        """Net heat rate into each facet [W], shape (n_facets,).

        Each facet emits by its own temperature; what a patch absorbs is spread over it evenly.

        Args:
            facet_temperatures: Fourth roots of the mean fourth powers [K], shape (n_facets,).
            ambient: Temperature outside an open enclosure [K].

        Raises:
            SolverError: A temperature is negative or missing.
        """
        power = _emissive_power(facet_temperatures, self.facet_from_patch.shape[0])
        mean = self.facet_from_patch.T @ power
        even = self._patch_rates(mean, self._ambient_power(ambient))
        return np.asarray(self.facet_from_patch @ even - self._facet_emitting_areas() * (power - self._spread(mean)))

    def facet_jacobian(self, facet_temperatures: Array) -> FacetJacobian:
        """Derivative of the facet heat rates by the facet temperatures, shape (n_facets,)."""
        slope = _emissive_slope(facet_temperatures, self.facet_from_patch.shape[0])
        return FacetJacobian(
            diagonal=-self._facet_emitting_areas() * slope,
            facet_from_patch=self.facet_from_patch,
            exchange_areas=self.exchange_areas,
            patch_from_facet=sparse.csr_array((sparse.diags_array(slope) @ self.facet_from_patch).T),
        )

    def _patch_rates(self, power: Array, ambient_power: float) -> Array:
        return np.asarray(
            self.exchange_areas @ power - self.emitting_areas * power + self.ambient_areas * ambient_power
        )

    def _ambient_power(self, ambient: float | None) -> float:
        if ambient is None:
            if self.ambient_areas.any():
                raise SolverError("the enclosure is open; heat rates need the ambient temperature [K]")
            return 0.0
        if not (np.isfinite(ambient) and ambient >= 0.0):
            raise SolverError(f"the ambient temperature is {ambient} K; must be at least 0 K")
        return STEFAN_BOLTZMANN * float(ambient) ** 4

    def _facet_emitting_areas(self) -> Array:
        return np.asarray(self.facet_from_patch @ self.emitting_areas)

    def _spread(self, of_patches: Array) -> Array:
        return np.asarray(of_patches[self.facet_from_patch.indices])


def grey_enclosure(view: ViewFactors, emissivity: Array | float) -> EnclosureOperator:
    """Solve the radiosity equations of an enclosure for all temperatures at once.

    Args:
        view: View factors of the patches.
        emissivity: ε of each patch, in (0, 1], shape (n_patches,) or one for all.

    Raises:
        SolverError: An emissivity is outside (0, 1], or there are not as many as patches.
    """
    n_patches = len(view.areas)
    emissivity = np.asarray(emissivity, dtype=np.float64)
    if emissivity.shape not in ((), (n_patches,)):
        raise SolverError(f"emissivity has shape {emissivity.shape}; there are {n_patches} patches")
    emissivity = np.broadcast_to(emissivity, (n_patches,))
    wrong = np.flatnonzero(~((emissivity > 0.0) & (emissivity <= 1.0)))
    if wrong.size:
        raise SolverError(f"the emissivity of patch {wrong[0]} is {emissivity[wrong[0]]}; must be in (0, 1]")
    exchange = emissivity[:, None] * _reflected(view, 1.0 - emissivity) * emissivity[None, :]
    sums = exchange.sum(axis=1)
    ambient_areas = np.zeros(n_patches) if view.closed else np.maximum(emissivity * view.areas - sums, 0.0)
    facets = np.arange(len(view.patch_of_facet))
    share = view.facet_areas / view.areas[view.patch_of_facet]
    return EnclosureOperator(
        exchange_areas=exchange,
        ambient_areas=ambient_areas,
        emitting_areas=sums + ambient_areas,
        facet_from_patch=sparse.csr_array((share, (facets, view.patch_of_facet)), shape=(len(facets), n_patches)),
    )


def _reflected(view: ViewFactors, reflectivity: Array) -> Array:
    """G + G ρ/A G + …: exchange areas with all reflections, symmetric, shape (n_patches, n_patches)."""
    G = view.exchange_areas
    root = np.sqrt(reflectivity / view.areas)
    if not root.any():
        return G
    series = -(root[:, None] * G * root[None, :])
    series[np.diag_indices(len(root))] += 1.0
    half = solve_triangular(cholesky(series, lower=True, overwrite_a=True), root[:, None] * G, lower=True)
    return np.asarray(G + half.T @ half)


def _emissive_power(temperatures: Array, n: int) -> Array:
    return np.asarray(STEFAN_BOLTZMANN * _checked(temperatures, n) ** 4)


def _emissive_slope(temperatures: Array, n: int) -> Array:
    return np.asarray(4.0 * STEFAN_BOLTZMANN * _checked(temperatures, n) ** 3)


def _checked(temperatures: Array, n: int) -> Array:
    temperatures = np.asarray(temperatures, dtype=np.float64)
    if temperatures.shape != (n,):
        raise SolverError(f"temperatures have shape {temperatures.shape}; expected ({n},)")
    wrong = np.flatnonzero(~(np.isfinite(temperatures) & (temperatures >= 0.0)))
    if wrong.size:
        raise SolverError(f"temperature {wrong[0]} is {temperatures[wrong[0]]} K; must be at least 0 K")
    return temperatures
