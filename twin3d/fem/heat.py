"""The heat equation of a scene on its mesh, affine in its parameters."""

import fnmatch
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from twin3d.backend import Backend
from twin3d.errors import SceneError, SolverError
from twin3d.fem.tetrahedra import (
    assemble,
    conduction_stiffness,
    contact_stiffness,
    facet_areas,
    facet_load,
    film_stiffness,
    gap_stiffness,
    heat_capacity_mass,
    shape_gradients,
    volume_load,
)
from twin3d.mesh.selection import select_load_facets, select_parts
from twin3d.records import Operators, Parameter, ParameterKind, TetMesh
from twin3d.scene import (
    Contact,
    Convection,
    FixedTemperature,
    HeatFlux,
    HeatSource,
    PartMaterial,
    Radiation,
    Scene,
)

Array = npt.NDArray[np.float64]
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


def assemble_heat(scene: Scene, mesh: TetMesh, *, backend: Backend) -> Operators:
    """Assemble the heat equation of a scene.

    Parameters are the conductivity and heat capacity of every material entry of the scene, every film and every
    contact conductance.

    Args:
        scene: Materials, loads and contacts.
        mesh: Tetrahedra whose parts carry the names that the scene uses.
        backend: Where cell matrices are computed.

    Raises:
        SceneError: A part has no material, or a material no part.
        SelectionError: A face or part of a load matches nothing.
        SolverError: Two loads prescribe the temperature of the same point.
    """
    facets = select_load_facets(mesh, scene.loads)
    terms = [*_material_terms(scene, mesh, backend), *_film_terms(scene, mesh, facets), *_contact_terms(scene, mesh)]
    fixed_points, fixed_input = _fixed(scene, mesh, facets)
    n_points, n_inputs = mesh.n_points, len(scene.inputs)
    empty, no_load = sparse.csr_array((n_points, n_points)), np.zeros((n_points, n_inputs))
    return Operators(
        parameters=tuple(term.parameter for term in terms),
        mass_terms=tuple(empty if term.mass is None else term.mass for term in terms),
        stiffness_terms=tuple(empty if term.stiffness is None else term.stiffness for term in terms),
        load_terms=tuple(no_load if term.load is None else term.load for term in terms),
        constant_load=_constant_load(scene, mesh, facets),
        input_names=tuple(item.name for item in scene.inputs),
        input_is_temperature=np.array([item.is_temperature for item in scene.inputs], dtype=bool),
        fixed_points=fixed_points,
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


def _material_parameters(entry: PartMaterial, scene: Scene) -> tuple[Parameter, Parameter]:
    spread = scene.uncertainty
    return (
        Parameter(f"conductivity of {entry.part}", ParameterKind.CONDUCTIVITY, spread.conductivity),
        Parameter(f"heat capacity of {entry.part}", ParameterKind.HEAT_CAPACITY, spread.heat_capacity),
    )


def _film_parameter(load: Convection | Radiation, scene: Scene) -> Parameter:
    return Parameter(f"film of {load.name}", ParameterKind.FILM, scene.uncertainty.film_coefficient)


def _contact_parameter(contact: Contact, scene: Scene) -> Parameter:
    return Parameter(f"contact {contact.name}", ParameterKind.CONTACT, scene.uncertainty.contact_conductance)


def _material_terms(scene: Scene, mesh: TetMesh, backend: Backend) -> Iterator[Term]:
    xp = backend.xp
    entry_of_part = material_of_parts(scene.parts, mesh.part_names)
    entry_of_cell = entry_of_part[mesh.cell_region]
    for index in np.unique(entry_of_part):
        entry = scene.parts[index]
        for_conductivity, for_capacity = _material_parameters(entry, scene)
        cells = mesh.cells[entry_of_cell == index]
        gradients, volumes = shape_gradients(xp.asarray(mesh.points), xp.asarray(cells), backend=backend)
        ones = xp.ones(len(cells))
        material = entry.material
        stiffness = conduction_stiffness(gradients, volumes, material.conductivity * ones, backend=backend)
        mass = heat_capacity_mass(volumes, material.density * material.specific_heat * ones, backend=backend)
        yield Term(
            for_conductivity,
            stiffness=assemble(stiffness, cells, mesh.n_points, backend=backend),
        )
        yield Term(
            for_capacity,
            mass=assemble(mass, cells, mesh.n_points, backend=backend),
        )


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


def _film_terms(scene: Scene, mesh: TetMesh, load_facets: LoadFacets) -> Iterator[Term]:
    for load, facets in zip(scene.loads, load_facets, strict=True):
        if not isinstance(load, Convection | Radiation):
            continue
        areas, corners = facet_areas(mesh, facets), mesh.facets[facets]
        column = np.zeros((mesh.n_points, len(scene.inputs)))
        column[:, scene.input_index(load.input)] = load.film_coefficient * facet_load(areas, corners, mesh.n_points)
        yield Term(
            _film_parameter(load, scene),
            stiffness=_summed(film_stiffness(areas, load.film_coefficient), corners, mesh.n_points),
            load=column,
        )


def _contact_terms(scene: Scene, mesh: TetMesh) -> Iterator[Term]:
    for contact in scene.contacts:
        chosen = is_contact_of(contact, mesh.contact_parts, mesh)
        corners = mesh.contact_facets[chosen]
        edges = mesh.points[corners[:, 0]]
        areas = 0.5 * np.linalg.norm(np.cross(edges[:, 1] - edges[:, 0], edges[:, 2] - edges[:, 0]), axis=1)
        touching = contact_stiffness(areas, contact.conductance)
        across = is_contact_of(contact, mesh.gap_parts, mesh)
        apart = gap_stiffness(mesh.gap_areas[across], mesh.gap_weights[across], contact.conductance)
        yield Term(
            _contact_parameter(contact, scene),
            stiffness=_summed(
                np.concatenate([touching, apart]),
                np.concatenate([corners, mesh.gap_corners[across]]).reshape(-1, 6),
                mesh.n_points,
            ),
        )


def is_contact_of(contact: Contact, parts: npt.NDArray[np.int32], mesh: TetMesh) -> npt.NDArray[np.bool_]:
    """Which pairs of parts (n, 2) a contact means, shape (n,)."""
    a, b = (np.isin(parts, select_parts(mesh, glob)) for glob in contact.between)
    return np.asarray((a[:, 0] & b[:, 1]) | (b[:, 0] & a[:, 1]))


def _summed(blocks: Array, corners: npt.NDArray[np.int32], n_points: int) -> Matrix:
    k = corners.shape[1]
    rows, columns = np.repeat(corners, k, axis=1).ravel(), np.tile(corners, (1, k)).ravel()
    return sparse.csr_array(sparse.coo_array((blocks.ravel(), (rows, columns)), shape=(n_points, n_points)))


def _constant_load(scene: Scene, mesh: TetMesh, load_facets: LoadFacets) -> Array:
    """Columns of heat sources and fluxes [W per unit of the input], shape (n_points, n_inputs)."""
    columns = np.zeros((mesh.n_points, len(scene.inputs)))
    for load, facets in zip(scene.loads, load_facets, strict=True):
        if isinstance(load, HeatSource):
            chosen = np.isin(mesh.cell_region, select_parts(mesh, load.part))
            volumes = mesh.cell_volumes()[chosen]
            column = volume_load(volumes, mesh.cells[chosen], mesh.n_points)
            total = volumes.sum()
        elif isinstance(load, HeatFlux):
            areas = facet_areas(mesh, facets)
            column, total = facet_load(areas, mesh.facets[facets], mesh.n_points), areas.sum()
        else:
            continue
        index = scene.input_index(load.input)
        columns[:, index] += column / total if scene.inputs[index].unit == "W" else column
    return columns


def _fixed(scene: Scene, mesh: TetMesh, load_facets: LoadFacets) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Points of prescribed temperature, sorted, and the input that prescribes each."""
    owner = np.full(mesh.n_points, -1, dtype=np.int32)
    for load, facets in zip(scene.loads, load_facets, strict=True):
        if not isinstance(load, FixedTemperature):
            continue
        points = np.unique(mesh.facets[facets])
        index = scene.input_index(load.input)
        clash = points[(owner[points] >= 0) & (owner[points] != index)]
        if clash.size:
            other = scene.inputs[owner[clash[0]]].name
            raise SolverError(
                f"{load.name} fixes {clash.size} points that the input {other!r} fixes as well; make the faces disjoint"
            )
        owner[points] = index
    fixed = np.flatnonzero(owner >= 0).astype(np.int32)
    return fixed, owner[fixed]
