"""Equality between territories: what each has per inhabitant, and how unequal that is."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

import pandas as pd

from layers.errors import N_
from layers.territory import Level
from siting.balance import inequality
from siting.balance.inequality import Floats
from siting.balance.model import INDEX, Case, Figure, Ground, Indicator, Reading
from siting.criteria.around import numbers
from siting.domain import Reason

LEFT_OUT = N_("{count} territories left out, a figure of theirs being unknown: {names}")
NOTHING = N_("nothing is shared out")
NO_TERRITORY = N_("{count} communes left out: their territory at this level is not known")
ALONE = N_("one territory has nothing to be compared with")

LEVELS: Final = (Level.EPCI, Level.DEPARTEMENT, Level.ZONE_EMPLOI)

_SITES: Final = ("sites", "communes", "housing", "land_cover")
_M2_PER_INHABITANT: Final = N_("m² per inhabitant")


@dataclass(frozen=True, slots=True)
class Quantity:
    """What is shared out between territories.

    Parameters
    ----------
    name
        Part of the names of indicators.
    column
        Column of a case.
    title
        Its title.
    people
        Column of the layer ``housing`` it is per.
    unit
        Unit of the rate.
    scale
        Rate in that unit over amount ÷ people.
    requires
        Layers it needs.
    """

    name: str
    column: str
    title: str
    people: str
    unit: str
    scale: float = 1.0
    requires: tuple[str, ...] = _SITES


QUANTITIES: Final = (
    Quantity(
        "area", "area_m2", N_("land of the sites per inhabitant"), "population",
        _M2_PER_INHABITANT, requires=("sites", "communes", "housing"),
    ),
    Quantity(
        "usable", "usable_m2", N_("usable land per inhabitant"), "population",
        _M2_PER_INHABITANT, requires=("sites", "communes", "housing"),
    ),
    Quantity(
        "enaf", "enaf_m2", N_("ENAF of the sites per inhabitant"), "population",
        _M2_PER_INHABITANT,
    ),
    Quantity(
        "used", "used_m2", N_("ENAF consumed in the period per inhabitant"), "population",
        _M2_PER_INHABITANT, requires=(*_SITES, "enaf_flows"),
    ),
    Quantity(
        "jobs", "jobs", N_("jobs expected per inhabitant aged 20 to 64"), "population_20_64",
        N_("jobs per 1,000 inhabitants aged 20 to 64"), 1_000.0,
        requires=("sites", "communes", "housing"),
    ),
    Quantity(
        "workplace", "all_jobs",
        N_("jobs (census and expected) per inhabitant aged 20 to 64"),
        "population_20_64", N_("jobs per 1,000 inhabitants aged 20 to 64"), 1_000.0,
        requires=("sites", "communes", "housing", "workplace_jobs"),
    ),
)  # fmt: skip


@dataclass(frozen=True, eq=False, slots=True)
class Rates:
    """Rates of the territories of a level whose figures are known.

    Parameters
    ----------
    codes
        Code of each territory.
    rates
        Amount per inhabitant.
    people
        Inhabitants.
    groups
        Département of each: the one most of its inhabitants live in.
    unknown
        What was left out.
    """

    codes: tuple[str, ...]
    rates: Floats
    people: Floats
    groups: tuple[str, ...]
    unknown: tuple[Reason, ...]


def rates(ground: Ground, case: Case, quantity: Quantity, level: Level) -> Rates:
    """Return what each territory has per inhabitant.

    Parameters
    ----------
    ground
        The territory.
    case
        The case.
    quantity
        What is shared out.
    level
        Level of the territories.

    Returns
    -------
    Rates
        One a territory, zero where it has nothing; a territory with an unknown part, or
        without inhabitants, is left out and told.
    """
    people, groups = ground.once(
        ("people", quantity.people, level), lambda: _people(ground, quantity.people, level)
    )
    amounts = ground.add_up(case.communes[quantity.column], level)
    known = amounts.notna() & (people > 0)
    kept = numbers(people[known])
    return Rates(
        codes=tuple(amounts.index[known]),
        rates=quantity.scale * numbers(amounts[known]) / kept,
        people=kept,
        groups=tuple(groups[known]),
        unknown=(*case.unknown.get(quantity.column, ()), *left_out(ground, level, known)),
    )


def _people(ground: Ground, column: str, level: Level) -> tuple[pd.Series, pd.Series]:
    """Return the people of each territory, and the département most of them live in."""
    people = ground.number("housing", column)
    own = ground.parents[[str(level), "departement"]].set_axis(["unit", "group"], axis=1)
    main = own.assign(people=people).groupby(["unit", "group"], as_index=False)[["people"]].sum()
    # The code breaks the ties, so that the order of communes does not.
    ranked = main.sort_values(["people", "group"]).drop_duplicates("unit", keep="last")
    sums = ground.add_up(people, level)
    return sums, ranked.set_index("unit")["group"].reindex(sums.index)


def left_out(ground: Ground, level: Level, known: pd.Series) -> Iterator[Reason]:
    """Tell the territories that are left out.

    Parameters
    ----------
    ground
        The territory.
    level
        Level of the territories.
    known
        Whether each is kept, by code.

    Yields
    ------
    Reason
        One for the communes of no known territory, one for the territories left out, with
        their number and names; none where all are kept.
    """
    nowhere = int(ground.parents[str(level)].isna().sum())
    if nowhere:
        yield Reason("no-territory", NO_TERRITORY, {"count": nowhere})
    codes = list(known.index[~known])
    if codes:
        names = ", ".join(ground.territory.names(level).reindex(codes[:5]))
        yield Reason("left-out", LEFT_OUT, {"count": len(codes), "names": names})


def told(value: float, unknown: tuple[Reason, ...] = (), *, detail: str = "") -> Figure:
    """Return a figure; a number without meaning is unknown, and it is told why.

    Parameters
    ----------
    value
        The value; NaN where nothing is shared out.
    unknown
        What is not known.
    detail
        A name that goes with it.

    Returns
    -------
    Figure
        The figure.
    """
    if math.isnan(value):
        return Figure(None, (*unknown, Reason("nothing", NOTHING)))
    return Figure(value, unknown, detail=detail)


# --- Equality -----------------------------------------------------------------------


def _gini(found: Rates) -> float:
    return inequality.gini(found.rates, found.people)


def _gini_territories(found: Rates) -> float:
    return inequality.gini(found.rates)


def _theil(found: Rates) -> float:
    return inequality.theil(found.rates, found.people)


def _theil_territories(found: Rates) -> float:
    return inequality.theil(found.rates)


def _theil_between(found: Rates) -> float:
    return inequality.theil_split(found.rates, found.groups, found.people).between


def _theil_within(found: Rates) -> float:
    return inequality.theil_split(found.rates, found.groups, found.people).within


def _spread(found: Rates) -> float:
    # As for the other measures: no gap to speak of where there is nothing.
    return inequality.spread(found.rates) if found.rates.any() else math.nan


def _lowest_to_highest(found: Rates) -> float:
    return inequality.lowest_to_highest(found.rates)


@dataclass(frozen=True, slots=True)
class Yardstick:
    """A measure of inequality.

    Parameters
    ----------
    name, title, formula, source
        As of an indicator.
    measure
        Its function.
    reading
        What a higher value says.
    unit
        Its unit; that of the rates where ``None``.
    levels
        Levels it is measured at.
    """

    name: str
    title: str
    formula: str
    source: str
    measure: Callable[[Rates], float]
    reading: Reading = Reading.LESS_EQUAL
    unit: str | None = INDEX
    levels: tuple[Level, ...] = LEVELS


_GINI_SOURCE = "C. Gini, 1912 ; F. A. Cowell, Measuring Inequality, 3e éd., 2011"
_THEIL_SOURCE = "H. Theil, Economics and Information Theory, 1967, ch. 4"
_GROUPED: Final = (Level.EPCI, Level.ZONE_EMPLOI)

YARDSTICKS: Final = (
    Yardstick(
        "gini",
        N_("Gini"),
        N_("Gini of the rates, each territory weighing its inhabitants: 0 equal, 1 one has all"),
        _GINI_SOURCE,
        _gini,
    ),
    Yardstick(
        "gini_territories",
        N_("Gini, each territory counting for one"),
        N_("Gini of the rates, each territory counting for one"),
        _GINI_SOURCE,
        _gini_territories,
    ),
    Yardstick(
        "theil",
        N_("Theil T"),
        N_("sum of s ln(s/p), s the share of the whole, p the share of the inhabitants"),
        _THEIL_SOURCE,
        _theil,
    ),
    Yardstick(
        "theil_territories",
        N_("Theil T, each territory counting for one"),
        N_("Theil T of the rates, each territory counting for one"),
        _THEIL_SOURCE,
        _theil_territories,
    ),
    Yardstick(
        "theil_between",
        N_("Theil T, part between départements"),
        N_(
            "sum over the départements of S ln(S/P); a territory across several counts in the one "
            "most of its inhabitants live in"
        ),
        _THEIL_SOURCE,
        _theil_between,
        levels=_GROUPED,
    ),
    Yardstick(
        "theil_within",
        N_("Theil T, part within départements"),
        N_(
            "mean of the Theil T of the départements, each weighing its share of the whole; with "
            "the part between, it adds up to the Theil T"
        ),
        _THEIL_SOURCE,
        _theil_within,
        levels=_GROUPED,
    ),
    Yardstick(
        "spread",
        N_("Highest less lowest"),
        N_("highest rate − lowest rate"),
        "Étendue",
        _spread,
        unit=None,
    ),
    Yardstick(
        "ratio",
        N_("Lowest over highest"),
        N_("lowest rate ÷ highest rate: 1 equal, 0 where one has nothing"),
        "Rapport interextrême, inversé",
        _lowest_to_highest,
        Reading.MORE_EQUAL,
        INDEX,
    ),
)


def _equality(
    ground: Ground, case: Case, *, quantity: Quantity, level: Level, yardstick: Yardstick
) -> Figure:
    key = (case, quantity, level)
    found = ground.once(key, lambda: rates(ground, case, quantity, level))
    if len(found.codes) == 1:
        return Figure(None, (*found.unknown, Reason("alone", ALONE)))
    return told(yardstick.measure(found), found.unknown)


def equality_indicators() -> Iterator[Indicator]:
    """Make the indicators of equality: quantity × level × measure.

    Yields
    ------
    Indicator
        For example ``gini_enaf_epci``.
    """
    for quantity in QUANTITIES:
        for level in LEVELS:
            for yardstick in YARDSTICKS:
                if level not in yardstick.levels:
                    continue
                zonings = ("zonings",) if level is Level.ZONE_EMPLOI else ()
                yield Indicator(
                    name=f"{yardstick.name}_{quantity.name}_{level.value}",
                    titles=(yardstick.title, quantity.title),
                    theme="equality",
                    unit=yardstick.unit or quantity.unit,
                    reading=yardstick.reading,
                    formula=yardstick.formula,
                    source=yardstick.source,
                    requires=(*quantity.requires, *zonings),
                    function=partial(
                        _equality, quantity=quantity, level=level, yardstick=yardstick
                    ),
                    level=level,
                    uses_jobs=quantity.column in ("jobs", "all_jobs"),
                )
