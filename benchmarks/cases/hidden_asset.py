r"""The asset behind the benchmark of the estimator at full order, on a finer mesh than its twin's.

Time is stepped by second-order backward differences with a constant factor, since everything non-linear is taken at the
extrapolated state $2 T_n - T_{n-1}$. A conductivity that changes with temperature enters by Kirchhoff's transformation:
$\nabla \cdot k_0 (1 + s \theta) \nabla T = \nabla \cdot k_0 \nabla (\theta + s \theta^2 / 2)$.
"""

from dataclasses import dataclass

import numpy as np
from cases.hidden_physics import HiddenPhysics
from scipy import sparse

from twin3d.backend import Backend
from twin3d.fem.assembly import assemble_conduction, assemble_mass
from twin3d.fem.facet_integrals import facet_areas, facet_load_blocks, facet_mass_blocks
from twin3d.fem.heat import capacity_at, conductivity_at, contact_stiffness, material_of_parts, source_cells
from twin3d.fem.integrals import cell_volumes, gathered, load_blocks
from twin3d.fem.linear import prepare
from twin3d.fem.pattern import assemble
from twin3d.fem.space import FunctionSpace
from twin3d.mesh.selection import select_load_facets, select_parts
from twin3d.scene import STEFAN_BOLTZMANN, Convection, HeatSource, Scene

SINK = "heatsink"
FORCED = "forced_air"
"""The load whose film differs along the flow; the others are free convection."""
BUOYANT_RISE_K, BUOYANT_POWER = 20.0, 0.2
"""Free convection has the stated film at this rise, and changes with this power of it."""


@dataclass(frozen=True, eq=False, slots=True)
class Skin:
    """The outer facets that exchange heat with the air."""

    areas: np.ndarray
    """[m²], shape (n_facets,)."""
    film: np.ndarray
    """Film coefficient at the stated rise [W/(m² K)], shape (n_facets,)."""
    is_free: np.ndarray
    """Where convection is free and not forced, shape (n_facets,)."""
    shares: sparse.csr_array
    """Area of each dof on each facet [m²], shape (n_dofs, n_facets)."""
    means: sparse.csr_array
    """Mean over each facet of the values at dofs, shape (n_facets, n_dofs)."""
    exchange: sparse.csr_array
    """What the constant films add to the stiffness [W/K], shape (n_dofs, n_dofs)."""


