"""The bridge and the history against the plainest loops that do less: throughput, latency, durable appends.

The peers are what one would write in ten lines: ``recv`` and decode, no unit, time or duplicate checks, nothing
counted; and one SQLite commit per reading. Every figure is the best of some interleaved runs.
"""

import json
import multiprocessing
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import zmq
from harness import Row, is_quick, report

from twin3d.bridge.inbox import Inbox
from twin3d.bridge.wire import RECORD_DTYPE, Origin, WireReading, encode_batch, encode_birth, encode_pack, encode_senml
from twin3d.bridge.zeromq import Publisher, Receiver
from twin3d.clock import WallClock
from twin3d.history import History
from twin3d.records import READING_DTYPE, empty_readings
from twin3d.scene import Sensor

N_SENSORS = 100
BATCH = 1000
PACK = 100
SENSORS = [Sensor(id=f"tc{number}", unit="degC", noise=0.1, period=1.0) for number in range(N_SENSORS)]
INDEX_OF = {sensor.id: index for index, sensor in enumerate(SENSORS)}
CLOCK = WallClock()
_processes = multiprocessing.get_context("spawn")

Messages = list[list[bytes]]
Receive = Callable[[int, Callable[[str], None]], float]


@dataclass(frozen=True)
class Sizes:
    singles: int
    batches: int
    repeats: int
    latency_s: float
    appends: int
    commits: int


FULL = Sizes(singles=200_000, batches=4000, repeats=5, latency_s=20.0, appends=200_000, commits=1000)
QUICK = Sizes(singles=30_000, batches=1000, repeats=3, latency_s=4.0, appends=20_000, commits=200)


class PlainRecord(msgspec.Struct):
    n: str
    v: float
    t: float


def singles(n_messages: int) -> Messages:
    return [[encode_senml(_reading(number))] for number in range(n_messages)]


def packs(n_messages: int) -> Messages:
    numbers = range(n_messages * PACK)
    return [[encode_pack([_reading(n) for n in numbers[start : start + PACK]])] for start in numbers[::PACK]]


def batches(n_messages: int) -> Messages:
    records = np.zeros(BATCH, dtype=RECORD_DTYPE)
    records["alias"] = np.arange(BATCH) % N_SENSORS
    records["value"] = 20.0
    records["time_ns"] = CLOCK.now_ns()
    birth = encode_birth(Origin("plc", 1, 0, 0), [(sensor.id, "Cel") for sensor in SENSORS])
    return [birth, *(encode_batch(Origin("plc", 1, number, 0), records) for number in range(1, n_messages + 1))]


def _reading(number: int) -> WireReading:
    now_ns = CLOCK.now_ns()
    return WireReading(f"tc{number % N_SENSORS}", 20.0, now_ns, "Cel", producer="p", epoch=1, sequence=number)


def send_all(endpoint: str, messages: Messages) -> None:
    """Run in another process: send messages as fast as they go."""
    context = zmq.Context()
    socket = context.socket(zmq.PUSH)
    socket.set_hwm(0)
    socket.connect(endpoint)
    for frames in messages:
        if len(frames) == 1:
            socket.send(frames[0])
        else:
            socket.send_multipart(frames)
    socket.close()
    context.term()


@contextmanager
def sender(target: Callable[..., None], *args: object) -> Iterator[None]:
    process = _processes.Process(target=target, args=args)
    process.start()
    yield
    process.join()


@contextmanager
def pull_socket() -> Iterator[tuple[zmq.Socket[bytes], str]]:
    context = zmq.Context()
    socket = context.socket(zmq.PULL)
    socket.set_hwm(0)
    port = socket.bind_to_random_port("tcp://127.0.0.1")
    yield socket, f"tcp://127.0.0.1:{port}"
    context.destroy(linger=0)


class TimedInbox(Inbox):
    """Notes when readings are put in."""

    def __init__(self, capacity: int) -> None:
        super().__init__(capacity)
        self.puts: list[tuple[float, int]] = []

    def put(self, batch: npt.NDArray[np.void]) -> int:
        n_dropped = super().put(batch)
        self.puts.append((time.perf_counter(), len(batch)))
        return n_dropped


