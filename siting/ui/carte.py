"""The page of the map: map, panel of what is selected, tables."""

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
from siting.labels import LEVEL_LABELS, number, percent
from siting.maps import (
    INDICATORS,
    USED_SHARE,
    Look,
    available,
    budget_share,
    draw,
    map_view,
    page_json,
)
from siting.pipeline import Run
from siting.ui import view
from siting.ui.assets import serve_map_assets
from siting.ui.context import Context
from siting.ui.data import Sites
from siting.ui.filters import filters, shown_sites
from siting.ui.html import alert, joined, plain
from siting.ui.measures import area_text, rows_of, short_name
from siting.ui.site_panel import shares_of, site_sheet
from siting.ui.table import table, territories_table
from siting.ui.territory_panel import (
    budget_decimals,
    budget_row,
    closest,
    exceeded,
    overview,
    sites_in,
    territory_sheet,
)

__all__ = ["header", "look_of", "page", "shown_sites"]

HEIGHT = 535
"""Height of the map, in pixels."""
_CHOICES_HEIGHT = 52
_MAP_KEY = "map"
MAP_LEVELS = (Level.EPCI, Level.COMMUNE, Level.SCOT, Level.DEPARTEMENT, Level.ZONE_EMPLOI)
"""Levels that the map may show, where the territory has them."""


def page(context: Context) -> None:
    """Show the page.

    Parameters
    ----------
    context
        What the page is given.
    """
    run, sites, _ = context.run, context.sites, context.translate
    filters(run, _)
    st.html(header(run, _))
    _told_of_file(run, sites, _)
    shown = shown_sites(run, view.current())
    look = look_of(context)
    with st.container(key="split"):
        left, right = st.columns([1.72, 1], gap="medium")
    with left:
        _choices(context, look)
        _map(context, shown, look)
    with right, st.container(height=HEIGHT + _CHOICES_HEIGHT, border=False, key="panel"):
        _panel(context)
    _tables(context, shown, look)


def look_of(context: Context) -> Look:
    """Return how the map looks at territories: what the address asks for and there is.

    Parameters
    ----------
    context
        What the page is given.

    Returns
    -------
    Look
        Level, indicator, and whether the sites of the scenario count.
    """
    looked = view.current()
    known = looked.level in context.run.account.territory.levels
    asked = looked.indicator in available(context.world.layers)
    return Look(
        looked.level if known else Level.EPCI,
        looked.indicator if asked else USED_SHARE,
        looked.planned,
    )


def _choices(context: Context, look: Look) -> None:
    """Show the choice of territories and of indicator, above the map."""
    _ = context.translate
    levels = [level for level in MAP_LEVELS if level in context.run.account.territory.levels]
    left, right = st.columns([1, 1.7], gap="small")
    for column, name, label, options, titles in (
        (left, "level", _("Territories"), levels, LEVEL_LABELS),
        (
            right, "indicator", _("Indicator"), list(available(context.world.layers)),
            {one: INDICATORS[one].title for one in INDICATORS},
        ),
    ):  # fmt: skip
        key = f"w-{name}-{context.lang}"
        st.session_state[key] = getattr(look, name)
        column.selectbox(
            label, options, key=key, on_change=_chosen, args=(name, key),
            label_visibility="collapsed",
            format_func=lambda one, titles=titles: _(titles[one]),
        )  # fmt: skip


def _chosen(name: str, key: str) -> None:
    view.change(**{name: st.session_state[key]})


