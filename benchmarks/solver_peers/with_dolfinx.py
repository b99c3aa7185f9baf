"""dolfinx 0.5 of Debian 12 with PETSc: GAMG, hypre's BoomerAMG, or MUMPS; an MPI process for each thread.

Runs with the system's Python: ``apt-get install python3-dolfinx``. Memory and CPU time are summed over the processes,
wall time is that of all.
"""

import sys
import time
from contextlib import contextmanager
from pathlib import Path

import dolfinx.fem.petsc as forms
import numpy as np
import ufl
import worker
from dolfinx import fem, mesh
from mpi4py import MPI
from petsc4py import PETSc
from problem import BODY_FORCE, POISSONS_RATIO, RTOL, TIME_STEP, YOUNGS_MODULUS, load_problem, small_like
from rigid_modes import rigid_modes

WORLD = MPI.COMM_WORLD
INVERSES = {"gamg": "gamg", "hypre": "hypre", "jacobi": "jacobi", "mumps": "cholesky"}


class Dolfinx:
    def __init__(self, problem):
        self.problem = problem
        root = WORLD.rank == 0
        points = problem.points if root else problem.points[:0]
        cells = problem.cells.astype(np.int64) if root else np.zeros((0, 4), np.int64)
        linear = ufl.Mesh(ufl.VectorElement("Lagrange", "tetrahedron", 1))
        self.mesh = mesh.create_mesh(WORLD, cells, points, linear)
        heat = problem.physics == "heat"
        self.space = (fem.FunctionSpace if heat else fem.VectorFunctionSpace)(self.mesh, ("CG", 1))
        self.block = 1 if heat else 3
        u, v = ufl.TrialFunction(self.space), ufl.TestFunction(self.space)
        density = fem.Constant(self.mesh, PETSc.ScalarType(1.0 if heat else BODY_FORCE))
        stiffness, mass = energy(u, v, heat=heat), ufl.inner(u, v)
        self.stiffness, self.mass_form = fem.form(stiffness * ufl.dx), fem.form(mass * ufl.dx)
        self.step_form = fem.form((mass + TIME_STEP * stiffness) * ufl.dx)
        self.load_form = fem.form(ufl.inner(density, v) * ufl.dx)
        facets = mesh.locate_entities_boundary(self.mesh, 2, lambda x: x[0] < 1e-9)
        dofs = fem.locate_dofs_topological(self.space, 2, facets)
        zero = np.array([0.0] * self.block) if self.block > 1 else PETSc.ScalarType(0.0)
        self.held = fem.dirichletbc(zero, dofs, self.space)
        self.matrix = forms.create_matrix(self.stiffness)
        self.point_of_dof = self._point_of_dof()

    def _point_of_dof(self):
        n_owned = self.space.dofmap.index_map.size_local
        n_local = n_owned + self.space.dofmap.index_map.num_ghosts
        result = np.zeros(n_local, dtype=np.int64)
        dofs, nodes = self.space.dofmap.list.array, self.mesh.geometry.dofmap.array
        result[dofs] = np.asarray(self.mesh.geometry.input_global_indices)[nodes]
        return result[:n_owned]

    def assemble(self):
        self.matrix.zeroEntries()
        forms.assemble_matrix(self.matrix, self.stiffness, bcs=[self.held])
        self.matrix.assemble()
        return self.matrix

    def load(self):
        result = forms.assemble_vector(self.load_form)
        result.ghostUpdate(addv=PETSc.InsertMode.ADD, mode=PETSc.ScatterMode.REVERSE)
        return self._hold(result)

    def vector(self, nodal):
        result = self.matrix.createVecRight()
        if nodal.size:
            result.array[:] = nodal[self.point_of_dof].ravel()
        return self._hold(result)

    def stepper(self, stiffness):
        self.mass = forms.assemble_matrix(self.mass_form)
        self.mass.assemble()
        result = forms.assemble_matrix(self.step_form, bcs=[self.held])
        result.assemble()
        return result

    def step_load(self, state, load):
        result = self.mass * state
        result.axpy(TIME_STEP, load)
        return self._hold(result)

    def prepare(self, matrix):
        if self.block == 3:
            matrix.setNearNullSpace(self._rigid_modes(matrix))
        solver = PETSc.KSP().create(WORLD)
        solver.setOperators(matrix)
        solver.setType("preonly" if self.problem.solver == "mumps" else "cg")
        solver.getPC().setType(INVERSES[self.problem.solver])
        if self.problem.solver == "mumps":
            solver.getPC().setFactorSolverType("mumps")
        else:
            solver.setNormType(PETSc.KSP.NormType.UNPRECONDITIONED)
        solver.setTolerances(rtol=RTOL, max_it=5000)
        solver.setUp()

        def solve(b, guess):
            x = matrix.createVecRight() if guess is None else guess.copy()
            solver.setInitialGuessNonzero(guess is not None and self.problem.solver != "mumps")
            solver.solve(b, x)
            if solver.getConvergedReason() < 0:
                raise RuntimeError(f"PETSc gives up with reason {solver.getConvergedReason()}")
            return x

        return solve

    def _rigid_modes(self, matrix):
        modes = rigid_modes(self.problem.points).reshape(-1, 3, 6)[self.point_of_dof].reshape(-1, 6)
        vectors = []
        for mode in modes.T:
            vector = matrix.createVecRight()
            vector.array[:] = mode
            for other in vectors:
                vector.axpy(-vector.dot(other), other)
            vector.normalize()
            vectors.append(vector)
        return PETSc.NullSpace().create(vectors=vectors, comm=WORLD)

    def at_points(self, solution):
        pieces = WORLD.gather((self.point_of_dof, solution.array.reshape(-1, self.block).copy()))
        result = np.zeros((len(self.problem.points), self.block))
        for points, values in pieces or ():
            result[points] = values
        return result

    def _hold(self, vector):
        fem.petsc.set_bc(vector, [self.held])
        return vector


def energy(u, v, *, heat):
    if heat:
        return ufl.inner(ufl.grad(u), ufl.grad(v))
    shear = YOUNGS_MODULUS / (2.0 * (1.0 + POISSONS_RATIO))
    first_lame = 2.0 * shear * POISSONS_RATIO / (1.0 - 2.0 * POISSONS_RATIO)
    strain, virtual = ufl.sym(ufl.grad(u)), ufl.sym(ufl.grad(v))
    return 2.0 * shear * ufl.inner(strain, virtual) + first_lame * ufl.div(u) * ufl.div(v)


class ParallelClock(worker.Clock):
    """Waits for all processes before and after."""

    @contextmanager
    def measure(self, work):
        WORLD.Barrier()
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        used = WORLD.allreduce(time.process_time() - cpu)
        self.record(work, time.perf_counter() - wall, used)


def main():
    problem, out = load_problem(Path(sys.argv[1])), Path(sys.argv[2])
    worker.solve_all(Dolfinx, small_like(problem), ParallelClock())
    clock, memory = ParallelClock(), worker.reset_peak()
    solutions = worker.solve_all(Dolfinx, problem, clock)
    peak = WORLD.allreduce(worker.peak_bytes() - memory)
    if WORLD.rank == 0:
        worker.write(out, clock, peak, solutions)


if __name__ == "__main__":
    main()
