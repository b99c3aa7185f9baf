"""The command line: help, exit codes, and what people see when something is wrong."""

import json
import subprocess
import sys

import pytest

from twin3d.cli import VERBS, main


def run_twin3d(*words: str, cwd=None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "twin3d", *words], capture_output=True, text=True, timeout=300, check=False, cwd=cwd
    )


def test_help_names_every_verb(capsys):
    assert main(["--help"]) == 0

    printed = capsys.readouterr().out
    assert all(f"\n  {verb}" in printed for verb in VERBS)


def test_an_unknown_verb_is_bad_usage_and_names_the_nearest(capsys):
    assert main(["chek"]) == 2

    assert "did you mean 'check'?" in capsys.readouterr().err


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb, capsys):
    assert main([verb, "--help"]) == 0

    assert f"twin3d {verb}" in capsys.readouterr().out


def test_an_unknown_option_is_bad_usage(capsys):
    assert main(["check", "--sollve"]) == 2


def test_a_missing_scene_is_exit_code_2(capsys, tmp_path):
    assert main(["check", str(tmp_path / "nothing.toml")]) == 2

    assert "nothing.toml" in capsys.readouterr().err


def test_a_shipped_scene_is_found_by_its_name(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert main(["check", "power_module"]) == 0


def test_the_schema_is_json(capsys):
    assert main(["check", "--schema"]) == 0

    assert json.loads(capsys.readouterr().out)["type"] == "object"


def test_a_wrong_unit_is_named_with_its_key(bar_scene, capsys, tmp_path):
    broken = tmp_path / "broken.toml"
    text = bar_scene.read_text().replace('cell_size = "6 mm"', 'cell_size = "6 kg"', 1)
    broken.write_text(text.replace("bar.stl", str(bar_scene.with_name("bar.stl"))))

    assert main(["check", str(broken)]) == 2

    message = capsys.readouterr().err
    assert "cell_size" in message
    assert "6 kg" in message


def test_checks_hold_on_a_small_scene(bar_scene):
    answer = run_twin3d("check", "--solve", str(bar_scene))

    assert answer.returncode == 0, answer.stderr
    assert "warmer than the air" in answer.stdout


def test_a_failed_check_is_exit_code_4(bar_scene, tmp_path):
    broken = tmp_path / "cold.toml"
    text = bar_scene.read_text().replace('["20 degC", "90 degC"]', '["10 degC", "19 degC"]')
    broken.write_text(text.replace("bar.stl", str(bar_scene.with_name("bar.stl"))))

    answer = run_twin3d("check", "--solve", str(broken))

    assert answer.returncode == 4
    assert "warmer than the air" in answer.stderr


def test_tables_are_told_by_check_and_watched_by_solve(bar_scene, tmp_path):
    warm = tmp_path / "warm.toml"
    table = '{ temperatures = ["0 degC", "21 degC"], values = ["200 W/(m K)", "210 W/(m K)"] }'
    full = f'{{ conductivity = {table}, density = "2700 kg/m^3", specific_heat = "896 J/(kg K)" }}'
    text = bar_scene.read_text().replace("bar.stl", str(bar_scene.with_name("bar.stl")))
    before, _, after = text.partition("material = ")
    warm.write_text(f"{before}material = {full}\n{after.partition(chr(10))[2]}")

    check, solve = run_twin3d("check", str(warm)), run_twin3d("solve", str(warm))

    assert check.returncode == 0, check.stderr
    assert "in the live twin the conductivity of * is taken at the initial temperature" in check.stdout
    assert solve.returncode == 0, solve.stderr
    assert "conductivity of *: the field goes from" in solve.stdout
    assert "its table from 0.0 to 21.0 degC" in solve.stdout


def test_mesh_reports_and_solve_writes_fields(bar_scene, tmp_path):
    mesh = run_twin3d("mesh", str(bar_scene), "--out", str(tmp_path / "mesh.vtkhdf"))
    solve = run_twin3d(
        "solve", str(bar_scene), "--time", "5 s", "--time", "10 s", "--out", str(tmp_path / "field.vtkhdf")
    )

    assert mesh.returncode == 0, mesh.stderr
    assert "points" in mesh.stdout
    assert solve.returncode == 0, solve.stderr
    assert "stored" in solve.stdout
    assert "imbalance" in solve.stdout
    assert (tmp_path / "mesh.vtkhdf").stat().st_size > 1000
    assert (tmp_path / "field.vtkhdf").stat().st_size > 1000


def test_doctor_says_what_the_machine_can_do():
    answer = run_twin3d("doctor")

    assert answer.returncode in (0, 3), answer.stderr
    assert "pictures" in answer.stdout
    assert "a slab of 9,261 points" in " ".join(answer.stdout.replace("│", " ").split())
