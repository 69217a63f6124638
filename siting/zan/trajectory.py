"""The trajectory: the account of a territory year by year, and the pace that would hold it.

Figures are exact: whole square metres, or fractions of them for a pace. The rows add up to
the account. What lies ahead is never inferred: only what the ledger holds is in the rows, and
a pace is told as an estimate, with its method.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

import pandas as pd

from siting.domain import EntryKind, Envelope, Measure, Period
from siting.known import known_whole
from siting.zan.ledger import Ledger
from siting.zan.ruleset import Ruleset

UNDATED: Final = "undated"
"""Column of the works whose year is not known."""


class YearStatus(StrEnum):
    """What is known of a year.

    ``observed``: covered by the observed consumption. ``provisional``: the last year of
    its vintage, which a later one may revise. ``planned``: not observed yet.
    """

    OBSERVED = "observed"
    PROVISIONAL = "provisional"
    PLANNED = "planned"


@dataclass(frozen=True, slots=True)
class TrajectoryYear:
    """One year of a trajectory, in whole m².

    Parameters
    ----------
    year
        The year.
    status
        What is known of it.
    observed_m2
        Observed consumption; ``None`` when the year is not observed, or not wholly known.
    correction_m2
        What local figures, and the counting mode of ZAC, change to what is observed.
    committed_m2, planned_m2
        Committed works and planned sites that the territory's own budget pays.
    credit_m2
        Deductions with their evidence, negative or zero.
    undated_m2
        Part of the committed and planned works whose year is not known: in the last year.
    regional_m2, national_m2
        What the pooled envelopes of the region and the national one pay: not in the other
        figures.
    used_m2
        Running total since the first year, this one included; ``None`` when unknown.
    remaining_m2
        Budget less ``used_m2``; negative once the budget is exceeded, ``None`` when unknown.
    linear_target_m2
        Budget × years elapsed ÷ years of the period, exact: an indication, not law.
    """

    year: int
    status: YearStatus
    observed_m2: int | None
    correction_m2: int
    committed_m2: int
    credit_m2: int
    planned_m2: int
    undated_m2: int
    regional_m2: int
    national_m2: int
    used_m2: int | None
    remaining_m2: int | None
    linear_target_m2: Fraction | None

    @property
    def counted_m2(self) -> int | None:
        """What counts as observed: the national figure with its corrections, whole m²."""
        return None if self.observed_m2 is None else self.observed_m2 + self.correction_m2


@dataclass(frozen=True, slots=True)
class Trajectory:
    """The years of a budget, for one territory.

    Parameters
    ----------
    code, name
        The territory.
    complete
        Whether all its communes are counted.
    ruleset, in_force
        Rule set it follows, and whether that one is the law.
    measure
        What is counted.
    reference, period
        Years of the reference and of the budget.
    reference_m2, budget_m2
        Whole m²; ``None`` when unknown.
    tolerance
        Width of the band that is shown and never added to the budget.
    last_observed
        Last observed year of the period, ``None`` without any.
    years
        One row a year of the period, in order.
    """

    code: str
    name: str
    complete: bool
    ruleset: str
    in_force: bool
    measure: Measure
    reference: Period
    period: Period
    reference_m2: int | None
    budget_m2: int | None
    tolerance: Fraction
    last_observed: int | None
    years: tuple[TrajectoryYear, ...]

    @property
    def unknown(self) -> bool:
        """Whether the reference, hence the budget, is unknown."""
        return self.budget_m2 is None

    @property
    def remaining_m2(self) -> int | None:
        """What remains at the end of the period, whole m²: that of the account."""
        return self.years[-1].remaining_m2

    @property
    def remaining_observed_m2(self) -> int | None:
        """What remains at the end of the last observed year, whole m², undated works apart."""
        if self.last_observed is None:
            return self.budget_m2
        row = self.years[self.last_observed - self.period.first]
        return None if row.remaining_m2 is None else row.remaining_m2 + row.undated_m2

    @property
    def observed_period(self) -> Period | None:
        """The observed years of the period, ``None`` without any."""
        if self.last_observed is None:
            return None
        return Period(self.period.first, self.last_observed)

    @property
    def years_left(self) -> Period | None:
        """The years of the period after the last observed one, ``None`` when it is over."""
        first = self.period.first if self.last_observed is None else self.last_observed + 1
        return Period(first, self.period.last) if first <= self.period.last else None

    @property
    def reference_pace_m2(self) -> Fraction | None:
        """Mean of the reference, m² a year."""
        return _ratio(self.reference_m2, len(self.reference))

    @property
    def observed_pace_m2(self) -> Fraction | None:
        """Mean of the observed years, corrections included, m² a year; credits left aside."""
        known = [row.counted_m2 for row in self.years if row.counted_m2 is not None]
        seen = self.observed_period
        return Fraction(sum(known), len(seen)) if seen and len(known) == len(seen) else None

    @property
    def required_pace_m2(self) -> Fraction | None:
        """Pace that would hold the budget, m² a year, committed and planned works included.

        What remains at the end of the last observed year ÷ the years left; 0 when the
        budget is already exceeded, ``None`` when unknown or when no year is left.
        """
        return self._over_years_left(self.remaining_observed_m2)

    @property
    def free_pace_m2(self) -> Fraction | None:
        """Pace left for what is neither committed nor planned, m² a year; 0 if negative."""
        return self._over_years_left(self.remaining_m2)

    def _over_years_left(self, area_m2: int | None) -> Fraction | None:
        left = self.years_left
        return None if area_m2 is None or left is None else Fraction(max(area_m2, 0), len(left))

    @property
    def first_overshoot_year(self) -> int | None:
        """First year that ends beyond the budget; ``None`` without any, or when unknown.

        Works whose year is not known exceed it in a year that is not known either: they are
        left aside here, and counted in :attr:`exceeded`.
        """
        over = (
            row.year
            for row in self.years
            if row.remaining_m2 is not None and row.remaining_m2 + row.undated_m2 < 0
        )
        return next(over, None)

    @property
    def exceeded(self) -> bool:
        """Whether the budget is exceeded at the end of the period, undated works included."""
        return self.remaining_m2 is not None and self.remaining_m2 < 0

    @property
    def used_up_year(self) -> int | None:
        """Year the budget would be used up at the observed pace, which may follow the period.

        An estimate: the last observed year + ⌈remaining then ÷ observed pace⌉. ``None``
        when the pace is unknown or zero, or the budget is already exceeded.
        """
        pace, remaining = self.observed_pace_m2, self.remaining_observed_m2
        if not pace or remaining is None or remaining < 0 or self.last_observed is None:
            return None
        return self.last_observed + -int(-remaining // pace)

    @property
    def share_used(self) -> Fraction | None:
        """Share of the budget used at the end of the period, committed and planned included.

        ``None`` when the budget is unknown or zero.
        """
        return _ratio(self.years[-1].used_m2, self.budget_m2)

    @property
    def band_end_m2(self) -> Fraction | None:
        """Budget × (1 + tolerance), m²: shown as a legal risk, never added (R14)."""
        return None if self.budget_m2 is None else self.budget_m2 * (1 + self.tolerance)


def _ratio(amount: int | None, by: int | None) -> Fraction | None:
    return None if amount is None or not by else Fraction(amount, by)


def trajectories(
    ledger: Ledger,
    ruleset: Ruleset,
    budgets: pd.DataFrame,
    codes: pd.Series,
    *,
    provisional_year: int | None = None,
    own: Collection[Envelope] = (Envelope.LOCAL,),
) -> dict[str, Trajectory]:
    """Return the trajectory of territories.

    Parameters
    ----------
    ledger
        Entries of the rule set's measure.
    ruleset
        Reference, period and tolerance.
    budgets
        Indexed by territory: ``reference_m2`` and ``budget_m2`` (nullable whole m²) and, if
        they are known, ``name`` and ``complete``, as
        :func:`siting.zan.budget.sum_budgets`.
    codes
        Code of the territory of each commune, indexed by commune.
    provisional_year
        Last year of the vintage of the observed consumption; the last observed year by
        default.
    own
        Envelopes of the territories themselves: a region holds the pooled ones too. What the
        others pay is shown apart.

    Returns
    -------
    dict
        Trajectory by code, in the order of ``budgets``.

    Raises
    ------
    MeasureMismatchError
        If the ledger and the rule set do not count the same measure.
    """
    ledger.check_measure(ruleset.measure)
    period = ruleset.period
    amounts = _amounts(ledger, period, codes, own)
    last = ledger.last_year(EntryKind.OBSERVED)
    last = None if last is None or last < period.first else min(last, period.last)
    provisional = last if provisional_year is None else provisional_year
    found: dict[str, Trajectory] = {}
    for row in budgets.reset_index(names="code").to_dict("records"):
        code = str(row["code"])
        budget_m2 = known_whole(row["budget_m2"])
        found[code] = Trajectory(
            code=code,
            name=str(row.get("name", code)),
            complete=bool(row.get("complete", True)),
            ruleset=ruleset.id,
            in_force=ruleset.status == "in_force",
            measure=ruleset.measure,
            reference=ruleset.reference,
            period=period,
            reference_m2=known_whole(row["reference_m2"]),
            budget_m2=budget_m2,
            tolerance=ruleset.tolerance.value,
            last_observed=last,
            years=_years(amounts, code, budget_m2, period, last=last, provisional=provisional),
        )
    return found


def _amounts(
    ledger: Ledger, period: Period, codes: pd.Series, own: Collection[Envelope]
) -> Mapping[Hashable, int]:
    """Add up the entries by territory, year and column of the trajectory.

    Entries of a larger envelope are shown apart; those whose year is not known, in their own
    column and once more in that of the undated.
    """
    rows = ledger.select(period=period)
    charged = rows["envelope"].isin([envelope.value for envelope in own])
    payers = rows["envelope"].astype("str")
    payers = payers.replace(Envelope.RESERVE.value, Envelope.REGIONAL.value)
    columns = rows["kind"].astype("str").where(charged, payers)
    territories = rows["territory"].map(codes)
    sums = rows["area_m2"].groupby([territories, rows["year"], columns]).sum()
    undated = rows[charged & ~rows["dated"]]
    apart = undated["area_m2"].groupby([territories[undated.index], undated["year"]]).sum()
    amounts: dict[Hashable, int] = dict(zip(sums.index.tolist(), sums.tolist(), strict=True))
    for (code, year), area_m2 in zip(apart.index.tolist(), apart.tolist(), strict=True):
        amounts[code, year, UNDATED] = area_m2
    return amounts


def _years(
    amounts: Mapping[Hashable, int],
    code: str,
    budget_m2: int | None,
    period: Period,
    *,
    last: int | None,
    provisional: int | None,
) -> tuple[TrajectoryYear, ...]:
    rows: list[TrajectoryYear] = []
    used_m2 = 0
    for elapsed, year in enumerate(range(period.first, period.last + 1), start=1):
        by_kind = {kind: amounts.get((code, year, kind.value), 0) for kind in EntryKind}
        used_m2 += sum(by_kind.values())
        status = _status(year, last, provisional)
        known = budget_m2 is not None and status is not YearStatus.PLANNED
        rows.append(
            TrajectoryYear(
                year=year,
                status=status,
                observed_m2=by_kind[EntryKind.OBSERVED] if known else None,
                correction_m2=by_kind[EntryKind.CORRECTION],
                committed_m2=by_kind[EntryKind.COMMITTED],
                credit_m2=by_kind[EntryKind.CREDIT],
                planned_m2=by_kind[EntryKind.PLANNED],
                undated_m2=amounts.get((code, year, UNDATED), 0),
                regional_m2=amounts.get((code, year, Envelope.REGIONAL.value), 0),
                national_m2=amounts.get((code, year, Envelope.NATIONAL.value), 0),
                used_m2=None if budget_m2 is None else used_m2,
                remaining_m2=None if budget_m2 is None else budget_m2 - used_m2,
                linear_target_m2=(
                    None if budget_m2 is None else Fraction(budget_m2 * elapsed, len(period))
                ),
            )
        )
    return tuple(rows)


def _status(year: int, last: int | None, provisional: int | None) -> YearStatus:
    if last is None or year > last:
        return YearStatus.PLANNED
    return YearStatus.PROVISIONAL if year == provisional else YearStatus.OBSERVED
