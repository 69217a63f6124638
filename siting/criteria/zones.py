"""What part of each site lies in areas of a kind: protected areas, risk plans, brownfields.

A layer without a single area of the kinds asked does not say that there is none: it may hold
other kinds only, and the share is unknown. Nor does one without any area in the département of the
site: such layers are published by département, and that one may not be in it.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.spec import Layer
from siting.coverage import covered_area, polygon_areas
from siting.criteria.around import commune_of, numbers
from siting.criteria.inputs import Inputs


def areas_of(
    inputs: Inputs, layer: str, column: str = "", kinds: Collection[str] = ()
) -> gpd.GeoDataFrame | None:
    """Return the areas of some kinds.

    Parameters
    ----------
    inputs
        Layers.
    layer
        Name of the layer, polygons.
    column
        Column of the kinds; any area without it.
    kinds
        Kinds asked.

    Returns
    -------
    GeoDataFrame or None
        ``None`` where the layer is missing, or holds no area of these kinds.
    """
    found = inputs.layers.get(layer)
    if found is None:
        return None
    if not column:
        return found.geo
    areas = found.geo[found.geo[column].isin(kinds)]
    return areas if len(areas) else None


def covered_share(inputs: Inputs, areas: gpd.GeoDataFrame | None) -> pd.Series:
    """Measure the share of each site that areas cover, overlaps counted once.

    Parameters
    ----------
    inputs
        Sites.
    areas
        Polygons, EPSG:2154, or ``None`` where they are unknown.

    Returns
    -------
    Series
        Shares in [0, 1] on the index of the sites; missing without areas.
    """
    if areas is None:
        return pd.Series(np.nan, index=inputs.sites.index)
    covered_m2 = numbers(covered_area(inputs.sites.geometry, areas.geometry))
    return pd.Series(covered_m2 / numbers(inputs.sites.area), index=inputs.sites.index)


def share_in(
    inputs: Inputs, layer: str, column: str = "", kinds: Collection[str] = ()
) -> pd.Series:
    """Measure the share of each site in areas of some kinds, where the layer says something.

    Parameters
    ----------
    inputs
        Sites, the layer, ``communes``.
    layer, column, kinds
        As of :func:`areas_of`.

    Returns
    -------
    Series
        As :func:`covered_share`; missing too where :func:`told_in` is false.
    """
    share = covered_share(inputs, areas_of(inputs, layer, column, kinds))
    return share.where(told_in(inputs, layer) | (share > 0))


def told_in(inputs: Inputs, layer: str) -> pd.Series:
    """Tell the sites of whose département a layer of areas says something.

    Parameters
    ----------
    inputs
        Sites, the layer, ``communes``.
    layer
        Name of a layer of polygons.

    Returns
    -------
    Series
        Booleans on the index of the sites: whether some area of it lies in the département;
        true where the département is not known.
    """
    areas, communes = inputs.layers.get(layer), inputs.layers.get("communes")
    if areas is None or communes is None:
        return pd.Series(data=True, index=inputs.sites.index)
    codes = inputs.once("commune of each site", lambda: commune_of(inputs.sites, communes.geo))
    own = _departements(codes)
    return own.isin(_departements_with(areas, communes)) | own.isna()


@lru_cache(maxsize=4)
def _departements_with(areas: Layer, communes: Layer) -> frozenset[str]:
    """Return the départements that some area of a layer lies in."""
    tree = shapely.STRtree(np.asarray(communes.geo.geometry, dtype=object))
    _, found = tree.query(np.asarray(areas.geo.geometry, dtype=object), predicate="intersects")
    return frozenset(_departements(communes.data["code"].iloc[np.unique(found)]))


def _departements(codes: pd.Series) -> pd.Series:
    """Return the département of communes by their codes: two characters, three overseas."""
    texts = codes.astype("str").where(codes.notna())
    return texts.str[:3].where(texts.str.startswith(("97", "98"), na=False), texts.str[:2])


def parts_in(inputs: Inputs, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Measure the part of each site that lies in areas, and name them.

    Parameters
    ----------
    inputs
        Sites.
    areas
        Polygons with ``name``, EPSG:2154.

    Returns
    -------
    DataFrame
        ``covered_m2``, overlaps counted once, ``whole_m2`` and ``names``, by position of
        the sites that share some area with them.
    """
    sites = inputs.sites.geometry.reset_index(drop=True)
    pieces = polygon_areas(sites, areas.geometry.reset_index(drop=True))
    called = areas["name"].reset_index(drop=True).reindex(pieces["polygon"]).fillna("?")
    own: dict[int, set[str]] = {}
    for site, name in zip(pieces["site"].tolist(), called.tolist(), strict=True):
        own.setdefault(site, set()).add(name)
    names = pd.Series({site: ", ".join(sorted(own[site])) for site in sorted(own)}, dtype=object)
    touched = sites.take(list(names.index))
    covered_m2 = covered_area(touched, areas.geometry)
    return pd.DataFrame({"covered_m2": covered_m2, "whole_m2": touched.area, "names": names})
