"""Tables of communes carried to another COG: hand-worked merges and splits."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.cog import Passage, load_passage
from layers.harmonise import Ratio, on_communes
from layers.spec import Column, LayerSpec, Provenance, Status, make_layer
from layers.territory import load_communes
from layers.vacancy import VACANCY_RULES, load_vacancy

SPEC = LayerSpec(
    "homes",
    "Homes",
    (
        Column("code", "string", "INSEE code"),
        Column("homes", "integer", "Homes", nullable=True),
        Column("empty", "integer", "Empty homes", nullable=True),
        Column("rate", "number", "Empty homes", unit="%", nullable=True),
        Column("zone", "string", "Zone", nullable=True),
        Column("town", "string", "Town", nullable=True),
        Column("median", "number", "Median", nullable=True),
    ),
    key="code",
)
RULES = {
    "homes": "sum",
    "empty": "sum",
    "rate": Ratio("empty", "homes", 100),
    "zone": "same",
    "town": "chief",
    "median": "unknown",
}
SOURCE = Provenance("INSEE", "RP", "2011", "LO 2.0", Status.OBSERVED, file="homes.csv")


def table(*rows):
    names = [column.name for column in SPEC.columns]
    data = pd.DataFrame(rows, columns=names)
    return make_layer(SPEC, data.astype({"homes": "Int64", "empty": "Int64"}), SOURCE)


OLD = table(
    ("44180", 200, 20, 10.0, "B2", "Vallons", 1000.0),
    ("49144", 300, 5, 1.7, "C", "Freigné", 2000.0),
    ("49126", 100, 1, 1.0, "C", "Orée", 1500.0),
)
PASSAGE = Passage({"49144": ("44180",)}, 2025)


def test_counts_are_added_rates_computed_again_and_medians_unknown():
    after = on_communes(OLD, {"44180", "49126"}, RULES, passage=PASSAGE)
    merged = after.data.set_index("code").loc["44180"]
    assert merged[["homes", "empty"]].tolist() == [500, 25]
    assert merged["rate"] == 5.0  # 25 / 500, not the mean of 10 and 1.7
    assert pd.isna(merged["zone"])  # B2 and C: nobody knows
    assert merged["town"] == "Vallons"  # its code is that of the new commune
    assert pd.isna(merged["median"])
    alone = after.data.set_index("code").loc["49126"]
    assert alone.tolist() == [100, 1, 1.0, "C", "Orée", 1500.0]
    assert after.provenance.method == "COG 2025: now under another code: 49144 → 44180"
    assert after.notes == ()


def test_a_sum_with_an_unknown_part_is_unknown():
    hidden = table(
        ("44180", 200, None, None, "C", "Vallons", None),
        ("49144", 300, 5, 1.7, "C", "Freigné", None),
    )
    merged = on_communes(hidden, {"44180"}, RULES, passage=PASSAGE).data.iloc[0]
    assert merged["homes"] == 500
    assert pd.isna(merged["empty"])
    assert pd.isna(merged["rate"])
    assert merged["zone"] == "C"


def test_without_a_passage_table_what_changed_is_listed():
    after = on_communes(OLD, {"44180", "49126", "49007"}, RULES)
    unmatched, missing = after.notes
    assert (unmatched.code, unmatched.found) == ("cog-unmatched", "49144 (1)")
    assert (missing.code, missing.found, missing.expected) == ("code-missing", "1", "3")
    assert {unmatched.severity, missing.severity} == {"warning"}


def test_the_rest_of_france_is_left_out_without_a_word():
    france = table(
        ("44180", 200, 20, 10.0, "B2", "Vallons", 1.0),
        ("75056", 9, 1, 11.1, "A", "Paris", 1.0),
        ("2A004", 9, 1, 11.1, "B1", "Ajaccio", 1.0),
    )
    after = on_communes(france, {"44180"}, RULES)
    assert after.data["code"].tolist() == ["44180"]
    assert after.notes == ()


@pytest.mark.parametrize("passage", [Passage({"49001": ("49001", "49002")}, 2025)])
def test_a_split_keeps_labels_and_loses_counts(passage):
    old = table(("49001", 100, 10, 10.0, "C", "Before", 900.0))
    after = on_communes(old, {"49001", "49002"}, RULES, passage=passage).data
    assert after["code"].tolist() == ["49001", "49002"]
    assert after["zone"].tolist() == ["C", "C"]
    assert after[["homes", "empty", "rate", "median"]].isna().all(axis=None)


def test_a_split_that_the_codes_alone_hide_is_found():
    # Les Essarts-en-Bocage kept 85084 after it lost L'Oie and Sainte-Florence in 2024.
    communes = {"85084", "85165", "85212", "85001"}
    before = table(
        ("85084", 100, 10, 10.0, "C", "Essarts", 1.0), ("85001", 5, 1, 20.0, "C", "L'Absie", 1.0),
        ("85212", None, None, None, None, None, None),
    )  # fmt: skip
    carried = on_communes(before, communes, RULES)
    assert carried.notes == ()  # the empty row of 85212 is no stranger
    after = carried.data.set_index("code")
    assert after["homes"].notna().to_dict() == {
        "85001": True, "85084": False, "85165": False, "85212": False,
    }  # fmt: skip
    assert after["zone"].eq("C").all()
    since = table(
        ("85084", 70, 10, 14.3, "C", "Essarts", 1.0), ("85165", 20, 1, 5.0, "C", "L'Oie", 1.0),
        ("85212", 10, 1, 10.0, "C", "Sainte-Florence", 1.0),
    )  # fmt: skip
    assert on_communes(since, communes, RULES).data["homes"].tolist() == [70, 20, 10]


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=8), st.integers(1, 4))
def test_totals_are_conserved_whatever_merges(counts, communes):
    codes = [f"44{i:03}" for i in range(len(counts))]
    targets = {code: (codes[i % min(communes, len(codes))],) for i, code in enumerate(codes)}
    rows = [(code, n, n, 100.0, "C", code, 1.0) for code, n in zip(codes, counts, strict=True)]
    known = {new for (new,) in targets.values()}
    after = on_communes(table(*rows), known, RULES, passage=Passage(targets, 2025))
    assert after.data["homes"].sum() == sum(counts)
    assert set(after.data["code"]) == known


def test_the_real_vacancy_loses_no_dwelling(open_data):
    folder = open_data / "pays-de-la-loire"
    before = load_vacancy(folder / "lovac_vacance_2ans_2021.csv")
    passage = load_passage(folder / "cog_passage_vers_2025.csv")
    codes = set(load_communes().data["code"])
    after = on_communes(before, codes, VACANCY_RULES, passage=passage)
    stock = before.data.set_index("code")["private_dwellings"]
    # 85084 was split since; 85021, under secrecy, is now part of 85076.
    lost = stock[["85084", "85076"]].sum()
    assert pd.isna(stock["85021"])
    assert after.data["private_dwellings"].sum() == stock.sum() - lost
    assert len(after.data) == len(before.data)  # two merged communes less, two parts of 85084 more
    assert "49069 → 49126" in after.provenance.method
    without = on_communes(before, codes, VACANCY_RULES)
    (unmatched,) = [note for note in without.notes if note.code == "cog-unmatched"]
    assert unmatched.found == "49069, 72287, 85021 (3)"
