"""Verdicts: whether a site, or a set of sites, may be built within the budgets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from layers.errors import N_
from siting.domain import Envelope, Measure, Period, Reason, Verdict, VerdictCode


@dataclass(frozen=True, slots=True)
class Demand:
    """What a site, or a set of sites, takes from one territory.

    Parameters
    ----------
    code, name
        The territory.
    enaf_m2
        ENAF it would consume there, whole m²; ``None`` when unknown.
    """

    code: str
    name: str
    enaf_m2: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the budget of one territory stands, before the site.

    Parameters
    ----------
    budget_m2, remaining_m2
        Whole m²; ``None`` when the data are missing. ``remaining_m2`` is negative when
        the budget is already exceeded.
    complete
        Whether every commune of the territory is counted.
    by_year
        What remains at the end of each year of the period, whole m²: the last is
        ``remaining_m2``; empty where the years are not told apart.
    """

    budget_m2: int | None
    remaining_m2: int | None
    complete: bool = True
    by_year: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))

    def first_overshoot_year(self, taken_m2: Mapping[int, int]) -> int | None:
        """Return the first year that ends beyond the budget, once sites are built.

        What is committed for later years is charged in them, as in the trajectory.

        Parameters
        ----------
        taken_m2
            What sites take, whole m², by year works start.

        Returns
        -------
        int or None
            The year; ``None`` without any, or where the budget is unknown.

        Examples
        --------
        3 ha remain until 5 ha are committed in 2029: 1 ha taken in 2027 exceeds in 2029.

        >>> left = {2026: 30_000, 2027: 30_000, 2028: 30_000, 2029: -20_000}
        >>> Standing(100_000, -20_000, by_year=left).first_overshoot_year({2027: 10_000})
        2029
        """
        if self.remaining_m2 is None:
            return None
        left = self.by_year or dict.fromkeys(taken_m2, max(self.remaining_m2, 0))
        running = 0
        for year in sorted(left):
            running += taken_m2.get(year, 0)
            if left[year] - running < 0:
                return year
        return None


@dataclass(frozen=True, slots=True)
class Pool:
    """A pooled envelope that may pay for what a territory cannot.

    Parameters
    ----------
    remaining_m2
        Whole m² left in it.
    source
        Document that sets it; a pool without one does not exist (R10).
    """

    remaining_m2: int
    source: str


FITS = N_(
    "{site_ha} ha of ENAF taken from {name}; {remaining_ha} ha remain of its budget of "
    "{budget_ha} ha, {left_ha} ha afterwards"
)
EXCEEDS = N_(
    "{site_ha} ha of ENAF to take from {name}, where {remaining_ha} ha remain of a budget of "
    "{budget_ha} ha: {excess_ha} ha too many"
)
EXCEEDS_ALREADY = N_(
    "{site_ha} ha of ENAF to take from {name}, whose budget of {budget_ha} ha is already "
    "exceeded by {already_ha} ha: {total_ha} ha too many in all"
)
NO_ENAF = N_("no ENAF is consumed: the land is already urbanised")
POOLED = N_(
    "{excess_ha} ha would come from the pooled regional envelope, where {pool_ha} ha remain "
    "({source}), if the regional document lists the project"
)
POOL_SHORT = N_(
    "the pooled regional envelope has {pool_ha} ha left, less than the {excess_ha} ha needed"
)
NO_POOL = N_("the scenario gives no pooled regional envelope, where {excess_ha} ha are asked")
FROM_RESERVE = N_(
    "{excess_ha} ha come from the regional reserve of ready-to-use sites, where {pool_ha} ha "
    "remain ({source})"
)
RESERVE_SHORT = N_(
    "the regional reserve of ready-to-use sites has {pool_ha} ha left, less than the {excess_ha} "
    "ha needed"
)
NO_RESERVE = N_(
    "the scenario gives no regional reserve of ready-to-use sites, where {excess_ha} ha are asked"
)
BAND = N_(
    "the overshoot stays within the {band} % band of the circular of 31 January 2024, which is a "
    "legal risk and not a right"
)
OWN_BAND = N_(
    "the overshoot stays within the {band} % band of the rule set, which is a legal risk and not a "
    "right"
)
NOT_LAW = N_(
    "simulation: these figures follow the rule set {ruleset}, which is not the law in force, and "
    "give no right to consume land"
)
PARTIAL = N_("part of {name} lies outside the region: its budget is that of its communes inside it")
COVER_UNKNOWN = N_("the land cover of {unknown_ha} ha of the site is unknown")
BUDGET_UNKNOWN = N_("the ENAF consumption of {name} over the reference period is unknown")
NET_UNKNOWN = N_(
    "the net artificialisation of {name} over the reference is unknown: no OCS GE is loaded for it"
)
AFTER_PERIOD = N_(
    "works would start in {year}, after {period}: net artificialisation will count then, and no "
    "budget is known yet"
)
BEFORE_PERIOD = N_("works started in {year}, before {period}: the site is not charged to it")
EARLIER_PERIOD = N_(
    "works would start in {year}, before {period}: an earlier budget pays for the site, which is "
    "to be judged under the rule set of that period"
)
NET_UNMEASURED = N_(
    "the rule set counts net artificialisation; what the site takes is measured in ENAF, another "
    "measure, and is not compared with it"
)
START_UNKNOWN = N_("the year works start is unknown; the site is counted in {period}")
OUTSIDE = N_("{outside_ha} ha lie outside the territory and are not counted")

