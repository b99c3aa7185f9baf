"""What the live twin takes at one temperature or time, because its model is linear."""

from twin3d.scene.loads import Convection, HeatSource, Radiation
from twin3d.scene.model import Scene
from twin3d.scene.tables import PropertyTable, TimeTable


def linearised_in_twin(scene: Scene) -> tuple[str, ...]:
    """A sentence for each thing that `twin3d solve` takes as it is and the live twin does not."""
    start = f"at the initial temperature of {scene.initial_temperature:g} K"
    found = [
        f"the {name.replace('_', ' ')} of {entry.part} is taken {start}"
        for entry in scene.parts
        for name in ("conductivity", "specific_heat")
        if isinstance(getattr(entry.material, name), PropertyTable)
    ]
    for load in scene.loads:
        match load:
            case Convection(film_coefficient=TimeTable()):
                found.append(f"the film of {load.name} is taken as it is at the start")
            case HeatSource() if load.temperature_coefficient != 0.0:
                found.append(f"the source {load.name} is taken {start}")
            case Radiation():
                found.append(f"the radiation of {load.name} is a film, linearised at {load.around:g} K")
    return tuple(found)
