"""What is wrong with a mesh and where: gaps, loose parts, tiny edges, bad cells, doubtful sizes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from twin3d.mesh.gaps import Gap, default_reach, find_gaps
from twin3d.mesh.part_facts import PartFacts, connected_groups, part_facts
from twin3d.mesh.quality import MeshReport, scaled_jacobians
from twin3d.mesh.size_doubts import size_doubts
from twin3d.mesh.topology import CELL_EDGES, edge_keys
from twin3d.mesh.wording import length_text
from twin3d.records import TetMesh
from twin3d.scene import Geometry

__all__ = ["Diagnosis", "Gap", "Mark", "PartFacts", "default_reach", "diagnose", "find_gaps"]

Vector: TypeAlias = tuple[float, float, float]
MarkKind: TypeAlias = Literal["gap", "cell", "overlap", "edge"]

TINY = 0.01
"""An edge is tiny when it is shorter than this share of the median edge."""
N_WORST = 5
"""Worst cells that are named."""
BAD = 0.05
"""Cells with a scaled Jacobian below this are marked in the picture."""
MAX_TINY_PLACES = 5
_PLACE = re.compile(r"near \(([-+.\de]+), ([-+.\de]+), ([-+.\de]+)\) mm")


@dataclass(frozen=True, slots=True)
class BadCell:
    """A cell of poor shape."""

    jacobian: float
    """Scaled Jacobian [–]."""
    part: str
    place: Vector
    """Its centre [m]."""
    index: int


@dataclass(frozen=True, slots=True)
class TinyEdges:
    """Edges far shorter than the others, which make cells flat and systems stiff."""

    n_edges: int
    median: float
    """Median length of all edges [m]."""
    shortest: tuple[tuple[float, Vector], ...]
    """Length and middle of the shortest of them [m]."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place that a picture shows."""

    kind: MarkKind
    place: Vector
    """[m]"""
    text: str


@dataclass(frozen=True, eq=False, slots=True)
class Diagnosis:
    """All that was found in one mesh."""

    extent: Vector
    """Sides of the box around the asset [m]."""
    parts: tuple[PartFacts, ...]
    groups: tuple[tuple[str, ...], ...]
    """Parts that hang together through shared facets or contacts, the largest group first."""
    gaps: tuple[Gap, ...]
    reach: float
    """Width up to which gaps were looked for [m]."""
    tiny_edges: TinyEdges
    worst_cells: tuple[BadCell, ...]
    size_doubts: tuple[str, ...]
    """Why the unit may be wrong."""
    messages: tuple[str, ...]
    """What the mesher said."""

    def loose_parts(self) -> tuple[str, ...]:
        """Parts that touch nothing, where there is more than one part."""
        return tuple(group[0] for group in self.groups if len(group) == 1) if len(self.parts) > 1 else ()

    @staticmethod
    def is_bad(cell: BadCell) -> bool:
        """Whether a cell is bad enough to be marked; the worst of a good mesh is not."""
        return cell.jacobian < BAD

    def marks(self) -> tuple[Mark, ...]:
        """The places to look at, the gravest kind first."""
        said = [(message, _PLACE.search(message)) for message in self.messages if "overlap" in message]
        overlaps = [
            Mark("overlap", _metres(found), message.split(" near (")[0].removeprefix("the parts "))
            for message, found in said
            if found is not None
        ]
        gaps = [
            Mark("gap", gap.place, f"{gap.names[0]} – {gap.names[1]}: {length_text(gap.median)} apart")
            for gap in self.gaps
        ]
        cells = [
            Mark("cell", cell.place, f"{cell.part}: scaled Jacobian {cell.jacobian:.2g}")
            for cell in self.worst_cells
            if self.is_bad(cell)
        ]
        edges = [Mark("edge", place, f"edge of {length_text(length)}") for length, place in self.tiny_edges.shortest]
        return (*overlaps, *gaps, *cells, *edges)


def diagnose(mesh: TetMesh, report: MeshReport, geometry: Geometry, *, reach: float | None = None) -> Diagnosis:
    """Look for what is wrong with a mesh.

    Args:
        mesh: The mesh.
        report: What was measured when it was built.
        geometry: Where it comes from.
        reach: Gaps up to this width are found [m]; None takes a share of the asset's size.
    """
    reach = default_reach(mesh) if reach is None else reach
    parts = part_facts(mesh, report)
    sides = np.ptp(mesh.points, axis=0)
    walls = {part.name: part.wall for part in parts if part.n_cells}
    return Diagnosis(
        extent=(float(sides[0]), float(sides[1]), float(sides[2])),
        parts=parts,
        groups=connected_groups(mesh),
        gaps=find_gaps(mesh, reach),
        reach=reach,
        tiny_edges=tiny_edges(mesh),
        worst_cells=worst_cells(mesh),
        size_doubts=size_doubts(float(sides.max()), walls, geometry.file, geometry.unit),
        messages=report.messages,
    )


def tiny_edges(mesh: TetMesh) -> TinyEdges:
    """Edges shorter than `TINY` of the median, the shortest with their places."""
    ends = mesh.cells[:, CELL_EDGES].reshape(-1, 2)
    ends = ends[np.unique(edge_keys(ends, mesh.n_points), return_index=True)[1]]
    lengths = np.linalg.norm(mesh.points[ends[:, 1]] - mesh.points[ends[:, 0]], axis=1)
    median = float(np.median(lengths))
    is_tiny = lengths < TINY * median
    chosen = np.flatnonzero(is_tiny)[np.argsort(lengths[is_tiny], kind="stable")[:MAX_TINY_PLACES]]
    middles = mesh.points[ends[chosen]].mean(axis=1)
    return TinyEdges(
        int(is_tiny.sum()),
        median,
        tuple((float(length), _vector(middle)) for length, middle in zip(lengths[chosen], middles, strict=True)),
    )


def worst_cells(mesh: TetMesh, *, n: int = N_WORST) -> tuple[BadCell, ...]:
    """The cells of lowest scaled Jacobian, the worst first."""
    jacobians = scaled_jacobians(mesh.points, mesh.cells)
    few = np.argpartition(jacobians, min(n, len(jacobians)) - 1)[:n]
    return tuple(
        BadCell(
            float(jacobians[index]),
            mesh.part_names[mesh.cell_region[index]],
            _vector(mesh.points[mesh.cells[index]].mean(axis=0)),
            int(index),
        )
        for index in few[np.argsort(jacobians[few], kind="stable")]
    )


def _metres(found: re.Match[str]) -> Vector:
    x, y, z = (float(text) * 1e-3 for text in found.groups())
    return (x, y, z)


def _vector(values: npt.NDArray[np.float64] | Sequence[float]) -> Vector:
    x, y, z = (float(value) for value in values)
    return (x, y, z)
