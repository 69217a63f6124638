"""Inequality: hand-worked cases, the axioms, and PySAL ``inequality`` as an oracle."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from siting.balance.inequality import (
    gini,
    herfindahl,
    lowest_to_highest,
    spread,
    theil,
    theil_split,
)

rates = st.one_of(st.just(0.0), st.floats(0.01, 1e4))
sizes = st.integers(1, 9)
territories = st.lists(st.tuples(rates, sizes, st.sampled_from("abc")), min_size=1, max_size=12)


def unpack(rows):
    values, weights, groups = zip(*rows, strict=True)
    return list(values), list(weights), list(groups)


# --- Worked by hand -----------------------------------------------------------------


def test_gini_of_one_to_four_by_hand():
    """Pairs of 1, 2, 3, 4: Σ|xi − xj| = 20 over ordered pairs; 20 / (2 × 16 × 2.5) = 0.25."""
    assert gini([1, 2, 3, 4]) == pytest.approx(0.25, abs=1e-15)


def test_weighted_gini_by_hand():
    """1 for 3 inhabitants, 5 for 1: pairs 2 × 3 × 4 = 24; 24 / (2 × 16 × 2) = 0.375."""
    assert gini([1, 5], [3, 1]) == pytest.approx(0.375, abs=1e-15)


def test_theil_by_hand():
    """Shares 1/4 and 3/4 of two equal halves: 1/4 ln(1/2) + 3/4 ln(3/2)."""
    assert theil([1, 3]) == pytest.approx(0.25 * math.log(0.5) + 0.75 * math.log(1.5))


def test_theil_split_by_hand():
    """Groups a = {0, 4}, b = {2, 2}: equal means, so all is within: 1/2 × ln 2."""
    split = theil_split([0, 4, 2, 2], "aabb")
    assert split.between == 0
    assert split.within == pytest.approx(0.5 * math.log(2))


def test_one_that_has_all():
    assert gini([0, 0, 0, 8]) == pytest.approx(0.75)
    assert theil([0, 0, 0, 8]) == pytest.approx(math.log(4))
    assert (herfindahl([0, 0, 0, 8]), lowest_to_highest([0, 8]), spread([0, 8])) == (1, 0, 8)


def test_nothing_distributed_is_unknown_not_equal():
    nothing = [0.0, 0.0]
    for measure in (gini, theil, lowest_to_highest, herfindahl):
        assert math.isnan(measure(nothing))
    assert math.isnan(theil_split(nothing, "ab").between)
    assert spread(nothing) == 0
    assert math.isnan(spread([]))


@pytest.mark.parametrize("bad", [[1, math.nan], [1, -1], [1, math.inf]])
@pytest.mark.parametrize("measure", [gini, theil, spread, lowest_to_highest, herfindahl])
def test_an_unknown_or_negative_value_is_refused(measure, bad):
    with pytest.raises(ValueError, match="zero or more"):
        measure(bad)


def test_weights_must_match():
    with pytest.raises(ValueError, match="2 values and 1 weights"):
        gini([1, 2], [1])


# --- Oracle: PySAL inequality, whose units all weigh 1 --------------------------------


@given(territories)
def test_gini_and_theil_agree_with_pysal(rows):
    oracle_gini = pytest.importorskip("inequality.gini").Gini
    oracle_theil = pytest.importorskip("inequality.theil").TheilD
    values, weights, groups = unpack(rows)
    assume(any(values))
    # A territory of weight 3 is three units of PySAL.
    units, parts = np.repeat(values, weights), np.repeat(groups, weights)
    split, expected = theil_split(values, groups, weights), oracle_theil(units, parts)
    assert gini(values, weights) == pytest.approx(oracle_gini(units).g, abs=1e-9)
    assert split.total == pytest.approx(expected.T, abs=1e-9)
    assert split.between == pytest.approx(np.ravel(expected.bg)[0], abs=1e-9)


def test_the_published_example_of_pysal_is_reproduced():
    """GDP per head of Mexican states by Hanson's regions, documentation of ``TheilD``."""
    examples = pytest.importorskip("libpysal.examples")
    states = pd.read_csv(examples.get_path("mexico.csv"))
    published = {
        1940: (0.20894344, 0.0345889, 0.17435454),
        1960: (0.10472941, 0.05260921, 0.0521202),
        2000: (0.10660832, 0.03635872, 0.0702496),
    }
    for year, (total, between, within) in published.items():
        split = theil_split(states[f"pcgdp{year}"].to_numpy(), states["hanson98"].to_list())
        assert split.total == pytest.approx(total, abs=1e-8)
        assert split.within == pytest.approx(within, abs=1e-8)
        assert split.between == pytest.approx(between, abs=1e-8)


