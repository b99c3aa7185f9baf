"""The wheel as a stranger gets it: built, installed into a fresh environment, used from an empty folder."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
UV = shutil.which("uv")
SHIPPED = ("meshes/power_module.step", "scenes/power_module.toml", "shaders/field_vertex.glsl")

pytestmark = [pytest.mark.slow, pytest.mark.skipif(UV is None, reason="uv is not on the path; pip install uv")]


def run(*words: str, cwd: Path) -> str:
    answer = subprocess.run(words, capture_output=True, text=True, cwd=cwd, timeout=900, check=False)
    assert answer.returncode == 0, answer.stderr[-3000:]
    return answer.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("wheel")
    run(UV, "build", "--wheel", "--out-dir", str(out), str(ROOT), cwd=out)
    (path,) = out.glob("*.whl")
    return path


def test_the_wheel_holds_meshes_scenes_and_shaders(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())

    assert {f"twin3d/assets_data/{name}" for name in SHIPPED} <= names
    assert not any(name.startswith(("tests", "benchmarks", ".ci")) for name in names)


def test_an_installed_wheel_checks_its_scene(wheel, tmp_path):
    run(UV, "venv", "--python", sys.executable, "fresh", cwd=tmp_path)
    python = tmp_path / "fresh" / "bin" / "python"
    run(UV, "pip", "install", "--python", str(python), str(wheel), cwd=tmp_path)

    said = run(str(python.with_name("twin3d")), "check", "power_module", cwd=tmp_path)
    found = run(
        str(python), "-c", "from twin3d.assets import asset_folder; print(asset_folder('shaders'))", cwd=tmp_path
    )

    assert "is fine" in said
    assert str(ROOT) not in found
