"""Where sensors sit in a mesh: snapped to the asset or sunk below its faces, with how far, and what looks odd."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from twin3d.errors import MeshError
from twin3d.mesh.faces import face_numbers
from twin3d.mesh.misses import point_text
from twin3d.mesh.probe import Probe, Spot
from twin3d.mesh.selection import select_parts
from twin3d.records import TetMesh
from twin3d.scene import Sensor, SensorRole

Array: TypeAlias = npt.NDArray[np.float64]
Vector: TypeAlias = tuple[float, float, float]

MISREAD_UNITS = {
    1e3: "in m instead of mm",
    25.4: "in inch instead of mm",
    10.0: "in cm instead of mm",
    1e-3: "in mm instead of m",
    1.0 / 25.4: "in mm instead of inch",
    0.1: "in mm instead of cm",
}
"""Factor on a position → the unit in which its numbers would be right."""
NEAR_ORIGIN = 0.05
"""A position this near to the origin, relative to the size of the asset, may be one whose numbers are too small."""
SAME_PLACE = 1e-9
"""Sensors nearer to each other than this, relative to the size of the asset, are at the same place."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a sensor was put."""

    sensor: str
    """Its id."""
    asked: Vector
    """The position that the scene says [m]."""
    placed: Vector
    """Where it sits in the mesh [m]."""
    moved: float
    """Distance between the two [m]."""
    part: int
    """The part that it sits in or on, index into the mesh's `part_names`."""
    part_name: str
    depth: float
    """Distance to the nearest outer face [m]."""
    face: int
    """Number of that face, as ``id`` says it in a selector."""
    cell_size: float
    """Mean edge of the cell that it sits in [m]: sensors closer together see the same."""
    notes: tuple[str, ...] = ()
    """What looks odd."""


def place_sensors(sensors: Sequence[Sensor], mesh: TetMesh) -> tuple[Placement, ...]:
    """Put the sensors that have a position into a mesh; driving sensors and those that look at faces are left out.

    A position outside the asset, or outside the parts that the sensor names, is moved to their surface. With a depth,
    it is moved to the nearest outer face and then inwards, square to the face.

    Args:
        sensors: Of the scene.
        mesh: Of its asset.

    Raises:
        MeshError: Sensors lie further outside than their tolerance, or a depth leaves the part; names all of them,
            the distance, the nearest part, and a unit or another sensor that would explain it.
    """
    seeing = [sensor for sensor in sensors if sensor.role is not SensorRole.DRIVE and sensor.position is not None]
    if not seeing:
        return ()
    probe, numbers = Probe(mesh), face_numbers(mesh)
    placements, refused = [], []
    for sensor in seeing:
        try:
            placements.append(_placed(sensor, probe, numbers))
        except MeshError as error:
            refused.append(f"sensor {sensor.id}: {error}{_swap_hint(sensor, seeing, probe)}")
    if refused:
        raise MeshError("\n".join(refused))
    are_tiny = all(np.linalg.norm(placement.asked) < NEAR_ORIGIN * probe.size for placement in placements)
    return tuple(
        replace(
            placement,
            notes=(
                *_notes_on_neighbours(placement, placements, probe),
                *_notes_on_place(sensor, seeing, probe, are_tiny=are_tiny),
            ),
        )
        for sensor, placement in zip(seeing, placements, strict=True)
    )


