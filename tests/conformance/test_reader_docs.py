"""The reader of docs/readers.md works as a plug-in, and the table there lists what there is."""

import re
from pathlib import Path

import pytest

from twin3d import plugins
from twin3d.errors import GeometryError
from twin3d.mesh import build_mesh
from twin3d.scene import Geometry

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "readers.md").read_text(encoding="utf-8")
CODE = re.search(r"```python\n(.*?)```", TEXT, re.S)[1]
ENTRY = re.search(r'entry-points\."(.*?)"\]\n(\w+) = "(.*?)"', TEXT)
FILE = "simple tets\nv 0 0 0\nv 10 0 0\nv 0 10 0\nv 0 0 10\nv 10 10 10\nt 0 1 2 3 base\nt 1 2 3 4 lid\n"


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package as it is installed: its module, and its entry point beside."""
    folder = tmp_path / "site"
    group, name, target = ENTRY.groups()
    module, _, _ = target.partition(":")
    (folder / "my_package").mkdir(parents=True)
    (folder / "my_package" / "__init__.py").write_text("")
    (folder / f"{module.replace('.', '/')}.py").write_text(CODE)
    info = folder / "my_package-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my-package\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{group}]\n{name} = {target}\n")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return name


def test_the_documented_reader_is_found_and_meshed(package, tmp_path):
    path = tmp_path / "box.stet"
    path.write_text(FILE)

    result = build_mesh(Geometry(file=path, cell_size=1.0), [], cache_dir=None)

    assert plugins.available("reader")[-1] == package
    volumes = {name: meshed for name, (meshed, _) in result.report.part_volumes.items()}
    assert volumes == pytest.approx({"base": 1e-6 / 6.0, "lid": 1e-6 / 3.0})


def test_the_documented_reader_names_a_damaged_file(package, tmp_path):
    (tmp_path / "box.stet").write_text(FILE.replace("v 10 0 0", "v 10 x 0"))

    with pytest.raises(GeometryError, match=r"box\.stet is damaged"):
        plugins.load("reader", package)().read(tmp_path / "box.stet")


def test_every_ending_of_the_volume_readers_is_documented():
    names = [name for name in plugins.BUILT_IN["reader"] if name not in {"cad", "surface"}]
    endings = {ending for name in names for ending in plugins.load("reader", name).suffixes}

    listed = set(re.findall(r"`(\.\w+)`", TEXT))

    assert listed == endings
