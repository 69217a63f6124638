"""Indicators worked by hand, and what holds for every one of them by being registered."""

import importlib.util
import inspect
import re

import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.registry import LAYERS, OPTIONAL_LAYERS
from layers.road_network import make_network
from layers.spec import Status
from layers.tables import demonstration_provenance
from layers.territory import Level
from layers.titles import LAYER_TITLES
from siting.balance import INDICATORS, THEMES, CaseKey, Reading
from siting.balance.equality import QUANTITIES, YARDSTICKS
from siting.i18n import translator
from siting.pipeline import balance
from tests.siting.balance.conftest import CENTRES, site_table

WITH, WITHOUT, LEFT = CaseKey.WITH, CaseKey.WITHOUT, CaseKey.LEFT
EVERY = pytest.mark.parametrize("indicator", INDICATORS.values(), ids=INDICATORS)

ONE = {"x": 2_000, "size_m": 1_000, "jobs": 100, "usable_m2": 800_000}
"""100 ha in the first commune of EPCI A."""


def value(found, name, key=WITH):
    return found[name].figures[key].value


def codes(found, name, key=WITH):
    return {reason.code for reason in found[name].figures[key].unknown}


# --- Equality -------------------------------------------------------------------------


def test_one_epci_that_has_all_by_hand(make_balance):
    """Populations 2,000, 2,000, 4,000: the quarter that lives in A has all, 500 m² each."""
    found = make_balance(ONE)
    assert value(found, "gini_enaf_epci") == pytest.approx(3 / 4)
    assert value(found, "gini_territories_enaf_epci") == pytest.approx(2 / 3)
    assert value(found, "theil_enaf_epci") == pytest.approx(1.3862943611)  # ln 4
    assert value(found, "theil_territories_enaf_epci") == pytest.approx(1.0986122887)  # ln 3
    assert value(found, "spread_enaf_epci") == pytest.approx(500)
    assert value(found, "ratio_enaf_epci") == 0
    assert value(found, "spread_usable_epci") == pytest.approx(400)
    assert value(found, "spread_jobs_epci") == pytest.approx(100)  # 100 for 1,000 of 20-64


def test_theil_splits_between_and_within_departements_by_hand(make_balance):
    """44 holds half the inhabitants and all the land: ln 2 between, ln 2 within."""
    found = make_balance(ONE)
    assert value(found, "theil_between_enaf_epci") == pytest.approx(0.6931471806)
    assert value(found, "theil_within_enaf_epci") == pytest.approx(0.6931471806)
    # Zone 5202 lies across both départements: it counts in 49, where most of it lives.
    assert value(found, "theil_within_enaf_zone_emploi") == pytest.approx(0, abs=1e-12)


def test_consumption_before_and_after(make_balance):
    """30 m² per inhabitant everywhere without the site; A has 530 with it."""
    found = make_balance(ONE)
    assert value(found, "gini_used_epci", WITHOUT) == pytest.approx(0, abs=1e-12)
    assert value(found, "spread_used_epci") == pytest.approx(500)
    assert value(found, "ratio_used_epci") == pytest.approx(30 / 530)
    # What remains follows the population too: the budget left where it is stays equal.
    assert value(found, "gini_used_epci", LEFT) == pytest.approx(0, abs=1e-5)


def test_jobs_at_the_workplace_before_and_after(make_balance):
    """200 jobs for 1,000 of 20 to 64 in A and B, 500 for 2,000 in C; 100 more in A."""
    jobs = (150, 50, 200, 500)
    found = make_balance(ONE, workplace=jobs)
    assert value(found, "spread_workplace_epci", WITHOUT) == pytest.approx(250 - 200)
    assert value(found, "spread_workplace_epci") == pytest.approx(300 - 200)
    # The 100 jobs left where the budget is: a quarter to A and B, half to C; 50 for 2,000.
    assert value(found, "spread_workplace_epci", LEFT) == pytest.approx(275 - 225, abs=0.01)
    assert [use.name for use in found["gini_workplace_epci"].inputs][-1] == "workplace_jobs"
    unknown = make_balance(ONE, workplace=(150, None, 200, 500))
    assert value(unknown, "spread_workplace_epci") == pytest.approx(250 - 200)
    assert codes(unknown, "spread_workplace_epci") == {"left-out"}
    assert codes(make_balance(ONE), "gini_workplace_epci") == {"layer-missing"}


