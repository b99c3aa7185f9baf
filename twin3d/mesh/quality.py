"""How good a mesh is, for people and for tests."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from twin3d.mesh.curving import curved_volume_gain, with_middles
from twin3d.records import TetMesh

EDGES = ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))
OPPOSITE = ((2, 3), (1, 3), (1, 2), (0, 3), (0, 2), (0, 1))

SLIVER_DEG = 5.0
"""Below this smallest dihedral angle a cell hurts the conditioning of the system."""


@dataclass(frozen=True, slots=True)
class MeshReport:
    """What people should know of a mesh."""

    n_points: int
    n_cells: int
    smallest_angle_deg: float
    """Smallest dihedral angle of all cells [deg]."""
    n_slivers: int
    """Cells with a dihedral angle below `SLIVER_DEG`."""
    part_volumes: Mapping[str, tuple[float, float]]
    """Part → volume of its cells and of the geometry [m³]."""
    part_cells: Mapping[str, int]
    """Part → number of cells."""
    contact_areas: Mapping[str, float]
    """Pair of parts → area of the declared contact [m²]."""
    messages: tuple[str, ...]
    """What was renamed, repaired or tried again."""

    def __str__(self) -> str:
        lines = [
            f"{self.n_points:,} points, {self.n_cells:,} cells, "
            f"smallest dihedral angle {self.smallest_angle_deg:.1f}°, {self.n_slivers} cells below {SLIVER_DEG:g}°"
        ]
        for name, (meshed, stated) in self.part_volumes.items():
            off = meshed / stated - 1.0 if stated > 0.0 else 0.0
            lines.append(
                f"  {name}: {self.part_cells[name]:,} cells, {meshed * 1e9:.6g} mm³ ({off:+.3%} against the geometry)"
            )
        lines += [f"  contact {pair}: {area * 1e6:.6g} mm²" for pair, area in self.contact_areas.items()]
        return "\n".join([*lines, *(f"  note: {message}" for message in self.messages)])


def report_mesh(mesh: TetMesh, stated_volumes: npt.NDArray[np.float64], messages: tuple[str, ...]) -> MeshReport:
    """Measure a mesh; `stated_volumes` are those of the geometry [m³], shape (n_parts,)."""
    volumes = mesh.cell_volumes()
    n_parts = len(mesh.part_names)
    meshed = np.bincount(mesh.cell_region, weights=volumes + _gained(mesh), minlength=n_parts)
    counts = np.bincount(mesh.cell_region, minlength=n_parts)
    angles = smallest_dihedral_angles(mesh)
    pairs = zip(mesh.part_names, meshed, stated_volumes, strict=True)
    return MeshReport(
        n_points=mesh.n_points,
        n_cells=mesh.n_cells,
        smallest_angle_deg=float(angles.min()),
        n_slivers=int((angles < SLIVER_DEG).sum()),
        part_volumes={name: (float(ours), float(theirs)) for name, ours, theirs in pairs},
        part_cells=dict(zip(mesh.part_names, map(int, counts), strict=True)),
        contact_areas=_contact_areas(mesh),
        messages=messages,
    )


def _gained(mesh: TetMesh) -> npt.NDArray[np.float64]:
    """What curved edges add to the volumes of the cells [m³], shape (n_cells,)."""
    gained = np.zeros(mesh.n_cells)
    if len(mesh.curved_edges):
        chosen, ten, _ = with_middles(mesh.points, mesh.cells, mesh.curved_edges, mesh.curved_points)
        gained[chosen] = curved_volume_gain(ten)
    return gained


def scaled_jacobians(points: npt.NDArray[np.float64], cells: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
    """Scaled Jacobian of cells: 1 for the regular tetrahedron, 0 for a flat one, negative inside out, shape (n_cells,).

    √2 J over the largest product of the three edges at a corner: Knupp et al., The Verdict geometric quality library,
    Sandia report SAND2007-1751, tetrahedron scaled Jacobian.

    Args:
        points: Shape (n_points, 3).
        cells: In VTK order, shape (n_cells, 4).
    """
    corner = points[cells]
    lengths = {pair: np.linalg.norm(corner[:, pair[1]] - corner[:, pair[0]], axis=1) for pair in EDGES}
    at_corner = [np.prod([length for pair, length in lengths.items() if vertex in pair], axis=0) for vertex in range(4)]
    edges = corner[:, 1:] - corner[:, :1]
    jacobian = np.einsum("ei,ei->e", np.cross(edges[:, 0], edges[:, 1]), edges[:, 2])
    return np.asarray(np.sqrt(2.0) * jacobian / np.maximum(np.max(at_corner, axis=0), 1e-300))


def smallest_dihedral_angles(mesh: TetMesh) -> npt.NDArray[np.float64]:
    """Smallest angle between two facets of each cell [deg], shape (n_cells,)."""
    corner = mesh.points[mesh.cells]
    smallest = np.full(mesh.n_cells, 180.0)
    for (i, j), (k, m) in zip(EDGES, OPPOSITE, strict=True):
        edge = corner[:, j] - corner[:, i]
        left = np.cross(edge, corner[:, k] - corner[:, i])
        right = np.cross(edge, corner[:, m] - corner[:, i])
        cosine = np.einsum("ij,ij->i", left, right) / (np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1))
        smallest = np.minimum(smallest, np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))
    return smallest


def _contact_areas(mesh: TetMesh) -> dict[str, float]:
    corner = mesh.points[mesh.contact_facets[:, 0]]
    areas = 0.5 * np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1)
    sums: dict[str, float] = {}
    for a, b in np.unique(mesh.contact_parts, axis=0):
        own = (mesh.contact_parts == (a, b)).all(axis=1)
        sums[f"{mesh.part_names[a]} – {mesh.part_names[b]}"] = float(areas[own].sum())
    return sums
