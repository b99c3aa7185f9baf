"""A small power module on a structured grid of finite volumes: an asset that owes nothing to our own model."""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
from scipy import linalg, sparse
from scipy.sparse.linalg import splu

from twin3d.records import READING_DTYPE, Parameter, ParameterKind, ReducedModel
from twin3d.scene import Input, Sensor, UnknownPrior

AMBIENT_K = 298.15
POWERS = ("power_1", "power_2", "power_3")
CHIPS = ((3, 2), (7, 6), (11, 3))
"""First coarse cell of each chip in x and y; a chip covers 2 x 2 coarse cells."""
SHAPE = (15, 10, 5)
SIZE_M = (4e-3, 4e-3, 1.5e-3)


@dataclass(frozen=True)
class BoxAsset:
    """Full-order terms on a grid that is `fine` times finer than the coarsest."""

    parameters: tuple
    mass_terms: list
    stiffness_terms: list
    load_terms: list
    sources: np.ndarray
    children: sparse.csr_array
    """Means over the cells within each coarse cell, (n_coarse, n_cells)."""

    def operators(self, theta):
        M = sum(t * m for t, m in zip(theta, self.mass_terms, strict=True))
        K = sum(t * k for t, k in zip(theta, self.stiffness_terms, strict=True))
        F = self.sources + sum(t * f for t, f in zip(theta, self.load_terms, strict=True))
        return sparse.csc_array(M), sparse.csc_array(K), F


PARTS = {  # conductivity [W/(m K)], volumetric heat capacity [J/(m³ K)]
    "sink": (200.0, 2.4e6),
    "base": (380.0, 3.4e6),
    "chip_1": (130.0, 1.7e6),
    "chip_2": (130.0, 1.7e6),
    "chip_3": (130.0, 1.7e6),
}


def _part_grid(fine):
    part = np.full(SHAPE, -1)
    part[:, :, :2] = 0
    part[2:14, 1:9, 2:4] = 1
    for number, (i, j) in enumerate(CHIPS):
        part[i : i + 2, j : j + 2, 4] = 2 + number
    return np.repeat(np.repeat(np.repeat(part, fine, 0), fine, 1), fine, 2)


def box_asset(fine=1):
    part = _part_grid(fine)
    dx = np.array(SIZE_M) / fine
    number = np.full(part.shape, -1)
    solid = part >= 0
    number[solid] = np.arange(solid.sum())
    n = int(solid.sum())
    region = part[solid]
    names = list(PARTS)
    k = np.array([PARTS[p][0] for p in names])
    c = np.array([PARTS[p][1] for p in names])
    parameters, mass, stiffness, load = [], [], [], []

    def add(name, kind, spread, M=None, K=None, F=None):
        zero = sparse.csr_array((n, n))
        parameters.append(Parameter(name, kind, spread))
        mass.append(zero if M is None else M)
        stiffness.append(zero if K is None else K)
        load.append(np.zeros((n, 4)) if F is None else F)

    pairs = []
    for axis in range(3):
        low, high = [slice(None)] * 3, [slice(None)] * 3
        low[axis], high[axis] = slice(None, -1), slice(1, None)
        both = solid[tuple(low)] & solid[tuple(high)]
        a, b = number[tuple(low)][both], number[tuple(high)][both]
        area = np.prod(dx) / dx[axis]
        pairs.append((a, b, np.full(len(a), area), np.full(len(a), dx[axis])))
    a, b, area, distance = (np.concatenate(x) for x in zip(*pairs, strict=True))

    def laplacian(mask, g):
        i, j, g = a[mask], b[mask], g[mask]
        rows, cols = np.concatenate([i, j, i, j]), np.concatenate([i, j, j, i])
        return sparse.csr_array((np.concatenate([g, g, -g, -g]), (rows, cols)), shape=(n, n))

    same = region[a] == region[b]
    contact = ~same
    for index, name in enumerate(names):
        add(f"conductivity of {name}", ParameterKind.CONDUCTIVITY, 0.10,
            K=laplacian(same & (region[a] == index), k[index] * area / distance))  # fmt: skip
    for index, name in enumerate(names):
        add(f"heat capacity of {name}", ParameterKind.HEAT_CAPACITY, 0.05,
            M=sparse.csr_array(sparse.diags_array((region == index) * c[index] * np.prod(dx))))  # fmt: skip
    for upper, h, name in ((1, 1.0e4, "grease"), (2, 4e4, "solder_1"), (3, 4e4, "solder_2"), (4, 4e4, "solder_3")):
        own = contact & (np.maximum(region[a], region[b]) == upper)
        series = 1.0 / (1.0 / h + 0.5 * distance / k[region[a]] + 0.5 * distance / k[region[b]])
        add(f"contact {name}", ParameterKind.CONTACT, 0.20, K=laplacian(own, series * area))
    for name, h, cells in (("fins", 900.0, number[:, :, 0]), ("top", 20.0, _top_cells(number))):
        cells = cells[cells >= 0]
        flow = np.bincount(cells, minlength=n) * h * dx[0] * dx[1]
        F = np.zeros((n, 4))
        F[:, 3] = flow
        add(f"film of {name}", ParameterKind.FILM, 0.20, K=sparse.csr_array(sparse.diags_array(flow)), F=F)
    sources = np.zeros((n, 4))
    for chip in range(3):
        own = region == 2 + chip
        sources[own, chip] = 1.0 / own.sum()
    coarse = np.repeat(np.repeat(np.repeat(_coarse_numbers(), fine, 0), fine, 1), fine, 2)[solid]
    children = sparse.csr_array((np.full(n, fine**-3.0), (coarse, np.arange(n))))
    return BoxAsset(tuple(parameters), mass, stiffness, load, sources, children)