def test_zero_where_hectares_follow_the_population(make_balance):
    rows = [
        {"x": x, "size_m": size, "jobs": size**2 / 100}
        for x, size in ((2_000, 100 * 2**0.5), (22_000, 100 * 2**0.5), (32_000, 200))
    ]
    found = make_balance(*rows)
    for name in ("gini_area_epci", "theil_enaf_epci", "gini_jobs_epci", "spread_area_epci"):
        assert value(found, name) == pytest.approx(0, abs=1e-9)
    assert value(found, "ratio_area_epci") == pytest.approx(1)


def test_an_unknown_territory_is_left_out_and_told_never_read_as_zero(make_balance):
    unknown = make_balance(ONE, {"x": 22_000, "size_m": 1_000, "jobs": None})
    # Left: A (0.1 job per inhabitant of 20-64) and C (none), 1,000 and 2,000 of them.
    assert value(unknown, "gini_jobs_epci") == pytest.approx(2 / 3)
    assert codes(unknown, "gini_jobs_epci") == {"site-unknown", "left-out"}
    people = make_balance(ONE, population=(1_000, 1_000, None, 4_000))
    assert value(people, "gini_enaf_epci") == pytest.approx(2 / 3)
    assert codes(people, "gini_enaf_epci") == {"left-out"}


def test_a_figure_of_one_site_unknown_leaves_out_that_site_and_no_other(make_balance):
    """Two sites in one commune: 80 ha usable of the first, the second not told."""
    found = make_balance(ONE, {**ONE, "x": 4_000, "usable_m2": None, "jobs": None})
    assert value(found, "total_usable") == pytest.approx(80)
    assert value(found, "total_usable", LEFT) == pytest.approx(80)
    assert value(found, "total_jobs") == 100
    assert value(found, "frr_jobs") == 1
    # A, where both are, is left out of every case: B and C have nothing, or follow the budget.
    assert codes(found, "gini_jobs_epci") == {"site-unknown", "left-out", "nothing"}
    assert codes(found, "gini_jobs_epci", LEFT) == {"site-unknown", "left-out"}
    assert value(found, "gini_jobs_epci", LEFT) == pytest.approx(0, abs=1e-5)


def test_of_a_site_across_the_edge_the_part_within_counts(make_balance):
    """100 ha and 100 jobs, 30 ha of them within the territory, whose edge is at x = 40,000."""
    across = {"x": 39_700, "size_m": 1_000, "usable_m2": 800_000, "jobs": 100}
    found = make_balance(across)
    for key in (WITH, LEFT):
        assert value(found, "total_area", key) == pytest.approx(30)
        assert value(found, "total_usable", key) == pytest.approx(24)
        assert value(found, "total_jobs", key) == pytest.approx(30)
    assert value(found, "spread_jobs_epci") == pytest.approx(30 / 2_000 * 1_000)
    assert value(found, "dwellings_per_job") == pytest.approx(40 / 30)
    # With 30 ha and 70 jobs elsewhere, each is as much of the land as of the mean distance.
    other = {"x": 4_000, "size_m": 300_000**0.5, "jobs": 70}
    both = make_balance(across, other)
    assert value(both, "total_jobs") == pytest.approx(100)
    assert value(both, "largest_jobs") == pytest.approx(0.7)
    alone = [value(make_balance(row), "town_centre_distance") for row in (across, other)]
    assert value(both, "town_centre_distance") == pytest.approx(sum(alone) / 2)


def test_the_jobs_estimated_keep_their_bounds_across_the_edge(make_balance):
    """Ten hectares of industry, a half of them within: 7, 15 and 24 jobs a hectare."""
    side = 100_000**0.5
    row = {"x": 40_000 - side / 2, "size_m": side, "vocation": "industrielle"}
    figure = make_balance(row)["total_jobs"].figures[WITH]
    assert (figure.low, figure.value, figure.high) == pytest.approx((35, 75, 120))


