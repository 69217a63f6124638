"""Housing: dwellings that can house the workers of the site, within commuting reach."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from layers.errors import N_
from siting.criteria.around import (
    SITES_AT_ONCE,
    Positions,
    numbers,
    sums_in_reach,
)
from siting.criteria.employment import expected_jobs
from siting.criteria.inputs import Commute, Inputs
from siting.criteria.travel import travel
from siting.domain import Criterion, Objective, Sight

TENSE_ZONES = ("A bis", "A", "B1")
"""Zones ABC where the market is tense (CCH, art. D. 304-1)."""


def reach(
    inputs: Inputs, columns: list[str], commute: Commute, *, layers: tuple[str, ...] = ("housing",)
) -> pd.DataFrame:
    """Add up counts of layers over the communes in reach of each site.

    A commune is in reach where the commute from its representative point takes at most its
    minutes over the road network; without one, where the point lies within ``distance_m /
    detour_factor`` of the edge of the site, in a straight line.

    Parameters
    ----------
    inputs
        Sites, layer ``communes`` and those named, parameters.
    columns
        Counts to add up, over the communes where all of them are known.
    commute
        How far people travel.
    layers
        Tables with ``code`` that hold the columns.

    Returns
    -------
    DataFrame
        ``columns`` on the index of the sites; missing without the layers, without a
        commune in reach, or where more than ``unknown_tolerance`` of them, or of their
        inhabitants, are unknown.
    """
    tables = [table for name in layers if (table := inputs.layer(name)) is not None]
    if len(tables) < len(layers):
        return sums_of(inputs, pd.DataFrame(columns=columns), commute)
    counts = pd.concat([table.set_index("code") for table in tables], axis="columns")
    return sums_of(inputs, counts[columns], commute)


def sums_of(inputs: Inputs, counts: pd.DataFrame, commute: Commute) -> pd.DataFrame:
    """Add up counts over the communes in reach of each site, as :func:`reach` does.

    Parameters
    ----------
    inputs
        Sites, layer ``communes``, parameters.
    counts
        Numbers by code of commune; no row where they are unknown.
    commute
        How far people travel.

    Returns
    -------
    DataFrame
        Columns of ``counts`` on the index of the sites; missing as :func:`reach` says.
    """
    communes = inputs.layers.get("communes")
    if communes is None or counts.empty:
        return pd.DataFrame(index=inputs.sites.index, columns=counts.columns, dtype="float64")
    found = travel(inputs)
    off = inputs.once("communes off the roads", lambda: found.off_roads(communes.geo))
    if off.any():  # what they hold may be in reach or not
        counts = counts[~counts.index.isin(communes.data["code"][off])]

    def pairs() -> Iterator[tuple[Positions, Positions]]:
        return found.communes(communes.geo, commute)

    few = len(inputs.sites) <= SITES_AT_ONCE  # the pairs of more would not fit in memory
    key = f"communes within {commute!r}"
    return sums_in_reach(
        inputs.sites,
        communes.geo,
        counts,
        radius_m=commute.distance_m / inputs.parameters.detour_factor,
        unknown_tolerance=inputs.parameters.unknown_tolerance,
        people=_people(inputs),
        pairs=inputs.once(key, lambda: list(pairs())) if few else pairs(),
    )


def _people(inputs: Inputs) -> pd.Series | None:
    """Return the inhabitants by commune, where the layer of housing is loaded."""
    housing = inputs.layer("housing")
    return None if housing is None else housing.set_index("code")["population"]


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
    sums = reach(inputs, ["vacant_dwellings"], inputs.parameters.housing_commute)
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
    sums = reach(inputs, columns, inputs.parameters.housing_commute)
    return sums["vacant_dwellings"] / sums["dwellings"].mask(sums["dwellings"] == 0)


def vacant_dwellings_per_job(inputs: Inputs) -> pd.Series:
    """Measure the vacant dwellings within housing reach for each job expected.

    Formula: :func:`vacant_dwellings_reach` ÷ jobs of
    :func:`siting.criteria.employment.expected_jobs` (declared, else the central density).

    Parameters
    ----------
    inputs
        Sites, layers ``communes`` and ``housing``, parameters.

    Returns
    -------
    Series
        Dwellings per job; missing where either is unknown, or no job is expected.
    """
    jobs = numbers(expected_jobs(inputs.sites, inputs.parameters)["central"])
    jobs[jobs == 0] = np.nan
    return vacant_dwellings_reach(inputs) / jobs


def tense_housing_share(inputs: Inputs) -> pd.Series:
    """Measure the share of the dwellings within housing reach that are in a tense market.

    Formula: dwellings of the communes in zone A bis, A or B1 ÷ dwellings.

    Parameters
    ----------
    inputs
        Sites, layers ``communes``, ``housing`` and ``housing_tension``, parameters.

    Returns
    -------
    Series
        Share in [0, 1]; missing as :func:`reach` says, or without any dwelling.
    """
    housing, tension = inputs.layer("housing"), inputs.layer("housing_tension")
    counts = pd.DataFrame(columns=["tense", "dwellings"])
    if housing is not None and tension is not None:
        dwellings = housing.set_index("code")["dwellings"].astype("Float64")
        zone = tension.set_index("code")["zone"].reindex(dwellings.index)
        tense = dwellings.where(zone.isin(TENSE_ZONES), 0.0).mask(zone.isna())
        counts = pd.DataFrame({"tense": tense, "dwellings": dwellings})
    sums = sums_of(inputs, counts, inputs.parameters.housing_commute)
    return sums["tense"] / sums["dwellings"].mask(sums["dwellings"] == 0)


def long_vacancy_rate(inputs: Inputs) -> pd.Series:
    """Measure the share of private dwellings vacant for more than two years, within reach.

    Formula: dwellings vacant for more than two years ÷ private dwellings, over the communes
    within housing reach. Where only the percentage is published, the count is percentage ×
    dwellings. A commune under statistical secrecy is unknown.

    Parameters
    ----------
    inputs
        Sites, layers ``communes`` and ``vacancy``, parameters.

    Returns
    -------
    Series
        Share in [0, 1]; missing as :func:`reach` says, or without any dwelling.
    """
    vacancy = inputs.layer("vacancy")
    counts = pd.DataFrame(columns=["vacant", "private"])
    if vacancy is not None:
        table = vacancy.set_index("code")
        private = numbers(table["private_dwellings"])
        vacant = numbers(table["vacant_2_years"])
        shared = numbers(table["vacant_2_years_percent"]) / 100 * private
        vacant = np.where(np.isnan(vacant), shared, vacant)
        counts = pd.DataFrame({"vacant": vacant, "private": private}, index=table.index)
    sums = sums_of(inputs, counts, inputs.parameters.housing_commute)
    return (sums["vacant"] / sums["private"].mask(sums["private"] == 0)).clip(upper=1.0)


def dwellings_started_rate(inputs: Inputs) -> pd.Series:
    """Measure the dwellings started a year for 1,000 inhabitants within housing reach.

    Parameters
    ----------
    inputs
        Sites, layers ``communes``, ``housing`` and ``housing_permits``, parameters.

    Returns
    -------
    Series
        Dwellings a year for 1,000 inhabitants; missing as :func:`reach` says, or without
        any inhabitant.
    """
    columns, layers = ["dwellings_year", "population"], ("housing", "housing_permits")
    sums = reach(inputs, columns, inputs.parameters.housing_commute, layers=layers)
    return 1_000 * sums["dwellings_year"] / sums["population"].mask(sums["population"] == 0)


def social_housing_share(inputs: Inputs) -> pd.Series:
    """Measure the share of social housing among the main residences within housing reach.

    Parameters
    ----------
    inputs
        Sites, layers ``communes``, ``housing`` and ``social_housing``, parameters.

    Returns
    -------
    Series
        Share in [0, 1]; missing as :func:`reach` says, or without any main residence.
    """
    columns, layers = ["social_dwellings", "main_residences"], ("housing", "social_housing")
    sums = reach(inputs, columns, inputs.parameters.housing_commute, layers=layers)
    homes = sums["main_residences"].mask(sums["main_residences"] == 0)
    return (sums["social_dwellings"] / homes).clip(upper=1.0)


def dwelling_price_eur_m2(inputs: Inputs) -> pd.Series:
    """Measure the price of the dwellings sold within housing reach: what a worker can buy.

    Formula: mean of the median prices of the communes, weighted by their sales. It stands for
    the median of the sales in reach, which medians of communes cannot give.

    Parameters
    ----------
    inputs
        Sites, layers ``communes`` and ``prices``, parameters.

    Returns
    -------
    Series
        Euros per m²; missing as :func:`reach` says, or without any sale. A commune without a
        sale is unknown.
    """
    prices = inputs.layer("prices")
    counts = pd.DataFrame(columns=["worth", "sales"])
    if prices is not None:
        table = prices.set_index("code")
        sales = pd.Series(numbers(table["sales"]), index=table.index)
        worth = sales * numbers(table["price_eur_m2"])
        counts = pd.DataFrame({"worth": worth, "sales": sales.mask(sales == 0)})
    sums = sums_of(inputs, counts, inputs.parameters.housing_commute)
    return sums["worth"] / sums["sales"].mask(sums["sales"] == 0)


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
        sight=Sight.COUNT,
        sight_reach="housing_reach_m",
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
        sight=Sight.SHARE,
        sight_reach="housing_reach_m",
    ),
    Criterion(
        name="vacant_dwellings_per_job",
        title=N_("Vacant dwellings within commuting reach per job expected"),
        theme="housing",
        objective=Objective.MAX,
        unit=N_("dwellings/job"),
        requires=("communes", "housing"),
        source="INSEE, recensement (logements vacants) ; emplois attendus (measure.jobs_per_ha)",
        function=vacant_dwellings_per_job,
        sight=Sight.COUNT,
        sight_reach="housing_reach_m",
    ),
    Criterion(
        name="dwellings_started_rate",
        title=N_("Dwellings started within commuting reach"),
        theme="housing",
        objective=Objective.MAX,
        unit=N_("dwellings/year per 1,000 inhabitants"),
        requires=("communes", "housing", "housing_permits"),
        source="SDES, Sitadel (logements commencés)",
        function=dwellings_started_rate,
        sight=Sight.SHARE,
        sight_reach="housing_reach_m",
    ),
    Criterion(
        name="social_housing_share",
        title=N_("Share of social housing within commuting reach"),
        theme="housing",
        objective=Objective.MAX,
        unit="",
        requires=("communes", "housing", "social_housing"),
        source="SDES, RPLS ; INSEE, recensement de la population (résidences principales)",
        function=social_housing_share,
        sight=Sight.SHARE,
        sight_reach="housing_reach_m",
    ),
    Criterion(
        name="tense_housing_share",
        title=N_("Dwellings in a tense market within commuting reach"),
        theme="housing",
        objective=Objective.MIN,
        unit="",
        requires=("communes", "housing", "housing_tension"),
        source="CCH, D. 304-1 (zonage ABC) ; INSEE, recensement de la population",
        function=tense_housing_share,
        sight=Sight.SHARE,
        sight_reach="housing_reach_m",
    ),
    Criterion(
        name="long_vacancy_rate",
        title=N_("Dwellings vacant for more than two years within commuting reach"),
        theme="housing",
        objective=Objective.MAX,
        unit="",
        requires=("communes", "vacancy"),
        source="LOVAC (Cerema, DGALN), parc privé",
        function=long_vacancy_rate,
        sight=Sight.SHARE,
        sight_reach="housing_reach_m",
    ),
    Criterion(
        name="dwelling_price_eur_m2",
        title=N_("Price of dwellings within commuting reach"),
        theme="housing",
        objective=Objective.MIN,
        unit="€/m²",
        requires=("communes", "prices"),
        source="DGFiP, demandes de valeurs foncières (DVF), médianes communales du Cerema",
        function=dwelling_price_eur_m2,
        sight=Sight.SHARE,
        sight_reach="housing_reach_m",
    ),
)
