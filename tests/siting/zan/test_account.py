import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siting.domain import Envelope, Period, Reason, VerdictCode
from siting.zan.account import Rules, SiteAccount, observed_ledger, site_verdict, standings
from siting.zan.plan import plan, planned_entries
from siting.zan.verdict import Demand, Pool, Standing

RULES = Rules(
    period=Period(2021, 2030),
    last_observed=2024,
    standings={"A": Standing(500_000, 200_000, 300_000), "B": Standing(100_000, 0, 100_000)},
    pool=Pool(0, ""),
    tolerance=0.2,
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
    assert found.reasons[0].text() == "the land cover of 3.00 ha of the site is unknown"


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
    rules = Rules(RULES.period, 2024, RULES.standings, Pool(50_000, "SRADDET"), 0.2)
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
    pooled = Rules(RULES.period, 2024, RULES.standings, Pool(15_000, "SRADDET"), 0.2)
    short = Rules(RULES.period, 2024, RULES.standings, Pool(14_999, "SRADDET"), 0.2)
    assert plan_of(*sites, rules=pooled).verdict.code is VerdictCode.COMPATIBLE_WITH_POOLING
    assert plan_of(*sites, rules=short).verdict.code is VerdictCode.OVER_BUDGET


def test_sites_on_the_pool_leave_less_of_it_to_the_others():
    rules = Rules(RULES.period, 2024, RULES.standings, Pool(20_000, "SRADDET"), 0.2)
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
            "enaf_m2": [20, 10, 5, 99],
        }
    )
    entries = planned_entries(sites, ["1", "2"], shares, period=RULES.period, source="base")
    assert [(e.territory, e.year, e.area_m2, e.evidence) for e in entries] == [
        ("44001", 2028, 20, "1"),
        ("44002", 2028, 10, "1"),
        ("44001", 2030, 5, "2"),
    ]


def test_a_commune_with_an_unknown_year_has_no_reference():
    flows = pd.DataFrame(
        {
            "code": ["a", "a", "b", "b"],
            "year": [2019, 2020, 2019, 2020],
            "area_m2": pd.array([5, None, 3, -1], dtype="Int64"),
        }
    )
    ledger = observed_ledger(flows, source="Cerema")
    # The official files round each figure alone: -1 stands for zero.
    assert ledger.area_m2().to_dict() == {"b": 3}


def test_standings_keep_the_unknown_unknown():
    budgets = pd.DataFrame(
        {
            "budget_m2": [50, None], "observed_m2": [10, None], "committed_m2": [5, 0],
            "remaining_m2": [35, None],
        },
        index=["A", "B"], dtype="Int64",
    )  # fmt: skip
    assert standings(budgets) == {"A": Standing(50, 15, 35), "B": Standing(None, None, None)}