def _coarse_numbers():
    part = _part_grid(1)
    number = np.full(part.shape, -1)
    number[part >= 0] = np.arange((part >= 0).sum())
    return number


def _top_cells(number):
    top = np.full(number.shape[:2], -1)
    for layer in range(number.shape[2]):
        top = np.where(number[:, :, layer] >= 0, number[:, :, layer], top)
    return top


def reduce_box(asset, theta0=None, n_modes=30, *, corners=6, seed=4, point_error=0.0):
    """Rational Krylov around several parameter draws, compressed by POD, diagonalised at theta0."""
    theta0 = np.ones(len(asset.parameters)) if theta0 is None else theta0
    rng = np.random.default_rng(seed)
    M0, K0, _ = asset.operators(theta0)
    snapshots = []
    for corner in range(corners):
        spread = np.array([p.spread for p in asset.parameters])
        theta = theta0 * np.exp(spread * rng.normal(size=len(spread))) if corner else theta0
        M, K, F = asset.operators(theta)
        for shift in (0.01, 0.1, 1.0, 10.0):
            X = splu(sparse.csc_array(K + shift * M)).solve(np.ascontiguousarray(F * [20.0, 20.0, 20.0, 1.0]))
            snapshots.append(X)
            snapshots.append(splu(sparse.csc_array(K + shift * M)).solve(M @ X) * shift)
    X = np.hstack(snapshots)
    U = np.linalg.svd(X, full_matrices=False)[0][:, :n_modes]
    rates, V = linalg.eigh(U.T @ (K0 @ U), U.T @ (M0 @ U))
    Phi = np.asfortranarray(U @ V)
    _, _, F0 = asset.operators(theta0)
    return ReducedModel(
        model_hash="box",
        reference_temperature=AMBIENT_K,
        basis=Phi,
        decay_rates=rates,
        input_map=Phi.T @ F0,
        lifting=np.zeros((len(Phi), 4)),
        lifting_rate_map=np.zeros((n_modes, 4)),
        input_names=(*POWERS, "ambient"),
        input_reference=np.array([0.0, 0.0, 0.0, AMBIENT_K]),
        parameters=asset.parameters,
        mass_terms=np.array([t * Phi.T @ (m @ Phi) for t, m in zip(theta0, asset.mass_terms, strict=True)]),
        stiffness_terms=np.array([t * Phi.T @ (k @ Phi) for t, k in zip(theta0, asset.stiffness_terms, strict=True)]),
        load_terms=np.array([t * Phi.T @ f for t, f in zip(theta0, asset.load_terms, strict=True)]),
        constant_load=Phi.T @ asset.sources,
        error_load=np.zeros((n_modes, 0)),
        error_rms=0.0,
        error_max=0.0,
        point_error=np.full(len(Phi), point_error),
    )


def box_inputs(**changes):
    prior = UnknownPrior(spread=25.0, time_constant=30.0, minimum=0.0, maximum=120.0)
    powers = [Input(name=name, unit="W", value=40.0, unknown=prior) for name in POWERS]
    return (*powers, Input(name="ambient", unit="K", value=AMBIENT_K))


SENSOR_CELLS = ((3, 2, 4), (7, 6, 4), (12, 4, 3), (5, 5, 3), (9, 3, 3), (1, 8, 1), (13, 8, 1), (10, 7, 3))
"""Coarse cells of the thermocouples; the last is held out."""


