"""Facets of cavities with known view factors, counter-clockwise as the cavity sees them, shape (n, 3, 3)."""

import numpy as np
import trimesh


def rectangle(origin, side, other_side, *, n=1, m=1):
    """A rectangle cut into n × m, two facets each; its normal is side × other_side."""
    i, j = (k.ravel()[:, None] for k in np.meshgrid(np.arange(n), np.arange(m), indexing="ij"))
    u, v = np.asarray(side, float) / n, np.asarray(other_side, float) / m
    low = np.asarray(origin, float) + i * u + j * v
    lower = np.stack([low, low + u, low + u + v], axis=1)
    upper = np.stack([low, low + u + v, low + v], axis=1)
    return np.concatenate([lower, upper])


def disc(radius, height, *, up, n_sectors=48, n_rings=6):
    """A polygon with the area of a disc around the z axis, its normal up or down."""
    angles = np.linspace(0.0, 2.0 * np.pi, n_sectors + 1)
    outer = radius * np.sqrt(2.0 * np.pi / n_sectors / np.sin(2.0 * np.pi / n_sectors))
    ring = outer * np.linspace(0.0, 1.0, n_rings + 1)[:, None, None] * np.stack([np.cos(angles), np.sin(angles)], -1)
    points = np.concatenate([ring, np.full((*ring.shape[:2], 1), height)], axis=2)
    a, b, c, d = points[:-1, :-1], points[1:, :-1], points[1:, 1:], points[:-1, 1:]
    facets = np.concatenate([np.stack([a, b, c], 2).reshape(-1, 3, 3), np.stack([a, c, d], 2)[1:].reshape(-1, 3, 3)])
    return facets if up else facets[:, ::-1]


def box_inside(*, n_halvings):
    """The inside of a unit cube, 12 · 4^n facets."""
    mesh = trimesh.creation.box((1.0, 1.0, 1.0))
    for _ in range(n_halvings):
        mesh = mesh.subdivide()
    return np.array(mesh.triangles[:, ::-1], dtype=float)


def sphere(radius, *, inside, n_halvings=2):
    """A sphere of 20 · 4^n facets, seen from inside or outside."""
    facets = radius * np.array(trimesh.creation.icosphere(subdivisions=n_halvings).triangles, dtype=float)
    return facets[:, ::-1] if inside else facets


def groups(*parts):
    """All facets, and the number of the part that each is of."""
    return np.concatenate(parts), np.repeat(np.arange(len(parts)), [len(part) for part in parts])
