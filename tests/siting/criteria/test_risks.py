import numpy as np
import pytest
import shapely

from siting.criteria.risks import (
    IN_ZRE,
    OUTSIDE_ZRE,
    catchment_share,
    distance_seveso_m,
    flood_plan_share,
    sewage_spare_pe,
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


def test_catchment_share(make_inputs, layer):
    strips = [shapely.box(0, 0, right, 100) for right in (10, 25, 80)]
    perimeters = ["immédiate", "rapprochée", "éloignée"]
    inputs = make_inputs(layers=[layer("water_catchments", strips, perimeter=perimeters)])
    assert catchment_share(inputs).tolist() == pytest.approx([0.25])  # the distant one is not
    distant = layer("water_catchments", strips[2:], perimeter=["éloignée"])
    assert np.isnan(catchment_share(make_inputs(layers=[distant]))["S0"])
    assert catchment_share(make_inputs()).isna().all()


def test_sewage_spare_pe(make_inputs, layer, towns):
    def found(*plants):
        """Plants as (commune, agglomeration, in service, capacity left)."""
        commune, agglomeration, in_service, left = zip(*plants, strict=True)
        sewage = layer(
            "sewage_plants", [shapely.Point(0, 0)] * len(plants), commune=list(commune),
            agglomeration=list(agglomeration), in_service=list(in_service), residual_pe=list(left),
        )  # fmt: skip
        sites = [{"geometry": shapely.box(x, 0, x + 10, 10)} for x in (5_000, 15_000)]
        inputs = make_inputs(*sites, layers=[towns["communes"], sewage])
        return sewage_spare_pe(inputs).tolist()

    nan = float("nan")
    # Two plants of one agglomeration count once; one out of service does not.
    one = [("44001", "a", True, 300.0), ("44001", "a", True, 300.0), ("44001", "z", False, 9.0)]
    assert found(*one) == pytest.approx([300, nan], nan_ok=True)
    two = [("44001", "a", True, 300.0), ("44001", "b", True, 50.0), ("44002", "c", True, -70.0)]
    assert found(*two) == [350, 0]  # the second is overloaded
    # What one cannot treat, another does not: 500 are left where 600 are lacking elsewhere.
    split = [("44001", "a", True, 500.0), ("44001", "b", True, -600.0)]
    assert found(*split) == pytest.approx([500, nan], nan_ok=True)
    assert found(("44001", "a", True, 300.0), ("44001", "b", True, None)) == pytest.approx(
        [nan, nan], nan_ok=True
    )
    assert sewage_spare_pe(make_inputs()).isna().all()
