"""The evidence of a scenario on the ground: works, ZAC, local figures, corrections, transfers.

Each is checked alone by its own rule, then all together: no square metre of a commune and year is
given back twice. What falls outside the years that count is left out, and told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from siting.domain import EntryKind, Envelope, Period
from siting.errors import Problem, ScenarioError, SitingError, problem
from siting.evidence_checks import (
    commitment_problems,
    commune_problems,
    given_back_twice,
    measure_problems,
    payer_problems,
    pocket_of,
    transfer_problems,
    zone_problems,
)
from siting.opening import Context, Seen
from siting.scenario import Scenario
from siting.scenario.tables import read_local_figures
from siting.zan.account import STATE
from siting.zan.corrections import CORRECTION_RULES, Correction, correction_entries
from siting.zan.ledger import Entry, Transfer
from siting.zan.local_figures import LocalFigure, local_entries
from siting.zan.zac import Zac, zac_entries


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a scenario posts, and what is told of it.

    Parameters
    ----------
    entries
        Works, ZAC, local figures, corrections, then transfers.
    notes
        Warnings: what was left out, or counts only later.
    """

    entries: tuple[Entry | Transfer, ...]
    notes: tuple[Problem, ...] = ()


def evidence_of(context: Context) -> Evidence:
    """Return what a scenario posts to the ledger.

    Parameters
    ----------
    context
        The scenario and what it is checked against.

    Returns
    -------
    Evidence
        Entries and notes.

    Raises
    ------
    ScenarioError
        With every problem of all of them at once.
    """
    scenario = context.scenario
    problems: list[Problem] = []
    figures = _figures(scenario, problems)
    zones, corrections = _zones(scenario), _corrections(scenario)
    problems += [
        *commitment_problems(context),
        *commune_problems(context, figures),
        *measure_problems(context),
        *transfer_problems(context),
        *payer_problems(context, corrections),
        *zone_problems(zones, scenario.id),
    ]
    named = {zone.territory for zone in zones}
    named |= {one.territory for one in figures.values()}
    named |= {one.territory for one in corrections.values()}
    seen = context.seen_m2(named) if named else {}
    notes: list[Problem] = []
    zones = [_counted_zone(zone, context, notes) for zone in zones]
    figures = {place: one for place, one in figures.items() if _counts(one, place, context, notes)}
    corrections = {
        place: one for place, one in corrections.items() if _in_time(one, place, context, notes)
    }
    posted = _posted(context, (zones, figures, corrections), seen, problems)
    if not problems:
        problems += given_back_twice(zones, figures, corrections, seen, scenario.id)
    if problems:
        raise ScenarioError(problems)
    notes += [*_after(zones, context), *_to_come(corrections, context)]
    entries: list[Entry | Transfer] = [*_commitments(context), *posted, *_transfers(context)]
    return Evidence(tuple(entries), tuple(notes))


Named = tuple[list[Zac], dict[str, LocalFigure], dict[str, Correction]]


def _posted(context: Context, named: Named, seen: Seen, problems: list[Problem]) -> list[Entry]:
    zones, figures, corrections = named
    last, rules = context.last_observed, context.ruleset
    steps: tuple[tuple[Callable[[], list[Entry]], Sequence[str]], ...] = (
        (lambda: zac_entries(zones, seen, last_observed=last), ()),
        (
            lambda: local_entries(
                list(figures.values()),
                seen,
                measure=rules.measure,
                reference=rules.reference,
                period=rules.period,
                last_observed=last,
            ),
            list(figures),
        ),
        (
            lambda: correction_entries(
                list(corrections.values()),
                seen,
                period=rules.period,
                last_observed=last,
                region=context.region,
                state=STATE,
            ),
            list(corrections),
        ),
    )
    posted: list[Entry] = []
    for step, places in steps:
        try:
            posted += step()
        except SitingError as error:
            problems += [_placed(found, places, context.scenario.id) for found in error.problems]
    return posted


def _placed(found: Problem, places: Sequence[str], file: str) -> Problem:
    """Name the file and the key, or the row, that a problem comes from."""
    key, _, rest = (found.field or "").partition(".")
    rank, _, part = rest.partition(".")
    if places and rank.isdigit():
        place = places[int(rank)]
        named, _, row = place.partition(":")
        if row:
            return replace(found, file=named, row=int(row), field=part or None)
        return replace(found, file=file, field=".".join(filter(None, (place, part))))
    return replace(found, file=found.file or file, field=found.field or key)


# --- From settings to values --------------------------------------------------------


def _commitments(context: Context) -> list[Entry]:
    return [
        Entry(
            territory=work.territory,
            measure=context.ruleset.measure,
            year=work.year,
            area_m2=work.area_m2,
            envelope=Envelope.LOCAL,
            kind=EntryKind.COMMITTED,
            evidence=work.evidence,
            source=work.source,
        )
        for work in context.scenario.committed
    ]


def _zones(scenario: Scenario) -> list[Zac]:
    return [
        Zac(
            name=zone.name,
            territory=zone.territory,
            area_m2=zone.area_m2,
            works_start=zone.works_start.year,
            counting=zone.counting,
            by_year={int(year): area_m2 for year, area_m2 in zone.by_year.items()},
            evidence=zone.evidence,
            source=zone.source,
        )
        for zone in scenario.zac
    ]


