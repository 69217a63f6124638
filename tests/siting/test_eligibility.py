import geopandas as gpd
import pandas as pd
import pytest
import shapely

from layers.commune_figures import WATER_ZONES
from layers.environment import PROTECTED_AREAS
from layers.spec import Layer, LayerSpec, Provenance, Status, make_layer
from layers.surroundings import RISK_PLANS, WATER_CATCHMENTS
from siting.criteria.inputs import Inputs
from siting.domain import LandClass
from siting.eligibility import RULES, assess, parts
from siting.scenario import load_scenario, with_changes

BASE = load_scenario("base")
SOURCE = Provenance("test", "test", "2025", "test", Status.DEMONSTRATION)
STAGES = ("readiness_planning", "readiness_servicing", "readiness_commercial")


def plans_layer(*plans):
    risks, zones, boxes = zip(*plans, strict=True)
    names = [f"plan {i}" for i in range(len(risks))]
    data = {"name": names, "risk": risks, "zone": zones}
    table = gpd.GeoDataFrame(data, geometry=list(boxes), crs=2154)
    return make_layer(RISK_PLANS, table, SOURCE)


def inputs_of(*rows, protected=None, plans=None):
    """Sites of 1 ha (100 m × 100 m) at the origin, unless a row says otherwise."""
    shapes = [row.get("geometry", shapely.box(0, 0, 100, 100)) for row in rows]
    stated = [{column: row.get(column) for column in STAGES} for row in rows]
    table = pd.DataFrame(stated, index=[f"S{i}" for i in range(len(rows))], columns=STAGES)
    table["gross_area_m2"] = shapely.area(shapes)
    sites = gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:2154")
    layers = {}
    if protected is not None:
        kinds, boxes = zip(*protected, strict=True)
        names = [f"area {i}" for i in range(len(kinds))]
        data = gpd.GeoDataFrame({"name": names, "kind": kinds}, geometry=list(boxes), crs=2154)
        layers["protected_areas"] = make_layer(PROTECTED_AREAS, data, SOURCE)
    if plans is not None:
        layers["risk_plans"] = plans_layer(*plans)
    unknown = pd.Series(float("nan"), index=sites.index)
    areas = pd.DataFrame(0.0, index=sites.index, columns=[c.value for c in LandClass])
    return Inputs(sites, layers, areas, unknown, unknown, BASE.measure)


def codes(inputs, scenario=BASE):
    return [
        ([r.code for r in found.exclusions], [r.code for r in found.conditions])
        for found in assess(inputs, scenario).values()
    ]


def test_a_site_of_which_nothing_is_known_is_neither_excluded_nor_conditioned():
    found = assess(inputs_of({}, {}), BASE)
    assert list(found) == ["S0", "S1"]
    assert all(one.eligible and not one.conditions for one in found.values())
    assert assess(inputs_of(), BASE) == {}


def test_site_too_small():
    rows = [{"geometry": shapely.box(0, 0, 50, side)} for side in (49, 50)]
    found = assess(inputs_of(*rows), BASE)
    assert [one.eligible for one in found.values()] == [False, True]  # 2,450 and 2,500 m²
    reason = found["S0"].exclusions[0]
    assert reason.figures["concerned_m2"] == 2_450
    assert reason.text() == "the site covers 0.24 ha, less than the minimum of 0.25 ha"
    larger = with_changes(BASE, {"eligibility": {"minimum_area_m2": 30_000}})
    assert codes(inputs_of({}), larger) == [(["site-too-small"], [])]


@pytest.mark.parametrize(
    ("width_m", "expected"),
    [
        (10, (["site-protected"], [])),  # 10 % of the site
        (9, ([], ["site-partly-protected"])),
        (1, ([], ["site-partly-protected"])),  # 1 %
        (0.5, ([], [])),  # the outlines are not that precise
    ],
)
def test_site_protected(width_m, expected):
    reserve = ("reserve_naturelle", shapely.box(-500, -500, width_m, 500))
    assert codes(inputs_of({}, protected=[reserve])) == [expected]


@pytest.mark.parametrize(("side_m", "told"), [(31, False), (32, True)])
def test_a_large_site_does_not_hide_what_a_small_one_would_tell(side_m, told):
    """400 ha: 961 m² and 1,024 m² are far below 1 % of it; a wetland is declared from 1,000 m²."""
    site = {"geometry": shapely.box(0, 0, 2_000, 2_000)}
    square = shapely.box(0, 0, side_m, side_m)
    marsh = codes(inputs_of(site, protected=[("zone_humide", square)]))
    assert marsh == [([], ["site-partly-protected"] * told)]
    plan = codes(inputs_of(site, plans=[("inondation", "interdiction", square)]))
    assert plan == [([], ["site-risk-ruled"] * told)]


def test_a_small_part_of_a_large_site_is_not_none_of_it():
    """2,000 m² of 100 ha: 0.2 %, which “0 %” would hide."""
    site = {"geometry": shapely.box(0, 0, 1_000, 1_000)}
    protected = [("natura_2000", shapely.box(0, 0, 1_000, 2))]
    (reason,) = assess(inputs_of(site, protected=protected), BASE)["S0"].conditions
    assert reason.figures["share"] == pytest.approx(0.002)
    assert "0.2 ha of the site (< 1 %) lie in Natura 2000" in reason.text()


