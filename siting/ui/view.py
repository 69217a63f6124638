"""What a session looks at: kept in the session, mirrored in the address of the page.

The address can be shared and survives a reload. It is read once, when a session starts.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

import streamlit as st

from layers.territory import Level
from siting.domain import VerdictCode
from siting.i18n import DEFAULT_LANGUAGE, LANGUAGES, Language, language
from siting.scenario import scenario_names

_KEY = "view"
_MOVE_KEY = "move"
BASE: Final = "base"
"""Name of the scenario shown where the address names none."""
_NONE: Final = ","  # where the default is not nothing: a list without a word
_YEAR = re.compile(r"20[0-9]{2}")
_HASH = re.compile(r"[0-9a-f]{12}")
_LEVELS: Final = frozenset({Level.COMMUNE, Level.EPCI, Level.SCOT, Level.DEPARTEMENT,
                            Level.ZONE_EMPLOI})  # fmt: skip


@dataclass(frozen=True, slots=True)
class View:
    """What a session looks at.

    Parameters
    ----------
    lang
        Language.
    scenario
        Name of a shipped scenario, or hash of an edited one.
    site
        Identifier of the site selected; empty for none.
    place
        Territory selected, as ``level:code``; empty for the whole region.
    level
        Level of the territories on the map.
    indicator
        What colours them: a key of :data:`siting.maps.INDICATORS`.
    layers
        Layers switched on, on the map.
    planned
        Whether the sites of the scenario count in the budgets used.
    verdicts, departements, epcis, areas
        Sites shown: any of these; all when empty.
    ready
        Last year in which works may start, of the sites shown; 0 for any.
    """

    lang: Language = DEFAULT_LANGUAGE
    scenario: str = BASE
    site: str = ""
    place: str = ""
    level: Level = Level.EPCI
    indicator: str = "used_share"
    layers: tuple[str, ...] = ("communes",)
    planned: bool = False
    verdicts: tuple[VerdictCode, ...] = ()
    departements: tuple[str, ...] = ()
    epcis: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    ready: int = 0

    @property
    def place_level(self) -> Level | None:
        """Level of the territory selected, ``None`` for the whole region."""
        return Level(self.place.partition(":")[0]) if self.place else None

    @property
    def place_code(self) -> str:
        """Code of the territory selected, empty for the whole region."""
        return self.place.partition(":")[2]

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
    ready = query.get("ready", "")
    default = View()
    return View(
        lang=next((one for one in LANGUAGES if one == asked), lang),
        scenario=_scenario(query.get("scenario", BASE)),
        site=query.get("site", ""),
        place=_place(query),
        level=next((one for one in _LEVELS if one == query.get("level")), default.level),
        indicator=query.get("indicator", default.indicator),
        layers=_words(query.get("layers", "communes")),
        planned=query.get("planned") == "1",
        verdicts=tuple(known[word] for word in _words(query.get("verdicts")) if word in known),
        departements=_words(query.get("departements")),
        epcis=_words(query.get("epcis")),
        areas=_words(query.get("areas")),
        ready=int(ready) if _YEAR.fullmatch(ready) else 0,
    )


def _scenario(name: str) -> str:
    return name if name in scenario_names() or _HASH.fullmatch(name) else BASE


def _place(query: Mapping[str, str]) -> str:
    """Return the territory; an address may also name an EPCI on its own."""
    place = query.get("place", "")
    level, _mark, code = place.partition(":")
    if level in _LEVELS and code:
        return place
    return f"{Level.EPCI}:{query['epci']}" if query.get("epci") else ""


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return ",".join(map(str, value)) or _NONE if isinstance(value, tuple) else str(value)


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
    """Select a site or a territory, or nothing.

    Parameters
    ----------
    kind
        ``site``, a level of territories, or empty.
    code
        Its code.
    """
    place = f"{kind}:{code}" if kind in _LEVELS and code else ""
    change(site=code if kind == "site" else "", place=place)


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
