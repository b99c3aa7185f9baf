"""Plug-ins are found by name, and a wrong name says what there is."""

import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest

from twin3d import plugins
from twin3d.errors import CapabilityError


def test_every_built_in_loads():
    for kind, names in plugins.BUILT_IN.items():
        for name in names:
            assert isinstance(plugins.load(kind, name), type)


def test_recognising_a_file_does_not_load_the_cad_kernel():
    code = "import sys; from twin3d import plugins; [plugins.load('reader', n) for n in plugins.available('reader')];"

    answer = subprocess.run(
        [sys.executable, "-c", code + "print('netgen' in sys.modules)"], capture_output=True, text=True, check=True
    )

    assert answer.stdout.strip() == "False"


def test_an_installed_package_adds_a_plug_in(monkeypatch):
    point = EntryPoint("ordered", "collections:OrderedDict", "twin3d.reader")
    monkeypatch.setattr(plugins, "entry_points", lambda group: (point,) if group == "twin3d.reader" else ())

    assert plugins.available("reader")[-1] == "ordered"
    assert plugins.load("reader", "ordered").__name__ == "OrderedDict"


def test_a_broken_package_is_named(monkeypatch):
    point = EntryPoint("broken", "no_such_module:Reader", "twin3d.reader")
    monkeypatch.setattr(plugins, "entry_points", lambda group: (point,))

    with pytest.raises(CapabilityError, match=r"'broken' \(no_such_module:Reader\) cannot be loaded"):
        plugins.load("reader", "broken")


def test_an_unknown_name_says_what_there_is():
    with pytest.raises(CapabilityError, match=r"no reader 'surfaces'; did you mean 'surface'\? Choose one of cad,"):
        plugins.load("reader", "surfaces")
