"""The smallest change of one weight that makes a site lose its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]

FIRST: Final = 1_000
"""Sites of this rank or better are looked at: the work grows with their number times all."""

_COLUMNS = ("subject", "weight", "to_weight", "change", "passed_by")
_SAME: Final = 1e-12  # changes that differ by less are the same: the first group is told


def smallest_changes(
    values: pd.DataFrame,
    weights: pd.Series,
    rank: pd.Series,
    groups: Mapping[str, Sequence[str]],
    *,
    first: int = FIRST,
) -> pd.DataFrame:
    """Find, for each site, the smallest change of one weight under which another passes it.

    One weight (of a criterion, or of a theme with its criteria in proportion) changes from
    ``w`` to ``t`` in [0, 1]; all the others are scaled by ``(1 - t) ÷ (1 - w)``. A site loses its
    place when a site that did not lead it gets a higher score. Scores are those of scoring:
    what is unknown is left out, site by site. The change is found in closed form: two scores are
    equal at a root of a polynomial of degree two (see docs/methods.md).

    Parameters
    ----------
    values
        Sites × criteria in [0, 1]; missing when unknown.
    weights
        Weight of each criterion, adding up to 1.
    rank
        Rank of each site under these weights; missing without score.
    groups
        Criteria whose weights change together, by name. A group that has no weight, or all of
        it, is left out: nothing would be in proportion.
    first
        Largest rank of the sites looked at; all the sites may pass them.

    Returns
    -------
    DataFrame
        On the index of ``values``: ``subject`` (name of the group), ``weight`` before,
        ``to_weight`` at which the site is caught up (any more and it is passed), signed
        ``change``, ``passed_by`` (label of the other site); missing where no change of one
        weight makes the site lose its place, or beyond ``first``. A change of 0 tells that the
        site is level with another, and that any change parts them.

    Examples
    --------
    >>> values = pd.DataFrame({"a": [1.0, 0.0], "b": [0.0, 0.5]}, index=["x", "y"])
    >>> own = pd.Series({"a": 0.5, "b": 0.5})
    >>> found = smallest_changes(values, own, pd.Series([1, 2]), {"a": ["a"]})
    >>> found.loc["x", ["subject", "passed_by"]].tolist(), found["to_weight"].round(4).tolist()
    (['a', 'y'], [0.3333, nan])
    """
    scored = np.flatnonzero(rank.notna().to_numpy())
    by_place = np.argsort(rank.iloc[scored].to_numpy(dtype="int64"), kind="stable")
    scored = scored[by_place]
    places = rank.iloc[scored].to_numpy(dtype="int64")
    table = values.iloc[scored]
    rows: dict[object, tuple[str, float, float, float, object]] = {}
    for name, members in groups.items():
        weight = float(weights[list(members)].sum())
        if not 0 < weight < 1 - _SAME:
            continue
        parts = _parts(table, weights, members, weight)
        for site in np.flatnonzero(places <= first).tolist():
            to, by = _crossing(site, places, parts, weight)
            label, change = table.index[site], to - weight
            if by >= 0 and (label not in rows or abs(change) < abs(rows[label][3]) - _SAME):
                rows[label] = (name, weight, to, change, table.index[by])
    found = pd.DataFrame.from_dict(rows, orient="index", columns=list(_COLUMNS))
    kinds = {"weight": "float64", "to_weight": "float64", "change": "float64"}
    return found.reindex(values.index).astype(kinds)


def _parts(
    table: pd.DataFrame, weights: pd.Series, members: Sequence[str], weight: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return value and known weight of the group, then of all the rest, each for a weight of 1."""
    known = table.notna().to_numpy()
    filled = table.fillna(0.0).to_numpy()
    within = weights.index.isin(members)
    own = weights.to_numpy(dtype="float64")
    inside, outside = np.where(within, own, 0.0) / weight, np.where(within, 0.0, own) / (1 - weight)
    return filled @ inside, known @ inside, filled @ outside, known @ outside


def _crossing(
    site: int, places: npt.NDArray[np.int64], parts: tuple[Floats, ...], weight: float
) -> tuple[float, int]:
    from siting.sensitivity._kernel import first_crossing  # noqa: PLC0415 - numba, see there

    start = int(np.searchsorted(places, places[site]))  # places are in order
    behind = np.arange(start, len(places))
    behind = behind[behind != site]
    tied = places[behind] == places[site]
    to, by = first_crossing(site, behind, tied, *parts, weight)
    return float(to), int(by)
