from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.domain import EntryKind, Envelope, Measure
from siting.errors import MeasureMismatchError
from siting.zan.budget import Target, commune_budgets, share_out, sum_budgets
from siting.zan.ledger import Entry, Ledger
from siting.zan.ruleset import load_ruleset

RULES = load_ruleset("zan-50")
PARENTS = pd.DataFrame(
    {
        "epci": ["E1", "E1", "E2", "E2"],
        "departement": ["44", "44", "44", "85"],
        "region": ["52"] * 4,
    },
    index=pd.Index(["44001", "44002", "44003", "85001"], name="code"),
)


HOLDERS = {Envelope.REGIONAL: "52", Envelope.RESERVE: "52", Envelope.NATIONAL: "FR"}


def post(*rows):
    return Ledger.empty(Measure.ENAF).post(
        Entry(
            code,
            Measure.ENAF,
            year,
            area,
            envelope,
            kind,
            "evidence",
            "test",
            holder=HOLDERS.get(envelope, ""),
        )
        for code, year, area, kind, envelope in rows
    )


def observed(code, year, area):
    return code, year, area, EntryKind.OBSERVED, Envelope.LOCAL


FULL = [observed(code, 2015, 1_000_000) for code in PARENTS.index]


def test_100_ha_at_minus_50_leaves_50_ha_and_what_was_used_is_subtracted():
    ledger = post(
        *FULL,
        observed("44001", 2021, 100_000),
        observed("44001", 2023, 50_000),
        ("44001", 2025, 20_000, EntryKind.COMMITTED, Envelope.LOCAL),
        ("44001", 2027, 30_000, EntryKind.PLANNED, Envelope.LOCAL),
        ("44001", 2027, 70_000, EntryKind.PLANNED, Envelope.NATIONAL),
    )
    row = commune_budgets(ledger, PARENTS, RULES).loc["44001"]
    assert row["reference_m2"] == 1_000_000
    assert row["budget_m2"] == 500_000
    assert row["observed_m2"] == 150_000
    assert row["committed_m2"] == 20_000
    # What the State's envelope pays does not weigh on the commune.
    assert row["planned_m2"] == 30_000
    assert row["remaining_m2"] == 300_000


def test_works_after_the_period_and_before_the_reference_do_not_count():
    ledger = post(*FULL, observed("44001", 2010, 9), observed("44001", 2031, 9))
    row = commune_budgets(ledger, PARENTS, RULES).loc["44001"]
    assert (row["reference_m2"], row["observed_m2"]) == (1_000_000, 0)


def test_the_closest_target_wins():
    targets = {
        "52": Target("region", Fraction("0.545"), "own", "SRADDET"),
        "E1": Target("epci", Fraction("0.4"), "own", "PLUi"),
        "44002": Target("commune", Fraction("0.3"), "own", "PLU"),
    }
    table = commune_budgets(post(*FULL), PARENTS, RULES, targets=targets)
    assert table["budget_m2"].to_dict() == {
        "44001": 600_000, "44002": 700_000, "44003": 455_000, "85001": 455_000,
    }  # fmt: skip
    assert table["rate_level"].to_dict() == {
        "44001": "epci", "44002": "commune", "44003": "region", "85001": "region",
    }  # fmt: skip
    communes = sum_budgets(table, pd.Series(PARENTS.index, PARENTS.index), level="commune")
    assert communes["rate_status"].to_dict() == {
        "44001": "inherited", "44002": "own", "44003": "inherited", "85001": "inherited",
    }  # fmt: skip
    epci = sum_budgets(table, PARENTS["epci"], level="epci")
    assert epci.loc["E1", "budget_m2"] == 1_300_000
    assert epci.loc["E1", "rate"] == pytest.approx(0.35)
    assert epci.loc["E2", "rate"] == pytest.approx(0.545)
    # The status is that of the level shown: a PLUi's own rate is not "inherited" at its EPCI.
    assert epci["rate_status"].to_dict() == {"E1": "mixed", "E2": "inherited"}
    region = sum_budgets(table, PARENTS["region"], level="region")
    assert region.loc["52", "rate_status"] == "mixed"


