"""Whole shares: an area given to, or taken from, several communes, no square metre lost."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd


def share_pro_rata(weights: pd.Series, groups: pd.Series, areas_m2: Mapping[str, int]) -> pd.Series:
    """Share the area of each group among its members, pro rata of whole weights.

    By cumulative rounding in the order of the index: the shares are whole, add up to the area of
    the group and, where that is not above the sum of the weights, none is above its weight.

    Parameters
    ----------
    weights
        Whole and not negative.
    groups
        Group of each member, on the same index.
    areas_m2
        Whole area of each group; 0 where it has none.

    Returns
    -------
    pd.Series
        Whole m² on the same index; 0 in a group whose weights are all 0.

    Examples
    --------
    >>> weights = pd.Series([2, 1, 1], index=list("abc"))
    >>> share_pro_rata(weights, pd.Series("52", index=list("abc")), {"52": 10}).to_dict()
    {'a': 5, 'b': 2, 'c': 3}
    """
    room = {str(name): int(sum_) for name, sum_ in weights.groupby(groups).sum().items()}
    running = dict.fromkeys(room, 0)
    closed = dict.fromkeys(room, 0)
    shares: list[int] = []
    for group, weight in zip(groups.tolist(), weights.tolist(), strict=True):
        running[group] += weight
        rounded = running[group] * areas_m2.get(group, 0) // room[group] if room[group] else 0
        shares.append(rounded - closed[group])
        closed[group] = rounded
    return pd.Series(shares, index=weights.index, dtype="int64")
