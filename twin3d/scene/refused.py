"""What a scene may hold that some solvers cannot take: said aloud, with what to do instead."""

import numpy as np

from twin3d.errors import SceneError
from twin3d.scene.mechanics import Gravity
from twin3d.scene.model import Scene

ALONG = 1e-6
"""Sine below which an acceleration acts along the axis."""


def unknown_to_twin(scene: Scene) -> tuple[str, ...]:
    """A sentence for each thing that `twin3d solve` knows and the linear model of the live twin does not."""
    cyclic = "[cyclic] ties both ends of a sector; model the whole asset, or insulate the ends"
    return (
        *(
            f"the channel {channel.name} couples the face along the flow; make it a load of convection with the mean "
            "temperature of the coolant as its ambient"
            for channel in scene.channels
        ),
        *(
            f"the enclosure {enclosure.name} couples all its faces; make it loads of radiation to the temperature that "
            "each face sees"
            for enclosure in scene.enclosures
        ),
        *((cyclic,) if scene.cyclic is not None else ()),
    )


def check_for_twin(scene: Scene) -> None:
    """Raise SceneError where the linear model of the live twin would leave something out."""
    found = unknown_to_twin(scene)
    if found:
        raise SceneError(f"the linear model of the live twin cannot hold all of {scene.name!r}: {'; '.join(found)}")


def check_for_stress(scene: Scene) -> None:
    """Raise SceneError for a weight that pulls the sectors of a cyclic asset to different sides."""
    if scene.cyclic is None:
        return
    direction = np.array(scene.cyclic.axis.direction) / np.linalg.norm(scene.cyclic.axis.direction)
    for load in scene.mechanical:
        if isinstance(load, Gravity):
            across = np.linalg.norm(np.cross(direction, load.acceleration))
            if across > ALONG * np.linalg.norm(load.acceleration):
                raise SceneError(
                    f"load {load.name}: with [cyclic] gravity must act along the axis, but {across:.3g} m/s^2 act "
                    "across it, which is not the same in every sector; remove that share, or model the whole asset"
                )


def check_for_modes(scene: Scene) -> None:
    """Raise SceneError where modes of vibration would be missing."""
    if scene.cyclic is not None:
        raise SceneError(
            "one sector of [cyclic] shows only the modes that are the same in every sector; model the whole asset"
        )
