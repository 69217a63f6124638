"""Searches among large features: the same answers as the plain ones of GEOS, to the last bit.

GEOS compares a site with every edge of a feature. A protected area of 10,000 edges is cut
into short lines first, and whole circles decide most pairs before any edge is read.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

EDGES_AT_ONCE = 8
"""Edges of the lines that outlines are cut into."""

MANY_SHAPES = 200
"""Shapes from which it pays to look for the points around their middles first."""
NEIGHBOURS = 8
"""Points looked for around a middle; where more may count, all are asked."""

SLACK_M = 1e-3
"""Width of the ring where the circles do not decide: far above the rounding of coordinates."""

Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]
Geometries = npt.NDArray[np.object_]


def least_distances(shapes: Geometries, targets: Geometries) -> Floats:
    """Measure the planar distance from each shape to the nearest of some features.

    Parameters
    ----------
    shapes
        Polygons; ``None`` where there is none.
    targets
        Points, lines or polygons.

    Returns
    -------
    ndarray
        In the unit of the CRS; 0 where they touch, NaN where there is nothing to measure.

    Notes
    -----
    Where a shape and a polygon do not touch, the nearest point of the polygon lies on its
    outline: the least distance to the lines it is cut into is the same, edge by edge.

    Examples
    --------
    >>> near = [shapely.box(0, 0, 1, 1), shapely.box(4, 0, 5, 1), None]
    >>> least_distances(np.array(near), np.array([shapely.box(-2, -2, 2, 2)])).tolist()
    [0.0, 2.0, nan]
    """
    least: Floats = np.full(len(shapes), np.nan)
    targets = targets[~(shapely.is_missing(targets) | shapely.is_empty(targets))]
    if not len(targets) or not len(shapes):
        return least
    left = np.arange(len(shapes))
    if (shapely.get_dimensions(targets) == 2).any():
        # Asked by the features, the tree prepares each large one once for all its sites.
        touching = shapely.STRtree(shapes).query(targets, predicate="intersects")[1]
        least[touching] = 0.0
        left = np.flatnonzero(np.isnan(least))
    pieces = short_lines(targets)
    if len(left) >= MANY_SHAPES and not shapely.get_dimensions(pieces).any():
        least[left] = _to_points(shapes[left], pieces)
        return least
    least[left] = _to_nearest(shapes[left], pieces)
    return least


def _to_nearest(shapes: Geometries, pieces: Geometries) -> Floats:
    found, distances = shapely.STRtree(pieces).query_nearest(
        shapes, return_distance=True, all_matches=False
    )
    least: Floats = np.full(len(shapes), np.nan)
    least[found[0]] = distances
    return least


def _to_points(shapes: Geometries, points: Geometries) -> Floats:
    """Measure to the points that may be the nearest: those that the circle of the shape allows.

    With ``c`` the middle of a shape of radius ``r``, and ``d`` the distance from ``c`` to the
    nearest point, no point farther than ``d + 2 r`` from ``c`` can be nearer to the shape.
    """
    from scipy.spatial import cKDTree  # noqa: PLC0415 - slow to import

    least: Floats = np.full(len(shapes), np.nan)
    there = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    shapes = shapes[there]
    low, high = np.split(shapely.bounds(shapes), 2, axis=1)
    radius = np.hypot(*(high - low).T) / 2
    count = min(NEIGHBOURS, len(points))
    tree, middles = cKDTree(shapely.get_coordinates(points)), (low + high) / 2
    away, which = map(np.asarray, tree.query(middles, k=[*range(1, count + 1)]))
    near = away <= (away[:, 0] + 2 * radius + SLACK_M)[:, None]
    near[:, 0] = True
    shape, rank = np.nonzero(near)
    found = shapely.distance(shapes[shape], points[which[shape, rank]])
    first = np.flatnonzero(rank == 0)
    least[there] = np.minimum.reduceat(found, first) if len(first) else found
    more = near[:, -1] & (count < len(points))  # there may be others: ask of all
    least[there[more]] = _to_nearest(shapes[more], points)
    return least


def short_lines(targets: Geometries) -> Geometries:
    """Cut the outlines of polygons, and lines, into short lines; keep points.

    Parameters
    ----------
    targets
        Geometries of any kind, none missing.

    Returns
    -------
    ndarray
        Points and lines of :data:`EDGES_AT_ONCE` edges at most, in any order.

    Examples
    --------
    >>> len(short_lines(np.array([shapely.Point(0, 0), shapely.Point(0, 0).buffer(1, 16)])))
    9
    """
    parts = shapely.get_parts(shapely.get_parts(targets))  # collections may hold multi-parts
    areas = shapely.get_dimensions(parts) == 2
    parts = np.concatenate([parts[~areas], shapely.get_rings(parts[areas])])
    sizes = shapely.get_num_coordinates(parts)
    long = sizes > EDGES_AT_ONCE + 1
    return np.concatenate([parts[~long], _cut(parts[long], sizes[long])])


def _cut(lines: Geometries, sizes: npt.NDArray[np.integer[Any]]) -> Geometries:
    """Cut lines into lines of so many edges; neighbours share the vertex between them."""
    if not len(lines):
        return lines
    points = shapely.get_coordinates(lines)
    first = np.cumsum(sizes) - sizes
    pieces = -(-(sizes - 1) // EDGES_AT_ONCE)
    line = np.repeat(np.arange(len(lines)), pieces)
    rank = np.arange(len(line)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    start = first[line] + rank * EDGES_AT_ONCE
    length = np.minimum(EDGES_AT_ONCE, first[line] + sizes[line] - 1 - start) + 1
    piece = np.repeat(np.arange(len(line)), length)
    step = np.arange(len(piece)) - np.repeat(np.cumsum(length) - length, length)
    cut: Any = shapely.linestrings(points[start[piece] + step], indices=piece)
    return np.asarray(cut, dtype=object)


def pairs_within(shapes: Geometries, targets: Geometries, radius: float) -> tuple[Positions, ...]:
    """Find the features within a distance of each shape, by shape and then feature.

    Parameters
    ----------
    shapes
        Polygons; ``None`` where there is none.
    targets
        Any geometries; points are found faster.
    radius
        Distance from the edge of the shape, inclusive, in the unit of the CRS.

    Returns
    -------
    shape, target : ndarray
        Positions of the pairs.

    Examples
    --------
    >>> site, spot = shapely.box(0, 0, 1, 1), shapely.points([[3.0, 0.5], [3.1, 0.5]])
    >>> pairs_within(np.array([site]), spot, 2)
    (array([0]), array([0]))
    """
    known = ~(shapely.is_missing(targets) | shapely.is_empty(targets))
    if (shapely.get_type_id(targets[known]) == shapely.GeometryType.POINT).all():
        shape, target = _points_within(shapes, targets, radius)
    else:
        shape, target = shapely.STRtree(targets).query(shapes, "dwithin", distance=radius)
    keys = np.sort(shape.astype(np.int64) * len(targets) + target)
    found = np.divmod(keys, max(1, len(targets)))
    return found[0].astype(np.intp), found[1].astype(np.intp)


def _points_within(
    shapes: Geometries, points: Geometries, radius: float
) -> tuple[Positions, Positions]:
    """Decide by the circle around each shape; ask GEOS where it does not.

    A shape lies within ``reach`` of the middle of its box: a point farther than ``radius``
    plus ``reach`` is out, one nearer than ``radius`` minus ``reach`` is in.
    """
    low, high = np.split(shapely.bounds(shapes), 2, axis=1)
    middle, reach = (low + high) / 2, np.hypot(*(high - low).T) / 2
    around = (radius + reach + SLACK_M)[:, np.newaxis]
    boxes = shapely.box(*np.hstack((middle - around, middle + around)).T)
    shape, point = shapely.STRtree(points).query(boxes)
    to_x, to_y = shapely.get_x(points), shapely.get_y(points)
    away = np.hypot(to_x[point] - middle[shape, 0], to_y[point] - middle[shape, 1])
    inside = away + reach[shape] < radius - SLACK_M
    unsure = np.flatnonzero(~inside & (away - reach[shape] <= radius + SLACK_M))
    near = shapely.dwithin(shapes[shape[unsure]], points[point[unsure]], radius)
    inside[unsure[near]] = True
    return shape[inside], point[inside]
