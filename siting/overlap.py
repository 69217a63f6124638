"""Area that two polygons share, for millions of pairs: those of sites drawn over one another."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

from siting import _overlap_steps
from siting.coverage import cut

SITES_AT_ONCE: Final = 1_024
"""Polygons whose pairs are in memory at once."""
MOST_EDGES: Final = 256
"""Edges of the two polygons of a pair together, above which GEOS serves."""
PLAIN_EDGES: Final = 3_000
"""Edges of all the pairs, below which numba is not worth its import."""

Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]
Geometries = npt.NDArray[np.object_]


def pairs_in_order(
    shapes: Geometries, *, least_share: float
) -> Iterator[tuple[Positions, Positions, Floats]]:
    """Find the polygons that overlap, some at once: not all pairs need be in memory.

    Parameters
    ----------
    shapes
        Valid polygons in a projected CRS in metres.
    least_share
        Share of the smaller polygon below which an overlap is not told.

    Yields
    ------
    first, second, area_m2
        Positions of the pairs, the first before the second, in order; the area they share.
    """
    tree = shapely.STRtree(shapes)
    for start in range(0, len(shapes), SITES_AT_ONCE):
        first, second = tree.query(shapes[start : start + SITES_AT_ONCE])
        first = first + start
        once = first < second
        first, second = first[once], second[once]
        order = np.lexsort((second, first))
        yield enough(shapes, first[order], second[order], least_share=least_share)


def enough(
    shapes: Geometries, first: Positions, second: Positions, *, least_share: float
) -> tuple[Positions, Positions, Floats]:
    """Keep the pairs that share more than a share of the smaller polygon.

    Parameters
    ----------
    shapes
        Polygons.
    first, second
        Positions of pairs.
    least_share
        The share.

    Returns
    -------
    first, second, area_m2
        The pairs that are kept, in their order.
    """
    used, place = np.unique(np.concatenate([first, second]), return_inverse=True)
    one, other = place[: len(first)], place[len(first) :]
    own = shapes[used]
    whole_m2, boxes = shapely.area(own), shapely.bounds(own).reshape(-1, 4)
    least_m2 = least_share * np.minimum(whole_m2[one], whole_m2[other])
    low = np.maximum(boxes[one, :2], boxes[other, :2])
    high = np.minimum(boxes[one, 2:], boxes[other, 2:])
    near = np.prod((high - low).clip(0.0), axis=1) > least_m2  # no more than boxes share
    first, second, least_m2 = first[near], second[near], least_m2[near]
    area_m2 = shared_areas(own, one[near], other[near])
    kept = area_m2 > least_m2
    return first[kept], second[kept], area_m2[kept]


def shared_areas(shapes: Geometries, first: Positions, second: Positions) -> Floats:
    """Measure the area that the polygons of each pair share.

    Parameters
    ----------
    shapes
        Valid polygons in a projected CRS in metres.
    first, second
        Positions of pairs.

    Returns
    -------
    ndarray
        Areas in m²; that of a pair depends on it alone, to the last bit.

    Examples
    --------
    >>> shapes = np.array([shapely.box(0, 0, 10, 10), shapely.box(5, 0, 15, 10)], dtype=object)
    >>> shared_areas(shapes, np.array([0, 1]), np.array([1, 1]))
    array([ 50., 100.])
    """
    used, place = np.unique(np.concatenate([first, second]), return_inverse=True)
    own = shapes[used]
    one, other = place[: len(first)], place[len(first) :]
    count = shapely.get_num_coordinates(own)
    small = count[one] + count[other] <= MOST_EDGES
    areas = np.zeros(len(first))
    if small.any():
        areas[small] = _by_strips(own, one[small], other[small])
    if not small.all():
        areas[~small] = _by_geos(own, count, one[~small], other[~small])
    return areas


def _by_strips(shapes: Geometries, one: Positions, other: Positions) -> Floats:
    used, place = np.unique(np.concatenate([one, other]), return_inverse=True)
    edges, offsets = _edges(shapes[used])
    plain = "siting._overlap_kernel" not in sys.modules
    one, other = place[: len(one)].astype(np.int64), place[len(one) :].astype(np.int64)
    if plain:
        own = np.diff(offsets)
        plain = int(own[one].sum() + own[other].sum()) <= PLAIN_EDGES
    kernel: Any = _overlap_steps
    if not plain:
        from siting import _overlap_kernel  # noqa: PLC0415 - numba is slow to import

        kernel = _overlap_kernel
    areas: Floats = kernel.shared_areas(one, other, edges, offsets, shapely.bounds(shapes[used]))
    return areas


def _edges(shapes: Geometries) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Return the edges of polygons that are not vertical, from left to right, and their offsets."""
    parts, whole = shapely.get_parts(shapes, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    same = np.flatnonzero(ring[1:] == ring[:-1])
    owner = whole[part[ring[same]]]
    starts, ends = points[same], points[same + 1]
    leftward = starts[:, 0] > ends[:, 0]
    edges = np.where(leftward[:, np.newaxis], np.hstack([ends, starts]), np.hstack([starts, ends]))
    slanted = edges[:, 0] < edges[:, 2]
    counts = np.bincount(owner[slanted], minlength=len(shapes))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return np.ascontiguousarray(edges[slanted]), offsets


def _by_geos(shapes: Geometries, count: Any, one: Positions, other: Positions) -> Floats:
    """Measure pairs of which one polygon has many vertices, whatever the order of the two."""
    boxes = shapely.bounds(shapes)
    keys = np.column_stack([count, boxes])
    rank = np.empty(len(shapes), dtype=np.int64)
    rank[np.lexsort(keys.T[::-1])] = np.arange(len(shapes))
    swapped = rank[one] > rank[other]
    small, large = np.where(swapped, other, one), np.where(swapped, one, other)
    used, place = np.unique(large, return_inverse=True)
    prepared = np.asarray(shapely.force_2d(shapes[used]), dtype=object)  # the caller's stay as is
    shapely.prepare(prepared)
    inside = shapely.contains_properly(prepared[place], shapes[small])
    areas = np.where(inside, shapely.area(shapes[small]), 0.0)
    meet = np.flatnonzero(~inside)
    meet = meet[shapely.intersects(prepared[place[meet]], shapes[small[meet]])]
    pieces = cut(shapes[small[meet]], shapes[large[meet]])
    areas[meet] = shapely.area(pieces)
    return areas
