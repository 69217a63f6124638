import json
import pickle
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from siting.criteria import CRITERIA, THEMES
from siting.criteria.inputs import Section
from siting.errors import ScenarioError
from siting.i18n import translator
from siting.scenario import (
    Scenario,
    load_scenario,
    make_scenario,
    reading,
    scenario_hash,
    scenario_names,
    with_changes,
)
from siting.scenario.schema import schema_json
from siting.scenario.validation import merge
from siting.zan.ruleset import load_ruleset

BASE = load_scenario("base")
TREE = BASE.model_dump(mode="json")


@pytest.fixture
def write(tmp_path):
    """Write a TOML file and return its path."""

    def written(name, text):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    return written


def problems_of(call, *args, **kwargs):
    """The problems of a call that fails, as (code, field)."""
    with pytest.raises(ScenarioError) as caught:
        call(*args, **kwargs)
    for found in caught.value.problems:  # every one reads well in both languages
        assert "{" not in found.line(translator("fr")) + found.line()
        assert "pydantic" not in found.line()
    return [(found.code, found.field) for found in caught.value.problems]


# --- Shipped scenarios --------------------------------------------------------------


@pytest.mark.parametrize("name", scenario_names())
def test_every_shipped_scenario_loads(name):
    scenario = load_scenario(name)
    assert scenario.id == name
    assert scenario.title
    assert scenario.title_en
    assert scenario.title != scenario.title_en
    assert load_ruleset(scenario.zan.ruleset).id == scenario.zan.ruleset


def test_the_shipped_scenarios_are_known_by_name():
    assert scenario_names() == ("base", "complet", "rail_freight", "rural_balance")


def test_the_base_scenario_values_every_criterion_and_weights_every_theme():
    assert set(BASE.criteria) == set(CRITERIA)
    assert set(BASE.weights) == set(THEMES)


def test_the_shipped_overrides_can_be_laid_together():
    names = ["rural_balance", "rail_freight"]
    both = load_scenario("base", overrides=names)
    assert both == load_scenario("base", overrides=names[::-1]).model_copy(
        update={"id": both.id, "title": both.title, "title_en": both.title_en,
                "description": both.description}
    )  # fmt: skip
    assert both.id == "base+rural_balance+rail_freight"
    assert both.title == "Scénario de base + Équilibre rural + Fret ferroviaire"
    assert (both.weights["jobs"], both.weights["access"]) == (4, 4)


def test_in_an_installed_wheel_scenarios_are_read_from_the_package(write, monkeypatch):
    text = (reading._IN_REPOSITORY / "base.toml").read_text("utf-8")
    packaged = write("_scenarios/base.toml", text).parent
    monkeypatch.setattr(reading, "_PACKAGED", packaged)
    assert scenario_names() == ("base",)
    assert load_scenario("base") == BASE


# --- Schema -------------------------------------------------------------------------


def test_the_committed_schema_is_the_generated_one(root):
    assert (root / "scenarios/schema.json").read_text("utf-8") == schema_json()


def test_every_key_is_documented_and_none_other_is_allowed():
    assert Scenario in Section.__subclasses__()
    for model in Section.__subclasses__():
        assert model.model_config["extra"] == "forbid"
        assert model.model_config["frozen"]
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name}"


def test_names_with_a_unit_say_it_in_their_description():
    for model in Section.__subclasses__():
        for name, field in model.model_fields.items():
            unit = {"_m": "Unit: m.", "_m2": "Unit: m²."}.get("_" + name.rsplit("_", 1)[-1])
            assert unit is None or unit in field.description, name


# --- Files: extends, overrides ------------------------------------------------------


def test_an_override_changes_only_its_own_keys(write):
    path = write("mine.toml", 'extends = "base"\n[weights]\nland = 9\n')
    scenario = load_scenario(path)
    assert scenario.weights == {**BASE.weights, "land": 9}
    assert scenario.id == "mine"
    assert scenario.model_copy(update={"weights": BASE.weights, "id": "base"}) == BASE
    assert load_scenario(str(path)) == scenario


