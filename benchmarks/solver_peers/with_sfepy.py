"""SfePy with its interface to pyamg."""

import numpy as np
import worker
from problem import BODY_FORCE, POISSONS_RATIO, RTOL, YOUNGS_MODULUS
from rigid_modes import rigid_modes
from scipy import sparse
from sfepy.base.base import Struct, output
from sfepy.discrete import Equation, Equations, FieldVariable, Integral, Material
from sfepy.discrete import Problem as SfepyProblem
from sfepy.discrete.conditions import Conditions, EssentialBC
from sfepy.discrete.fem import FEDomain, Field, Mesh
from sfepy.mechanics.matcoefs import stiffness_from_youngpoisson
from sfepy.solvers import Solver
from sfepy.terms import Term

output.set_output(quiet=True)
MULTIGRID = {"kind": "ls.pyamg", "method": "smoothed_aggregation_solver", "accel": "cg", "force_reuse": True}


class Sfepy:
    def __init__(self, problem):
        self.problem = problem
        groups, kinds = [np.zeros(len(problem.cells), np.int32)], ["3_4"]
        mesh = Mesh.from_data("body", problem.points, None, [problem.cells], groups, kinds)
        domain = FEDomain("domain", mesh)
        self.omega = domain.create_region("Omega", "all")
        held = domain.create_region("Held", "vertices in x < 1e-9", "facet")
        shape = "scalar" if problem.physics == "heat" else 3
        field = Field.from_args("u", np.float64, shape, self.omega, approx_order=1)
        self.u = FieldVariable("u", "unknown", field)
        self.v = FieldVariable("v", "test", field, primary_var_name="u")
        self.stiffness_form = self._problem(self._stiffness_terms(), held)
        self.mass_form = self._problem([self._term("dw_dot(v, u)", 2)], held)
        self.free = np.flatnonzero(~np.repeat(problem.held, problem.n_components))

    def _term(self, name, order, **materials):
        return Term.new(name, Integral("i", order=order), self.omega, v=self.v, u=self.u, **materials)

    def _stiffness_terms(self):
        if self.problem.physics == "heat":
            source = Material("m", f=1.0)
            return [self._term("dw_laplace(v, u)", 1), -self._term("dw_volume_lvf(m.f, v)", 1, m=source)]
        stiffness = stiffness_from_youngpoisson(3, YOUNGS_MODULUS, POISSONS_RATIO)
        body = Material("m", D=stiffness, f=np.array(BODY_FORCE)[:, None])
        return [
            self._term("dw_lin_elastic(m.D, v, u)", 1, m=body),
            -self._term("dw_volume_lvf(m.f, v)", 1, m=body),
        ]

    def _problem(self, terms, held):
        total = terms[0] if len(terms) == 1 else terms[0] + terms[1]
        result = SfepyProblem("p", equations=Equations([Equation("balance", total)]))
        result.set_bcs(ebcs=Conditions([EssentialBC("held", held, {"u.all": 0.0})]))
        result.time_update()
        result.update_materials()
        return result

    def assemble(self):
        return self._matrix(self.stiffness_form)

    def _matrix(self, form):
        state = form.get_initial_state()
        state.apply_ebc()
        return sparse.csr_matrix(form.get_evaluator().eval_tangent_matrix(state(), is_full=True))

    def load(self):
        state = self.stiffness_form.get_initial_state()
        state.apply_ebc()
        return -self.stiffness_form.get_evaluator().eval_residual(state(), is_full=True)

    def vector(self, nodal):
        return nodal.ravel()[self.free] if nodal.size else np.zeros(len(self.free))

    def stepper(self, stiffness):
        self.mass = self._matrix(self.mass_form)
        return sparse.csr_matrix(self.mass + worker.dt_times(stiffness))

    def step_load(self, state, load):
        return self.mass @ state + worker.dt_times(load)

    def prepare(self, matrix):
        options = MULTIGRID
        if self.problem.physics == "elasticity":
            modes = rigid_modes(self.problem.points[~self.problem.held])
            options = MULTIGRID | {"method:B": modes, "method:strength": None, "method:improve_candidates": None}
            matrix = sparse.bsr_matrix(matrix, blocksize=(3, 3))
        solver = Solver.any_from_conf(Struct(name="multigrid", i_max=500, eps_r=RTOL, eps_a=0.0, **options))
        return lambda b, guess: solver(b, x0=guess, mtx=matrix)

    def at_points(self, solution):
        result = np.zeros(self.problem.n_unknowns)
        result[self.free] = solution
        return result.reshape(-1, self.problem.n_components)


if __name__ == "__main__":
    worker.main(Sfepy)