def _tables(context: Context, shown: list[str], look: Look) -> None:
    """Show what the map shows as tables: sites, and territories."""
    _ = context.translate
    level = _(LEVEL_LABELS[look.level])
    titles = (
        _("Sites by rank ({count})").format(count=len(shown)),
        _("Territories: {level}").format(level=level),
    )
    sites, territories = st.tabs(list(titles))
    with sites:
        if shown:
            table(context.run, shown, _)
        else:
            text = _("No site passes the filters.")
            if context.run.sites.empty:
                text = _("There is no site to show.")
            st.html(alert(text, style="sg-info"))
    with territories:
        territories_table(context, look)


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
    decimals = budget_decimals(row, ("used_m2", "planned_m2"), least=0)
    used = Markup("{} <small>{}</small>").format(area_text(used_m2, _, decimals=decimals), share)
    period, year = account.ruleset.period, account.last_observed_year
    figures: tuple[tuple[str, Any], ...] = (
        (_("Budget {period}").format(period=period), area_text(budget_m2, _, decimals=decimals)),
        (_("Used until {year}").format(year=year), used),
        (_("Sites of the scenario"), area_text(row["planned_m2"], _, decimals=decimals)),
        (_("Remains"), area_text(row["remaining_m2"], _, decimals=decimals)),
    )
    item = Markup("<div><dt>{}</dt><dd>{}</dd></div>")
    return Markup(
        '<header class="sg-header"><div><h1>{}</h1><p>{}</p></div><dl>{}</dl></header>'
    ).format(
        _("Industrial siting and land sobriety"),
        row["name"],
        joined(item.format(*figure) for figure in figures),
    )


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
        (_("Rejected rows: {count}").format(count=number(rows_of(run.rejected), _)), run.rejected),
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
        {{ this._parent.get_name() }}.on("siting:layers", (event) => {
          window.Streamlit.setComponentValue(
            { kind: "layers", code: event.names, at: Date.now() });
        });
        {% endmacro %}
        """
    )


class _Selection(MacroElement):
    """Tells the map what is selected."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        map_div.siting.layers({{ this.layers }});
        map_div.siting.select({{ this.words }});
        {% endmacro %}
        """
    )

    def __init__(self, kind: str, code: str, move: int, layers: Sequence[str]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.layers = page_json(list(layers))
        self.words = ", ".join(page_json(word) for word in (kind, code or None, move))


@st.cache_data(show_spinner=False, max_entries=32)
def _view_json(
    key: tuple[str, ...],  # noqa: ARG001 - what the run is found by
    shown: tuple[str, ...],
    lang: Language,
    look: tuple[str, str, bool],
    _context: Context,
) -> str:
    level, indicator, planned = look
    seen = Look(Level(level), indicator, planned)
    view_of = map_view(
        _context.run, _context.world, translator(lang), look=seen, shown=shown,
        ground=_context.ground,
    )  # fmt: skip
    return page_json(view_of)


def _map(context: Context, shown: list[str], look: Look) -> None:
    run, ground, sites = context.run, context.ground, context.sites
    looked = view.current()
    asked = (look.level.value, look.indicator, look.planned)
    key = (sites.digest, run.manifest.scenario_hash, run.manifest.version)
    view_json = _view_json(key, tuple(shown), looked.lang, asked, context)
    drawn = draw(ground, view_json, addresses=serve_map_assets(ground, view_json))
    drawn.add_child(_Bridge())  # type: ignore[no-untyped-call]
    kind, code = (
        ("site", looked.site) if looked.site else (str(looked.place_level or ""), looked.place_code)
    )
    selection = folium.FeatureGroup(control=False)
    selection.add_child(_Selection(kind, code, view.last_move(), looked.layers))
    st_folium(
        drawn, key=_MAP_KEY, height=HEIGHT, use_container_width=True, returned_objects=[],
        feature_group_to_add=selection, on_change=_clicked,
    )  # fmt: skip


def _clicked() -> None:
    clicked = st.session_state.get(_MAP_KEY) or {}
    if clicked.get("kind") == "layers":
        view.change(layers=tuple(filter(None, str(clicked.get("code", "")).split(","))))
    elif clicked.get("kind"):
        view.select(str(clicked["kind"]), str(clicked.get("code", "")))


# --- Panel --------------------------------------------------------------------------------


def _panel(context: Context) -> None:
    run, _ = context.run, context.translate
    looked = view.current()
    level = looked.place_level
    if looked.site in run.sites.index:
        _back(_)
        st.html(site_sheet(run, looked.site, _))
        for share in shares_of(run, looked.site, Level.EPCI):
            label = _("Budget of {name}").format(name=share["name"])
            _epci_button(share["code"], plain(label))
    elif (
        level is not None
        and level in run.account.territory.levels
        and looked.place_code in run.account.territory.codes(level)
    ):
        _back(_)
        if "territoire" in context.pages:
            st.page_link(context.pages["territoire"], label=_("Trajectory and ledger in full"))
        st.html(territory_sheet(run, looked.place_code, _, level=level))
        _site_buttons(run, level, looked.place_code, _)
    else:
        st.html(overview(run, _region(run), _))
        _lists(run, _)


def _site_buttons(run: Run, level: Level, code: str, _: Translate) -> None:
    """Open the sites of a territory, by the keyboard too."""
    names = run.sites["name"].to_dict()
    for site_id in sites_in(run, level, code)["site_id"]:
        label = _("Sheet of {name}").format(name=names[site_id])
        st.button(
            plain(label), key=f"epci-site-{site_id}", type="tertiary", on_click=view.go_to,
            args=("site", site_id),
        )  # fmt: skip


def _lists(run: Run, _: Translate) -> None:
    title = Markup('<h3 class="sg-title">{}</h3>')
    over = exceeded(run)
    if over:
        st.html(title.format(_("EPCI beyond their budget with these sites")))
        for part in over:
            excess = area_text(-(part.remaining_after_m2 or 0), _)
            _epci_button(part.code, f"{plain(short_name(part.name))} ·\u00a0**+{excess}**")
    st.html(title.format(_("EPCI that have used the most of their budget")))
    used = run.account if view.current().planned else run.before
    for code, name, share in closest(used, 5):
        text = f"{plain(short_name(name))} ·\u00a0**{percent(share, _)}**"
        _epci_button(code, text, key="used")


def _back(_: Translate) -> None:
    st.button(
        _("Back to the region"), key="back", type="tertiary", icon=":material/arrow_back:",
        on_click=view.select, args=("", ""),
    )  # fmt: skip


def _epci_button(code: str, label: str, *, key: str = "open") -> None:
    st.button(
        label, key=f"epci-{key}-{code}", type="tertiary", on_click=view.go_to, args=("epci", code)
    )
