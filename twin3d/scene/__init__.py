"""What the user writes: a scene file in TOML, checked and turned into a `Scene` in SI."""

from twin3d.scene.arrays import SensorArray, arrays_in, channels_along, channels_of_camera, names_shown
from twin3d.scene.calibrated import (
    Nominal,
    calibrated,
    capacity_name,
    conductivity_name,
    contact_name,
    film_name,
    nominal_values,
)
from twin3d.scene.cameras import Camera
from twin3d.scene.channels import Channel
from twin3d.scene.cyclic import Axis, Cyclic
from twin3d.scene.enclosures import Enclosure, EnclosureFace
from twin3d.scene.estimation import Estimation, Start
from twin3d.scene.geometry import Geometry, LocalSize
from twin3d.scene.inputs import Input, Uncertainty, UnknownPrior
from twin3d.scene.linearised import linearised_in_twin
from twin3d.scene.loads import STEFAN_BOLTZMANN, Convection, FixedTemperature, HeatFlux, HeatSource, Load, Radiation
from twin3d.scene.mechanics import (
    AnyMechanicalLoad,
    Bearing,
    Displacement,
    ElasticSupport,
    Fixed,
    Force,
    Gravity,
    MechanicalLoad,
    PressureLoad,
    RemoteForce,
    Structure,
    Symmetry,
    Traction,
)
from twin3d.scene.model import Scene
from twin3d.scene.outputs import Check, Feed, Statistic, View
from twin3d.scene.parameters import CalibratedParameter, ParameterFile, load_parameters, written_parameters
from twin3d.scene.parts import Contact, Material, PartMaterial, missing_for_heat
from twin3d.scene.plant import Plant, PlantSpread
from twin3d.scene.reading import json_schema, load_scene
from twin3d.scene.refused import check_for_modes, check_for_stress, check_for_twin, unknown_to_twin
from twin3d.scene.selectors import Selector
from twin3d.scene.sensors import Sensor, SensorKind, SensorQuantity, SensorRole, Winding
from twin3d.scene.signals import ConstantSignal, Signal, SineSignal, StepsSignal
from twin3d.scene.solver import Solver
from twin3d.scene.tables import PropertyTable, TimeTable, at_temperature, at_time

__all__ = [
    "STEFAN_BOLTZMANN",
    "AnyMechanicalLoad",
    "Axis",
    "Bearing",
    "CalibratedParameter",
    "Camera",
    "Channel",
    "Check",
    "ConstantSignal",
    "Contact",
    "Convection",
    "Cyclic",
    "Displacement",
    "ElasticSupport",
    "Enclosure",
    "EnclosureFace",
    "Estimation",
    "Feed",
    "Fixed",
    "FixedTemperature",
    "Force",
    "Geometry",
    "Gravity",
    "HeatFlux",
    "HeatSource",
    "Input",
    "Load",
    "LocalSize",
    "Material",
    "MechanicalLoad",
    "Nominal",
    "ParameterFile",
    "PartMaterial",
    "Plant",
    "PlantSpread",
    "PressureLoad",
    "PropertyTable",
    "Radiation",
    "RemoteForce",
    "Scene",
    "Selector",
    "Sensor",
    "SensorArray",
    "SensorKind",
    "SensorQuantity",
    "SensorRole",
    "Signal",
    "SineSignal",
    "Solver",
    "Start",
    "Statistic",
    "StepsSignal",
    "Structure",
    "Symmetry",
    "TimeTable",
    "Traction",
    "Uncertainty",
    "UnknownPrior",
    "View",
    "Winding",
    "arrays_in",
    "at_temperature",
    "at_time",
    "calibrated",
    "capacity_name",
    "channels_along",
    "channels_of_camera",
    "check_for_modes",
    "check_for_stress",
    "check_for_twin",
    "conductivity_name",
    "contact_name",
    "film_name",
    "json_schema",
    "linearised_in_twin",
    "load_parameters",
    "load_scene",
    "missing_for_heat",
    "names_shown",
    "nominal_values",
    "unknown_to_twin",
    "written_parameters",
]
