"""One field, drawn once: what a solution at full order looks like."""

import numpy as np
import numpy.typing as npt

from twin3d.records import SENSOR_STATE_DTYPE, Frame, TetMesh, ViewModel
from twin3d.records.mesh import OUTSIDE
from twin3d.scene import Scene
from twin3d.view.offscreen import OffscreenRenderer
from twin3d.view.stage import Look
from twin3d.view.surface import split_at_sharp_edges

Array = npt.NDArray[np.float64]


def draw_still(
    scene: Scene, mesh: TetMesh, values: Array, *, title: str, unit: str, size: tuple[int, int] = (1280, 720)
) -> npt.NDArray[np.uint8]:
    """Draw a field on the outside of an asset.

    Args:
        scene: Gives the title and the camera.
        mesh: Its facets with nothing outside are drawn.
        values: At the points, in the unit that is shown, shape (n_points,).
        title: Of the scalar bar.
        unit: As people write it.
        size: Width and height in pixels.

    Returns:
        Shape (height, width, 3).
    """
    view_model = _view_model(scene, mesh, values)
    low, high = float(view_model.basis.min()), float(view_model.basis.max())
    if high - low <= 1e-9 * max(abs(high), abs(low)):
        low, high = low - 0.5, high + 0.5
    look = Look(scalar_range=(low, high), quantity=(title, unit))
    with OffscreenRenderer(view_model, look, size=size) as renderer:
        return renderer.render(_frame())


def _view_model(scene: Scene, mesh: TetMesh, values: Array) -> ViewModel:
    is_visible = mesh.facet_parts[:, 1] == OUTSIDE
    source, triangles = split_at_sharp_edges(mesh.points, mesh.facets[is_visible])
    n = len(source)
    return ViewModel(
        model_hash="",
        title=scene.name,
        points=mesh.points[source].astype(np.float32),
        triangles=triangles,
        triangle_part=mesh.facet_parts[is_visible, 0].astype(np.int32),
        part_names=mesh.part_names,
        basis=np.asfortranarray(values[source][:, None], dtype=np.float32),
        lifting=np.zeros((n, 0), dtype=np.float32),
        input_names=(),
        input_reference=np.zeros(0),
        reference_temperature=0.0,
        point_error=np.zeros(n, dtype=np.float32),
        sensors=(),
        unit="K",
        camera=scene.view.camera,
    )


def _frame() -> Frame:
    """The whole of the one mode."""
    return Frame(
        sequence=0,
        time_ns=0,
        model_hash="",
        coefficients=np.ones(1),
        inputs=np.zeros(0),
        input_deviation=np.zeros(0),
        covariance_factor=None,
        sensors=np.zeros(0, SENSOR_STATE_DTYPE),
        provenance="at full order, nominal inputs",
    )
