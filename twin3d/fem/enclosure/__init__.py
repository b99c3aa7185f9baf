"""Radiation between grey diffuse faces that enclose a cavity: view factors, and the heat they exchange."""

from twin3d.fem.enclosure.patches import gather_patches
from twin3d.fem.enclosure.radiosity import EnclosureOperator, FacetJacobian, grey_enclosure
from twin3d.fem.enclosure.views import ViewFactors, view_factors

__all__ = [
    "EnclosureOperator",
    "FacetJacobian",
    "ViewFactors",
    "gather_patches",
    "grey_enclosure",
    "view_factors",
]
