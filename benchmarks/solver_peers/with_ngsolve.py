"""NGSolve: h1amg for heat, the BDDC or the diagonal preconditioner, or its sparse Cholesky factors.

Its C++ conjugate gradients stop on the preconditioned norm; these are the same steps on its vectors, stopped by the
norm of the residual. A hierarchy belongs to a bilinear form, so steps have a form of their own.
"""

import os

import netgen.meshing
import ngsolve
import numpy as np
import worker
from ngsolve import CF, H1, BilinearForm, Grad, InnerProduct, LinearForm, Preconditioner, VectorH1, div, dx, grad
from problem import BODY_FORCE, POISSONS_RATIO, RTOL, TIME_STEP, YOUNGS_MODULUS

ngsolve.ngsglobals.msg_level = 0


class NgSolve:
    def __init__(self, problem):
        self.problem = problem
        mesh = ngsolve.Mesh(netgen_mesh(problem.points, problem.cells))
        space = H1 if problem.physics == "heat" else VectorH1
        self.space = space(mesh, order=1, dirichlet="held")
        self.u, self.v = self.space.TnT()
        # h1amg is made from cell matrices while its form is assembled.
        self.assembles_in_set_up = problem.solver == "h1amg"
        self.projector = ngsolve.Projector(mask=self.space.FreeDofs(), range=True)
        self.forms = {}

    def _stiffness(self):
        u, v = self.u, self.v
        if self.problem.physics == "heat":
            return grad(u) * grad(v)
        shear = YOUNGS_MODULUS / (2.0 * (1.0 + POISSONS_RATIO))
        first_lame = 2.0 * shear * POISSONS_RATIO / (1.0 - 2.0 * POISSONS_RATIO)
        strain, virtual = (0.5 * (Grad(w) + Grad(w).trans) for w in (u, v))
        return 2.0 * shear * InnerProduct(strain, virtual) + first_lame * div(u) * div(v)

    def assemble(self):
        form = BilinearForm(self._stiffness() * dx, symmetric=False)
        return form.Assemble().mat

    def load(self):
        density = 1.0 * self.v if self.problem.physics == "heat" else CF(BODY_FORCE) * self.v
        return self._held(LinearForm(density * dx).Assemble().vec)

    def vector(self, nodal):
        result = ngsolve.GridFunction(self.space).vec
        result.FV().NumPy()[:] = nodal.T.ravel() if nodal.size else 0.0
        return self._held(result)

    def stepper(self, stiffness):
        self.mass = BilinearForm(self.u * self.v * dx).Assemble().mat
        form = BilinearForm((self.u * self.v + TIME_STEP * self._stiffness()) * dx)
        return form.Assemble().mat

    def step_load(self, state, load):
        return self._held((self.mass * state + TIME_STEP * load).Evaluate())

    def prepare(self, matrix):
        free = self.space.FreeDofs()
        if self.problem.solver == "sparsecholesky":
            inverse = matrix.Inverse(free, inverse="sparsecholesky")
            return lambda b, _: (inverse * b).Evaluate()
        preconditioner = matrix.CreateSmoother(free)
        if self.problem.solver != "jacobi":
            preconditioner = self._multilevel(is_step=hasattr(self, "mass"))
        return lambda b, guess: conjugate_gradients(matrix, preconditioner, b, guess, self.projector)

    def _multilevel(self, *, is_step):
        integrand = self._stiffness()
        form = BilinearForm(((self.u * self.v + TIME_STEP * integrand) if is_step else integrand) * dx)
        preconditioner = Preconditioner(form, self.problem.solver)
        form.Assemble()
        self.forms[is_step] = form
        return preconditioner.mat

    def at_points(self, solution):
        return solution.FV().NumPy().reshape(self.problem.n_components, -1).T.copy()

    def _held(self, vector):
        self.projector.Project(vector)
        return vector


def conjugate_gradients(matrix, preconditioner, b, guess, free):
    x, r, p, q, z = (b.CreateVector() for _ in range(5))
    x[:] = 0.0
    r.data = b
    if guess is not None:
        x.data = guess
        r.data -= matrix * guess
        free.Project(r)
    goal, rz = RTOL * b.Norm(), None
    while r.Norm() > goal:
        z.data = preconditioner * r
        rz, old = InnerProduct(r, z), rz
        if old is None:
            p.data = z
        else:
            p *= rz / old
            p.data += z
        q.data = matrix * p
        free.Project(q)
        alpha = rz / InnerProduct(p, q)
        x.data += alpha * p
        r.data -= alpha * q
    return x


def netgen_mesh(points, cells):
    mesh = netgen.meshing.Mesh(dim=3)
    mesh.AddPoints(points)
    for number in (1, 2):
        mesh.Add(netgen.meshing.FaceDescriptor(surfnr=number, domin=1, domout=0, bc=number))
    mesh.AddElements(dim=3, index=1, data=cells, base=0)
    facets = boundary_facets(cells, len(points))
    held = (points[facets][:, :, 0] < 1e-9).all(axis=1)
    for number, chosen in ((1, facets[held]), (2, facets[~held])):
        mesh.AddElements(dim=2, index=number, data=np.ascontiguousarray(chosen), base=0)
    mesh.SetBCName(0, "held")
    mesh.SetBCName(1, "rest")
    return mesh


def boundary_facets(cells, n_points):
    facets = np.concatenate([cells[:, [1, 2, 3]], cells[:, [0, 3, 2]], cells[:, [0, 1, 3]], cells[:, [0, 2, 1]]])
    a, b, c = np.sort(facets.astype(np.int64), axis=1).T
    _, first, count = np.unique((a * n_points + b) * n_points + c, return_index=True, return_counts=True)
    return facets[first[count == 1]]


if __name__ == "__main__":
    ngsolve.SetNumThreads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    with ngsolve.TaskManager():
        worker.main(NgSolve)
