"""`twin3d new`: a commented scene to start from, out of a CAD or mesh file and a list of tags."""

import os
from pathlib import Path
from typing import Annotated

import numpy as np
from cyclopts import Parameter
from rich.console import Console

from twin3d.cli.mesh import with_options
from twin3d.cli.reporting import Reporter
from twin3d.errors import SceneError
from twin3d.mesh import MeshResult, build_mesh
from twin3d.mesh.cache import default_cache_dir
from twin3d.mesh.diagnosis import diagnose
from twin3d.mesh.face_words import describe_faces
from twin3d.mesh.findings import list_findings
from twin3d.mesh.raw import default_cell_size
from twin3d.mesh.sketching import sketch_faces, sketch_groups, sketch_interfaces
from twin3d.mesh.wording import counted, length_text
from twin3d.records import TetMesh
from twin3d.scene import Geometry
from twin3d.scene.draft import Draft
from twin3d.scene.drafting import draft_scene
from twin3d.scene.materials import material as library_material
from twin3d.scene.tags import Tag, read_tags
from twin3d.units import parse_quantity

Switch = Annotated[bool, Parameter(negative="")]

MESHED_SUFFIXES = frozenset(
    (".step", ".stp", ".iges", ".igs", ".brep", ".brp", ".stl", ".obj", ".ply", ".off", ".3mf", ".glb", ".gltf")
)
"""Files of these endings are meshed here; others hold their cells."""


def new(
    file: Path,
    *,
    out: Path | None = None,
    sensors: Path | None = None,
    unit: str | None = None,
    cell_size: str | None = None,
    material: str | None = None,
    force: Switch = False,
) -> int:
    """Write a commented scene to start from: parts, faces with selectors, sensors from a tag list, what to fill in.

    Args:
        file: A geometry file: STEP, STL, VTU and others.
        out: The scene; default is the name of the file with .toml, in this folder.
        sensors: A tag list (.csv): tag, unit, x, y, z and, if known, length_unit, description, period, noise.
        unit: Unit of the coordinates, for files that do not say it or say it wrong.
        cell_size: Longest edge wanted, such as "2 mm"; default makes some 20 000 cells.
        material: For all parts whose name does not say theirs; a name of the library.
        force: Overwrite a scene that exists.
    """
    out = Path(f"{file.stem}.toml") if out is None else out
    if file.suffix.lower() == ".toml":
        raise SceneError(f"{file.name} is a scene already; name a geometry file, such as part.step")
    if out.exists() and not force:
        raise SceneError(f"{out} exists and is kept; name another --out, or add --force to overwrite it")
    if material is not None:
        library_material(material)
    tags = () if sensors is None else read_tags(sensors)
    geometry = with_options(Geometry(file=file), unit=unit, cell_size=cell_size, curved=False, refine=None)
    with Reporter() as reporter:
        result = build_mesh(geometry, (), cache_dir=default_cache_dir(), progress=reporter.progress)
        reporter.progress(1.0, "looking at parts and faces")
        draft = _draft(file, out, geometry, result, tags, material)
    temporary = out.with_name(f"{out.name}.part")
    temporary.write_text(draft_scene(draft), encoding="utf-8")
    temporary.replace(out)
    _say(draft, out, result.mesh, Console(highlight=False))
    return 0


def _draft(
    file: Path, out: Path, geometry: Geometry, result: MeshResult, tags: tuple[Tag, ...], material: str | None
) -> Draft:
    found = diagnose(result.mesh, result.report, geometry)
    groups = sketch_groups(found.parts, material)
    return Draft(
        name=file.stem,
        file=_path_from(out.parent, file),
        scene=out.name,
        unit=geometry.unit,
        cell_size=_cell_size(geometry, result) if file.suffix.lower() in MESHED_SUFFIXES else None,
        groups=groups,
        interfaces=sketch_interfaces(result.mesh, groups),
        warnings=tuple(
            finding.text for finding in list_findings(found, result.report) if finding.level in {"error", "warning"}
        ),
        faces=sketch_faces(describe_faces(result.mesh)),
        tags=tags,
        length_unit=geometry.unit or "mm",
    )


def _cell_size(geometry: Geometry, result: MeshResult) -> str:
    """The size that the mesh was made with."""
    size = geometry.cell_size
    if size is None:
        extent = float((result.mesh.points.max(axis=0) - result.mesh.points.min(axis=0)).max())
        size = default_cell_size(sum(stated for _, stated in result.report.part_volumes.values()), extent)
    return f"{size * 1e3:.3g} mm"


def _path_from(folder: Path, file: Path) -> str:
    """A file as a scene in a folder names it."""
    try:
        return Path(os.path.relpath(file.resolve(), folder.resolve())).as_posix()
    except ValueError:  # another drive on Windows
        return file.resolve().as_posix()


def _say(draft: Draft, out: Path, mesh: TetMesh, console: Console) -> None:
    open_groups = [group.group.glob for group in draft.groups if group.material is None]
    console.print(
        f"{out}: {counted(len(mesh.part_names), 'part')}, {counted(len(draft.faces), 'face')}, "
        f"{counted(len(draft.tags), 'tag')}",
        markup=False,
        soft_wrap=True,
    )
    for tag, away in _outside(draft, mesh):
        console.print(
            f"warning: the sensor {tag.id!r} lies {length_text(away)} outside the asset; check its position and unit",
            markup=False,
            soft_wrap=True,
        )
    if open_groups:
        console.print(f"fill in the material of {', '.join(open_groups)}", markup=False, soft_wrap=True)
    console.print(f"next: twin3d check {out}", markup=False, soft_wrap=True)


def _outside(draft: Draft, mesh: TetMesh) -> list[tuple[Tag, float]]:
    """Tags far outside the box around the asset, and how far [m]."""
    low, high = mesh.points.min(axis=0), mesh.points.max(axis=0)
    slack = 0.02 * float(np.linalg.norm(high - low))
    far = []
    for tag in draft.tags:
        if tag.position is not None:
            place = np.array(tag.position) * parse_quantity(f"1 {tag.length_unit or draft.length_unit}", "m")
            away = float(np.linalg.norm(np.maximum(0.0, np.maximum(low - place, place - high))))
            if away > slack:
                far.append((tag, away))
    return far
