"""What a scene may hold that some solvers cannot take: said aloud, with what to do instead."""

from twin3d.errors import SceneError
from twin3d.scene.model import Scene


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


def check_for_mechanics(scene: Scene) -> None:
    """Raise SceneError where stress would leave something out."""
    if scene.cyclic is not None:
        raise SceneError(
            "[cyclic] ties temperatures alone, not displacements; remove the mechanical loads, or model the whole asset"
        )
