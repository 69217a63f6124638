"""Stability of the ranks when the weights vary: stochastic acceptability (SMAA).

Source: Lahdelma, Hokkanen & Salminen (1998), EJOR 106(1), 137-143; rank acceptability:
Lahdelma & Salminen (2001), Operations Research 49(3), 444-454.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

DRAWS: Final = 10_000
"""Draws of weights: a probability is then known within 1 point, 95 times out of 100."""

CONCENTRATION: Final = 100.0
"""Concentration of the weights around the scenario's. A weight ``w`` has the standard deviation
``√(w (1 - w) ÷ (concentration + 1))``: 3 points for a weight of 10 %. Working hypothesis."""

SEED: Final = 20_261_123
TOP: Final = 10
DETAILED_RANKS: Final = 10
"""Ranks told one by one; the following ones are told by classes, so that memory is bounded."""

_SMALLEST: Final = 1e-12  # a drawn weight is never 0, so that a site always has a score
_CHUNK: Final = 500


@dataclass(frozen=True, eq=False, slots=True)
class Acceptability:
    """Where each site ranks over the draws; missing for a site without score.

    Parameters
    ----------
    shares
        Sites × classes of ranks (“1”, “2”… then “11-20”…): share of the draws, adds up to 1.
    mean_rank, best_rank, worst_rank
        Mean, smallest and largest rank.
    top_probability
        Share of the draws in which the site is among the ``top`` first.
    top, draws
        As asked.
    """

    shares: pd.DataFrame
    mean_rank: pd.Series
    best_rank: pd.Series
    worst_rank: pd.Series
    top_probability: pd.Series
    top: int
    draws: int


def weights_around(
    weights: pd.Series,
    *,
    draws: int = DRAWS,
    concentration: float = CONCENTRATION,
    seed: int = SEED,
) -> Floats:
    """Draw weights around those of the scenario.

    Dirichlet distribution of parameters ``concentration × weight``: its mean is the scenario's
    weights. A criterion without weight keeps none.

    Parameters
    ----------
    weights
        Weight of each criterion, not negative, adding up to 1.
    draws
        Number of draws.
    concentration
        How close they stay to the scenario's; infinity for no spread at all.
    seed
        Same seed, same draws.

    Returns
    -------
    ndarray
        Draws × criteria, each row adding up to 1.

    Examples
    --------
    >>> drawn = weights_around(pd.Series({"a": 0.6, "b": 0.4, "c": 0.0}), draws=1000)
    >>> drawn.shape, drawn.mean(axis=0).round(2).tolist()
    ((1000, 3), [0.6, 0.4, 0.0])
    """
    base = weights.to_numpy(dtype="float64")
    drawn = np.tile(base, (draws, 1))
    own = np.flatnonzero(base > 0)
    if np.isfinite(concentration) and len(own):
        random = np.random.default_rng(seed)
        around = np.maximum(random.dirichlet(concentration * base[own], draws), _SMALLEST)
        drawn[:, own] = around / around.sum(axis=1, keepdims=True)
    return drawn


def rank_acceptability(
    values: pd.DataFrame,
    drawn: Floats,
    *,
    top: int = TOP,
    chunk: int = _CHUNK,
    threads: int | None = None,
) -> Acceptability:
    """Rank the sites under every draw of weights.

    As in scoring: what is unknown is left out and the weights of the rest are scaled, site by
    site; equal scores share the better rank.

    Parameters
    ----------
    values
        Sites × criteria in [0, 1]; missing when unknown.
    drawn
        Draws × criteria, in the order of the columns.
    top
        Largest rank that counts as a top one.
    chunk
        Draws done at a time; changes nothing to the result.
    threads
        Threads used; all the processors by default. Changes nothing to the result.

    Returns
    -------
    Acceptability
        On the index of ``values``.

    Examples
    --------
    >>> values = pd.DataFrame({"a": [1.0, 0.0], "b": [0.0, 1.0]}, index=["x", "y"])
    >>> found = rank_acceptability(values, np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]]))
    >>> found.shares.loc["x"].round(2).to_dict(), found.mean_rank.round(2).tolist()
    ({'1': 0.67, '2': 0.33}, [1.33, 1.67])
    """
    used = (drawn > 0).any(axis=0)
    table = values.to_numpy(dtype="float64")[:, used]
    known = ~np.isnan(table)
    scored = known.any(axis=1)
    names, bin_of_rank = rank_classes(int(scored.sum()))
    counts = np.zeros((int(scored.sum()), len(names)), np.int64)
    ranks = _no_rank(len(counts))
    if len(counts):
        counts, ranks = _tallied(
            table[scored], known[scored], drawn[:, used], bin_of_rank, top, chunk, threads
        )
    sites, draws = values.index[scored], len(drawn)

    def told(column: Integers | Floats) -> pd.Series:
        return pd.Series(column, index=sites).reindex(values.index)

    return Acceptability(
        shares=pd.DataFrame(counts / max(draws, 1), sites, names).reindex(values.index),
        mean_rank=told(ranks[:, 0] / max(draws, 1)),
        best_rank=told(ranks[:, 1]).astype("Int64"),
        worst_rank=told(ranks[:, 2]).astype("Int64"),
        top_probability=told(ranks[:, 3] / max(draws, 1)),
        top=top,
        draws=draws,
    )


def rank_classes(count: int) -> tuple[list[str], npt.NDArray[np.int32]]:
    """Return classes of ranks: one by one, then 11-20, 21-50, 51-100 and so on.

    Parameters
    ----------
    count
        Number of ranks.

    Returns
    -------
    names : list of str
        Name of each class.
    bin_of_rank : ndarray
        Class of each rank from 1 to ``count``; index 0 is not used.

    Examples
    --------
    >>> names, classes = rank_classes(60)
    >>> names[9:], classes[[1, 11, 60]].tolist()
    (['10', '11-20', '21-50', '51-60'], [0, 10, 12])
    """
    ends = [rank for rank in range(1, DETAILED_RANKS + 1) if rank <= count]
    decade = DETAILED_RANKS
    while ends and ends[-1] < count:
        ends += [min(end, count) for end in (2 * decade, 5 * decade, 10 * decade)]
        decade *= 10
    ends = sorted(set(ends))
    starts = [1, *(end + 1 for end in ends[:-1])]
    names = [
        str(end) if start == end and end <= DETAILED_RANKS else f"{start}-{end}"
        for start, end in zip(starts, ends, strict=False)
    ]
    return names, np.searchsorted(ends, np.arange(count + 1)).astype("int32")


def _no_rank(sites: int) -> Integers:
    ranks = np.zeros((sites, 4), np.int64)
    ranks[:, 1] = np.iinfo(np.int64).max
    return ranks


def _tallied(
    table: Floats,
    known: npt.NDArray[np.bool_],
    drawn: Floats,
    bin_of_rank: npt.NDArray[np.int32],
    top: int,
    chunk: int,
    threads: int | None,
) -> tuple[Integers, Integers]:
    """Share the draws out between threads, and add their counts up."""
    from siting.sensitivity._kernel import tally_ranks  # noqa: PLC0415 - numba, see there

    patterns, pattern = np.unique(known, axis=0, return_inverse=True)
    by_criterion = np.ascontiguousarray(np.where(known, table, 0.0).T)
    classes = int(bin_of_rank[-1]) + 1

    def some(first: int) -> tuple[Integers, Integers]:
        counts = np.zeros((len(table), classes), np.int64)
        ranks = _no_rank(len(table))
        weights = np.ascontiguousarray(drawn[first : first + chunk])
        tally_ranks(
            by_criterion, pattern.ravel().astype("int32"), patterns, weights, bin_of_rank, top,
            counts, ranks,
        )  # fmt: skip
        return counts, ranks

    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        return _added(pool.map(some, range(0, len(drawn), chunk)), len(table), classes)


def _added(
    parts: Iterator[tuple[Integers, Integers]], sites: int, classes: int
) -> tuple[Integers, Integers]:
    counts, ranks = np.zeros((sites, classes), np.int64), _no_rank(sites)
    for more, found in parts:
        counts += more
        ranks[:, [0, 3]] += found[:, [0, 3]]
        ranks[:, 1] = np.minimum(ranks[:, 1], found[:, 1])
        ranks[:, 2] = np.maximum(ranks[:, 2], found[:, 2])
    return counts, ranks
