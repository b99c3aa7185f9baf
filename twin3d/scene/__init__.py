"""What the user writes: a scene file in TOML, checked and turned into a `Scene` in SI."""

from twin3d.scene.geometry import Geometry, LocalSize
from twin3d.scene.inputs import Input, Uncertainty, UnknownPrior
from twin3d.scene.loads import STEFAN_BOLTZMANN, Convection, FixedTemperature, HeatFlux, HeatSource, Load, Radiation
from twin3d.scene.model import Scene
from twin3d.scene.outputs import Check, Feed, Statistic, View
from twin3d.scene.parts import Contact, Material, PartMaterial
from twin3d.scene.plant import Plant, PlantSpread
from twin3d.scene.reading import json_schema, load_scene
from twin3d.scene.selectors import Selector
from twin3d.scene.sensors import Sensor, SensorQuantity, SensorRole
from twin3d.scene.signals import ConstantSignal, Signal, SineSignal, StepsSignal
from twin3d.scene.solver import Solver
from twin3d.scene.tables import PropertyTable, TimeTable, at_temperature, at_time

__all__ = [
    "STEFAN_BOLTZMANN",
    "Check",
    "ConstantSignal",
    "Contact",
    "Convection",
    "Feed",
    "FixedTemperature",
    "Geometry",
    "HeatFlux",
    "HeatSource",
    "Input",
    "Load",
    "LocalSize",
    "Material",
    "PartMaterial",
    "Plant",
    "PlantSpread",
    "PropertyTable",
    "Radiation",
    "Scene",
    "Selector",
    "Sensor",
    "SensorQuantity",
    "SensorRole",
    "Signal",
    "SineSignal",
    "Solver",
    "Statistic",
    "StepsSignal",
    "TimeTable",
    "Uncertainty",
    "UnknownPrior",
    "View",
    "at_temperature",
    "at_time",
    "json_schema",
    "load_scene",
]
