"""What all benchmarks share: a row per comparison, a table for people, a JSON file with machine and versions."""

import argparse
import json
import math
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison of twin3d with the best of its peers, on the same work in the same run."""

    work: str
    size: str
    unit: str
    ours: float
    best_peer: float
    peer: str
    """Which peer was best."""
    goal: float
    """Smallest ratio that is good enough."""
    more_is_better: bool
    """True for a rate, False for a duration or an error."""
    reason: str = ""
    """Why the goal is missed or a peer could not be run, where that is known; numbers that are missing are NaN."""

    @property
    def ratio(self) -> float:
        """How many times better twin3d is than the peer; below 1 it is worse."""
        return self.ours / self.best_peer if self.more_is_better else self.best_peer / self.ours

    @property
    def met(self) -> bool:
        """Whether the ratio reaches its goal."""
        return bool(self.ratio >= self.goal)


def is_quick(description: str) -> bool:
    """Read the command line of a benchmark: whether the sizes shall be small."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="small sizes, for a look")
    return bool(parser.parse_args().quick)


def report(
    name: str, rows: Sequence[Row], *, packages: Sequence[str], quick: bool, details: Mapping[str, object] | None = None
) -> Path:
    """Print the rows and write ``results/NAME.json``, as `save` does."""
    print(table(rows))
    return save(name, rows, packages=packages, quick=quick, details=details)


def save(
    name: str, rows: Sequence[Row], *, packages: Sequence[str], quick: bool, details: Mapping[str, object] | None = None
) -> Path:
    """Write ``results/NAME.json`` with the machine and the versions of some packages; the file is whole at any time.

    Details, such as single runs, are added to the file as they are.
    """
    content = {
        "benchmark": name,
        "date": datetime.now(UTC).date().isoformat(),
        "quick": quick,
        "machine": _machine(),
        "versions": {"python": platform.python_version(), **{package: version(package) for package in packages}},
        "rows": [asdict(row) | {"ratio": row.ratio, "met": row.met} for row in rows],
        **(details or {}),
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    unfinished = path.with_suffix(".part")
    unfinished.write_text(json.dumps(_rounded(content), indent=2) + "\n")
    return unfinished.replace(path)


def table(rows: Sequence[Row]) -> str:
    """For people."""
    titles = ("work", "size", "unit", "ours", "best peer", "peer", "ratio", "goal", "met")
    lines: list[tuple[str, ...]] = [titles]
    for row in rows:
        numbers = (f"{row.ours:.4g}", f"{row.best_peer:.4g}")
        met = "yes" if row.met else "NO"
        lines.append((row.work, row.size, row.unit, *numbers, row.peer, f"{row.ratio:.2f}", f"{row.goal:.2f}", met))
    if any(row.reason for row in rows):
        lines = [(*line, reason) for line, reason in zip(lines, ["reason", *(row.reason for row in rows)], strict=True)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) for line in lines)


def _machine() -> dict[str, object]:
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_GiB": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": f"{platform.system()} {platform.machine()}",
        "load": os.getloadavg()[0],
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return None if math.isnan(value) else float(f"{value:.4g}")
    if isinstance(value, dict):
        return {key: _rounded(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_rounded(entry) for entry in value]
    return value
