"""The field on the visible surface: rebuilt in the vertex shader, or on the CPU, its fall-back and its test."""

from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import vtkmodules.vtkRenderingOpenGL2
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
from vtkmodules.vtkCommonCore import vtkLookupTable, vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkDataObject, vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor

from twin3d.assets import asset_path
from twin3d.records import Frame, ViewModel
from twin3d.view.colours import N_KNOTS, colour_knots
from twin3d.view.modes_texture import WIDTH, ModesTexture

Array = npt.NDArray[np.float32]
Method: TypeAlias = Literal["shader", "cpu"]
Shown: TypeAlias = Literal["temperature", "deviation"]

MODES_IN_ATTRIBUTES = 48
"""Twelve attributes of four modes; the others of the sixteen that OpenGL promises hold position, normal and offset."""
N_TABLE = 2048
"""Entries of the lookup table of the CPU path."""
BEFORE_VTK, ONCE = True, False
"""A replacement happens before VTK's own, and for the first tag only."""
USE_COLOUR = """
  ambientColor = ambientIntensity * colourOf(fieldVSOutput);
  diffuseColor = diffuseIntensity * colourOf(fieldVSOutput);
"""
"""Overwrites the colours that VTK takes from the property."""


class FieldValues:
    """Computes the field at the visible points from frames; keeps the last covariance factor."""

    def __init__(self, view_model: ViewModel) -> None:
        self._view_model = view_model
        self._factor: npt.NDArray[np.float64] | None = None
        self._deviation: Array | None = None

    def offset(self, frame: Frame) -> Array:
        """What of the temperature the modes do not give [K], shape (n_visible,)."""
        model = self._view_model
        lifted = model.lifting @ (frame.inputs - model.input_reference).astype(np.float32)
        return np.asarray(model.reference_temperature + lifted, dtype=np.float32)

    def temperature(self, frame: Frame) -> Array:
        """Temperature [K], shape (n_visible,)."""
        return self.offset(frame) + self._view_model.basis @ frame.coefficients.astype(np.float32)

    def deviation(self, frame: Frame) -> Array:
        """Standard deviation of the temperature [K], shape (n_visible,); zero before the first factor came."""
        self.keep(frame)
        if self._factor is None:
            return np.zeros(len(self._view_model.points), dtype=np.float32)
        if self._deviation is None:
            L, n_modes = self._factor.astype(np.float32), self._view_model.basis.shape[1]
            spread = self._view_model.basis @ L[:n_modes]
            if len(L) > n_modes:  # histories of earlier versions have no rows of inputs
                spread += self._view_model.lifting @ L[n_modes:]
            squares = np.einsum("ij,ij->i", spread, spread) + self._view_model.point_error**2
            self._deviation = np.sqrt(squares).astype(np.float32)
        return self._deviation

    def keep(self, frame: Frame) -> None:
        """Remember the covariance factor of a frame that carries one."""
        if frame.covariance_factor is not None:
            self._factor = frame.covariance_factor
            self._deviation = None


