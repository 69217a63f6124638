"""Changes to the current scenario: tried first, refused with the reason where they cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from layers.errors import N_, SitingError
from siting.i18n import translator
from siting.pipeline import Run
from siting.scenario import Scenario, scenario_hash, scenario_names, with_values
from siting.ui import data, view, workspace
from siting.ui.context import Context

_REFUSED, _ORIGIN = "scenario-refused", "scenario-origin"
EDITED: Final = N_("{title} (modified)")


def origin() -> str:
    """Return the name of the shipped scenario that the session started from.

    Returns
    -------
    str
        A name.
    """
    named = view.current().scenario
    if named in scenario_names():
        st.session_state[_ORIGIN] = named
    found: str = st.session_state.get(_ORIGIN, view.BASE)
    return found


def shipped() -> bool:
    """Return whether the current scenario is a shipped one, as it is.

    Returns
    -------
    bool
        Whether nothing was changed.
    """
    return view.current().scenario in scenario_names()


def saved_name(scenario: Scenario) -> str | None:
    """Return the name under which a scenario is saved.

    Parameters
    ----------
    scenario
        The scenario.

    Returns
    -------
    str or None
        ``None`` where it is not, or not as it is now.
    """
    key = scenario_hash(scenario)
    kept = workspace.current().saved.items()
    return next((name for name, one in kept if scenario_hash(one) == key), None)


def refused() -> SitingError | None:
    """Return why the last change was refused.

    Returns
    -------
    SitingError or None
        ``None`` where it was not.
    """
    found: SitingError | None = st.session_state.get(_REFUSED)
    return found


def apply(context: Context, values: Mapping[tuple[str, ...], Any]) -> bool:
    """Change the current scenario, or tell why it cannot be.

    Parameters
    ----------
    context
        What the page is given.
    values
        As :func:`siting.scenario.with_values`.

    Returns
    -------
    bool
        Whether it was changed; else :func:`refused` has the reasons.
    """
    origin()
    try:
        return use(context, with_values(context.scenario, {**_names(context.scenario), **values}))
    except SitingError as error:
        st.session_state[_REFUSED] = error
        return False


def use(context: Context, scenario: Scenario) -> bool:
    """Make a scenario the current one, once it is known to give a result.

    Parameters
    ----------
    context
        What the page is given.
    scenario
        The scenario.

    Returns
    -------
    bool
        Whether it is; else :func:`refused` has the reasons.
    """
    try:
        data.scored(context.sites, scenario, context.world)
    except SitingError as error:
        st.session_state[_REFUSED] = error
        return False
    st.session_state[_REFUSED] = None
    workspace.edit(scenario)
    return True


def forget() -> None:
    """Forget why the last change was refused."""
    st.session_state[_REFUSED] = None


def run_of(context: Context, scenario: Scenario) -> Run:
    """Return the run of the sites of the session under another scenario.

    Parameters
    ----------
    context
        What the page is given.
    scenario
        The scenario.

    Returns
    -------
    Run
        The run, shared: to be read only.
    """
    return data.scored(context.sites, scenario, context.world)


def _names(scenario: Scenario) -> dict[tuple[str, ...], str]:
    """Give another name to a shipped scenario that is about to change."""
    if not shipped():
        return {}

    title_en = scenario.title_en or scenario.title
    return {
        ("id",): f"{scenario.id}-essai",
        ("title",): translator("fr")(EDITED).format(title=scenario.title),
        ("title_en",): EDITED.format(title=title_en),
    }
