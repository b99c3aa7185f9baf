"""Where on an asset sensors may go, and where its temperature matters."""

import glob
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse

from twin3d.errors import SelectionError
from twin3d.estimation.observability import Focus
from twin3d.estimation.placement import Candidates
from twin3d.fem.rows import rows_at
from twin3d.fem.space import FunctionSpace
from twin3d.mesh.selection import select_facets
from twin3d.records import ReducedModel, TetMesh
from twin3d.records.mesh import OUTSIDE
from twin3d.scene import Sensor, SensorRole
from twin3d.scene.selectors import Selector

Array: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]
Parts: TypeAlias = npt.NDArray[np.int32] | None


def find_sites(
    space: FunctionSpace, like: Sensor, *, faces: Selector | None = None, parts: Parts = None, count: int = 3000
) -> Candidates:
    """Sensors spread evenly over faces of an asset, each at the middle of a facet.

    Args:
        space: The function space of the asset.
        like: A sensor with the noise, bias, lag and period that the new ones have.
        faces: Where they may go; without it, on all faces with nothing beside them.
        parts: Those that they may sit on, as indices; all without it.
        count: How many, at most.

    Raises:
        SelectionError: No facet is selected.
    """
    mesh = space.mesh
    facets = np.flatnonzero(mesh.facet_parts[:, 1] == OUTSIDE) if faces is None else select_facets(mesh, faces)
    if parts is not None:
        facets = facets[np.isin(mesh.facet_parts[facets, 0], parts)]
    if not facets.size:
        raise SelectionError("no face is left for new sensors: those selected do not belong to the parts selected")
    centres = mesh.points[mesh.facets[facets]].mean(axis=1)
    chosen = _spread_out(centres, count)
    positions, owners = centres[chosen], mesh.facet_parts[facets[chosen], 0]
    sensors = tuple(
        _sensor_at(position, like, f"candidate_{number + 1}", mesh.part_names[owner])
        for number, (position, owner) in enumerate(zip(positions, owners, strict=True))
    )
    return Candidates(sensors, _rows(space, positions, owners))


def focus_on(model: ReducedModel, mesh: TetMesh, parts: Parts = None) -> Focus:
    """The points of an asset, or of some of its parts by their indices, each with the volume around it."""
    wanted = np.ones(mesh.n_cells, dtype=np.bool_)
    if parts is not None:
        wanted = np.isin(mesh.cell_region, parts)
    cells = mesh.cells[wanted]
    volume = np.bincount(cells.ravel(), np.repeat(0.25 * mesh.cell_volumes()[wanted], 4), minlength=mesh.n_points)
    dofs = np.flatnonzero(volume > 0.0)
    return Focus(model, dofs, volume[dofs] / volume[dofs].sum())


def _sensor_at(position: Array, like: Sensor, name: str, part: str) -> Sensor:
    place = tuple(float(f"{coordinate:.7f}") for coordinate in position)
    changes = {"id": name, "position": place, "face": None, "depth": None, "part": glob.escape(part)}
    return like.model_copy(update={**changes, "role": SensorRole.OBSERVE, "drives": None})


def _spread_out(places: Array, count: int) -> IntArray:
    """Places far from each other, the first one nearest to the middle of all; shape (n_chosen,)."""
    if len(places) <= count:
        return np.arange(len(places))
    chosen = [int(np.linalg.norm(places - places.mean(axis=0), axis=1).argmin())]
    away = np.linalg.norm(places - places[chosen[0]], axis=1)
    while len(chosen) < count:
        chosen.append(int(away.argmax()))
        away = np.minimum(away, np.linalg.norm(places - places[chosen[-1]], axis=1))
    return np.array(chosen)


def _rows(space: FunctionSpace, positions: Array, owners: npt.NDArray[np.int32]) -> sparse.csr_array:
    """What sensors take of the nodal values, each looking into its own part, shape (n_sites, n_dofs)."""
    order = np.argsort(owners, kind="stable")
    blocks = [
        rows_at(space, positions[order][owners[order] == owner], parts=[int(owner)]) for owner in np.unique(owners)
    ]
    return sparse.csr_array(sparse.csr_array(sparse.vstack(blocks, format="csr"))[np.argsort(order, kind="stable")])
