"""The heat equation of a scene on its mesh, affine in its parameters."""

import fnmatch
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from twin3d.backend import Backend
from twin3d.errors import SceneError, SolverError
from twin3d.fem.assembly import assemble_conduction, assemble_mass
from twin3d.fem.elements import shape_functions
from twin3d.fem.facet_integrals import facet_areas, facet_load_blocks, facet_mass_blocks
from twin3d.fem.integrals import cell_volumes, gathered, load_blocks
from twin3d.fem.pattern import assemble, pattern_of
from twin3d.fem.space import FunctionSpace
from twin3d.mesh.selection import select_load_facets, select_parts
from twin3d.records import Operators, Parameter, ParameterKind, TetMesh
from twin3d.scene import (
    Contact,
    Convection,
    FixedTemperature,
    HeatFlux,
    HeatSource,
    Material,
    PartMaterial,
    Radiation,
    Scene,
    at_temperature,
    at_time,
    capacity_name,
    check_for_twin,
    conductivity_name,
    contact_name,
    film_name,
    missing_for_heat,
)

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int32]
Matrix = sparse.csr_array
LoadFacets = Sequence[npt.NDArray[np.int32]]
"""Facets of each load of the scene."""


@dataclass(frozen=True, eq=False, slots=True)
class Term:
    """What one parameter scales; None where it scales nothing of that kind."""

    parameter: Parameter
    mass: Matrix | None = None
    stiffness: Matrix | None = None
    load: Array | None = None


def assemble_heat(scene: Scene, space: FunctionSpace, *, backend: Backend) -> Operators:
    """Assemble the heat equation of a scene.

    Parameters are the conductivity and heat capacity of every material entry of the scene, every film and every
    contact conductance; a material that conducts differently along its axes has a parameter for each.

    Args:
        scene: Materials, loads and contacts.
        space: Elements on a mesh whose parts carry the names that the scene uses.
        backend: Where cell matrices are computed.

    Raises:
        SceneError: A part has no material, or a material no part or nothing that heat needs; or the scene holds what
            is not affine.
        SelectionError: A face or part of a load matches nothing.
        SolverError: Two loads prescribe the temperature of the same point.
    """
    check_for_twin(scene)
    facets = select_load_facets(space.mesh, scene.loads)
    terms = [*_material_terms(scene, space, backend), *_film_terms(scene, space, facets), *_contact_terms(scene, space)]
    fixed_dofs, fixed_input = fixed_temperatures(scene, space, facets)
    n_dofs, n_inputs = space.n_dofs, len(scene.inputs)
    empty, no_load = sparse.csr_array((n_dofs, n_dofs)), np.zeros((n_dofs, n_inputs))
    return Operators(
        parameters=tuple(term.parameter for term in terms),
        mass_terms=tuple(empty if term.mass is None else term.mass for term in terms),
        stiffness_terms=tuple(empty if term.stiffness is None else term.stiffness for term in terms),
        load_terms=tuple(no_load if term.load is None else term.load for term in terms),
        constant_load=_constant_load(scene, space, facets, backend),
        input_names=tuple(item.name for item in scene.inputs),
        input_is_temperature=np.array([item.is_temperature for item in scene.inputs], dtype=bool),
        fixed_dofs=fixed_dofs,
        fixed_input=fixed_input,
    )


def heat_parameters(scene: Scene, mesh: TetMesh) -> tuple[Parameter, ...]:
    """The parameters that `assemble_heat` gives a scene, without the work of assembling."""
    entries = [scene.parts[index] for index in np.unique(material_of_parts(scene.parts, mesh.part_names))]
    films = [load for load in scene.loads if isinstance(load, Convection | Radiation)]
    return (
        *(parameter for entry in entries for parameter in _material_parameters(entry, scene)),
        *(_film_parameter(load, scene) for load in films),
        *(_contact_parameter(contact, scene) for contact in scene.contacts),
    )


def _parameter(scene: Scene, name: str, kind: ParameterKind, stated: float) -> Parameter:
    """A parameter with the spread that a calibration left, or with the stated one."""
    known = None if scene.parameters is None else scene.parameters.deviation_of(name)
    return Parameter(name, kind, stated if known is None else known)


def _material_parameters(entry: PartMaterial, scene: Scene) -> tuple[Parameter, ...]:
    conductivities = (_conductivity_parameter(entry, scene, axis) for axis in _axes_of(entry))
    return (*conductivities, _capacity_parameter(entry, scene))


def _conductivity_parameter(entry: PartMaterial, scene: Scene, axis: int | None = None) -> Parameter:
    name = conductivity_name(entry, axis)
    return _parameter(scene, name, ParameterKind.CONDUCTIVITY, scene.uncertainty.conductivity)


def _capacity_parameter(entry: PartMaterial, scene: Scene) -> Parameter:
    return _parameter(scene, capacity_name(entry), ParameterKind.HEAT_CAPACITY, scene.uncertainty.heat_capacity)


def _film_parameter(load: Convection | Radiation, scene: Scene) -> Parameter:
    return _parameter(scene, film_name(load), ParameterKind.FILM, scene.uncertainty.film_coefficient)