def box_sensors(**common):
    values = {"unit": "K", "noise": 0.2, "bias": 0.4, "lag": 0.3, "period": 0.08} | common
    roles = ["observe"] * 7 + ["check"]
    spots = [Sensor(id=f"tc{i + 1}", role=role, position=(0.0, 0.0, 0.0), **values) for i, role in enumerate(roles)]
    air = {"unit": "K", "noise": 0.2, "bias": values["bias"], "period": 0.08}
    return (*spots, Sensor(id="air", role="drive", drives="ambient", **air))


def box_rows():
    """Rows from coarse cells to sensors, the driving one empty."""
    number = _coarse_numbers()
    cells = [number[cell] for cell in SENSOR_CELLS]
    n = int(number.max()) + 1
    return sparse.csr_array((np.ones(8), (np.arange(8), cells)), shape=(9, n))


def make_readings(rows):
    """A batch from (sensor, time_s, value) rows; the clock starts at 0."""
    batch = np.zeros(len(rows), dtype=READING_DTYPE)
    for entry, (sensor, time_s, value) in zip(batch, rows, strict=True):
        entry["sensor"], entry["time_ns"], entry["value"] = sensor, round(time_s * 1e9), value
    return batch


HALF_WIDTHS = {"conductivity": 0.15, "film": 0.20, "contact": 0.25, "heat_capacity": 0.05}


def draw_theta(parameters, rng):
    """Parameters of a plant: each off by at least a tenth where its half-width allows it."""
    width = np.array([HALF_WIDTHS[parameter.kind.value] for parameter in parameters])
    return 1.0 + rng.uniform(np.minimum(0.10, width), width) * rng.choice([-1.0, 1.0], len(width))


def draw_powers(rng, duration_s):
    """Three chip powers between 10 and 90 W: a sine and two series of steps, in any order."""
    signals = []
    for kind in rng.permutation(3):
        if kind == 0:
            period, phase = rng.uniform(20, 60), rng.uniform(0, 2 * np.pi)
            signals.append(lambda t, p=period, f=phase: 50.0 + 40.0 * np.sin(2 * np.pi * t / p + f))
        else:
            times = np.sort(rng.uniform(0, duration_s, rng.integers(2, 5)))
            values = rng.uniform(10, 90, len(times) + 1)
            signals.append(lambda t, s=times, v=values: v[np.searchsorted(s, t, side="right")])
    return lambda t: np.array([signal(t) for signal in signals])


def wandering_powers(rng, duration_s, *, dt_s=0.02):
    """Three powers that are just what the prior says: Ornstein-Uhlenbeck around 40 W."""
    keep = np.exp(-dt_s / 30.0)
    power = 25.0 * rng.normal(size=3)
    table = np.zeros((round(duration_s / dt_s) + 2, 3))
    for row in table:
        power = keep * power + 25.0 * np.sqrt(1.0 - keep**2) * rng.normal(size=3)
        row[:] = 40.0 + power
    return lambda t: table[round(t / dt_s)]


@dataclass(frozen=True)
class Run:
    """What happened to the asset: coefficients and inputs after every tick, and all readings in order of time."""

    coefficients: np.ndarray
    inputs: np.ndarray
    readings: np.ndarray
    bias: np.ndarray


def simulate(model, rows, sensors, rng, *, powers, duration_s=60.0, tick_s=0.02, ambient=1.5, lag_error=0.3, bias=0.4):
    """Run an asset and its sensors; the last sensor measures the ambient temperature."""
    decay = np.exp(-model.decay_rates * tick_s)
    gain = (1.0 - decay) / model.decay_rates
    seen = rows @ model.basis
    n = len(sensors)
    offsets = bias * rng.normal(size=n)
    lags = np.array([s.lag for s in sensors]) * (1.0 + lag_error * rng.choice([-1.0, 1.0], n))
    follow = np.where(lags > 0.0, -np.expm1(-tick_s / np.maximum(lags, 1e-9)), 1.0)
    noise, period = np.array([s.noise for s in sensors]), np.array([s.period for s in sensors])
    due = period * rng.uniform(0.1, 1.0, n)
    a, shown = np.zeros(model.n_modes), np.full(n, AMBIENT_K)
    shown[-1] += ambient
    coefficients, inputs, readings = [], [], []
    for tick in range(1, round(duration_s / tick_s) + 1):
        time_s = tick * tick_s
        a = decay * a + gain * (model.input_map @ np.append(powers(time_s - tick_s), ambient))
        true = AMBIENT_K + seen @ a
        true[-1] = AMBIENT_K + ambient
        shown += follow * (true - shown)
        for index in np.flatnonzero(due <= time_s + 1e-9):
            due[index] += period[index]
            readings.append((index, time_s, shown[index] + offsets[index] + noise[index] * rng.normal()))
        coefficients.append(a)
        inputs.append(np.append(powers(time_s), AMBIENT_K + ambient))
    return Run(np.array(coefficients), np.array(inputs), make_readings(readings), offsets)


