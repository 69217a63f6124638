"""Deductions and additions to what is observed, each with its rule and its evidence (R15-R24, R26).

What is deducted was seen by the observatory and is not due by the territory; what is added was
missed by it. Nothing is deducted without evidence, and no rule deducts a quarry (R21: the
observatory leaves it out already), temporary works (R23: no exemption was found) or a
brownfield (R15, R16: building there consumes nothing, so there is nothing to give back).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from layers.errors import N_
from siting.domain import EntryKind, Envelope, Measure, Period
from siting.errors import Problem, ScenarioError, problem
from siting.zan.ledger import Entry


class CorrectionType(StrEnum):
    """What is deducted from, or added to, the observed consumption."""

    RENATURATION = "renaturation"
    PHOTOVOLTAIC = "photovoltaic"
    COASTAL_EROSION = "coastal_erosion"
    PENE = "pene"
    PER = "per"
    FARM_BUILDING = "farm_building"


@dataclass(frozen=True, slots=True)
class CorrectionRule:
    """How a type of correction is posted.

    Parameters
    ----------
    rule
        Rule it applies, as in ``docs/rules.md``.
    title
        What it is, an English gettext identifier.
    legal
        Text it comes from.
    payer
        Envelope that pays in place of the territory; ``None`` where nobody does.
    observed
        Whether it corrects what was observed, in that year, and cannot exceed it.
    """

    rule: str
    title: str
    legal: str
    payer: Envelope | None = None
    observed: bool = True


CORRECTION_RULES: Final[Mapping[CorrectionType, CorrectionRule]] = MappingProxyType(
    {
        CorrectionType.RENATURATION: CorrectionRule(
            "R17",
            N_("Renaturation"),
            "Loi 2021-1104, art. 194, III 5° (loi 2023-630)",
            observed=False,
        ),
        CorrectionType.PHOTOVOLTAIC: CorrectionRule(
            "R18, R20",
            N_("Ground photovoltaics"),
            "Loi 2021-1104, art. 194, III 5° ; décret 2023-1408",
        ),
        CorrectionType.COASTAL_EROSION: CorrectionRule(
            "R24",
            N_("Land to be renatured after coastal retreat"),
            "Loi 2021-1104, art. 194, III 5° (loi 2023-630)",
            observed=False,
        ),
        CorrectionType.PENE: CorrectionRule(
            "R7, R8",
            N_("Project of national scope (PENE)"),
            "Loi 2021-1104, art. 194, III 7° ; arrêté du 31 mai 2024",
            payer=Envelope.NATIONAL,
        ),
        CorrectionType.PER: CorrectionRule(
            "R10",
            N_("Project of regional scope (PER)"),
            "C. urb. L. 141-8, 6°",
            payer=Envelope.REGIONAL,
        ),
        CorrectionType.FARM_BUILDING: CorrectionRule(
            "R22", N_("Farm building missed by the observatory"), "Fichiers fonciers (Cerema)"
        ),
    }
)
"""How each type is posted."""

ADDED: Final = frozenset({CorrectionType.FARM_BUILDING})
"""Types that add consumption, where the others deduct it."""

COUNTED_LAND: Final = "forest"
"""Land whose photovoltaics are counted (R19)."""

PV_CONDITIONS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "agricultural": ("reversible", "permeable", "farming"),
        "natural": ("reversible", "permeable"),
    }
)
"""What ground photovoltaics must keep not to be counted, by the land they stand on (R18)."""

_DEDUCTIBLE: Final = N_("photovoltaics on farm or natural land (R19)")


@dataclass(frozen=True, slots=True)
class Correction:
    """One deduction or addition.

    Parameters
    ----------
    type
        What it is.
    territory
        INSEE code of the commune.
    area_m2
        Whole m², above zero.
    year
        Year it was observed, or is effective.
    evidence, source
        What shows it, where it is known from.
    land
        Land that photovoltaics stand on: ``agricultural``, ``natural`` or ``forest``.
    conditions
        What photovoltaics keep: ``reversible``, ``permeable``, ``farming``.
    """

    type: CorrectionType
    territory: str
    area_m2: int
    year: int
    evidence: str
    source: str
    land: str = ""
    conditions: frozenset[str] = field(default_factory=frozenset)


def correction_entries(
    corrections: Sequence[Correction],
    observed_m2: Mapping[tuple[str, int], int],
    *,
    period: Period,
    last_observed: int | None,
    region: str,
    state: str,
) -> list[Entry]:
    """Return the entries of the corrections of ENAF consumption.

    A deduction is a credit to the territory; where another envelope pays, that one is charged
    with the same area, so that no square metre is lost (R10: “never to zero”).

    Parameters
    ----------
    corrections
        The corrections.
    observed_m2
        Observed consumption by commune and year, whole m².
    period
        Years of the budget.
    last_observed
        Last observed year; ``None`` without any.
    region, state
        Holders of the pooled regional envelope and of the national one.

    Returns
    -------
    list of Entry
        One or two entries a correction, in their order.

    Raises
    ------
    ScenarioError
        Every correction that a rule refuses: a year outside the period or not observed, more
        than what is observed, photovoltaics on forest or that do not keep what they must.
    """
    problems = [
        found
        for rank, one in enumerate(corrections)
        for found in _problems(one, f"corrections.{rank}", period, last_observed)
    ]
    problems += _too_much(corrections, observed_m2, last_observed or 0)
    if problems:
        raise ScenarioError(problems)
    holders = {Envelope.NATIONAL: state, Envelope.REGIONAL: region}
    return [entry for one in corrections for entry in _entries(one, holders)]


def _entries(one: Correction, holders: Mapping[Envelope, str]) -> Iterator[Entry]:
    rule = CORRECTION_RULES[one.type]
    added = one.type in ADDED
    yield Entry(
        territory=one.territory,
        measure=Measure.ENAF,
        year=one.year,
        area_m2=one.area_m2 if added else -one.area_m2,
        envelope=Envelope.LOCAL,
        kind=EntryKind.CORRECTION if added else EntryKind.CREDIT,
        evidence=one.evidence,
        source=one.source,
    )
    if rule.payer is not None:
        yield Entry(
            territory=one.territory,
            measure=Measure.ENAF,
            year=one.year,
            area_m2=one.area_m2,
            envelope=rule.payer,
            kind=EntryKind.COMMITTED,
            evidence=one.evidence,
            source=one.source,
            holder=holders[rule.payer],
        )


def _problems(
    one: Correction, field_name: str, period: Period, last_observed: int | None
) -> Iterator[Problem]:
    rule = CORRECTION_RULES[one.type]
    last = min(last_observed or period.first - 1, period.last) if rule.observed else period.last
    if not period.first <= one.year <= last:
        expected = f"{period.first}-{last}"
        yield problem(
            "correction-year", field=f"{field_name}.year", found=one.year, expected=expected
        )
    if one.type is not CorrectionType.PHOTOVOLTAIC:
        return
    if one.land not in PV_CONDITIONS:
        yield problem(
            "correction-refused",
            field=f"{field_name}.land",
            found=one.land or "“”",
            expected=_DEDUCTIBLE,
        )
        return
    missing = [name for name in PV_CONDITIONS[one.land] if name not in one.conditions]
    if missing:
        yield problem(
            "correction-refused",
            field=f"{field_name}.conditions",
            found=", ".join(sorted(one.conditions)) or "“”",
            expected=", ".join(PV_CONDITIONS[one.land]),
        )


def _too_much(
    corrections: Sequence[Correction],
    observed_m2: Mapping[tuple[str, int], int],
    last_observed: int,
) -> Iterator[Problem]:
    """Tell the deductions of a commune and year that exceed what is observed there.

    A year that is not observed, told by :func:`_problems`, is not a year without consumption;
    nor is a commune whose consumption is unknown.
    """
    asked: dict[tuple[str, int], list[tuple[int, int]]] = {}
    for rank, one in enumerate(corrections):
        observed = CORRECTION_RULES[one.type].observed and one.year <= last_observed
        if observed and one.type not in ADDED:
            asked.setdefault((one.territory, one.year), []).append((rank, one.area_m2))
    communes = {commune for commune, _ in observed_m2}
    for place, areas in asked.items():
        total, seen = sum(area for _, area in areas), observed_m2.get(place, 0)
        if place[0] not in communes:
            yield problem("correction-unknown", field=f"corrections.{areas[0][0]}", found=place[0])
        elif total > seen:
            yield problem(
                "correction-exceeds",
                field=f"corrections.{areas[-1][0]}.area_m2",
                found=total,
                expected=seen,
            )