def _contact_parameter(contact: Contact, scene: Scene) -> Parameter:
    return _parameter(scene, contact_name(contact), ParameterKind.CONTACT, scene.uncertainty.contact_conductance)


def _axes_of(entry: PartMaterial) -> tuple[int | None, ...]:
    """The axes along which a material has a conductivity of its own; one entry, None, where all are alike."""
    return (0, 1, 2) if isinstance(entry.material.conductivity, tuple) else (None,)


def _material_terms(scene: Scene, space: FunctionSpace, backend: Backend) -> Iterator[Term]:
    entry_of_part = material_of_parts(scene.parts, space.mesh.part_names)
    entry_of_cell = entry_of_part[space.mesh.cell_region]
    for index in np.unique(entry_of_part):
        entry = scene.parts[index]
        cells = np.flatnonzero(entry_of_cell == index)
        pattern = pattern_of(space.cell_dofs[cells], space.n_dofs)
        capacity = np.full(len(cells), capacity_at(entry.material, scene.initial_temperature))
        for axis in _axes_of(entry):
            k = conductivity_at(entry.material, scene.initial_temperature, axis=axis)
            each = np.repeat(k[None], len(cells), axis=0)
            stiffness = assemble_conduction(space, cells, each, pattern=pattern, backend=backend)
            yield Term(_conductivity_parameter(entry, scene, axis), stiffness=stiffness)
        yield Term(
            _capacity_parameter(entry, scene),
            mass=assemble_mass(space, cells, capacity, pattern=pattern, backend=backend),
        )


def conductivity_at(material: Material, temperature: float, *, axis: int | None = None) -> Array:
    """The conductivity at a temperature [W/(m·K)], shape () or, where it differs by direction, (3, 3).

    Args:
        material: What conducts.
        temperature: Where it depends on it [K].
        axis: Of the material: the share of that along this axis alone; None takes all.

    Raises:
        SceneError: The material has none.
    """
    if material.conductivity is None:
        raise SceneError(missing_for_heat(material))
    if not isinstance(material.conductivity, tuple):
        return np.asarray(at_temperature(material.conductivity, temperature))
    axes = np.eye(3) if material.axes is None else np.array(material.axes)
    along = np.array(material.conductivity)
    if axis is not None:
        along[np.arange(3) != axis] = 0.0
    return np.asarray(axes.T @ np.diag(along) @ axes)


def capacity_at(material: Material, temperature: float) -> float:
    """ρ c at a temperature [J/(m³·K)]; raises SceneError where the material has no specific heat."""
    if material.specific_heat is None:
        raise SceneError(missing_for_heat(material))
    return material.density * at_temperature(material.specific_heat, temperature)


def material_of_parts(entries: Sequence[PartMaterial], part_names: Sequence[str]) -> npt.NDArray[np.int64]:
    """Index of the last entry that matches each part, shape (n_parts,)."""
    matches = np.array([[fnmatch.fnmatchcase(name, entry.part) for name in part_names] for entry in entries])
    for entry, matched in zip(entries, matches, strict=True):
        if not matched.any():
            raise SceneError(f"material for {entry.part!r}: no part matches; the parts are {', '.join(part_names)}")
    bare = [name for name, matched in zip(part_names, matches.T, strict=True) if not matched.any()]
    if bare:
        raise SceneError(f"no material for the parts {', '.join(bare)}; add [[part]] entries for them")
    return np.asarray(len(entries) - 1 - matches[::-1].argmax(axis=0))


def _film_terms(scene: Scene, space: FunctionSpace, load_facets: LoadFacets) -> Iterator[Term]:
    for load, facets in zip(scene.loads, load_facets, strict=True):
        if not isinstance(load, Convection | Radiation):
            continue
        stiffness, column = film(space, space.mesh.facets[facets], at_time(load.film_coefficient, 0.0))
        columns = np.zeros((space.n_dofs, len(scene.inputs)))
        columns[:, scene.input_index(load.input)] = column
        yield Term(_film_parameter(load, scene), stiffness=stiffness, load=columns)


def film(space: FunctionSpace, corners: IntArray, coefficient: float) -> tuple[Matrix, Array]:
    """A film over facets: its stiffness [W/K] and its load per kelvin of the ambient [W/K], shape (n_dofs,)."""
    dofs = space.facet_dofs(corners)
    stiffness = assemble(facet_mass_blocks(space, corners, coefficient), dofs, space.n_dofs)
    return stiffness, gathered(dofs, facet_load_blocks(space, corners, coefficient), space.n_dofs)


def _contact_terms(scene: Scene, space: FunctionSpace) -> Iterator[Term]:
    for contact in scene.contacts:
        yield Term(_contact_parameter(contact, scene), stiffness=contact_stiffness(contact, space))


def contact_stiffness(contact: Contact, space: FunctionSpace) -> Matrix:
    """How a contact couples both of its sides, touching or across a gap [W/K]."""
    touching, apart = (
        assemble(blocks, dofs, space.n_dofs)
        for dofs, blocks in (_touching(contact, space), _across_gap(contact, space))
    )
    return sparse.csr_array(touching + apart)


