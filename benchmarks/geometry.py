"""From STEP to tetrahedra: seconds and quality at 100,000 and 1,000,000 cells, against gmsh and pytetwild, on one core.

``uv run --with gmsh python benchmarks/geometry.py``; peers that are not installed are left out, and that is said.
``--part`` does one part and keeps what ``results/geometry.json`` holds of the others.
"""

import argparse
import dataclasses
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from harness import RESULTS, Row, report

from twin3d.assets import asset_path
from twin3d.mesh import build_mesh
from twin3d.mesh.quality import scaled_jacobians
from twin3d.mesh.topology import right_handed
from twin3d.scene import Geometry

SIZES_MM = {
    "power_module.step": {100_000: 2.15, 1_000_000: 1.0},
    "turbine_blade.step": {100_000: 3.7, 1_000_000: 0.95},
    "motor_stator.step": {100_000: 5.0, 1_000_000: 2.3},
    "mould_insert.step": {100_000: 4.4, 1_000_000: 1.9},
    "pipe_tee.step": {100_000: 7.7, 1_000_000: 3.6},
}
"""Part → cells wanted → longest edge [mm]."""

WILD_CELLS = 100_000
"""pytetwild takes minutes for so many cells; it is not asked for more."""
LIMIT_S = {"gmsh": 300.0, "pytetwild": 75.0}
"""A peer is given up after this."""
FACTORS: dict[tuple[str, str], float] = {}
"""Peer and part → by what to multiply our size to get as many cells as we do; learnt at the first size."""
COLD_LIMIT_S, CACHED_LIMIT_S = 60.0, 1.0
WORST, FIRST_PERCENTILE = 0.05, 0.2
"""Goals: scaled Jacobians, of the worst cell and of the first percentile."""


@dataclass(frozen=True, slots=True)
class Run:
    """One mesh."""

    seconds: float
    n_cells: int
    worst: float
    """Smallest scaled Jacobian."""
    percentile: float
    """Its first percentile."""

    @property
    def rate(self) -> float:
        """Cells per second."""
        return self.n_cells / self.seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, for a look")
    parser.add_argument("--part", choices=SIZES_MM, action="append", help="only this part")
    arguments = parser.parse_args()
    quick, names = arguments.quick, arguments.part or list(SIZES_MM)
    os.sched_setaffinity(0, {0})
    rows = [] if quick or not arguments.part else [row for row in stored() if row.work.split()[-1] not in names]
    rows += [
        row for name in names for goal in ((100_000,) if quick else (100_000, 1_000_000)) for row in rows_of(name, goal)
    ]
    packages = ["netgen-mesher", "pytetwild", *(["gmsh"] if importlib.util.find_spec("gmsh") else [])]
    report("geometry", rows, packages=packages, quick=quick)


def stored() -> list[Row]:
    """Rows of an earlier call."""
    fields = {field.name for field in dataclasses.fields(Row)}
    content = json.loads((RESULTS / "geometry.json").read_text())
    return [Row(**{key: value for key, value in row.items() if key in fields}) for row in content["rows"]]


def rows_of(name: str, goal: int) -> Iterator[Row]:
    size = SIZES_MM[name][goal]
    ours, cached = our_run(name, size)
    label = f"{ours.n_cells:,} cells"
    print(
        f"{name}: {label} in {ours.seconds:.1f} s, cached {cached:.2f} s, {ours.worst:.3f}, {ours.percentile:.3f}",
        flush=True,
    )
    peers = {peer: run for peer in peers_for(goal) if (run := peer_run(peer, name, size, ours.n_cells)) is not None}
    for peer, run in peers.items():
        print(f"  {peer}: {run.n_cells:,} cells in {run.seconds:.1f} s, {run.worst:.3f}, {run.percentile:.3f}")
    if peers:
        fastest = max(peers, key=lambda peer: peers[peer].rate)
        best = max(peers, key=lambda peer: peers[peer].percentile)
        yield Row(
            f"mesh {name}", label, "cells/s", ours.rate, peers[fastest].rate, fastest, goal=1.0, more_is_better=True
        )
        yield Row(
            f"first percentile, {name}",
            label,
            "scaled Jacobian",
            ours.percentile,
            peers[best].percentile,
            best,
            goal=1.0,
            more_is_better=True,
        )
    yield Row(
        f"worst cell, {name}", label, "scaled Jacobian", ours.worst, WORST, "the goal", goal=1.0, more_is_better=True
    )
    yield Row(
        f"first percentile, {name}",
        label,
        "scaled Jacobian",
        ours.percentile,
        FIRST_PERCENTILE,
        "the goal",
        goal=1.0,
        more_is_better=True,
    )
    if goal == 1_000_000:
        yield Row(
            f"cold, {name}",
            label,
            "s per 1M cells",
            1e6 / ours.rate,
            COLD_LIMIT_S,
            "the goal",
            goal=1.0,
            more_is_better=False,
        )
        yield Row(
            f"from the cache, {name}", label, "s", cached, CACHED_LIMIT_S, "the goal", goal=1.0, more_is_better=False
        )


def our_run(name: str, size_mm: float) -> tuple[Run, float]:
    """Our mesh, the mesher's start included, and the seconds that it takes from the cache."""
    geometry = Geometry(file=asset_path("meshes", name), cell_size=size_mm * 1e-3)
    with tempfile.TemporaryDirectory() as folder:
        seconds = []
        for _ in range(2):
            start = time.perf_counter()
            mesh = build_mesh(geometry, (), cache_dir=Path(folder)).mesh
            seconds.append(time.perf_counter() - start)
    return measured(seconds[0], mesh.points, mesh.cells), seconds[1]


def peers_for(goal: int) -> Iterator[str]:
    if importlib.util.find_spec("gmsh"):
        yield "gmsh"
    else:
        print("gmsh is not installed and is left out: uv run --with gmsh python benchmarks/geometry.py")
    if goal <= WILD_CELLS:
        yield "pytetwild"


def peer_run(peer: str, name: str, size_mm: float, n_cells: int) -> Run | None:
    """A peer's mesh of about as many cells; None where it fails. pytetwild is asked once, since it takes minutes."""
    run = one_peer_run(peer, name, size_mm * FACTORS.get((peer, name), 1.0))
    if run is None or peer == "pytetwild" or 0.7 < run.n_cells / n_cells < 1.4:
        return run
    FACTORS[peer, name] = FACTORS.get((peer, name), 1.0) * (run.n_cells / n_cells) ** (1.0 / 3.0)
    return one_peer_run(peer, name, size_mm * FACTORS[peer, name])


def one_peer_run(peer: str, name: str, size_mm: float) -> Run | None:
    script = Path(__file__).with_name("meshing_peers.py")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "mesh.npz"
        command = [sys.executable, str(script), peer, str(asset_path("meshes", name)), str(size_mm), str(out)]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=LIMIT_S[peer])
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            print(f"  {peer} fails on {name} within {LIMIT_S[peer]:g} s: {type(error).__name__}")
            return None
        with np.load(out) as data:
            points, cells = data["points"], data["cells"].astype(np.int32)
            return measured(float(data["seconds"]), points, right_handed(points, cells))


def measured(seconds: float, points: np.ndarray, cells: np.ndarray) -> Run:
    quality = scaled_jacobians(points, cells)
    return Run(seconds, len(cells), float(quality.min()), float(np.percentile(quality, 1.0)))


if __name__ == "__main__":
    main()
