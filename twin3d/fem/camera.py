"""What the pixels of an infrared camera take of a field: its value on the surface that each of them sees."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse

from twin3d.errors import MeshError
from twin3d.fem.elements import shape_functions
from twin3d.fem.enclosure.rays import first_hits
from twin3d.fem.enclosure.tree import build_tree
from twin3d.fem.space import FunctionSpace
from twin3d.mesh.misses import point_text
from twin3d.records.mesh import OUTSIDE
from twin3d.scene import Camera

Array: TypeAlias = npt.NDArray[np.float64]


def pixel_directions(camera: Camera) -> Array:
    """Directions through the middles of pixels, row by row from the top left, shape (n_rows · n_columns, 3)."""
    ahead, right, up = camera_axes(camera)
    n_columns, n_rows = camera.pixels
    reach = np.tan(np.deg2rad(0.5 * camera.field_of_view))
    across = reach * (2.0 * (np.arange(n_columns) + 0.5) / n_columns - 1.0)
    down = reach * (2.0 * (np.arange(n_rows) + 0.5) / n_rows - 1.0) * n_rows / n_columns
    rays = ahead + across[None, :, None] * right - down[:, None, None] * up
    return np.asarray(rays.reshape(-1, 3))


def camera_axes(camera: Camera) -> tuple[Array, Array, Array]:
    """Unit vectors ahead, to the right and up in the picture, each of shape (3,)."""
    ahead = np.subtract(camera.look_at, camera.position)
    ahead /= np.linalg.norm(ahead)
    right = np.cross(ahead, camera.up)
    right /= np.linalg.norm(right)
    return ahead, right, np.cross(right, ahead)


def image_rows(space: FunctionSpace, camera: Camera, *, parts: Sequence[int] | None = None) -> sparse.csr_array:
    """Rows that give the field at the point that each pixel sees first.

    Surfaces are opaque, and flat between the corners of their facets.

    Args:
        space: The function space.
        camera: Where it is and looks.
        parts: Pixels that see other parts are dropped as well; all parts count without it.

    Returns:
        Row by row from the top left, shape (n_rows · n_columns, n_dofs); every row sums to 1, or is zero where the
        pixel sees nothing.

    Raises:
        MeshError: No pixel sees the asset or its parts; says where the asset is.
    """
    mesh = space.mesh
    outer = np.flatnonzero(mesh.facet_parts[:, 1] == OUTSIDE)
    corners = mesh.facets[outer]
    tree, _ = build_tree(mesh.points[corners], np.full(len(outer), -1), 0)
    directions = pixel_directions(camera)
    hits, coordinates = first_hits(tree, np.array(camera.position), directions)
    is_seen = hits >= 0
    is_seen[is_seen] = _faces_camera(mesh.points[corners[hits[is_seen]]], directions[is_seen])
    if not is_seen.any():
        raise MeshError(_sees_nothing(camera, mesh.points, is_inside=bool((hits >= 0).any())))
    if parts is not None:
        is_seen[is_seen] = np.isin(mesh.facet_parts[outer[hits[is_seen]], 0], parts)
        if not is_seen.any():
            raise MeshError("it sees the asset, but none of its parts; turn it, or leave its part out")
    pixels = np.flatnonzero(is_seen)
    weights = np.column_stack([1.0 - coordinates[pixels].sum(axis=1), coordinates[pixels]])
    values = shape_functions(space.element, weights)
    dofs = space.facet_dofs(corners[hits[pixels]])
    rows = np.repeat(pixels, values.shape[1])
    return sparse.csr_array((values.ravel(), (rows, dofs.ravel())), shape=(len(directions), space.n_dofs))


def _faces_camera(corners: Array, directions: Array) -> npt.NDArray[np.bool_]:
    """Whether rays meet facets from outside; from inside they do where the camera stands in the material."""
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return np.asarray(np.einsum("ij,ij->i", normals, directions) < 0.0)


def _sees_nothing(camera: Camera, points: Array, *, is_inside: bool) -> str:
    where = point_text(np.array(camera.position))
    if is_inside:
        return f"the camera at {where} stands within the asset; move it out, or check its unit"
    low, high = points.min(axis=0), points.max(axis=0)
    towards = 0.5 * (low + high) - camera.position
    ahead, _, _ = camera_axes(camera)
    off = np.rad2deg(np.arccos(np.clip(ahead @ towards / np.linalg.norm(towards), -1.0, 1.0)))
    return (
        f"the camera at {where} sees nothing of the asset, which reaches from {point_text(low)} to {point_text(high)}: "
        f"its middle lies {off:.3g}° off the view, {np.linalg.norm(towards) * 1e3:.4g} mm away, and the field of view "
        f"is {camera.field_of_view:g}°; turn look_at to it, or check the units"
    )
