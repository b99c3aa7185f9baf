"""Sets of a file turned into what a mesh has: each cell in one part, each facet under one name."""

from collections.abc import Sequence

import numpy as np

from twin3d.geometry.volumes.draft import NOWHERE, Ints

N_SHOWN = 3
"""Overlaps that are listed one by one."""


def partition(sets: Sequence[tuple[str, Ints]], n_cells: int) -> tuple[Ints, tuple[str, ...], tuple[str, ...]]:
    """Parts from sets of cells; where sets overlap the first one wins, and a set of all cells comes last.

    Args:
        sets: Name and cell indices.
        n_cells: Number of cells.

    Returns:
        Set of each cell or `NOWHERE`, shape (n_cells,), the names, and what is to be said of overlaps.
    """
    ordered = sorted(sets, key=lambda item: len(item[1]) >= n_cells)
    region: Ints = np.full(n_cells, NOWHERE, dtype=np.int64)
    overlaps = []
    for number, (name, cells) in enumerate(ordered):
        taken = cells[region[cells] != NOWHERE]
        if taken.size and len(cells) < n_cells:
            first = ordered[int(region[taken[0]])][0]
            overlaps.append(f'{len(taken)} cells of "{name}" are in "{first}" too and count to that')
        region[cells[region[cells] == NOWHERE]] = number
    if len(overlaps) > N_SHOWN:
        overlaps = [*overlaps[:N_SHOWN], f"{len(overlaps) - N_SHOWN} more sets overlap; the first one wins"]
    return region, tuple(name for name, _ in ordered), tuple(overlaps)


def best_cover(candidates: Sequence[Sequence[tuple[str, Ints]]], n_cells: int) -> int:
    """Which list of sets to take as parts: the first that leaves no cell out, else the one that leaves out fewest.

    A set of all cells, as solvers want it, tells nothing, so a list with one counts only where there is no other;
    but the first list is what the file itself holds for its parts, so it is taken if it leaves no cell out.
    """
    if candidates and candidates[0] and not _n_uncovered(candidates[0], n_cells):
        return 0
    telling = [[item for item in sets if len(item[1]) < n_cells] for sets in candidates]
    chosen = telling if any(telling) else candidates
    missing = [_n_uncovered(sets, n_cells) for sets in chosen]
    return missing.index(min(missing))


def _n_uncovered(sets: Sequence[tuple[str, Ints]], n_cells: int) -> int:
    covered = np.zeros(n_cells, dtype=bool)
    for _, cells in sets:
        covered[cells] = True
    return int(n_cells - covered.sum())


def by_label(labels: Ints) -> tuple[Ints, Ints]:
    """Region of each label, shape (n,), and the distinct labels in rising order."""
    if labels.size and int(labels.min()) >= 0 and int(labels.max()) < labels.size + 1000:
        values = np.flatnonzero(np.bincount(labels))
        place = np.zeros(int(labels.max()) + 1, dtype=np.int64)
        place[values] = np.arange(len(values))
        return place[labels], values
    values, region = np.unique(labels, return_inverse=True)
    return region.ravel(), values
