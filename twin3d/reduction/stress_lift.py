"""From reduced coordinates to displacement, stress and strain."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from twin3d.backend import one_blas_thread
from twin3d.records import StressModes

Array: TypeAlias = npt.NDArray[np.float64]


def state_of(modes: StressModes, coefficients: Array, inputs: Array) -> Array:
    """[a; ũ; 1] of coefficients a (n_modes,) and inputs u in SI (n_inputs,), shape (n_modes + n_inputs + 1,)."""
    return np.concatenate([coefficients, inputs - modes.input_reference, [1.0]])


def stress_at(modes: StressModes, coefficients: Array, inputs: Array) -> Array:
    """Stress at the entries [Pa], components xx, yy, zz, xy, yz, xz, shape (n_entries, 6); arguments as `state_of`."""
    return _applied(modes.stress, state_of(modes, coefficients, inputs))


def displacement_at(modes: StressModes, coefficients: Array, inputs: Array) -> Array:
    """Displacement at the entries [m], shape (n_entries, 3); arguments as `state_of`."""
    return _applied(modes.displacement, state_of(modes, coefficients, inputs))


def strain_of_stress(modes: StressModes, stress: Array, temperature: Array) -> Array:
    r"""Total strain $\varepsilon = C^{-1} \sigma + \alpha (T - T_0)$, engineering shear [–], shape (n_entries, 6).

    Args:
        modes: Gives the material of each entry.
        stress: At the entries [Pa], shape (n_entries, 6).
        temperature: At the mesh points of the entries [K], shape (n_entries,).
    """
    warming = temperature - modes.stress_free_temperature
    elastic = np.einsum("eij,ej->ei", modes.compliance[modes.part], stress)
    return np.asarray(elastic + modes.expansion[modes.part] * warming[:, None])


def _applied(rows: npt.NDArray[np.float32], state: Array) -> Array:
    with one_blas_thread():
        flat = rows.reshape(-1, rows.shape[2]) @ state.astype(np.float32)
    return flat.reshape(rows.shape[:2]).astype(np.float64)
