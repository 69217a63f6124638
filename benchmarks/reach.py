"""Commutes by road of many sites: ratio of time to searches that are not bounded, in one run.

Run ``python benchmarks/reach.py`` (a few seconds); ``--sites 10000 --communes 1200 --side 355``
is the size of a region (some 500,000 directed edges). The network is synthetic: a bent grid of
two-way roads with some motorways. The peer is the same library without a limit, on a sample of
the communes, in proportion; where networkx is installed, its bounded search too.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time

import numpy as np
import pandas as pd
import shapely
from scipy.sparse.csgraph import dijkstra

from layers.road_network import make_network
from layers.tables import demonstration_provenance
from siting.reach import MS_PER_MINUTE, RoadGraph, graph_of

STEP_M = 400.0
CORNER = (350_000.0, 6_600_000.0)
MINUTES = 30
SAMPLE = 8


def grid(
    rng: np.random.Generator, shape: tuple[int, int], corner: tuple[float, float], step_m: float
) -> pd.DataFrame:
    """Draw the edges of a bent grid of two-way roads of 30 to 90 km/h, every twentieth 110 km/h."""
    height, width = shape
    rows, columns = np.divmod(np.arange(height * width), width)
    places = np.column_stack([columns, rows]) * step_m + corner
    places = np.round(places + rng.uniform(-0.3, 0.3, places.shape) * step_m, 1)
    right = np.flatnonzero(columns < width - 1)
    up = np.flatnonzero(rows < height - 1)
    tail, head = np.append(right, up), np.append(right + 1, up + width)
    speed = rng.choice([30.0, 50.0, 70.0, 90.0], len(tail))
    speed[np.append(rows[right], columns[up]) % 20 == 0] = 110.0
    length_m = 1.2 * np.hypot(*(places[tail] - places[head]).T)
    one_way = pd.DataFrame(
        {
            "time_ms": np.rint(length_m * 3_600 / speed).astype(int),
            "length_mm": np.rint(length_m * 1_000).astype(int),
            "access": speed < 110.0,
        }
    )
    edges = pd.concat(
        [one_way.assign(tail=tail, head=head), one_way.assign(tail=head, head=tail)],
        ignore_index=True,
    )
    edges[["tail_x_m", "tail_y_m"]] = places[edges["tail"]]
    return edges


def synthetic(rng: np.random.Generator, side: int) -> RoadGraph:
    """Make the graph of a grid of so many roads a side."""
    source = demonstration_provenance("Synthetic grid", "", vintage="", method="benchmark")
    return graph_of(make_network(grid(rng, (side, side), CORNER, STEP_M), source))


def timed(words: str, start: float) -> float:
    """Print how long something took."""
    seconds = time.perf_counter() - start
    sys.stdout.write(f"{words}: {seconds:.2f} s\n")
    return seconds


def main() -> None:
    """Compare the ways on the same network."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=2_000)
    parser.add_argument("--communes", type=int, default=200)
    parser.add_argument("--side", type=int, default=160)
    given = parser.parse_args()
    rng = np.random.default_rng(7)
    start = time.perf_counter()
    road = synthetic(rng, given.side)
    timed(f"synthetic network, {len(road.edges):,} directed edges", start)
    spread = given.side * STEP_M
    spots = rng.uniform(0, spread, (given.sites + given.communes, 2)) + CORNER
    points = np.asarray(shapely.points(spots), dtype=object)
    start = time.perf_counter()
    sites = road.tie(shapely.buffer(points[: given.sites], 150), within_m=1_000)
    homes = road.tie(points[given.sites :], within_m=1_000)
    timed("sites and communes tied", start)
    limit = MINUTES * MS_PER_MINUTE
    start = time.perf_counter()
    home, _, far = road.pairs_within(homes, sites, weight="time_ms", limit=limit, gap_weight=0.18)
    ours = timed(f"{given.sites:,} sites × {given.communes:,} communes, {len(far):,} pairs", start)
    start = time.perf_counter()
    road.nearest_mm(homes)
    timed("nearest commune of every node", start)
    matrix, sample = road.matrix("time_ms"), homes.node[:SAMPLE]
    share = given.communes / SAMPLE
    start = time.perf_counter()
    whole = dijkstra(matrix, directed=True, indices=sample)[:, sites.node]
    plain = timed(f"scipy without a limit, {SAMPLE} communes", start) * share
    gaps = np.rint(homes.gap_mm[:SAMPLE, None] * 0.18) + np.rint(sites.gap_mm * 0.18)
    expected = np.count_nonzero(whole + gaps <= limit)
    agreed = expected == np.count_nonzero(home < SAMPLE)
    sys.stdout.write(f"ratio to scipy without a limit: {plain / ours:.1f}; same pairs: {agreed}\n")
    with_networkx(road, sample, limit, share, ours)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
    sys.stdout.write(f"peak memory of the process: {peak_mb:,.0f} MB\n")


def with_networkx(
    road: RoadGraph, sample: np.ndarray, limit: int, share: float, ours: float
) -> None:
    """Time the bounded search of networkx, where it is installed."""
    try:
        import networkx as nx  # noqa: PLC0415 - a peer that may be absent
    except ImportError:
        return
    graph = nx.DiGraph()
    graph.add_weighted_edges_from(road.edges[["tail", "head", "time_ms"]].to_numpy().tolist())
    start = time.perf_counter()
    for node in sample.tolist():
        nx.single_source_dijkstra_path_length(graph, node, cutoff=limit)
    peer = timed(f"networkx with the limit, {SAMPLE} communes", start) * share
    sys.stdout.write(f"ratio to networkx with the limit: {peer / ours:.1f}\n")


if __name__ == "__main__":
    main()
