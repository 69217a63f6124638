"""What lies around the sites: nearest features, communes in reach, commune of a site.

Distances are planar, in metres of EPSG:2154, from the edge of the site (0 inside). A
figure of a site depends on that site and on the layer alone: the same to the last bit
whatever the other sites of the batch, their order and their number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from siting.criteria.search import least_distances, pairs_within

SITES_AT_ONCE = 50_000
"""Sites searched at once for communes in reach: bounds the table of pairs (some 50 MB)."""

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]
Positions = npt.NDArray[np.intp]


def numbers(values: pd.Series) -> Floats:
    """Return a column of any numeric type as floats, missing as NaN.

    Parameters
    ----------
    values
        Numbers, nullable or not.

    Returns
    -------
    ndarray
        Floats in the same order, a copy.

    Examples
    --------
    >>> numbers(pd.Series([12, None], dtype="Int64"))
    array([12., nan])
    """
    return np.array(values.to_numpy(dtype="float64", na_value=np.nan))


def nearest_m(sites: gpd.GeoDataFrame, features: gpd.GeoDataFrame | None) -> pd.Series:
    """Measure the straight-line distance from each site to the nearest feature.

    Parameters
    ----------
    sites
        Polygons, EPSG:2154.
    features
        Points, lines or polygons, EPSG:2154; ``None`` where the layer is missing.

    Returns
    -------
    Series
        Metres from the edge of the site, on the index of the sites; 0 where they touch,
        missing where there is no feature or no geometry.

    Examples
    --------
    >>> site = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 100, 100)], index=["A"], crs=2154)
    >>> stations = gpd.GeoDataFrame(geometry=gpd.points_from_xy([400, 900], [50, 50]), crs=2154)
    >>> nearest_m(site, stations)["A"]
    np.float64(300.0)
    """
    if features is None:
        return pd.Series(np.nan, index=sites.index)
    shapes, targets = (np.asarray(one.geometry, dtype=object) for one in (sites, features))
    return pd.Series(least_distances(shapes, targets), index=sites.index)


COVERAGE_M = 10_000
"""Straight-line distance beyond which a layer without anything says nothing of a site: it is that
of one network or one territory, and a part of the region may not be in it."""


def told_of(sites: gpd.GeoDataFrame, features: gpd.GeoDataFrame) -> pd.Series:
    """Tell the sites that a layer says something of: it has something around them.

    Where it has nothing at all within :data:`COVERAGE_M`, a count of 0 would be what is not
    known, read as zero.

    Parameters
    ----------
    sites
        Polygons, EPSG:2154.
    features
        Places of a layer that is not known to be complete, EPSG:2154.

    Returns
    -------
    Series
        Booleans on the index of the sites.
    """
    return nearest_m(sites, features) <= COVERAGE_M


def pairs_in_reach(
    sites: gpd.GeoDataFrame, features: gpd.GeoSeries, *, radius_m: float
) -> Iterator[tuple[Positions, Positions]]:
    """Find the features near each site, some sites at once.

    Parameters
    ----------
    sites
        Polygons, EPSG:2154.
    features
        Any geometries, EPSG:2154.
    radius_m
        Straight-line distance from the edge of the site, inclusive, in metres.

    Yields
    ------
    site, feature : ndarray
        Positions of the pairs, by site and then feature.
    """
    targets = np.asarray(features, dtype=object)
    shapes = np.asarray(sites.geometry, dtype=object)
    for start in range(0, len(sites), SITES_AT_ONCE):
        site, feature = pairs_within(shapes[start : start + SITES_AT_ONCE], targets, radius_m)
        yield site + start, feature


def sums_in_reach(
    sites: gpd.GeoDataFrame,
    communes: gpd.GeoDataFrame,
    counts: pd.DataFrame,
    *,
    radius_m: float,
    unknown_tolerance: float,
    people: pd.Series | None = None,
    pairs: Iterable[tuple[Positions, Positions]] | None = None,
) -> pd.DataFrame:
    """Add up counts of the communes whose representative point is near each site.

    Parameters
    ----------
    sites
        Polygons, EPSG:2154.
    communes
        Polygons with ``code``, EPSG:2154.
    counts
        Numbers indexed by commune code, any columns; a commune absent from it, or with a
        missing number in any column, is unknown.
    radius_m
        Straight-line distance from the edge of the site, inclusive, in metres; not read where
        the pairs are given.
    unknown_tolerance
        Share of the communes in reach, and of their inhabitants, that may be unknown; their
        numbers are left out.
    people
        Inhabitants by commune code; one that has none there counts as a commune only. Without
        them, communes alone are counted: a large town left out would be one among many.
    pairs
        The communes in reach, as :func:`commune_pairs` finds them, where they are known.

    Returns
    -------
    DataFrame
        Columns of ``counts`` on the index of the sites: the sum over the known communes
        in reach. Missing where no commune is in reach, or too many are unknown.

    Notes
    -----
    Communes outside the layer are not there to be counted: near the edge of the territory
    a sum is a lower bound.

    Examples
    --------
    >>> site = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 100, 100)], index=["A"], crs=2154)
    >>> towns = gpd.GeoDataFrame({"code": ["44001", "44002"]}, crs=2154,
    ...     geometry=[shapely.box(100, 0, 300, 100), shapely.box(300, 0, 900, 100)])
    >>> people = pd.DataFrame({"people": [10.0, 30.0]}, index=["44001", "44002"])
    >>> sums_in_reach(site, towns, people, radius_m=100, unknown_tolerance=0)
       people
    A    10.0
    """
    table = counts.reindex(communes["code"])
    known = np.column_stack([numbers(table[name]) for name in table])
    unknown: Booleans = np.asarray(np.isnan(known).any(axis=1))
    known[unknown] = 0.0
    if pairs is None:
        pairs = commune_pairs(sites, communes, radius_m=radius_m)
    sizes = [np.ones(len(communes))]
    if people is not None:
        sizes.append(np.nan_to_num(numbers(people.reindex(communes["code"]))))
    sums = np.full((len(sites), known.shape[1]), np.nan)
    for start, (site, commune) in zip(range(0, len(sites), SITES_AT_ONCE), pairs, strict=True):
        part = sums[start : start + SITES_AT_ONCE]
        part[:] = _sums(site - start, commune, known, len(part))
        lost = _too_unknown(site - start, commune, unknown, sizes, len(part), unknown_tolerance)
        part[lost] = np.nan
    return pd.DataFrame(sums, index=sites.index, columns=table.columns)


def commune_pairs(
    sites: gpd.GeoDataFrame, communes: gpd.GeoDataFrame, *, radius_m: float
) -> Iterator[tuple[Positions, Positions]]:
    """Find the communes whose representative point is near each site, some sites at once.

    Parameters
    ----------
    sites
        Polygons, EPSG:2154.
    communes
        Polygons, EPSG:2154.
    radius_m
        Straight-line distance from the edge of the site, inclusive, in metres.

    Returns
    -------
    Iterator of (ndarray, ndarray)
        As :func:`pairs_in_reach` yields them.
    """
    points = gpd.GeoSeries(shapely.point_on_surface(np.asarray(communes.geometry, dtype=object)))
    return pairs_in_reach(sites, points, radius_m=radius_m)


def _sums(site: Positions, commune: Positions, known: Floats, size: int) -> Floats:
    """Add up by site; the order of the additions is that of the communes, always."""
    sums = np.empty((size, known.shape[1]))
    for column in range(known.shape[1]):
        sums[:, column] = np.bincount(site, weights=known[commune, column], minlength=size)
    return sums


def _too_unknown(
    site: Positions,
    commune: Positions,
    unknown: Booleans,
    sizes: Sequence[Floats],
    size: int,
    tolerance: float,
) -> Booleans:
    """Tell the sites without a commune in reach, or too much of what is in reach unknown."""
    lost: Booleans = np.bincount(site, minlength=size) == 0
    for each in sizes:
        found = np.bincount(site, weights=each[commune], minlength=size)
        missing = np.bincount(site, weights=(each * unknown)[commune], minlength=size)
        lost |= missing > tolerance * found
    return lost


def commune_of(sites: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> pd.Series:
    """Return the code of the commune that holds the representative point of each site.

    Parameters
    ----------
    sites
        Polygons, EPSG:2154.
    communes
        Polygons with ``code``, EPSG:2154.

    Returns
    -------
    Series
        Codes on the index of the sites; missing outside the layer. On a border, the
        lowest code.

    Examples
    --------
    >>> site = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 100, 100)], index=["A"], crs=2154)
    >>> shape = shapely.box(0, 0, 9_000, 9_000)
    >>> towns = gpd.GeoDataFrame({"code": ["44109"]}, crs=2154, geometry=[shape])
    >>> commune_of(site, towns)["A"]
    '44109'
    """
    tree = shapely.STRtree(np.asarray(communes.geometry, dtype=object))
    points = shapely.point_on_surface(np.asarray(sites.geometry, dtype=object))
    site, commune = tree.query(points, predicate="intersects")
    codes: Sequence[str] = communes["code"].to_numpy(dtype=object)[commune]
    found = pd.Series(codes, index=site, dtype="object").sort_values().groupby(level=0).first()
    return found.reindex(range(len(sites))).set_axis(sites.index)
