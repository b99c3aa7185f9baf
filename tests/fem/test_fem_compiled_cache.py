"""What compiled kernels keep on disk follows the sources."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from twin3d.fem.enclosure import compiled

INNER = """\
from kernels.compiled import compiled


@compiled
def inner(x):
    return x + {}
"""
OUTER = """\
from kernels.compiled import compiled
from kernels.inner import inner


@compiled
def outer(x):
    return inner(x)
"""
ASK = "from kernels.outer import outer; print(outer(1.0), sum(outer.stats.cache_hits.values()))"


@pytest.fixture
def kernels(tmp_path):
    folder = tmp_path / "kernels"
    folder.mkdir()
    shutil.copy(Path(compiled.__file__), folder / "compiled.py")
    (folder / "outer.py").write_text(OUTER)
    (folder / "inner.py").write_text(INNER.format(1.0))
    return folder


def answer_of(kernels):
    done = subprocess.run([sys.executable, "-c", ASK], cwd=kernels.parent, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_a_kernel_is_compiled_anew_when_one_in_another_file_changes(kernels):
    before, again = answer_of(kernels), answer_of(kernels)

    (kernels / "inner.py").write_text(INNER.format(2.0))

    assert (before, again, answer_of(kernels)) == (["2.0", "0"], ["2.0", "1"], ["3.0", "0"])
