"""MED files of SALOME and code_aster: groups of cells become parts, groups of faces and nodes named facets."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import h5py
import numpy as np

from twin3d.errors import GeometryError
from twin3d.geometry.names import decoded
from twin3d.geometry.volumes.composing import compose
from twin3d.geometry.volumes.draft import CellBlock, Draft, Ints, NamedFacets, Solid
from twin3d.geometry.volumes.hdf import SIGNATURE, UNITS_M, child, open_hdf, values_of
from twin3d.geometry.volumes.regions import partition
from twin3d.geometry.volumes.source import naming
from twin3d.records import VolumeMesh

MESHES, FAMILIES = "ENS_MAA", "FAS"
SOLIDS = {
    **{"TE4": (Solid.TETRAHEDRON, 4), "T10": (Solid.TETRAHEDRON, 10)},
    **{"HE8": (Solid.HEXAHEDRON, 8), "H20": (Solid.HEXAHEDRON, 20), "H27": (Solid.HEXAHEDRON, 27)},
    **{"PE6": (Solid.WEDGE, 6), "P15": (Solid.WEDGE, 15), "P18": (Solid.WEDGE, 18)},
    **{"PY5": (Solid.PYRAMID, 5), "P13": (Solid.PYRAMID, 13)},
}
"""MED's type → shape and number of points."""
FACETS = {"TR3": (3, 3), "TR6": (3, 6), "TR7": (3, 7), "QU4": (4, 4), "QU8": (4, 8), "QU9": (4, 9)}
"""MED's type → corners and number of points of a face."""
IGNORED = {"SE2", "SE3", "SE4", "PO1"}


class MedReader:
    """MED."""

    suffixes: ClassVar[tuple[str, ...]] = (".med", ".mmed", ".rmed")

    def recognises(self, head: bytes) -> bool:
        """Whether an HDF5 file names MED's groups near its beginning."""
        return head.startswith(SIGNATURE) and (MESHES.encode() in head or b"INFOS_GENERALES" in head)

    def read(self, path: Path) -> VolumeMesh:
        """Read a mesh; of several the first one with solid cells.

        Raises:
            GeometryError: The file is damaged, or holds no solid cells.
        """
        with naming(path), open_hdf(path) as file:
            return compose(_draft(file), path)


def _draft(file: h5py.File) -> Draft:
    meshes = child(file, MESHES)
    if not isinstance(meshes, h5py.Group) or not len(meshes):
        raise GeometryError("it holds no mesh (no group ENS_MAA); export it from SALOME as MED")
    for name in meshes:
        step = _first_step(child(meshes, name))
        cells = child(step, "MAI")
        if isinstance(cells, h5py.Group) and any(kind in SOLIDS for kind in cells):
            left = tuple(other for other in meshes if other != name)
            return _draft_of(file, name, step, left)
    raise GeometryError("none of its meshes holds solid cells; export tetrahedra, hexahedra, wedges or pyramids")


def _first_step(mesh: Any) -> h5py.Group:
    """A mesh may change over steps; older files keep its nodes and cells in the mesh itself."""
    if not isinstance(mesh, h5py.Group):
        raise GeometryError("an entry of ENS_MAA is no mesh; the file is damaged, export it again")
    if "NOE" in mesh:
        return mesh
    for name in mesh:
        step = child(mesh, name)
        if isinstance(step, h5py.Group) and "NOE" in step:
            return step
    raise GeometryError(f"mesh {mesh.name!r} has no nodes; export it again")


def _draft_of(file: h5py.File, name: str, step: h5py.Group, others: tuple[str, ...]) -> Draft:
    points = _columns(step, "NOE/COO", 3).astype(np.float64)
    groups = _groups(file, name, "ELEME")
    blocks, families, facets = [], [], []
    left_out: dict[str, int] = {}
    cells = child(step, "MAI")
    for kind in cells:
        if kind in SOLIDS:
            solid, n = SOLIDS[kind]
            blocks.append(CellBlock(solid, _columns(cells, f"{kind}/NOD", n) - 1))
            families.append(_families(cells, kind, len(blocks[-1].cells)))
        elif kind in FACETS:
            n_corners, n = FACETS[kind]
            corners = _columns(cells, f"{kind}/NOD", n)[:, :n_corners] - 1
            facets += list(_named(corners, _families(cells, kind, len(corners)), groups))
        elif kind not in IGNORED:
            left_out[kind] = 1
    family = np.concatenate(families)
    sets = [(group, np.flatnonzero(np.isin(family, numbers))) for group, numbers in groups.items()]
    region, names, overlaps = partition([(group, own) for group, own in sets if own.size], len(family))
    ignored = (f"the meshes {', '.join(map(repr, others))} were left out",) if others else ()
    return Draft(
        points=points,
        blocks=tuple(blocks),
        region=region,
        region_names=names,
        facets=tuple(facets),
        point_sets=tuple(_point_sets(file, name, step, len(points))),
        left_out=left_out,
        metres_per_unit=_unit(child(file, f"{MESHES}/{name}")),
        messages=(*ignored, *overlaps),
    )


def _columns(group: h5py.Group, name: str, n: int) -> Any:
    """A table that MED stores column after column, shape (n_rows, n)."""
    values = values_of(group, name).ravel()
    if len(values) % n:
        raise GeometryError(f"{name!r} has {len(values)} values, no multiple of {n}; the file is damaged")
    return values.reshape(n, -1).T


def _families(group: h5py.Group, name: str, n: int) -> Ints:
    """Family of each cell or node; none is 0."""
    if child(group, f"{name}/FAM") is None:
        return np.zeros(n, dtype=np.int64)
    family = values_of(group, f"{name}/FAM")
    if family.shape != (n,):
        raise GeometryError(f"{name!r} has {len(family)} families for {n} entries; the file is damaged")
    return family


def _groups(file: h5py.File, mesh: str, kind: str) -> dict[str, list[int]]:
    """Group → the families that are in it, for ``ELEME`` or ``NOEUD``."""
    found: dict[str, list[int]] = {}
    families = child(file, f"{FAMILIES}/{mesh}/{kind}")
    for name in families if isinstance(families, h5py.Group) else ():
        family = child(families, name)
        names = child(family, "GRO/NOM") if isinstance(family, h5py.Group) else None
        if isinstance(names, h5py.Dataset) and "NUM" in family.attrs and names.size < len(families) * 10_000:
            for raw in np.ascontiguousarray(names[()]):
                group = decoded(np.asarray(raw).tobytes())
                found.setdefault(group, []).append(int(np.ravel(family.attrs["NUM"])[0]))
    return found


def _named(corners: Ints, family: Ints, groups: dict[str, list[int]]) -> Iterator[NamedFacets]:
    for group, numbers in groups.items():
        chosen = np.isin(family, numbers)
        if chosen.any():
            yield NamedFacets(group, corners[chosen])


def _point_sets(file: h5py.File, mesh: str, step: h5py.Group, n_points: int) -> Iterator[tuple[str, Ints]]:
    family = _families(step, "NOE", n_points)
    for group, numbers in _groups(file, mesh, "NOEUD").items():
        points = np.flatnonzero(np.isin(family, numbers))
        if points.size:
            yield group, points


def _unit(mesh: h5py.Group) -> float | None:
    """Length of the unit that the mesh states [m]; the same for all axes, or none."""
    raw = mesh.attrs.get("UNI", b"")
    text = decoded(raw) if isinstance(raw, bytes) else str(raw)
    words = set(text.split())
    return UNITS_M.get(words.pop()) if len(words) == 1 else None
