"""Frames and view models as bytes: round trip, and what is refused."""

from dataclasses import fields, replace

import msgspec
import numpy as np
import pytest
from bridge_samples import make_frame, make_view_model
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from twin3d.bridge.packing import (
    VERSION,
    pack_error,
    pack_frame,
    pack_view_model,
    unpack_frame,
    unpack_view_model,
)
from twin3d.errors import BridgeError
from twin3d.records import SENSOR_STATE_DTYPE, Frame

VECTORS = npst.arrays(np.float64, st.integers(0, 60))
FRAMES = st.builds(
    Frame,
    sequence=st.integers(0, 2**63 - 1),
    time_ns=st.integers(0, 2**63 - 1),
    model_hash=st.text(max_size=64),
    coefficients=VECTORS,
    inputs=VECTORS,
    input_deviation=VECTORS,
    covariance_factor=st.none() | npst.arrays(np.float64, st.tuples(st.integers(1, 9), st.integers(0, 9))),
    sensors=npst.arrays(SENSOR_STATE_DTYPE, st.integers(0, 9)),
    provenance=st.text(max_size=20),
    flags=st.lists(st.text(max_size=40), max_size=4).map(tuple),
)


def assert_same(ours, theirs):
    for field in fields(ours):
        mine, other = getattr(ours, field.name), getattr(theirs, field.name)
        if isinstance(mine, np.ndarray):
            assert (mine.dtype, mine.shape) == (other.dtype, other.shape), field.name
            assert mine.tobytes() == other.tobytes(), field.name
        else:
            assert mine == other, field.name


@given(FRAMES)
@settings(deadline=None)
def test_a_frame_survives_the_round_trip(frame):
    assert_same(unpack_frame(pack_frame(frame)), frame)


@given(st.integers(0, 2**32 - 1), st.integers(1, 30), st.integers(1, 12))
@settings(deadline=None)
def test_a_view_model_survives_the_round_trip(seed, n_visible, n_modes):
    view_model = make_view_model(np.random.default_rng(seed), n_visible=n_visible, n_modes=n_modes)

    answer = unpack_view_model(pack_view_model(view_model))

    assert_same(answer, view_model)
    assert answer.basis.flags.f_contiguous


def test_a_frame_of_50_modes_is_small():
    n_bytes = len(pack_frame(make_frame(n_modes=50)))

    assert n_bytes < 1000


def test_one_kind_is_not_taken_for_the_other(rng):
    with pytest.raises(BridgeError, match="received a frame, expected a view model"):
        unpack_view_model(pack_frame(make_frame()))
    with pytest.raises(BridgeError, match="received a view model, expected a frame"):
        unpack_frame(pack_view_model(make_view_model(rng)))


def test_an_error_of_the_twin_is_told():
    with pytest.raises(BridgeError, match="the twin answers: no frame yet"):
        unpack_frame(pack_error("no frame yet"))


def test_another_version_is_named():
    envelope = msgspec.msgpack.decode(pack_error("")) | {"version": VERSION + 1, "kind": "frame", "error": ""}

    with pytest.raises(BridgeError, match=f"version {VERSION + 1}, this is {VERSION}"):
        unpack_frame(msgspec.msgpack.encode(envelope))


@given(st.binary(max_size=100))
@settings(deadline=None)
def test_any_bytes_are_refused(data):
    with pytest.raises(BridgeError):
        unpack_frame(data)


@given(st.integers(0, 10_000), st.integers(1, 255))
@settings(deadline=None)
def test_a_changed_byte_gives_a_frame_or_an_error(place, change):
    packed = bytearray(pack_frame(make_frame(factor=np.eye(4))))
    packed[place % len(packed)] ^= change

    try:
        frame = unpack_frame(bytes(packed))
    except BridgeError:
        return
    assert isinstance(frame, Frame)


def test_what_cannot_be_sent_is_an_error_of_the_program():
    with pytest.raises(TypeError, match="object cannot be sent"):
        pack_frame(replace(make_frame(), provenance=object()))
