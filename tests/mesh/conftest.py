import pytest

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
