"""The tables under the map: sites, territories."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from layers.errors import N_
from layers.territory import Level
from siting.i18n import Translate
from siting.labels import UNKNOWN, VERDICT_LABELS, number, percent
from siting.maps import INDICATORS, USED_SHARE, Figures, Look
from siting.pipeline import Run
from siting.ui import view
from siting.ui.context import Context
from siting.ui.measures import short_name

_KEY = "table"
_SHOWN_KEY = "table-selected"
_SCORE, _RELIABILITY = N_("Score"), N_("Reliability")
_AREA, _ENAF = N_("Area (ha)"), N_("ENAF (ha)")
_ROW_HEIGHT, _MOST_HEIGHT = 35, 420


def table(run: Run, shown: list[str], translate: Translate) -> None:
    """Show the table; a row selects its site.

    Parameters
    ----------
    run
        The run.
    shown
        Identifiers of the sites to show.
    translate
        The language.
    """
    _ = translate
    ordered = [str(key) for key in run.scores.rank[shown].sort_values(kind="stable").index]

    def selected() -> None:
        rows = st.session_state[_KEY]["selection"]["rows"]
        view.go_to("site", ordered[rows[0]] if rows else "")
        st.session_state[_SHOWN_KEY] = rows

    _follow(ordered)
    st.dataframe(
        _styled(site_table(run, ordered, _), _), key=_KEY, on_select=selected,
        selection_mode="single-row", hide_index=True, width="stretch",
        height=min(_ROW_HEIGHT * (len(ordered) + 1) + 3, _MOST_HEIGHT), placeholder=UNKNOWN,
    )  # fmt: skip


def _follow(ordered: list[str]) -> None:
    """Mark the row of the site that was selected elsewhere."""
    site = view.current().site
    rows = [ordered.index(site)] if site in ordered else []
    if st.session_state.get(_SHOWN_KEY, []) != rows:
        st.session_state[_KEY] = {"selection": {"rows": rows, "columns": [], "cells": []}}
        st.session_state[_SHOWN_KEY] = rows


def site_table(run: Run, site_ids: list[str], translate: Translate) -> pd.DataFrame:
    """Return the table of sites.

    Parameters
    ----------
    run
        The run.
    site_ids
        The sites, in order.
    translate
        The language.

    Returns
    -------
    DataFrame
        One row a site, indexed by ``site_id``: rank, name, verdict, score, reliability,
        area and ENAF in hectares, EPCI with the largest share.
    """
    _ = translate
    epci = run.shares[run.shares["level"] == Level.EPCI.value].sort_values("area_m2")
    names = dict(zip(epci["site_id"], epci["name"], strict=True))
    return pd.DataFrame(
        {
            _("Rank"): run.scores.rank[site_ids],
            _("Site"): run.sites["name"][site_ids].astype("object"),
            _("Verdict"): [_(VERDICT_LABELS[run.verdicts[key].code]) for key in site_ids],
            _(_SCORE): run.scores.total[site_ids],
            _(_RELIABILITY): run.scores.reliability[site_ids],
            _(_AREA): run.sites["gross_area_m2"][site_ids] / 10_000,
            _(_ENAF): run.land.enaf_m2[site_ids].astype("Float64") / 10_000,
            _("EPCI"): [short_name(names.get(key, UNKNOWN)) for key in site_ids],
        },
        index=pd.Index(site_ids, name="site_id"),
    )


def _styled(sites: pd.DataFrame, _: Translate) -> Any:
    """Show numbers in the form of the language; they still sort as numbers."""

    def decimal(value: Any) -> str:
        return number(value, _, decimals=1)

    forms: dict[Any, Any] = {_(name): decimal for name in (_SCORE, _AREA, _ENAF)}
    forms[_(_RELIABILITY)] = lambda value: percent(value, _)
    return styled(sites, forms)


def styled(rows: pd.DataFrame, forms: Mapping[Any, Callable[[Any], str]]) -> Any:
    """Show the values of a table in the forms of the language; they still sort as they are.

    Parameters
    ----------
    rows
        The table; its index is not shown.
    forms
        Text of a value, by column.

    Returns
    -------
    Styler
        To be given to :func:`streamlit.dataframe`. It is the same from one run to another where
        nothing changed: Streamlit then does not send it again.
    """
    style = rows.reset_index(drop=True).style
    return style.set_uuid("table").format(dict(forms), na_rep=UNKNOWN)


_PLACES_KEY = "table-territories"


def territories_table(context: Context, look: Look) -> None:
    """Show the territories of the map; a row selects its territory.

    Parameters
    ----------
    context
        What the page is given.
    look
        How the map looks at territories.
    """
    _ = context.translate
    account = context.run.account if look.planned else context.run.before
    rows = territory_table(Figures(account, context.world.layers, look.level), look, _)
    codes = [str(code) for code in rows.index]
    key = f"{_PLACES_KEY}-{look.level}"

    def selected() -> None:
        chosen = st.session_state[key]["selection"]["rows"]
        if chosen:
            view.go_to(look.level.value, codes[chosen[0]])

    def decimal(value: Any) -> str:
        return number(value, _, decimals=1)

    text = {_("Code"), _("Territory")}
    forms: dict[Any, Any] = {name: decimal for name in rows.columns if name not in text}
    st.dataframe(
        styled(rows, forms), key=key,
        on_select=selected, selection_mode="single-row", hide_index=True, width="stretch",
        height=min(_ROW_HEIGHT * (len(rows) + 1) + 3, _MOST_HEIGHT), placeholder=UNKNOWN,
    )  # fmt: skip


def territory_table(figures: Figures, look: Look, translate: Translate) -> pd.DataFrame:
    """Return the territories with their budgets and the indicator of the map.

    Parameters
    ----------
    figures
        What is known of the level.
    look
        Names the indicator.
    translate
        The language.

    Returns
    -------
    DataFrame
        One row a territory, indexed by code, those that used the most of their budget first:
        code, name, share used (%), the indicator, budget, used, planned and remaining hectares.
    """
    _ = translate
    table = figures.budgets
    hectares = {
        name: table[f"{name}_m2"].astype("Float64") / 10_000
        for name in ("budget", "used", "planned", "remaining")
    }
    columns: dict[str, Any] = {
        _("Code"): [str(code) for code in table.index],
        _("Territory"): table["name"].astype("object"),
    }
    for name in dict.fromkeys((USED_SHARE, look.indicator)):
        one = INDICATORS[name]
        title = f"{_(one.title)} ({_(one.unit)})"
        columns[title] = one.function(figures).astype("Float64")
    columns |= {
        _("Budget (ha)"): hectares["budget"],
        _("Used (ha)"): hectares["used"],
        _("Sites of the scenario (ha)"): hectares["planned"],
        _("Remains (ha)"): hectares["remaining"],
    }
    rows = pd.DataFrame(columns, index=table.index)
    share = list(rows.columns)[2]
    return rows.sort_values(share, ascending=False, kind="stable", na_position="last")