def test_what_is_unknown_for_all_is_never_zero(make_balance):
    unknown = make_balance({**ONE, "jobs": None, "usable_m2": None, "enaf": None})
    for name in ("total_usable", "total_enaf", "total_jobs"):
        assert [value(unknown, name, key) for key in (WITH, LEFT)] == [None, None], name
        assert "site-unknown" in codes(unknown, name)
    nobody = make_balance(ONE, population=(None,) * 4, vacant=(None,) * 4)
    for name in (
        "working_age_reach", "working_age_reach_share", "dwellings_per_job", "workers_housed",
    ):  # fmt: skip
        assert value(nobody, name) is None, name
        assert "people-unknown" in codes(nobody, name)


def test_a_commune_of_no_zone_is_left_out_and_told(make_balance):
    found = make_balance(ONE, zones=("5201", None, "5202", "5202"))
    assert value(found, "gini_territories_area_zone_emploi") == pytest.approx(1 / 2)
    assert codes(found, "gini_territories_area_zone_emploi") == {"no-territory"}


def test_one_territory_is_compared_with_nothing(make_balance):
    one = make_balance(ONE, population=(1_000, 1_000, None, None))
    for name in ("gini_area_epci", "ratio_area_epci", "theil_between_area_epci"):
        assert value(one, name) is None
        assert codes(one, name) == {"left-out", "alone"}


# --- Concentration --------------------------------------------------------------------


def test_concentration_by_hand(make_balance):
    """3/4 of the land in C, 1/4 in A: 9/16 + 1/16."""
    half = {"x": 2_000, "size_m": 1_000, "jobs": 1}
    found = make_balance(half, {"x": 32_000, "size_m": 3**0.5 * 1_000, "jobs": 1})
    assert value(found, "herfindahl_area") == pytest.approx(10 / 16)
    assert value(found, "largest_area") == pytest.approx(3 / 4)
    assert found["largest_area"].figures[WITH].detail == "CC C"
    assert value(found, "herfindahl_jobs") == pytest.approx(1 / 2)


# --- Rural and urban ------------------------------------------------------------------


def test_shares_in_classes_of_communes(make_balance):
    """1 ha in 44001 (FRR, pole) and 3 ha in 44003 (FRR+, outside any attraction)."""
    rows = (
        {"x": 2_000, "size_m": 100, "jobs": 30},
        {"x": 22_000, "size_m": 3**0.5 * 100, "jobs": 10},
    )
    found = make_balance(*rows)
    assert value(found, "frr_area") == pytest.approx(1)
    assert value(found, "pole_area") == pytest.approx(1 / 4)
    assert value(found, "pole_jobs") == pytest.approx(3 / 4)
    assert value(found, "outside_area") == pytest.approx(3 / 4)
    assert value(found, "ring_area") == 0
    partly = make_balance(
        *rows, frr=("Non classée", "Non classée", "Classée FRR partiellement", "FRR+")
    )
    assert value(partly, "frr_area") == 0
    assert codes(partly, "frr_area") == {"class-partial"}


# --- People, housing, access ----------------------------------------------------------


def test_residents_in_reach_are_counted_once(make_balance):
    """25 km ÷ 1.3 = 19.2 km around x = 2 to 3 km: centres at 5, 15 km, and not at 25."""
    twice = make_balance(ONE, {**ONE, "x": 4_000})
    assert value(twice, "working_age_reach") == 500 + 500
    assert value(twice, "working_age_reach_share") == pytest.approx(1_000 / 4_000)
    assert {"road-estimated", "outside"} <= codes(twice, "working_age_reach")


