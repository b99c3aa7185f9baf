"""What each sensor takes of a field: a value at a place, or a mean over faces or parts."""

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from twin3d.errors import MeshError
from twin3d.fem.rows import mean_over, mean_within, rows_at
from twin3d.fem.space import FunctionSpace
from twin3d.mesh.placement import Placement, place_sensors
from twin3d.mesh.selection import select_facets, select_parts
from twin3d.scene import Sensor, SensorKind


def sensor_rows(sensors: Sequence[Sensor], space: FunctionSpace) -> sparse.csr_array:
    """What each sensor takes of the nodal values, a zero row where it drives an input, shape (n_sensors, n_dofs).

    Raises:
        MeshError: A sensor lies too far outside the asset or its part; names it.
        SelectionError: A sensor's face matches nothing.
    """
    placements = {placement.sensor: placement for placement in place_sensors(sensors, space.mesh)}
    at_places = _rows_at(list(placements.values()), space)
    rows = [at_places[sensor.id] if sensor.id in placements else _mean_row(sensor, space) for sensor in sensors]
    none = sparse.csr_array((0, space.n_dofs))
    return sparse.csr_array(sparse.vstack([none, *rows], format="csr"))


def _rows_at(placements: Sequence[Placement], space: FunctionSpace) -> dict[str, sparse.csr_array]:
    """The row of each placed sensor by its id; it looks into its own part only, not across a contact."""
    rows: dict[str, sparse.csr_array] = {}
    for part in {placement.part for placement in placements}:
        there = [placement for placement in placements if placement.part == part]
        values = rows_at(space, np.array([placement.placed for placement in there]), parts=[part])
        rows |= {placement.sensor: values[[index]] for index, placement in enumerate(there)}
    return rows


def _mean_row(sensor: Sensor, space: FunctionSpace) -> sparse.csr_array:
    if sensor.kind is SensorKind.INPUT:
        return sparse.csr_array((1, space.n_dofs))
    if sensor.face is not None:
        return mean_over(space, select_facets(space.mesh, sensor.face))
    if sensor.part is None:
        raise MeshError(f"sensor {sensor.id} has no position, face or part; give it one of them")
    return mean_within(space, np.isin(space.mesh.cell_region, select_parts(space.mesh, sensor.part)))
