"""Balance of a whole allocation: whether it is shared out fairly, and whom it serves.

Indicators are pure functions of the territory and of a case (:mod:`siting.balance.model`);
adding one is an entry in :data:`siting.balance.judgement.INDICATORS`. Methods and sources:
``docs/balance.md``.
"""

from siting.balance.cases import cases_of, left_where_it_is, with_sites, without_sites
from siting.balance.judgement import INDICATORS, judge
from siting.balance.model import (
    CASE_LABELS,
    READING_LABELS,
    THEMES,
    Balance,
    Case,
    CaseKey,
    Figure,
    Ground,
    Indicator,
    Reading,
    Result,
)

__all__ = [
    "CASE_LABELS",
    "INDICATORS",
    "READING_LABELS",
    "THEMES",
    "Balance",
    "Case",
    "CaseKey",
    "Figure",
    "Ground",
    "Indicator",
    "Reading",
    "Result",
    "cases_of",
    "judge",
    "left_where_it_is",
    "with_sites",
    "without_sites",
]