@pytest.mark.parametrize(
    "asked",
    ["[zan]\npooled_envelope_m2 = 5\n", '[sites.envelope]\nS1 = "national"\n'],
)
@pytest.mark.parametrize("parent_says", ["", '[zan]\npooled_source = ""\n'])
def test_evidence_that_lacks_is_told_of_the_file_that_requires_it(write, asked, parent_says):
    parent = write("parent.toml", f'extends = "base"\n{parent_says}')
    asking = write("asking.toml", asked)
    later = write("later.toml", '[zan]\nreserve_source = ""\n[sites.evidence]\nS2 = "SRADDET"\n')
    with pytest.raises(ScenarioError) as caught:
        load_scenario(parent, overrides=[asking, later])
    (found,) = caught.value.problems
    assert found.file == "asking.toml"


def test_extends_follows_a_chain_of_relative_paths(write):
    write("a.toml", 'extends = "base"\n[weights]\nland = 9\njobs = 9\n')
    child = write("sub/b.toml", 'extends = "../a.toml"\n[weights]\nland = 7\n')
    assert load_scenario(child).weights == {**BASE.weights, "land": 7, "jobs": 9}


def test_a_loop_of_extends_is_told(write):
    write("a.toml", 'extends = "b.toml"\n')
    write("b.toml", 'extends = "c.toml"\n')
    first = write("c.toml", 'extends = "a.toml"\n')
    with pytest.raises(ScenarioError, match=r"c\.toml → a\.toml → b\.toml → c\.toml"):
        load_scenario(first)
    alone = write("d.toml", 'extends = "d.toml"\n')
    assert problems_of(load_scenario, alone) == [("scenario-value", "extends")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('extends = "bse"', ("scenario-unknown", "extends")),
        ("extends = 3", ("scenario-value", "extends")),
        ('extends = ""', ("scenario-value", "extends")),
        ('extends = "nowhere/base.toml"', ("file-missing", None)),
        ("id = x", ("scenario-syntax", None)),
        ("a = " + "[" * 5_000, ("scenario-syntax", None)),
    ],
)
def test_a_file_that_cannot_be_used(write, text, expected):
    assert problems_of(load_scenario, write("mine.toml", text)) == [expected]


def test_a_file_that_is_not_there_or_not_text(tmp_path):
    assert problems_of(load_scenario, "bas") == [("scenario-unknown", None)]
    assert problems_of(load_scenario, tmp_path / "no.toml") == [("file-missing", None)]
    assert problems_of(load_scenario, tmp_path) == [("file-folder", None)]
    latin = tmp_path / "latin.toml"
    latin.write_bytes('title = "Équilibre"'.encode("latin-1"))
    assert problems_of(load_scenario, latin) == [("scenario-encoding", None)]
    both = problems_of(load_scenario, "bas", overrides=[latin])
    assert [code for code, _ in both] == ["scenario-unknown", "scenario-encoding"]


def test_two_overrides_that_disagree_are_refused(write):
    one = write("one.toml", 'extends = "base"\n[weights]\nland = 9\njobs = 1\n')
    other = write("two.toml", "[weights]\nland = 8\njobs = 1\n")
    with pytest.raises(ScenarioError) as caught:
        load_scenario("base", overrides=[one, other])
    assert [p.line() for p in caught.value.problems] == [
        "field “weights.land”: two overrides set this key: one.toml, two.toml [scenario-conflict]"
    ]
    structure = write("three.toml", "weights = 3\n")
    assert problems_of(load_scenario, "base", overrides=[one, structure])[0] == (
        "scenario-conflict",
        "weights",
    )


def test_a_problem_names_the_file_that_set_the_key(write):
    write("parent.toml", 'extends = "base"\n[weights]\nland = -1\n')
    child = write("child.toml", 'extends = "parent.toml"\n[weights]\njobs = -1\ngreen = 1\n')
    with pytest.raises(ScenarioError) as caught:
        load_scenario(child)
    assert [(p.file, p.field) for p in caught.value.problems] == [
        ("parent.toml", "weights.land"),
        ("child.toml", "weights.jobs"),
        ("child.toml", "weights.green"),
    ]