def _figures(scenario: Scenario, problems: list[Problem]) -> dict[str, LocalFigure]:
    """Return the local figures by the key, or the file and row, that gives them."""
    found: dict[str, LocalFigure] = {}
    for rank, one in enumerate(scenario.local_figures):
        place = f"local_figures.{rank}"
        if one.last < one.first:
            told = problem(
                "value-range", file=scenario.id, field=f"{place}.last", found=one.last,
                expected=f"≥ {one.first}",
            )  # fmt: skip
            problems.append(told)
            continue
        years = Period(one.first, one.last)
        found[place] = LocalFigure(one.territory, years, one.area_m2, one.evidence, one.source)
    if scenario.zan.local_figures_file:
        path = Path(scenario.zan.local_figures_file)
        try:
            rows = read_local_figures(path)
        except SitingError as error:
            problems += error.problems
        else:
            found |= {f"{path.name}:{row}": one for row, one in enumerate(rows, start=1)}
    return found


def _corrections(scenario: Scenario) -> dict[str, Correction]:
    return {
        f"corrections.{rank}": Correction(
            type=one.type,
            territory=one.territory,
            area_m2=one.area_m2,
            year=one.year,
            evidence=one.evidence,
            source=one.source,
            land=one.land,
            conditions=frozenset(one.conditions),
        )
        for rank, one in enumerate(scenario.corrections)
    }


def _transfers(context: Context) -> list[Transfer]:
    return [
        Transfer(
            giver=pocket_of(one.giver),
            receiver=pocket_of(one.receiver),
            measure=context.ruleset.measure,
            year=one.year,
            area_m2=one.area_m2,
            evidence=one.evidence,
            source=one.source,
        )
        for one in context.scenario.transfers
    ]


# --- What falls outside the years that count: left out, and told --------------------


def _window(context: Context) -> Period | None:
    """Return the observed years of the period that count; ``None`` without any."""
    first, last = context.ruleset.period.first, context.last_observed or 0
    return Period(first, last) if last >= first else None


def _is_counted(years: Period, context: Context) -> bool:
    windows = (context.ruleset.reference, _window(context))
    return any(
        window is not None and years.first in window and years.last in window for window in windows
    )


def _was_seen(years: Period, context: Context) -> bool:
    vintage = context.vintage
    return vintage is not None and years.first in vintage and years.last in vintage


def _left_out(place: str, years: object, context: Context) -> Problem:
    return problem(
        "evidence-outside",
        file=context.scenario.id,
        field=place,
        found=years,
        expected=", ".join(map(str, filter(None, (context.ruleset.reference, _window(context))))),
        severity="warning",
    )


def _counts(one: LocalFigure, place: str, context: Context, notes: list[Problem]) -> bool:
    reference = context.ruleset.reference
    across = (one.years.first in reference) != (one.years.last in reference)
    if across or _is_counted(one.years, context) or not _was_seen(one.years, context):
        return True  # what lies across the reference and the period is refused where it is posted
    notes.append(_left_out(place, one.years, context))
    return False


def _in_time(one: Correction, place: str, context: Context, notes: list[Problem]) -> bool:
    window, year = _window(context), Period(one.year, one.year)
    if CORRECTION_RULES[one.type].observed:
        inside = window is not None and one.year in window
    else:
        inside = one.year >= context.ruleset.period.first
    if inside or not _was_seen(year, context):
        return True
    notes.append(_left_out(place, one.year, context))
    return False


def _counted_zone(zone: Zac, context: Context, notes: list[Problem]) -> Zac:
    """Leave aside what the observatory saw of a zone in years that do not count."""
    if zone.counting != "whole":
        return zone
    kept = {
        year: area_m2
        for year, area_m2 in zone.by_year.items()
        if _is_counted(Period(year, year), context) or not _was_seen(Period(year, year), context)
    }
    left_out = sorted(set(zone.by_year) - set(kept))
    notes += [_left_out(f"zac ({zone.name}).by_year.{year}", year, context) for year in left_out]
    return replace(zone, by_year=kept)


def _after(zones: Sequence[Zac], context: Context) -> Iterator[Problem]:
    """Tell the land of zones that later periods will count (R25)."""
    last = context.ruleset.period.last
    for zone in zones:
        if zone.counting == "whole":
            later_m2 = zone.area_m2 if zone.works_start > last else 0
        else:
            later_m2 = sum(area for year, area in zone.by_year.items() if year > last)
        if later_m2:
            yield problem(
                "zac-after", file=context.scenario.id, field=f"zac ({zone.name})",
                found=later_m2, expected=last, severity="warning",
            )  # fmt: skip


def _to_come(corrections: Mapping[str, Correction], context: Context) -> Iterator[Problem]:
    """Tell the deductions that are dated after what is observed: not effective yet (R17)."""
    last = context.last_observed or 0
    for place, one in corrections.items():
        if not CORRECTION_RULES[one.type].observed and one.year > last:
            yield problem(
                "deduction-to-come", file=context.scenario.id, field=place, found=one.area_m2,
                expected=one.year, severity="warning",
            )  # fmt: skip
