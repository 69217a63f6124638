"""The page of the map: map, panel of what is selected, table of the sites."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import folium
import pandas as pd
import streamlit as st
from branca.element import MacroElement
from folium.template import Template
from markupsafe import Markup
from streamlit_folium import st_folium

from layers.territory import Level
from siting.errors import Problem
from siting.i18n import Language, Translate, translator
from siting.labels import number, percent
from siting.maps import Ground, budget_share, draw, map_view, page_json
from siting.pipeline import Run
from siting.ui import view
from siting.ui.assets import serve_map_assets
from siting.ui.context import Context
from siting.ui.data import Sites
from siting.ui.html import alert, joined, plain
from siting.ui.measures import area_text
from siting.ui.sidebar import filters
from siting.ui.site_panel import shares_of, site_sheet
from siting.ui.table import table
from siting.ui.territory_panel import budget_row, closest, exceeded, overview, territory_sheet

HEIGHT = 650
"""Height of the map and of the panel, in pixels."""
_MAP_KEY = "map"


def page(context: Context) -> None:
    """Show the page.

    Parameters
    ----------
    context
        What the page is given.
    """
    run, ground, sites, _ = context.run, context.ground, context.sites, context.translate
    filters(run, _)
    st.html(header(run, _))
    _told_of_file(run, sites, _)
    shown = shown_sites(run, view.current())
    left, right = st.columns([1.72, 1], gap="medium")
    with left:
        _map(run, ground, sites, shown)
    with right, st.container(height=HEIGHT, border=False, key="panel"):
        _panel(run, _)
    table(run, shown, _)


def header(run: Run, translate: Translate) -> Markup:
    """Return the head of the page: what it is, and the figures of the region.

    Parameters
    ----------
    run
        The run.
    translate
        The language.

    Returns
    -------
    Markup
        HTML.
    """
    _ = translate
    account = run.account
    row = budget_row(account, Level.REGION, _region(run))
    budget_m2, used_m2 = row["budget_m2"], row["used_m2"]
    share = percent(budget_share(used_m2, budget_m2), _)
    used = Markup("{} <small>{}</small>").format(area_text(used_m2, _, decimals=0), share)
    period, year = account.ruleset.period, account.last_observed_year
    figures: tuple[tuple[str, Any], ...] = (
        (_("Budget {period}").format(period=period), area_text(budget_m2, _, decimals=0)),
        (_("Used until {year}").format(year=year), used),
        (_("Sites of the scenario"), area_text(row["planned_m2"], _, decimals=0)),
        (_("Remains"), area_text(row["remaining_m2"], _, decimals=0)),
    )
    item = Markup("<div><dt>{}</dt><dd>{}</dd></div>")
    return Markup(
        '<header class="sg-header"><div><h1>{}</h1><p>{}</p></div><dl>{}</dl></header>'
    ).format(
        _("Industrial siting and land sobriety"),
        row["name"],
        joined(item.format(*figure) for figure in figures),
    )


def shown_sites(run: Run, looked: view.View) -> list[str]:
    """Return the sites that the filters keep.

    Parameters
    ----------
    run
        The run.
    looked
        The view, with its filters.

    Returns
    -------
    list of str
        Identifiers, in the order of the file.
    """
    kept = set(run.sites.index)
    if looked.verdicts:
        kept &= {key for key, verdict in run.verdicts.items() if verdict.code in looked.verdicts}
    if looked.departements:
        shares = run.shares[run.shares["level"] == Level.DEPARTEMENT.value]
        kept &= set(shares.loc[shares["code"].isin(looked.departements), "site_id"])
    return [str(key) for key in run.sites.index if key in kept]


def _region(run: Run) -> str:
    return run.account.territory.codes(Level.REGION)[0]


def _told_of_file(run: Run, sites: Sites, _: Translate) -> None:
    """Tell what was read of an uploaded file: rows kept, rejected, noted."""
    if not sites.name:
        return
    told = _("{file}: sites shown: {count}; rows of the file: {rows}").format(
        file=sites.name, count=number(len(run.sites), _), rows=number(run.row_count, _)
    )
    problems = (
        (_("Rejected rows: {count}").format(count=number(len(run.rejected), _)), run.rejected),
        (_("Notes: {count}").format(count=number(len(run.notes), _)), run.notes),
    )
    listed = [(title, found) for title, found in problems if found]
    if not listed:
        st.html(alert(told, style="sg-info"))
        return
    titles = " · ".join(title for title, _found in listed)
    with st.expander(f"{plain(told)} · {titles}", expanded=run.sites.empty):
        for tab, (_title, found) in zip(st.tabs([t for t, _f in listed]), listed, strict=True):
            tab.dataframe(_problem_table(found, _), hide_index=True, width="stretch")


def _problem_table(problems: Sequence[Problem], _: Translate) -> pd.DataFrame:
    rows = [
        {_("row"): found.row, _("field"): found.field, _("reason"): found.text(_)}
        for found in problems
    ]
    return pd.DataFrame(rows)


# --- Map ----------------------------------------------------------------------------------


class _Bridge(MacroElement):
    """Tells Streamlit what is clicked, at once and without the shape of it."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        {{ this._parent.get_name() }}.on("siting:select", (event) => {
          window.Streamlit.setComponentValue(
            { kind: event.kind, code: event.code, at: Date.now() });
        });
        {% endmacro %}
        """
    )


class _Selection(MacroElement):
    """Tells the map what is selected."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        map_div.siting.select({{ this.words }});
        {% endmacro %}
        """
    )

    def __init__(self, kind: str, code: str, move: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.words = ", ".join(page_json(word) for word in (kind, code or None, move))


@st.cache_data(show_spinner=False, max_entries=32)
def _view_json(
    key: tuple[str, ...],  # noqa: ARG001 - what the run is found by
    shown: tuple[str, ...],
    lang: Language,
    planned: bool,  # noqa: FBT001 - part of the key
    _run: Run,
) -> str:
    return page_json(map_view(_run, translator(lang), planned=planned, shown=shown))


def _map(run: Run, ground: Ground, sites: Sites, shown: list[str]) -> None:
    looked = view.current()
    key = (sites.digest, run.manifest.scenario_hash, run.manifest.version)
    view_json = _view_json(key, tuple(shown), looked.lang, looked.planned, run)
    drawn = draw(ground, view_json, addresses=serve_map_assets(ground))
    drawn.add_child(_Bridge())  # type: ignore[no-untyped-call]
    kind, code = (
        ("site", looked.site) if looked.site else (str(looked.place_level or ""), looked.place_code)
    )
    selection = folium.FeatureGroup(control=False)
    selection.add_child(_Selection(kind, code, view.last_move()))
    st_folium(
        drawn, key=_MAP_KEY, height=HEIGHT, use_container_width=True, returned_objects=[],
        feature_group_to_add=selection, on_change=_clicked,
    )  # fmt: skip


def _clicked() -> None:
    clicked = st.session_state.get(_MAP_KEY) or {}
    if clicked.get("kind"):
        view.select(str(clicked["kind"]), str(clicked.get("code", "")))


# --- Panel --------------------------------------------------------------------------------


def _panel(run: Run, _: Translate) -> None:
    looked = view.current()
    if looked.site in run.sites.index:
        _back(_)
        st.html(site_sheet(run, looked.site, _))
        for share in shares_of(run, looked.site, Level.EPCI):
            label = _("Budget of {name}").format(name=share["name"])
            _epci_button(share["code"], plain(label))
    elif looked.place_code in run.account.territory.codes(Level.EPCI):
        _back(_)
        st.html(territory_sheet(run, looked.place_code, _))
    else:
        st.html(overview(run, _region(run), _))
        _lists(run, _)


def _lists(run: Run, _: Translate) -> None:
    title = Markup('<h3 class="sg-title">{}</h3>')
    over = exceeded(run)
    if over:
        st.html(title.format(_("EPCI beyond their budget with these sites")))
        for part in over:
            excess = area_text(-(part.remaining_after_m2 or 0), _)
            _epci_button(part.code, f"{plain(part.name)} · **+{excess}**")
    st.html(title.format(_("EPCI that have used the most of their budget")))
    used = run.account if view.current().planned else run.before
    for code, name, share in closest(used, 5):
        _epci_button(code, f"{plain(name)} · **{percent(share, _)}**", key="used")


def _back(_: Translate) -> None:
    st.button(
        _("Back to the region"), key="back", type="tertiary", icon=":material/arrow_back:",
        on_click=view.select, args=("", ""),
    )  # fmt: skip


def _epci_button(code: str, label: str, *, key: str = "open") -> None:
    st.button(
        label, key=f"epci-{key}-{code}", type="tertiary", on_click=view.go_to, args=("epci", code)
    )
