import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.errors import SitingError as Base
from siting import errors
from siting.domain import (
    Period,
    Reason,
    ValueFunction,
    decimals_adding_up,
    hectares_text,
    number_text,
)
from siting.i18n import language, translator
from siting.labels import UNKNOWN, hectares, number, percent

FR, EN = translator("fr"), translator("en")


def test_one_base_for_every_exception():
    named = [getattr(errors, name) for name in errors.__all__]
    exceptions = [e for e in named if isinstance(e, type) and issubclass(e, BaseException)]
    assert len(exceptions) >= 4
    assert all(issubclass(e, Base) for e in exceptions)


def test_all_problems_are_in_the_exception():
    found = [errors.problem("no-rows", file="a.csv"), errors.problem("file-empty", file="b.csv")]
    error = errors.LayerError(found)
    assert error.problems == tuple(found)
    assert str(error).count("\n") == 1


def test_a_problem_in_both_languages():
    found = errors.problem(
        "value-type", file="s.csv", row=3, field="aire", found="x", expected="a number"
    )
    assert found.line(EN) == "s.csv, row 3, field “aire”: “x” is not a number [value-type]"
    french = found.line(FR)
    assert "ligne 3" in french
    assert french.endswith("[value-type]")
    assert french != found.line(EN)


@given(st.integers(1900, 2100), st.integers(1900, 2100))
def test_a_period_holds_its_years(first, last):
    if last < first:
        with pytest.raises(ValueError, match="ends before"):
            Period(first, last)
        return
    period = Period(first, last)
    assert len(period) == sum(year in period for year in range(1890, 2111))


def test_a_figure_is_written_as_the_language_does():
    reason = Reason("x", "{used_ha} ha are used", {"used_m2": 12_345_678})
    assert reason.text(EN) == "1,234.6 ha are used"
    assert reason.text(FR) == "1\u202f234,6\u00a0ha are used"
    assert number_text(1234.5, 1, FR) == "1\u202f234,5"
    assert hectares(12_345_678, FR) == "1\u202f234,57"
    assert percent(0.5, FR).startswith("50")


def test_a_figure_of_another_unit_takes_the_decimal_mark_of_the_language():
    for value, french in ((2.0, "2 km"), (1.5, "1,5 km"), (0.25, "0,25 km"), (3, "3 km")):
        reason = Reason("x", "{km} km", {"km": value})
        assert (reason.text(translator("fr")), reason.text()) == (french, f"{value:g} km")


def test_areas_that_differ_never_read_the_same():
    # 30.04 ha to take where 30 ha remain: 400 m² too many, not “30.0 where 30.0 remain”.
    message = "{site_ha} ha where {left_ha} ha remain: {excess_ha} ha too many"
    figures = {"site_m2": 300_400, "left_m2": 300_000, "excess_m2": 400, "untold_m2": 300_001}
    assert Reason("x", message, figures).text() == (
        "30.04 ha where 30.00 ha remain: 0.04 ha too many"
    )
    equal = {"site_m2": 300_000, "left_m2": 300_000, "excess_m2": 0}
    assert Reason("x", message, equal).text() == "30.0 ha where 30.0 ha remain: 0.0 ha too many"


@pytest.mark.parametrize(
    ("area_m2", "told"),
    # 1 m² is 0.0001 ha; what is less than half a square metre cannot be told in four decimals.
    [(1, "0,0001"), (-41, "−0,004"), (499, "0,05"), (500, "0,1"), (-12_345, "−1,2"), (0, "0,0")],
)
def test_an_area_never_reads_as_none_and_has_a_true_minus(area_m2, told):
    assert hectares_text(area_m2, FR) == told


@pytest.mark.parametrize("missing", [None, float("nan")])
def test_unknown_is_shown_as_unknown(missing):
    assert {hectares(missing, FR), percent(missing, FR), number(missing, FR)} == {UNKNOWN}


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"points": ((0, 0), (1, 1)), "categories": {"a": 1}},
        {"points": ((1, 0), (1, 1))},
        {"points": ((0, 0), (1, 1.5))},
        {"categories": {"a": float("nan")}},
    ],
)
def test_a_value_function_is_checked(wrong):
    with pytest.raises(ValueError, match=r"expected|increase|\[0, 1\]"):
        ValueFunction("m", "a source", **wrong)


def test_french_unless_english_is_asked(monkeypatch):
    monkeypatch.delenv("SITING_LANG", raising=False)
    assert (language(), language("en"), language("es")) == ("fr", "en", "fr")
    monkeypatch.setenv("SITING_LANG", "en")
    assert (language(), language("fr")) == ("en", "fr")


@given(st.integers(1, 10_000_000), st.integers(1, 10_000_000))
def test_hectares_of_a_sentence_add_up_as_they_read(first, second):
    told = Reason(
        "x", "{a_ha} + {b_ha} = {c_ha}", {"a_m2": first, "b_m2": second, "c_m2": first + second}
    ).text()
    a, b, c = (Decimal(one.replace(",", "")) for one in re.findall(r"[\d.,]+", told))
    assert a + b == c


def test_a_decimal_more_is_written_where_the_sum_asks_for_it():
    # 43.86 − 33.11 = 10.75 ha; with one decimal, 43.9 − 33.1 would read 10.7.
    figures = {"site_m2": 438_600, "left_m2": 331_110, "more_m2": 107_490}
    told = Reason("x", "{site_ha}, {left_ha}, {more_ha}", figures).text()
    assert told == "43.86, 33.11, 10.75"
    even = {"site_m2": 440_000, "left_m2": 330_000, "more_m2": 110_000}
    assert Reason("x", "{site_ha}, {left_ha}, {more_ha}", even).text() == "44.0, 33.0, 11.0"


@given(st.lists(st.integers(-10_000_000, 10_000_000), min_size=2, max_size=8))
def test_tables_of_hectares_add_up_as_they_read(parts_m2):
    # At most four decimals, for 1 m², with which any sum holds.
    decimals = decimals_adding_up([sum(parts_m2), *parts_m2])
    whole, *parts = (
        Decimal(number_text(area_m2 / 10_000, decimals, EN).replace(",", "").replace("−", "-"))
        for area_m2 in (sum(parts_m2), *parts_m2)
    )
    assert whole == sum(parts)
    assert 1 <= decimals <= 4
