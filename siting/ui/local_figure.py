"""A sourced local figure of a commune, entered beside the national one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from layers.territory import Level
from siting.domain import Period
from siting.labels import UNKNOWN, hectares
from siting.pipeline import Run
from siting.scenario import Scenario
from siting.ui.context import Context
from siting.ui.edits import apply, refused
from siting.ui.frame import grid, told
from siting.ui.html import alert, paragraph

_M2_PER_HA: Final = 10_000


def local_figure_form(context: Context, commune: str) -> None:
    """Show the national figures of a commune, and enter a local one in place of one of them.

    Parameters
    ----------
    context
        What the page is given.
    commune
        Its INSEE code.
    """
    _, scenario = context.translate, context.scenario
    st.html(
        paragraph(
            _(
                "A local figure counts in place of the national one, which stays shown beside it. "
                "It takes evidence (land-use survey, photo-interpretation, permits…) and a source."
            ),
            "sg-note",
        )
    )
    spans = covered(context.run)
    st.html(figures_beside(context, commune, spans))
    with st.form(f"local-{commune}"):
        left, right = st.columns([1.4, 1])
        years = left.selectbox(_("Years"), spans, format_func=str)
        area_ha = right.number_input(
            _("ENAF consumed (ha)"),
            min_value=0.0,
            value=None,
            step=0.1,
            placeholder=_("local figure"),
        )
        evidence = left.text_input(_("Evidence"), placeholder=_("land-use survey, permits…"))
        source = right.text_input(_("Source"), placeholder=_("document, author, date"))
        if st.form_submit_button(_("Count this local figure"), type="primary"):
            if area_ha is None or not evidence.strip() or not source.strip():
                text = _("A local figure takes an area, its evidence and its source.")
                st.html(alert(text, style="sg-error"))
                return
            area_m2 = round(area_ha * _M2_PER_HA)
            entered = {
                "territory": commune, "first": years.first, "last": years.last,
                "area_m2": area_m2, "evidence": evidence.strip(), "source": source.strip(),
            }  # fmt: skip
            _apply(context, with_figure(scenario, entered))
    own = [one for one in scenario.local_figures if one.territory == commune]
    for one in own:
        text = _("Take the national figure of {years} again")
        label = text.format(years=f"{one.first}-{one.last}")
        if st.button(label, key=f"local-{commune}-{one.first}-{one.last}", icon=":material/undo:"):
            kept = [other.model_dump() for other in scenario.local_figures if other is not one]
            _apply(context, kept)


def _apply(context: Context, figures: list[dict[str, Any]]) -> None:
    if apply(context, {("local_figures",): figures}):
        st.rerun()
    error = refused()
    if error is not None:
        title = context.translate("This change is not possible; the scenario stays as it was.")
        told(title, error, context.translate)


def covered(run: Run) -> list[Period]:
    """Return the spans of years that a local figure may stand for: all that is counted.

    Parameters
    ----------
    run
        The run.

    Returns
    -------
    list of Period
        The reference, and the years of the period that are observed.
    """
    rules, last = run.before.ruleset, run.before.last_observed_year
    spans = [rules.reference]
    if last is not None and last >= rules.period.first:
        spans.append(Period(rules.period.first, last))
    return spans


def with_figure(scenario: Scenario, entered: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the local figures of a scenario with one more.

    Parameters
    ----------
    scenario
        The scenario.
    entered
        The figure; it takes the place of that of the same commune and years.

    Returns
    -------
    list of dict
        Settings.
    """
    same = (entered["territory"], entered["first"], entered["last"])
    kept = [
        one.model_dump()
        for one in scenario.local_figures
        if (one.territory, one.first, one.last) != same
    ]
    return [*kept, entered]


def figures_beside(context: Context, commune: str, spans: Sequence[Period]) -> Any:
    """Return the national figures of a commune with the local ones beside them.

    Parameters
    ----------
    context
        What the page is given.
    commune
        Its INSEE code.
    spans
        Years, as :func:`covered` tells them; those of the local figures are added.

    Returns
    -------
    Markup
        HTML: years, national and local hectares, evidence and source.
    """
    _ = context.translate
    local = {
        Period(one.first, one.last): one
        for one in context.scenario.local_figures
        if one.territory == commune
    }
    rows = []
    for years in dict.fromkeys((*spans, *local)):
        one = local.get(years)
        told_of = "" if one is None else f"{one.evidence} ; {one.source}"
        rows.append(
            [
                str(years),
                hectares(national_m2(context.run, commune, years), _, decimals=1),
                UNKNOWN if one is None else hectares(one.area_m2, _, decimals=1),
                told_of,
            ]
        )
    columns = [_("Years"), _("National (ha)"), _("Local (ha)"), _("Evidence, source")]
    return grid(columns, rows, label=_("Local and national figures"))


def national_m2(run: Run, commune: str, years: Period) -> int | None:
    """Return the national figure of a commune.

    Parameters
    ----------
    run
        The run.
    commune
        Its INSEE code.
    years
        The years.

    Returns
    -------
    int or None
        Square metres over these years; ``None`` where one of them is unknown.
    """
    flows = run.before.flows.data
    own = flows[(flows["code"] == commune) & flows["year"].between(years.first, years.last)]
    known = own["area_m2"].dropna()
    return int(known.sum()) if len(known) == years.last - years.first + 1 else None


def communes(run: Run) -> dict[str, str]:
    """Return the communes that a local figure may be given for.

    Parameters
    ----------
    run
        The run.

    Returns
    -------
    dict
        INSEE code by name as shown, in the order of the names.
    """
    names = run.before.territory.names(Level.COMMUNE)
    ordered = sorted(names.index, key=lambda code: (str(names[code]), code))
    return {f"{names[code]} ({code})": str(code) for code in ordered}
