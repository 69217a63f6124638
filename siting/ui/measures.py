"""Figures of a site as texts: measures with their unit, points with what they could be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import pandas as pd

from layers.errors import Problem
from siting.criteria import CRITERIA
from siting.domain import Criterion
from siting.i18n import Translate
from siting.labels import UNKNOWN, hectares, number, percent
from siting.pipeline import Run
from siting.scenario import weights

_KILOMETRE_M = 1_000
_EPCI_KINDS: Final = {
    "Communauté de communes": "CC", "Communauté d'agglomération": "CA", "Communauté urbaine": "CU",
}  # fmt: skip
_PRECISE_BELOW = 10
"""Ratios below it are told with two digits: above, they would be noise."""


def measure_text(criterion: Criterion, value: Any, translate: Translate) -> str:
    r"""Return a measure with its unit.

    Parameters
    ----------
    criterion
        What is measured.
    value
        The measure, in the unit of the criterion; missing when unknown.
    translate
        The language.

    Returns
    -------
    str
        The measure; metres from 1,000 on are told in kilometres.

    Examples
    --------
    >>> from siting.criteria import CRITERIA
    >>> from siting.i18n import translator
    >>> measure_text(CRITERIA["distance_port_m"], 12_345.0, translator("fr"))
    '12,3\xa0km'
    >>> measure_text(CRITERIA["artificialised_share"], 0.253, translator("fr"))
    '25\xa0%'
    >>> measure_text(CRITERIA["enaf_per_job"], 674.2, translator("fr"))
    '674\xa0m²/emploi'
    """
    if pd.isna(value):
        return UNKNOWN
    if criterion.unit == "label":
        return translate(str(value)) if str(value) else UNKNOWN
    if criterion.unit == "":
        return percent(value, translate)
    if criterion.unit == "m" and value >= _KILOMETRE_M:
        return f"{number(value / _KILOMETRE_M, translate, decimals=1)}\u00a0km"
    if "/" in criterion.unit and value < _PRECISE_BELOW:
        decimals = 2
    else:
        decimals = 1 if criterion.unit == "MW" else 0
    unit = translate(criterion.unit)
    return f"{number(value, translate, decimals=decimals)}\u00a0{unit}"


def area_text(area_m2: Any, translate: Translate, *, decimals: int = 1) -> str:
    r"""Return an area in hectares, with its unit.

    Parameters
    ----------
    area_m2
        Area in m², or missing.
    translate
        The language.
    decimals
        Digits after the mark.

    Returns
    -------
    str
        The area; one that would be rounded to zero is told as less than the last digit.

    Examples
    --------
    >>> from siting.i18n import translator
    >>> area_text(125_000, translator("fr")), area_text(20, translator("fr"))
    ('12,5\xa0ha', '< 0,1\xa0ha')
    """
    least_m2 = 10_000 / 10**decimals
    if not pd.isna(area_m2) and 0 < area_m2 < least_m2 / 2:
        return f"< {hectares(least_m2, translate, decimals=decimals)}\u00a0ha"
    return f"{hectares(area_m2, translate, decimals=decimals)}\u00a0ha".replace("-", "\u2212")


def short_name(name: str) -> str:
    """Return the name of an EPCI as planners write it where there is little room.

    Parameters
    ----------
    name
        Its name, as INSEE writes it.

    Returns
    -------
    str
        The name, the kind of EPCI by its initials; any other name as it is.

    Examples
    --------
    >>> short_name("Communauté de communes Sud Sarthe"), short_name("Nantes Métropole")
    ('CC Sud Sarthe', 'Nantes Métropole')
    """
    for kind, initials in _EPCI_KINDS.items():
        if name.startswith(kind):
            return f"{initials}{name.removeprefix(kind)}"
    return name


def day_text(day: date, translate: Translate) -> str:
    """Return a day in the form of the language.

    Parameters
    ----------
    day
        The day.
    translate
        The language.

    Returns
    -------
    str
        Day, month and year in the order of the language.

    Examples
    --------
    >>> from datetime import date
    >>> from siting.i18n import translator
    >>> day_text(date(2026, 11, 3), translator("fr")), day_text(date(2026, 11, 3), translator("en"))
    ('03/11/2026', '2026-11-03')
    """
    text = translate("{year}-{month}-{day}")
    return text.format(year=day.year, month=f"{day.month:02d}", day=f"{day.day:02d}")


def rows_of(problems: Iterable[Problem]) -> int:
    """Return how many rows of files have problems: one may have several.

    Parameters
    ----------
    problems
        The problems.

    Returns
    -------
    int
        Number of rows; a problem that names no row counts as one.

    Examples
    --------
    >>> rows_of([Problem("a", "x", row=2), Problem("b", "y", row=2), Problem("c", "z")])
    2
    """
    rows = [(one.file, one.row) for one in problems]
    return len({row for row in rows if row[1] is not None}) + sum(row[1] is None for row in rows)


@dataclass(frozen=True, slots=True)
class Points:
    """What a criterion brings to the score of a site.

    Parameters
    ----------
    criterion
        The criterion.
    measure
        The measure, in its unit; missing when unknown.
    points
        Points it brings; ``None`` when the measure is unknown.
    most
        Points it could bring at most, among the known criteria; 0 when it is unknown.
    """

    criterion: Criterion
    measure: Any
    points: float | None
    most: float


def site_points(run: Run, site_id: str) -> list[Points]:
    """Return what each criterion of some weight brings to the score of a site.

    Parameters
    ----------
    run
        The run.
    site_id
        The site.

    Returns
    -------
    list of Points
        In the order of :data:`siting.criteria.CRITERIA`; the known ones add up to the
        score, what they could bring to 100.
    """
    contributions = run.scores.contributions.loc[[site_id]].to_dict("records")[0]
    measures = run.matrix.loc[[site_id]].to_dict("records")[0]
    weighted = {str(name): float(weight) for name, weight in weights(run.scenario).items()}
    known = sum(weighted[str(name)] for name, own in contributions.items() if not pd.isna(own))
    return [
        Points(
            CRITERIA[str(name)],
            measures[name],
            None if pd.isna(points) else float(points),
            0.0 if pd.isna(points) or known == 0 else 100 * weighted[str(name)] / known,
        )
        for name, points in contributions.items()
        if weighted[str(name)] > 0
    ]
