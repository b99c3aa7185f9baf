"""How far a solution is from solving the problem, cell by cell, in plain NumPy and without a matrix."""

from collections.abc import Iterator

import numpy as np
from solver_peers.problem import BODY_FORCE, POISSONS_RATIO, TIME_STEP, YOUNGS_MODULUS, Problem

CHUNK = 100_000
"""Cells at a time, so that memory stays small."""


def relative_residual(problem: Problem, solution: np.ndarray, load: np.ndarray) -> float:
    """|load - K solution| / |load| over what is not held."""
    return _relative(problem, load - internal_load(problem, solution), load)


def internal_load(problem: Problem, solution: np.ndarray) -> np.ndarray:
    """K u for u of shape (n_points, n_components)."""
    result = np.zeros((len(problem.points), problem.n_components))
    flux = (lambda gradient: gradient) if problem.physics == "heat" else stress
    for cells, gradients, volumes in cell_geometry(problem):
        gradient = np.einsum("eik,eic->eck", gradients, solution[cells])
        _add(result, cells, np.einsum("e,eck,eik->eic", volumes, flux(gradient), gradients))
    return result


def stress(gradient: np.ndarray) -> np.ndarray:
    """Hooke's law for displacement gradients, shape (n, 3, 3)."""
    shear = YOUNGS_MODULUS / (2.0 * (1.0 + POISSONS_RATIO))
    first_lame = YOUNGS_MODULUS * POISSONS_RATIO / ((1.0 + POISSONS_RATIO) * (1.0 - 2.0 * POISSONS_RATIO))
    trace = np.einsum("ekk->e", gradient)[:, None, None] * np.eye(3)
    return shear * (gradient + gradient.swapaxes(1, 2)) + first_lame * trace


def external_load(problem: Problem) -> np.ndarray:
    """Of the unit heat source or the body force, shape (n_points, n_components)."""
    result = np.zeros((len(problem.points), problem.n_components))
    density = np.ones(1) if problem.physics == "heat" else np.array(BODY_FORCE)
    for cells, _, volumes in cell_geometry(problem):
        _add(result, cells, np.tile(volumes[:, None, None] / 4.0 * density, (1, 4, 1)))
    return result


def mass_times(problem: Problem, state: np.ndarray) -> np.ndarray:
    """M u with the consistent mass matrix."""
    result = np.zeros_like(state)
    for cells, _, volumes in cell_geometry(problem):
        values = state[cells]
        _add(result, cells, volumes[:, None, None] / 20.0 * (values + values.sum(axis=1, keepdims=True)))
    return result


def step_residual(problem: Problem, before: np.ndarray, after: np.ndarray, load: np.ndarray) -> float:
    """Relative residual of one step of backward Euler."""
    right = mass_times(problem, before) + TIME_STEP * load
    left = mass_times(problem, after) + TIME_STEP * internal_load(problem, after)
    return _relative(problem, right - left, right)


def cell_geometry(problem: Problem) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Cells, gradients of their shape functions and volumes, some at a time."""
    for start in range(0, len(problem.cells), CHUNK):
        cells = problem.cells[start : start + CHUNK]
        corner = problem.points[cells]
        edges = corner[:, 1:] - corner[:, :1]
        a, b, c = edges.swapaxes(0, 1)
        areas = np.stack([np.cross(b, c), np.cross(c, a), np.cross(a, b)], axis=1)
        six_volumes = np.einsum("ek,ek->e", a, areas[:, 0])
        inner = areas / six_volumes[:, None, None]
        gradients = np.concatenate([-inner.sum(axis=1, keepdims=True), inner], axis=1)
        yield cells, gradients, six_volumes / 6.0


def _add(result: np.ndarray, cells: np.ndarray, values: np.ndarray) -> None:
    for component in range(result.shape[1]):
        result[:, component] += np.bincount(cells.ravel(), values[..., component].ravel(), minlength=len(result))


def _relative(problem: Problem, residual: np.ndarray, load: np.ndarray) -> float:
    free = ~problem.held
    return float(np.linalg.norm(residual[free]) / np.linalg.norm(load[free]))
