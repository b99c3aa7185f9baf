"""The layers hold, and what must stay light stays light."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

from twin3d.cli import VERBS

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("vtkmodules", "pyvista", "cupy", "netgen", "pint", "matplotlib")


def test_every_import_goes_downwards():
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), cache_dir=None) == 0


@pytest.mark.parametrize("module", ["twin3d", "twin3d.records", "twin3d.scene", "twin3d.twin", "twin3d.plant"])
def test_a_headless_import_loads_nothing_heavy(module):
    code = f"import sys, {module}; print([name for name in {HEAVY!r} if name in sys.modules])"

    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert answer.stdout.strip() == "[]"


def test_help_loads_no_library():
    code = (
        "import sys; before = set(sys.modules); from twin3d.cli import main; main(['--help']);"
        "print(sorted({name.split('.')[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names)))"
    )

    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert answer.stdout.splitlines()[-1] == "['twin3d']"


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_its_file(verb):
    assert importlib.util.find_spec(f"twin3d.cli.{verb}") is not None
