"""torch-fem: its own element integration, assembly and multigrid-preconditioned conjugate gradients, through its parts.

Its `time_integration` is Crank-Nicolson and sets multigrid up anew in each step; here the hierarchy is kept, which
`sparse_solve` allows. Its iteration starts from zero, so a step solves for the increment, as exactly as all others.

The solver is ``amg``, on the processor, or ``cuda``, where it takes NVIDIA's AmgX if ``AMGX_DLL`` names that and the
diagonal as preconditioner otherwise. ``jacobi`` is the latter on the processor, for a check.
"""

import sys
from pathlib import Path

import numpy as np
import torch
import worker
from problem import BODY_FORCE, POISSONS_RATIO, RTOL, YOUNGS_MODULUS, load_problem
from torchfem import Solid, SolidHeat
from torchfem.materials import IsotropicConductivity3D, IsotropicElasticity3D
from torchfem.sparse import sparse_solve

torch.set_default_dtype(torch.float64)
torch.set_grad_enabled(False)


class TorchFem:
    def __init__(self, problem):
        self.problem = problem
        points, cells = torch.tensor(problem.points), torch.tensor(problem.cells.astype(np.int64))
        if problem.physics == "heat":
            self.model = SolidHeat(points, cells, IsotropicConductivity3D(1.0, 1.0))
        else:
            self.model = Solid(points, cells, IsotropicElasticity3D(E=YOUNGS_MODULUS, nu=POISSONS_RATIO))
        self.held = torch.tensor(np.flatnonzero(np.repeat(problem.held, problem.n_components)))

    def assemble(self):
        return self.model.assemble_matrix(self.model.k0(), self.held)

    def load(self):
        density = 1.0 if self.problem.physics == "heat" else torch.tensor(BODY_FORCE)
        return self._hold(self.model.integrate_body_load(density).ravel())

    def vector(self, nodal):
        return self._hold(torch.tensor(nodal.ravel()) if nodal.size else torch.zeros(self.model.n_dofs))

    def stepper(self, stiffness):
        # Its own mass matrix takes one point of integration, which would be another problem.
        volumes = self.model.integrate_field()[:, None, None]
        self.mass = self.model.assemble_matrix(volumes / 20.0 * (1.0 + torch.eye(4)), self.held)
        values = self.mass.values() + worker.dt_times(stiffness.values())
        return torch.sparse_csr_tensor(stiffness.crow_indices(), stiffness.col_indices(), values, stiffness.shape)

    def step_load(self, state, load):
        return self._hold(self.mass @ state + worker.dt_times(load))

    def prepare(self, matrix):
        kept = {"M": None, "solver": None}
        modes = self.model.near_null_space()
        inverse = "jacobi" if self.problem.solver == "jacobi" else None

        def solve(b, guess):
            start = torch.zeros_like(b) if guess is None else guess
            residual = b if guess is None else b - matrix @ guess
            rtol = RTOL * float(b.norm() / residual.norm())
            if rtol >= 1.0:
                return start
            x, kept["M"], kept["solver"], _ = sparse_solve(
                matrix, residual, modes, rtol, None, "cg", inverse, kept["M"], kept["solver"]
            )
            return start + x

        return solve

    def product(self, matrix, x):
        matrix @ x

    def at_points(self, solution):
        return solution.cpu().numpy().reshape(-1, self.problem.n_components)

    def _hold(self, vector):
        vector[self.held] = 0.0
        return vector


def main():
    if load_problem(Path(sys.argv[1])).solver != "cuda":
        worker.main(TorchFem)
        return
    torch.set_default_device("cuda")
    worker.main(TorchFem, wait=torch.cuda.synchronize)


if __name__ == "__main__":
    main()
