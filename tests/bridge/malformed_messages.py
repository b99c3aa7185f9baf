"""Messages of every bad kind among good ones; as a program it sends them: ``malformed_messages.py ENDPOINT SEED``."""

import json
import sys
import zlib
from collections import Counter

import numpy as np
import zmq

N_GOOD = 1000
N_BAD = 10_000


def good(number, time_s):
    sensor = ("tc1", "tc2")[number % 2]
    return [json.dumps(_fields(n=sensor, v=300.0 + number, t=time_s + number * 1e-3, pid="feed", seq=number)).encode()]


def _fields(**changes):
    return {"n": "tc1", "u": "K", "v": 300.0} | changes


def _json(**changes):
    return [json.dumps(_fields(**changes)).encode()]


def _batch(payload=bytes(48), *, topic=b"t3/1/readings", **changes):
    header = {"v": 1, "type": "data", "pid": "plc", "ep": 1, "seq": 1, "n": 2, "enc": "rec24", "ts": 0, "mv": 1}
    header |= {"len": len(payload), "crc": zlib.crc32(payload)} | changes
    return [topic, json.dumps(header).encode(), payload]


BAD_KINDS = {
    # name: (cause, number of readings that are counted, message from random numbers and the time [s])
    "random bytes": ("malformed", 1, lambda rng, _: [rng.bytes(int(rng.integers(0, 300)))]),
    "cut JSON": ("malformed", 1, lambda rng, _: [_json()[0][: int(rng.integers(1, 30))]]),
    "not UTF-8": ("malformed", 1, lambda *_: [b'{"n": "tc\xff\xfe", "v": 1.0}']),
    "text for a number": ("malformed", 1, lambda *_: _json(v="warm")),
    "number for a name": ("malformed", 1, lambda *_: _json(n=7)),
    "unknown quality": ("malformed", 1, lambda *_: _json(q="splendid")),
    "deep nesting": ("malformed", 1, lambda rng, _: [b"[" * int(rng.integers(2000, 50_000))]),
    "two frames": ("malformed", 1, lambda *_: _json() * 2),
    "many frames": ("malformed", 1, lambda rng, _: _json() * int(rng.integers(4, 200))),
    "three frames of noise": ("malformed", 1, lambda rng, _: [rng.bytes(20) for _ in range(3)]),
    "no value": ("no value", 1, lambda *_: _json(v=None)),
    "NaN": ("not finite", 1, lambda *_: _json(v=float("nan"))),
    "infinite": ("not finite", 1, lambda *_: _json(v=float("-inf"))),
    "unknown sensor": ("unknown sensor", 1, lambda rng, _: _json(n=f"ghost {rng.integers(1000)}")),
    "unknown unit": ("unit", 1, lambda rng, _: _json(u=f"furlong{rng.integers(1000)}")),
    "wrong dimension": ("unit", 1, lambda *_: _json(u="W")),
    "below absolute zero": ("below absolute zero", 1, lambda *_: _json(u="Cel", v=-300.0)),
    "future": ("future", 1, lambda rng, now_s: _json(t=now_s + rng.uniform(1e3, 1e6))),
    "too old": ("too old", 1, lambda rng, now_s: _json(t=now_s - rng.uniform(1e3, 1e6))),
    "too large": ("too large", 1, lambda *_: [b" " * (256 * 1024 + 1)]),
    "later SenML": ("version", 1, lambda *_: _json(bver=11)),
    "label to understand": ("version", 1, lambda *_: _json(strange_=1)),
    "later batch": ("version", 1, lambda *_: _batch(topic=b"t3/2/readings")),
    "wrong checksum": ("corrupt", 1, lambda *_: _batch(crc=5)),
    "wrong record size": ("corrupt", 1, lambda *_: _batch(bytes(46))),
    "no birth": ("no birth", 2, lambda *_: _batch()),
    "duplicate": ("duplicate", 1, None),
}
RARE = {"too large", "deep nesting", "many frames"}


def plan(seed):
    """The order of kinds (None is a good message), and what must be counted by cause."""
    rng = np.random.default_rng(seed)
    names = list(BAD_KINDS)
    weights = np.array([0.1 if name in RARE else 1.0 for name in names])
    kinds = [*rng.choice(names, size=N_BAD, p=weights / weights.sum()), *[None] * (N_GOOD - 1)]
    rng.shuffle(kinds)
    expected = Counter()
    for kind in kinds:
        if kind is not None:
            cause, n_readings, _ = BAD_KINDS[kind]
            expected[cause] += n_readings
    return [None, *kinds], expected


def messages(seed, now_s):
    """All messages in their order."""
    rng = np.random.default_rng(seed + 1)
    sent = []
    for kind in plan(seed)[0]:
        if kind is None:
            sent.append(good(len(sent), now_s))
            yield sent[-1]
        elif kind == "duplicate":
            yield sent[int(rng.integers(len(sent)))]
        else:
            yield BAD_KINDS[kind][2](rng, now_s)


def main(endpoint, seed, now_s):
    context = zmq.Context()
    socket = context.socket(zmq.PUSH)
    socket.connect(endpoint)
    for frames in messages(int(seed), float(now_s)):
        socket.send_multipart(frames)
    socket.close()
    context.term()


if __name__ == "__main__":
    main(*sys.argv[1:])