CIRCULAR_BAND: Final = Fraction(1, 5)
"""Width of the band of the circular of 31 January 2024 (R14)."""
CIRCULAR: Final = "Circulaire du 31 janvier 2024"
UNKNOWN_BUDGETS: Final = MappingProxyType(
    {Measure.ENAF: BUDGET_UNKNOWN, Measure.NET_ARTIFICIALISATION: NET_UNKNOWN}
)
"""What is told of a territory whose reference is unknown, by what is counted."""


def assess(
    demands: Sequence[Demand],
    standings: Mapping[str, Standing],
    *,
    pool: Pool,
    tolerance: Fraction,
) -> Verdict:
    """Return the verdict on what is taken from each territory.

    Parameters
    ----------
    demands
        What is taken, one entry a territory.
    standings
        Where each territory stands, by code.
    pool
        The pooled regional envelope.
    tolerance
        Width of the band that is told and never granted, as a share of a budget.

    Returns
    -------
    Verdict
        ``undetermined`` as soon as an area or a budget is unknown; else
        ``compatible``, ``compatible_with_pooling`` when the pool can pay for all
        that exceeds, or ``over_budget``.

    Examples
    --------
    >>> standing, band = {"E": Standing(500_000, 300_000)}, Fraction("0.2")
    >>> no_pool = Pool(0, "")
    >>> assess([Demand("E", "CC E", 300_000)], standing, pool=no_pool, tolerance=band).code
    <VerdictCode.COMPATIBLE: 'compatible'>
    >>> assess([Demand("E", "CC E", 300_001)], standing, pool=no_pool, tolerance=band).code
    <VerdictCode.OVER_BUDGET: 'over_budget'>
    """
    unknown = _unknown_budgets(demands, standings)
    if unknown:
        return Verdict(VerdictCode.UNDETERMINED, unknown)
    reasons: list[Reason] = []
    excess_m2 = 0
    taken_m2 = 0
    in_band = True
    partial: list[Reason] = []
    for demand in demands:
        taken_m2 += demand.enaf_m2 or 0
        if not demand.enaf_m2:
            continue
        standing = standings[demand.code]
        over_m2, reason = _one(demand, standing)
        excess_m2 += over_m2
        # The band is that of the whole overshoot, the past one included (R14).
        beyond_m2 = demand.enaf_m2 - (standing.remaining_m2 or 0)
        in_band &= beyond_m2 <= tolerance * (standing.budget_m2 or 0)
        reasons.append(reason)
        if not standing.complete:
            partial.append(Reason("partial-budget", PARTIAL, {"name": demand.name}))
    figures = {"enaf_m2": taken_m2, "excess_m2": excess_m2, "pool_m2": pool.remaining_m2}
    if taken_m2 == 0:
        return Verdict(VerdictCode.COMPATIBLE, (Reason("no-enaf", NO_ENAF),), figures)
    if excess_m2 == 0:
        return Verdict(VerdictCode.COMPATIBLE, (*reasons, *partial), figures)
    reasons.sort(key=lambda reason: reason.code != "exceeds")
    found = _beyond(reasons, figures, pool=pool, band=tolerance if in_band else None)
    return Verdict(found.code, (*found.reasons, *partial), found.figures)


def _unknown_budgets(
    demands: Sequence[Demand], standings: Mapping[str, Standing]
) -> tuple[Reason, ...]:
    return tuple(
        Reason("budget-unknown", BUDGET_UNKNOWN, {"name": demand.name})
        for demand in demands
        if demand.enaf_m2 != 0
        and (demand.code not in standings or standings[demand.code].remaining_m2 is None)
    )


