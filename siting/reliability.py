"""Reliability: which important criteria are not known of each site, in sentences."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from layers.errors import N_
from siting.criteria import CRITERIA
from siting.domain import Reason
from siting.scenario import Scenario, weights

_UNKNOWN: Final = N_("“{criterion}” is not known; its weight in the score is {percent} %")


def important_gaps(
    contributions: pd.DataFrame, scenario: Scenario
) -> dict[Any, tuple[Reason, ...]]:
    """Tell the important criteria that are not known of each site.

    A criterion is important where its weight in the score reaches
    ``reliability.important_weight``.

    Parameters
    ----------
    contributions
        Points of each criterion (sites × criteria), missing when not known:
        :attr:`siting.domain.Scores.contributions`.
    scenario
        Gives weights and threshold.

    Returns
    -------
    dict
        By site, one reason ``criterion-unknown`` a gap, the heaviest first; its figures are
        ``name``, ``criterion`` (title), ``weight`` (share) and ``percent``.
    """
    shares = weights(scenario)[contributions.columns].sort_values(ascending=False, kind="stable")
    important = shares[shares >= scenario.reliability.important_weight]
    reasons = [_reason(str(name), float(share)) for name, share in important.items()]
    unknown = contributions[important.index].isna().to_numpy()
    known: dict[bytes, tuple[Reason, ...]] = {}  # many sites lack the same criteria
    gaps: dict[Any, tuple[Reason, ...]] = {}
    for site, row in zip(contributions.index.tolist(), unknown, strict=True):
        key = row.tobytes()
        if key not in known:
            known[key] = tuple(reasons[position] for position in np.flatnonzero(row))
        gaps[site] = known[key]
    return gaps


def _reason(name: str, share: float) -> Reason:
    figures = {
        "name": name,
        "criterion": CRITERIA[name].title,
        "weight": share,
        "percent": round(100 * share),
    }
    return Reason("criterion-unknown", _UNKNOWN, figures)