# --- Axioms ---------------------------------------------------------------------------


@given(territories, st.randoms(use_true_random=False))
def test_order_changes_nothing_to_the_last_bit(rows, random):
    values, weights, groups = unpack(rows)
    assume(any(values))
    other = rows[:]
    random.shuffle(other)
    values2, weights2, groups2 = unpack(other)
    assert gini(values, weights) == gini(values2, weights2)
    assert theil_split(values, groups, weights) == theil_split(values2, groups2, weights2)
    assert herfindahl(values) == herfindahl(values2)


@given(territories, st.floats(0.1, 100))
def test_scale_changes_nothing(rows, factor):
    values, weights, _ = unpack(rows)
    assume(any(values))
    scaled = [value * factor for value in values]
    for measure in (gini, theil):
        assert measure(scaled, weights) == pytest.approx(measure(values, weights), abs=1e-12)
    assert herfindahl(scaled) == pytest.approx(herfindahl(values))
    assert lowest_to_highest(scaled) == pytest.approx(lowest_to_highest(values))
    assert spread(scaled) == pytest.approx(spread(values) * factor)


@given(territories, st.integers(2, 5))
def test_a_population_repeated_changes_nothing(rows, times):
    values, weights, _ = unpack(rows)
    assume(any(values))
    for measure in (gini, theil):
        whole = measure(values, weights)
        assert measure(values * times, weights * times) == pytest.approx(whole, abs=1e-12)


@given(territories)
def test_between_and_within_add_up_to_the_total(rows):
    values, weights, groups = unpack(rows)
    assume(any(values))
    split = theil_split(values, groups, weights)
    assert split.between + split.within == pytest.approx(theil(values, weights), abs=1e-12)
    assert min(split.between, split.within) >= 0


@given(territories)
def test_bounds(rows):
    values, weights, _ = unpack(rows)
    assume(any(values))
    assert 0 <= gini(values, weights) < 1
    assert 0 <= theil(values, weights) <= math.log(sum(weights)) + 1e-12
    assert 1 / len(values) - 1e-12 <= herfindahl(values) <= 1 + 1e-12


@given(territories, st.floats(0.05, 0.5))
def test_a_transfer_from_the_richer_to_the_poorer_lowers_both(rows, part):
    """Pigou-Dalton: the transfer leaves the one that gives above the one that receives."""
    values, weights, _ = unpack(rows)
    richer, poorer = values.index(max(values)), values.index(min(values))
    assume(values[richer] - values[poorer] > 0.01)
    gap = (values[richer] - values[poorer]) * part
    amount = gap / (1 / weights[richer] + 1 / weights[poorer])  # the same total, other hands
    moved = values[:]
    moved[richer] -= amount / weights[richer]
    moved[poorer] += amount / weights[poorer]
    assert gini(moved, weights) < gini(values, weights)
    assert theil(moved, weights) < theil(values, weights)


@given(st.lists(sizes, min_size=1, max_size=12), st.floats(0.1, 50))
def test_zero_where_hectares_follow_the_population(population, rate):
    values = [rate * size / size for size in population]
    assert gini(values, population) == pytest.approx(0, abs=1e-15)
    assert theil(values, population) == pytest.approx(0, abs=1e-15)
