"""Model records: the full-order operators and the reduced model."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy import sparse

from twin3d.errors import ReductionError, SolverError


class ParameterKind(StrEnum):
    """What a dimensionless parameter θ (nominal value 1) scales."""

    CONDUCTIVITY = "conductivity"
    HEAT_CAPACITY = "heat_capacity"
    FILM = "film"
    CONTACT = "contact"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A factor θ on one term of the operators; its nominal value is 1."""

    name: str
    """For example ``conductivity of heatsink`` or ``film of fins``."""
    kind: ParameterKind
    spread: float
    """Relative standard deviation of the prior, log-normal around 1 [–]."""


@dataclass(frozen=True, eq=False, slots=True)
class Operators:
    r"""The heat equation on a mesh, affine in its parameters.

    $(M_0 + \sum_j \theta_j M_j)\,\dot T + (K_0 + \sum_j \theta_j K_j)\,T = (F_0 + \sum_j \theta_j F_j)\,u$ on the free
    dofs; the temperature of `fixed_dofs` is prescribed by the inputs `fixed_input`.
    """

    parameters: tuple[Parameter, ...]
    """The parameters θ, one for each entry of the three tuples of terms."""
    mass_terms: tuple[sparse.csr_array, ...]
    """$M_j$ [J/K], each (n_dofs, n_dofs); an empty matrix where θⱼ does not touch the mass."""
    stiffness_terms: tuple[sparse.csr_array, ...]
    """$K_j$ [W/K], each (n_dofs, n_dofs)."""
    load_terms: tuple[npt.NDArray[np.float64], ...]
    """$F_j$, each (n_dofs, n_inputs) [W per unit of the input]."""
    constant_load: npt.NDArray[np.float64]
    """$F_0$: the columns of inputs that no parameter scales (heat sources), shape (n_dofs, n_inputs)."""
    input_names: tuple[str, ...]
    """Names of the inputs u."""
    input_is_temperature: npt.NDArray[np.bool_]
    """Whether an input is a temperature [K] (else W, W/m² or W/m³), shape (n_inputs,)."""
    fixed_dofs: npt.NDArray[np.int32]
    """Dofs of prescribed temperature, sorted, shape (n_fixed,)."""
    fixed_input: npt.NDArray[np.int32]
    """Index of the input that prescribes each of `fixed_dofs`, shape (n_fixed,)."""

    def __post_init__(self) -> None:
        n_terms = {len(self.parameters), len(self.mass_terms), len(self.stiffness_terms), len(self.load_terms)}
        if len(n_terms) != 1:
            raise SolverError(f"parameters and terms differ in number: {sorted(n_terms)}")

    @property
    def n_dofs(self) -> int:
        """Number of unknowns, fixed ones included: the mesh points, then the edges where elements are quadratic."""
        return int(self.constant_load.shape[0])

    @property
    def n_inputs(self) -> int:
        """Number of inputs."""
        return len(self.input_names)


@dataclass(frozen=True, eq=False, slots=True)
class ValidationRun:
    """How far the reduced model was from the full one on a run that made no mode."""

    theta: npt.NDArray[np.float64]
    """Parameters, shape (n_parameters,)."""
    horizon_s: float
    """Length of the run [s]; steps grow, so that early and late times count alike."""
    error_rms: float
    """Over all times and, weighted by volume, dofs [K]."""
    error_max: float
    """[K]."""


@dataclass(frozen=True, eq=False, slots=True)
class TrainedRange:
    """Where a reduced model was made and checked."""

    log_theta: npt.NDArray[np.float64]
    """Lower and upper bound of ln θ, shape (n_parameters, 2)."""
    inputs: npt.NDArray[np.float64]
    """Lower and upper bound of u in SI, shape (n_inputs, 2)."""


@dataclass(frozen=True, eq=False, slots=True)
class ResidualBound:
    """What bounds the error of the modes while the model runs."""

    gram: npt.NDArray[np.float64]
    """$\\|r\\|^2_{M^{-1}}$ as a quadratic form in (ũ, a, ȧ, dũ/dt), shape (n, n), n = 2 n_inputs + 2 n_modes."""
    rate: float
    """At most the slowest rate of the full model [1/s]; 0 where nothing holds the temperature."""
    capacity: float
    """Heat capacity of the free dofs [J/K]."""


