"""From the full model to a reduced one that runs in real time and knows its error."""

from twin3d.reduction.reduce import reduce_heat

__all__ = ["reduce_heat"]
