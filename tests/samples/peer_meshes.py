"""Our meshes as those of scikit-fem and NGSolve, with faces by the corners of their facets."""

import dataclasses

import ngsolve
import numpy as np
import skfem
from netgen.meshing import Element2D, Element3D, FaceDescriptor, MeshPoint, Pnt
from netgen.meshing import Mesh as NetgenMesh
from scipy.spatial import cKDTree

from twin3d.fem.space import function_space


def scikit_fem_mesh(mesh):
    """The straight cells of a mesh."""
    return skfem.MeshTet(mesh.points.T.copy(), mesh.cells.T.astype(np.int64))


def curved_scikit_fem_mesh(space):
    """The cells of a space of Tet10 with their curved edges."""
    flat = skfem.MeshTet2.from_mesh(scikit_fem_mesh(space.mesh))
    straight = function_space(space.mesh, space.element, straight=True)
    points = space.dof_points[nearest(straight.dof_points, flat.doflocs.T)]
    return dataclasses.replace(flat, doflocs=np.ascontiguousarray(points.T))


def scikit_fem_facets(peer, corners):
    """Numbers of facets given by their corners (n, 3)."""
    known, wanted = (_keys(some, peer.nvertices) for some in (peer.facets.T, corners))
    order = np.argsort(known)
    found = order[np.searchsorted(known[order], wanted)]
    np.testing.assert_array_equal(known[found], wanted)
    return found


def ngsolve_mesh(mesh, faces):
    """The straight cells of a mesh.

    Args:
        mesh: Ours.
        faces: Corners (n, 3) of the boundary facets by the name of their face; what has no name is called rest.
    """
    peer = NetgenMesh()
    peer.dim = 3
    for point in mesh.points:
        peer.Add(MeshPoint(Pnt(*point)))
    peer.SetMaterial(1, "solid")
    taken = np.concatenate([_keys(corners, mesh.n_points) for corners in faces.values()])
    rest = mesh.facets[~np.isin(_keys(mesh.facets, mesh.n_points), taken)]
    for index, (name, corners) in enumerate({**faces, "rest": rest}.items()):
        number = peer.Add(FaceDescriptor(surfnr=index + 1, domin=1, bc=index + 1))
        peer.SetBCName(index, name)
        for facet in corners + 1:
            peer.Add(Element2D(number, facet.tolist()))
    for cell in mesh.cells[:, [0, 1, 3, 2]] + 1:
        peer.Add(Element3D(1, cell.tolist()))
    return ngsolve.Mesh(peer)


def nearest(points, wanted):
    """Which of the points (n, 3) are the wanted ones (m, 3); they must be the same places."""
    distance, place = cKDTree(points).query(wanted)
    np.testing.assert_allclose(distance, 0.0, atol=1e-9 * np.ptp(points))
    return place


def _keys(corners, n_points):
    a, b, c = np.sort(np.asarray(corners, dtype=np.int64), axis=1).T
    return (a * n_points + b) * n_points + c
