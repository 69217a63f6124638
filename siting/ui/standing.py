"""How a territory stands: its indicators beside those of its neighbours, its peers, the region."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Final

import pandas as pd
import streamlit as st

from layers.errors import N_
from layers.territory import Level
from siting.balance import Case, CaseKey
from siting.balance.equality import QUANTITIES, Quantity
from siting.i18n import Translate
from siting.labels import number
from siting.maps import INDICATORS, Figures, available, neighbours
from siting.pipeline import Run, balance_cases
from siting.ui.context import Context
from siting.ui.frame import grid
from siting.ui.html import paragraph
from siting.world import World

_SITED: Final = ("area", "enaf", "jobs")
"""Quantities of the balance told by territory; the others are among the indicators of the map."""
_WITH_SITES: Final = N_("Sites of the scenario: {title}")
_SMALL: Final = 10


@dataclass(frozen=True, eq=False, slots=True)
class _Row:
    """An indicator: its title, its values at a level, and how one is written."""

    title: str
    unit: str
    values: Callable[[Figures], pd.Series]
    text: Callable[[Any], str]
    whole: bool = True


def show_standing(context: Context, level: Level, code: str) -> None:
    """Show how a territory stands.

    Parameters
    ----------
    context
        What the page is given.
    level, code
        The territory.
    """
    _ = context.translate
    st.html(
        paragraph(
            _(
                "The rates of the balance, territory by territory: what the sites of the scenario "
                "bring here, beside the territories that share a border, those of the same level "
                "and the whole region."
            ),
            "sg-note",
        )
    )
    table = standing(context, level, code)
    rows = table.to_numpy().tolist()
    st.html(grid(list(table.columns), rows, numbers=2, label=_("Compared")))
    if level is not Level.REGION:
        with st.expander(_("Neighbours one by one")):
            table = one_by_one(context, level, code)
            rows = table.to_numpy().tolist()
            st.html(grid(list(table.columns), rows, numbers=1, label=_("Neighbours one by one")))


def standing(context: Context, level: Level, code: str) -> pd.DataFrame:
    """Set the indicators of a territory beside those of its neighbours, its peers and the region.

    Parameters
    ----------
    context
        What the page is given.
    level, code
        The territory.

    Returns
    -------
    DataFrame
        One row an indicator, as texts: the territory, the median of the territories that share a
        border with it, the median of its level, the region. What is not known, or has no meaning
        for the region, is told as such.
    """
    _ = context.translate
    account, layers = context.run.account, context.world.layers
    own, region = Figures(account, layers, level), Figures(account, layers, Level.REGION)
    near = list(neighbours_of(context, level).get(code, ()))
    beside = _("Neighbours, median of {count}").format(count=len(near))
    rows = []
    for one in _rows(context):
        values = one.values(own)
        row = {
            _("Indicator"): one.title,
            _("Unit"): one.unit,
            account.territory.name(level, code): one.text(values[code]),
        }
        if level is not Level.REGION:
            row[beside] = one.text(values.reindex(near).median())
            row[_("Median of its level")] = one.text(values.median())
        row[_("Region")] = one.text(one.values(region).iloc[0] if one.whole else None)
        rows.append(row)
    return pd.DataFrame(rows)


def one_by_one(context: Context, level: Level, code: str) -> pd.DataFrame:
    """Return the indicators of a territory and of each of its neighbours.

    Parameters
    ----------
    context
        What the page is given.
    level, code
        The territory.

    Returns
    -------
    DataFrame
        As texts, one row a territory, itself first; a column an indicator.
    """
    _ = context.translate
    account, layers = context.run.account, context.world.layers
    figures = Figures(account, layers, level)
    codes = [code, *neighbours_of(context, level).get(code, ())]
    table = {_("Territory"): [account.territory.name(level, one) for one in codes]}
    for row in _rows(context):
        values = row.values(figures)
        table[f"{row.title} ({row.unit})"] = [row.text(values[one]) for one in codes]
    return pd.DataFrame(table)


def neighbours_of(context: Context, level: Level) -> dict[str, tuple[str, ...]]:
    """Return the territories of a level that share a border.

    Parameters
    ----------
    context
        What the page is given.
    level
        The level.

    Returns
    -------
    dict
        Codes by code, by name; only the land of the region is known.
    """
    names = context.run.account.territory.names(level)
    found = neighbours(context.ground, context.run.account.codes(level))
    return {
        code: tuple(sorted(others, key=lambda one: (str(names[one]), one)))
        for code, others in found.items()
    }


def _rows(context: Context) -> Iterator[_Row]:
    _ = context.translate
    for name in available(context.world.layers):
        one = INDICATORS[name]
        # What remains to a territory says nothing beside what remains to the whole region.
        whole = name != "remaining_ha"
        text = partial(number, translate=_, decimals=one.decimals)
        yield _Row(_(one.title), _(one.unit), one.function, text, whole)
    if "housing" not in context.world.layers:
        return
    case = _placed(context.run, context.world)
    for quantity in QUANTITIES:
        if quantity.name in _SITED:
            title = _(_WITH_SITES).format(title=_(quantity.title))
            own = partial(per_inhabitant, case=case, quantity=quantity)
            yield _Row(title, _(quantity.unit), own, partial(_rate, _))


def per_inhabitant(figures: Figures, case: Case, quantity: Quantity) -> pd.Series:
    """Return what each territory of a level has per inhabitant.

    Parameters
    ----------
    figures
        What is known of the level.
    case
        Where hectares and jobs are.
    quantity
        What is shared out.

    Returns
    -------
    Series
        Rates by code, in the unit of the quantity; missing where a part is unknown.
    """
    codes = figures.account.codes(figures.level)
    amounts = case.communes[quantity.column].reindex(codes.index)
    groups = amounts.groupby(codes.to_numpy())
    sums = groups.sum(min_count=1).where(amounts.notna().groupby(codes.to_numpy()).all())
    people = figures.total("housing", quantity.people)
    return quantity.scale * sums.reindex(people.index) / people.where(people > 0)


@lru_cache(maxsize=16)
def _placed(run: Run, world: World) -> Case:
    """Return where the sites of the plan put hectares and jobs."""
    _ground, cases = balance_cases(run, world)
    return next(case for case in cases if case.key is CaseKey.WITH)


def _rate(translate: Translate, value: Any) -> str:
    small = not pd.isna(value) and value != 0 and abs(value) < _SMALL
    return number(value, translate, decimals=1 if small else 0)
