from dataclasses import replace
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.domain import POOLED_ENVELOPES, EntryKind, Envelope, Measure, Period
from siting.errors import MeasureMismatchError
from siting.i18n import translator
from siting.zan.budget import commune_budgets, sum_budgets
from siting.zan.ledger import Entry, Ledger
from siting.zan.ruleset import load_ruleset
from siting.zan.trajectory import Trajectory, YearStatus, trajectories
from siting.zan.trajectory_reasons import trajectory_reasons

RULES = load_ruleset("zan-50")
PARENTS = pd.DataFrame(
    {"epci": ["E1", "E1", "E2"], "departement": ["44"] * 3, "region": ["52"] * 3},
    index=pd.Index(["44001", "44002", "44003"], name="code"),
)
FULL = [("44001", 2015, 1_000_000), ("44002", 2015, 600_000), ("44003", 2015, 0)]
ADDED = (
    "observed_m2",
    "correction_m2",
    "committed_m2",
    "credit_m2",
    "planned_m2",
    "used_m2",
    "remaining_m2",
)
OBSERVED, COMMITTED, PLANNED, CREDIT = (
    EntryKind.OBSERVED, EntryKind.COMMITTED, EntryKind.PLANNED, EntryKind.CREDIT,
)  # fmt: skip


def entry(code, year, area, kind=OBSERVED, envelope=Envelope.LOCAL):
    holder = {Envelope.LOCAL: "", Envelope.NATIONAL: "FR"}.get(envelope, "52")
    return Entry(code, Measure.ENAF, year, area, envelope, kind, "evidence", "test", holder)


def ledger(*rows):
    return Ledger.empty(Measure.ENAF).post(entry(*row) for row in (*FULL, *rows))


def tables(posted, level="epci", **options):
    communes = commune_budgets(posted, PARENTS, RULES)
    codes = pd.Series(PARENTS.index, PARENTS.index) if level == "commune" else PARENTS[level]
    budgets = sum_budgets(communes, codes, level=level)
    own = (Envelope.LOCAL, *POOLED_ENVELOPES) if level == "region" else (Envelope.LOCAL,)
    return budgets, trajectories(posted, RULES, budgets, codes, own=own, **options)


def of(code, *rows, level="commune", **options):
    return tables(ledger(*rows), level, **options)[1][code]


def texts(found):
    return {reason.code: reason.text() for reason in trajectory_reasons(found)}


# The hand-worked commune. Reference 100 ha over 2011-2020 (R1: ten years), rate 50 % (R6):
# budget 50 ha. Observed: 6 + 8 + 7 + 7 = 28 ha over 2021-2024.
WORKED = [("44001", 2021 + i, area) for i, area in enumerate((60_000, 80_000, 70_000, 70_000))]


@pytest.mark.rule("R1", "R26")
def test_the_years_of_a_commune_worked_by_hand():
    """R1, R26: remaining = budget − observed − committed − planned, year by year."""
    found = of(
        "44001",
        *WORKED,
        ("44001", 2026, 50_000, COMMITTED),
        ("44001", 2027, -10_000, CREDIT),
        ("44001", 2028, 120_000, PLANNED),
        ("44001", 2028, 990_000, PLANNED, Envelope.NATIONAL),
        ("44001", 2029, 330_000, PLANNED, Envelope.REGIONAL),
    )
    assert [row.year for row in found.years] == list(range(2021, 2031))
    assert [row.observed_m2 for row in found.years] == [
        60_000, 80_000, 70_000, 70_000, None, None, None, None, None, None,
    ]  # fmt: skip
    # 50 ha; 44, 36, 29, 22 once observed; 22 in 2025; − 5 = 17; + 1 = 18; − 12 = 6; 6; 6.
    assert [row.remaining_m2 for row in found.years] == [
        440_000, 360_000, 290_000, 220_000, 220_000, 170_000, 180_000, 60_000, 60_000, 60_000,
    ]  # fmt: skip
    assert [row.status for row in found.years] == [
        *[YearStatus.OBSERVED] * 3, YearStatus.PROVISIONAL, *[YearStatus.PLANNED] * 6,
    ]  # fmt: skip
    # The straight line: 50 ha × 3 / 10 = 15 ha at the end of 2023.
    assert found.years[2].linear_target_m2 == 150_000
    assert found.years[-1].linear_target_m2 == found.budget_m2 == 500_000
    # What larger envelopes pay is shown apart, and in no other figure (R7, R10).
    assert (found.years[7].planned_m2, found.years[7].national_m2) == (120_000, 990_000)
    assert (found.years[8].planned_m2, found.years[8].regional_m2) == (0, 330_000)
    assert found.first_overshoot_year is None
    # 44 ha of 50.
    assert found.share_used == Fraction(88, 100)
    # R14: 50 × 1.2 = 60 ha, shown and never added.
    assert found.band_end_m2 == 600_000


