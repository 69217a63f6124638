"""Scenarios: frozen and validated; TOML files in, a JSON schema out."""

from siting.scenario.differences import (
    TOPIC_LABELS,
    Difference,
    Topic,
    differences,
)
from siting.scenario.editing import with_values
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
from siting.scenario.writing import own_keys, read_scenario, scenario_toml
from siting.scenario.zan_settings import Commitment, RateSetting, ZanSettings

__all__ = [
    "TOPIC_LABELS",
    "AhpSettings",
    "Commitment",
    "CriterionSetting",
    "Difference",
    "EligibilitySettings",
    "ProtectedKind",
    "RateSetting",
    "Scenario",
    "SitesSettings",
    "Topic",
    "ZanSettings",
    "differences",
    "load_scenario",
    "make_scenario",
    "own_keys",
    "priorities_of",
    "read_scenario",
    "scenario_hash",
    "scenario_names",
    "scenario_toml",
    "weights",
    "with_changes",
    "with_values",
]
