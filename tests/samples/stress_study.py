"""Stress of a twin against a finer asset of quadratic cells whose joints, films and metals the twin does not know.

Three metal blocks in a row, two of them heated by unknown powers, between two rigid walls in an air stream. The
asset's film may be another one at its far end, which no parameter of the twin can express.
"""

from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
from box_mesh import box_mesh, make_scene, temperature_input
from scipy import sparse
from strained_parts import SOFT, STIFF, face
from warm_parts import nominal

from twin3d.backend import get_backend
from twin3d.estimation import Estimator
from twin3d.estimation.stress_band import stress_band, stress_deviation
from twin3d.fem.elements import Element
from twin3d.fem.heat import assemble_heat
from twin3d.fem.linear import Method
from twin3d.fem.march import march
from twin3d.fem.mechanics.gauges import strain_gauge
from twin3d.fem.mechanics.measures import von_mises
from twin3d.fem.mechanics.problem import prepare_stress, solve_stress
from twin3d.fem.rows import rows_at
from twin3d.fem.space import function_space
from twin3d.records import READING_DTYPE, ParameterKind
from twin3d.reduction import reduce_heat
from twin3d.reduction.march import discretise
from twin3d.reduction.stress import stress_modes
from twin3d.reduction.stress_lift import stress_at
from twin3d.scene import Contact, Convection, HeatSource, Input, PartMaterial, Sensor, Symmetry, UnknownPrior

SIZE = (0.09, 0.03, 0.012)
SHAPE, FINER = (18, 6, 3), 2
FAR_FROM_M = 0.055
"""Where the far end begins."""
TICK_S, DURATION_S = 0.5, 150.0
SCORE_EVERY = 25
"""Ticks between two scored fields."""
HIDDEN = {
    ParameterKind.CONTACT: 0.3,
    ParameterKind.FILM: 0.25,
    ParameterKind.CONDUCTIVITY: 0.1,
    ParameterKind.HEAT_CAPACITY: 0.05,
}
"""By how much the asset's parameters differ at most."""
SPOTS = ((0.01, 0.01), (0.026, 0.02), (0.045, 0.015), (0.064, 0.01), (0.08, 0.02))
"""Thermocouples on the lower and upper faces, x and y [m]."""
GAUGES = ((0.018, 0.015), (0.045, 0.009), (0.072, 0.018))
NOISE_K, BIAS_K = 0.1, 0.2
BRASS = SOFT.model_copy(update={"name": "brass", "youngs_modulus": 110e9, "thermal_expansion": 19e-6})


def block_scene():
    prior = UnknownPrior(spread=15.0, time_constant=60.0, minimum=0.0, maximum=80.0)
    powers = [Input(name=name, unit="W", value=25.0, unknown=prior) for name in ("p0", "p2")]
    return make_scene(
        loads=[
            HeatSource(name="left", part="part_0", input="p0"),
            HeatSource(name="right", part="part_2", input="p2"),
            Convection(name="film", face=face("z0"), film_coefficient=300.0, input="air"),
        ],
        inputs=[*powers, temperature_input("air")],
        parts=tuple(PartMaterial(part=f"part_{k}", material=metal) for k, metal in enumerate((SOFT, STIFF, BRASS))),
        contacts=tuple(
            Contact(name=name, between=between, conductance=5e3)
            for name, between in (("joint_a", ("part_0", "part_1")), ("joint_b", ("part_1", "part_2")))
        ),
        mechanical=tuple(Symmetry(name=f"guide_{name}", face=face(name)) for name in ("x0", "x1", "y0", "z0")),
    )


def asset_scene(scene):
    """The scene with a film of its own at the far end."""
    far = Convection(name="film_far", face=face("z0_far"), film_coefficient=300.0, input="air")
    guide = Symmetry(name="guide_far", face=face("z0_far"))
    return scene.model_copy(update={"loads": (*scene.loads, far), "mechanical": (*scene.mechanical, guide)})


