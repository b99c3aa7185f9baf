"""What the filter assumes of what nobody states elsewhere."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from twin3d.scene.frozen import Frozen
from twin3d.scene.quantities import PositiveDuration

Start: TypeAlias = Literal["rest", "steady", "unknown"]
"""How an asset is found when its twin starts."""


class Estimation(Frozen):
    """``[estimation]``: what the filter assumes of the physics that the model lacks."""

    source_time: PositiveDuration | None = None
    """Time constant of the heat sources that stand for what the model lacks [s]; None takes that of the fastest unknown
    input, since what is wrong in the model acts with the load."""
    source_scale: Annotated[float, Field(ge=0.0)] = 1.0
    """How strong these sources are against what the reduction expects; 0 trusts the model's physics."""
    parameters: Literal["considered", "learnt"] = "considered"
    """Whether the filter allows for the spread of the model's parameters only, or corrects them too; what it learns
    then also stands for physics that the model lacks, with bars that are too narrow."""
    bias_time: PositiveDuration = 3600.0
    """Time constant with which the bias of a sensor wanders within its stated spread [s]."""
    start: Start = "rest"
    """How the asset is found: at the scene's initial temperature; long at unchanged inputs, unknown ones included; or
    with any past that the priors of its inputs allow."""