def test_no_dwelling_serves_two_sites(make_balance):
    """15 km ÷ 1.3 = 11.5 km: each of two sites reaches 44001 (10) and, from 4 km, 44002 (20)."""
    near, both = {**ONE, "jobs": 20}, {**ONE, "x": 4_000, "jobs": 20}
    found = make_balance(near, both)
    assert value(found, "dwellings_per_job") == pytest.approx(30 / 40)
    assert value(found, "workers_housed") == pytest.approx(30 / 40)
    # The 20 dwellings out of its reach are of no use to the first site.
    uneven = make_balance({**near, "jobs": 38}, {**both, "jobs": 2})
    assert value(uneven, "dwellings_per_job") == pytest.approx(30 / 40)
    assert value(uneven, "workers_housed") == pytest.approx((10 + 2) / 40)


def test_a_part_of_a_job_counts(make_balance):
    """One job, left where the budget is: a half or less in each of four communes, all housed."""
    found = make_balance({**ONE, "jobs": 1})
    assert value(found, "workers_housed", LEFT) == pytest.approx(1)
    few = make_balance({**ONE, "jobs": 1}, vacant=(0, 0, 0, 40))
    # 49001 is within reach of itself (half of the budget) and of 44003 (a quarter).
    assert value(few, "workers_housed", LEFT) == pytest.approx(0.75, abs=2e-3)


def test_bounds_of_jobs_are_bounds_of_dwellings_per_job(make_balance, base):
    low, central, high = base.measure.jobs_per_ha.vocation["industrielle"]
    figure = make_balance({"x": 2_000, "size_m": 100, "vocation": "industrielle"})[
        "dwellings_per_job"
    ].figures[WITH]
    dwellings = 10
    assert figure.value == pytest.approx(dwellings / central)
    assert (figure.low, figure.high) == pytest.approx((dwellings / high, dwellings / low))


def test_car_free_access_by_hand(make_balance):
    """A station 700 m from the first site: 910 m of road; the second site is 3 times larger."""
    rows = (
        {"x": 2_000, "size_m": 100, "jobs": 1},
        {"x": 22_000, "size_m": 3**0.5 * 100, "jobs": 1},
    )
    found = make_balance(*rows, stations=[shapely.Point(1_300, 0)])
    assert value(found, "car_free_area") == pytest.approx(1 / 4)
    assert "no-stops" in codes(found, "car_free_area")
    assert value(found, "car_free_area", LEFT) is None
    assert codes(make_balance(*rows), "car_free_area") == {"no-station"}


def test_a_served_stop_gives_access_and_a_feed_tells_nothing_far_from_its_stops(make_balance):
    """Stops at 700 m of each site, the first without departure; a third site is 15 km away."""
    rows = (
        {"x": 2_000, "size_m": 100, "jobs": 1},
        {"x": 22_000, "size_m": 100, "jobs": 1},
        {"x": 38_000, "size_m": 2**0.5 * 100, "jobs": 1},
    )
    stops = [(shapely.Point(1_300, 0), 0), (shapely.Point(22_800, 0), 12)]
    found = make_balance(*rows, stops=stops)
    assert value(found, "car_free_area") == pytest.approx(1 / 4)
    assert codes(found, "car_free_area") == {"beyond-feed", "road-estimated"}
    names = [use.name for use in found["car_free_area"].inputs]
    assert names == ["sites", "stations", "public_transport_stops"]
    elsewhere = make_balance(rows[0], stops=stops[1:])
    assert value(elsewhere, "car_free_area") is None
    assert "beyond-feed" in codes(elsewhere, "car_free_area")


def test_town_centre_distance_by_hand(make_balance):
    """The pole is 44001, its point at x = 5 km: 2 km and 17 km of straight line × 1.3."""
    rows = (
        {"x": 2_000, "size_m": 1_000, "jobs": 1},
        {"x": 22_000, "size_m": 1_000, "jobs": 1},
    )
    found = make_balance(*rows)
    assert value(found, "town_centre_distance") == pytest.approx(1.3 * (2_000 + 17_000) / 2)
    without = make_balance(*rows, areas=("20",) * 4)
    assert value(without, "town_centre_distance") is None
    assert codes(without, "town_centre_distance") == {"no-pole"}
    unsure = make_balance(*rows, areas=("11", None, "30", "20"))
    assert codes(unsure, "town_centre_distance") == {"class-unknown"}


