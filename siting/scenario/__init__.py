"""Scenarios: frozen and validated; TOML files in, a JSON schema out."""

from siting.scenario.model import (
    Commitment,
    CriterionSetting,
    EligibilitySettings,
    ProtectedKind,
    RateSetting,
    Scenario,
    SitesSettings,
    ZanSettings,
    scenario_hash,
    weights,
)
from siting.scenario.reading import load_scenario, scenario_names
from siting.scenario.validation import make_scenario, with_changes

__all__ = [
    "Commitment",
    "CriterionSetting",
    "EligibilitySettings",
    "ProtectedKind",
    "RateSetting",
    "Scenario",
    "SitesSettings",
    "ZanSettings",
    "load_scenario",
    "make_scenario",
    "scenario_hash",
    "scenario_names",
    "weights",
    "with_changes",
]
