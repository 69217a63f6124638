"""What moving the thresholds of the value functions does to the ranks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from siting.domain import ValueFunction
from siting.opinions import rank_agreement
from siting.scenario import Scenario, weights
from siting.scoring import value_of, values, weighted_sum

SHARE: Final = 0.10
"""How far thresholds are moved, both ways."""

ALL: Final = "all"
"""Name of the move of every criterion at once."""


@dataclass(frozen=True, eq=False, slots=True)
class ThresholdShifts:
    """Ranks under moved thresholds.

    Parameters
    ----------
    moves
        A row a move: ``criterion`` (or :data:`ALL`), ``factor`` of its breakpoints,
        ``agreement`` (Kendall's tau-b with the scenario's ranks; missing where it has no
        meaning), ``moved`` (number of sites whose rank changes), ``largest`` (largest change of
        rank), ``entered_top`` (sites that enter the top ones).
    best_rank, worst_rank
        Of each site over the scenario and all the moves; missing without score.
    """

    moves: pd.DataFrame
    best_rank: pd.Series
    worst_rank: pd.Series


def threshold_shifts(
    matrix: pd.DataFrame, scenario: Scenario, *, top: int, share: float = SHARE
) -> ThresholdShifts:
    """Rank the sites anew with the breakpoints of each criterion moved, then of all of them.

    Every breakpoint of a criterion is multiplied by ``1 - share``, then by ``1 + share``: a
    distance of 5 km becomes 4.5 and 5.5 km; a breakpoint at 0 stays. Criteria that have no
    weight, or that are labels (they have no threshold), do not move.

    Parameters
    ----------
    matrix
        Raw measures, as :func:`siting.scoring.decision_matrix` returns them.
    scenario
        Gives value functions and weights.
    top
        Largest rank that counts as a top one.
    share
        How far, in ]0, 1[.

    Returns
    -------
    ThresholdShifts
        The moves, and the range of the ranks.
    """
    base = values(matrix, scenario)
    weight = weights(scenario)[base.columns]
    moving = [name for name in base.columns if weight[name] > 0 and scenario.criteria[name].points]
    start = _ranks(base, weight)
    best, worst = start, start
    rows = []
    for factor in (1 - share, 1 + share):
        moved = {name: value_of(matrix[name], _moved(scenario, name, factor)) for name in moving}
        cases = {name: base.assign(**{name: column}) for name, column in moved.items()}
        for name, table in {**cases, ALL: base.assign(**moved)}.items():
            ranks = _ranks(table, weight)
            rows.append((name, factor, *_compared(start, ranks, top)))
            best, worst = best.clip(upper=ranks), worst.clip(lower=ranks)
    columns = ["criterion", "factor", "agreement", "moved", "largest", "entered_top"]
    return ThresholdShifts(
        moves=pd.DataFrame(rows, columns=columns).astype({"agreement": "float64"}),
        best_rank=best.astype("Int64"),
        worst_rank=worst.astype("Int64"),
    )


def _moved(scenario: Scenario, name: str, factor: float) -> ValueFunction:
    setting = scenario.criteria[name]
    points = tuple((measure * factor, value) for measure, value in setting.points)
    return ValueFunction(setting.unit, setting.source, points)


def _ranks(table: pd.DataFrame, weight: pd.Series) -> pd.Series:
    _, total, _ = weighted_sum(table.to_numpy(), weight.to_numpy())
    return pd.Series(total, index=table.index).rank(method="min", ascending=False)


def _compared(start: pd.Series, ranks: pd.Series, top: int) -> tuple[float | None, int, int, int]:
    change = (ranks - start).abs()
    entered = (ranks <= top) & (start > top)
    return (
        rank_agreement(start, ranks),
        int((change > 0).sum()),
        int(change.fillna(0).max()) if len(change) else 0,
        int(entered.sum()),
    )
