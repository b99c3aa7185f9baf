"""How good the twin was: its frames against the plant's truth, everywhere and at every second."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import sparse

from twin3d.mesh.locate import interpolation
from twin3d.records import Frame, ReducedModel, TetMesh
from twin3d.reduction import lift
from twin3d.reduction.march import discretise

NORMAL_90 = 1.6448536269514722
"""Half-width of the central 90 % interval of the standard normal distribution."""


@dataclass(frozen=True, eq=False, slots=True)
class Truth:
    """What really happened, as the plant recorded it."""

    mesh: TetMesh
    """The plant's mesh, without facets."""
    basis: npt.NDArray[np.float32]
    """Shape (n_plant_points, n_plant_modes)."""
    lifting: npt.NDArray[np.float32]
    """Shape (n_plant_points, n_inputs)."""
    input_names: tuple[str, ...]
    input_reference: npt.NDArray[np.float64]
    reference_temperature: float
    start_ns: int
    """When the plant left its uniform initial temperature, UTC [ns]."""
    times_ns: npt.NDArray[np.int64]
    """Shape (n_times,)."""
    coefficients: npt.NDArray[np.float64]
    """Shape (n_times, n_plant_modes)."""
    inputs: npt.NDArray[np.float64]
    """True inputs, shape (n_times, n_inputs)."""
    theta: dict[str, float]
    """The plant's parameters by name, nominal value 1."""


def load_truth(path: Path) -> Truth:
    """Read what `TruthRecorder.save` wrote."""
    with np.load(path, allow_pickle=False) as data:
        none = np.zeros((0, 3), np.int32)
        mesh = TetMesh(
            points=data["points"],
            cells=data["cells"],
            cell_region=data["cell_region"],
            part_names=tuple(map(str, data["part_names"])),
            facets=none,
            facet_region=np.zeros(0, np.int32),
            facet_parts=np.zeros((0, 2), np.int32),
            face_names=(),
            contact_facets=np.zeros((0, 2, 3), np.int32),
            contact_parts=np.zeros((0, 2), np.int32),
        )
        return Truth(
            mesh=mesh,
            basis=data["basis"],
            lifting=data["lifting"],
            input_names=tuple(map(str, data["input_names"])),
            input_reference=data["input_reference"],
            reference_temperature=float(data["reference_temperature"]),
            start_ns=int(data["start_ns"]),
            times_ns=data["times_ns"],
            coefficients=data["coefficients"],
            inputs=data["inputs"],
            theta=dict(zip(map(str, data["parameter_names"]), map(float, data["theta"]), strict=True)),
        )


class TruthField:
    """The plant's noise-free temperature at the points of the twin's mesh."""

    def __init__(self, truth: Truth, mesh: TetMesh) -> None:
        self._truth = truth
        rows = part_interpolation(truth.mesh, mesh)
        self._basis = np.asarray(rows @ truth.basis)
        self._lifting = np.asarray(rows @ truth.lifting)

    def at(self, time_ns: int) -> npt.NDArray[np.float64]:
        """Temperature at a time [K], shape (n_points of the twin,); coefficients are interpolated in time."""
        coefficients = interpolate_rows(time_ns, self._truth.times_ns, self._truth.coefficients)
        inputs = interpolate_rows(time_ns, self._truth.times_ns, self._truth.inputs) - self._truth.input_reference
        return np.asarray(self._truth.reference_temperature + self._basis @ coefficients + self._lifting @ inputs)


