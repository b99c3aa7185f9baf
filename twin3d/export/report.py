"""One HTML page on a run, with everything inside: figures, curves with their bars, sensors, events, picture."""

import base64
import html
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

Z_90 = 1.6448536269514722
"""Half-width of the central 90 % interval of the standard normal distribution."""

STYLE = """
:root { color-scheme: light dark; --line: #8884; --faint: #8888881a; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: .2rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; } td, th { padding: .3rem .6rem; border-bottom: 1px solid var(--line);
  text-align: left; vertical-align: top; } th { background: var(--faint); }
td.number { font-variant-numeric: tabular-nums; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(26rem, 1fr)); gap: 1rem; }
figure { margin: 0; background: #fff; border: 1px solid var(--line); border-radius: 6px; overflow: hidden; }
svg, img { width: 100%; height: auto; display: block; }
"""


@dataclass(frozen=True, eq=False, slots=True)
class Curve:
    """An estimated quantity over time, with its bar and what it is compared with."""

    title: str
    unit: str
    time_s: npt.NDArray[np.float64]
    """Shape (n_times,)."""
    value: npt.NDArray[np.float64]
    """Estimated, in `unit`, shape (n_times,)."""
    deviation: npt.NDArray[np.float64]
    """Standard deviation of `value`, shape (n_times,)."""
    reference: npt.NDArray[np.float64]
    """Measured or true, NaN where there is none, shape (n_times,)."""
    reference_name: str
    """What `reference` is."""


@dataclass(frozen=True, slots=True)
class Report:
    """What the page says."""

    title: str
    summary: str
    facts: Sequence[tuple[str, str]]
    """Name and value of each figure."""
    curves: Sequence[Curve]
    sensor_columns: Sequence[str]
    sensor_rows: Sequence[Sequence[str]]
    events: Sequence[tuple[str, str, str]]
    """Time, kind and text."""
    picture: Path | None
    """A PNG of the last frame; None where nothing can be drawn."""


def write_report(path: Path, report: Report) -> None:
    """Write the page, one file that needs no other."""
    sections = [
        f"<h1>{html.escape(report.title)}</h1><p>{html.escape(report.summary)}</p>",
        "" if report.picture is None else _picture(report.picture),
        "<h2>Figures</h2>" + _table(("figure", "value"), report.facts),
        '<h2>Estimates with their 90 % intervals</h2><div class="charts">'
        + "".join(_chart(curve) for curve in report.curves)
        + "</div>",
        "<h2>Sensors at the end</h2>" + _table(report.sensor_columns, report.sensor_rows),
        "<h2>Events</h2>" + (_table(("time", "kind", "what"), report.events) if report.events else "<p>None.</p>"),
    ]
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(report.title)}</title><style>{STYLE}</style></head>"
        f"<body>{''.join(sections)}</body></html>\n"
    )
    path.write_text(page, encoding="utf-8")


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{html.escape(column)}</th>" for column in columns)
    body = "".join(
        "<tr>" + "".join(f'<td class="number">{html.escape(cell)}</td>' for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _picture(path: Path) -> str:
    content = base64.b64encode(path.read_bytes()).decode()
    return f'<figure><img alt="the last frame" src="data:image/png;base64,{content}"></figure>'


def _chart(curve: Curve) -> str:
    figure = Figure(figsize=(5.6, 3.0), layout="constrained")
    axes = figure.add_subplot()
    band = Z_90 * curve.deviation
    axes.fill_between(
        curve.time_s, curve.value - band, curve.value + band, color="#3b6fb6", alpha=0.22, lw=0, label="90 % interval"
    )
    axes.plot(curve.time_s, curve.value, color="#3b6fb6", lw=1.4, label="twin")
    if np.isfinite(curve.reference).any():
        axes.plot(curve.time_s, curve.reference, color="#c1440e", lw=1.0, label=curve.reference_name)
    axes.set_title(curve.title, fontsize=10, loc="left")
    axes.set_xlabel("time [s]", fontsize=9)
    axes.set_ylabel(f"[{curve.unit}]", fontsize=9)
    axes.tick_params(labelsize=8)
    axes.grid(alpha=0.25)
    axes.legend(fontsize=8, frameon=False)
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    svg = text.getvalue()
    return f"<figure>{re.sub(r'^.*?(?=<svg)', '', svg, flags=re.DOTALL)}</figure>"
