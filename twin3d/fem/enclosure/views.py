"""View factors between the patches of an enclosure."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from twin3d.errors import SolverError
from twin3d.fem.enclosure.closing import bound_exchange, close_exchange
from twin3d.fem.enclosure.exchange import fill_rows
from twin3d.fem.enclosure.facets import areas_of, checked_corners
from twin3d.fem.enclosure.tree import build_tree

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int32]

MAX_PATCHES = 8000
"""Beyond them a matrix takes over 0.5 GB, of which radiosity needs four."""
LEAST_VIEW = 3e-5
"""A part of a patch's view that is not refined further where it is partly hidden."""
ROWS_AT_ONCE = 8


@dataclass(frozen=True, eq=False, slots=True)
class ViewFactors:
    """What the patches of an enclosure see of each other; made by `view_factors`."""

    exchange_areas: Array
    """A_i F_ij [m²], exactly symmetric, shape (n_patches, n_patches)."""
    areas: Array
    """Of patches [m²], shape (n_patches,)."""
    facet_areas: Array
    """[m²], shape (n_facets,)."""
    patch_of_facet: IntArray
    """Shape (n_facets,)."""
    closed: bool
    """Whether rows were made to sum to the areas; else the rest of a row is the view of the ambient."""
    computed_sums: Array
    """Row sums of F before they were made consistent, shape (n_patches,)."""

    @property
    def factors(self) -> Array:
        """F_ij, the part of the radiation that leaves i and meets j, shape (n_patches, n_patches)."""
        return np.asarray(self.exchange_areas / self.areas[:, None])

    @property
    def ambient_areas(self) -> Array:
        """A_i F_i∞ towards the ambient [m²], zero in a closed enclosure, shape (n_patches,)."""
        if self.closed:
            return np.zeros(len(self.areas))
        return np.asarray(np.maximum(self.areas - self.exchange_areas.sum(axis=1), 0.0))


def view_factors(
    corners: Array,
    patch_of_facet: npt.NDArray[np.integer] | None = None,
    *,
    closed: bool,
    obstacles: Array | None = None,
    n_threads: int | None = None,
) -> ViewFactors:
    """View factors between groups of triangles, with what stands between them.

    Near pairs of facets are integrated along their contours, pairs of groups far apart by samples; rays find what is
    hidden. Facets hide from both sides.

    Args:
        corners: Corners of facets [m], counter-clockwise as the cavity sees them, shape (n_facets, 3, 3).
        patch_of_facet: Patches 0 … n_patches - 1, each with facets, shape (n_facets,); without it each facet is one.
        closed: Whether the facets enclose a cavity: sums are then made 1; else the rest of the view is the ambient.
        obstacles: Triangles that hide but do not radiate [m], shape (n, 3, 3).
        n_threads: As many as processors without it.

    Returns:
        The factors. The error of row sums before closing is in `computed_sums`.

    Raises:
        MeshError: A facet has no area, or a corner that is not finite.
        SolverError: Too many patches, a patch without facets, or sums that no such enclosure has.
    """
    corners = checked_corners(corners, "facet")
    patches = _checked_patches(len(corners), patch_of_facet)
    n_patches = int(patches.max()) + 1
    everything, group = corners, patches
    if obstacles is not None:
        obstacles = checked_corners(obstacles, "obstacle")
        everything = np.concatenate([corners, obstacles])
        group = np.concatenate([patches, np.full(len(obstacles), -1, dtype=np.int32)])
    low = everything.min(axis=(0, 1))
    extent = float((everything.max(axis=(0, 1)) - low).max())
    tree, nodes = build_tree((everything - low) / extent, group, n_patches)
    exchange = np.zeros((n_patches, n_patches))
    rows = [np.arange(k, min(k + ROWS_AT_ONCE, n_patches), dtype=np.int32) for k in range(0, n_patches, ROWS_AT_ONCE)]
    with ThreadPoolExecutor(n_threads or os.cpu_count()) as threads:
        list(threads.map(lambda some: fill_rows(tree, nodes, some, LEAST_VIEW, exchange), rows))
    exchange *= extent**2
    facet_areas = areas_of(corners)
    areas = np.bincount(patches, weights=facet_areas).astype(np.float64)
    return ViewFactors(
        exchange_areas=close_exchange(exchange, areas) if closed else bound_exchange(exchange, areas),
        areas=areas,
        facet_areas=facet_areas,
        patch_of_facet=patches,
        closed=closed,
        computed_sums=exchange.sum(axis=1) / areas,
    )


def _checked_patches(n_facets: int, patch_of_facet: npt.NDArray[np.integer] | None) -> IntArray:
    patches = np.arange(n_facets) if patch_of_facet is None else np.asarray(patch_of_facet)
    if patches.shape != (n_facets,) or not np.issubdtype(patches.dtype, np.integer):
        raise SolverError(
            f"patch_of_facet is {patches.dtype} {patches.shape}; expected integers of shape ({n_facets},)"
        )
    if patches.min() < 0:
        raise SolverError(f"facet {patches.argmin()} is of patch {patches.min()}; patches count from 0")
    n_patches = int(patches.max()) + 1
    if n_patches > MAX_PATCHES:
        raise SolverError(
            f"{n_patches} patches need {8e-9 * n_patches**2:.1f} GB a matrix; at most {MAX_PATCHES} are allowed, "
            "gather facets into larger patches (gather_patches with a greater patch_size)"
        )
    empty = np.flatnonzero(np.bincount(patches) == 0)
    if empty.size:
        raise SolverError(f"{empty.size} patches have no facet, first is {empty[0]}; number patches without gaps")
    return patches.astype(np.int32)
