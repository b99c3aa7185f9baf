"""A box with waves on it, for pictures without a solver."""

import numpy as np

from twin3d.records import SENSOR_STATE_DTYPE, Frame, SensorGlyph, SensorStatus, ViewModel
from twin3d.view.surface import split_at_sharp_edges


def make_view_model(n_modes=48, *, n=14, seed=0):
    """A box whose modes are smooth waves, with sensors on it."""
    points, facets = _box_surface(n)
    source, triangles = split_at_sharp_edges(points, facets)
    spots = points[source]
    rng = np.random.default_rng(seed)
    waves = rng.normal(size=(3, n_modes)) * 60.0
    basis = np.asfortranarray(np.cos(spots @ waves + rng.uniform(0, 6, n_modes)) / np.sqrt(n_modes), dtype=np.float32)
    places = [(0.05, 0.01, 0.04), (0.1, 0.03, 0.02), (0.02, 0.06, 0.04), None]
    return ViewModel(
        model_hash="box",
        title="a test box",
        points=spots.astype(np.float32),
        triangles=triangles,
        triangle_part=np.zeros(len(triangles), np.int32),
        part_names=("box",),
        basis=basis,
        lifting=np.zeros((len(spots), 2), np.float32),
        input_names=("power", "air"),
        input_reference=np.array([0.0, 300.0]),
        reference_temperature=300.0,
        point_error=np.full(len(spots), 0.05, np.float32),
        sensors=tuple(
            SensorGlyph(f"tc_{k}", "temperature", "degC", 1.0, 273.15, place, "observe")
            for k, place in enumerate(places)
        ),
        unit="degC",
        camera=(1.0, -1.0, 0.8),
    )


def make_frame(view_model, *, seed=1, status=SensorStatus.USED, factor=True):
    rng = np.random.default_rng(seed)
    n_modes = view_model.basis.shape[1]
    sensors = np.zeros(len(view_model.sensors), SENSOR_STATE_DTYPE)
    sensors["status"], sensors["measured"], sensors["time_ns"] = status, 312.4, 1
    return Frame(
        sequence=0,
        time_ns=1_790_000_000_000_000_000,
        model_hash=view_model.model_hash,
        coefficients=rng.normal(size=n_modes) * 8.0,
        inputs=np.array([10.0, 301.0]),
        input_deviation=np.zeros(2),
        covariance_factor=rng.normal(size=(n_modes, 6)) * 0.3 if factor else None,
        sensors=sensors,
        provenance="corrected",
        flags=("power held at its bound",),
    )


def _box_surface(n, size=(0.1, 0.06, 0.04)):
    grid = np.linspace(0.0, 1.0, n + 1)
    points, facets = [], []
    for axis in range(3):
        for side in (0.0, 1.0):
            u, v = (k for k in range(3) if k != axis)
            patch = np.full(((n + 1) ** 2, 3), side)
            patch[:, u], patch[:, v] = np.repeat(grid, n + 1), np.tile(grid, n + 1)
            first = len(points) * (n + 1) ** 2
            i, j = np.meshgrid(np.arange(n), np.arange(n), indexing="ij")
            a = (first + i * (n + 1) + j).ravel()
            quads = np.concatenate([np.column_stack([a, a + n + 1, a + n + 2]), np.column_stack([a, a + n + 2, a + 1])])
            flips = (side == 0.0) == (axis != 1)
            facets.append(quads[:, ::-1] if flips else quads)
            points.append(patch)
    merged, where = np.unique(np.round(np.concatenate(points), 9), axis=0, return_inverse=True)
    return merged * size, where.ravel()[np.concatenate(facets)].astype(np.int32)
