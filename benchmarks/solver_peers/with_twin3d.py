"""twin3d itself, through the functions that its own solves call.

The solver is ``once`` or ``auto`` for what it chooses for one load and for many, or one of its methods by name.
"""

import sys
from dataclasses import replace

import numpy as np
import worker
from problem import BODY_FORCE, POISSONS_RATIO, RTOL, YOUNGS_MODULUS, small_like
from scipy import sparse

from twin3d.backend import get_backend
from twin3d.fem.assembly import assemble_conduction, assemble_mass
from twin3d.fem.integrals import load_blocks
from twin3d.fem.linear import Method, prepare
from twin3d.fem.march import guess_of
from twin3d.fem.mechanics.elastic import isotropic
from twin3d.fem.mechanics.forces import body_force
from twin3d.fem.mechanics.rigid import rigid_body_modes
from twin3d.fem.mechanics.stiffness import assemble_stiffness
from twin3d.fem.mechanics.vector_pattern import vector_pattern_of
from twin3d.fem.pattern import pattern_of
from twin3d.fem.space import function_space
from twin3d.records import TetMesh


class Heat:
    guess_of = staticmethod(guess_of)

    def __init__(self, problem):
        self.problem, self.backend = problem, get_backend("numpy")
        self.space = function_space(tet_mesh(problem))
        self.cells, self.ones = np.arange(len(problem.cells)), np.ones(len(problem.cells))
        self.free = np.flatnonzero(~problem.held)
        number = np.full(self.space.n_dofs, -1, dtype=np.int32)
        number[self.free] = np.arange(len(self.free))
        self.pattern = pattern_of(number[self.space.cell_dofs], len(self.free))

    def assemble(self):
        return assemble_conduction(self.space, self.cells, self.ones, pattern=self.pattern, backend=self.backend)

    def load(self):
        blocks = load_blocks(self.space, self.cells, self.ones, backend=self.backend)
        return np.bincount(self.space.cell_dofs.ravel(), blocks.ravel(), self.space.n_dofs)[self.free]

    def vector(self, nodal):
        return nodal[self.free] if nodal.size else np.zeros(len(self.free))

    def stepper(self, stiffness):
        self.mass = assemble_mass(self.space, self.cells, self.ones, pattern=self.pattern, backend=self.backend)
        return sparse.csr_array(self.mass + worker.dt_times(stiffness))

    def step_load(self, state, load):
        return self.mass @ state + worker.dt_times(load)

    def prepare(self, matrix):
        return prepared(matrix, self.problem.solver, self.backend)

    def at_points(self, solution):
        result = np.zeros((len(self.problem.points), 1))
        result[self.free, 0] = solution
        return result


class Elasticity:
    def __init__(self, problem):
        self.problem, self.backend = problem, get_backend("numpy")
        self.space = function_space(tet_mesh(problem))
        self.pattern = vector_pattern_of(self.space.cell_dofs, self.space.n_dofs)
        self.cells = np.arange(len(problem.cells))
        material = isotropic("body", youngs_modulus=YOUNGS_MODULUS, poissons_ratio=POISSONS_RATIO)
        self.regions = [(self.cells, material)]
        self.free = np.flatnonzero(np.repeat(~problem.held, 3))
        self.modes = rigid_body_modes(problem.points[~problem.held])

    def assemble(self):
        whole = assemble_stiffness(self.space, self.regions, pattern=self.pattern, backend=self.backend)
        return whole[self.free][:, self.free]

    def load(self):
        return body_force(self.space, self.cells, BODY_FORCE, backend=self.backend)[self.free]

    def vector(self, nodal):
        return nodal.ravel()[self.free]

    def prepare(self, matrix):
        return prepared(matrix, self.problem.solver, self.backend, near_null_space=self.modes)

    def at_points(self, solution):
        result = np.zeros(self.problem.n_unknowns)
        result[self.free] = solution
        return result.reshape(-1, 3)


def prepared(matrix, solver, backend, **options):
    if solver != Method.PARDISO:
        # So twin3d chooses as it does without the extra.
        sys.modules["pypardiso"] = None
    method = Method(solver) if solver in set(Method) else None
    factor = prepare(matrix, method=method, once=solver == "once", backend=backend, **options)
    return lambda b, guess: factor.solve(b, guess=guess, rtol=RTOL).x


def tet_mesh(problem):
    """The cells alone: what holds the body is given by its points."""
    no_facets, none = np.zeros((0, 3), dtype=np.int32), np.zeros((0, 2), dtype=np.int32)
    return TetMesh(
        points=problem.points,
        cells=problem.cells,
        cell_region=np.zeros(len(problem.cells), dtype=np.int32),
        part_names=("body",),
        facets=no_facets,
        facet_region=np.zeros(0, dtype=np.int32),
        facet_parts=none,
        face_names=(),
        contact_facets=np.zeros((0, 2, 3), dtype=np.int32),
        contact_parts=none,
    )


def make(problem):
    return Heat(problem) if problem.physics == "heat" else Elasticity(problem)


def warm_ups(problem):
    """With multigrid too: small systems are factorised where nothing else is asked for, large ones mostly are not."""
    small = small_like(problem)
    by_choice = [] if problem.solver in set(Method) else [replace(small, solver=Method.MULTIGRID.value)]
    return [*by_choice, small]


if __name__ == "__main__":
    worker.main(make, warm_ups=warm_ups)
