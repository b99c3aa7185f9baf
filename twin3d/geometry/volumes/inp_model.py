"""An Abaqus input file as it is read: its parts, its instances and the sets of its assembly."""

from dataclasses import dataclass, field

import numpy as np

from twin3d.errors import GeometryError
from twin3d.geometry.volumes.draft import Floats
from twin3d.geometry.volumes.inp_scope import IdSet, Scope
from twin3d.geometry.volumes.keywords import Keyword
from twin3d.geometry.volumes.source import numbers


@dataclass(frozen=True, eq=False, slots=True)
class Instance:
    """A part in a place."""

    name: str
    scope: Scope
    turn: Floats
    """Rotation matrix, shape (3, 3)."""
    shift: Floats
    """Added after the rotation, shape (3,)."""

    @property
    def is_moved(self) -> bool:
        """Whether it is elsewhere than its part."""
        return bool((self.turn != np.eye(3)).any() or self.shift.any())


@dataclass(eq=False, slots=True)
class Model:
    """A file as it is read: where it is now, its parts and instances."""

    root: Scope = field(default_factory=Scope)
    scope: Scope = field(init=False)
    parts: dict[str, Scope] = field(default_factory=dict)
    instances: list[Instance] = field(default_factory=list)
    instance_sets: dict[str, list[tuple[str, IdSet]]] = field(default_factory=dict)
    """Element sets of the assembly, by name in capitals: instances in capitals and what is in them."""
    instance_node_sets: dict[str, list[tuple[str, IdSet]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.scope = self.root

    def enter_part(self, name: str) -> None:
        """From here on, everything belongs to a part."""
        self.scope = self.parts.setdefault(name.upper(), Scope(name))

    def enter_instance(self, keyword: Keyword) -> None:
        """From here on, everything belongs to an instance."""
        name, part = keyword.parameters.get("NAME", "instance"), keyword.parameters.get("PART", "")
        if part.upper() not in self.parts:
            raise GeometryError(
                f"{keyword.where}: instance {name} is of part {part!r}, which is not in the file; the parts are "
                f"{', '.join(scope.name for scope in self.parts.values()) or 'none'}"
            )
        scope = self.parts[part.upper()]
        turn, shift = _placement(keyword)
        self.instances.append(Instance(name, scope, turn, shift))
        self.scope = scope

    def leave(self) -> None:
        """Back to what belongs to no part."""
        self.scope = self.root


def _placement(keyword: Keyword) -> tuple[Floats, Floats]:
    """Rotation and shift of an instance: moved first, then turned about an axis through two points."""
    lines = [line for line in keyword.data.split(b"\n") if line.strip()]
    rows = [numbers(line.replace(b",", b" "), np.float64, keyword.where) for line in lines[:2]]
    move = np.zeros(3)
    if rows:
        move[: len(rows[0][:3])] = rows[0][:3]
    if len(rows) < 2:
        return np.eye(3), move
    if len(rows[1]) != 7:
        raise GeometryError(f"{keyword.where}: a rotation needs two points and an angle, {len(rows[1])} numbers found")
    start, axis = rows[1][:3], rows[1][3:6] - rows[1][:3]
    length = float(np.linalg.norm(axis))
    if not length > 0.0:
        raise GeometryError(f"{keyword.where}: the two points of the rotation are the same; give two points")
    x, y, z = axis / length
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    angle = np.radians(rows[1][6])
    turn = np.eye(3) + np.sin(angle) * cross + (1.0 - np.cos(angle)) * cross @ cross
    return turn, turn @ (move - start) + start
