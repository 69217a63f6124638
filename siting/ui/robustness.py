"""Second opinions and robustness of the ranks, worked out when asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd
import streamlit as st
from markupsafe import Markup

from layers.errors import N_
from siting import __version__
from siting.criteria import CRITERIA, THEMES
from siting.i18n import Translate
from siting.labels import UNKNOWN, number, percent
from siting.opinions import METHOD_NAMES
from siting.pipeline import Run
from siting.sensitivity import CONCENTRATION, TOP, Sensitivity, analyse
from siting.ui.context import Context
from siting.ui.frame import grid, heading
from siting.ui.html import alert, joined, paragraph
from siting.ui.site_panel import sentence
from siting.ui.work import watched
from siting.world import Progress

DRAWS = 1_000
"""Draws of weights: a probability is then known within 3 points, 95 times out of 100."""
_ASKED = "robustness-asked"
_METHOD = N_(
    "Weights are drawn {draws} times around those of the scenario: how the ranks move tells how "
    "far they hold. TOPSIS, PROMETHEE II and VIKOR compare the sites with one another; they "
    "confirm or question the ranks and never replace the score."
)


def robustness(context: Context, shown: Sequence[str]) -> None:
    """Show how far the ranks hold, once asked for.

    Parameters
    ----------
    context
        What the page is given.
    shown
        Identifiers of the sites to tell, in order.
    """
    _ = context.translate
    heading(
        _("Second opinions and robustness"), _(_METHOD).format(draws=number(DRAWS, _))
    )  # fmt: skip
    key = (context.sites.digest, context.run.manifest.scenario_hash)
    if len(context.run.sites) < 2:
        st.html(alert(_("It takes two sites at least."), style="sg-info"))
        return
    known = st.session_state.get(_ASKED) == key

    def asked() -> None:
        st.session_state[_ASKED] = key

    # It stays in its place, so that what follows does; once asked, there is no asking again.
    text = _("Work out the robustness")
    st.button(text, icon=":material/query_stats:", on_click=asked, disabled=known)
    if not known:
        return
    found = watched(
        lambda told: _found(*key, __version__, context.run, told),
        title=_("Drawing weights and ranking the sites"), translate=_, key="robustness",
    )  # fmt: skip
    if found is None:
        return
    st.html(joined(paragraph(sentence(one, _), "sg-note") for one in found.opinions.reasons))
    st.html(stability_table(context.run, found, shown, _))


@st.cache_resource(show_spinner=False, max_entries=16)
def _found(
    digest: str,  # noqa: ARG001 - part of the key
    scenario_hash: str,  # noqa: ARG001 - part of the key
    version: str,  # noqa: ARG001 - part of the key
    _run: Run,
    _told: Progress,
) -> Sensitivity:
    return analyse(_run, draws=DRAWS, concentration=CONCENTRATION, top=TOP, progress=_told)


def stability_table(
    run: Run, found: Sensitivity, shown: Sequence[str], translate: Translate
) -> Markup:
    """Return the ranks of sites under other weights and by other methods.

    Parameters
    ----------
    run
        The run.
    found
        Its sensitivity.
    shown
        The sites, in order.
    translate
        The language.

    Returns
    -------
    Markup
        HTML.
    """
    _ = translate
    columns = [
        _("Site"), _("Rank"), _("Best to worst rank"),
        _("Among the {top} first").format(top=found.acceptability.top),
        *METHOD_NAMES.values(), _("Smallest change of a weight that costs its place"),
    ]  # fmt: skip
    rows = _rows(run, found, shown, _)
    return grid(columns, rows, numbers=1, texts=1, label=_("Robustness of the ranks"))


def _rows(
    run: Run, found: Sensitivity, shown: Sequence[str], _: Translate
) -> Iterator[list[object]]:
    names = run.sites["name"].to_dict()
    ranks = found.acceptability
    for key in shown:
        yield [
            names[key],
            number(run.scores.rank[key], _),
            f"{number(ranks.best_rank[key], _)} – {number(ranks.worst_rank[key], _)}",
            percent(ranks.top_probability[key], _),
            *(number(found.opinions.ranks[method][key], _) for method in METHOD_NAMES),
            _change(found, key, names, _),
        ]


def _change(found: Sensitivity, key: str, names: dict[str, str], _: Translate) -> str:
    """Tell the smaller of the changes of a criterion and of a theme."""
    tables = (found.criterion_change, found.theme_change)
    rows = [table.loc[[key]].to_dict("records")[0] for table in tables]
    known = [row for row in rows if not pd.isna(row["change"])]
    if not known:
        return UNKNOWN
    row = min(known, key=lambda one: abs(float(one["change"])))
    subject = str(row["subject"])
    title = CRITERIA[subject].title if subject in CRITERIA else THEMES[subject]
    text = _("{name}: {before} → {after} (passed by {other})")
    return text.format(
        name=_(title),
        before=percent(row["weight"], _, decimals=1),
        after=percent(row["to_weight"], _, decimals=1),
        other=names.get(str(row["passed_by"]), UNKNOWN),
    )
