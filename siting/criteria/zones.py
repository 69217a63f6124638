"""What part of each site lies in areas of a kind: protected areas, risk plans, brownfields.

A layer without a single area of the kinds asked does not say that there is none: it may hold
other kinds only, and the share is unknown.
"""

from __future__ import annotations

from collections.abc import Collection

import geopandas as gpd
import numpy as np
import pandas as pd

from siting.coverage import covered_area, polygon_areas
from siting.criteria.around import numbers
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
