"""The small solve of `twin3d doctor`: right on every backend, and wrong answers are told."""

from dataclasses import replace

import numpy as np
import pytest
from emulated_device import emulated_device

from twin3d.backend import get_backend
from twin3d.cli import doctor, proof
from twin3d.errors import SolverError


@pytest.fixture(autouse=True)
def small_slab(monkeypatch):
    monkeypatch.setattr(proof, "N", 11)


def test_the_slab_is_solved_right(backend):
    proved = proof.prove(backend)

    assert proved.n_points == 12**3
    assert proved.error < 1e-7
    assert proved.duration > 0.0
    assert "a slab of 1,728 points to " in str(proved)


def test_the_slab_is_solved_right_the_way_of_the_gpu():
    assert proof.prove(emulated_device()).error < 1e-7


def test_a_wrong_answer_is_told_with_the_remedy(monkeypatch):
    right = proof._solve
    monkeypatch.setattr(proof, "_solve", lambda *arguments: right(*arguments) + 0.1)

    with pytest.raises(SolverError, match=r"to 1e-01 K in .* wrong by more than 1e-06 K; report it"):
        proof.prove(get_backend("numpy"))


def test_what_a_driver_raises_is_shown():
    def broken(name):
        raise OSError("the driver is too old")

    state, found = doctor._proof(replace(emulated_device(), kernel=broken))

    assert state == "[red]wrong[/]"
    assert found == "OSError: the driver is too old"


def test_a_kernel_that_computes_nothing_is_found_out():
    def silent(name):
        return lambda grid, block, arguments: None

    with np.errstate(all="ignore"):
        state, _ = doctor._proof(replace(emulated_device(), kernel=silent))

    assert state == "[red]wrong[/]"
