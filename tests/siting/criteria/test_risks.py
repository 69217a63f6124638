import numpy as np
import pytest
import shapely

from siting.criteria.risks import (
    IN_ZRE,
    OUTSIDE_ZRE,
    distance_seveso_m,
    flood_plan_share,
    technological_plan_share,
    water_zone,
)

# The site is the square (0, 0)-(100, 100).


@pytest.fixture
def plans(layer):
    """A river and the sea that overlap, and a slope."""
    strips = [shapely.box(0, 0, 100, top) for top in (20, 30)] + [shapely.box(0, 0, 100, 90)]
    risks = ["inondation", "submersion marine", "mouvement de terrain"]
    return layer("risk_plans", strips, name=list("abc"), risk=risks)


def test_flood_plan_share(make_inputs, plans):
    assert flood_plan_share(make_inputs(layers=[plans])).tolist() == pytest.approx([0.3])
    assert flood_plan_share(make_inputs()).isna().all()


def test_technological_plan_share(make_inputs, layer, plans):
    assert np.isnan(technological_plan_share(make_inputs(layers=[plans]))["S0"])
    plan = layer("risk_plans", [shapely.box(50, 0, 90, 100)], risk=["technologique"])
    assert technological_plan_share(make_inputs(layers=[plan])).tolist() == pytest.approx([0.4])


def test_distance_seveso_m(make_inputs, layer):
    spots = [shapely.Point(400, 500), shapely.Point(9_000, 0)]
    inputs = make_inputs(layers=[layer("hazardous_sites", spots)])
    assert distance_seveso_m(inputs).tolist() == [500]  # 3-4-5, no detour
    assert distance_seveso_m(make_inputs()).isna().all()


def test_water_zone(make_inputs, towns):
    sites = [{"geometry": shapely.box(x, 0, x + 10, 10)} for x in (5_000, 15_000, 25_000)]
    found = water_zone(make_inputs(*sites, layers=[towns["communes"], towns["water_zones"]]))
    assert found.tolist()[:2] == [IN_ZRE, OUTSIDE_ZRE]
    assert found.isna().tolist() == [False, False, True]