class FieldActor:
    """Draws the surface, coloured by its field."""

    def __init__(self, view_model: ViewModel, method: Method) -> None:
        self._method = method
        self._n_modes = view_model.basis.shape[1]
        self._texture: ModesTexture | None = None
        self._surface = _surface(view_model)
        self._offset = np.zeros(len(view_model.points), dtype=np.float32)
        self._offset_array = _attach(self._surface, "fieldOffset", self._offset)
        self._mapper = vtkmodules.vtkRenderingOpenGL2.vtkOpenGLPolyDataMapper()
        self._mapper.SetInputData(self._surface)
        self.actor = vtkActor()
        self.actor.SetMapper(self._mapper)
        _shade(self.actor.GetProperty())
        if method == "shader":
            self._use_shader(view_model)
        else:
            self._use_table()
        self.set_field(self._offset, np.zeros(self._n_modes))
        self.set_colours("temperature", 0.0, 1.0)

    def set_field(self, offset: Array, coefficients: npt.NDArray[np.float64]) -> None:
        """Show offset + modes · coefficients; without the shader the caller puts all into the offset.

        Args:
            offset: Shape (n_visible,).
            coefficients: Of the modes, shape (n_modes,).
        """
        if not np.array_equal(offset, self._offset):
            self._offset[:] = offset
            self._offset_array.Modified()
        if self._method == "shader":
            values = np.zeros(self._n_padded)
            values[: self._n_modes] = coefficients
            self._vertex_uniforms.SetUniform1fv("coefficients", self._n_padded, values.tolist())

    def set_colours(self, show: Shown, low: float, high: float) -> None:
        """Use the colour map of what is shown, over a range."""
        knots = colour_knots(show)
        if self._method == "shader":
            uniforms = self.actor.GetShaderProperty().GetFragmentCustomUniforms()
            uniforms.SetUniformf("barLow", low)
            uniforms.SetUniformf("barHigh", high)
            uniforms.SetUniform1fv("colourKnots", knots.size, knots.ravel().tolist())
        else:
            self._mapper.SetLookupTable(lookup_table(knots, low, high))
            self._mapper.SetScalarRange(low, high)

    def attach(self, window: Any) -> None:
        """Say which window draws; needed once, before its first picture."""
        if self._texture is not None:
            self._texture.attach(window, self._mapper)

    def _use_shader(self, view_model: ViewModel) -> None:
        n_blocks = -(-self._n_modes // 4)
        self._n_padded = 4 * n_blocks
        padded = np.zeros((len(view_model.points), self._n_padded), dtype=np.float32)
        padded[:, : self._n_modes] = view_model.basis
        if self._n_modes <= MODES_IN_ATTRIBUTES:
            for block in range(n_blocks):
                values = np.ascontiguousarray(padded[:, 4 * block : 4 * block + 4])
                self._add_attribute(f"modes{block}", values)
            vertex = _attribute_shader(n_blocks)
        else:
            self._texture = ModesTexture(padded)
            self._add_attribute("vertexNumber", np.arange(len(padded), dtype=np.float32))
            vertex = _texture_shader(n_blocks)
        self._map_attribute("fieldOffset")
        self._mapper.ScalarVisibilityOff()
        _replace_shaders(self.actor.GetShaderProperty(), vertex)
        self._vertex_uniforms = self.actor.GetShaderProperty().GetVertexCustomUniforms()

    def _add_attribute(self, name: str, values: Array) -> None:
        _attach(self._surface, name, values)
        self._map_attribute(name)

    def _use_table(self) -> None:
        self._surface.GetPointData().SetActiveScalars("fieldOffset")
        self._mapper.ScalarVisibilityOn()
        self._mapper.InterpolateScalarsBeforeMappingOn()
        self._mapper.UseLookupTableScalarRangeOn()

    def _map_attribute(self, name: str) -> None:
        self._mapper.MapDataArrayToVertexAttribute(name, name, vtkDataObject.FIELD_ASSOCIATION_POINTS, -1)


def lookup_table(knots: npt.NDArray[np.float64], low: float, high: float) -> Any:
    """The colour map as a VTK lookup table, linear between the knots."""
    table = vtkLookupTable()
    table.SetNumberOfTableValues(N_TABLE)
    table.SetTableRange(low, high)
    place = np.linspace(0.0, len(knots) - 1.0, N_TABLE)
    colours = np.column_stack([np.interp(place, np.arange(len(knots)), channel) for channel in knots.T])
    for index, (red, green, blue) in enumerate(colours):
        table.SetTableValue(index, red, green, blue, 1.0)
    return table


def _attribute_shader(n_blocks: int) -> str:
    modes = "\n".join(f"in vec4 modes{block};" for block in range(n_blocks))
    terms = (
        f"dot(modes{block}, vec4(" + ", ".join(f"coefficients[{4 * block + k}]" for k in range(4)) + "))"
        for block in range(n_blocks)
    )
    return _source("field_vertex.glsl").replace("MODES\n", f"{modes}\n").replace("SUM;", f"{' + '.join(terms)};")


def _texture_shader(n_blocks: int) -> str:
    return _source("field_texture_vertex.glsl").replace("BLOCKS", str(n_blocks)).replace("WIDTH", str(WIDTH))


def _replace_shaders(shaders: Any, vertex: str) -> None:
    fragment = _source("field_fragment.glsl").replace("KNOTS", str(N_KNOTS))
    replacements = (
        (shaders.AddVertexShaderReplacement, "//VTK::Normal::Dec", vertex),
        (shaders.AddVertexShaderReplacement, "//VTK::Normal::Impl", "  fieldVSOutput = rebuiltField();\n"),
        (shaders.AddFragmentShaderReplacement, "//VTK::Normal::Dec", fragment),
        (shaders.AddFragmentShaderReplacement, "//VTK::Color::Impl", USE_COLOUR),
    )
    for replace, tag, text in replacements:
        replace(tag, BEFORE_VTK, f"{tag}\n{text}", ONCE)


def _source(name: str) -> str:
    """A shader without its head comment, where the stand-ins are explained."""
    lines = asset_path("shaders", name).read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("//"))


def _surface(view_model: ViewModel) -> Any:
    surface = vtkPolyData()
    points = vtkPoints()
    points.SetData(numpy_to_vtk(view_model.points, deep=True))
    surface.SetPoints(points)
    triangles = vtkCellArray()
    corners = np.ascontiguousarray(view_model.triangles, dtype=np.int64).ravel()
    offsets = np.arange(0, len(corners) + 1, 3, dtype=np.int64)
    triangles.SetData(numpy_to_vtkIdTypeArray(offsets, deep=True), numpy_to_vtkIdTypeArray(corners, deep=True))
    surface.SetPolys(triangles)
    normals = numpy_to_vtk(point_normals(view_model.points, view_model.triangles), deep=True)
    normals.SetName("Normals")
    surface.GetPointData().SetNormals(normals)
    return surface


def point_normals(points: Array, triangles: npt.NDArray[np.int32]) -> Array:
    """Unit normals at points, the triangles' weighted by area, shape (n_visible, 3)."""
    corner = points[triangles].astype(np.float64)
    vectors = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    sums = np.stack(
        [
            np.bincount(triangles.ravel(), weights=np.repeat(vectors[:, axis], 3), minlength=len(points))
            for axis in range(3)
        ],
        axis=1,
    )
    return np.asarray(sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-300), dtype=np.float32)


def _attach(surface: Any, name: str, values: Array) -> Any:
    """Add a point array that shares the memory of `values`."""
    array = numpy_to_vtk(values, deep=False)
    array.SetName(name)
    surface.GetPointData().AddArray(array)
    return array


def _shade(surface_property: Any) -> None:
    """Soft light, so that colours stay readable on every face."""
    surface_property.SetInterpolationToPhong()
    surface_property.SetAmbient(0.55)
    surface_property.SetDiffuse(0.45)
    surface_property.SetSpecular(0.0)
