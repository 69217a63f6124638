"""Exact area that two polygons share: the algorithm of :mod:`siting.overlap`.

Plain functions of scalars and arrays, which :mod:`siting._overlap_kernel` compiles. Called as they
are, they give the same figures to the last bit, slowly.

Method. The plane is cut into vertical strips at every vertex of the two polygons and wherever an
edge of one crosses an edge of the other. Inside a strip no edge begins, ends or crosses another
polygon's, so the length that a vertical line has in both polygons changes linearly along it: the
area shared there is that length in the middle of the strip times its width, without
approximation. Edges that lie on one another, which trouble an overlay, only bound the same
length twice. Even-odd counting of the edges serves parts and holes alike (trapezoidal
decomposition; de Berg et al., Computational Geometry, 2008, chapter 6). Neither polygon is treated
otherwise than the other: their order changes no bit.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def shared_areas(
    first: Integers, second: Integers, edges: Floats, offsets: Integers, boxes: Floats
) -> Floats:
    """Return the area that the polygons of each pair share.

    Parameters
    ----------
    first, second
        Positions of the polygons of each pair.
    edges
        Edges that are not vertical, shape (edges, 4): x, y of the left end, x, y of the right end.
    offsets
        Offsets of the polygons in ``edges``, shape (polygons + 1,).
    boxes
        Bounds of the polygons, shape (polygons, 4).

    Returns
    -------
    ndarray
        One area a pair, in squared units of the coordinates.
    """
    areas = np.zeros(len(first))
    most, product = 1, 1
    for pair in range(len(first)):
        a = offsets[first[pair] + 1] - offsets[first[pair]]
        b = offsets[second[pair] + 1] - offsets[second[pair]]
        most, product = max(most, a, b), max(product, a * b)
    one, other = np.empty((most, 4)), np.empty((most, 4))
    above, beside = np.empty(most), np.empty(most)
    breaks = np.empty(4 * most + product + 2)
    for pair in range(len(first)):
        a, b = first[pair], second[pair]
        low = max(boxes[a, 0], boxes[b, 0])
        high = min(boxes[a, 2], boxes[b, 2])
        floor = max(boxes[a, 1], boxes[b, 1])
        if low >= high or floor >= min(boxes[a, 3], boxes[b, 3]):
            continue
        count_a = gathered(one, edges, offsets[a], offsets[a + 1], low, high, floor)
        count_b = gathered(other, edges, offsets[b], offsets[b + 1], low, high, floor)
        width = high - low
        count = cuts(breaks, one, count_a, other, count_b, width)
        areas[pair] = in_strips(breaks, count, one, count_a, other, count_b, above, beside)
    return areas


def gathered(
    kept: Floats, edges: Floats, start: int, stop: int, low: float, high: float, floor: float
) -> int:
    """Copy the edges that reach between ``low`` and ``high``, from the corner of what is shared.

    Parameters
    ----------
    kept
        Where to copy them.
    edges, start, stop
        Edges of a polygon.
    low, high
        Bounds in x of what may be shared.
    floor
        Lowest y of what may be shared.

    Returns
    -------
    int
        How many there are.
    """
    count = 0
    for edge in range(start, stop):
        if edges[edge, 2] > low and edges[edge, 0] < high:
            kept[count, 0] = edges[edge, 0] - low
            kept[count, 1] = edges[edge, 1] - floor
            kept[count, 2] = edges[edge, 2] - low
            kept[count, 3] = edges[edge, 3] - floor
            count += 1
    return count


def height(edges: Floats, edge: int, x: float) -> float:
    """Return the y of an edge at ``x``.

    Parameters
    ----------
    edges, edge
        The edge.
    x
        Between its ends.

    Returns
    -------
    float
        Its y.
    """
    x0, y0, x1, y1 = edges[edge, 0], edges[edge, 1], edges[edge, 2], edges[edge, 3]
    y: float = y0 + (y1 - y0) * ((x - x0) / (x1 - x0))
    return y


def cuts(
    breaks: Floats, one: Floats, count_a: int, other: Floats, count_b: int, width: float
) -> int:
    """List, in order, the x between which nothing begins, ends or crosses.

    Parameters
    ----------
    breaks
        Where to write them.
    one, count_a, other, count_b
        Edges of the two polygons.
    width
        Width of what may be shared, which starts at 0.

    Returns
    -------
    int
        How many there are.
    """
    breaks[0], breaks[1] = 0.0, width
    count = ends(breaks, 2, one, count_a, width)
    count = ends(breaks, count, other, count_b, width)
    for a in range(count_a):
        top, bottom = max(one[a, 1], one[a, 3]), min(one[a, 1], one[a, 3])
        for b in range(count_b):
            left, right = max(one[a, 0], other[b, 0]), min(one[a, 2], other[b, 2])
            apart = min(other[b, 1], other[b, 3]) > top or max(other[b, 1], other[b, 3]) < bottom
            if left >= right or apart:
                continue
            before = height(one, a, left) - height(other, b, left)
            after = height(one, a, right) - height(other, b, right)
            if before * after < 0.0:
                crossing = left + (right - left) * (before / (before - after))
                if 0.0 < crossing < width:
                    breaks[count] = crossing
                    count += 1
    breaks[:count].sort()
    return count


def ends(breaks: Floats, count: int, edges: Floats, edge_count: int, width: float) -> int:
    """List the x at which the edges of a polygon begin and end.

    Parameters
    ----------
    breaks, count
        Where to write them, after so many.
    edges, edge_count
        The edges.
    width
        Width of what may be shared, which starts at 0.

    Returns
    -------
    int
        How many there are in all.
    """
    for edge in range(edge_count):
        for end in (edges[edge, 0], edges[edge, 2]):
            if 0.0 < end < width:
                breaks[count] = end
                count += 1
    return count


def crossed(ys: Floats, edges: Floats, count: int, x: float) -> int:
    """List, in order, the y at which a vertical line meets the edges of a polygon.

    Parameters
    ----------
    ys
        Where to write them.
    edges, count
        The edges.
    x
        Where the line is.

    Returns
    -------
    int
        How many there are.
    """
    found = 0
    for edge in range(count):
        if edges[edge, 0] < x < edges[edge, 2]:
            y = height(edges, edge, x)
            place = found
            while place > 0 and ys[place - 1] > y:
                ys[place] = ys[place - 1]
                place -= 1
            ys[place] = y
            found += 1
    return found


def in_strips(
    breaks: Floats,
    count: int,
    one: Floats,
    count_a: int,
    other: Floats,
    count_b: int,
    above: Floats,
    beside: Floats,
) -> float:
    """Add up the area shared in each strip.

    Parameters
    ----------
    breaks, count
        Ends of the strips, in order.
    one, count_a, other, count_b
        Edges of the two polygons.
    above, beside
        Room for the y of each.

    Returns
    -------
    float
        The area.
    """
    area = 0.0
    for strip in range(count - 1):
        width = breaks[strip + 1] - breaks[strip]
        if width <= 0.0:
            continue
        middle = breaks[strip] + 0.5 * width
        met_a = crossed(above, one, count_a, middle)
        if met_a < 2:
            continue
        met_b = crossed(beside, other, count_b, middle)
        length, a, b = 0.0, 0, 0
        while a + 1 < met_a and b + 1 < met_b:
            shared = min(above[a + 1], beside[b + 1]) - max(above[a], beside[b])
            if shared > 0.0:
                length += shared
            if above[a + 1] < beside[b + 1]:
                a += 2
            else:
                b += 2
        area += length * width
    return area
