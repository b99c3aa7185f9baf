"""scikit-fem, as its own examples solve large problems: conjugate gradients preconditioned by pyamg."""

import numpy as np
import pyamg
import worker
from problem import BODY_FORCE, POISSONS_RATIO, RTOL, YOUNGS_MODULUS
from rigid_modes import rigid_modes
from scipy import sparse
from skfem import Basis, ElementTetP1, ElementVector, LinearForm, MeshTet, condense, solve, solver_iter_pcg
from skfem.models.elasticity import lame_parameters, linear_elasticity
from skfem.models.poisson import laplace, mass


class ScikitFem:
    def __init__(self, problem):
        self.problem = problem
        element = ElementTetP1() if problem.physics == "heat" else ElementVector(ElementTetP1())
        mesh = MeshTet(np.ascontiguousarray(problem.points.T), np.ascontiguousarray(problem.cells.T.astype(np.int64)))
        self.basis = Basis(mesh, element)
        self.held = np.flatnonzero(np.repeat(problem.held, problem.n_components))
        self.free = np.flatnonzero(~np.repeat(problem.held, problem.n_components))

    def assemble(self):
        lame = lame_parameters(YOUNGS_MODULUS, POISSONS_RATIO)
        form = laplace if self.problem.physics == "heat" else linear_elasticity(*lame)
        return condense(form.assemble(self.basis), D=self.held, expand=False)

    def load(self):
        if self.problem.physics == "heat":
            form = LinearForm(lambda v, _: v)
        else:
            form = LinearForm(lambda v, _: BODY_FORCE[2] * v[2])
        return form.assemble(self.basis)[self.free]

    def vector(self, nodal):
        return nodal.ravel()[self.free] if nodal.size else np.zeros(len(self.free))

    def stepper(self, stiffness):
        self.mass = condense(mass.assemble(self.basis), D=self.held, expand=False)
        return sparse.csr_matrix(self.mass + worker.dt_times(stiffness))

    def step_load(self, state, load):
        return self.mass @ state + worker.dt_times(load)

    def prepare(self, matrix):
        if self.problem.physics == "heat":
            hierarchy = pyamg.smoothed_aggregation_solver(matrix)
        else:
            modes = rigid_modes(self.problem.points[~self.problem.held])
            hierarchy = pyamg.smoothed_aggregation_solver(
                sparse.bsr_matrix(matrix, blocksize=(3, 3)), modes, strength=None, improve_candidates=None
            )
        preconditioner = hierarchy.aspreconditioner()
        options = {"M": preconditioner, "rtol": RTOL, "maxiter": 500}
        return lambda b, guess: solve(matrix, b, solver=solver_iter_pcg(**options, x0=guess))

    def at_points(self, solution):
        result = np.zeros(self.problem.n_unknowns)
        result[self.free] = solution
        return result.reshape(-1, self.problem.n_components)


if __name__ == "__main__":
    worker.main(ScikitFem)
