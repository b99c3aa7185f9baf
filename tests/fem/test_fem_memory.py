"""Solvers take no more memory than there is: the choice falls to what fits, and what does not fit is refused before."""

import numpy as np
import pytest
from box_mesh import box_mesh
from heat_bodies import NUMPY, stiffness_of
from scipy import sparse

from twin3d.errors import SolverError
from twin3d.fem.elements import Element
from twin3d.fem.linear import Method, choice, memory, prepare
from twin3d.fem.linear.direct import SuperLU
from twin3d.fem.space import function_space


def system(shape, element=Element.TET4):
    K = stiffness_of(function_space(box_mesh(shape, wobble=0.2), element))
    return sparse.csr_array(K + sparse.eye_array(K.shape[0]))


def with_memory(monkeypatch, tmp_path, kilobytes):
    meminfo = tmp_path / "meminfo"
    meminfo.write_text(f"MemTotal: 99999999 kB\nMemAvailable:   {kilobytes} kB\n")
    monkeypatch.setattr(memory, "MEMINFO", meminfo)


@pytest.mark.parametrize(
    ("shape", "element"), [((20, 20, 20), "tet4"), ((80, 40, 3), "tet4"), ((6, 6, 100), "tet4"), ((9, 9, 9), "tet10")]
)
def test_the_estimate_bounds_the_entries_of_a_factor(shape, element):
    A = system(shape, Element(element))

    estimate = memory.needed_bytes(Method.SUPERLU, A)

    taken = 8.0 * SuperLU(A, reason="")._factor.nnz
    assert taken < estimate < 4.0 * taken


def test_the_choice_falls_to_multigrid_where_a_factor_does_not_fit(monkeypatch, tmp_path):
    monkeypatch.setattr(choice, "has_pardiso", lambda: False)
    with_memory(monkeypatch, tmp_path, 40_000)
    A, b = system((60, 60, 3)), np.ones(61 * 61 * 4)

    factor = prepare(A, backend=NUMPY)

    assert factor.method is Method.MULTIGRID
    assert "a factor of 14,884 unknowns takes about" in factor.reason
    assert "41 MB are free" in factor.reason
    np.testing.assert_allclose(A @ factor.solve(b).x, b, atol=1e-8)


@pytest.mark.parametrize(
    ("method", "message"),
    [
        (Method.SUPERLU, r"superlu for 9,261 unknowns takes about \d+ MB of memory, 1 MB are free; take multigrid, "),
        (Method.MULTIGRID, r"multigrid for 9,261 unknowns takes about \d+ MB of memory, 1 MB are free; take a larger "),
    ],
)
def test_what_does_not_fit_is_refused_with_the_remedy(method, message, monkeypatch, tmp_path):
    with_memory(monkeypatch, tmp_path, 1000)

    with pytest.raises(SolverError, match=message):
        prepare(system((20, 20, 20)), method=method, backend=NUMPY)


def test_memory_is_that_of_the_machine_where_the_system_does_not_tell_what_is_free(monkeypatch, tmp_path):
    told = memory.available_bytes()
    monkeypatch.setattr(memory, "MEMINFO", tmp_path / "none")

    assert told <= memory.available_bytes() < np.inf
