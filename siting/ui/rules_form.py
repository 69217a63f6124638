"""Forms for the rule set, the rates of territories, the pooled envelope, local figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from layers.territory import Level
from siting.domain import Period
from siting.i18n import Translate
from siting.labels import STATUS_LABELS, UNKNOWN, hectares
from siting.pipeline import Run
from siting.scenario import Scenario
from siting.ui.context import Context
from siting.ui.edits import apply
from siting.ui.frame import grid
from siting.ui.html import paragraph, typeset
from siting.ui.local_figure import communes, national_m2
from siting.zan.ruleset import is_own_file, load_ruleset, ruleset_ids

_M2_PER_HA = 10_000
_STATUSES = ("own", "custom")


def rules_form(context: Context) -> None:
    """Show the rule set, the pooled envelope and the rates of territories.

    Parameters
    ----------
    context
        What the page is given.
    """
    _ruleset(context)
    _envelope(context)
    _rates(context)


def _ruleset(context: Context) -> None:
    _, current = context.translate, context.scenario.zan.ruleset
    names = [*ruleset_ids(), *([current] if is_own_file(current) else [])]
    key = f"page-ruleset-{context.lang}"
    st.session_state[key] = current

    def title(name: str) -> str:
        rules = load_ruleset(name)
        own = rules.title if context.lang == "fr" else rules.title_en
        return f"{typeset(own)} · {_(STATUS_LABELS[rules.status])}"

    def changed() -> None:
        apply(context, {("zan", "ruleset"): st.session_state[key]})

    st.selectbox(_("Rule set"), names, format_func=title, key=key, on_change=changed)


def _envelope(context: Context) -> None:
    _, zan = context.translate, context.scenario.zan
    with st.form("envelope"):
        left, right = st.columns([1, 2], vertical_alignment="bottom")
        known_ha = zan.pooled_envelope_m2 / _M2_PER_HA
        # Whole hectares where they are: the widget writes no decimal comma.
        area_ha = left.number_input(
            _("Pooled envelope (ha)"), min_value=0 if known_ha.is_integer() else 0.0,
            step=10 if known_ha.is_integer() else 10.0,
            value=int(known_ha) if known_ha.is_integer() else known_ha,
        )  # fmt: skip
        source = right.text_input(_("Document that sets it"), value=zan.pooled_source)
        if st.form_submit_button(_("Apply")):
            apply(
                context,
                {
                    ("zan", "pooled_envelope_m2"): round(area_ha * _M2_PER_HA),
                    ("zan", "pooled_source"): source,
                },
            )
            st.rerun()


def _rates(context: Context) -> None:
    _, scenario = context.translate, context.scenario
    places = territories(context.run)
    labels = {code: label for label, (_level, code) in places.items()}
    rows = [
        (labels[code], 100 * one.rate, one.status if one.status in _STATUSES else "own", one.source)
        for code, one in scenario.zan.rates.items()
        if code in labels
    ]
    table = pd.DataFrame(rows, columns=["territory", "rate", "status", "source"])
    st.html(
        paragraph(_("Reduction set by a planning document, by territory; the closest one wins."))
    )
    with st.form("rates"):
        edited = st.data_editor(
            table.astype({"rate": "float64"}), num_rows="dynamic", hide_index=True, width="stretch",
            key=f"page-rates-{hash(tuple(rows))}",
            column_config={
                "territory": st.column_config.SelectboxColumn(
                    _("Territory"), options=list(places), required=True, width="medium"),
                "rate": st.column_config.NumberColumn(
                    _("Reduction, in %"), min_value=0.0, max_value=100.0, required=True,
                    format="localized"),
                "status": st.column_config.SelectboxColumn(
                    _("Status"), options=list(_STATUSES), default="custom", required=True,
                    help=_("own: an adopted document; custom: an assumption")),
                "source": st.column_config.TextColumn(_("Source"), required=True),
            },
        )  # fmt: skip
        if st.form_submit_button(_("Apply")):
            kept = {c: r.model_dump() for c, r in scenario.zan.rates.items() if c not in labels}
            apply(context, {("zan", "rates"): {**kept, **rates_of(edited, places)}})
            st.rerun()


def territories(run: Run) -> dict[str, tuple[str, str]]:
    """Return the territories that a rate may be set for here: the region and the EPCI.

    Parameters
    ----------
    run
        The run.

    Returns
    -------
    dict
        Level and code, by name as shown.
    """
    found = {}
    for level in (Level.REGION, Level.EPCI):
        names = run.before.territory.names(level)
        for code in sorted(names.index, key=lambda one: str(names[one])):
            found[f"{names[code]} ({code})"] = (level.value, str(code))
    return found


def rates_of(table: pd.DataFrame, places: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    """Return the rates of an edited table, for a scenario.

    Parameters
    ----------
    table
        ``territory``, ``rate`` in hundredths, ``status``, ``source``.
    places
        As :func:`territories`.

    Returns
    -------
    dict
        Settings by code; what is not filled in is empty, and told by the scenario.

    Examples
    --------
    >>> rows = pd.DataFrame([["A (1)", 54.5, "own", "PLUi"]],
    ...     columns=["territory", "rate", "status", "source"])
    >>> rates_of(rows, {"A (1)": ("epci", "1")})
    {'1': {'rate': 0.545, 'level': 'epci', 'status': 'own', 'source': 'PLUi'}}
    """
    rates = {}
    for row in table.to_dict("records"):
        level, code = places.get(str(row["territory"]), ("", ""))
        if code:
            rates[code] = {
                "rate": None if pd.isna(row["rate"]) else round(float(row["rate"]) / 100, 6),
                "level": level,
                "status": _text(row["status"]) or "custom",
                "source": _text(row["source"]),
            }
    return rates


# --- Local figures ------------------------------------------------------------------------


def figures_form(context: Context) -> None:
    """Show local figures beside the national ones, with evidence and source.

    Parameters
    ----------
    context
        What the page is given.
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
    places = communes(context.run)
    labels = {code: label for label, code in places.items()}
    rows = [
        (
            labels.get(one.territory, one.territory), one.first, one.last,
            one.area_m2 / _M2_PER_HA, one.evidence, one.source,
        )
        for one in scenario.local_figures
    ]  # fmt: skip
    columns = ["territory", "first", "last", "area_ha", "evidence", "source"]
    kinds = {"first": "Int64", "last": "Int64", "area_ha": "float64"}
    table = pd.DataFrame(rows, columns=columns).astype(kinds)
    with st.form("figures"):
        edited = st.data_editor(
            table, num_rows="dynamic", hide_index=True, width="stretch",
            key=f"page-figures-{hash(tuple(rows))}", column_config=_figure_columns([*places], _),
        )  # fmt: skip
        if st.form_submit_button(_("Apply")):
            apply(context, {("local_figures",): list(figures_of(edited, places))})
            st.rerun()
    if scenario.local_figures:
        shown = [
            _("Commune"),
            _("Years"),
            _("National (ha)"),
            _("Local (ha)"),
            _("Evidence, source"),
        ]
        cells = list(beside_national(context.run, scenario, _))
        st.html(grid(shown, cells, label=_("Local and national figures")))


