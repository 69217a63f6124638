"""Forms for weights and thresholds."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st
from markupsafe import Markup

from siting.criteria import CRITERIA, THEMES
from siting.domain import Objective
from siting.i18n import Translate
from siting.labels import number, percent
from siting.scenario import Scenario, weights
from siting.ui.context import Context
from siting.ui.edits import apply
from siting.ui.html import joined, paragraph, typeset

_MOST = 10.0
_MEASURE, _VALUE = "measure", "value"


def weights_form(context: Context) -> None:
    """Show the weights of the themes, then those of the criteria of one theme.

    Parameters
    ----------
    context
        What the page is given.
    """
    scenario, _ = context.scenario, context.translate
    shares = theme_shares(scenario)
    st.html(
        paragraph(_("Only proportions count: the share of each is shown beside it."), "sg-note")
    )
    for theme in scenario.weights:
        _weight(context, ("weights", theme), _(THEMES[theme]), shares[theme])
    theme = st.selectbox(
        _("Criteria of the theme"), list(scenario.weights), key=f"page-theme-{context.lang}",
        format_func=lambda one: _(THEMES[one]),
    )  # fmt: skip
    own = weights(scenario)
    for name in scenario.criteria:
        if CRITERIA[name].theme == theme:
            title = _(CRITERIA[name].title)
            _weight(context, ("criteria", name, "weight"), title, float(own[name]))


def theme_shares(scenario: Scenario) -> dict[str, float]:
    """Return the part of each theme in the score.

    Parameters
    ----------
    scenario
        The scenario.

    Returns
    -------
    dict
        Shares by theme; they add up to 1.

    Examples
    --------
    >>> from siting.scenario import load_scenario
    >>> round(theme_shares(load_scenario())["land"], 3)
    0.231
    """
    total = sum(scenario.weights.values())
    return {theme: weight / total for theme, weight in scenario.weights.items()}


def _weight(context: Context, path: tuple[str, ...], title: str, share: float) -> None:
    key = "page-" + ".".join(path)
    table: Any = context.scenario.weights if path[0] == "weights" else None
    value = float(table[path[1]] if table else context.scenario.criteria[path[1]].weight)
    # The scenario may be changed elsewhere, or the change refused: the widget is told.
    st.session_state[key] = value

    def changed() -> None:
        apply(context, {path: float(st.session_state[key])})

    left, right = st.columns([4, 1], vertical_alignment="bottom")
    with left:
        st.slider(
            title, 0.0, max(_MOST, value), step=0.5, format="localized", key=key, on_change=changed
        )
    text = percent(share, context.translate, decimals=1)
    right.html(Markup('<p class="sg-weight">{}</p>').format(text))


def thresholds_form(context: Context) -> None:
    """Show the breakpoints of one criterion, with its unit and their source.

    Parameters
    ----------
    context
        What the page is given.
    """
    scenario, _ = context.scenario, context.translate
    own = weights(scenario)
    names = sorted(scenario.criteria, key=lambda name: own[name] == 0)
    name = st.selectbox(
        _("Criterion"), names, key=f"page-criterion-{context.lang}",
        format_func=lambda one: _(CRITERIA[one].title),
    )  # fmt: skip
    setting, criterion = scenario.criteria[name], CRITERIA[name]
    unit = _(criterion.unit) if criterion.unit not in ("", "label") else _("no unit")
    told = [
        _("Unit: {unit}. {sense}").format(unit=unit, sense=_sense(name, _)),
        _("Source: {source}").format(source=typeset(setting.source)),
    ]
    st.html(joined(paragraph(line, "sg-note") for line in told))
    table = (
        pd.DataFrame(setting.categories.items(), columns=[_MEASURE, _VALUE])
        if setting.categories
        else pd.DataFrame(setting.points, columns=[_MEASURE, _VALUE])
    )
    with st.form(f"thresholds-{name}"):
        edited = st.data_editor(
            table, hide_index=True, width="stretch", key=f"page-points-{name}-{_digest(table)}",
            num_rows="fixed" if setting.categories else "dynamic",
            disabled=[_MEASURE] if setting.categories else False,
            column_config=_columns(setting.categories, unit, _),
        )  # fmt: skip
        source = st.text_input(_("Source of these thresholds"), value=setting.source)
        if st.form_submit_button(_("Apply")):
            values: Any = [[row[_MEASURE], row[_VALUE]] for row in edited.to_dict("records")]
            key = "categories" if setting.categories else "points"
            values = dict(values) if setting.categories else _known(values)
            apply(context, {("criteria", name, key): values, ("criteria", name, "source"): source})
            st.rerun()
    if not setting.categories:
        st.html(curve(list(setting.points), unit, _))


def _sense(name: str, _: Translate) -> str:
    sense = {
        Objective.MAX: _("More is better."),
        Objective.MIN: _("Less is better."),
        Objective.TARGET: _("A middle measure is the best."),
    }
    return sense[CRITERIA[name].objective]


def _columns(labels: object, unit: str, _: Translate) -> dict[str, Any]:
    share = st.column_config.NumberColumn(
        _("Value (0 to 1)"), min_value=0.0, max_value=1.0, required=True, format="localized"
    )
    if labels:
        return {_MEASURE: st.column_config.TextColumn(_("Category")), _VALUE: share}
    title = _("Measure ({unit})").format(unit=unit)
    return {
        _MEASURE: st.column_config.NumberColumn(title, required=True, format="localized"),
        _VALUE: share,
    }


def _known(rows: list[list[Any]]) -> list[list[float]]:
    """Leave out the rows begun and not filled in; the measures increase."""
    known = [[float(x), float(v)] for x, v in rows if not pd.isna(x) and not pd.isna(v)]
    return sorted(known, key=lambda row: row[0])


def _digest(table: pd.DataFrame) -> int:
    return hash(tuple(map(tuple, table.to_numpy().tolist())))


def curve(points: list[tuple[float, float]], unit: str, translate: Translate) -> Markup:
    """Return the value function in words: value by value.

    Parameters
    ----------
    points
        Breakpoints.
    unit
        Unit of the measures.
    translate
        The language.

    Returns
    -------
    Markup
        HTML.
    """
    _ = translate
    text = _("{measure} {unit} is worth {value}")
    lines = (
        text.format(
            measure=number(x, _, decimals=0 if float(x).is_integer() else 2),
            unit=unit,
            value=number(v, _, decimals=2),
        )
        for x, v in points
    )
    listed = joined(Markup("<li>{}</li>").format(line) for line in lines)
    return Markup('<ul class="sg-changes">{}</ul>').format(listed)
