"""Files that others open: VTKHDF by VTK's own reader, films by PyAV, pictures by Pillow, reports by a browser."""

import av
import numpy as np
import pytest
from box_mesh import box_mesh
from PIL import Image
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonExecutionModel import vtkStreamingDemandDrivenPipeline
from vtkmodules.vtkIOHDF import vtkHDFReader

from twin3d.errors import SceneError
from twin3d.export.picture import write_png
from twin3d.export.report import Curve, Report, write_report
from twin3d.export.video import VideoWriter
from twin3d.export.vtkhdf import TimeSeriesWriter


def read_steps(path):
    reader = vtkHDFReader()
    reader.SetFileName(str(path))
    reader.UpdateInformation()
    times = reader.GetOutputInformation(0).Get(vtkStreamingDemandDrivenPipeline.TIME_STEPS())
    for time in times:
        reader.UpdateTimeStep(time)
        yield time, reader.GetOutputDataObject(0)


def test_a_time_series_opens_in_vtk(tmp_path, rng):
    mesh = box_mesh((3, 2, 2), n_parts=2)
    fields = 300.0 + rng.normal(size=(4, mesh.n_points))
    with TimeSeriesWriter(tmp_path / "run.vtkhdf", mesh) as writer:
        for number, field in enumerate(fields):
            writer.append(0.1 * number + 1e-9, field, 0.1 * field)

    steps = list(read_steps(tmp_path / "run.vtkhdf"))

    assert [time for time, _ in steps] == [0.1 * number + 1e-9 for number in range(4)]
    assert all(grid.GetNumberOfCells() == mesh.n_cells for _, grid in steps)


def test_fields_of_several_components_are_kept(tmp_path, rng):
    mesh = box_mesh((2, 2, 2))
    stress = rng.normal(size=(2, mesh.n_points, 6))
    with TimeSeriesWriter(tmp_path / "run.vtkhdf", mesh, more={"stress": 6}) as writer:
        for number, values in enumerate(stress):
            writer.append(float(number), np.zeros(mesh.n_points), np.zeros(mesh.n_points), more={"stress": values})

    for (_, grid), values in zip(read_steps(tmp_path / "run.vtkhdf"), stress, strict=True):
        np.testing.assert_allclose(vtk_to_numpy(grid.GetPointData().GetArray("stress")), values, atol=1e-6)


def test_a_step_without_a_field_that_was_announced_is_refused(tmp_path):
    mesh = box_mesh((1, 1, 1))
    fields = np.zeros(mesh.n_points)

    with (
        TimeSeriesWriter(tmp_path / "run.vtkhdf", mesh, more={"stress": 6}) as writer,
        pytest.raises(ValueError, match="the file has temperature, deviation, stress"),
    ):
        writer.append(0.0, fields, fields)


@pytest.mark.parametrize("step", [0, 2])
def test_each_step_holds_its_own_field(tmp_path, rng, step):
    mesh = box_mesh((3, 2, 2), n_parts=2)
    fields = 300.0 + rng.normal(size=(3, mesh.n_points))
    with TimeSeriesWriter(tmp_path / "run.vtkhdf", mesh) as writer:
        for number, field in enumerate(fields):
            writer.append(float(number), field, 0.1 * field)

    reader = vtkHDFReader()
    reader.SetFileName(str(tmp_path / "run.vtkhdf"))
    reader.UpdateInformation()
    reader.UpdateTimeStep(float(step))
    grid = reader.GetOutputDataObject(0)

    temperature = vtk_to_numpy(grid.GetPointData().GetArray("temperature"))
    np.testing.assert_allclose(temperature, fields[step], atol=1e-4)
    np.testing.assert_array_equal(vtk_to_numpy(grid.GetCellData().GetArray("part")), mesh.cell_region)


def test_a_closed_time_series_takes_no_more(tmp_path):
    mesh = box_mesh((1, 1, 1))
    writer = TimeSeriesWriter(tmp_path / "run.vtkhdf", mesh)
    writer.close()

    with pytest.raises(ValueError, match="closed"):
        writer.append(0.0, np.zeros(mesh.n_points), np.zeros(mesh.n_points))


def test_a_field_of_another_mesh_is_refused(tmp_path):
    with TimeSeriesWriter(tmp_path / "run.vtkhdf", box_mesh((1, 1, 1))) as writer, pytest.raises(ValueError, match="8"):
        writer.append(0.0, np.zeros(9), np.zeros(9))


def stripes(number, size=(65, 101, 3)):
    image = np.zeros(size, np.uint8)
    image[:, : 10 * (number + 1)] = (200, 120, 40)
    return image


def test_a_film_has_its_pictures_and_rate(tmp_path):
    with VideoWriter(tmp_path / "film.mp4", 5.0) as film:
        for number in range(7):
            film.append(stripes(number))

    with av.open(str(tmp_path / "film.mp4")) as container:
        stream = container.streams.video[0]
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]

    assert len(frames) == 7
    assert float(stream.average_rate) == 5.0
    assert frames[0].shape == (64, 100, 3)
    assert np.abs(frames[6][30, 60].astype(int) - (200, 120, 40)).max() < 20


def test_a_webp_film_has_its_pictures(tmp_path):
    with VideoWriter(tmp_path / "film.webp", 5.0) as film:
        for number in range(4):
            film.append(stripes(number))

    with Image.open(tmp_path / "film.webp") as image:
        assert image.n_frames == 4


def test_an_unknown_film_is_refused(tmp_path):
    with pytest.raises(SceneError, match=r"\.mp4 or \.webp"):
        VideoWriter(tmp_path / "film.avi", 5.0)


def test_a_picture_of_another_size_is_refused(tmp_path):
    with VideoWriter(tmp_path / "film.mp4", 5.0) as film:
        film.append(stripes(0))

        with pytest.raises(ValueError, match="pixels"):
            film.append(stripes(0, (32, 32, 3)))


def test_a_picture_survives_the_disk(tmp_path):
    write_png(tmp_path / "a.png", stripes(3))

    with Image.open(tmp_path / "a.png") as image:
        np.testing.assert_array_equal(np.asarray(image), stripes(3))


def test_a_report_is_one_page_that_escapes_what_it_shows(tmp_path):
    times = np.linspace(0.0, 5.0, 20)
    curve = Curve("tc_1", "degC", times, 20.0 + times, np.full(20, 0.3), np.full(20, np.nan), "measured")
    report = Report(
        "a <b> title", "summary", [("x", "1")], [curve], ["sensor"], [["tc_1"]], [("1 s", "gated", "&")], None
    )

    write_report(tmp_path / "report.html", report)

    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "a &lt;b&gt; title" in page
    assert page.count("<svg") == 1
    assert "http://" not in page.replace("http://www.w3.org", "").replace("http://purl.org", "").replace(
        "http://creativecommons.org", ""
    )
