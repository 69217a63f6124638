import numpy as np
import pandas as pd
import pytest
import shapely

from siting.criteria.mobility import (
    NO_STATION,
    STATION_CLASSES,
    car_free_share,
    neighbouring_zone_jobs,
    shift_workers,
    station_class,
    stop_departures_day,
)


def stations(layer, *rows):
    """A station a row: metres east of the site, travellers a year, open to passengers."""
    x, travellers, passenger = zip(*rows, strict=True)
    spots = [shapely.Point(100 + one, 50) for one in x]
    counts = pd.array(travellers, dtype="Int64")
    return layer("stations", spots, travellers_2023=counts, passenger=list(passenger))


@pytest.mark.parametrize(
    ("travellers", "position"),
    [(0, 1), (99_999, 1), (100_000, 2), (999_999, 2), (1_000_000, 3), (12_000_000, 3)],
)
def test_station_class(make_inputs, layer, travellers, position):
    one = stations(layer, (1_000, travellers, True))
    assert station_class(make_inputs(layers=[one])).tolist() == [STATION_CLASSES[position]]


def test_the_busiest_station_in_reach_counts(make_inputs, layer):
    several = stations(
        layer, (1_000, 40_000, True), (3_000, 200_000, True), (3_900, 5_000_000, True),
        (2_000, 9_000_000, False),
    )  # fmt: skip
    inputs = make_inputs(layers=[several])  # 5 km by road: 3,846 m
    assert station_class(inputs).tolist() == [STATION_CLASSES[2]]
    nearer = make_inputs(layers=[several], station_reach_m=500.0)
    assert station_class(nearer).tolist() == [NO_STATION]


def test_a_station_of_unknown_traffic_is_not_one_without_travellers(make_inputs, layer):
    unknown = stations(layer, (1_000, None, True))
    assert station_class(make_inputs(layers=[unknown])).isna().all()
    both = stations(layer, (1_000, None, True), (2_000, 300_000, True))
    assert station_class(make_inputs(layers=[both])).tolist() == [STATION_CLASSES[2]]


def test_car_free_share(make_inputs, towns):
    # From x = 5 km, 13 km of road reach the centres at 5 and 15 km: 17 of 170 commuters.
    site = {"geometry": shapely.box(5_000, -50, 5_100, 50)}
    layers = [towns["communes"], towns["commute_modes"]]
    found = car_free_share(make_inputs(site, layers=layers, jobs_reach_m=13_000.0))
    assert found.tolist() == pytest.approx([0.1])
    assert np.isnan(car_free_share(make_inputs(site, layers=layers[:1]))["S0"])


def test_neighbouring_zone_jobs(make_inputs, layer):
    boxes = [shapely.box(x, 0, x + 100, 100) for x in (-1_000, 1_000, 2_100, 2_101)]
    zones = layer("activity_zones", boxes, jobs=[10.0, 20.0, 40.0, 80.0])
    near, far = ({"geometry": shapely.box(x, 0, x + 100, 100)} for x in (9_000, 90_000))
    found = neighbouring_zone_jobs(make_inputs({}, near, far, layers=[zones]))
    # 2 km from the edge, inclusive; none; too far from any zone for the layer to tell.
    assert found.tolist() == pytest.approx([70, 0, np.nan], nan_ok=True)
    unknown = layer("activity_zones", boxes, jobs=[10.0, None, 40.0, 80.0])
    found = neighbouring_zone_jobs(make_inputs({}, near, layers=[unknown]))
    assert found.tolist() == pytest.approx([np.nan, 0], nan_ok=True)
    assert neighbouring_zone_jobs(make_inputs()).isna().all()


def test_shift_workers(make_inputs, layer):
    boxes = [shapely.box(x, 0, x + 100, 100) for x in (-1_000, 1_000, 5_000)]
    zones = layer("activity_zones", boxes, jobs=[100.0, 60.0, 999.0])
    rows = [
        {"expected_jobs": 40.0, "vocation": "industrielle"},  # 20 of 40, and 80 of 160 around
        {"expected_jobs": 40.0, "vocation": "tertiaire"},  # 32 of 40
        {"vocation": "industrielle"},  # 1 ha × 15 jobs
        {"expected_jobs": 40.0},  # vocation not known: half
        {},
        {"expected_jobs": 40.0, "geometry": shapely.box(9_000, 0, 9_100, 100)},  # none around
    ]
    found = shift_workers(make_inputs(*rows, layers=[zones]))
    assert found.tolist() == pytest.approx([100, 112, 87.5, 100, np.nan, 20], nan_ok=True)
    unknown = layer("activity_zones", boxes, jobs=[100.0, None, 999.0])
    assert shift_workers(make_inputs(rows[0], layers=[unknown])).isna().all()
    assert shift_workers(make_inputs(rows[0])).isna().all()


def test_stop_departures_day(make_inputs, layer):
    # 1 km on foot is 769 m in a straight line, from the edge of the site.
    spots = [shapely.Point(100 + x, 50) for x in (100, 769, 770)]
    stops = layer("public_transport_stops", spots, departures_day=[12, 40, 300])
    rows = [{"geometry": shapely.box(x, 0, x + 100, 100)} for x in (0, -9_000, -90_000)]
    found = stop_departures_day(make_inputs(*rows, layers=[stops]))
    # In reach; a network around but no stop in reach; too far for the feed to tell.
    assert found.tolist() == pytest.approx([40, 0, np.nan], nan_ok=True)
    assert stop_departures_day(make_inputs()).isna().all()
