"""Facts of access: stations of the territory, nearest interchange and port."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import geopandas as gpd
import numpy as np
import shapely

from layers.errors import N_
from layers.spec import Layer, Status
from layers.territory import Level
from siting.balance.model import least_sure
from siting.criteria.travel import ROAD_TIME, reach_of, travel_of
from siting.domain import Reason
from siting.territory_cv.model import Fact, Label, Place, known, not_given, unknown

NONE_THERE = N_("there is none in the layer")
STATIONS_UNKNOWN = N_("unknown for some of the stations: {names}")
FROM_MAIN = N_(
    "from {name}, its most populated commune: the straight line, {percent} percent longer"
)
FROM_MAIN_BY_ROAD = N_(
    "from {name}, its most populated commune: the shortest road of the network “{network}” "
    "({vintage})"
)
NO_ROAD = N_("the road network does not lead from its most populated commune to the nearest one")

_STATIONS: Final = N_("stations")
_COUNTED: Final = (
    (Label("passenger_stations", N_("Passenger stations"), "access", _STATIONS), "passenger"),
    (Label("freight_stations", N_("Stations open to freight"), "access", _STATIONS), "freight"),
)
_TRAVELLERS: Final = Label(
    "travellers_2023",
    N_("Passengers of the stations in 2023"),
    "access",
    N_("passengers a year"),
)
_NEAREST: Final = (
    (
        Label("distance_interchange", N_("Nearest motorway interchange"), "access", "m"),
        "interchanges",
    ),
    (Label("distance_port", N_("Nearest port"), "access", "m"), "ports"),
)


def access_facts(place: Place) -> Iterator[Fact]:
    """Tell the stations of the territory, and what is nearest to its main commune.

    Parameters
    ----------
    place
        The territory.

    Yields
    ------
    Fact
        Distances are from the representative point of the most populated commune.
    """
    stations = place.world.layers.get("stations")
    for label, use in _COUNTED:
        if stations is None:
            yield unknown(label, not_given("stations"))
        else:
            yield known(label, len(_inside(place, stations, use)), stations.provenance)
    yield (
        unknown(_TRAVELLERS, not_given("stations"))
        if stations is None
        else _travellers(place, stations)
    )
    for label, layer in _NEAREST:
        yield _nearest(place, label, layer)


def _inside(place: Place, stations: Layer, use: str) -> gpd.GeoDataFrame:
    points = stations.geo[stations.geo[use].astype("bool")]
    return points[shapely.intersects(place.shape, np.asarray(points.geometry, dtype=object))]


def _travellers(place: Place, stations: Layer) -> Fact:
    inside = _inside(place, stations, "passenger")
    missing = inside["name"][inside["travellers_2023"].isna()]
    if inside.empty:
        return unknown(_TRAVELLERS, Reason("none", NONE_THERE))
    if len(missing):
        figures = {"names": ", ".join(missing[:5])}
        return unknown(_TRAVELLERS, Reason("stations-unknown", STATIONS_UNKNOWN, figures))
    return known(_TRAVELLERS, int(inside["travellers_2023"].sum()), stations.provenance)


def _nearest(place: Place, label: Label, layer: str) -> Fact:
    """Tell the road distance from the most populated commune to the nearest feature."""
    found, housing = place.world.layers.get(layer), place.world.layers.get("housing")
    if found is None or housing is None:
        return unknown(label, not_given(layer if found is None else "housing"))
    people = housing.data.set_index("code")["population"].reindex(place.communes)
    # Equal or unknown populations: the lowest code, so that the choice is always the same.
    main = str(people.index[int(people.astype("Float64").fillna(-1.0).to_numpy().argmax())])
    communes = place.world.territory.communes.geo
    shape = communes.geometry[communes["code"] == main]
    origin = gpd.GeoDataFrame(geometry=shape.representative_point(), crs=shape.crs)
    parameters = place.run.scenario.measure
    travel = travel_of(origin, place.world.layers, parameters)
    distance_m = float(travel.nearest_m(found.geo).iloc[0])
    if np.isnan(distance_m):
        none = Reason("none", NONE_THERE)
        return unknown(label, none if found.geo.empty else Reason("no-road", NO_ROAD))
    name = place.world.territory.name(Level.COMMUNE, main)
    status = least_sure([Status.ESTIMATED, found.provenance.status])
    notes = (_from(name, place),)
    return known(label, round(distance_m), found.provenance, status=status, notes=notes)


def _from(name: str, place: Place) -> Reason:
    """Tell where a distance is from, and how it was told."""
    reach = reach_of(place.world.layers, place.run.scenario.measure)
    if reach.method == ROAD_TIME:
        figures = {"name": name, "network": reach.network, "vintage": reach.vintage}
        return Reason("from-main-by-road", FROM_MAIN_BY_ROAD, figures)
    percent = round(100 * (reach.detour_factor - 1))
    return Reason("from-main", FROM_MAIN, {"name": name, "percent": percent})
