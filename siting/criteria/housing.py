"""Housing: dwellings that can house the workers of the site, within commuting reach."""

from __future__ import annotations

import pandas as pd

from layers.errors import N_
from siting.criteria.around import sums_in_reach
from siting.criteria.inputs import Inputs
from siting.domain import Criterion, Objective


def reach(inputs: Inputs, columns: list[str], reach_m: float) -> pd.DataFrame:
    """Add up counts of the layer ``housing`` over the communes in reach of each site.

    A commune is in reach where its representative point lies within
    ``reach_m / detour_factor`` of the edge of the site, in a straight line.

    Parameters
    ----------
    inputs
        Sites, layers ``communes`` and ``housing``, parameters.
    columns
        Counts to add up, over the communes where all of them are known.
    reach_m
        Road distance, in metres.

    Returns
    -------
    DataFrame
        ``columns`` on the index of the sites; missing without the layers, without a
        commune in reach, or where more than ``unknown_tolerance`` of them are unknown.
    """
    communes, counts = inputs.layers.get("communes"), inputs.layer("housing")
    if communes is None or counts is None:
        return pd.DataFrame(index=inputs.sites.index, columns=columns, dtype="float64")
    return sums_in_reach(
        inputs.sites,
        communes.geo,
        counts.set_index("code")[columns],
        radius_m=reach_m / inputs.parameters.detour_factor,
        unknown_tolerance=inputs.parameters.unknown_tolerance,
    )


def vacant_dwellings_reach(inputs: Inputs) -> pd.Series:
    """Count the vacant dwellings within housing reach.

    Formula: sum over the communes in reach; not divided by the jobs expected, which few
    files declare.

    Parameters
    ----------
    inputs
        Sites, layers ``communes`` and ``housing``, parameters.

    Returns
    -------
    Series
        Dwellings; missing as :func:`reach` says.
    """
    sums = reach(inputs, ["vacant_dwellings"], inputs.parameters.housing_reach_m)
    return sums["vacant_dwellings"]


def housing_vacancy_rate(inputs: Inputs) -> pd.Series:
    """Measure the vacancy rate of dwellings within housing reach.

    Formula: vacant dwellings ÷ dwellings, both over the same communes in reach.

    Parameters
    ----------
    inputs
        Sites, layers ``communes`` and ``housing``, parameters.

    Returns
    -------
    Series
        Share in [0, 1]; missing as :func:`reach` says, or without any dwelling.
    """
    columns = ["vacant_dwellings", "dwellings"]
    sums = reach(inputs, columns, inputs.parameters.housing_reach_m)
    return sums["vacant_dwellings"] / sums["dwellings"].mask(sums["dwellings"] == 0)


CRITERIA = (
    Criterion(
        name="vacant_dwellings_reach",
        title=N_("Vacant dwellings within commuting reach"),
        theme="housing",
        objective=Objective.MAX,
        unit=N_("dwellings"),
        requires=("communes", "housing"),
        source="INSEE, recensement de la population (logements vacants)",
        function=vacant_dwellings_reach,
    ),
    Criterion(
        name="housing_vacancy_rate",
        title=N_("Housing vacancy rate within commuting reach"),
        theme="housing",
        objective=Objective.MAX,
        unit="",
        requires=("communes", "housing"),
        source="INSEE, recensement de la population (logements vacants / logements)",
        function=housing_vacancy_rate,
    ),
)
