"""Where labels go in a picture: within what they name where there is room, else beside it at the end of a line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Array: TypeAlias = npt.NDArray[np.float64]
Box: TypeAlias = tuple[float, float, float, float]
"""Left, top, right and bottom in pixels."""

Pixel: TypeAlias = tuple[float, float]
"""Column and row."""

GAP = 3.0
"""Least distance of two labels in pixels."""
RADII = np.array((10.0, 18.0, 28.0, 40.0, 54.0, 72.0, 94.0, 122.0, 160.0, 210.0))
"""Lengths of lines that are tried, in pixels."""
N_ANGLES = 32
N_ALONG = 12
"""Points of a line that are compared with boxes."""
CROSSING = 120.0
"""Pixels of line that one accepts to cross no other line."""
COVERING = 45.0
"""Pixels of line that one accepts to cover the background rather than the asset."""
SMALLEST_AREA = 12
"""Faces of fewer visible pixels get no label."""
DEEP = 0.7
"""Labels point at places this far from the rim, relative to the furthest."""
N_ANCHORS = 7
MAX_PLACES = 2000
LEAST_SPREAD = 25.0
"""Anchors of one face are at least so many pixels apart."""


@dataclass(frozen=True, eq=False, slots=True)
class Spot:
    """Something to label in a picture."""

    key: int
    anchors: Array
    """Columns and rows that the label may point at, the best first, shape (n, 2)."""
    n_pixels: int
    """How much of it is seen."""
    room: Array
    """Those anchors around which the label fits within it, shape (n_room, 2)."""


@dataclass(frozen=True, slots=True)
class Callout:
    """A label with its place; the line goes from the box to the anchor."""

    key: int
    box: Box
    anchor: Pixel
    is_inside: bool
    """Whether the label sits on what it names, without a line."""

    @property
    def line(self) -> tuple[Pixel, Pixel]:
        """Both ends of the line: the nearest point of the label's rim, and the anchor."""
        left, top, right, bottom = self.box
        x, y = self.anchor
        return (min(max(x, left), right), min(max(y, top), bottom)), self.anchor


def find_spots(faces: npt.NDArray[np.int32], label_sizes: Mapping[int, Pixel]) -> list[Spot]:
    """What is seen of each face, and places far from its rim.

    Args:
        faces: Face at each pixel, above zero; zero for the background, shape (height, width).
        label_sizes: Face → width and height of its label in pixels.
    """
    spots = []
    for index, window in enumerate(ndimage.find_objects(faces)):
        key = index + 1
        if window is None or key not in label_sizes:
            continue
        mask = np.pad(faces[window] == key, 1)
        if int(mask.sum()) < SMALLEST_AREA:
            continue
        anchors = _anchors(mask)
        has_room = [_fits(mask, anchor, label_sizes[key]) for anchor in anchors]
        shifted = anchors + np.array([window[1].start - 1.0, window[0].start - 1.0])
        spots.append(Spot(key, shifted, int(mask.sum()), shifted[has_room]))
    return spots


