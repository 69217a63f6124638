"""R7: what the regions bear of the national envelope."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siting.zan.pene import regional_rates
from siting.zan.ruleset import load_ruleset

HECTARE = 10_000


def test_r7_the_shares_are_pro_rata_of_the_objectives():
    # References 600, 300, 100 ha: objectives 300, 150, 50, of 500 ha in all. 100 ha to share:
    # 60, 30, 10. What is left, 240, 120, 40 ha, is 40 % of each reference: rate 60 %.
    references = {"A": 600 * HECTARE, "B": 300 * HECTARE, "C": 100 * HECTARE}
    found = regional_rates(references, shared_m2=100 * HECTARE)
    assert [one.share_m2 // HECTARE for one in found.values()] == [60, 30, 10]
    assert {one.rate for one in found.values()} == {Fraction(3, 5)}
    assert [one.objective_m2 for one in found.values()] == [3_000_000, 1_500_000, 500_000]


def test_r7_the_rate_cited_for_hauts_de_france():
    # ΣO of about 111,900 ha: 1 − 0.5 × (1 − 10,000 / 111,900) = 0.5 + 5,000 / 111,900
    # = 0.54468, the 54.47 % of the adopted SRADDET of Hauts-de-France.
    pene = load_ruleset("zan-54-5").pene
    references = {"32": 20_000 * HECTARE, "others": 203_800 * HECTARE}
    found = regional_rates(
        references, shared_m2=pene.shared_ha * HECTARE, objective_rate=pene.objective_rate
    )
    rate = found["32"].rate
    assert rate == Fraction(1, 2) + Fraction(5_000, 111_900)
    assert round(float(rate) * 100, 2) == 54.47
    # The ministry's "of the order of 54.5 %" is the same to one decimal.
    assert round(float(rate), 3) == float(load_ruleset("zan-54-5").rate.value)


def test_r7_pays_de_la_loire_bears_about_870_hectares():
    # R29: 19,400 ha of reference, 9,700 of objective; 10,000 × 9,700 / 111,900 = 866.8 ha.
    references = {"52": 19_400 * HECTARE, "others": (223_800 - 19_400) * HECTARE}
    found = regional_rates(references, shared_m2=10_000 * HECTARE)
    assert found["52"].share_m2 == 8_668_454  # 866.8454 ha
    assert sum(one.share_m2 for one in found.values()) == 10_000 * HECTARE


def test_what_cannot_be_shared_evenly_goes_by_largest_remainder_then_by_code():
    # Three equal regions and 10 m²: 3 each and one more, for the first code.
    found = regional_rates({"C": 100, "B": 100, "A": 100}, shared_m2=10)
    assert {code: one.share_m2 for code, one in found.items()} == {"A": 4, "B": 3, "C": 3}


@given(
    st.dictionaries(st.text("ABCDEF", min_size=1, max_size=3), st.integers(1, 10**10), min_size=1),
    st.fractions(0, 1),
)
def test_the_shares_add_up_exactly_and_the_rates_give_back_what_is_left(references, part):
    objectives = sum(references.values()) // 2
    shared_m2 = int(objectives * part)
    if objectives == 0:
        return
    found = regional_rates(references, shared_m2=shared_m2)
    assert sum(one.share_m2 for one in found.values()) == shared_m2
    for one in found.values():
        left = one.reference_m2 * (1 - one.rate)
        assert abs(one.objective_m2 - one.share_m2 - left) < 1  # whole m²
    assert {Fraction(1, 2) <= one.rate <= 1 for one in found.values()} == {True}


@pytest.mark.parametrize(
    ("references", "shared_m2", "objective_rate", "told"),
    [
        ({}, 1, Fraction(1, 2), "add up to 0"),
        ({"A": 10}, 6, Fraction(1, 2), "6 m² to share, but the objectives add up to 5 m²"),
        ({"A": -10, "B": 40}, 6, Fraction(1, 2), "negative area: A"),
        ({"A": 10}, -1, Fraction(1, 2), "negative area: the shared area"),
        ({"A": 10}, 1, Fraction(3, 2), "expected 0 to 1"),
    ],
)
def test_what_makes_no_sense_is_refused(references, shared_m2, objective_rate, told):
    with pytest.raises(ValueError, match=told):
        regional_rates(references, shared_m2=shared_m2, objective_rate=objective_rate)
