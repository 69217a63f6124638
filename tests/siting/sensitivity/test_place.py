"""The smallest change of weight, in closed form, against scoring itself."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linprog

from siting.scoring import weighted_sum
from siting.sensitivity.place import smallest_changes


def changed(own, members, to):
    """Give a group another weight, the others in proportion."""
    inside = own.index.isin(members)
    weight = own[inside].sum()
    return own.where(~inside, own * to / weight).where(inside, own * (1 - to) / (1 - weight))


def totals(table, own):
    return weighted_sum(table.to_numpy(), own.to_numpy())[1]


def ranks(table, own):
    total = pd.Series(totals(table, own), index=table.index)
    return total.rank(method="min", ascending=False).astype("Int64")


def passed(table, own, rank, site):
    """Whether a site that did not lead ``site`` has a higher score."""
    total = totals(table, own)
    place = table.index.get_loc(site)
    behind = (rank >= rank[site]).fillna(value=False).to_numpy(dtype=bool)
    return bool((total[behind] > total[place] + 1e-9).any())


def frame(table):
    return pd.DataFrame(table, [f"s{i}" for i in range(len(table))]).add_prefix("c")


def test_by_hand():
    # Scores 100 t and 50 (1 - t) of x and y: level at t = 1/3.
    table = pd.DataFrame({"a": [1.0, 0.0], "b": [0.0, 0.5]}, index=["x", "y"])
    own = pd.Series({"a": 0.5, "b": 0.5})
    found = smallest_changes(table, own, pd.Series([1, 2], table.index), {"a": ["a"]})
    assert found.loc["x"].tolist() == ["a", 0.5, pytest.approx(1 / 3), pytest.approx(-1 / 6), "y"]
    assert found.loc["y"].isna().all()  # nothing ranks behind it


def test_a_site_that_leads_everywhere_never_loses_its_place():
    table = pd.DataFrame({"a": [0.9, 0.5], "b": [0.8, 0.1]}, index=["x", "y"])
    own = pd.Series({"a": 0.5, "b": 0.5})
    found = smallest_changes(table, own, pd.Series([1, 2], table.index), {"a": ["a"], "b": ["b"]})
    assert found.isna().all(axis=None)


def test_level_sites_are_parted_by_any_change_unless_they_are_the_same():
    table = pd.DataFrame({"a": [1.0, 0.0, 0.0], "b": [0.0, 1.0, 1.0]}, index=["x", "y", "z"])
    own = pd.Series({"a": 0.5, "b": 0.5})
    rank = pd.Series([1, 1, 1], table.index)
    found = smallest_changes(table, own, rank, {"a": ["a"]})
    assert found["change"].tolist() == [0, 0, 0]
    assert found["passed_by"].tolist() == ["y", "x", "x"]
    same = smallest_changes(table.loc[["y", "z"]], own, rank[["y", "z"]], {"a": ["a"]})
    assert same.isna().all(axis=None)


def test_a_criterion_unknown_for_a_site_does_not_move_its_score():
    # x keeps its 60; y, at 50, gets 100 t + 0 (1 - t): level at t = 0.6.
    table = pd.DataFrame({"a": [np.nan, 1.0], "b": [0.6, 0.0]}, index=["x", "y"])
    own = pd.Series({"a": 0.5, "b": 0.5})
    found = smallest_changes(table, own, pd.Series([1, 2], table.index), {"a": ["a"]})
    assert found.loc["x", "to_weight"] == pytest.approx(0.6)


def test_groups_without_weight_or_with_all_of_it_are_left_out():
    table = pd.DataFrame({"a": [1.0, 0.0], "b": [0.0, 0.5]}, index=["x", "y"])
    own = pd.Series({"a": 1.0, "b": 0.0})
    groups = {"a": ["a"], "b": ["b"], "all": ["a", "b"]}
    found = smallest_changes(table, own, pd.Series([1, 2], table.index), groups)
    assert found.isna().all(axis=None)


def test_only_the_first_sites_are_looked_at_when_asked():
    table = frame(np.random.default_rng(2).random((30, 3)))
    own = pd.Series([0.5, 0.3, 0.2], table.columns)
    rank = ranks(table, own)
    groups = {name: [name] for name in table}
    every = smallest_changes(table, own, rank, groups)
    few = smallest_changes(table, own, rank, groups, first=5)
    assert few[rank <= 5].equals(every[rank <= 5])
    assert few[rank > 5].isna().all(axis=None)


CELLS = st.floats(0, 1, width=32) | st.integers(0, 3).map(lambda v: v / 3) | st.just(np.nan)


GROUPS = {"c0": ["c0"], "c3": ["c3"], "pair": ["c1", "c2"]}


@settings(max_examples=25)
@given(arrays("float64", (6, 4), elements=CELLS))
def test_no_smaller_change_of_a_fine_grid_makes_a_site_lose_its_place(table):
    sites = frame(table)
    own = pd.Series([0.4, 0.3, 0.2, 0.1], sites.columns)
    rank = ranks(sites, own)
    found = smallest_changes(sites, own, rank, GROUPS)
    limit = found["change"].abs().fillna(np.inf).to_numpy()
    scored = rank.notna().to_numpy()
    place = rank.to_numpy(dtype="float64", na_value=np.nan)
    behind = place[np.newaxis, :] >= place[:, np.newaxis]  # of each site (row)
    for members in GROUPS.values():
        weight = own[members].sum()
        for to in np.linspace(0.001, 0.999, 30):
            total = np.where(scored, totals(sites, changed(own, members, to)), 0.0)
            higher = total[np.newaxis, :] > total[:, np.newaxis] + 1e-9
            passes = (behind & higher).any(axis=1)
            assert not (passes & (abs(to - weight) < limit - 1e-6)).any()
    for site, row in found.dropna().iterrows():
        _level_at_the_weight_told(sites, own, row, site)


def _level_at_the_weight_told(sites, own, row, site):
    members = GROUPS.get(row["subject"])
    total = pd.Series(totals(sites, changed(own, members, row["to_weight"])), sites.index)
    assert total[row["passed_by"]] == pytest.approx(total[site], abs=1e-5)


def test_beyond_the_change_the_site_is_passed():
    table = frame(np.random.default_rng(8).random((12, 5)))
    table.iloc[3, 2] = table.iloc[5, 0] = np.nan
    own = pd.Series([0.3, 0.25, 0.2, 0.15, 0.1], table.columns)
    rank = ranks(table, own)
    found = smallest_changes(table, own, rank, {name: [name] for name in table}).dropna()
    assert len(found) >= 10
    for site, row in found.iterrows():
        for factor, outcome in ((0.999, False), (1.001, True)):
            to = row["weight"] + factor * row["change"]
            assert passed(table, changed(own, [row["subject"]], to), rank, site) is outcome


def smallest_by_linear_programming(values, own, member):
    """The nearest weight of one criterion at which the first site is caught up, all known."""
    place, weight = own.index.get_loc(member), own[member]
    rest = own.where(own.index != member, 0.0).to_numpy() / (1 - weight)
    x, others = values[:, place], values @ rest
    found = np.inf
    for other in range(1, len(values)):
        # A score is others + t (x - others): linear in t, which is the only variable.
        slope = (x[other] - others[other]) - (x[0] - others[0])
        need = others[0] - others[other]
        for sign, bounds in ((1, (weight, 1)), (-1, (0, weight))):
            best = linprog([sign], A_ub=[[-slope]], b_ub=[-need], bounds=[bounds])
            # At 0 or 1 scores meet without one passing the other: not a place lost.
            if best.status == 0 and 1e-7 < best.x[0] < 1 - 1e-7:
                found = min(found, abs(best.x[0] - weight))
    return found


def test_scores_that_differ_by_rounding_only_do_not_stop_the_search():
    table = frame(np.array([[0.2, 0.6, 0.8], [0.0, 0.0, 0.0], [0.0, 0.8, 0.0], [0.0, 0.0, 0.0]]))
    own = pd.Series([0.5, 0.3, 0.2], table.columns)
    found = smallest_changes(table, own, ranks(table, own), {name: [name] for name in table})
    assert found.loc["s0", ["subject", "passed_by"]].tolist() == ["c1", "s2"]


@settings(max_examples=25, deadline=None)
@example(np.array([[0.0, 0.0, 1.0], [0.4, 0.1, 0.0], [0.0, 0.0, 0.0], [0.0, 0.2, 0.0]]))
@given(arrays("float64", (4, 3), elements=st.integers(0, 10).map(lambda v: v / 10)))
def test_it_is_the_smallest_that_linear_programming_finds(table):
    sites = frame(table)
    own = pd.Series([0.5, 0.3, 0.2], sites.columns)
    total = totals(sites, own)
    leader = int(np.argmax(total))
    assume((np.delete(total, leader) < total[leader] - 1e-6).all())
    ordered = sites.iloc[[leader, *(i for i in range(len(sites)) if i != leader)]]
    for member in sites:
        found = smallest_changes(ordered, own, ranks(ordered, own), {member: [member]})
        expected = smallest_by_linear_programming(ordered.to_numpy(), own, member)
        ours = abs(found["change"].iloc[0])
        assert (np.isinf(expected) and np.isnan(ours)) or ours == pytest.approx(expected, abs=1e-6)