def _one(demand: Demand, standing: Standing) -> tuple[int, Reason]:
    if demand.enaf_m2 is None or standing.remaining_m2 is None:
        raise ValueError(f"the demand on {demand.code} is not known")
    over_m2 = max(0, demand.enaf_m2 - max(standing.remaining_m2, 0))
    figures = {
        "name": demand.name,
        "site_m2": demand.enaf_m2,
        "budget_m2": standing.budget_m2,
        "remaining_m2": standing.remaining_m2,
        "left_m2": standing.remaining_m2 - demand.enaf_m2,
        "excess_m2": over_m2,
    }
    if over_m2 and standing.remaining_m2 < 0:
        already_m2 = -standing.remaining_m2
        figures |= {"already_m2": already_m2, "total_m2": already_m2 + demand.enaf_m2}
        return over_m2, Reason("exceeds", EXCEEDS_ALREADY, figures)
    if over_m2:
        return over_m2, Reason("exceeds", EXCEEDS, figures)
    return 0, Reason("fits", FITS, figures)


def _beyond(
    reasons: list[Reason], figures: Mapping[str, int], *, pool: Pool, band: Fraction | None
) -> Verdict:
    told: dict[str, object] = {
        "excess_m2": figures["excess_m2"],
        "pool_m2": pool.remaining_m2,
        "source": pool.source,
    }
    if pool.source and figures["excess_m2"] <= pool.remaining_m2:
        reasons.append(Reason("pooled", POOLED, told, legal="C. urb. L. 141-8, 6°"))
        return Verdict(VerdictCode.COMPATIBLE_WITH_POOLING, tuple(reasons), figures)
    if pool.source:
        reasons.append(Reason("pool-short", POOL_SHORT, told))
    if band is not None:
        told = {"band": f"{float(100 * band):g}"}
        of_law = band == CIRCULAR_BAND
        message, legal = (BAND, CIRCULAR) if of_law else (OWN_BAND, "")
        reasons.append(Reason("band", message, told, legal=legal))
    return Verdict(VerdictCode.OVER_BUDGET, tuple(reasons), figures)


def assess_pooled(enaf_m2: int, pool: Pool, *, envelope: Envelope = Envelope.REGIONAL) -> Verdict:
    """Return the verdict on what is taken from a pooled envelope alone.

    Parameters
    ----------
    enaf_m2
        ENAF taken, whole m².
    pool
        The pooled envelope.
    envelope
        Which one it is: ``regional``, or the ``reserve`` of ready-to-use sites.

    Returns
    -------
    Verdict
        ``compatible_with_pooling`` when the pool has a source and enough left, else
        ``over_budget``.
    """
    short_m2 = max(0, enaf_m2 - max(pool.remaining_m2, 0)) if pool.source else enaf_m2
    figures = {"enaf_m2": enaf_m2, "excess_m2": short_m2, "pool_m2": pool.remaining_m2}
    told = {"excess_m2": enaf_m2, "pool_m2": pool.remaining_m2, "source": pool.source}
    if enaf_m2 == 0:
        return Verdict(VerdictCode.COMPATIBLE, (Reason("no-enaf", NO_ENAF),), figures)
    reserve = envelope is Envelope.RESERVE
    if not pool.source:
        none = Reason("no-pool", NO_RESERVE if reserve else NO_POOL, told)
        return Verdict(VerdictCode.OVER_BUDGET, (none,), figures)
    if short_m2 == 0:
        legal = "" if reserve else "C. urb. L. 141-8, 6°"
        reason = Reason("pooled", FROM_RESERVE if reserve else POOLED, told, legal=legal)
        return Verdict(VerdictCode.COMPATIBLE_WITH_POOLING, (reason,), figures)
    short = Reason("pool-short", RESERVE_SHORT if reserve else POOL_SHORT, told)
    return Verdict(VerdictCode.OVER_BUDGET, (short,), figures)


def start_reason(year: int | None, period: Period) -> Reason | None:
    """Return what the year of the works start changes, ``None`` when it is in the period.

    Parameters
    ----------
    year
        Year works start, ``None`` when unknown.
    period
        Years the budget covers.

    Returns
    -------
    Reason or None
        ``start-unknown`` (counted in the period all the same), ``before-period``
        or ``after-period``.
    """
    if year is None:
        return Reason("start-unknown", START_UNKNOWN, {"period": str(period)})
    if year > period.last:
        return Reason("after-period", AFTER_PERIOD, {"year": year, "period": str(period)})
    if year < period.first:
        return Reason("before-period", BEFORE_PERIOD, {"year": year, "period": str(period)})
    return None