@pytest.fixture(scope="session")
def roads():
    """One two-way road along the communes, 60 km/h: ten minutes from a centre to the next."""
    places = list(enumerate(CENTRES))
    links = [(a, b) for a in places for b in places if abs(a[0] - b[0]) == 1]
    rows = [
        {
            "tail": tail, "head": head, "tail_x_m": float(x), "tail_y_m": 0.0,
            "time_ms": 600_000, "length_mm": 10_000_000, "access": True,
        }
        for (tail, x), (head, _) in links
    ]  # fmt: skip
    source = demonstration_provenance("Une route", "", vintage="2026", method="by hand")
    return make_network(pd.DataFrame(rows), source)


AT_CENTRE = {**ONE, "x": 4_500}
"""A site around the centre of the first commune."""


def test_with_a_road_network_reach_is_by_minutes(make_balance, roads):
    """30 minutes along the road: 44001 to 49001, all of the territory; 18: the first two."""
    found = make_balance(AT_CENTRE, roads=roads, stations=[shapely.Point(5_000, 700)])
    assert value(found, "working_age_reach") == 500 + 500 + 1_000 + 2_000
    assert value(found, "working_age_reach_share") == 1
    assert value(found, "dwellings_per_job") == pytest.approx((10 + 20) / 100)
    assert value(found, "workers_housed") == pytest.approx((10 + 20) / 100)
    told = found["working_age_reach"].figures[WITH].unknown
    by_road = {reason.code: reason.figures for reason in told}["road-time"]
    assert by_road == {"minutes": "30", "network": "Une route", "vintage": "2026"}
    assert "road-estimated" not in codes(found, "working_age_reach")
    assert "walk-estimated" in codes(found, "car_free_area")
    assert [use.name for use in found["working_age_reach"].inputs][-1] == "road_network"


def test_a_place_that_no_road_is_near_is_named(make_balance, roads):
    far = {**ONE, "site_id": "FAR", "geometry": shapely.box(4_500, 3_000, 5_500, 4_000)}
    found = make_balance(AT_CENTRE, far, roads=roads)
    assert "off-roads" in codes(found, "working_age_reach")
    assert value(found, "working_age_reach") == 4_000
    assert value(found, "town_centre_distance") is None
    assert codes(found, "town_centre_distance") == {"off-roads"}
    # The jobs of the site that no road is near are not those of the one that is.
    assert value(found, "dwellings_per_job") == pytest.approx((10 + 20) / 100)
    assert value(found, "workers_housed") == pytest.approx((10 + 20) / 100)
    alone = make_balance(far, roads=roads)
    for name in ("working_age_reach", "dwellings_per_job", "workers_housed"):
        assert value(alone, name) is None
        assert "off-roads" in codes(alone, name)


def test_town_centre_distance_is_that_of_the_road(make_balance, roads):
    found = make_balance({**AT_CENTRE, "x": 24_500}, roads=roads)
    assert value(found, "town_centre_distance") == 20_000


# --- Pooling --------------------------------------------------------------------------


def test_jobs_that_could_share_a_shuttle_by_hand(make_balance):
    """Edges 1,900 m apart: near; the third site is 15 km away. 30 + 10 jobs of 100."""
    rows = [
        {"x": 2_000, "size_m": 1_000, "jobs": 30},
        {"x": 4_900, "size_m": 1_000, "jobs": 10},
        {"x": 22_000, "size_m": 1_000, "jobs": 60},
    ]
    found = make_balance(*rows)
    assert value(found, "pooled_jobs") == pytest.approx(0.4)
    assert codes(found, "pooled_jobs") == {"straight"}
    assert value(found, "pooled_jobs", WITHOUT) is None
    assert codes(found, "pooled_jobs", LEFT) == {"no-place"}
    # 2,100 m apart: beyond the 2 km of the base scenario.
    rows[1]["x"] = 5_100
    assert value(make_balance(*rows), "pooled_jobs") == 0
    # A neighbour of unknown jobs is near all the same; its jobs count on neither side.
    rows[1] |= {"x": 4_900, "jobs": None}
    unsure = make_balance(*rows)
    assert value(unsure, "pooled_jobs") == pytest.approx(30 / 90)
    assert codes(unsure, "pooled_jobs") == {"site-unknown", "straight"}


