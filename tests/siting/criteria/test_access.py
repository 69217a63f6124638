import numpy as np
import pandas as pd
import pytest
import shapely

from siting.criteria.access import (
    distance_airport_m,
    distance_freight_m,
    distance_interchange_m,
    distance_passenger_station_m,
    distance_port_m,
)

# The site is the square (0, 0)-(100, 100); the factor of the base scenario is 1.3.


def points(*pairs):
    return [shapely.Point(pair) for pair in pairs]


@pytest.fixture
def stations(layer):
    where = points((1_100, 50), (2_100, 50), (50, 50))
    return layer("stations", where, passenger=[False, True, False], freight=[True, False, False])


def test_distance_interchange_m(make_inputs, layer):
    interchanges = layer("interchanges", points((100, 5_100), (1_100, 100)), name=["a", "b"])
    assert distance_interchange_m(make_inputs(layers=[interchanges])).tolist() == [1_300]
    diagonal = layer("interchanges", points((400, 500)))  # 3-4-5 from the corner
    assert distance_interchange_m(make_inputs(layers=[diagonal])).tolist() == [650]
    doubled = make_inputs(layers=[diagonal], detour_factor=2.0)
    assert distance_interchange_m(doubled).tolist() == [1_000]
    inside = layer("interchanges", points((50, 50)))
    assert distance_interchange_m(make_inputs(layers=[inside])).tolist() == [0]
    none = layer("interchanges", [])
    assert np.isnan(distance_interchange_m(make_inputs(layers=[none]))["S0"])


def test_distance_freight_m(make_inputs, stations):
    rows = [{"rail_siding": said} for said in (True, False, None)]
    found = distance_freight_m(make_inputs(*rows, layers=[stations]))
    assert found.tolist() == [0, 1_300, 1_300]
    # Without the layer only the siding is known.
    found = distance_freight_m(make_inputs(*rows))
    assert found.tolist() == pytest.approx([0, np.nan, np.nan], nan_ok=True)


def test_distance_port_m(make_inputs, layer):
    rows = [{"quay": said} for said in (True, False, None)]
    ports = layer("ports", points((50, 100_100)))
    found = distance_port_m(make_inputs(*rows, layers=[ports]))
    assert found.tolist() == [0, 130_000, 130_000]


def test_distance_passenger_station_m(make_inputs, stations):
    found = distance_passenger_station_m(make_inputs({"rail_siding": True}, layers=[stations]))
    assert found.tolist() == [2_600]


def test_distance_airport_m(make_inputs, layer):
    airports = layer("airports", points((50, 10_100), (50, 90_000)))
    assert distance_airport_m(make_inputs(layers=[airports])).tolist() == [13_000]
    assert np.isnan(distance_airport_m(make_inputs())["S0"])


def test_a_usable_siding_by_the_site_is_its_own_unless_told_no(make_inputs, layer, stations):
    rows = [{"rail_siding": said} for said in (None, False)]
    near = layer("freight_sidings", points((190, 50)), usable=pd.array([True], dtype="boolean"))
    found = distance_freight_m(make_inputs(*rows, layers=[stations, near]))
    assert found.tolist() == [0, 1_300]
    for spot, usable in (((190, 50), False), ((190, 50), None), ((201, 50), True)):
        known = pd.array([usable], dtype="boolean")
        sidings = layer("freight_sidings", points(spot), usable=known)
        found = distance_freight_m(make_inputs(*rows, layers=[stations, sidings]))
        assert found.tolist() == [1_300, 1_300]
