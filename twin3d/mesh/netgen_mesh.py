"""Netgen's meshes: generated, refined, optimised, and turned into ours; loads netgen, in the mesher's process alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import netgen.meshing as meshing
import numpy as np
import numpy.typing as npt

from twin3d.errors import MeshError
from twin3d.mesh.curving import NO_CURVES, curved_edges, straightened
from twin3d.mesh.quality import scaled_jacobians
from twin3d.mesh.raw import RawMesh
from twin3d.mesh.refinement import eight_cells
from twin3d.mesh.smoothing import smoothed
from twin3d.mesh.topology import right_handed
from twin3d.records import PartSource

TO_VTK = [0, 1, 2, 3, 4, 7, 5, 6, 8, 9]
"""Netgen's order of the ten points of a quadratic cell, in VTK's."""

TO_RIGHT_HANDED = [0, 1, 3, 2]
"""Netgen's order of the corners of a cell, in one of positive volume."""

TEN_OF_EIGHT = ((0, 0), (1, 1), (2, 2), (3, 3), (0, 1), (1, 2), (0, 2), (0, 3), (1, 3), (2, 3))
"""Which of netgen's eight pieces of a refined cell, and which corner of it, is each of the cell's ten points."""

DEFAULT_CURVATURE = 2.0
"""Cells for each radius of curvature where nobody says how many."""

GOOD = 0.05
"""Smallest scaled Jacobian that needs no further optimisation."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings of one attempt, lengths in the file's unit."""

    cell_size: float
    metres_per_unit: float
    """Length of the file's unit [m]."""
    grading: float = 0.3
    """How fast cells grow away from small features, netgen's scale from 0 (slowly) to 1."""
    curvature: float = DEFAULT_CURVATURE
    """Cells for each radius of curvature."""
    point_sizes: tuple[tuple[float, float, float, float], ...] = ()
    """x, y, z and the longest edge wanted there."""

    def parameters(self) -> Any:
        """As netgen takes them."""
        parameters = meshing.MeshingParameters(
            maxh=self.cell_size, grading=self.grading, curvaturesafety=self.curvature
        )
        for x, y, z, size in self.point_sizes:
            parameters.RestrictH(x, y, z, size)
        return parameters

    def __str__(self) -> str:
        size = self.cell_size * self.metres_per_unit * 1e3
        return f"cells of {size:.4g} mm, grading {self.grading:g}, {self.curvature:g} cells a radius"


def generate(geometry: Any, recipe: Recipe) -> Any:
    """Netgen's mesh of one of its geometries.

    Raises:
        MeshError: Netgen gives up, or finds no volume.
    """
    meshing.SetMessageImportance(0)
    parameters = recipe.parameters()
    try:
        mesh = geometry.GenerateMesh(parameters)
    except Exception as error:
        raise MeshError(f"netgen gave up with {recipe}: {error}") from error
    if not len(mesh.Elements3D()):
        raise MeshError(f"netgen found no volume with {recipe}")
    if worst_quality(mesh) < GOOD:
        mesh.OptimizeVolumeMesh(parameters)
    return mesh


def refine(mesh: Any) -> None:
    """Cut every edge of netgen's mesh in two, new points on the geometry.

    Netgen cuts the inner octahedra of all cells along the same diagonal, which can halve the quality of the worst;
    they are cut again along the shortest one, where that is better.
    """
    n_cells = mesh.ne
    mesh.Refine()
    nodes = mesh.Elements3D().NumPy()["nodes"]
    points = np.array(mesh.Coordinates(), dtype=np.float64)
    first = np.arange(n_cells)[:, None]
    places = np.hstack([first, n_cells + 7 * first + np.arange(7)])  # one piece replaces the cell, seven are appended
    theirs = nodes[places, :4] - 1
    piece, corner = np.transpose(TEN_OF_EIGHT)
    ours = eight_cells(points, theirs[:, piece, corner]).reshape(-1, 8, 4)
    better = _worst_of_inner(points, ours) > _worst_of_inner(points, theirs)
    nodes[places[better], :4] = ours[better] + 1


