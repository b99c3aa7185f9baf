"""A pouch cell under a camera: what was measured, what its authors simulated, and the twin of its scene."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from heat_bodies import NUMPY

from twin3d.assets import asset_path
from twin3d.checks import space_of
from twin3d.fem.heat import assemble_heat
from twin3d.fem.march import march
from twin3d.fem.rows import rows_at
from twin3d.mesh import build_mesh
from twin3d.mesh.selection import select_parts
from twin3d.records import READING_DTYPE
from twin3d.scene import Sensor, SensorRole, load_scene

RECORDING = Path(__file__).resolve().parents[1] / "verification" / "pouch_cell" / "recording.npz"
ZERO_CELSIUS = 273.15
THICKNESS_M = 0.0072
N_ROWS = N_COLUMNS = 11
N_PIXELS = N_ROWS * N_COLUMNS

AUTHORS = {"thickness": 0.48540359, "length": 26.43351848, "width": 25.12030477, "film": 17.0207947}
"""Their fit: conductivities [W/(m K)] and film coefficient [W/(m² K)]."""
HEATER_THICKNESS_M = 0.0002
SIMULATED_EVERY_S = 8
STEP_S = 8
"""Of runs at full order."""


@dataclass(frozen=True, eq=False)
class Measured:
    """The recording; one second lies between two times."""

    positions: np.ndarray
    """Of the pixels [m], row by row, shape (121, 3)."""
    surface: np.ndarray
    """[K], shape (977, 121)."""
    heater: np.ndarray
    """[K], shape (977,)."""
    room: np.ndarray
    """[K], shape (977,)."""
    simulated: np.ndarray
    """By the authors, every eighth second [K], shape (123, 121)."""

    def seen_every(self, step_s):
        return self.surface[::step_s]

    def simulated_every(self, step_s):
        return self.simulated[:: step_s // SIMULATED_EVERY_S]

    @property
    def inputs(self):
        """As the scene orders them, shape (977, 2)."""
        return np.column_stack([self.heater, self.room])


def load_measured() -> Measured:
    with np.load(RECORDING) as file:
        kelvin = {name: 1e-4 * file[name] + ZERO_CELSIUS for name in ("surface", "heater", "room", "simulated")}
        length, width = np.meshgrid(1e-3 * file["length_mm"], 1e-3 * file["width_mm"])
    positions = np.column_stack([length.ravel(), width.ravel(), np.full(N_PIXELS, THICKNESS_M)])
    return Measured(positions, kelvin["surface"].T, kelvin["heater"], kelvin["room"], simulated=kelvin["simulated"].T)


def pouch_scene():
    return load_scene(asset_path("scenes", "pouch_cell.toml"))


def pouch_space(scene, cache_dir=None):
    return space_of(scene, build_mesh(scene.geometry, scene.contacts, cache_dir=cache_dir).mesh)


def pixel_rows(space, measured):
    return rows_at(space, measured.positions, parts=select_parts(space.mesh, "cell"))


def pixel_sensors(scene, measured, *, noise, bias, held_out=()):
    """One sensor for each pixel, then those of the scene that drive an input."""
    pixels = [
        Sensor(
            id=f"pixel_{pixel // N_COLUMNS}_{pixel % N_COLUMNS}",
            unit="K",
            noise=noise,
            bias=bias,
            period=1.0,
            position=tuple(position),
            part="cell",
            role=SensorRole.CHECK if pixel in held_out else SensorRole.OBSERVE,
        )
        for pixel, position in enumerate(measured.positions.tolist())
    ]
    return (*pixels, *(sensor for sensor in scene.sensors if sensor.role is SensorRole.DRIVE))


def readings_of(columns, times_s):
    """Readings of sensors by their index, each (n_times,), in time order."""
    order = sorted(columns)
    batch = np.zeros((len(times_s), len(order)), READING_DTYPE)
    batch["sensor"] = order
    batch["time_ns"] = np.round(np.asarray(times_s) * 1e9).astype(np.int64)[:, None]
    batch["value"] = np.column_stack([columns[index] for index in order])
    return batch.ravel()


def as_authors(scene, *, tabs=True, heater_film=AUTHORS["thickness"] / HEATER_THICKNESS_M):
    """The scene with the parameters of the authors; without tabs, theirs conduct nothing."""
    along = (AUTHORS["length"], AUTHORS["width"], AUTHORS["thickness"])
    parts = []
    for entry in scene.parts:
        changes = {"conductivity": along} if entry.part == "cell" else ({} if tabs else {"conductivity": 1e-6})
        parts.append(entry.model_copy(update={"material": entry.material.model_copy(update=changes)}))
    loads = [
        load.model_copy(update={"film_coefficient": heater_film if load.name == "heater" else AUTHORS["film"]})
        for load in scene.loads
    ]
    return scene.model_copy(update={"parts": tuple(parts), "loads": tuple(loads)})


def marched(scene, space, measured):
    """What the pixels see at full order every `STEP_S`, shape (n_steps, 121) [K]."""
    rows, seconds = pixel_rows(space, measured), np.arange(len(measured.heater))
    start = np.full(space.n_dofs, measured.room[0])

    def inputs_at(time_s):
        return np.array([np.interp(time_s, seconds, column) for column in measured.inputs.T])

    fields = march(
        assemble_heat(scene, space, backend=NUMPY),
        start,
        inputs_at,
        dt_s=float(STEP_S),
        n_steps=int(seconds[-1]) // STEP_S,
        backend=NUMPY,
    )
    return np.array([rows @ field for field in (start, *fields)])


def by_column(values):
    """Means over the columns of pixels, from the end without tabs to that with them, shape (11,)."""
    return values.reshape(N_ROWS, N_COLUMNS).mean(axis=0)


def rms(error) -> float:
    return float(np.sqrt(np.mean(np.square(error))))
