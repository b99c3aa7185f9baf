import pytest
from step_parts import write_block

from twin3d.assets import asset_path
from twin3d.mesh import build_mesh
from twin3d.scene import Contact, Geometry


@pytest.fixture(scope="session")
def grease():
    return Contact(name="grease", between=("heatsink", "baseplate"), conductance=1e4)


@pytest.fixture(scope="session")
def power_module(grease):
    """A coarse mesh of the shipped power module."""
    geometry = Geometry(file=asset_path("meshes", "power_module.step"), cell_size=0.012)
    return build_mesh(geometry, [grease], cache_dir=None)


@pytest.fixture(scope="session")
def block(tmp_path_factory):
    """A mesh of the L block of `step_parts`."""
    file = write_block(tmp_path_factory.mktemp("block") / "block.step")
    return build_mesh(Geometry(file=file, cell_size=0.01), (), cache_dir=None).mesh


@pytest.fixture(scope="session")
def bracket():
    """A mesh of the shipped bracket."""
    geometry = Geometry(file=asset_path("meshes", "bracket.stl"), unit="mm", cell_size=0.005)
    return build_mesh(geometry, (), cache_dir=None).mesh
