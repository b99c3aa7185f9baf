"""One field, drawn once: what a solution at full order looks like, or a map of what can be known."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from twin3d.records import SENSOR_STATE_DTYPE, Frame, SensorGlyph, SensorStatus, TetMesh, ViewModel
from twin3d.records.mesh import OUTSIDE
from twin3d.scene import Scene
from twin3d.view.offscreen import OffscreenRenderer
from twin3d.view.stage import Look
from twin3d.view.surface import split_at_sharp_edges

Array = npt.NDArray[np.float64]
Labels = Mapping[str, tuple[tuple[float, float, float], float]]
"""Name → place [m], and the value there in the unit that is shown."""


def draw_still(
    scene: Scene,
    mesh: TetMesh,
    values: Array,
    *,
    title: str,
    unit: str,
    caption: str = "at full order, nominal inputs",
    labels: Labels | None = None,
    size: tuple[int, int] = (1280, 720),
) -> npt.NDArray[np.uint8]:
    """Draw a field on the outside of an asset.

    Args:
        scene: Gives the title and the camera.
        mesh: Its facets with nothing outside are drawn.
        values: At the points, in the unit that is shown, shape (n_points,).
        title: Of the scalar bar.
        unit: As people write it.
        caption: What the field is of.
        labels: Places to mark, with their values.
        size: Width and height in pixels.

    Returns:
        Shape (height, width, 3).
    """
    marked = labels or {}
    glyphs = tuple(SensorGlyph(name, "", unit, 1.0, 0.0, place, "") for name, (place, _) in marked.items())
    view_model = replace(_view_model(scene, mesh, values), sensors=glyphs)
    low, high = float(view_model.basis.min()), float(view_model.basis.max())
    if high - low <= 1e-9 * max(abs(high), abs(low)):
        low, high = low - 0.5, high + 0.5
    look = Look(scalar_range=(low, high), quantity=(title, unit))
    with OffscreenRenderer(view_model, look, size=size) as renderer:
        return renderer.render(_frame(caption, [value for _, value in marked.values()]))


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


def _frame(caption: str, marked: Sequence[float]) -> Frame:
    """The whole of the one mode."""
    states = np.zeros(len(marked), SENSOR_STATE_DTYPE)
    states["measured"], states["status"] = marked, SensorStatus.USED
    return Frame(
        sequence=0,
        time_ns=0,
        model_hash="",
        coefficients=np.ones(1),
        inputs=np.zeros(0),
        input_deviation=np.zeros(0),
        covariance_factor=None,
        sensors=states,
        provenance=caption,
    )
