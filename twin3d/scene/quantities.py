"""The types of fields that carry a unit: text with a unit in a scene file, an SI float in Python."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, Field, FiniteFloat, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError, core_schema

from twin3d.errors import SceneError
from twin3d.scene import selectors
from twin3d.units import EXAMPLES, parse_difference, parse_quantity, parse_ratio

FROM_FILE = "from_file"
"""Key of the validation context: true while a scene file is read, where a bare number is an error."""

FACE_NAMES = "face_names"
"""Key of the validation context: the names in ``[faces]`` of the file that is read."""

QUANTITY_PATTERN = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*\S.*$"
"""What a quantity looks like, in the JSON Schema."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """Marks a float as a quantity of one dimension."""

    si_unit: str
    is_difference: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Parse text before the float is checked."""
        return core_schema.with_info_before_validator_function(self.parse, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """In a file a quantity is text."""
        kind = "difference" if self.is_difference else "quantity"
        return {
            "type": "string",
            "pattern": QUANTITY_PATTERN,
            "description": f"A {kind} in {self.si_unit} or another unit of it.",
        }

    def parse(self, value: Any, info: ValidationInfo) -> Any:
        """The SI value of text, or of a number outside files."""
        read = parse_difference if self.is_difference else parse_quantity
        if isinstance(value, str):
            return _parsed(lambda: read(value, self.si_unit))
        if is_number(value) and not _reads_file(info):
            return value
        example = "0.2 K" if self.is_difference and self.si_unit == "K" else EXAMPLES[self.si_unit]
        remedy = (
            f'{value} has no unit; write for example "{example}"'
            if is_number(value)
            else f'expected text such as "{example}"'
        )
        raise problem(remedy)


@dataclass(frozen=True, slots=True)
class RatioMark:
    """Marks a float as a relative number."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Parse percent before the float is checked."""
        return core_schema.no_info_before_validator_function(self._parse, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """A number, or text in percent."""
        return {"type": ["number", "string"], "pattern": r"%\s*$|^[^%]*$", "description": 'Relative: "10 %" or 0.1.'}

    @staticmethod
    def _parse(value: Any) -> Any:
        if isinstance(value, str):
            return _parsed(lambda: parse_ratio(value))
        if not is_number(value):
            raise problem('expected a relative number such as "10 %" or 0.1')
        return value


@dataclass(frozen=True, slots=True)
class PointMark:
    """Marks three floats as a point."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Parse text before the floats are checked."""
        return core_schema.with_info_before_validator_function(self._parse, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """In a file a point is text."""
        return {"type": "string", "description": 'A point, as in "80, 0, 3 mm".'}

    @staticmethod
    def _parse(value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, str):
            return _parsed(lambda: selectors.parse_point(value))
        if _reads_file(info):
            raise problem('expected text with a unit, such as "80, 0, 3 mm"')
        return value


@dataclass(frozen=True, slots=True)
class SelectorMark:
    """Marks a selector: text in a file, a parsed `selectors.Selector` in Python."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Parse text; written back as text."""
        return core_schema.with_info_plain_validator_function(
            self._parse, serialization=core_schema.plain_serializer_function_ser_schema(str)
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """In a file a selector is text."""
        return {"type": "string", "description": 'Faces, as in "part heatsink and outer" or "hole r=5 mm".'}

    @staticmethod
    def _parse(value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, str):
            names = (info.context or {}).get(FACE_NAMES, ())
            return _parsed(lambda: selectors.parse(value, names))
        if not isinstance(value, selectors.Selector):
            raise problem('expected a selector, such as "plane max z"')
        return value


@dataclass(frozen=True, slots=True)
class CheckTimeMark:
    """Marks a time that may also be ``steady``."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Parse text before it is checked."""
        return core_schema.with_info_plain_validator_function(self._parse)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """In a file it is text."""
        return {"type": "string", "description": 'A time since the start, as in "30 s", or "steady".'}

    @staticmethod
    def _parse(value: Any, info: ValidationInfo) -> Any:
        if value == "steady":
            return value
        if isinstance(value, str) and value.strip()[:1].isalpha():
            raise problem(f'found "{value}", expected "steady" or a time such as "30 s"')
        time_s = Quantity("s").parse(value, info)
        if time_s < 0.0:
            raise problem(f'"{value}" lies before the start')
        return time_s


def _parsed(parse: Callable[[], Any]) -> Any:
    try:
        return parse()
    except SceneError as error:
        raise problem(str(error)) from error


def problem(message: str) -> PydanticCustomError:
    """An error that pydantic passes on with its place."""
    return PydanticCustomError("twin3d", "{message}", {"message": message})


def file_context(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The validation context of a scene file."""
    faces = raw.get("faces")
    names = (name for name in faces if not selectors.is_word(name)) if isinstance(faces, Mapping) else ()
    return {FROM_FILE: True, FACE_NAMES: tuple(names)}


def is_number(value: Any) -> bool:
    """Whether a value is a number; truth values are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _reads_file(info: ValidationInfo) -> bool:
    return bool(info.context and info.context.get(FROM_FILE))


def _ascending(pair: tuple[float, float]) -> tuple[float, float]:
    if pair[0] >= pair[1]:
        raise problem(f"the first ({pair[0]:g} K) must be below the second ({pair[1]:g} K)")
    return pair


def _pointing(direction: tuple[float, float, float]) -> tuple[float, float, float]:
    if not any(direction):
        raise problem("0, 0, 0 is no direction; write for example [1.0, -1.0, 0.8]")
    return direction


_Positive = Field(gt=0.0, allow_inf_nan=False)
_NotNegative = Field(ge=0.0, allow_inf_nan=False)
_Finite = Field(allow_inf_nan=False)

Length: TypeAlias = Annotated[float, _Positive, Quantity("m")]
"""A positive length [m]."""
Duration: TypeAlias = Annotated[float, _NotNegative, Quantity("s")]
"""A duration, zero allowed [s]."""
PositiveDuration: TypeAlias = Annotated[float, _Positive, Quantity("s")]
"""A duration [s]."""
Temperature: TypeAlias = Annotated[float, _NotNegative, Quantity("K")]
"""An absolute temperature [K]."""
TemperatureDifference: TypeAlias = Annotated[float, _NotNegative, Quantity("K", is_difference=True)]
"""A difference of temperatures, zero allowed [K]."""
FilmCoefficient: TypeAlias = Annotated[float, _Positive, Quantity("W/(m^2 K)")]
"""A film coefficient or contact conductance [W/(m² K)]."""
Conductivity: TypeAlias = Annotated[float, _Positive, Quantity("W/(m K)")]
"""A thermal conductivity [W/(m K)]."""
Density: TypeAlias = Annotated[float, _Positive, Quantity("kg/m^3")]
"""A density [kg/m³]."""
SpecificHeat: TypeAlias = Annotated[float, _Positive, Quantity("J/(kg K)")]
"""A specific heat [J/(kg K)]."""
PerKelvin: TypeAlias = Annotated[float, _Finite, Quantity("1/K")]
"""A relative change per kelvin [1/K]."""
Resistance: TypeAlias = Annotated[float, _Positive, Quantity("ohm")]
"""An electrical resistance [Ω]."""
RisePerKelvin: TypeAlias = Annotated[float, _Positive, Quantity("1/K")]
"""A relative rise per kelvin [1/K]."""
PositiveDifference: TypeAlias = Annotated[float, _Positive, Quantity("K", is_difference=True)]
"""A difference of temperatures [K]."""
MassFlow: TypeAlias = Annotated[float, _Positive, Quantity("kg/s")]
"""A mass flow [kg/s]."""
Angle: TypeAlias = Annotated[float, _Finite, Quantity("deg")]
"""An angle [deg]."""
ViewAngle: TypeAlias = Annotated[float, Field(gt=0.0, le=170.0, allow_inf_nan=False), Quantity("deg")]
"""An angle that a flat picture can span [deg]."""
Ratio: TypeAlias = Annotated[float, _NotNegative, RatioMark()]
"""A relative number, zero allowed [–]."""
Fraction: TypeAlias = Annotated[float, Field(ge=0.0, lt=1.0, allow_inf_nan=False), RatioMark()]
"""A relative number from zero to less than one [–]."""
TemperatureRange: TypeAlias = Annotated[tuple[Temperature, Temperature], AfterValidator(_ascending)]
"""A lower and a higher temperature [K]."""
Direction: TypeAlias = Annotated[tuple[FiniteFloat, FiniteFloat, FiniteFloat], AfterValidator(_pointing)]
"""A direction of any length above zero."""
CheckTime: TypeAlias = Annotated[float | Literal["steady"], CheckTimeMark()]
"""A time since the start [s], or ``steady``."""
Distance: TypeAlias = Annotated[float, _NotNegative, Quantity("m")]
"""A length, zero allowed [m]."""
Point: TypeAlias = Annotated[tuple[float, float, float], PointMark()]
"""A point [m]."""
FaceSelector: TypeAlias = Annotated[selectors.Selector, SelectorMark()]
"""Faces, resolved against the mesh in `twin3d.mesh.selection`."""
