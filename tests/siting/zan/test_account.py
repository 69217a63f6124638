from dataclasses import replace
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siting.domain import Envelope, Measure, Period, Reason, VerdictCode
from siting.zan.account import Rules, SiteAccount, observed_ledger, site_verdict, standings
from siting.zan.plan import plan, planned_entries
from siting.zan.verdict import Demand, Pool, Standing

RULES = Rules(
    period=Period(2021, 2030),
    last_observed=2024,
    standings={"A": Standing(500_000, 300_000), "B": Standing(100_000, 100_000)},
    pool=Pool(0, ""),
    tolerance=Fraction("0.2"),
)


def site(site_id="s", *, a=0, b=None, year=2027, **options):
    demands = [Demand("A", "CC A", a)]
    if b is not None:
        demands.append(Demand("B", "CC B", b))
    return SiteAccount(site_id, tuple(demands), year, **options)


def verdict(one, rules=RULES):
    found = site_verdict(one, rules)
    return found.code, [reason.code for reason in found.reasons]


def test_an_exclusion_wins_over_everything():
    reason = Reason("sold", "the site is sold")
    code, reasons = verdict(site(a=None, exclusions=(reason,)))
    assert code is VerdictCode.INELIGIBLE
    assert reasons == ["sold"]


def test_an_unknown_cover_is_undetermined_and_says_how_much():
    found = site_verdict(site(a=None, unknown_m2=30_000), RULES)
    assert found.code is VerdictCode.UNDETERMINED
    assert found.reasons[0].text() == "the land cover of 3.0 ha of the site is unknown"


@pytest.mark.parametrize(
    ("year", "code", "reason"),
    [
        (2020, VerdictCode.COMPATIBLE, "before-period"),
        (2021, VerdictCode.COMPATIBLE, "observed-already"),
        (2024, VerdictCode.COMPATIBLE, "observed-already"),
        (2025, VerdictCode.OVER_BUDGET, "exceeds"),
        (2030, VerdictCode.OVER_BUDGET, "exceeds"),
        (2031, VerdictCode.UNDETERMINED, "after-period"),
        (None, VerdictCode.OVER_BUDGET, "exceeds"),
    ],
)
def test_the_year_works_start_decides_who_pays(year, code, reason):
    """R25-R26: what the last vintage already saw is not charged twice."""
    found, reasons = verdict(site(a=300_001, year=year))
    assert found is code
    assert reasons[0] == reason


def test_an_unknown_start_is_counted_and_told():
    code, reasons = verdict(site(a=1, year=None))
    assert code is VerdictCode.COMPATIBLE
    assert reasons == ["fits", "start-unknown"]


def test_the_national_envelope_leaves_the_epci_alone():
    code, reasons = verdict(site(a=10**9, envelope=Envelope.NATIONAL))
    assert code is VerdictCode.COMPATIBLE
    assert reasons == ["national"]


def test_a_site_on_the_regional_envelope_is_judged_on_the_pool():
    rules = Rules(RULES.period, 2024, RULES.standings, Pool(50_000, "SRADDET"), Fraction("0.2"))
    assert verdict(site(a=50_000, envelope=Envelope.REGIONAL), rules)[0] is (
        VerdictCode.COMPATIBLE_WITH_POOLING
    )
    assert verdict(site(a=50_001, envelope=Envelope.REGIONAL), rules)[0] is VerdictCode.OVER_BUDGET
    assert verdict(site(a=1, envelope=Envelope.REGIONAL))[0] is VerdictCode.OVER_BUDGET


def test_what_a_friche_deducts_and_what_lies_outside_is_told():
    code, reasons = verdict(site(a=0, deducted_m2=4_000, outside_m2=120.0, source="Cartofriches"))
    assert code is VerdictCode.COMPATIBLE
    assert reasons == ["no-enaf", "friche-deduction", "outside"]


def test_a_site_across_two_epci_is_shared_out_and_told():
    found = site_verdict(site(a=10, b=20), RULES)
    assert [reason.code for reason in found.reasons] == ["fits", "fits", "several-epci"]
    assert "CC A, CC B" in found.reasons[-1].text()


