"""What is shared out, in all, and how concentrated it is between EPCI."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import numpy as np
import pandas as pd

from layers.errors import N_
from layers.territory import Level
from siting.balance import inequality
from siting.balance.equality import NOTHING, left_out, told
from siting.balance.model import (
    INDEX,
    SHARE,
    Case,
    Figure,
    Ground,
    Indicator,
    Reading,
    known_or_none,
)
from siting.criteria.around import numbers
from siting.domain import Reason


def _total(_ground: Ground, case: Case, *, column: str, scale: float) -> Figure:
    if case.places.empty:
        return Figure(None, (Reason("nothing", NOTHING),))
    return known_or_none(case.total(column) * scale, case.unknown.get(column, ()))


def _total_jobs(_ground: Ground, case: Case) -> Figure:
    if case.places.empty:
        return Figure(None, (Reason("nothing", NOTHING),))
    unknown = case.unknown.get("jobs", ())
    if case.places["jobs"].isna().all():
        return Figure(None, unknown)
    central, low, high = case.places[["jobs", "jobs_low", "jobs_high"]].sum()
    return Figure(float(central), unknown, float(low), float(high))


def _amounts(ground: Ground, case: Case, column: str) -> tuple[pd.Series, tuple[Reason, ...]]:
    """Return what each EPCI has, those with an unknown part left out and told."""
    sums = ground.add_up(case.communes[column], Level.EPCI)
    known = sums.notna()
    return sums[known], (*case.unknown.get(column, ()), *left_out(ground, Level.EPCI, known))


def _herfindahl(ground: Ground, case: Case, *, column: str) -> Figure:
    amounts, unknown = _amounts(ground, case, column)
    return told(inequality.herfindahl(numbers(amounts)), unknown)


def _largest(ground: Ground, case: Case, *, column: str) -> Figure:
    amounts, unknown = _amounts(ground, case, column)
    if not amounts.sum() > 0:
        return told(math.nan, unknown)
    largest = str(amounts.index[int(np.argmax(numbers(amounts)))])
    name = ground.territory.name(Level.EPCI, largest)
    return told(float(amounts[largest] / amounts.sum()), unknown, detail=name)


_TOTALS: Final = (
    ("area", "area_m2", N_("Land of the sites"), ("sites", "communes")),
    ("usable", "usable_m2", N_("Usable land"), ("sites", "communes")),
    ("enaf", "enaf_m2", N_("ENAF of the sites"), ("sites", "communes", "land_cover")),
)
_CONCENTRATED: Final = (
    ("area", "area_m2", N_("land of the sites"), ("sites", "communes")),
    ("enaf", "enaf_m2", N_("ENAF of the sites"), ("sites", "communes", "land_cover")),
    ("jobs", "jobs", N_("jobs expected"), ("sites", "communes")),
)


_MEASURES: Final[tuple[tuple[str, str, str, str, str, Callable[..., Figure]], ...]] = (
    (
        "herfindahl",
        N_("Herfindahl"),
        INDEX,
        N_("sum of the squared shares of the EPCI: 1 where one has all"),
        "A. O. Hirschman, 1945 ; O. C. Herfindahl, 1950",
        _herfindahl,
    ),
    (
        "largest",
        N_("Largest share of an EPCI"),
        SHARE,
        N_("share of the EPCI that has most"),
        "Part du premier EPCI",
        _largest,
    ),
)


def total_indicators() -> Iterator[Indicator]:
    """Make the indicators of what is shared out.

    Yields
    ------
    Indicator
        Hectares and jobs.
    """
    for name, column, title, requires in _TOTALS:
        yield Indicator(
            name=f"total_{name}",
            titles=(title,),
            theme="totals",
            unit="ha",
            reading=Reading.NEUTRAL,
            formula=N_("sum over the sites, each shared out between communes by area"),
            source="CNIG Sites économiques v2024-10",
            requires=requires,
            function=partial(_total, column=column, scale=1e-4),
        )
    yield Indicator(
        name="total_jobs",
        titles=(N_("Jobs expected"),),
        theme="totals",
        unit=N_("jobs"),
        reading=Reading.NEUTRAL,
        formula=N_(
            "declared, else gross area × jobs per hectare of the vocation (low, high); of a site "
            "across the edge of the territory, the part within it, by area"
        ),
        source="Scénario, measure.jobs_per_ha",
        requires=("sites", "communes"),
        function=_total_jobs,
        uses_jobs=True,
    )


def concentration_indicators() -> Iterator[Indicator]:
    """Make the indicators of concentration between EPCI.

    Yields
    ------
    Indicator
        Herfindahl and largest share, of land, ENAF and jobs.
    """
    for measure, label, unit, formula, source, function in _MEASURES:
        for name, column, title, requires in _CONCENTRATED:
            yield Indicator(
                name=f"{measure}_{name}",
                titles=(label, title),
                theme="concentration",
                unit=unit,
                reading=Reading.LESS_EQUAL,
                formula=formula,
                source=source,
                requires=requires,
                function=partial(function, column=column),
                level=Level.EPCI,
                uses_jobs=column == "jobs",
            )
