"""Reach by road: hand-worked networks, a plain Dijkstra as the oracle, and properties."""

import heapq

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from layers.road_network import make_network
from layers.tables import demonstration_provenance
from siting.reach import NOWHERE, RoadGraph, Tied, graph_of

SOURCE = demonstration_provenance("Roads", "", vintage="", method="by hand")


def graph(places, edges):
    """Make a graph: places in metres; edges ``(tail, head, ms, mm)`` that all have access."""
    table = pd.DataFrame(edges, columns=["tail", "head", "time_ms", "length_mm"])
    return RoadGraph(np.array(places, dtype=float), np.ones(len(places), dtype=bool), table)


def tied(*nodes, gaps=None):
    gap = np.zeros(len(nodes)) if gaps is None else np.array(gaps, dtype=float)
    return Tied(np.array(nodes, dtype=np.intp), gap)


def times(road, starts, ends, limit=np.inf, weight="time_ms", gap_weight=1.0, *, keep=False):
    start, end, far = road.pairs_within(
        starts, ends, weight=weight, limit=limit, gap_weight=gap_weight, keep=keep
    )
    return {(int(s), int(e)): float(f) for s, e, f in zip(start, end, far, strict=True)}


# A ring of four one-way streets, 0 → 1 → 2 → 3 → 0, and a two-way short cut 0 ↔ 2.
PLACES = [(0, 0), (100, 0), (100, 100), (0, 100)]
RING = [(0, 1, 10, 100), (1, 2, 10, 100), (2, 3, 10, 100), (3, 0, 10, 100)]
CUT = [(0, 2, 15, 300), (2, 0, 15, 300)]


def test_one_way_streets():
    every = tied(0, 1, 2, 3)
    found = times(graph(PLACES, RING), every, every)
    assert [found[0, node] for node in range(4)] == [0, 10, 20, 30]
    assert [found[node, 0] for node in range(4)] == [0, 30, 20, 10]


def test_the_quickest_road_is_not_the_shortest():
    every, road = tied(0, 1, 2, 3), graph(PLACES, RING + CUT)
    assert times(road, every, every)[0, 2] == 15
    assert times(road, every, every, weight="length_mm")[0, 2] == 200


def test_of_edges_side_by_side_the_least_counts_alone():
    road = graph(PLACES[:2], [(0, 1, 9, 80), (0, 1, 7, 90), (0, 1, 8, 70), (1, 0, 1, 1)])
    assert times(road, tied(0), tied(1)) == {(0, 0): 7}
    assert times(road, tied(0), tied(1), weight="length_mm") == {(0, 0): 70}


def test_the_limit_is_inclusive_and_counts_the_gaps():
    road = graph(PLACES, RING)
    start, end = tied(0, gaps=[3]), tied(1, gaps=[4])
    assert times(road, start, end, limit=17) == {(0, 0): 17}
    assert times(road, start, end, limit=16.5) == {}
    assert times(road, start, end, limit=14, gap_weight=0.5) == {(0, 0): 10 + 2 + 2}


def test_parts_that_no_road_joins_are_out_of_reach():
    road = graph(PLACES, [(0, 1, 1, 1), (1, 0, 1, 1), (2, 3, 1, 1), (3, 2, 1, 1)])
    assert times(road, tied(0, 2), tied(1, 3)) == {(0, 0): 1, (1, 1): 1}
    nearest = road.nearest_mm(tied(0))
    assert nearest.tolist() == [0, 1, np.inf, np.inf]


def test_a_place_tied_to_nothing_is_in_no_pair():
    road = graph(PLACES, RING)
    nowhere = Tied(np.array([NOWHERE, 1]), np.array([np.nan, 0.0]))
    assert times(road, nowhere, tied(0, 1)) == {(1, 0): 30, (1, 1): 0}
    assert times(road, tied(0), nowhere) == {(0, 1): 10}
    assert times(road, tied(), tied()) == {}
    assert np.isinf(road.nearest_mm(Tied(nowhere.node[:1], nowhere.gap_mm[:1]))).all()


