"""Labels and number forms shown to users, by the command line, the app and reports."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pandas as pd

from layers.errors import N_
from siting.domain import LandClass, VerdictCode, number_text
from siting.i18n import Translate
from siting.zan.ruleset import (
    ClassesParameter,
    Exemption,
    IndustrialEnvelope,
    NationalEnvelope,
    Parameter,
    ShareParameter,
)
from siting.zan.trajectory import YearStatus

UNKNOWN = "–"
"""Shown in place of a figure that is not known; never a zero."""

VERDICT_LABELS: Mapping[VerdictCode, str] = MappingProxyType(
    {
        VerdictCode.COMPATIBLE: N_("compatible"),
        VerdictCode.COMPATIBLE_WITH_POOLING: N_("compatible with pooling"),
        VerdictCode.OVER_BUDGET: N_("over budget"),
        VerdictCode.INELIGIBLE: N_("ineligible"),
        VerdictCode.UNDETERMINED: N_("undetermined"),
    }
)

MEASURE_LABELS: Mapping[str, str] = MappingProxyType(
    {"enaf": N_("ENAF"), "net_artificialisation": N_("net artificialisation")}
)
"""What a budget counts."""

LINE_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "opening": N_("Budget: reference × (1 − rate)"),
        "reference": N_("Correction of the reference"),
        "guarantee": N_("Commune guarantee"),
        "set_aside": N_("Pooled envelopes of the region"),
        "transfer": N_("Transfer"),
        "observed": N_("Observed consumption"),
        "correction": N_("Correction: local figure, ZAC, building missed"),
        "credit": N_("Deduction"),
        "committed": N_("Committed works"),
        "planned": N_("Site of the scenario"),
    }
)
"""Kinds of lines of a statement."""

ENVELOPE_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "local": N_("local"),
        "regional": N_("regional (PER)"),
        "reserve": N_("regional reserve of ready-to-use sites"),
        "national": N_("national (PENE)"),
    }
)
"""Envelopes that pay."""

EVIDENCE_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "correction_m2": N_("Local corrections"),
        "credit_m2": N_("Deducted on evidence"),
    }
)
"""What is told of a budget only where there is some, by column."""

STATUS_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "observed": N_("observed"),
        "estimated": N_("estimated"),
        "declared": N_("declared"),
        "demonstration": N_("demonstration"),
        "in_force": N_("in force"),
        "proposed": N_("proposed, not law"),
        "announced": N_("announced, not law"),
        "repealed": N_("repealed"),
        "assumption": N_("assumption of the user, not law"),
    }
)
"""Status of a figure, and of a rule set."""

YEAR_LABELS: Mapping[YearStatus, str] = MappingProxyType(
    {
        YearStatus.OBSERVED: N_("observed"),
        YearStatus.PROVISIONAL: N_("provisional"),
        YearStatus.PLANNED: N_("not observed yet"),
    }
)
"""What is known of a year of a trajectory."""

VERIFIED_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "primary": N_("text read"),
        "secondary": N_("secondary source"),
        "general": N_("general knowledge, not checked"),
        "derived": N_("derived or assumed here"),
    }
)
"""How far the source of a parameter was checked."""

PARAMETER_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "reference_source": N_("Reference years"),
        "period_source": N_("Budget years"),
        "rate": N_("Reduction"),
        "tolerance": N_("Band of legal risk, never added"),
        "enaf_classes": N_("Land that counts as ENAF"),
        "brownfield_enaf_classes": N_("Land that counts as ENAF in a friche"),
        "pene": N_("National envelope (PENE)"),
        "overshoot_right": N_("Overshoot right, added to the budgets"),
        "industrial_envelope": N_("Envelope for industry, not applied"),
        "exemption": N_("Exemption, not applied"),
    }
)
"""Names of the parameters of a rule set."""

RATE_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "default": N_("default of the rule set"),
        "own": N_("its own document"),
        "custom": N_("assumption"),
        "aggregated": N_("from the targets of its territories"),
        "inherited": N_("suggested, not binding"),
        "mixed": N_("differs between communes"),
    }
)
"""Where the rate of a territory comes from; a rate inherited from a larger one is only
suggested (R6)."""

LEVEL_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "commune": N_("Commune"),
        "epci": N_("EPCI"),
        "scot": N_("SCoT"),
        "departement": N_("Département"),
        "region": N_("Region"),
        "zone_emploi": N_("Zone d'emploi"),
    }
)

CLASS_LABELS: Mapping[LandClass, str] = MappingProxyType(
    {
        LandClass.ARTIFICIALISED: N_("artificialised"),
        LandClass.AGRICULTURAL: N_("agricultural"),
        LandClass.FOREST: N_("forest"),
        LandClass.NATURAL: N_("natural"),
        LandClass.WATER: N_("water"),
        LandClass.UNKNOWN: N_("unknown"),
    }
)


def hectares(area_m2: Any, translate: Translate, *, decimals: int = 2) -> str:
    """Return an area in hectares, in the number form of the language.

    Parameters
    ----------
    area_m2
        Area in m², or missing.
    translate
        The language.
    decimals
        Digits after the mark.

    Returns
    -------
    str
        The figure, without its unit.

    Examples
    --------
    >>> from siting.i18n import translator
    >>> hectares(123_456_789, translator("en")), hectares(None, translator("en"))
    ('12,345.68', '–')
    """
    return number(None if pd.isna(area_m2) else area_m2 / 10_000, translate, decimals=decimals)


def rate_label(status: str, translate: Translate) -> str:
    """Return where a rate comes from, in words.

    Parameters
    ----------
    status
        Status of the rate: a key of :data:`RATE_LABELS`, or the scenario's own words.
    translate
        The language.

    Returns
    -------
    str
        The words; those of the scenario as they are.

    Examples
    --------
    >>> from siting.i18n import translator
    >>> rate_label("inherited", translator("fr"))
    'suggéré, non réglementaire'
    """
    return translate(RATE_LABELS[status]) if status in RATE_LABELS else status


def parameter_value(parameter: Parameter, translate: Translate) -> str:
    r"""Return the value of a parameter of a rule set.

    Parameters
    ----------
    parameter
        The parameter.
    translate
        The language.

    Returns
    -------
    str
        The value with its unit; empty where it is told elsewhere.

    Examples
    --------
    >>> from siting.i18n import translator
    >>> from siting.zan.ruleset import load_ruleset
    >>> parameter_value(load_ruleset("zan-54-5").rate, translator("en"))
    '54.5\xa0%'
    """
    match parameter:
        case ShareParameter(value=share):
            decimals = 0 if (share * 100).denominator == 1 else 1
            return percent(float(share), translate, decimals=decimals)
        case ClassesParameter(value=classes):
            return ", ".join(translate(CLASS_LABELS[name]) for name in classes)
        case NationalEnvelope() | IndustrialEnvelope() | Exemption():
            return _hectares_set_apart(parameter, translate)
    return ""


def _hectares_set_apart(
    parameter: NationalEnvelope | IndustrialEnvelope | Exemption, translate: Translate
) -> str:
    if isinstance(parameter, Exemption):
        if parameter.years is None:
            return parameter.scope
        text = translate("{scope}, for {years} years")
        return text.format(scope=parameter.scope, years=parameter.years)
    if isinstance(parameter, IndustrialEnvelope):
        text = translate("{total} ha, of which {part} ha pooled, for {years} years")
        return text.format(
            total=number(parameter.total_ha, translate),
            part=number(parameter.pooled_ha, translate),
            years=parameter.years,
        )
    text = translate("{total} ha, of which {part} ha borne by the regions")
    return text.format(
        total=number(parameter.national_forfait_ha, translate),
        part=number(parameter.shared_ha, translate),
    )


def percent(share: Any, translate: Translate, *, decimals: int = 0) -> str:
    r"""Return a share as a percentage.

    Parameters
    ----------
    share
        Between 0 and 1, or missing.
    translate
        The language.
    decimals
        Digits after the mark.

    Returns
    -------
    str
        The percentage, with its sign.

    Examples
    --------
    >>> from siting.i18n import translator
    >>> percent(0.545, translator("en"), decimals=1)
    '54.5\xa0%'
    """
    if pd.isna(share):
        return UNKNOWN
    return f"{number(share * 100, translate, decimals=decimals)}\u00a0%"


def number(value: Any, translate: Translate, *, decimals: int = 0) -> str:
    """Return a number in the form of the language.

    Parameters
    ----------
    value
        The number, or missing.
    translate
        The language.
    decimals
        Digits after the mark.

    Returns
    -------
    str
        The number; thousands are set apart by a narrow no-break space in French.
    """
    if value is None or pd.isna(value):
        return UNKNOWN
    return number_text(float(value), decimals, translate)