def test_the_paces_worked_by_hand():
    """R1, R26: 100 ha / 10; 28 ha / 4; 22 ha / 6, posted works included; 10 ha / 6 without."""
    found = of("44001", *WORKED, ("44001", 2028, 120_000, PLANNED))
    assert found.reference_pace_m2 == 100_000
    assert found.observed_pace_m2 == 70_000
    assert found.years_left == Period(2025, 2030)
    assert found.required_pace_m2 == Fraction(220_000, 6)
    assert found.free_pace_m2 == Fraction(100_000, 6)
    # 22 ha left at 7 ha a year: 21 ha at the end of 2027, used up in the course of 2028.
    assert found.used_up_year == 2028


def test_sentences_tell_the_pace_the_year_and_the_method():
    said = texts(of("44001", *WORKED, ("44001", 2028, 120_000, PLANNED)))
    assert said["used"] == (
        "44001: 28.0 ha used at the end of 2024, out of a budget of 50.0 ha for 2021-2030; "
        "22.0 ha remain"
    )
    assert said["used-up"] == (
        "at the pace observed since 2021 (7.0 ha a year), the budget would be used up in 2028: "
        "an estimate, which prolongs the mean of 2021-2024"
    )
    assert "must fall to 3.7 ha a year over 2025-2030" in said["must-fall"]
    assert "10.0 ha remain at the end of 2030: 1.7 ha a year over 2025-2030" in said["posted"]
    assert "5.0 ha a year, is an indication and not law" in said["line"]
    assert "ends at 60.0 ha" in said["band-end"]
    assert "2024" in said["provisional"]
    assert "counts in place of ENAF consumption from 2031 on" in said["net-step"]
    assert "apart" not in said


def test_a_pace_that_holds_is_told_with_what_would_remain():
    # 4 + 4 ha over two years; 42 ha left for 8 years at 4 ha a year: 10 ha would remain.
    found = of("44001", ("44001", 2021, 40_000), ("44001", 2022, 40_000))
    said = texts(found)
    assert "10.0 ha of the budget would remain at the end of 2030" in said["holds"]
    assert "must stay within 5.2 ha a year over 2023-2030" in said["must-stay"]
    # 42 / 4 = 10.5 years after 2022: beyond the period, and told as such.
    assert found.used_up_year == 2033


def test_the_year_a_budget_is_just_used_up_is_not_an_overshoot():
    # 50 ha at 5 ha a year: exactly ten years.
    found = of("44001", ("44001", 2021, 50_000))
    assert found.used_up_year == 2030
    assert found.required_pace_m2 == found.observed_pace_m2
    assert "holds" in texts(found)
    even = of("44001", ("44001", 2021, 500_000))
    assert (even.used_up_year, even.first_overshoot_year, even.required_pace_m2) == (2021, None, 0)
    assert "nothing-left" in texts(even)


def test_a_budget_already_exceeded_asks_for_zero_and_says_so():
    """R26: a negative remainder is told; the pace it asks for is 0, never negative."""
    found = of("44001", ("44001", 2021, 300_000), ("44001", 2022, 260_000))
    assert found.first_overshoot_year == 2022
    assert found.remaining_m2 == -60_000
    assert found.required_pace_m2 == found.free_pace_m2 == 0
    assert found.used_up_year is None
    said = texts(found)
    assert "exceeded by 6.0 ha, for the first time in 2022" in said["exceeded"]
    assert "0 ha a year" in said["nothing-left"]
    assert "overshoot" not in said


