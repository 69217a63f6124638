"""The page of the sites: table, comparison, robustness, export."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from layers.errors import N_
from layers.territory import Level
from siting.i18n import Translate
from siting.labels import STATUS_LABELS, UNKNOWN, VERDICT_LABELS, number, percent
from siting.pipeline import Run
from siting.ui import view
from siting.ui.carte import shown_sites
from siting.ui.comparison_table import MOST, comparison_table
from siting.ui.context import Context
from siting.ui.exporting import export
from siting.ui.frame import heading, opening, several
from siting.ui.html import alert
from siting.ui.measures import short_name
from siting.ui.robustness import robustness
from siting.ui.sidebar import filters
from siting.ui.table import styled

_TABLE_KEY, _CHOSEN_KEY = "sites-table", "page-compared"
_ROW_HEIGHT, _MOST_HEIGHT = 35, 520
_NAME_PX, _EPCI_PX = 150, 250
_SCORE, _RELIABILITY, _AREA, _ENAF = (
    N_("Score"),
    N_("Reliability"),
    N_("Area (ha)"),
    N_("ENAF (ha)"),
)
_MONTHS, _YEAR = N_("Months to works"), N_("Works start")


def page(context: Context) -> None:
    """Show the page.

    Parameters
    ----------
    context
        What the page is given.
    """
    run, _ = context.run, context.translate
    filters(run, _)
    opening(
        _("Sites"),
        _("Sort and filter the sites, compare up to five of them, see how far the ranks hold."),
    )
    if run.sites.empty:
        st.html(alert(_("There is no site to show."), style="sg-info"))
        return
    shown = _filtered(run, shown_sites(run, view.current()), _)
    if not shown:
        st.html(alert(_("No site passes the filters."), style="sg-info"))
    else:
        _table(run, shown, _)
    _comparison(run, _)
    with st.container():  # one place while it works: what follows stays as it is
        robustness(context, shown)
    export(context)


# --- Filters ------------------------------------------------------------------------------


def _filtered(run: Run, shown: Sequence[str], _: Translate) -> list[str]:
    """Filter by what the side bar does not: planning zone, score, choice of the scenario."""
    stages = sorted(set(run.sites["readiness_planning"].dropna()))
    columns = st.columns([2, 1, 1.4], vertical_alignment="bottom")
    with columns[0]:
        zones = st.multiselect(
            _("Planning zone"),
            stages,
            placeholder=_("any zone"),
            key="page-sites-zones",
            select_all=False,
            persist_state="session",
        )
    with columns[1]:
        least = st.number_input(
            _("Score from"), min_value=0, max_value=100, value=0, step=5, key="page-sites-score",
            persist_state="session",
        )  # fmt: skip
    with columns[2]:
        text = _("Sites of the scenario only")
        only = st.toggle(text, key="page-sites-chosen", persist_state="session")
    zone, selected = run.sites["readiness_planning"], run.scenario.sites.selected
    kept = [
        key
        for key in shown
        if (not zones or zone[key] in zones)
        and (least == 0 or run.scores.total[key] >= least)
        and (not only or selected == "all" or key in selected)
    ]
    return [str(key) for key in run.scores.rank[kept].sort_values(kind="stable").index]


def _largest_epci(run: Run) -> dict[str, str]:
    table = run.shares[run.shares["level"] == Level.EPCI.value].sort_values("area_m2")
    return dict(zip(table["site_id"], table["code"], strict=True))


# --- Table --------------------------------------------------------------------------------


def sites_table(run: Run, site_ids: Sequence[str], translate: Translate) -> pd.DataFrame:
    """Return the table of the page.

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
        One row a site, indexed by ``site_id``; what is not known is missing.
    """
    _ = translate
    ids = list(site_ids)
    sites, scores, settings = run.sites.loc[ids], run.scores, run.scenario.sites
    places, names = _largest_epci(run), run.account.territory.names(Level.EPCI)
    months = run.matrix.get("months_to_works")
    years = [
        settings.works_start.get(key, year)
        for key, year in zip(ids, sites["works_start_year"], strict=True)
    ]
    chosen = [settings.selected == "all" or key in settings.selected for key in ids]
    text = sites[["name", "readiness_planning", "readiness_servicing"]].astype("object")
    return pd.DataFrame(
        {
            _("Rank"): scores.rank[ids],
            _("Site"): text["name"],
            _("Verdict"): [_(VERDICT_LABELS[run.verdicts[key].code]) for key in ids],
            _(_SCORE): scores.total[ids],
            _(_RELIABILITY): scores.reliability[ids],
            _(_AREA): sites["gross_area_m2"] / 10_000,
            _(_ENAF): run.land.enaf_m2[ids].astype("Float64") / 10_000,
            _("EPCI"): [short_name(str(names[places[k]])) if k in places else UNKNOWN for k in ids],
            _("Planning zone"): text["readiness_planning"],
            _("Servicing"): text["readiness_servicing"],
            _(_MONTHS): None if months is None else months[ids],
            _("In the scenario"): [_("yes") if one else _("no") for one in chosen],
            _(_YEAR): pd.array(years, dtype="Int64"),
            _("Status"): [_(STATUS_LABELS[run.origins[key].status]) for key in ids],
        },
        index=pd.Index(ids, name="site_id"),
    )


def _table(run: Run, shown: list[str], _: Translate) -> None:
    title = _("Sites by rank ({count})").format(count=number(len(shown), _))
    heading(title, _("Tick rows to compare sites; click a column to sort by it."))
    table = sites_table(run, shown, _).reset_index(drop=True)

    def picked() -> None:
        rows = st.session_state[_TABLE_KEY]["selection"]["rows"]
        st.session_state[_CHOSEN_KEY] = [shown[row] for row in rows if row < len(shown)][:MOST]

    forms: dict[Any, Any] = {
        _(n): lambda v: number(v, _, decimals=1) for n in (_SCORE, _AREA, _ENAF)
    }
    forms[_(_RELIABILITY)] = lambda value: percent(value, _)
    forms[_(_MONTHS)] = lambda value: number(value, _)
    forms[_(_YEAR)] = lambda value: f"{value:.0f}"
    config = {
        _("Site"): st.column_config.TextColumn(width=_NAME_PX),
        _("EPCI"): st.column_config.TextColumn(width=_EPCI_PX),
    }
    st.dataframe(
        styled(table, forms), key=_TABLE_KEY, on_select=picked,
        selection_mode="multi-row", hide_index=True, width="stretch", column_config=config,
        height=min(_ROW_HEIGHT * (len(shown) + 1) + 3, _MOST_HEIGHT), placeholder=UNKNOWN,
    )  # fmt: skip


# --- Comparison ---------------------------------------------------------------------------


def _comparison(run: Run, _: Translate) -> None:
    heading(
        _("Compare sites"),
        _("Each raw measure with its unit, then its value from 0 to 1 and its points."),
    )
    names = run.sites["name"].to_dict()
    options = [str(key) for key in run.scores.rank.sort_values(kind="stable").index]
    if _CHOSEN_KEY in st.session_state:  # else what was chosen before another page comes back
        kept = [key for key in st.session_state[_CHOSEN_KEY] if key in names]
        st.session_state[_CHOSEN_KEY] = kept[:MOST]
    chosen = several(
        _("Sites to compare, five at most"), options, key=_CHOSEN_KEY, most=MOST, translate=_,
        shown=lambda key: f"{names[key]} ({key})", placeholder=_("Name or code"),
    )  # fmt: skip
    if chosen:
        st.html(comparison_table(run, chosen, _))
    else:
        st.html(alert(_("Choose sites here, or tick them in the table."), style="sg-info"))