def plan_of(*sites, rules=RULES):
    verdicts = {one.site_id: site_verdict(one, rules) for one in sites}
    return plan(sites, verdicts, rules)


def test_two_sites_that_fit_alone_may_not_fit_together():
    first, second = site("1", a=200_000, year=2026), site("2", a=200_000, year=2028)
    assert verdict(first)[0] is verdict(second)[0] is VerdictCode.COMPATIBLE
    together = plan_of(first, second)
    assert together.verdict.code is VerdictCode.OVER_BUDGET
    (part,) = together.territories
    assert part.planned_m2 == 400_000
    assert part.remaining_before_m2 == 300_000
    assert part.remaining_after_m2 == -100_000
    assert part.first_overshoot_year == 2028
    assert part.sites == ("1", "2")


def test_an_overshoot_has_no_year_when_the_works_that_cause_it_have_none():
    together = plan_of(site("1", a=200_000, year=2026), site("2", a=200_000, year=None))
    (part,) = together.territories
    assert part.verdict.code is VerdictCode.OVER_BUDGET
    assert part.first_overshoot_year is None


def test_the_pool_pays_for_the_excess_of_all_epci_together():
    sites = [site("1", a=310_000), site("2", a=0, b=105_000)]
    pooled = Rules(RULES.period, 2024, RULES.standings, Pool(15_000, "SRADDET"), Fraction("0.2"))
    short = Rules(RULES.period, 2024, RULES.standings, Pool(14_999, "SRADDET"), Fraction("0.2"))
    assert plan_of(*sites, rules=pooled).verdict.code is VerdictCode.COMPATIBLE_WITH_POOLING
    assert plan_of(*sites, rules=short).verdict.code is VerdictCode.OVER_BUDGET


def test_sites_on_the_pool_leave_less_of_it_to_the_others():
    rules = Rules(RULES.period, 2024, RULES.standings, Pool(20_000, "SRADDET"), Fraction("0.2"))
    regional = site("r", a=15_000, envelope=Envelope.REGIONAL)
    local = site("l", a=306_000)
    assert plan_of(local, rules=rules).verdict.code is VerdictCode.COMPATIBLE_WITH_POOLING
    assert plan_of(local, regional, rules=rules).verdict.code is VerdictCode.OVER_BUDGET


def test_what_cannot_be_posted_is_left_out_and_told():
    unknown, sold = site("u", a=None), site("x", a=5, exclusions=(Reason("sold", "sold"),))
    known = site("k", a=5)
    found = plan_of(unknown, sold, known)
    assert found.posted == ("k",)
    assert set(found.left_out) == {"u", "x"}
    # The sum is only a lower bound while one chosen site is unknown.
    assert found.verdict.code is VerdictCode.UNDETERMINED
    over = plan_of(unknown, site("k", a=400_000))
    assert over.verdict.code is VerdictCode.OVER_BUDGET


@given(
    st.lists(st.tuples(st.integers(0, 200_000), st.integers(0, 200_000)), max_size=8),
    st.randoms(),
)
def test_a_plan_conserves_areas_and_does_not_depend_on_order(areas, random):
    sites = [site(str(i), a=a, b=b) for i, (a, b) in enumerate(areas)]
    straight = plan_of(*sites)
    shuffled = random.sample(sites, len(sites))
    again = plan_of(*shuffled)
    assert straight.territories == again.territories
    assert straight.verdict.code is again.verdict.code
    assert sum(t.planned_m2 for t in straight.territories) == sum(a + b for a, b in areas)
    for part in straight.territories:
        assert part.remaining_before_m2 - part.remaining_after_m2 == part.planned_m2
        assert (part.remaining_after_m2 < 0) == (part.verdict.code is VerdictCode.OVER_BUDGET)
        assert (part.first_overshoot_year is not None) == (part.remaining_after_m2 < 0)


