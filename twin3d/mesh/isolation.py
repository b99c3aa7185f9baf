"""Runs a worker module in a process of its own, with limits: kernels crash, hang and eat memory on damaged files."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from twin3d.errors import GeometryError, MeshError, SelectionError

Arrays: TypeAlias = dict[str, npt.NDArray[Any]]
Progress: TypeAlias = Callable[[float, str], None]

ERRORS: Mapping[str, type[Exception]] = {
    "GeometryError": GeometryError,
    "MeshError": MeshError,
    "SelectionError": SelectionError,
}
"""Errors that a worker may report, by name."""

GIB = 1 << 30


class CrashError(MeshError):
    """A worker died or was stopped without a word of its own."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a worker may use before it is stopped."""

    memory_bytes: int = 16 * GIB
    """Address space [B]."""
    cpu_s: int = 3600
    """Time on all processors [s]."""
    silence_s: float = 900.0
    """Time without a word of progress [s], unless the worker says that the next step should take less."""


def run_worker(
    module: str, request: Mapping[str, Any], name: str, *, progress: Progress | None, limits: Limits | None = None
) -> Arrays:
    """Run ``python -m MODULE REQUEST.json`` and fetch the arrays that it writes.

    Args:
        module: The worker; it calls `worker_main`.
        request: What is asked, plain JSON.
        name: Of the file that is worked on, for messages.
        progress: Is told how far the work is, from 0 to 1.
        limits: What it may use.

    Raises:
        GeometryError: The worker said so.
        MeshError: The worker said so.
        CrashError: It crashed, or was stopped at a limit.
    """
    limits = limits or Limits()
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / "request.json", Path(folder) / "out.npz"
        words = {"memory_bytes": limits.memory_bytes, "cpu_s": limits.cpu_s}
        path.write_text(json.dumps({**request, "out": str(out), "limits": words}), encoding="utf-8")
        errors = Path(folder) / "errors.txt"
        with errors.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, str(path)], stdout=subprocess.PIPE, stderr=log, text=True
            )
            error, silent_s = _follow(process, progress, limits.silence_s)
        if error is not None:
            raise error
        if silent_s is not None:
            raise CrashError(f"{name} made no progress for {silent_s:g} s and was given up; {REMEDY}")
        if process.returncode or not out.is_file():
            raise CrashError(_epitaph(name, process.returncode, errors.read_text(encoding="utf-8", errors="replace")))
        with np.load(out, allow_pickle=False) as data:
            return dict(data)


REMEDY = "try another cell_size, or repair the geometry and export it again"


def worker_main(serve: Callable[[Mapping[str, Any]], None], request_path: str) -> int:
    """The worker's side: set the limits, serve the request, report errors that are meant for people."""
    request = json.loads(Path(request_path).read_text(encoding="utf-8"))
    _set_limits(request["limits"])
    try:
        serve(request)
    except tuple(ERRORS.values()) as error:
        _say(error=type(error).__name__, message=str(error))
        return 1
    except MemoryError:
        _say(error="MeshError", message=f"{Path(request['file']).name} needs more memory than it may have; {REMEDY}")
        return 1
    return 0


def tell(fraction: float, text: str, *, patience_s: float | None = None) -> None:
    """Tell the parent how far the work is; resets the clock of its patience.

    Args:
        fraction: From 0 to 1.
        text: What is done next.
        patience_s: How long that may take at most [s]; None leaves it to the limits.
    """
    _say(fraction=fraction, text=text, patience_s=patience_s)


def _say(**content: Any) -> None:
    sys.stdout.write(json.dumps(content) + "\n")
    sys.stdout.flush()


def _set_limits(limits: Mapping[str, int]) -> None:
    try:
        import resource  # noqa: PLC0415  not on Windows
    except ImportError:
        return
    for kind, wanted in ((resource.RLIMIT_AS, limits["memory_bytes"]), (resource.RLIMIT_CPU, limits["cpu_s"])):
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


def _follow(
    process: subprocess.Popen[str], progress: Progress | None, silence_s: float
) -> tuple[Exception | None, float | None]:
    """Pass the worker's progress on; the answer is the error that it reported, and how long it was silent if so."""
    error: Exception | None = None
    with _watched(process, silence_s) as watch:
        for said in _messages(process.stdout):
            watch.touch(said.get("patience_s"))
            if "error" in said:
                error = ERRORS.get(said["error"], MeshError)(said["message"])
            elif progress is not None:
                progress(said["fraction"], said["text"])
        process.wait()
    return error, watch.waits_s if watch.has_fired else None


def _messages(stream: IO[str] | None) -> Iterator[dict[str, Any]]:
    for line in stream or ():
        if line.startswith("{"):  # the kernel prints now and then
            yield json.loads(line)


class _Watch:
    """Kills a process that says nothing for too long."""

    def __init__(self, process: subprocess.Popen[str], silence_s: float) -> None:
        self._process = process
        self._silence_s = silence_s
        self._timer: threading.Timer | None = None
        self.waits_s = silence_s
        self.has_fired = False

    def touch(self, patience_s: float | None = None) -> None:
        """Start waiting afresh, for a shorter time where one is given [s]."""
        self.stop()
        self.waits_s = min(self._silence_s, patience_s or self._silence_s)
        self._timer = threading.Timer(self.waits_s, self._fire)
        self._timer.daemon = True
        self._timer.start()

    def stop(self) -> None:
        """Stop waiting."""
        if self._timer is not None:
            self._timer.cancel()

    def _fire(self) -> None:
        self.has_fired = True
        self._process.kill()


@contextlib.contextmanager
def _watched(process: subprocess.Popen[str], silence_s: float) -> Iterator[_Watch]:
    """A watch over a process; whatever ends the block early ends the process too, Ctrl-C included."""
    watch = _Watch(process, silence_s)
    watch.touch()
    try:
        yield watch
    except BaseException:
        process.kill()
        process.wait()
        raise
    finally:
        watch.stop()
        if process.stdout is not None:
            process.stdout.close()


def _epitaph(name: str, code: int, detail: str) -> str:
    """What to say of a worker that died."""
    lines = [line for line in detail.splitlines() if line.strip()]
    last = lines[-1].strip() if lines else "it said nothing"
    if "MemoryError" in last or "bad_alloc" in detail:
        return f"{name} needs more memory than the mesher may have; {REMEDY}"
    if code < 0:
        signalled = signal.Signals(-code)
        if os.name == "posix" and signalled is signal.SIGXCPU:
            return f"the mesher used up its processor time on {name} and was stopped; {REMEDY}"
        return f"the mesher crashed on {name} ({signalled.name}); the program itself is fine; {REMEDY}"
    return f"the mesher failed on {name} (exit code {code}): {last}; {REMEDY}"