def play(estimator, readings, duration_s, *, tick_s=0.02, start_tick=0):
    """Advance an estimator tick by tick with what is due; yields (tick, estimate)."""
    times = readings["time_ns"]
    done = 0
    for tick in range(start_tick + 1, round(duration_s / tick_s) + 1):
        until_ns = round(tick * tick_s * 1e9)
        end = int(np.searchsorted(times, until_ns, side="right"))
        yield tick, estimator.advance(readings[done:end], until_ns)
        done = end


def dense_system(problem, transition):
    """A, Q, H and the constant of x⁺ = A x + c, y = H x, with the columns of parameters and log-lags zero."""
    n, n_fast = problem.n_state, problem.n_fast
    A = np.zeros((n, n))
    A[:n_fast] = transition.fast_from_all
    A[n_fast:, n_fast:] = np.diag(transition.slow_decay)
    Q = np.zeros((n, n))
    n_noisy = transition.noise.shape[0]
    Q[:n_noisy, :n_noisy] = transition.noise
    Q[n_noisy:, n_noisy:] = np.diag(transition.slow_noise)
    H = np.zeros((len(problem.observing), n))
    H[:, : problem.n_modes] = transition.modes_seen[problem.observing]
    H[:, problem.inputs] = problem.observation.inputs[np.ix_(problem.observing, problem.uncertain)]
    for row, sensor in enumerate(problem.observing):
        H[row, problem.biases.start + list(problem.biased).index(sensor)] = 1.0
    constant = np.concatenate([transition.constant, np.zeros(n - n_fast)])
    return A, Q, H, constant


def hidden_box(asset, rng):
    """An asset whose physics no parameter expresses: conductivity and films vary from place to place.

    Returns:
        Rates, modes and input map of all its degrees of freedom, as `simulate` takes them.
    """
    wave = np.exp(0.15 * _wave(rng))
    slope = 1.0 + rng.uniform(-0.3, 0.3, 2) @ _places().T
    K, F, M = [], asset.sources.copy(), sum(asset.mass_terms)
    spread = np.array([parameter.spread for parameter in asset.parameters])
    theta = np.exp(0.5 * spread * rng.normal(size=len(spread)))
    for t, parameter, k, f in zip(theta, asset.parameters, asset.stiffness_terms, asset.load_terms, strict=True):
        if parameter.kind is ParameterKind.FILM:
            K.append(t * sparse.diags_array(slope) @ k)
            F += t * slope[:, None] * f
        else:
            off = -sparse.coo_array(k)
            off.setdiag(0.0)
            weight = off.data * 0.5 * (wave[off.coords[0]] + wave[off.coords[1]])
            off = sparse.coo_array((weight, off.coords), shape=off.shape)
            K.append(t * (sparse.diags_array(off.sum(axis=1)) - off))
    rates, V = linalg.eigh(sum(K).toarray(), M.toarray())
    return SimpleNamespace(decay_rates=rates, basis=V, input_map=V.T @ F, n_modes=len(rates))


def _places():
    """Places of the coarse cells in x and y from -1 to 1, shape (n_cells, 2)."""
    number = _coarse_numbers()
    return (2.0 * np.argwhere(number >= 0)[:, :2] + 1.0) / SHAPE[:2] - 1.0


def _wave(rng):
    waves = np.sin(_places() @ rng.normal(size=(2, 8)) * 2.0 + rng.uniform(0.0, 6.0, 8))
    return waves.sum(axis=1) / 2.0


def defect_sources(model, asset, rng, *, n_draws=24, n_sources=20):
    """Principal defects of assets like `hidden_box` in the model's equation at full load, (n_modes, n_sources)."""
    M, scale = sum(asset.mass_terms), np.array([50.0, 50.0, 50.0, 2.0])
    warming = 1.0 / (model.decay_rates + model.decay_rates[0])
    defects = []
    for _ in range(n_draws):
        hidden = hidden_box(asset, rng)
        for shift in (0.0, 0.1, 1.0):
            response = (hidden.basis / (hidden.decay_rates + shift)) @ (hidden.input_map * scale)
            a = model.basis.T @ (M @ response)
            defects.append(((model.decay_rates + shift)[:, None] * a - model.input_map * scale) * warming[:, None])
    U, strength, _ = np.linalg.svd(np.hstack(defects), full_matrices=False)
    size = strength[:n_sources] / np.sqrt(len(defects))
    return U[:, :n_sources] * size / warming[:, None]