def asset_mesh():
    mesh = box_mesh(tuple(FINER * n for n in SHAPE), SIZE, n_parts=3, contact=True)
    below = mesh.facet_region == mesh.face_names.index("z0")
    is_far = below & (mesh.points[mesh.facets].mean(axis=1)[:, 0] > FAR_FROM_M)
    region = np.where(is_far, len(mesh.face_names), mesh.facet_region).astype(np.int32)
    return replace(mesh, facet_region=region, face_names=(*mesh.face_names, "z0_far"))


def sensors_of():
    values = {"unit": "K", "noise": NOISE_K, "bias": BIAS_K, "period": TICK_S, "position": (0.0, 0.0, 0.0)}
    return tuple(Sensor(id=f"tc{k}", **values) for k in range(len(SPOTS)))


@dataclass(frozen=True)
class SeedScore:
    """What one asset made of the twin's stress; figures are away from singular edges unless they say otherwise."""

    component_error: float
    """Root mean square over components, points and times [Pa]."""
    open_loop_error: float
    component_error_everywhere: float
    open_loop_error_everywhere: float
    held: float
    """Share of the truth's von Mises stress within the 90 % bands."""
    component_held: float
    gauge_error: float
    """Root mean square at the gauges, which are not used [–]."""
    gauge_open_loop: float
    gauge_held: float


