"""Weights from pairwise judgements."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymcdm.weights.subjective import AHP

from siting.ahp import RANDOM_INDEX, principal_eigenvector, priorities

DRINKS = ("coffee", "wine", "tea", "beer", "sodas", "milk", "water")
DRINKS_MATRIX = """
1   9 5   2   1   1   1/2
1/9 1 1/3 1/9 1/9 1/9 1/9
1/5 3 1   1/3 1/4 1/3 1/9
1/2 9 3   1   1/2 1   1/3
1   9 4   2   1   2   1/2
1   9 3   1   1/2 1   1/3
2   9 9   3   2   3   1
"""


def read(text):
    rows = [[cell.split("/") for cell in line.split()] for line in text.strip().splitlines()]
    return np.array([[float(a) / float(*b or "1") for a, *b in row] for row in rows])


def judgements(matrix, names):
    return {
        row: {column: float(matrix[i, j]) for j, column in enumerate(names) if j > i}
        for i, row in enumerate(names)
        if i < len(names) - 1
    }


def test_the_drinks_of_saaty_2008():
    """Saaty (2008), Int. J. Services Sciences 1(1), 83-98: drink consumption in the U.S."""
    found = priorities(judgements(read(DRINKS_MATRIX), DRINKS))
    printed = [0.177, 0.019, 0.042, 0.116, 0.190, 0.129, 0.327]
    assert [round(found.weights[name], 3) for name in DRINKS] == printed
    assert round(found.consistency_ratio, 3) == 0.022
    assert found.consistent


def test_a_consistent_matrix_gives_back_its_weights():
    wanted = {"a": 0.5, "b": 0.25, "c": 0.15, "d": 0.10}
    pairs = combinations(wanted, 2)
    told = {}
    for first, second in pairs:
        told.setdefault(first, {})[second] = wanted[first] / wanted[second]
    found = priorities(told)
    assert found.weights == pytest.approx(wanted, abs=1e-6)
    assert found.largest_eigenvalue == pytest.approx(4)
    assert found.consistency_ratio == pytest.approx(0, abs=1e-6)


def test_judgements_that_run_in_a_circle_are_not_consistent():
    found = priorities({"a": {"b": 5}, "b": {"c": 5}, "c": {"a": 5}})
    assert found.weights == pytest.approx({"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}, abs=1e-6)
    # λ_max = 1 + 5 + 1/5; index (6.2 - 3) / 2 over 0.52.
    assert found.consistency_ratio == pytest.approx(1.6 / 0.52, abs=1e-6)
    assert not found.consistent


def test_the_side_on_which_a_pair_is_judged_does_not_matter():
    one = priorities({"a": {"b": 3, "c": 1 / 2}, "b": {"c": 1 / 5}})
    other = priorities({"a": {"b": 3}, "c": {"a": 2, "b": 5}})
    assert one.weights == pytest.approx(other.weights, abs=1e-6)


def test_one_and_two_items_are_always_consistent():
    assert priorities({"a": {"b": 9}}).consistency_ratio == 0
    assert dict(priorities({"a": {"b": 9}}).weights) == {"a": 0.9, "b": 0.1}


@pytest.mark.parametrize(
    "told",
    [
        {"a": {"b": 3}, "b": {"c": 2}},
        {"a": {"b": 3}, "b": {"a": 2}},
        {"a": {"a": 3}},
        {"a": {"b": 0}},
        {"a": {"b": float("nan")}},
        {"a": {"b": float("inf")}},
        {f"x{i}": {f"x{j}": 1 for j in range(i + 1, 16)} for i in range(15)},
    ],
)
def test_what_gives_no_weights_is_refused(told):
    with pytest.raises(ValueError, match=r"judge|items"):
        priorities(told)


SCALE = st.sampled_from([1 / k for k in range(2, 10)] + [float(k) for k in range(1, 10)])


@st.composite
def reciprocal(draw):
    size = draw(st.integers(3, 7))
    matrix = np.eye(size)
    for i, j in combinations(range(size), 2):
        matrix[i, j] = draw(SCALE)
        matrix[j, i] = 1 / matrix[i, j]
    return matrix


@given(reciprocal())
def test_the_eigenvector_is_that_of_lapack_and_of_pymcdm(matrix):
    vector, value = principal_eigenvector(matrix)
    assert value == pytest.approx(np.linalg.eigvals(matrix).real.max(), rel=1e-9)
    assert vector == pytest.approx(AHP(matrix=matrix)(), abs=1e-9)
    found = priorities(judgements(matrix, [f"c{i}" for i in range(len(matrix))]))
    assert sum(found.weights.values()) == pytest.approx(1, abs=1e-5)
    assert found.consistency_ratio >= 0


def test_the_random_index_grows_with_the_size():
    values = [RANDOM_INDEX[n] for n in range(2, 16)]
    assert values == sorted(values)
