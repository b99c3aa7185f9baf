import itertools

import numpy as np
import pytest
from box_asset import box_inputs, box_rows, box_sensors
from scipy import linalg, sparse, stats

from twin3d.estimation.observability import Focus, Objective
from twin3d.estimation.placement import Candidates, PlacementStudy, estimated_gains, losses, propose


@pytest.fixture
def make_study(box_model):
    """A study of the box with some of its thermocouples, and the ambient's; all cells matter alike."""

    def make(*kept, objective=Objective.MEAN):
        which = [*kept, 8]
        sensors = tuple(box_sensors()[index] for index in which)
        n = box_model.n_dofs
        focus = Focus(box_model, np.arange(n), np.full(n, 1.0 / n))
        return PlacementStudy(box_inputs(), sensors, box_rows()[which], focus, objective)

    return make


def candidates_at(model, cells):
    like = box_sensors()[0]
    sensors = tuple(like.model_copy(update={"id": f"site_{cell}"}) for cell in cells)
    rows = sparse.csr_array(sparse.eye_array(model.n_dofs, format="csr"))[list(cells)]
    return Candidates(sensors, sparse.csr_array(rows))


def some_cells(model, rng, count):
    return np.sort(rng.choice(model.n_dofs, count, replace=False))


def value_of(study, candidates, chosen):
    return study.bars_with(candidates, chosen).of(study.objective)


@pytest.mark.parametrize("objective", list(Objective))
def test_first_proposal_is_the_best_of_all(box_model, make_study, rng, objective):
    study = make_study(0, 3, 5, objective=objective)
    candidates = candidates_at(box_model, some_cells(box_model, rng, 50))

    first = propose(study, candidates, count=1)[0]

    best = min(value_of(study, candidates, [index]) for index in range(50))
    np.testing.assert_allclose(first.bars.of(objective), best, rtol=0.01)


def test_estimates_rank_candidates_as_their_exact_effects_do(box_model, make_study, rng):
    study = make_study(0, 3, 5)
    candidates = candidates_at(box_model, some_cells(box_model, rng, 50))

    gains = estimated_gains(study, *study.settled(candidates, []), candidates)

    exact = [value_of(study, candidates, [index]) for index in range(50)]
    assert stats.spearmanr(gains, exact).statistic < -0.9


def test_pair_is_the_best_of_all_pairs(box_model, make_study, rng):
    study = make_study(0, 3, 5)
    candidates = candidates_at(box_model, some_cells(box_model, rng, 16))

    pair = propose(study, candidates, count=2)

    best = min(value_of(study, candidates, list(two)) for two in itertools.combinations(range(16), 2))
    np.testing.assert_allclose(pair[-1].bars.rms, best, rtol=0.02)


def test_proposals_beat_random_layouts_and_pivoted_rows(box_model, make_study, rng):
    study = make_study(5)
    cells = some_cells(box_model, rng, 120)
    candidates = candidates_at(box_model, cells)

    proposed = propose(study, candidates, count=4)[-1].bars.rms

    random = [value_of(study, candidates, list(rng.choice(120, 4, replace=False))) for _ in range(20)]
    pivots = linalg.qr(box_model.basis[cells].T, mode="r", pivoting=True)[1][:4]
    pivoted = value_of(study, candidates, list(map(int, pivots)))
    print(f"proposed {proposed:.3f} K, random {np.median(random):.3f} K, best {min(random):.3f}, QR {pivoted:.3f} K")
    assert proposed < 0.8 * np.median(random)
    assert proposed <= min(*random, pivoted)


def test_sensor_on_a_hot_spot_that_none_sees_is_proposed_first(box_model, make_study):
    study = make_study(0, 1, 3, 5, 6, objective=Objective.WORST)
    hidden = int(np.argmax(box_model.basis @ (box_model.input_map[:, 2] / box_model.decay_rates)))
    candidates = candidates_at(box_model, [0, 40, 80, hidden, 200])

    first = propose(study, candidates, count=1)[0]

    before = study.bars(*study.settled(candidates, []))
    assert candidates.sensors[first.candidate].id == f"site_{hidden}"
    assert first.bars.worst < 0.5 * before.worst


def test_first_sensors_of_an_asset_without_any_are_proposed(box_model, make_study):
    study = make_study()
    without = PlacementStudy(box_inputs(), (), sparse.csr_array((0, box_model.n_dofs)), study.focus)
    candidates = candidates_at(box_model, [0, 40, 80, 120, 200])

    found = propose(without, candidates, count=2)

    open_field = without.bars(*without.settled(candidates, []))
    best = min(value_of(without, candidates, [index]) for index in range(5))
    assert open_field.rms > found[0].bars.rms > found[1].bars.rms
    assert found[0].bars.rms >= best * (1.0 - 1e-9)
    np.testing.assert_allclose(found[1].bars.rms, value_of(without, candidates, [p.candidate for p in found]))


def test_one_of_two_sensors_at_one_place_is_the_cheapest_to_lose(box_model, make_study):
    base = make_study(0, 1, 2, 4, 5)
    twin = base.sensors[2].model_copy(update={"id": "tc3_again"})
    rows = sparse.csr_array(sparse.vstack([base.rows, base.rows[[2]]], format="csr"))
    study = PlacementStudy(base.inputs, (*base.sensors, twin), rows, base.focus)
    asset, P = study.settled(candidates_at(box_model, []), [])

    found = {loss.sensor: loss for loss in losses(study, asset)}

    now = study.bars(asset, P)
    for name in ("tc3", "tc3_again"):
        assert found[name].bars.rms < 1.03 * now.rms
        np.testing.assert_allclose(found[name].bars.rms, base.bars(*base.settled(candidates_at(box_model, []), [])).rms)
    assert all(found[name].bars.rms > 1.1 * now.rms for name in ("tc1", "tc2"))


def test_losing_a_sensor_equals_never_having_had_it(box_model, make_study):
    study, less = make_study(0, 1, 2, 3), make_study(0, 1, 3)
    nowhere = candidates_at(box_model, [])

    found = {loss.sensor: loss for loss in losses(study, study.settled(nowhere, [])[0])}

    asset, P = less.settled(nowhere, [])
    np.testing.assert_allclose(found["tc3"].bars.rms, less.bars(asset, P).rms, rtol=1e-6)
    np.testing.assert_allclose(found["tc3"].deviations, np.sqrt(np.diag(P)[asset.problem.inputs]), rtol=1e-6)


def test_only_sensor_of_a_drifting_input_cannot_be_lost(box_model, make_study):
    study = make_study()
    asset, _ = study.settled(candidates_at(box_model, []), [])

    found = losses(study, asset)

    assert [(loss.sensor, loss.bars) for loss in found] == [("air", None)]
    assert "no sensor sees the drift of ambient" in found[0].reason
