"""Pictures of fields that are solved once: temperature, displacement, von Mises stress."""

from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from twin3d.errors import SceneError
from twin3d.fem.mechanics.problem import StressField, StressProblem
from twin3d.fem.space import FunctionSpace
from twin3d.scene import Scene
from twin3d.units import from_si

Array: TypeAlias = npt.NDArray[np.float64]

LENGTHS = ((1e-3, "mm"), (1e-6, "µm"), (0.0, "nm"))
"""Units of displacement, and from which size on each is taken [m]."""


def draw_field(
    path: Path,
    scene: Scene,
    space: FunctionSpace,
    temperature: Array,
    stress: tuple[StressProblem, StressField] | None,
    *,
    field: str | None,
) -> None:
    """Draw a field on the outside of the asset into a PNG file.

    Raises:
        SceneError: The file is no .png, or the scene has no stress.
        CapabilityError: This machine cannot draw.
    """
    chosen = field or ("temperature" if stress is None else "von_mises")
    if chosen != "temperature" and stress is None:
        raise SceneError(f"there is no {chosen} to draw: the scene has no mechanical loads")
    values, title, unit = _shown(scene, temperature, stress, chosen)
    _draw(path, scene, space, values, title=title, unit=unit)


def draw_shape(path: Path, scene: Scene, space: FunctionSpace, shape: Array, *, title: str) -> None:
    """Draw how far points move in a mode (n_dofs, 3), relative to the furthest; raises as `draw_field`."""
    moved = np.linalg.norm(shape, axis=1)
    _draw(path, scene, space, moved / moved.max(), title=title, unit="of the largest")


def _draw(path: Path, scene: Scene, space: FunctionSpace, values: Array, *, title: str, unit: str) -> None:
    if path.suffix.lower() != ".png":
        raise SceneError(f"cannot draw into {path.name!r}; its name must end in .png")
    # heavy: loads VTK, for pictures only
    from twin3d.export.picture import write_png
    from twin3d.view.still import draw_still

    write_png(path, draw_still(scene, space.mesh, values[: space.mesh.n_points], title=title, unit=unit))


def _shown(
    scene: Scene, temperature: Array, stress: tuple[StressProblem, StressField] | None, field: str
) -> tuple[Array, str, str]:
    """Values in the unit that is shown, the title of the bar, and the unit."""
    if field == "temperature" or stress is None:
        unit = scene.view.unit
        zero, one = from_si(0.0, unit, "K"), from_si(1.0, unit, "K")
        return zero + (one - zero) * temperature, "temperature", {"degC": "°C"}.get(unit, unit)
    if field == "von_mises":
        return 1e-6 * stress[1].von_mises, "von Mises stress", "MPa"
    moved = np.linalg.norm(stress[1].displacement, axis=1)
    length = next(name for least, name in LENGTHS if moved.max() >= least)
    return moved / {"mm": 1e-3, "µm": 1e-6, "nm": 1e-9}[length], "displacement", length
