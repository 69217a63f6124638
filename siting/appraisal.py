"""What is known of each site alone: its land, criteria, score, eligibility and verdict.

Nothing here depends on the other sites of a file: batches of any size, in any order, give
the same figures to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import pandas as pd

from layers.artificialised_land import LandCover
from layers.ocs_ge import PolygonCover
from layers.spec import Layer
from layers.territory import Level, Territory
from siting.account import Account
from siting.criteria.employment import expected_jobs
from siting.criteria.inputs import Inputs
from siting.domain import Envelope, Reason, Scores, Verdict
from siting.edges import Bounds, Edge, bound_reasons, bounds_of
from siting.eligibility import Eligibility, assess
from siting.measure import LandTake, land_take
from siting.reliability import important_gaps
from siting.scenario import Scenario
from siting.scoring import decision_matrix, score
from siting.trajectory import account_trajectories
from siting.zan.account import Rules, SiteAccount, site_verdict, standings
from siting.zan.verdict import Demand


@dataclass(frozen=True, eq=False)
class Bench:
    """What every site is appraised against, made once for all the batches of a run.

    Parameters
    ----------
    scenario
        The scenario.
    layers
        Layers by name.
    land_cover
        The land cover.
    account
        The account before any site.
    """

    scenario: Scenario
    layers: Mapping[str, Layer]
    land_cover: LandCover | PolygonCover
    account: Account

    @cached_property
    def rules(self) -> Rules:
        """What verdicts are judged with."""
        return _rules(self.account)

    @cached_property
    def edge(self) -> Edge:
        """Where the territory ends."""
        return Edge(self.layers)


@dataclass(frozen=True, eq=False, slots=True)
class Appraisal:
    """All that is known of sites, each alone.

    Parameters
    ----------
    sites
        The site table, indexed by ``site_id``.
    land
        Land of each site, by class and by commune.
    shares
        ``site_id``, ``level``, ``code``, ``name``, ``area_m2``, ``enaf_m2``: what of each
        site lies in each territory.
    matrix
        Sites × criteria, raw measures.
    jobs
        Jobs expected on each site, and how they are known, as
        :func:`siting.criteria.employment.expected_jobs` tells them.
    scores
        Scores; ranks are those among these sites.
    gaps
        Important criteria that are not known of each site, by ``site_id``.
    bounds, limits
        Measures that the edge of the territory bounds, and the sentences that tell it, by
        ``site_id``.
    eligibility
        Exclusions and conditions of each site.
    accounts
        What the account needs to know of each site.
    verdicts
        Verdict of each site alone, by ``site_id``.
    """

    sites: gpd.GeoDataFrame
    land: LandTake
    shares: pd.DataFrame
    matrix: pd.DataFrame
    jobs: pd.DataFrame
    scores: Scores
    gaps: Mapping[str, tuple[Reason, ...]]
    bounds: Bounds
    limits: Mapping[str, tuple[Reason, ...]]
    eligibility: Mapping[str, Eligibility]
    accounts: tuple[SiteAccount, ...]
    verdicts: Mapping[str, Verdict]


def appraise(
    sites: gpd.GeoDataFrame, bench: Bench, *, told: Callable[[int], None] = lambda _step: None
) -> Appraisal:
    """Measure, score and account for sites, each alone.

    Parameters
    ----------
    sites
        A site table (:data:`layers.site_table.SITES`).
    bench
        What they are appraised against.
    told
        Told the step at hand: 0 land, 1 criteria, 2 score, 3 account.

    Returns
    -------
    Appraisal
        In the order of the table.

    Raises
    ------
    LayerError
        If the land cover cannot be read.
    """
    scenario = bench.scenario
    told(0)
    sites = sites.set_index("site_id", drop=False)
    land = land_take(
        sites,
        bench.layers["communes"].geo,
        bench.land_cover,
        bench.account.ruleset,
        unknown_share=scenario.measure.unknown_tolerance,
    )
    shares = _shares(land, bench.account.territory)
    told(1)
    inputs = Inputs(
        sites=sites,
        layers=bench.layers,
        areas_m2=land.areas_m2,
        enaf_m2=land.enaf_m2.astype("Float64").astype("float64").mask(land.partial),
        epci_shares=_epci_shares(shares, bench.rules),
        parameters=scenario.measure,
    )
    matrix = decision_matrix(inputs, scenario)
    told(2)
    scores = score(matrix, scenario)
    bounds = bounds_of(inputs, matrix, bench.edge)
    eligibility = assess(inputs, scenario)
    told(3)
    accounts = _site_accounts(sites, land, shares, eligibility, scenario)
    verdicts = {account.site_id: site_verdict(account, bench.rules) for account in accounts}
    return Appraisal(
        sites=sites,
        land=land,
        shares=shares,
        matrix=matrix,
        jobs=expected_jobs(sites, scenario.measure),
        scores=scores,
        gaps=MappingProxyType(important_gaps(scores.contributions, scenario)),
        bounds=bounds,
        limits=MappingProxyType(bound_reasons(bounds, scenario)),
        eligibility=eligibility,
        accounts=tuple(accounts),
        verdicts=MappingProxyType(verdicts),
    )


def _shares(land: LandTake, territory: Territory) -> pd.DataFrame:
    """Add the shares of communes up to every level above them."""
    communes = land.shares.rename(columns={"site": "site_id"})
    parents = territory.parents().assign(commune=lambda table: table.index)
    parts: list[pd.DataFrame] = []
    for level in territory.levels:
        coded = communes.assign(code=communes["commune"].map(parents[str(level)]))
        sums = coded.groupby(["site_id", "code"], sort=False)[["area_m2", "enaf_m2"]]
        # The shares of a site are all known or all unknown: min_count keeps the unknown so.
        part = sums.sum(min_count=1).reset_index()
        names = part["code"].map(territory.names(level))
        parts.append(part.assign(level=level.value, name=names))
    columns = ["site_id", "level", "code", "name", "area_m2", "enaf_m2"]
    return pd.concat(parts, ignore_index=True)[columns]


def _rules(account: Account) -> Rules:
    seen = account.flows.data["year"].max()
    by_year = {
        code: {row.year: row.remaining_m2 for row in found.years if row.remaining_m2 is not None}
        for code, found in account_trajectories(account, Level.EPCI).items()
    }
    regions = account.budgets(Level.REGION)
    whole = standings(regions)
    return Rules(
        period=account.ruleset.period,
        last_observed=account.last_observed_year,
        whole=next(iter(whole.values())) if len(whole) == 1 else None,
        whole_name=str(regions["name"].iloc[0]) if len(whole) == 1 else "",
        standings=standings(account.budgets(Level.EPCI), by_year),
        measure=account.ruleset.measure,
        seen_until=None if pd.isna(seen) else int(seen),
        simulation="" if account.ruleset.in_force else account.ruleset.id,
        pool=account.pool(Envelope.REGIONAL),
        reserve=account.pool(Envelope.RESERVE),
        region=account.envelopes[0].region if account.envelopes else Level.REGION.value,
        tolerance=account.ruleset.tolerance.value,
    )


def _epci_shares(shares: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Return the shares by EPCI with what remains there, for the criteria."""
    epci = shares[shares["level"] == Level.EPCI.value]
    left = {
        code: float("nan") if standing.remaining_m2 is None else float(standing.remaining_m2)
        for code, standing in rules.standings.items()
    }
    table = epci.rename(columns={"site_id": "site"})[["site", "area_m2", "enaf_m2"]]
    return table.assign(remaining_m2=epci["code"].map(left))


