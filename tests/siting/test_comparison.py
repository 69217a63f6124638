"""Two runs compared: nothing for the same, the same both ways, the cause told."""

from dataclasses import replace
from itertools import product

import pytest

from layers.spec import make_layer
from layers.territory import Level
from siting.balance_comparison import Trend, compare_balances
from siting.comparison import compare
from siting.domain import Envelope, VerdictCode
from siting.i18n import translator
from siting.pipeline import balance, run
from siting.scenario import with_changes
from siting.scenario.differences import Topic

FRENCH, ENGLISH = translator("fr"), translator("en")
CHOSEN = ("DEMO-44-03", "DEMO-49-02")
CHANGES = {
    "base": {},
    "rules": {"zan": {"ruleset": "zan-54-5"}},
    "weights": {"weights": {"land": 0, "jobs": 9}},
    "two": {"sites": {"selected": list(CHOSEN), "works_start": {CHOSEN[0]: 2030}}},
}


@pytest.fixture(scope="module")
def runs(world, base, demo_file, demo_run):
    made = {"base": demo_run}
    for name, changes in CHANGES.items():
        if changes:
            made[name] = run(with_changes(base, changes), world, demo_file)
    return made


@pytest.mark.parametrize("name", CHANGES)
def test_a_run_does_not_differ_from_itself(runs, name):
    found = compare(runs[name], runs[name])
    assert found.empty
    assert (found.scenario, found.sites, found.budgets, found.region) == ((), (), (), ())


@pytest.mark.parametrize(("one", "other"), list(product(CHANGES, CHANGES)))
def test_a_comparison_is_the_same_seen_from_the_other_side(runs, one, other):
    found = compare(runs[one], runs[other])
    assert compare(runs[other], runs[one]) == found.reversed()
    assert found.reversed().reversed() == found
    assert found.empty == (one == other)


def test_the_rule_set_moves_budgets_and_is_told_as_the_cause(runs):
    found = compare(runs["base"], runs["rules"])
    assert [one.topic for one in found.scenario] == [Topic.RULESET]
    before = runs["base"].account.budgets(Level.EPCI)["budget_m2"]
    after = runs["rules"].account.budgets(Level.EPCI)["budget_m2"]
    assert {one.code for one in found.budgets} == set(before.index[before != after])
    for one in found.budgets:
        assert one.before.budget_m2 == before[one.code]
        assert one.after.budget_m2 == after[one.code]
        assert one.after.budget_m2 < one.before.budget_m2
    [region] = found.region
    assert region.after.budget_m2 == after.sum()
    turned = [one for one in found.sites if one.verdict_changes]
    assert turned
    for one in turned:
        assert one.topics == (Topic.RULESET,)
        assert any(reason.code == "site-remains" for reason in one.why)
        assert "ha" in one.why[0].text(FRENCH)


def test_weights_move_ranks_and_no_verdict(runs):
    found = compare(runs["base"], runs["weights"])
    assert found.budgets == found.region == ()
    assert {one.topic for one in found.scenario} == {Topic.WEIGHTS}
    assert not any(one.verdict_changes for one in found.sites)
    scores = [runs[name].scores for name in ("base", "weights")]
    for one in found.sites:
        assert one.topics == (Topic.WEIGHTS,)
        assert one.before.rank == scores[0].rank[one.site_id]
        assert one.after.rank == scores[1].rank[one.site_id]
        changes = [abs((p.after or 0) - (p.before or 0)) for p in one.points]
        assert changes == sorted(changes, reverse=True)
        for points in one.points:
            own = scores[1].contributions.loc[one.site_id, points.criterion]
            assert points.after == pytest.approx(own)


def test_sites_put_out_leave_the_set_and_give_their_land_back(runs):
    found = compare(runs["base"], runs["two"])
    left = {one.site_id for one in found.sites if not one.after.chosen}
    assert left == set(runs["base"].sites.index) - set(CHOSEN)
    for one in found.sites:
        if one.site_id in left:
            assert one.why[0].text(ENGLISH) == "the site leaves the set"
            assert one.topics == (Topic.SITES,)
    [moved] = [one for one in found.sites if one.site_id == CHOSEN[0]]
    assert moved.after.year == 2030
    assert Topic.YEARS in moved.topics
    planned = {one.code: one.after.planned_m2 for one in found.budgets}
    table = runs["two"].account.budgets(Level.EPCI)["planned_m2"]
    assert all(planned[code] == table[code] for code in planned)


def test_an_envelope_is_told(world, base, demo_file, runs):
    pooled = {
        "zan": {"pooled_envelope_m2": 2_000_000, "pooled_source": "SRADDET"},
        "sites": {"envelope": {CHOSEN[0]: "regional"}},
    }
    found = compare(runs["base"], run(with_changes(base, pooled), world, demo_file))
    [one] = [one for one in found.sites if one.site_id == CHOSEN[0]]
    assert one.after.envelope is Envelope.REGIONAL
    assert {"site-envelope", "site-pool"} <= {reason.code for reason in one.why}
    assert Topic.ENVELOPES in one.topics
    told = {reason.code: reason.text(FRENCH) for reason in one.why}
    assert "→" not in told["site-envelope"]


def test_a_site_of_one_file_only_is_told(world, base, demo_run, demo_file):
    layer = demo_file.layer
    fewer = make_layer(layer.spec, layer.geo.iloc[1:].reset_index(drop=True), layer.provenance)
    smaller = run(base, world, replace(demo_file, layer=fewer))
    found = compare(demo_run, smaller)
    gone = demo_run.sites.index[0]
    [one] = [one for one in found.sites if one.after is None]
    assert one.site_id == gone
    assert compare(smaller, demo_run) == found.reversed()


def test_balances_are_compared_by_indicator(world, runs):
    first, second = (balance(runs[name], world) for name in ("base", "two"))
    found = compare_balances(first, second)
    assert compare_balances(first, first) == ()
    assert found
    back = compare_balances(second, first)
    opposite = {
        Trend.BETTER: Trend.WORSE, Trend.WORSE: Trend.BETTER, Trend.NEUTRAL: Trend.NEUTRAL,
    }  # fmt: skip
    for one, other in zip(found, back, strict=True):
        assert one.indicator is other.indicator
        assert (one.before, one.after) == (other.after, other.before)
        assert opposite[one.trend] is other.trend


def test_the_verdict_of_the_whole_is_that_of_each_plan(runs):
    found = compare(runs["base"], runs["two"])
    assert found.verdicts == tuple(runs[name].plan.verdict.code for name in ("base", "two"))
    assert VerdictCode.OVER_BUDGET in found.verdicts
