"""What a balance is made of: indicators, cases, figures, and the result."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd

from layers.errors import N_
from layers.spec import Layer, Status
from layers.territory import Level, Territory
from siting.criteria.inputs import Parameters
from siting.domain import LayerUse, Reason

T = TypeVar("T")

INDEX: Final = N_("index")
SHARE: Final = N_("share")
"""Units of pure numbers: a share is told as a percentage, an index as it is."""


class CaseKey(StrEnum):
    """What an indicator is worked out on.

    ``without``: the territory as observed. ``with``: with the sites. ``left``: the same hectares
    and jobs, shared out between EPCI as the budget that is left to each.
    """

    WITHOUT = "without"
    WITH = "with"
    LEFT = "left"


CASE_LABELS: Final[Mapping[CaseKey, str]] = MappingProxyType(
    {
        CaseKey.WITHOUT: N_("Without the sites"),
        CaseKey.WITH: N_("With the sites"),
        CaseKey.LEFT: N_("Budget left where it is"),
    }
)


class Reading(StrEnum):
    """What a higher figure says."""

    LESS_EQUAL = "less_equal"
    MORE_EQUAL = "more_equal"
    BETTER = "better"
    WORSE = "worse"
    NEUTRAL = "neutral"


READING_LABELS: Final[Mapping[Reading, str]] = MappingProxyType(
    {
        Reading.LESS_EQUAL: N_("higher: less equal"),
        Reading.MORE_EQUAL: N_("higher: more equal"),
        Reading.BETTER: N_("higher: better served"),
        Reading.WORSE: N_("higher: less well served"),
        Reading.NEUTRAL: N_("neither good nor bad alone"),
    }
)

THEMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "totals": N_("What is shared out"),
        "equality": N_("Equality between territories"),
        "concentration": N_("Concentration"),
        "rural": N_("Rural and urban"),
        "people": N_("Residents and housing"),
        "access": N_("Access"),
    }
)
"""Title of each theme, in the order shown."""


@dataclass(frozen=True, eq=False)
class Ground:
    """The territory an allocation is judged on; treat it as read-only.

    Parameters
    ----------
    territory
        The communes and the levels above them.
    layers
        Layers by name; an indicator whose layer is missing is unknown.
    parameters
        The ``measure`` section of the scenario.
    """

    territory: Territory
    layers: Mapping[str, Layer]
    parameters: Parameters
    _memo: dict[tuple[object, ...], Any] = field(default_factory=dict, init=False, repr=False)

    def once(self, key: tuple[object, ...], make: Callable[[], T]) -> T:
        """Return what several indicators share, worked out once.

        Parameters
        ----------
        key
            What it is.
        make
            Works it out.

        Returns
        -------
        T
            The same object each time: treat it as read-only.
        """
        if key not in self._memo:
            self._memo[key] = make()
        found: T = self._memo[key]
        return found

    @cached_property
    def parents(self) -> pd.DataFrame:
        """Code of every level by commune."""
        return self.territory.parents().sort_index()

    def column(self, layer: str, name: str) -> pd.Series:
        """Return a column of a layer by commune.

        Parameters
        ----------
        layer
            Name of a layer with a ``code``.
        name
            Name of the column.

        Returns
        -------
        Series
            On the communes of the territory; missing where unknown or without the layer.
        """
        index = self.parents.index
        found = self.layers.get(layer)
        if found is None:
            return pd.Series(None, index=index, dtype="object")
        return found.data.set_index("code")[name].reindex(index)

    def number(self, layer: str, name: str) -> pd.Series:
        """Return a column of numbers of a layer by commune.

        Parameters
        ----------
        layer
            Name of a layer with a ``code``.
        name
            Name of the column.

        Returns
        -------
        Series
            Floats on the communes of the territory; missing where unknown.
        """
        return pd.to_numeric(self.column(layer, name)).astype("float64")

    def add_up(self, amounts: pd.Series, level: Level) -> pd.Series:
        """Add amounts of communes up to the territories of a level.

        Parameters
        ----------
        amounts
            Numbers on the communes of the territory, missing where unknown.
        level
            A level above the commune.

        Returns
        -------
        Series
            Sums by code, sorted; a sum with an unknown part is unknown. A commune of no known
            territory is in none.
        """
        positions, codes = self.once(
            ("codes", level), lambda: pd.factorize(self.parents[str(level)], sort=True)
        )
        held = positions >= 0
        # A missing weight makes the sum missing; communes are added in the order of codes.
        sums = np.bincount(positions[held], weights=amounts.to_numpy()[held], minlength=len(codes))
        return pd.Series(sums, index=pd.Index(codes))


@dataclass(frozen=True, eq=False)
class Case:
    """Where hectares and jobs are, in one case.

    Parameters
    ----------
    key
        Which case.
    communes
        On every commune of the territory: ``area_m2`` (gross land of the sites), ``usable_m2``,
        ``enaf_m2``, ``jobs``; ``used_m2``, all the ENAF consumed in the period, and
        ``all_jobs``, those at the workplace, theirs included in both. Missing where a part is
        unknown, zero where there is none.
    known
        On the same communes, what is known of ``area_m2``, ``usable_m2``, ``enaf_m2`` and
        ``jobs``, sites of unknown figure left out; missing where they are all unknown.
    places
        Where they are: ``area_m2``, ``jobs``, ``jobs_low``, ``jobs_high`` (what of them lies in
        the territory, by area) and a geometry; sites, or points that stand for communes. Empty
        where nothing is placed.
    sited
        Whether the places are sites, not points that stand for communes.
    jobs_status
        The least sure status of the jobs; ``None`` without any.
    unknown
        What is not known of the whole case, by the column it concerns.
    """

    key: CaseKey
    communes: pd.DataFrame
    known: pd.DataFrame
    places: gpd.GeoDataFrame
    sited: bool
    jobs_status: Status | None = None
    unknown: Mapping[str, tuple[Reason, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def total(self, column: str) -> float:
        """Add up what is known over the territory.

        Parameters
        ----------
        column
            A column of ``known``.

        Returns
        -------
        float
            The sum; NaN where there are sites and the figure is unknown for all of them.
        """
        held = self.known.loc[self.known["area_m2"] > 0, column]
        return float(held.sum(min_count=1)) if len(held) else 0.0


@dataclass(frozen=True, slots=True)
class Figure:
    """Value of an indicator in one case.

    Parameters
    ----------
    value
        The value; ``None`` where unknown or without meaning, the reason then being told.
    unknown
        What is not known, left out or not counted.
    low, high
        Bounds, where the jobs expected have some.
    detail
        A name that goes with the value: the EPCI that has most.
    """

    value: float | None
    unknown: tuple[Reason, ...] = ()
    low: float | None = None
    high: float | None = None
    detail: str = ""


def known_or_none(value: float, unknown: tuple[Reason, ...]) -> Figure:
    """Return a figure, none where it is NaN.

    Parameters
    ----------
    value
        The value; NaN where unknown.
    unknown
        What is not known.

    Returns
    -------
    Figure
        The figure.
    """
    return Figure(None if math.isnan(value) else float(value), unknown)


@dataclass(frozen=True, slots=True)
class Indicator:
    """One thing told of an allocation.

    Parameters
    ----------
    name
        Identifier, stable.
    titles
        Parts of its title (English gettext identifiers), joined when shown.
    theme
        Key of :data:`THEMES`.
    unit
        Unit of the value.
    reading
        What a higher value says.
    formula
        How it is worked out (an English gettext identifier).
    source
        Where the definition comes from.
    requires
        Names of the layers it reads; ``sites`` and ``land_cover`` among them.
    function
        Pure function of the territory and of a case.
    level
        Level of the territories it compares; ``None`` for the others.
    optional
        Names of the layers it reads where they are there.
    uses_jobs
        Whether it reads the jobs expected, whose status then counts.
    method
        Status of the method: estimated where inputs, even observed, give an estimate.
    """

    name: str
    titles: tuple[str, ...]
    theme: str
    unit: str
    reading: Reading
    formula: str
    source: str
    requires: tuple[str, ...]
    function: Callable[[Ground, Case], Figure]
    level: Level | None = None
    optional: tuple[str, ...] = ()
    uses_jobs: bool = False
    method: Status = Status.ESTIMATED

    def title(self, translate: Callable[[str], str] = lambda message: message) -> str:
        """Return the title in the language of ``translate``.

        Parameters
        ----------
        translate
            Turns an English message into the language wanted.

        Returns
        -------
        str
            The parts of the title, joined.
        """
        return " · ".join(translate(part) for part in self.titles)


_SURE: Final = (Status.OBSERVED, Status.DECLARED, Status.ESTIMATED, Status.DEMONSTRATION)


def least_sure(statuses: list[Status]) -> Status:
    """Return the status that makes a figure the least sure.

    Parameters
    ----------
    statuses
        Statuses of what it is made with, at least one.

    Returns
    -------
    Status
        ``demonstration`` before ``estimated`` before ``declared`` before ``observed``.

    Examples
    --------
    >>> least_sure([Status.OBSERVED, Status.ESTIMATED]).value
    'estimated'
    """
    return max(statuses, key=_SURE.index)


@dataclass(frozen=True, slots=True)
class Result:
    """An indicator in every case, with what it was made with.

    Parameters
    ----------
    indicator
        The indicator.
    figures
        Its figure by case.
    inputs
        Layers it read, with vintage and status.
    status
        The least sure of the inputs, the method and the jobs.
    """

    indicator: Indicator
    figures: Mapping[CaseKey, Figure]
    inputs: tuple[LayerUse, ...]
    status: Status


@dataclass(frozen=True, slots=True)
class Balance:
    """The balance of an allocation.

    Parameters
    ----------
    sites
        Identifiers of the sites judged.
    results
        One result an indicator, in the order of the registry.
    """

    sites: tuple[str, ...]
    results: tuple[Result, ...]

    def __getitem__(self, name: str) -> Result:
        return next(result for result in self.results if result.indicator.name == name)

    def table(self) -> pd.DataFrame:
        """Return the values, indicator × case.

        Returns
        -------
        DataFrame
            Indexed by the name of the indicator, a column a case; missing where unknown.
        """
        rows = {
            result.indicator.name: {key.value: result.figures[key].value for key in CaseKey}
            for result in self.results
        }
        columns = [key.value for key in CaseKey]
        return pd.DataFrame.from_dict(rows, orient="index", columns=columns, dtype="float64")
