"""What each sensor takes of a field: a value at a place, or a mean over faces, parts or a line."""

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from twin3d.errors import MeshError
from twin3d.fem.rows import mean_over, mean_within, means_along, rows_at
from twin3d.fem.space import FunctionSpace
from twin3d.mesh.placement import Placement, place_sensors
from twin3d.mesh.selection import select_facets, select_parts
from twin3d.scene import Sensor, SensorKind, arrays_in


def sensor_rows(sensors: Sequence[Sensor], space: FunctionSpace) -> sparse.csr_array:
    """What each sensor takes of the nodal values, a zero row where it drives an input, shape (n_sensors, n_dofs).

    Raises:
        MeshError: A sensor lies too far outside the asset or its part; names it.
        SelectionError: A sensor's face or part matches nothing; names it.
    """
    placements = {placement.sensor: placement for placement in place_sensors(sensors, space.mesh)}
    at_places = _rows_at(list(placements.values()), space)
    blocks = [sparse.csr_array((0, space.n_dofs))]
    order: list[int] = []
    for array in arrays_in(sensors):
        members = [sensors[index] for index in array.indices]
        is_placed = members[0].id in at_places
        blocks.append(at_places[members[0].id] if is_placed else _rows_of(array.id, members, space))
        order.extend(array.indices)
    rows = sparse.csr_array(sparse.vstack(blocks, format="csr"))
    return rows[np.argsort(np.array(order, dtype=np.int64))]


def _rows_at(placements: Sequence[Placement], space: FunctionSpace) -> dict[str, sparse.csr_array]:
    """The row of each placed sensor by its id; it looks into its own part only, not across a contact."""
    rows: dict[str, sparse.csr_array] = {}
    for part in {placement.part for placement in placements}:
        there = [placement for placement in placements if placement.part == part]
        values = rows_at(space, np.array([placement.placed for placement in there]), parts=[part])
        rows |= {placement.sensor: values[[index]] for index, placement in enumerate(there)}
    return rows


def _rows_of(name: str, members: Sequence[Sensor], space: FunctionSpace) -> sparse.csr_array:
    """The rows of a sensor that is no point, one for each of its channels."""
    try:
        return _mean_rows(members, space)
    except MeshError as error:
        raise type(error)(f"sensor {name}: {error}") from error


def _mean_rows(members: Sequence[Sensor], space: FunctionSpace) -> sparse.csr_array:
    first = members[0]
    parts = None if first.part is None else select_parts(space.mesh, first.part).tolist()
    if first.kind is SensorKind.INPUT:
        return sparse.csr_array((1, space.n_dofs))
    if first.line is not None:
        spans = [sensor.span for sensor in members]
        return means_along(space, first.line, spans, parts=parts, tolerance_m=first.tolerance)
    if first.face is not None:
        return mean_over(space, select_facets(space.mesh, first.face))
    if parts is None:
        raise MeshError("it has no position, face, line or part; give it one of them")
    return mean_within(space, np.isin(space.mesh.cell_region, parts))