def _figure_columns(places: list[str], _: Translate) -> dict[str, Any]:
    return {
        "territory": st.column_config.SelectboxColumn(
            _("Commune"), options=places, required=True, width="medium"
        ),
        "first": st.column_config.NumberColumn(_("From"), format="%d", required=True),
        "last": st.column_config.NumberColumn(_("To"), format="%d", required=True),
        "area_ha": st.column_config.NumberColumn(
            _("ENAF (ha)"), min_value=0.0, required=True, format="localized"
        ),
        "evidence": st.column_config.TextColumn(_("Evidence"), required=True),
        "source": st.column_config.TextColumn(_("Source"), required=True),
    }


def figures_of(table: pd.DataFrame, places: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Return the local figures of an edited table, for a scenario.

    Parameters
    ----------
    table
        ``territory``, ``first``, ``last``, ``area_ha``, ``evidence``, ``source``.
    places
        INSEE code by name as shown.

    Yields
    ------
    dict
        A setting; what is not filled in is empty, and told by the scenario.
    """
    for row in table.to_dict("records"):
        if all(pd.isna(value) for value in row.values()):
            continue
        area_ha = row["area_ha"]
        yield {
            "territory": places.get(_text(row["territory"]), _text(row["territory"])),
            "first": None if pd.isna(row["first"]) else int(row["first"]),
            "last": None if pd.isna(row["last"]) else int(row["last"]),
            "area_m2": None if pd.isna(area_ha) else round(area_ha * _M2_PER_HA),
            "evidence": _text(row["evidence"]),
            "source": _text(row["source"]),
        }


def beside_national(run: Run, scenario: Scenario, translate: Translate) -> Iterator[list[object]]:
    """Return each local figure beside the national one.

    Parameters
    ----------
    run
        The run.
    scenario
        Its scenario.
    translate
        The language.

    Yields
    ------
    list
        Commune, years, national and local hectares, evidence and source.
    """
    names = run.before.territory.names(Level.COMMUNE)
    for one in scenario.local_figures:
        national = national_m2(run, one.territory, Period(one.first, one.last))
        yield [
            f"{names.get(one.territory, UNKNOWN)} ({one.territory})",
            f"{one.first}-{one.last}",
            hectares(national, translate),
            hectares(one.area_m2, translate),
            f"{one.evidence} ; {one.source}",
        ]


def _text(value: Any) -> str:
    return "" if value is None or pd.isna(value) else str(value).strip()
