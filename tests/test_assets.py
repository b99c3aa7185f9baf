"""Meshes, scenes and shaders are found in a checkout and in a wheel."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from twin3d import assets
from twin3d.assets import asset_folder, asset_path, list_assets
from twin3d.errors import CapabilityError, SceneError


@pytest.mark.parametrize(
    ("kind", "name"),
    [("meshes", "power_module.step"), ("scenes", "power_module.toml"), ("shaders", "field_vertex.glsl")],
)
def test_shipped_files_are_found(kind, name):
    path = asset_path(kind, name)

    assert path.is_file()
    assert path.parent == asset_folder(kind)
    assert name in list_assets(kind)


def test_the_scripts_that_made_the_meshes_are_not_assets():
    assert not [name for name in list_assets("meshes") if name.endswith(".py")]


def test_a_wrong_name_lists_the_nearest_and_all():
    with pytest.raises(
        SceneError, match=r"no scenes file is named 'power_modul.toml'; did you mean 'power_module.toml'"
    ):
        asset_path("scenes", "power_modul.toml")


@pytest.mark.parametrize("name", ["../pyproject.toml", "src/../power_module.step", "/etc/passwd", ""])
def test_no_name_leads_out_of_the_folder(name):
    with pytest.raises(SceneError):
        asset_path("meshes", name)


def test_an_installation_without_assets_says_where_it_looked(monkeypatch, tmp_path):
    monkeypatch.setattr(assets, "_PACKAGE", tmp_path / "twin3d")

    with pytest.raises(CapabilityError, match=r"this installation has no meshes; looked for .*assets_data.*meshes"):
        asset_folder("meshes")


def test_a_package_with_its_assets_inside_needs_no_checkout(tmp_path):
    """The layout of a wheel: twin3d/assets_data/<kind>."""
    package = Path(assets.__file__).parent
    installed = tmp_path / "twin3d"
    (installed / "assets_data" / "scenes").mkdir(parents=True)
    (installed / "assets_data" / "scenes" / "only_here.toml").write_text("")
    for name in ("__init__.py", "assets.py", "errors.py"):
        shutil.copy(package / name, installed)
    code = "from twin3d.assets import asset_path; print(asset_path('scenes', 'only_here.toml'))"

    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
    )

    assert answer.stdout.strip() == str(installed / "assets_data" / "scenes" / "only_here.toml")
