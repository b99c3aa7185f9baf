"""Scenes by path, or by the name of one that ships with twin3d."""

from pathlib import Path

from twin3d.assets import asset_path, list_assets
from twin3d.scene import Scene, load_scene


def open_scene(path: Path) -> Scene:
    """Load a scene file; a bare name that is no file here is looked up among the shipped scenes.

    Raises:
        SceneError: There is no such file, or it is wrong.
    """
    return load_scene(scene_path(path))


def scene_path(path: Path) -> Path:
    """The scene file that a path or a shipped name means; a path that does not exist comes back as it is."""
    name = path.name if path.suffix else f"{path.name}.toml"
    is_shipped = not path.exists() and path.parent == Path() and name in list_assets("scenes")
    return asset_path("scenes", name) if is_shipped else path
