"""What a page is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from siting.i18n import Language, Translate
from siting.maps import Ground
from siting.pipeline import Run
from siting.roles import Role
from siting.scenario import Scenario
from siting.ui.data import Sites
from siting.world import World


@dataclass(frozen=True, eq=False, slots=True)
class Context:
    """What a page is given: all of it to be read only.

    Parameters
    ----------
    world
        The territory and its layers, shared by all sessions.
    ground
        Ground of its maps.
    sites
        Sites of the session that the role may see, those added by hand included.
    scenario
        The current scenario of the session: shipped or edited.
    run
        The run of these sites under this scenario.
    translate, lang
        The language.
    role
        Who looks.
    pages
        Pages by key, for :func:`streamlit.page_link` and :func:`streamlit.switch_page`.
    """

    world: World
    ground: Ground
    sites: Sites
    scenario: Scenario
    run: Run
    translate: Translate
    lang: Language
    role: Role
    pages: Mapping[str, st.Page]
