"""Form for the sites of a scenario: in or out, year of works, envelope."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from siting.domain import Envelope
from siting.i18n import Translate
from siting.labels import ENVELOPE_LABELS, VERDICT_LABELS
from siting.pipeline import Run
from siting.scenario import Scenario
from siting.ui.context import Context
from siting.ui.edits import apply
from siting.ui.html import paragraph

_FIRST, _LAST = 2011, 2060


def sites_form(context: Context) -> None:
    """Show the sites, to be put in or out, with a year and an envelope.

    Parameters
    ----------
    context
        What the page is given.
    """
    run, _ = context.run, context.translate
    text = _("Tick the sites that the scenario builds; a year left empty is that of the file.")
    st.html(paragraph(text, "sg-note"))
    left, right, _rest = st.columns([1, 1, 1])
    if left.button(_("All in"), width="stretch"):
        apply(context, {("sites", "selected"): "all"})
        st.rerun()
    if right.button(_("All out"), width="stretch"):
        apply(context, {("sites", "selected"): []})
        st.rerun()
    table = choice_table(run, _)
    with st.form("sites"):
        edited = st.data_editor(
            table, hide_index=True, width="stretch", height=420, placeholder="–",
            disabled=["name", "verdict", "enaf"],
            key=f"page-sites-{run.manifest.scenario_hash}-{context.sites.digest}-{context.lang}",
            column_order=["in", "name", "year", "envelope", "verdict", "enaf", "evidence"],
            column_config=_columns(_),
        )  # fmt: skip
        if st.form_submit_button(_("Apply"), type="primary"):
            apply(context, {("sites",): choices_of(edited, run.scenario, _)})
            st.rerun()


def choice_table(run: Run, translate: Translate) -> pd.DataFrame:
    """Return what a scenario chooses of each site.

    Parameters
    ----------
    run
        The run.
    translate
        The language.

    Returns
    -------
    DataFrame
        ``site_id``, ``in``, ``name``, ``year`` set by the scenario, ``envelope`` (in words),
        ``verdict``, ``enaf`` in hectares, ``evidence``.
    """
    _, chosen = translate, run.scenario.sites
    ids = [str(key) for key in run.sites.index]
    names = run.sites["name"].to_dict()
    return pd.DataFrame(
        {
            "site_id": ids,
            "in": [chosen.selected == "all" or key in chosen.selected for key in ids],
            "name": [f"{names[key]} ({key})" for key in ids],
            "year": pd.array([chosen.works_start.get(key) for key in ids], dtype="Int64"),
            "envelope": [
                _(ENVELOPE_LABELS[chosen.envelope.get(key, Envelope.LOCAL)]) for key in ids
            ],
            "verdict": [_(VERDICT_LABELS[run.verdicts[key].code]) for key in ids],
            "enaf": [
                None if pd.isna(m2) else round(m2 / 10_000, 1) for m2 in run.land.enaf_m2[ids]
            ],
            "evidence": [chosen.evidence.get(key, "") for key in ids],
        }
    )


def choices_of(table: pd.DataFrame, scenario: Scenario, translate: Translate) -> dict[str, Any]:
    """Return the choices of an edited table, for a scenario.

    Parameters
    ----------
    table
        As :func:`choice_table`, edited.
    scenario
        The scenario before.
    translate
        The language.

    Returns
    -------
    dict
        The section ``sites``. What the scenario says of sites of other files is kept; “all”
        stays “all” where every site is in.
    """
    envelopes = {translate(ENVELOPE_LABELS[one]): one.value for one in Envelope}
    rows = table.to_dict("records")
    shown = {row["site_id"] for row in rows}
    old = scenario.sites.model_dump(mode="json")
    kept = {
        name: {key: value for key, value in old[name].items() if key not in shown}
        for name in ("works_start", "envelope", "evidence")
    }
    for row in rows:
        if not pd.isna(row["year"]):
            kept["works_start"][row["site_id"]] = int(row["year"])
        envelope = envelopes.get(str(row["envelope"]), Envelope.LOCAL.value)
        if envelope != Envelope.LOCAL.value:
            kept["envelope"][row["site_id"]] = envelope
        if isinstance(row["evidence"], str) and row["evidence"].strip():
            kept["evidence"][row["site_id"]] = row["evidence"].strip()
    chosen = [row["site_id"] for row in rows if row["in"]]
    if old["selected"] == "all":
        return {"selected": "all" if len(chosen) == len(rows) else chosen, **kept}
    others = [key for key in old["selected"] if key not in shown]
    return {"selected": [*others, *chosen], **kept}


def _columns(_: Translate) -> dict[str, Any]:
    envelopes = [_(ENVELOPE_LABELS[one]) for one in Envelope]
    return {
        "in": st.column_config.CheckboxColumn(_("In"), width="small"),
        "name": st.column_config.TextColumn(_("Site")),
        "year": st.column_config.NumberColumn(
            _("Works start"), min_value=_FIRST, max_value=_LAST, format="%d", width=130
        ),
        "envelope": st.column_config.SelectboxColumn(_("Envelope"), options=envelopes),
        "verdict": st.column_config.TextColumn(_("Verdict")),
        "enaf": st.column_config.NumberColumn(_("ENAF (ha)"), format="localized", width="small"),
        "evidence": st.column_config.TextColumn(
            _("Evidence"), help=_("For the national envelope: the list that names the site.")
        ),
    }
