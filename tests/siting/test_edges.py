"""What the edge of the territory bounds: worked out by hand on one square of 100 km."""

import geopandas as gpd
import pandas as pd
import shapely

from layers.spec import Layer, LayerSpec, Provenance, Status
from siting.criteria.inputs import Inputs
from siting.edges import Edge, bound_reasons, bounds_of
from siting.scenario import load_scenario, with_changes

BASE = load_scenario("base")
SQUARE = shapely.box(0, 0, 100_000, 100_000)
KNOWN = {
    "working_age_reach": 40_000.0,  # 25 km by road, estimated: 19,231 m in a straight line
    "housing_vacancy_rate": 0.06,  # 15 km: 11,538 m
    "distance_passenger_station_m": 13_000.0,  # 10,000 m in a straight line
    "distance_protected_m": 3_000.0,
    "frr_class": "FRR+",
}


def at(*edges_m):
    """Sites of 100 m, so far from the west of the square."""
    return [{"geometry": shapely.box(x, 50_000, x + 100, 50_100)} for x in edges_m]


def layer(name, shapes, status=Status.OBSERVED):
    table = gpd.GeoDataFrame(geometry=list(shapes), crs="EPSG:2154")
    kind = "polygon" if name == "communes" else "point"
    spec = LayerSpec(name, name, (), crs="EPSG:2154", geometry=kind)
    return Layer(spec, table, Provenance("test", name, "2025", "test", status))


def bounds(*rows, communes=(SQUARE,), stations=((50_000, 50_000),), layers=(), **known):
    """Find what is bounded of some sites, all else being known."""
    sites = gpd.GeoDataFrame(rows, crs="EPSG:2154").add_prefix("S", axis="index")
    places = {
        "communes": layer("communes", communes),
        "stations": layer("stations", shapely.points(stations)),
        "protected_areas": layer("protected_areas", [shapely.Point(50_000, 50_000)]),
    } | {one.spec.name: one for one in layers}
    nothing = pd.DataFrame(index=sites.index)
    inputs = Inputs(
        sites, places, nothing, pd.Series(0.0, index=sites.index), nothing, BASE.measure
    )
    return bounds_of(inputs, pd.DataFrame(KNOWN | known, index=sites.index), Edge(places))


def told(found):
    return [sorted(found.bounded.columns[row]) for row in found.bounded.to_numpy()]


def test_a_reach_that_the_edge_is_within_is_bounded():
    found = bounds(*at(11_000, 12_000, 19_000, 20_000), distance_passenger_station_m=0.0)
    assert found.edge_m.tolist() == [11_000, 12_000, 19_000, 20_000]
    assert told(found) == [
        ["housing_vacancy_rate", "working_age_reach"],
        ["working_age_reach"],
        ["working_age_reach"],
        [],
    ]


def test_a_place_found_farther_than_the_edge_may_have_a_nearer_one_beyond():
    """3,000 m to a protected area as the crow flies, 10,000 m to a station, 13,000 m by road."""
    found = bounds(*at(2_900, 3_100, 9_900, 10_100)).bounded
    assert found["distance_protected_m"].tolist() == [True, False, False, False]
    assert found["distance_passenger_station_m"].tolist() == [True, True, True, False]


def test_over_a_road_network_a_distance_is_not_made_shorter():
    found = bounds(*at(9_900, 12_900, 13_100), layers=[layer("road_network", [])]).bounded
    assert found["distance_passenger_station_m"].tolist() == [True, True, False]


def test_a_site_across_the_edge_is_at_it():
    found = bounds({"geometry": shapely.box(-50, 0, 50, 100)})
    assert found.edge_m.tolist() == [0]
    assert set(told(found)[0]) == set(KNOWN) - {"frr_class"}


def test_what_is_unknown_or_of_the_site_alone_is_not_bounded():
    found = bounds(*at(500), working_age_reach=None, distance_passenger_station_m=None)
    assert told(found) == [["distance_protected_m", "housing_vacancy_rate"]]
    assert "frr_class" not in found.bounded


def test_a_hole_is_no_edge():
    """An enclave of 1 km in the square, beside the site."""
    hole = shapely.box(50_200, 50_000, 51_200, 51_000)
    parts = [SQUARE.difference(hole)]
    assert bounds(*at(50_000), communes=parts).edge_m.tolist() == [49_900]
    west, east = shapely.box(0, 0, 50_050, 100_000), shapely.box(50_050, 0, 100_000, 100_000)
    assert bounds(*at(50_000), communes=[west, east]).edge_m.tolist() == [49_900]


def test_a_layer_that_goes_on_beyond_bounds_nothing_and_a_stray_place_is_not_one():
    inside = [(50_000, y) for y in range(1_000, 40_000, 1_000)]
    stray = bounds(*at(500), stations=[*inside, (-30_000, 0)])
    whole = bounds(*at(500), stations=[*inside, *((-30_000, y) for y in range(3))])
    border = bounds(*at(500), stations=[(-900, 50_000)] * 9)  # a station drawn beside the edge
    assert [found.bounded["distance_passenger_station_m"].all() for found in (stray, whole, border)
            ] == [True, False, True]  # fmt: skip


def test_what_is_made_up_hides_nothing():
    made_up = layer("stations", shapely.points([(50_000, 50_000)]), Status.DEMONSTRATION)
    found = bounds(*at(500), layers=[made_up]).bounded
    assert not found["distance_passenger_station_m"].any()
    assert found["working_age_reach"].all()


def test_it_is_told_in_sentences_by_what_the_edge_does():
    found = bounds(*at(2_400, 20_000, 2_400))
    reasons = bound_reasons(found, BASE)
    assert [one.code for one in reasons["S0"]] == ["edge-count", "edge-share", "edge-nearest"]
    assert reasons["S1"] == ()
    assert reasons["S2"] is reasons["S0"]
    assert reasons["S0"][0].text() == (
        "the territory loaded ends less than 3 km from the site; unless it is sea, what lies "
        "beyond is not counted, and these are minimums: Inhabitants aged 20 to 64 within reach"
    )
    assert reasons["S0"][2].figures["names"] == (
        "distance_passenger_station_m",
        "distance_protected_m",
    )


def test_a_criterion_without_weight_is_not_told():
    lighter = with_changes(BASE, {"criteria": {"housing_vacancy_rate": {"weight": 0}}})
    codes = [one.code for one in bound_reasons(bounds(*at(2_400)), lighter)["S0"]]
    assert codes == ["edge-count", "edge-nearest"]
