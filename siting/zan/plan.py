"""The plan: the chosen sites posted together, and the verdict on the set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import pandas as pd

from layers.errors import N_
from siting.domain import EntryKind, Envelope, Measure, Period, Reason, Verdict, VerdictCode
from siting.zan.account import Rules, SiteAccount, uncharged
from siting.zan.ledger import Entry
from siting.zan.verdict import Demand, Pool, assess, assess_pooled

SITES_UNDETERMINED = N_("{count} chosen sites are undetermined: the sum is a lower bound")


@dataclass(frozen=True, slots=True)
class TerritoryPlan:
    """What the chosen sites take together from one EPCI.

    Parameters
    ----------
    code, name
        The EPCI.
    sites
        Identifiers of the sites posted there.
    planned_m2
        ENAF they take, whole m².
    remaining_before_m2, remaining_after_m2
        What remains before and after them; ``None`` when the budget is unknown.
    first_overshoot_year
        First year in which the running total of the sites whose works start is known
        exceeds the budget; ``None`` when they alone do not exceed it.
    verdict
        Verdict of the set in this EPCI, the pooled envelope left aside.
    """

    code: str
    name: str
    sites: tuple[str, ...]
    planned_m2: int
    remaining_before_m2: int | None
    remaining_after_m2: int | None
    first_overshoot_year: int | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Plan:
    """The chosen sites, all together.

    Parameters
    ----------
    verdict
        Verdict of the whole set, the pooled envelope included.
    territories
        One entry an EPCI that gives land, by code.
    posted
        Identifiers of the sites posted to the ledger.
    left_out
        Sites that could not be posted, with the reasons.
    """

    verdict: Verdict
    territories: tuple[TerritoryPlan, ...]
    posted: tuple[str, ...]
    left_out: Mapping[str, tuple[Reason, ...]] = field(default_factory=lambda: MappingProxyType({}))


def plan(sites: Sequence[SiteAccount], verdicts: Mapping[str, Verdict], rules: Rules) -> Plan:
    """Judge sites all together.

    Parameters
    ----------
    sites
        The chosen sites.
    verdicts
        Verdict of each alone.
    rules
        What they are judged with.

    Returns
    -------
    Plan
        Sites that are ineligible, undetermined or not charged to the period are
        left out and told.
    """
    left_out = {
        site.site_id: verdicts[site.site_id].reasons
        for site in sites
        if not _is_charged(site, verdicts[site.site_id], rules)
    }
    posted = [site for site in sites if site.site_id not in left_out]
    local = [site for site in posted if site.envelope is Envelope.LOCAL]
    pooled_m2 = sum(
        demand.enaf_m2 or 0
        for site in posted
        if site.envelope is Envelope.REGIONAL
        for demand in site.demands
    )
    territories = tuple(_territory_plans(local, rules))
    pool = Pool(rules.pool.remaining_m2 - pooled_m2, rules.pool.source)
    demands = [Demand(t.code, t.name, t.planned_m2) for t in territories]
    verdict = assess(demands, rules.standings, pool=pool, tolerance=rules.tolerance)
    if pooled_m2:
        pooled = assess_pooled(pooled_m2, rules.pool)
        verdict = _worst(verdict, pooled)
    undetermined = [key for key in left_out if verdicts[key].code is VerdictCode.UNDETERMINED]
    if undetermined and verdict.code is not VerdictCode.OVER_BUDGET:
        figures = {"count": len(undetermined)}
        told = Reason("sites-undetermined", SITES_UNDETERMINED, figures)
        verdict = Verdict(VerdictCode.UNDETERMINED, (told, *verdict.reasons), verdict.figures)
    return Plan(
        verdict, territories, tuple(site.site_id for site in posted), MappingProxyType(left_out)
    )


def _is_charged(site: SiteAccount, verdict: Verdict, rules: Rules) -> bool:
    if verdict.code in (VerdictCode.INELIGIBLE, VerdictCode.UNDETERMINED):
        return False
    return uncharged(site, rules) is None


def _worst(first: Verdict, second: Verdict) -> Verdict:
    order = list(VerdictCode)
    low, high = sorted((first, second), key=lambda verdict: order.index(verdict.code))
    return Verdict(high.code, (*high.reasons, *low.reasons), high.figures)


def _territory_plans(sites: Sequence[SiteAccount], rules: Rules) -> list[TerritoryPlan]:
    names: dict[str, str] = {}
    taken: dict[str, dict[str, int]] = {}
    years: dict[str, dict[int, int]] = {}
    for site in sites:
        for demand in site.demands:
            area_m2 = demand.enaf_m2 or 0
            names[demand.code] = demand.name
            taken.setdefault(demand.code, {})[site.site_id] = area_m2
            by_year = years.setdefault(demand.code, {})
            if site.works_start_year is not None:
                year = site.works_start_year
                by_year[year] = by_year.get(year, 0) + area_m2
    plans: list[TerritoryPlan] = []
    for code in sorted(taken):
        planned_m2 = sum(taken[code].values())
        remaining = rules.standings[code].remaining_m2 if code in rules.standings else None
        plans.append(
            TerritoryPlan(
                code=code,
                name=names[code],
                sites=tuple(sorted(taken[code])),
                planned_m2=planned_m2,
                remaining_before_m2=remaining,
                remaining_after_m2=None if remaining is None else remaining - planned_m2,
                first_overshoot_year=_first_overshoot(years[code], remaining),
                verdict=assess(
                    [Demand(code, names[code], planned_m2)],
                    rules.standings,
                    pool=Pool(0, ""),
                    tolerance=rules.tolerance,
                ),
            )
        )
    return plans


def _first_overshoot(by_year: Mapping[int, int], remaining_m2: int | None) -> int | None:
    if remaining_m2 is None:
        return None
    running = 0
    for year in sorted(by_year):
        running += by_year[year]
        if running > max(remaining_m2, 0):
            return year
    return None


def planned_entries(
    sites: Sequence[SiteAccount],
    posted: Sequence[str],
    commune_shares: pd.DataFrame,
    *,
    period: Period,
    source: str,
) -> list[Entry]:
    """Return the ledger entries of the sites of a plan, by commune.

    Parameters
    ----------
    sites
        The sites.
    posted
        Identifiers of those to post.
    commune_shares
        Columns ``site_id``, ``commune``, ``enaf_m2``.
    period
        A site whose works start is unknown is posted to its last year.
    source
        The scenario.

    Returns
    -------
    list of Entry
        Planned entries; none for a share without ENAF.
    """
    chosen = {site.site_id: site for site in sites if site.site_id in set(posted)}
    rows = commune_shares[commune_shares["site_id"].isin(list(chosen))]
    return [
        Entry(
            territory=str(commune),
            measure=Measure.ENAF,
            year=chosen[site_id].works_start_year or period.last,
            area_m2=int(area_m2),
            envelope=chosen[site_id].envelope,
            kind=EntryKind.PLANNED,
            evidence=str(site_id),
            source=source,
        )
        for site_id, commune, area_m2 in zip(
            rows["site_id"], rows["commune"], rows["enaf_m2"], strict=True
        )
        if area_m2 > 0
    ]