class StressStudy:
    """Twin and finer model, prepared once."""

    def __init__(self, *, far_film):
        self.scene, self.backend = block_scene(), get_backend("numpy")
        mesh = box_mesh(SHAPE, SIZE, n_parts=3, contact=True)
        heat, own = function_space(mesh), function_space(mesh, Element.TET10)
        operators = assemble_heat(self.scene, heat, backend=self.backend)
        self.model = reduce_heat(
            operators, heat, self.scene, rng=np.random.default_rng(0), backend=self.backend, max_modes=30
        )
        self.rows = rows_at(heat, self._spots())
        self.modes = stress_modes(
            self.scene, heat, self.model, displacement_rows=self._gauges(own), backend=self.backend
        )
        self.asset = self._asset(mesh, far_film)

    def run(self, seed):
        """Two and a half minutes of one asset: its own joints, film, metals, powers, biases and noise."""
        rng = np.random.default_rng(seed)
        theta = self._hidden(rng)
        powers = self._powers(rng)
        bias = BIAS_K * rng.normal(size=len(SPOTS))
        estimator = Estimator.prepare(self.model, self.rows, self.scene.inputs, sensors_of(), tick_s=TICK_S)
        estimator.start(0)
        prior, alone = nominal(self.scene), np.zeros(self.model.n_modes)
        step = discretise(self.model, None, TICK_S)
        asset, scored = self.asset, []
        start = np.full(asset.operators.n_dofs, 300.0)
        fields = march(
            asset.operators, start, powers, dt_s=TICK_S, n_steps=round(DURATION_S / TICK_S), theta=theta,
            backend=self.backend,
        )  # fmt: skip
        for tick, temperature in enumerate(fields, 1):
            seen = asset.rows @ temperature + bias + NOISE_K * rng.normal(size=len(SPOTS))
            estimate = estimator.advance(_batch(seen, tick), round(tick * TICK_S * 1e9))
            alone = step.step(alone, prior, prior)
            if tick % SCORE_EVERY == 0:
                scored.append(self._scored(temperature, estimate, alone, prior))
        columns = zip(*scored, strict=True)
        return SeedScore(*(_pooled(kind, values) for kind, values in zip(KINDS, columns, strict=True)))

    def _scored(self, temperature, estimate, alone, prior):
        modes, asset = self.modes, self.asset
        truth = solve_stress(asset.problem, temperature, backend=self.backend)
        there = np.zeros((modes.n_entries, 6))
        for part, field in enumerate(truth.parts):
            own = modes.part == part
            there[own] = field.values[np.searchsorted(field.dofs, asset.same[own])]
        factor = estimate.covariance_factor
        band = stress_band(modes, estimate.coefficients, estimate.inputs, factor=factor, rng=np.random.default_rng(7))
        open_loop = stress_at(modes, alone, prior) - there
        miss, away = band.stress - there, band.is_claimed
        sizes = von_mises(there)
        read = asset.gauges @ truth.solution.displacement
        state = np.concatenate([estimate.coefficients, estimate.inputs - modes.input_reference, [1.0]])
        left = np.concatenate([alone, prior - modes.input_reference, [1.0]])
        gauge_miss = modes.gauges @ state - read
        spread = np.linalg.norm(modes.gauges[:, : len(factor)] @ factor, axis=1)
        return (
            miss[away], open_loop[away], miss, open_loop,
            ((sizes >= band.low) & (sizes <= band.high))[away],
            (np.abs(miss) <= 1.645 * stress_deviation(modes, band.stress, factor))[away],
            gauge_miss, modes.gauges @ left - read, np.abs(gauge_miss) <= 1.645 * spread,
        )  # fmt: skip

    def _asset(self, mesh, far_film):
        fine, scene = asset_mesh(), asset_scene(self.scene)
        if not far_film:
            fine, scene = box_mesh(tuple(FINER * n for n in SHAPE), SIZE, n_parts=3, contact=True), self.scene
        space = function_space(fine, Element.TET10)
        problem = prepare_stress(scene, space, method=Method.SUPERLU, backend=self.backend)
        return SimpleNamespace(
            operators=assemble_heat(scene, space, backend=self.backend),
            problem=problem,
            rows=rows_at(space, self._spots()),
            gauges=self._gauges(space),
            same=_same_points(self.modes, mesh, fine),
        )

    def _spots(self):
        return np.array([(x, y, SIZE[2] * (k % 2)) for k, (x, y) in enumerate(SPOTS)])

    def _gauges(self, space):
        mesh = space.mesh
        top = mesh.facets[mesh.facet_region == mesh.face_names.index("z1")]
        along = np.array([1.0, 0.0, 0.0])
        rows = [
            strain_gauge(space, top, position=np.array([x, y, SIZE[2]]), direction=along, length_m=0.006)
            for x, y in GAUGES
        ]
        return sparse.csr_array(sparse.vstack(rows))

    def _hidden(self, rng):
        widths = np.array([HIDDEN[parameter.kind] for parameter in self.asset.operators.parameters])
        return 1.0 + rng.uniform(0.3, 1.0, len(widths)) * rng.choice([-1.0, 1.0], len(widths)) * widths

    def _powers(self, rng):
        levels, times = rng.uniform(5.0, 60.0, (2, 4)), np.sort(rng.uniform(10.0, DURATION_S, (2, 3)), axis=1)

        def at(time_s):
            now = [level[np.searchsorted(when, time_s)] for level, when in zip(levels, times, strict=True)]
            return np.array([*now, 300.0])

        return at


# Of the values in _scored: a root mean square, or the share that is true.
KINDS = ("rms", "rms", "rms", "rms", "share", "share", "rms", "rms", "share")


def _pooled(kind, values):
    pooled = np.concatenate([np.ravel(value) for value in values])
    return float(np.sqrt(np.mean(pooled**2))) if kind == "rms" else float(np.mean(pooled))


def _batch(values, tick):
    batch = np.zeros(len(values), READING_DTYPE)
    batch["sensor"], batch["value"] = np.arange(len(values)), values
    batch["time_ns"] = round(tick * TICK_S * 1e9)
    return batch


def _same_points(modes, coarse, fine):
    """The point of the finer mesh at the place, and in the part, of each entry."""
    pairs = np.unique(np.column_stack([np.repeat(fine.cell_region, 4), fine.cells.ravel()]), axis=0)
    number = {(part, *np.round(1e7 * fine.points[point]).astype(int)): point for part, point in pairs}
    places = np.round(1e7 * coarse.points[modes.points]).astype(int)
    return np.array([number[(part, *place)] for part, place in zip(modes.part, places, strict=True)])
