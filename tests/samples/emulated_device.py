"""A backend whose device is emulated: NumPy arrays, and the kernels of shaders/*.cu compiled by the C++ compiler."""

import ctypes
import functools
import re
import shutil
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from twin3d.assets import asset_folder
from twin3d.backend import get_backend
from twin3d.errors import CapabilityError

SIGNATURE = re.compile(r'extern "C" __global__ void\s+(?P<name>\w+)\((?P<parameters>[^)]*)\)')
POINTED_AT = {"int": np.int32, "long long": np.int64, "float": np.float32, "double": np.float64}

EMULATION = """
#include <csetjmp>
#include <deque>
#include <ucontext.h>
#include <vector>
struct Index { int x; };
static Index blockIdx, blockDim, threadIdx, gridDim;
#define __global__
#define __device__
#define __forceinline__ inline
#define __shared__ static
template <typename Number> static void atomicAdd(Number *sum, const Number number) { *sum += number; }

// The threads of a block take turns: each has a stack of its own and goes on until its next barrier.
struct Fiber {
  ucontext_t start;
  jmp_buf place;
  std::vector<char> stack = std::vector<char>(1 << 15);
  bool started = false;
  bool finished = false;
};
static std::deque<Fiber> fibers;
static jmp_buf scheduler;
static void **arguments;
static void run();
static void __syncthreads()
{
  if (_setjmp(fibers[threadIdx.x].place) == 0) {
    _longjmp(scheduler, 1);
  }
}
#include "SOURCE"

static void run() { NAME(ARGUMENTS); }

static void run_for_every_block()
{
  for (;;) {
    run();
    fibers[threadIdx.x].finished = true;
    __syncthreads();
  }
}

static void go_on(Fiber &fiber)
{
  if (_setjmp(scheduler) != 0) {
    return;
  }
  if (fiber.started) {
    _longjmp(fiber.place, 1);
  }
  fiber.started = true;
  getcontext(&fiber.start);
  fiber.start.uc_stack.ss_sp = fiber.stack.data();
  fiber.start.uc_stack.ss_size = fiber.stack.size();
  makecontext(&fiber.start, run_for_every_block, 0);
  setcontext(&fiber.start);
}

static void run_block_with_barriers()
{
  const int n = blockDim.x;
  while (static_cast<int>(fibers.size()) < n) {
    fibers.emplace_back();
  }
  for (Fiber &fiber : fibers) {
    fiber.finished = false;
  }
  for (bool busy = true; busy;) {
    busy = false;
    for (threadIdx.x = 0; threadIdx.x < n; ++threadIdx.x) {
      if (!fibers[threadIdx.x].finished) {
        go_on(fibers[threadIdx.x]);
        busy = true;
      }
    }
  }
}

extern "C" void launch(const int grid, const int block, void **given)
{
  arguments = given;
  gridDim.x = grid;
  blockDim.x = block;
  for (blockIdx.x = 0; blockIdx.x < grid; ++blockIdx.x) {
    if (HAS_BARRIERS) {
      run_block_with_barriers();
      continue;
    }
    for (threadIdx.x = 0; threadIdx.x < block; ++threadIdx.x) {
      run();
    }
  }
}
"""


def backend_or_skip(name):
    """``emulated``, ``numpy`` or ``cupy``; skips aloud where no device answers."""
    if name == "emulated":
        return emulated_device()
    try:
        return get_backend(name)
    except CapabilityError as error:
        pytest.skip(f"no GPU tests here: {error}")


def emulated_device():
    """A backend that takes the way of the GPU; skips aloud where there is no C++ compiler."""
    if _compiler() is None:
        pytest.skip("no C++ compiler here to emulate a device")
    return replace(get_backend("numpy"), name="emulated", kernel=_kernel)


@functools.cache
def _kernel(name):
    launch, types = _compiled(name)

    def start(grid, block, arguments):
        assert len(arguments) == len(types), f"{name} takes {len(types)} arguments, not {len(arguments)}"
        boxes = [_box(argument, wanted) for argument, wanted in zip(arguments, types, strict=True)]
        addresses = (ctypes.c_void_p * len(boxes))(*(box.ctypes.data for box in boxes))
        launch(int(grid[0]), int(block[0]), addresses)

    return start


def _box(argument, wanted):
    """What a kernel's argument points at: a scalar itself, or the address of an array; both of the exact type."""
    scalar = not wanted.endswith("*")
    dtype = POINTED_AT[wanted.rstrip(" *").removeprefix("const ").strip()]
    assert argument.dtype == dtype, f"{wanted} was given {argument.dtype}"
    if scalar:
        assert isinstance(argument, np.generic), f"{wanted} was given an array"
        return np.array([argument])
    assert argument.flags.c_contiguous
    assert wanted.startswith("const") or argument.flags.writeable
    return np.array([argument.ctypes.data], dtype=np.uintp)


@functools.cache
def _compiled(name):
    shaders = asset_folder("shaders")
    text = _with_headers((shaders / f"{name}.cu").read_text(), shaders)
    types = _types(text, name)
    given = ", ".join(f"*static_cast<{kind} *>(arguments[{k}])" for k, kind in enumerate(types))
    source = EMULATION.replace("SOURCE", str(shaders / f"{name}.cu")).replace("NAME", name)
    source = source.replace("ARGUMENTS", given).replace("HAS_BARRIERS", str(int("__syncthreads" in text)))
    folder = Path(_folder().name)
    (folder / f"{name}.cpp").write_text(source)
    library = folder / f"{name}.so"
    command = [_compiler(), "-std=c++17", "-O1", "-shared", "-fPIC", "-o", library, folder / f"{name}.cpp"]
    subprocess.run(command, check=True, timeout=60)
    return ctypes.CDLL(str(library)).launch, types


def _with_headers(text, shaders):
    headers = re.findall(r'#include "(\w+\.cuh)"', text)
    return text + "".join(_with_headers((shaders / header).read_text(), shaders) for header in headers)


def _types(text, name):
    """The types of a kernel's parameters, such as ``int`` and ``const double *``."""
    matches = [match for match in SIGNATURE.finditer(text) if match["name"] == name]
    assert len(matches) == 1, f"{name}.cu needs one kernel of its own name"
    parameters = matches[0]["parameters"].replace("__restrict__", "").split(",")
    return [_type(parameter) for parameter in parameters]


def _type(parameter):
    kind = re.sub(r"\w+\s*$", "", parameter.strip()).strip()
    return kind if kind.endswith("*") else kind.removeprefix("const ").strip()


@functools.cache
def _folder():
    return tempfile.TemporaryDirectory(prefix="emulated_device_")


@functools.cache
def _compiler():
    return shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