# --- Status ---------------------------------------------------------------------------


def test_the_status_is_that_of_the_least_sure_input(make_balance, demo_balance):
    assert make_balance(ONE)["total_jobs"].status is Status.ESTIMATED
    assert {result.status for result in demo_balance.results} == {Status.DEMONSTRATION}


# --- Every indicator ------------------------------------------------------------------


@pytest.fixture(scope="session")
def demo_balance(demo_run, world):
    return balance(demo_run, world)


@pytest.fixture(scope="session")
def balance_of_one(make_balance):
    return make_balance(ONE, workplace=(150, 50, 200, 500))


@EVERY
def test_an_indicator_says_all_it_must(indicator):
    french = translator("fr")
    assert re.fullmatch(r"[a-z0-9_]+", indicator.name)
    assert indicator.theme in THEMES
    assert all((indicator.unit, indicator.formula, indicator.source, indicator.titles))
    for message in (*indicator.titles, indicator.formula):
        assert french(message) != message
    assert set(indicator.requires) <= {*LAYERS, *OPTIONAL_LAYERS, "sites", "land_cover"}
    assert "sites" in indicator.requires


def test_the_page_of_methods_is_the_generated_one(root):
    spec = importlib.util.spec_from_file_location("page", root / "docs" / "balance_page.py")
    page = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(page)
    text = page.render()
    assert (root / "docs" / "balance.md").read_text("utf-8") == text, "run `make locale`"
    told = set(re.findall(r"`([a-z0-9_]+)`", text))
    for name, one in INDICATORS.items():
        parts = [f"{y.name}_{q.name}_{one.level}" for y in YARDSTICKS for q in QUANTITIES]
        assert name in told or (name in parts and one.theme == "equality")
    assert {one.name for one in (*YARDSTICKS, *QUANTITIES)} <= told


def test_every_kind_of_indicator_has_a_test_worked_by_hand():
    """A new measure, quantity or indicator must be named in a test of this file."""
    tests = inspect.getsource(inspect.getmodule(test_one_epci_that_has_all_by_hand))
    named = set(re.findall(r'(?:value|codes)\(\w+, "([a-z0-9_]+)"', tests))
    named |= set(re.findall(r'\["([a-z0-9_]+)"\]', tests))
    for yardstick in YARDSTICKS:
        assert any(name.startswith(f"{yardstick.name}_") for name in named), yardstick.name
    for quantity in QUANTITIES:
        assert any(f"_{quantity.name}_" in name for name in named), quantity.name
    for name, one in INDICATORS.items():
        kind = name.rsplit("_", 1)[0]
        if one.theme != "equality":
            assert any(other == name or other.startswith(f"{kind}_") for other in named), name


@EVERY
def test_nothing_placed_has_no_meaning_and_is_told(indicator, balance_of_one):
    figure = balance_of_one[indicator.name].figures[WITHOUT]
    if "_used_" in indicator.name or "_workplace_" in indicator.name:
        assert figure.value is not None
    else:
        assert figure.value is None
        assert figure.unknown


@pytest.mark.parametrize("name", ["housing", "stations"])
def test_a_missing_layer_makes_unknown_and_says_which(name, make_balance):
    for result in make_balance(ONE, without=(name,)).results:
        if name in result.indicator.requires:
            assert {figure.value for figure in result.figures.values()} == {None}
            assert result.figures[WITH].unknown[0].figures == {"name": LAYER_TITLES[name]}


SITES = st.lists(
    st.fixed_dictionaries(
        {
            "x": st.integers(500, 39_000),
            "size_m": st.integers(20, 900),
            "jobs": st.none() | st.integers(0, 900),
            "vocation": st.none() | st.sampled_from(["industrielle", "mixte"]),
            "usable_m2": st.none() | st.integers(0, 300_000),
            "enaf": st.sampled_from([None, 0.0, 0.5, 1.0]),
        }
    ),
    min_size=1,
    max_size=5,
)


