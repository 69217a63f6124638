from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.criteria import CRITERIA
from siting.domain import Objective, ValueFunction
from siting.scenario import load_scenario, scenario_names, weights, with_changes
from siting.scoring import interpolated, score, value_of, values, weighted_sum

SCENARIOS = {name: load_scenario(name) for name in scenario_names()}
BASE = SCENARIOS["base"]
NUMERIC = [name for name, criterion in CRITERIA.items() if not criterion.labels]
EVEN = with_changes(
    BASE,
    {
        "weights": dict.fromkeys(BASE.weights, 1),
        "criteria": {name: {"weight": 1} for name in CRITERIA},
    },
)
"""The base scenario with a weight for every criterion, as those of weight 0 are tested too."""
TARGETED = with_changes(
    EVEN,
    {
        "criteria": {
            "housing_vacancy_rate": {
                "shape": "target",
                "points": [[0.04, 0], [0.06, 1], [0.07, 1], [0.1, 0]],
            }
        },
    },
)
"""The same with a target: a fluid housing market."""
MEASURE = st.floats(-1e7, 1e7) | st.sampled_from([np.inf, 0.0, 1.0, 3_000.0])


@st.composite
def matrices(draw, size=4):
    """Raw measures of some sites, some unknown."""
    columns = {}
    for name, criterion in CRITERIA.items():
        known = st.sampled_from(criterion.labels) if criterion.labels else MEASURE
        column = draw(st.lists(st.none() | known, min_size=size, max_size=size))
        columns[name] = pd.Series(column, dtype="object" if criterion.labels else "float64")
    return pd.DataFrame(columns)


def empty_matrix(**columns):
    """All unknown but the columns given."""
    size = len(next(iter(columns.values()), [0]))
    unknown = {name: pd.Series([None] * size, dtype="object") for name in CRITERIA}
    frame = pd.DataFrame(unknown | {k: pd.Series(v) for k, v in columns.items()})
    return frame.astype(dict.fromkeys(NUMERIC, "float64"))


def test_a_score_by_hand():
    # Two criteria of weight above zero, land (weight 3) and access (1).
    zero = {name: {"weight": 0} for name in CRITERIA}
    changed = {
        "weights": dict.fromkeys(BASE.weights, 0) | {"land": 3, "access": 1},
        "criteria": zero
        | {"artificialised_share": {"weight": 1}, "distance_interchange_m": {"weight": 1}},
    }
    scenario = with_changes(BASE, changed)
    matrix = empty_matrix(
        artificialised_share=[0.5, 0.5, None, None],
        distance_interchange_m=[4_000.0, None, 30_000.0, None],  # 3 km: 1, 5 km: 0.8
    )
    scores = score(matrix, scenario)
    assert scores.contributions["artificialised_share"].tolist() == pytest.approx(
        [37.5, 50, np.nan, np.nan], nan_ok=True
    )
    assert scores.contributions["distance_interchange_m"].tolist() == pytest.approx(
        [22.5, np.nan, 0, np.nan], nan_ok=True
    )
    assert scores.total.tolist() == pytest.approx([60, 50, 0, np.nan], nan_ok=True)
    assert scores.reliability.tolist() == [1, 0.75, 0.25, 0]
    assert scores.rank.tolist()[:3] == [1, 2, 3]
    assert scores.rank.isna().tolist() == [False, False, False, True]


def test_equal_totals_share_a_rank():
    scores = score(empty_matrix(artificialised_share=[0.2, 0.9, 0.9, 0.1]), BASE)
    assert scores.rank.tolist() == [3, 1, 1, 4]


def test_a_criterion_of_weight_zero_is_shown_and_gives_no_point():
    assert BASE.criteria["land_stage"].weight == 0
    known = score(empty_matrix(artificialised_share=[0.4], land_stage=["maîtrisé"]), BASE)
    without = score(empty_matrix(artificialised_share=[0.4]), BASE)
    assert known.contributions["land_stage"].tolist() == [0]
    assert known.total.equals(without.total)
    assert known.reliability.equals(without.reliability)
    alone = score(empty_matrix(land_stage=["maîtrisé"]), BASE)
    assert alone.total.isna().all()
    assert alone.reliability.tolist() == [0]


def test_weights_by_hand():
    found = weights(SCENARIOS["rail_freight"])
    # access 4 of 15; freight 6 of 3 + 6 + 1 + 1 + 1.
    assert found["distance_freight_m"] == pytest.approx(4 / 15 * 6 / 12)
    for scenario in SCENARIOS.values():
        assert weights(scenario).sum() == pytest.approx(1, abs=1e-12)


def test_a_category_without_value_is_unknown():
    matrix = empty_matrix(frr_class=["FRR socle", "a class of 2031", None])
    assert values(matrix, BASE)["frr_class"].tolist() == pytest.approx(
        [0.8, np.nan, np.nan], nan_ok=True
    )


