r"""The quadratic part of the heat equation: edge bubbles $\psi_{ij} = 4 \lambda_i \lambda_j$ on the same mesh.

Linear shape functions and edge bubbles together span the quadratic finite elements, so what the bubbles change at the
points is the difference between the linear and the quadratic solution: an estimate of the discretisation error (the
hierarchical basis of Deuflhard, Leinen and Yserentant, IMPACT Comput. Sci. Eng. 1 (1989) 3–35).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from twin3d.backend import get_backend
from twin3d.errors import SolverError
from twin3d.fem.heat import LoadFacets, is_contact_of, material_of_parts
from twin3d.fem.tetrahedra import facet_areas, shape_gradients
from twin3d.mesh.selection import select_load_facets, select_parts
from twin3d.records import Operators, TetMesh
from twin3d.scene import Convection, HeatFlux, HeatSource, Radiation, Scene

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.signedinteger]

CELL_EDGES = np.array([[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]])
FACET_EDGES = np.array([[0, 1], [1, 2], [2, 0]])

FACET_BUBBLE_MASS = (4.0 / 45.0) * (np.ones((3, 3)) + np.eye(3))
r"""$\int \psi_e \psi_f$ over a facet of unit area."""
FACET_MIXED_MASS = np.array([[2.0, 2.0, 1.0], [1.0, 2.0, 2.0], [2.0, 1.0, 2.0]]) / 15.0
r"""$\int \psi_e \lambda_k$ over a facet of unit area, edges in the order of `FACET_EDGES`."""


@dataclass(frozen=True, eq=False, slots=True)
class Bubbles:
    """The stiffness and load that edge bubbles add."""

    edges: IntArray
    """Points at both ends, ascending, shape (n_edges, 2)."""
    stiffness: sparse.csr_array
    """Among bubbles [W/K], shape (n_edges, n_edges)."""
    coupling: sparse.csr_array
    """Bubbles with points [W/K], shape (n_edges, n_points)."""
    load: Array
    """Shape (n_edges, n_inputs) [W per unit of the input]."""


def assemble_bubbles(scene: Scene, mesh: TetMesh, operators: Operators, theta: Array) -> Bubbles:
    """The quadratic part of a scene's heat equation at parameters θ, films and contacts included."""
    numbering = _Numbering(mesh)
    weight = {item.name: float(value) for item, value in zip(operators.parameters, theta, strict=True)}
    sums = _Sums(len(numbering.edges), mesh.n_points, len(scene.inputs))
    _add_conduction(scene, mesh, numbering, weight, sums)
    facets = select_load_facets(mesh, scene.loads)
    _add_sources(scene, mesh, numbering, facets, sums)
    _add_films(scene, mesh, numbering, weight, facets, sums)
    _add_contacts(scene, mesh, numbering, weight, sums)
    return Bubbles(numbering.edges, *sums.matrices(), sums.load)


