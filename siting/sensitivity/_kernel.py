"""Ranks of every draw of weights, and first crossings of scores: the compiled part.

Importing this module imports numba (most of a second); import it when first used.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from siting._coverage_kernel import compiled

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Small = npt.NDArray[np.int32]
Booleans = npt.NDArray[np.bool_]

POINT_GRID = 2.0**40
"""As in :mod:`siting.scoring`: contributions are whole multiples of 2⁻⁴⁰ point."""

RADIX_BITS = 12

EDGE = 1e-9
"""Distance from 0 and 1 within which a weight is not looked at: scores meet there where all that
is known of a site loses its weight, without one passing the other."""

NEGLIGIBLE = 1e-14
"""Coefficients and leads of scores in [0, 1] below which only rounding is left."""


@compiled
def tally_ranks(
    values: Floats,
    pattern: Small,
    known: Booleans,
    weights: Floats,
    bin_of_rank: Small,
    top: int,
    counts: Integers,
    ranks: Integers,
) -> None:
    """Rank the sites under each draw of weights and add up where each one falls.

    The points of :func:`siting.scoring.weighted_sum` are computed in the same order of
    operations and rounded to the same grid, so that equal scores are equal here too. Their
    sums are whole numbers, sorted by their digits (radix sort); all that is added up is a whole
    number, so the result depends neither on the order of the draws nor on their partition.

    Parameters
    ----------
    values
        Criteria × sites, 0 where unknown.
    pattern
        For each site, its row of ``known``.
    known
        Patterns × criteria: which are known.
    weights
        Draws × criteria; above zero for one criterion at least of every pattern.
    bin_of_rank
        Class of each rank; index 0 is not used.
    top
        Largest rank that counts as a top one.
    counts
        Sites × classes, added to.
    ranks
        Sites × 4, updated: sum, smallest and largest of the ranks, number of top ranks.
    """
    sites = values.shape[1]
    key = np.empty(sites, np.int64)
    order = np.empty(sites, np.int64)
    other = np.empty(sites, np.int64)
    bucket = np.empty(1 << RADIX_BITS, np.int64)
    for draw in range(len(weights)):
        total = _totals(values, pattern, known, weights[draw])
        best = total.max()
        for s in range(sites):
            key[s] = np.int64(best - total[s])
            order[s] = s
        ordered = _sorted(key, order, other, bucket)
        _add_ranks(key, ordered, bin_of_rank, top, counts, ranks)


@compiled
def _totals(values: Floats, pattern: Small, known: Booleans, weights: Floats) -> Floats:
    """Return the score of every site, in units of the grid: whole numbers below 2⁵³."""
    criteria, sites = values.shape
    divisor = np.zeros(len(known))
    for p in range(len(known)):
        for j in range(criteria):
            if known[p, j]:
                divisor[p] += weights[j]
    divisors = divisor[pattern]
    total = np.zeros(sites)
    for j in range(criteria):
        weight = weights[j]
        if weight > 0:
            for s in range(sites):
                points = 100.0 * (values[j, s] * weight / divisors[s])
                total[s] += np.rint(points * POINT_GRID)
    return total


@compiled
def _add_ranks(
    key: Integers,
    ordered: Integers,
    bin_of_rank: Small,
    top: int,
    counts: Integers,
    ranks: Integers,
) -> None:
    """Add the rank of every site, equal keys sharing the better one."""
    rank = 1
    for place in range(len(ordered)):
        s = ordered[place]
        if place > 0 and key[s] != key[ordered[place - 1]]:
            rank = place + 1
        counts[s, bin_of_rank[rank]] += 1
        ranks[s, 0] += rank
        ranks[s, 1] = min(ranks[s, 1], rank)
        ranks[s, 2] = max(ranks[s, 2], rank)
        if rank <= top:
            ranks[s, 3] += 1


@compiled
def _sorted(key: Integers, order: Integers, other: Integers, bucket: Integers) -> Integers:
    """Return ``order`` sorted by ``key`` (not negative), digits of 12 bits from the last on."""
    largest = key.max()
    shift = 0
    while shift == 0 or (largest >> shift) > 0:
        bucket[:] = 0
        for i in range(len(order)):
            bucket[(key[order[i]] >> shift) & ((1 << RADIX_BITS) - 1)] += 1
        start = 0
        for digit in range(len(bucket)):
            start, bucket[digit] = start + bucket[digit], start
        for i in range(len(order)):
            digit = (key[order[i]] >> shift) & ((1 << RADIX_BITS) - 1)
            other[bucket[digit]] = order[i]
            bucket[digit] += 1
        order, other = other, order
        shift += RADIX_BITS
    return order


@compiled
def first_crossing(
    site: int,
    behind: Integers,
    tied: Booleans,
    inside: Floats,
    inside_known: Floats,
    outside: Floats,
    outside_known: Floats,
    weight: float,
) -> tuple[float, int]:
    """Return the weight nearest to the present one at which a site is passed, and by which.

    For a changed weight ``t``, the score of a site is ``(t x + (1 - t) B) ÷ (t k + (1 - t) K)``.
    Two scores are equal where a polynomial of degree two in ``t`` is zero; its sign tells which
    one leads.

    Parameters
    ----------
    site
        The site.
    behind
        Sites that do not lead it; the sooner those that are close come, the less is computed.
    tied
        For each of ``behind``, whether the scores are equal before the change.
    inside, inside_known
        ``x`` and ``k`` of every site: value and weight known of what changes, for a weight of 1.
    outside, outside_known
        ``B`` and ``K`` of every site: the same of all the rest.
    weight
        Weight before the change, between 0 and 1.

    Returns
    -------
    to : float
        Weight at which the site is caught up; NaN where nothing passes it.
    by : int
        Position of the site that passes; -1 where none does.
    """
    nearest, to, by = np.inf, np.nan, -1
    x, k, b, known = inside[site], inside_known[site], outside[site], outside_known[site]
    for i in range(len(behind)):
        o = behind[i]
        both = x * inside_known[o] - inside[o] * k
        mixed = x * outside_known[o] + b * inside_known[o] - inside[o] * known - outside[o] * k
        rest = b * outside_known[o] - outside[o] * known
        two, one = both - mixed + rest, mixed - 2 * rest
        lead = 0.0 if tied[i] else max(0.0, (two * weight + one) * weight + rest)
        # The slope is largest at 0 or 1: too steep a lead to be lost within the nearest change.
        if lead > nearest * max(abs(one), abs(2 * two + one)) * (1.0 + EDGE):
            continue
        for direction in (-1.0, 1.0):
            root = _loses_lead(two, one, rest, weight, lead, direction)
            if root >= 0 and abs(root - weight) < nearest:
                nearest, to, by = abs(root - weight), root, o
    return to, by


@compiled
def _loses_lead(
    two: float, one: float, zero: float, start: float, lead: float, direction: float
) -> float:
    """Return the first ``t`` from ``start`` on where the polynomial turns negative, else -1."""
    slope = direction * (2 * two * start + one)
    if lead <= NEGLIGIBLE and (slope < -NEGLIGIBLE or (slope <= NEGLIGIBLE and two < -NEGLIGIBLE)):
        return start
    if abs(two) <= NEGLIGIBLE:
        falls = direction * one < -NEGLIGIBLE
        return _beyond(-zero / one, start, direction) if falls else -1.0
    square = one * one - 4 * two * zero
    if square <= 0:
        return -1.0
    half = -0.5 * (one + (1.0 if one >= 0 else -1.0) * np.sqrt(square))
    found = -1.0
    for number in range(2):
        root = half / two if number == 0 else (zero / half if half != 0.0 else 0.0)
        if direction * (2 * two * root + one) < 0:
            root = _beyond(root, start, direction)
            if root >= 0 and (found < 0 or direction * (found - root) > 0):
                found = root
    return found


@compiled
def _beyond(root: float, start: float, direction: float) -> float:
    """Return a root between the start and the end of ]0, 1[ in this direction, else -1."""
    inside = EDGE < root < 1.0 - EDGE
    return root if inside and direction * (root - start) > 0 else -1.0
