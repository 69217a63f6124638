"""ZAC: how a zone started is counted, progressively or whole at its works start (R25).

The trigger is the effective start of works, not the act that creates the zone nor a permit.
The mayor or the president of the EPCI chooses the mode (circulaire of 31 January 2024). A zone
started before the period may be counted whole in the decade of its start.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from siting.domain import EntryKind, Envelope, Measure
from siting.errors import Problem, ScenarioError, problem
from siting.zan.ledger import Entry

CountingMode = Literal["progressive", "whole"]


@dataclass(frozen=True, slots=True)
class Zac:
    """A zone d'aménagement concerté whose works have started, or will.

    Parameters
    ----------
    name
        Its name.
    territory
        INSEE code of the commune.
    area_m2
        ENAF it consumes in all, whole m².
    works_start
        Year of the effective start of works.
    counting
        ``progressive``: each year what it consumes; ``whole``: all of it in the year of the
        start.
    by_year
        Whole m² by year: where it is progressive, what it consumes each year, adding up to its
        area; where it is whole, what the observatory has seen of it.
    evidence, source
        Declaration of works start, treaty…; where it is known from.
    """

    name: str
    territory: str
    area_m2: int
    works_start: int
    counting: CountingMode
    by_year: Mapping[int, int]
    evidence: str
    source: str


def zac_entries(
    zones: Sequence[Zac],
    observed_m2: Mapping[tuple[str, int], int],
    *,
    last_observed: int | None,
) -> list[Entry]:
    """Return the entries of zones, so that each is counted once.

    Progressive: what is consumed after the last observed year is committed, year by year; before,
    the observatory counts it. Whole, started after the last observed year: committed then. Whole,
    started earlier: what the observatory saw in each year is taken out, and the whole area is put
    in the year of the start.

    Parameters
    ----------
    zones
        The zones.
    observed_m2
        Observed consumption by commune and year, whole m².
    last_observed
        Last observed year; ``None`` without any.

    Returns
    -------
    list of Entry
        Entries of ENAF consumption, zone by zone.

    Raises
    ------
    ScenarioError
        Every zone whose years do not add up, start before its works, are not observed, or exceed
        what is observed.

    Examples
    --------
    Ten hectares started in 2019, of which the observatory saw 4 ha in 2022: whole in 2019.

    >>> zone = Zac("Z", "44001", 100_000, 2019, "whole", {2022: 40_000}, "DOC", "mairie")
    >>> seen = {("44001", 2022): 50_000}
    >>> [(e.year, e.area_m2) for e in zac_entries([zone], seen, last_observed=2024)]
    [(2019, 100000), (2022, -40000)]
    """
    last = last_observed or 0
    problems = [
        found
        for rank, zone in enumerate(zones)
        for found in _problems(zone, f"zac.{rank}", observed_m2, last)
    ]
    if problems:
        raise ScenarioError(problems)
    return [entry for zone in zones for entry in _entries(zone, last)]


def _entries(zone: Zac, last: int) -> Iterator[Entry]:
    if zone.counting == "progressive":
        for year, area_m2 in sorted(zone.by_year.items()):
            if year > last and area_m2:
                yield _entry(zone, year, area_m2, EntryKind.COMMITTED)
        return
    started = zone.works_start <= last
    kind = EntryKind.CORRECTION if started else EntryKind.COMMITTED
    yield _entry(zone, zone.works_start, zone.area_m2, kind)
    for year, area_m2 in sorted(zone.by_year.items()):
        if area_m2:
            yield _entry(zone, year, -area_m2, EntryKind.CORRECTION)


def _entry(zone: Zac, year: int, area_m2: int, kind: EntryKind) -> Entry:
    return Entry(
        territory=zone.territory,
        measure=Measure.ENAF,
        year=year,
        area_m2=area_m2,
        envelope=Envelope.LOCAL,
        kind=kind,
        evidence=f"ZAC {zone.name} : {zone.evidence}",
        source=zone.source,
    )


def _problems(
    zone: Zac, field: str, observed_m2: Mapping[tuple[str, int], int], last: int
) -> Iterator[Problem]:
    total = sum(zone.by_year.values())
    progressive = zone.counting == "progressive"
    known = any(commune == zone.territory for commune, _ in observed_m2)
    if progressive and total != zone.area_m2:
        yield problem(
            "sum-mismatch",
            field=f"{field}.by_year",
            found=f"{total} m²",
            expected=f"{zone.area_m2} m²",
        )
    elif total > zone.area_m2:
        yield problem(
            "sum-mismatch",
            field=f"{field}.by_year",
            found=f"{total} m²",
            expected=f"≤ {zone.area_m2} m²",
        )
    for year, area_m2 in sorted(zone.by_year.items()):
        place = f"{field}.by_year.{year}"
        if year < zone.works_start:
            expected = f"≥ {zone.works_start}"
            yield problem("correction-year", field=place, found=year, expected=expected)
        elif not progressive and year > last:
            yield problem("correction-year", field=place, found=year, expected=f"≤ {last}")
        elif not progressive and area_m2 and not known:
            yield problem("correction-unknown", field=place, found=zone.territory)
        elif not progressive and area_m2 > observed_m2.get((zone.territory, year), 0):
            seen = observed_m2.get((zone.territory, year), 0)
            yield problem("correction-exceeds", field=place, found=area_m2, expected=seen)
