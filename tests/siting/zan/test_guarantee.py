"""R9: the commune guarantee, a floor inside the regional envelope."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.domain import EntryKind, Envelope, Measure
from siting.errors import ScenarioError
from siting.zan.budget import Target, commune_budgets, sum_budgets
from siting.zan.guarantee import Guarantee, PlanningDocument, apply_guarantee, load_parameters
from siting.zan.ledger import Entry, Ledger
from siting.zan.ruleset import load_ruleset

RULES = load_ruleset("zan-50")
HA = 10_000
PLU = PlanningDocument("PLU", "approuvé", date(2020, 2, 4), "GPU")
NONE = PlanningDocument("aucun", None, None, "GPU")
CODES = ("44001", "44002", "44003", "85001")
PARENTS = pd.DataFrame(
    {
        "epci": ["E1", "E1", "E2", "E2"],
        "departement": ["44", "44", "44", "85"],
        "region": ["52"] * 4,
    },
    index=pd.Index(CODES, name="code"),
)
UNKNOWN = "unknown"


def guarantee(documents, **options):
    """A guarantee where communes have a document in time, but for those told."""
    known = {code: found for code, found in documents.items() if found != UNKNOWN}
    given_options = {"delegated": {}, "pooled": frozenset(), "cap_reading": "bonus"} | options
    return Guarantee(known, parameters=load_parameters(), **given_options)


def budgets(references_ha, chosen, parents=PARENTS, **options):
    entries = (
        Entry(
            code, Measure.ENAF, 2015, round(area * HA), Envelope.LOCAL, EntryKind.OBSERVED, "", "t"
        )
        for code, area in zip(parents.index, references_ha, strict=True)
    )
    ledger = Ledger.empty(Measure.ENAF).post(entries)
    return commune_budgets(ledger, parents, RULES, guarantee=chosen, **options)


@pytest.mark.rule("R9")
def test_r9_a_floor_is_added_and_taken_from_what_the_others_have_above_theirs():
    # References 0.4, 7, 13 and 2 ha at −50 %: 0.2, 3.5, 6.5 and 1 ha; 11.2 ha in all.
    # Floor 1 ha everywhere: 0.8 ha to add; above their floors the others have
    # 2.5 + 5.5 + 0 = 8 ha, so 0.8 × 2.5 / 8 = 0.25 ha and 0.8 × 5.5 / 8 = 0.55 ha are taken.
    table = budgets([0.4, 7, 13, 2], guarantee(dict.fromkeys(CODES, PLU)))
    assert table["guarantee_added_m2"].tolist() == [8_000, 0, 0, 0]
    assert table["guarantee_taken_m2"].tolist() == [0, 2_500, 5_500, 0]
    assert table["budget_m2"].tolist() == [10_000, 32_500, 59_500, 10_000]
    region = sum_budgets(table, PARENTS["region"], level="region").loc["52"]
    assert region["budget_m2"] == 112_000
    assert (region["guarantee_added_m2"], region["guarantee_taken_m2"]) == (8_000, 8_000)
    epci = sum_budgets(table, PARENTS["epci"], level="epci")
    assert epci["budget_m2"].to_dict() == {"E1": 42_500, "E2": 69_500}
    assert epci["guarantee_added_m2"].to_dict() == {"E1": 8_000, "E2": 0}
    assert epci["guarantee_taken_m2"].to_dict() == {"E1": 2_500, "E2": 5_500}


@pytest.mark.rule("R9")
@pytest.mark.parametrize(
    ("count", "reading", "floor_ha"),
    [
        # 1 ha + 0.5 ha × communes déléguées; 2 ha cap the bonus: at most 3 ha…
        (0, "bonus", 1.0), (1, "bonus", 1.5), (4, "bonus", 3.0), (9, "bonus", 3.0),
        # … or 2 ha cap the total.
        (0, "total", 1.0), (1, "total", 1.5), (2, "total", 2.0), (9, "total", 2.0),
    ],
)  # fmt: skip
def test_r9_communes_nouvelles_have_a_bonus_under_both_readings_of_the_cap(
    count, reading, floor_ha
):
    delegated = {"44001": count}
    chosen = guarantee({"44001": PLU}, delegated=delegated, cap_reading=reading)
    assert chosen.floor_m2("44001") == floor_ha * HA


@pytest.mark.rule("R9")
@pytest.mark.parametrize(
    ("document", "in_time"),
    [
        (PLU, True),
        (PlanningDocument("carte communale", "prescrit", date(2026, 8, 21), "t"), True),
        (PlanningDocument("PLUi", "prescrit", date(2026, 8, 22), "t"), False),
        # Approved since: prescribed earlier, on a day that is not given.
        (PlanningDocument("PLUi", "approuvé", date(2026, 10, 1), "t"), None),
        (NONE, False),
    ],
)
def test_r9_the_document_must_be_prescribed_arrete_or_approved_before_22_august_2026(
    document, in_time
):
    assert document.in_time(load_parameters().deadline.value) is in_time


def test_r9_without_a_document_there_is_no_floor():
    table = budgets([0.4, 7, 13, 2], guarantee({**dict.fromkeys(CODES, PLU), "44001": NONE}))
    assert table["guarantee_floor_m2"].tolist() == [0, HA, HA, HA]
    assert table["budget_m2"].tolist() == [2_000, 35_000, 65_000, 10_000]
    assert not table["guarantee_unknown"].any()


def test_r9_an_unknown_document_is_told_and_what_may_be_guaranteed_is_not_taken():
    # As above, with the documents of 44001 (0.2 ha) and 85001 (1 ha) unknown: nothing to add.
    table = budgets([0.4, 7, 13, 2], guarantee({"44002": PLU, "44003": PLU}))
    assert table["guarantee_floor_m2"].isna().tolist() == [True, False, False, True]
    assert table["guarantee_unknown"].tolist() == [True, False, False, False]
    epci = sum_budgets(table, PARENTS["epci"], level="epci")
    assert epci["guarantee_unknown_communes"].to_dict() == {"E1": 1, "E2": 0}
    # 44002 at 0.2 ha has its floor: 0.8 ha, all from 44003; the 0.2 ha of 44001 stay.
    table = budgets([0.4, 0.4, 13, 2], guarantee({"44002": PLU, "44003": PLU}))
    assert table["guarantee_taken_m2"].tolist() == [0, 0, 8_000, 0]


def test_r9_a_pooled_floor_moves_to_the_epci_whose_total_does_not_change():
    # Communes of E1 keep 0 and 2.25 ha, 2 ha are pooled: E1 has 4.25 ha with or without.
    everywhere = dict.fromkeys(CODES, PLU)
    pooled = frozenset({"44001", "44002"})
    table = budgets([0.4, 7, 13, 2], guarantee(everywhere, pooled=pooled))
    assert table["guarantee_pooled_m2"].tolist() == [10_000, 10_000, 0, 0]
    assert table["budget_m2"].tolist() == [0, 22_500, 59_500, 10_000]
    alone = sum_budgets(table, pd.Series(CODES, CODES), level="commune")
    assert alone["budget_m2"].tolist() == [0, 22_500, 59_500, 10_000]
    epci = sum_budgets(table, PARENTS["epci"], level="epci")
    assert epci["budget_m2"].to_dict() == {"E1": 42_500, "E2": 69_500}
    assert epci["remaining_m2"].to_dict() == {"E1": 42_500, "E2": 69_500}
    assert epci["guarantee_pooled_m2"].to_dict() == {"E1": 20_000, "E2": 0}


def test_r9_floors_that_the_region_does_not_hold_are_refused():
    # 4 floors of 1 ha; the region holds 0.2 + 0.5 + 1 + 1 = 2.7 ha.
    with pytest.raises(ScenarioError) as caught:
        budgets([0.4, 1, 2, 2], guarantee(dict.fromkeys(CODES, PLU)))
    (found,) = caught.value.problems
    assert (found.code, found.field) == ("guarantee-exceeds", "52")
    assert (found.found, found.expected) == ("40000 m²", "27000 m²")


def test_r9_floors_stay_inside_their_region():
    parents = PARENTS.assign(region=["52", "52", "53", "53"])
    table = budgets([0.4, 7, 13, 2], guarantee(dict.fromkeys(CODES, PLU)), parents=parents)
    assert table["guarantee_taken_m2"].tolist() == [0, 8_000, 0, 0]


def test_r9_an_unknown_budget_stays_unknown():
    base = pd.Series([pd.NA, 2_000, 65_000, 10_000], index=CODES, dtype="Int64")
    table = apply_guarantee(base, PARENTS["region"], guarantee(dict.fromkeys(CODES, PLU)))
    assert table["guarantee_added_m2"].isna().tolist() == [True, False, False, False]
    assert table["guarantee_taken_m2"].tolist()[1:] == [0, 8_000, 0]


def test_without_the_guarantee_its_amounts_are_missing_not_zero():
    table = sum_budgets(budgets([0.4, 7, 13, 2], None), PARENTS["epci"], level="epci")
    assert table["guarantee_added_m2"].isna().all()
    assert table["budget_m2"].to_dict() == {"E1": 37_000, "E2": 75_000}


def test_the_effective_rate_of_mixed_targets_is_that_before_the_guarantee():
    # Region: 0.2 + 7 × 0.7 + 6.5 + 1 = 12.6 ha of 22.4: 43.75 %.
    targets = {"44002": Target("commune", Fraction("0.3"), "own", "PLU")}
    chosen = guarantee(dict.fromkeys(CODES, PLU), pooled=frozenset({"44001"}))
    table = budgets([0.4, 7, 13, 2], chosen, targets=targets)
    region = sum_budgets(table, PARENTS["region"], level="region").loc["52"]
    assert region["rate"] == pytest.approx(0.4375)
    assert region["budget_m2"] == 126_000


areas = st.lists(st.integers(0, 40 * HA), min_size=2, max_size=30)
documents = st.sampled_from([PLU, NONE, UNKNOWN])


@settings(deadline=None, max_examples=40)
@given(areas, st.data())
def test_r9_whatever_the_communes_sums_hold_and_no_one_falls_below_its_floor(amounts, data):
    count = len(amounts)
    codes = [f"{i:05d}" for i in range(count)]
    drawn = data.draw(st.lists(documents, min_size=count, max_size=count))
    delegated = dict(
        zip(codes, data.draw(st.lists(st.integers(0, 6), max_size=count)), strict=False)
    )
    asks = frozenset(data.draw(st.lists(st.sampled_from(codes), unique=True)))
    reading = data.draw(st.sampled_from(["bonus", "total"]))
    chosen = guarantee(
        dict(zip(codes, drawn, strict=True)), delegated=delegated, pooled=asks, cap_reading=reading
    )
    epci = data.draw(st.lists(st.sampled_from("ABC"), min_size=count, max_size=count))
    parents = pd.DataFrame(
        {"epci": epci, "departement": "44", "region": "52"}, index=pd.Index(codes, name="code")
    )
    references = [area / HA for area in amounts]
    before = budgets(references, None, parents=parents)
    floors = before.index.map(chosen.floor_m2).to_series(index=before.index)
    try:
        table = budgets(references, chosen, parents=parents)
    except ScenarioError:
        # Refused only where the floors, known or possible, are more than what there is.
        highest = sum(map(chosen.highest_floor_m2, codes))
        assert highest > before["budget_m2"].sum()
        return
    order = data.draw(st.permutations(range(count)))
    again = budgets([references[i] for i in order], chosen, parents=parents.iloc[list(order)])
    pd.testing.assert_frame_equal(table, again)
    own = table["budget_m2"] + table["guarantee_pooled_m2"]
    assert own.sum() == before["budget_m2"].sum()
    assert table["guarantee_added_m2"].sum() == table["guarantee_taken_m2"].sum()
    assert (table["budget_m2"] >= 0).all()
    known = floors.dropna().index
    # Floors are respected, and no commune falls below the least of its base and its floor.
    assert (own[known] >= floors[known]).all()
    highest = before.index.map(chosen.highest_floor_m2).to_series(index=before.index)
    unknown = floors.index[floors.isna()]
    least = highest[unknown].clip(upper=before.loc[unknown, "budget_m2"])
    assert (own[unknown] >= least).all()
    for level in parents.columns:
        by_level = sum_budgets(table, parents[level], level=level)
        assert by_level["budget_m2"].sum() == before["budget_m2"].sum()
    # Pooling moves nothing between EPCI.
    alone = budgets(references, replace(chosen, pooled=frozenset()), parents=parents)
    pooled, separate = (sum_budgets(t, parents["epci"], level="epci") for t in (table, alone))
    assert pooled["budget_m2"].equals(separate["budget_m2"])
