"""Brings a twin and its simulated asset together: each in its own process, the feed starts when both are ready."""

from dataclasses import dataclass, field
from typing import Any

from twin3d.cli.children import Child, ChildError
from twin3d.cli.reporting import Reporter
from twin3d.clock import Clock

PUMP_S = 0.05
"""How often the children's events are looked at while nothing is drawn."""


@dataclass(slots=True)
class Milestones:
    """When what happened, since the command was given [s]."""

    clock: Clock
    start_ns: int
    reached_s: dict[str, float] = field(default_factory=dict)

    def reach(self, name: str) -> None:
        """Note that something happened now; only the first time counts."""
        self.reached_s.setdefault(name, round((self.clock.now_ns() - self.start_ns) * 1e-9, 3))


class Conductor:
    """Follows the events of a twin and a feed and tells the feed when to start; call `pump` often."""

    def __init__(self, twin: Child, feed: Child, *, reporter: Reporter, milestones: Milestones) -> None:
        self._children = {"twin": twin, "feed": feed}
        self._reporter = reporter
        self._milestones = milestones
        self._clock = milestones.clock
        self._progress = {"twin": (0.0, "starting"), "feed": (0.0, "starting")}
        self._ready: dict[str, dict[str, Any]] = {}
        self._done: dict[str, dict[str, Any]] = {}
        self._feeding_since_ns: int | None = None

    @property
    def feeding_s(self) -> float:
        """How long the feed has been publishing [s]; 0 before."""
        since_ns = self._feeding_since_ns
        return 0.0 if since_ns is None else (self._clock.now_ns() - since_ns) * 1e-9

    def pump(self) -> None:
        """Take the events that have come and act on them.

        Raises:
            ChildError: A process ended that should run.
        """
        for name, child in self._children.items():
            was_alive = child.is_alive
            for event in child.poll():
                self._take(name, event)
            if not was_alive and name not in self._done:
                raise child.ended("done")
        if self._feeding_since_ns is None and len(self._ready) == len(self._children):
            self._children["feed"].tell(self._ready["twin"]["endpoint"])
            self._feeding_since_ns = self._clock.now_ns()
            self._milestones.reach("feed_started_s")

    def wait_ready(self, name: str, *, timeout_s: float) -> dict[str, Any]:
        """Wait until a child is ready; the answer is its event."""
        return self._wait_for(name, self._ready, "ready", timeout_s)

    def finish(self, name: str, *, timeout_s: float) -> dict[str, Any]:
        """Ask a child to end its work; the answer is its last event."""
        self._children[name].interrupt()
        return self._wait_for(name, self._done, "done", timeout_s)

    def _wait_for(self, name: str, events: dict[str, dict[str, Any]], what: str, timeout_s: float) -> dict[str, Any]:
        end_ns = self._clock.now_ns() + round(timeout_s * 1e9)
        while name not in events:
            if self._clock.now_ns() > end_ns:
                raise ChildError(f"the {name} did not report {what!r} within {timeout_s:g} s")
            self.pump()
            self._clock.sleep(PUMP_S)
        return events[name]

    def _take(self, name: str, event: dict[str, Any]) -> None:
        match event["event"]:
            case "progress":
                self._show(name, event["fraction"], event["text"])
            case "ready":
                self._ready[name] = event
                self._milestones.reach(f"{name}_ready_s")
                self._show(name, 1.0, "ready")
            case "first_frame":
                self._milestones.reach(f"first_{event['provenance'].replace(' ', '_')}_frame_s")
            case "done":
                self._done[name] = event

    def _show(self, name: str, fraction: float, text: str) -> None:
        self._progress[name] = (fraction, text)
        slowest = min(fraction for fraction, _ in self._progress.values())
        self._reporter.progress(slowest, "; ".join(f"{key}: {text}" for key, (_, text) in self._progress.items()))
