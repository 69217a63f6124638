"""Weights from pairwise judgements: the Analytic Hierarchy Process of Saaty."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Judgements = Mapping[str, Mapping[str, float]]
"""``{a: {b: 3}}``: ``a`` is 3 times as important as ``b``; each pair is judged once."""

LARGEST_JUDGEMENT: Final = 9.0
"""End of Saaty's scale: 1 equal, 3 moderate, 5 strong, 7 very strong, 9 extreme."""

RANDOM_INDEX: Final[Mapping[int, float]] = MappingProxyType(
    dict(
        zip(
            range(1, 16),
            (
                0.0, 0.0, 0.52, 0.89, 1.11, 1.25, 1.35, 1.40, 1.45, 1.49, 1.52, 1.54, 1.56,
                1.58, 1.59,
            ),
            strict=True,
        )
    )
)  # fmt: skip
"""Mean consistency index of random matrices, by size. Source: Saaty (2005), Theory and
Applications of the Analytic Network Process, RWS Publications, p. 31."""

CONSISTENCY_LIMIT: Final = 0.10
"""Consistency ratio above which judgements are to be looked at again (Saaty 1980)."""

_DECIMALS: Final = 6  # weights are the same on every machine
_STEPS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Priorities:
    """Weights drawn from judgements.

    Parameters
    ----------
    weights
        By item; they add up to 1, within the rounding to six decimals.
    largest_eigenvalue
        ``λ_max``, not less than the number of items.
    consistency_ratio
        0 for judgements that never contradict one another.
    """

    weights: Mapping[str, float]
    largest_eigenvalue: float
    consistency_ratio: float

    @property
    def consistent(self) -> bool:
        """Whether the ratio is within :data:`CONSISTENCY_LIMIT`."""
        return self.consistency_ratio <= CONSISTENCY_LIMIT


def judged_items(judgements: Judgements) -> tuple[str, ...]:
    """Return what is compared, in the order it is first named.

    Parameters
    ----------
    judgements
        The judgements.

    Returns
    -------
    tuple of str
        Each item once.

    Examples
    --------
    >>> judged_items({"land": {"access": 3, "jobs": 5}, "access": {"jobs": 2}})
    ('land', 'access', 'jobs')
    """
    named = [name for row, others in judgements.items() for name in (row, *others)]
    return tuple(dict.fromkeys(named))


def missing_pairs(judgements: Judgements) -> tuple[tuple[str, str], ...]:
    """Return the pairs that no judgement compares.

    Parameters
    ----------
    judgements
        The judgements.

    Returns
    -------
    tuple of pairs
        In the order of the items.

    Examples
    --------
    >>> missing_pairs({"land": {"access": 3}, "access": {"jobs": 2}})
    (('land', 'jobs'),)
    """
    told = {frozenset(pair) for pair in _pairs(judgements)}
    every = combinations(judged_items(judgements), 2)
    return tuple(pair for pair in every if frozenset(pair) not in told)


def repeated_pairs(judgements: Judgements) -> tuple[tuple[str, str], ...]:
    """Return the pairs judged in both directions, and the items compared with themselves.

    Parameters
    ----------
    judgements
        The judgements.

    Returns
    -------
    tuple of pairs
        The second judgement of each pair.

    Examples
    --------
    >>> repeated_pairs({"land": {"access": 3}, "access": {"land": 2}})
    (('access', 'land'),)
    """
    seen: set[frozenset[str]] = set()
    again = []
    for pair in _pairs(judgements):
        key = frozenset(pair)
        if key in seen or len(key) == 1:
            again.append(pair)
        seen.add(key)
    return tuple(again)


def priorities(judgements: Judgements) -> Priorities:
    """Return the weights of the items and how consistent their judgements are.

    Formulas: the weights are the principal eigenvector of the reciprocal matrix ``a_ij = 1 ÷
    a_ji``; consistency index ``(λ_max - n) ÷ (n - 1)``; ratio = index ÷ :data:`RANDOM_INDEX`.
    Source: Saaty (1977), Journal of Mathematical Psychology 15(3), 234-281.

    Parameters
    ----------
    judgements
        Every pair once; positive.

    Returns
    -------
    Priorities
        Weights, eigenvalue and ratio.

    Raises
    ------
    ValueError
        If a pair is missing or judged twice, a judgement is not positive and finite, or there are
        more items than :data:`RANDOM_INDEX` knows.

    Examples
    --------
    >>> found = priorities({"land": {"access": 2, "jobs": 4}, "access": {"jobs": 2}})
    >>> dict(found.weights), found.consistency_ratio
    ({'land': 0.571429, 'access': 0.285714, 'jobs': 0.142857}, 0.0)
    """
    items = judged_items(judgements)
    if missing_pairs(judgements) or repeated_pairs(judgements):
        raise ValueError("every pair must be judged once")
    if len(items) not in RANDOM_INDEX:
        raise ValueError(f"{len(items)} items; expected 1 to {max(RANDOM_INDEX)}")
    told = [judgement for others in judgements.values() for judgement in others.values()]
    if not all(0 < judgement < math.inf for judgement in told):
        raise ValueError("every judgement must be positive and finite")
    weights, largest = principal_eigenvector(_matrix(judgements, items))
    rounded = {name: round(float(w), _DECIMALS) for name, w in zip(items, weights, strict=True)}
    count = len(items)
    index = (largest - count) / (count - 1) if count > 2 else 0.0
    ratio = index / RANDOM_INDEX[count] if count > 2 else 0.0
    return Priorities(MappingProxyType(rounded), largest, round(max(ratio, 0.0), _DECIMALS))


def principal_eigenvector(matrix: Floats) -> tuple[Floats, float]:
    """Return the eigenvector of the largest eigenvalue of a positive matrix, and that value.

    By repeated multiplication, which converges for a positive matrix (Perron-Frobenius).

    Parameters
    ----------
    matrix
        Square, positive.

    Returns
    -------
    vector : ndarray
        Positive, adds up to 1.
    value : float
        The eigenvalue.

    Examples
    --------
    >>> vector, value = principal_eigenvector(np.array([[1.0, 3.0], [1 / 3, 1.0]]))
    >>> vector.round(6).tolist(), round(value, 6)
    ([0.75, 0.25], 2.0)
    """
    vector = np.full(len(matrix), 1 / len(matrix))
    for _ in range(_STEPS):
        image = (matrix * vector).sum(axis=1)
        following = image / image.sum()
        moved = np.abs(following - vector).max()
        vector = following
        if moved < 1e-15:
            break
    return vector, float(((matrix * vector).sum(axis=1) / vector).mean())


def _pairs(judgements: Judgements) -> Iterator[tuple[str, str]]:
    for row, others in judgements.items():
        for column in others:
            yield row, column


def _matrix(judgements: Judgements, items: Sequence[str]) -> Floats:
    place = {name: position for position, name in enumerate(items)}
    matrix = np.eye(len(items))
    for row, others in judgements.items():
        for column, judgement in others.items():
            matrix[place[row], place[column]] = judgement
            matrix[place[column], place[row]] = 1 / judgement
    return matrix
