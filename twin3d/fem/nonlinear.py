"""The whole heat balance of a scene on its mesh, as it is: tables, radiation, losses that rise with temperature."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from twin3d.backend import Backend
from twin3d.fem.cavity import cavities
from twin3d.fem.channel import channel_flows, check_wetted
from twin3d.fem.conduction import TableConduction
from twin3d.fem.cyclic import Ties, cyclic_ties
from twin3d.fem.heat import (
    LoadFacets,
    capacity_at,
    conductivity_at,
    contact_stiffness,
    film,
    fixed_temperatures,
    flux_shares,
    material_of_parts,
    source_cells,
    source_shares,
)
from twin3d.fem.heat_content import HeatContent, TableContent
from twin3d.fem.heat_terms import Array, HeatTerm, Instant, LinearTerm, Variation
from twin3d.fem.integrals import Index, cell_volumes, mass_blocks, stiffness_blocks
from twin3d.fem.losses import WindingLosses
from twin3d.fem.pattern import assemble
from twin3d.fem.radiation import AmbientRadiation
from twin3d.fem.space import FunctionSpace
from twin3d.fem.tables import piecewise
from twin3d.fem.tied import check_fixed, tied_content, tied_terms
from twin3d.mesh.selection import select_load_facets
from twin3d.scene import (
    Convection,
    Cyclic,
    FixedTemperature,
    HeatFlux,
    HeatSource,
    PropertyTable,
    Radiation,
    Scene,
    TimeTable,
)


@dataclass(frozen=True, eq=False, slots=True)
class NonlinearHeat:
    r"""$\dot H(T) = \sum_k R_k(T, t, u)$ at the free dofs, with prescribed temperatures at the others."""

    space: FunctionSpace
    content: HeatContent
    terms: tuple[HeatTerm, ...]
    fixed_dofs: npt.NDArray[np.int32]
    """Dofs of prescribed temperature, ascending, shape (n_fixed,)."""
    fixed_input: npt.NDArray[np.int32]
    """The input that prescribes each, shape (n_fixed,)."""
    fixed_load: npt.NDArray[np.int32]
    """Which of `fixed_names` each counts to in the energy balance, shape (n_fixed,)."""
    fixed_names: tuple[str, ...]
    """The loads that prescribe temperatures."""
    ties: Ties | None = None
    """Dofs that follow others; terms and content are gathered at those already."""

    @property
    def is_linear(self) -> bool:
        """Whether the balance of one instant is affine in the temperature."""
        return not self.content.tables and all(term.variation is not Variation.WITH_TEMPERATURE for term in self.terms)

    @property
    def free_dofs(self) -> npt.NDArray[np.int32]:
        """Dofs whose temperature is neither prescribed nor tied, ascending."""
        taken = self.fixed_dofs if self.ties is None else np.union1d(self.fixed_dofs, self.ties.dofs)
        return np.setdiff1d(np.arange(self.space.n_dofs, dtype=np.int32), taken)

    def rate(self, T: Array, at: Instant) -> Array:
        """Heat that all terms bring to the dofs [W], shape (n_dofs,)."""
        return np.asarray(sum((term.rate(T, at) for term in self.terms), np.zeros(len(T))))

    def with_fixed(self, T: Array, at: Instant) -> Array:
        """Temperatures with the prescribed and the tied ones put in [K], shape (n_dofs,)."""
        T = np.array(T, dtype=np.float64)
        T[self.fixed_dofs] = at.inputs[self.fixed_input]
        return self.with_tied(T)

    def with_tied(self, T: Array) -> Array:
        """Temperatures with the tied ones put in [K], shape (n_dofs,)."""
        return T if self.ties is None else np.asarray(self.ties.transformation @ T)


def nonlinear_heat(
    scene: Scene, space: FunctionSpace, *, terms: Sequence[HeatTerm] = (), backend: Backend
) -> NonlinearHeat:
    """The heat balance of a scene.

    Args:
        scene: Materials, loads and contacts.
        space: Elements on a mesh whose parts carry the names that the scene uses.
        terms: More contributions.
        backend: Where cells are computed.

    Raises:
        SceneError: A part has no material, or a material no part.
        SelectionError: A face or part of a load matches nothing.
        SolverError: Two loads prescribe the temperature of the same point, a channel or an enclosure does not fit its
            faces, or the sector of a cyclic asset does not repeat itself.
    """
    facets = select_load_facets(space.mesh, scene.loads, besides=scene.channels)
    fixed_dofs, fixed_input = fixed_temperatures(scene, space, facets)
    fixed_load, fixed_names = _fixing_loads(scene, space, facets, fixed_dofs)
    contacts = (
        LinearTerm(contact.name, stiffness=contact_stiffness(contact, space), is_internal=True)
        for contact in scene.contacts
    )
    own = (*_conduction(scene, space, backend), *contacts, *_loads(scene, space, facets, backend))
    check_wetted(scene, space, facets)
    coupled: tuple[HeatTerm, ...] = (*channel_flows(scene, space), *cavities(scene, space))
    content = _content(scene, space, backend)
    heat = NonlinearHeat(space, content, (*own, *coupled, *terms), fixed_dofs, fixed_input, fixed_load, fixed_names)
    return heat if scene.cyclic is None else _tied(heat, scene.cyclic)


def _tied(heat: NonlinearHeat, cyclic: Cyclic) -> NonlinearHeat:
    """The balance of one sector of a cyclic asset."""
    ties = cyclic_ties(cyclic, heat.space)
    check_fixed(ties, heat.fixed_dofs, heat.fixed_input)
    is_kept = ~np.isin(heat.fixed_dofs, ties.dofs)
    return replace(
        heat,
        content=tied_content(heat.content, ties),
        terms=tuple(tied_terms(heat.terms, ties)),
        fixed_dofs=heat.fixed_dofs[is_kept],
        fixed_input=heat.fixed_input[is_kept],
        fixed_load=heat.fixed_load[is_kept],
        ties=ties,
    )


def _cells_of_materials(scene: Scene, space: FunctionSpace) -> Iterator[tuple[int, Index]]:
    entry_of_part = material_of_parts(scene.parts, space.mesh.part_names)
    entry_of_cell = entry_of_part[space.mesh.cell_region]
    for index in np.unique(entry_of_part):
        yield int(index), np.flatnonzero(entry_of_cell == index)


def _conduction(scene: Scene, space: FunctionSpace, backend: Backend) -> Iterator[HeatTerm]:
    constant: list[tuple[Index, Array]] = []
    for index, cells in _cells_of_materials(scene, space):
        entry = scene.parts[index]
        if isinstance(entry.material.conductivity, PropertyTable):
            k = piecewise(entry.material.conductivity)
            yield TableConduction(f"conduction in {entry.part}", space, cells, conductivity=k, backend=backend)
            continue
        each = np.repeat(conductivity_at(entry.material, scene.initial_temperature)[None], len(cells), axis=0)
        constant.append((cells, backend.to_host(stiffness_blocks(space, cells, each, backend=backend))))
    if constant:
        cells, blocks = (np.concatenate(some) for some in zip(*constant, strict=True))
        yield LinearTerm("conduction", assemble(blocks, space.cell_dofs[cells], space.n_dofs), is_internal=True)


def _content(scene: Scene, space: FunctionSpace, backend: Backend) -> HeatContent:
    reference, tables, constant = scene.initial_temperature, [], []
    for index, cells in _cells_of_materials(scene, space):
        material = scene.parts[index].material
        if isinstance(material.specific_heat, PropertyTable):
            capacity = piecewise(material.specific_heat, factor=material.density)
            tables.append(TableContent(space, cells, capacity=capacity, reference=reference, backend=backend))
            continue
        density = np.full(len(cells), capacity_at(material, reference))
        constant.append((cells, backend.to_host(mass_blocks(space, cells, density, backend=backend))))
    if not constant:
        return HeatContent(sparse.csr_array((space.n_dofs, space.n_dofs)), tuple(tables), reference)
    cells, blocks = (np.concatenate(some) for some in zip(*constant, strict=True))
    return HeatContent(assemble(blocks, space.cell_dofs[cells], space.n_dofs), tuple(tables), reference)


def _loads(scene: Scene, space: FunctionSpace, facets: LoadFacets, backend: Backend) -> Iterator[HeatTerm]:
    for load, some in zip(scene.loads, facets, strict=True):
        corners = space.mesh.facets[some]
        match load:
            case Convection():
                yield _film_of(load, space, corners, input_index=scene.input_index(load.input))
            case Radiation():
                index = scene.input_index(load.input)
                yield AmbientRadiation(load.name, space, corners, emissivity=load.emissivity, input_index=index)
            case HeatFlux():
                index = scene.input_index(load.input)
                shares = flux_shares(space, corners, in_watts=scene.inputs[index].unit == "W")
                yield LinearTerm(load.name, load=shares, input_index=index)
            case HeatSource():
                yield _source(load, scene, space, backend)


def _film_of(load: Convection, space: FunctionSpace, corners: Index, *, input_index: int) -> LinearTerm:
    coefficient = load.film_coefficient
    if isinstance(coefficient, TimeTable):
        stiffness, column = film(space, corners, 1.0)
        return LinearTerm(load.name, stiffness, column, input_index, factor=coefficient.at)
    stiffness, column = film(space, corners, coefficient)
    return LinearTerm(load.name, stiffness, column, input_index)


def _source(load: HeatSource, scene: Scene, space: FunctionSpace, backend: Backend) -> HeatTerm:
    index = scene.input_index(load.input)
    in_watts = scene.inputs[index].unit == "W"
    shares = source_shares(load, space, in_watts=in_watts, backend=backend)
    if load.temperature_coefficient == 0.0:
        return LinearTerm(load.name, load=shares, input_index=index)
    cells = source_cells(load, space.mesh)
    density = np.full(len(cells), 1.0 / cell_volumes(space, cells).sum() if in_watts else 1.0)
    mass = backend.to_host(mass_blocks(space, cells, density, backend=backend))
    return WindingLosses(
        load.name,
        load=shares,
        mass=assemble(mass, space.cell_dofs[cells], space.n_dofs),
        coefficient=load.temperature_coefficient,
        reference=load.reference_temperature,
        input_index=index,
    )


def _fixing_loads(
    scene: Scene, space: FunctionSpace, facets: LoadFacets, fixed_dofs: npt.NDArray[np.int32]
) -> tuple[npt.NDArray[np.int32], tuple[str, ...]]:
    """Which load each fixed dof counts to, the last where they share it, and the names of the loads."""
    names: list[str] = []
    owner = np.zeros(space.n_dofs, dtype=np.int32)
    for load, some in zip(scene.loads, facets, strict=True):
        if isinstance(load, FixedTemperature):
            owner[space.facet_dofs(space.mesh.facets[some])] = len(names)
            names.append(load.name)
    return owner[fixed_dofs], tuple(names)
