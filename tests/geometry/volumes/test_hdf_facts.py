"""MED and XDMF: groups, units, and HDF5 files that lie about their size or lead elsewhere."""

import time

import h5py
import numpy as np
import pytest
from hdf_volume import STEP, write_med, write_xdmf
from volume_samples import VOLUMES, measured, sample_of

from twin3d.errors import GeometryError
from twin3d.geometry.volumes.med import MedReader
from twin3d.geometry.volumes.xdmf import XdmfReader


@pytest.fixture
def med(tmp_path):
    path = tmp_path / "box.med"
    write_med(path, sample_of("tetra"))
    return path


@pytest.fixture
def xdmf(tmp_path):
    path = tmp_path / "box.xdmf"
    write_xdmf(path, sample_of("tetra"), storage="hdf")
    return path


def test_a_cell_in_two_groups_counts_to_the_first(med):
    with h5py.File(med, "r+") as file:
        names = file["FAS/box/ELEME/FAM_-6_housing/GRO"]
        text = np.stack([np.frombuffer(word.ljust(80, b"\0"), dtype=np.int8) for word in (b"housing", b"hot")])
        del names["NOM"]
        names.create_dataset("NOM", (2,), dtype=np.dtype(("i1", (80,))))[...] = text

    mesh = MedReader().read(med)

    assert measured(mesh) == pytest.approx(VOLUMES)
    assert mesh.messages == ('12 cells of "hot" are in "housing" too and count to that',)


@pytest.mark.parametrize(("stated", "metres"), [("m", 1.0), ("", None), ("parsec", None)])
def test_the_unit_of_the_file_is_taken_if_known(stated, metres, tmp_path):
    write_med(tmp_path / "box.med", sample_of("tetra"), unit=stated)

    assert MedReader().read(tmp_path / "box.med").metres_per_unit == metres


def test_a_link_to_another_file_is_refused(med, tmp_path):
    with h5py.File(med, "r+") as file:
        step = file[f"ENS_MAA/box/{STEP}"]
        del step["NOE/COO"]
        step["NOE/COO"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "/points")

    with pytest.raises(GeometryError, match=r"box\.med: 'NOE/COO' leads to another file"):
        MedReader().read(med)


def test_a_data_set_larger_than_its_bytes_is_refused_at_once(med):
    with h5py.File(med, "r+") as file:
        step = file[f"ENS_MAA/box/{STEP}"]
        del step["NOE/COO"]
        step.create_dataset("NOE/COO", shape=(3 * 10**12,), chunks=(1000,), dtype="f8")
    start = time.perf_counter()

    with pytest.raises(GeometryError, match=r"'NOE/COO' states 24000000000000 bytes, but 0 are stored"):
        MedReader().read(med)

    assert time.perf_counter() - start < 0.2


def test_values_in_another_file_are_refused(med, tmp_path):
    (tmp_path / "secret.bin").write_bytes(bytes(1000))
    with h5py.File(med, "r+") as file:
        step = file[f"ENS_MAA/box/{STEP}"]
        del step["NOE/COO"]
        external = [(str(tmp_path / "secret.bin"), 0, 384)]
        step.create_dataset("NOE/COO", shape=(48,), dtype="f8", external=external)

    with pytest.raises(GeometryError, match=r"keeps its values in another file"):
        MedReader().read(med)


@pytest.mark.parametrize(
    "place", ["../box.h5", "/etc/box.h5", "sub/box.h5", "http://example.org/box.h5", "..", "C:\\box.h5"]
)
def test_data_outside_the_folder_is_refused(place, xdmf):
    xdmf.write_text(xdmf.read_text().replace(">box.h5:", f">{place}:"))

    with pytest.raises(GeometryError, match=r"box\.xdmf refers to .*; only files in the same folder are followed"):
        XdmfReader().read(xdmf)


def test_a_missing_data_file_is_named(xdmf):
    xdmf.with_suffix(".h5").unlink()

    with pytest.raises(GeometryError, match=r"box\.xdmf refers to 'box\.h5', which is not beside it"):
        XdmfReader().read(xdmf)


def test_a_document_type_is_refused(xdmf):
    text = xdmf.read_text().replace("<Xdmf", '<!DOCTYPE Xdmf [<!ENTITY a "b">]><Xdmf')
    xdmf.write_text(text)

    with pytest.raises(GeometryError, match="DOCTYPE"):
        XdmfReader().read(xdmf)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('Dimensions="18 4"', 'Dimensions="18000000000 4"', r"states 72000000000 values, but has 72"),
        ('NumberOfElements="18"', 'NumberOfElements="17"', r"states 17 cells, but has 18"),
        ('"Tetrahedron"', '"Polygon"', r"topology 'polygon' is not known"),
        ('<DataItem NumberType="Int"', '<DataItem ItemType="HyperSlab" NumberType="Int"', r"a DataItem is a HyperSlab"),
        ('GeometryType="XYZ"', 'GeometryType="XY"', r"Geometry is XY of 1 data items"),
        (":/cells", ":/nothing", r"'/nothing' is missing"),
    ],
)
def test_what_is_wrong_is_named(old, new, message, xdmf):
    text = xdmf.read_text()
    assert old in text
    xdmf.write_text(text.replace(old, new))

    with pytest.raises(GeometryError, match=message):
        XdmfReader().read(xdmf)


def test_the_first_step_of_a_series_is_read(xdmf):
    text = xdmf.read_text()
    start, end = text.index("<Grid"), text.index("</Domain>")
    grid = text[start:end]
    series = f'<Grid GridType="Collection" CollectionType="Temporal">{grid}{grid}</Grid>'
    xdmf.write_text(text[:start] + series + text[end:])

    assert sum(measured(XdmfReader().read(xdmf)).values()) == pytest.approx(4.5)


def test_a_damaged_data_file_is_read_or_refused(xdmf, rng):
    path = xdmf.with_suffix(".h5")
    content = path.read_bytes()
    refused = 0

    for _ in range(100):
        damaged = bytearray(content)
        damaged[rng.integers(len(content))] ^= 1 << rng.integers(8)
        path.write_bytes(damaged)
        try:
            XdmfReader().read(xdmf)
        except GeometryError:
            refused += 1

    assert refused
