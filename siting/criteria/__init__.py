"""Criteria: one pure function each, from :class:`~siting.criteria.inputs.Inputs` to a Series.

A criterion is added by a function and its entry in the module of its theme; a theme by
one line in :data:`THEMES` and one in :data:`CRITERIA`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from layers.errors import N_
from siting.criteria import access, environment, housing, jobs, land, readiness
from siting.domain import Criterion

__all__ = ["CRITERIA", "THEMES"]

THEMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "land": N_("Land"),
        "access": N_("Access"),
        "housing": N_("Housing"),
        "jobs": N_("Jobs"),
        "environment": N_("Environment"),
        "readiness": N_("Readiness"),
    }
)
"""Title of each theme (an English gettext identifier), in the order shown."""

CRITERIA: Final[Mapping[str, Criterion]] = MappingProxyType(
    {
        criterion.name: criterion
        for module in (land, access, housing, jobs, environment, readiness)
        for criterion in module.CRITERIA
    }
)
"""Every criterion by name, in the order of the scores' columns."""
