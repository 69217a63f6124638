import numpy as np
import pytest
import shapely

from siting.criteria.environment import (
    distance_natura_2000_m,
    distance_protected_m,
    natura_2000_share,
    protected_share,
    wetland_share,
    znieff_share,
)

# The site is the square (0, 0)-(100, 100).


def test_protected_share(make_inputs, layer):
    # 60 m and 50 m wide strips that overlap on 20 m: 90 % in all, not 110 %.
    strips = [shapely.box(-10, -10, 60, 200), shapely.box(40, -10, 90, 200)]
    areas = layer("protected_areas", strips, name=["a", "b"], kind=["znieff_1", "natura_2000"])
    assert protected_share(make_inputs(layers=[areas])).tolist() == pytest.approx([0.9])
    beside = layer("protected_areas", [shapely.box(100, 0, 200, 100)], name=["a"], kind=["x"])
    assert protected_share(make_inputs(layers=[beside])).tolist() == [0]
    assert protected_share(make_inputs(layers=[layer("protected_areas", [])])).tolist() == [0]
    assert np.isnan(protected_share(make_inputs())["S0"])


def test_distance_protected_m(make_inputs, layer):
    areas = layer("protected_areas", [shapely.box(400, 500, 900, 900)], name=["a"], kind=["x"])
    inputs = make_inputs({}, {"geometry": shapely.box(350, 450, 450, 550)}, layers=[areas])
    assert distance_protected_m(inputs).tolist() == [500, 0]  # 3-4-5, no detour
    assert np.isnan(distance_protected_m(make_inputs())["S0"])


@pytest.fixture
def by_kind(layer):
    """Strips over the square of 100 m, one of each kind but wetlands."""
    strips = [shapely.box(-9, -9, right, 200) for right in (30, 50, 70)]
    kinds = ["natura_2000", "znieff_1", "znieff_2"]
    return layer("protected_areas", strips, name=list("abc"), kind=kinds)


def test_natura_2000_share(make_inputs, by_kind):
    assert natura_2000_share(make_inputs(layers=[by_kind])).tolist() == pytest.approx([0.3])
    assert natura_2000_share(make_inputs()).isna().all()


def test_distance_natura_2000_m(make_inputs, by_kind):
    beside = {"geometry": shapely.box(130, 0, 230, 100)}
    found = distance_natura_2000_m(make_inputs({}, beside, layers=[by_kind]))
    assert found.tolist() == [0, 100]


def test_znieff_share(make_inputs, by_kind):
    found = znieff_share(make_inputs(layers=[by_kind]))
    assert found.tolist() == pytest.approx([0.7])  # 50 % and 70 %, one inside the other


def test_wetland_share(make_inputs, layer, by_kind):
    # A layer without a single wetland does not say that there is none.
    assert np.isnan(wetland_share(make_inputs(layers=[by_kind]))["S0"])
    marsh = layer("protected_areas", [shapely.box(0, 0, 100, 20)], kind=["zone_humide"])
    far = {"geometry": shapely.box(9_000, 0, 9_100, 100)}
    assert wetland_share(make_inputs({}, far, layers=[marsh])).tolist() == pytest.approx([0.2, 0])