class HiddenAsset:
    """The asset at full order: march it with its true inputs."""

    def __init__(self, scene: Scene, space: FunctionSpace, physics: HiddenPhysics, *, backend: Backend) -> None:
        self.scene, self.space, self.physics = scene, space, physics
        self._backend = backend
        mesh = space.mesh
        in_sink = np.isin(mesh.cell_region, select_parts(mesh, SINK))
        conductivity, capacity = self._materials(in_sink)
        everywhere = np.arange(mesh.n_cells)
        sink = np.flatnonzero(in_sink)
        self.mass = assemble_mass(space, everywhere, capacity, backend=backend)
        self.skin = self._skin()
        self._sink_stiffness = assemble_conduction(space, sink, conductivity[sink], backend=backend)
        self._stiffness = sparse.csr_array(
            assemble_conduction(space, everywhere, conductivity, backend=backend) + self._joints() + self.skin.exchange
        )
        sources = [load for load in scene.loads if isinstance(load, HeatSource)]
        self._ambient = scene.input_index("ambient")
        self._powers = [scene.input_index(load.input) for load in sources]
        self._sources = self._source_columns(sources)

    def march(self, inputs: np.ndarray, dt_s: float) -> np.ndarray:
        """Temperatures from the scene's initial one [K], shape (n_times, n_dofs), in single precision.

        Args:
            inputs: True inputs at each time, shape (n_times, n_inputs).
            dt_s: Time between them [s].
        """
        start = self.scene.initial_temperature
        fields = np.zeros((len(inputs), self.space.n_dofs), np.float32)
        fields[0] = start
        factor = prepare(sparse.csr_array(self.mass * (1.5 / dt_s) + self._stiffness), backend=self._backend)
        before = now = np.full(self.space.n_dofs, start)
        for index in range(1, len(inputs)):
            ahead = 2.0 * now - before
            rhs = self.mass @ ((2.0 * now - 0.5 * before) / dt_s) + self._drive(ahead, inputs[index])
            before, now = now, factor.solve(rhs, guess=ahead).x
            fields[index] = now
        return fields

    def heat_leaving(self, temperature: np.ndarray, ambient: float) -> float:
        """Heat rate from the asset into the air [W]."""
        rise = self.skin.means @ temperature - ambient
        return float(self.skin.areas @ (self.skin.film * rise + self._excess_flux(temperature, ambient)))

    def _drive(self, temperature: np.ndarray, inputs: np.ndarray) -> np.ndarray:
        """Right-hand side less the rate [W], with all that is not linear at a given temperature, shape (n_dofs,)."""
        ambient, skin = inputs[self._ambient], self.skin
        into = skin.shares @ (skin.film * ambient - self._excess_flux(temperature, ambient))
        rise = temperature - self.scene.initial_temperature
        return self._sources @ inputs[self._powers] + into - self._sink_stiffness @ (0.5 * self.physics.slope * rise**2)

    def _excess_flux(self, temperature: np.ndarray, ambient: float) -> np.ndarray:
        """Flux out of each facet beyond that of the constant films [W/m²], shape (n_facets,)."""
        surface = self.skin.means @ temperature
        radiated = self.physics.emissivity * STEFAN_BOLTZMANN * (surface**4 - ambient**4)
        if not self.physics.is_buoyant:
            return np.asarray(radiated)
        rise = surface - ambient
        growth = np.maximum(np.abs(rise) / BUOYANT_RISE_K, 0.05) ** BUOYANT_POWER - 1.0
        return np.asarray(radiated + np.where(self.skin.is_free, self.skin.film * growth * rise, 0.0))

    def _materials(self, in_sink: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Conductivity [W/(m K)] and capacity [J/(m³ K)] of each cell."""
        mesh, physics = self.space.mesh, self.physics
        entries = [self.scene.parts[index] for index in material_of_parts(self.scene.parts, mesh.part_names)]
        start = self.scene.initial_temperature
        k = np.array([float(conductivity_at(entry.material, start)) for entry in entries])[mesh.cell_region]
        c = np.array([capacity_at(entry.material, start) for entry in entries])[mesh.cell_region]
        texture = physics.texture(mesh.points[mesh.cells[in_sink]].mean(axis=1))
        k[in_sink] *= physics.conductivity * np.exp(physics.field_deviation * texture)
        c[in_sink] *= physics.capacity
        return k, c

    def _joints(self) -> sparse.csr_array:
        each = [
            contact_stiffness(contact.model_copy(update={"conductance": factor * contact.conductance}), self.space)
            for contact, factor in zip(self.scene.contacts, self.physics.contacts, strict=True)
        ]
        return sparse.csr_array(sum(each[1:], start=each[0]))

    def _skin(self) -> Skin:
        space = self.space
        corners, stated, is_free = self._films()
        x = space.mesh.points[corners][..., 0].mean(axis=1)
        along = (x - x.min()) / np.ptp(x)
        forced = self.physics.film * (1.0 + self.physics.film_gradient * (1.0 - 2.0 * along))
        film = stated * np.where(is_free, 1.0, forced)
        blocks, dofs = facet_load_blocks(space, corners, 1.0), space.facet_dofs(corners)
        columns = np.repeat(np.arange(len(corners)), dofs.shape[1])
        entries = (blocks.ravel(), (dofs.ravel(), columns))
        shares = sparse.csr_array(sparse.coo_array(entries, shape=(space.n_dofs, len(corners))))
        areas = facet_areas(space, corners)
        return Skin(
            areas=areas,
            film=film,
            is_free=is_free,
            shares=shares,
            means=sparse.csr_array(sparse.diags_array(1.0 / areas) @ shares.T),
            exchange=assemble(facet_mass_blocks(space, corners, film), dofs, space.n_dofs),
        )

    def _films(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Corners of the outer facets, their stated film [W/(m² K)], and where it is free convection."""
        mesh, loads = self.space.mesh, self.scene.loads
        each = [
            (facets, load.film_coefficient, load.name != FORCED)
            for load, facets in zip(loads, select_load_facets(mesh, loads), strict=True)
            if isinstance(load, Convection)
        ]
        facets, stated, is_free = zip(*each, strict=True)
        sizes = [len(some) for some in facets]
        return mesh.facets[np.concatenate(facets)], np.repeat(stated, sizes), np.repeat(is_free, sizes)

    def _source_columns(self, sources: list[HeatSource]) -> np.ndarray:
        """Heat rates of sources of 1 W, shape (n_dofs, n_sources)."""
        space, physics = self.space, self.physics
        columns = np.zeros((space.n_dofs, len(sources)))
        for index, load in enumerate(sources):
            cells = source_cells(load, space.mesh)
            volumes = cell_volumes(space, cells)
            places = space.mesh.points[space.mesh.cells[cells]].mean(axis=1)[:, :2]
            middle = volumes @ places / volumes.sum() + physics.source_offsets_m[index]
            density = np.exp(-0.5 * ((places - middle) ** 2).sum(axis=1) / physics.source_width_m**2)
            shares = load_blocks(space, cells, density / (density @ volumes), backend=self._backend)
            columns[:, index] = gathered(space.cell_dofs[cells], self._backend.to_host(shares), space.n_dofs)
        return columns
