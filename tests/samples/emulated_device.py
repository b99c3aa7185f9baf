"""A backend whose device is emulated: NumPy arrays, and the kernels of shaders/*.cu compiled by the C++ compiler."""

import ctypes
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest

from twin3d.assets import asset_path
from twin3d.backend import get_backend

EMULATION = """
struct Index { int x; };
static Index blockIdx, blockDim, threadIdx;
#define __global__
#include "SOURCE"

extern "C" void launch(int blocks, int threads, int n_rows, int n_vectors, const int *row_starts, const int *columns,
                       const double *entries, const double *x, double *y_out)
{
  blockDim.x = threads;
  for (blockIdx.x = 0; blockIdx.x < blocks; ++blockIdx.x) {
    for (threadIdx.x = 0; threadIdx.x < threads; ++threadIdx.x) {
      csr_block_product(n_rows, n_vectors, row_starts, columns, entries, x, y_out);
    }
  }
}
"""


def emulated_device(folder):
    """A backend that takes the way of the GPU; skips aloud where there is no C++ compiler."""
    compiler = shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        pytest.skip("no C++ compiler here to emulate a device")
    launch = _compiled(compiler, folder)

    def kernel(name):
        assert name == "csr_block_product"

        def start(grid, block, arguments):
            launch(grid[0], block[0], *(_as_c(argument) for argument in arguments))

        return start

    return replace(get_backend("numpy"), name="emulated", kernel=kernel)


def _compiled(compiler, folder):
    source, library = folder / "emulation.cpp", folder / "emulation.so"
    source.write_text(EMULATION.replace("SOURCE", str(asset_path("shaders", "csr_block_product.cu"))))
    subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", library, source], check=True, timeout=60)
    return ctypes.CDLL(str(library)).launch


def _as_c(argument):
    if isinstance(argument, np.int32):
        return ctypes.c_int(int(argument))
    assert argument.flags.c_contiguous
    assert argument.dtype in (np.int32, np.float64)
    return ctypes.c_void_p(argument.ctypes.data)
