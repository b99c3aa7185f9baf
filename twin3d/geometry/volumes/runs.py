"""Tables whose rows have different lengths, read in runs of equal rows."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from twin3d.errors import GeometryError
from twin3d.geometry.volumes.draft import Ints

SHORTEST = 64
"""Rows that are compared at first; doubled as long as they are alike."""


def equal_rows(values: Ints, keys: Sequence[int], length_of: Callable[[Ints], int], what: str) -> Iterator[Ints]:
    """Blocks of rows with the same keys, each of shape (n_rows, length), in the order of the table.

    Args:
        values: The rows, one after the other, shape (n,).
        keys: Columns of a row that tell its length.
        length_of: Length of a row that begins with the given numbers, the keys and one more.
        what: The table, for errors.

    Raises:
        GeometryError: The table ends within a row.
    """
    at, last = 0, max(keys)
    while at < len(values):
        if at + last >= len(values):
            raise GeometryError(f"{what} end within a row; the file is cut short, export it again")
        length = length_of(values[at : at + last + 2])
        if length > len(values) - at:
            raise GeometryError(f"{what} end within a row; the file is cut short, export it again")
        n_rows = _n_alike(values[at:], length, keys)
        yield values[at : at + n_rows * length].reshape(n_rows, length)
        at += n_rows * length


def _n_alike(values: Ints, length: int, keys: Sequence[int]) -> int:
    n_most = len(values) // length
    rows = values[: n_most * length].reshape(n_most, length)
    head = [rows[0, key] for key in keys]
    alike, step = 1, SHORTEST
    while alike < n_most:
        chunk = rows[alike : alike + step]
        differs = np.zeros(len(chunk), dtype=bool)
        for key, value in zip(keys, head, strict=True):
            differs |= chunk[:, key] != value
        if differs.any():
            return alike + int(differs.argmax())
        alike += len(chunk)
        step *= 2
    return alike
