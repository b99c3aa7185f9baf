r"""Radiation between the faces of an enclosure.

Each point emits $\varepsilon \sigma T^4$ by its own temperature; what a patch absorbs, reflections included, is spread
over it evenly.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from twin3d.errors import SolverError
from twin3d.fem.elements import facet_quadrature
from twin3d.fem.enclosure import EnclosureOperator, ViewFactors, gather_patches, grey_enclosure, view_factors
from twin3d.fem.enclosure.closing import CLOSURE_LIMIT, close_exchange
from twin3d.fem.facet_integrals import facet_samples
from twin3d.fem.heat_terms import Array, HeatTerm, Instant, LowRank, Tangent, Variation
from twin3d.fem.integrals import CURVED_DEGREE, Index, gathered
from twin3d.fem.pattern import pattern_of
from twin3d.fem.space import FunctionSpace
from twin3d.mesh.selection import select_named_facets
from twin3d.records import TetMesh
from twin3d.records.mesh import OUTSIDE
from twin3d.scene import STEFAN_BOLTZMANN, Enclosure, Scene

COARSER = 1.2
"""By how much the patches grow until they are few enough."""


@dataclass(frozen=True, eq=False, slots=True)
class Walls:
    """The facets of an enclosure."""

    facets: Index
    """Of the mesh, shape (n_facets,)."""
    face_of_facet: Index
    """The entry of the enclosure that each is of, shape (n_facets,)."""
    patch_of_facet: Index
    """Shape (n_facets,)."""

    def face_of_patch(self) -> Index:
        """Shape (n_patches,)."""
        first = np.unique(self.patch_of_facet, return_index=True)[1]
        return np.asarray(self.face_of_facet[first])


class CavityRadiation:
    """The heat that the faces of an enclosure exchange. Its tangent: emission, and a dense coupling of the patches."""

    variation = Variation.WITH_TEMPERATURE

    def __init__(self, enclosure: Enclosure, space: FunctionSpace, *, input_index: int | None) -> None:
        """Compute view factors, and solve the radiosity equations once for all temperatures.

        Args:
            enclosure: The faces and their emissivities.
            space: The function space.
            input_index: The input that is the ambient temperature; None for a closed enclosure.

        Raises:
            SelectionError: A face matches nothing.
            SolverError: A facet is of two faces, a face sees no other, or the enclosure has gaps.
        """
        self.name, self._input_index = enclosure.name, input_index
        self.face_names = tuple(str(wall.face) for wall in enclosure.faces)
        """What the scene says of each face."""
        walls = _walls(enclosure, space.mesh)
        self._operator = _operator(enclosure, walls, space.mesh, closed=input_index is None)
        corners = space.mesh.facets[walls.facets]
        self._values, vectors = facet_samples(space, corners, facet_quadrature(CURVED_DEGREE))
        self._weights, self._dofs = np.linalg.norm(vectors, axis=2), space.facet_dofs(corners)
        self._patches, self._face_of_patch = walls.patch_of_facet, walls.face_of_patch()
        self._areas = np.bincount(self._patches, weights=self._weights.sum(axis=1))
        self._emissivity = (self._operator.emitting_areas / self._areas)[self._patches]
        self._pattern = pattern_of(self._dofs, space.n_dofs)
        self._spread = self._patch_rows(np.ones_like(self._weights))

    @property
    def is_internal(self) -> bool:
        """Closed enclosures only move heat within the asset."""
        return self._input_index is None

    def rate(self, T: Array, at: Instant) -> Array:
        """Heat that it brings to the dofs [W], shape (n_dofs,)."""
        power = STEFAN_BOLTZMANN * self._at_points(T) ** 4
        emitted = gathered(self._dofs, (self._emissivity[:, None] * self._weights * power) @ self._values, len(T))
        return np.asarray(self._spread.T @ self._absorbed(power, at) - emitted)

    def face_rates(self, T: Array, at: Instant) -> Array:
        """Net heat into each face of the enclosure [W], shape (n_faces,)."""
        power = STEFAN_BOLTZMANN * self._at_points(T) ** 4
        net = self._absorbed(power, at) - self._operator.emitting_areas * self._mean(power)
        return np.asarray(np.bincount(self._face_of_patch, weights=net, minlength=len(self.face_names)), np.float64)

    def tangent(self, T: Array, at: Instant) -> Tangent:
        """Emission, a film of 4 ε σ T³, and what patches absorb of the emission of others."""
        slope = 4.0 * STEFAN_BOLTZMANN * self._at_points(T) ** 3
        products = (self._values[:, :, None] * self._values[:, None, :]).reshape(len(self._values), -1)
        blocks = (self._emissivity[:, None] * self._weights * slope) @ products
        n_local = self._dofs.shape[1]
        emission = self._pattern.sum(blocks.reshape(-1, n_local, n_local))
        absorbed = LowRank(sparse.csr_array(self._spread.T), -self._operator.exchange_areas, self._patch_rows(slope))
        return Tangent(emission, low_rank=absorbed)

    def _absorbed(self, power: Array, at: Instant) -> Array:
        absorbed = self._operator.exchange_areas @ self._mean(power)
        if self._input_index is not None:
            absorbed += self._operator.ambient_areas * STEFAN_BOLTZMANN * at.inputs[self._input_index] ** 4
        return np.asarray(absorbed)

    def _mean(self, power: Array) -> Array:
        """The mean over each patch of what is given at quadrature points."""
        return np.asarray(np.bincount(self._patches, weights=(self._weights * power).sum(axis=1)) / self._areas)

    def _patch_rows(self, factor: Array) -> sparse.csr_array:
        """Rows that take the mean over patches of a factor times the field, shape (n_patches, n_dofs)."""
        shares = (self._weights * factor) @ self._values / self._areas[self._patches, None]
        rows = np.repeat(self._patches, self._dofs.shape[1])
        shape = (len(self._areas), self._pattern.n_dofs)
        return sparse.csr_array((shares.ravel(), (rows, self._dofs.ravel())), shape=shape)

    def _at_points(self, T: Array) -> Array:
        return np.asarray(T[self._dofs] @ self._values.T)


@dataclass(frozen=True, slots=True)
class EnclosureReport:
    """What the faces of an enclosure exchange at one instant."""

    name: str
    heat_rates: tuple[tuple[str, float], ...]
    """Selector of each face, and the net heat into it [W]."""


def cavities(scene: Scene, space: FunctionSpace) -> tuple[CavityRadiation, ...]:
    """The enclosures of a scene on its mesh; raises as `CavityRadiation` does, and where one sector stands for all."""
    if scene.cyclic is not None and scene.enclosures:
        raise SolverError(
            f"enclosure {scene.enclosures[0].name}: in a scene with [cyclic] its faces would see those of one sector "
            "alone; model the whole asset"
        )
    return tuple(
        CavityRadiation(item, space, input_index=None if item.input is None else scene.input_index(item.input))
        for item in scene.enclosures
    )


def enclosure_reports(terms: Iterable[HeatTerm], T: Array, at: Instant) -> tuple[EnclosureReport, ...]:
    """What the enclosures among the terms of a heat balance do.

    Args:
        terms: Of the balance.
        T: Temperatures [K], shape (n_dofs,).
        at: Time and inputs.
    """
    return tuple(
        EnclosureReport(term.name, tuple(zip(term.face_names, map(float, term.face_rates(T, at)), strict=True)))
        for term in terms
        if isinstance(term, CavityRadiation)
    )


def _walls(enclosure: Enclosure, mesh: TetMesh) -> Walls:
    what = f"enclosure {enclosure.name}"
    chosen = [select_named_facets(mesh, wall.face, what) for wall in enclosure.faces]
    facets = np.concatenate(chosen)
    face_of_facet = np.repeat(np.arange(len(chosen)), [len(some) for some in chosen])
    once, counts = np.unique(facets, return_counts=True)
    if len(once) < len(facets):
        twice = np.isin(facets, once[counts > 1])
        names = " and ".join(f'"{enclosure.faces[k].face}"' for k in np.unique(face_of_facet[twice]))
        raise SolverError(f"{what}: {(counts > 1).sum()} facets are of {names}; give each facet one emissivity")
    corners = mesh.points[mesh.facets[facets]]
    areas = np.linalg.norm(mesh.facet_area_vectors()[facets], axis=1)
    size = float(np.sqrt(areas.sum() / enclosure.patches))
    patches = gather_patches(corners, face_of_facet, patch_size=size)
    while patches.max() >= enclosure.patches and size < np.ptp(corners.reshape(-1, 3), axis=0).max():
        size *= COARSER
        patches = gather_patches(corners, face_of_facet, patch_size=size)
    return Walls(facets, face_of_facet, patches)


def _operator(enclosure: Enclosure, walls: Walls, mesh: TetMesh, *, closed: bool) -> EnclosureOperator:
    corners, obstacles = mesh.points[mesh.facets[walls.facets]], None
    if not closed:
        is_other = mesh.facet_parts[:, 1] == OUTSIDE
        is_other[walls.facets] = False
        obstacles = mesh.points[mesh.facets[is_other]] if is_other.any() else None
    try:
        view = view_factors(corners, walls.patch_of_facet, closed=False, obstacles=obstacles)
        _check_views(enclosure, view, walls, closed=closed)
        if closed:
            view = replace(view, exchange_areas=close_exchange(view.exchange_areas, view.areas), closed=True)
    except SolverError as error:
        raise SolverError(f"enclosure {enclosure.name}: {error}") from error
    emissivity = np.array([wall.emissivity for wall in enclosure.faces])
    return grey_enclosure(view, emissivity[walls.face_of_patch()])


def _check_views(enclosure: Enclosure, view: ViewFactors, walls: Walls, *, closed: bool) -> None:
    """Refuse faces that see nothing, and gaps in what is said to be closed."""
    face_of_patch = walls.face_of_patch()
    for number, wall in enumerate(enclosure.faces):
        of_face = view.computed_sums[face_of_patch == number]
        if not of_face.any():
            raise SolverError(
                f'the face "{wall.face}" sees no face of it; add those that it sees, or make it a load of radiation'
            )
        worst = float(of_face[np.abs(of_face - 1.0).argmax()])
        if closed and abs(worst - 1.0) > CLOSURE_LIMIT:
            raise SolverError(
                f'a patch of the face "{wall.face}" sees {worst:.1%} of a closed enclosure; add the faces that are '
                'missing, or say what is outside, as in ambient = "20 degC"'
            )
