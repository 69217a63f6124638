"""What holds for every registered criterion: a new one is tested by being registered."""

import importlib.util
import re
from inspect import getdoc

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from layers import site_table as table
from siting.criteria import CRITERIA, THEMES
from siting.eligibility import RULES
from siting.scenario import load_scenario
from siting.scoring import decision_matrix, score

SCENARIO = load_scenario("base")
EVERY = pytest.mark.parametrize("criterion", CRITERIA.values(), ids=CRITERIA)
# Known from the table of sites alone, without any layer.
STATED = {
    "distance_freight_m", "distance_port_m", "distance_gas_m", "fibre_share", "friche_share",
    "power_mw", "water_m3_day", "gas_at_site", "sewer_at_site",
}  # fmt: skip


def stage(stages):
    return st.none() | st.sampled_from(stages)


SITE = st.fixed_dictionaries(
    {
        "geometry": st.builds(
            lambda x, y, w, h: shapely.box(x, y, x + w, y + h),
            st.integers(-20_000, 60_000),
            st.integers(-20_000, 20_000),
            st.integers(10, 2_000),
            st.integers(10, 2_000),
        ),
        "usable_area_m2": st.none() | st.integers(0, 10**6),
        "is_brownfield": st.none() | st.booleans(),
        "rail_siding": st.none() | st.booleans(),
        "quay": st.none() | st.booleans(),
        "gas": st.none() | st.booleans(),
        "fibre": st.none() | st.booleans(),
        "sewer": st.none() | st.booleans(),
        "power_mw": st.none() | st.integers(0, 50),
        "water_m3_day": st.none() | st.integers(0, 2_000),
        "expected_jobs": st.none() | st.integers(0, 500),
        "vocation": st.none() | st.sampled_from(table.VOCATIONS),
        "readiness_land": stage(table.LAND_STAGES),
        "readiness_planning": stage(table.PLANNING_STAGES),
        "readiness_environment": stage(table.ENVIRONMENT_STAGES),
        "readiness_servicing": stage(table.SERVICING_STAGES),
        "readiness_commercial": stage(table.COMMERCIAL_STAGES),
    }
)
AREA = st.integers(0, 10**6)
LAND = st.tuples(AREA, AREA, AREA, st.none() | AREA, st.none() | st.integers(-(10**6), 10**6))


@pytest.fixture(scope="module")
def world(layer, towns):
    """Every layer the criteria read, small."""
    rng = np.random.default_rng(3)
    spots = shapely.points(rng.integers(-20_000, 50_000, (12, 2)))
    zones = [
        shapely.box(2_000, -9_000, 30_000, 400),
        shapely.box(0, 0, 4_000, 4_000),
        shapely.box(3_000, 3_000, 9_000, 5_000),
    ]
    kinds = ["natura_2000", "znieff_1", "zone_humide"]
    travellers = [150_000, 5_000, None, 3_000_000, 20_000, None]
    risks = ["inondation", "technologique", "inondation"]
    return [
        *towns.values(),
        layer(
            "stations",
            spots[:6],
            passenger=[True, False] * 3,
            freight=[True] * 2 + [False] * 4,
            travellers_2023=pd.array(travellers, dtype="Int64"),
        ),
        layer("interchanges", spots[6:9]),
        layer("ports", spots[9:]),
        layer("protected_areas", zones, name=["a", "b", "c"], kind=kinds),
        layer("airports", spots[:2]),
        layer("freight_sidings", spots[3:7], usable=pd.array([True, False, None, True])),
        layer("public_transport_stops", spots[5:], departures_day=[0, 12, 40, 3, 200, 7, 9]),
        layer(
            "sewage_plants",
            spots[:3],
            commune=["44001", "44002", "44002"],
            agglomeration=["a", "b", "c"],
            in_service=[True, True, True],
            residual_pe=[500.0, -20.0, 60.0],
        ),
        layer("brownfields", zones[1:]),
        layer("risk_plans", zones, name=["a", "b", "c"], risk=risks, zone=["interdiction"] * 3),
        layer("hazardous_sites", spots[2:4]),
        layer("substations", spots[4:8]),
        layer("gas_network", [shapely.LineString([(0, 0), (30_000, 9_000)])]),
        layer("activity_zones", zones, jobs=[50.0, 200.0, 0.5]),
        layer("establishments", spots, naf=["35", "19", "23", "10", "47", "01"] * 2),
        layer("industrial_flows", from_naf=["35", "19"], to_naf=["23", "20"]),
    ]


def inputs_of(make_inputs, world, rows):
    sites, land = zip(*rows, strict=True)
    built, fields, unknown, enaf, left = zip(*land, strict=True)
    areas = {"artificialised": built, "agricultural": fields, "unknown": unknown}
    return make_inputs(*sites, layers=world, areas_m2=areas, enaf_m2=enaf, remaining_m2=left)


