"""Industrial ecology: who the industrial neighbours are, and what they could exchange."""

from __future__ import annotations

from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pandas as pd

from layers.errors import N_
from siting.criteria.around import Positions, pairs_in_reach, told_of
from siting.criteria.inputs import Inputs
from siting.domain import Criterion, Objective, Sight

INDUSTRY = frozenset(f"{division:02d}" for division in range(5, 40))
"""Divisions of NAF rév. 2 in sections B to E."""


def industrial_neighbours(inputs: Inputs) -> pd.Series:
    """Count the establishments of industry around the site.

    Parameters
    ----------
    inputs
        Sites, layer ``establishments``, ``neighbours_reach_m``.

    Returns
    -------
    Series
        Establishments of NAF sections B to E; missing without the layer, or where
        :func:`siting.criteria.around.told_of` has no establishment of any activity.
    """
    layer = inputs.layers.get("establishments")
    if layer is None:
        return pd.Series(np.nan, index=inputs.sites.index)
    industry = layer.geo[layer.geo["naf"].isin(INDUSTRY)]
    counts = np.zeros(len(inputs.sites))
    for site, _ in _near(inputs, industry):
        np.add.at(counts, site, 1.0)
    return pd.Series(counts, index=inputs.sites.index).where(told_of(inputs.sites, layer.geo))


def possible_flows(inputs: Inputs) -> pd.Series:
    """Count the flows of the matrix that an establishment around could give or take.

    Formula: rows of the layer ``industrial_flows`` whose division that gives, or that takes,
    is there within ``neighbours_reach_m``; each row once. It is a potential: which of them is
    real depends on the company that comes, and on a study.

    Parameters
    ----------
    inputs
        Sites, layers ``establishments`` and ``industrial_flows``, ``neighbours_reach_m``.

    Returns
    -------
    Series
        Flows; missing without the layers, or as :func:`industrial_neighbours`.
    """
    layer, matrix = inputs.layers.get("establishments"), inputs.layer("industrial_flows")
    if layer is None or matrix is None:
        return pd.Series(np.nan, index=inputs.sites.index)
    divisions = sorted(set(matrix["from_naf"]) | set(matrix["to_naf"]))
    known = layer.geo[layer.geo["naf"].isin(divisions)]
    division = pd.Index(divisions).get_indexer(pd.Index(known["naf"]))
    there = np.zeros((len(inputs.sites), len(divisions)), dtype=bool)
    for site, establishment in _near(inputs, known):
        there[site, division[establishment]] = True
    gives = there[:, pd.Index(divisions).get_indexer(pd.Index(matrix["from_naf"]))]
    takes = there[:, pd.Index(divisions).get_indexer(pd.Index(matrix["to_naf"]))]
    flows = pd.Series((gives | takes).sum(axis=1).astype("float64"), index=inputs.sites.index)
    return flows.where(told_of(inputs.sites, layer.geo))


def _near(inputs: Inputs, places: gpd.GeoDataFrame) -> Iterator[tuple[Positions, Positions]]:
    return pairs_in_reach(
        inputs.sites, places.geometry, radius_m=inputs.parameters.neighbours_reach_m
    )


CRITERIA = (
    Criterion(
        name="industrial_neighbours",
        title=N_("Establishments of industry around"),
        theme="jobs",
        objective=Objective.MAX,
        unit=N_("establishments"),
        requires=("establishments",),
        source="INSEE, Sirene (NAF rév. 2, sections B à E)",
        function=industrial_neighbours,
        sight=Sight.COUNT,
        sight_reach="neighbours_reach_m",
        sight_by_road=False,
    ),
    Criterion(
        name="possible_flows",
        title=N_("Possible flows with the industries around"),
        theme="jobs",
        objective=Objective.MAX,
        unit=N_("flows"),
        requires=("establishments", "industrial_flows"),
        source="Échanges publiés de Kalundborg : Ehrenfeld et Gertler 1997 ; Valero et al. 2012",
        function=possible_flows,
        sight=Sight.COUNT,
        sight_reach="neighbours_reach_m",
        sight_by_road=False,
    ),
)
