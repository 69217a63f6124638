"""Ranks under moved thresholds."""

import numpy as np
import pandas as pd
import pytest

from siting.criteria import CRITERIA
from siting.scenario import load_scenario, weights, with_changes
from siting.scoring import score
from siting.sensitivity.thresholds import ALL, _moved, threshold_shifts

BASE = load_scenario("base")


def only(name, points):
    """A scenario that scores one criterion."""
    criteria = {other: {"weight": 0} for other in BASE.criteria}
    theme = CRITERIA[name].theme
    return with_changes(
        BASE,
        {
            "weights": dict.fromkeys(BASE.weights, 0) | {theme: 1},
            "criteria": criteria | {name: {"weight": 1, "points": points}},
        },
    )


def matrix(**columns):
    size = len(next(iter(columns.values())))
    unknown = {name: [None] * size for name in CRITERIA}
    numbers = {name: "float64" for name, one in CRITERIA.items() if not one.labels}
    return pd.DataFrame(unknown | columns).astype(numbers)


def test_by_hand():
    # 1 up to 10 km, 0 from 20 km on. With the thresholds at 9 and 18 km, the first two sites,
    # level at 8 and 10 km, part; at 11 and 22 km all is as before.
    name = "distance_port_m"
    scenario = only(name, [[10_000, 1], [20_000, 0]])
    found = threshold_shifts(matrix(**{name: [8_000.0, 10_000.0, 30_000.0]}), scenario, top=1)
    moves = found.moves.set_index(["criterion", "factor"])
    assert moves.loc[(name, 0.9), ["moved", "largest", "entered_top"]].tolist() == [1, 1, 0]
    assert moves.loc[(name, 1.1), ["moved", "largest", "entered_top"]].tolist() == [0, 0, 0]
    assert moves.loc[(name, 1.1), "agreement"] == pytest.approx(1)
    assert moves.loc[(ALL, 0.9)].equals(moves.loc[(name, 0.9)])
    assert found.best_rank.tolist() == [1, 1, 3]
    assert found.worst_rank.tolist() == [1, 2, 3]


def test_the_ranks_are_those_of_a_scenario_with_moved_thresholds(demo_run):
    shifts = threshold_shifts(demo_run.matrix, BASE, top=10)
    weighted = weights(BASE)
    moved = {
        name: {"points": [[x * 1.1, v] for x, v in one.points]}
        for name, one in BASE.criteria.items()
        if one.points and weighted[name] > 0
    }
    found = score(demo_run.matrix, with_changes(BASE, {"criteria": moved})).rank
    row = shifts.moves[(shifts.moves["criterion"] == ALL) & (shifts.moves["factor"] > 1)].iloc[0]
    change = (found - demo_run.scores.rank).abs()
    assert row["moved"] == (change > 0).sum()
    assert row["largest"] == change.max()
    assert (shifts.best_rank <= demo_run.scores.rank).all()
    assert (shifts.worst_rank >= found).all()


def test_every_numeric_criterion_that_has_a_weight_moves_both_ways(demo_run):
    shifts = threshold_shifts(demo_run.matrix, BASE, top=10)
    weighted = weights(BASE)
    wanted = {name for name in weighted[weighted > 0].index if not CRITERIA[name].labels}
    assert set(shifts.moves["criterion"]) == wanted | {ALL}
    assert (shifts.moves.groupby("criterion").size() == 2).all()


def test_thresholds_multiplied_by_one_are_those_of_the_scenario():
    for name, one in BASE.criteria.items():
        if one.points:
            assert _moved(BASE, name, 1.0) == one.value_function(), name


@pytest.mark.parametrize("column", [[], [np.nan, np.nan], [5_000.0]])
def test_nothing_to_compare(column):
    name = "distance_port_m"
    scenario = only(name, [[10_000, 1], [20_000, 0]])
    found = threshold_shifts(matrix(**{name: pd.Series(column, dtype="float64")}), scenario, top=3)
    assert found.moves["agreement"].isna().all()
    assert (found.moves["moved"] == 0).all()
