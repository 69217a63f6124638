"""What a scenario says of the ZAN account: rule set, targets, envelopes, evidence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import Field

from siting.criteria.inputs import Section
from siting.zan.corrections import CorrectionType
from siting.zan.envelopes import TakenFrom
from siting.zan.guarantee import CapReading, DocumentType, Stage
from siting.zan.zac import CountingMode

Share = Annotated[float, Field(ge=0, le=1)]
Year = Annotated[int, Field(ge=2011, le=2060)]
TEXT_PATTERN: Final = r"\S"
Text = Annotated[str, Field(min_length=1, pattern=TEXT_PATTERN)]
LARGEST_M2: Final = 10**12
"""More than the land of France: no area is above it."""

COMMUNE_PATTERN: Final = r"^\d[\dAB]\d{3}$"
YEAR_PATTERN: Final = r"^20\d\d$"
Commune = Annotated[str, Field(pattern=COMMUNE_PATTERN)]
Area = Annotated[int, Field(gt=0, le=LARGEST_M2)]
YearKey = Annotated[str, Field(pattern=YEAR_PATTERN)]


class RateSetting(Section):
    """Reduction rate set for one territory by a planning document."""

    rate: Share
    """Cut of consumption against the reference decade. No unit, from 0 to 1."""
    level: Literal["commune", "epci", "scot", "region"]
    """Level of the territory: commune or EPCI for a PLU(i), SCoT (with a ``scot_file``), region
    for a SRADDET; the closest one wins."""
    status: Text
    """How it is set, for example “own” (an adopted document) or “custom” (an assumption)."""
    source: Text
    """Document that sets it."""


class DocumentSetting(Section):
    """Planning document of a commune, for the commune guarantee."""

    type: DocumentType
    """Kind of document; “aucun” where the commune is known to have none."""
    stage: Stage | None = None
    """Stage reached; required unless the type is “aucun”."""
    date: dt.date | None = None
    """Day of that stage; required unless the type is “aucun”. Give the earliest stage known:
    it must be before 22 August 2026."""
    source: Text
    """Where it is known from."""


class DelegatedSetting(Section):
    """Communes déléguées of a commune nouvelle, for the commune guarantee."""

    count: Annotated[int, Field(ge=1)]
    """Number of communes déléguées. No unit."""
    created: dt.date
    """Day the commune nouvelle was created: after 1 January 2011."""
    source: Text
    """Where it is known from."""


class GuaranteeSettings(Section):
    """Commune guarantee, a floor taken from the other communes of the region.

    Source: loi 2021-1104, art. 194, III 3° bis.
    """

    applies: bool = False
    """Whether the floors are applied."""
    cap_reading: CapReading = "bonus"
    """What the cap of 2 ha bounds: the “bonus” of communes nouvelles, or the “total”."""
    documents: Mapping[str, DocumentSetting] = {}
    """Planning document, by INSEE code of commune. A commune that is neither here nor in the
    file is unknown: nothing is added to it, and this is told."""
    documents_file: str = ""
    """Path of a CSV file of planning documents: code, type, stage, date, source. Relative to
    the folder the program runs in."""
    delegated_communes: Mapping[str, DelegatedSetting] = {}
    """Communes déléguées, by INSEE code of commune nouvelle."""
    pooled_at_epci: tuple[Text, ...] = ()
    """INSEE codes of the communes that asked to pool their floor in their EPCI."""


class ZanSettings(Section):
    """Rule set, rates and pooled envelope of the ZAN account."""

    ruleset: Text = "zan-50"
    """Identifier of the rule set, or the path of your own file. Source: loi 2021-1104, art. 194,
    III 3° (−50 %)."""
    pooled_envelope_m2: Annotated[int, Field(ge=0, le=LARGEST_M2)] = 0
    """Regional pooled envelope. Unit: m². Source: C. urb., L. 141-8, 6°."""
    pooled_source: str = ""
    """Document that sets the pooled envelope; required where it is above zero."""
    pooled_taken_from: TakenFrom = "communes"
    """Where the pooled envelope comes from: it lies inside the budget of the region. “communes”:
    from every commune, pro rata of what it has above its guaranteed floor; “targets”: the rates of
    the planning documents already leave it aside."""
    reserve_envelope_m2: Annotated[int, Field(ge=0, le=LARGEST_M2)] = 0
    """Reserve that the region keeps for its ready-to-use sites (“clés en main”). Unit: m²."""
    reserve_source: str = ""
    """Document that sets the reserve; required where it is above zero."""
    reserve_taken_from: TakenFrom = "communes"
    """Where the reserve comes from, likewise."""
    envelope_region: str = ""
    """Code of the region that holds both; needed where the territory has several."""
    rates: Mapping[str, RateSetting] = {}
    """Rates set by planning documents, by code of territory."""
    targets_file: str = ""
    """Path of a CSV file of targets: code, level, rate or hectares, status, source, date.
    Relative to the folder the program runs in."""
    scot_file: str = ""
    """Path of a CSV file of the SCoT of each commune: code, scot, name, source. Relative to the
    folder the program runs in."""
    local_figures_file: str = ""
    """Path of a CSV file of local figures: code, first, last, hectares, evidence, source. Relative
    to the folder the program runs in."""
    regional_references_file: str = ""
    """Path of a CSV file of the references of the regions with a SRADDET: code, hectares, source;
    with it, a rule set that shares the national envelope gives the region its exact rate (R7).
    Relative to the folder the program runs in."""
    next_ruleset: str = ""
    """Rule set of the decade that follows, told after the trajectory: the path of your own file,
    since the law sets no rate for it."""
    guarantee: GuaranteeSettings = GuaranteeSettings()
    """Commune guarantee."""


class Commitment(Section):
    """Land already committed, after the last vintage of the observatory."""

    territory: Commune
    """INSEE code of the commune."""
    area_m2: Area
    """ENAF consumed. Unit: m²."""
    year: Year
    """Year works started. Unit: year."""
    evidence: Text
    """What proves it: permit, declaration of works start…"""
    source: Text
    """Where the figure comes from."""


class ZacSetting(Section):
    """A zone d'aménagement concerté, counted progressively or whole at its works start.

    Source: circulaire du 31 janvier 2024; CE, 24 juillet 2025, n° 492005.
    """

    name: Text
    """Name of the zone."""
    territory: Commune
    """INSEE code of the commune."""
    area_m2: Area
    """ENAF it consumes in all. Unit: m²."""
    works_start: dt.date
    """Day of the effective start of works, not of the act that creates the zone."""
    counting: CountingMode
    """What the mayor or the president of the EPCI chose: “progressive”, or “whole” at the works
    start."""
    by_year: Mapping[YearKey, Annotated[int, Field(ge=0, le=LARGEST_M2)]] = {}
    """Area by year: what it consumes each year where it is progressive (they add up to its
    area); what the observatory has seen of it where it is whole. Unit: m²."""
    evidence: Text
    """What proves the works start: declaration, order of service…"""
    source: Text
    """Where it is known from."""


class LocalFigureSetting(Section):
    """A local figure of consumption, counted in place of the national one; both are shown."""

    territory: Commune
    """INSEE code of the commune."""
    first: Year
    """First year it covers. Unit: year."""
    last: Year
    """Last year it covers. Unit: year."""
    area_m2: Annotated[int, Field(ge=0, le=LARGEST_M2)]
    """ENAF consumed over these years. Unit: m²."""
    evidence: Text
    """What shows it: mode d'occupation des sols, photo-interpretation, permits…"""
    source: Text
    """Where it is known from."""


