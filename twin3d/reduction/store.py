"""Reduced models on disk: one .npz file, written whole or not at all, checked when read."""

import os
from pathlib import Path
from typing import Any

import numpy as np

from twin3d.errors import ReductionError
from twin3d.records import Parameter, ParameterKind, ReducedModel, ResidualBound, TrainedRange, ValidationRun
from twin3d.reduction.reduce import ARRAYS, content_hash

SCALARS = ("reference_temperature", "error_rms", "error_max", "tolerance")


def save_model(path: Path, model: ReducedModel) -> None:
    """Write a reduced model."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.stem}.{os.getpid()}.part.npz")
    arrays = {name: getattr(model, name) for name in (*ARRAYS, *SCALARS)}
    np.savez(
        temporary,
        model_hash=np.array(model.model_hash),
        input_names=np.array(model.input_names, dtype=str),
        parameter_names=np.array([item.name for item in model.parameters], dtype=str),
        parameter_kinds=np.array([item.kind.value for item in model.parameters], dtype=str),
        parameter_spreads=np.array([item.spread for item in model.parameters]),
        validation_theta=np.array([run.theta for run in model.validation]),
        validation_figures=np.array([(run.horizon_s, run.error_rms, run.error_max) for run in model.validation]),
        **_optional_arrays(model),
        **arrays,
    )
    temporary.replace(path)


def load_model(path: Path) -> ReducedModel:
    """Read a reduced model.

    Raises:
        ReductionError: The file is missing, of another kind or damaged.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
            model = _model_of(dict(data))
    except ReductionError:
        raise
    except Exception as error:
        raise ReductionError(
            f"no reduced model can be read from {path}: {error}; delete it to make it again"
        ) from error
    if content_hash(model) != model.model_hash:
        raise ReductionError(f"the reduced model in {path} is damaged: its hash differs; delete it to make it again")
    return model


def _model_of(data: dict[str, np.ndarray]) -> ReducedModel:
    triples = zip(data["parameter_names"], data["parameter_kinds"], data["parameter_spreads"], strict=True)
    fields: dict[str, Any] = {name: data[name] for name in ARRAYS}
    fields["basis"] = np.asfortranarray(fields["basis"])
    fields.update({name: float(data[name]) for name in SCALARS})
    runs = zip(data["validation_theta"], data["validation_figures"], strict=True)
    return ReducedModel(
        validation=tuple(ValidationRun(theta, *map(float, figures)) for theta, figures in runs),
        model_hash=str(data["model_hash"]),
        input_names=tuple(map(str, data["input_names"])),
        parameters=tuple(Parameter(str(n), ParameterKind(str(k)), float(s)) for n, k, s in triples),
        trained=TrainedRange(data["trained_log_theta"], data["trained_inputs"]) if "trained_inputs" in data else None,
        residual=_residual_of(data),
        **fields,
    )


def _optional_arrays(model: ReducedModel) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if model.trained is not None:
        found |= {"trained_log_theta": model.trained.log_theta, "trained_inputs": model.trained.inputs}
    if model.residual is not None:
        found |= {"residual_gram": model.residual.gram}
        found |= {"residual_figures": np.array([model.residual.rate, model.residual.capacity])}
    return found


def _residual_of(data: dict[str, np.ndarray]) -> ResidualBound | None:
    if "residual_gram" not in data:
        return None
    return ResidualBound(data["residual_gram"], *map(float, data["residual_figures"]))
