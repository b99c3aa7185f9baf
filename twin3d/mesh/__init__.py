"""From a shape to a tetrahedral mesh that a solver can trust: made, measured, selected from and looked up in."""

from twin3d.mesh.building import MeshResult, build_mesh
from twin3d.mesh.quality import MeshReport

__all__ = ["MeshReport", "MeshResult", "build_mesh"]
