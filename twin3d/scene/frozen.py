"""The ground of all records of a scene."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """What all parts of a scene share: they never change and know no stray keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, allow_inf_nan=False)
