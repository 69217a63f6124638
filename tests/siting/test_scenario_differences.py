"""What differs between two scenarios: nothing for the same, the same both ways, in words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.i18n import translator
from siting.scenario import load_scenario, make_scenario, scenario_names, with_changes
from siting.scenario.differences import TOPIC_LABELS, Topic, differences

BASE = load_scenario()
RURAL = load_scenario("rural_balance")
FRENCH, ENGLISH = translator("fr"), translator("en")
NUMBERS = st.floats(0.5, 9)
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "weights": st.dictionaries(st.sampled_from(sorted(BASE.weights)), NUMBERS),
        "criteria": st.dictionaries(
            st.sampled_from(sorted(BASE.criteria)), st.fixed_dictionaries({"weight": NUMBERS})
        ),
        "sites": st.fixed_dictionaries(
            {"selected": st.just("all") | st.lists(st.sampled_from("abc"), unique=True)},
            optional={"works_start": st.dictionaries(st.sampled_from("abc"), st.just(2028))},
        ),
        "title": st.sampled_from(["x", "y"]),
    },
)


@given(CHANGES, CHANGES)
@settings(max_examples=40)
def test_differences_are_the_same_both_ways(one, other):
    first, second = with_changes(BASE, one), with_changes(BASE, other)
    found = differences(first, second)
    assert tuple(d.reversed() for d in differences(second, first)) == found
    assert differences(first, first) == ()
    identity = ("id", "title", "title_en", "description")
    same = first.model_dump(exclude=set(identity)) == second.model_dump(exclude=set(identity))
    assert (found == ()) == same
    assert len({d.path for d in found}) == len(found)
    for d in found:
        assert d.before != d.after
        assert d.text(FRENCH)


@pytest.mark.parametrize("name", scenario_names())
def test_shipped_scenarios_are_told_in_both_languages(name):
    for found in differences(BASE, load_scenario(name)):
        assert found.topic in TOPIC_LABELS
        assert "{" not in found.text(FRENCH)
        assert "→" in found.text(ENGLISH)


def only(changes, base=BASE):
    found = differences(base, with_changes(base, changes))
    return [(one.topic, one.text(ENGLISH)) for one in found]


RATE = {"rate": 0.545, "level": "epci", "status": "own", "source": "PLUi 2025"}


@pytest.mark.parametrize(
    ("changes", "topic", "text"),
    [
        ({"weights": {"land": 5}}, Topic.WEIGHTS, "Weight of the theme “Land”: 3 → 5"),
        (
            {"criteria": {"power_mw": {"weight": 2.5}}},
            Topic.WEIGHTS,
            "Weight of the criterion “Power available”: 2 → 2.5",
        ),
        (
            {"criteria": {"artificialised_share": {"points": [[0.1, 0], [1, 1]]}}},
            Topic.THRESHOLDS,
            "Thresholds of “Share already artificialised”: 0 : 0 ; 1 : 1 → 0.1 : 0 ; 1 : 1",
        ),
        ({"zan": {"ruleset": "zan-54-5"}}, Topic.RULESET, "Rule set: zan-50 → zan-54-5"),
        (
            {"zan": {"rates": {"244400404": RATE}}},
            Topic.RATES,
            "Reduction of the territory 244400404: – → 54.5\u00a0% (PLUi 2025)",
        ),
        ({"sites": {"selected": ["A", "B"]}}, Topic.SITES, "Sites chosen: all → A, B"),
        (
            {"sites": {"works_start": {"A": 2028}}},
            Topic.YEARS,
            "Works start of the site A: – → 2028",
        ),
        (
            {"sites": {"envelope": {"A": "regional"}}},
            Topic.ENVELOPES,
            "Envelope of the site A: local → regional (PER)",
        ),
        (
            {"eligibility": {"minimum_area_m2": 5000}},
            Topic.ELIGIBILITY,
            "eligibility.minimum_area_m2: 2,500 → 5,000",
        ),
        (
            {"measure": {"walking_reach_m": 800}},
            Topic.MEASURE,
            "measure.walking_reach_m: 1,000 → 800",
        ),
        (
            {"zan": {"guarantee": {"applies": True}}},
            Topic.EVIDENCE,
            "zan.guarantee.applies: no → yes",
        ),
    ],
)
def test_each_key_is_told_in_words(changes, topic, text):
    assert only(changes) == [(topic, text)]


def test_what_only_one_says_is_told():
    tree = BASE.model_dump(mode="json")
    tree["criteria"].pop("power_mw")
    [found] = differences(BASE, make_scenario(tree))
    assert found.path == ("criteria", "power_mw")
    assert found.after is None
    assert found.text(ENGLISH).endswith("→ –")
