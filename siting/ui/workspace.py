"""What is personal to a session: its scenario, those it saved, the sites it added.

What it looks at is in :mod:`siting.ui.view`; all the rest is shared, found by content.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from siting.scenario import Scenario, scenario_hash, scenario_names, with_changes
from siting.ui import data, view

_KEY = "workspace"


@dataclass(frozen=True, slots=True)
class Workspace:
    """What a session made.

    Parameters
    ----------
    saved
        Scenarios it saved, by name.
    added
        Sites it added by hand or from a file, one :class:`siting.ui.data.Sites` each time.
    """

    saved: Mapping[str, Scenario] = field(default_factory=dict)
    added: tuple[data.Sites, ...] = ()


def current() -> Workspace:
    """Return the workspace of the session.

    Returns
    -------
    Workspace
        The workspace.
    """
    workspace: Workspace = st.session_state.setdefault(_KEY, Workspace())
    return workspace


def change(**changes: Any) -> Workspace:
    """Change the workspace of the session.

    Parameters
    ----------
    **changes
        Fields of :class:`Workspace`.

    Returns
    -------
    Workspace
        The new workspace.
    """
    workspace = replace(current(), **changes)
    st.session_state[_KEY] = workspace
    return workspace


def scenario() -> Scenario:
    """Return the current scenario of the session.

    Returns
    -------
    Scenario
        The one that the address names: shipped, or edited on this server; the base one where
        that is not known any more.
    """
    found = data.scenario_named(view.current().scenario)
    if found is None:
        view.change(scenario=view.BASE)
        return data.scenario(view.BASE)
    return found


def edit(edited: Scenario) -> None:
    """Make an edited scenario the current one; the address then tells it by its hash.

    Parameters
    ----------
    edited
        The scenario.
    """
    view.change(scenario=data.shelve(edited))


def set_ruleset(ruleset: str) -> None:
    """Put the current scenario under another rule set.

    Parameters
    ----------
    ruleset
        Identifier of the rule set.

    Raises
    ------
    ScenarioError
        If the scenario cannot be told under this rule set.
    """
    edited = with_changes(scenario(), {"zan": {"ruleset": ruleset}})
    key = scenario_hash(edited)
    same = (name for name in scenario_names() if scenario_hash(data.scenario(name)) == key)
    shipped = next(same, None)
    if shipped is None:
        edit(edited)
    else:
        choose(shipped)


def choose(name: str) -> None:
    """Make a shipped scenario the current one.

    Parameters
    ----------
    name
        Its name.
    """
    view.change(scenario=name)
