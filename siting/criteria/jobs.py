"""Jobs: who can work on the site, and whether it serves territories that need it."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.errors import N_
from layers.jobs import FRR_CLASSES
from siting.criteria.access import road_distance_m
from siting.criteria.around import commune_of, numbers
from siting.criteria.housing import reach
from siting.criteria.inputs import Inputs
from siting.domain import Criterion, Objective, Sight

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
    sums = reach(inputs, ["population_20_64"], inputs.parameters.jobs_commute)
    return sums["population_20_64"]


def of_commune(inputs: Inputs, layer: str, column: str) -> pd.Series:
    """Return what a table says of the commune that holds the point of each site.

    Parameters
    ----------
    inputs
        Sites, layer ``communes`` and the table.
    layer
        Name of the table, with ``code``.
    column
        Column wanted.

    Returns
    -------
    Series
        Objects on the index of the sites; missing without the layers, outside the
        territory, or where the table does not say.
    """
    table = inputs.layer(layer)
    if table is None:
        return pd.Series(None, index=inputs.sites.index, dtype="object")
    return by_commune(inputs, table.set_index("code")[column])


def by_commune(inputs: Inputs, values: pd.Series) -> pd.Series:
    """Return the value of the commune that holds the point of each site.

    Parameters
    ----------
    inputs
        Sites, layer ``communes``.
    values
        Values by code of commune.

    Returns
    -------
    Series
        Objects on the index of the sites; missing without the layer, outside the territory,
        or where the commune has no value.
    """
    communes = inputs.layers.get("communes")
    if communes is None:
        return pd.Series(None, index=inputs.sites.index, dtype="object")
    codes = inputs.once("commune of each site", lambda: commune_of(inputs.sites, communes.geo))
    return codes.map(values.astype("object")).astype("object")


def job_seekers_rate(inputs: Inputs) -> pd.Series:
    """Measure the job seekers for 1,000 inhabitants aged 20 to 64 within reach.

    Parameters
    ----------
    inputs
        Sites, layers ``communes``, ``housing`` and ``job_seekers``, parameters.

    Returns
    -------
    Series
        Job seekers for 1,000 inhabitants; missing as
        :func:`siting.criteria.housing.reach` says, which is most often where the file tells
        of large communes only, or without any inhabitant.
    """
    columns, layers = ["job_seekers", "population_20_64"], ("housing", "job_seekers")
    sums = reach(inputs, columns, inputs.parameters.jobs_commute, layers=layers)
    people = sums["population_20_64"].mask(sums["population_20_64"] == 0)
    return 1_000 * sums["job_seekers"] / people


def job_concentration(inputs: Inputs) -> pd.Series:
    """Measure the jobs of the commune for 100 of its residents who have one.

    Parameters
    ----------
    inputs
        Sites, layers ``communes`` and ``workplace_jobs``.

    Returns
    -------
    Series
        Jobs for 100 residents with a job; missing without the layers, or where either
        count is unknown or nobody has a job.
    """
    jobs = numbers(of_commune(inputs, "workplace_jobs", "jobs"))
    residents = numbers(of_commune(inputs, "workplace_jobs", "employed_residents"))
    residents[residents == 0] = np.nan
    return pd.Series(100 * jobs / residents, index=inputs.sites.index)


def industry_share(inputs: Inputs) -> pd.Series:
    """Measure the share of industry among the jobs within reach: its trades are known there.

    Parameters
    ----------
    inputs
        Sites, layers ``communes`` and ``workplace_jobs``, parameters.

    Returns
    -------
    Series
        Share in [0, 1]; missing as :func:`siting.criteria.housing.reach` says, or without
        any job.
    """
    columns = ["industry_jobs", "jobs"]
    layers = ("workplace_jobs",)
    sums = reach(inputs, columns, inputs.parameters.jobs_commute, layers=layers)
    return (sums["industry_jobs"] / sums["jobs"].mask(sums["jobs"] == 0)).clip(upper=1.0)


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
    return of_commune(inputs, "zonings", "frr_2025")


def town_centre_distance_m(inputs: Inputs) -> pd.Series:
    """Tell the road distance to the nearest centre of an aire d'attraction.

    Formula: :func:`siting.criteria.access.road_distance_m` to the representative point of the
    nearest commune of category 11, 12 or 13. The point stands for the town centre, which no
    layer gives.

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
        sight=Sight.COUNT,
        sight_reach="jobs_reach_m",
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
        sight=Sight.NEAREST,
    ),
    Criterion(
        name="job_concentration",
        title=N_("Job concentration of the commune"),
        theme="jobs",
        objective=Objective.TARGET,
        unit=N_("jobs per 100 employed residents"),
        requires=("communes", "workplace_jobs"),
        source="INSEE, indicateur de concentration d'emploi (recensement)",
        function=job_concentration,
    ),
    Criterion(
        name="industry_share",
        title=N_("Share of industry among the jobs within reach"),
        theme="jobs",
        objective=Objective.MAX,
        unit="",
        requires=("communes", "workplace_jobs"),
        source="INSEE, recensement, emplois au lieu de travail par secteur (NAF, sections B à E)",
        function=industry_share,
        sight=Sight.SHARE,
        sight_reach="jobs_reach_m",
    ),
    Criterion(
        name="job_seekers_rate",
        title=N_("Job seekers within reach"),
        theme="jobs",
        objective=Objective.MAX,
        unit=N_("job seekers per 1,000 inhabitants aged 20 to 64"),
        requires=("communes", "housing", "job_seekers"),
        source="France Travail et Dares, demandeurs d'emploi inscrits ; INSEE, recensement",
        function=job_seekers_rate,
        sight=Sight.SHARE,
        sight_reach="jobs_reach_m",
    ),
)
