"""What holds for every registered criterion: a new one is tested by being registered."""

import ast
import importlib.util
from dataclasses import replace
from inspect import getdoc, signature

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from layers import site_table as table
from siting.criteria import CRITERIA, THEMES
from siting.domain import Objective, Sight
from siting.eligibility import RULES
from siting.scenario import load_scenario
from siting.scoring import decision_matrix, score, value_of

SCENARIO = load_scenario("base")
EVERY = pytest.mark.parametrize("criterion", CRITERIA.values(), ids=CRITERIA)
# Known from the table of sites alone, without any layer.
STATED = {
    "distance_freight_m", "distance_port_m", "distance_gas_m", "fibre_share", "friche_share",
    "power_mw", "water_m3_day", "gas_at_site", "sewer_at_site",
}  # fmt: skip

# A layer that a criterion reads where it is given, and does without.
OPTIONAL = {"distance_freight_m": {"freight_sidings"}}
# Land cover and budgets are measured before the criteria: the inputs carry them.
MEASURED = {"land_cover", "enaf_flows"}
# What a planner says is worse, then better: told apart from the code and from its thresholds.
WORSE_AND_BETTER = {
    "enaf_per_usable_area": (1.2, 0.2),
    "artificialised_share": (0.1, 0.9),
    "brownfield": ("non", "oui"),
    "budget_pressure": (0.8, 0.1),
    "enaf_per_job": (900, 150),
    "agricultural_share": (0.9, 0.1),
    "forest_share": (0.9, 0.1),
    "friche_share": (0.1, 0.9),
    "distance_interchange_m": (20_000, 4_000),
    "distance_freight_m": (20_000, 0),
    "distance_port_m": (100_000, 0),
    "distance_passenger_station_m": (10_000, 2_000),
    "distance_airport_m": (100_000, 20_000),
    "station_class": ("aucune gare à portée", "plus de 1 million de voyageurs par an"),
    "stop_departures_day": (2, 60),
    "car_free_share": (0.06, 0.3),
    "neighbouring_zone_jobs": (50, 2_000),
    "shift_workers": (10, 300),
    "vacant_dwellings_reach": (100, 3_000),
    "housing_vacancy_rate": (0.045, 0.068),  # tense, then slack: workers can be housed
    "vacant_dwellings_per_job": (0.5, 10),
    "tense_housing_share": (0.9, 0.1),
    "dwelling_price_eur_m2": (3_000, 1_700),  # workers can buy
    "long_vacancy_rate": (0.015, 0.06),  # dwellings to bring back to the market
    "dwellings_started_rate": (1, 8),
    "social_housing_share": (0.05, 0.22),
    "working_age_reach": (5_000, 100_000),
    "frr_class": ("Non classée", "FRR+"),
    "town_centre_distance_m": (20_000, 4_000),
    "job_seekers_rate": (60, 150),  # jobs go where they lack
    "job_concentration": (180, 80),
    "industry_share": (0.06, 0.25),
    "industrial_neighbours": (1, 40),
    "possible_flows": (0, 6),
    "protected_share": (0.15, 0),
    "distance_protected_m": (100, 1_500),
    "natura_2000_share": (0.15, 0),
    "distance_natura_2000_m": (100, 1_500),
    "znieff_share": (0.4, 0),
    "wetland_share": (0.08, 0),
    "flood_plan_share": (0.2, 0),
    "technological_plan_share": (0.2, 0),
    "distance_seveso_m": (100, 1_500),
    "sewage_spare_pe": (0, 8_000),
    "water_zone": ("en zone de répartition", "hors zone de répartition"),
    "catchment_share": (0.15, 0),
    "power_mw": (1, 20),
    "gas_at_site": ("non", "oui"),
    "water_m3_day": (20, 600),
    "sewer_at_site": ("non", "oui"),
    "fibre_share": (0.2, 1),
    "distance_substation_m": (8_000, 500),
    "distance_gas_m": (4_000, 0),
    "months_to_works": (48, 6),
    "land_stage": ("à acquérir", "maîtrisé"),
    "planning_stage": ("A", "U"),
    "environment_stage": ("non engagé", "purgé de tout recours"),
    "servicing_stage": ("non aménageable", "viabilisé et aménagé"),
    "commercial_stage": ("vendu, commercialisation achevée", "en vente"),
}


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
        layer("water_catchments", zones[:2], name=["a", "b"], perimeter=["immédiate", "éloignée"]),
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
    assert criterion.title.strip()
    assert len(criterion.source.split()) > 1
    assert getdoc(criterion.function)
    assert bool(criterion.labels) == (criterion.unit == "label")
    assert criterion.function.__name__ == criterion.name
    assert list(signature(criterion.function).parameters) == ["inputs"]


