"""Writes samples as MED and XDMF, with h5py."""

import h5py
import numpy as np
from volume_samples import CORNERS, PARTS

MED = {"tetra": "TE4", "hexahedron": "HE8", "wedge": "PE6", "pyramid": "PY5", "triangle": "TR3", "quad": "QU4"}
MED_QUADRATIC = {"tetra": "T10", "hexahedron": "H20", "wedge": "P15", "pyramid": "P13"}
STEP = "-0000000000000000001-0000000000000000001"
XDMF_MIXED = {"tetra": 6, "pyramid": 7, "wedge": 8, "hexahedron": 9}
XDMF_MIXED_QUADRATIC = {"tetra": 38, "pyramid": 39, "wedge": 40, "hexahedron": 48}
XDMF = {"tetra": "Tetrahedron", "hexahedron": "Hexahedron", "wedge": "Wedge", "pyramid": "Pyramid"}
XDMF_QUADRATIC = {"tetra": "Tet_10", "hexahedron": "Hex_20", "wedge": "Wedge_15", "pyramid": "Pyramid_13"}


def write_med(path, sample, *, style="face_group", unit="mm"):
    """The inlet is a group of faces or of nodes."""
    tables, families = {}, {}
    for block in sample.blocks:
        quadratic = block.cells.shape[1] > CORNERS[block.shape]
        kind = (MED_QUADRATIC if quadratic else MED)[block.shape]
        tables.setdefault(kind, []).append(block.cells)
        families.setdefault(kind, []).append(np.full(len(block.cells), -6 - block.part))
    if style == "face_group":
        kind = MED[sample.inlet_shape]
        tables[kind], families[kind] = [sample.inlet], [np.full(len(sample.inlet), -8)]
    with h5py.File(path, "w") as file:
        info = file.create_group("INFOS_GENERALES")
        info.attrs.update({"MAJ": 4, "MIN": 1, "REL": 0})
        mesh = file.create_group("ENS_MAA/box")
        mesh.attrs.update({"DIM": 3, "ESP": 3, "TYP": 0, "UNI": np.bytes_("".join(f"{unit:16s}" for _ in range(3)))})
        step = mesh.create_group(STEP)
        step["NOE/COO"] = sample.points.T.ravel()
        for kind, cells in tables.items():
            step[f"MAI/{kind}/NOD"] = np.concatenate(cells).T.ravel() + 1
            step[f"MAI/{kind}/FAM"] = np.concatenate(families[kind])
        names = {-6: PARTS[0], -7: PARTS[1], -8: "inlet"}
        if style == "node_group":
            family = np.zeros(len(sample.points), dtype=int)
            family[sample.inlet_points] = 1
            step["NOE/FAM"] = family
            _family(file, "NOEUD/FAM_1_inlet", 1, "inlet")
        for number, name in names.items():
            _family(file, f"ELEME/FAM_{number}_{name}", number, name)
        file.create_group("FAS/box/FAMILLE_ZERO").attrs["NUM"] = 0


def _family(file, path, number, name):
    group = file.create_group(f"FAS/box/{path}")
    group.attrs["NUM"] = number
    text = np.frombuffer(name.encode().ljust(80, b"\0"), dtype=np.int8).reshape(1, 80)
    names = group.create_dataset("GRO/NOM", (1,), dtype=np.dtype(("i1", (80,))))
    names[...] = text
    group["GRO"].attrs["NBR"] = 1


def write_xdmf(path, sample, *, storage="xml"):
    arrays = {}

    def item(name, values):
        values = np.ascontiguousarray(values)
        kind = 'NumberType="Float" Precision="8"' if values.dtype.kind == "f" else 'NumberType="Int" Precision="8"'
        shape = " ".join(map(str, values.shape))
        if storage == "hdf":
            arrays[name] = values
            return f'<DataItem {kind} Dimensions="{shape}" Format="HDF">box.h5:/{name}</DataItem>'
        if storage == "binary":
            (path.parent / f"{name}.bin").write_bytes(values.tobytes())
            return f'<DataItem {kind} Dimensions="{shape}" Format="Binary" Endian="Little">{name}.bin</DataItem>'
        text = "\n".join(" ".join(map(repr, row)) for row in np.atleast_2d(values).tolist())
        return f'<DataItem {kind} Dimensions="{shape}" Format="XML">\n{text}\n</DataItem>'

    quadratic = sample.is_quadratic
    if len({block.shape for block in sample.blocks}) == 1:
        cells = np.concatenate([block.cells for block in sample.blocks])
        kind = (XDMF_QUADRATIC if quadratic else XDMF)[sample.blocks[0].shape]
    else:
        numbers = XDMF_MIXED_QUADRATIC if quadratic else XDMF_MIXED
        cells = np.array([v for block in sample.blocks for cell in block.cells for v in (numbers[block.shape], *cell)])
        kind = "Mixed"
    material = np.concatenate([np.full(len(block.cells), block.part + 1) for block in sample.blocks])
    path.write_text(
        '<?xml version="1.0" ?>\n<Xdmf Version="3.0"><Domain><Grid Name="box" GridType="Uniform">\n'
        f'<Topology TopologyType="{kind}" NumberOfElements="{sample.n_cells}">{item("cells", cells)}</Topology>\n'
        f'<Geometry GeometryType="XYZ">{item("points", sample.points)}</Geometry>\n'
        f'<Attribute Name="material" AttributeType="Scalar" Center="Cell">{item("material", material)}</Attribute>\n'
        f'<Set Name="inlet" SetType="Node">{item("inlet", sample.inlet_points)}</Set>\n</Grid></Domain></Xdmf>\n'
    )
    if storage == "hdf":
        with h5py.File(path.parent / "box.h5", "w") as file:
            for name, values in arrays.items():
                file[name] = values
