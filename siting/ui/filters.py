"""The filters of sites: what they keep, and their widgets in the side bar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd
import streamlit as st
from markupsafe import Markup

from layers.errors import N_
from layers.territory import Level
from siting.domain import VerdictCode
from siting.i18n import Translate
from siting.labels import VERDICT_LABELS
from siting.pipeline import Run
from siting.ui import view

_M2_PER_HA: Final = 10_000
AREAS: Final[Mapping[str, tuple[str, float, float]]] = {
    "0-5": (N_("under 5 ha"), 0, 5),
    "5-20": (N_("5 to 20 ha"), 5, 20),
    "20-50": (N_("20 to 50 ha"), 20, 50),
    "50": (N_("50 ha and over"), 50, float("inf")),
}
"""Classes of area: label, least area (in the class) and largest (out of it), in hectares."""
_MONTHS: Final = "months_to_works"
_MONTHS_OF_YEAR: Final = 12


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
        Identifiers, in the order of the file. A site whose readiness is not known is not kept
        by a filter of readiness.
    """
    kept = set(run.sites.index)
    if looked.verdicts:
        kept &= {key for key, verdict in run.verdicts.items() if verdict.code in looked.verdicts}
    for level, codes in ((Level.DEPARTEMENT, looked.departements), (Level.EPCI, looked.epcis)):
        if codes:
            shares = run.shares[run.shares["level"] == level.value]
            kept &= set(shares.loc[shares["code"].isin(codes), "site_id"])
    classes = [AREAS[name] for name in looked.areas if name in AREAS]
    if classes:
        area_ha = run.sites["gross_area_m2"] / _M2_PER_HA
        inside = [(area_ha >= low) & (area_ha < high) for _label, low, high in classes]
        kept &= set(run.sites.index[pd.concat(inside, axis=1).any(axis=1)])
    if looked.ready:
        ready = ready_years(run)
        kept &= set(ready.index[(ready <= looked.ready).fillna(value=False)])
    return [str(key) for key in run.sites.index if key in kept]


def ready_years(run: Run) -> pd.Series:
    """Return the year in which works may start on each site.

    Parameters
    ----------
    run
        The run.

    Returns
    -------
    Series
        Years: that of the scenario or of the file, else that of the months until works, from
        the day of the run; missing where none is known.
    """
    years = run.sites["works_start_year"].astype("Float64")
    if _MONTHS in run.matrix:
        day = run.manifest.created
        months = run.matrix[_MONTHS].astype("Float64") + day.month - 1
        years = years.fillna(day.year + months // _MONTHS_OF_YEAR)
    chosen = pd.Series(dict(run.scenario.sites.works_start), dtype="Float64")
    return chosen.reindex(years.index).fillna(years)


def filters(run: Run, translate: Translate) -> None:
    """Show the filters of sites in the side bar, for the pages that show sites.

    Parameters
    ----------
    run
        The run shown.
    translate
        The language.
    """
    _ = translate
    territory, day = run.account.territory, run.manifest.created
    looked = view.current()
    with st.sidebar:
        st.html(Markup('<h2 class="sg-side">{}</h2>').format(_("Filters of sites")))
        every = _("all")
        _several("verdicts", _("Verdicts shown"), list(VerdictCode), _verdicts(_), every)
        areas = {name: _(label) for name, (label, _low, _high) in AREAS.items()}
        _several("areas", _("Areas shown"), list(areas), areas, _("any area"))
        years = [0, *range(day.year, day.year + 10)]
        st.session_state["w-ready"] = looked.ready if looked.ready in years else 0
        st.selectbox(
            _("Works may start by"), years, key="w-ready", on_change=_changed,
            args=("ready", "w-ready"),
            format_func=lambda year: str(year) if year else _("any year"),
        )  # fmt: skip
        for name, label, level in (
            ("departements", _("Départements shown"), Level.DEPARTEMENT),
            ("epcis", _("EPCI shown"), Level.EPCI),
        ):
            names = territory.names(level).to_dict()
            _several(name, label, list(names), names, every)


def _verdicts(_: Translate) -> dict[Any, str]:
    return {code: _(label) for code, label in VERDICT_LABELS.items()}


def _several(
    name: str, label: str, options: list[Any], names: Mapping[Any, str], every: str
) -> None:
    """Show a choice of several values of a field of the view; none chosen means all."""
    looked = view.current()
    # Streamlit keeps the chosen names, not the options: a widget for each language.
    key = f"w-{name}-{looked.lang}"
    st.session_state[key] = [one for one in getattr(looked, name) if one in options]
    st.multiselect(
        label, options, key=key, format_func=lambda one: names[one], placeholder=every,
        on_change=_changed, args=(name, key), select_all=False,
    )  # fmt: skip


def _changed(name: str, key: str) -> None:
    value = st.session_state[key]
    view.change(**{name: tuple(value) if isinstance(value, list) else value})
