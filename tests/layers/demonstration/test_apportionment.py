"""Whole numbers that meet their margins."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from layers.demonstration.apportionment import (
    apportion,
    fit_margins,
    integer_weights,
    round_table,
)

WEIGHTS = hnp.arrays(np.int64, st.integers(1, 30), elements=st.integers(0, 10**6))


@given(total=st.integers(0, 10**9), weights=WEIGHTS.filter(np.any))
def test_shares_sum_to_the_total_and_stay_near_the_quota(total, weights):
    shares = apportion(total, weights)
    assert shares.sum() == total
    assert (shares[weights == 0] == 0).all()
    # Quota rule of the largest remainder: the floor of the exact share, or one more.
    exact = [total * weight // int(weights.sum()) for weight in weights.tolist()]
    assert all(0 <= share - low <= 1 for share, low in zip(shares.tolist(), exact, strict=True))


def test_hand_worked_largest_remainder():
    # 592 shared as 182, 132, 120, 84, 74 is itself; 100 gives remainders .74 .30 .27 .19 .5
    assert apportion(592, np.array([182, 132, 120, 84, 74])).tolist() == [182, 132, 120, 84, 74]
    assert apportion(100, np.array([182, 132, 120, 84, 74])).tolist() == [31, 22, 20, 14, 13]


def test_nothing_to_share_by_is_an_error():
    with pytest.raises(ValueError, match="no weight"):
        apportion(5, np.zeros(3, dtype=np.int64))


def test_integer_weights_keep_zero_and_what_is_positive():
    assert integer_weights(np.array([0.0, 1e-12, 2.0])).tolist() == [0, 1, 1_000_000]
    assert integer_weights(np.zeros(2)).tolist() == [0, 0]


@given(
    rows=st.lists(st.integers(10, 10**6), min_size=2, max_size=6),
    seed=hnp.arrays(np.float64, (6, 4), elements=st.floats(0.5, 2.0)),
)
def test_a_fitted_and_rounded_table_has_its_margins(rows, seed):
    columns = apportion(sum(rows), np.array([5, 3, 2, 1]))
    table = round_table(fit_margins(seed[: len(rows)], np.array(rows), columns))
    assert table.sum(axis=1).tolist() == rows
    assert table.sum(axis=0).tolist() == columns.tolist()


def test_margins_that_differ_are_an_error():
    with pytest.raises(ValueError, match="rows sum to 3, columns to 4"):
        fit_margins(np.ones((1, 2)), np.array([3]), np.array([2, 2]))
