"""From a scene to a reduced model ready to run: mesh, assemble, reduce, each kept in the cache by its content."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse

from twin3d.backend import Backend
from twin3d.errors import ReductionError, SceneError
from twin3d.fem.elements import Element
from twin3d.fem.heat import assemble_heat, heat_parameters
from twin3d.fem.sensor_rows import sensor_rows
from twin3d.fem.space import function_space
from twin3d.mesh import build_mesh
from twin3d.mesh.quality import MeshReport
from twin3d.records import Parameter, ReducedModel, StressModes, TetMesh
from twin3d.reduction import reduce_heat
from twin3d.reduction.address import model_key
from twin3d.reduction.store import load_model, save_model
from twin3d.reduction.stress import stress_modes
from twin3d.reduction.stress_store import load_stress_modes, save_stress_modes, stress_key
from twin3d.scene import Geometry, Scene, calibrated, check_for_twin

Progress: TypeAlias = Callable[[float, str], None]
"""Is told how far the work is, from 0 to 1, and what is being done."""

MESH_SHARE, ASSEMBLY_SHARE = 0.3, 0.35
"""Where the mesh and the assembly end on the way from 0 to 1."""


@dataclass(frozen=True, eq=False, slots=True)
class PreparedModel:
    """All that a twin or a simulated asset needs of its geometry and physics."""

    mesh: TetMesh
    report: MeshReport
    model: ReducedModel
    sensor_rows: sparse.csr_array
    """What each sensor takes of the nodal values, a zero row where it drives an input, (n_sensors, n_dofs)."""
    from_cache: bool
    """Whether both the mesh and the reduced model came from the cache."""


def prepare(
    scene: Scene,
    *,
    geometry: Geometry | None = None,
    draw_theta: Callable[[Sequence[Parameter]], npt.NDArray[np.float64]] | None = None,
    backend: Backend,
    cache_dir: Path | None,
    progress: Progress | None = None,
) -> PreparedModel:
    """Mesh and reduce a scene.

    Args:
        scene: The checked scene; a twin takes what its parameter file says.
        geometry: Taken instead of the scene's own geometry: other sizes make another mesh.
        draw_theta: Gives the parameters θ at which the model is reduced; nominal ones without it.
        backend: Where the full-order work is done.
        cache_dir: Where meshes and models are kept; None keeps nothing.
        progress: Is told how far the work is.

    Raises:
        GeometryError: The file cannot be used.
        MeshError: No mesh could be made, or a sensor lies outside the asset.
        ReductionError: The reduced model misses its tolerance.
        SceneError: The scene has no thermal loads, or holds what the linear model of a twin cannot.
    """
    if not scene.loads:
        raise SceneError(
            f"{scene.name}: a twin follows the temperature, and the scene has no thermal load; add one, or solve its "
            "stress with `twin3d solve`"
        )
    check_for_twin(scene)
    if draw_theta is None:  # an asset with parameters of its own owes nothing to what a calibration found
        scene = calibrated(scene)
    tell = progress or _silent
    result = build_mesh(
        geometry or scene.geometry,
        scene.contacts,
        sensors=scene.sensors,
        cache_dir=cache_dir,
        progress=_within(tell, 0.0, MESH_SHARE),
    )
    space = function_space(result.mesh, Element(scene.solver.element))
    rows = sensor_rows(scene.sensors, space)
    theta = None if draw_theta is None else draw_theta(heat_parameters(scene, result.mesh))
    path = None if cache_dir is None else cache_dir / f"model-{model_key(scene, result.mesh, theta)}.npz"
    model = _cached_model(path)
    from_cache = result.from_cache and model is not None
    if model is None:
        tell(MESH_SHARE, "assembling the heat equation")
        model = reduce_heat(
            assemble_heat(scene, space, backend=backend),
            space,
            scene,
            theta0=theta,
            rng=np.random.default_rng(0),
            backend=backend,
            progress=_within(tell, ASSEMBLY_SHARE, 1.0),
        )
        if path is not None:
            save_model(path, model)
    tell(1.0, "ready")
    return PreparedModel(result.mesh, result.report, model, rows, from_cache)


def prepare_stress_modes(
    scene: Scene,
    prepared: PreparedModel,
    *,
    displacement_rows: sparse.csr_array | None = None,
    backend: Backend,
    cache_dir: Path | None,
) -> StressModes:
    """Stress and displacement at the outer points of a prepared scene as they follow from its state.

    Args:
        scene: The scene, with a support.
        prepared: Its mesh and reduced model.
        displacement_rows: Strain gauges, shape (n_gauges, 3 n_dofs of the displacement).
        backend: Where the full-order work is done.
        cache_dir: Where stress modes are kept; None keeps nothing.

    Raises:
        SceneError: The scene has no mechanical load, or a part no elastic constants.
        SolverError: Supports contradict each other, or nothing holds a rigid motion.
    """
    if not scene.mechanical:
        raise SceneError(
            f'{scene.name}: its stress needs a support, and the scene has none; add a [[load]] such as kind = "fixed"'
        )
    mesh, model, rows = prepared.mesh, prepared.model, displacement_rows
    path = None
    if cache_dir is not None:
        path = cache_dir / f"stress-{stress_key(scene, mesh, model, displacement_rows=rows)}.npz"
        with suppress(ReductionError):  # missing or damaged: they are made again
            return load_stress_modes(path, model)
    space = function_space(mesh, Element(scene.solver.element))
    modes = stress_modes(scene, space, model, displacement_rows=rows, backend=backend)
    if path is not None:
        save_stress_modes(path, modes)
    return modes


def _cached_model(path: Path | None) -> ReducedModel | None:
    if path is None or not path.is_file():
        return None
    try:
        return load_model(path)
    except ReductionError:  # damaged: it is made again
        return None


def _within(tell: Progress, start: float, end: float) -> Progress:
    return lambda fraction, text: tell(start + (end - start) * fraction, text)


def _silent(fraction: float, text: str) -> None:
    del fraction, text
