"""`twin3d mesh`: the mesh of a scene or of a geometry file, and what is wrong with it and where."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from twin3d.cli.mesh_tables import show_alike, show_contacts, show_faces, show_findings, show_parts, show_quality
from twin3d.cli.reporting import Reporter
from twin3d.cli.scenes import open_scene
from twin3d.export.vtkhdf import TimeSeriesWriter
from twin3d.fem.sensor_rows import sensor_rows, sight_lines
from twin3d.fem.space import function_space
from twin3d.mesh import MeshResult, build_mesh
from twin3d.mesh.cache import default_cache_dir
from twin3d.mesh.diagnosis import Diagnosis, diagnose
from twin3d.mesh.findings import list_findings
from twin3d.mesh.placement import place_sensors, placement_lines
from twin3d.mesh.selection import select_parts
from twin3d.mesh.wording import counted
from twin3d.scene import Contact, Geometry, Sensor
from twin3d.units import affine_to_si, parse_quantity

Switch = Annotated[bool, Parameter(negative="")]

NOT_USABLE = 1


def mesh(
    file: Path,
    *,
    unit: str | None = None,
    cell_size: str | None = None,
    curved: Switch = False,
    refine: int | None = None,
    gaps: str | None = None,
    picture: Path | None = None,
    faces: Path | None = None,
    part: str | None = None,
    out: Path | None = None,
) -> int:
    """Mesh a scene or a geometry file, and say what is wrong with it and where; exit code 1 if it is not usable.

    Args:
        file: A scene (.toml), or a geometry file itself: STEP, STL, VTU and others.
        unit: Unit of the coordinates, for files that do not say it or say it wrong.
        cell_size: Longest edge wanted, such as "2 mm"; default is the scene's, or some 20 000 cells.
        curved: Let edges follow curved faces of CAD files.
        refine: Uniform refinements; default is the scene's.
        gaps: Look for gaps between parts up to this width, such as "0.5 mm"; default is 0.5 % of the size.
        picture: Write a picture there with the places marked (.png).
        faces: Write a picture there with every face numbered (.png), and list the faces with a selector for each.
        part: Draw and list only the faces of the parts that this glob matches, such as "coil_*"; for --faces.
        out: Write the mesh there (.vtkhdf, opens in ParaView).
    """
    name, geometry, contacts, sensors = opened(file)
    geometry = with_options(geometry, unit=unit, cell_size=cell_size, curved=curved, refine=refine)
    with Reporter() as reporter:
        result = build_mesh(
            geometry, contacts, sensors=sensors, cache_dir=default_cache_dir(), progress=reporter.progress
        )
        reporter.progress(1.0, "looking for what is wrong")
        reach = None if gaps is None else parse_quantity(gaps, "m")
        found = diagnose(result.mesh, result.report, geometry, reach=reach)
    console = Console(highlight=False)
    show_report(name, result, found, console)
    for line in placement_lines(place_sensors(sensors, result.mesh)):
        console.print(line, markup=False, soft_wrap=True)
    for line in sight_lines(sensors, sensor_rows(sensors, function_space(result.mesh))):
        console.print(line, markup=False, soft_wrap=True)
    if out is not None:
        TimeSeriesWriter(out, result.mesh).close()
    if faces is not None:
        _draw_faces(faces, name, result, part, console)
    if picture is not None:
        _draw_faults(picture, name, result, found, console)
    return 0 if result.report.is_usable else NOT_USABLE


def opened(file: Path) -> tuple[str, Geometry, tuple[Contact, ...], tuple[Sensor, ...]]:
    """Name, geometry, contacts and sensors of a scene; those of a geometry file alone are none."""
    if file.suffix.lower() in {"", ".toml"}:
        scene = open_scene(file)
        return scene.name, scene.geometry, scene.contacts, scene.sensors
    return file.name, Geometry(file=file), (), ()


def with_options(
    geometry: Geometry, *, unit: str | None, cell_size: str | None, curved: bool, refine: int | None
) -> Geometry:
    """A geometry with what the command line says instead.

    Raises:
        UnitError: An option is no length.
    """
    if unit is not None:
        affine_to_si(unit, "m")
    wanted = {
        "unit": unit,
        "cell_size": None if cell_size is None else parse_quantity(cell_size, "m"),
        "curved": curved or None,
        "refine": refine,
    }
    given = {key: value for key, value in wanted.items() if value is not None}
    return Geometry.model_validate({**{key: getattr(geometry, key) for key in Geometry.model_fields}, **given})


def show_report(name: str, result: MeshResult, found: Diagnosis, console: Console) -> None:
    """Print what the mesh is and what is wrong with it."""
    sides = " × ".join(f"{side * 1e3:.4g}" for side in found.extent)
    source = "from the cache" if result.from_cache else "new"
    console.print(
        f"{name}: {sides} mm, {counted(len(found.parts), 'part')}, "
        f"{result.report.n_points:,} points, {result.report.n_cells:,} cells, {source}",
        markup=False,
    )
    show_parts(found, console)
    show_alike(found, result.report.products, console)
    show_quality(result.report, found, console)
    show_contacts(result.report, console)
    show_findings(list_findings(found, result.report), console)
    verdict = "[green]usable[/]" if result.report.is_usable else "[bold red]NOT usable[/]: see the errors"
    console.print(f"the mesh is {verdict}")


def _draw_faces(path: Path, name: str, result: MeshResult, part: str | None, console: Console) -> None:
    from twin3d.export.picture import write_png
    from twin3d.mesh.face_words import describe_faces
    from twin3d.mesh.faces import face_table
    from twin3d.view.face_sheet import draw_faces, shown_faces

    table = face_table(result.mesh)
    parts = None if part is None else set(map(int, select_parts(result.mesh, part)))
    listed = range(1, len(table) + 1) if parts is None else shown_faces(table, parts)
    show_faces(describe_faces(result.mesh, table, numbers=listed), console)
    sheet = draw_faces(result.mesh, table, name if part is None else f"{name}: {part}", parts=parts)
    write_png(path, sheet.pixels)
    left_out = [
        f"{len(numbers)} {words}"
        for numbers, words in ((sheet.unlabelled, "too small for a number"), (sheet.hidden, "hidden"))
        if numbers
    ]
    rest = f" ({', '.join(left_out)})" if left_out else ""
    console.print(f"{path}: {counted(len(sheet.labelled), 'face')} with a number{rest}", markup=False, soft_wrap=True)


def _draw_faults(path: Path, name: str, result: MeshResult, found: Diagnosis, console: Console) -> None:
    from twin3d.export.picture import write_png
    from twin3d.view.fault_sheet import draw_faults

    write_png(path, draw_faults(result.mesh, found, name))
    console.print(f"{path}: {counted(len(found.marks()), 'place')} marked", markup=False, soft_wrap=True)
