"""Mobility of the workers: trains and stops in reach, how people travel, who could share it."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from layers.errors import N_
from siting.criteria.around import Floats, numbers, pairs_in_reach, told_of
from siting.criteria.employment import expected_jobs
from siting.criteria.housing import reach
from siting.criteria.inputs import Inputs
from siting.criteria.travel import travel
from siting.domain import Criterion, Objective, Sight

NO_STATION = "aucune gare à portée"
STATION_CLASSES = (
    NO_STATION,
    "moins de 100 000 voyageurs par an",
    "100 000 à 1 million de voyageurs par an",
    "plus de 1 million de voyageurs par an",
)
"""Traffic of the busiest passenger station in reach, from the worst to the best."""

_CLASS_STARTS = (0.0, 100_000.0, 1_000_000.0)


def station_class(inputs: Inputs) -> pd.Series:
    """Tell how busy the busiest passenger station within reach of the site is.

    Parameters
    ----------
    inputs
        Sites, layer ``stations``, layer ``road_network`` where it is given, parameters.

    Returns
    -------
    Series
        One of :data:`STATION_CLASSES`, by the travellers of a year; missing without the
        layer, or where the traffic of no station in reach is published: a station whose
        traffic is unknown is not one without travellers. Missing too where no road of the
        network is near the site.
    """
    layer = inputs.layers.get("stations")
    if layer is None:
        return pd.Series(None, index=inputs.sites.index, dtype="object")
    stations = layer.geo[layer.geo["passenger"].astype("bool")]
    travellers = numbers(stations["travellers_2023"])
    roads, reach_m = travel(inputs), inputs.parameters.station_reach_m
    highest = np.full(len(inputs.sites), -1.0)
    in_reach = np.zeros(len(inputs.sites), dtype=bool)
    for site, station in roads.within_m(stations.geometry, distance_m=reach_m):
        in_reach[site] = True
        known = ~np.isnan(travellers[station])
        np.maximum.at(highest, site[known], travellers[station[known]])
    classes = np.array(STATION_CLASSES, dtype=object)[
        np.searchsorted(_CLASS_STARTS, highest, "right")
    ]
    told = pd.Series(classes, index=inputs.sites.index, dtype="object")
    return told.mask((in_reach & (highest < 0)) | ~roads.known, None)


def stop_departures_day(inputs: Inputs) -> pd.Series:
    """Tell the departures a day of the best-served stop within walking reach of the site.

    Formula: highest ``departures_day`` of the stops within ``walking_reach_m /
    detour_factor``. Not their sum: a bus that calls at three stops of the same street is one.

    Parameters
    ----------
    inputs
        Sites, layer ``public_transport_stops``, parameters.

    Returns
    -------
    Series
        Departures on a typical working day; 0 without a stop in reach, missing without the
        layer or where :func:`siting.criteria.around.told_of` has no stop.
    """
    layer = inputs.layers.get("public_transport_stops")
    if layer is None:
        return pd.Series(np.nan, index=inputs.sites.index)
    departures = numbers(layer.data["departures_day"])
    radius_m = inputs.parameters.walking_reach_m / inputs.parameters.detour_factor
    highest = np.zeros(len(inputs.sites))
    for site, stop in pairs_in_reach(inputs.sites, layer.geo.geometry, radius_m=radius_m):
        np.maximum.at(highest, site, departures[stop])
    found = pd.Series(highest, index=inputs.sites.index)
    return found.where(told_of(inputs.sites, layer.geo))


def car_free_share(inputs: Inputs) -> pd.Series:
    """Measure the share of commuters within reach who do without a car today.

    Formula: commuters on foot, by bicycle or public transport ÷ all commuters, over the
    communes within ``jobs_reach_m``.

    Parameters
    ----------
    inputs
        Sites, layers ``communes`` and ``commute_modes``, parameters.

    Returns
    -------
    Series
        Share in [0, 1]; missing as :func:`siting.criteria.housing.reach` says, or without
        any commuter.
    """
    columns = ["car_free_commuters", "commuters"]
    layers = ("commute_modes",)
    sums = reach(inputs, columns, inputs.parameters.jobs_commute, layers=layers)
    commuters = sums["commuters"].mask(sums["commuters"] == 0)
    return (sums["car_free_commuters"] / commuters).clip(upper=1.0)


def neighbouring_zone_jobs(inputs: Inputs) -> pd.Series:
    """Count the jobs of the activity zones around the site.

    They are who could share a shuttle or a car park with it. Zones of the layer only: the
    other sites of the file never change the score of a site.

    Parameters
    ----------
    inputs
        Sites, layer ``activity_zones``, ``neighbours_reach_m``.

    Returns
    -------
    Series
        Jobs; 0 without a zone around, missing without the layer, where the jobs of one of
        them are unknown, or where :func:`siting.criteria.around.told_of` has no zone.
    """
    layer = inputs.layers.get("activity_zones")
    if layer is None:
        return pd.Series(np.nan, index=inputs.sites.index)
    jobs = _sum_near(inputs, layer.geo, numbers(layer.data["jobs"]))
    return jobs.where(told_of(inputs.sites, layer.geo))


def shift_workers(inputs: Inputs) -> pd.Series:
    """Count who starts work at the same time on the site and in the activity zones around.

    They are the potential of a pooled shuttle or car park, shift by shift. Formula: central
    jobs of :func:`siting.criteria.employment.expected_jobs` × share of the largest shift of the
    vocation, plus :func:`neighbouring_zone_jobs` × that of zones (``measure.shifts``).

    Parameters
    ----------
    inputs
        Sites, layer ``activity_zones``, ``neighbours_reach_m``, densities and shifts.

    Returns
    -------
    Series
        People of the largest shift; missing without the layer, where the jobs of a zone around
        are unknown, or those of the site.
    """
    shifts = inputs.parameters.shifts
    jobs = numbers(expected_jobs(inputs.sites, inputs.parameters)["central"])
    vocation = pd.Series(inputs.sites["vocation"], dtype="object")
    share = numbers(vocation.map(dict(shifts.vocation)).astype("float64").fillna(shifts.zone))
    return neighbouring_zone_jobs(inputs) * shifts.zone + jobs * share


def _sum_near(inputs: Inputs, features: gpd.GeoDataFrame, counts: Floats) -> pd.Series:
    """Add counts up around each site, in the order of the features; unknown if one is."""
    sums = np.zeros(len(inputs.sites))
    radius_m = inputs.parameters.neighbours_reach_m
    for site, feature in pairs_in_reach(inputs.sites, features.geometry, radius_m=radius_m):
        np.add.at(sums, site, counts[feature])
    return pd.Series(sums, index=inputs.sites.index)


CRITERIA = (
    Criterion(
        name="station_class",
        title=N_("Traffic of the busiest passenger station within reach"),
        theme="access",
        objective=Objective.MAX,
        unit="label",
        requires=("stations",),
        source="SNCF Gares & Connexions, fréquentation en gares (voyageurs par an)",
        function=station_class,
        labels=STATION_CLASSES,
        sight=Sight.COUNT,
        sight_reach="station_reach_m",
    ),
    Criterion(
        name="car_free_share",
        title=N_("Commuters without a car within reach"),
        theme="access",
        objective=Objective.MAX,
        unit="",
        requires=("communes", "commute_modes"),
        source="INSEE, recensement, mode de transport principal pour aller travailler",
        function=car_free_share,
        sight=Sight.SHARE,
        sight_reach="jobs_reach_m",
    ),
    Criterion(
        name="neighbouring_zone_jobs",
        title=N_("Jobs in the activity zones around"),
        theme="access",
        objective=Objective.MAX,
        unit=N_("jobs"),
        requires=("activity_zones",),
        source="C. urb., L. 318-8-1 et L. 318-8-2 (inventaire des zones d'activité)",
        function=neighbouring_zone_jobs,
        sight=Sight.COUNT,
        sight_reach="neighbours_reach_m",
        sight_by_road=False,
    ),
    Criterion(
        name="shift_workers",
        title=N_("People of the largest shift, on the site and around"),
        theme="access",
        objective=Objective.MAX,
        unit=N_("people per shift"),
        requires=("activity_zones",),
        source="Emplois attendus et zones d'activité ; parts des équipes du scénario (shifts)",
        function=shift_workers,
        sight=Sight.COUNT,
        sight_reach="neighbours_reach_m",
        sight_by_road=False,
    ),
    Criterion(
        name="stop_departures_day",
        title=N_("Departures of the best-served stop within walking reach"),
        theme="access",
        objective=Objective.MAX,
        unit=N_("departures/day"),
        requires=("public_transport_stops",),
        source="GTFS (transport.data.gouv.fr), jour ouvrable type",
        function=stop_departures_day,
        sight=Sight.COUNT,
        sight_reach="walking_reach_m",
    ),
)
