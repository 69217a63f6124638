"""Local figures of consumption beside the national ones: both kept, the local one counted (R2).

Local data are allowed where they are consistent and justified. A local figure replaces that of
whole years of one commune; the difference is a correction with its source.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from siting.domain import EntryKind, Envelope, Measure, Period
from siting.errors import Problem, ScenarioError, problem
from siting.zan.ledger import Entry


@dataclass(frozen=True, slots=True)
class LocalFigure:
    """A local figure of consumption.

    Parameters
    ----------
    territory
        INSEE code of the commune.
    years
        Years it covers, within the reference or within the period.
    area_m2
        Consumption over them, whole m².
    evidence, source
        What shows it (mode d'occupation des sols, permits…) and where it is known from.
    """

    territory: str
    years: Period
    area_m2: int
    evidence: str
    source: str


def local_entries(
    figures: Sequence[LocalFigure],
    observed_m2: Mapping[tuple[str, int], int],
    *,
    measure: Measure,
    reference: Period,
    period: Period,
    last_observed: int | None,
) -> list[Entry]:
    """Return the entries that put local figures beside the national ones.

    Each is posted in the last of its years: the difference with the national figure, or the
    figure itself where the commune has no national one.

    Parameters
    ----------
    figures
        The local figures.
    observed_m2
        National consumption by commune and year; a commune has all its years or none.
    measure
        What is counted.
    reference, period
        Years of the reference and of the budget.
    last_observed
        Last observed year of the period; ``None`` without any.

    Returns
    -------
    list of Entry
        Corrections, and observed entries of the communes without a national figure.

    Raises
    ------
    ScenarioError
        Every figure outside the observed years, that overlaps another, or of a commune without
        national figures whose years are not all covered.
    """
    allowed = _allowed(reference, period, last_observed)
    problems = [*_year_problems(figures, allowed), *_overlaps(figures)]
    national = {commune for commune, _ in observed_m2}
    problems += _gaps([one for one in figures if one.territory not in national], allowed)
    if problems:
        raise ScenarioError(problems)
    return [_entry(one, observed_m2, measure, known=one.territory in national) for one in figures]


def _allowed(reference: Period, period: Period, last_observed: int | None) -> list[Period]:
    allowed = [reference]
    if last_observed is not None and last_observed >= period.first:
        allowed.append(Period(period.first, min(last_observed, period.last)))
    return allowed


def _entry(
    one: LocalFigure,
    observed_m2: Mapping[tuple[str, int], int],
    measure: Measure,
    *,
    known: bool,
) -> Entry:
    years = range(one.years.first, one.years.last + 1)
    seen = sum(observed_m2.get((one.territory, year), 0) for year in years)
    return Entry(
        territory=one.territory,
        measure=measure,
        year=one.years.last,
        area_m2=one.area_m2 - seen if known else one.area_m2,
        envelope=Envelope.LOCAL,
        kind=EntryKind.CORRECTION if known else EntryKind.OBSERVED,
        evidence=f"{one.evidence} ({one.years.first if len(one.years) == 1 else one.years})",
        source=one.source,
    )


def _year_problems(figures: Sequence[LocalFigure], allowed: Sequence[Period]) -> Iterator[Problem]:
    for rank, one in enumerate(figures):
        if not any(one.years.first in years and one.years.last in years for years in allowed):
            expected = ", ".join(map(str, allowed))
            yield problem(
                "correction-year",
                field=f"local_figures.{rank}",
                found=str(one.years),
                expected=expected,
            )


def _overlaps(figures: Sequence[LocalFigure]) -> Iterator[Problem]:
    seen: dict[tuple[str, int], int] = {}
    for rank, one in enumerate(figures):
        years = [(one.territory, year) for year in range(one.years.first, one.years.last + 1)]
        if any(place in seen for place in years):
            found = f"{one.territory}, {one.years}"
            yield problem("local-overlap", field=f"local_figures.{rank}", found=found)
        seen |= dict.fromkeys(years, rank)


def _gaps(figures: Sequence[LocalFigure], allowed: Sequence[Period]) -> Iterator[Problem]:
    """Tell the communes without national figures that local ones do not cover whole."""
    covered: dict[str, set[int]] = {}
    for one in figures:
        covered.setdefault(one.territory, set()).update(range(one.years.first, one.years.last + 1))
    wanted = {year for years in allowed for year in range(years.first, years.last + 1)}
    for commune, years in covered.items():
        if years < wanted:
            yield problem(
                "local-figure",
                field=f"local_figures ({commune})",
                found=", ".join(map(str, sorted(years))),
                expected=", ".join(map(str, allowed)),
            )
