"""Every format and variant of volume mesh that the readers must know, each with a function that writes a sample."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from abaqus_volume import write_inp
from gmsh_volume import write_msh
from hdf_volume import write_med, write_xdmf
from nastran_volume import write_bdf
from volume_samples import Sample, sample_of
from vtk_volume import write_vtk, write_vtkhdf, write_vtu

SHAPES = (("tetra", False), ("tetra", True), ("hexahedron", False), ("wedge", False), ("mixed", False), ("mixed", True))


@dataclass(frozen=True)
class FileKind:
    """A format in one variant."""

    reader: str
    name: str
    file: str
    write: Callable
    """Takes a path and a sample."""
    facet_name: str = "inlet"
    """Empty where the format names no facets."""
    names: tuple[str, str] = ("housing", "core")
    metres_per_unit: float | None = None

    def sample(self, shape="tetra", *, quadratic=False) -> Sample:
        return sample_of(shape, quadratic=quadratic)


def vtk(reader, name, file, write):
    return FileKind(
        reader=reader,
        name=name,
        file=file,
        write=write,
        facet_name="MaterialIds_7",
        names=("MaterialIds_1", "MaterialIds_2"),
    )


def vtu(name, **how):
    return vtk("vtk_xml", f"vtu_{name}", "box.vtu", partial(write_vtu, **how))


def xdmf(name, **how):
    return FileKind(
        reader="xdmf",
        name=f"xdmf_{name}",
        file="box.xdmf",
        write=partial(write_xdmf, **how),
        names=("material_1", "material_2"),
    )


KINDS = (
    FileKind("msh", "msh22", "box.msh", partial(write_msh, version="2.2")),
    FileKind("msh", "msh22_binary", "box.msh", partial(write_msh, version="2.2", binary=True)),
    FileKind("msh", "msh41", "box.msh", write_msh),
    FileKind("msh", "msh41_binary", "box.msh", partial(write_msh, binary=True)),
    FileKind("msh", "msh41_big_endian", "box.msh", partial(write_msh, binary=True, order=">")),
    FileKind("inp", "inp", "box.inp", write_inp),
    FileKind("inp", "inp_calculix", "box.inp", partial(write_inp, style="calculix")),
    FileKind("inp", "inp_assembly", "box.inp", partial(write_inp, style="assembly")),
    vtu("ascii", mode="ascii"),
    vtu("binary", mode="binary"),
    vtu("binary_zlib", mode="binary", compressor="ZLib"),
    vtu("appended_raw", mode="appended"),
    vtu("appended_raw_zlib_32", mode="appended", compressor="ZLib", header_bits=32),
    vtu("appended_base64_lzma", mode="appended", compressor="LZMA", base64=True),
    vtu("appended_base64", mode="appended", base64=True, header_bits=32),
    vtu("big_endian", mode="appended", big_endian=True),
    vtk("vtk_legacy", "vtk_51", "box.vtk", write_vtk),
    vtk("vtk_legacy", "vtk_51_binary", "box.vtk", partial(write_vtk, binary=True)),
    vtk("vtk_legacy", "vtk_42", "box.vtk", partial(write_vtk, version=42)),
    vtk("vtk_legacy", "vtk_42_binary", "box.vtk", partial(write_vtk, version=42, binary=True)),
    FileKind("bdf", "bdf", "box.bdf", write_bdf),
    FileKind("bdf", "bdf_large", "box.bdf", partial(write_bdf, form="large")),
    FileKind("bdf", "bdf_free", "box.bdf", partial(write_bdf, form="free")),
    FileKind("bdf", "bdf_bulk_alone", "box.bdf", partial(write_bdf, head="")),
    FileKind("med", "med", "box.med", write_med, metres_per_unit=1e-3),
    FileKind("med", "med_node_group", "box.med", partial(write_med, style="node_group", unit="")),
    xdmf("inline"),
    xdmf("hdf", storage="hdf"),
    xdmf("binary", storage="binary"),
    vtk("vtkhdf", "vtkhdf", "box.vtkhdf", write_vtkhdf),
)
