"""What the solvers are compared on, and with whom."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from solver_peers.problem import Problem, cube_problem, with_loads

from twin3d.assets import asset_path
from twin3d.mesh import build_mesh
from twin3d.scene import Geometry

N_STEPS = 100
FEW_STEPS = 10
"""Steps that are really done at a million unknowns."""
MANY = 400_000
"""From so many unknowns on a case is called large: fewer steps, other goals, codes that may be too much for it."""


@dataclass(frozen=True, slots=True)
class Case:
    """A body and its physics."""

    name: str
    physics: str
    make: Callable[[], Problem]
    smaller: str = ""
    """The case by which it is estimated what a code will take."""

    def problem(self) -> Problem:
        """The problem, with its steps."""
        problem = self.make()
        if self.physics != "heat":
            return problem
        return replace(problem, n_steps=FEW_STEPS if problem.n_unknowns > MANY else N_STEPS)


@dataclass(frozen=True, slots=True)
class Solver:
    """One solver of one code."""

    code: str
    """Name for people."""
    module: str
    """``solver_peers/with_MODULE.py``."""
    name: str
    physics: tuple[str, ...] = ("heat", "elasticity")
    factorises: bool = False
    """Left out of the memory of assembled and multigrid runs, and of large cases where its factors take too much."""
    uses_threads: bool = True
    digits: float = 0.0
    """Relative precision of results that are only told in text; 0 for all digits."""

    @property
    def title(self) -> str:
        """Name for a table."""
        return f"{self.code} {self.name}"


ONCE, AUTO, MULTIGRID, MKL = (Solver("twin3d", "twin3d", name) for name in ("once", "auto", "multigrid", "pardiso"))
"""twin3d's own choice for one load and for many, its multigrid, and its choice with the extra ``mkl``."""
OURS = (ONCE, AUTO, MULTIGRID, replace(MKL, factorises=True))

PEERS = (
    Solver("scikit-fem", "scikit_fem", "pyamg", uses_threads=False),
    Solver("SfePy", "sfepy", "pyamg", uses_threads=False),
    Solver("torch-fem", "torch_fem", "amg"),
    Solver("NGSolve", "ngsolve", "h1amg", physics=("heat",)),
    Solver("NGSolve", "ngsolve", "jacobi"),
    Solver("NGSolve", "ngsolve", "sparsecholesky", factorises=True),
    Solver("dolfinx", "dolfinx", "gamg"),
    Solver("dolfinx", "dolfinx", "hypre"),
    Solver("dolfinx", "dolfinx", "mumps", factorises=True),
    Solver("CalculiX", "calculix", "ITERATIVE CHOLESKY", physics=("elasticity",), digits=1e-5),
    Solver("CalculiX", "calculix", "SPOOLES", physics=("elasticity",), factorises=True, digits=1e-5),
)


def cases(*, quick: bool) -> Iterator[Case]:
    """Cubes of both sizes and a bracket; small ones for a look."""
    sizes = {"heat": {"small": 21}, "elasticity": {"small": 14}}
    brackets = {"heat": 2.0, "elasticity": 3.6}
    if not quick:
        sizes = {"heat": {"100k": 46, "1M": 99}, "elasticity": {"100k": 31, "1M": 68}}
        brackets = {"heat": 0.8, "elasticity": 1.3}
    for physics, of_physics in sizes.items():
        for size, n in of_physics.items():
            smaller = f"{physics}-cube-100k" if size == "1M" else ""
            yield Case(f"{physics}-cube-{size}", physics, lambda p=physics, n=n: cube_problem(p, n), smaller)
        edge_mm = brackets[physics]
        size = "small" if quick else "100k"
        yield Case(f"{physics}-bracket-{size}", physics, lambda p=physics, e=edge_mm: bracket_problem(p, e))


def bracket_problem(physics: str, edge_mm: float) -> Problem:
    """An L-bracket with holes, held at one end; its largest extent is taken as one."""
    geometry = Geometry(file=asset_path("meshes", "l_bracket.step"), cell_size=edge_mm * 1e-3)
    mesh = build_mesh(geometry, (), cache_dir=None).mesh
    return with_loads(physics, mesh.points, mesh.cells)


def solvers_of(case: Case) -> list[Solver]:
    """Ours first, since the others are compared with it, then all that know the physics."""
    return [*OURS, *(solver for solver in PEERS if case.physics in solver.physics)]
