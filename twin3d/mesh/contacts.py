"""The declared contacts of a scene on its mesh: facets that touch, and pairs of points across gaps."""

import fnmatch
from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np
import numpy.typing as npt

from twin3d.errors import MeshError
from twin3d.mesh.isolation import Arrays
from twin3d.mesh.pairing import GapPairs, faces_other, pair_across
from twin3d.mesh.topology import Facets
from twin3d.records.mesh import OUTSIDE
from twin3d.scene import Contact


def contact_mask(facets: Facets, contacts: Sequence[Contact], names: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    """Which facets are declared contacts, shape (n_facets,).

    Raises:
        MeshError: A contact names a part that does not exist.
    """
    mask = np.zeros(len(facets.corners), dtype=bool)
    for contact in contacts:
        mask |= _between(facets.parts, _sides(contact, names))
    return mask


def _sides(contact: Contact, names: tuple[str, ...]) -> list[npt.NDArray[np.bool_]]:
    """Which parts are on the two sides of a contact, each of shape (n_parts,)."""
    sides = [np.array([fnmatch.fnmatchcase(name, glob) for name in names]) for glob in contact.between]
    for glob, matched in zip(contact.between, sides, strict=True):
        if not matched.any():
            raise MeshError(f"contact {contact.name}: no part matches {glob!r}; the parts are {', '.join(names)}")
    return sides


def _between(parts: npt.NDArray[np.int32], sides: Sequence[npt.NDArray[np.bool_]]) -> npt.NDArray[np.bool_]:
    inner, outer = parts.T
    return np.asarray((outer != OUTSIDE) & ((sides[0][inner] & sides[1][outer]) | (sides[1][inner] & sides[0][outer])))


def gap_arrays(arrays: Arrays, contacts: Sequence[Contact]) -> Arrays:
    """Pairs of points across the gaps of contacts that allow one; refuses contacts that join nothing.

    Facets that face the other part across a gap are no longer outer ones, so that no film acts on them.

    Args:
        arrays: The split mesh, points in metres.
        contacts: Those of the scene.

    Raises:
        MeshError: A contact joins parts that neither touch nor face each other within its gap.
    """
    names = tuple(map(str, arrays["part_names"]))
    found: list[GapPairs] = []
    parts: list[npt.NDArray[np.int32]] = []
    facet_parts = arrays["facet_parts"].copy()
    for contact in contacts:
        sides = _sides(contact, names)
        n_before = len(found)
        for a, b in _pairs(sides):
            if contact.gap is None:
                continue
            own = [_outer_facets(arrays, part) for part in (a, b)]
            facets = [arrays["facets"][chosen] for chosen in own]
            pairs = pair_across(arrays["points"], *facets, reach=contact.gap)
            if len(pairs.areas):
                for side, other, part in ((0, 1, b), (1, 0, a)):
                    facing = faces_other(arrays["points"], facets[side], facets[other], reach=contact.gap)
                    facet_parts[own[side][facing], 1] = part
                found.append(pairs)
                parts.append(np.tile(np.array([a, b], dtype=np.int32), (len(pairs.areas), 1)))
        if len(found) == n_before and not _between(arrays["contact_parts"], sides).any():
            raise MeshError(_apart(contact, arrays, sides))
    none = GapPairs.none()
    return {
        "gap_corners": np.concatenate([none.corners, *(pairs.corners for pairs in found)]),
        "gap_weights": np.concatenate([none.weights, *(pairs.weights for pairs in found)]),
        "gap_areas": np.concatenate([none.areas, *(pairs.areas for pairs in found)]),
        "gap_parts": np.concatenate([np.zeros((0, 2), dtype=np.int32), *parts]),
        "facet_parts": facet_parts,
    }


def _pairs(sides: Sequence[npt.NDArray[np.bool_]]) -> Iterator[tuple[int, int]]:
    """Pairs of different parts, one on each side, each pair once."""
    seen = set()
    for a, b in product(*(map(int, np.flatnonzero(side)) for side in sides)):
        if a != b and (b, a) not in seen:
            seen.add((a, b))
            yield a, b


def _outer_facets(arrays: Arrays, part: int) -> npt.NDArray[np.int64]:
    """Numbers of the outer facets of a part."""
    inner, outer = arrays["facet_parts"].T
    return np.flatnonzero((inner == part) & (outer == OUTSIDE))


def _apart(contact: Contact, arrays: Arrays, sides: Sequence[npt.NDArray[np.bool_]]) -> str:
    """What to say of a contact whose parts do not meet."""
    a, b = contact.between
    points = arrays["points"]
    size = float(np.linalg.norm(np.ptp(points, axis=0)))
    widths = [
        pair_across(points, *(arrays["facets"][_outer_facets(arrays, part)] for part in pair), reach=size).widths
        for pair in _pairs(sides)
    ]
    facing = np.concatenate([np.zeros(0), *widths])
    apart = (
        f"their nearest facing faces are {facing.min() * 1e3:.3g} mm apart"
        if facing.size
        else "no faces face each other"
    )
    return (
        f"contact {contact.name}: {a!r} and {b!r} do not touch, {apart}; close the gap in the CAD, or say how wide it "
        'is, as in gap = "0.1 mm"'
    )