def test_the_nearest_feature_is_that_of_the_way_there_gaps_included():
    road = graph(PLACES, RING)
    # From 0, the feature at 1 is 100 mm away and 250 of gap; that at 3, 300 mm and no gap.
    found = road.nearest_mm(tied(1, 3, gaps=[250, 0]))
    assert found.tolist() == [300, 200, 100, 0]


def test_equal_roads_make_one_pair():
    road = graph(PLACES, [(0, 1, 5, 5), (1, 2, 5, 5), (0, 3, 5, 5), (3, 2, 5, 5), (2, 0, 1, 1)])
    assert times(road, tied(0), tied(2)) == {(0, 0): 10}


# --- Tying ----------------------------------------------------------------------------


def test_places_are_tied_to_the_nearest_node_with_access():
    road = RoadGraph(
        np.array([(0.0, 0.0), (60.0, 0.0), (500.0, 0.0)]),
        np.array([True, False, True]),
        pd.DataFrame(RING, columns=["tail", "head", "time_ms", "length_mm"])[:0],
    )
    shapes = np.array(
        [
            shapely.Point(50, 0),  # nearest to the motorway at 60, tied to 0
            shapely.box(400, -10, 480, 10),  # 20 m from 500
            shapely.box(-10, -10, 10, 10),  # around 0
            shapely.Point(0, 101),  # too far
            None,
        ],
        dtype=object,
    )
    found = road.tie(shapes, within_m=100)
    assert found.node.tolist() == [0, 2, 0, NOWHERE, NOWHERE]
    np.testing.assert_array_equal(found.gap_mm, [50_000, 20_000, 0, np.nan, np.nan])
    assert found.known.tolist() == [True, True, True, False, False]


def test_of_the_nodes_inside_a_site_the_most_central_is_taken():
    road = graph([(10, 10), (50, 49), (90, 90), (50, 51)], RING)
    site = np.array([shapely.box(0, 0, 100, 100)], dtype=object)
    assert road.tie(site, within_m=1).node.tolist() == [1]  # as near as 3: the lowest


def test_a_graph_is_made_once_a_layer():
    edges = pd.DataFrame(
        {
            "tail": [0, 1, 1, 2],
            "head": [1, 0, 2, 1],
            "tail_x_m": [0.0, 10.0, 10.0, 30.0],
            "tail_y_m": 5.0,
            "time_ms": 1,
            "length_mm": 1,
            "access": [False, False, True, True],
        }
    )
    layer = make_network(edges, SOURCE)
    road = graph_of(layer)
    assert graph_of(layer) is road
    assert road.places_m.tolist() == [[0, 5], [10, 5], [30, 5]]
    assert road.access.tolist() == [False, True, True]


# --- Properties -----------------------------------------------------------------------

SIZE = 8
one_edge = st.tuples(
    st.integers(0, SIZE - 1), st.integers(0, SIZE - 1), st.integers(1, 40), st.integers(1, 40)
).filter(lambda edge: edge[0] != edge[1])
roads = st.lists(one_edge, min_size=1, max_size=25)
some = st.lists(st.integers(0, SIZE - 1), min_size=1, max_size=6)
gaps = st.lists(st.integers(0, 9), min_size=6, max_size=6)
SPOTS = [(float(i), 0.0) for i in range(SIZE)]


def oracle(edges, start, weight=2):
    """Dijkstra with a heap, in plain Python."""
    far, heap = {}, [(0, start)]
    while heap:
        so_far, node = heapq.heappop(heap)
        if node in far:
            continue
        far[node] = so_far
        for edge in edges:
            if edge[0] == node and edge[1] not in far:
                heapq.heappush(heap, (so_far + edge[weight], edge[1]))
    return far


@given(roads, some, some, gaps, gaps, st.integers(0, 120))
def test_pairs_agree_with_a_plain_dijkstra(edges, starts, ends, start_gaps, end_gaps, limit):
    road = graph(SPOTS, edges)
    start_gaps, end_gaps = start_gaps[: len(starts)], end_gaps[: len(ends)]
    expected = {}
    for s, start in enumerate(starts):
        far = oracle(edges, start)
        for e, end in enumerate(ends):
            total = far.get(end, np.inf) + start_gaps[s] + end_gaps[e]
            if total <= limit:
                expected[s, e] = total
    found = times(road, tied(*starts, gaps=start_gaps), tied(*ends, gaps=end_gaps), limit)
    assert found == expected
    assert list(found) == sorted(found)