def _site_accounts(
    sites: gpd.GeoDataFrame,
    land: LandTake,
    shares: pd.DataFrame,
    eligibility: Mapping[str, Eligibility],
    scenario: Scenario,
) -> list[SiteAccount]:
    demands: dict[str, list[Demand]] = {}
    epci = shares[shares["level"] == Level.EPCI.value]
    columns = (epci[name].tolist() for name in ("site_id", "code", "name", "enaf_m2"))
    for site_id, code, name, taken_m2 in zip(*columns, strict=True):
        enaf_m2 = None if pd.isna(taken_m2) else int(taken_m2)
        demands.setdefault(site_id, []).append(Demand(code, name, enaf_m2))
    return [
        SiteAccount(
            site_id=site_id,
            demands=tuple(demands.get(site_id, ())),
            works_start_year=_works_start(site_id, year, scenario),
            available_year=None if pd.isna(available) else int(str(available)[:4]),
            envelope=scenario.sites.envelope.get(site_id, Envelope.LOCAL),
            exclusions=eligibility[site_id].exclusions,
            unknown_m2=float(unknown_m2),
            outside_m2=float(outside_m2),
            partial=bool(partial),
            deducted_m2=int(deducted_m2),
            source=source,
            evidence=scenario.sites.evidence.get(site_id, ""),
        )
        for site_id, year, available, source, unknown_m2, outside_m2, partial, deducted_m2 in zip(
            sites.index.tolist(),
            *(sites[name].tolist() for name in ("works_start_year", "available_from", "source")),
            land.unknown_m2.tolist(),
            land.outside_m2.tolist(),
            land.partial.tolist(),
            land.deducted_m2.tolist(),
            strict=True,
        )
    ]


def _works_start(site_id: str, declared: Any, scenario: Scenario) -> int | None:
    """Year works effectively start: the scenario's, else the declared one."""
    if site_id in scenario.sites.works_start:
        return int(scenario.sites.works_start[site_id])
    return None if pd.isna(declared) else int(declared)
