"""Synthetic towns, motorways and roads of the demonstration land cover.

Towns stand at the representative points of the communes, which are real; what links
them is made up.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.spatial import Delaunay, cKDTree

from layers.demonstration.hashing import Keys, keys_of, normal, uniform

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_MAIN_TOWNS = 19
_MAIN_TOWN_SPACING_M = 22_000.0
_BYPASS_M = 3_500.0


@dataclass(frozen=True, slots=True)
class Towns:
    """Town centres, sorted by commune code.

    Parameters
    ----------
    codes
        Codes of the communes.
    points
        Centres in EPSG:2154, shape (towns, 2), whole metres.
    dwellings
        Dwellings of each commune.
    """

    codes: tuple[str, ...]
    points: Floats
    dwellings: Floats


def town_centres(communes: gpd.GeoDataFrame, housing: pd.DataFrame) -> Towns:
    """Return the town centres: the representative points of the communes.

    Parameters
    ----------
    communes
        ``code`` and outline, EPSG:2154, in any order.
    housing
        ``code`` and ``dwellings`` of the same communes.

    Returns
    -------
    Towns
        The centres.
    """
    ordered = communes.sort_values("code")
    points = np.rint(shapely.get_coordinates(ordered.representative_point()))
    dwellings = housing.set_index("code")["dwellings"].reindex(ordered["code"]).fillna(0)
    return Towns(tuple(ordered["code"]), points, dwellings.to_numpy(dtype=np.float64))


def main_towns(towns: Towns) -> Integers:
    """Return the largest towns, none nearer than 22 km to a larger one.

    Parameters
    ----------
    towns
        The town centres.

    Returns
    -------
    ndarray
        Positions of the main towns, the largest first.
    """
    kept: list[int] = []
    for rank in np.argsort(-towns.dwellings, kind="stable").tolist():
        gaps = np.linalg.norm(towns.points[kept] - towns.points[rank], axis=1)
        if gaps.size == 0 or gaps.min() > _MAIN_TOWN_SPACING_M:
            kept.append(rank)
        if len(kept) == _MAIN_TOWNS:
            break
    return np.array(kept)


def gabriel_edges(points: Floats) -> Integers:
    """Link the points whose disc of common diameter holds no other point.

    Parameters
    ----------
    points
        Shape (n, 2), all distinct, not all on one line if more than two.

    Returns
    -------
    ndarray
        Pairs of positions, the lesser first, sorted; shape (edges, 2). A connected
        planar graph (Gabriel and Sokal, 1969), much like a network of roads.

    Examples
    --------
    >>> gabriel_edges(np.array([[0.0, 0.0], [4.0, 0.1], [2.0, 1.0]]))
    array([[0, 2],
           [1, 2]])
    """
    if len(points) < 3:
        return np.array([[0, 1]] if len(points) == 2 else [], dtype=np.int64).reshape(-1, 2)
    triangles = Delaunay(points).simplices
    pairs = np.vstack([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [0, 2]]])
    pairs = np.unique(np.sort(pairs, axis=1), axis=0)
    ends = points[pairs]
    radius = np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1) / 2
    nearest, _ = cKDTree(points).query(ends.mean(axis=1))
    free: npt.NDArray[np.bool_] = nearest > radius * (1 - 1e-9)
    return pairs[free].astype(np.int64)


def winding_lines(starts: Floats, ends: Floats, keys: Keys, *, levels: int, bend: float) -> Floats:
    """Bend straight links by moving their midpoints, over and over.

    Parameters
    ----------
    starts, ends
        Ends of the links, shape (n, 2), metres.
    keys
        One key a link: what its bends depend on.
    levels
        How many times each piece is halved.
    bend
        Standard deviation of the shift of a midpoint, as a share of the piece.

    Returns
    -------
    ndarray
        Vertices, shape (n, 2**levels + 1, 2), whole metres.
    """
    lines = np.stack([starts, ends], axis=1)
    for level in range(levels):
        first, last = lines[:, :-1], lines[:, 1:]
        along = last - first
        across = np.stack([-along[..., 1], along[..., 0]], axis=-1)
        order = np.arange(first.shape[1], dtype=np.uint64)
        shift = bend * normal("bend", level, keys[:, None], order[None, :])
        middle = (first + last) / 2 + across * shift[..., None]
        halved = np.empty((lines.shape[0], 2 * lines.shape[1] - 1, 2))
        halved[:, ::2], halved[:, 1::2] = lines, middle
        lines = halved
    return np.rint(lines)


def _links(points: Floats, keys: Keys, *, levels: int, bend: float) -> npt.NDArray[np.object_]:
    pairs = gabriel_edges(points)
    with np.errstate(over="ignore"):
        own = keys[pairs[:, 0]] * np.uint64(2**32) + keys[pairs[:, 1]]
    starts, ends = points[pairs[:, 0]], points[pairs[:, 1]]
    bent = winding_lines(starts, ends, own, levels=levels, bend=bend)
    lines = np.empty(len(bent), dtype=object)
    lines[:] = [shapely.LineString(line) for line in bent]
    return lines


def motorways(towns: Towns) -> npt.NDArray[np.object_]:
    """Return synthetic motorways between the main towns, which they pass by.

    Parameters
    ----------
    towns
        The town centres.

    Returns
    -------
    ndarray
        LineStrings in EPSG:2154, one a link.
    """
    main = main_towns(towns)
    keys = keys_of([towns.codes[rank] for rank in main])
    angle = 2 * np.pi * uniform("bypass", keys)
    around = _BYPASS_M * np.column_stack([np.cos(angle), np.sin(angle)])
    return _links(np.rint(towns.points[main] + around), keys, levels=6, bend=0.05)


def local_roads(towns: Towns) -> npt.NDArray[np.object_]:
    """Return synthetic roads between neighbouring towns.

    Parameters
    ----------
    towns
        The town centres.

    Returns
    -------
    ndarray
        LineStrings in EPSG:2154, one a link.
    """
    return _links(towns.points, keys_of(towns.codes), levels=4, bend=0.07)