def test_planned_works_tell_the_first_year_of_overshoot():
    """R25: an area is charged in the year works effectively start."""
    # 22 ha remain at the end of 2024: 20 ha in 2026, then 3 ha in 2029.
    found = of(
        "44001", *WORKED, ("44001", 2026, 200_000, PLANNED), ("44001", 2029, 30_000, PLANNED)
    )
    assert found.first_overshoot_year == 2029
    assert "exceeds the budget from 2029 on" in texts(found)["overshoot"]
    # Works started before 2021 are counted in the reference years, not in the period (R25).
    assert of("44001", *WORKED, ("44001", 2020, 990_000, PLANNED)).remaining_m2 == 220_000


def test_a_credit_may_end_an_overshoot_and_its_year_stays_told():
    found = of("44001", ("44001", 2021, 510_000), ("44001", 2023, -20_000, CREDIT))
    assert found.first_overshoot_year == 2021
    assert found.remaining_m2 == 10_000
    # Only what is posted counts: the credit of 2023 says nothing of the pace before it.
    assert (found.last_observed, found.required_pace_m2) == (2021, 0)
    assert found.free_pace_m2 == Fraction(10_000, 9)


def test_an_unknown_reference_makes_everything_unknown_but_what_is_posted():
    rows = [*FULL[:2], ("44001", 2021, 5), ("44003", 2026, 7, COMMITTED)]
    posted = Ledger.empty(Measure.ENAF).post(entry(*row) for row in rows)
    found = tables(posted, "commune")[1]["44003"]
    assert found.unknown
    assert found.years[5].committed_m2 == 7
    for row in found.years:
        assert row.observed_m2 is row.used_m2 is row.remaining_m2 is row.linear_target_m2 is None
    for pace in ("reference_pace_m2", "observed_pace_m2", "required_pace_m2", "free_pace_m2",
                 "share_used", "band_end_m2", "first_overshoot_year", "used_up_year"):  # fmt: skip
        assert getattr(found, pace) is None
    assert list(texts(found)) == ["budget-unknown", "net-step"]
    # A territory with one unknown commune is unknown; the others are not.
    region = tables(posted, "region")[1]["52"]
    assert region.unknown
    assert not tables(posted)[1]["E1"].unknown


def test_nothing_observed_in_the_period_and_a_period_all_observed():
    before = of("44001")
    assert before.last_observed is None
    assert before.observed_pace_m2 is None
    assert before.required_pace_m2 == 50_000
    assert {row.status for row in before.years} == {YearStatus.PLANNED}
    assert "must-stay" in texts(before)
    after = of("44001", *[("44001", year, 1) for year in range(2021, 2033)])
    assert after.last_observed == 2030
    assert (after.years_left, after.required_pace_m2, after.remaining_m2) == (None, None, 499_990)
    assert not {"must-stay", "must-fall", "nothing-left", "posted"} & set(texts(after))


def test_only_the_last_year_of_the_vintage_is_provisional():
    found = of("44001", *WORKED, provisional_year=2025)
    assert YearStatus.PROVISIONAL not in {row.status for row in found.years}
    assert "provisional" not in texts(found)


def test_a_zero_budget_has_no_share():
    found = of("44003", ("44003", 2021, 0))
    assert (found.budget_m2, found.share_used, found.first_overshoot_year) == (0, None, None)
    assert found.used_up_year is None


def test_what_is_shown_apart_and_what_is_outside_is_told():
    found = of("44001", ("44001", 2026, 30_000, PLANNED, Envelope.REGIONAL))
    said = texts(found)
    assert "3.0 ha paid by the pooled envelopes of the region" in said["apart"]
    assert "apart-national" not in said  # nothing is told of an envelope that pays nothing
    national = texts(of("44001", ("44001", 2026, 20_000, PLANNED, Envelope.NATIONAL)))
    assert "2.0 ha paid by the national envelope" in national["apart-national"]
    assert "apart" not in national
    assert "partial-budget" in texts(replace(found, complete=False))