@dataclass(frozen=True, eq=False, slots=True)
class ReducedModel:
    r"""The heat equation projected on r modes, with its error.

    $T = T_r + G\,\tilde u + \Phi a$ with $\tilde u = u - u_r$ ($u_r = T_r$ for temperatures, 0 otherwise) and, at
    nominal parameters, $\dot a = -\Lambda a + B \tilde u - \Phi^T M G\,\dot{\tilde u}$: the modes are M-orthonormal
    and diagonalise K. For other parameters,
    $(\sum\theta_j \hat M_j)\,\dot a + (\sum\theta_j \hat K_j)\,a = (\hat F_0 + \sum\theta_j \hat F_j)\,\tilde u - …$
    """

    model_hash: str
    """Content address of this model: frames name it, so an old frame never changes its meaning."""
    reference_temperature: float
    """$T_\\mathrm{ref}$ [K], the uniform initial temperature of the scene."""
    basis: npt.NDArray[np.float64]
    """Φ, shape (n_dofs, n_modes), column-major [K per unit of a]."""
    decay_rates: npt.NDArray[np.float64]
    """Λ, ascending [1/s], shape (n_modes,)."""
    input_map: npt.NDArray[np.float64]
    """B at nominal parameters, shape (n_modes, n_inputs)."""
    lifting: npt.NDArray[np.float64]
    """G: rows are non-zero only at dofs of prescribed temperature, shape (n_dofs, n_inputs)."""
    lifting_rate_map: npt.NDArray[np.float64]
    """$\\Phi^T M G$, shape (n_modes, n_inputs)."""
    input_names: tuple[str, ...]
    """Names of the inputs u."""
    input_reference: npt.NDArray[np.float64]
    """$u_\\mathrm{ref}$, shape (n_inputs,)."""
    parameters: tuple[Parameter, ...]
    """The parameters θ."""
    mass_terms: npt.NDArray[np.float64]
    """Projected $\\hat M_j$, shape (n_parameters, n_modes, n_modes)."""
    stiffness_terms: npt.NDArray[np.float64]
    """Projected $\\hat K_j$, shape (n_parameters, n_modes, n_modes)."""
    load_terms: npt.NDArray[np.float64]
    """Projected $\\hat F_j$ less the lifted stiffness, shape (n_parameters, n_modes, n_inputs)."""
    constant_load: npt.NDArray[np.float64]
    """Projected $\\hat F_0$, shape (n_modes, n_inputs)."""
    error_load: npt.NDArray[np.float64]
    """Ψ: sources of what the model gets wrong, at unit variance: $\\dot a$ gains Ψ w, shape (n_modes, n_sources).

    There are none in a model that is reduced at parameters of its own."""
    error_rms: float
    """Root mean square error against full order on validation runs that the basis did not see, weighted half by volume
    and half part by part [K]."""
    error_max: float
    """Largest error on the same runs [K]."""
    point_error: npt.NDArray[np.float64]
    """Standard deviation at each dof of truncation and discretisation on those runs [K], shape (n_dofs,)."""

    tolerance: float = np.inf
    """Error for which the number of modes was chosen [K]; infinite where it was not chosen so."""
    validation: tuple[ValidationRun, ...] = ()
    """The runs on which the error was measured."""
    trained: TrainedRange | None = None
    """Where the model may be trusted; None where it is reduced at parameters of its own, or by hand."""
    residual: ResidualBound | None = None
    """Bounds the error while the model runs; None for a model reduced by hand."""

    def __post_init__(self) -> None:
        n_dofs, n_modes = self.basis.shape
        if self.decay_rates.shape != (n_modes,) or self.lifting.shape[0] != n_dofs:
            raise ReductionError(f"basis {self.basis.shape} does not fit decay rates {self.decay_rates.shape}")
        if self.error_load.shape[0] != n_modes:
            raise ReductionError(f"{n_modes} modes do not fit error sources {self.error_load.shape}")
        if (self.decay_rates < 0.0).any():
            raise ReductionError(f"an unstable mode: decay rate {self.decay_rates.min()} 1/s")

    @property
    def n_modes(self) -> int:
        """Number of modes."""
        return int(self.basis.shape[1])

    @property
    def n_dofs(self) -> int:
        """Number of unknowns at full order: the mesh points, then the edges where elements are quadratic."""
        return int(self.basis.shape[0])

    @property
    def n_inputs(self) -> int:
        """Number of inputs."""
        return len(self.input_names)
