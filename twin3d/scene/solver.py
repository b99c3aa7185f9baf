"""How the full-order problem is solved."""

from typing import Annotated, Literal

from pydantic import Field

from twin3d.scene.frozen import Frozen
from twin3d.scene.quantities import PositiveDifference


class Solver(Frozen):
    """``[solver]``: the finite element, the steps in time, the linear solver and the reduced model."""

    element: Literal["tet4", "tet10"] = "tet4"
    """Linear or quadratic tetrahedra; quadratic ones follow the CAD where `Geometry.curved` is set."""
    scheme: Literal["bdf2", "crank_nicolson", "backward_euler"] = "bdf2"
    """How time is discretised."""
    time_tolerance: PositiveDifference = 0.1
    """How far off temperatures may be because of the steps in time [K]."""
    linear: Literal["auto", "superlu", "pardiso", "multigrid", "conjugate_gradients"] = "auto"
    """How linear systems are solved; auto goes by their size and shape."""
    reduction_tolerance: PositiveDifference | None = None
    """Root mean square error that the live twin's reduced model must reach [K]; None takes 0.01 K, or a two-thousandth
    of the rise where that is more."""
    max_modes: Annotated[int, Field(ge=1, le=200)] = 48
    """Most modes of the live twin's reduced model."""
