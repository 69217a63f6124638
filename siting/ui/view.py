"""What a session looks at: kept in the session, mirrored in the address of the page.

The address can be shared and survives a reload. It is read once, when a session starts.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import streamlit as st

from layers.territory import Level
from siting.domain import VerdictCode
from siting.i18n import DEFAULT_LANGUAGE, LANGUAGES, Language, language
from siting.scenario import scenario_names

_KEY = "view"
_MOVE_KEY = "move"


@dataclass(frozen=True, slots=True)
class View:
    """What a session looks at.

    Parameters
    ----------
    lang
        Language.
    scenario
        Name of a shipped scenario.
    site, epci
        What is selected: a site, or else an EPCI; empty for none.
    planned
        Whether the sites of the scenario count in the budgets used.
    verdicts, departements
        Sites shown: any of these; all when empty.
    """

    lang: Language = DEFAULT_LANGUAGE
    scenario: str = "base"
    site: str = ""
    epci: str = ""
    planned: bool = False
    verdicts: tuple[VerdictCode, ...] = ()
    departements: tuple[str, ...] = ()

    def to_query(self) -> dict[str, str]:
        """Return the parameters of the address: what differs from the default.

        Returns
        -------
        dict
            Texts by name.

        Examples
        --------
        >>> View(site="A 1", planned=True).to_query()
        {'site': 'A 1', 'planned': '1'}
        """
        default = View()
        return {
            field.name: _written(getattr(self, field.name))
            for field in fields(self)
            if getattr(self, field.name) != getattr(default, field.name)
        }


def from_query(query: Mapping[str, str], *, lang: Language = DEFAULT_LANGUAGE) -> View:
    """Return the view that an address tells; what is not understood is left out.

    Parameters
    ----------
    query
        Parameters of the address.
    lang
        Language where the address tells none.

    Returns
    -------
    View
        The view.

    Examples
    --------
    >>> from_query({"lang": "en", "verdicts": "over_budget,x", "scenario": "../etc"})
    View(lang='en', scenario='base', ..., verdicts=(<VerdictCode.OVER_BUDGET: 'over_budget'>,), ...)
    """
    known = {code.value: code for code in VerdictCode}
    asked = query.get("lang")
    scenario = query.get("scenario", "base")
    return View(
        lang=next((one for one in LANGUAGES if one == asked), lang),
        scenario=scenario if scenario in scenario_names() else "base",
        site=query.get("site", ""),
        epci=query.get("epci", ""),
        planned=query.get("planned") == "1",
        verdicts=tuple(known[word] for word in _words(query.get("verdicts")) if word in known),
        departements=_words(query.get("departements")),
    )


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _words(text: str | None) -> tuple[str, ...]:
    return tuple(word for word in (text or "").split(",") if word)


def current() -> View:
    """Return the view of the session; that of the address when the session starts.

    Returns
    -------
    View
        The view.
    """
    if _KEY not in st.session_state:
        st.session_state[_KEY] = from_query(st.query_params.to_dict(), lang=language())
    view: View = st.session_state[_KEY]
    return view


def change(**changes: Any) -> View:
    """Change the view of the session.

    Parameters
    ----------
    **changes
        Fields of :class:`View`.

    Returns
    -------
    View
        The new view.
    """
    view = replace(current(), **changes)
    st.session_state[_KEY] = view
    return view


def select(kind: str, code: str) -> None:
    """Select a site or an EPCI, or nothing.

    Parameters
    ----------
    kind
        ``site``, ``epci`` or empty.
    code
        Its code.
    """
    change(site=code if kind == "site" else "", epci=code if kind == str(Level.EPCI) else "")


def remember() -> None:
    """Write the view of the session in the address of the page."""
    query = current().to_query()
    if st.query_params.to_dict() != query:
        st.query_params.from_dict(query)


def go_to(kind: str, code: str) -> None:
    """Select from elsewhere than the map, and have the map go there.

    Parameters
    ----------
    kind, code
        As in :func:`select`.
    """
    select(kind, code)
    st.session_state[_MOVE_KEY] = time.time_ns() // 1_000_000


def last_move() -> int:
    """Return when the map was last asked to move.

    Returns
    -------
    int
        Milliseconds; 1 where it never was: a map that was never moved goes there.
    """
    asked: int = st.session_state.get(_MOVE_KEY, 1)
    return asked
