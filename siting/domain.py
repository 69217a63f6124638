"""Core types of the product: frozen values, no geometry, no input or output.

Areas are whole square metres (``area_m2``), so that sums are exact and do not
depend on their order.
"""

from __future__ import annotations

import copyreg
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from fractions import Fraction
from itertools import combinations_with_replacement, pairwise
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

from layers.errors import N_
from layers.spec import Status


def _read_only(values: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(values)


# Read-only mappings cannot be pickled by themselves; with this, reasons, value functions and
# runs go from one process to another.
copyreg.pickle(MappingProxyType, lambda values: (_read_only, (dict(values),)))

_M2_DECIMALS: Final = 4
"""Decimals of a hectare that tell one square metre."""
_DECIMAL_MARK = N_("decimal:.")  # a translation ends in its language's decimal mark


class Measure(StrEnum):
    """What a budget counts. The two never mix.

    ``enaf``: consumption of natural, agricultural and forest areas (2021-2030).
    ``net_artificialisation``: artificialised minus renatured (from 2031).
    Source: loi 2021-1104, art. 194, III; code de l'urbanisme, L. 101-2-1.
    """

    ENAF = "enaf"
    NET_ARTIFICIALISATION = "net_artificialisation"


class Envelope(StrEnum):
    """Which budget pays.

    ``local``: the territory's own. ``regional``: what the region pools for projects of regional
    scope (PER). ``reserve``: what it keeps for its ready-to-use sites. ``national``: the State's
    forfait for projects of national or European scope (PENE).
    """

    LOCAL = "local"
    REGIONAL = "regional"
    RESERVE = "reserve"
    NATIONAL = "national"


POOLED_ENVELOPES: Final = (Envelope.REGIONAL, Envelope.RESERVE)
"""Envelopes that a region holds for several territories, inside its own budget."""


class EntryKind(StrEnum):
    """Nature of a ledger entry.

    ``observed``: seen by the national observatory. ``correction``: what a local figure, or the
    counting mode of a ZAC, changes to it; both are kept. ``committed``: works decided
    or started after its last vintage. ``planned``: chosen in a scenario.
    ``credit``: a deduction with its evidence (renaturation, photovoltaics…).
    """

    OBSERVED = "observed"
    CORRECTION = "correction"
    COMMITTED = "committed"
    PLANNED = "planned"
    CREDIT = "credit"


class VerdictCode(StrEnum):
    """Answer to “may this be done within the budgets?”."""

    COMPATIBLE = "compatible"
    COMPATIBLE_WITH_POOLING = "compatible_with_pooling"
    OVER_BUDGET = "over_budget"
    INELIGIBLE = "ineligible"
    UNDETERMINED = "undetermined"


class Objective(StrEnum):
    """Whether more of a criterion is better (``max``), worse (``min``), or neither.

    ``target``: the best is a value or a range that the scenario sets; too little and too
    much are both worse.
    """

    MIN = "min"
    MAX = "max"
    TARGET = "target"


class LandClass(StrEnum):
    """Groups of land-cover classes that the account needs.

    ENAF are ``agricultural``, ``forest`` and ``natural`` land, and inland
    ``water`` (R.101-1 annex, category 6°). ``unknown`` is land whose cover is
    not known, never counted as zero.
    """

    ARTIFICIALISED = "artificialised"
    AGRICULTURAL = "agricultural"
    FOREST = "forest"
    NATURAL = "natural"
    WATER = "water"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Period:
    """Whole calendar years, both included.

    Parameters
    ----------
    first, last
        First and last year.

    Raises
    ------
    ValueError
        If the period ends before it starts.

    Examples
    --------
    >>> 2030 in Period(2021, 2030), 2031 in Period(2021, 2030), len(Period(2011, 2020))
    (True, False, 10)
    """

    first: int
    last: int

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"period {self.first}-{self.last} ends before it starts")

    def __contains__(self, year: int) -> bool:
        return self.first <= year <= self.last

    def __len__(self) -> int:
        return self.last - self.first + 1

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence told to the user, with its figures.

    Parameters
    ----------
    code
        Stable identifier.
    message
        English gettext identifier with named placeholders.
    figures
        Values of the placeholders; areas in m² are named ``*_m2`` and shown in
        hectares by the sentence through ``{name_ha}``; those named ``*_ratio`` are shown
        with two decimals.
    legal
        Legal reference, or empty.
    """

    code: str
    message: str
    figures: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    legal: str = ""

    def text(self, translate: Callable[[str], str] = lambda message: message) -> str:
        """Return the sentence in the language of ``translate``.

        Figures that are messages themselves (class :class:`str`) are translated, a tuple
        is a list of them;
        every ``*_m2`` figure is also offered in hectares under ``*_ha`` (:func:`hectares_text`;
        two areas that differ never read the same, and what adds up in m² adds up as it reads), its
        unit held by a no-break space in French;
        a ``*_ratio`` has two decimals; another number that is not whole has those it needs.

        Parameters
        ----------
        translate
            Turns an English message into the language wanted; English by default.

        Returns
        -------
        str
            The sentence with its figures.

        Examples
        --------
        >>> Reason("x", "{used_ha} ha are used", {"used_m2": 125_000}).text()
        '12.5 ha are used'
        """
        values: dict[str, Any] = {}
        decimals = self._decimals()
        for name, value in self.figures.items():
            values[name] = _said(value, translate)
            if name.endswith("_m2"):
                values[f"{name[:-3]}_ha"] = hectares_text(value, translate, decimals=decimals)
            elif name.endswith("_ratio"):
                values[name] = number_text(value, 2, translate)
        return _held(translate(self.message), translate).format_map(values)

    def _decimals(self) -> int:
        """Return the decimals of hectares that tell apart the areas of the sentence and add up."""
        areas_m2 = sorted(
            {
                value
                for name, value in self.figures.items()
                if name.endswith("_m2") and f"{{{name[:-3]}_ha}}" in self.message
            }
        )
        told = (n for n in range(1, _M2_DECIMALS) if _agree(areas_m2, n))
        return next(told, _M2_DECIMALS)


def _agree(areas_m2: Sequence[float], decimals: int) -> bool:
    """Tell whether areas written in hectares differ, and add up, where they do in m²."""
    shown = {area_m2: _shown(area_m2, decimals) for area_m2 in areas_m2}
    return len(set(shown.values())) == len(areas_m2) and all(
        shown[a] + shown[b] == shown[a + b]
        for a, b in combinations_with_replacement(areas_m2, 2)
        if a + b in shown
    )


def _held(sentence: str, translate: Callable[[str], str]) -> str:
    """Hold the unit of hectares to their figure, where the language wants it."""
    if translate(_DECIMAL_MARK)[-1] == ".":
        return sentence
    return sentence.replace("_ha} ha", "_ha}\u00a0ha")


def _said(value: Any, translate: Callable[[str], str]) -> Any:
    if isinstance(value, tuple):
        return ", ".join(str(_said(one, translate)) for one in value)
    if isinstance(value, float):
        return f"{value:g}".replace(".", translate(_DECIMAL_MARK)[-1])
    return translate(value) if isinstance(value, str) and value else value


def number_text(value: float, decimals: int, translate: Callable[[str], str]) -> str:
    """Return a number in the form of a language.

    Parameters
    ----------
    value
        The number.
    decimals
        Digits after the mark.
    translate
        The language: its decimal mark is the last character of ``decimal:.`` translated.

    Returns
    -------
    str
        The number, with a true minus sign; with a comma as the mark, thousands are set apart by
        a narrow no-break space. What rounds to zero has no sign.

    Examples
    --------
    >>> number_text(1234.5, 2, lambda message: message)
    '1,234.50'
    >>> number_text(-2.5, 1, lambda message: message), number_text(-0.04, 1, lambda _: _)
    ('−2.5', '0.0')
    """
    text = f"{value:z,.{decimals}f}".replace("-", "\u2212")
    mark = translate(_DECIMAL_MARK)[-1]
    return text if mark == "." else text.replace(",", "\u202f").replace(".", mark)


def hectares_text(area_m2: float, translate: Callable[[str], str], *, decimals: int = 1) -> str:
    """Return an area in hectares, as sentences tell it.

    Parameters
    ----------
    area_m2
        The area, m².
    translate
        The language.
    decimals
        Digits after the mark, at least.

    Returns
    -------
    str
        That many decimals, and as many more as an area needs not to read as none: four at most,
        for 1 m².

    Examples
    --------
    123 ha; 412 m²; 41 m²; nothing.

    >>> [hectares_text(area, lambda message: message) for area in (1_230_000, 412, 41, 0)]
    ['123.0', '0.04', '0.004', '0.0']
    """
    area_ha = area_m2 / 10_000
    enough = (
        n for n in range(decimals, _M2_DECIMALS) if not area_ha or abs(area_ha) >= 0.5 / 10**n
    )
    return number_text(area_ha, next(enough, _M2_DECIMALS), translate)


def decimals_adding_up(*sums: Sequence[float | None], least: int = 1) -> int:
    """Return the decimals with which parts in hectares add up to their whole, as they do in m².

    Parameters
    ----------
    *sums
        A whole, then what it is made of, m².
    least
        Decimals, at least.

    Returns
    -------
    int
        The fewest with which every sum holds as it reads, four at most, for 1 m². A sum with a
        figure that is not known, or that does not hold in whole m², asks for nothing.

    Examples
    --------
    33.11 ha remain, 43.86 are taken: −10.75; with one decimal, 33.1 − 43.9 would read −10.7.

    >>> decimals_adding_up([331_110, 438_600, -107_490])
    2
    >>> decimals_adding_up([331_000, 438_000, -107_000]), decimals_adding_up([1, None])
    (1, 1)
    """
    known = [[part for part in one if part is not None] for one in sums if None not in one]
    held = [(one[0], one[1:]) for one in known if one[0] == sum(one[1:])]
    enough = (
        n
        for n in range(least, _M2_DECIMALS)
        if all(_shown(whole, n) == sum(_shown(part, n) for part in parts) for whole, parts in held)
    )
    return next(enough, _M2_DECIMALS)


def _shown(area_m2: float, decimals: int) -> int:
    """Return an area written in hectares, counted in its last digit."""
    return round(round(area_m2 / 10_000, decimals) * 10.0**decimals)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Answer on a site or a set of sites.

    Parameters
    ----------
    code
        The answer.
    reasons
        Why, in sentences, the decisive one first.
    figures
        Figures of the decision, areas in m².
    """

    code: VerdictCode
    reasons: tuple[Reason, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class ValueFunction:
    """Turns a measure into a value between 0 (worst) and 1 (best).

    Either piecewise linear between ``points``, constant beyond them, or
    categorical. It is absolute: the value of a site never depends on the other
    sites of the batch.

    Parameters
    ----------
    unit
        Unit of the measure; must equal the criterion's.
    source
        Where the breakpoints come from.
    points
        Pairs (measure, value), measures strictly increasing.
    categories
        Value of each category, for a criterion that is a label.

    Raises
    ------
    ValueError
        If it is neither or both, or a value is outside [0, 1], or the measures
        do not increase.
    """

    unit: str
    source: str
    points: tuple[tuple[float, float], ...] = ()
    categories: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        if bool(self.points) == bool(self.categories):
            raise ValueError("expected either points or categories")
        measures = [x for x, _ in self.points]
        if any(b <= a for a, b in pairwise(measures)):
            raise ValueError("the measures of the points must strictly increase")
        values = [v for _, v in self.points] + list(self.categories.values())
        if not all(math.isfinite(v) and 0 <= v <= 1 for v in values):
            raise ValueError("every value must lie in [0, 1]")


class Sight(StrEnum):
    """What a criterion looks for around a site, and so what the edge of a territory hides."""

    COUNT = "count"
    SHARE = "share"
    NEAREST = "nearest"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing measured on each site.

    Parameters
    ----------
    name
        Identifier, the key in the scenario.
    title
        Short title shown to users (an English gettext identifier).
    theme
        Theme it belongs to.
    objective
        Whether more is better, worse, or best at a target.
    unit
        Unit of the measure, ``""`` for a share, ``"label"`` for a category.
    requires
        Names of the layers it reads.
    source
        Source of the definition.
    function
        Pure function from :class:`siting.criteria.inputs.Inputs` to a Series on
        the sites' index; unknown is missing, never zero.
    labels
        Every category of a criterion whose unit is ``"label"``, else empty.
    sight
        What it looks for around the site; ``None`` where it reads the site, or its commune, alone.
    sight_reach
        Parameter of the measures (``measure`` section of a scenario, m) within which it counts;
        empty where it looks for the nearest.
    sight_by_road
        Whether that is a distance by road, not a straight line.
    """

    name: str
    title: str
    theme: str
    objective: Objective
    unit: str
    requires: tuple[str, ...]
    source: str
    function: Callable[[Any], pd.Series]
    labels: tuple[str, ...] = ()
    sight: Sight | None = None
    sight_reach: str = ""
    sight_by_road: bool = True


@dataclass(frozen=True, eq=False, slots=True)
class Scores:
    """Scores of sites.

    Parameters
    ----------
    total
        Score out of 100 of each site, missing where no criterion is known.
    contributions
        Points of each criterion (sites × criteria); each row adds up to the
        total, an unknown criterion is missing.
    reliability
        Weight of the known criteria over the total weight, in [0, 1].
    rank
        1 for the best total; equal totals share a rank; missing without total.
    """

    total: pd.Series
    contributions: pd.DataFrame
    reliability: pd.Series
    rank: pd.Series


@dataclass(frozen=True, slots=True)
class LayerUse:
    """A layer as it was used by a run, for the manifest.

    Parameters
    ----------
    name, title, publisher, vintage, licence, status, file
        As in :class:`layers.spec.Provenance`.
    """

    name: str
    title: str
    publisher: str
    vintage: str
    licence: str
    status: Status
    file: str = ""


@dataclass(frozen=True, slots=True)
class Reach:
    """How the distance by road of the measures was told.

    Parameters
    ----------
    method
        ``distance``: straight line × ``detour_factor``, no road network. ``road_time``: over
        a road network, by the quickest road for commutes and the shortest one for distances.
    detour_factor
        Road distance over straight-line distance, on foot or without a network.
    network, vintage
        Title and vintage of the road network; empty without one.
    """

    method: str
    detour_factor: float
    network: str = ""
    vintage: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a result was made with.

    Parameters
    ----------
    version
        Version of the product.
    scenario, scenario_hash
        Identifier of the scenario and hash of its content.
    ruleset, ruleset_status
        Rule set and its legal status.
    layers
        Layers used, with vintage and status.
    created
        Day of the run.
    reach
        How distances by road were told; ``None`` where no site was measured.
    overshoot_right
        Share by which the rule set, a proposal, lets a budget be exceeded; ``None`` under the law.
    """

    version: str
    scenario: str
    scenario_hash: str
    ruleset: str
    ruleset_status: str
    layers: tuple[LayerUse, ...]
    created: date
    reach: Reach | None = None
    overshoot_right: Fraction | None = None

    @property
    def demonstration(self) -> bool:
        """Whether any layer in use is synthetic."""
        return any(layer.status is Status.DEMONSTRATION for layer in self.layers)
