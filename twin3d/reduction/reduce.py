"""Reduces the heat equation of a scene: snapshots, modes, projection, and the error on runs the basis never saw."""

import hashlib
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from twin3d.backend import Backend, one_blas_thread
from twin3d.fem.linear import fill_reducing_order
from twin3d.fem.space import FunctionSpace
from twin3d.fem.system import System, checked_theta, system_at
from twin3d.records import Operators, ReducedModel
from twin3d.reduction.basis import compress, diagonalise
from twin3d.reduction.discretisation import steady_discretisation_error
from twin3d.reduction.model_error import error_sources
from twin3d.reduction.residual import residual_bound
from twin3d.reduction.snapshots import Free, Sizes, free_terms, snapshots
from twin3d.reduction.structures import hidden_structures, with_structures
from twin3d.reduction.time_scales import TimeScales, fastest_s, steady_factor, time_scales
from twin3d.reduction.trained import trained_range
from twin3d.reduction.validation import full_runs, smallest_size, tolerance_of, validate
from twin3d.reduction.weights import volume_weights
from twin3d.scene import Input, Scene

Array = npt.NDArray[np.float64]
Progress = Callable[[float, str], None]

ARRAYS = (
    "basis", "decay_rates", "input_map", "lifting", "lifting_rate_map", "input_reference", "mass_terms",
    "stiffness_terms", "load_terms", "constant_load", "error_load", "point_error",
)  # fmt: skip
"""The arrays of a reduced model."""
STRUCTURE_WEIGHT = 0.1
"""Of fields that structures make among the snapshots, against those of the model itself.

They halve what the modes cannot show of an asset with hidden physics, and at this weight hardly cost accuracy: power
module, 20 modes, 0.033 K with them against 0.032 K, and 0.057 K at full weight."""
TEMPERATURE_SCALE_K = 10.0
"""How far a known or driven temperature may move from where it starts [K]."""


def reduce_heat(
    operators: Operators,
    space: FunctionSpace,
    scene: Scene,
    *,
    theta0: Array | None = None,
    max_modes: int | None = None,
    rng: np.random.Generator,
    backend: Backend,
    progress: Progress | None = None,
) -> ReducedModel:
    """Project the heat equation on as few modes as its tolerance asks for, and measure the error.

    Args:
        operators: The full model.
        space: Its function space, for the discretisation error.
        scene: Gives the initial temperature, how far inputs may go and the tolerance.
        theta0: Parameters at which the modes are made; the model is then only good there, and as good as the modes
            allow. Without them the modes are made at nominal parameters and stay good within the parameters' spread.
        max_modes: Most modes; those of the scene without it.
        rng: Draws the validation runs.
        backend: Where full-order systems are solved.
        progress: Is told how far the work is, from 0 to 1.

    Raises:
        ReductionError: No input drives anything, or the most modes miss the tolerance.
        SolverError: A system is singular or an iteration does not converge.
    """
    tell = progress or (lambda fraction, text: None)
    theta, scale, weights = checked_theta(operators, theta0), input_scale(scene), volume_weights(space)
    spreads = [parameter.spread if theta0 is None else 0.0 for parameter in operators.parameters]
    structures = hidden_structures(operators, space, scene, rng) if theta0 is None else ()
    n_most = scene.solver.max_modes if max_modes is None else max_modes
    with one_blas_thread():
        system, free = system_at(operators, theta), free_terms(with_structures(operators, structures))
        order = fill_reducing_order(system.mass + system.stiffness, backend=backend)
        steady = steady_factor(system, order, backend)
        scales = time_scales(system, fastest_s(scene), steady, order=order, backend=backend)
        blocks = snapshots(
            system,
            free,
            Sizes(scale, [*spreads, *(STRUCTURE_WEIGHT for _ in structures)]),
            shifts=scales.shifts(),
            steady=steady,
            order=order,
            backend=backend,
            progress=lambda f, t: tell(0.5 * f, t),
        )
        U = compress(blocks, n_most, weights[free.points])
        runs = full_runs(
            operators,
            Sizes(scale, spreads),
            scales,
            theta0=theta,
            rng=rng,
            order=order,
            backend=backend,
            progress=lambda f: tell(0.5 + 0.35 * f, "unseen runs of the full model"),
        )
        tell(0.85, "choosing the modes")
        tolerance = np.inf
        if theta0 is None:
            tolerances = tolerance_of(scene.solver.reduction_tolerance, runs, weights[free.points])
            tolerance = tolerances[0]
            U = U[:, : smallest_size(U, weights[free.points], runs, tolerance=tolerances)]
        model = _projected(operators, system, free, *diagonalise(U, system.mass, system.stiffness), scene)
        if structures:
            model = replace(model, error_load=_error_load(model, free, scale, scales, rng))
        model = replace(
            model,
            residual=residual_bound(system, model.basis[free.points], steady, rng=rng, order=order, backend=backend),
            trained=None
            if theta0 is not None
            else trained_range(operators, scene.inputs, scale, spreads=np.array(spreads)),
        )
        measured = validate(model, runs, weights[free.points], free.points)
        tell(0.9, "estimating the discretisation error")
        discretisation = steady_discretisation_error(
            operators, space, scene, scale, theta=theta, order=order, backend=backend
        )
    model = replace(
        model,
        error_rms=measured.error_rms,
        error_max=measured.error_max,
        point_error=np.sqrt(measured.point_error**2 + discretisation**2),
        tolerance=tolerance,
        validation=measured.runs,
    )
    return replace(model, model_hash=content_hash(model))