def interpolate_rows(
    time_ns: int, times_ns: npt.NDArray[np.int64], rows: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Linear interpolation in time between the rows of a table, held constant beyond its ends."""
    after = int(np.clip(np.searchsorted(times_ns, time_ns), 1, len(times_ns) - 1))
    before = after - 1
    weight = np.clip((time_ns - times_ns[before]) / max(1, times_ns[after] - times_ns[before]), 0.0, 1.0)
    return np.asarray((1.0 - weight) * rows[before] + weight * rows[after])


def part_interpolation(source: TetMesh, target: TetMesh) -> sparse.csr_array:
    """Interpolate from one mesh of an assembly to another, part by part, so that no value leaks across a contact.

    Returns:
        Shape (n_points of the target, n_points of the source).
    """
    done = np.zeros(target.n_points, dtype=bool)
    blocks, owners = [], []
    for part, name in enumerate(target.part_names):
        points = np.unique(target.cells[target.cell_region == part])
        points = points[~done[points]]
        done[points] = True
        if points.size:
            source_part = source.part_names.index(name)
            blocks.append(interpolation(source, target.points[points], parts=[source_part]))
            owners.append(points)
    order = np.argsort(np.concatenate(owners))
    return sparse.csr_array(sparse.vstack(blocks, format="csr")[order])


@dataclass(frozen=True, slots=True)
class Score:
    """The twin against the truth; errors are over all mesh points and all scored times, unweighted."""

    field_rmse_K: float
    """The twin's own error."""
    openloop_rmse_K: float
    """Of the model left alone: nominal parameters, prior-mean inputs, the right initial state."""
    openloop_true_inputs_rmse_K: float
    """The same, told the true inputs."""
    coverage_90: float
    """Fraction of points and times whose true temperature lies in the 90 % interval."""
    hottest_error_K: float
    """Mean absolute error of the hottest temperature of the asset."""
    n_times: int
    """Number of scored times."""


def score(
    model: ReducedModel, mesh: TetMesh, frames: Sequence[Frame], truth: Truth, *, prior: npt.NDArray[np.float64]
) -> Score:
    """Score frames (with their covariance factors) against the truth.

    Args:
        model: The twin's model.
        mesh: The twin's mesh.
        frames: Frames within the time of the truth, each with a covariance factor.
        truth: What really happened.
        prior: Nominal value or prior mean of every input, shape (n_inputs,).
    """
    field, at_points = TruthField(truth, mesh), slice(mesh.n_points)
    alone_fields, told_fields = (
        [values[at_points] for values in march_open_loop(model, truth, frames, inputs_of=inputs_of)]
        for inputs_of in (lambda _: prior, lambda t: interpolate_rows(t, truth.times_ns, truth.inputs))
    )
    squares = np.zeros(3)
    inside = 0.0
    hottest = 0.0
    for frame, alone, informed in zip(frames, alone_fields, told_fields, strict=True):
        true = field.at(frame.time_ns)
        estimate = lift.temperature(model, frame.coefficients, frame.inputs, dofs=at_points)
        if frame.covariance_factor is None:
            raise ValueError(f"frame {frame.sequence} has no covariance factor")
        band = NORMAL_90 * lift.deviation(model, frame.covariance_factor, dofs=at_points)
        squares += [np.mean((values - true) ** 2) for values in (estimate, alone, informed)]
        inside += float(np.mean(np.abs(estimate - true) <= band))
        hottest += abs(float(estimate.max() - true.max()))
    rms = np.sqrt(squares / len(frames))
    return Score(
        field_rmse_K=float(rms[0]),
        openloop_rmse_K=float(rms[1]),
        openloop_true_inputs_rmse_K=float(rms[2]),
        coverage_90=inside / len(frames),
        hottest_error_K=hottest / len(frames),
        n_times=len(frames),
    )


def march_open_loop(
    model: ReducedModel,
    truth: Truth,
    frames: Sequence[Frame],
    *,
    inputs_of: Callable[[int], npt.NDArray[np.float64]],
    dt_s: float = 0.1,
) -> list[npt.NDArray[np.float64]]:
    """The twin's model without sensors, from the plant's start, at the times of the frames.

    Args:
        model: The twin's model, at nominal parameters.
        truth: Says when the plant left its initial temperature.
        frames: Give the times.
        inputs_of: Inputs at a time [ns], shape (n_inputs,).
        dt_s: Step [s]; inputs are held during a step.

    Returns:
        Temperatures [K], each of shape (n_dofs,).
    """
    step = discretise(model, None, dt_s)
    time_ns, coefficients = truth.start_ns, np.zeros(model.n_modes)
    fields = []
    for frame in frames:
        while time_ns < frame.time_ns:
            after_ns = time_ns + round(dt_s * 1e9)
            coefficients = step.step(coefficients, inputs_of(time_ns), inputs_of(after_ns))
            time_ns = after_ns
        fields.append(lift.temperature(model, coefficients, inputs_of(frame.time_ns)))
    return fields
