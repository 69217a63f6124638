"""Eligibility: what excludes a site, and what it may only be built under.

An exclusion makes the site ineligible, a condition is told with it. A rule is one
function (:mod:`siting.eligibility.rules`) and its entry in :data:`RULES`. What is unknown
neither excludes nor conditions.
"""

from __future__ import annotations

from typing import Any

from siting.criteria.inputs import Inputs
from siting.domain import Reason
from siting.eligibility.model import Effect, Eligibility, Hit, Rule
from siting.eligibility.register import RULES
from siting.scenario import Scenario

__all__ = ["RULES", "Eligibility", "Hit", "Rule", "assess"]


def assess(inputs: Inputs, scenario: Scenario) -> dict[Any, Eligibility]:
    """Apply every rule to every site.

    Parameters
    ----------
    inputs
        Sites and the layers ``protected_areas``, ``risk_plans``, ``water_catchments``,
        ``communes`` and ``water_zones``; without one, what it says stays unknown.
    scenario
        Gives the thresholds.

    Returns
    -------
    dict
        What the rules say of each site, by its label, in the order of the table; reasons
        in the order of :data:`RULES`.
    """
    size = len(inputs.sites)
    reasons: dict[Effect, list[tuple[Reason, ...]]] = {
        "exclusion": [()] * size,
        "condition": [()] * size,
    }
    for rule in RULES.values():
        told = reasons[rule.effect]
        for hit in rule.function(inputs, scenario.eligibility):
            reason = Reason(rule.code, rule.message, hit.figures, hit.legal or rule.legal)
            told[hit.position] = (*told[hit.position], reason)
    pairs = zip(reasons["exclusion"], reasons["condition"], strict=True)
    return {
        label: Eligibility(*pair) for label, pair in zip(inputs.sites.index, pairs, strict=True)
    }
