"""The portrait of a territory: every figure of its CV with its status, vintage and source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import streamlit as st
from markupsafe import Markup

from layers.territory import Level
from siting.domain import number_text
from siting.i18n import Translate
from siting.labels import STATUS_LABELS, UNKNOWN, percent
from siting.pipeline import Run
from siting.roles import Role
from siting.territory_cv import THEMES, TerritoryCV, territory_cv, territory_document
from siting.ui.context import Context
from siting.ui.html import badge, joined
from siting.world import World

_SMALL: Final = 10
_KILOMETRE_M: Final = 1_000
_LONGEST_SYMBOL: Final = 2
"""Letters of the longest unit that is a symbol, such as ha: it has no plural."""


def show_portrait(context: Context, level: Level, code: str) -> None:
    """Show what is known of a territory.

    Parameters
    ----------
    context
        What the page is given.
    level, code
        The territory.
    """
    run, _ = context.run, context.translate
    cv = _cv_of(run, context.world, level, code, context.role)
    st.html(portrait(territory_document(cv, run, _)["territory"]["facts"], _))


@lru_cache(maxsize=128)
def _cv_of(run: Run, world: World, level: Level, code: str, role: Role) -> TerritoryCV:
    return territory_cv(run, world, level, code, role=role)


def portrait(facts: Sequence[Mapping[str, Any]], translate: Translate) -> Markup:
    """Return the figures of a territory as one table, theme by theme.

    Parameters
    ----------
    facts
        ``facts`` of :func:`siting.territory_cv.territory_document`.
    translate
        The language.

    Returns
    -------
    Markup
        HTML, every text escaped: figure, value, status, vintage, source or why it is unknown.
    """
    _ = translate
    titles = (
        _("Figure"), _("Value"), _("Status"), _("Vintage"), _("Source, or why unknown"),
    )  # fmt: skip
    head = joined(Markup('<th scope="col">{}</th>').format(title) for title in titles)
    return Markup(
        '<div class="sg-scroll" role="region" aria-label="{}" tabindex="0">'
        '<table class="sg-grid sg-portrait"><thead><tr>{}</tr></thead>{}</table></div>'
    ).format(_("Portrait"), head, joined(_themes(facts, _)))


def _themes(facts: Sequence[Mapping[str, Any]], _: Translate) -> Iterator[Markup]:
    body = Markup('<tbody><tr><th scope="rowgroup" colspan="5">{}</th></tr>{}</tbody>')
    for theme, title in THEMES.items():
        own = [fact for fact in facts if fact["theme"] == theme]
        if own:
            yield body.format(_(title), joined(_row(fact, _) for fact in own))


def _row(fact: Mapping[str, Any], _: Translate) -> Markup:
    notes = [fact["source"], *(note["message"] for note in fact["notes"])]
    status = fact["status"]
    return Markup(
        '<tr><th scope="row">{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>'
    ).format(
        fact["title"],
        value_text(fact["value"], fact["unit"], _),
        Markup() if status is None else badge(_(STATUS_LABELS[status]), f"sg-status-{status}"),
        fact["vintage"] or "",
        " ; ".join(filter(None, notes)),
    )


def value_text(value: Any, unit: str, translate: Translate) -> str:
    r"""Return a figure with its unit.

    Parameters
    ----------
    value
        A number, a text, or ``None`` where it is unknown.
    unit
        Its unit, in the language.
    translate
        The language.

    Returns
    -------
    str
        A share as a percentage, hectares with one decimal.

    Examples
    --------
    >>> from siting.i18n import translator
    >>> value_text(0.0, "ha", translator("fr")), value_text(2620, "logements", translator("fr"))
    ('0,0\xa0ha', '2\u202f620\xa0logements')
    >>> value_text(1, "sites", translator("fr")), value_text(10_003, "m", translator("fr"))
    ('1\xa0site', '10,0\xa0km')
    """
    if value is None:
        return UNKNOWN
    if isinstance(value, str):
        return value
    if unit == translate("share"):
        return percent(value, translate, decimals=1)
    if unit == "m" and value >= _KILOMETRE_M:
        return f"{number_text(value / _KILOMETRE_M, 1, translate)}\u00a0km"
    whole = isinstance(value, int) or abs(value) >= _SMALL
    decimals = 1 if unit == "ha" else 0 if whole else 2
    text = number_text(float(value), decimals, translate)
    return f"{text}\u00a0{_agreed(value, unit, text)}".strip()


def _agreed(value: float, unit: str, text: str) -> str:
    """Write what is counted in the singular where there is one: 1 site, 2 sites."""
    counted, mark, rest = unit.partition(" ")
    if abs(value) == 1 and text.isdigit() and len(counted) > _LONGEST_SYMBOL:
        counted = counted.removesuffix("s")
    return f"{counted}{mark}{rest}"
