"""The errors that twin3d raises.

Every error names the thing, the value and the remedy::

    Twin3dError
    ├── SceneError        the scene file is wrong (exit code 2)
    │   └── UnitError     a quantity has no unit, or the wrong dimension
    ├── GeometryError     a CAD or surface file cannot be used
    ├── MeshError         no mesh could be made, or a mesh is invalid
    │   └── SelectionError   a selector matches nothing
    ├── SolverError       a system is singular or an iteration did not converge
    ├── ReductionError    the reduced model misses its tolerance
    ├── EstimationError   the filter cannot be built from these sensors
    ├── BridgeError       a socket or a recorded stream cannot be opened
    ├── HistoryError      a history file cannot be opened or read
    ├── CapabilityError   something optional is missing on this machine (exit code 3)
    └── CheckError        a check of the scene failed (exit code 4)
"""


class Twin3dError(Exception):
    """Base of all errors that twin3d raises on purpose."""

    exit_code = 1


class SceneError(Twin3dError):
    """The scene file is wrong."""

    exit_code = 2


class UnitError(SceneError):
    """A quantity has no unit, an unknown unit or the wrong dimension."""


class GeometryError(Twin3dError):
    """A CAD or surface file cannot be used."""


class MeshError(Twin3dError):
    """No mesh could be made, or a mesh is invalid."""


class SelectionError(MeshError):
    """A selector matches nothing."""

    exit_code = 2


class SolverError(Twin3dError):
    """A system is singular or an iteration did not converge."""


class ReductionError(Twin3dError):
    """The reduced model misses its tolerance."""


class EstimationError(Twin3dError):
    """The filter cannot be built from these sensors."""


class BridgeError(Twin3dError):
    """A socket or a recorded stream cannot be opened."""


class HistoryError(Twin3dError):
    """A history file cannot be opened or read."""


class CapabilityError(Twin3dError):
    """Something optional is missing on this machine."""

    exit_code = 3


class CheckError(Twin3dError):
    """A check of the scene failed."""

    exit_code = 4