def _anchors(mask: npt.NDArray[np.bool_]) -> Array:
    """Places far from the rim of a mask, far from each other, the first near its middle; columns and rows."""
    depth = np.asarray(ndimage.distance_transform_edt(mask))
    rows, columns = np.nonzero(depth >= DEEP * depth.max())
    places = np.column_stack([columns, rows]).astype(np.float64)
    places = places[:: max(1, len(places) // MAX_PLACES)]
    middle = np.array([np.nonzero(mask.any(axis=axis))[0].mean() for axis in (0, 1)])
    chosen = [int(np.linalg.norm(places - middle, axis=1).argmin())]
    away = np.linalg.norm(places - places[chosen[0]], axis=1)
    while len(chosen) < N_ANCHORS and away.max() > LEAST_SPREAD:
        chosen.append(int(away.argmax()))
        away = np.minimum(away, np.linalg.norm(places - places[chosen[-1]], axis=1))
    return np.asarray(places[chosen])


def _fits(mask: npt.NDArray[np.bool_], anchor: Array, size: Pixel) -> bool:
    """Whether a label around an anchor lies within a mask."""
    left, top, right, bottom = (round(float(value)) for value in _boxes(anchor, size))
    inside = left >= 0 and top >= 0 and right < mask.shape[1] and bottom < mask.shape[0]
    return inside and bool(mask[top : bottom + 1, left : right + 1].all())


def place_callouts(
    spots: Sequence[Spot],
    label_sizes: Mapping[int, Pixel],
    is_covered: npt.NDArray[np.bool_],
    *,
    n_most: int,
) -> list[Callout]:
    """Places for labels that cover neither each other nor the anchors of others; what finds no place is left out.

    Args:
        spots: What to label, the most important first.
        label_sizes: Key → width and height of its label in pixels.
        is_covered: Where the asset is, shape (height, width).
        n_most: Labels at most.
    """
    layout = _Layout(is_covered, spots)
    for spot in sorted(spots, key=lambda spot: not len(spot.room)):
        if len(layout.placed) >= n_most:
            break
        layout.place(spot, label_sizes[spot.key])
    return layout.placed


class _Layout:
    """Labels placed so far, and what new ones must keep clear of."""

    def __init__(self, is_covered: npt.NDArray[np.bool_], spots: Sequence[Spot]) -> None:
        self.placed: list[Callout] = []
        height, width = is_covered.shape
        self._bounds = np.array([GAP, GAP, width - GAP, height - GAP])
        self._covered = np.zeros((height + 1, width + 1))
        self._covered[1:, 1:] = is_covered.cumsum(axis=0).cumsum(axis=1)
        self._firsts = {spot.key: spot.anchors[0] for spot in spots}
        self._boxes = np.zeros((0, 4))
        self._lines = np.zeros((0, 2, 2))

    def place(self, spot: Spot, size: Pixel) -> None:
        """Place one label, if there is a place: within, else where its line is short and crosses nothing."""
        inside = _boxes(spot.room, size)
        free = np.flatnonzero(self._is_free(inside, spot.key))
        if free.size:
            self._take(spot.key, inside[free[0]], spot.room[free[0]], is_inside=True)
            return
        anchors, centres = _around(spot.anchors, size)
        boxes = _boxes(centres, size)
        good = self._is_free(boxes, spot.key)
        anchors, boxes = anchors[good], boxes[good]
        if not len(boxes):
            return
        best = int(self._costs(boxes, anchors).argmin())
        self._take(spot.key, boxes[best], anchors[best], is_inside=False)

    def _take(self, key: int, box: Array, anchor: Array, *, is_inside: bool) -> None:
        left, top, right, bottom = map(float, box)
        callout = Callout(key, (left, top, right, bottom), (float(anchor[0]), float(anchor[1])), is_inside)
        self.placed.append(callout)
        self._firsts.pop(key)
        self._boxes = np.concatenate([self._boxes, [callout.box]])
        if not is_inside:
            self._lines = np.concatenate([self._lines, [callout.line]])

    def _is_free(self, boxes: Array, key: int) -> npt.NDArray[np.bool_]:
        """Whether boxes are in the picture and clear of labels, lines, and what others will point at."""
        low, high = boxes[:, :2] - GAP, boxes[:, 2:] + GAP
        free = (low >= self._bounds[:2]).all(axis=1) & (high <= self._bounds[2:]).all(axis=1)
        others = np.array([anchor for other, anchor in self._firsts.items() if other != key]).reshape(-1, 2)
        points = np.concatenate([others, _along(self._lines).reshape(-1, 2)])
        free &= ~_inside(points, low, high).any(axis=1)

        boxed = self._boxes
        apart = np.concatenate([low[:, None] - boxed[None, :, 2:], boxed[None, :, :2] - high[:, None]], axis=2)
        return np.asarray(free & (apart.max(axis=2) >= 0.0).all(axis=1))

    def _costs(self, boxes: Array, anchors: Array) -> Array:
        """Pixels of line, and what crossing others and covering the asset is worth, shape (n,)."""
        starts = np.clip(anchors, boxes[:, :2], boxes[:, 2:])
        lines = np.stack([starts, anchors], axis=1)
        length = np.linalg.norm(anchors - starts, axis=1)
        crossings = _crossings(lines, self._lines)
        along = _along(lines)
        for box in self._boxes:
            crossings += _inside(along.reshape(-1, 2), box[None, :2], box[None, 2:]).reshape(len(lines), -1).any(axis=1)
        left, top, right, bottom = boxes.astype(int).T
        table = self._covered
        covered = table[bottom, right] - table[top, right] - table[bottom, left] + table[top, left]
        share = covered / np.maximum(1, (right - left) * (bottom - top))
        return np.asarray(length + CROSSING * crossings + COVERING * share)


def _boxes(centres: Array, size: Pixel) -> Array:
    """Boxes of one size around their centres, shapes (..., 2) to (..., 4)."""
    half = 0.5 * np.array(size)
    return np.concatenate([centres - half, centres + half], axis=-1)


def _around(anchors: Array, size: Pixel) -> tuple[Array, Array]:
    """Centres of labels around each anchor, at all lengths and angles of the line; shapes (n, 2)."""
    angles = np.linspace(0.0, 2.0 * np.pi, N_ANGLES, endpoint=False)
    ways = np.column_stack([np.cos(angles), -np.sin(angles)])
    reach = RADII[:, None] + 0.5 * size[0] * np.abs(ways[None, :, 0]) + 0.5 * size[1] * np.abs(ways[None, :, 1])
    offsets = (reach[..., None] * ways).reshape(-1, 2)
    centres = anchors[:, None] + offsets[None]
    return np.repeat(anchors, len(offsets), axis=0), centres.reshape(-1, 2)


def _along(lines: Array) -> Array:
    """Points along lines, shapes (n, 2, 2) to (n, N_ALONG, 2)."""
    steps = np.linspace(0.0, 1.0, N_ALONG)[None, :, None]
    return np.asarray(lines[:, None, 0] + steps * (lines[:, None, 1] - lines[:, None, 0]))


def _inside(points: Array, low: Array, high: Array) -> npt.NDArray[np.bool_]:
    """Which points lie within which boxes, shape (n_boxes, n_points)."""
    return np.asarray(((points[None] > low[:, None]) & (points[None] < high[:, None])).all(axis=2))


def _crossings(lines: Array, others: Array) -> Array:
    """How many of the others each line crosses, shape (n,)."""
    a, b = lines[:, None, 0], lines[:, None, 1]
    c, d = others[None, :, 0], others[None, :, 1]
    crosses = (_turn(a, b, c) * _turn(a, b, d) < 0.0) & (_turn(c, d, a) * _turn(c, d, b) < 0.0)
    return np.asarray(crosses.sum(axis=1), dtype=np.float64)


def _turn(p: Array, q: Array, r: Array) -> Array:
    """Twice the signed area of triangles."""
    one, two = q - p, r - p
    return np.asarray(one[..., 0] * two[..., 1] - one[..., 1] * two[..., 0])
