"""`twin3d modes`: the lowest frequencies of free vibration of a scene, and their shapes."""

from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from twin3d.backend import get_backend
from twin3d.cli.field_picture import draw_shape
from twin3d.cli.reporting import Reporter
from twin3d.cli.scenes import open_scene
from twin3d.errors import SceneError
from twin3d.fem.elements import Element
from twin3d.fem.mechanics.problem import body_of_scene, density_of_cells
from twin3d.fem.modal import Vibration, free_vibration
from twin3d.fem.space import function_space
from twin3d.mesh import build_mesh
from twin3d.mesh.cache import default_cache_dir


def modes(scene: Path, *, count: int = 6, picture: Path | None = None, backend: str = "auto") -> int:
    """Find the lowest frequencies at which the asset of a scene vibrates by itself.

    Its supports hold (fixed, symmetry, displacement, elastic_support), its loads do not matter. Where nothing holds the
    asset, rigid motions are told apart and come on top.

    Args:
        scene: The scene file.
        count: Number of modes.
        picture: Draw the shapes there (.png); the number of the mode is put before the ending.
        backend: auto, numpy or cupy.
    """
    if count < 1:
        raise SceneError(f"--count is {count}; ask for at least one mode")
    checked = open_scene(scene)
    with Reporter() as reporter:
        mesh = build_mesh(
            checked.geometry, checked.contacts, cache_dir=default_cache_dir(), progress=reporter.progress
        ).mesh
        reporter.progress(1.0, "looking for modes")
        space = function_space(mesh, Element(checked.structure.element))
        chosen = get_backend(backend, n_dofs=3 * space.n_dofs)
        body, density = body_of_scene(checked, space), density_of_cells(checked, space)
        found = free_vibration(body, density, n_modes=count, backend=chosen)
    Console(highlight=False).print(_table(found, checked.name))
    if picture is not None:
        for number in range(found.n_rigid, len(found.frequencies)):
            path = picture.with_stem(f"{picture.stem}_{number - found.n_rigid + 1}")
            title = f"mode {number - found.n_rigid + 1}, {found.frequencies[number]:.4g} Hz"
            draw_shape(path, checked, space, found.shapes[:, number].reshape(-1, 3), title=title)
    return 0


def _table(found: Vibration, name: str) -> Table:
    held = f", {found.n_rigid} rigid motions are free" if found.n_rigid else ""
    title = f"{name}, {found.mass:.4g} kg{held}"
    table = Table("mode", "frequency in Hz", *(f"mass along {axis} in %" for axis in "xyz"), title=title)
    for number, (frequency, masses) in enumerate(zip(found.frequencies, found.effective_masses, strict=True)):
        if number >= found.n_rigid:
            shares = 100.0 * masses / found.mass
            table.add_row(str(number - found.n_rigid + 1), f"{frequency:.5g}", *(f"{np.abs(s):.1f}" for s in shares))
    return table
