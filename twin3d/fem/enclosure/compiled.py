"""Compiles a function to machine code that runs outside the interpreter's lock."""

from collections.abc import Callable
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """Compile a function of arrays and numbers on its first call; the result is kept on disk."""
    return cast("F", numba.njit(cache=True, nogil=True, error_model="numpy")(function))
