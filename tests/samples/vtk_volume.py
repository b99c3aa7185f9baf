"""Writes samples with VTK's own writers: XML and legacy unstructured grids."""

import numpy as np
from volume_samples import CORNERS
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonCore import vtkIdList, vtkPoints
from vtkmodules.vtkCommonDataModel import vtkUnstructuredGrid
from vtkmodules.vtkIOHDF import vtkHDFWriter
from vtkmodules.vtkIOLegacy import vtkUnstructuredGridWriter
from vtkmodules.vtkIOXML import vtkXMLUnstructuredGridWriter

TYPES = {"tetra": 10, "hexahedron": 12, "wedge": 13, "pyramid": 14, "triangle": 5, "quad": 9}
QUADRATIC = {"tetra": 24, "hexahedron": 25, "wedge": 26, "pyramid": 27}
INLET = 7


def grid_of(sample):
    """The cells, and the facets of the inlet, with MaterialIds 1, 2 and 7."""
    points = vtkPoints()
    points.SetDataTypeToDouble()
    points.SetData(numpy_to_vtk(np.ascontiguousarray(sample.points), deep=True))
    grid = vtkUnstructuredGrid()
    grid.SetPoints(points)
    labels = []
    blocks = [(TYPES[sample.inlet_shape], sample.inlet, INLET)]
    for block in sample.blocks:
        quadratic = block.cells.shape[1] > CORNERS[block.shape]
        blocks.append(((QUADRATIC if quadratic else TYPES)[block.shape], block.cells, block.part + 1))
    for kind, cells, label in blocks:
        for cell in cells:
            ids = vtkIdList()
            for point in cell:
                ids.InsertNextId(int(point))
            grid.InsertNextCell(kind, ids)
            labels.append(label)
    array = numpy_to_vtk(np.array(labels, dtype=np.int32), deep=True)
    array.SetName("MaterialIds")
    grid.GetCellData().AddArray(array)
    temperature = numpy_to_vtk(np.linspace(0.0, 1.0, len(sample.points)), deep=True)
    temperature.SetName("temperature")
    grid.GetPointData().AddArray(temperature)
    return grid


def write_vtu(path, sample, *, mode, compressor="", base64=False, header_bits=64, big_endian=False):
    writer = vtkXMLUnstructuredGridWriter()
    writer.SetInputData(grid_of(sample))
    writer.SetFileName(str(path))
    {
        "ascii": writer.SetDataModeToAscii,
        "binary": writer.SetDataModeToBinary,
        "appended": writer.SetDataModeToAppended,
    }[mode]()
    writer.SetEncodeAppendedData(base64)
    {32: writer.SetHeaderTypeToUInt32, 64: writer.SetHeaderTypeToUInt64}[header_bits]()
    kind = {"": writer.NONE, "ZLib": writer.ZLIB, "LZMA": writer.LZMA, "LZ4": writer.LZ4}[compressor]
    writer.SetCompressorType(kind)
    if big_endian:
        writer.SetByteOrderToBigEndian()
    assert writer.Write()


def write_vtk(path, sample, *, binary=False, version=51):
    writer = vtkUnstructuredGridWriter()
    writer.SetInputData(grid_of(sample))
    writer.SetFileName(str(path))
    writer.SetFileVersion(version)
    if binary:
        writer.SetFileTypeToBinary()
    assert writer.Write()


def write_vtkhdf(path, sample):
    writer = vtkHDFWriter()
    writer.SetInputData(grid_of(sample))
    writer.SetFileName(str(path))
    assert writer.Write()