def placement_lines(placements: Sequence[Placement]) -> list[str]:
    """A table of placed sensors as lines of text, the first with the names of the columns; none without sensors."""
    if not placements:
        return []
    rows = [("sensor", "part", "moved mm", "depth mm", "face", "note")]
    for item in placements:
        lengths = (f"{item.moved * 1e3:.2f}", f"{item.depth * 1e3:.2f}")
        rows.append((item.sensor, item.part_name, *lengths, str(item.face), "; ".join(item.notes)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            text.rjust(width) if index in {2, 3, 4} else text.ljust(width)
            for index, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _placed(sensor: Sensor, probe: Probe, numbers: npt.NDArray[np.int32]) -> Placement:
    asked = np.array(sensor.position, dtype=np.float64)
    if not np.isfinite(asked).all():
        raise MeshError("its position is not finite")
    parts = _parts(sensor, probe)
    around = probe.cell_around(asked, parts)
    if around is None:
        spot = probe.nearest(asked, probe.outer() if parts is None else probe.boundary(parts))
        if spot.distance > sensor.tolerance:
            raise MeshError(_too_far(sensor, asked, spot, parts, probe))
        placed, part = spot.point, _part_of(spot.facet, parts, probe)
    else:
        placed, part = asked, int(probe.mesh.cell_region[around])
    if sensor.depth is not None:
        placed, part = _sunk(asked, sensor.depth, parts, probe)
    cell = probe.cell_around(placed, [part])
    below = probe.nearest(placed, probe.outer())
    return Placement(
        sensor=sensor.id,
        asked=_vector(asked),
        placed=_vector(placed),
        moved=float(np.linalg.norm(placed - asked)),
        part=part,
        part_name=probe.mesh.part_names[part],
        depth=below.distance,
        face=int(numbers[below.facet]),
        cell_size=0.0 if cell is None else probe.edge_length(cell),
    )


def _sunk(asked: Array, depth: float, parts: Sequence[int] | None, probe: Probe) -> tuple[Array, int]:
    """The place so deep below the nearest outer face, and its part; for a part without one, below its boundary."""
    among = probe.outer(parts)
    if parts is not None and not among.any():
        among = probe.boundary(parts)
    spot = probe.nearest(asked, among)
    part = _part_of(spot.facet, parts, probe)
    inward = probe.inward(spot.facet, part)
    thickness = probe.thickness(spot.point, inward, part)
    placed = spot.point + depth * inward
    if depth > thickness * (1.0 + 1e-9) or (depth > 0.0 and probe.cell_around(placed, [part]) is None):
        ends = f"ends after {thickness * 1e3:.4g} mm there" if np.isfinite(thickness) else "ends before"
        raise MeshError(
            f"a depth of {depth * 1e3:.4g} mm below {point_text(spot.point)} leaves the part "
            f"{probe.mesh.part_names[part]}, which {ends}; make the depth smaller, or name the part that it sits in"
        )
    return placed, part


def _part_of(facet: int, parts: Sequence[int] | None, probe: Probe) -> int:
    inner, outer = map(int, probe.mesh.facet_parts[facet])
    return inner if parts is None or inner in parts else outer


def _too_far(sensor: Sensor, asked: Array, spot: Spot, parts: Sequence[int] | None, probe: Probe) -> str:
    low, high = probe.mesh.points.min(axis=0), probe.mesh.points.max(axis=0)
    nearest = probe.mesh.part_names[_part_of(spot.facet, parts, probe)]
    of_part = "the asset" if parts is None else f"the part {sensor.part}"
    units = _likely_units(sensor, asked, spot, probe)
    remedy = f"it would fit if its numbers were {' or '.join(units)}" if units else "move it, or check its unit"
    return (
        f"the position {point_text(asked)} is {spot.distance * 1e3:.3g} mm outside {of_part}, more than the tolerance "
        f"of {sensor.tolerance * 1e3:.3g} mm; the nearest part is {nearest}, at {point_text(spot.point)}; the asset "
        f"reaches from {point_text(low)} to {point_text(high)}; {remedy}"
    )


def _likely_units(sensor: Sensor, asked: Array, spot: Spot, probe: Probe) -> list[str]:
    """Units in which the position would lie on the asset; anything shrunk enough lies near an origin within it."""
    is_far = spot.distance > 0.5 * probe.size
    return _fitting_units(asked, [factor for factor in MISREAD_UNITS if factor > 1.0 or is_far], sensor, probe)


def _fitting_units(asked: Array, factors: Sequence[float], sensor: Sensor, probe: Probe) -> list[str]:
    parts = _parts(sensor, probe)
    among = probe.outer() if parts is None else probe.boundary(parts)
    return [
        MISREAD_UNITS[factor]
        for factor in factors
        if probe.cell_around(asked * factor, parts) is not None
        or probe.nearest(asked * factor, among).distance <= sensor.tolerance
    ]


def _swap_hint(sensor: Sensor, seeing: Sequence[Sensor], probe: Probe) -> str:
    """That a sensor out of its part lies in the part of another one."""
    owner = _owner_of_place(sensor, seeing, probe)
    return "" if owner is None else f"; it lies in the part of {owner.id}: are the two swapped?"


def _owner_of_place(sensor: Sensor, seeing: Sequence[Sensor], probe: Probe) -> Sensor | None:
    """The sensor whose declared part a position lies in, where it does not lie in its own."""
    asked = np.array(sensor.position, dtype=np.float64)
    cell = probe.cell_around(asked) if sensor.part is not None and np.isfinite(asked).all() else None
    if cell is None:
        return None
    region = int(probe.mesh.cell_region[cell])
    declared = [other for other in seeing if other.part is not None and _declares(other.part, region, probe)]
    return None if sensor in declared else next(iter(declared), None)


def _declares(glob: str, region: int, probe: Probe) -> bool:
    try:
        return region in select_parts(probe.mesh, glob)
    except MeshError:  # its own sensor is refused for it
        return False


def _notes_on_neighbours(placement: Placement, placements: Sequence[Placement], probe: Probe) -> Iterator[str]:
    """Sensors of the same part that the mesh cannot tell apart."""
    for other in placements:
        if other is placement or other.part != placement.part:
            continue
        apart = float(np.linalg.norm(np.subtract(placement.placed, other.placed)))
        size = min(placement.cell_size, other.cell_size)
        if apart <= SAME_PLACE * probe.size:
            yield f"at the same place as {other.sensor}"
        elif apart < size:
            yield f"{apart * 1e3:.2g} mm from {other.sensor}, within a cell ({size * 1e3:.2g} mm)"


def _notes_on_place(sensor: Sensor, seeing: Sequence[Sensor], probe: Probe, *, are_tiny: bool) -> Iterator[str]:
    owner = _owner_of_place(sensor, seeing, probe)
    if owner is not None:
        yield f"its position lies in the part of {owner.id}: swapped?"
    asked = np.array(sensor.position, dtype=np.float64)
    if are_tiny and asked.any():
        units = _fitting_units(asked, [factor for factor in MISREAD_UNITS if factor > 1.0], sensor, probe)
        if units:
            yield f"all sensors lie near the origin; their numbers would fit {' or '.join(units)}"


def _parts(sensor: Sensor, probe: Probe) -> list[int] | None:
    return None if sensor.part is None else list(map(int, select_parts(probe.mesh, sensor.part)))


def _vector(point: Array) -> Vector:
    x, y, z = map(float, point)
    return (x, y, z)
