"""How good a mesh is, for people and for tests."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from twin3d.mesh.curving import curved_volume_gain, with_middles
from twin3d.mesh.products import ProductCount
from twin3d.mesh.topology import OUTWARD_FACETS
from twin3d.records import TetMesh

EDGES = ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))

SLIVER_DEG = 5.0
"""Below this smallest dihedral angle a cell hurts the conditioning of the system."""

FLAT = 1e-3
"""Below this scaled Jacobian a cell is as good as flat, and the mesh is not usable."""
LARGEST_VOLUME_ERROR = 0.05
"""A part whose volume is further off than this, relative to the geometry, makes the mesh not usable."""
N_BINS = 10
"""Bins of the histogram of scaled Jacobians, from 0 to 1."""


@dataclass(frozen=True, slots=True)
class MeshReport:
    """What people should know of a mesh."""

    n_points: int
    n_cells: int
    smallest_angle_deg: float
    """Smallest dihedral angle of all cells [deg]."""
    n_slivers: int
    """Cells with a dihedral angle below `SLIVER_DEG`."""
    worst_jacobian: float
    """Smallest scaled Jacobian of all cells [–]."""
    first_percentile_jacobian: float
    """Scaled Jacobian that one cell in a hundred is below [–]."""
    jacobian_counts: tuple[int, ...]
    """Cells in each of `N_BINS` equal bins of the scaled Jacobian from 0 to 1; negative ones are in the first."""
    part_volumes: Mapping[str, tuple[float, float]]
    """Part → volume of its cells and of the geometry [m³]."""
    part_cells: Mapping[str, int]
    """Part → number of cells."""
    contact_areas: Mapping[str, float]
    """Pair of parts → area of the declared contact [m²]."""
    messages: tuple[str, ...]
    """What was renamed, repaired or tried again."""
    products: tuple[ProductCount, ...] = ()
    """What the parts are instances of; empty where the file does not tell."""

    @property
    def is_usable(self) -> bool:
        """Whether a solution on this mesh can be trusted: no flaw was found."""
        return not self.flaws()

    def flaws(self) -> tuple[str, ...]:
        """What makes the mesh not usable, each with its remedy; empty for a usable one."""
        found = []
        if self.worst_jacobian < FLAT:
            found.append(
                f"the worst cell has a scaled Jacobian of {self.worst_jacobian:.2g}, below {FLAT:g}: it is inside out "
                "or as good as flat; use another cell_size, or mend the geometry there"
            )
        for name, (meshed, stated) in self.part_volumes.items():
            if not self.part_cells[name]:
                found.append(f"the part {name!r} has no cells; is it a solid, and larger than nothing?")
            elif abs(off := volume_error(meshed, stated)) > LARGEST_VOLUME_ERROR:
                found.append(
                    f"the volume of the part {name!r} is off by {off:+.1%} against the geometry; use a smaller "
                    "cell_size there, in local_sizes"
                )
        return tuple(found)

    def __str__(self) -> str:
        lines = [
            f"{self.n_points:,} points, {self.n_cells:,} cells, worst scaled Jacobian {self.worst_jacobian:.2g}, "
            f"smallest dihedral angle {self.smallest_angle_deg:.1f}°, {self.n_slivers} cells below {SLIVER_DEG:g}°"
        ]
        for name, (meshed, stated) in self.part_volumes.items():
            lines.append(
                f"  {name}: {self.part_cells[name]:,} cells, {meshed * 1e9:.6g} mm³ "
                f"({volume_error(meshed, stated):+.3%} against the geometry)"
            )
        lines += [f"  contact {pair}: {area * 1e6:.6g} mm²" for pair, area in self.contact_areas.items()]
        return "\n".join([*lines, *(f"  note: {message}" for message in self.messages)])


def volume_error(meshed: float, stated: float) -> float:
    """How far a volume is off, relative to that of the geometry; 0 where the geometry states none."""
    return meshed / stated - 1.0 if stated > 0.0 else 0.0


def report_mesh(mesh: TetMesh, stated_volumes: npt.NDArray[np.float64], messages: tuple[str, ...]) -> MeshReport:
    """Measure a mesh; `stated_volumes` are those of the geometry [m³], shape (n_parts,)."""
    volumes = mesh.cell_volumes()
    n_parts = len(mesh.part_names)
    meshed = np.bincount(mesh.cell_region, weights=volumes + _gained(mesh), minlength=n_parts)
    counts = np.bincount(mesh.cell_region, minlength=n_parts)
    angles = smallest_dihedral_angles(mesh)
    jacobians = scaled_jacobians(mesh.points, mesh.cells)
    bins = np.clip((jacobians * N_BINS).astype(np.int64), 0, N_BINS - 1)
    pairs = zip(mesh.part_names, meshed, stated_volumes, strict=True)
    return MeshReport(
        n_points=mesh.n_points,
        n_cells=mesh.n_cells,
        smallest_angle_deg=float(angles.min()),
        n_slivers=int((angles < SLIVER_DEG).sum()),
        worst_jacobian=float(jacobians.min()),
        first_percentile_jacobian=float(np.percentile(jacobians, 1.0)),
        jacobian_counts=tuple(map(int, np.bincount(bins, minlength=N_BINS))),
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
    normals = [np.cross(corner[:, b] - corner[:, a], corner[:, c] - corner[:, a]) for a, b, c in OUTWARD_FACETS]
    normals = [normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-300) for normal in normals]
    largest = np.full(mesh.n_cells, -1.0)
    for k, m in EDGES:  # the facets opposite two vertices meet at the edge of the other two
        largest = np.maximum(largest, -np.einsum("ij,ij->i", normals[k], normals[m]))
    return np.asarray(np.degrees(np.arccos(np.clip(largest, -1.0, 1.0))))


def _contact_areas(mesh: TetMesh) -> dict[str, float]:
    """Pair of parts → area over which they touch or face each other across a gap [m²]."""
    corner = mesh.points[mesh.contact_facets[:, 0]]
    touching = 0.5 * np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1)
    areas = np.concatenate([touching, mesh.gap_areas])
    pairs = np.concatenate([mesh.contact_parts, mesh.gap_parts])
    sums: dict[str, float] = {}
    for a, b in np.unique(pairs, axis=0):
        own = (pairs == (a, b)).all(axis=1)
        sums[f"{mesh.part_names[a]} – {mesh.part_names[b]}"] = float(areas[own].sum())
    return sums
