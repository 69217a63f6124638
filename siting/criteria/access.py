"""Access: road distance to motorway, rail freight, port and passenger station.

Road distance is that of the shortest road where a network is loaded, else estimated: straight
line × detour factor of the scenario (:mod:`siting.criteria.travel`).
"""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from layers.errors import N_
from siting.criteria.around import nearest_m
from siting.criteria.inputs import Inputs
from siting.criteria.travel import travel
from siting.domain import Criterion, Objective, Sight

SIDING_M = 100.0
"""Straight-line distance under which a surveyed siding is that of the site: the survey gives a
point on the track, the outline the plot."""


def road_distance_m(inputs: Inputs, features: gpd.GeoDataFrame | None) -> pd.Series:
    """Tell the road distance to the nearest feature.

    Formula: shortest road where a network is loaded, else distance from the edge of the site ×
    ``detour_factor``.

    Parameters
    ----------
    inputs
        Sites, layer ``road_network`` where it is given, parameters.
    features
        Points, or ``None`` where the layer is missing.

    Returns
    -------
    Series
        Metres; missing without feature, or where no road of the network is near the site.
    """
    return travel(inputs).nearest_m(features)


def distance_interchange_m(inputs: Inputs) -> pd.Series:
    """Tell the road distance to the nearest motorway interchange.

    Parameters
    ----------
    inputs
        Sites, layer ``interchanges``, detour factor.

    Returns
    -------
    Series
        Metres; missing without the layer.
    """
    return road_distance_m(inputs, inputs.layer("interchanges"))


def distance_freight_m(inputs: Inputs) -> pd.Series:
    """Tell the road distance to rail freight.

    Formula: 0 where the site has its own siding (ITE), declared, or, where the file does not
    say, surveyed within :data:`SIDING_M` of it and usable; else the distance to the nearest
    station open to freight.

    Parameters
    ----------
    inputs
        Sites, layer ``stations``, detour factor; layer ``freight_sidings`` where it is given.

    Returns
    -------
    Series
        Metres; missing without the stations, unless the site has a siding.
    """
    distance_m = road_distance_m(inputs, _stations(inputs, "freight"))
    silent = pd.Series(inputs.sites["rail_siding"], dtype="object").isna()
    sidings = inputs.layer("freight_sidings")
    usable = None if sidings is None else sidings[sidings["usable"].eq(True).fillna(False)]  # noqa: FBT003
    surveyed = nearest_m(inputs.sites, usable) <= SIDING_M
    return distance_m.mask(_declared(inputs, "rail_siding") | (silent & surveyed), 0.0)


def distance_port_m(inputs: Inputs) -> pd.Series:
    """Tell the road distance to goods by water.

    Formula: 0 where the site has its own quay, else the distance to the nearest port.

    Parameters
    ----------
    inputs
        Sites, layer ``ports``, detour factor.

    Returns
    -------
    Series
        Metres; missing without the layer, unless the site has a quay.
    """
    distance_m = road_distance_m(inputs, inputs.layer("ports"))
    return distance_m.mask(_declared(inputs, "quay"), 0.0)


def distance_airport_m(inputs: Inputs) -> pd.Series:
    """Tell the road distance to the nearest airport of the layer.

    Parameters
    ----------
    inputs
        Sites, layer ``airports``, detour factor.

    Returns
    -------
    Series
        Metres; missing without the layer.
    """
    return road_distance_m(inputs, inputs.layer("airports"))


def distance_passenger_station_m(inputs: Inputs) -> pd.Series:
    """Tell the road distance to the nearest station open to passengers.

    Parameters
    ----------
    inputs
        Sites, layer ``stations``, detour factor.

    Returns
    -------
    Series
        Metres; missing without the layer.
    """
    return road_distance_m(inputs, _stations(inputs, "passenger"))


def _stations(inputs: Inputs, use: str) -> gpd.GeoDataFrame | None:
    stations = inputs.layer("stations")
    return None if stations is None else stations[stations[use].astype("bool")]


def _declared(inputs: Inputs, column: str) -> pd.Series:
    """Return where a yes/no column says yes; unknown is not yes."""
    declared = pd.Series(inputs.sites[column], dtype="object")
    return declared.map({True: True}).notna()


_SITES_SOURCE = (
    "CNIG Sites économiques v2024-10 ; distance par la route, ou à vol d'oiseau × coefficient "
    "de détour"
)

CRITERIA = (
    Criterion(
        name="distance_interchange_m",
        title=N_("Distance to a motorway interchange"),
        theme="access",
        objective=Objective.MIN,
        unit="m",
        requires=("interchanges",),
        source=f"{_SITES_SOURCE} (autoroute_echang_dist)",
        function=distance_interchange_m,
        sight=Sight.NEAREST,
    ),
    Criterion(
        name="distance_freight_m",
        title=N_("Distance to rail freight"),
        theme="access",
        objective=Objective.MIN,
        unit="m",
        requires=("stations",),
        source=f"{_SITES_SOURCE} (gare_fret_dist, reseau_fret_ferroviaire)",
        function=distance_freight_m,
        sight=Sight.NEAREST,
    ),
    Criterion(
        name="distance_port_m",
        title=N_("Distance to a port"),
        theme="access",
        objective=Objective.MIN,
        unit="m",
        requires=("ports",),
        source=f"{_SITES_SOURCE} (reseau_fluvial)",
        function=distance_port_m,
        sight=Sight.NEAREST,
    ),
    Criterion(
        name="distance_passenger_station_m",
        title=N_("Distance to a passenger station"),
        theme="access",
        objective=Objective.MIN,
        unit="m",
        requires=("stations",),
        source=f"{_SITES_SOURCE} (gare_dist)",
        function=distance_passenger_station_m,
        sight=Sight.NEAREST,
    ),
    Criterion(
        name="distance_airport_m",
        title=N_("Distance to an airport"),
        theme="access",
        objective=Objective.MIN,
        unit="m",
        requires=("airports",),
        source=f"{_SITES_SOURCE} (aeroport_dist)",
        function=distance_airport_m,
        sight=Sight.NEAREST,
    ),
)
