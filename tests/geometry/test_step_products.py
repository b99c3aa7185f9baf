"""Products and instances of STEP assemblies, as the kernel's parts and the file's text tell them together."""

import json
import subprocess
import sys

from twin3d.assets import asset_path

READ = """
import json, sys
from pathlib import Path
from twin3d.geometry.cad import read_cad

parts = read_cad(Path(sys.argv[1]), ".step").parts
print(json.dumps({part.name: (part.product, part.instance) for part in parts}))
"""
"""Runs in a process of its own, as netgen does everywhere here."""


def read(path):
    answer = subprocess.run([sys.executable, "-c", READ, str(path)], capture_output=True, check=True, timeout=120)
    return {name: tuple(source) for name, source in json.loads(answer.stdout).items()}


def renamed(tmp_path, **names):
    """The mould insert with other names for its products."""
    text = asset_path("meshes", "mould_insert.step").read_text(encoding="ascii")
    for old, new in names.items():
        text = text.replace(f"PRODUCT('{old}','{old}'", f"PRODUCT('{old}','{new}'")
    path = tmp_path / "renamed.step"
    path.write_text(text, encoding="ascii")
    return path


def test_instances_of_a_product_are_parts_of_its_name():
    parts = read(asset_path("meshes", "mould_insert.step"))

    assert {parts["plug_1"][0], parts["plug_2"][0]} == {"plug"}
    assert parts["moulding"][0] == "moulding"
    assert len({instance for _, instance in parts.values()}) == 5


def test_products_that_share_a_name_are_told_apart(tmp_path):
    parts = read(renamed(tmp_path, moulding="plug"))

    assert [parts[name][0] for name in ("plug_1", "plug_2", "moulding")] == ["plug", "plug", "plug_2"]


def test_a_product_without_a_name_of_its_own_is_called_after_its_first_part(tmp_path):
    parts = read(renamed(tmp_path, plug="SOLID"))

    assert [parts[name][0] for name in ("plug_1", "plug_2")] == ["plug_1", "plug_1"]


def test_bodies_of_one_product_are_one_instance():
    parts = read(asset_path("meshes", "power_module.step"))

    assert len(parts) > 5
    assert set(parts.values()) == {("power_module", 0)}
