"""Environment: protected and inventoried areas on the site and near it, all and by kind."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from layers.errors import N_
from siting.criteria.around import nearest_m
from siting.criteria.inputs import Inputs
from siting.criteria.zones import areas_of, share_in, told_in
from siting.domain import Criterion, Objective, Sight


def protected_share(inputs: Inputs) -> pd.Series:
    """Measure the share of the site inside protected or inventoried areas of any kind.

    Formula: area of the site covered by them, overlaps counted once, ÷ area of the site.

    Parameters
    ----------
    inputs
        Sites, layer ``protected_areas``.

    Returns
    -------
    Series
        Share in [0, 1]; missing without the layer, or in a département it says nothing of.
    """
    return share_in(inputs, "protected_areas")


def distance_protected_m(inputs: Inputs) -> pd.Series:
    """Measure the straight-line distance to the nearest protected area.

    No detour factor: noise, light and water do not take the road.

    Parameters
    ----------
    inputs
        Sites, layer ``protected_areas``.

    Returns
    -------
    Series
        Metres, 0 where they touch; missing without the layer, or in a département it says
        nothing of.
    """
    return _away(inputs, areas_of(inputs, "protected_areas"))


def natura_2000_share(inputs: Inputs) -> pd.Series:
    """Measure the share of the site inside Natura 2000.

    Parameters
    ----------
    inputs
        Sites, layer ``protected_areas``.

    Returns
    -------
    Series
        Share in [0, 1]; missing without the layer, where it has no such area, or in a
        département it says nothing of.
    """
    return share_in(inputs, "protected_areas", "kind", ("natura_2000",))


def distance_natura_2000_m(inputs: Inputs) -> pd.Series:
    """Measure the straight-line distance to the nearest Natura 2000 area.

    Parameters
    ----------
    inputs
        Sites, layer ``protected_areas``.

    Returns
    -------
    Series
        Metres, 0 where they touch; missing without the layer, where it has no such area, or in
        a département it says nothing of.
    """
    areas = areas_of(inputs, "protected_areas", "kind", ("natura_2000",))
    return _away(inputs, areas)


def znieff_share(inputs: Inputs) -> pd.Series:
    """Measure the share of the site inside ZNIEFF of either type, overlaps counted once.

    Parameters
    ----------
    inputs
        Sites, layer ``protected_areas``.

    Returns
    -------
    Series
        Share in [0, 1]; missing without the layer, where it has no such area, or in a
        département it says nothing of.
    """
    kinds = ("znieff_1", "znieff_2")
    return share_in(inputs, "protected_areas", "kind", kinds)


def wetland_share(inputs: Inputs) -> pd.Series:
    """Measure the share of the site inside inventoried wetlands.

    Parameters
    ----------
    inputs
        Sites, layer ``protected_areas``.

    Returns
    -------
    Series
        Share in [0, 1]; missing without the layer, where it has no such area, or in a
        département it says nothing of.
    """
    return share_in(inputs, "protected_areas", "kind", ("zone_humide",))


def _away(inputs: Inputs, areas: gpd.GeoDataFrame | None) -> pd.Series:
    """Measure how far areas are, where the layer says something of the département."""
    distance_m = nearest_m(inputs.sites, areas)
    return distance_m.where(told_in(inputs, "protected_areas") | (distance_m == 0))


CRITERIA = (
    Criterion(
        name="protected_share",
        title=N_("Share inside protected or inventoried areas"),
        theme="environment",
        objective=Objective.MIN,
        unit="",
        requires=("protected_areas",),
        source="C. env., livres III et IV ; INPN (espaces protégés, Natura 2000)",
        function=protected_share,
    ),
    Criterion(
        name="distance_protected_m",
        title=N_("Distance to a protected or inventoried area"),
        theme="environment",
        objective=Objective.MAX,
        unit="m",
        requires=("protected_areas",),
        source="C. env., L. 414-4 et R. 414-19 (incidences à distance) ; INPN",
        function=distance_protected_m,
        sight=Sight.NEAREST,
        sight_by_road=False,
    ),
    Criterion(
        name="natura_2000_share",
        title=N_("Share inside Natura 2000"),
        theme="environment",
        objective=Objective.MIN,
        unit="",
        requires=("protected_areas",),
        source="C. env., L. 414-4 ; INPN (Natura 2000)",
        function=natura_2000_share,
    ),
    Criterion(
        name="distance_natura_2000_m",
        title=N_("Distance to a Natura 2000 area"),
        theme="environment",
        objective=Objective.MAX,
        unit="m",
        requires=("protected_areas",),
        source="C. env., R. 414-19 (incidences à distance) ; INPN (Natura 2000)",
        function=distance_natura_2000_m,
        sight=Sight.NEAREST,
        sight_by_road=False,
    ),
    Criterion(
        name="znieff_share",
        title=N_("Share inside ZNIEFF"),
        theme="environment",
        objective=Objective.MIN,
        unit="",
        requires=("protected_areas",),
        source="C. env., L. 411-1 A ; INPN (ZNIEFF de types I et II)",
        function=znieff_share,
    ),
    Criterion(
        name="wetland_share",
        title=N_("Share inside inventoried wetlands"),
        theme="environment",
        objective=Objective.MIN,
        unit="",
        requires=("protected_areas",),
        source="C. env., L. 211-1 et R. 214-1 (rubrique 3.3.1.0)",
        function=wetland_share,
    ),
)
