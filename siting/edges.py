"""Edges: what a criterion cannot see of a site, because the territory loaded ends near it.

Communes, and most layers, stop at the edge of the territory: beyond it nothing is there to be
counted. Near it a count is a minimum, a share is that of a part, and something nearer than what
was found may lie beyond. The measure is known, so reliability does not change; it is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from shapely import MultiPolygon, Polygon

from layers.errors import N_
from layers.road_network import ROAD_NETWORK
from layers.spec import Layer, Status
from siting.criteria import CRITERIA
from siting.criteria.around import Booleans, numbers
from siting.criteria.inputs import Inputs, Parameters
from siting.criteria.search import least_distances
from siting.domain import Criterion, Reason, Sight
from siting.scenario import Scenario, weights

OUTSIDE_M: Final = 1_000.0
"""How far outside the territory something lies for sure, however outlines are drawn."""

OUTSIDE_SHARE: Final = 0.05
"""Share of a layer outside the territory from which the layer is taken to go on beyond it: a few
places across the edge do not make it whole there. Convention of ours."""

_SENTENCES: Final[Mapping[Sight, tuple[str, str]]] = {
    Sight.COUNT: (
        "edge-count",
        N_(
            "the territory loaded ends less than {km} km from the site; unless it is sea, what "
            "lies beyond is not counted, and these are minimums: {criteria}"
        ),
    ),
    Sight.SHARE: (
        "edge-share",
        N_(
            "the territory loaded ends less than {km} km from the site; unless it is sea, these "
            "are shares or prices of the part within: {criteria}"
        ),
    ),
    Sight.NEAREST: (
        "edge-nearest",
        N_(
            "the territory loaded ends less than {km} km from the site; unless it is sea, what "
            "these measure may be nearer beyond: {criteria}"
        ),
    ),
}


@dataclass(frozen=True, eq=False)
class Edge:
    """The edge of the territory loaded, worked out once for all the batches of a run.

    Parameters
    ----------
    layers
        Layers by name, ``communes`` among them.
    """

    layers: Mapping[str, Layer]

    @cached_property
    def shape(self) -> MultiPolygon:
        """The territory without its holes: an enclave, or a fault of the outlines, is no edge."""
        communes = np.asarray(self.layers["communes"].geo.geometry, dtype=object)
        parts = shapely.get_parts(shapely.union_all(communes))
        whole = MultiPolygon([Polygon(part.exterior) for part in parts])
        shapely.prepare(whole)
        return whole

    @cached_property
    def closed(self) -> frozenset[str]:
        """The layers of places that stop at the edge, by name; not those that are made up."""
        return frozenset(
            name
            for name, layer in self.layers.items()
            if layer.spec.geometry
            and layer.provenance.status is not Status.DEMONSTRATION
            and not self._goes_on(layer)
        )

    def _goes_on(self, layer: Layer) -> bool:
        places = shapely.centroid(np.asarray(layer.geo.geometry, dtype=object))
        places = places[~(shapely.is_missing(places) | shapely.is_empty(places))]
        if not len(places):
            return False
        outside = ~shapely.dwithin(self.shape, places, OUTSIDE_M)
        return bool(outside.mean() >= OUTSIDE_SHARE)


@dataclass(frozen=True, eq=False, slots=True)
class Bounds:
    """Which measures of which sites the edge of the territory bounds.

    Parameters
    ----------
    edge_m
        Straight-line distance from the edge of the site to that of the territory, metres; 0
        where the site lies across it.
    bounded
        Sites × the criteria that look around: whether the measure could be another with what
        lies beyond the edge; false where it is unknown.
    """

    edge_m: pd.Series
    bounded: pd.DataFrame


def bounds_of(inputs: Inputs, matrix: pd.DataFrame, edge: Edge) -> Bounds:
    """Find the measures that the edge of the territory bounds.

    A count or a share within a reach is bounded where the edge is within that reach; a
    distance to the nearest of some places, where the edge is nearer than the one found. A
    distance by road is compared as the straight line that the estimate takes it for; over a
    road network, as it is. A layer that goes on beyond the edge bounds nothing, nor does one
    of the demonstration, which has nothing beyond to hide.

    Parameters
    ----------
    inputs
        Sites and parameters.
    matrix
        Raw measures, as :func:`siting.scoring.decision_matrix` returns them.
    edge
        The edge of the territory.

    Returns
    -------
    Bounds
        On the index of the sites.
    """
    outline = np.asarray([edge.shape.boundary], dtype=object)
    edge_m = least_distances(np.asarray(inputs.sites.geometry, dtype=object), outline)
    roads = ROAD_NETWORK.name in inputs.layers
    found: dict[str, Booleans] = {}
    for name in matrix:
        criterion = CRITERIA[str(name)]
        if criterion.sight is None:
            continue
        reach_m = _looked_m(criterion, matrix[name], inputs.parameters, roads=roads)
        known = matrix[name].notna().to_numpy() & _stops(criterion, edge)
        found[str(name)] = known & (edge_m < reach_m)
    index = inputs.sites.index
    return Bounds(pd.Series(edge_m, index=index), pd.DataFrame(found, index=index))


def _stops(criterion: Criterion, edge: Edge) -> bool:
    """Tell whether what a criterion reads stops at the edge, as communes always do."""
    return bool(edge.closed & set(criterion.requires)) or "communes" in criterion.requires


def _looked_m(
    criterion: Criterion, measures: pd.Series, parameters: Parameters, *, roads: bool
) -> Any:
    """Return how far a criterion looked around each site, in a straight line."""
    detour = parameters.detour_factor if criterion.sight_by_road else 1.0
    if criterion.sight is Sight.NEAREST:
        return numbers(measures) / (1.0 if roads else detour)
    return getattr(parameters, criterion.sight_reach) / detour


def bound_reasons(bounds: Bounds, scenario: Scenario) -> dict[Any, tuple[Reason, ...]]:
    """Tell the measures of each site that the edge of the territory bounds, in sentences.

    Parameters
    ----------
    bounds
        As :func:`bounds_of` finds them.
    scenario
        Gives weights: a criterion that has none is not told.

    Returns
    -------
    dict
        By site, one reason a sight (:class:`siting.domain.Sight`): ``edge-count``,
        ``edge-share``, ``edge-nearest``; their figures are ``names``, ``criteria`` (titles)
        and ``km``, rounded up.
    """
    heavy = weights(scenario)
    names = [str(name) for name in bounds.bounded if heavy.get(name, 0.0) > 0]
    flags = bounds.bounded[names].to_numpy(dtype=bool)
    told: dict[tuple[int, bytes], tuple[Reason, ...]] = {}  # sites side by side share them
    reasons: dict[Any, tuple[Reason, ...]] = {}
    for site, edge_m, row in zip(bounds.edge_m.index, bounds.edge_m.tolist(), flags, strict=True):
        if not row.any():
            reasons[site] = ()
            continue
        key = (int(edge_m // 1_000) + 1, row.tobytes())
        if key not in told:
            own = [names[position] for position in np.flatnonzero(row)]
            told[key] = tuple(_reasons(own, key[0]))
        reasons[site] = told[key]
    return reasons


def _reasons(names: list[str], km: int) -> Iterator[Reason]:
    for sight, (code, sentence) in _SENTENCES.items():
        own = tuple(name for name in names if CRITERIA[name].sight is sight)
        if own:
            titles = tuple(CRITERIA[name].title for name in own)
            yield Reason(code, sentence, {"names": own, "criteria": titles, "km": km})