def part_of(inputs, positions):
    """The same inputs, of some sites only, in another order."""
    return type(inputs)(
        sites=gpd.GeoDataFrame(inputs.sites.iloc[positions]),
        layers=inputs.layers,
        areas_m2=inputs.areas_m2.iloc[positions],
        enaf_m2=inputs.enaf_m2.iloc[positions],
        epci_shares=inputs.epci_shares.iloc[positions],
        parameters=inputs.parameters,
    )


@EVERY
def test_it_says_what_it_is(criterion):
    assert criterion.theme in THEMES
    assert criterion.title
    assert criterion.source
    assert getdoc(criterion.function)
    assert bool(criterion.labels) == (criterion.unit == "label")
    assert criterion.function.__name__ == criterion.name


@EVERY
def test_it_has_a_test_of_its_own(criterion, root):
    module = criterion.function.__module__.rsplit(".", 1)[-1]
    text = (root / f"tests/siting/criteria/test_{module}.py").read_text("utf-8")
    assert re.search(rf"^def test_{criterion.name}\(", text, re.MULTILINE)


@pytest.fixture(scope="module")
def page(root):
    """The script that writes docs/criteria.md."""
    path = root / "docs" / "criteria_page.py"
    spec = importlib.util.spec_from_file_location("criteria_page", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_the_one_its_script_writes(page):
    assert page.PAGE.read_text("utf-8") == page.render(), "run docs/criteria_page.py"


@EVERY
def test_it_is_documented(criterion, page):
    note = page.NOTES["criteria"][criterion.name]
    assert set(note) == {"what", "formula", "unknown"}
    assert all(text.strip().endswith(".") for text in note.values())
    section = page.PAGE.read_text("utf-8").split(f"### `{criterion.name}`\n", 1)[1]
    section = section.split("\n#", 1)[0]
    assert note["what"] in section
    assert all(f"`{name}`" in section for name in criterion.requires)


def test_nothing_is_documented_that_is_not_there(page):
    assert set(page.NOTES["criteria"]) == set(CRITERIA)
    assert set(page.NOTES["eligibility"]) == set(RULES)


@EVERY
def test_the_base_scenario_gives_its_unit_and_a_source_with_its_status(criterion):
    setting = SCENARIO.criteria[criterion.name]
    assert setting.unit == criterion.unit
    status = ("réglementaire", "convention", "hypothèse de travail")
    assert any(word in setting.source.lower() for word in status), setting.source


@EVERY
def test_it_answers_on_the_index_of_the_sites(criterion, make_inputs, world):
    inputs = make_inputs({}, {}, layers=world)
    found = criterion.function(inputs)
    assert found.index.equals(inputs.sites.index)
    expected = "object" if criterion.labels else "float64"
    assert found.dtype == expected
    empty = part_of(inputs, [])
    assert criterion.function(empty).index.equals(empty.sites.index)


@EVERY
def test_without_its_layers_it_is_unknown_not_zero(criterion, make_inputs):
    assert criterion.function(make_inputs({}, {})).isna().all()
    stated = make_inputs({"rail_siding": True, "quay": True})
    assert criterion.function(stated).isna().all() or criterion.name in STATED


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(SITE, LAND), min_size=1, max_size=7), data=st.data())
def test_nothing_depends_on_the_other_sites(make_inputs, world, rows, data):
    inputs = inputs_of(make_inputs, world, rows)
    order = data.draw(st.permutations(range(len(rows))))
    cut = data.draw(st.integers(0, len(rows)))
    whole = decision_matrix(inputs, SCENARIO)
    parts = [decision_matrix(part_of(inputs, p), SCENARIO) for p in (order[:cut], order[cut:])]
    together = pd.concat([part for part in parts if len(part)]).reindex(whole.index)
    pd.testing.assert_frame_equal(whole, together, check_exact=True)
    told, apart = score(whole, SCENARIO), [score(part, SCENARIO) for part in parts if len(part)]
    for figure in ("total", "reliability", "contributions"):
        joined = pd.concat([getattr(one, figure) for one in apart]).reindex(whole.index)
        assert getattr(told, figure).equals(joined)


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(SITE, LAND), min_size=1, max_size=5))
def test_measures_stay_in_their_bounds(make_inputs, world, rows):
    matrix = decision_matrix(inputs_of(make_inputs, world, rows), SCENARIO)
    for name, criterion in CRITERIA.items():
        known = matrix[name].dropna()
        if criterion.labels:
            assert known.isin(criterion.labels).all()
        else:
            assert np.isfinite(known.astype(float)).all()
            assert (known.astype(float) >= 0).all()
            assert criterion.unit != "" or (known.astype(float) <= 1).all()