def receive_ours(messages: Messages, n_readings: int) -> float:
    """Readings per second through the receiver, with all its checks, into the inbox."""
    inbox = TimedInbox(n_readings)
    with Receiver(SENSORS, inbox, endpoint="tcp://127.0.0.1:*", clock=CLOCK, max_age_s=3600.0) as receiver:
        with sender(send_all, receiver.endpoint, messages):
            while receiver.counts.total() < n_readings:
                time.sleep(0.01)
        if receiver.rejected:
            raise SystemExit(f"rejected: {receiver.rejected}")
    (first_s, n_first), *_, (last_s, _) = inbox.puts
    return (n_readings - n_first) / (last_s - first_s)


def receive_plain(messages: Messages, n_readings: int, keep: Callable[[list[bytes]], None]) -> float:
    """Readings per second through a loop that receives, decodes and checks nothing."""
    is_batch = len(messages[0]) > 1
    with pull_socket() as (socket, endpoint), sender(send_all, endpoint, messages):
        receive = socket.recv_multipart if is_batch else lambda: [socket.recv()]
        keep(receive())
        start_s = time.perf_counter()
        for _ in range(len(messages) - 1):
            keep(receive())
        return n_readings / (time.perf_counter() - start_s)


def plain_json(frames: list[bytes]) -> None:
    decoded = json.loads(frames[0])
    for record in decoded if isinstance(decoded, list) else [decoded]:
        _store(record["n"], record["t"], record["v"])


_one_decoder = msgspec.json.Decoder(PlainRecord)
_pack_decoder = msgspec.json.Decoder(list[PlainRecord])


def plain_msgspec(frames: list[bytes]) -> None:
    decoded = _pack_decoder.decode(frames[0]) if frames[0].startswith(b"[") else [_one_decoder.decode(frames[0])]
    for record in decoded:
        _store(record.n, record.t, record.v)


def plain_records(frames: list[bytes]) -> None:
    if b'"data"' in frames[1]:
        records = np.frombuffer(frames[2], dtype=RECORD_DTYPE)
        _state["value"][records["alias"]] = 273.15 + records["value"]
        _state["time_ns"][records["alias"]] = records["time_ns"]


_state: dict[str, npt.NDArray[np.float64]] = {"value": np.zeros(N_SENSORS), "time_ns": np.zeros(N_SENSORS)}


def _store(name: str, time_s: float, value: float) -> None:
    index = INDEX_OF[name]
    _state["value"][index] = 273.15 + value
    _state["time_ns"][index] = time_s


def throughput(sizes: Sizes) -> Iterator[Row]:
    plain_text = {"json.loads loop": plain_json, "msgspec loop": plain_msgspec}
    works = (
        ("single readings", singles, sizes.singles, 1, plain_text, 0.2),
        (f"packs of {PACK}", packs, sizes.batches, PACK, plain_text, 0.1),
        (f"batches of {BATCH}", batches, sizes.batches, BATCH, {"frombuffer loop": plain_records}, 0.1),
    )
    for work, make, n_messages, per_message, peers, goal in works:
        ours, best = 0.0, dict.fromkeys(peers, 0.0)
        for _ in range(sizes.repeats):
            messages, n_readings = make(n_messages), n_messages * per_message
            ours = max(ours, receive_ours(messages, n_readings))
            for name, keep in peers.items():
                best[name] = max(best[name], receive_plain(messages, n_readings, keep))
        peer = max(best, key=best.__getitem__)
        size = f"{n_messages * per_message:,}"
        yield Row(work, size, "readings/s", ours, best[peer], peer, goal, more_is_better=True)


def send_paced(endpoint: str, rate: float, duration_s: float) -> None:
    """Run in another process: single readings at a rate, each stamped when it is sent."""
    per_tick = max(1, round(rate * 0.001))
    with Publisher(endpoint) as publisher:
        next_s = time.perf_counter()
        for tick in range(round(duration_s * rate / per_tick)):
            for number in range(per_tick):
                publisher.send(f"tc{(tick + number) % N_SENSORS}", "degC", 20.0, time_ns=CLOCK.now_ns())
            next_s += per_tick / rate
            time.sleep(max(0.0, next_s - time.perf_counter()))


class StampedInbox(Inbox):
    """Notes how long ago each reading was sent when it is put in."""

    def __init__(self) -> None:
        super().__init__(10_000_000)
        self.latencies: list[npt.NDArray[np.float64]] = []

    def put(self, batch: npt.NDArray[np.void]) -> int:
        n_dropped = super().put(batch)
        self.latencies.append((CLOCK.now_ns() - batch["sent_ns"]) * 1e-3)
        return n_dropped


