"""The gallery's STEP files hold what they say: names, volumes, no overlaps, and faces shared where parts touch."""

import fnmatch
import json
import subprocess
import sys
from pathlib import Path

import pytest
from gallery_parts import GALLERY

from twin3d.assets import asset_path

READ = Path(__file__).with_name("read_step.py")
"""Runs in a process of its own, as netgen does everywhere here."""

MAX_BYTES = 500_000
UNIT_WORDS = {"mm": "SI_UNIT(.MILLI.,.METRE.)", "m": "SI_UNIT($,.METRE.)", "in": "CONVERSION_BASED_UNIT('INCH'"}


@pytest.fixture(scope="module", params=GALLERY, ids=lambda entry: entry.file.removesuffix(".step"))
def entry(request):
    return request.param


@pytest.fixture(scope="module")
def path(entry):
    return asset_path("meshes", entry.file)


@pytest.fixture(scope="module")
def found(path):
    answer = subprocess.run(
        [sys.executable, str(READ), str(path)], capture_output=True, text=True, check=True, timeout=120
    )
    return json.loads(answer.stdout)


def test_a_file_is_small_and_says_nothing_of_when_it_was_written(path):
    header = path.read_text(encoding="ascii").partition("ENDSEC;")[0]

    assert path.stat().st_size < MAX_BYTES
    assert "'2026-01-01T00:00:00'" in header


def test_a_file_states_its_unit(entry, path):
    text = path.read_text(encoding="ascii").replace("\n", "")

    stated = {unit for unit, words in UNIT_WORDS.items() if words in text}

    assert entry.unit in stated
    assert stated <= {entry.unit, "mm"}  # an inch is defined by its millimetres


def test_the_parts_are_those_listed(entry, found):
    assert sorted(found["volumes_mm3"]) == sorted(entry.volumes)


def test_the_volumes_are_exact(entry, found):
    in_m3 = {name: volume * 1e-9 for name, volume in found["volumes_mm3"].items()}

    assert in_m3 == pytest.approx(dict(entry.volumes), rel=1e-6)


def test_no_two_solids_overlap(entry, found):
    """Gluing cuts solids along each other, so what overlaps makes more solids, of less volume in all."""
    assert found["n_glued"] == entry.n_parts
    assert found["glued_mm3"] == pytest.approx(sum(found["volumes_mm3"].values()), rel=1e-9)


def test_parts_that_touch_share_a_face(entry, found):
    neighbours = {name: set() for name in found["volumes_mm3"]}
    for one, other in found["touching"]:
        neighbours[one].add(other)
        neighbours[other].add(one)
    lonely = [
        (name, wanted)
        for glob, wanted in entry.touching
        for name in _matching(glob, neighbours)
        if not fnmatch.filter(neighbours[name], wanted)
    ]

    assert not lonely


def test_every_glob_matches_a_part(entry):
    globs = {glob for pair in entry.touching for glob in pair} | set(entry.local_sizes)

    assert not [glob for glob in globs if not fnmatch.filter(entry.volumes, glob)]


def test_the_parts_hang_together(entry, found):
    reached, pending = set(), [next(iter(entry.volumes))]
    while pending:
        name = pending.pop()
        reached.add(name)
        pending += [b if a == name else a for a, b in found["touching"] if name in (a, b) and {a, b} - reached]

    assert reached == set(entry.volumes)


def _matching(glob, names):
    matches = fnmatch.filter(names, glob)
    assert matches, glob
    return matches