# --- Values -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"weight": {}}, ("scenario-key", "weight")),
        ({"measure": {"detour": 1}}, ("scenario-key", "measure.detour")),
        ({"criteria": {"beauty": {}}}, ("scenario-key", "criteria.beauty")),
        ({"weights": {"beauty": 1}}, ("scenario-key", "weights.beauty")),
        (
            {"criteria": {"brownfield": {"categories": {"peut-être": 0.5}}}},
            ("scenario-key", "criteria.brownfield.categories.peut-être"),
        ),
        (
            {"measure": {"readiness": {"land": {"acheté": 3}}}},
            ("scenario-key", "measure.readiness.land.acheté"),
        ),
        (
            {"eligibility": {"protected": {"park": TREE["eligibility"]["protected"]["znieff_1"]}}},
            ("scenario-key", "eligibility.protected.park"),
        ),
        ({"id": "Not An Id"}, ("scenario-value", "id")),
        ({"title": ""}, ("scenario-value", "title")),
        ({"title": 3}, ("scenario-value", "title")),
        ({"measure": 3}, ("scenario-value", "measure")),
        ({"measure": {"detour_factor": 0.5}}, ("scenario-value", "measure.detour_factor")),
        ({"measure": {"detour_factor": True}}, ("scenario-value", "measure.detour_factor")),
        ({"measure": {"detour_factor": "1,3"}}, ("scenario-value", "measure.detour_factor")),
        ({"measure": {"jobs_reach_m": 0}}, ("scenario-value", "measure.jobs_reach_m")),
        ({"measure": {"jobs_reach_m": float("inf")}}, ("scenario-value", "measure.jobs_reach_m")),
        ({"measure": {"unknown_tolerance": 1}}, ("scenario-value", "measure.unknown_tolerance")),
        (
            {"measure": {"readiness": {"land": {"maîtrisé": -1}}}},
            ("scenario-value", "measure.readiness.land.maîtrisé"),
        ),
        (
            {"measure": {"shifts": {"vocation": {"lunaire": 0.5}}}},
            ("scenario-key", "measure.shifts.vocation.lunaire"),
        ),
        (
            {"measure": {"shifts": {"zone": 1.5}}},
            ("scenario-value", "measure.shifts.zone"),
        ),
        (
            {"measure": {"jobs_per_ha": {"vocation": {"lunaire": [1, 2, 3]}}}},
            ("scenario-key", "measure.jobs_per_ha.vocation.lunaire"),
        ),
        (
            {"measure": {"jobs_per_ha": {"vocation": {"mixte": [7, 24, 15]}}}},
            ("scenario-value", "measure.jobs_per_ha.vocation.mixte"),
        ),
        ({"weights": {"land": -1}}, ("scenario-value", "weights.land")),
        (
            {"criteria": {"distance_port_m": {"points": [[0, 1], [9, 2]]}}},
            ("scenario-value", "criteria.distance_port_m.points.1.1"),
        ),
        (
            {"criteria": {"distance_port_m": {"points": [[0, 1], [9]]}}},
            ("scenario-value", "criteria.distance_port_m.points.1.1"),
        ),
        (
            {"criteria": {"distance_port_m": {"points": [[0, 1], [0, 0]]}}},
            ("scenario-value", "criteria.distance_port_m.points"),  # measures must increase
        ),
        (
            {"criteria": {"distance_port_m": {"points": [[0, 0], [9, 1]]}}},
            ("scenario-value", "criteria.distance_port_m.points"),  # farther is not better
        ),
        (
            {"criteria": {"working_age_reach": {"points": [[0, 1], [9, 0]]}}},
            ("scenario-value", "criteria.working_age_reach.points"),
        ),
        (  # farther, then nearer: a target, but not said so
            {"criteria": {"distance_port_m": {"points": [[0, 0], [9, 1], [20, 0]]}}},
            ("scenario-value", "criteria.distance_port_m.points"),
        ),
        (  # said to be a target, but it only falls
            {"criteria": {"distance_port_m": {"shape": "target", "points": [[0, 1], [9, 0]]}}},
            ("scenario-value", "criteria.distance_port_m.points"),
        ),
        (  # two targets
            {"criteria": {"distance_port_m": {
                "shape": "target", "points": [[0, 0], [9, 1], [20, 0], [30, 1], [40, 0]]}}},
            ("scenario-value", "criteria.distance_port_m.points"),
        ),
        (
            {"criteria": {"brownfield": {"shape": "target"}}},
            ("scenario-value", "criteria.brownfield.shape"),
        ),
        (
            {"criteria": {"distance_port_m": {"shape": "bell"}}},
            ("scenario-value", "criteria.distance_port_m.shape"),
        ),
        (
            {"criteria": {"distance_port_m": {"points": []}}},
            ("scenario-value", "criteria.distance_port_m.points"),
        ),
        (
            {"criteria": {"distance_port_m": {"categories": {"near": 1}}}},
            ("scenario-value", "criteria.distance_port_m.categories"),
        ),
        (
            {"criteria": {"brownfield": {"points": [[0, 1]]}}},
            ("scenario-value", "criteria.brownfield.points"),
        ),
        ({"zan": {"pooled_envelope_m2": 5}}, ("scenario-value", "zan.pooled_source")),
        (
            {"zan": {"pooled_envelope_m2": 5.5, "pooled_source": "SRADDET"}},
            ("scenario-value", "zan.pooled_envelope_m2"),
        ),
        (
            {"zan": {"rates": {"44": {"rate": 0.5, "level": "pays", "status": "own",
                                      "source": "x"}}}},
            ("scenario-value", "zan.rates.44.level"),
        ),
        ({"sites": {"selected": "none"}}, ("scenario-value", "sites.selected")),
        ({"sites": {"selected": ["S1", 2]}}, ("scenario-value", "sites.selected")),
        ({"sites": {"works_start": {"S1": 1999}}}, ("scenario-value", "sites.works_start.S1")),
        ({"sites": {"envelope": {"S1": "mine"}}}, ("scenario-value", "sites.envelope.S1")),
        (
            {"committed": [{"territory": "44109", "area_m2": 0, "year": 2026, "evidence": "DOC",
                            "source": "x"}]},
            ("scenario-value", "committed.0.area_m2"),
        ),
        (
            {"committed": [{"territory": "4109", "area_m2": 1, "year": 2026, "evidence": "DOC",
                            "source": "x"}]},
            ("scenario-value", "committed.0.territory"),
        ),
        ({"criteria": {"distance_port_m": {"unit": "km"}}},
         ("scenario-unit", "criteria.distance_port_m.unit")),
        ({"weights": dict.fromkeys(THEMES, 0)}, ("scenario-weights", "weights")),
        (
            {"criteria": {"vacant_dwellings_per_job": {"weight": 0},
                          "housing_vacancy_rate": {"weight": 0}}},
            ("scenario-weights", "criteria (housing).weight"),
        ),
    ],
)  # fmt: skip
def test_a_wrong_value_has_one_clear_problem(changes, expected):
    assert problems_of(make_scenario, merge(TREE, changes)) == [expected]