def test_the_status_of_a_rate_is_that_of_the_level_shown():
    own = {"E1": Target("epci", Fraction("0.4"), "own", "PLUi")}
    table = commune_budgets(post(*FULL), PARENTS, RULES, targets=own)
    epci = sum_budgets(table, PARENTS["epci"], level="epci")
    assert epci["rate_status"].to_dict() == {"E1": "own", "E2": "default"}


def test_an_unknown_reference_is_unknown_not_zero():
    ledger = post(*FULL[:3])
    communes = commune_budgets(ledger, PARENTS, RULES)
    assert pd.isna(communes.loc["85001", "budget_m2"])
    assert pd.isna(communes.loc["85001", "remaining_m2"])
    region = sum_budgets(communes, PARENTS["region"], level="region")
    assert pd.isna(region.loc["52", "budget_m2"])
    assert region.loc["52", "unknown_communes"] == 1
    assert sum_budgets(communes, PARENTS["epci"], level="epci").loc["E1", "budget_m2"] == 1_000_000


def test_a_credit_gives_back_what_its_evidence_shows():
    ledger = post(*FULL, ("44001", 2024, -10_000, EntryKind.CREDIT, Envelope.LOCAL))
    assert commune_budgets(ledger, PARENTS, RULES).loc["44001", "remaining_m2"] == 510_000


def test_a_ledger_of_another_measure_is_refused():
    with pytest.raises(MeasureMismatchError):
        commune_budgets(Ledger.empty(Measure.NET_ARTIFICIALISATION), PARENTS, RULES)


rates = st.fractions(0, 1, max_denominator=1000)


@given(
    st.lists(st.tuples(st.integers(0, 10**8), st.sampled_from("abc")), min_size=1, max_size=40),
    rates,
)
def test_parts_add_up_exactly_to_the_whole(rows, rate):
    """Sums of communes equal the region, and each run of communes is within 1 m² of exact."""
    rows.sort(key=lambda row: row[1])
    reference = pd.Series([area for area, _ in rows])
    groups = pd.Series([group for _, group in rows])
    budgets = share_out(reference, pd.Series([rate] * len(rows)))
    exact = int(reference.sum()) * (1 - rate)
    assert int(budgets.sum()) == int(exact)
    assert budgets.groupby(groups).sum().sum() == budgets.sum()
    for name, budget in budgets.groupby(groups).sum().items():
        assert abs(budget - int(reference[groups == name].sum()) * (1 - rate)) <= 1
    assert ((budgets >= 0) & (budgets <= reference + 1)).all()


@settings(deadline=None, max_examples=25)
@given(st.permutations(list(range(4))), st.lists(st.integers(0, 10**7), min_size=4, max_size=4))
def test_budgets_do_not_depend_on_the_order_of_communes(order, areas):
    rows = [observed(c, 2015, a) for c, a in zip(PARENTS.index, areas, strict=True)]
    straight = commune_budgets(post(*rows), PARENTS, RULES)
    shuffled = commune_budgets(post(*(rows[i] for i in order)), PARENTS.iloc[list(order)], RULES)
    pd.testing.assert_frame_equal(straight, shuffled)
    for level in PARENTS.columns:
        by_level = sum_budgets(straight, PARENTS[level], level=level)
        assert by_level["budget_m2"].sum() == straight["budget_m2"].sum()


def test_the_budget_of_a_region_does_not_depend_on_the_others():
    # 1 m² and 3 m² at −50 %: 0.5 and 1.5 m², rounded down to 0 and 1. Together they are 2 m².
    parents = pd.DataFrame(
        {"epci": ["E1", "E2"], "region": ["11", "52"]},
        index=pd.Index(["75001", "44001"], name="code"),
    )
    posted = post(
        ("75001", 2015, 1, EntryKind.OBSERVED, Envelope.LOCAL),
        ("44001", 2015, 3, EntryKind.OBSERVED, Envelope.LOCAL),
    )
    table = commune_budgets(posted, parents, RULES)
    assert table["budget_m2"].to_dict() == {"75001": 0, "44001": 1}
    alone = commune_budgets(
        post(("44001", 2015, 3, EntryKind.OBSERVED, Envelope.LOCAL)), parents.loc[["44001"]], RULES
    )
    assert alone["budget_m2"].to_dict() == {"44001": 1}
