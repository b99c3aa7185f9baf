"""What a verb says while it works: a progress bar for people, JSON lines for programs."""

import json
import sys
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn


class Reporter:
    """Progress and events of one run, on standard error for people or as JSON lines on standard output."""

    def __init__(self, *, json_lines: bool = False) -> None:
        self._json_lines = json_lines
        self._console = Console(stderr=True, highlight=False)
        self._progress = Progress(
            TextColumn("{task.description:<44}"),
            BarColumn(),
            TimeElapsedColumn(),
            console=self._console,
            transient=False,
            disable=json_lines or not self._console.is_terminal,
        )
        self._task = self._progress.add_task("starting", total=1.0)
        self._last_text = ""

    def __enter__(self) -> "Reporter":
        """Show the bar."""
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away."""
        self.close()

    def close(self) -> None:
        """Take the bar away; later messages are plain lines."""
        self._progress.stop()

    def progress(self, fraction: float, text: str) -> None:
        """Show how far a long piece of work is, from 0 to 1."""
        self._progress.update(self._task, completed=fraction, description=text)
        if self._json_lines:
            self.event("progress", fraction=round(fraction, 3), text=text)
        elif not self._console.is_terminal and text != self._last_text:
            self._console.print(text, markup=False, soft_wrap=True)
        self._last_text = text

    def say(self, text: str) -> None:
        """Tell people something that stays on the screen."""
        if not self._json_lines:
            self._console.print(text, markup=False, soft_wrap=True)

    def event(self, kind: str, **data: Any) -> None:
        """Tell a program something, as one JSON line on standard output."""
        if self._json_lines:
            sys.stdout.write(json.dumps({"event": kind, **data}, allow_nan=True) + "\n")
            sys.stdout.flush()
