r"""Physics that no parameter of the model can express, as terms of the heat equation.

Parameters scale whole parts, films and contacts. A real asset also has films that are stronger at one end, conductivity
that varies within a part, sources off their centre, and faces that radiate though nobody said so. Each such structure
changes the operators by $\xi\,(\delta M, \delta K, \delta F)$ with an amplitude $\xi$ of unit variance; how strong it
is follows from the spread that the scene states for what it varies, and a spread of zero leaves it out.

What varies is applied to the assembled terms: a coupling of two dofs is scaled by the mean of the field at both, and
rows that summed to zero still do, so that conduction and contacts neither make heat nor lose it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from twin3d.fem.heat import film
from twin3d.fem.space import FunctionSpace
from twin3d.mesh.selection import select_load_facets
from twin3d.records import Operators, ParameterKind
from twin3d.scene import Scene
from twin3d.scene.loads import STEFAN_BOLTZMANN

Array = npt.NDArray[np.float64]

FIELD_LENGTH = 0.2
"""Correlation length of random fields, relative to the longest extent of the asset."""
N_WAVES = 40
"""Waves that add up to a random field."""
FIELD_LIMIT = 2.5
"""Random fields of unit variance stay within this."""
SOURCE_SHIFT = 0.05
"""How far the middle of a source is off, relative to its extent."""
BARE_EMISSIVITY = 0.3
"""Of outer faces without any load: oxidised metal (Incropera, Fundamentals of Heat and Mass Transfer, table A.11)."""
N_RANDOM = {
    ParameterKind.CONDUCTIVITY: 2,
    ParameterKind.CONTACT: 2,
    ParameterKind.FILM: 1,
    ParameterKind.HEAT_CAPACITY: 1,
}
"""Random fields for each kind of parameter."""


@dataclass(frozen=True, eq=False, slots=True)
class Structure:
    """A change of the operators at unit amplitude; empty matrices where nothing changes."""

    name: str
    mass: sparse.csr_array
    """δM [J/K], shape (n_dofs, n_dofs)."""
    stiffness: sparse.csr_array
    """δK [W/K], shape (n_dofs, n_dofs)."""
    load: Array
    """δF [W per unit of the input], shape (n_dofs, n_inputs)."""


def hidden_structures(
    operators: Operators, space: FunctionSpace, scene: Scene, rng: np.random.Generator
) -> tuple[Structure, ...]:
    """Structures that the parameters of the model cannot express.

    Args:
        operators: The heat equation.
        space: Its function space.
        scene: Says which outer faces are bare, and what spreads were before a calibration.
        rng: Draws random fields.
    """
    operators, axes = _as_stated(operators, scene), _axes_by_extent(space.dof_points)
    found = []
    for kind, n_random in N_RANDOM.items():
        fields = [
            (f"random {kind.value} {number + 1}", _random_field(space.dof_points, rng)) for number in range(n_random)
        ]
        if kind is ParameterKind.FILM:
            fields += [(f"film along {'xyz'[axis]}", _gradient(space.dof_points[:, axis])) for axis in axes[:2]]
        found += [_varied(operators, kind, name, field) for name, field in fields]
    found += [_shifted_sources(operators, space.dof_points, axis) for axis in range(2)]
    found.append(_bare_radiation(operators, space, scene))
    return tuple(item for item in found if item.mass.nnz or item.stiffness.nnz or item.load.any())


def _as_stated(operators: Operators, scene: Scene) -> Operators:
    """With the spreads before a calibration, which learns of a whole part and not of what varies within it."""
    items = () if scene.parameters is None else scene.parameters.parameter
    stated = {item.name: item.prior_deviation for item in items}
    parameters = (replace(item, spread=stated.get(item.name, item.spread)) for item in operators.parameters)
    return replace(operators, parameters=tuple(parameters))


def with_structures(operators: Operators, structures: Sequence[Structure]) -> Operators:
    """The operators with structures as further terms, after those of the parameters; only their terms make sense."""
    parameter = operators.parameters[0]
    return replace(
        operators,
        parameters=operators.parameters + tuple(replace(parameter, name=item.name) for item in structures),
        mass_terms=operators.mass_terms + tuple(item.mass for item in structures),
        stiffness_terms=operators.stiffness_terms + tuple(item.stiffness for item in structures),
        load_terms=operators.load_terms + tuple(item.load for item in structures),
    )


def _varied(operators: Operators, kind: ParameterKind, name: str, field: Array) -> Structure:
    """All terms of a kind, varied in space by their own spread."""
    empty = sparse.csr_array((operators.n_dofs, operators.n_dofs))
    mass, stiffness, load = empty, empty, np.zeros((operators.n_dofs, operators.n_inputs))
    terms = zip(
        operators.parameters, operators.mass_terms, operators.stiffness_terms, operators.load_terms, strict=True
    )
    for parameter, M, K, F in terms:
        if parameter.kind is not kind or parameter.spread <= 0.0:
            continue
        mass = mass + parameter.spread * _weighted(M, field)
        if kind is ParameterKind.FILM:
            stiffness = stiffness + parameter.spread * _weighted(K, field)
            load += parameter.spread * field[:, None] * F
        else:
            stiffness = stiffness + parameter.spread * _without_row_sums(_weighted(K, field))
    return Structure(name, sparse.csr_array(mass), sparse.csr_array(stiffness), load)


def _weighted(A: sparse.csr_array, field: Array) -> sparse.csr_array:
    entries = A.tocoo()
    entries.data = entries.data * 0.5 * (field[entries.row] + field[entries.col])
    return sparse.csr_array(entries)


def _without_row_sums(A: sparse.csr_array) -> sparse.csr_array:
    return sparse.csr_array(A - sparse.diags_array(np.asarray(A.sum(axis=1))))


def _shifted_sources(operators: Operators, points: Array, axis: int) -> Structure:
    """Every source of heat moved along one of its own principal axes, the longest first, its total unchanged."""
    empty = sparse.csr_array((operators.n_dofs, operators.n_dofs))
    load = np.zeros_like(operators.constant_load)
    for index, shares in enumerate(operators.constant_load.T):
        own = np.flatnonzero(shares)
        if own.size:
            load[own, index] = shares[own] * _lean(points[own], np.abs(shares[own]), axis)
    return Structure(f"sources shifted along axis {axis + 1}", empty, empty, load)


def _lean(points: Array, weights: Array, axis: int) -> Array:
    """A relative change that is linear along a principal axis and shifts the middle by `SOURCE_SHIFT`."""
    weights = weights / weights.sum()
    away = points - weights @ points
    variances, directions = np.linalg.eigh((weights[:, None] * away).T @ away)
    along = away @ directions[:, ::-1][:, axis]
    deviation = np.sqrt(max(variances[::-1][axis], 0.0))
    extent_of_uniform = np.sqrt(12.0) * deviation
    return SOURCE_SHIFT * extent_of_uniform * along / deviation**2 if deviation > 0.0 else np.zeros(len(points))


def _bare_radiation(operators: Operators, space: FunctionSpace, scene: Scene) -> Structure:
    """Radiation from outer facets without a load to surroundings at the initial temperature, linearised there."""
    mesh = space.mesh
    loaded = np.concatenate(select_load_facets(mesh, scene.loads))
    bare = np.setdiff1d(np.flatnonzero(mesh.facet_parts[:, 1] < 0), loaded)
    coefficient = 4.0 * BARE_EMISSIVITY * STEFAN_BOLTZMANN * scene.initial_temperature**3
    empty = sparse.csr_array((operators.n_dofs, operators.n_dofs))
    stiffness = film(space, mesh.facets[bare], coefficient)[0] if bare.size else empty
    return Structure("radiation of bare faces", empty, stiffness, np.zeros_like(operators.constant_load))


def _random_field(points: Array, rng: np.random.Generator) -> Array:
    """A smooth Gaussian field of unit variance by random Fourier features (Rahimi and Recht 2007), (n_points,)."""
    length = FIELD_LENGTH * float(np.ptp(points, axis=0).max())
    waves = rng.normal(size=(3, N_WAVES)) / length
    field = np.cos(points @ waves + rng.uniform(0.0, 2.0 * np.pi, N_WAVES)) @ rng.normal(size=N_WAVES)
    return np.asarray(np.clip((field - field.mean()) / field.std(), -FIELD_LIMIT, FIELD_LIMIT))


def _gradient(x: Array) -> Array:
    """Linear from end to end, of unit variance where dofs are spread evenly."""
    return np.asarray(np.sqrt(12.0) * ((x - x.min()) / np.ptp(x) - 0.5))


def _axes_by_extent(points: Array) -> list[int]:
    return [int(axis) for axis in np.argsort(-np.ptp(points, axis=0), kind="stable")]
