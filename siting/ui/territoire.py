"""The page of a territory: budget, trajectory, ledger, CV, and the rule set in words."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import pandas as pd
import streamlit as st
from markupsafe import Markup

from layers.territory import Level
from siting.account import Account
from siting.i18n import Language, Translate
from siting.labels import (
    LEVEL_LABELS,
    PARAMETER_LABELS,
    STATUS_LABELS,
    UNKNOWN,
    VERIFIED_LABELS,
    number,
    parameter_value,
    percent,
)
from siting.trajectory import account_trajectories
from siting.ui import view
from siting.ui.context import Context
from siting.ui.frame import page_style
from siting.ui.html import badge, facts, joined, paragraph, typeset
from siting.ui.ledger import ledger_table, lines_of
from siting.ui.local_figure import local_figure_form
from siting.ui.measures import area_text
from siting.ui.portrait import show_portrait
from siting.ui.standing import show_standing
from siting.ui.table import styled
from siting.ui.territory_panel import (
    OUTSIDE,
    Row,
    budget_decimals,
    budget_row,
    figures,
    gauge,
    together_box,
    verdict_box,
)
from siting.ui.trajectory_chart import told, trajectory_spec, trajectory_table
from siting.zan.ruleset import Ruleset
from siting.zan.trajectory import Trajectory

LEVELS: Final = (
    Level.REGION, Level.DEPARTEMENT, Level.ZONE_EMPLOI, Level.SCOT, Level.EPCI, Level.COMMUNE,
)  # fmt: skip
"""Levels of the page, from the largest."""
_NAME_PX: Final = 150


def page(context: Context) -> None:
    """Show the page.

    Parameters
    ----------
    context
        What the page is given.
    """
    _ = context.translate
    level, code = place_of(context)
    account = context.run.account
    row = budget_row(account, level, code)
    page_style()
    st.html(_header(account, level, code, row, _))
    _choice(context, level, code)
    with st.container(key="split"):
        left, right = st.columns([1, 1.72], gap="large")
    with left:
        st.html(_account(context, level, code, row))
    with right:
        _trajectory(context, level, code)
    names = [_("Ledger"), _("Compared"), _("Portrait"), _("Rule set")]
    if level is Level.COMMUNE:
        names.append(_("Local figure"))
    tabs = st.tabs(names)
    with tabs[0]:
        _ledger(context, level, code)
    with tabs[1]:
        show_standing(context, level, code)
    with tabs[2]:
        show_portrait(context, level, code)
    if level is Level.COMMUNE:
        with tabs[4]:
            local_figure_form(context, code)
    with tabs[3]:
        st.html(ruleset_sheet(account.ruleset, context.lang, _))


def place_of(context: Context) -> tuple[Level, str]:
    """Return the territory of the page: the one selected, else the region.

    Parameters
    ----------
    context
        What the page is given.

    Returns
    -------
    tuple
        Level and code.
    """
    territory, looked = context.run.account.territory, view.current()
    level = looked.place_level
    if level in territory.levels and looked.place_code in territory.codes(level):
        return level, looked.place_code
    return Level.REGION, territory.codes(Level.REGION)[0]


def _header(account: Account, level: Level, code: str, row: Row, _: Translate) -> Markup:
    """Name the territory, with the figures that matter most."""
    period = account.ruleset.period
    shown: tuple[tuple[str, Any], ...] = (
        (_("Budget {period}").format(period=period), row["budget_m2"]),
        (_("Used until {year}").format(year=account.last_observed_year), row["used_m2"]),
        (_("Sites of the scenario"), row["planned_m2"]),
        (_("Remains"), row["remaining_m2"]),
    )
    decimals = budget_decimals(row, ("used_m2", "planned_m2"))
    item = Markup("<div><dt>{}</dt><dd>{}</dd></div>")
    where = f"{_(LEVEL_LABELS[level])} {code}"
    if not row["complete"]:
        where += f" · {_(OUTSIDE)}"
    return Markup(
        '<header class="sg-header"><div><h1>{}</h1><p>{}</p></div><dl>{}</dl></header>'
    ).format(
        row["name"],
        where,
        joined(item.format(name, area_text(area, _, decimals=decimals)) for name, area in shown),
    )


def _choice(context: Context, level: Level, code: str) -> None:
    """Show the choice of a territory: its level, then its name."""
    _ = context.translate
    territory = context.run.account.territory
    levels = [one for one in LEVELS if one in territory.levels]
    level_key, code_key = f"w-place-level-{context.lang}", f"w-place-{level}"
    names = territory.names(level).to_dict()

    def level_chosen() -> None:
        chosen = st.session_state[level_key]
        first = territory.names(chosen).sort_values(kind="stable").index[0]
        view.go_to(str(chosen), str(first))

    def code_chosen() -> None:
        view.go_to(str(level), st.session_state[code_key])

    st.session_state[level_key], st.session_state[code_key] = level, code
    left, right = st.columns([1, 1.72], gap="large")
    left.selectbox(
        _("Level"), levels, key=level_key, on_change=level_chosen,
        format_func=lambda one: _(LEVEL_LABELS[one]),
    )  # fmt: skip
    right.selectbox(
        _("Territory"), sorted(names, key=lambda one: (names[one], one)), key=code_key,
        on_change=code_chosen, format_func=lambda one: f"{names[one]} ({one})",
        disabled=len(names) == 1,
    )  # fmt: skip


def _account(context: Context, level: Level, code: str, row: Row) -> Markup:
    run, _ = context.run, context.translate
    local = row["reference_m2"] != row["reference_national_m2"]
    observed = area_text(row["reference_national_m2"], _)
    national = (_("Reference of the national observatory"), observed)
    parts = [
        verdict_box(run, code, _) if level is Level.EPCI else Markup(),
        together_box(run, _) if level is Level.REGION else Markup(),
        gauge(row, _, tolerance=run.account.ruleset.tolerance.value),
        facts([national]) if bool(local) else Markup(),
        figures(run.account, row, _),
    ]
    return Markup('<article class="sg-sheet" data-territory="{}">{}</article>').format(
        code, joined(parts)
    )


# --- Trajectory -----------------------------------------------------------------------------


@lru_cache(maxsize=256)
def _trajectory_of(account: Account, level: Level, code: str) -> Trajectory:
    return account_trajectories(account, level, code=code)[code]


def _trajectory(context: Context, level: Level, code: str) -> None:
    _ = context.translate
    trajectory = _trajectory_of(context.run.account, level, code)
    title = _("Trajectory {period}").format(period=trajectory.period)
    st.html(Markup('<h2 class="sg-title">{}</h2>').format(title))
    if trajectory.unknown:
        st.html(paragraph(_("No trajectory: the reference is unknown."), "sg-note"))
        return
    st.vega_lite_chart(
        trajectory_spec(trajectory, _), width="stretch", theme="streamlit", key="trajectory"
    )
    key = _(
        "Pale bars: years not observed yet, which carry over what was. Dashed line: pace that "
        "holds the budget."
    )
    if trajectory.tolerance:
        band = _(
            "Red band: {share} beyond the budget, a legal risk that is told and never added to it."
        )
        key = f"{key} {band.format(share=percent(float(trajectory.tolerance), _))}"
    lines = [*map(paragraph, told(trajectory, _)), paragraph(key, "sg-note")]
    st.html(Markup('<article class="sg-sheet sg-told">{}</article>').format(joined(lines)))
    with st.expander(_("Numbers of the chart")):
        _table(trajectory_table(trajectory, _), _)


def _table(rows: pd.DataFrame, _: Translate) -> None:
    """Show a table whose numbers are hectares."""

    def decimal(value: Any) -> str:
        return number(value, _, decimals=1)

    forms: dict[Any, Any] = {
        name: decimal for name in rows.columns if pd.api.types.is_numeric_dtype(rows[name])
    }
    st.dataframe(
        styled(rows, forms), hide_index=True, width="stretch", placeholder=UNKNOWN,
        column_config={_("Commune"): st.column_config.TextColumn(width=_NAME_PX)},
    )  # fmt: skip


def _ledger(context: Context, level: Level, code: str) -> None:
    _ = context.translate
    account = context.run.account
    lines = lines_of(account, level, code)
    st.html(
        paragraph(
            _(
                "Every line of the account: the budget first, then what is taken from it. The "
                "lines counted here add up to what remains, to the square metre."
            ),
            "sg-note",
        )
    )
    _table(ledger_table(account, lines, _), _)


# --- Rule set -------------------------------------------------------------------------------


def ruleset_sheet(rules: Ruleset, lang: Language, translate: Translate) -> Markup:
    """Tell in words what a rule set means, with its status and the source of each parameter.

    Parameters
    ----------
    rules
        The rule set.
    lang, translate
        The language.

    Returns
    -------
    Markup
        HTML.
    """
    _ = translate
    title, summary = rules.title, rules.summary
    if lang == "en":
        title, summary = rules.title_en, rules.summary_en
    years = {"reference_source": str(rules.reference), "period_source": str(rules.period)}
    row = Markup('<tr><th scope="row">{}</th><td>{}</td><td>{} <small>({})</small></td></tr>')
    rows = joined(
        row.format(
            _(PARAMETER_LABELS[name]),
            years.get(name) or parameter_value(parameter, _),
            typeset(parameter.source),
            _(VERIFIED_LABELS[parameter.verified]),
        )
        for name, parameter in rules.parameters.items()
    )
    head = Markup('<tr><th scope="col">{}</th><th scope="col">{}</th><th scope="col">{}</th></tr>')
    return Markup(
        '<article class="sg-sheet"><header><h2>{}</h2><p>{} {}</p></header><p>{}</p>'
        '<table class="sg-wide"><thead>{}</thead><tbody>{}</tbody></table></article>'
    ).format(
        typeset(title), rules.id,
        badge(_(STATUS_LABELS[rules.status]), f"sg-status-{rules.status}"),
        typeset(summary), head.format(_("Parameter"), _("Value"), _("Source")), rows,
    )  # fmt: skip
