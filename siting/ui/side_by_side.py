"""Scenarios side by side: a map each, the main figures, the differences against the first."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from markupsafe import Markup

from siting import __version__
from siting.comparison import Comparison, compare
from siting.i18n import Translate
from siting.labels import number
from siting.maps import SHARE_CLASSES, Ground
from siting.maps.small import picture_address, small_map
from siting.pipeline import Run
from siting.scenario import Scenario, scenario_hash
from siting.ui.context import Context
from siting.ui.edits import run_of
from siting.ui.frame import heading, several
from siting.ui.html import alert, joined
from siting.ui.scenario_results import changes_list, side_by_side, site_changes, verdict_line
from siting.ui.scenario_shelf import choices
from siting.ui.territory_panel import exceeded

MOST = 3
"""Scenarios compared at most."""


def run_key(context: Context, scenario: Scenario) -> tuple[str, str, str]:
    """Return what tells apart the run of a scenario.

    Parameters
    ----------
    context
        What the page is given.
    scenario
        The scenario.

    Returns
    -------
    tuple of str
        Digest of the sites, hash of the scenario, version of the program.
    """
    return context.sites.digest, scenario_hash(scenario), __version__


def compared(context: Context, first: Scenario, second: Scenario) -> Comparison:
    """Return what changes from a scenario to another, worked out once for all sessions.

    Parameters
    ----------
    context
        What the page is given.
    first, second
        The scenarios.

    Returns
    -------
    Comparison
        Shared: to be read only.
    """
    runs = run_of(context, first), run_of(context, second)
    return _comparison(run_key(context, first), run_key(context, second), *runs)


@st.cache_resource(show_spinner=False, max_entries=32)
def _comparison(
    first: tuple[str, str, str],  # noqa: ARG001 - part of the key
    second: tuple[str, str, str],  # noqa: ARG001 - part of the key
    _first: Run,
    _second: Run,
) -> Comparison:
    return compare(_first, _second)


def compare_scenarios(context: Context) -> None:
    """Show two or three scenarios side by side, once they are chosen.

    Parameters
    ----------
    context
        What the page is given.
    """
    _ = context.translate
    heading(
        _("Compare scenarios side by side"),
        _("Two or three; each difference is told against the first."),
    )
    others = choices(context)
    chosen = several(
        _("Scenarios"), list(others), key=f"page-side-{context.lang}", most=MOST, translate=_,
        placeholder=_("Choose two or three"),
    )  # fmt: skip
    if len(chosen) < 2:
        return
    runs = [(name, run_of(context, others[name])) for name in chosen]
    addresses = [
        _picture(run_key(context, others[name]), run, context.ground) for name, run in runs
    ]
    st.html(maps_beside(runs, addresses, _))
    st.html(side_by_side(runs, _))
    for name in chosen[1:]:
        comparison = compared(context, others[chosen[0]], others[name])
        text = _("“{name}” against “{first}”").format(name=name, first=chosen[0])
        with st.container(border=True):
            heading(text)
            st.html(verdict_line(comparison, (chosen[0], name), _))
            st.html(changes_list(comparison, _))
            turned = [one for one in comparison.sites if one.verdict_changes]
            if turned:
                st.html(site_changes(turned, _))
            else:
                st.html(alert(_("No site changes its verdict."), style="sg-info"))


@st.cache_data(show_spinner=False, max_entries=32)
def _picture(
    key: tuple[str, str, str],  # noqa: ARG001 - what the run is found by
    _run: Run,
    _ground: Ground,
) -> str:
    return picture_address(small_map(_run, _ground))


def maps_beside(
    runs: Sequence[tuple[str, Run]], addresses: Sequence[str], translate: Translate
) -> Markup:
    """Return the maps of scenarios side by side, with one legend.

    Parameters
    ----------
    runs
        Name and run of each.
    addresses
        Address of the picture of each.
    translate
        The language.

    Returns
    -------
    Markup
        HTML; each picture is told in words, the table of figures follows it.
    """
    _ = translate
    told = _("Map of “{name}”: sites charged: {count}; EPCI beyond their budget: {over}.")
    figure = Markup(
        '<figure><figcaption>{}</figcaption><img src="{}" alt="{}"></figure>'
    )  # fmt: skip
    figures = joined(
        figure.format(
            name,
            address,
            told.format(
                name=name, count=number(len(run.plan.posted), _), over=number(len(exceeded(run)), _)
            ),
        )
        for (name, run), address in zip(runs, addresses, strict=True)
    )
    key = Markup('<span><i class="sg-swatch" style="background:{}"></i>{}</span>')
    banded = any(run.account.ruleset.tolerance.value for _name, run in runs)
    keys = joined(
        key.format(one.colour, _(one.label if banded else one.unbanded or one.label))
        for one in SHARE_CLASSES
    )
    note = _("Share of the budget used or planned, by EPCI; outlined: beyond the budget.")
    return Markup(
        '<div class="sg-maps">{}</div><p class="sg-keys">{}</p><p class="sg-note">{}</p>'
    ).format(figures, keys, note)
