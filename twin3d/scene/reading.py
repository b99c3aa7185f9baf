"""Reads scene files: one error tells all that is wrong with a file, each problem with its line and key."""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from twin3d.errors import SceneError
from twin3d.scene.building import build_scene
from twin3d.scene.model import Scene
from twin3d.scene.problems import Problems
from twin3d.scene.quantities import file_context
from twin3d.scene.salvage import salvage
from twin3d.scene.toml_lines import key_lines
from twin3d.scene.written import WrittenScene, WrittenTables


def load_scene(path: Path) -> Scene:
    """Read and check a scene file.

    Args:
        path: The TOML file.

    Returns:
        The scene, in SI; files that it names are resolved.

    Raises:
        SceneError: The file is missing, is no TOML, or something in it is wrong: a key or name that is unknown, a
            quantity without a unit or of another dimension, a value out of its range. All problems are listed.
    """
    text = _text_of(path)
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SceneError(f"{path}: this is not TOML: {error}") from error
    except RecursionError as error:
        raise SceneError(f"{path}: lists or tables are nested too deeply to be read") from error
    problems = Problems(key_lines(text))
    scene = _scene_of(raw, path, problems)
    if scene is None:
        listed = problems.listed()
        head = f"{path}: {len(listed)} problem{'s' if len(listed) > 1 else ''}"
        raise SceneError("\n  ".join([head, *map(str, listed)]))
    return scene


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of scene files as they are written, quantities as text."""
    schema = _without_si_defaults(WrittenScene.model_json_schema())
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "twin3d scene"}


def _without_si_defaults(schema: Any) -> Any:
    """The schema without defaults that nobody could write in a file: SI numbers, and null for a key left out."""
    if isinstance(schema, list):
        return [_without_si_defaults(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    is_unwritable = "default" in schema and not isinstance(schema["default"], str | int)
    return {key: _without_si_defaults(value) for key, value in schema.items() if key != "default" or not is_unwritable}


def _scene_of(raw: dict[str, Any], path: Path, problems: Problems) -> Scene | None:
    tables: WrittenTables
    try:
        tables = WrittenScene.model_validate(raw, context=file_context(raw))
    except ValidationError as error:
        problems.add_validation((), raw, error, WrittenScene)
        tables = salvage(raw, error, problems)
    return build_scene(tables, path, problems)


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise SceneError(f"there is no scene file at {path}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SceneError(f"the scene file {path} cannot be read: {error}") from error
