from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from siting.domain import Period, VerdictCode
from siting.zan.verdict import Demand, Pool, Standing, assess, assess_pooled, start_reason

NO_POOL = Pool(0, "")
ORDER = [VerdictCode.COMPATIBLE, VerdictCode.COMPATIBLE_WITH_POOLING, VerdictCode.OVER_BUDGET]


BAND = Fraction("0.2")


def decide(taken_m2, remaining_m2, *, pool=NO_POOL, budget_m2=500_000):
    standing = Standing(budget_m2, remaining_m2)
    return assess([Demand("E", "CC E", taken_m2)], {"E": standing}, pool=pool, tolerance=BAND)


def codes(verdict):
    return [reason.code for reason in verdict.reasons]


def test_what_fits_is_compatible_to_the_last_square_metre():
    assert decide(300_000, 300_000).code is VerdictCode.COMPATIBLE
    over = decide(300_001, 300_000)
    assert over.code is VerdictCode.OVER_BUDGET
    assert over.figures["excess_m2"] == 1
    assert codes(over) == ["exceeds", "band"]


def test_the_band_is_told_but_never_granted():
    inside = decide(400_000, 300_000)  # 10 ha over a budget of 50: exactly 20 %
    outside = decide(400_001, 300_000)
    assert inside.code is outside.code is VerdictCode.OVER_BUDGET
    assert "band" in codes(inside)
    assert "band" not in codes(outside)


def test_the_band_counts_the_overshoot_that_already_exists():
    """R14: 15 ha over a budget of 50, and 8 more, is 46 %, not 16 %."""
    assert "band" not in codes(decide(80_000, -150_000))
    assert "band" in codes(decide(80_000, -20_000))
    text = decide(80_000, -150_000).reasons[0].text()
    assert text == (
        "8.0 ha of ENAF to take from CC E, whose budget of 50.0 ha is already exceeded by "
        "15.0 ha: 23.0 ha too many in all"
    )


def test_the_pool_alone():
    pool = Pool(10, "SRADDET")
    assert assess_pooled(0, NO_POOL).code is VerdictCode.COMPATIBLE
    assert codes(assess_pooled(1, NO_POOL)) == ["no-pool"]
    assert assess_pooled(10, pool).code is VerdictCode.COMPATIBLE_WITH_POOLING
    assert codes(assess_pooled(11, pool)) == ["pool-short"]


def test_the_pool_pays_only_with_a_source_and_enough_hectares():
    assert decide(310_000, 300_000, pool=Pool(10_000, "SRADDET")).code is (
        VerdictCode.COMPATIBLE_WITH_POOLING
    )
    short = decide(310_001, 300_000, pool=Pool(10_000, "SRADDET"))
    assert short.code is VerdictCode.OVER_BUDGET
    assert "pool-short" in codes(short)
    assert decide(310_000, 300_000, pool=Pool(10_000, "")).code is VerdictCode.OVER_BUDGET


def test_a_territory_already_over_gives_nothing_more():
    verdict = decide(100, -50_000)
    assert verdict.code is VerdictCode.OVER_BUDGET
    assert verdict.figures["excess_m2"] == 100  # the site's own excess, not the past one


def test_no_enaf_is_always_compatible():
    assert decide(0, -50_000).code is VerdictCode.COMPATIBLE
    assert codes(decide(0, -50_000)) == ["no-enaf"]


def test_an_unknown_budget_is_told():
    unknown = Standing(None, None)
    verdict = assess([Demand("E", "CC E", 5)], {"E": unknown}, pool=NO_POOL, tolerance=BAND)
    assert verdict.code is VerdictCode.UNDETERMINED
    assert codes(verdict) == ["budget-unknown"]
    # A territory from which nothing is taken needs no budget.
    free = assess([Demand("E", "CC E", 0)], {}, pool=NO_POOL, tolerance=BAND)
    assert free.code is VerdictCode.COMPATIBLE


def test_a_site_across_two_epci_is_judged_on_each():
    standings = {"A": Standing(100, 100), "B": Standing(100, 10)}
    demands = [Demand("A", "CC A", 50), Demand("B", "CC B", 20)]
    verdict = assess(demands, standings, pool=NO_POOL, tolerance=Fraction(0))
    assert verdict.code is VerdictCode.OVER_BUDGET
    assert verdict.figures["excess_m2"] == 10
    assert verdict.reasons[0].figures["name"] == "CC B"  # the decisive one comes first


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.integers(-(10**6), 10**6))
def test_taking_more_never_improves_the_verdict(taken_m2, more_m2, remaining_m2):
    pool = Pool(100_000, "SRADDET")
    before = decide(taken_m2, remaining_m2, pool=pool)
    after = decide(taken_m2 + more_m2, remaining_m2, pool=pool)
    assert ORDER.index(after.code) >= ORDER.index(before.code)


def test_a_sentence_carries_its_figures_in_hectares():
    text = decide(310_000, 300_000).reasons[0].text()
    assert text == (
        "31.0 ha of ENAF to take from CC E, where 30.0 ha remain of a budget of 50.0 ha: "
        "1.0 ha too many"
    )


def test_the_year_of_the_works_start():
    period = Period(2021, 2030)
    assert start_reason(2030, period) is None
    assert start_reason(None, period).code == "start-unknown"
    assert start_reason(2031, period).code == "after-period"
    assert start_reason(2020, period).code == "before-period"
