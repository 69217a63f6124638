"""Rank acceptability against a naive loop, and its invariances to the last bit."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from siting.scenario import weights
from siting.scoring import values, weighted_sum
from siting.sensitivity.acceptability import (
    rank_acceptability,
    rank_classes,
    weights_around,
)

# Few values, so that sites are often level and often the same; some unknown.
CELLS = st.integers(0, 4).map(lambda v: v / 4) | st.just(np.nan)
TABLES = st.tuples(st.integers(1, 15), st.integers(1, 5)).flatmap(
    lambda shape: arrays("float64", shape, elements=CELLS)
)


def frame(table):
    return pd.DataFrame(table, [f"s{i}" for i in range(len(table))]).add_prefix("c")


def drawn_for(table, draws=40, seed=3):
    own = pd.Series(np.arange(1.0, table.shape[1] + 1) / np.arange(1, table.shape[1] + 1).sum())
    return weights_around(own, draws=draws, concentration=8, seed=seed)


def scored_ranks(table, weight):
    _, total, _ = weighted_sum(table, weight)
    return pd.Series(total).rank(method="min", ascending=False).to_numpy()


@settings(max_examples=40)
@given(TABLES)
def test_it_counts_the_ranks_that_scoring_gives(table):
    """The oracle: scoring itself, draw by draw, and a plain count."""
    drawn = drawn_for(table)
    found = rank_acceptability(frame(table), drawn, top=3, chunk=7)
    every = np.array([scored_ranks(table, weight) for weight in drawn])
    scored = ~np.isnan(every[0])
    assert found.mean_rank.notna().tolist() == scored.tolist()
    every = every[:, scored]
    assert found.mean_rank[scored].tolist() == every.mean(axis=0).tolist()
    assert found.best_rank[scored].tolist() == every.min(axis=0, initial=99).tolist()
    assert found.worst_rank[scored].tolist() == every.max(axis=0, initial=0).tolist()
    assert found.top_probability[scored].tolist() == (every <= 3).mean(axis=0).tolist()
    names, classes = rank_classes(int(scored.sum()))
    for number, name in enumerate(names):
        inside = classes[every.astype(int)] == number
        assert found.shares.loc[scored, name].tolist() == inside.mean(axis=0).tolist()


@settings(max_examples=30)
@given(TABLES)
def test_shares_add_up_to_one(table):
    found = rank_acceptability(frame(table), drawn_for(table))
    sums = found.shares.sum(axis=1)[found.mean_rank.notna()]
    assert sums.to_numpy() == pytest.approx(1, abs=1e-12)


def tables_equal(one, other):
    for name in ("shares", "mean_rank", "best_rank", "worst_rank", "top_probability"):
        assert getattr(one, name).equals(getattr(other, name)), name


RANDOM = np.random.default_rng(11)
SITES = frame(np.where(RANDOM.random((200, 6)) < 0.15, np.nan, RANDOM.random((200, 6))))


@pytest.mark.parametrize(("chunk", "threads"), [(1, 1), (64, 3), (1000, 2)])
def test_chunks_and_threads_change_nothing_to_the_last_bit(chunk, threads):
    drawn = drawn_for(SITES.to_numpy(), draws=300)
    tables_equal(
        rank_acceptability(SITES, drawn, chunk=chunk, threads=threads),
        rank_acceptability(SITES, drawn),
    )


def test_the_order_of_the_sites_changes_nothing_to_the_last_bit():
    drawn = drawn_for(SITES.to_numpy(), draws=100)
    shuffled = SITES.sample(frac=1, random_state=4)
    found, first = (rank_acceptability(sites, drawn) for sites in (shuffled, SITES))
    assert found.shares.loc[SITES.index].equals(first.shares)
    assert found.mean_rank.loc[SITES.index].equals(first.mean_rank)


def test_without_spread_every_draw_gives_the_rank_of_the_scenario(demo_run):
    valued = values(demo_run.matrix, demo_run.scenario)
    own = weights(demo_run.scenario)[valued.columns]
    drawn = weights_around(own, draws=5, concentration=float("inf"))
    found = rank_acceptability(valued, drawn, top=5)
    rank = demo_run.scores.rank
    assert found.best_rank.equals(rank)
    assert found.worst_rank.equals(rank)
    assert found.mean_rank.tolist() == rank.astype("float64").tolist()
    assert found.top_probability.tolist() == (rank <= 5).astype(float).tolist()


def test_draws_are_reproducible_and_centred():
    own = pd.Series({"a": 0.5, "b": 0.3, "c": 0.2, "d": 0.0})
    one, again, other = (
        weights_around(own, draws=20_000, concentration=50, seed=seed) for seed in (1, 1, 2)
    )
    assert (one == again).all()
    assert (one != other)[:, :3].all()
    assert one.sum(axis=1) == pytest.approx(1)
    assert (one[:, 3] == 0).all()
    assert one.mean(axis=0) == pytest.approx(own, abs=2e-3)
    spread = np.sqrt(own * (1 - own) / 51)
    assert one.std(axis=0) == pytest.approx(spread, abs=2e-3)


def test_a_very_wide_spread_still_gives_every_site_a_score():
    own = pd.Series({"a": 0.999, "b": 0.001})
    table = pd.DataFrame({"a": [0.1, np.nan], "b": [np.nan, 0.2]})
    found = rank_acceptability(table, weights_around(own, draws=500, concentration=0.01))
    assert found.mean_rank.tolist() == [2, 1]


def test_a_site_without_score_has_no_rank_and_counts_for_none():
    table = pd.DataFrame({"a": [0.1, np.nan, 0.9], "b": [0.2, np.nan, 0.9]})
    found = rank_acceptability(table, np.array([[0.5, 0.5]]))
    assert found.shares.columns.tolist() == ["1", "2"]
    assert found.best_rank.tolist() == [2, pd.NA, 1]
    assert found.shares.loc[1].isna().all()


@pytest.mark.parametrize("rows", [[], [[np.nan]]])
def test_no_site_to_rank(rows):
    found = rank_acceptability(pd.DataFrame(rows, columns=["a"], dtype="float64"), np.ones((2, 1)))
    assert found.mean_rank.isna().all()


def test_classes_of_ranks_bound_the_memory():
    names, classes = rank_classes(10_000)
    assert len(names) == 19
    assert names[-1] == "5001-10000"
    assert classes[[1, 10, 11, 20, 21, 10_000]].tolist() == [0, 9, 10, 10, 11, 18]
    assert rank_classes(3)[0] == ["1", "2", "3"]
    assert rank_classes(11)[0][-1] == "11-11"
