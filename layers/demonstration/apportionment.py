"""Whole numbers that meet their margins exactly.

Areas are integer m²: a share of a total is handed out to the last m² (largest
remainder), and a table keeps both its row and column totals (cumulative rounding).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_ROUNDS = 500
_SCALE = 1_000_000


def apportion(total: int, weights: Integers) -> Integers:
    """Share out ``total`` in proportion to ``weights`` by largest remainder.

    Parameters
    ----------
    total
        What is shared, a non-negative integer.
    weights
        Non-negative integers, shape (n,), not all zero; ``total × weight`` must stay
        below 2**63.

    Returns
    -------
    ndarray
        Non-negative integers that sum to ``total``; a zero weight gets zero. Equal
        remainders go to the first.

    Raises
    ------
    ValueError
        If every weight is zero.

    Examples
    --------
    >>> apportion(10, np.array([1, 1, 1, 0]))
    array([4, 3, 3, 0])
    """
    weights = np.asarray(weights, dtype=np.int64)
    whole = int(weights.sum())
    if whole <= 0:
        raise ValueError("no weight to share by")
    shares, remainders = np.divmod(total * weights, whole)
    left = total - int(shares.sum())
    shares[np.argsort(-remainders, kind="stable")[:left]] += 1
    return shares


def integer_weights(weights: Floats) -> Integers:
    """Scale real weights to integers below one thousand million.

    Parameters
    ----------
    weights
        Non-negative weights of any shape.

    Returns
    -------
    ndarray
        Integers in proportion to the weights, to about one part in a million of the
        largest; a positive weight stays positive.
    """
    top = float(weights.max(initial=0.0))
    if top == 0.0:
        return np.zeros(weights.shape, dtype=np.int64)
    scaled = np.rint(weights * (_SCALE / top)).astype(np.int64)
    return np.where((weights > 0) & (scaled == 0), 1, scaled)


def fit_margins(seed: Floats, rows: Integers, columns: Integers) -> Floats:
    """Scale a positive table until its rows and columns have the given totals.

    Parameters
    ----------
    seed
        Positive table, shape (rows, columns).
    rows, columns
        Totals of the rows and of the columns, positive; both must have the same sum.

    Returns
    -------
    ndarray
        The fitted table (iterative proportional fitting, Deming and Stephan, 1940).

    Raises
    ------
    ValueError
        If the two margins do not have the same sum.
    """
    if int(rows.sum()) != int(columns.sum()):
        raise ValueError(f"rows sum to {rows.sum()}, columns to {columns.sum()}")
    table = seed.astype(np.float64)
    for _ in range(_ROUNDS):
        table *= (rows / table.sum(axis=1))[:, None]
        table *= columns / table.sum(axis=0)
    return table


def round_table(table: Floats) -> Integers:
    """Round a table to integers without changing its integer margins.

    Parameters
    ----------
    table
        Table whose row and column totals are whole numbers, but for rounding errors.

    Returns
    -------
    ndarray
        Integers within 2 of the table, with the same row and column totals: second
        differences of the rounded cumulative sums.

    Examples
    --------
    >>> round_table(np.array([[1.5, 2.5], [2.5, 1.5]])).sum(axis=0)
    array([4, 4])
    """
    cumulative = np.rint(table.cumsum(axis=0).cumsum(axis=1)).astype(np.int64)
    by_row = np.diff(cumulative, axis=0, prepend=0)
    rounded: Integers = np.diff(by_row, axis=1, prepend=0)
    return rounded