@given(SITES, st.randoms(use_true_random=False))
@settings(max_examples=6)
def test_the_order_of_sites_changes_nothing(make_balance, rows, random):
    sites = site_table(*rows)
    order = list(sites.index)
    random.shuffle(order)
    one, two = make_balance(sites=sites), make_balance(sites=sites.loc[order])
    for name in INDICATORS:
        for key in CaseKey:
            assert value(two, name, key) == pytest.approx(value(one, name, key), abs=1e-9), name


@given(SITES)
@settings(max_examples=6)
def test_a_site_cut_in_two_changes_nothing(make_balance, rows):
    """But what is measured from the edge of each site, which a cut makes nearer or farther."""
    rows = [row for row in rows if row["usable_m2"] is not None] or [ONE]
    halves = []
    for row in rows:
        x, size = row["x"], row["size_m"]
        for left in (x, x + size / 2):
            shape = shapely.box(left, -size / 2, left + size / 2, size / 2)
            jobs = None if row["jobs"] is None else row["jobs"] / 2
            usable_m2 = row["usable_m2"] / 2
            halves.append({**row, "geometry": shape, "jobs": jobs, "usable_m2": usable_m2})
    one, two = make_balance(*rows), make_balance(*halves)
    from_edges = {"workers_housed", "car_free_area", "town_centre_distance", "pooled_jobs"}
    for name in INDICATORS.keys() - from_edges:
        assert value(two, name) == pytest.approx(value(one, name), abs=1e-9), name


@given(SITES)
@settings(max_examples=6)
def test_bounds_and_sums_hold(make_balance, rows):
    found = make_balance(*rows, workplace=(150, 50, None, 500))
    for name, result in zip(INDICATORS, found.results, strict=True):
        for key in CaseKey:
            number = result.figures[key].value
            assert number is None or number >= 0, name
            if result.indicator.unit == "share" and number is not None:
                assert number <= 1 + 1e-12, name
    for quantity in ("area", "enaf", "used", "jobs", "workplace"):
        for level in (Level.EPCI, Level.ZONE_EMPLOI):
            parts = [
                value(found, f"theil_{part}_{quantity}_{level.value}")
                for part in ("between", "within")
            ]
            whole = value(found, f"theil_{quantity}_{level.value}")
            assert (whole is None) == (None in parts)
            if whole is not None:
                assert sum(parts) == pytest.approx(whole, abs=1e-12)
    known = [value(found, f"{area}_area") for area in ("pole", "ring", "outside")]
    assert sum(known) == pytest.approx(1)


def test_totals_are_those_of_the_posted_sites(demo_run, demo_balance):
    posted = list(demo_run.plan.posted)
    assert list(demo_balance.sites) == sorted(posted)
    enaf_ha = demo_run.land.enaf_m2[posted].sum() / 10_000
    assert value(demo_balance, "total_enaf") == pytest.approx(enaf_ha)
    area_ha = demo_run.sites["gross_area_m2"][posted].sum() / 10_000
    assert value(demo_balance, "total_area") == pytest.approx(area_ha)
    jobs = demo_run.sites["expected_jobs"][posted]
    assert value(demo_balance, "total_jobs") >= jobs.sum()
    usable = demo_run.sites["usable_area_m2"][posted].sum() / 10_000
    assert value(demo_balance, "total_usable") == pytest.approx(usable)
    assert value(demo_balance, "total_area", LEFT) == pytest.approx(area_ha)


def test_other_sites_may_be_judged_and_must_be_of_the_run(demo_run, world):
    one = balance(demo_run, world, sites=["DEMO-44-01"])
    assert one.sites == ("DEMO-44-01",)
    assert value(one, "largest_area") == 1
    with pytest.raises(ValueError, match="nowhere"):
        balance(demo_run, world, sites=["nowhere"])
    assert value(balance(demo_run, world, sites=[]), "gini_area_epci") is None


def test_the_table_has_a_row_an_indicator(demo_balance):
    table = demo_balance.table()
    assert list(table.index) == list(INDICATORS)
    assert list(table.columns) == ["without", "with", "left"]
    readings = {one.reading for one in INDICATORS.values()}
    assert readings == set(Reading)