@pytest.mark.parametrize("points", [[[0, 0], [9, 1], [20, 0]], [[0, 0.2], [5, 1], [9, 1], [20, 0]]])
def test_a_target_that_is_said_is_accepted(points):
    setting = {"distance_port_m": {"shape": "target", "points": points}}
    scenario = with_changes(BASE, {"criteria": setting})
    assert [list(p) for p in scenario.criteria["distance_port_m"].points] == points


@pytest.mark.parametrize(
    "path",
    [
        ("id",),
        ("measure",),
        ("weights", "land"),
        ("criteria", "brownfield", "source"),
        ("criteria", "brownfield", "categories", "oui"),
        ("measure", "readiness", "servicing", "viabilisation en cours"),
        ("eligibility", "protected", "zone_humide"),
    ],
)
def test_a_key_that_lacks_is_told(path):
    tree = json.loads(json.dumps(TREE))
    table = tree
    for key in path[:-1]:
        table = table[key]
    del table[path[-1]]
    assert problems_of(make_scenario, tree) == [("scenario-value", ".".join(path))]


def test_all_problems_are_told_at_once():
    changes = {
        "measure": {"detour_factor": 0, "readiness": {"land": {"x": 1}}},
        "weights": {"land": "3"},
        "criteria": {"brownfield": {"unit": "m", "weight": -1}, "beauty": {"weight": "x"}},
        "zan": {"pooled_envelope_m2": 5, "rule": "x"},
    }
    assert set(problems_of(make_scenario, merge(TREE, changes))) == {
        ("scenario-value", "measure.detour_factor"),
        ("scenario-key", "measure.readiness.land.x"),
        ("scenario-value", "weights.land"),
        ("scenario-unit", "criteria.brownfield.unit"),
        ("scenario-value", "criteria.brownfield.weight"),
        ("scenario-key", "criteria.beauty"),
        ("scenario-value", "zan.pooled_source"),
        ("scenario-key", "zan.rule"),
    }


