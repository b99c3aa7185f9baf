"""warp.fem, ``uv pip install warp-lang``: its integration in double precision, and its conjugate gradients.

The solver is the device and the preconditioner, ``cuda diagonal`` or ``cuda fsai`` (factorised sparse approximate
inverse), or the same on the ``cpu``; it has no multigrid. The diagonal is one of blocks in elasticity. Matrices are
assembled again into the pattern that the first assembly leaves.
"""

import sys
from pathlib import Path

import numpy as np
import warp as wp
import warp.fem as fem
import worker
from problem import BODY_FORCE, POISSONS_RATIO, RTOL, YOUNGS_MODULUS, load_problem
from warp.optim.linear import cg, preconditioner
from warp.sparse import bsr_copy, bsr_diag, bsr_mv

wp.set_module_options({"enable_backward": False})
MAX_ITERATIONS = 5000


@fem.integrand
def conduction(s: fem.Sample, u: fem.Field, v: fem.Field):
    return wp.dot(fem.grad(u, s), fem.grad(v, s))


@fem.integrand
def elasticity(s: fem.Sample, u: fem.Field, v: fem.Field, first_lame: wp.float64, shear: wp.float64):
    twice = shear + shear
    return twice * wp.ddot(fem.D(u, s), fem.D(v, s)) + first_lame * fem.div(u, s) * fem.div(v, s)


@fem.integrand
def source(s: fem.Sample, v: fem.Field):
    return v(s)


@fem.integrand
def body_force(s: fem.Sample, v: fem.Field, force: wp.vec3d):
    return wp.dot(force, v(s))


class WarpFem:
    def __init__(self, problem):
        self.problem, self.is_heat = problem, problem.physics == "heat"
        positions = wp.array(problem.points, dtype=wp.vec3d)
        geometry = fem.Tetmesh(wp.array(problem.cells, dtype=int), positions)
        self.dtype = wp.float64 if self.is_heat else wp.vec3d
        space = fem.make_polynomial_space(geometry, degree=1, dtype=self.dtype)
        domain = fem.Cells(geometry)
        self.test, self.trial = fem.make_test(space=space, domain=domain), fem.make_trial(space=space, domain=domain)
        # Gradients are constant in a cell; a load or a mass needs more.
        self.middle = fem.RegularQuadrature(domain=domain, order=0)
        held = problem.held.astype(float)
        one = (
            wp.array(held, dtype=wp.float64)
            if self.is_heat
            else wp.array(held[:, None, None] * np.eye(3), dtype=wp.mat33d)
        )
        self.projector = bsr_diag(one)
        self.target = wp.zeros(len(problem.points), dtype=self.dtype)
        self.matrix = None

    def assemble(self):
        capacity = "auto" if self.matrix is None else "reuse"
        shear = YOUNGS_MODULUS / (2.0 * (1.0 + POISSONS_RATIO))
        first_lame = 2.0 * shear * POISSONS_RATIO / (1.0 - 2.0 * POISSONS_RATIO)
        self.matrix = fem.integrate(
            conduction if self.is_heat else elasticity,
            quadrature=self.middle,
            fields={"u": self.trial, "v": self.test},
            values={} if self.is_heat else {"first_lame": first_lame, "shear": shear},
            output=self.matrix,
            bsr_options={"construction": "mapped_atomic", "capacity": capacity},
        )
        return self.matrix

    def hold(self, matrix):
        result = bsr_copy(matrix)
        fem.project_system_matrix(result, self.projector)
        result.nnz_sync()
        return result

    def load(self):
        form, values = (source, {}) if self.is_heat else (body_force, {"force": wp.vec3d(*BODY_FORCE)})
        return self._held(fem.integrate(form, fields={"v": self.test}, values=values).numpy())

    def vector(self, nodal):
        return self._held(nodal)

    def prepare(self, matrix):
        diagonal = "diag" if self.is_heat else "block_jacobi_sequential"
        inverse = preconditioner(matrix, "fsai" if self.problem.solver.endswith("fsai") else diagonal)

        def solve(b, guess):
            x = wp.zeros_like(b) if guess is None else wp.clone(guess)
            n, residual, goal = cg(matrix, b, x, tol=RTOL, atol=0.0, maxiter=MAX_ITERATIONS, M=inverse)
            if not residual <= goal:
                raise RuntimeError(f"warp's conjugate gradients end at {residual:.1e}, not {goal:.1e}, after {n} steps")
            return x

        return solve

    def product(self, matrix, x):
        bsr_mv(matrix, x, self.target, alpha=1.0, beta=0.0)

    def at_points(self, solution):
        return solution.numpy().reshape(-1, self.problem.n_components)

    def _held(self, nodal):
        values = nodal.reshape(len(self.problem.points), -1) * ~self.problem.held[:, None]
        return wp.array(values.ravel() if self.is_heat else values, dtype=self.dtype)


def main():
    with wp.ScopedDevice(load_problem(Path(sys.argv[1])).solver.split()[0]):
        worker.main(WarpFem, wait=wp.synchronize_device)


if __name__ == "__main__":
    main()
