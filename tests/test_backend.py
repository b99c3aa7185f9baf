"""Where arrays live: the choice, what it says, and the kernels, on a device or not."""

import importlib.util
import shutil
import subprocess
from types import SimpleNamespace

import numpy as np
import pytest
from box_mesh import box_mesh, make_scene, temperature_input
from emulated_device import backend_or_skip, emulated_device
from scipy import sparse
from threadpoolctl import threadpool_info

from twin3d.assets import asset_path, list_assets
from twin3d.backend import GPU_MIN_DOFS, _captured, get_backend, kernel_options, one_blas_thread
from twin3d.errors import CapabilityError
from twin3d.fem.heat import assemble_heat
from twin3d.fem.linear import prepare
from twin3d.fem.march import march
from twin3d.fem.solve import steady
from twin3d.fem.space import function_space
from twin3d.scene import Convection, HeatSource, Input, selectors

ARCHITECTURES = (80, 90)
"""Those of the A100 and the H100."""
TARGETS = [part for a in ARCHITECTURES for part in ("-gencode", f"arch=compute_{a},code=sm_{a}")] + ["-fatbin"]
KERNELS = [name for name in list_assets("shaders") if name.endswith(".cu")]


def random_system(rng, n=400):
    A = sparse.random_array((n, n), density=0.02, rng=rng)
    return sparse.csr_array(A @ A.T + sparse.diags_array(np.linspace(1.0, 3.0, n)))


def test_numpy_is_numpy():
    backend = get_backend("numpy")

    assert backend.xp is np
    assert backend.on_host


def test_auto_stays_on_the_cpu_for_a_small_problem_and_says_why():
    backend = get_backend("auto", n_dofs=GPU_MIN_DOFS - 1)

    assert backend.name == "numpy"
    assert f"a GPU pays from {GPU_MIN_DOFS:,}" in backend.reason


def test_auto_always_finds_something():
    assert get_backend("auto", n_dofs=10 * GPU_MIN_DOFS).name in {"numpy", "cupy"}


@pytest.mark.skipif(importlib.util.find_spec("cupy") is not None, reason="CuPy is installed here")
def test_cupy_by_name_without_cupy_is_an_error_with_the_remedy():
    with pytest.raises(CapabilityError, match=r"pip install 'twin3d\[gpu\]'"):
        get_backend("cupy")


def test_an_unknown_name_lists_the_known():
    with pytest.raises(ValueError, match="choose auto, numpy or cupy"):
        get_backend("gpu")


def test_a_kernel_on_the_cpu_is_an_error_with_the_remedy():
    with pytest.raises(CapabilityError, match="'csr_block_product' runs on a GPU"):
        get_backend("numpy").kernel("csr_block_product")


@pytest.mark.parametrize("name", KERNELS)
def test_kernels_compile(name, tmp_path):
    nvcc = shutil.which("nvcc")
    if nvcc is None:
        pytest.skip("no nvcc here to compile the kernels")

    done = subprocess.run(
        [nvcc, "-std=c++17", "-Werror", "all-warnings", *TARGETS, "-o", tmp_path / "k.o", asset_path("shaders", name)],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", KERNELS)
def test_kernels_compile_as_cupy_compiles_them(name):
    nvrtc = pytest.importorskip("cupy_backends.cuda.libs.nvrtc", reason="CuPy is not installed here")
    path = asset_path("shaders", name)
    program = nvrtc.createProgram(path.read_text(), name, (), ())

    for architecture in ARCHITECTURES:
        nvrtc.compileProgram(program, (*kernel_options(path.parent), f"--gpu-architecture=compute_{architecture}"))

    assert name.removesuffix(".cu").encode() in nvrtc.getPTX(program)


@pytest.mark.gpu
@pytest.mark.parametrize("n_vectors", [1, 5])
def test_block_product_is_that_of_array_code(n_vectors, rng):
    backend = backend_or_skip("cupy")
    A, x = random_system(rng), rng.normal(size=(400, n_vectors))

    ours = prepare(A, backend=backend).solve(A @ x).x

    np.testing.assert_allclose(ours, x, rtol=0, atol=1e-7)


@pytest.mark.parametrize("n_vectors", [1, 5])
def test_block_product_is_that_of_array_code_emulated(n_vectors, rng):
    A, x = random_system(rng), rng.normal(size=(400, n_vectors))
    y = np.zeros_like(x)
    arguments = np.int32(400), np.int32(n_vectors), A.indptr.astype(np.int32), A.indices.astype(np.int32), A.data, x, y

    emulated_device().kernel("csr_block_product")((-(-x.size // 64),), (64,), arguments)

    np.testing.assert_allclose(y, A @ x, rtol=1e-13)


def test_the_way_of_the_gpu_gives_the_answers_of_the_cpu():
    mesh = box_mesh((8, 4, 3), (0.08, 0.04, 0.02), n_parts=2)
    scene = make_scene(
        loads=[
            HeatSource(name="heat", part="part_0", input="p"),
            Convection(name="film", face=selectors.parse("name x1"), film_coefficient=90.0, input="air"),
        ],
        inputs=[Input(name="p", unit="W", value=9.0), temperature_input("air", 295.0)],
    )
    u, device, host = np.array([9.0, 295.0]), emulated_device(), get_backend("numpy")
    operators = assemble_heat(scene, function_space(mesh), backend=device)
    start = np.full(mesh.n_points, 295.0)
    marched = [
        list(march(operators, start, lambda _: u, dt_s=1.0, n_steps=5, backend=backend)) for backend in (device, host)
    ]

    np.testing.assert_allclose(
        steady(operators, u, backend=device), steady(operators, u, backend=host), rtol=0, atol=1e-6
    )
    np.testing.assert_allclose(*marched, rtol=0, atol=1e-6)


class RecordedStream:
    """Writes down what is asked of it, as the streams and graphs of CuPy would be asked."""

    def __init__(self, name, log):
        self.name, self.log = name, log

    def __getattr__(self, action):
        return lambda *_: self.log.append(f"{self.name} {action}") or self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


def test_a_bundle_is_warmed_up_captured_and_replayed_in_the_order_of_the_current_stream():
    log = []
    own, current = RecordedStream("own", log), RecordedStream("current", log)
    cuda = SimpleNamespace(Stream=lambda **_: own, get_current_stream=lambda: current)
    ordered = ["current record", "own wait_event"], ["own record", "current wait_event"]

    replay = _captured(SimpleNamespace(cuda=cuda), lambda: log.append("work"))
    made, log[:] = list(log), []
    replay()

    assert made == [*ordered[0], "work", *ordered[1], "own begin_capture", "work", "own end_capture"]
    assert log == [*ordered[0], "own launch", *ordered[1]]


def test_one_blas_thread_for_a_while():
    def threads():
        return {i["filepath"]: i["num_threads"] for i in threadpool_info() if i["internal_api"] == "openblas"}

    before = threads()
    with one_blas_thread():
        inside = threads()

    assert set(inside.values()) <= {1}
    assert threads() == before
