"""Who looks: what each role may see of the sites. The only place that knows."""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from layers.errors import N_
from layers.site_table import CONFIDENTIALITY

VARIABLE: Final = "SITING_ROLE"
"""Environment variable that sets the role, until users sign in."""


class Role(StrEnum):
    """A role."""

    PUBLIC = "public"
    PLANNER = "epci_planner"
    STRATEGIST = "regional_strategist"


ROLE_LABELS: Final[Mapping[Role, str]] = MappingProxyType(
    {
        Role.PUBLIC: N_("public"),
        Role.PLANNER: N_("EPCI planner"),
        Role.STRATEGIST: N_("regional strategist"),
    }
)

SEEN: Final[Mapping[Role, frozenset[str]]] = MappingProxyType(
    {
        Role.PUBLIC: frozenset({"public"}),
        Role.PLANNER: frozenset({"public", "restricted"}),
        Role.STRATEGIST: frozenset(CONFIDENTIALITY),
    }
)
"""Values of ``confidentiality`` that a role sees; any other value is seen by none."""


def role() -> Role:
    """Return the role of the session: that of the environment, else the strategist's.

    Returns
    -------
    Role
        The role; the public's where the environment names none that is known.
    """
    asked = os.environ.get(VARIABLE)
    if asked is None:
        return Role.STRATEGIST
    return next((one for one in Role if one == asked.strip()), Role.PUBLIC)