def test_a_message_reads_well():
    changes = {"sites": {"envelope": {"S1": "mine"}}, "measure": {"detour_factor": 4}}
    with pytest.raises(ScenarioError) as caught:
        make_scenario(merge(TREE, changes), file="mine.toml")
    assert [(p.line().split(": ", 1)) for p in caught.value.problems] == [
        ["mine.toml, field “measure.detour_factor”", "4; expected ≤ 3 [scenario-value]"],
        [
            "mine.toml, field “sites.envelope.S1”",
            "mine; expected local, regional, reserve, national [scenario-value]",
        ],
    ]


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(key=st.sampled_from(sorted(TREE)), junk=JUNK, data=st.data())
def test_whatever_is_written_gives_a_scenario_or_its_problems(key, junk, data):
    tree = dict(TREE)
    inner = tree[key]
    if isinstance(inner, dict) and inner and data.draw(st.booleans()):
        tree[key] = inner | {data.draw(st.sampled_from(sorted(inner))): junk}
    else:
        tree[key] = junk
    try:
        assert isinstance(make_scenario(tree), Scenario)
    except ScenarioError as error:
        assert all(found.field and found.text() for found in error.problems)  # noqa: PT017


# --- The model ----------------------------------------------------------------------


def test_a_scenario_is_frozen_and_travels_to_workers():
    with pytest.raises(ValidationError):
        BASE.title = "x"
    assert pickle.loads(pickle.dumps(BASE)) == BASE  # noqa: S301 - our own bytes


def test_changes_are_validated_and_leave_the_first_as_it_is():
    changed = with_changes(BASE, {"weights": {"land": 5}})
    assert (changed.weights["land"], BASE.weights["land"]) == (5, 3)
    assert problems_of(with_changes, BASE, {"weights": {"land": "5"}}) == [
        ("scenario-value", "weights.land")
    ]


def test_the_hash_follows_the_content_and_nothing_else(write):
    fingerprint = scenario_hash(BASE)
    assert len(fingerprint) == 12
    assert int(fingerprint, 16) >= 0
    text = (reading._IN_REPOSITORY / "base.toml").read_text("utf-8")
    commented = write("base.toml", f"# a comment\n{text}")
    assert scenario_hash(load_scenario(commented)) == fingerprint
    backwards = dict(reversed(tomllib.loads(text).items()))
    assert scenario_hash(make_scenario(backwards)) == fingerprint
    for changes in ({"weights": {"land": 3.1}}, {"sites": {"selected": []}}, {"title": "x"}):
        assert scenario_hash(with_changes(BASE, changes)) != fingerprint


def test_a_scenario_that_extends_none_is_told_once_what_it_lacks(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('[zan]\nrulset = "zan-50"\n')
    with pytest.raises(ScenarioError) as raised:
        load_scenario(path)
    lacking, typed = raised.value.problems
    assert (lacking.code, lacking.expected) == ("scenario-incomplete", 'extends = "base"')
    assert {"title", "measure", "weights", "criteria"} <= set(lacking.found.split(", "))
    assert (typed.code, typed.field) == ("scenario-key", "zan.rulset")
    path.write_text('extends = "base"\n[zan]\nrulset = "zan-50"\n')
    assert problems_of(load_scenario, path) == [("scenario-key", "zan.rulset")]


def test_a_scenario_that_is_not_text_in_utf_8_is_told_with_its_line(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes('extends = "base"\ntitle = "Été"\n'.encode("cp1252"))
    with pytest.raises(ScenarioError) as raised:
        load_scenario(path)
    (found,) = raised.value.problems
    assert (found.code, found.file, found.found) == ("scenario-encoding", "mine.toml", "2")