def input_scale(scene: Scene) -> Array:
    """How large the deviation of each input from its reference may become, in SI, shape (n_inputs,)."""
    return np.array([scale_of(item) for item in scene.inputs])


def scale_of(item: Input) -> float:
    """How large the deviation of an input from its reference may become, in SI."""
    if item.is_temperature:
        return TEMPERATURE_SCALE_K if item.unknown is None else max(TEMPERATURE_SCALE_K, 2.0 * item.unknown.spread)
    spread = 0.0 if item.unknown is None else item.unknown.spread
    return max(float(np.hypot(item.value, spread)), 1e-12)


def content_hash(model: ReducedModel) -> str:
    """The content address of a reduced model."""
    digest = hashlib.blake2b(digest_size=16)
    for name in ARRAYS:
        digest.update(np.ascontiguousarray(getattr(model, name)).tobytes())
    digest.update(repr((model.input_names, model.parameters, float(model.reference_temperature))).encode())
    digest.update(
        repr([(*run.theta, run.horizon_s, run.error_rms, run.error_max) for run in model.validation]).encode()
    )
    return digest.hexdigest()


def _projected(
    operators: Operators, system: System, free: Free, Phi: Array, rates: Array, scene: Scene
) -> ReducedModel:
    n_dofs, n_modes = operators.n_dofs, Phi.shape[1]
    basis = np.zeros((n_dofs, n_modes), order="F")
    basis[free.points] = Phi
    is_temperature = operators.input_is_temperature
    mass, stiffness, load = _reduced_terms(free, Phi, slice(len(operators.parameters)))
    return ReducedModel(
        model_hash="",
        reference_temperature=scene.initial_temperature,
        basis=basis,
        decay_rates=rates,
        input_map=Phi.T @ system.load,
        lifting=system.lifting.toarray(),
        lifting_rate_map=Phi.T @ system.fixed_mass,
        input_names=operators.input_names,
        input_reference=np.where(is_temperature, scene.initial_temperature, 0.0),
        parameters=operators.parameters,
        mass_terms=mass,
        stiffness_terms=stiffness,
        load_terms=load,
        constant_load=Phi.T @ free.constant_load,
        error_load=np.zeros((n_modes, 0)),
        error_rms=0.0,
        error_max=0.0,
        point_error=np.zeros(n_dofs),
    )


def _reduced_terms(free: Free, Phi: Array, which: slice) -> tuple[Array, Array, Array]:
    """Projected mass, stiffness and load of some terms, one after another."""
    none = np.zeros((Phi.shape[1], Phi.shape[1]))
    return (
        np.array([Phi.T @ (M @ Phi) if M.nnz else none for M in free.mass[which]]),
        np.array([Phi.T @ (K @ Phi) if K.nnz else none for K in free.stiffness[which]]),
        np.array([Phi.T @ F for F in free.load[which]]),
    )


def _error_load(model: ReducedModel, free: Free, scale: Array, scales: TimeScales, rng: np.random.Generator) -> Array:
    """Ψ of a model from its own terms and those of the structures behind them."""
    Phi = model.basis[free.points]
    of_structures = _reduced_terms(free, Phi, slice(len(model.parameters), None))
    of_parameters = (model.mass_terms, model.stiffness_terms, model.load_terms)
    terms = [np.concatenate(pair) for pair in zip(of_parameters, of_structures, strict=True)]
    return error_sources(
        (model.decay_rates, model.input_map, model.lifting_rate_map),
        (terms[0], terms[1], terms[2]),
        [parameter.spread for parameter in model.parameters],
        input_scale=scale,
        scales=scales,
        rng=rng,
    )
