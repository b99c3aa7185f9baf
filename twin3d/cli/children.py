"""Verbs of twin3d that run as child processes and report in JSON lines."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from twin3d.errors import CapabilityError, Twin3dError

POLL_S = 0.1
"""How often a wait looks whether the child still lives."""

STOP_TIMEOUT_S = 30.0
"""A child that was asked to stop and has not after so long is killed."""


class ChildError(Twin3dError):
    """A child process ended before its time; its own message is on standard error."""


class Child:
    """One verb in a process of its own; its events come in through a queue."""

    def __init__(self, name: str, words: Sequence[str], *, niceness: int = 0) -> None:
        self.name = name
        self._events: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "twin3d", *words, "--json"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        if niceness:
            os.setpriority(os.PRIO_PROCESS, self._process.pid, niceness)
        self._reader = threading.Thread(target=self._read, name=f"twin3d-{name}", daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def tell(self, line: str) -> None:
        """Write a line to its standard input."""
        if self._process.stdin is None:
            raise ChildError(f"{self.name} has no standard input")
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def poll(self) -> list[dict[str, Any]]:
        """The events since the last call."""
        events = []
        while not self._events.empty():
            events.append(self._events.get())
        return events

    def wait_for(
        self, kind: str, *, timeout_s: float, on_event: Callable[[dict[str, Any]], None] | None = None
    ) -> dict[str, Any]:
        """Wait for an event of a kind; others go to `on_event`.

        Raises:
            ChildError: The child ended first, or the time is over.
        """
        waited_s = 0.0
        while waited_s < timeout_s:
            try:
                event = self._events.get(timeout=POLL_S)
            except queue.Empty:
                waited_s += POLL_S
                if not self._reader.is_alive() and self._events.empty():
                    raise self.ended(kind) from None
                continue
            if event["event"] == kind:
                return event
            if on_event is not None:
                on_event(event)
        raise ChildError(f"{self.name} did not report {kind!r} within {timeout_s:g} s")

    def interrupt(self) -> None:
        """Ask it to finish what it does and end."""
        if self.is_alive:
            self._process.send_signal(signal.SIGTERM)

    def stop(self) -> None:
        """Interrupt it, and kill it when it does not end in time."""
        self.interrupt()
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(POLL_S)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def ended(self, kind: str) -> Twin3dError:
        """The error to raise when it ended before an event of a kind."""
        code = self._process.wait()
        error = CapabilityError if code == CapabilityError.exit_code else ChildError
        return error(f"{self.name} ended with exit code {code} before it reported {kind!r}; its message is above")

    def _read(self) -> None:
        if self._process.stdout is None:
            return
        for line in self._process.stdout:
            self._events.put(json.loads(line))


def start_twin(scene: Path, *, out: Path | None = None, endpoint: str | None = None) -> Child:
    """Start `twin3d run` with state sockets on free ports; it reports them when it is ready."""
    words = ["run", str(scene)]
    for option, value in (
        ("--out", out),
        ("--endpoint", endpoint),
        ("--state-endpoint", "tcp://127.0.0.1:*"),
        ("--model-endpoint", "tcp://127.0.0.1:*"),
    ):
        if value is not None:
            words += [option, str(value)]
    return Child("the twin", words)
