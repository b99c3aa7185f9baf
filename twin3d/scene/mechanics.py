"""What the user says of stress: elastic constants of materials, mechanical loads and supports, ``[structure]``."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import (
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    Tag,
    ValidationInfo,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import core_schema

from twin3d.errors import UnitError
from twin3d.scene.frozen import Frozen
from twin3d.scene.quantities import FROM_FILE, FaceSelector, Point, Quantity, Temperature, problem
from twin3d.units import EXAMPLES, parse_quantity

_Finite = Field(allow_inf_nan=False)
_VECTOR = re.compile(r"\s*([^,]+),([^,]+),\s*([+-]?[\d.]+(?:[eE][+-]?\d+)?)\s*(\S.*)")


@dataclass(frozen=True, slots=True)
class VectorMark:
    """Marks three floats as a vector: text such as ``0, 0, -500 N`` in a file."""

    si_unit: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Parse text before the floats are checked."""
        return core_schema.with_info_before_validator_function(self._parse, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """In a file a vector is text."""
        return {"type": "string", "description": f'Along x, y and z, as in "0, 0, {EXAMPLES[self.si_unit]}".'}

    def _parse(self, value: Any, info: ValidationInfo) -> Any:
        example = f'"0, 0, {EXAMPLES[self.si_unit]}"'
        if not isinstance(value, str):
            if info.context and info.context.get(FROM_FILE):
                raise problem(f"expected text such as {example}")
            return value
        match = _VECTOR.fullmatch(value)
        if match is None:
            raise problem(f'"{value}" is not three numbers and a unit; write for example {example}')
        x, y, z, unit = match.groups()
        try:
            return tuple(parse_quantity(f"{number.strip()} {unit}", self.si_unit) for number in (x, y, z))
        except UnitError as error:
            raise problem(str(error)) from error


Vector: TypeAlias = tuple[Annotated[float, _Finite], Annotated[float, _Finite], Annotated[float, _Finite]]
Shift: TypeAlias = Annotated[float, _Finite, Quantity("m")]
"""A displacement component of either sign [m]."""
Pressure: TypeAlias = Annotated[float, _Finite, Quantity("Pa")]
"""A pressure of either sign [Pa]."""
Foundation: TypeAlias = Annotated[float, Field(ge=0.0, allow_inf_nan=False), Quantity("N/m^3")]
"""Pressure per displacement [N/m³]."""
Modulus: TypeAlias = Annotated[float, Field(gt=0.0, allow_inf_nan=False), Quantity("Pa")]
"""A modulus of elasticity [Pa]."""
PoissonsRatio: TypeAlias = Annotated[float, Field(gt=-1.0, lt=0.5, allow_inf_nan=False)]
"""ν of an isotropic material [–]."""
Expansion: TypeAlias = Annotated[float, _Finite, Quantity("1/K")]
"""A thermal expansion [1/K]."""
Ratios: TypeAlias = tuple[Annotated[float, _Finite], Annotated[float, _Finite], Annotated[float, _Finite]]
"""ν_xy, ν_yz, ν_xz of an orthotropic material [–]."""


OneOrThree = Discriminator(lambda value: "three" if isinstance(value, list | tuple) else "one")
"""One value for all directions, or one along each axis of the material."""
Moduli: TypeAlias = Annotated[
    Annotated[Modulus, Tag("one")] | Annotated[tuple[Modulus, Modulus, Modulus], Tag("three")], OneOrThree
]
PoissonsRatios: TypeAlias = Annotated[
    Annotated[PoissonsRatio, Tag("one")] | Annotated[Ratios, Tag("three")], OneOrThree
]
Expansions: TypeAlias = Annotated[
    Annotated[Expansion, Tag("one")] | Annotated[tuple[Expansion, Expansion, Expansion], Tag("three")], OneOrThree
]


class ElasticConstants(Frozen):
    """Elastic constants of a material, in the axes of the material; isotropic unless the moduli are three."""

    youngs_modulus: Moduli | None = None
    """E [Pa], or along each of the material's axes."""
    poissons_ratio: PoissonsRatios | None = None
    """ν [–], or ν_xy, ν_yz, ν_xz: contraction along the second axis under tension along the first."""
    shear_modulus: tuple[Modulus, Modulus, Modulus] | None = None
    """G_xy, G_yz, G_xz [Pa] of an orthotropic material."""
    thermal_expansion: Expansions | None = None
    """α [1/K], or along each of the material's axes."""

    @model_validator(mode="after")
    def _check_complete(self) -> "ElasticConstants":
        is_orthotropic = isinstance(self.youngs_modulus, tuple)
        if (self.youngs_modulus is None) != (self.poissons_ratio is None):
            raise problem("youngs_modulus and poissons_ratio come together; give both or neither")
        if self.youngs_modulus is not None and is_orthotropic != isinstance(self.poissons_ratio, tuple):
            raise problem("give one youngs_modulus and one poissons_ratio, or three of each")
        if is_orthotropic != (self.shear_modulus is not None):
            raise problem(
                "three moduli need shear_modulus, a list of G_xy, G_yz, G_xz"
                if is_orthotropic
                else "one youngs_modulus and poissons_ratio give the shear modulus; leave shear_modulus out"
            )
        return self


class MechanicalLoad(Frozen):
    """What all mechanical loads have."""

    drivers: ClassVar[dict[str, str]] = {}
    name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")] | None = None


class Fixed(MechanicalLoad):
    """Faces that do not move."""

    kind: Literal["fixed"] = "fixed"
    face: FaceSelector


class Symmetry(MechanicalLoad):
    """Faces that do not move along their normal: planes of symmetry, guides, frictionless seats."""

    kind: Literal["symmetry"] = "symmetry"
    face: FaceSelector


class Displacement(MechanicalLoad):
    """Faces with prescribed displacements; components that are not given stay free."""

    kind: Literal["displacement"] = "displacement"
    face: FaceSelector
    x: Shift | None = None
    y: Shift | None = None
    z: Shift | None = None

    @model_validator(mode="after")
    def _check_components(self) -> "Displacement":
        if self.x is None and self.y is None and self.z is None:
            raise problem('expected at least one of x, y and z, such as z = "0.1 mm"')
        return self


class PressureLoad(MechanicalLoad):
    """A pressure into the material."""

    kind: Literal["pressure"] = "pressure"
    face: FaceSelector
    pressure: Pressure


class Traction(MechanicalLoad):
    """A force per area that keeps its direction."""

    kind: Literal["traction"] = "traction"
    face: FaceSelector
    traction: Annotated[Vector, VectorMark("Pa")]


class Force(MechanicalLoad):
    """A force spread evenly over all selected faces."""

    kind: Literal["force"] = "force"
    face: FaceSelector
    force: Annotated[Vector, VectorMark("N")]


class Gravity(MechanicalLoad):
    """The weight of parts, or their inertia."""

    kind: Literal["gravity"] = "gravity"
    part: Annotated[str, Field(min_length=1)] = "*"
    """Glob on part names."""
    acceleration: Annotated[Vector, VectorMark("m/s^2")]


class Bearing(MechanicalLoad):
    """The force of a pin on a hole, or of a hole on a pin."""

    kind: Literal["bearing"] = "bearing"
    face: FaceSelector
    force: Annotated[Vector, VectorMark("N")]


class RemoteForce(MechanicalLoad):
    """A force at a point off the faces, and a moment, spread over the faces."""

    kind: Literal["remote_force"] = "remote_force"
    face: FaceSelector
    point: Point
    force: Annotated[Vector, VectorMark("N")] = (0.0, 0.0, 0.0)
    moment: Annotated[Vector, VectorMark("N m")] = (0.0, 0.0, 0.0)


class ElasticSupport(MechanicalLoad):
    """Faces on a foundation that gives."""

    kind: Literal["elastic_support"] = "elastic_support"
    face: FaceSelector
    stiffness: Foundation = 0.0
    """Along the normal."""
    tangential_stiffness: Foundation = 0.0
    """Along the face."""

    @model_validator(mode="after")
    def _check_stiffness(self) -> "ElasticSupport":
        if self.stiffness == 0.0 and self.tangential_stiffness == 0.0:
            raise problem('it holds nothing; give it a stiffness such as "50 MPa/mm"')
        return self


AnyMechanicalLoad: TypeAlias = (
    Fixed | Symmetry | Displacement | PressureLoad | Traction | Force | Gravity | Bearing | RemoteForce | ElasticSupport
)
"""Any mechanical load or support; `kind` tells which."""


class Structure(Frozen):
    """``[structure]``: how stress is solved."""

    stress_free_temperature: Temperature | None = None
    """Temperature without thermal strain [K]; None takes the initial temperature."""
    element: Literal["tet4", "tet10"] = "tet10"
    """Of the displacement; linear cells are far too stiff in bending."""
