"""Plug-ins: built-ins by name, others by the entry points of installed packages (group ``twin3d.KIND``)."""

import difflib
import importlib
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from twin3d.errors import CapabilityError

BUILT_IN: Mapping[str, Mapping[str, str]] = {
    "reader": {
        "cad": "twin3d.geometry.cad_reader:CadReader",
        "surface": "twin3d.geometry.surface:SurfaceReader",
        "msh": "twin3d.geometry.volumes.msh:MshReader",
        "inp": "twin3d.geometry.volumes.inp:InpReader",
        "vtk_xml": "twin3d.geometry.volumes.vtk_xml:VtkXmlReader",
        "vtk_legacy": "twin3d.geometry.volumes.vtk_legacy:VtkLegacyReader",
        "vtkhdf": "twin3d.geometry.volumes.vtkhdf:VtkHdfReader",
        "bdf": "twin3d.geometry.volumes.bdf:BdfReader",
        "med": "twin3d.geometry.volumes.med:MedReader",
        "xdmf": "twin3d.geometry.volumes.xdmf:XdmfReader",
    },
}
"""Kind → name → ``module:Class``."""


def available(kind: str) -> tuple[str, ...]:
    """Names of all plug-ins of a kind, the built-in ones first."""
    built_in = tuple(BUILT_IN.get(kind, {}))
    return (*built_in, *sorted(point.name for point in _installed(kind) if point.name not in built_in))


def load(kind: str, name: str) -> Any:
    """The class of a plug-in.

    Raises:
        CapabilityError: There is none of this name, or it cannot be imported.
    """
    if name in BUILT_IN.get(kind, {}):
        module, _, attribute = BUILT_IN[kind][name].partition(":")
        return getattr(importlib.import_module(module), attribute)
    for point in _installed(kind):
        if point.name == name:
            return _loaded(kind, point)
    near = difflib.get_close_matches(name, available(kind), n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise CapabilityError(f"there is no {kind} {name!r}{hint} Choose one of {', '.join(available(kind)) or 'none'}.")


def _loaded(kind: str, point: EntryPoint) -> Any:
    try:
        return point.load()
    except (ImportError, AttributeError) as error:
        raise CapabilityError(
            f"the {kind} {point.name!r} ({point.value}) cannot be loaded: {error}; install its package again"
        ) from error


def _installed(kind: str) -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=f"twin3d.{kind}"))