def test_planned_entries_are_posted_by_commune_in_the_year_of_the_works():
    sites = [site("1", a=30, year=2028), site("2", a=5, year=None)]
    shares = pd.DataFrame(
        {
            "site_id": ["1", "1", "2", "3"],
            "commune": ["44001", "44002", "44001", "44001"],
            "epci": "A",
            "enaf_m2": [20, 10, 5, 99],
        }
    )
    entries = planned_entries(sites, plan_of(*sites), shares, rules=RULES, source="base")
    assert [(e.territory, e.year, e.area_m2, e.evidence) for e in entries] == [
        ("44001", 2028, 20, "1"),
        ("44002", 2028, 10, "1"),
        ("44001", 2030, 5, "2"),
    ]


def test_the_ledger_charges_the_pool_with_what_the_plan_pools():
    rules = replace(RULES, pool=Pool(50_000, "SRADDET"))
    sites = [site("1", a=290_000, year=2026), site("2", a=40_000, year=2028)]
    decided = plan_of(*sites, rules=rules)
    assert decided.verdict.code is VerdictCode.COMPATIBLE_WITH_POOLING
    (part,) = decided.territories
    assert (part.pooled_m2, part.remaining_after_m2) == (30_000, 0)
    shares = pd.DataFrame(
        {"site_id": ["1", "2"], "commune": "44001", "epci": "A", "enaf_m2": [290_000, 40_000]}
    )
    entries = planned_entries(sites, decided, shares, rules=rules, source="base")
    # The last to start is the first to need the pool: 10,000 m² of site 2 still fit.
    assert [(e.evidence, e.envelope, e.area_m2) for e in entries] == [
        ("1", Envelope.LOCAL, 290_000),
        ("2", Envelope.REGIONAL, 30_000),
        ("2", Envelope.LOCAL, 10_000),
    ]


def test_a_national_site_is_posted_to_the_national_envelope():
    national = site("n", a=70_000, envelope=Envelope.NATIONAL, evidence="arrêté, annexe I")
    decided = plan_of(national)
    assert decided.posted == ("n",)
    assert decided.territories == ()
    shares = pd.DataFrame({"site_id": ["n"], "commune": "44001", "epci": "A", "enaf_m2": [70_000]})
    (entry,) = planned_entries([national], decided, shares, rules=RULES, source="base")
    assert (entry.envelope, entry.area_m2) == (Envelope.NATIONAL, 70_000)
    assert "arrêté, annexe I" in site_verdict(national, RULES).reasons[0].text()


def test_a_date_of_availability_never_proves_that_works_have_started():
    """R3: only an effective start of works consumes; a past availability frees nobody."""
    for available in (1990, 2022, 2024):
        early = site(a=300_001, year=None, available_year=available)
        found = site_verdict(early, RULES)
        assert found.code is VerdictCode.OVER_BUDGET
        assert [r.code for r in found.reasons if r.code.startswith("start")] == [
            "start-from-availability"
        ]
        assert RULES.year_of(early) == 2025  # the first year not yet observed
    late = site(a=1, year=None, available_year=2031)
    assert site_verdict(late, RULES).code is VerdictCode.UNDETERMINED


def test_a_site_mostly_elsewhere_is_undetermined_unless_its_part_here_is_already_too_much():
    fits, exceeds = site(a=10, partial=True, outside_m2=5e4), site(a=300_001, partial=True)
    assert verdict(fits)[0] is VerdictCode.UNDETERMINED
    assert verdict(fits)[1][0] == "outside-too-much"
    assert verdict(exceeds)[0] is VerdictCode.OVER_BUDGET


def test_land_of_unknown_cover_that_is_counted_is_told():
    assert "unknown-counted" in verdict(site(a=500, unknown_m2=500.0))[1]


def test_the_land_a_buyer_will_consume_is_told():
    sold = site(a=240_000, exclusions=(Reason("site-sold", "sold"),))
    found = site_verdict(sold, RULES)
    assert [reason.code for reason in found.reasons] == ["site-sold", "sold-consumes"]
    assert "24.0 ha" in found.reasons[1].text()


def test_an_empty_plan_says_so():
    assert [r.code for r in plan_of().verdict.reasons] == ["none-charged"]
    sold = site(a=5, exclusions=(Reason("site-sold", "sold"),))
    assert [r.code for r in plan_of(sold).verdict.reasons] == ["none-charged"]


