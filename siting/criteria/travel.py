"""How far things are by road: over a network where one is loaded, else in a straight line.

:func:`travel_of` is the one place that decides. Without a network, a distance by road is the
straight line × ``detour_factor``, and a commute of some minutes is the distance that the
scenario gives it. With one, distances are those of the shortest road, and commutes those of the
quickest one, from the commune to the site.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.road_network import ROAD_NETWORK
from layers.spec import Layer
from siting.criteria.around import (
    SITES_AT_ONCE,
    Booleans,
    Positions,
    commune_pairs,
    nearest_m,
    pairs_in_reach,
)
from siting.criteria.inputs import Commute, Inputs, Parameters
from siting.domain import Reach
from siting.reach import MM_PER_M, MS_PER_MINUTE, RoadGraph, Tied, graph_of

DISTANCE: Final = "distance"
ROAD_TIME: Final = "road_time"

_MS_KMH_PER_MM: Final = 3.6  # milliseconds that a millimetre takes at 1 km/h

Pairs = Iterator[tuple[Positions, Positions]]


class Travel(Protocol):
    """Distances and commutes by road of some sites."""

    @property
    def known(self) -> Booleans:
        """Whether each site is tied to the roads."""
        ...

    def nearest_m(self, features: gpd.GeoDataFrame | None) -> pd.Series:
        """Measure the road from each site to the nearest feature.

        Parameters
        ----------
        features
            Any geometries, EPSG:2154; ``None`` where the layer is missing.

        Returns
        -------
        Series
            Metres on the index of the sites; missing where unknown.
        """
        ...

    def within_m(self, features: gpd.GeoSeries, *, distance_m: float) -> Pairs:
        """Find the features within a distance by road of each site, some sites at once.

        Parameters
        ----------
        features
            Any geometries, EPSG:2154.
        distance_m
            Distance by road, inclusive, in metres.

        Returns
        -------
        Iterator of (ndarray, ndarray)
            As :func:`siting.criteria.around.pairs_in_reach` yields them.
        """
        ...

    def communes(self, communes: gpd.GeoDataFrame, commute: Commute) -> Pairs:
        """Find the communes from which each site is within a commute, some sites at once.

        Parameters
        ----------
        communes
            Polygons, EPSG:2154: their representative points count.
        commute
            The commute.

        Returns
        -------
        Iterator of (ndarray, ndarray)
            As :func:`siting.criteria.around.pairs_in_reach` yields them. A commune that is
            not tied to the roads is there where it is near in a straight line: unknown, see
            :meth:`off_roads`.
        """
        ...

    def off_roads(self, communes: gpd.GeoDataFrame) -> Booleans:
        """Tell the communes whose commutes are unknown.

        Parameters
        ----------
        communes
            Polygons, EPSG:2154.

        Returns
        -------
        ndarray
            True where the representative point is not tied to the roads.
        """
        ...


@dataclass(frozen=True, eq=False)
class StraightLine:
    """Roads estimated: the straight line × ``detour_factor``.

    Parameters
    ----------
    sites
        Geometries, EPSG:2154.
    parameters
        The ``measure`` section of the scenario.
    """

    sites: gpd.GeoDataFrame
    parameters: Parameters

    @property
    def known(self) -> Booleans:
        """All of them: a straight line needs no road."""
        return np.ones(len(self.sites), dtype=bool)

    def nearest_m(self, features: gpd.GeoDataFrame | None) -> pd.Series:  # noqa: D102
        return nearest_m(self.sites, features) * self.parameters.detour_factor

    def within_m(self, features: gpd.GeoSeries, *, distance_m: float) -> Pairs:  # noqa: D102
        radius_m = distance_m / self.parameters.detour_factor
        return pairs_in_reach(self.sites, features, radius_m=radius_m)

    def communes(self, communes: gpd.GeoDataFrame, commute: Commute) -> Pairs:  # noqa: D102
        radius_m = commute.distance_m / self.parameters.detour_factor
        return commune_pairs(self.sites, communes, radius_m=radius_m)

    def off_roads(self, communes: gpd.GeoDataFrame) -> Booleans:  # noqa: D102
        return np.zeros(len(communes), dtype=bool)


@dataclass(frozen=True, eq=False)
class ByRoad:
    """Roads of a network.

    Parameters
    ----------
    sites
        Geometries, EPSG:2154.
    parameters
        The ``measure`` section of the scenario.
    graph
        The network.
    """

    sites: gpd.GeoDataFrame
    parameters: Parameters
    graph: RoadGraph

    @cached_property
    def _tied(self) -> Tied:
        return self._tie(np.asarray(self.sites.geometry, dtype=object))

    def _tie(self, shapes: object) -> Tied:
        places = np.asarray(shapes, dtype=object)
        return self.graph.tie(places, within_m=self.parameters.reach.tie_m)

    @property
    def known(self) -> Booleans:
        """Whether each site has a road within ``tie_m``."""
        return self._tied.known

    def nearest_m(self, features: gpd.GeoDataFrame | None) -> pd.Series:  # noqa: D102
        found_m = np.full(len(self.sites), np.nan)
        if features is None or features.geometry.dropna().empty:
            return pd.Series(found_m, index=self.sites.index)
        targets = self._tie(features.geometry)
        known = self.known
        to_node_mm = self.graph.nearest_mm(targets)[self._tied.node[known]]
        found_m[known] = (self._tied.gap_mm[known] + to_node_mm) / MM_PER_M
        found_m[~np.isfinite(found_m)] = np.nan
        # A feature that no road is known to lead to may be nearer than the one that was found.
        lost = features[~targets.known]
        unsure = nearest_m(self.sites, lost).to_numpy() < found_m
        found_m[unsure] = np.nan
        return pd.Series(found_m, index=self.sites.index)

    def within_m(self, features: gpd.GeoSeries, *, distance_m: float) -> Pairs:  # noqa: D102
        targets = self._tie(features)
        limit_mm = np.rint(distance_m * MM_PER_M)
        for start, part in self._parts():
            site, feature, _ = self.graph.pairs_within(
                part, targets, weight="length_mm", limit=limit_mm, gap_weight=1.0
            )
            yield site + start, feature

    def communes(self, communes: gpd.GeoDataFrame, commute: Commute) -> Pairs:  # noqa: D102
        homes = self._tie(_centres(communes))
        limit_ms = np.rint(commute.minutes * MS_PER_MINUTE)
        off = np.flatnonzero(~homes.known)
        radius_m = commute.distance_m / self.parameters.detour_factor
        beside = commune_pairs(self.sites, communes.iloc[off], radius_m=radius_m)
        for (start, part), (near, lost) in zip(self._parts(), beside, strict=True):
            commune, site, _ = self.graph.pairs_within(
                homes,
                part,
                weight="time_ms",
                limit=limit_ms,
                gap_weight=_MS_KMH_PER_MM / self.parameters.reach.access_kmh,
                keep=True,
            )
            site = np.concatenate([site + start, near])
            commune = np.concatenate([commune, off[lost]])
            order = np.lexsort((commune, site))
            yield site[order], commune[order]

    def off_roads(self, communes: gpd.GeoDataFrame) -> Booleans:  # noqa: D102
        return ~self._tie(_centres(communes)).known

    def _parts(self) -> Iterator[tuple[int, Tied]]:
        tied = self._tied
        for start in range(0, len(tied.node), SITES_AT_ONCE):
            stop = start + SITES_AT_ONCE
            yield start, Tied(tied.node[start:stop], tied.gap_mm[start:stop])


def _centres(communes: gpd.GeoDataFrame) -> object:
    return shapely.point_on_surface(np.asarray(communes.geometry, dtype=object))


def travel_of(
    sites: gpd.GeoDataFrame, layers: Mapping[str, Layer], parameters: Parameters
) -> Travel:
    """Return how far things are from some sites: by road where a network is loaded.

    Parameters
    ----------
    sites
        Geometries, EPSG:2154.
    layers
        Layers by name.
    parameters
        The ``measure`` section of the scenario.

    Returns
    -------
    Travel
        Their distances and commutes.
    """
    network = layers.get(ROAD_NETWORK.name)
    if network is None:
        return StraightLine(sites, parameters)
    return ByRoad(sites, parameters, graph_of(network))


def travel(inputs: Inputs) -> Travel:
    """Return how far things are from the sites of inputs, made once.

    Parameters
    ----------
    inputs
        Sites, layers, parameters.

    Returns
    -------
    Travel
        As :func:`travel_of`.
    """
    return inputs.once("travel", lambda: travel_of(inputs.sites, inputs.layers, inputs.parameters))


def reach_of(layers: Mapping[str, Layer], parameters: Parameters) -> Reach:
    """Tell the method of :func:`travel_of`, for the manifest of a result.

    Parameters
    ----------
    layers
        Layers by name.
    parameters
        The ``measure`` section of the scenario.

    Returns
    -------
    Reach
        The method, with the title and the vintage of the network.
    """
    network = layers.get(ROAD_NETWORK.name)
    if network is None:
        return Reach(DISTANCE, parameters.detour_factor)
    source = network.provenance
    return Reach(ROAD_TIME, parameters.detour_factor, source.title, source.vintage)
