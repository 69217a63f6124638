"""Cells: numbers, yes and no, labels, codes and dates as French files write them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.cells import (
    COMMUNE,
    FALSE_WORDS,
    SIREN,
    TRUE_WORDS,
    UNKNOWN_WORDS,
    as_text,
    read_boolean,
    read_choice,
    read_code,
    read_date,
    read_integer,
    read_number,
    read_text,
)


def one(cells) -> tuple:
    """Return the value of a single cell (None if missing), and whether it is wrong."""
    value = cells.column.iloc[0]
    return (None if pd.isna(value) else value), bool(cells.wrong[0]), bool(cells.unmapped[0])


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12.0), ("12.5", 12.5), ("12,5", 12.5), (" 12 ", 12.0), ("-3,25", -3.25),
        ("1 234,5", 1234.5), ("1\u00a0234\u00a0567", 1234567.0), ("12\u202f345", 12345.0),
        ("1e3", 1000.0), (",5", 0.5), ("+7", 7.0), ("007", 7.0), ("12,", 12.0),
    ],
)  # fmt: skip
def test_numbers_are_read_as_the_french_write_them(text, number):
    assert one(read_number(pd.Series([text]))) == (number, False, False)


@pytest.mark.parametrize(
    "text",
    ["douze", "1,234.5", "1.234,5", "12 34", "12 ha", "1 2345", "inf", "1e999", "--1", "0x10",
     "12;5", "1,2,3", "٣"],
)  # fmt: skip
def test_what_is_no_number_or_may_mean_two_is_wrong_never_guessed(text):
    value, wrong, _ = one(read_number(pd.Series([text])))
    assert (value, wrong) == (None, True)


@pytest.mark.parametrize("text", [*sorted(UNKNOWN_WORDS), "NaN", "NR", "Inconnu", "  ", None])
def test_unknown_is_missing_in_every_kind_but_text(text):
    values = pd.Series([text], dtype=object)
    for read in (read_number, read_integer, read_boolean, read_date):
        assert one(read(values)) == (None, False, False)
    assert one(read_choice(values, ("a",))) == (None, False, False)
    assert one(read_code(values, pattern=COMMUNE, length=5)) == (None, False, False)


def test_free_text_is_never_taken_for_unknown():
    values = pd.Series(["NR", "Autre", "S", "", "  ", None, " a\u00a0 b\n"])
    assert read_text(values).column.tolist() == ["NR", "Autre", "S", None, None, None, "a b"]


def test_unknown_is_never_zero():
    cells = read_number(pd.Series([0.0, -9999.0, np.nan, -1.0]))
    assert cells.column.tolist()[0] == 0.0
    assert np.isnan(cells.column.to_numpy()[1:3]).all()
    assert cells.column.tolist()[3] == -1.0
    assert not cells.wrong.any()


def test_a_number_that_is_infinite_is_wrong():
    cells = read_number(pd.Series([np.inf, -np.inf, 1.0]))
    assert cells.wrong.tolist() == [True, True, False]
    assert cells.column.isna().tolist() == [True, True, False]


@pytest.mark.parametrize("dtype", ["int64", "Int64", "float64", "Float64", "object", "str"])
def test_every_dtype_of_number_gives_the_same(dtype):
    values = pd.Series([1, 2, 3]).astype(dtype)
    assert read_number(values, factor=10_000).column.tolist() == [1e4, 2e4, 3e4]
    assert read_integer(values).column.tolist() == [1, 2, 3]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_numbers_written_with_a_comma_come_back(numbers):
    text = pd.Series([repr(number).replace(".", ",") for number in numbers])
    cells = read_number(text)
    kept = np.array(numbers) != -9999
    assert cells.column[kept].tolist() == np.array(numbers)[kept].tolist()
    assert not cells.wrong.any()


@given(st.integers(0, 10**12))
def test_spaces_between_thousands_change_nothing(number):
    cells = read_number(pd.Series([f"{number:,}".replace(",", "\u202f")]))
    assert cells.column.tolist() == [number]


def test_a_whole_number_has_no_decimals():
    cells = read_integer(pd.Series(["2030", "2030,5", "2030.0", ""]))
    assert cells.column.tolist() == [2030, pd.NA, 2030, pd.NA]
    assert cells.wrong.tolist() == [False, True, False, False]
    assert str(cells.column.dtype) == "Int64"


@pytest.mark.parametrize("word", [*sorted(TRUE_WORDS), "OUI", "Vrai", True, 1, 1.0, np.True_])
def test_words_for_yes(word):
    assert one(read_boolean(pd.Series([word]))) == (True, False, False)


@pytest.mark.parametrize("word", [*sorted(FALSE_WORDS), "Non", "FAUX", False, 0, 0.0])
def test_words_for_no(word):
    assert one(read_boolean(pd.Series([word]))) == (False, False, False)


@pytest.mark.parametrize("word", ["peut-être", "2", "oui/non", -1])
def test_what_is_neither_yes_nor_no_is_wrong(word):
    assert one(read_boolean(pd.Series([word]))) == (None, True, False)


def test_labels_may_tell_yes_no_or_neither():
    meanings = {"friche": True, "reconvertie": False, "potentielle": None}
    values = pd.Series(["Friche", "reconvertie", "POTENTIELLE", "inconnu", "autre chose"])
    cells = read_boolean(values, meanings=meanings)
    assert cells.column.tolist() == [True, False, pd.NA, pd.NA, pd.NA]
    assert cells.unmapped.tolist() == [False] * 4 + [True]
    assert not cells.wrong.any()


def test_labels_are_matched_whatever_their_case_accents_and_apostrophes():
    choices = ("établissement d'enseignement", "région", "Us")
    words = ["ETABLISSEMENT D’ENSEIGNEMENT", "  Re\u0301gion ", "REGION", "us"]
    cells = read_choice(pd.Series(words), choices)
    assert cells.column.tolist() == [choices[0], choices[1], choices[1], "Us"]


def test_synonyms_stand_for_a_label_or_for_none():
    cells = read_choice(
        pd.Series(["EPCI", "RNU", "autoroute"]), ("intercommunalité",),
        synonyms={"epci": "intercommunalité", "rnu": None},
    )  # fmt: skip
    assert cells.column.tolist() == ["intercommunalité", None, None]
    assert cells.wrong.tolist() == [False, False, True]
    assert cells.unmapped.tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("44109", "44109"), ("01001", "01001"), ("1001", "01001"), (1001, "01001"),
        (1001.0, "01001"), ("2a004", "2A004"), ("2B033", "2B033"), ("NR", None),
    ],
)  # fmt: skip
def test_communes_are_five_characters_zeros_put_back(cell, code):
    assert one(read_code(pd.Series([cell]), pattern=COMMUNE, length=5)) == (code, False, False)


@pytest.mark.parametrize("cell", ["101", "441099", "2C004", "4410X", 44109.5])
def test_what_is_no_code_is_wrong(cell):
    assert one(read_code(pd.Series([cell]), pattern=COMMUNE, length=5)) == (None, True, False)


@pytest.mark.parametrize("cell", ["Nantes", "44109|44020", "LA ROCHE-SUR-YON"])
def test_a_name_or_a_list_of_codes_is_no_code_but_not_wrong(cell):
    assert one(read_code(pd.Series([cell]), pattern=COMMUNE, length=5)) == (None, False, True)


def test_a_siren_is_nine_digits():
    cells = read_code(pd.Series([244400404, "244400404", "24440040", "2444"]), pattern=SIREN,
                      length=9)  # fmt: skip
    assert cells.column.tolist() == ["244400404", "244400404", "024440040", None]
    assert cells.wrong.tolist() == [False, False, False, True]


@pytest.mark.parametrize(
    ("cell", "date"),
    [
        ("2027-12-31", "2027-12-31"), ("31/12/2027", "2027-12-31"), ("1/2/2027", "2027-02-01"),
        ("2027", "2027"), (2027, "2027"), (2027.0, "2027"), ("2027-06", "2027-06"),
        ("2027-12-31T00:00:00", "2027-12-31"), ("2027-12-31 10:00:00+02:00", "2027-12-31"),
        (pd.Timestamp("2027-12-31"), "2027-12-31"),
    ],
)  # fmt: skip
def test_dates_are_iso_and_as_precise_as_the_cell(cell, date):
    assert one(read_date(pd.Series([cell]))) == (date, False, False)


@pytest.mark.parametrize(
    "cell", ["31/02/2027", "2027-13", "bientôt", "12/2027", "20271231", "0000"]
)
def test_what_is_no_date_is_wrong(cell):
    assert one(read_date(pd.Series([cell]))) == (None, True, False)


@given(st.dates())
def test_french_and_iso_dates_mean_the_same(date):
    cells = read_date(pd.Series([date.isoformat(), date.strftime("%d/%m/") + f"{date.year:04}"]))
    assert cells.column.tolist() == [date.isoformat()] * 2


def test_text_of_a_column_of_any_dtype():
    assert as_text(pd.Series([1.0, 2.5, np.nan])).tolist() == ["1", "2.5", ""]
    assert as_text(pd.Series([1, None], dtype="Int64")).tolist() == ["1", ""]
    assert as_text(pd.Series([" a ", "b"], dtype="category")).tolist() == ["a", "b"]
    assert as_text(pd.Series([True, False])).tolist() == ["True", "False"]
    assert as_text(pd.Series([], dtype=object)).tolist() == []


@pytest.mark.parametrize("end", [".0", ",0", ".00"])
def test_decimals_that_pandas_adds_to_a_column_with_gaps_are_dropped(end):
    def column(text: str) -> pd.Series:
        return pd.Series([f"{text}{end}"])

    assert one(read_boolean(column("1"))) == (True, False, False)
    assert one(read_boolean(column("0"))) == (False, False, False)
    assert one(read_code(column("44026"), pattern=COMMUNE, length=5)) == ("44026", False, False)
    assert one(read_code(column("1001"), pattern=COMMUNE, length=5)) == ("01001", False, False)
    assert one(read_date(column("2027"))) == ("2027", False, False)
    assert one(read_integer(column("2027"))) == (2027, False, False)


@pytest.mark.parametrize("text", ["1.5", "0,1"])
def test_other_decimals_are_no_answer(text):
    assert one(read_boolean(pd.Series([text]))) == (None, True, False)


def test_bytes_are_read_if_they_are_text_and_told_if_they_are_not():
    assert one(read_text(pd.Series(["Forêt".encode()]))) == ("Forêt", False, False)
    broken = pd.Series([b"\xff\xd8"])
    assert one(read_text(broken)) == (None, True, False)
    assert one(read_number(broken)) == (None, True, False)
    assert as_text(broken).tolist() == ["0xffd8…"]


def test_a_number_too_large_for_its_unit_is_out_of_any_range():
    assert np.isinf(read_number(pd.Series(["1e306"]), factor=10_000.0).column[0])
