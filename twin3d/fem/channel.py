r"""Coolant channels: a fluid that flows along a face and warms up on its way.

$\dot m c \, dT_f/ds = h p (T_w - T_f)$ along a path, without the heat that the fluid itself stores. The path is cut
into segments; within one the wall is taken at its mean, for which the solution is exact:
$T_f^{out} - T_w = (T_f^{in} - T_w) e^{-N}$ with $N = h A / (\dot m c)$ (Incropera et al., Fundamentals of Heat and
Mass Transfer, section 8.3.3). The wall gives its heat to the mean of the fluid in each segment, so that it is exactly
what the fluid takes away, whatever the number of segments; the error falls with the square of their length.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from twin3d.errors import SelectionError
from twin3d.fem.elements import Element, Quadrature, facet_quadrature
from twin3d.fem.facet_integrals import facet_samples
from twin3d.fem.heat_terms import Array, HeatTerm, Instant, LowRank, Matrix, Tangent, Variation
from twin3d.fem.integrals import CURVED_DEGREE, Index
from twin3d.fem.paths import check_path, nearest_on_path, path_length
from twin3d.fem.pattern import assemble
from twin3d.fem.space import FunctionSpace
from twin3d.fem.tied import untied
from twin3d.mesh.selection import select_channel_facets
from twin3d.scene import Channel, Convection, Scene, TimeTable, at_time

MAX_SEGMENTS = 400
"""Where the scene does not say how many."""
POINTS_PER_SEGMENT = 3
"""Points wanted across a segment, so that facets are shared out evenly."""
MAX_SPLITS = 6
"""Parts of the sides of a facet."""


@dataclass(frozen=True, eq=False, slots=True)
class Coolant:
    """The fluid at one instant."""

    temperature: Array
    """At the stations, inlet first [K], shape (n_segments + 1,)."""
    mean: Array
    """Mean in each segment [K], shape (n_segments,)."""
    heat_rate: float
    """Heat that it takes from the asset [W]: ṁ c (T_out - T_in)."""

    @property
    def outlet_temperature(self) -> float:
        """[K]."""
        return float(self.temperature[-1])


class ChannelFlow:
    """The exchange of a face with a channel. Its tangent is a film, and a dense coupling of the segments downstream."""

    is_internal = False

    def __init__(self, channel: Channel, space: FunctionSpace, corners: Index, *, input_index: int) -> None:
        """Share the face out to the segments of the path.

        Args:
            channel: The channel.
            space: The function space.
            corners: Points of the facets of its face, shape (n_facets, 3).
            input_index: The input that is the temperature at the inlet.

        Raises:
            SolverError: The path misses the face.
        """
        self.name = channel.name
        self._film, self._input_index = channel.film_coefficient, input_index
        self._capacity_rate = channel.mass_flow * channel.specific_heat
        path = np.array(channel.path)
        n_segments = channel.stations or _n_segments(space, corners, path)
        self.lengths = np.linspace(0.0, path_length(path), n_segments + 1)
        """Of the path from the inlet to each station [m], shape (n_segments + 1,)."""
        rule = _rule(space, corners, float(self.lengths[1]))
        values, vectors = facet_samples(space, corners, rule)
        weights, dofs = np.linalg.norm(vectors, axis=2), space.facet_dofs(corners)
        positions = (values @ space.dof_points[dofs]).reshape(-1, 3)
        near = nearest_on_path(path, positions)
        check_path(channel.name, path, near, face_size=float(np.linalg.norm(np.ptp(positions, axis=0))))
        segment = np.minimum((near.along / self.lengths[1]).astype(np.int64), n_segments - 1)
        products = (values[:, :, None] * values[:, None, :]).reshape(len(values), -1)
        blocks = (weights @ products).reshape(len(corners), dofs.shape[1], -1)
        self._surface: Matrix = assemble(blocks, dofs, space.n_dofs)
        entries = (weights[:, :, None] * values).ravel()
        rows = np.repeat(segment, dofs.shape[1])
        columns = np.repeat(dofs[:, None], len(values), axis=1).ravel()
        self._integrals = sparse.csr_array((entries, (rows, columns)), shape=(n_segments, space.n_dofs))
        self._areas = np.asarray(self._integrals.sum(axis=1))

    @property
    def variation(self) -> Variation:
        """Constant, or in time where the film coefficient is."""
        return Variation.IN_TIME if isinstance(self._film, TimeTable) else Variation.CONSTANT

    def coolant(self, T: Array, at: Instant) -> Coolant:
        """The fluid over a wall of temperatures T (n_dofs,)."""
        taken, left = self._effects(at_time(self._film, at.time_s))
        wall = self._mean_wall(T)
        temperature = np.full(len(wall) + 1, at.inputs[self._input_index])
        for k, (share, of_wall) in enumerate(zip(taken, wall, strict=True)):
            temperature[k + 1] = temperature[k] + share * (of_wall - temperature[k])
        mean = wall + left * (temperature[:-1] - wall)
        return Coolant(temperature, mean, self._capacity_rate * float(temperature[-1] - temperature[0]))

    def rate(self, T: Array, at: Instant) -> Array:
        """Heat that it brings to the dofs [W], shape (n_dofs,)."""
        fluid = self.coolant(T, at).mean
        return np.asarray(at_time(self._film, at.time_s) * (self._integrals.T @ fluid - self._surface @ T))

    def tangent(self, T: Array, at: Instant) -> Tangent:
        """The film, and how the fluid follows the wall upstream: a lower triangular matrix."""
        film = at_time(self._film, at.time_s)
        taken, left = self._effects(film)
        by_wall = np.zeros((len(taken) + 1, len(taken)))
        for k, share in enumerate(taken):
            by_wall[k + 1] = (1.0 - share) * by_wall[k]
            by_wall[k + 1, k] = share
        mean_by_wall = left[:, None] * by_wall[:-1] + np.diag(1.0 - left)
        per_area = np.divide(1.0, self._areas, out=np.zeros_like(self._areas), where=self._areas > 0.0)
        coupling = LowRank(sparse.csr_array(self._integrals.T), -film * mean_by_wall * per_area, self._integrals)
        return Tangent(film * self._surface, low_rank=coupling)

    def _effects(self, film: float) -> tuple[Array, Array]:
        """1 - e^-N of each segment, how near the fluid comes to the wall, and that over N, how far it is on average."""
        transfer = film * self._areas / self._capacity_rate
        taken = -np.expm1(-transfer)
        return taken, np.divide(taken, transfer, out=np.ones_like(transfer), where=transfer > 0.0)

    def _mean_wall(self, T: Array) -> Array:
        sums = self._integrals @ T
        return np.asarray(np.divide(sums, self._areas, out=np.zeros_like(sums), where=self._areas > 0.0))


@dataclass(frozen=True, slots=True)
class ChannelReport:
    """What a channel does at one instant."""

    name: str
    inlet_temperature: float
    """[K]."""
    outlet_temperature: float
    """[K]."""
    heat_rate: float
    """Heat that it takes from the asset [W]."""


def channel_flows(scene: Scene, space: FunctionSpace) -> tuple[ChannelFlow, ...]:
    """The channels of a scene on its mesh.

    Raises:
        SelectionError: The face of a channel matches nothing.
        SolverError: A path misses its face.
    """
    return tuple(
        ChannelFlow(channel, space, corners, input_index=scene.input_index(channel.input))
        for channel in scene.channels
        for corners in [space.mesh.facets[select_channel_facets(space.mesh, channel)]]
    )


def check_wetted(scene: Scene, space: FunctionSpace, load_facets: Sequence[Index]) -> None:
    """Refuse faces that a channel and a load of convection both cool.

    Args:
        scene: Its loads and channels.
        space: On its mesh.
        load_facets: Facets of each load.

    Raises:
        SelectionError: Names both, and how to divide the faces.
    """
    for channel in scene.channels:
        wetted = select_channel_facets(space.mesh, channel)
        for load, facets in zip(scene.loads, load_facets, strict=True):
            shared = np.intersect1d(wetted, facets).size
            if isinstance(load, Convection) and shared:
                raise SelectionError(
                    f"channel {channel.name}: {shared} of its facets have the film of the load {load.name} as well; "
                    f'give {load.name} the face "other", or take the faces of the channel out of it by "and not"'
                )


def channel_reports(terms: Iterable[HeatTerm], T: Array, at: Instant) -> tuple[ChannelReport, ...]:
    """What the channels among the terms of a heat balance do.

    Args:
        terms: Of the balance.
        T: Temperatures [K], shape (n_dofs,).
        at: Time and inputs.
    """
    flows = [(term.name, term.coolant(T, at)) for term in untied(terms) if isinstance(term, ChannelFlow)]
    return tuple(
        ChannelReport(name, float(fluid.temperature[0]), fluid.outlet_temperature, fluid.heat_rate)
        for name, fluid in flows
    )


def _n_segments(space: FunctionSpace, corners: Index, path: Array) -> int:
    """About one for each row of facets."""
    return int(np.clip(np.ceil(path_length(path) / _edges(space, corners).mean()), 1, MAX_SEGMENTS))


def _edges(space: FunctionSpace, corners: Index) -> Array:
    points = space.mesh.points[corners]
    return np.asarray(np.linalg.norm(points - np.roll(points, 1, axis=1), axis=2))


def _rule(space: FunctionSpace, corners: Index, segment: float) -> Quadrature:
    """A rule with points close enough to share facets out evenly to segments of a length [m]."""
    base = facet_quadrature(2 if space.element is Element.TET4 else CURVED_DEGREE)
    n = int(np.clip(np.ceil(POINTS_PER_SEGMENT * _edges(space, corners).max() / segment / 2.0), 1, MAX_SPLITS))
    i, j = (some.ravel() for some in np.mgrid[:n, :n])
    upward = [(i, j), (i + 1, j), (i, j + 1)]
    downward = [(i + 1, j), (i + 1, j + 1), (i, j + 1)]
    parts = [np.stack([np.stack([x, y, n - x - y], axis=-1) for x, y in some], axis=1) for some in (upward, downward)]
    triangles = np.concatenate(parts) / n
    triangles = triangles[triangles.min(axis=(1, 2)) >= 0.0]
    points = np.einsum("qa,tac->tqc", base.points, triangles).reshape(-1, 3)
    return Quadrature(points, np.tile(base.weights, len(triangles)) / len(triangles))
