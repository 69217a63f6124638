"""Jobs: who can work on the site, and whether it serves territories that need it."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import shapely

from layers.errors import N_
from layers.jobs import FRR_CLASSES
from siting.criteria.access import road_distance_m
from siting.criteria.around import commune_of
from siting.criteria.housing import reach
from siting.criteria.inputs import Inputs
from siting.domain import Criterion, Objective

POLE_CATEGORIES = ("11", "12", "13")
"""Categories of communes that are the centre of an aire d'attraction (INSEE, 2020)."""


def working_age_reach(inputs: Inputs) -> pd.Series:
    """Count the inhabitants aged 20 to 64 within reach of the site.

    Parameters
    ----------
    inputs
        Sites, layers ``communes`` and ``housing``, parameters.

    Returns
    -------
    Series
        Inhabitants; missing as :func:`siting.criteria.housing.reach` says.
    """
    sums = reach(inputs, ["population_20_64"], inputs.parameters.jobs_reach_m)
    return sums["population_20_64"]


def frr_class(inputs: Inputs) -> pd.Series:
    """Tell the FRR class of the commune that holds the representative point of the site.

    Parameters
    ----------
    inputs
        Sites, layers ``communes`` and ``zonings``.

    Returns
    -------
    Series
        Class as published; missing without the layers or outside the territory.
    """
    communes, zonings = inputs.layers.get("communes"), inputs.layer("zonings")
    if communes is None or zonings is None:
        return pd.Series(None, index=inputs.sites.index, dtype="object")
    codes = commune_of(inputs.sites, communes.geo)
    return codes.map(zonings.set_index("code")["frr_2025"]).astype("object")


def town_centre_distance_m(inputs: Inputs) -> pd.Series:
    """Estimate the road distance to the nearest centre of an aire d'attraction.

    Formula: distance to the representative point of the nearest commune of category 11,
    12 or 13 × ``detour_factor``. The point stands for the town centre, which no layer gives.

    Parameters
    ----------
    inputs
        Sites, layers ``communes`` and ``zonings``, detour factor.

    Returns
    -------
    Series
        Metres; missing without the layers or without such a commune.
    """
    communes, zonings = inputs.layers.get("communes"), inputs.layer("zonings")
    if communes is None or zonings is None:
        return road_distance_m(inputs, None)
    poles = zonings["code"][zonings["cateaav2020"].isin(POLE_CATEGORIES)]
    polygons = communes.geo.geometry[communes.data["code"].isin(poles)]
    points = shapely.point_on_surface(polygons.to_numpy(dtype=object))
    return road_distance_m(inputs, gpd.GeoDataFrame(geometry=points, crs=communes.geo.crs))


CRITERIA = (
    Criterion(
        name="working_age_reach",
        title=N_("Inhabitants aged 20 to 64 within reach"),
        theme="jobs",
        objective=Objective.MAX,
        unit=N_("inhabitants"),
        requires=("communes", "housing"),
        source="INSEE, recensement de la population",
        function=working_age_reach,
    ),
    Criterion(
        name="frr_class",
        title=N_("Rural revitalisation zone (FRR)"),
        theme="jobs",
        objective=Objective.MAX,
        unit="label",
        requires=("communes", "zonings"),
        source="CGI, art. 44 quindecies A ; liste de la DGCL du 10 juillet 2025",
        function=frr_class,
        labels=FRR_CLASSES,
    ),
    Criterion(
        name="town_centre_distance_m",
        title=N_("Distance to the nearest town centre"),
        theme="jobs",
        objective=Objective.MIN,
        unit="m",
        requires=("communes", "zonings"),
        source="INSEE, aires d'attraction des villes 2020 (catégories 11, 12 et 13)",
        function=town_centre_distance_m,
    ),
)
