"""Criteria: one pure function each, from :class:`~siting.criteria.inputs.Inputs` to a Series.

A criterion is added by a function and its entry in the module of its theme; a theme by
one line in :data:`THEMES` and one in :data:`CRITERIA`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from layers.errors import N_
from siting.criteria import (
    access,
    environment,
    housing,
    industry,
    jobs,
    land,
    mobility,
    readiness,
    risks,
    utilities,
)
from siting.domain import Criterion

__all__ = ["CRITERIA", "THEMES"]

THEMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "land": N_("Land"),
        "access": N_("Access"),
        "housing": N_("Housing"),
        "jobs": N_("Jobs"),
        "environment": N_("Environment"),
        "utilities": N_("Utilities"),
        "readiness": N_("Readiness"),
    }
)
"""Title of each theme (an English gettext identifier), in the order shown."""

_MODULES: Final = (
    land, access, mobility, housing, jobs, industry, environment, risks, utilities, readiness,
)  # fmt: skip

CRITERIA: Final[Mapping[str, Criterion]] = MappingProxyType(
    {criterion.name: criterion for module in _MODULES for criterion in module.CRITERIA}
)
"""Every criterion by name, in the order of the scores' columns."""
