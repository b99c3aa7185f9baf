"""Stress modes on disk: one .npz file, written whole or not at all, named by all that determines them."""

import hashlib
import os
from dataclasses import fields
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import sparse

from twin3d.errors import ReductionError
from twin3d.records import ReducedModel, StressModes, TetMesh
from twin3d.reduction.address import code_digest
from twin3d.scene import Scene

MECHANICS = ("initial_temperature", "parts", "contacts", "mechanical", "structure", "inputs")
"""What of a scene shapes its stress, beside mesh and reduced model."""
SCALARS = {"model_hash": str, "stress_free_temperature": float}


def stress_key(
    scene: Scene,
    mesh: TetMesh,
    model: ReducedModel,
    *,
    points: npt.NDArray[np.signedinteger] | None = None,
    displacement_rows: sparse.csr_array | None = None,
) -> str:
    """Content address of the making of stress modes: what they are made of, and the code that makes them."""
    digest = hashlib.blake2b(model.model_hash.encode(), digest_size=20)
    arrays = [getattr(mesh, field.name) for field in fields(mesh)]
    if displacement_rows is not None:
        arrays += [displacement_rows.data, displacement_rows.indices, displacement_rows.indptr]
    if points is not None:
        arrays.append(points)
    for item in (*arrays, *(getattr(scene, name) for name in MECHANICS)):
        digest.update(np.ascontiguousarray(item).tobytes() if isinstance(item, np.ndarray) else repr(item).encode())
    digest.update(code_digest(Path(__file__).parents[1]).encode())
    return digest.hexdigest()


def save_stress_modes(path: Path, modes: StressModes) -> None:
    """Write stress modes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.stem}.{os.getpid()}.part.npz")
    arrays = {field.name: np.asarray(getattr(modes, field.name)) for field in fields(modes)}
    np.savez(temporary, **arrays)  # type: ignore[arg-type]
    temporary.replace(path)


def load_stress_modes(path: Path, model: ReducedModel) -> StressModes:
    """Read the stress modes of a reduced model.

    Raises:
        ReductionError: The file is missing, of another kind, damaged, or belongs to another model.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
            values = {field.name: data[field.name] for field in fields(StressModes)}
    except Exception as error:
        raise ReductionError(
            f"no stress modes can be read from {path}: {error}; delete it to make them again"
        ) from error
    modes = StressModes(**{name: SCALARS[name](value) if name in SCALARS else value for name, value in values.items()})
    if modes.model_hash != model.model_hash or modes.n_modes != model.n_modes:
        raise ReductionError(
            f"the stress modes in {path} belong to another reduced model; delete it to make them again"
        )
    return modes