def latency_ours(rate: float, duration_s: float) -> npt.NDArray[np.float64]:
    inbox = StampedInbox()
    with Receiver(SENSORS, inbox, endpoint="tcp://127.0.0.1:*", clock=CLOCK) as receiver:
        with sender(send_paced, receiver.endpoint, rate, duration_s):
            pass
        time.sleep(0.2)
    return np.concatenate(inbox.latencies)


def latency_plain(rate: float, duration_s: float) -> npt.NDArray[np.float64]:
    latencies = []
    with pull_socket() as (socket, endpoint), sender(send_paced, endpoint, rate, duration_s):
        for _ in range(round(duration_s * rate)):
            record = json.loads(socket.recv())
            _store(record["n"], record["t"], record["v"])
            latencies.append(CLOCK.now_ns() * 1e-3 - record["ts"] * 1e6)
    return np.array(latencies)


def latency(sizes: Sizes) -> Iterator[Row]:
    for rate in (100.0, 10_000.0):
        runs = [
            [np.percentile(measure(rate, sizes.latency_s), [50, 99]) for measure in (latency_ours, latency_plain)]
            for _ in range(2)
        ]
        ours, plain = np.min(runs, axis=0)
        for index, name in enumerate(("p50", "p99")):
            size = f"{rate:,.0f}/s"
            work = f"latency {name}, sent to inbox"
            yield Row(work, size, "us", ours[index], plain[index], "json.loads loop", 0.3, more_is_better=False)


def readings_batch(first: int, n_readings: int) -> npt.NDArray[np.void]:
    batch = empty_readings(n_readings)
    number = np.arange(first, first + n_readings)
    batch["sensor"], batch["sequence"] = number % N_SENSORS, number
    batch["time_ns"] = batch["sent_ns"] = 1_790_000_000_000_000_000 + number * 10_000_000
    batch["value"] = np.round(300.0 + np.sin(number * 1e-3), 2)
    return batch


def append_ours(folder: Path, n_readings: int, per_call: int) -> tuple[float, float]:
    """Readings per second until the last is on the disk, and bytes of the file per reading."""
    path = folder / f"ours{per_call}.sqlite"
    chunks = [readings_batch(first, per_call) for first in range(0, n_readings, per_call)]
    with History(path, sensor_ids=[sensor.id for sensor in SENSORS]) as history:
        start_s = time.perf_counter()
        for number, chunk in enumerate(chunks):
            history.append_readings(chunk)
            if number % 10_000 == 9999:
                history.flush()
        history.flush()
        duration_s = time.perf_counter() - start_s
    size = path.stat().st_size
    path.unlink()
    return n_readings / duration_s, size / n_readings


def append_naive(folder: Path, n_readings: int, per_commit: int) -> tuple[float, float]:
    """The same with a row per reading, and a commit after so many."""
    path = folder / "naive.sqlite"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    columns = ", ".join(READING_DTYPE.names or ())
    connection.execute(f"CREATE TABLE readings ({columns})")
    start_s = time.perf_counter()
    for first in range(0, n_readings, per_commit):
        rows = readings_batch(first, per_commit).tolist()
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO readings VALUES (?, ?, ?, ?, ?, ?)", rows)
        connection.execute("COMMIT")
    duration_s = time.perf_counter() - start_s
    connection.close()
    size = path.stat().st_size
    path.unlink()
    return n_readings / duration_s, size / n_readings


def appends(sizes: Sizes) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for per_call, n_ours, n_naive in ((1, sizes.appends, sizes.commits), (100, sizes.appends * 5, sizes.appends)):
            ours, plain = np.max(
                [
                    (append_ours(folder, n_ours, per_call), append_naive(folder, n_naive, per_call))
                    for _ in range(sizes.repeats)
                ],
                axis=0,
            )
            peer = "SQLite rows, commit per call"
            work, size = f"history, {per_call} per call", f"{n_ours:,}"
            yield Row(work, size, "readings/s", ours[0], plain[0], peer, 10.0, more_is_better=True)
            yield Row(work, size, "bytes/reading", ours[1], plain[1], peer, 2.0, more_is_better=False)


def main() -> None:
    quick = is_quick(__doc__.splitlines()[0])
    sizes = QUICK if quick else FULL
    rows = [*throughput(sizes), *latency(sizes), *appends(sizes)]
    report("bridge", rows, packages=["numpy", "pyzmq", "msgspec"], quick=quick)


if __name__ == "__main__":
    main()
