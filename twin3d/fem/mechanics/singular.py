"""Where linear elasticity has no finite stress: inner corners, rims of interfaces, and rims of what is held.

Values there grow with every finer mesh, so no estimate of their error means anything.
Source: Williams, J. Appl. Mech. 19 (1952) 526–528, for corners, held edges and the ends of supports.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from twin3d.fem.mechanics.problem import StressProblem
from twin3d.records import TetMesh
from twin3d.records.mesh import OUTSIDE
from twin3d.scene import Displacement, Fixed, Symmetry

Index: TypeAlias = npt.NDArray[np.signedinteger]
Flags: TypeAlias = npt.NDArray[np.bool_]

SHARP_DEG = 20.0
"""Faces that meet at an inner angle of more than 180° and these make a corner without a finite stress."""
GUIDE_DEG = 60.0
"""A guided face ends without a finite stress where its neighbour turns away by less than this."""


def singular_points(problem: StressProblem) -> Flags:
    """Mesh points on edges where stress is singular, and those that share a cell with one, shape (n_points,).

    The edges are inner corners of the surface between different faces, rims and folds of interfaces and contacts
    between parts, rims of fixed and displaced faces, and ends of symmetric faces within a surface that goes on.
    """
    mesh = problem.space.mesh
    is_outer = mesh.facet_parts[:, 1] == OUTSIDE
    outer = _Edges(mesh, np.flatnonzero(is_outer))
    ends = [outer.ends[outer.reentrant & outer.between_faces], outer.ends[_held_rims(problem, outer)]]
    pairs, group = np.unique(mesh.facet_parts[~is_outer], axis=0, return_inverse=True)
    for pair in range(len(pairs)):
        inner = _Edges(mesh, np.flatnonzero(~is_outer)[group.ravel() == pair])
        ends += [inner.rim, inner.ends[(inner.cosine < np.cos(np.radians(SHARP_DEG))) & inner.between_faces]]
    flags = np.zeros(mesh.n_points, dtype=bool)
    flags[np.concatenate(ends).ravel()] = True
    flags[np.unique(mesh.cells[flags[mesh.cells].any(axis=1)])] = True
    return flags


def _held_rims(problem: StressProblem, outer: "_Edges") -> Flags:
    rims = np.zeros(len(outer.ends), dtype=bool)
    held, guided = np.zeros((2, len(problem.space.mesh.facets)), dtype=bool)
    for load, facets in zip(problem.scene.mechanical, problem.facets, strict=True):
        held[facets] |= isinstance(load, Fixed | Displacement)
        guided[facets] |= isinstance(load, Symmetry)
    a, b = outer.sides.T
    rims |= held[a] != held[b]
    return np.asarray(rims | ((guided[a] != guided[b]) & (outer.cosine > np.cos(np.radians(GUIDE_DEG)))))


class _Edges:
    """Edges between facets, and how the facets meet there."""

    def __init__(self, mesh: TetMesh, facets: Index) -> None:
        corners = mesh.facets[facets]
        ends = np.sort(corners[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
        order = np.lexsort(ends.T)
        same = (ends[order][1:] == ends[order][:-1]).all(axis=1)
        alone = np.ones(len(order), dtype=bool)
        alone[1:] &= ~same
        alone[:-1] &= ~same
        first, second = order[:-1][same], order[1:][same]
        self.rim = ends[order[alone]]
        """Edges of one facet alone, shape (n_rim, 2)."""
        self.ends = ends[first]
        """Edges between two facets, shape (n, 2)."""
        self.sides = facets[np.column_stack([first, second]) // 3]
        """The two facets, shape (n, 2)."""
        self.between_faces = mesh.facet_region[self.sides[:, 0]] != mesh.facet_region[self.sides[:, 1]]
        """Whether they belong to different faces, shape (n,)."""
        normals = mesh.facet_area_vectors()[self.sides]
        normals /= np.linalg.norm(normals, axis=2, keepdims=True)
        self.cosine = np.einsum("nx,nx->n", normals[:, 0], normals[:, 1])
        """Of the angle between their normals, shape (n,)."""
        middles = mesh.points[mesh.facets[self.sides[:, 1]]].mean(axis=1)
        ahead = np.einsum("nx,nx->n", middles - mesh.points[self.ends[:, 0]], normals[:, 0]) > 0.0
        self.reentrant = ahead & (self.cosine < np.cos(np.radians(SHARP_DEG)))
        """Whether the material is more than half around the edge, shape (n,)."""
