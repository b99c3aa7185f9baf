"""What the scripts of the gallery share: parts, nested assemblies, and a STEP file that is the same on every run.

Needs build123d, which is no dependency of twin3d; each script names it in its header, so `uv run SCRIPT` fetches it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import build123d as b3d
from OCP.IFSelect import IFSelect_ReturnStatus
from OCP.Interface import Interface_Static
from OCP.Message import Message, Message_Gravity
from OCP.Quantity import Quantity_Color, Quantity_TypeOfColor
from OCP.STEPCAFControl import STEPCAFControl_Writer
from OCP.STEPControl import STEPControl_StepModelType
from OCP.TCollection import TCollection_ExtendedString
from OCP.TDataStd import TDataStd_Name
from OCP.TDF import TDF_Label
from OCP.TDocStd import TDocStd_Document
from OCP.XCAFApp import XCAFApp_Application
from OCP.XCAFDoc import XCAFDoc_ColorType, XCAFDoc_DocumentTool

MESHES = Path(__file__).resolve().parents[1]
"""Where the STEP files lie."""

MAX_BYTES = 500_000

_STYLED_SOLID = r"\),#(\d+)\);\n#\d+=STYLED_ITEM\('color',\(#\d+\),#(\d+)\);.*?FILL_AREA_STYLE_COLOUR\('',#(\d+)\)"
"""Context, solid and colour of a styled item, as the writer puts them."""

_COLOUR_LINES = 9
"""Entities of one `_colour_block`."""

Colour = tuple[float, float, float]
"""Red, green and blue of sRGB, each from 0 to 1."""


class LengthUnit(StrEnum):
    """Unit of the coordinates in the file; the scripts themselves think in mm."""

    MM = "MM"
    METRE = "M"
    INCH = "INCH"


@dataclass(frozen=True, eq=False, slots=True)
class Part:
    """One solid with its colour; used several times, it is stored once."""

    name: str
    shape: b3d.Shape
    """One solid [mm], in the coordinates of the assembly that holds it."""
    colour: Colour

    def __post_init__(self) -> None:
        n_solids = len(self.shape.solids())
        if n_solids != 1 or not self.shape.solid().is_valid:
            raise ValueError(f"part {self.name!r} is {n_solids} solids, or not valid; it must be one valid solid")


@dataclass(frozen=True, eq=False, slots=True)
class Placed:
    """A part or an assembly at its place, under the name of this instance."""

    name: str
    what: "Part | Assembly"
    at: b3d.Location


@dataclass(frozen=True, eq=False, slots=True)
class Assembly:
    """Parts and assemblies; those that are not `Placed` sit at the origin under their own name."""

    name: str
    children: "Sequence[Part | Assembly | Placed]"


def box(low: Sequence[float], high: Sequence[float]) -> b3d.Solid:
    """A box by its lowest and highest corner [mm]."""
    size = [above - below for below, above in zip(low, high, strict=True)]
    return b3d.Solid.make_box(*size, b3d.Plane(tuple(low)))


def cylinder(start: Sequence[float], radius: float, length: float, axis: Sequence[float] = (0, 0, 1)) -> b3d.Solid:
    """A cylinder by the centre of its first end, along `axis` [mm]."""
    return b3d.Solid.make_cylinder(radius, length, b3d.Plane(tuple(start), z_dir=tuple(axis)))


def join(*shapes: b3d.Shape) -> b3d.Shape:
    """Shapes that touch or overlap, as one."""
    return shapes[0].fuse(*shapes[1:]).clean() if len(shapes) > 1 else shapes[0]


def moved(what: "Part | Assembly", name: str, by: Sequence[float], *, turn_deg: float = 0.0) -> Placed:
    """An instance, turned about z through its own origin, then moved [mm]."""
    return Placed(name, what, b3d.Location(tuple(by), (0.0, 0.0, turn_deg)))


def write_step(root: Part | Assembly, script: str, *, unit: LengthUnit = LengthUnit.MM) -> Path:
    """Write `meshes/NAME.step` with names and colours, NAME being the root's, and say how large it is.

    Args:
        root: What the file holds.
        script: Path of the script, for the header.
        unit: Unit of the coordinates in the file.

    Raises:
        ValueError: The file is too large for the gallery.
    """
    document = TDocStd_Document(TCollection_ExtendedString("XmlOcaf"))
    XCAFApp_Application.GetApplication_s().InitDocument(document)
    XCAFDoc_DocumentTool.SetLengthUnit_s(document, 0.001)  # of the shapes, not of the file
    _Labels(document).add(root)

    path = MESHES / f"{root.name}.step"
    for printer in Message.DefaultMessenger_s().Printers():
        printer.SetTraceLevel(Message_Gravity.Message_Fail)
    writer = STEPCAFControl_Writer()
    Interface_Static.SetCVal_s("write.step.unit", unit)
    Interface_Static.SetIVal_s("write.surfacecurve.mode", 0)  # curves in faces follow from those in space
    writer.Transfer(document, STEPControl_StepModelType.STEPControl_AsIs)
    if writer.Write(str(path)) != IFSelect_ReturnStatus.IFSelect_RetDone:
        raise ValueError(f"{path.name} could not be written")
    _scrub(path, root.name, f"meshes/src/{Path(script).name}")

    n_bytes = path.stat().st_size
    if n_bytes > MAX_BYTES:
        raise ValueError(f"{path.name} has {n_bytes} bytes; the gallery takes {MAX_BYTES}: simplify the part")
    print(f"{path.name}: {n_bytes / 1e3:.0f} kB")
    return path


class _Labels:
    """The document's labels; every part and assembly is entered once, however often it is placed."""

    def __init__(self, document: TDocStd_Document) -> None:
        self._shapes = XCAFDoc_DocumentTool.ShapeTool_s(document.Main())
        self._colours = XCAFDoc_DocumentTool.ColorTool_s(document.Main())
        self._shapes.SetAutoNaming_s(False)  # noqa: FBT003  OCP takes no keywords
        self._of: dict[int, TDF_Label] = {}

    def add(self, node: Part | Assembly) -> TDF_Label:
        if id(node) not in self._of:
            label = self._part(node) if isinstance(node, Part) else self._assembly(node)
            _set_name(label, node.name)
            self._of[id(node)] = label
            self._shapes.UpdateAssemblies()
        return self._of[id(node)]

    def _part(self, part: Part) -> TDF_Label:
        label = self._shapes.AddShape(part.shape.solid().wrapped, False)  # noqa: FBT003  as one shape, no assembly
        colour = Quantity_Color(*part.colour, Quantity_TypeOfColor.Quantity_TOC_sRGB)
        self._colours.SetColor(label, colour, XCAFDoc_ColorType.XCAFDoc_ColorGen)
        return label

    def _assembly(self, assembly: Assembly) -> TDF_Label:
        label = self._shapes.NewShape()
        for child in assembly.children:
            placed = child if isinstance(child, Placed) else Placed(child.name, child, b3d.Location())
            component = self._shapes.AddComponent(label, self.add(placed.what), placed.at.wrapped)
            _set_name(component, placed.name)
        return label