class _Numbering:
    """Numbers the edges of a mesh."""

    def __init__(self, mesh: TetMesh) -> None:
        self._n_points = mesh.n_points
        pairs = np.sort(mesh.cells[:, CELL_EDGES].reshape(-1, 2), axis=1).astype(np.int64)
        self._keys, inverse = np.unique(pairs[:, 0] * mesh.n_points + pairs[:, 1], return_inverse=True)
        self.edges = np.column_stack([self._keys // mesh.n_points, self._keys % mesh.n_points])
        self.of_cells = inverse.reshape(-1, 6)

    def of_facets(self, corners: npt.NDArray[np.int32]) -> IntArray:
        """Edges of facets in the order of `FACET_EDGES`, shape (n_facets, 3)."""
        pairs = np.sort(corners[:, FACET_EDGES], axis=2).astype(np.int64)
        keys = pairs[..., 0] * self._n_points + pairs[..., 1]
        found = np.searchsorted(self._keys, keys)
        if not (self._keys[np.minimum(found, len(self._keys) - 1)] == keys).all():
            raise SolverError("a facet has an edge that no cell has; the mesh is damaged")
        return np.asarray(found)


class _Sums:
    """Collects element matrices."""

    def __init__(self, n_edges: int, n_points: int, n_inputs: int) -> None:
        self._shapes = ((n_edges, n_edges), (n_edges, n_points))
        self._stiffness: list[tuple[Array, IntArray, IntArray]] = []
        self._coupling: list[tuple[Array, IntArray, IntArray]] = []
        self.load = np.zeros((n_edges, n_inputs))

    def add(self, edges: IntArray, own: Array, points: npt.NDArray[np.int32], mixed: Array) -> None:
        """Add blocks (n, k, k) among bubbles and (n, k, m) with points."""
        k, m = edges.shape[1], points.shape[1]
        self._stiffness.append((own.ravel(), np.repeat(edges, k, axis=1).ravel(), np.tile(edges, (1, k)).ravel()))
        self._coupling.append((mixed.ravel(), np.repeat(edges, m, axis=1).ravel(), np.tile(points, (1, k)).ravel()))

    def add_load(self, column: int, edges: IntArray, values: Array) -> None:
        """Add integrals of bubbles to the column of an input."""
        self.load[:, column] += np.bincount(edges.ravel(), weights=values.ravel(), minlength=len(self.load))

    def matrices(self) -> tuple[sparse.csr_array, sparse.csr_array]:
        """Stiffness among bubbles, and coupling with points."""
        stiffness, coupling = (
            sparse.csr_array(
                sparse.coo_array(
                    (np.concatenate([e[0] for e in entries]), tuple(np.concatenate(x) for x in _last_two(entries))),
                    shape=shape,
                )
            )
            for entries, shape in zip((self._stiffness, self._coupling), self._shapes, strict=True)
        )
        return stiffness, coupling


def _last_two(entries: list[tuple[Array, IntArray, IntArray]]) -> tuple[list[IntArray], list[IntArray]]:
    return [entry[1] for entry in entries], [entry[2] for entry in entries]


def _add_conduction(scene: Scene, mesh: TetMesh, numbering: _Numbering, weight: dict[str, float], sums: _Sums) -> None:
    entry_of_part = material_of_parts(scene.parts, mesh.part_names)
    conductivity = np.array(
        [scene.parts[i].material.conductivity * weight[f"conductivity of {scene.parts[i].part}"] for i in entry_of_part]
    )
    gradients, volumes = shape_gradients(mesh.points, mesh.cells, backend=get_backend("numpy"))
    kV = conductivity[mesh.cell_region] * volumes
    gram = gradients @ np.swapaxes(gradients, 1, 2)
    i, j = CELL_EDGES.T
    mixed = kV[:, None, None] * (gram[:, i] + gram[:, j])
    own = np.zeros((mesh.n_cells, 6, 6))
    for (a, b), (c, d) in ((pair, other) for pair in ((i, j), (j, i)) for other in ((i, j), (j, i))):
        # (λ_a ∇λ_b) · (λ_c ∇λ_d), with ∫ λ_a λ_c = V (1 + δ_ac) / 20
        own += gram[:, b[:, None], d[None, :]] * (1.0 + (a[:, None] == c[None, :])) / 20.0
    own *= 16.0 * kV[:, None, None]
    sums.add(numbering.of_cells, own, mesh.cells, mixed)


def _add_sources(scene: Scene, mesh: TetMesh, numbering: _Numbering, load_facets: LoadFacets, sums: _Sums) -> None:
    for load, facets in zip(scene.loads, load_facets, strict=True):
        if isinstance(load, HeatSource):
            chosen = np.isin(mesh.cell_region, select_parts(mesh, load.part))
            sizes, edges, share = mesh.cell_volumes()[chosen], numbering.of_cells[chosen], 1.0 / 5.0
        elif isinstance(load, HeatFlux):
            sizes, edges, share = facet_areas(mesh, facets), numbering.of_facets(mesh.facets[facets]), 1.0 / 3.0
        else:
            continue
        index = scene.input_index(load.input)
        density = 1.0 / sizes.sum() if scene.inputs[index].unit == "W" else 1.0
        sums.add_load(index, edges, np.repeat((share * density * sizes)[:, None], edges.shape[1], axis=1))


def _add_films(
    scene: Scene,
    mesh: TetMesh,
    numbering: _Numbering,
    weight: dict[str, float],
    load_facets: LoadFacets,
    sums: _Sums,
) -> None:
    for load, facets in zip(scene.loads, load_facets, strict=True):
        if not isinstance(load, Convection | Radiation):
            continue
        corners = mesh.facets[facets]
        edges = numbering.of_facets(corners)
        hA = load.film_coefficient * weight[f"film of {load.name}"] * facet_areas(mesh, facets)
        sums.add(edges, hA[:, None, None] * FACET_BUBBLE_MASS, corners, hA[:, None, None] * FACET_MIXED_MASS)
        sums.add_load(scene.input_index(load.input), edges, np.repeat((hA / 3.0)[:, None], 3, axis=1))


def _add_contacts(scene: Scene, mesh: TetMesh, numbering: _Numbering, weight: dict[str, float], sums: _Sums) -> None:
    for contact in scene.contacts:
        chosen = is_contact_of(contact, mesh.contact_parts, mesh)
        sides = mesh.contact_facets[chosen]
        edges = [numbering.of_facets(sides[:, side]) for side in (0, 1)]
        corner = mesh.points[sides[:, 0]]
        areas = 0.5 * np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1)
        hA = (contact.conductance * weight[f"contact {contact.name}"] * areas)[:, None, None]
        signs = np.array([[1.0, -1.0], [-1.0, 1.0]])
        sums.add(
            np.hstack(edges),
            hA * np.kron(signs, FACET_BUBBLE_MASS),
            sides.reshape(-1, 6),
            hA * np.kron(signs, FACET_MIXED_MASS),
        )
        across = is_contact_of(contact, mesh.gap_parts, mesh)
        corners, on_facet = mesh.gap_corners[across], mesh.gap_weights[across]
        hA = (contact.conductance * weight[f"contact {contact.name}"] * mesh.gap_areas[across])[:, None, None]
        bubble = 4.0 * on_facet[:, :, FACET_EDGES[:, 0]] * on_facet[:, :, FACET_EDGES[:, 1]]
        jumps = [np.concatenate([both[:, 0], -both[:, 1]], axis=1) for both in (bubble, on_facet)]
        sums.add(
            np.hstack([numbering.of_facets(corners[:, side]) for side in (0, 1)]),
            hA * jumps[0][:, :, None] * jumps[0][:, None, :],
            corners.reshape(-1, 6),
            hA * jumps[0][:, :, None] * jumps[1][:, None, :],
        )