class CorrectionSetting(Section):
    """A deduction from the observed consumption, or an addition to it."""

    type: CorrectionType
    """Renaturation, ground photovoltaics, land renatured after coastal retreat, project of
    national (PENE) or regional (PER) scope: deducted; farm building missed: added."""
    territory: Commune
    """INSEE code of the commune."""
    area_m2: Area
    """Area deducted or added. Unit: m²."""
    year: Year
    """Year it was observed, or in which it is effective. Unit: year."""
    land: Literal["", "agricultural", "natural", "forest"] = ""
    """Land that photovoltaics stand on; those on forest are counted."""
    conditions: tuple[Literal["reversible", "permeable", "farming"], ...] = ()
    """What photovoltaics keep (décret 2023-1408): reversibility, permeable and vegetated ground,
    and farming on farm land."""
    evidence: Text
    """What proves it: the list that names the project, the deed, the monitoring…"""
    source: Text
    """Where it is known from."""


class PocketSetting(Section):
    """A territory, or a pooled envelope of the region."""

    level: Literal["commune", "epci", "scot", "regional", "reserve"]
    """Level of the territory; “regional” for the pooled envelope of the region, “reserve” for that
    of its ready-to-use sites."""
    code: Text
    """Its code; that of the region for a pooled envelope."""


class TransferSetting(Section):
    """A budget that one territory hands to another."""

    giver: PocketSetting
    """Who gives."""
    receiver: PocketSetting
    """Who receives."""
    area_m2: Area
    """What is given. Unit: m²."""
    year: Year
    """Year it was decided. Unit: year."""
    evidence: Text
    """What decides it: deliberation, document."""
    source: Text
    """Where it is known from."""
