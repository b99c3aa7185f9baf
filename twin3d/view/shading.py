"""Pixels from the numbers of triangles: muted colours, other than the neighbours', soft light, and edges of faces."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from twin3d.view.raster import NOTHING, Camera
from twin3d.view.sheet import BACKGROUND

Array: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int32]

PALETTE = (
    np.array(
        [
            (119, 170, 221),
            (238, 221, 136),
            (153, 221, 255),
            (238, 136, 102),
            (187, 204, 51),
            (255, 170, 187),
            (68, 187, 153),
            (221, 221, 221),
            (170, 170, 0),
        ]
    )
    / 255.0
)
"""Paul Tol's light scheme (SRON technical note, issue 3.2, 2021): distinct in all common kinds of colour vision."""
MUTING = 0.25
"""Share of white that is mixed in, so that labels and edges stand out."""
DARKEST = 0.7
"""Light on a face that is seen edge-on."""
EDGE = np.array((31, 33, 41)) / 255.0
EDGE_OPACITY = 0.75


def spread_colours(keys: IntArray, neighbours: IntArray) -> Array:
    """A colour of the palette for each key, other than those of its neighbours as far as there are enough.

    Args:
        keys: What is coloured, each once, in the order of choosing.
        neighbours: Pairs of keys side by side, shape (n, 2).

    Returns:
        Colours from 0 to 1, shape (max(keys) + 1, 3).
    """
    n = int(keys.max()) + 1
    beside: list[set[int]] = [set() for _ in range(n)]
    for a, b in neighbours:
        beside[a].add(int(b))
        beside[b].add(int(a))
    chosen = np.full(n, NOTHING)
    uses = np.zeros(len(PALETTE))
    for key in keys:
        near = np.zeros(len(PALETTE))
        for other in beside[key]:
            if chosen[other] != NOTHING:
                near[chosen[other]] += 1.0
            for further in beside[other]:
                if chosen[further] != NOTHING:
                    near[chosen[further]] += 0.01
        chosen[key] = int(np.lexsort((uses, near))[0])
        uses[chosen[key]] += 1.0
    muted = (1.0 - MUTING) * PALETTE + MUTING
    return np.asarray(muted[np.maximum(chosen, 0)])


def shaded(seen: IntArray, colours: Array, normals: Array, camera: Camera) -> Array:
    """Light from the camera on coloured triangles.

    Args:
        seen: Triangle at each pixel, shape (height, width).
        colours: Of the triangles, from 0 to 1, shape (n_triangles, 3).
        normals: Of the triangles, shape (n_triangles, 3).
        camera: Where the light is.

    Returns:
        Shape (height, width, 3), from 0 to 1.
    """
    towards = camera.backwards + 0.35 * camera.up - 0.25 * camera.right
    towards /= np.linalg.norm(towards)
    light = DARKEST + (1.0 - DARKEST) * np.abs(normals @ towards)  # what is seen faces the camera
    lit = np.concatenate([colours * light[:, None], np.array([BACKGROUND]) / 255.0])
    return np.asarray(lit[seen])  # NOTHING is the last row


def draw_edges(picture: Array, groups: IntArray) -> None:
    """Draw a line wherever the group changes from pixel to pixel, in place.

    Args:
        picture: Shape (height, width, 3), from 0 to 1.
        groups: What is one face, at each pixel, shape (height, width).
    """
    edge = np.zeros(groups.shape, dtype=bool)
    across = groups[:, 1:] != groups[:, :-1]
    down = groups[1:] != groups[:-1]
    edge[:, 1:] |= across
    edge[:, :-1] |= across
    edge[1:] |= down
    edge[:-1] |= down
    picture[edge] = (1.0 - EDGE_OPACITY) * picture[edge] + EDGE_OPACITY * EDGE


def facet_normals(points: Array, triangles: IntArray) -> Array:
    """Unit normals of triangles, shape (n_triangles, 3)."""
    corner = points[triangles]
    normals = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    return np.asarray(normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-300))


def side_by_side(triangles: IntArray, groups: IntArray) -> IntArray:
    """Pairs of groups whose triangles share an edge, shape (n, 2).

    Args:
        triangles: Shape (n_triangles, 3).
        groups: Of the triangles, shape (n_triangles,).
    """
    ends = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    owner = np.repeat(groups, 3)
    order = np.lexsort(ends.T)
    same = (ends[order][1:] == ends[order][:-1]).all(axis=1)
    pairs = np.column_stack([owner[order[:-1][same]], owner[order[1:][same]]])
    return np.unique(np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1), axis=0).astype(np.int32)