def test_a_rule_set_that_is_not_law_is_told_first():
    found = of("44001", *WORKED)
    assert "not-law" not in texts(found)
    told = trajectory_reasons(replace(found, in_force=False))
    assert told[0].code == "not-law"
    assert "zan-50, which is not the law in force" in told[0].text()


def test_one_year_is_not_told_as_a_period():
    assert texts(of("44001", ("44001", 2021, 1)))["holds"].endswith("the mean of 2021")


def test_french_sentences_have_french_figures():
    found = of("44001", *WORKED, ("44001", 2028, 120_000, PLANNED))
    said = {reason.code: reason.text(translator("fr")) for reason in trajectory_reasons(found)}
    assert "au rythme observé depuis 2021 (7,0\u00a0ha par an)" in said["used-up"]
    assert "2028" in said["used-up"]
    assert "3,7\u00a0ha par an sur 2025-2030" in said["must-fall"]


def test_a_ledger_of_another_measure_is_refused():
    budgets, _ = tables(ledger())
    with pytest.raises(MeasureMismatchError):
        trajectories(Ledger.empty(Measure.NET_ARTIFICIALISATION), RULES, budgets, PARENTS["epci"])


codes = st.sampled_from(sorted(PARENTS.index))
areas = st.integers(0, 10**7)
rows = st.one_of(
    st.tuples(codes, st.integers(2009, 2024), areas),
    st.tuples(
        codes, st.integers(2019, 2032), areas, st.sampled_from([COMMITTED, PLANNED]),
        st.sampled_from(list(Envelope)),
    ),
    st.tuples(
        codes, st.integers(2019, 2032), areas.map(lambda area: -area), st.just(CREDIT),
        st.sampled_from(list(Envelope)),
    ),
)  # fmt: skip
postings = st.lists(rows, max_size=30)


few = settings(deadline=None, max_examples=30)


def total(found: Trajectory, name: str) -> int:
    return sum(getattr(row, name) or 0 for row in found.years)


@few
@given(postings)
def test_the_years_add_up_to_the_account(posted):
    for level in ("commune", "epci", "region"):
        budgets, found = tables(ledger(*posted), level)
        assert list(found) == list(budgets.index)
        for code, row in budgets.iterrows():
            one = found[code]
            assert total(one, "observed_m2") == row["observed_m2"]
            assert total(one, "planned_m2") == row["planned_m2"]
            assert one.remaining_m2 == row["remaining_m2"]
            assert one.years[-1].used_m2 == row["budget_m2"] - row["remaining_m2"]


@few
@given(postings)
def test_communes_add_up_to_their_epci_every_year(posted):
    _, communes = tables(ledger(*posted), "commune")
    for code, whole in tables(ledger(*posted), "epci")[1].items():
        parts = [communes[c] for c in PARENTS.index[PARENTS["epci"] == code]]
        assert whole.budget_m2 == sum(part.budget_m2 for part in parts)
        for position, row in enumerate(whole.years):
            for name in (*ADDED, "regional_m2", "national_m2", "linear_target_m2"):
                values = [getattr(part.years[position], name) for part in parts]
                expected = None if None in values else sum(values)
                assert getattr(row, name) == expected


@few
@given(postings)
def test_the_region_is_its_communes_and_what_its_own_envelopes_pay(posted):
    _, communes = tables(ledger(*posted), "commune")
    (whole,) = tables(ledger(*posted), "region")[1].values()
    assert whole.budget_m2 == sum(part.budget_m2 for part in communes.values())
    pooled_m2 = 0
    for position, row in enumerate(whole.years):
        parts = [part.years[position] for part in communes.values()]
        pooled_m2 += sum(part.regional_m2 for part in parts)
        assert row.used_m2 == sum(part.used_m2 for part in parts) + pooled_m2
        assert row.remaining_m2 == sum(part.remaining_m2 for part in parts) - pooled_m2
        assert row.national_m2 == sum(part.national_m2 for part in parts)
        assert row.regional_m2 == 0


