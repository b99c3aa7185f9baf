"""How good an estimate of a field is, over all of the volume and all scored times."""

from dataclasses import dataclass

import numpy as np

from twin3d.fem.integrals import cell_volumes, gathered
from twin3d.fem.space import FunctionSpace
from twin3d.score import NORMAL_90


@dataclass(frozen=True, slots=True)
class FieldScore:
    """Errors of a field against the truth, weighted by volume."""

    rmse_K: float
    """Root of the mean square over volume and time."""
    hottest_K: float
    """Mean absolute error of the hottest temperature."""
    coverage_90: float
    """Fraction of volume and time within the 90 % band; NaN where the method has none."""
    z_rms: float
    """Root mean square of the error over its stated standard deviation; 1 where bands are right, NaN without."""


def point_volumes(space: FunctionSpace) -> np.ndarray:
    """Fraction of the volume that belongs to each dof of linear elements, shape (n_dofs,)."""
    cells = np.arange(space.mesh.n_cells)
    shares = np.repeat(cell_volumes(space, cells)[:, None] / 4.0, 4, axis=1)
    volumes = gathered(space.mesh.cells, shares, space.n_dofs)
    return volumes / volumes.sum()


def score_field(
    estimate: np.ndarray, truth: np.ndarray, weights: np.ndarray, *, deviation: np.ndarray | None = None
) -> FieldScore:
    """Score a field.

    Args:
        estimate: Shape (n_times, n_dofs) [K].
        truth: As `estimate`.
        weights: Fraction of the volume at each dof, shape (n_dofs,).
        deviation: Stated standard deviation, as `estimate`.
    """
    error = estimate - truth
    coverage, z_rms = np.nan, np.nan
    if deviation is not None:
        z = error / deviation
        coverage = float(((np.abs(z) <= NORMAL_90) @ weights).mean())
        z_rms = float(np.sqrt((z**2 @ weights).mean()))
    return FieldScore(
        rmse_K=float(np.sqrt((error**2 @ weights).mean())),
        hottest_K=float(np.abs(estimate.max(axis=1) - truth.max(axis=1)).mean()),
        coverage_90=coverage,
        z_rms=z_rms,
    )


def pooled(scores: list[FieldScore]) -> FieldScore:
    """Of runs together."""
    return FieldScore(
        rmse_K=float(np.sqrt(np.mean([score.rmse_K**2 for score in scores]))),
        hottest_K=float(np.mean([score.hottest_K for score in scores])),
        coverage_90=float(np.mean([score.coverage_90 for score in scores])),
        z_rms=float(np.sqrt(np.mean([score.z_rms**2 for score in scores]))),
    )
