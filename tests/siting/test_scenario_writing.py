"""A scenario as text: what is written is read again; a text opens nothing of the machine."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.criteria import CRITERIA
from siting.errors import ScenarioError
from siting.scenario import (
    load_scenario,
    make_scenario,
    own_keys,
    read_scenario,
    scenario_hash,
    scenario_names,
    scenario_toml,
    with_changes,
)

WEIGHTS = st.floats(0.1, 10)
BASE = load_scenario()
SITES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
TEXT = st.text(min_size=1, max_size=30).filter(lambda text: text.strip())


@st.composite
def changes(draw):
    """Changes that a user of the app may make: names, weights, sites, years, rates."""
    themes = st.dictionaries(st.sampled_from(sorted(BASE.weights)), WEIGHTS, max_size=3)
    own = st.fixed_dictionaries({"weight": WEIGHTS})
    criteria = st.dictionaries(st.sampled_from(sorted(BASE.criteria)), own, max_size=3)
    sites = draw(st.lists(SITES, unique=True, max_size=3))
    rate = {"rate": draw(st.floats(0, 1)), "level": "epci", "status": "custom", "source": "x"}
    return {
        "id": draw(st.from_regex(r"\A[a-z0-9][a-z0-9_+-]{0,9}\Z")),
        "title": draw(TEXT),
        "title_en": draw(st.text(max_size=20)),
        "weights": draw(themes),
        "criteria": draw(criteria),
        "zan": {
            "ruleset": draw(st.sampled_from(["zan-50", "zan-54-5"])),
            "rates": {"244400404": rate} if draw(st.booleans()) else {},
        },
        "sites": {
            "selected": draw(st.just("all") | st.just(sites)),
            "works_start": dict.fromkeys(sites, draw(st.integers(2011, 2060))),
            "envelope": dict.fromkeys(sites, draw(st.sampled_from(["local", "regional"]))),
        },
    }  # fmt: skip


@given(changes(), st.sampled_from(scenario_names()))
@settings(max_examples=40)
def test_what_is_written_is_read_again(wanted, name):
    changed = with_changes(load_scenario(name), wanted)
    text = scenario_toml(changed, base=name)
    again = read_scenario(text)
    assert scenario_hash(again) == scenario_hash(changed)
    assert again == changed
    assert text.startswith(f'extends = "{name}"')
    assert scenario_toml(again, base=name) == text


@pytest.mark.parametrize("name", scenario_names())
@pytest.mark.parametrize("base", scenario_names())
def test_any_shipped_scenario_is_told_against_any_other(name, base):
    scenario = load_scenario(name)
    assert scenario_hash(read_scenario(scenario_toml(scenario, base=base))) == scenario_hash(
        scenario
    )


def test_only_the_keys_that_differ_are_written():
    changed = with_changes(BASE, {"id": "mine", "criteria": {"power_mw": {"weight": 7}}})
    assert own_keys(changed, BASE) == {"id": "mine", "criteria": {"power_mw": {"weight": 7.0}}}
    assert own_keys(BASE, BASE) == {"id": "base"}


def test_what_is_taken_away_makes_the_text_whole():
    tree = BASE.model_dump(mode="json")
    gone = tree["criteria"].pop("power_mw")
    assert gone
    fewer = make_scenario(tree)
    text = scenario_toml(fewer)
    assert "extends" not in text
    assert scenario_hash(read_scenario(text)) == scenario_hash(fewer)
    assert "power_mw" in CRITERIA


def test_pairwise_judgements_come_back():
    judged = with_changes(
        load_scenario(),
        {
            "weights": {"jobs": 0, "housing": 0, "environment": 0, "utilities": 0, "readiness": 0},
            "ahp": {"themes": {"land": {"access": 3}}, "source": "atelier"},
        },
    )
    for base in scenario_names():
        again = read_scenario(scenario_toml(judged, base=base))
        assert scenario_hash(again) == scenario_hash(judged)
    free = with_changes(judged, {"weights": dict.fromkeys(BASE.weights, 2)})
    assert scenario_hash(read_scenario(scenario_toml(free))) == scenario_hash(free)


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ('extends = "/etc/passwd"', "scenario-unknown", "extends"),
        ('extends = "../x.toml"', "scenario-unknown", "extends"),
        ("extends = 3", "scenario-unknown", "extends"),
        ('extends = "base"\n[zan]\nscot_file = "/etc/passwd"', "scenario-value", "zan.scot_file"),
        ('extends = "base"\n[zan]\nruleset = "/tmp/x.toml"', "scenario-value", "zan.ruleset"),
        ('extends = "base"\n[zan]\nnext_ruleset = "x.toml"', "scenario-value", "zan.next_ruleset"),
        (
            'extends = "base"\n[zan.guarantee]\ndocuments_file = "x.csv"',
            "scenario-value",
            "zan.guarantee.documents_file",
        ),
        ("extends = ", "scenario-syntax", None),
        (b"\xff\xfe", "scenario-encoding", None),
        ("a = " + "[" * 20_000, "scenario-syntax", None),
        (b"#" * (2 << 20), "file-too-large", None),
        ('extends = "base"\n[weights]\nland = -1', "scenario-value", "weights.land"),
    ],
)  # fmt: skip
def test_a_text_opens_no_file_and_says_what_is_wrong(text, code, place):
    with pytest.raises(ScenarioError) as caught:
        read_scenario(text, name="../../mon scénario.toml")
    told = caught.value.problems
    assert [(one.code, one.field) for one in told] == [(code, place)]
    assert told[0].file == "mon scénario.toml"


@pytest.mark.parametrize("name", ["", "..", "x" * 400, "é" * 200 + ".TOML", "a\0b", "a/b\\c"])
def test_any_name_of_a_file_will_do(name):
    assert read_scenario('extends = "base"\nid = "a"', name=name).id == "a"
