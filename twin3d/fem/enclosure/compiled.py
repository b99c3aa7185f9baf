"""Compiles a function to machine code that runs outside the interpreter's lock."""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """Compile a function of arrays and numbers on its first call; the result is kept on disk.

    It may call compiled functions of other files in this folder: an edit of any of them compiles it anew. Functions
    that `numba.njit` compiles directly call those of their own file alone.
    """
    kernel = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    _tie_to_sources(kernel)
    return cast("F", kernel)


def _tie_to_sources(kernel: Any) -> None:
    """Numba keeps what it compiled until the file of the function changes; here all files of the folder count."""
    kept = getattr(getattr(kernel, "_cache", None), "_cache_file", None)
    if kept is not None:
        kept._source_stamp = (kept._source_stamp, _sources())


@cache
def _sources() -> str:
    folder = Path(__file__).parent
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(folder.glob("*.py")))).hexdigest()
