"""Labels and number forms shown to users, by the command line, the app and reports."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pandas as pd

from layers.errors import N_
from siting.domain import LandClass, VerdictCode, number_text
from siting.i18n import Translate
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

LEVEL_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "commune": N_("Commune"),
        "epci": N_("EPCI"),
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
