"""How the full-order problem is solved."""

from typing import Literal

from twin3d.scene.frozen import Frozen


class Solver(Frozen):
    """``[solver]``: the finite element."""

    element: Literal["tet4", "tet10"] = "tet4"
    """Linear or quadratic tetrahedra; quadratic ones follow the CAD where `Geometry.curved` is set."""
