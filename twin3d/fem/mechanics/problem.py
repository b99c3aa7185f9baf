"""The stress problem of a scene: its parts, supports and loads, and the displacement and stress that they give."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse

from twin3d.backend import Backend
from twin3d.errors import SceneError
from twin3d.fem.cyclic import Ties, cyclic_ties
from twin3d.fem.elements import Element
from twin3d.fem.heat import is_contact_of, material_of_parts
from twin3d.fem.linear import Method
from twin3d.fem.mechanics import forces, supports, ties
from twin3d.fem.mechanics.elastic import ElasticMaterial, isotropic, orthotropic
from twin3d.fem.mechanics.measures import von_mises
from twin3d.fem.mechanics.recovery import PartField, at_all_dofs, recover
from twin3d.fem.mechanics.statics import Body, PreparedBody, Springs, StaticSolution, prepare_body, solve_static
from twin3d.fem.mechanics.stress import parts_of, sampling_rule, stress_in_cells
from twin3d.fem.space import FunctionSpace, function_space
from twin3d.mesh.selection import select_load_facets, select_parts
from twin3d.scene import (
    AnyMechanicalLoad,
    Bearing,
    Contact,
    Displacement,
    ElasticSupport,
    Fixed,
    Force,
    Gravity,
    Material,
    PressureLoad,
    RemoteForce,
    Scene,
    Symmetry,
    Traction,
    check_for_modes,
    check_for_stress,
)

Array: TypeAlias = npt.NDArray[np.float64]
Index: TypeAlias = npt.NDArray[np.signedinteger]

Time: TypeAlias = float | str
"""Since the start [s], or ``steady``."""

GEOMETRY_AXES = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


@dataclass(frozen=True, eq=False, slots=True)
class StressProblem:
    """A scene that is ready to be solved for stress, at any temperature."""

    scene: Scene
    space: FunctionSpace
    materials: tuple[ElasticMaterial, ...]
    """Of each part."""
    facets: tuple[Index, ...]
    """Facets of each mechanical load; none for gravity."""
    prepared: PreparedBody


@dataclass(frozen=True, eq=False, slots=True)
class StressField:
    """Displacement and stress at one temperature."""

    solution: StaticSolution
    parts: tuple[PartField, ...]
    """Stress of each part at its dofs [Pa], six components; parts that meet may differ there."""
    stress: Array
    """At all dofs [Pa], shape (n_dofs, 6); where parts meet, that of the one with the larger von Mises stress."""
    von_mises: Array
    """[Pa], shape (n_dofs,)."""

    @property
    def displacement(self) -> Array:
        """[m], shape (n_dofs, 3)."""
        return self.solution.displacement.reshape(-1, 3)


Stresses: TypeAlias = tuple[StressProblem, dict[Time, StressField]]
"""A stress problem, and its fields by time."""


def prepare_stress(
    scene: Scene, space: FunctionSpace, *, method: Method | None = None, backend: Backend
) -> StressProblem:
    """Assemble the stress problem of a scene and get ready to solve it.

    Args:
        scene: Materials, contacts, mechanical loads and supports.
        space: Elements on a mesh whose parts carry the names that the scene uses.
        method: Taken instead of what size and shape suggest.
        backend: Where to solve.

    Raises:
        SceneError: A part has no elastic constants, or a load no sense.
        SelectionError: A face or part of a load matches nothing.
        SolverError: Supports contradict each other, or nothing holds a rigid motion.
    """
    materials = elastic_materials(scene, space)
    facets = facets_of_loads(scene, space)
    body = _body(scene, space, materials, facets)
    return StressProblem(scene, space, materials, facets, prepare_body(body, method=method, backend=backend))


def body_of_scene(scene: Scene, space: FunctionSpace) -> Body:
    """The elastic body of a scene with what holds it, to vibrate.

    Raises as `prepare_stress`, but for free motions; and SceneError for one sector of a cyclic asset.
    """
    check_for_modes(scene)
    return _body(scene, space, elastic_materials(scene, space), facets_of_loads(scene, space))


def density_of_cells(scene: Scene, space: FunctionSpace) -> Array:
    """Densities [kg/m³], shape (n_cells,)."""
    entries = material_of_parts(scene.parts, space.mesh.part_names)
    return np.array([scene.parts[index].material.density for index in entries])[space.mesh.cell_region]


def solve_stress(problem: StressProblem, temperature: Array, *, backend: Backend) -> StressField:
    """Displacement and stress under the loads of the scene and a temperature at the dofs [K], shape (n_dofs,)."""
    space = problem.space
    warming = temperature - problem.scene.stress_free_temperature
    load = mechanical_load(problem, backend=backend) + thermal_load(problem, warming, backend=backend)
    solution = solve_static(problem.prepared, load)
    fields = stress_of_parts(problem, solution.displacement, warming, backend=backend)
    sizes = [von_mises(field.values) for field in fields]
    stress = at_all_dofs(space, fields, rank=sizes)
    return StressField(solution, tuple(fields), stress, von_mises(stress))


def stress_of_parts(
    problem: StressProblem, displacement: Array, warming: Array, *, backend: Backend
) -> list[PartField]:
    """Stress of each part at its dofs [Pa], six components; linear in both arguments.

    Args:
        problem: The prepared problem.
        displacement: [m], components interleaved, shape (3 n_dofs,).
        warming: Temperature above the stress-free one at the dofs [K], shape (n_dofs,).
        backend: Where it is computed.
    """
    space, rule = problem.space, sampling_rule(problem.space.element)
    fields = []
    for cells, material in parts_of(space, problem.materials):
        samples = stress_in_cells(space, cells, material, displacement, warming=warming, rule=rule, backend=backend)
        fields.append(recover(space, cells, samples, ties=problem.prepared.body.ties))
    return fields


def solve_stresses(
    scene: Scene, space: FunctionSpace, temperatures: Mapping[Time, Array], *, backend: Backend
) -> Stresses:
    """Displacement and stress of a scene at several times; the problem is prepared once.

    Args:
        scene: The scene.
        space: Where the temperatures are; stress is solved with the element of ``[structure]`` on the same mesh.
        temperatures: Time → temperature at the dofs of `space` [K].
        backend: Where to solve.
    """
    own = function_space(space.mesh, Element(scene.structure.element))
    problem = prepare_stress(scene, own, backend=backend)
    fields = {
        time: solve_stress(problem, moved_temperature(space, own, field), backend=backend)
        for time, field in temperatures.items()
    }
    return problem, fields


def moved_temperature(space: FunctionSpace, other: FunctionSpace, temperature: Array) -> Array:
    """A temperature at the dofs of one element, at those of another on the same mesh."""
    if space.element is other.element:
        return temperature
    if other.element is Element.TET4:
        return temperature[: other.n_dofs]
    return np.asarray(other.interpolation_from_linear() @ temperature)


def elastic_materials(scene: Scene, space: FunctionSpace) -> tuple[ElasticMaterial, ...]:
    """The elastic material of each part; raises SceneError where a part has none."""
    entries = [scene.parts[index] for index in material_of_parts(scene.parts, space.mesh.part_names)]
    return tuple(elastic_material(entry.material) for entry in entries)


def elastic_material(material: Material) -> ElasticMaterial:
    """Elastic constants of a material of a scene; raises SceneError where it has none."""
    E, nu, alpha = material.youngs_modulus, material.poissons_ratio, material.thermal_expansion
    if E is None or nu is None:
        raise SceneError(
            f"material {material.name} has no elastic constants, and the scene has mechanical loads; give it "
            "youngs_modulus, poissons_ratio and, where it warms, thermal_expansion"
        )
    if isinstance(E, float) and isinstance(nu, float) and not isinstance(alpha, tuple):
        return isotropic(material.name, youngs_modulus=E, poissons_ratio=nu, thermal_expansion=alpha or 0.0)
    shear = material.shear_modulus
    if isinstance(E, float) and isinstance(nu, float):
        shear = (0.5 * E / (1.0 + nu),) * 3
    return orthotropic(
        material.name,
        youngs_moduli=_three(E),
        poissons_ratios=_three(nu),
        shear_moduli=shear or (0.0, 0.0, 0.0),
        thermal_expansions=_three(alpha or 0.0),
        axes=material.axes or GEOMETRY_AXES,
    )


def _three(value: float | tuple[float, float, float]) -> tuple[float, float, float]:
    return value if isinstance(value, tuple) else (value, value, value)


def facets_of_loads(scene: Scene, space: FunctionSpace) -> tuple[Index, ...]:
    """Facets of each mechanical load; none for gravity. The word ``other`` means what no mechanical load selects."""
    return select_load_facets(space.mesh, scene.mechanical)


def _body(scene: Scene, space: FunctionSpace, materials: Sequence[ElasticMaterial], facets: Sequence[Index]) -> Body:
    check_for_stress(scene)
    ends = None if scene.cyclic is None else cyclic_ties(scene.cyclic, space)
    held = [
        support
        for load, some in zip(scene.mechanical, facets, strict=True)
        if (support := _support(load, space, some, ends))
    ]
    springs = [
        Springs(str(load.name), _foundation(load, space, some), grounded=True)
        for load, some in zip(scene.mechanical, facets, strict=True)
        if isinstance(load, ElasticSupport)
    ]
    pairs = [_sides(contact, space) for contact in scene.contacts]
    shared = ties.shared_dofs(space, np.concatenate(pairs)) if pairs else None
    stiffest = max(float(material.stiffness.max()) for material in materials)
    for contact in scene.contacts:
        across = is_contact_of(contact, space.mesh.gap_parts, space.mesh)
        if across.any():
            springs.append(Springs(contact.name, ties.gap_springs(space, across, stiffest), grounded=False))
    return Body(space, parts_of(space, materials), held, springs, shared, ends)


def _sides(contact: Contact, space: FunctionSpace) -> Index:
    mesh = space.mesh
    return mesh.contact_facets[is_contact_of(contact, mesh.contact_parts, mesh)]


def _foundation(load: ElasticSupport, space: FunctionSpace, facets: Index) -> sparse.csr_array:
    corners = space.mesh.facets[facets]
    return forces.support_stiffness(space, corners, load.stiffness, tangential=load.tangential_stiffness)


def _support(
    load: AnyMechanicalLoad, space: FunctionSpace, facets: Index, ends: Ties | None
) -> supports.Support | None:
    name, corners = str(load.name), space.mesh.facets[facets]
    match load:
        case Fixed():
            return supports.fixed(space, corners, name=name)
        case Symmetry():
            return supports.symmetry(space, facets, name=name, ties=ends)
        case Displacement():
            components = {axis: value for axis, value in enumerate((load.x, load.y, load.z)) if value is not None}
            return supports.displaced(space, corners, components, name=name)
        case _:
            return None


def mechanical_load(problem: StressProblem, *, backend: Backend) -> Array:
    """Forces of all mechanical loads at all dofs [N], shape (3 n_dofs,)."""
    total = np.zeros(3 * problem.space.n_dofs)
    for load, facets in zip(problem.scene.mechanical, problem.facets, strict=True):
        try:
            share = _share(problem, load, facets, backend)
        except SceneError as error:
            raise SceneError(f"load {load.name}: {error}") from error
        if share is not None:
            total += share
    return total


def thermal_load(problem: StressProblem, warming: Array, *, backend: Backend) -> Array:
    """Forces that a temperature above the stress-free one (n_dofs,) [K] makes at all dofs [N], shape (3 n_dofs,)."""
    total = np.zeros(3 * problem.space.n_dofs)
    for cells, material in parts_of(problem.space, problem.materials):
        total += forces.thermal(problem.space, cells, material, warming, backend=backend)
    return total


def _share(problem: StressProblem, load: AnyMechanicalLoad, facets: Index, backend: Backend) -> Array | None:
    space, corners = problem.space, problem.space.mesh.facets[facets]
    match load:
        case PressureLoad():
            return forces.pressure(space, corners, load.pressure)
        case Traction():
            return forces.traction(space, corners, load.traction)
        case Force():
            return forces.total_force(space, corners, load.force)
        case Bearing():
            return forces.bearing(space, corners, load.force)
        case RemoteForce():
            return forces.remote_force(space, corners, load.force, moment=load.moment, point=load.point)
        case Gravity():
            return _weight(problem, load, backend)
        case _:
            return None


def _weight(problem: StressProblem, load: Gravity, backend: Backend) -> Array:
    space, scene = problem.space, problem.scene
    entries = material_of_parts(scene.parts, space.mesh.part_names)
    total = np.zeros(3 * space.n_dofs)
    for part in select_parts(space.mesh, load.part):
        density = scene.parts[entries[part]].material.density
        cells = np.flatnonzero(space.mesh.cell_region == part)
        total += forces.body_force(space, cells, density * np.asarray(load.acceleration), backend=backend)
    return total
