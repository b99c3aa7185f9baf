"""What a viewer needs of a scene: the visible surface with its rows of the basis, and the sensors. No VTK here."""

import numpy as np
import numpy.typing as npt

from twin3d.mesh.placement import place_sensors
from twin3d.mesh.selection import select_facets, select_parts
from twin3d.mesh.topology import patches_by_angle
from twin3d.records import ReducedModel, SensorGlyph, TetMesh, ViewModel
from twin3d.records.mesh import OUTSIDE
from twin3d.scene import Scene, Sensor, SensorKind
from twin3d.units import affine_to_si


def build_view_model(scene: Scene, mesh: TetMesh, model: ReducedModel) -> ViewModel:
    """The view model of a scene.

    Points are doubled along sharp edges, so that shading can be smooth on each side.

    Args:
        scene: Gives the title and the sensors.
        mesh: Its facets with nothing outside are the visible surface.
        model: Its rows at the visible points are kept.
    """
    is_visible = mesh.facet_parts[:, 1] == OUTSIDE
    facets, parts = mesh.facets[is_visible], mesh.facet_parts[is_visible, 0]
    source, triangles = split_at_sharp_edges(mesh.points, facets)
    placed = {placement.sensor: placement.placed for placement in place_sensors(scene.sensors, mesh)}
    return ViewModel(
        model_hash=model.model_hash,
        title=scene.name,
        points=mesh.points[source].astype(np.float32),
        triangles=triangles,
        triangle_part=parts.astype(np.int32),
        part_names=mesh.part_names,
        basis=np.asfortranarray(model.basis[source], dtype=np.float32),
        lifting=model.lifting[source].astype(np.float32),
        input_names=model.input_names,
        input_reference=model.input_reference,
        reference_temperature=model.reference_temperature,
        point_error=model.point_error[source].astype(np.float32),
        sensors=tuple(_glyph(sensor, placed.get(sensor.id) or _place_of(sensor, mesh)) for sensor in scene.sensors),
        unit=scene.view.unit,
        camera=scene.view.camera,
    )


def split_at_sharp_edges(
    points: npt.NDArray[np.float64], facets: npt.NDArray[np.int32]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """Give each smooth patch its own copy of its points.

    Args:
        points: Shape (n_points, 3).
        facets: Shape (n_facets, 3).

    Returns:
        The point that each new one copies, shape (n_visible,), and the facets renumbered, shape (n_facets, 3).
    """
    patch = patches_by_angle(points, facets).astype(np.int64)
    keys = patch[:, None] * len(points) + facets
    unique, renumbered = np.unique(keys, return_inverse=True)
    return unique % len(points), renumbered.reshape(facets.shape).astype(np.int32)


def _glyph(sensor: Sensor, position: tuple[float, float, float] | None) -> SensorGlyph:
    shown = affine_to_si(sensor.shown_unit, sensor.si_unit)
    return SensorGlyph(
        id=sensor.id,
        quantity=sensor.quantity.value,
        unit=sensor.shown_unit,
        scale=shown.scale,
        offset=shown.offset,
        position=position,
        role=sensor.role.value,
        array=sensor.array,
    )


def _place_of(sensor: Sensor, mesh: TetMesh) -> tuple[float, float, float] | None:
    """Where it sits, or the facet nearest to the middle of the faces or parts it looks at; None for a channel."""
    if sensor.position is not None or sensor.kind is SensorKind.INPUT or sensor.array is not None:
        return sensor.position
    if sensor.line is not None:
        return sensor.line[len(sensor.line) // 2]
    if sensor.face is not None:
        corners = mesh.facets[select_facets(mesh, sensor.face)]
    else:
        corners = mesh.facets[np.isin(mesh.facet_parts, select_parts(mesh, sensor.part or "*")).any(axis=1)]
    centres = mesh.points[corners].mean(axis=1)
    nearest = centres[np.linalg.norm(centres - centres.mean(axis=0), axis=1).argmin()]
    return (float(nearest[0]), float(nearest[1]), float(nearest[2]))