@given(roads, some, gaps)
def test_nearest_agrees_with_a_plain_dijkstra(edges, features, feature_gaps):
    feature_gaps = feature_gaps[: len(features)]
    found = graph(SPOTS, edges).nearest_mm(tied(*features, gaps=feature_gaps))
    for node in range(SIZE):
        far = oracle(edges, node, weight=3)
        least = min(far.get(f, np.inf) + g for f, g in zip(features, feature_gaps, strict=True))
        assert found[node] == least


EVERY = tied(*range(SIZE))


@given(roads, roads)
def test_more_roads_never_lengthen(edges, more):
    before = times(graph(SPOTS, edges), EVERY, EVERY)
    after = times(graph(SPOTS, edges + more), EVERY, EVERY)
    assert set(before) <= set(after)
    assert all(after[pair] <= before[pair] for pair in before)


@given(roads)
def test_two_way_roads_are_as_long_both_ways(edges):
    both = edges + [(head, tail, ms, mm) for tail, head, ms, mm in edges]
    found = times(graph(SPOTS, both), EVERY, EVERY)
    assert all(found[end, start] == far for (start, end), far in found.items())


@given(roads)
def test_a_detour_is_never_shorter(edges):
    found = times(graph(SPOTS, edges), EVERY, EVERY)
    for (a, b), first in found.items():
        for c in range(SIZE):
            if (b, c) in found:
                assert found[a, c] <= first + found[b, c]


@given(roads, some, some, st.integers(1, 80), st.randoms(use_true_random=False))
def test_a_pair_depends_on_its_two_places_alone(edges, starts, ends, limit, random):
    road = graph(SPOTS, edges)
    whole = times(road, tied(*starts), tied(*ends), limit)
    one_by_one = {
        (s, e): far
        for s, start in enumerate(starts)
        for (_, e), far in times(road, tied(start), tied(*ends), limit).items()
    }
    assert whole == one_by_one
    order = list(range(len(starts)))
    random.shuffle(order)
    mixed = times(road, tied(*(starts[i] for i in order)), tied(*ends), limit)
    assert {(order[s], e): far for (s, e), far in mixed.items()} == whole


@given(roads, some, some, st.integers(1, 80))
def test_the_size_of_the_chunks_changes_nothing(edges, starts, ends, limit):
    with pytest.MonkeyPatch.context() as patch:
        whole = times(graph(SPOTS, edges), tied(*starts), tied(*ends), limit)
        patch.setattr("siting.reach._DENSE_CELLS", 1)
        assert times(graph(SPOTS, edges), tied(*starts), tied(*ends), limit) == whole


@given(
    roads, some, st.lists(st.tuples(some, st.integers(1, 80)), min_size=1, max_size=4),
    st.integers(0, 60), st.integers(1, 9),
)  # fmt: skip
def test_what_is_kept_changes_nothing(edges, starts, others, room, worth):
    kept = graph(SPOTS, edges)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("siting.reach._PAIRS_KEPT", room)
        patch.setattr("siting.reach._WORTH_KEEPING", worth)
        for ends, limit in others:
            found = times(kept, tied(*starts), tied(*ends), limit, keep=True)
            assert found == times(graph(SPOTS, edges), tied(*starts), tied(*ends), limit)
            assert list(found) == sorted(found)
        assert sum(len(far) for _, rows in kept._kept.values() for _, far in rows.values()) <= room


def test_searches_from_the_same_places_are_made_once(monkeypatch):
    road, limit = graph(PLACES, RING), 100
    first = times(road, tied(0, 1), tied(2, 3), limit, keep=True)
    monkeypatch.setattr("scipy.sparse.csgraph.dijkstra", None)
    assert times(road, tied(0, 1), tied(2, 3), limit, keep=True) == first == {
        (0, 0): 20, (0, 1): 30, (1, 0): 10, (1, 1): 20,
    }  # fmt: skip
    assert times(road, tied(0, 1), tied(2, 3), 20, keep=True) == {
        (0, 0): 20, (1, 0): 10, (1, 1): 20,
    }  # fmt: skip