def test_a_partial_budget_is_told():
    rules = replace(RULES, standings={"A": Standing(500_000, 300_000, complete=False)})
    assert verdict(site(a=1), rules)[1] == ["fits", "partial-budget"]
    assert "partial-budget" in verdict(site(a=400_000), rules)[1]


def flows_of(**areas):
    """Flows of communes over 2019-2022, from lists of four areas (``...`` leaves a year out)."""
    rows = [
        (code, year, area)
        for code, years in areas.items()
        for year, area in zip(range(2019, 2023), years, strict=True)
        if area is not ...
    ]
    table = pd.DataFrame(rows, columns=["code", "year", "area_m2"])
    return table.astype({"area_m2": "Int64"})


def ledger_of(flows, **options):
    periods = {"reference": Period(2019, 2020), "period": Period(2021, 2030)}
    return observed_ledger(flows, source="Cerema", **periods, **options)


def test_a_commune_with_an_unknown_or_absent_year_has_no_account():
    flows = flows_of(a=[1, None, 2, 3], b=[1, ..., 2, 3], c=[5, -1, 2, 3], d=[1, 1, 1, ...])
    # The official files round each figure alone: -1 stands for zero.
    assert ledger_of(flows).area_m2().to_dict() == {"c": 10}


def test_until_never_shrinks_the_reference():
    flows = flows_of(a=[1, 10, 100, 1000])

    def reference(ledger):
        return int(ledger.area_m2(period=Period(2019, 2020)).sum())

    for until, observed in ((2015, 0), (2021, 100), (2022, 1100), (2040, 1100)):
        ledger = ledger_of(flows, until=until)
        assert reference(ledger) == 11
        assert int(ledger.area_m2(period=Period(2021, 2030)).sum()) == observed


def test_standings_keep_the_unknown_unknown():
    budgets = pd.DataFrame(
        {"budget_m2": [50, None], "remaining_m2": [35, None]}, index=["A", "B"], dtype="Int64"
    ).assign(complete=[True, False])
    assert standings(budgets) == {"A": Standing(50, 35), "B": Standing(None, None, complete=False)}


def test_a_budget_already_exceeded_is_not_exceeded_again_later():
    rules = replace(RULES, standings={"A": Standing(500_000, -100_000)})
    found = site_verdict(site(a=50_000, year=2027), rules)
    assert found.code is VerdictCode.OVER_BUDGET
    assert "over-from" not in [reason.code for reason in found.reasons]
    decided = plan_of(site(a=50_000, year=2027), rules=rules)
    assert "over-first" not in [reason.code for reason in decided.verdict.reasons]
    fits = replace(RULES, standings={"A": Standing(500_000, 10_000)})
    found = site_verdict(site(a=50_000, year=2027), fits)
    (told,) = [reason for reason in found.reasons if reason.code == "over-from"]
    assert told.figures["year"] == 2027


def test_a_plan_of_national_projects_alone_is_compatible():
    national = site("n", a=70_000, envelope=Envelope.NATIONAL, evidence="arrêté, annexe I")
    decided = plan_of(national)
    assert decided.verdict.code is VerdictCode.COMPATIBLE
    assert [reason.code for reason in decided.verdict.reasons] == ["national-only"]


def test_the_figures_of_a_plan_are_those_of_all_its_parts():
    rules = replace(RULES, reserve=Pool(50_000, "délibération"))
    reserve = site("r", a=50_000, envelope=Envelope.RESERVE)
    decided = plan_of(site("l", a=20_000), reserve, rules=rules)
    assert decided.verdict.code is VerdictCode.COMPATIBLE_WITH_POOLING
    assert decided.verdict.figures["enaf_m2"] == 70_000


def test_a_year_that_no_commune_has_is_unknown_not_zero():
    flows = flows_of(a=[1, 10, 100, 1000])
    holed = flows[flows["year"] != 2021]
    assert ledger_of(holed).entries.empty


