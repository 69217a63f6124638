"""The pages of the app. A page is added by one line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from layers.errors import N_
from siting.ui import carte, donnees, new_site_page, scenarios_page, sites_page, territoire
from siting.ui.context import Context


@dataclass(frozen=True, slots=True)
class PageSpec:
    """A page.

    Parameters
    ----------
    key
        Identifier, as in :attr:`siting.ui.context.Context.pages`.
    url_path
        Its address, in French; the first page is also that of the bare address.
    title
        Its title in the navigation (an English gettext identifier).
    render
        Shows it.
    """

    key: str
    url_path: str
    title: str
    render: Callable[[Context], None]


PAGES: Final = (
    PageSpec("carte", "carte", N_("Map"), carte.page),
    PageSpec("territoire", "territoire", N_("Territory"), territoire.page),
    PageSpec("sites", "sites", N_("Sites"), sites_page.page),
    PageSpec("scenarios", "scenarios", N_("Scenarios"), scenarios_page.page),
    PageSpec("nouveau-site", "nouveau-site", N_("New site"), new_site_page.page),
    PageSpec("donnees", "donnees", N_("Data"), donnees.page),
)
"""In the order of the navigation. One that is not written is not here."""
