"""What a layer of areas says of a département, by hand: 44 from x = 0, 49 from x = 10 km."""

import pandas as pd
import pytest
import shapely

from siting.criteria.environment import (
    distance_natura_2000_m,
    distance_protected_m,
    protected_share,
)
from siting.criteria.land import friche_share
from siting.criteria.risks import flood_plan_share, technological_plan_share
from siting.criteria.zones import _departements, told_in

WEST = {"geometry": shapely.box(1_000, 0, 1_100, 100)}
EAST = {"geometry": shapely.box(15_000, 0, 15_100, 100)}
ACROSS = {"geometry": shapely.box(9_960, 0, 10_060, 100)}  # its middle is in 49
ELSEWHERE = {"geometry": shapely.box(90_000, 0, 90_100, 100)}


@pytest.fixture
def communes(layer):
    boxes = [shapely.box(x, -5_000, x + 10_000, 5_000) for x in (0, 10_000)]
    return layer("communes", boxes, code=["44001", "49001"])


def plan_of(layer, *plans):
    """Prevention plans: corners in metres, and the risk."""
    shapes = [shapely.box(x, 0, x + width, 100) for x, width, _ in plans]
    return layer("risk_plans", shapes, risk=[risk for _, _, risk in plans])


def test_a_plan_of_one_departement_leaves_the_others_unknown_not_free(make_inputs, layer, communes):
    plans = plan_of(layer, (1_000, 30, "inondation"), (9_960, 20, "inondation"))
    inputs = make_inputs(WEST, EAST, ACROSS, ELSEWHERE, layers=[communes, plans])
    assert told_in(inputs, "risk_plans").tolist() == [True, False, False, True]
    found = flood_plan_share(inputs)
    assert found.isna().tolist() == [False, True, False, False]
    assert found.dropna().tolist() == pytest.approx([0.3, 0.2, 0])  # 0 where nobody knows where


def test_another_risk_of_the_departement_tells_that_it_is_covered(make_inputs, layer, communes):
    plans = plan_of(layer, (1_000, 30, "inondation"), (12_000, 500, "technologique"))
    inputs = make_inputs(WEST, EAST, layers=[communes, plans])
    assert flood_plan_share(inputs).tolist() == pytest.approx([0.3, 0])
    assert technological_plan_share(inputs).tolist() == [0, 0]


def test_an_area_elsewhere_is_not_the_nearest_one(make_inputs, layer, communes):
    """5 km of nothing are not known to be free of protected areas in a département untold."""
    areas = layer("protected_areas", [shapely.box(8_000, 0, 9_000, 100)], kind=["natura_2000"])
    inputs = make_inputs(WEST, EAST, layers=[communes, areas])
    for measure in (distance_protected_m, distance_natura_2000_m):
        assert measure(inputs).tolist() == pytest.approx([6_900, float("nan")], nan_ok=True)
    touching = layer("protected_areas", [shapely.box(9_000, 0, 9_970, 100)], kind=["natura_2000"])
    assert distance_protected_m(make_inputs(ACROSS, layers=[communes, touching])).tolist() == [0]


def test_an_empty_layer_says_nothing(make_inputs, layer, communes):
    nothing = layer("protected_areas", [], kind=[])
    inputs = make_inputs(WEST, layers=[communes, nothing])
    assert protected_share(inputs).isna().all()


def test_a_friche_that_is_declared_needs_no_layer(make_inputs, layer, communes):
    friches = layer("brownfields", [shapely.box(1_000, 0, 1_050, 100)], name=["a"])
    stated = [{**EAST, "is_brownfield": said} for said in (True, False, None)]
    inputs = make_inputs(WEST, *stated, layers=[communes, friches])
    assert friche_share(inputs).tolist() == pytest.approx([0.5, 1, 0, float("nan")], nan_ok=True)


def test_the_departement_of_a_code():
    codes = pd.Series(["44109", "2A004", "97411", "01004", None], dtype="object")
    assert _departements(codes).tolist()[:4] == ["44", "2A", "974", "01"]
    assert _departements(codes).isna().tolist() == [False] * 4 + [True]
