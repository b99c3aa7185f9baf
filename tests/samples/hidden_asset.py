"""An asset of two boxes, and a true one whose physics no parameter of its model can express."""

import numpy as np
from box_mesh import box_mesh, make_scene, temperature_input
from scipy import sparse

from twin3d.fem.assembly import assemble_conduction, assemble_mass
from twin3d.fem.facet_integrals import facet_load_blocks, facet_mass_blocks
from twin3d.fem.heat import contact_stiffness, source_cells
from twin3d.fem.integrals import gathered
from twin3d.fem.pattern import assemble
from twin3d.records import Operators, Parameter, ParameterKind
from twin3d.scene import Contact, Convection, HeatSource, Input, UnknownPrior, selectors

SIZE_M = (0.1, 0.04, 0.02)


def two_boxes(shape=(16, 8, 4)):
    """A heated part that touches another one, cooled from below; the other faces are bare."""
    mesh = box_mesh(shape, SIZE_M, n_parts=2, contact=True)
    prior = UnknownPrior(spread=10.0, time_constant=20.0)
    scene = make_scene(
        loads=[
            HeatSource(name="heat", part="part_0", input="p"),
            Convection(name="film", face=selectors.parse("name z0"), film_coefficient=200.0, input="air"),
        ],
        inputs=[Input(name="p", unit="W", value=20.0, unknown=prior), temperature_input("air", 300.0)],
        contacts=[Contact(name="joint", between=("part_0", "part_1"), conductance=500.0)],
    )
    return mesh, scene


def hidden_operators(scene, space, rng, backend):
    """The heat equation of the true asset: all that varies does so in ways of its own, drawn anew."""
    mesh, n, cells = space.mesh, space.n_dofs, np.arange(space.mesh.n_cells)
    middle = mesh.points[mesh.cells].mean(axis=1) / SIZE_M
    k = 35.0 * 0.94 * (1.0 + 0.12 * np.sin(middle @ rng.uniform(2.0, 7.0, 3) + rng.uniform(0.0, 6.0)))
    c = 7200.0 * 440.5 * 0.97 * (1.0 + 0.05 * np.cos(middle @ rng.uniform(1.0, 4.0, 3)))
    K = assemble_conduction(space, cells, k, backend=backend) + rng.uniform(0.75, 1.1) * contact_stiffness(
        scene.contacts[0], space
    )
    F = np.zeros((n, 2))
    for facets, h in _films(mesh, rng):
        corners = mesh.facets[facets]
        dofs = space.facet_dofs(corners)
        K = K + assemble(facet_mass_blocks(space, corners, h), dofs, n)
        F[:, 1] += gathered(dofs, facet_load_blocks(space, corners, h), n)
    F[:, 0] = _spot(scene, space, rng)
    return Operators(
        parameters=(Parameter("all", ParameterKind.CONDUCTIVITY, 0.0),),
        mass_terms=(sparse.csr_array(assemble_mass(space, cells, c, backend=backend)),),
        stiffness_terms=(sparse.csr_array(K),),
        load_terms=(np.zeros_like(F),),
        constant_load=F,
        input_names=("p", "air"),
        input_is_temperature=np.array([False, True]),
        fixed_dofs=np.zeros(0, dtype=np.int32),
        fixed_input=np.zeros(0, dtype=np.int32),
    )


def _films(mesh, rng):
    """Facets and film coefficients: the stated film, stronger at one end, and radiation of all other outer faces."""
    outer = mesh.facet_parts[:, 1] < 0
    below = outer & (mesh.facet_region == mesh.face_names.index("z0"))
    x, y = (mesh.points[mesh.facets[below]].mean(axis=1) / SIZE_M)[:, :2].T
    yield below, 200.0 * (1.0 + rng.uniform(-0.3, 0.3) * (2.0 * x - 1.0) + 0.1 * np.sin(5.0 * y))
    yield outer & ~below, rng.uniform(1.0, 3.0)


def _spot(scene, space, rng):
    """One watt around a place off the middle of the source's part."""
    cells = source_cells(scene.loads[0], space.mesh)
    own = np.zeros(space.n_dofs, dtype=bool)
    own[space.cell_dofs[cells]] = True
    at = (space.dof_points / SIZE_M) - np.array([0.25, 0.5, 0.5]) - rng.uniform(-0.08, 0.08, 3)
    weight = np.where(own, np.exp(-2.0 * (at**2).sum(axis=1)), 0.0)
    return weight / weight.sum()
