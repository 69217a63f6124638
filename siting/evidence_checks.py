"""What no evidence of a scenario may be: applied to nobody, lost, or counted twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from layers.errors import N_
from layers.territory import NO_EPCI, NO_SCOT, Level
from siting.domain import Envelope, Measure
from siting.errors import Problem, problem
from siting.opening import Context, Seen, envelopes_of, hierarchy
from siting.scenario.zan_settings import PocketSetting
from siting.zan.corrections import ADDED, CORRECTION_RULES, Correction
from siting.zan.ledger import Pocket
from siting.zan.local_figures import LocalFigure
from siting.zan.zac import Zac

Place = tuple[str, int]
"""A commune and a year."""


def pocket_of(setting: PocketSetting) -> Pocket:
    """Return the pocket a setting names.

    Parameters
    ----------
    setting
        A territory, or a pooled envelope of the region.

    Returns
    -------
    Pocket
        Its pocket: the region holds the pooled ones.
    """
    pooled = {Envelope.REGIONAL.value, Envelope.RESERVE.value}
    if setting.level in pooled:
        return Pocket(Envelope(setting.level), Level.REGION.value, setting.code)
    return Pocket(Envelope.LOCAL, setting.level, setting.code)


def given_back_twice(
    zones: Sequence[Zac],
    figures: Mapping[str, LocalFigure],
    corrections: Mapping[str, Correction],
    seen: Seen,
    file: str,
) -> Iterator[Problem]:
    """Tell the land that is given back twice: by two deductions, or inside a local figure.

    Parameters
    ----------
    zones, figures, corrections
        What the scenario posts.
    seen
        National consumption by commune and year, whole m².
    file
        The scenario, for messages.

    Yields
    ------
    Problem
        ``correction-local`` or ``correction-exceeds``, for each commune and year.
    """
    asked: dict[Place, int] = {}
    fields: dict[Place, str] = {}
    for name, place, area_m2 in _given_back(zones, corrections):
        asked[place] = asked.get(place, 0) + area_m2
        fields[place] = name
    local = {
        (one.territory, year): where
        for where, one in figures.items()
        for year in range(one.years.first, one.years.last + 1)
    }
    for place, area_m2 in asked.items():
        if place in local:
            yield problem(
                "correction-local", file=file, field=fields[place], found=place[1],
                expected=local[place],
            )  # fmt: skip
        elif area_m2 > seen.get(place, 0):
            yield problem(
                "correction-exceeds", file=file, field=fields[place], found=area_m2,
                expected=seen.get(place, 0),
            )  # fmt: skip


def _given_back(
    zones: Sequence[Zac], corrections: Mapping[str, Correction]
) -> Iterator[tuple[str, Place, int]]:
    for zone in zones:
        if zone.counting == "whole":
            for year, area_m2 in zone.by_year.items():
                yield f"zac ({zone.name}).by_year.{year}", (zone.territory, year), area_m2
    for field, one in corrections.items():
        if CORRECTION_RULES[one.type].observed and one.type not in ADDED:
            yield field, (one.territory, one.year), one.area_m2


def zone_problems(zones: Sequence[Zac], file: str) -> Iterator[Problem]:
    """Tell the zones that are given twice.

    Parameters
    ----------
    zones
        The ZAC.
    file
        The scenario, for messages.

    Yields
    ------
    Problem
        ``id-duplicate``.
    """
    places: dict[tuple[str, str], int] = {}
    for rank, zone in enumerate(zones):
        key = (zone.name.casefold().strip(), zone.territory)
        if key in places:
            yield problem(
                "id-duplicate", file=file, field=f"zac.{rank}.name", found=zone.name,
                expected=f"zac.{places[key]}, zac.{rank}",
            )  # fmt: skip
        places.setdefault(key, rank)


def commitment_problems(context: Context) -> Iterator[Problem]:
    """Tell the committed works that would be lost, or counted twice (R26).

    Parameters
    ----------
    context
        The scenario and what it is checked against.

    Yields
    ------
    Problem
        One for each.
    """
    scenario, period = context.scenario, context.ruleset.period
    first = max(period.first, (context.last_observed or 0) + 1)
    for position, work in enumerate(scenario.committed):
        if not first <= work.year <= period.last:
            expected = f"{first}-{period.last}"
            yield problem(
                "committed-year", file=scenario.id, field=f"committed.{position}",
                found=work.year, expected=expected,
            )  # fmt: skip


def measure_problems(context: Context) -> Iterator[Problem]:
    """Tell the choices that only the consumption of ENAF knows (R2).

    Parameters
    ----------
    context
        The scenario and what it is checked against.

    Yields
    ------
    Problem
        One for each.
    """
    if context.ruleset.measure is Measure.ENAF:
        return
    for key in ("zac", "corrections"):
        if getattr(context.scenario, key):
            yield problem(
                "measure-mismatch", file=context.scenario.id, field=key,
                found=context.ruleset.measure.value, expected=Measure.ENAF.value,
            )  # fmt: skip


def commune_problems(context: Context, figures: Mapping[str, LocalFigure]) -> Iterator[Problem]:
    """Tell the communes that are not there.

    Parameters
    ----------
    context
        The scenario and what it is checked against.
    figures
        The local figures, by the key, or the file and row, that gives them.

    Yields
    ------
    Problem
        One for each.
    """
    scenario = context.scenario
    known = set(context.territory.codes(Level.COMMUNE))
    named: dict[str, str] = {
        f"{key}.{position}": one.territory
        for key in ("committed", "zac", "corrections")
        for position, one in enumerate(getattr(scenario, key))
    }
    named |= {place: one.territory for place, one in figures.items()}
    for place, code in named.items():
        if code in known:
            continue
        file, _, row = place.partition(":")
        if row:
            yield problem("territory-unknown", file=file, row=int(row), field="code", found=code)
        else:
            yield problem("territory-unknown", file=scenario.id, field=place, found=code)


def transfer_problems(context: Context) -> Iterator[Problem]:
    """Tell the transfers of nobody, to oneself, or out of the period.

    Parameters
    ----------
    context
        The scenario and what it is checked against.

    Yields
    ------
    Problem
        One for each.
    """
    scenario, period = context.scenario, context.ruleset.period
    held = {one.envelope for one in envelopes_of(context)}
    parents = hierarchy(context.territory)
    for position, one in enumerate(scenario.transfers):
        field = f"transfers.{position}"
        if one.year not in period:
            yield problem(
                "correction-year", file=scenario.id, field=f"{field}.year", found=one.year,
                expected=str(period),
            )  # fmt: skip
        if one.giver == one.receiver:
            expected = N_("another territory")
            yield problem(
                "scenario-value", file=scenario.id, field=f"{field}.receiver",
                found=one.receiver.code, expected=expected,
            )  # fmt: skip
        for side, setting in (("giver", one.giver), ("receiver", one.receiver)):
            pocket = pocket_of(setting)
            place = f"{field}.{side}"
            known = _codes(pocket, context, parents)
            if pocket.code not in known or pocket.code in (NO_EPCI, NO_SCOT):
                found = pocket.code
                yield problem("territory-unknown", file=scenario.id, field=place, found=found)
            elif pocket.envelope is not Envelope.LOCAL and pocket.envelope not in held:
                found = pocket.envelope.value
                yield problem("envelope-missing", file=scenario.id, field=place, found=found)


def _codes(pocket: Pocket, context: Context, parents: pd.DataFrame) -> set[str]:
    if pocket.envelope is not Envelope.LOCAL:
        return {context.region}
    if pocket.level == Level.COMMUNE.value:
        return set(context.territory.codes(Level.COMMUNE))
    return set(parents[pocket.level]) if pocket.level in parents.columns else set()


def payer_problems(context: Context, corrections: Mapping[str, Correction]) -> Iterator[Problem]:
    """Tell the projects that an envelope no document sets would pay (R10).

    Parameters
    ----------
    context
        The scenario and what it is checked against.
    corrections
        The corrections, by the key that gives them.

    Yields
    ------
    Problem
        One for each.
    """
    held = {one.envelope for one in envelopes_of(context)}
    for field, one in corrections.items():
        payer = CORRECTION_RULES[one.type].payer
        if payer is Envelope.REGIONAL and payer not in held:
            yield problem(
                "envelope-missing", file=context.scenario.id, field=field, found=payer.value
            )
