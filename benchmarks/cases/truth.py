"""What really happened in the benchmark: one asset marched at full order, kept as few modes on its own mesh."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from cases.compression import compressed
from cases.hidden_asset import HiddenAsset
from cases.hidden_physics import HiddenPhysics
from cases.scenario import commissioning_inputs, draw_inputs

from twin3d.backend import Backend
from twin3d.fem.space import function_space
from twin3d.mesh import build_mesh
from twin3d.mesh.cache import load_arrays, save_arrays
from twin3d.mesh.locate import interpolation
from twin3d.records import TetMesh
from twin3d.scene import Scene
from twin3d.score import part_interpolation

DT_S = 1.0
COMMISSIONING_S = 900.0


@dataclass(frozen=True, eq=False, slots=True)
class TruthRun:
    """One asset over time."""

    mesh: TetMesh
    times_s: np.ndarray
    """Shape (n_times,)."""
    inputs: np.ndarray
    """True inputs in SI, shape (n_times, n_inputs)."""
    start_K: float
    """The temperature at the first time."""
    basis: np.ndarray
    """Modes of the rise since then, shape (n_points, n_modes)."""
    coefficients: np.ndarray
    """Shape (n_times, n_modes) [K]."""
    residual_K: float
    """Largest error of the modes."""

    def at_points_of(self, target: TetMesh, chosen: np.ndarray) -> np.ndarray:
        """Temperature at the points of another mesh at chosen times [K], shape (n_chosen, n_points)."""
        rows = part_interpolation(self.mesh, target)
        return np.asarray(self.start_K + self.coefficients[chosen] @ (rows @ self.basis).T)

    def at_position(self, position: np.ndarray) -> np.ndarray:
        """Temperature at a position within a millimetre of the asset [K], shape (n_times,)."""
        return np.asarray(self.start_K + self.coefficients @ (interpolation(self.mesh, position) @ self.basis)[0])


@dataclass(frozen=True, slots=True)
class Size:
    """How large the case is."""

    twin_cell_m: float
    truth_cell_m: float
    truth_refine: int
    duration_s: float
    n_draws: int
    n_seeds: int


FULL = Size(6e-3, 5.5e-3, 1, 1800.0, n_draws=4, n_seeds=3)
QUICK = Size(12e-3, 11e-3, 1, 900.0, n_draws=2, n_seeds=2)


@dataclass(frozen=True, eq=False, slots=True)
class Asset:
    """One asset, which can be run."""

    scene: Scene
    mesh: TetMesh
    physics: HiddenPhysics
    live_inputs: np.ndarray
    """Shape (n_times, n_inputs)."""
    commissioning_inputs: np.ndarray
    """As `live_inputs`, for the run that calibrates."""

    def run(self, inputs: np.ndarray, *, backend: Backend, cache_dir: Path | None) -> TruthRun:
        """March it from rest, once a second; kept in the cache by all that determines it."""
        path = None if cache_dir is None else cache_dir / f"truth-{self._key(inputs)}.npz"
        kept = None if path is None else load_arrays(path)
        if kept is None:
            asset = HiddenAsset(self.scene, function_space(self.mesh), self.physics, backend=backend)
            kept = compressed(asset.march(inputs, DT_S) - np.float32(self.scene.initial_temperature))
            if path is not None:
                save_arrays(path, kept)
        times_s, start_K = DT_S * np.arange(len(inputs)), self.scene.initial_temperature
        residual_K = float(kept["residual_K"])
        return TruthRun(self.mesh, times_s, inputs, start_K, kept["basis"], kept["coefficients"], residual_K)

    def _key(self, inputs: np.ndarray) -> str:
        digest = hashlib.blake2b(digest_size=16)
        mesh, scene = self.mesh, self.scene
        for array in (mesh.points, mesh.cells, mesh.cell_region, mesh.facets, inputs):
            digest.update(np.ascontiguousarray(array).tobytes())
        digest.update(repr((scene.parts, scene.loads, scene.contacts, scene.initial_temperature)).encode())
        with np.printoptions(precision=17, threshold=10_000):
            digest.update(repr(self.physics).encode())
        for name in ("hidden_asset.py", "compression.py"):
            digest.update((Path(__file__).parent / name).read_bytes())
        return digest.hexdigest()


def draw_asset(scene: Scene, size: Size, *, draw: int, cache_dir: Path | None) -> Asset:
    """The asset whose physics and inputs are drawn by a number."""
    geometry = scene.geometry.model_copy(update={"cell_size": size.truth_cell_m, "refine": size.truth_refine})
    mesh = build_mesh(geometry, scene.contacts, cache_dir=cache_dir).mesh
    rng = np.random.default_rng([5, draw])
    n_sources = sum(item.unknown is not None for item in scene.inputs)
    physics = HiddenPhysics.drawn(rng, n_contacts=len(scene.contacts), n_sources=n_sources)
    live = draw_inputs(scene, np.arange(0.0, size.duration_s + 0.5 * DT_S, DT_S), rng)
    early = commissioning_inputs(scene, np.arange(0.0, COMMISSIONING_S + 0.5 * DT_S, DT_S), rng)
    return Asset(scene, mesh, physics, live, early)