def _worst_of_inner(points: npt.NDArray[np.float64], eights: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
    """Smallest scaled Jacobian of the four inner ones of eight pieces each."""
    inner = eights[:, 4:].reshape(-1, 4)[:, TO_RIGHT_HANDED]
    return np.asarray(scaled_jacobians(points, inner).reshape(-1, 4).min(axis=1))


def smooth(mesh: Any) -> None:
    """Move points of netgen's mesh that lie on none of its faces, so that its worst cells get better."""
    points = np.array(mesh.Coordinates(), dtype=np.float64)
    cells = np.array(mesh.Elements3D().NumPy()["nodes"][:, :4], dtype=np.int32) - 1
    is_fixed = np.zeros(len(points), dtype=bool)
    is_fixed[mesh.Elements2D().NumPy()["nodes"][:, :3] - 1] = True
    mesh.Coordinates()[:] = smoothed(points, cells[:, TO_RIGHT_HANDED], is_fixed)


def worst_quality(mesh: Any) -> float:
    """Smallest scaled Jacobian of all cells, negative where some are inside out."""
    points, cells = _points_and_cells(mesh)
    return float(scaled_jacobians(points, cells).min())


def raw_mesh(
    mesh: Any,
    parts: Sequence[PartSource],
    volumes: Mapping[str, float],
    messages: Sequence[str],
    *,
    is_curved: bool = False,
) -> RawMesh:
    """Netgen's mesh as arrays; its domains carry the names of parts, a part may have several.

    Args:
        mesh: Of netgen.
        parts: Those of the file.
        volumes: Part → volume by the geometry itself.
        messages: What is to be said.
        is_curved: Whether edges follow the geometry.
    """
    points, cells = _points_and_cells(mesh)
    domain = np.array(mesh.Elements3D().NumPy()["index"], dtype=np.int32) - 1  # a copy: the kernel moves its own
    triangles = np.array(mesh.Elements2D().NumPy()[["nodes", "index"]])
    edges, middles, n_straightened = _curves(mesh, points, cells) if is_curved else (*NO_CURVES, 0)
    notes = [f"{n_straightened} curved edges were straightened: they turned cells inside out"] * bool(n_straightened)
    return RawMesh(
        points=points,
        cells=cells,
        cell_region=_part_of_domain(mesh, parts, int(domain.max()) + 1)[domain],
        triangles=np.array(triangles["nodes"][:, :3], dtype=np.int32) - 1,
        triangle_face=np.array(triangles["index"], dtype=np.int32) - 1,
        parts=tuple(parts),
        face_names=tuple("" if face.bcname == "default" else str(face.bcname) for face in list(mesh.FaceDescriptors())),
        part_volumes=tuple(volumes[part.name] for part in parts),
        messages=(*messages, *notes),
        curved_edges=edges,
        curved_points=middles,
    )


def _part_of_domain(mesh: Any, parts: Sequence[PartSource], n_domains: int) -> npt.NDArray[np.int32]:
    """Which part each of netgen's domains belongs to, shape (n_domains,)."""
    if len(parts) == 1:
        return np.zeros(n_domains, dtype=np.int32)
    index = {part.name: number for number, part in enumerate(parts)}
    return np.array([index[mesh.GetMaterial(domain + 1)] for domain in range(n_domains)], dtype=np.int32)


def _points_and_cells(mesh: Any) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int32]]:
    """Corner points in VTK order; netgen's own cells are left-handed."""
    points = np.array(mesh.Coordinates(), dtype=np.float64)
    cells = np.array(mesh.Elements3D().NumPy()["nodes"][:, :4], dtype=np.int32) - 1
    return points, right_handed(points, cells)


def _curves(
    mesh: Any, points: npt.NDArray[np.float64], cells: npt.NDArray[np.int32]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64], int]:
    mesh.SecondOrder()
    quadratic = mesh.Elements3D().NumPy()["nodes"][:, :10].astype(np.int32) - 1
    edges, middles = curved_edges(np.array(mesh.Coordinates(), dtype=np.float64), quadratic[:, TO_VTK])
    return straightened(points, cells, edges, middles)
