"""Scenarios: frozen and validated; TOML files in, a JSON schema out."""

from siting.scenario.judgements import priorities_of
from siting.scenario.model import (
    AhpSettings,
    CriterionSetting,
    EligibilitySettings,
    ProtectedKind,
    Scenario,
    SitesSettings,
    scenario_hash,
    weights,
)
from siting.scenario.reading import load_scenario, scenario_names
from siting.scenario.validation import make_scenario, with_changes
from siting.scenario.zan_settings import Commitment, RateSetting, ZanSettings

__all__ = [
    "AhpSettings",
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
    "priorities_of",
    "scenario_hash",
    "scenario_names",
    "weights",
    "with_changes",
]
