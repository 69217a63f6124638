"""The plan: the chosen sites posted together, and the verdict on the set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import pandas as pd

from layers.errors import N_
from siting.domain import (
    POOLED_ENVELOPES,
    EntryKind,
    Envelope,
    Measure,
    Reason,
    Verdict,
    VerdictCode,
)
from siting.zan.account import Rules, SiteAccount, simulation
from siting.zan.ledger import Entry
from siting.zan.tally import Tally, is_charged, tally
from siting.zan.verdict import Demand, Pool, assess, assess_pooled

SITES_UNDETERMINED = N_("some chosen sites are undetermined ({count}): the sum is a lower bound")
NATIONAL_ONLY = N_("the chosen sites are charged to the national envelope alone")
OVER_FIRST = N_(
    "with these sites and the works already committed, a budget is exceeded for the first time in "
    "{year}"
)
NONE_CHARGED = N_("no chosen site is charged to a budget of the period")


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
    pooled_m2
        Part of it that the pooled regional envelope pays, whole m².
    remaining_before_m2, remaining_after_m2
        What remains before and after them; ``None`` when the budget is unknown.
    first_overshoot_year
        First year that ends beyond the budget, with the sites whose works start is known and
        the works already committed, as in the trajectory; ``None`` where it is not exceeded at
        the end of the period, or where the year is not known.
    verdict
        Verdict of the set in this EPCI, the pooled envelope left aside.
    """

    code: str
    name: str
    sites: tuple[str, ...]
    planned_m2: int
    pooled_m2: int
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
    region
        Verdict of the whole set on the budget of the region, as
        :func:`region_verdict`.
    """

    verdict: Verdict
    territories: tuple[TerritoryPlan, ...]
    posted: tuple[str, ...]
    left_out: Mapping[str, tuple[Reason, ...]] = field(default_factory=lambda: MappingProxyType({}))
    region: Verdict | None = None


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
        if not is_charged(site, verdicts[site.site_id], rules)
    }
    posted = [site for site in sites if site.site_id not in left_out]
    found = tally(sites, verdicts, rules)
    verdict, territories = judged(found, rules)
    ids: dict[str, list[str]] = {}
    for site in posted:
        for demand in site.demands if site.envelope is Envelope.LOCAL else ():
            ids.setdefault(demand.code, []).append(site.site_id)
    named = tuple(replace(part, sites=tuple(sorted(ids[part.code]))) for part in territories)
    return Plan(
        verdict, named, tuple(site.site_id for site in posted), MappingProxyType(left_out),
        region_verdict(found, rules),
    )  # fmt: skip


def judged(found: Tally, rules: Rules) -> tuple[Verdict, tuple[TerritoryPlan, ...]]:
    """Judge what chosen sites take together, without the sites.

    Parameters
    ----------
    found
        What they take.
    rules
        What they are judged with.

    Returns
    -------
    Verdict
        Verdict of the whole set, the pooled envelope included.
    tuple of TerritoryPlan
        One entry an EPCI that gives land, by code; their ``sites`` are left empty.
    """
    territories = tuple(_territory_plans(found, rules))
    local = _local(found, territories, rules)
    verdict = _verdict(found, local, territories, rules)
    # Whatever becomes of the other envelopes: what is told to be pooled is.
    if local is not None and local.code is VerdictCode.COMPATIBLE_WITH_POOLING:
        territories = tuple(_pooled(territory) for territory in territories)
    return _completed(verdict, found, rules), territories


def region_verdict(found: Tally, rules: Rules) -> Verdict | None:
    """Judge what chosen sites take together from the budget of the region.

    What its envelopes pay is inside that budget (R10); what the State pays is not. An EPCI that
    is already exceeded weighs on the region, whether or not a site lies in it.

    Parameters
    ----------
    found
        What they take.
    rules
        What they are judged with.

    Returns
    -------
    Verdict or None
        ``compatible``, ``over_budget`` or, where some site or the budget is unknown,
        ``undetermined``; ``None`` where the territory is not one region, or where no site is
        charged to it.
    """
    own = (Envelope.LOCAL, *POOLED_ENVELOPES)
    if rules.whole is None or not any(found.posted.get(envelope) for envelope in own):
        return None
    taken_m2 = sum(found.taken_m2.get(envelope, 0) for envelope in own)
    demand = Demand(rules.region, rules.whole_name, taken_m2)
    verdict = assess(
        [demand], {rules.region: rules.whole}, pool=Pool(0, ""), tolerance=rules.tolerance
    )
    return _completed(verdict, found, rules)


def _completed(verdict: Verdict, found: Tally, rules: Rules) -> Verdict:
    """Tell the sites that are not determined, then a rule set that is not law."""
    undetermined = found.left_out.get(VerdictCode.UNDETERMINED, 0)
    if undetermined and verdict.code is not VerdictCode.OVER_BUDGET:
        told = Reason("sites-undetermined", SITES_UNDETERMINED, {"count": undetermined})
        verdict = Verdict(VerdictCode.UNDETERMINED, (told, *verdict.reasons), verdict.figures)
    return Verdict(verdict.code, (*verdict.reasons, *simulation(rules)), verdict.figures)


def _local(found: Tally, territories: Sequence[TerritoryPlan], rules: Rules) -> Verdict | None:
    """Judge the budgets of EPCI, with what the pool still has once it pays what it is asked to."""
    if not territories:
        return None
    left_m2 = max(0, rules.pool.remaining_m2 - found.taken_m2.get(Envelope.REGIONAL, 0))
    demands = [Demand(t.code, t.name, t.planned_m2) for t in territories]
    pool = Pool(left_m2, rules.pool.source)
    return assess(demands, rules.standings, pool=pool, tolerance=rules.tolerance)


def _verdict(
    found: Tally, local: Verdict | None, territories: Sequence[TerritoryPlan], rules: Rules
) -> Verdict:
    """Judge what is posted: the budgets of EPCI, and what envelopes pay by choice."""
    parts = [] if local is None else [local]
    for envelope in POOLED_ENVELOPES:
        if found.posted.get(envelope):
            pool, taken_m2 = rules.pooled(envelope), found.taken_m2.get(envelope, 0)
            parts.append(assess_pooled(taken_m2, pool, envelope=envelope))
    if not parts and found.posted:
        return Verdict(VerdictCode.COMPATIBLE, (Reason("national-only", NATIONAL_ONLY),))
    if not parts:
        return Verdict(VerdictCode.UNDETERMINED, (Reason("none-charged", NONE_CHARGED),))
    order = list(VerdictCode)
    parts.sort(key=lambda part: order.index(part.code), reverse=True)
    reasons = [reason for part in parts for reason in part.reasons]
    years = [
        territory.first_overshoot_year
        for territory in territories
        if territory.first_overshoot_year is not None and (territory.remaining_before_m2 or 0) >= 0
    ]
    if local is not None and local.code is VerdictCode.OVER_BUDGET and years:
        reasons.append(Reason("over-first", OVER_FIRST, {"year": min(years)}))
    sums = {name: sum(part.figures[name] for part in parts) for name in ("enaf_m2", "excess_m2")}
    return Verdict(parts[0].code, tuple(reasons), {**parts[0].figures, **sums})


def _pooled(territory: TerritoryPlan) -> TerritoryPlan:
    """Let the pooled envelope pay for what exceeds the budget of an EPCI."""
    before = territory.remaining_before_m2
    if before is None or territory.remaining_after_m2 is None:
        return territory
    pooled_m2 = max(0, territory.planned_m2 - max(before, 0))
    after = territory.remaining_after_m2 + pooled_m2
    return replace(territory, pooled_m2=pooled_m2, remaining_after_m2=after)


def _territory_plans(found: Tally, rules: Rules) -> Iterator[TerritoryPlan]:
    for code, taken in found.epci.items():
        planned_m2 = taken.area_m2
        standing = rules.standings.get(code)
        remaining = None if standing is None else standing.remaining_m2
        years = {year: area for year, area in taken.by_year.items() if year is not None}
        yield TerritoryPlan(
            code=code,
            name=taken.name,
            sites=(),
            planned_m2=planned_m2,
            pooled_m2=0,
            remaining_before_m2=remaining,
            remaining_after_m2=None if remaining is None else remaining - planned_m2,
            first_overshoot_year=(
                standing.first_overshoot_year(years)
                if standing is not None and (remaining or 0) < planned_m2
                else None
            ),
            verdict=assess(
                [Demand(code, taken.name, planned_m2)],
                rules.standings,
                pool=Pool(0, ""),
                tolerance=rules.tolerance,
            ),
        )


def planned_entries(
    sites: Sequence[SiteAccount],
    decided: Plan,
    commune_shares: pd.DataFrame,
    *,
    rules: Rules,
    source: str,
) -> list[Entry]:
    """Return the ledger entries of the sites of a plan, by commune.

    What the pooled envelope pays for an EPCI is taken from its last entries: by year,
    then site, then commune.

    Parameters
    ----------
    sites
        The sites.
    decided
        The plan.
    commune_shares
        Columns ``site_id``, ``commune``, ``epci``, ``enaf_m2``.
    rules
        What they are judged with; a site whose year is unknown is posted to the last
        year of the period.
    source
        The scenario.

    Returns
    -------
    list of Entry
        Planned entries; none for a share without ENAF.
    """
    posted = frozenset(decided.posted)
    chosen = {site.site_id: site for site in sites if site.site_id in posted}
    rows = commune_shares[commune_shares["site_id"].isin(list(chosen))]
    shares = sorted(
        (rules.year_of(chosen[site_id]) or rules.period.last, site_id, commune, epci, int(area))
        for site_id, commune, epci, area in zip(
            rows["site_id"], rows["commune"], rows["epci"], rows["enaf_m2"], strict=True
        )
    )
    to_pool = {part.code: part.pooled_m2 for part in decided.territories}
    entries: list[Entry] = []
    for year, site_id, commune, epci, area_m2 in reversed(shares):
        envelope = chosen[site_id].envelope
        pooled_m2 = min(area_m2, to_pool.get(epci, 0)) if envelope is Envelope.LOCAL else 0
        to_pool[epci] = to_pool.get(epci, 0) - pooled_m2
        for part_m2, payer in ((area_m2 - pooled_m2, envelope), (pooled_m2, Envelope.REGIONAL)):
            if part_m2 > 0:
                entry = Entry(
                    territory=commune,
                    measure=Measure.ENAF,
                    year=year,
                    area_m2=part_m2,
                    envelope=payer,
                    kind=EntryKind.PLANNED,
                    evidence=site_id,
                    source=source,
                    holder=rules.holder(payer),
                    dated=rules.year_of(chosen[site_id]) is not None,
                )
                entries.append(entry)
    return entries[::-1]
