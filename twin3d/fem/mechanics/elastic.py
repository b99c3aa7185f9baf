r"""Elastic materials: $\sigma = C (\varepsilon - \alpha \Delta T)$ in six components.

The order of components is VTK's: xx, yy, zz, xy, yz, xz. Shear strains are engineering ones, $\gamma = 2 \varepsilon$.
Source: Zienkiewicz, Taylor and Zhu, The Finite Element Method: Its Basis and Fundamentals (2013), sections 2.2 and 2.3.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from twin3d.errors import SceneError

Array: TypeAlias = npt.NDArray[np.float64]

COMPONENTS = ("xx", "yy", "zz", "xy", "yz", "xz")
"""Order of the components of stress and strain."""
ROWS = np.array([0, 1, 2, 0, 1, 0])
COLUMNS = np.array([0, 1, 2, 1, 2, 2])
COMPONENT_OF = np.array([[0, 3, 5], [3, 1, 4], [5, 4, 2]])
"""Component of each entry of a symmetric tensor, shape (3, 3)."""
SHEAR = np.array([1.0, 1.0, 1.0, 2.0, 2.0, 2.0])
"""Engineering shear strain per tensor strain."""
UPRIGHT = 1e-6
"""Largest departure of material axes from unit vectors at right angles."""


@dataclass(frozen=True, eq=False, slots=True)
class ElasticMaterial:
    """How a material answers to strain and to heat."""

    name: str
    stiffness: Array
    """C [Pa] in the axes of the mesh, shape (6, 6)."""
    thermal_expansion: Array
    """Strain per kelvin, engineering shear [1/K], shape (6,)."""
    lame: tuple[float, float] | None = None
    """λ and μ [Pa] of an isotropic material."""

    def tensor(self) -> Array:
        r"""$C_{ambn}$ [Pa], shape (3, 3, 3, 3)."""
        return tensor_of(self.stiffness)

    def thermal_stress(self) -> Array:
        """Stress that a hindered kelvin makes, C α [Pa/K], shape (3, 3)."""
        return as_tensors(self.stiffness @ self.thermal_expansion)


def isotropic(
    name: str, *, youngs_modulus: float, poissons_ratio: float, thermal_expansion: float = 0.0
) -> ElasticMaterial:
    """A material that is the same in all directions.

    Args:
        name: For errors.
        youngs_modulus: E [Pa].
        poissons_ratio: ν [–], above -1 and below 0.5.
        thermal_expansion: α [1/K].

    Raises:
        SceneError: A constant is not possible.
    """
    E, nu = float(youngs_modulus), float(poissons_ratio)
    _check_positive(name, "Young's modulus", (E,), "Pa")
    if not -1.0 < nu < 0.5:
        raise SceneError(
            f"material {name}: Poisson's ratio is {nu:g}; it must lie between -1 and 0.5, such as 0.3 for metals"
            + (" or 0.49 for rubber" if nu >= 0.5 else "")
        )
    _check_finite(name, "thermal expansion", (thermal_expansion,))
    lam, mu = E * nu / ((1.0 + nu) * (1.0 - 2.0 * nu)), 0.5 * E / (1.0 + nu)
    C = np.diag(np.repeat([2.0 * mu, mu], 3))
    C[:3, :3] += lam
    return ElasticMaterial(name, C, np.repeat([float(thermal_expansion), 0.0], 3), (lam, mu))


def orthotropic(
    name: str,
    *,
    youngs_moduli: Sequence[float],
    poissons_ratios: Sequence[float],
    shear_moduli: Sequence[float],
    thermal_expansions: Sequence[float] = (0.0, 0.0, 0.0),
    axes: Sequence[Sequence[float]] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
) -> ElasticMaterial:
    r"""A material with three planes of symmetry, such as a laminate.

    Args:
        name: For errors.
        youngs_moduli: E along the three material axes [Pa].
        poissons_ratios: ν_xy, ν_yz, ν_xz [–]: contraction along the second axis under tension along the first,
            so that $\nu_{xy} / E_x = \nu_{yx} / E_y$.
        shear_moduli: G_xy, G_yz, G_xz [Pa].
        thermal_expansions: α along the three axes [1/K].
        axes: The material axes in the axes of the mesh, unit vectors at right angles, one a row.

    Raises:
        SceneError: A constant is not possible, or the axes are no right-handed set of unit vectors.
    """
    E, nu, G, alpha = (
        np.asarray(v, dtype=np.float64) for v in (youngs_moduli, poissons_ratios, shear_moduli, thermal_expansions)
    )
    _check_positive(name, "Young's modulus", E, "Pa")
    _check_positive(name, "shear modulus", G, "Pa")
    _check_finite(name, "Poisson's ratio", nu)
    _check_finite(name, "thermal expansion", alpha)
    compliance = np.diag(np.concatenate([1.0 / E, 1.0 / G]))
    for (a, b), ratio in zip(((0, 1), (1, 2), (0, 2)), nu, strict=True):
        compliance[a, b] = compliance[b, a] = -ratio / E[a]
    if np.linalg.eigvalsh(compliance[:3, :3] * np.sqrt(np.outer(E, E)))[0] <= 1e-9:
        raise SceneError(
            f"material {name}: Poisson's ratios {', '.join(f'{r:g}' for r in nu)} with these moduli would give "
            "energy back when strained; lower them (ν_xy must stay below the root of E_x / E_y)"
        )
    frame = _frame(name, axes)
    C = _rotated(np.linalg.inv(compliance), frame)
    expansion = np.einsum("ka,k,kb->ab", frame, alpha, frame)
    return ElasticMaterial(name, C, expansion[ROWS, COLUMNS] * SHEAR)


def tensor_of(stiffness: Array) -> Array:
    """The tensor (3, 3, 3, 3) of a matrix (6, 6)."""
    return np.asarray(stiffness[COMPONENT_OF[:, :, None, None], COMPONENT_OF[None, None]])


def as_tensors(components: Array) -> Array:
    """Symmetric tensors (..., 3, 3) of six components (..., 6); of stress, not of engineering strain."""
    return np.asarray(components[..., COMPONENT_OF])


def _rotated(stiffness: Array, frame: Array) -> Array:
    turned = np.einsum("ia,jb,kc,ld,ijkl->abcd", frame, frame, frame, frame, tensor_of(stiffness), optimize=True)
    return np.asarray(turned[ROWS[:, None], COLUMNS[:, None], ROWS, COLUMNS])


def _frame(name: str, axes: Sequence[Sequence[float]]) -> Array:
    frame = np.asarray(axes, dtype=np.float64)
    is_upright = frame.shape == (3, 3) and np.abs(frame @ frame.T - np.eye(3)).max() < UPRIGHT
    if not is_upright or np.linalg.det(frame) < 0.0:
        raise SceneError(
            f"material {name}: the axes {frame.tolist()} are not three unit vectors at right angles, right-handed"
        )
    return frame


def _check_positive(name: str, what: str, values: Sequence[float] | Array, unit: str) -> None:
    _check_finite(name, what, values)
    if min(values) <= 0.0:
        raise SceneError(f"material {name}: {what} is {min(values):g} {unit}; it must be above zero")


def _check_finite(name: str, what: str, values: Sequence[float] | Array) -> None:
    if not np.isfinite(values).all():
        raise SceneError(f"material {name}: {what} is {', '.join(f'{v:g}' for v in values)}; give a number")
