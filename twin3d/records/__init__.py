"""What flows between the rooms: frozen records, in SI, checked when made."""

from twin3d.records.mesh import TetMesh
from twin3d.records.model import (
    Operators,
    Parameter,
    ParameterKind,
    ReducedModel,
    ResidualBound,
    TrainedRange,
    ValidationRun,
)
from twin3d.records.shapes import CadBody, PartSource, Surface, VolumeMesh
from twin3d.records.stream import (
    READING_DTYPE,
    SENSOR_STATE_DTYPE,
    Estimate,
    Frame,
    Quality,
    SensorStatus,
    empty_readings,
)
from twin3d.records.stress import StressModes
from twin3d.records.view import SensorGlyph, ViewModel

__all__ = [
    "READING_DTYPE",
    "SENSOR_STATE_DTYPE",
    "CadBody",
    "Estimate",
    "Frame",
    "Operators",
    "Parameter",
    "ParameterKind",
    "PartSource",
    "Quality",
    "ReducedModel",
    "ResidualBound",
    "SensorGlyph",
    "SensorStatus",
    "StressModes",
    "Surface",
    "TetMesh",
    "TrainedRange",
    "ValidationRun",
    "ViewModel",
    "VolumeMesh",
    "empty_readings",
]
