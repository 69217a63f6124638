"""The account of one site: what it takes from whom, and the verdict on it alone.

A site is judged against what remains before it: its verdict does not depend on
the other sites of the file. :mod:`siting.zan.plan` judges the set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from layers.errors import N_
from siting.domain import (
    POOLED_ENVELOPES,
    EntryKind,
    Envelope,
    Measure,
    Period,
    Reason,
    Verdict,
    VerdictCode,
)
from siting.known import known_whole
from siting.zan.budget import REGION
from siting.zan.ledger import Ledger
from siting.zan.verdict import (
    COVER_UNKNOWN,
    EARLIER_PERIOD,
    NET_UNKNOWN,
    NET_UNMEASURED,
    NOT_LAW,
    OUTSIDE,
    Demand,
    Pool,
    Standing,
    assess,
    assess_pooled,
    start_reason,
)

OBSERVED_ALREADY = N_(
    "works started in {year}, a year the observed consumption already covers; the site is not "
    "charged twice"
)
NATIONAL = N_("the site is charged to the national envelope, not to {name} ({source})")
FROM_AVAILABILITY = N_(
    "the year works start is not known; the site is counted in {year}, the first it can be"
)
OVER_FROM = N_("the budget would be exceeded from {year} on, the year of the works")
OVER_LATER = N_(
    "with the works already committed, the budget would be exceeded from {year} on; the works of "
    "the site start in {start}"
)
UNKNOWN_COUNTED = N_("{unknown_ha} ha whose land cover is unknown are counted as ENAF")
OUTSIDE_TOO_MUCH = N_(
    "{outside_ha} ha lie outside the territory: what they consume, and on whose budget, is not "
    "known here"
)
SOLD_CONSUMES = N_(
    "the {enaf_ha} ha of ENAF that its buyer will consume are not posted: add them to the "
    "committed works"
)
STATE = "FR"
"""Holder of the national envelope."""
NO_POOL = Pool(0, "")
"""An envelope that no document sets."""
SOLD = "site-sold"
"""Code of the exclusion of a site already sold."""
FRICHE = N_(
    "{deducted_ha} ha of vegetation of the friche are not counted as ENAF, on the evidence of "
    "“{source}”"
)
SEVERAL = N_("the site lies across several EPCI ({names}) and is shared out between them by area")


@dataclass(frozen=True, slots=True)
class SiteAccount:
    """What the account needs to know of one site.

    Parameters
    ----------
    site_id
        Identifier.
    demands
        What it takes from each EPCI; unknown areas are ``None``.
    works_start_year
        Year works effectively start, as the scenario or the file says it; ``None`` when
        unknown.
    available_year
        Year from which the site is available: works cannot start before.
    envelope
        Whose budget pays.
    exclusions
        Reasons that make it ineligible.
    unknown_m2, outside_m2
        Land of unknown cover, land outside the territory.
    partial
        Whether too much of it lies outside the territory for a verdict.
    deducted_m2
        Vegetation of a friche that is not counted.
    source
        Inventory the site comes from, the evidence of a friche.
    evidence
        What puts it on the national envelope.
    """

    site_id: str
    demands: tuple[Demand, ...]
    works_start_year: int | None
    available_year: int | None = None
    envelope: Envelope = Envelope.LOCAL
    exclusions: tuple[Reason, ...] = ()
    unknown_m2: float = 0.0
    outside_m2: float = 0.0
    partial: bool = False
    deducted_m2: int = 0
    source: str = ""
    evidence: str = ""

    @property
    def enaf_m2(self) -> int | None:
        """ENAF it takes in all, whole m²; ``None`` when unknown."""
        areas = [demand.enaf_m2 for demand in self.demands]
        return None if None in areas else sum(area for area in areas if area is not None)


@dataclass(frozen=True, slots=True)
class Rules:
    """What verdicts are judged with.

    Parameters
    ----------
    period
        Years the budget covers.
    last_observed
        Last year the observed consumption covers, ``None`` without any.
    standings
        Where each EPCI stands, by code, before any planned site.
    pool
        The pooled regional envelope.
    tolerance
        Width of the band that is told and never granted.
    reserve
        The regional reserve of ready-to-use sites.
    region
        Code of the region that holds both.
    measure
        What the budgets count.
    seen_until
        Last year of the vintage of the observed consumption, which may be before the period:
        what is dated by then has happened.
    simulation
        Identifier of a rule set that is not the law in force; empty under the law.
    whole, whole_name
        Where the region stands, its envelopes included, and its name; ``None`` where the
        territory is not one region.
    """

    period: Period
    last_observed: int | None
    standings: Mapping[str, Standing]
    pool: Pool
    tolerance: Fraction
    reserve: Pool = NO_POOL
    region: str = REGION
    measure: Measure = Measure.ENAF
    seen_until: int | None = None
    simulation: str = ""
    whole: Standing | None = None
    whole_name: str = ""

    def pooled(self, envelope: Envelope) -> Pool:
        """Return a pooled envelope.

        Parameters
        ----------
        envelope
            ``regional`` or ``reserve``.

        Returns
        -------
        Pool
            What it holds.
        """
        return self.reserve if envelope is Envelope.RESERVE else self.pool

    def holder(self, envelope: Envelope) -> str:
        """Return who holds an envelope that is not local.

        Parameters
        ----------
        envelope
            The envelope.

        Returns
        -------
        str
            Code of the region, or :data:`STATE`; empty for the local one.
        """
        if envelope is Envelope.NATIONAL:
            return STATE
        return "" if envelope is Envelope.LOCAL else self.region

    def year_of(self, site: SiteAccount) -> int | None:
        """Return the year a site is charged in.

        Parameters
        ----------
        site
            The site.

        Returns
        -------
        int or None
            The year works start; else the first year it can be, from its availability
            and after what is already observed; ``None`` when neither is known. A date of
            availability alone never proves that works have started (R3).
        """
        if site.works_start_year is not None or site.available_year is None:
            return site.works_start_year
        after = 0 if self.last_observed is None else self.last_observed + 1
        return max(site.available_year, after, self.period.first)


def observed_ledger(
    flows: pd.DataFrame,
    *,
    source: str,
    reference: Period,
    period: Period,
    until: int | None = None,
    measure: Measure = Measure.ENAF,
) -> Ledger:
    """Post observed flows of the reference and of the period to a new ledger.

    Parameters
    ----------
    flows
        Columns ``code``, ``year``, ``area_m2`` (whole m², nullable).
    source
        File they come from.
    reference, period
        Years of the reference and of the budget.
    until
        Last year of the period to count; all by default. The reference is always whole.
    measure
        What the flows count; net artificialisation may be negative.

    Returns
    -------
    Ledger
        One observed entry a commune and year. A commune with an unknown or absent year
        has no entry at all: its account is unknown, not smaller.
    """
    years = flows["year"]
    if flows.empty:
        return Ledger.empty(measure)
    last = int(years.max()) if until is None else min(until, int(years.max()))
    in_period = years.between(period.first, min(last, period.last))
    wanted_years = years.between(reference.first, reference.last) | in_period
    flows = flows.loc[wanted_years, ["code", "year", "area_m2"]]
    last = min(last, period.last)
    # Every year up to the last one: a year that the file lacks is unknown, not zero.
    wanted = len(reference) + max(0, last - period.first + 1)
    known = flows[flows["area_m2"].notna()].groupby("code")["year"].nunique()
    flows = flows[flows["code"].map(known == wanted).fillna(value=False).astype(bool)]
    rows = pd.DataFrame(
        {
            "territory": flows["code"],
            "year": flows["year"],
            # Official files round each figure alone: a zero may be written -1.
            "area_m2": flows["area_m2"].clip(lower=0 if measure is Measure.ENAF else None),
            "envelope": Envelope.LOCAL.value,
            "kind": EntryKind.OBSERVED.value,
            "evidence": "",
            "source": source,
        }
    )
    return Ledger.empty(measure).post_table(rows, measure)


def standings(
    budgets: pd.DataFrame, by_year: Mapping[str, Mapping[int, int]] | None = None
) -> dict[str, Standing]:
    """Turn budgets by EPCI into standings.

    Parameters
    ----------
    budgets
        Result of :func:`siting.zan.budget.sum_budgets`, with ``complete``.
    by_year
        What remains at the end of each year, whole m², by code; not told apart by default.

    Returns
    -------
    dict
        Standing by code; amounts are ``None`` where the budget is unknown.
    """
    columns = zip(
        budgets.index,
        budgets["budget_m2"],
        budgets["remaining_m2"],
        budgets["complete"],
        strict=True,
    )
    years = by_year or {}
    return {
        str(code): Standing(
            known_whole(budget), known_whole(remaining), bool(complete), years.get(str(code), {})
        )
        for code, budget, remaining, complete in columns
    }


def site_verdict(site: SiteAccount, rules: Rules) -> Verdict:
    """Return the verdict of one site, alone.

    Parameters
    ----------
    site
        The site.
    rules
        What it is judged with.

    Returns
    -------
    Verdict
        ``ineligible`` wins over ``undetermined``, which wins over the budget.
    """
    if site.exclusions:
        return Verdict(VerdictCode.INELIGIBLE, (*site.exclusions, *_sold(site), *_told(site)))
    told = (*_told(site), *simulation(rules))
    free = uncharged(site, rules)
    if free is not None:
        return Verdict(free.code, (*free.reasons, *told), free.figures)
    if rules.measure is not Measure.ENAF:
        # What a site takes is measured in ENAF: the two measures never mix (R2).
        unknown = _unknown_net(site, rules) or (Reason("net-unmeasured", NET_UNMEASURED),)
        return Verdict(VerdictCode.UNDETERMINED, (*unknown, *told))
    if any(demand.enaf_m2 is None for demand in site.demands) or not site.demands:
        reason = Reason("cover-unknown", COVER_UNKNOWN, {"unknown_m2": site.unknown_m2})
        return Verdict(VerdictCode.UNDETERMINED, (reason, *told))
    if site.envelope in POOLED_ENVELOPES:
        taken_m2 = sum(demand.enaf_m2 or 0 for demand in site.demands)
        verdict = assess_pooled(taken_m2, rules.pooled(site.envelope), envelope=site.envelope)
    else:
        verdict = assess(site.demands, rules.standings, pool=rules.pool, tolerance=rules.tolerance)
    reasons = (*verdict.reasons, *_when(site, verdict, rules), *_start(site, rules), *told)
    if site.partial and verdict.code is not VerdictCode.OVER_BUDGET:
        outside = Reason("outside-too-much", OUTSIDE_TOO_MUCH, {"outside_m2": site.outside_m2})
        return Verdict(VerdictCode.UNDETERMINED, (outside, *reasons), verdict.figures)
    return Verdict(verdict.code, reasons, verdict.figures)


def _unknown_net(site: SiteAccount, rules: Rules) -> tuple[Reason, ...]:
    """Tell the territories whose net artificialisation is unknown."""
    return tuple(
        Reason("budget-unknown", NET_UNKNOWN, {"name": demand.name})
        for demand in site.demands
        if demand.code not in rules.standings or rules.standings[demand.code].budget_m2 is None
    )


def simulation(rules: Rules) -> tuple[Reason, ...]:
    """Tell that a verdict does not follow the law in force, where it does not (R27).

    Parameters
    ----------
    rules
        What verdicts are judged with.

    Returns
    -------
    tuple of Reason
        None under the law in force.
    """
    if not rules.simulation:
        return ()
    return (Reason("not-law", NOT_LAW, {"ruleset": rules.simulation}),)


def _is_overspent(standing: Standing | None) -> bool:
    return standing is not None and (standing.remaining_m2 or 0) < 0


def _when(site: SiteAccount, verdict: Verdict, rules: Rules) -> tuple[Reason, ...]:
    """Tell from which year a site exceeds the budget: that of its works, or of later ones."""
    start = rules.year_of(site)
    if verdict.code is not VerdictCode.OVER_BUDGET or start is None:
        return ()
    standings = {demand.code: rules.standings.get(demand.code) for demand in site.demands}
    if site.envelope in POOLED_ENVELOPES or any(map(_is_overspent, standings.values())):
        return ()
    found = [
        standing.first_overshoot_year({start: demand.enaf_m2 or 0})
        for demand in site.demands
        if (standing := standings[demand.code]) is not None
    ]
    years = [year for year in found if year is not None]
    if not years or min(years) == start:
        return (Reason("over-from", OVER_FROM, {"year": start}),)
    return (Reason("over-from", OVER_LATER, {"year": min(years), "start": start}),)


def _start(site: SiteAccount, rules: Rules) -> tuple[Reason, ...]:
    if site.works_start_year is not None:
        return ()
    year = rules.year_of(site)
    if year is not None:
        return (Reason("start-from-availability", FROM_AVAILABILITY, {"year": year}),)
    unknown = start_reason(None, rules.period)
    return (unknown,) if unknown else ()


def _sold(site: SiteAccount) -> tuple[Reason, ...]:
    """Tell the land of a site that its buyer will consume."""
    sold = any(reason.code == SOLD for reason in site.exclusions)
    if not sold or not site.enaf_m2:
        return ()
    return (Reason("sold-consumes", SOLD_CONSUMES, {"enaf_m2": site.enaf_m2}),)


def _told(site: SiteAccount) -> tuple[Reason, ...]:
    told: list[Reason] = []
    if len(site.demands) > 1:
        names = ", ".join(demand.name for demand in site.demands)
        told.append(Reason("several-epci", SEVERAL, {"names": names}))
    if site.deducted_m2 > 0:
        figures = {"deducted_m2": site.deducted_m2, "source": site.source}
        told.append(Reason("friche-deduction", FRICHE, figures, legal="C. urb. L. 111-26"))
    if site.unknown_m2 > 0 and site.enaf_m2 is not None:
        told.append(Reason("unknown-counted", UNKNOWN_COUNTED, {"unknown_m2": site.unknown_m2}))
    if site.outside_m2 > 0 and not site.partial:
        told.append(Reason("outside", OUTSIDE, {"outside_m2": site.outside_m2}))
    return tuple(told)


def uncharged(site: SiteAccount, rules: Rules) -> Verdict | None:
    """Return the verdict of a site that this period's budgets do not pay for.

    Parameters
    ----------
    site
        The site.
    rules
        What it is judged with.

    Returns
    -------
    Verdict or None
        ``None`` for a site the budgets of the period pay for.
    """
    year = rules.year_of(site)
    if site.envelope is Envelope.NATIONAL:
        names = ", ".join(demand.name for demand in site.demands)
        figures = {"name": names, "source": site.evidence}
        reason = Reason("national", NATIONAL, figures, legal="Loi 2021-1104, art. 194, III 7°")
        return Verdict(VerdictCode.COMPATIBLE, (reason,))
    if year is None:
        return None
    seen = max(rules.last_observed or 0, rules.seen_until or 0)
    if seen < year < rules.period.first:
        # An earlier budget pays, which is not that of this rule set: nothing is known of it here.
        told = {"year": year, "period": str(rules.period)}
        earlier = Reason("earlier-period", EARLIER_PERIOD, told)
        return Verdict(VerdictCode.UNDETERMINED, (earlier,))
    beyond = start_reason(year, rules.period)
    if beyond is not None:
        after = year > rules.period.last
        return Verdict(VerdictCode.UNDETERMINED if after else VerdictCode.COMPATIBLE, (beyond,))
    if rules.last_observed is not None and year <= rules.last_observed:
        seen_already = Reason("observed-already", OBSERVED_ALREADY, {"year": year})
        return Verdict(VerdictCode.COMPATIBLE, (seen_already,))
    return None
