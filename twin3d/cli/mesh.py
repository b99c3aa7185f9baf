"""`twin3d mesh`: the mesh of a scene and its quality."""

from pathlib import Path

from rich.console import Console

from twin3d.cli.reporting import Reporter
from twin3d.cli.scenes import open_scene
from twin3d.export.vtkhdf import TimeSeriesWriter
from twin3d.mesh import build_mesh
from twin3d.mesh.cache import default_cache_dir
from twin3d.mesh.placement import place_sensors, placement_lines


def mesh(scene: Path, *, out: Path | None = None, refine: int | None = None) -> int:
    """Make the mesh of a scene and report its quality.

    Args:
        scene: The scene file.
        out: Write the mesh there (.vtkhdf, opens in ParaView).
        refine: Uniform refinements; default is the scene's.
    """
    checked = open_scene(scene)
    geometry = checked.geometry if refine is None else checked.geometry.model_copy(update={"refine": refine})
    with Reporter() as reporter:
        result = build_mesh(
            geometry,
            checked.contacts,
            sensors=checked.sensors,
            cache_dir=default_cache_dir(),
            progress=reporter.progress,
        )
    source = "from the cache" if result.from_cache else "new"
    Console(highlight=False).print(f"{checked.name}: {source}\n{result.report}", markup=False)
    for line in placement_lines(place_sensors(checked.sensors, result.mesh)):
        Console(highlight=False).print(line, markup=False, soft_wrap=True)
    if out is not None:
        TimeSeriesWriter(out, result.mesh).close()
    return 0
