"""Turns what the user wrote into a `Scene` in SI, and notes every reference that leads nowhere."""

from twin3d.scene.building.scene import build_scene

__all__ = ["build_scene"]
