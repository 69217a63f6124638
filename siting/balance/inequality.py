"""Measures of inequality and of concentration, over territories of unequal size.

Values are a rate (hectares per inhabitant); weights are what the rate is per (inhabitants).
With weights every inhabitant counts for one, without them every territory does. Every sum
is exact (:func:`math.fsum`), so that nothing depends on the order of the territories.

Sources: C. Gini, *Variabilità e mutabilità*, 1912; H. Theil, *Economics and Information
Theory*, 1967, ch. 4; F. A. Cowell, *Measuring Inequality*, 3rd ed., 2011. Checked in the tests
against PySAL ``inequality``, which has no weights.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Numbers = Sequence[float] | Floats


@dataclass(frozen=True, slots=True)
class TheilSplit:
    """Theil T of a whole, and its exact split between and within groups.

    Parameters
    ----------
    total
        Theil T of all; NaN where nothing is distributed.
    between
        What would be left if every group were equal inside.
    within
        Mean of the groups' own Theil T, weighted by their share of the whole.
    """

    total: float
    between: float
    within: float


def gini(values: Numbers, weights: Numbers | None = None) -> float:
    """Measure the Gini coefficient.

    Formula: ``Σᵢ Σⱼ wᵢ wⱼ |xᵢ − xⱼ| / (2 W² μ)``, with ``W = Σ w`` and ``μ = Σ w x / W``.

    Parameters
    ----------
    values
        Rates, zero or more.
    weights
        What each rate is per, zero or more; 1 each by default.

    Returns
    -------
    float
        0 where all rates are equal, close to 1 where one has all; NaN where nothing is
        distributed.

    Raises
    ------
    ValueError
        If a value is missing or negative: an unknown territory is left out before.

    Examples
    --------
    Two territories, one has all: half the population has nothing.

    >>> gini([0, 3]), gini([2, 2, 2]), gini([0, 3], [3, 1])
    (0.5, 0.0, 0.75)
    """
    x, w = _checked(values, weights)
    total, size = math.fsum(w * x), math.fsum(w)
    if total == 0:
        return math.nan
    order = np.lexsort((w, x))
    x, w = x[order], w[order]
    # Weight below, less weight above: the sum of the pairs, without n² of them.
    running = np.array([math.fsum(w[: i + 1]) for i in range(len(w))])
    net = 2 * running - w - size
    return max(0.0, math.fsum(w * x * net) / (size * total))


def theil(values: Numbers, weights: Numbers | None = None) -> float:
    """Measure the Theil T index.

    Formula: ``Σ s ln(s / p)``, with ``s`` the share of the whole and ``p`` the share of the
    weights of each; a territory that has nothing counts for 0, the limit of ``s ln s``.

    Parameters
    ----------
    values
        Rates, zero or more.
    weights
        What each rate is per; 1 each by default.

    Returns
    -------
    float
        0 where all rates are equal, ``ln(W / w)`` where one of weight ``w`` has all; NaN where
        nothing is distributed.

    Raises
    ------
    ValueError
        If a value is missing or negative.

    Examples
    --------
    >>> theil([0, 3]) == math.log(2), theil([2, 2])
    (True, 0.0)
    """
    return theil_split(values, [0] * len(values), weights).total


def theil_split(
    values: Numbers,
    groups: Sequence[object],
    weights: Numbers | None = None,
) -> TheilSplit:
    """Split the Theil T index between and within groups.

    Formula: ``T = Σg Sg ln(Sg / Pg) + Σg Sg Tg``, with ``Sg`` the share of the whole and ``Pg``
    the share of the weights of a group, ``Tg`` its own Theil T.

    Parameters
    ----------
    values
        Rates, zero or more.
    groups
        Group of each.
    weights
        What each rate is per; 1 each by default.

    Returns
    -------
    TheilSplit
        Total, between, within: the total is the sum of the two.

    Raises
    ------
    ValueError
        If a value is missing or negative.

    Examples
    --------
    Two groups, equal inside: all is between.

    >>> theil_split([1, 1, 3, 3], "aabb").within
    0.0
    """
    x, w = _checked(values, weights)
    amounts = w * x
    total, size = math.fsum(amounts), math.fsum(w)
    if total == 0:
        return TheilSplit(math.nan, math.nan, math.nan)
    members: dict[object, list[int]] = {}
    for position, group in enumerate(groups):
        members.setdefault(group, []).append(position)
    between: list[float] = []
    within: list[float] = []
    for rows in members.values():
        amount, weight = math.fsum(amounts[rows]), math.fsum(w[rows])
        if amount == 0:
            continue
        share = amount / total
        between.append(_term(share, weight / size))
        within += [share * _term(amounts[i] / amount, w[i] / weight) for i in rows]
    of_groups, inside = max(0.0, math.fsum(between)), max(0.0, math.fsum(within))
    return TheilSplit(of_groups + inside, of_groups, inside)


def _term(share: float, weight: float) -> float:
    return share * math.log(share / weight) if share > 0 else 0.0


def spread(values: Numbers) -> float:
    """Measure the gap between the highest and the lowest rate.

    Parameters
    ----------
    values
        Rates, zero or more.

    Returns
    -------
    float
        Maximum − minimum, in the unit of the rates; NaN without any.

    Raises
    ------
    ValueError
        If a value is missing or negative.

    Examples
    --------
    >>> spread([1, 4, 2])
    3.0
    """
    x, _ = _checked(values, None)
    return float(x.max() - x.min()) if len(x) else math.nan


def lowest_to_highest(values: Numbers) -> float:
    """Measure the lowest rate over the highest.

    Parameters
    ----------
    values
        Rates, zero or more.

    Returns
    -------
    float
        1 where all are equal, 0 where one has nothing; NaN where nothing is distributed.

    Raises
    ------
    ValueError
        If a value is missing or negative.

    Examples
    --------
    >>> lowest_to_highest([1, 4, 2])
    0.25
    """
    x, _ = _checked(values, None)
    return float(x.min() / x.max()) if x.any() else math.nan


def herfindahl(amounts: Numbers) -> float:
    """Measure the Herfindahl-Hirschman index of concentration.

    Formula: sum of the squared shares of the whole.

    Parameters
    ----------
    amounts
        Amounts, zero or more.

    Returns
    -------
    float
        1 where one has all, 1/n where n have as much; NaN where nothing is distributed.

    Raises
    ------
    ValueError
        If an amount is missing or negative.

    Examples
    --------
    >>> herfindahl([5, 5]), herfindahl([5, 0])
    (0.5, 1.0)
    """
    x, _ = _checked(amounts, None)
    total = math.fsum(x)
    return math.fsum((x / total) ** 2) if total else math.nan


def _checked(values: Numbers, weights: Numbers | None) -> tuple[Floats, Floats]:
    x = np.asarray(values, dtype="float64")
    w = np.ones(len(x)) if weights is None else np.asarray(weights, dtype="float64")
    if x.shape != w.shape:
        raise ValueError(f"{len(x)} values and {len(w)} weights")
    if not (np.isfinite(x).all() and np.isfinite(w).all() and (x >= 0).all() and (w >= 0).all()):
        raise ValueError("expected finite values and weights, zero or more")
    return x, w
