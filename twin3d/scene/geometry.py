"""The CAD or mesh file of a scene, and how finely to mesh it."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, StrictBool, StrictInt, field_serializer, model_validator

from twin3d.scene import selectors
from twin3d.scene.frozen import Frozen
from twin3d.scene.quantities import FaceSelector, Length, problem


class LocalSize(Frozen):
    """A finer mesh in some parts, or at some faces."""

    part: str | None = None
    """Glob on part names; exactly one of `part` and `face` is given."""
    face: FaceSelector | None = None
    """Faces; CAD files only."""
    cell_size: Length
    """Longest edge wanted there [m]."""

    @model_validator(mode="after")
    def _check_place(self) -> "LocalSize":
        if (self.part is None) == (self.face is None):
            raise problem('expected exactly one of part and face, such as part = "chip_*"')
        return self

    @field_serializer("face")
    def _face_as_text(self, face: selectors.Selector | None) -> str | None:
        return None if face is None else str(face)


class Geometry(Frozen):
    """The CAD, surface or volume mesh file and how finely to mesh it."""

    file: Path
    """The file; `load_scene` resolves it beside the scene, then among the shipped meshes."""
    unit: str | None = None
    """Unit of the coordinates; None takes it from the file, files that do not say theirs need it."""
    cell_size: Length | None = None
    """Longest edge wanted [m]; None makes some 20 000 cells. A volume mesh has its cells already."""
    refine: Annotated[StrictInt, Field(ge=0, le=4)] = 0
    """Uniform refinements after meshing; each halves the edges."""
    local_sizes: tuple[LocalSize, ...] = ()
    """Parts and faces that are meshed finer."""
    sensor_cell_size: Length | None = None
    """Longest edge wanted at the positions of the sensors [m]."""
    curvature_cells: Annotated[float, Field(gt=0.0, le=20.0)] | None = None
    """Cells for each radius of curvature; None leaves it to the mesher, which takes 2."""
    wall_cells: Annotated[StrictInt, Field(ge=0, le=8)] = 0
    """Cells across thin walls, at least; 0 does not look for them."""
    curved: StrictBool = False
    """Whether edges on curved faces of a CAD file follow them, for quadratic elements and exact volumes."""
