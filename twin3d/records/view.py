"""What a viewer needs, once: the visible surface, its rows of the basis, and the sensors."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class SensorGlyph:
    """A sensor as it is drawn."""

    id: str
    quantity: str
    """``temperature``, ``power``, …"""
    unit: str
    """The unit shown beside the value, as the scene writes it."""
    scale: float
    """Shown value = (SI value - offset) / scale."""
    offset: float
    position: tuple[float, float, float] | None
    """Where it sits [m]; None for a sensor that drives an input and has no place."""
    role: str
    """``observe``, ``drive`` or ``check``."""
    array: str | None = None
    """The sensor that it is one channel of, which gets no label; None where it has a value alone."""


@dataclass(frozen=True, eq=False, slots=True)
class ViewModel:
    """Everything that a viewer keeps while frames come and go."""

    model_hash: str
    """The reduced model that these rows belong to."""
    title: str
    """Name of the scene."""
    points: npt.NDArray[np.float32]
    """Points of the visible surface [m], shape (n_visible, 3)."""
    triangles: npt.NDArray[np.int32]
    """Visible triangles, normals outward, shape (n_triangles, 3)."""
    triangle_part: npt.NDArray[np.int32]
    """Part of each triangle, shape (n_triangles,)."""
    part_names: tuple[str, ...]
    """Names of the parts."""
    basis: npt.NDArray[np.float32]
    """Rows of Φ at the visible points, column-major, shape (n_visible, n_modes)."""
    lifting: npt.NDArray[np.float32]
    """Rows of G at the visible points, shape (n_visible, n_inputs)."""
    input_names: tuple[str, ...]
    """Names of the inputs."""
    input_reference: npt.NDArray[np.float64]
    """$u_\\mathrm{ref}$, shape (n_inputs,)."""
    reference_temperature: float
    """$T_\\mathrm{ref}$ [K]."""
    point_error: npt.NDArray[np.float32]
    """Deviation that no reading can remove [K], shape (n_visible,)."""
    sensors: tuple[SensorGlyph, ...]
    """The sensors, in the order of the scene."""
    unit: str
    """Unit of temperature on the scalar bar: ``degC`` or ``K``."""
    camera: tuple[float, float, float]
    """Direction from the asset to the camera."""
