"""Who looks: what each role may see of the sites. The only place that knows and filters."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import pandas as pd

from layers.errors import N_
from layers.site_table import CONFIDENTIALITY
from layers.sites import SiteFile
from siting.errors import problem

VARIABLE: Final = "SITING_ROLE"
"""Environment variable that sets the role, until users sign in."""
WITHHELD: Final = "sites-withheld"
"""Code of the note that tells how many sites a role may not see."""


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


def sees(who: Role, confidentiality: pd.Series) -> pd.Series:
    """Tell which sites a role may see.

    Parameters
    ----------
    who
        The role.
    confidentiality
        Column ``confidentiality`` of the sites.

    Returns
    -------
    Series
        True where the site may be seen; false where the value is missing or unknown.

    Examples
    --------
    >>> sees(Role.PLANNER, pd.Series(["public", "restricted", "confidential", None])).tolist()
    [True, True, False, False]
    """
    return confidentiality.isin(SEEN[who])


def seen_by(who: Role, file: SiteFile) -> SiteFile:
    """Return the sites of a file that a role may see: to be applied before anything is scored.

    Parameters
    ----------
    who
        The role.
    file
        The sites.

    Returns
    -------
    SiteFile
        The same for who sees everything. Else only the sites seen, as if the file held nothing
        more: messages about rows may tell of a site that is not seen.
    """
    if who is Role.STRATEGIST:
        return file
    layer = file.layer
    kept = layer.data[sees(who, layer.data["confidentiality"])].reset_index(drop=True)
    own = set(kept["site_id"])
    added = {site: source for site, source in file.added.items() if site in own}
    return SiteFile(replace(layer, data=kept, notes=()), (), (), len(kept), added=added)


def shared_with(who: Role, file: SiteFile) -> SiteFile:
    """Return the sites of a file that a role may see, and tell how many it may not.

    For those who hold the file, and make a result of it for others: :func:`seen_by`, with a note.

    Parameters
    ----------
    who
        The role.
    file
        The sites.

    Returns
    -------
    SiteFile
        As :func:`seen_by` returns it.
    """
    kept = seen_by(who, file)
    count = len(file.layer.data) - len(kept.layer.data)
    if not count:
        return kept
    note = problem(
        WITHHELD, file=file.layer.provenance.file, found=count, expected=ROLE_LABELS[who],
        severity="warning",
    )  # fmt: skip
    return replace(kept, notes=(*kept.notes, note))