def _touching(contact: Contact, space: FunctionSpace) -> tuple[IntArray, Array]:
    r"""Dofs of both sides of contact facets, and $h \int (N_i^+ - N_i^-)(N_j^+ - N_j^-)$ [W/K]."""
    mesh = space.mesh
    sides = mesh.contact_facets[is_contact_of(contact, mesh.contact_parts, mesh)]
    film = facet_mass_blocks(space, sides[:, 0], contact.conductance)
    jump = np.array([[1.0, -1.0], [-1.0, 1.0]])
    dofs = np.hstack([space.facet_dofs(sides[:, side]) for side in (0, 1)])
    return dofs, np.asarray(np.kron(jump, film))


def _across_gap(contact: Contact, space: FunctionSpace) -> tuple[IntArray, Array]:
    r"""Dofs of both facets of pairs of points across a gap, and $h A (N^+ - N^-)_i (N^+ - N^-)_j$ [W/K]."""
    mesh = space.mesh
    across = is_contact_of(contact, mesh.gap_parts, mesh)
    corners = mesh.gap_corners[across]
    first, second = (shape_functions(space.element, mesh.gap_weights[across, side]) for side in (0, 1))
    jump = np.concatenate([first, -second], axis=1)
    dofs = np.hstack([space.facet_dofs(corners[:, side]) for side in (0, 1)])
    return dofs, (contact.conductance * mesh.gap_areas[across])[:, None, None] * jump[:, :, None] * jump[:, None, :]


def is_contact_of(contact: Contact, parts: npt.NDArray[np.int32], mesh: TetMesh) -> npt.NDArray[np.bool_]:
    """Which pairs of parts (n, 2) a contact means, shape (n,)."""
    a, b = (np.isin(parts, select_parts(mesh, glob)) for glob in contact.between)
    return np.asarray((a[:, 0] & b[:, 1]) | (b[:, 0] & a[:, 1]))


def _constant_load(scene: Scene, space: FunctionSpace, load_facets: LoadFacets, backend: Backend) -> Array:
    """Columns of heat sources and fluxes [W per unit of the input], shape (n_dofs, n_inputs)."""
    columns = np.zeros((space.n_dofs, len(scene.inputs)))
    for load, facets in zip(scene.loads, load_facets, strict=True):
        index = scene.input_index(load.input)
        in_watts = scene.inputs[index].unit == "W"
        if isinstance(load, HeatSource):
            warmth = 1.0 + load.temperature_coefficient * (scene.initial_temperature - load.reference_temperature)
            columns[:, index] += warmth * source_shares(load, space, in_watts=in_watts, backend=backend)
        elif isinstance(load, HeatFlux):
            columns[:, index] += flux_shares(space, space.mesh.facets[facets], in_watts=in_watts)
    return columns


def source_cells(load: HeatSource, mesh: TetMesh) -> npt.NDArray[np.int64]:
    """The cells of a heat source."""
    return np.flatnonzero(np.isin(mesh.cell_region, select_parts(mesh, load.part)))


def source_shares(load: HeatSource, space: FunctionSpace, *, in_watts: bool, backend: Backend) -> Array:
    """Heat rates of a source of 1 W in all, else of 1 W/m³ [W], shape (n_dofs,)."""
    cells = source_cells(load, space.mesh)
    shares = backend.to_host(load_blocks(space, cells, np.ones(len(cells)), backend=backend))
    column = gathered(space.cell_dofs[cells], shares, space.n_dofs)
    return column / cell_volumes(space, cells).sum() if in_watts else column


def flux_shares(space: FunctionSpace, corners: IntArray, *, in_watts: bool) -> Array:
    """Heat rates of a flux of 1 W in all, else of 1 W/m² [W], shape (n_dofs,)."""
    column = gathered(space.facet_dofs(corners), facet_load_blocks(space, corners, 1.0), space.n_dofs)
    return column / facet_areas(space, corners).sum() if in_watts else column


def fixed_temperatures(scene: Scene, space: FunctionSpace, load_facets: LoadFacets) -> tuple[IntArray, IntArray]:
    """Dofs of prescribed temperature, sorted, and the input that prescribes each."""
    owner = np.full(space.n_dofs, -1, dtype=np.int32)
    for load, facets in zip(scene.loads, load_facets, strict=True):
        if not isinstance(load, FixedTemperature):
            continue
        dofs = np.unique(space.facet_dofs(space.mesh.facets[facets]))
        index = scene.input_index(load.input)
        clash = dofs[(owner[dofs] >= 0) & (owner[dofs] != index)]
        if clash.size:
            other = scene.inputs[owner[clash[0]]].name
            raise SolverError(
                f"{load.name} fixes {clash.size} points that the input {other!r} fixes as well; make the faces disjoint"
            )
        owner[dofs] = index
    fixed = np.flatnonzero(owner >= 0).astype(np.int32)
    return fixed, owner[fixed]