def test_a_name_is_registered_once():
    modules = {criterion.function.__module__ for criterion in CRITERIA.values()}
    declared = [one.name for name in modules for one in importlib.import_module(name).CRITERIA]
    assert sorted(declared) == sorted(CRITERIA)


@EVERY
def test_it_has_a_test_of_its_own(criterion, root):
    """One that calls it and asserts something of it."""
    module = criterion.function.__module__.rsplit(".", 1)[-1]
    text = (root / f"tests/siting/criteria/test_{module}.py").read_text("utf-8")
    tests = {node.name: node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
    own = list(ast.walk(tests[f"test_{criterion.name}"]))
    assert any(isinstance(node, ast.Assert) for node in own)
    assert criterion.name in {node.id for node in own if isinstance(node, ast.Name)}


@EVERY
def test_what_a_planner_says_is_better_has_the_higher_value(criterion):
    measures = pd.Series(WORSE_AND_BETTER[criterion.name])
    for scenario in (SCENARIO, load_scenario("complet")):
        worse, better = value_of(measures, scenario.criteria[criterion.name].value_function())
        assert worse < better
    if not criterion.labels and criterion.objective is not Objective.TARGET:
        rises = measures[1] > measures[0]
        assert criterion.objective is (Objective.MAX if rises else Objective.MIN)


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


@pytest.fixture(scope="module")
def sample(make_inputs, world):
    """Sites about which much is known, over the whole of the small world."""
    stated = {
        "usable_area_m2": 8_000, "is_brownfield": False, "power_mw": 5, "water_m3_day": 100,
        "gas": False, "fibre": True, "sewer": True, "expected_jobs": 40,
        "vocation": "industrielle", "readiness_land": "maîtrisé", "readiness_planning": "U",
        "readiness_environment": "autorisé", "readiness_commercial": "en vente",
        "readiness_servicing": "viabilisé et aménagé",
    }  # fmt: skip
    rng = np.random.default_rng(5)
    spots = [(5_000, 0), (15_000, 0), *rng.integers((0, -4_000), (40_000, 4_000), (30, 2))]
    rows = [{"geometry": shapely.box(x, y, x + 300, y + 200), **stated} for x, y in spots]
    land = {"artificialised": [5_000.0] * len(rows), "agricultural": [9_000.0] * len(rows)}
    figures = {"enaf_m2": [9_000.0] * len(rows), "remaining_m2": [50_000.0] * len(rows)}
    return make_inputs(*rows, layers=world, areas_m2=land, **figures, unknown_tolerance=0.3)


def changed(inputs, layers):
    """The same inputs over other layers."""
    return replace(inputs, layers=layers)


@EVERY
def test_the_small_world_tells_it(criterion, sample):
    """Else nothing above is a test of it: a new layer takes its place in the fixture."""
    assert criterion.function(sample).notna().any()


@EVERY
def test_it_reads_the_layers_that_it_says_and_no_other(criterion, sample):
    told = criterion.function(sample)
    for name in sample.layers:
        rest = {key: one for key, one in sample.layers.items() if key != name}
        without = criterion.function(changed(sample, rest))
        if name not in criterion.requires:
            assert without.equals(told) or name in OPTIONAL.get(criterion.name, ())
        elif criterion.name not in STATED and not MEASURED & set(criterion.requires):
            assert without.isna().all(), name
    assert set(criterion.requires) <= set(sample.layers) | MEASURED


@EVERY
def test_what_it_looks_for_around_the_site_is_said(criterion, sample):
    """Else the edge of the territory would change it untold: cut it at x = 14 km, and see."""
    told = criterion.function(sample)
    cut = {
        name: replace(one, data=one.data[one.geo.bounds["minx"] < 14_000])
        if one.spec.geometry and name != "sewage_plants"  # a table by commune, that has places
        else one
        for name, one in sample.layers.items()
    }
    west = sample.sites.geometry.bounds["maxx"] < 9_500  # in the first commune, that is left
    less = criterion.function(changed(sample, cut))[west]
    known = less.notna()
    less, whole = less[known], told[west][known]
    assert bool(criterion.sight_reach) == (criterion.sight in (Sight.COUNT, Sight.SHARE))
    if criterion.sight is None:
        assert less.equals(whole)
    elif criterion.sight is Sight.NEAREST:
        assert (less >= whole).all()
    elif criterion.sight is Sight.COUNT:
        order = {label: rank for rank, label in enumerate(criterion.labels)}
        assert (less.replace(order) <= whole.replace(order)).all()
    if criterion.sight_reach:
        assert getattr(sample.parameters, criterion.sight_reach) > 0


@EVERY
def test_a_figure_that_is_missing_is_unknown_and_no_other_number(criterion, sample):
    told = criterion.function(sample)
    for name in set(criterion.requires) - MEASURED:
        layer = sample.layers[name]
        figures = [
            column
            for column in layer.data.columns.drop("geometry", errors="ignore")
            if pd.api.types.is_numeric_dtype(layer.data[column])
            and not pd.api.types.is_bool_dtype(layer.data[column])
        ]
        for column in figures:
            data = layer.data.assign(**{column: np.nan})
            holed = {**sample.layers, name: replace(layer, data=data)}
            found = criterion.function(changed(sample, holed))
            same = found.isna() | (found == told)
            assert same.all(), f"{name}.{column}"


@EVERY
def test_it_does_not_depend_on_where_the_origin_is(criterion, sample):
    def moved(table):
        return table.set_geometry(table.geometry.translate(2.0**18, 2.0**22))

    layers = {
        name: replace(one, data=moved(one.geo)) if one.spec.geometry else one
        for name, one in sample.layers.items()
    }
    there = criterion.function(replace(sample, sites=moved(sample.sites), layers=layers))
    told = criterion.function(sample)
    if criterion.labels:
        assert there.equals(told)
    else:
        assert there.tolist() == pytest.approx(told.tolist(), rel=1e-6, abs=1e-3, nan_ok=True)


METRES = [one for one in CRITERIA.values() if one.unit == "m"]


@pytest.mark.parametrize("criterion", METRES, ids=[one.name for one in METRES])
def test_a_distance_is_in_metres_between_the_nearest_and_the_farthest_feature(criterion, sample):
    layers = [sample.layers[name] for name in criterion.requires]
    features = [one.geo.geometry for one in layers if one.spec.geometry]
    away = np.array([[s.distance(f) for f in features[0]] for s in sample.sites.geometry])
    found = criterion.function(sample)
    known = found.notna() & (found > 0)  # 0: on the site
    detour = sample.parameters.detour_factor
    assert known.any()
    assert (found[known] >= away.min(axis=1)[known]).all()
    # A town centre stands for a commune of 10 km: its point may lie that much farther.
    assert (found[known] <= detour * (away.max(axis=1)[known] + 10_000)).all()
