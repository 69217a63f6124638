"""The page of the scenarios: change one and see at once what it changes; compare several."""

from __future__ import annotations

import streamlit as st

from siting.balance import Balance
from siting.balance_comparison import compare_balances
from siting.pipeline import Run, balance
from siting.scenario import Scenario
from siting.ui import data
from siting.ui.conflicts import conflicts, conflicts_list
from siting.ui.context import Context
from siting.ui.edits import origin, refused, run_of, saved_name, shipped
from siting.ui.frame import heading, opening, told
from siting.ui.html import alert
from siting.ui.rules_form import figures_form, rules_form
from siting.ui.scenario_results import (
    balance_table,
    budget_table,
    changes_list,
    set_sentences,
    site_changes,
    verdict_line,
)
from siting.ui.scenario_shelf import choices, shelf, title_of
from siting.ui.side_by_side import compare_scenarios, compared, run_key
from siting.ui.sites_form import sites_form
from siting.ui.view import BASE
from siting.ui.weights_form import thresholds_form, weights_form
from siting.ui.work import watched
from siting.world import Progress, World


def page(context: Context) -> None:
    """Show the page.

    Parameters
    ----------
    context
        What the page is given.
    """
    _ = context.translate
    opening(
        _("Scenarios"),
        _("Start from a scenario, change it, and see at once what changes and why."),
    )
    with st.container():  # one place, told or not: the tabs below stay as they are
        _status(context)
    with st.container(key="split"):
        left, right = st.columns([1.08, 1], gap="medium")
    with left:
        _forms(context)
    with right:
        _result(context)
    heading(_("Save, open, share"))
    shelf(context)
    compare_scenarios(context)


def _status(context: Context) -> None:
    _ = context.translate
    error = refused()
    if error is not None:
        told(_("This change is not possible; the scenario stays as it was."), error, _)
    elif not shipped() and saved_name(context.scenario) is None:
        text = _("“{title}” is changed and not saved.")
        title = title_of(context.scenario, context.lang)
        st.html(alert(text.format(title=title), style="sg-info"))


def _forms(context: Context) -> None:
    _ = context.translate
    names = [_("Sites"), _("Weights"), _("Thresholds"), _("Rules"), _("Local figures")]
    forms = (sites_form, weights_form, thresholds_form, rules_form, figures_form)
    for tab, form in zip(st.tabs(names), forms, strict=True):
        with tab:
            form(context)


def _result(context: Context) -> None:
    _ = context.translate
    others = choices(context)
    # One that is as it was shipped has nothing to say beside itself.
    start = title_of(data.scenario(BASE if shipped() else origin()), context.lang)
    names = [name for name, one in others.items() if one is not context.scenario or name == start]
    key = f"page-against-{context.lang}"
    if st.session_state.get(key) not in names:
        st.session_state[key] = start if start in names else names[0]
    against = st.selectbox(_("Compared with"), names, key=key)
    before = others[against]
    comparison = compared(context, before, context.scenario)
    titles = (against, title_of(context.scenario, context.lang))
    st.html(verdict_line(comparison, titles, _))
    st.html(set_sentences(context.run, _))
    counts = (len(comparison.scenario), len(comparison.sites), len(comparison.budgets))
    changed, sites, budgets = counts
    clashes = len(conflicts(context.run)) + len(context.run.plan.left_out)
    tabs = st.tabs(
        [
            _("What was changed ({count})").format(count=changed),
            _("Sites and why ({count})").format(count=sites),
            _("Budgets ({count})").format(count=budgets),
            _("Conflicts ({count})").format(count=clashes),
            _("Balance"),
        ]
    )
    with tabs[0]:
        st.html(changes_list(comparison, _))
    with tabs[1], st.container(height=420, border=False):
        st.html(site_changes(comparison.sites, _))
    with tabs[2], st.container(height=420, border=False):
        st.html(budget_table([*comparison.region, *comparison.budgets], _))
    with tabs[3], st.container(height=420, border=False):
        st.html(conflicts_list(context.run, _))
    with tabs[4]:
        _balance(context, before)


def _balance(context: Context, before: Scenario) -> None:
    _ = context.translate
    if not st.toggle(_("Work out the balance"), key="page-balance", persist_state="session"):
        st.html(
            alert(
                _("The balance takes a few seconds; it is worked out on demand."), style="sg-info"
            )
        )
        return
    pairs = [(before, run_of(context, before)), (context.scenario, context.run)]

    def both(told: Progress) -> list[Balance]:
        done = []
        for rank, (scenario, run) in enumerate(pairs):
            told("", rank / len(pairs))
            done.append(_balanced(*run_key(context, scenario), run, context.world))
        return done

    found = watched(both, title=_("Working out the balance"), translate=_, key="balance")
    if found is None:
        return
    with st.container(height=420, border=False):
        st.html(balance_table(compare_balances(found[0], found[1]), _))


@st.cache_resource(show_spinner=False, max_entries=32)
def _balanced(
    digest: str,  # noqa: ARG001 - part of the key
    key: str,  # noqa: ARG001 - part of the key
    version: str,  # noqa: ARG001 - part of the key
    _run: Run,
    _world: World,
) -> Balance:
    return balance(_run, _world)
