import geopandas as gpd
import pandas as pd
import pytest
import shapely

from layers.environment import PROTECTED_AREAS
from layers.spec import Provenance, Status, make_layer
from siting.criteria.inputs import Inputs
from siting.domain import LandClass
from siting.eligibility import RULES, assess
from siting.scenario import load_scenario, with_changes

BASE = load_scenario("base")
SOURCE = Provenance("test", "test", "2025", "test", Status.DEMONSTRATION)
STAGES = ("readiness_planning", "readiness_servicing", "readiness_commercial")


def inputs_of(*rows, protected=None):
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
    assert "0.80 ha of the site (80 %) lie in Natura 2000 (area 0, area 1)" in reasons[0].text()


def test_a_site_without_protected_areas_around_is_free():
    far = ("natura_2000", shapely.box(5_000, 0, 6_000, 10))
    assert codes(inputs_of({}, protected=[far])) == [([], [])]


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
