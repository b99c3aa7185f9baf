"""What each sensor takes of a field: a value at a place, a mean over faces, parts or a line, or what a pixel sees."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from scipy import sparse

from twin3d.errors import MeshError
from twin3d.fem.camera import image_rows
from twin3d.fem.rows import mean_over, mean_within, means_along, rows_at
from twin3d.fem.space import FunctionSpace
from twin3d.mesh.placement import Placement, place_sensors
from twin3d.mesh.selection import select_facets, select_parts
from twin3d.scene import Sensor, SensorArray, SensorKind, arrays_in


def sensor_rows(sensors: Sequence[Sensor], space: FunctionSpace) -> sparse.csr_array:
    """What each sensor takes of the nodal values, shape (n_sensors, n_dofs).

    The row is zero where a sensor drives an input, or is a pixel that sees nothing of the asset.

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


def sight_lines(sensors: Sequence[Sensor], rows: sparse.csr_array) -> list[str]:
    """What each sensor that is no point looks at, and which see the same, a line of text for each.

    Args:
        sensors: Of the scene.
        rows: From `sensor_rows`, shape (n_sensors, n_dofs).
    """
    arrays = arrays_in(sensors)
    marks = [_mark(rows[list(array.indices)]) for array in arrays]
    lines = []
    for array, mark in zip(arrays, marks, strict=True):
        first = sensors[array.indices[0]]
        if first.kind in (SensorKind.POINT, SensorKind.INPUT):
            continue
        n_blind = int((np.diff(rows.indptr)[list(array.indices)] == 0).sum())
        twins = [other.id for other, its in zip(arrays, marks, strict=True) if other is not array and its == mark]
        lines.append("; sees the same as ".join([f"{array.id}: {_sight(first, array, n_blind)}", *twins]))
    return lines


def _mark(rows: sparse.csr_array) -> tuple[bytes, ...]:
    """Equal for sensors that take the same of every field, up to rounding."""
    return rows.shape[0].to_bytes(8), rows.indices.tobytes(), np.round(rows.data, 9).tobytes()


def _sight(first: Sensor, array: SensorArray, n_blind: int) -> str:
    n_channels = len(array.indices)
    if first.camera is not None:
        return f"{n_channels} pixels, of which {n_blind} see nothing and are dropped"
    if first.line is not None:
        length = sum(math.dist(a, b) for a, b in pairwise(first.line)) * 1e3
        share = f"{n_channels} stations of {length / n_channels:.4g} mm along" if n_channels > 1 else "the mean along"
        return f"{share} {length:.4g} mm"
    return f"the mean over {first.part}" if first.face is None else f"the mean over the face {first.face}"


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
    if first.camera is not None:
        pixels = [sensor.pixel[0] * first.camera.pixels[0] + sensor.pixel[1] for sensor in members]
        return image_rows(space, first.camera, parts=parts)[pixels]
    if first.face is not None:
        return mean_over(space, select_facets(space.mesh, first.face))
    if parts is None:
        raise MeshError("it has no position, face, line, camera or part; give it one of them")
    return mean_within(space, np.isin(space.mesh.cell_region, parts))
