"""The account of one site: what it takes from whom, and the verdict on it alone.

A site is judged against what remains before it: its verdict does not depend on
the other sites of the file. :mod:`siting.zan.plan` judges the set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from layers.errors import N_
from siting.domain import EntryKind, Envelope, Measure, Period, Reason, Verdict, VerdictCode
from siting.zan.ledger import Ledger
from siting.zan.verdict import (
    COVER_UNKNOWN,
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
NATIONAL = N_("the site is charged to the national envelope, not to {name}")
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
        Year works start, ``None`` when unknown.
    envelope
        Whose budget pays.
    exclusions
        Reasons that make it ineligible.
    unknown_m2, outside_m2
        Land of unknown cover, land outside the territory.
    deducted_m2
        Vegetation of a friche that is not counted.
    source
        Inventory the site comes from, the evidence of a friche.
    """

    site_id: str
    demands: tuple[Demand, ...]
    works_start_year: int | None
    envelope: Envelope = Envelope.LOCAL
    exclusions: tuple[Reason, ...] = ()
    unknown_m2: float = 0.0
    outside_m2: float = 0.0
    deducted_m2: int = 0
    source: str = ""


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
    """

    period: Period
    last_observed: int | None
    standings: Mapping[str, Standing]
    pool: Pool
    tolerance: float


def observed_ledger(flows: pd.DataFrame, *, source: str) -> Ledger:
    """Post observed ENAF flows to a new ledger.

    Parameters
    ----------
    flows
        Columns ``code``, ``year``, ``area_m2`` (whole m², nullable).
    source
        File they come from.

    Returns
    -------
    Ledger
        One observed entry a commune and year. A commune with an unknown year has no
        entry at all: its reference is unknown, not smaller.
    """
    unknown = flows.loc[flows["area_m2"].isna(), "code"].unique()
    flows = flows[~flows["code"].isin(unknown)]
    rows = pd.DataFrame(
        {
            "territory": flows["code"],
            "year": flows["year"],
            # Official files round each figure alone: a zero may be written -1.
            "area_m2": flows["area_m2"].clip(lower=0),
            "envelope": Envelope.LOCAL.value,
            "kind": EntryKind.OBSERVED.value,
            "evidence": "",
            "source": source,
        }
    )
    return Ledger.empty(Measure.ENAF).post_table(rows, Measure.ENAF)


def standings(budgets: pd.DataFrame) -> dict[str, Standing]:
    """Turn budgets by EPCI into standings.

    Parameters
    ----------
    budgets
        Result of :func:`siting.zan.budget.sum_budgets`.

    Returns
    -------
    dict
        Standing by code; amounts are ``None`` where the budget is unknown.
    """
    table = budgets.assign(used_m2=budgets["observed_m2"] + budgets["committed_m2"])
    columns = ["budget_m2", "used_m2", "remaining_m2"]
    return {
        str(code): Standing(*(None if pd.isna(value) else int(value) for value in row))
        for code, row in zip(table.index, table[columns].to_numpy(), strict=True)
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
    told = _told(site)
    if site.exclusions:
        return Verdict(VerdictCode.INELIGIBLE, (*site.exclusions, *told))
    free = uncharged(site, rules)
    if free is not None:
        return Verdict(free.code, (*free.reasons, *told), free.figures)
    if any(demand.enaf_m2 is None for demand in site.demands) or not site.demands:
        reason = Reason("cover-unknown", COVER_UNKNOWN, {"unknown_m2": site.unknown_m2})
        return Verdict(VerdictCode.UNDETERMINED, (reason, *told))
    if site.envelope is Envelope.REGIONAL:
        verdict = assess_pooled(sum(d.enaf_m2 or 0 for d in site.demands), rules.pool)
    else:
        verdict = assess(site.demands, rules.standings, pool=rules.pool, tolerance=rules.tolerance)
    start = start_reason(site.works_start_year, rules.period)
    reasons = (*verdict.reasons, *((start,) if start else ()), *told)
    return Verdict(verdict.code, reasons, verdict.figures)


def _told(site: SiteAccount) -> tuple[Reason, ...]:
    told: list[Reason] = []
    if len(site.demands) > 1:
        names = ", ".join(demand.name for demand in site.demands)
        told.append(Reason("several-epci", SEVERAL, {"names": names}))
    if site.deducted_m2 > 0:
        figures = {"deducted_m2": site.deducted_m2, "source": site.source}
        told.append(Reason("friche-deduction", FRICHE, figures, legal="C. urb. L. 111-26"))
    if site.outside_m2 > 0:
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
    year = site.works_start_year
    if site.envelope is Envelope.NATIONAL:
        names = ", ".join(demand.name for demand in site.demands)
        reason = Reason("national", NATIONAL, {"name": names}, legal="Loi 2021-1104, art. 194")
        return Verdict(VerdictCode.COMPATIBLE, (reason,))
    if year is None:
        return None
    beyond = start_reason(year, rules.period)
    if beyond is not None:
        after = year > rules.period.last
        return Verdict(VerdictCode.UNDETERMINED if after else VerdictCode.COMPATIBLE, (beyond,))
    if rules.last_observed is not None and year <= rules.last_observed:
        told = Reason("observed-already", OBSERVED_ALREADY, {"year": year})
        return Verdict(VerdictCode.COMPATIBLE, (told,))
    return None