def test_the_year_of_an_overshoot_is_that_of_the_trajectory():
    # Budget 50 ha; 10 observed; 25 committed in 2029. At the end of 2026: 40 left; of 2030: 15.
    # A site of 18 ha in 2027: 22 left until 2028, and 3 too many in 2029.
    left = {year: 400_000 if year < 2029 else 150_000 for year in range(2025, 2031)}
    rules = replace(RULES, standings={"A": Standing(500_000, 150_000, by_year=left)})
    found = site_verdict(site(a=180_000, year=2027), rules)
    assert (found.code, found.figures["excess_m2"]) == (VerdictCode.OVER_BUDGET, 30_000)
    when = next(reason for reason in found.reasons if reason.code == "over-from")
    assert when.figures == {"year": 2029, "start": 2027}
    together = plan_of(site(a=180_000, year=2027), rules=rules)
    assert together.territories[0].first_overshoot_year == 2029
    assert together.verdict.reasons[-1].figures == {"year": 2029}
    # 45 ha in 2027: 5 too many at once.
    found = site_verdict(site(a=450_000, year=2027), rules)
    assert next(r for r in found.reasons if r.code == "over-from").figures == {"year": 2027}


def test_a_site_of_an_earlier_budget_is_not_told_to_be_compatible():
    # Vintage until 2024, budget of 2031-2040: 2023 has happened; 2027 has not, and another pays.
    rules = replace(RULES, period=Period(2031, 2040), last_observed=2020, seen_until=2024)
    assert verdict(site(a=1, year=2023), rules) == (VerdictCode.COMPATIBLE, ["before-period"])
    assert verdict(site(a=1, year=2027), rules) == (VerdictCode.UNDETERMINED, ["earlier-period"])
    assert verdict(site(a=1, year=2031), rules)[0] is VerdictCode.COMPATIBLE


@pytest.mark.rule("R2")
def test_a_site_is_never_compared_with_net_artificialisation():
    rules = replace(RULES, measure=Measure.NET_ARTIFICIALISATION)
    assert verdict(site(a=1), rules) == (VerdictCode.UNDETERMINED, ["net-unmeasured"])
    assert plan_of(site(a=1), rules=rules).posted == ()
    unknown = replace(rules, standings={"A": Standing(None, None)})
    found = site_verdict(site(a=1), unknown)
    assert found.code is VerdictCode.UNDETERMINED
    assert "the net artificialisation of CC A" in found.reasons[0].text()


@pytest.mark.rule("R27")
def test_a_verdict_under_a_proposal_says_that_it_is_not_law():
    rules = replace(RULES, simulation="trace-2024-2034")
    for one in (site(a=1), site(a=999_999), site(a=1, year=2032), site(a=None)):
        last = site_verdict(one, rules).reasons[-1]
        assert (last.code, last.figures["ruleset"]) == ("not-law", "trace-2024-2034")
    assert plan_of(site(a=1), rules=rules).verdict.reasons[-1].code == "not-law"
    assert "not-law" not in verdict(site(a=1))[1]


def test_what_is_told_to_be_pooled_is_whatever_becomes_of_the_reserve():
    # A takes 35 of 30 ha: 5 from the pool, which holds 10; the reserve is asked 2 ha and has 1.
    rules = replace(RULES, pool=Pool(100_000, "SRADDET"), reserve=Pool(10_000, "deliberation"))
    together = plan_of(
        site("s", a=350_000), site("r", a=20_000, envelope=Envelope.RESERVE), rules=rules
    )
    assert together.verdict.code is VerdictCode.OVER_BUDGET
    assert [reason.code for reason in together.verdict.reasons] == [
        "pool-short", "exceeds", "pooled",
    ]  # fmt: skip
    part = together.territories[0]
    assert (part.pooled_m2, part.remaining_after_m2) == (50_000, 0)


def test_the_set_is_judged_on_the_budget_of_the_region_too():
    # The region has 20 ha left of 100: another EPCI has overspent. A takes 25 of its own 30 ha.
    whole = {"whole": Standing(1_000_000, 200_000), "whole_name": "Region", "region": "52"}
    rules = replace(RULES, **whole)
    together = plan_of(site(a=250_000), rules=rules)
    assert together.verdict.code is VerdictCode.COMPATIBLE
    assert together.region.code is VerdictCode.OVER_BUDGET
    assert together.region.figures["excess_m2"] == 50_000
    assert plan_of(site(a=200_000), rules=rules).region.code is VerdictCode.COMPATIBLE
    assert plan_of(site(a=1)).region is None