def test_site_partly_protected():
    protected = [
        ("natura_2000", shapely.box(-10, -10, 60, 200)),
        ("natura_2000", shapely.box(40, -10, 80, 200)),  # overlaps: 80 %, not 100 %
        ("natura_2000", shapely.box(100, 0, 200, 100)),  # only touches: not named
        ("zone_humide", shapely.box(0, 0, 100, 20)),
    ]
    reasons = assess(inputs_of({}, protected=protected), BASE)["S0"].conditions
    assert [reason.code for reason in reasons] == ["site-partly-protected"] * 2
    figures = reasons[0].figures
    assert figures["concerned_m2"] == pytest.approx(8_000)
    assert (figures["share"], figures["percent"]) == (pytest.approx(0.8), 80)
    assert (figures["kind"], figures["names"]) == ("Natura 2000", "area 0, area 1")
    assert [reason.legal for reason in reasons] == [
        "C. env., L. 414-4",
        "C. env., L. 211-1 et R. 214-1",
    ]
    assert "0.8 ha of the site (80 %) lie in Natura 2000 (area 0, area 1)" in reasons[0].text()


def test_a_site_without_protected_areas_around_is_free():
    far = ("natura_2000", shapely.box(5_000, 0, 6_000, 10))
    assert codes(inputs_of({}, protected=[far])) == [([], [])]


@pytest.mark.parametrize(
    ("width_m", "zone", "expected"),
    [
        (10, "interdiction", (["site-risk-closed"], [])),
        (10, "interdiction stricte", (["site-risk-closed"], [])),
        (10, "expropriation", (["site-risk-closed"], [])),
        (9, "interdiction", ([], ["site-risk-ruled"])),
        (100, "prescriptions", ([], ["site-risk-ruled"])),
        (0.5, "interdiction", ([], [])),
    ],
)
def test_site_risk_closed(width_m, zone, expected):
    plan = ("inondation", zone, shapely.box(-500, -500, width_m, 500))
    assert codes(inputs_of({}, plans=[plan])) == [expected]


@pytest.mark.parametrize(
    ("width_m", "perimeter", "expected"),
    [
        (10, "immédiate", (["site-catchment-closed"], [])),
        (9, "immédiate", ([], ["site-catchment-ruled"])),
        (100, "rapprochée", ([], ["site-catchment-ruled"])),
        (100, "éloignée", ([], ["site-catchment-ruled"])),
        (0.5, "immédiate", ([], [])),
    ],
)
def test_site_catchment_closed(width_m, perimeter, expected):
    assert codes(with_catchments((perimeter, shapely.box(-500, -500, width_m, 500)))) == [expected]


def with_catchments(*areas):
    """A site of 1 ha, and perimeters of catchments."""
    perimeters, boxes = zip(*areas, strict=True)
    data = {"name": ["a", "b", "c"][: len(areas)], "perimeter": perimeters}
    table = gpd.GeoDataFrame(data, geometry=list(boxes), crs=2154)
    inputs = inputs_of({})
    inputs.layers["water_catchments"] = make_layer(WATER_CATCHMENTS, table, SOURCE)
    return inputs


def test_site_catchment_ruled():
    areas = [
        ("immédiate", shapely.box(0, 0, 5, 100)),
        ("rapprochée", shapely.box(0, 0, 30, 100)),
        ("rapprochée", shapely.box(20, 0, 40, 100)),  # overlaps: 40 %
    ]
    reasons = assess(with_catchments(*areas), BASE)["S0"].conditions
    told = [(one.figures["perimeter"], one.figures["percent"]) for one in reasons]
    assert told == [("immédiate", 5), ("rapprochée", 40)]
    assert reasons[1].figures["concerned_m2"] == pytest.approx(4_000)
    assert {one.legal for one in reasons} == {"C. santé publ., L. 1321-2 et R. 1321-13"}
    assert "0.4 ha of the site (40 %)" in reasons[1].text()


def test_site_risk_ruled():
    plans = [
        ("technologique", "prescriptions", shapely.box(0, 0, 40, 100)),
        ("technologique", "prescriptions", shapely.box(20, 0, 50, 100)),  # overlaps: 50 %
        ("technologique", "interdiction", shapely.box(95, 0, 100, 100)),  # 5 %: told apart
        ("inondation", "prescriptions", shapely.box(0, 0, 100, 100)),
    ]
    reasons = assess(inputs_of({}, plans=plans), BASE)["S0"].conditions
    found = {(r.figures["risk"], r.figures["percent"]): r for r in reasons}
    assert list(found) == [("inondation", 100), ("technologique", 5), ("technologique", 50)]
    half = found["technologique", 50]
    assert half.figures["concerned_m2"] == pytest.approx(5_000)
    assert half.figures["names"] == "plan 0, plan 1"
    assert "L. 515-16" in half.legal
    assert "L. 562-1" in found["inondation", 100].legal
    assert "(technologique: plan 0, plan 1)" in half.text()