def test_a_matrix_without_a_criterion_is_refused():
    with pytest.raises(ValueError, match="brownfield"):
        score(empty_matrix().drop(columns="brownfield"), BASE)


def test_no_site_has_no_score():
    scores = score(empty_matrix().iloc[:0], BASE)
    assert len(scores.total) == len(scores.rank) == 0


@settings(deadline=None)
@given(matrix=matrices(), name=st.sampled_from(sorted(SCENARIOS)))
def test_contributions_add_up_and_figures_stay_in_bounds(matrix, name):
    scores = score(matrix, SCENARIOS[name])
    shuffled = scores.contributions[scores.contributions.columns[::-1]]
    scored = scores.reliability > 0
    for sums in (scores.contributions.sum(axis=1), shuffled.sum(axis=1)):
        assert (sums[scored] == scores.total[scored]).all()  # exactly, in any order
    assert scores.total.isna().equals(~scored)
    assert scores.total.dropna().between(0, 100 + 1e-9).all()
    assert scores.reliability.between(0, 1).all()
    assert scores.contributions.isna().equals(matrix.isna() | ~scored.to_numpy()[:, None])


@settings(deadline=None, max_examples=150)
@given(
    name=st.sampled_from(NUMERIC),
    measures=st.lists(MEASURE, min_size=3, max_size=3).map(sorted),
    matrix=matrices(1),
)
def test_a_better_measure_never_lowers_the_score(name, measures, matrix):
    three = matrix.loc[[0, 0, 0]].reset_index(drop=True).assign(**{name: measures})
    for scenario in (EVEN, TARGETED):
        low, middle, high = score(three, scenario).total
        setting = scenario.criteria[name]
        if setting.shape == "target":  # one peak: nothing between is worse than both sides
            assert middle >= min(low, high)
        elif CRITERIA[name].objective is Objective.MAX:
            assert high >= middle >= low
        else:
            assert low >= middle >= high


@given(
    name=st.sampled_from(NUMERIC), measures=st.lists(MEASURE, min_size=1, max_size=9),
    factor=st.sampled_from([2.0**-10, 2.0**7]),
)  # fmt: skip
def test_the_unit_of_a_measure_does_not_change_its_value(name, measures, factor):
    one = EVEN.criteria[name].value_function()
    scaled = replace(one, points=tuple((x * factor, v) for x, v in one.points))
    column = pd.Series(measures, dtype="float64")
    assert value_of(column, one).equals(value_of(column * factor, scaled))


def test_a_target_falls_on_both_sides():
    one = TARGETED.criteria["housing_vacancy_rate"].value_function()
    found = value_of(pd.Series([0.03, 0.05, 0.06, 0.065, 0.07, 0.085, 0.2]), one)
    assert found.tolist() == pytest.approx([0, 0.5, 1, 1, 1, 0.5, 0])


@pytest.mark.parametrize("name", [n for n in CRITERIA if CRITERIA[n].labels])
@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_every_category_has_a_value(scenario, name):
    function = scenario.criteria[name].value_function()
    found = value_of(pd.Series(CRITERIA[name].labels, dtype=object), function)
    assert found.between(0, 1).all()


POINTS = st.lists(
    st.tuples(st.integers(-1_000, 1_000), st.integers(0, 10).map(lambda v: v / 10)),
    min_size=1,
    max_size=5,
    unique_by=lambda point: point[0],
).map(lambda points: tuple(sorted(points)))


@given(POINTS, st.lists(st.floats(-2_000, 2_000), min_size=1, max_size=20))
def test_interpolation_agrees_with_numpy(points, measures):
    x, v = zip(*points, strict=True)
    found = interpolated(np.array(measures), points)
    assert found == pytest.approx(np.interp(measures, x, v), abs=1e-12)
    assert ((found >= 0) & (found <= 1)).all()


def test_interpolation_reaches_its_breakpoints_exactly():
    points = ((0.04, 0.1), (0.06, 0.3), (0.07, 0.7))
    assert interpolated(np.array([x for x, _ in points]), points).tolist() == [0.1, 0.3, 0.7]


def test_a_single_point_is_a_constant():
    function = ValueFunction("m", "test", points=((5.0, 0.4),))
    found = value_of(pd.Series([1.0, None]), function)
    assert found.tolist() == pytest.approx([0.4, np.nan], nan_ok=True)


def test_the_kernel_by_hand():
    points, total, reliability = weighted_sum(
        np.array([[1.0, 0.0, np.nan], [np.nan] * 3]), np.array([2.0, 1.0, 1.0])
    )
    assert total.tolist() == pytest.approx([200 / 3, np.nan], nan_ok=True)
    assert points[0].tolist() == pytest.approx([200 / 3, 0, np.nan], nan_ok=True)
    assert reliability.tolist() == [0.75, 0]
