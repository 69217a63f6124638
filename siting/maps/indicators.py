"""What may colour the territories of a map: figures of a level, and their classes."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd

from layers.errors import N_
from layers.spec import Layer
from layers.territory import Level
from siting.account import Account
from siting.i18n import Translate
from siting.labels import UNKNOWN, number
from siting.maps.signs import SHARE_CLASSES, share_class

_M2_PER_HA: Final = 10_000
CLASSES: Final = 5
"""Classes of an indicator at most, beside that of negative values."""
LAND_COLOURS: Final = tuple(one.colour for one in SHARE_CLASSES)
PEOPLE_COLOURS: Final = ("#eff3f1", "#cfe0dc", "#9cc3bf", "#5f9698", "#2b6267")
NEGATIVE_COLOUR: Final = LAND_COLOURS[-1]
_DIGITS: Final = 2


@dataclass(frozen=True, eq=False)
class Figures:
    """What is known of the territories of a level.

    Parameters
    ----------
    account
        The account, with or without the sites of the scenario.
    layers
        Layers of the world, by name.
    level
        The level.
    """

    account: Account
    layers: Mapping[str, Layer]
    level: Level

    @cached_property
    def budgets(self) -> pd.DataFrame:
        """The budgets, by code."""
        return self.account.budgets(self.level)

    def total(self, layer: str, column: str) -> pd.Series:
        """Add a column of a layer of communes.

        Parameters
        ----------
        layer, column
            The column.

        Returns
        -------
        Series
            Totals by code; missing where that of a commune is.
        """
        data = self.layers[layer].data.set_index("code")[column].astype("float64")
        codes = self.account.codes(self.level)
        known = data.reindex(codes.index)
        sums = known.groupby(codes.to_numpy()).sum(min_count=1)
        whole = known.notna().groupby(codes.to_numpy()).all()
        return sums.where(whole).reindex(self.budgets.index)


def _used_share(figures: Figures) -> pd.Series:
    table = figures.budgets
    used = (table["used_m2"] + table["planned_m2"]).astype("Float64").astype("float64")
    budget = table["budget_m2"].astype("Float64").astype("float64")
    return 100 * used / budget.where(budget > 0)


def _remaining_ha(figures: Figures) -> pd.Series:
    return figures.budgets["remaining_m2"].astype("Float64").astype("float64") / _M2_PER_HA


def _used_per_inhabitant(figures: Figures) -> pd.Series:
    table = figures.budgets
    used = (table["used_m2"] + table["planned_m2"]).astype("Float64").astype("float64")
    people = figures.total("housing", "population")
    return used / people.where(people > 0)


def _vacancy(figures: Figures) -> pd.Series:
    dwellings = figures.total("housing", "dwellings")
    return 100 * figures.total("housing", "vacant_dwellings") / dwellings.where(dwellings > 0)


def _job_seekers(figures: Figures) -> pd.Series:
    people = figures.total("housing", "population_20_64")
    return 1_000 * figures.total("job_seekers", "job_seekers") / people.where(people > 0)


@dataclass(frozen=True, slots=True)
class Indicator:
    """What colours the territories.

    Parameters
    ----------
    title, unit
        English gettext identifiers.
    decimals
        Digits after the mark.
    colours
        From the lowest class to the highest.
    requires
        Layers it is worked out from, beside the account.
    function
        Values by code, missing where unknown.
    """

    title: str
    unit: str
    decimals: int
    colours: tuple[str, ...]
    requires: tuple[str, ...]
    function: Callable[[Figures], pd.Series]


USED_SHARE: Final = "used_share"
INDICATORS: Final[Mapping[str, Indicator]] = MappingProxyType(
    {
        USED_SHARE: Indicator(N_("Share of the ZAN budget used"), "%", 0, LAND_COLOURS, (),
                              _used_share),
        "remaining_ha": Indicator(N_("Hectares that remain"), "ha", 1, PEOPLE_COLOURS, (),
                                  _remaining_ha),
        "used_per_inhabitant": Indicator(
            N_("Consumption of the period per inhabitant"), N_("m² per inhabitant"), 0,
            LAND_COLOURS, ("housing",), _used_per_inhabitant,
        ),
        "vacancy": Indicator(N_("Share of vacant dwellings"), "%", 1, PEOPLE_COLOURS,
                             ("housing",), _vacancy),
        "job_seekers": Indicator(
            N_("Registered job seekers"), N_("per 1,000 inhabitants of 20 to 64"), 0,
            PEOPLE_COLOURS, ("housing", "job_seekers"), _job_seekers,
        ),
    }
)  # fmt: skip
"""Indicators, by name; the first is that of the map at first."""


def available(layers: Mapping[str, Layer]) -> tuple[str, ...]:
    """Return the indicators whose layers are all there.

    Parameters
    ----------
    layers
        Layers by name.

    Returns
    -------
    tuple of str
        Names.
    """
    return tuple(name for name, one in INDICATORS.items() if set(one.requires) <= set(layers))


@dataclass(frozen=True, slots=True)
class Class:
    """A class of territories.

    Parameters
    ----------
    label
        Its limits, in the language.
    colour
        Its fill.
    """

    label: str
    colour: str


def classed(
    name: str, figures: Figures, values: pd.Series, translate: Translate
) -> tuple[list[Class], pd.Series]:
    """Class the territories by an indicator.

    The share of the budget has fixed classes, those of the law's own limits. The others are
    cut in classes of about as many territories each (quantiles of mapclassify), at limits
    rounded to two digits; what is negative has a class of its own.

    Parameters
    ----------
    name
        The indicator.
    figures
        What is known of the level.
    values
        Its values by code.
    translate
        The language.

    Returns
    -------
    list of Class
        From the lowest to the highest.
    Series
        Position of the class of each territory, missing where its value is.
    """
    _ = translate
    if name == USED_SHARE:
        table = figures.budgets
        columns = zip(table["used_m2"], table["planned_m2"], table["budget_m2"], strict=True)
        own = [
            None if pd.isna(used) or pd.isna(planned) else share_class(used + planned, budget)
            for used, planned, budget in columns
        ]
        banded = bool(figures.account.ruleset.tolerance.value)
        labels = [
            one.label if banded or not one.unbanded else one.unbanded for one in SHARE_CLASSES
        ]
        classes = [
            Class(_(label), one.colour) for label, one in zip(labels, SHARE_CLASSES, strict=True)
        ]
        return classes, pd.Series(own, index=table.index, dtype="Int64")
    return _cut(INDICATORS[name], values, _)


def limits(values: pd.Series) -> list[float]:
    """Return the upper limits of the classes of values, the last one left open.

    Parameters
    ----------
    values
        Known values.

    Returns
    -------
    list of float
        Rising; empty where one class is enough.

    Examples
    --------
    >>> limits(pd.Series([1.04, 2.04, 3.04, 4.04, 5.04]))
    [1.8, 2.6, 3.4, 4.2]
    >>> limits(pd.Series([7.0, 7.0]))
    []
    """
    if values.nunique() < CLASSES:
        # Too few to be cut in so many: a class for each value, the last left open.
        return sorted({_rounded(value) for value in values})[:-1]
    # Imported when first needed: it takes seconds.
    from mapclassify import Quantiles  # noqa: PLC0415

    with warnings.catch_warnings():
        # Where many values are equal there are less classes: they are told by the legend.
        warnings.filterwarnings("ignore", "Not enough unique values", UserWarning)
        bins = Quantiles(values.to_numpy(), k=CLASSES).bins[:-1]
    top = values.max()
    return sorted({_rounded(value) for value in bins} - {_rounded(top)})


def _rounded(value: float) -> float:
    if value == 0:
        return 0.0
    return round(float(value), _DIGITS - 1 - math.floor(math.log10(abs(value))))


def _cut(indicator: Indicator, values: pd.Series, _: Translate) -> tuple[list[Class], pd.Series]:
    known = values.dropna()
    cuts = limits(known[known >= 0])
    negative = bool((known < 0).any())
    position = pd.Series(np.searchsorted(cuts, known, side="left"), index=known.index)
    classes = [
        Class(label, colour)
        for label, colour in zip(
            _labels(cuts, _), _spread(indicator.colours, len(cuts) + 1), strict=True
        )
    ]
    if negative:
        classes.insert(0, Class(_("under 0"), NEGATIVE_COLOUR))
        position = (position + 1).where(known >= 0, 0)
    return classes, position.reindex(values.index).astype("Int64")


def _spread(colours: tuple[str, ...], count: int) -> list[str]:
    """Return colours as far apart as may be, for less classes than there are colours."""
    if count == 1:
        return [colours[len(colours) // 2]]
    return [colours[round(rank * (len(colours) - 1) / (count - 1))] for rank in range(count)]


def _labels(cuts: list[float], _: Translate) -> list[str]:
    def text(value: float) -> str:
        digits = 0 if value == 0 else _DIGITS - 1 - math.floor(math.log10(abs(value)))
        return number(value, _, decimals=min(max(digits, 0), 2) if value % 1 else 0)

    if not cuts:
        return [_("all")]
    inner = [
        _("{low} to {high}").format(low=text(low), high=text(high)) for low, high in pairwise(cuts)
    ]
    first, last = _("up to {high}"), _("over {low}")
    return [first.format(high=text(cuts[0])), *inner, last.format(low=text(cuts[-1]))]


def value_text(indicator: Indicator, value: float, translate: Translate) -> str:
    r"""Return a value with its unit.

    Parameters
    ----------
    indicator
        What it is of.
    value
        The value, or missing.
    translate
        The language.

    Returns
    -------
    str
        The value.

    Examples
    --------
    >>> from siting.i18n import translator
    >>> value_text(INDICATORS["remaining_ha"], 12.34, translator("fr"))
    '12,3\xa0ha'
    """
    if pd.isna(value):
        return UNKNOWN
    unit = translate(indicator.unit)
    return f"{number(value, translate, decimals=indicator.decimals)}\u00a0{unit}"
