"""R6: targets by table, in rate or in hectares, the closest document first."""

from fractions import Fraction

import pandas as pd
import pytest

from siting.domain import EntryKind, Envelope, Measure
from siting.errors import ScenarioError
from siting.zan.budget import commune_budgets, sum_budgets
from siting.zan.ledger import Entry, Ledger
from siting.zan.ruleset import load_ruleset
from siting.zan.targets import TargetRow, make_targets

PARENTS = pd.DataFrame(
    {"epci": ["E1", "E1", "E2", "E3"], "scot": ["S1", "S1", "S1", ""], "region": ["52"] * 4},
    index=pd.Index(["44001", "44002", "44003", "85001"], name="code"),
)
REFERENCE = pd.Series({"44001": 300_000, "44002": 400_000, "44003": 900_000, "85001": 0})


def row(code, level, *, rate=None, hectares=None, number=1):
    share = None if rate is None else Fraction(rate)
    area = None if hectares is None else Fraction(hectares)
    return TargetRow(number, code, level, share, area, "own", "document (2024-05-31)")


def made(*rows, reference=REFERENCE):
    return make_targets(rows, reference, PARENTS, file="t.csv")


def test_r6_hectares_are_the_exact_rate_that_leaves_them():
    # E1: 30 + 40 = 70 ha of reference; a budget of 33.3 ha is a rate of 1 − 33.3/70 = 367/700.
    targets = made(row("E1", "epci", hectares="33.3"))
    assert targets["E1"].rate == Fraction(367, 700)
    entries = (
        Entry(code, Measure.ENAF, 2015, area, Envelope.LOCAL, EntryKind.OBSERVED, "", "t")
        for code, area in REFERENCE.items()
    )
    ledger = Ledger.empty(Measure.ENAF).post(entries)
    table = commune_budgets(ledger, PARENTS, load_ruleset("zan-50"), targets=targets)
    epci = sum_budgets(table, PARENTS["epci"], level="epci")
    assert epci.loc["E1", "budget_m2"] == 333_000


def test_r6_plui_over_scot_over_sraddet_over_default():
    targets = made(
        row("E1", "epci", rate="0.4"), row("S1", "scot", rate="0.45"),
        row("52", "region", rate="0.545"),
    )  # fmt: skip
    entries = (
        Entry(code, Measure.ENAF, 2015, area, Envelope.LOCAL, EntryKind.OBSERVED, "", "t")
        for code, area in REFERENCE.items()
    )
    ledger = Ledger.empty(Measure.ENAF).post(entries)
    table = commune_budgets(ledger, PARENTS, load_ruleset("zan-50"), targets=targets)
    assert table["rate_level"].to_dict() == {
        "44001": "epci", "44002": "epci", "44003": "scot", "85001": "region",
    }  # fmt: skip
    epci = sum_budgets(table, PARENTS["epci"], level="epci")
    assert epci["rate_status"].to_dict() == {"E1": "own", "E2": "inherited", "E3": "inherited"}


def test_nothing_of_nothing_is_any_rate():
    assert made(row("85001", "commune", hectares=0))["85001"].rate == 0


def test_every_row_that_cannot_be_used_is_told_at_once():
    reference = REFERENCE.drop("44003")
    with pytest.raises(ScenarioError) as caught:
        made(
            row("E9", "epci", rate="0.5"),
            row("E2", "epci", hectares=1, number=2),
            row("E3", "epci", hectares=1, number=3),
            row("44", "departement", rate="0.5", number=4),
            reference=reference,
        )
    found = [(p.row, p.code, p.field) for p in caught.value.problems]
    assert found == [
        (1, "territory-unknown", "code"),
        (2, "reference-unknown", "hectares"),
        (3, "value-range", "hectares"),
        (4, "territory-unknown", "code"),
    ]
    # E3 consumed nothing: no reference tells which of its communes the hectare is for.
    assert caught.value.problems[2].expected == "≤ 0 ha"


def budgets(targets, *, ruleset="zan-50", parents=PARENTS):
    entries = (
        Entry(code, Measure.ENAF, year, area, Envelope.LOCAL, EntryKind.OBSERVED, "", "t")
        for code, area in REFERENCE.items()
        for year in (2015, 2022)
    )
    ledger = Ledger.empty(Measure.ENAF).post(entries)
    return commune_budgets(ledger, parents, load_ruleset(ruleset), targets=targets)


def test_r6_a_document_may_give_more_than_was_consumed():
    # E1 consumed 30 + 40 = 70 ha and is given 84: 84/70 − 1 = +20 %, 36 and 48 ha.
    targets = made(row("E1", "epci", hectares=84))
    assert targets["E1"].rate == Fraction(-1, 5)
    table = budgets(targets)
    assert table.loc[["44001", "44002"], "budget_m2"].tolist() == [360_000, 480_000]


@pytest.mark.parametrize(
    ("ruleset", "expected"),
    # Under the law 2 ha; with the right to exceed by 20 % of a proposal, 2.4 ha.
    [("zan-50", 20_000), ("trace-2024-2034", 24_000)],
)
def test_r6_a_commune_that_consumed_nothing_may_be_given_hectares(ruleset, expected):
    plain = budgets({}, ruleset=ruleset)
    table = budgets(made(row("85001", "commune", hectares=2)), ruleset=ruleset)
    assert table["budget_m2"].sub(plain["budget_m2"]).to_dict() == {
        "44001": 0, "44002": 0, "44003": 0, "85001": expected,
    }  # fmt: skip
    told = sum_budgets(table, pd.Series(PARENTS.index, PARENTS.index), level="commune")
    assert told.loc["85001", "budget_m2"] == expected
    assert pd.isna(told.loc["85001", "rate"])  # something of nothing is no rate
    region = sum_budgets(table, PARENTS["region"], level="region")
    assert region.loc["52", "budget_m2"] == table["budget_m2"].sum()


def test_the_hectares_of_a_commune_that_consumed_nothing_are_in_the_rate_of_its_epci():
    # 44003 keeps its 90 ha (rate 0) and 85001, of the same SCoT, is given 9: 1 − 99/90 = −10 %.
    parents = PARENTS.assign(scot=["S1", "S1", "S3", "S3"])
    targets = made(row("44003", "commune", rate="0"), row("85001", "commune", hectares=9, number=2))
    table = budgets(targets, parents=parents)
    scot = sum_budgets(table, parents["scot"], level="scot")
    assert scot.loc["S3", "budget_m2"] == 990_000
    assert scot.loc["S3", "rate"] == pytest.approx(-0.1)


@pytest.mark.parametrize(
    ("code", "level", "hectares"),
    # The region consumed 160 ha: not more for itself, nor 33,300 ha (m² read as hectares).
    [("52", "region", 161), ("44001", "commune", 33_300), ("E1", "epci", 161)],
)
def test_no_territory_is_given_more_than_its_region_consumed(code, level, hectares):
    with pytest.raises(ScenarioError) as caught:
        made(row(code, level, hectares=hectares))
    [told] = caught.value.problems
    assert (told.code, told.expected) == ("value-range", "≤ 160 ha")
