"""Radiation between grey diffuse faces that enclose a cavity: view factors between patches."""

from twin3d.fem.enclosure.patches import gather_patches
from twin3d.fem.enclosure.views import ViewFactors, view_factors

__all__ = ["ViewFactors", "gather_patches", "view_factors"]