def test_site_water_scarce():
    box = shapely.box(-9, -9, 900, 900)
    towns = gpd.GeoDataFrame({"code": ["44001"]}, geometry=[box], crs=2154)
    spec = LayerSpec("communes", "communes", (), crs="EPSG:2154", geometry="polygon")
    zones = pd.DataFrame({"code": ["44001"], "zre": pd.array([True], dtype="boolean")})
    inputs = inputs_of({}, {"geometry": shapely.box(5_000, 0, 5_100, 100)})
    inputs.layers["communes"] = Layer(spec, towns, SOURCE)
    inputs.layers["water_zones"] = make_layer(WATER_ZONES, zones, SOURCE)
    assert codes(inputs) == [([], ["site-water-scarce"]), ([], [])]


def test_site_sewage_full():
    box = shapely.box(-9, -9, 900, 900)
    towns = gpd.GeoDataFrame({"code": ["44001"]}, geometry=[box], crs=2154)
    spec = LayerSpec("x", "x", (), crs="EPSG:2154", geometry="polygon")
    for left, expected in ((-5.0, ["site-sewage-full"]), (5.0, []), (None, [])):
        plant = {"commune": ["44001"], "agglomeration": ["a"], "in_service": [True]}
        table = gpd.GeoDataFrame({**plant, "residual_pe": [left]}, geometry=[box], crs=2154)
        inputs = inputs_of({})
        inputs.layers["communes"] = Layer(spec, towns, SOURCE)
        inputs.layers["sewage_plants"] = Layer(spec, table, SOURCE)
        assert codes(inputs) == [([], expected)]


def test_each_coverage_is_measured_once(monkeypatch):
    calls = []
    measured = parts.parts_in
    monkeypatch.setattr(parts, "parts_in", lambda *a: calls.append(len(a[1])) or measured(*a))
    everywhere = shapely.box(-500, -500, 500, 500)
    protected = [("natura_2000", everywhere), ("znieff_1", everywhere), ("znieff_1", everywhere)]
    plans = [("inondation", "interdiction", everywhere)]
    inputs = inputs_of({}, {}, protected=protected, plans=plans)
    assess(inputs, BASE)
    assert sorted(calls) == [1, 1, 2]
    # What was measured is of the sites; what it means is of the scenario.
    strict = with_changes(
        BASE, {"eligibility": {"protected": {"natura_2000": {"effect": "exclusion"}}}}
    )
    assert not assess(inputs, BASE)["S0"].exclusions[1:]
    told = [r.figures.get("kind") for r in assess(inputs, strict)["S0"].exclusions]
    assert "Natura 2000" in told
    assert len(calls) == 3


@pytest.mark.parametrize(("zone", "article"), [("A", "R. 151-22"), ("N", "R. 151-24")])
def test_site_zone_closed(zone, article):
    reasons = assess(inputs_of({"readiness_planning": zone}), BASE)["S0"].conditions
    assert [reason.code for reason in reasons] == ["site-zone-closed"]
    assert article in reasons[0].legal
    assert f"zone {zone} " in reasons[0].text()


def test_site_zone_to_open():
    rows = [{"readiness_planning": zone} for zone in ("AUs", "AUc", "U")]
    assert codes(inputs_of(*rows)) == [([], ["site-zone-to-open"]), ([], []), ([], [])]


def test_site_not_serviceable():
    rows = [{"readiness_servicing": stage} for stage in ("non aménageable", "viabilisé et aménagé")]
    assert codes(inputs_of(*rows)) == [(["site-not-serviceable"], []), ([], [])]


def test_site_sold():
    sold = inputs_of({"readiness_commercial": "vendu, commercialisation achevée"})
    assert codes(sold) == [(["site-sold"], [])]


def test_site_reserved():
    stages = (
        "non commercialisable",
        "réservé par option de réservation",
        "réservé par une délibération de l'epci",
        "en vente",
    )
    rows = [{"readiness_commercial": stage} for stage in stages]
    assert codes(inputs_of(*rows)) == [([], ["site-reserved"])] * 3 + [([], [])]


def test_reasons_do_not_depend_on_the_order_of_the_sites():
    boxes = [shapely.box(x, 0, x + 100, 100) for x in range(0, 1_000, 70)]
    zones = ["A", "N", "AUs", "U", None] * 3
    rows = [
        {"geometry": box, "readiness_planning": zone}
        for box, zone in zip(boxes, zones, strict=True)
    ]
    protected = [("znieff_1", shapely.box(150, -50, 700, 60))]
    inputs = inputs_of(*rows, protected=protected)
    backwards = inputs_of(*rows[::-1], protected=protected)
    assert list(assess(inputs, BASE).values()) == list(assess(backwards, BASE).values())[::-1]


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_rule_is_documented_and_tested(rule, root):
    page = (root / "docs/criteria.md").read_text("utf-8")
    assert f"| `{rule.code}` | {rule.effect} |" in page
    name = rule.code.replace("-", "_")
    assert f"test_{name}" in globals()