@few
@given(postings, st.randoms(use_true_random=False))
def test_the_order_of_entries_changes_nothing(posted, random):
    shuffled = list(posted)
    random.shuffle(shuffled)
    assert tables(ledger(*posted))[1] == tables(ledger(*shuffled))[1]


@few
@given(postings, codes, st.integers(2019, 2032), areas, st.sampled_from(list(Envelope)))
def test_more_planned_land_never_leaves_more(posted, code, year, area, envelope):
    _, before = tables(ledger(*posted))
    _, after = tables(ledger(*posted, (code, year, area, PLANNED, envelope)))
    for epci, one in before.items():
        for old, new in zip(one.years, after[epci].years, strict=True):
            assert new.remaining_m2 <= old.remaining_m2
        assert after[epci].free_pace_m2 <= one.free_pace_m2
        over, now = one.first_overshoot_year, after[epci].first_overshoot_year
        assert over is None or now <= over


@few
@given(postings)
def test_every_trajectory_can_be_told_in_both_languages(posted):
    for found in tables(ledger(*posted), "commune")[1].values():
        for reason in trajectory_reasons(found):
            for lang in ("fr", "en"):
                assert "{" not in reason.text(translator(lang))


def test_a_total_beyond_the_budget_that_comes_back_is_told_as_such():
    # Budget 50 ha, 28 seen; 25 planned in 2027: 53 ha at the end of it; 5 given back in 2029: 48.
    rows = [*WORKED, ("44001", 2027, 250_000, PLANNED), ("44001", 2029, -50_000, CREDIT)]
    found = of("44001", *rows)
    said = texts(found)
    assert found.remaining_m2 == 20_000
    assert "overshoot" not in said
    assert "beyond the budget at the end of 2027, and back within it" in said["overshoot-passing"]
    assert "2.0 ha remain at the end of 2030" in said["posted"]
    # With 8 ha more in 2030, 56 ha: the overshoot stays, and is told from the first year of it.
    said = texts(of("44001", *rows, ("44001", 2030, 80_000, PLANNED)))
    assert "exceeds the budget from 2027 on" in said["overshoot"]


def test_an_overshoot_ahead_is_told_after_a_past_one_was_corrected():
    # 60 ha seen in 2021; a correction of 2022 takes 20 back: 40 ha, 10 remain. 15 ha in 2026.
    correction = ("44001", 2022, -200_000, EntryKind.CORRECTION)
    rows = [("44001", 2021, 600_000), ("44001", 2022, 0), correction]
    said = texts(of("44001", *rows, ("44001", 2026, 150_000, PLANNED)))
    assert "10.0 ha remain" in said["used"]
    assert "exceeds the budget from 2026 on" in said["overshoot"]


def test_undated_works_are_not_told_as_used_in_an_observed_year():
    # Ten years of 4 ha: 40 of 50 ha used at the end of 2030. 15 undated: 5 too many.
    rows = [("44001", year, 40_000) for year in range(2021, 2031)]
    undated = Entry(
        "44001", Measure.ENAF, 2030, 150_000, Envelope.LOCAL, PLANNED, "site", "test", dated=False
    )
    found = tables(ledger(*rows).post([undated]), "commune")[1]["44001"]
    said = texts(found)
    assert "40.0 ha used at the end of 2030" in said["used"]
    assert (
        "15.0 ha of works whose year is not known exceed the budget by 5.0 ha"
        in (said["overshoot-undated"])
    )
    assert "exceeded" not in said


def test_deductions_above_consumption_are_never_a_negative_consumption():
    # 28 ha seen, 40 given back in 2024: 12 ha above.
    said = texts(of("44001", *WORKED, ("44001", 2024, -400_000, CREDIT)))
    assert "what is deducted is 12.0 ha above what was consumed" in said["given-back"]
    assert "used" not in said


def test_the_band_of_another_rule_set_is_not_that_of_the_circular():
    found = of("44001", *WORKED)
    assert "20 % band of the circular of 31 January 2024" in texts(found)["band-end"]
    other = texts(replace(found, tolerance=Fraction("0.1")))["band-end"]
    # 50 ha and a tenth.
    assert "the 10 % band of the rule set ends at 55.0 ha" in other
    assert "circular" not in other
