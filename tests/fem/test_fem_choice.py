"""The method is chosen by size and shape, and the reason is logged."""

import logging

import numpy as np
import pytest
from scipy import sparse

from twin3d.backend import get_backend
from twin3d.fem.linear import Method, choice, prepare
from twin3d.fem.linear.levels import connected_pieces, layer_width

HOST = get_backend("numpy")


def box_laplacian(*shape):
    """Conduction between the points of a grid, to the ambient at one end."""
    total = sparse.csr_array((1, 1))
    for n in shape:
        link = sparse.diags_array([np.ones(n - 1), np.ones(n - 1)], offsets=[-1, 1]) if n > 1 else sparse.eye_array(1)
        line = sparse.diags_array(link.sum(axis=1)) - link
        total = sparse.kron(total, sparse.eye_array(n)) + sparse.kron(sparse.eye_array(total.shape[0]), line)
    held = np.zeros(total.shape[0])
    held[0] = 1.0
    return sparse.csr_array(total + sparse.diags_array(held))


def test_layers_of_a_chain_are_single_points():
    assert layer_width(box_laplacian(50)) == pytest.approx(1.0)


def test_layers_of_two_bars_are_as_wide_as_those_of_one():
    bar = box_laplacian(4, 4, 60)

    two = layer_width(sparse.csr_array(sparse.block_diag([bar, bar])))

    assert two == pytest.approx(layer_width(bar))
    assert 10.0 < two <= 16.0


def test_pieces_are_those_of_scipy(rng):
    A = sparse.random_array((300, 300), density=0.003, rng=rng)
    A = sparse.csr_array(A + A.T + sparse.eye_array(300))

    n_pieces, piece = connected_pieces(A)

    expected_number, expected = sparse.csgraph.connected_components(A, directed=False)
    assert n_pieces == expected_number
    assert len(set(zip(piece.tolist(), expected.tolist(), strict=True))) == n_pieces


@pytest.mark.parametrize(
    ("shape", "once", "method", "reason"),
    [
        ((15, 15, 15), True, Method.SUPERLU, "3,375 unknowns, up to 4,000 are always factorised"),
        ((24, 24, 24), True, Method.MULTIGRID, "13,824 unknowns and one load"),
        ((24, 24, 24), False, Method.SUPERLU, "thin enough to factorise"),
        ((60, 60, 60), False, Method.MULTIGRID, "too thick to factorise"),
        ((10, 10, 1250), False, Method.SUPERLU, "125,000 unknowns in layers of 99 points, thin enough"),
        ((4, 4, 25001), False, Method.MULTIGRID, "400,016 unknowns, more than 400,000 are not factorised"),
    ],
)
def test_size_and_shape_choose_the_method(shape, once, method, reason, monkeypatch):
    monkeypatch.setattr(choice, "has_pardiso", lambda: False)

    chosen, why = choice.choose(box_laplacian(*shape), HOST, once=once)

    assert chosen is method
    assert reason in why


def test_pardiso_factorises_what_is_too_thick_for_superlu(monkeypatch):
    monkeypatch.setattr(choice, "has_pardiso", lambda: True)

    chosen, _ = choice.choose(box_laplacian(46, 46, 46), HOST)

    assert chosen is Method.PARDISO


def test_the_choice_is_logged_and_kept_with_its_reason(caplog, monkeypatch):
    monkeypatch.setattr(choice, "has_pardiso", lambda: False)
    logger = logging.getLogger("twin3d.fem.linear.preparation")
    monkeypatch.setattr(logger, "disabled", False)  # import-linter, run before, turns loggers off

    with caplog.at_level(logging.INFO, logger="twin3d.fem.linear"):
        factor = prepare(box_laplacian(5, 5, 5), backend=HOST)

    assert factor.reason == "125 unknowns, up to 4,000 are always factorised"
    assert caplog.messages == [f"superlu for the linear system: {factor.reason}"]


def test_a_method_that_was_asked_for_is_taken():
    factor = prepare(box_laplacian(5, 5, 5), method=Method.MULTIGRID, backend=HOST)

    assert (factor.method, factor.reason) == (Method.MULTIGRID, "asked for")
