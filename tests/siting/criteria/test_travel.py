"""By road where a network is loaded, else in a straight line: what the criteria then tell."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import shapely

from layers.road_network import make_network
from layers.tables import demonstration_provenance
from siting.criteria.access import (
    distance_freight_m,
    distance_interchange_m,
    distance_passenger_station_m,
)
from siting.criteria.housing import vacant_dwellings_reach
from siting.criteria.inputs import Commute
from siting.criteria.jobs import town_centre_distance_m, working_age_reach
from siting.criteria.mobility import station_class
from siting.criteria.travel import ByRoad, StraightLine, reach_of, travel, travel_of
from siting.criteria.utilities import distance_substation_m
from siting.reach import graph_of

SOURCE = demonstration_provenance(
    "Routes de démonstration", "roads.parquet", vintage="2026", method="by hand"
)


def roads_of(places, links, *, kmh=60, one_way=(), no_access=()):
    """Make a layer: straight two-way links between places in metres, but those of one way."""
    rows = []
    for tail, head in [*links, *((b, a) for a, b in links), *one_way]:
        length_m = np.hypot(*np.subtract(places[tail], places[head]))
        rows.append(
            {
                "tail": tail,
                "head": head,
                "tail_x_m": float(places[tail][0]),
                "tail_y_m": float(places[tail][1]),
                "time_ms": round(length_m * 3_600 / kmh),
                "length_mm": round(length_m * 1_000),
                "access": (tail, head) not in no_access and (head, tail) not in no_access,
            }
        )
    return make_network(pd.DataFrame(rows), SOURCE)


# One road along the row of towns (centres at x = 5, 15, 25 and 35 km), at 60 km/h.
CENTRES = [(5_000, 0), (15_000, 0), (25_000, 0), (35_000, 0)]
ROW = roads_of(CENTRES, [(0, 1), (1, 2), (2, 3)])


def box_at(x, y=0, half=50):
    return shapely.box(x - half, y - half, x + half, y + half)


def minutes(base, **changes):
    return {"reach": base.parameters.reach.model_copy(update=changes)}


def of_town_0(make_inputs, towns, layers=(), **changes):
    base = make_inputs()
    row = {"geometry": box_at(5_000)}
    return make_inputs(row, layers=[*towns.values(), *layers], **minutes(base, **changes))


def test_without_a_network_roads_are_estimated(make_inputs, towns):
    inputs = make_inputs(layers=list(towns.values()))
    assert isinstance(travel(inputs), StraightLine)
    assert reach_of(inputs.layers, inputs.parameters).method == "distance"
    assert reach_of(inputs.layers, inputs.parameters).network == ""


def test_with_a_network_the_manifest_tells_it(make_inputs, towns):
    inputs = make_inputs(layers=[*towns.values(), ROW])
    assert isinstance(travel(inputs), ByRoad)
    told = reach_of(inputs.layers, inputs.parameters)
    assert (told.method, told.network) == ("road_time", "Routes de démonstration")
    assert (told.vintage, told.detour_factor) == ("2026", inputs.parameters.detour_factor)


@pytest.mark.parametrize(
    ("housing_minutes", "dwellings"), [(9.9, 50), (10, 150), (20, 450), (29.9, 450), (30, 850)]
)
def test_housing_in_reach_is_by_minutes(make_inputs, towns, housing_minutes, dwellings):
    # 10 km at 60 km/h: ten minutes from a town to the next.
    inputs = of_town_0(make_inputs, towns, [ROW], housing_minutes=housing_minutes)
    assert vacant_dwellings_reach(inputs).tolist() == [dwellings]


def test_people_in_reach_are_those_who_can_drive_to_the_site(make_inputs, towns):
    # A ring of one-way streets: 0 → 1 → 2 → 3 → 0. From town 3 to the site: one street only.
    ring = roads_of(CENTRES, [], one_way=[(0, 1), (1, 2), (2, 3), (3, 0)])
    inputs = of_town_0(make_inputs, towns, [ring], jobs_minutes=30)
    assert working_age_reach(inputs).tolist() == [100 + 800]


def test_the_way_to_the_road_takes_time(make_inputs, towns):
    # The site is 500 m off the road: 90 s at 20 km/h.
    base = make_inputs()
    row = {"geometry": box_at(5_000, y=550)}
    layers = [*towns.values(), ROW]
    found = [
        working_age_reach(
            make_inputs(row, layers=layers, **minutes(base, jobs_minutes=limit))
        ).iloc[0]
        for limit in (11.49, 11.5)
    ]
    assert found == [100, 300]


def test_a_site_far_from_any_road_reaches_nothing_known(make_inputs, towns):
    near, far = {"geometry": box_at(5_000)}, {"geometry": box_at(5_000, y=3_000)}
    inputs = make_inputs(near, far, layers=[*towns.values(), ROW])
    assert travel(inputs).known.tolist() == [True, False]
    assert working_age_reach(inputs).isna().tolist() == [False, True]
    assert town_centre_distance_m(inputs).isna().tolist() == [False, True]


def test_a_commune_without_a_road_is_unknown_not_out_of_reach(make_inputs, towns):
    # Town 1 lies off the road from 0 to 2: within the tolerance or not, as the scenario says.
    road = roads_of([CENTRES[0], (15_000, 4_000), CENTRES[2]], [(0, 1), (1, 2)])
    inputs = of_town_0(make_inputs, towns, [road], jobs_minutes=40)
    assert travel(inputs).off_roads(inputs.layers["communes"].geo).tolist() == [
        False, True, False, True,
    ]  # fmt: skip
    assert working_age_reach(inputs).isna().tolist() == [True]
    base = make_inputs()
    lenient = make_inputs(
        {"geometry": box_at(5_000)},
        layers=[*towns.values(), road],
        unknown_tolerance=0.4,
        **minutes(base, jobs_minutes=40),
    )
    assert working_age_reach(lenient).tolist() == [100 + 400]


def test_distances_are_those_of_the_shortest_road(make_inputs, layer):
    # The interchange is 3 km away in a straight line, and 4 + 5 km by road.
    road = roads_of([(0, 0), (0, 4_000), (3_000, 0)], [(0, 1), (1, 2)])
    interchanges = layer("interchanges", [shapely.Point(3_000, 0)])
    inputs = make_inputs({"geometry": box_at(0)}, layers=[interchanges, road])
    assert distance_interchange_m(inputs).tolist() == [9_000]


def test_one_way_streets_lengthen_the_way_to_a_station(make_inputs, layer):
    places = [(0, 0), (1_000, 0), (1_000, 1_000), (0, 1_000)]
    ring = roads_of(places, [], one_way=[(0, 1), (1, 2), (2, 3), (3, 0)])
    station = {"name": ["S"], "passenger": [True], "freight": [False], "travellers_2023": [9.0]}
    stations = layer("stations", [shapely.Point(0, 1_000)], **station)
    inputs = make_inputs({"geometry": box_at(0)}, layers=[stations, ring], station_reach_m=3_000)
    assert distance_passenger_station_m(inputs).tolist() == [3_000]
    assert distance_freight_m(inputs).isna().tolist() == [True]
    assert station_class(inputs).iloc[0].startswith("moins")
    short = make_inputs({"geometry": box_at(0)}, layers=[stations, ring], station_reach_m=2_999)
    assert not station_class(short).iloc[0].startswith("moins")
    far = make_inputs({"geometry": box_at(9_000)}, layers=[stations, ring])
    assert station_class(far).isna().tolist() == [True]


def test_a_site_is_never_reached_straight_from_a_motorway(make_inputs, layer):
    # The motorway passes at the site; its exit is 2 km farther.
    places = [(0, 0), (2_000, 0), (4_000, 0)]
    road = roads_of(places, [(0, 1), (1, 2)], no_access=[(0, 1)])
    base = make_inputs()
    inputs = make_inputs(
        {"geometry": box_at(0)},
        layers=[layer("interchanges", [shapely.Point(2_000, 0)]), road],
        **minutes(base, tie_m=3_000),
    )
    # Tied to the exit, 1,950 m from its edge.
    assert distance_interchange_m(inputs).tolist() == [1_950]


def test_a_feature_without_a_road_makes_unsure_only_what_it_may_be_nearer_to(make_inputs, layer):
    # An interchange at 4 km off any road: unknown to the site 9 km from the other one.
    interchanges = layer("interchanges", [shapely.Point(10_000, 0), shapely.Point(0, 4_000)])
    road = roads_of([(0, 0), (10_000, 0)], [(0, 1)])
    rows = [{"geometry": box_at(0)}, {"geometry": box_at(10_000)}]
    found = distance_interchange_m(make_inputs(*rows, layers=[interchanges, road]))
    assert found.isna().tolist() == [True, False]
    assert found.iloc[1] == 0


def test_lines_of_energy_do_not_take_the_road(make_inputs, layer):
    substations = layer("substations", [shapely.Point(3_050, 0)])
    plain = make_inputs({"geometry": box_at(0)}, layers=[substations])
    by_road = make_inputs({"geometry": box_at(0)}, layers=[substations, ROW])
    assert distance_substation_m(by_road).tolist() == distance_substation_m(plain).tolist()


def test_a_site_by_road_depends_on_itself_alone(make_inputs, towns):
    rows = [{"geometry": box_at(x, y)} for x, y in [(5_000, 0), (25_000, 300), (9_000, 0)]]
    layers = [*towns.values(), ROW]
    together = working_age_reach(make_inputs(*rows, layers=layers))
    alone = [working_age_reach(make_inputs(row, layers=layers)).iloc[0] for row in rows]
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_array_equal(
        working_age_reach(make_inputs(*rows[::-1], layers=layers)), alone[::-1]
    )


def test_sites_are_searched_some_at_once(make_inputs, towns, monkeypatch):
    rows = [{"geometry": box_at(x)} for x in (5_000, 15_000, 25_000, 35_000, 5_100)]
    layers = [*towns.values(), ROW]
    whole = working_age_reach(make_inputs(*rows, layers=layers))
    for module in ("housing", "travel", "around"):
        monkeypatch.setattr(f"siting.criteria.{module}.SITES_AT_ONCE", 2)
    parts = working_age_reach(make_inputs(*rows, layers=layers))
    pd.testing.assert_series_equal(whole, parts, check_exact=True)


def test_a_faster_network_reaches_no_less(make_inputs, towns):
    slow, fast = (roads_of(CENTRES, [(0, 1), (1, 2), (2, 3)], kmh=kmh) for kmh in (30, 90))
    found = [
        working_age_reach(of_town_0(make_inputs, towns, [road], jobs_minutes=25)).iloc[0]
        for road in (slow, fast)
    ]
    assert found == [300, 1_500]


def test_both_ways_tell_the_same_pairs_on_a_straight_road(make_inputs, towns):
    # At 60 km/h along a straight line without detour, 20 minutes are 20 km.
    inputs = of_town_0(make_inputs, towns)
    parameters = inputs.parameters.model_copy(update={"detour_factor": 1.0})
    sites, communes = inputs.sites, inputs.layers["communes"].geo
    commute = Commute(20_000, 20)
    plain = travel_of(sites, {}, parameters).communes(communes, commute)
    by_road = travel_of(sites, {"road_network": ROW}, parameters).communes(communes, commute)
    for (site, commune), (other_site, other_commune) in zip(plain, by_road, strict=True):
        assert site.tolist() == other_site.tolist()
        assert commune.tolist() == other_commune.tolist()


def test_a_network_is_loaded_in_memory_once(make_inputs, towns):
    inputs = make_inputs(layers=[*towns.values(), ROW])
    again = dataclasses.replace(inputs)
    assert travel(inputs).graph is travel(again).graph is graph_of(ROW)
