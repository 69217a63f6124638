"""What conflicts in a scenario, and what would do. No browser."""

import pytest

from siting.i18n import translator
from siting.pipeline import run
from siting.scenario import with_changes
from siting.ui.conflicts import conflicts, conflicts_list
from siting.ui.territory_panel import exceeded

ENGLISH = translator("en")


def without(scenario, world, file, sites, left):
    kept = [site for site in sites if site not in left]
    edited = with_changes(scenario, {"id": "moins", "sites": {"selected": kept}})
    return run(edited, world, file)


def test_each_budget_that_lacks_land_is_a_conflict(demo_run):
    found = conflicts(demo_run)
    assert [one.code for one in found] == [part.code for part in exceeded(demo_run)]
    for one, part in zip(found, exceeded(demo_run), strict=True):
        assert one.missing_m2 == -part.remaining_after_m2 > 0
        assert sum(enaf_m2 for _site, enaf_m2 in one.sites) == part.planned_m2
        assert one.before_m2 - part.planned_m2 == -one.missing_m2


def test_what_is_told_to_be_enough_is(demo_run, base, world, demo_file):
    """Leave out each site that is told to be enough: the conflict ends. Any other: it stays."""
    sites = list(demo_run.sites.index)
    one = next(one for one in conflicts(demo_run) if one.enough)
    after = without(base, world, demo_file, sites, {one.enough[0]})
    assert one.code not in {left.code for left in conflicts(after)}


def test_a_site_that_is_not_enough_leaves_the_conflict(demo_run, base, world, demo_file):
    sites = list(demo_run.sites.index)
    others = [
        (one.code, site) for one in conflicts(demo_run) for site, _m2 in one.sites
        if site not in one.enough
    ]  # fmt: skip
    if not others:
        pytest.skip("every site of the demonstration is enough alone")
    code, site = others[0]
    after = without(base, world, demo_file, sites, {site})
    assert code in {left.code for left in conflicts(after)}


def test_a_scenario_without_conflict_says_so(base, world, demo_file):
    calm = run(
        with_changes(base, {"id": "un", "sites": {"selected": ["DEMO-49-02"]}}), world, demo_file
    )
    assert conflicts(calm) == []
    assert "Nothing conflicts" in conflicts_list(calm, ENGLISH)


def test_sites_left_out_are_told_with_their_reasons(demo_run):
    markup = str(conflicts_list(demo_run, ENGLISH))
    assert demo_run.plan.left_out
    assert markup.count("left out of the budgets") == len(demo_run.plan.left_out)
    assert markup.count("<li>") == len(conflicts(demo_run)) + len(demo_run.plan.left_out)


def test_one_single_site_is_told_as_such(demo_run):
    """The words fit the number of sites: none is “one of these” where it is alone."""
    markup = str(conflicts_list(demo_run, ENGLISH))
    found = [one for one in conflicts(demo_run) if one.before_m2 >= 0]
    alone = [one for one in found if len(one.sites) == 1]
    assert alone
    assert markup.count("It is the only site that consumes there") == len(alone)
    # 1,489,194 m² where 211,006 m² remain: 127.8 ha less.
    assert "it must take 127.8\u00a0ha less, start after the period, or be left out" in markup
    several = [one for one in found if len(one.sites) > 1]
    assert markup.count("any one of these") == sum(len(one.enough) > 1 for one in several)
    assert markup.count("no other site is enough alone") == sum(
        len(one.enough) == 1 for one in several
    )
    assert several
