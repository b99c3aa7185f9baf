"""Content address of a reduced model's making, so that a stored model is taken only where a new one would be equal."""

import dataclasses
import hashlib
import importlib.metadata
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from twin3d.records import TetMesh
from twin3d.reduction.time_scales import fastest_s
from twin3d.scene import Scene

PHYSICS = ("initial_temperature", "parts", "inputs", "loads", "contacts", "uncertainty", "parameters", "solver")
"""What of a scene shapes its reduced model, beside the mesh."""
ROOMS = ("fem", "mesh", "records", "reduction", "scene")
"""Packages whose code decides what comes out."""
LIBRARIES = ("numpy", "scipy", "numba")
"""Libraries whose version decides the last digits at least."""


def model_key(scene: Scene, mesh: TetMesh, theta: npt.NDArray[np.float64] | None) -> str:
    """Content address of a reduced model: its mesh, physics and parameters, and the code and libraries that make it.

    Args:
        scene: The scene.
        mesh: Its mesh.
        theta: Parameters at which it is reduced, shape (n_parameters,); None for nominal ones.
    """
    digest = hashlib.blake2b(digest_size=20)
    for entry in dataclasses.fields(mesh):
        value = getattr(mesh, entry.name)
        if isinstance(value, np.ndarray):
            digest.update(f"{entry.name}{value.dtype}{value.shape}".encode())
            digest.update(np.ascontiguousarray(value).tobytes())
    digest.update("\0".join((*mesh.part_names, *mesh.face_names)).encode())
    for name in PHYSICS:
        digest.update(repr(getattr(scene, name)).encode())
    digest.update(repr(fastest_s(scene)).encode())
    digest.update(b"nominal" if theta is None else theta.tobytes())
    digest.update(code_digest(Path(__file__).parents[1]).encode())
    digest.update(repr([importlib.metadata.version(name) for name in LIBRARIES]).encode())
    return digest.hexdigest()


@cache
def code_digest(package: Path) -> str:
    """Of all sources in `ROOMS` of a package, whatever their depth."""
    digest = hashlib.blake2b(digest_size=20)
    for room in ROOMS:
        for source in sorted((package / room).rglob("*.py")):
            digest.update(source.relative_to(package).as_posix().encode())
            digest.update(source.read_bytes())
    return digest.hexdigest()
