"""Reach by road: times and distances over a network of directed edges.

Shortest routes are those of Dijkstra (1959), by :func:`scipy.sparse.csgraph.dijkstra`. Weights
are whole milliseconds and millimetres, which floats add exactly: a figure is the same to the
last bit whichever end the search starts from, whatever else is searched with it.

A place is tied to the nearest node that has access to its surroundings, in a straight line from
its edge, at most some distance away; farther, what it reaches is not known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from layers.spec import Layer

if TYPE_CHECKING:
    import scipy.sparse

Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]
Booleans = npt.NDArray[np.bool_]
Shapes = npt.NDArray[np.object_]
Weight = Literal["time_ms", "length_mm"]

NOWHERE: Final = -1
"""Node of a place that is tied to none."""

MM_PER_M: Final = 1_000
MS_PER_MINUTE: Final = 60_000

_DENSE_CELLS: Final = 8_000_000
"""Cells of the table of distances made at once: 64 MB, whatever the size of the network."""
_PAIR_CELLS: Final = 8_000_000
_NEARESTS_KEPT: Final = 16
_PAIRS_KEPT: Final = 32_000_000
"""Pairs of nodes kept between searches: 256 MB. A region of 1,200 communes has some 20 million
within half an hour, on roads with a node every 400 m."""
_KEPT_BELOW: Final = 2**32
_WORTH_KEEPING: Final = 4
"""How many searches that are kept are worth one that is not: they serve the next sites too."""


@dataclass(frozen=True, eq=False, slots=True)
class Tied:
    """Places tied to a network.

    Parameters
    ----------
    node
        Node of each place, :data:`NOWHERE` where none is near enough.
    gap_mm
        Straight line from the edge of the place to its node, whole mm; missing without one.
    """

    node: Positions
    gap_mm: Floats

    @property
    def known(self) -> Booleans:
        """Whether each place is tied to a node."""
        known: Booleans = self.node != NOWHERE
        return known


_Rows = dict[int, tuple[npt.NDArray[np.int32], npt.NDArray[np.uint32]]]
"""What was found from a node: the nodes within the limit, and their whole weights."""
_Found = Iterator[tuple[Positions, Positions, Floats]]


@dataclass(frozen=True, eq=False)
class RoadGraph:
    """A network as it is searched.

    Parameters
    ----------
    places_m
        Coordinates of the nodes, EPSG:2154, shape (nodes, 2).
    access
        Whether a place may be tied to each node.
    edges
        ``tail``, ``head``, ``time_ms``, ``length_mm``.
    """

    places_m: Floats
    access: Booleans
    edges: pd.DataFrame
    _nearest: dict[bytes, Floats] = field(default_factory=dict, init=False, repr=False)
    _kept: dict[Weight, tuple[float, _Rows]] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def _tree(self) -> tuple[shapely.STRtree, Positions]:
        nodes = np.flatnonzero(self.access)
        points = np.asarray(shapely.points(self.places_m[nodes]), dtype=object)
        return shapely.STRtree(points), nodes

    @cached_property
    def _matrices(self) -> dict[tuple[Weight, bool], scipy.sparse.csr_array]:
        return {}

    def matrix(self, weight: Weight, *, backwards: bool = False) -> scipy.sparse.csr_array:
        """Return the network as a matrix; of edges side by side, the least counts.

        Parameters
        ----------
        weight
            What an edge weighs.
        backwards
            Whether to follow edges from their head.

        Returns
        -------
        csr_array
            Weights, from row to column.
        """
        key = (weight, backwards)
        if key not in self._matrices:
            self._matrices[key] = self._matrix(weight, backwards=backwards)
        return self._matrices[key]

    def _matrix(self, weight: Weight, *, backwards: bool) -> scipy.sparse.csr_array:
        from scipy.sparse import csr_array  # noqa: PLC0415 - slow to import

        ends = [self.edges[name].to_numpy() for name in ("tail", "head")]
        start, end = reversed(ends) if backwards else ends
        values = self.edges[weight].to_numpy()
        order = np.lexsort((values, end, start))
        start, end, values = start[order], end[order], values[order]
        first = np.ones(len(order), dtype=bool)
        first[1:] = (np.diff(start) != 0) | (np.diff(end) != 0)
        count = len(self.places_m)
        cells = (values[first].astype(np.float64), (start[first], end[first]))
        return csr_array(cells, shape=(count, count))

    def tie(self, shapes: Shapes, *, within_m: float) -> Tied:
        """Tie places to the nearest node with access.

        Parameters
        ----------
        shapes
            Geometries, EPSG:2154; missing ones are tied to nothing.
        within_m
            Straight-line distance beyond which a place is tied to nothing, in metres.

        Returns
        -------
        Tied
            Of nodes as near as each other (all those inside a polygon), the nearest to the
            representative point, then the lowest number.
        """
        node = np.full(len(shapes), NOWHERE, dtype=np.intp)
        gap_mm = np.full(len(shapes), np.nan)
        tree, nodes = self._tree
        if len(nodes) and len(shapes):
            (place, found), gap_m = tree.query_nearest(
                shapes, max_distance=within_m, return_distance=True, all_matches=True
            )
            centres = shapely.get_coordinates(shapely.point_on_surface(shapes[place]))
            away = np.hypot(*(self.places_m[nodes[found]] - centres).T)
            order = np.lexsort((nodes[found], away, place))
            place, found, gap_m = place[order], found[order], gap_m[order]
            first = np.ones(len(place), dtype=bool)
            first[1:] = np.diff(place) != 0
            node[place[first]] = nodes[found[first]]
            gap_mm[place[first]] = np.rint(gap_m[first] * MM_PER_M)
        return Tied(node, gap_mm)

    def nearest_mm(self, features: Tied) -> Floats:
        """Measure the shortest road from every node to the nearest feature.

        Parameters
        ----------
        features
            Places tied to this network.

        Returns
        -------
        ndarray
            Whole mm by node, the gap of the feature included; infinite where no feature is
            tied. Shared: treat it as read-only.
        """
        known = features.known
        key = features.node[known].tobytes() + features.gap_mm[known].tobytes()
        if key not in self._nearest:
            if len(self._nearest) >= _NEARESTS_KEPT:
                self._nearest.pop(next(iter(self._nearest)))
            self._nearest[key] = self._from_features(features.node[known], features.gap_mm[known])
        return self._nearest[key]

    def _from_features(self, node: Positions, gap_mm: Floats) -> Floats:
        """Search from one more node, tied to every feature by its gap."""
        from scipy.sparse import csr_array  # noqa: PLC0415 - slow to import
        from scipy.sparse.csgraph import dijkstra  # noqa: PLC0415

        count = len(self.places_m)
        if not len(node):
            return np.full(count, np.inf)
        nodes, of_feature = np.unique(node, return_inverse=True)
        least = np.full(len(nodes), np.inf)
        np.minimum.at(least, of_feature, gap_mm)
        roads = self.matrix("length_mm", backwards=True)
        # One more millimetre on the way out, taken off below: an edge must weigh something.
        data = np.concatenate([roads.data, least + 1])
        indices = np.concatenate([roads.indices, nodes.astype(roads.indices.dtype)])
        ends = np.append(roads.indptr, len(data)).astype(roads.indptr.dtype)
        shape = (count + 1, count + 1)
        more = csr_array((data, indices, ends), shape=shape)
        found: Floats = np.asarray(dijkstra(more, directed=True, indices=[count]))[0]
        return found[:count] - 1

    def pairs_within(
        self,
        starts: Tied,
        ends: Tied,
        *,
        weight: Weight,
        limit: float,
        gap_weight: float,
        keep: bool = False,
    ) -> tuple[Positions, Positions, Floats]:
        """Find which ends are within a time or a distance of which starts, by road.

        Parameters
        ----------
        starts, ends
            Places tied to this network; one tied to nothing is in no pair.
        weight
            Whether time or distance is limited.
        limit
            Greatest weight, inclusive, gaps included.
        gap_weight
            Weight of one mm of gap; gaps are rounded to whole weights.
        keep
            Whether the same starts will be asked for again with other ends, as communes are with
            the next sites: what is found from them is kept, and the result is the same.

        Returns
        -------
        start, end : ndarray
            Positions of the pairs, by start and then end.
        weight : ndarray
            Least weight of a route of each pair.
        """
        start_gap, end_gap = (np.rint(place.gap_mm * gap_weight) for place in (starts, ends))
        ahead = np.flatnonzero(starts.known & (start_gap <= limit))
        behind = np.flatnonzero(ends.known & (end_gap <= limit))
        # Search from the fewer: the result is the same, the cost is not.
        keep = keep and limit < _KEPT_BELOW
        wanted = np.unique(starts.node[ahead])
        if keep:
            kept_to, rows = self._kept.get(weight, (limit, {}))
            if kept_to < limit:  # the rows of a shorter limit are parts of those of a longer one
                kept_to, rows = limit, {}
            self._kept[weight] = kept_to, rows
            wanted = np.array([node for node in wanted.tolist() if node not in rows], np.intp)
        worth = _WORTH_KEEPING if keep else 1
        backwards = worth * len(np.unique(ends.node[behind])) < len(wanted)
        few, many = (behind, ahead) if backwards else (ahead, behind)
        few_node, many_node = (ends, starts) if backwards else (starts, ends)
        few_gap, many_gap = (end_gap, start_gap) if backwards else (start_gap, end_gap)
        sources, targets = few_node.node[few], many_node.node[many]
        if keep and not backwards:
            self._keep(wanted, weight)
            found = [*self._looked_up(rows, sources, targets, weight, limit)]
        else:
            found = [*self._searched(sources, targets, weight, limit, backwards=backwards)]
        one, other, far = (
            (np.concatenate(part) for part in zip(*found, strict=True))
            if found
            else (np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0))
        )
        one, other = few[one], many[other]
        total = far + few_gap[one] + many_gap[other]
        kept = total <= limit
        one, other, total = one[kept], other[kept], total[kept]
        start, end = (other, one) if backwards else (one, other)
        order = np.lexsort((end, start))
        return start[order], end[order], total[order]

    def _keep(self, nodes: Positions, weight: Weight) -> None:
        """Search from nodes and keep what is found, while there is room."""
        from scipy.sparse.csgraph import dijkstra  # noqa: PLC0415 - slow to import

        limit, rows = self._kept[weight]
        matrix = self.matrix(weight)
        room = _PAIRS_KEPT - sum(
            len(far) for _, kept in self._kept.values() for _, far in kept.values()
        )
        size = max(1, _DENSE_CELLS // len(self.places_m))
        for first in range(0, len(nodes), size):
            chunk = nodes[first : first + size]
            for node, far in zip(
                chunk.tolist(),
                dijkstra(matrix, directed=True, indices=chunk, limit=limit),
                strict=True,
            ):
                reached = np.flatnonzero(far <= limit)
                room -= len(reached)
                if room < 0:
                    return
                rows[node] = reached.astype(np.int32), far[reached].astype(np.uint32)

    def _looked_up(
        self, rows: _Rows, sources: Positions, targets: Positions, weight: Weight, limit: float
    ) -> _Found:
        """Yield the pairs of :meth:`_searched` from what was kept; search for the rest."""
        kept = np.array([node in rows for node in sources.tolist()], dtype=bool)
        weights = np.full(len(self.places_m), np.inf)
        for source in np.flatnonzero(kept).tolist():
            reached, whole = rows[int(sources[source])]
            weights[reached] = whole
            found = weights[targets]
            weights[reached] = np.inf
            target = np.flatnonzero(np.isfinite(found))
            yield np.full(len(target), source), target, found[target]
        rest = np.flatnonzero(~kept)
        if len(rest):
            for one, other, far in self._searched(
                sources[rest], targets, weight, limit, backwards=False
            ):
                yield rest[one], other, far

    def _searched(
        self,
        sources: Positions,
        targets: Positions,
        weight: Weight,
        limit: float,
        *,
        backwards: bool,
    ) -> _Found:
        """Yield pairs of positions in ``sources`` and ``targets`` no farther than the limit."""
        from scipy.sparse.csgraph import dijkstra  # noqa: PLC0415 - slow to import

        matrix = self.matrix(weight, backwards=backwards)
        nodes, of_source = np.unique(sources, return_inverse=True)
        by_node = np.argsort(of_source, kind="stable")
        starts = np.searchsorted(of_source[by_node], np.arange(len(nodes) + 1))
        size = max(1, min(_DENSE_CELLS // len(self.places_m), _PAIR_CELLS // max(len(targets), 1)))
        for first in range(0, len(nodes), size):
            chunk = nodes[first : first + size]
            far = dijkstra(matrix, directed=True, indices=chunk, limit=limit)[:, targets]
            node, target = np.nonzero(np.isfinite(far) & (far <= limit))
            distance = far[node, target]
            # Sources that share a node share its row.
            times = np.diff(starts)[first + node]
            skip = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
            source = by_node[np.repeat(starts[first + node], times) + skip]
            yield source, np.repeat(target, times), np.repeat(distance, times)


@lru_cache(maxsize=2)
def graph_of(network: Layer) -> RoadGraph:
    """Return a network as it is searched, made once a layer.

    Parameters
    ----------
    network
        A layer of :data:`layers.road_network.ROAD_NETWORK`.

    Returns
    -------
    RoadGraph
        The network.
    """
    table = network.data
    tail, head = table["tail"].to_numpy(), table["head"].to_numpy()
    count = int(tail.max()) + 1
    places = np.empty((count, 2))
    places[tail] = table[["tail_x_m", "tail_y_m"]].to_numpy()
    access = np.zeros(count, dtype=bool)
    open_ = table["access"].to_numpy(dtype=bool)
    access[tail[open_]] = True
    access[head[open_]] = True
    return RoadGraph(places, access, table[["tail", "head", "time_ms", "length_mm"]])