def _set_name(label: TDF_Label, name: str) -> None:
    TDataStd_Name.Set_s(label, TCollection_ExtendedString(name))


def _scrub(path: Path, name: str, script: str) -> None:
    """Take time and place out of the header, needless blanks out of the rest, and chance out of the colours."""
    header = f"FILE_NAME('{name}','2026-01-01T00:00:00',(''),(''),'Open CASCADE','{script}','');\n"
    text = re.sub(r"FILE_NAME\(.*?\);\n", header, path.read_text(encoding="ascii"), count=1, flags=re.DOTALL)
    text = re.sub(r"^(#\d+) = ", r"\1=", text, flags=re.MULTILINE)
    text = re.sub(r"^ +", "", text, flags=re.MULTILINE)
    path.write_text(_with_sorted_colours(text), encoding="ascii")


def _with_sorted_colours(text: str) -> str:
    """The file with its colours in the order of its solids; the writer's order follows addresses in memory."""
    start = re.search(r"^#(\d+)=MECHANICAL_DESIGN_GEOMETRIC", text, flags=re.MULTILINE)
    if start is None:
        raise ValueError("the writer gave no part a colour; does this build123d write colours another way?")
    head, tail = text[: start.start()], text[start.start() :]
    colours = dict(re.findall(r"#(\d+)=COLOUR_RGB\('',(.*?)\)", tail, flags=re.DOTALL))
    styled = re.findall(_STYLED_SOLID, tail, flags=re.DOTALL)
    first = int(start[1])
    blocks = [
        _colour_block(first + _COLOUR_LINES * index, context, solid, colours[colour])
        for index, (context, solid, colour) in enumerate(sorted(styled, key=lambda found: int(found[1])))
    ]
    return head + "".join(blocks) + tail[tail.index("ENDSEC;") :]


def _colour_block(first: int, context: str, solid: str, rgb: str) -> str:
    """The entities that give one solid its colour, numbered from `first`."""
    a, b, c, d, e, f, g, h = (f"#{number}" for number in range(first + 1, first + _COLOUR_LINES))
    lines = (
        f"#{first}=MECHANICAL_DESIGN_GEOMETRIC_PRESENTATION_REPRESENTATION('',({a}),#{context});",
        f"{a}=STYLED_ITEM('color',({b}),#{solid});",
        f"{b}=PRESENTATION_STYLE_ASSIGNMENT(({c}));",
        f"{c}=SURFACE_STYLE_USAGE(.BOTH.,{d});",
        f"{d}=SURFACE_SIDE_STYLE('',({e}));",
        f"{e}=SURFACE_STYLE_FILL_AREA({f});",
        f"{f}=FILL_AREA_STYLE('',({g}));",
        f"{g}=FILL_AREA_STYLE_COLOUR('',{h});",
        f"{h}=COLOUR_RGB('',{rgb});",
    )
    return "\n".join(lines) + "\n"
