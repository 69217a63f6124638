"""Ranks under draws of weights: siting.sensitivity against plain NumPy, in the same run.

    python benchmarks/sensitivity.py [--sites N] [--criteria N] [--draws N] [--rounds N]

The claim: 10,000 draws × 10,000 sites × 25 criteria in seconds and bounded memory. NumPy does a
part of the draws, one by one, and its time is scaled; the counts of that part must be the same.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from siting.opinions import METHODS
from siting.scoring import weighted_sum
from siting.sensitivity import rank_acceptability, smallest_changes, weights_around

UNKNOWN = 0.05
PEER_DRAWS = 200
METHOD_SITES = 3_000  # PROMETHEE II compares every pair


def sites(rng: np.random.Generator, count: int, criteria: int) -> pd.DataFrame:
    """Return values of sites, some unknown; the first criterion is always known."""
    table = rng.random((count, criteria))
    patterns = rng.random((60, criteria)) < UNKNOWN
    patterns[0] = False
    table[patterns[rng.integers(0, 60, count)]] = np.nan
    table[:, 0] = rng.random(count)
    return pd.DataFrame(table).add_prefix("c")


def with_numpy(table: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Return the sum of the ranks over the draws, by scoring and ranking each."""
    ranks = np.zeros(len(table))
    for weights in drawn:
        ranks += rankdata(-weighted_sum(table, weights)[1], method="min")
    return ranks


def timed(way: Callable[[], Any], rounds: int) -> tuple[float, float, Any]:
    """Return the median seconds on the clock and of processor, and the result."""
    seconds, busy = [], []
    for _ in range(rounds):
        start, work = time.perf_counter(), time.process_time()
        result = way()
        seconds.append(time.perf_counter() - start)
        busy.append(time.process_time() - work)
    return statistics.median(seconds), statistics.median(busy), result


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sites", type=int, default=10_000)
    parser.add_argument("--criteria", type=int, default=25)
    parser.add_argument("--draws", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    rng = np.random.default_rng(20261123)
    table = sites(rng, options.sites, options.criteria)
    own = pd.Series(rng.dirichlet(np.full(options.criteria, 3.0)), index=table.columns)
    drawn = weights_around(own, draws=options.draws)
    rank_acceptability(table.iloc[:20], drawn[:2])  # compiles, or loads what was compiled
    before = peak_mb()
    print(f"{options.draws:,} draws × {options.sites:,} sites × {options.criteria} criteria")
    ours_s, busy_s, found = timed(lambda: rank_acceptability(table, drawn), options.rounds)
    print(f"  rank_acceptability   {ours_s:8.2f} s   × 1.0   (processor {busy_s:.2f} s)")
    print(f"  peak memory          {before:8.0f} MB before, {peak_mb() - before:+.0f} MB")
    part = drawn[: min(PEER_DRAWS, options.draws)]
    peer_s, peer_busy_s, sums = timed(lambda: with_numpy(table.to_numpy(), part), options.rounds)
    scale = options.draws / len(part)
    print(
        f"  NumPy, draw by draw  {peer_s * scale:8.2f} s   × {peer_s * scale / ours_s:.1f}   "
        f"(processor {peer_busy_s * scale:.2f} s, × {peer_busy_s * scale / busy_s:.1f}; "
        f"{len(part)} draws, scaled)"
    )
    same = rank_acceptability(table, part).mean_rank.to_numpy() * len(part)
    print(f"  largest difference   {np.abs(same - sums).max():8.0e} ranks")
    print(f"  shares add up to 1   {np.abs(found.shares.sum(axis=1) - 1).max():8.0e}")
    whole = options.draws * options.sites * 8 / 1e6
    print(f"  ranks of every draw  {whole:8,.0f} MB, not kept")
    total = pd.Series(weighted_sum(table.to_numpy(), own.to_numpy())[1], index=table.index)
    rank = total.rank(method="min", ascending=False).astype("Int64")
    groups = {name: [name] for name in table}
    seconds, _, _ = timed(lambda: smallest_changes(table, own, rank, groups, first=100), 1)
    print(f"  smallest_changes     {seconds:8.2f} s   (first 100 sites)")
    known = table.head(METHOD_SITES).fillna(0.5).to_numpy()
    for method, index in METHODS.items():
        seconds, busy, _ = timed(lambda index=index: index(known, own.to_numpy()), 1)
        print(f"  {method:20} {seconds:8.3f} s   (processor {busy:.2f} s; {len(known):,} sites)")


if __name__ == "__main__":
    main()
