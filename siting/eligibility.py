"""Eligibility: what excludes a site, and what it may only be built under.

An exclusion makes the site ineligible, a condition is told with it. A rule is one
function and its entry in :data:`RULES`. What is unknown neither excludes nor conditions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from layers.errors import N_
from layers.surroundings import CLOSED_ZONES, PERIMETERS
from siting.criteria.around import Booleans, numbers
from siting.criteria.inputs import NEVER_SERVICED, Inputs
from siting.criteria.risks import IN_ZRE, sewage_spare_pe, water_zone
from siting.criteria.zones import areas_of, parts_in
from siting.domain import Reason
from siting.scenario import EligibilitySettings, Scenario

Effect = Literal["exclusion", "condition"]
Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Eligibility:
    """What the rules say of one site.

    Parameters
    ----------
    exclusions
        Reasons that make it ineligible.
    conditions
        Reasons that only put a condition on it.
    """

    exclusions: tuple[Reason, ...] = ()
    conditions: tuple[Reason, ...] = ()

    @property
    def eligible(self) -> bool:
        """Whether nothing excludes the site."""
        return not self.exclusions


@dataclass(frozen=True, slots=True)
class Hit:
    """A site that a rule concerns.

    Parameters
    ----------
    position
        Position of the site in the table.
    figures
        Figures of the sentence; each has ``concerned_m2``, the part of the site, and
        ``share`` of it, in [0, 1].
    legal
        Legal reference, where it depends on the site; else that of the rule.
    """

    position: int
    figures: Figures
    legal: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of eligibility.

    Parameters
    ----------
    code
        Stable identifier of the reason.
    effect
        Whether it excludes the site or puts a condition on it.
    message
        Sentence (an English gettext identifier) with the figures as placeholders.
    legal
        Legal reference; empty for a choice of the scenario.
    function
        Returns the sites concerned, in any order.
    """

    code: str
    effect: Effect
    message: str
    legal: str
    function: Callable[[Inputs, EligibilitySettings], Iterator[Hit]]


def assess(inputs: Inputs, scenario: Scenario) -> dict[Any, Eligibility]:
    """Apply every rule to every site.

    Parameters
    ----------
    inputs
        Sites and the layers ``protected_areas``, ``risk_plans``, ``water_catchments``,
        ``communes`` and ``water_zones``; without one, what it says stays unknown.
    scenario
        Gives the thresholds.

    Returns
    -------
    dict
        What the rules say of each site, by its label, in the order of the table; reasons
        in the order of :data:`RULES`.
    """
    size = len(inputs.sites)
    reasons: dict[Effect, list[tuple[Reason, ...]]] = {
        "exclusion": [()] * size,
        "condition": [()] * size,
    }
    for rule in RULES.values():
        told = reasons[rule.effect]
        for hit in rule.function(inputs, scenario.eligibility):
            reason = Reason(rule.code, rule.message, hit.figures, hit.legal or rule.legal)
            told[hit.position] = (*told[hit.position], reason)
    pairs = zip(reasons["exclusion"], reasons["condition"], strict=True)
    return {
        label: Eligibility(*pair) for label, pair in zip(inputs.sites.index, pairs, strict=True)
    }


# --- Rules -------------------------------------------------------------------------


def too_small(inputs: Inputs, thresholds: EligibilitySettings) -> Iterator[Hit]:
    """Find the sites below the minimum area.

    Parameters
    ----------
    inputs, thresholds
        Sites; ``minimum_area_m2``.

    Yields
    ------
    Hit
        One a site concerned.
    """
    minimum_m2 = thresholds.minimum_area_m2
    small = numbers(inputs.sites["gross_area_m2"]) < minimum_m2
    yield from _whole_sites(inputs, small, minimum_m2=minimum_m2)


def protected(inputs: Inputs, thresholds: EligibilitySettings) -> Iterator[Hit]:
    """Find the sites that lie for a large part in an area that excludes them.

    Parameters
    ----------
    inputs, thresholds
        Sites, layer ``protected_areas``; kinds and ``protected_exclusion_share``.

    Yields
    ------
    Hit
        One a site and kind of area.
    """
    for hit, effect in _protected_parts(inputs, thresholds):
        if _excludes(hit, effect, thresholds):
            yield hit


def protected_in_part(inputs: Inputs, thresholds: EligibilitySettings) -> Iterator[Hit]:
    """Find the sites of which a part lies in a protected or inventoried area.

    Parameters
    ----------
    inputs, thresholds
        Sites, layer ``protected_areas``; kinds, ``protected_condition_share``
        and ``condition_area_m2``.

    Yields
    ------
    Hit
        One a site and kind of area, unless it excludes the site.
    """
    for hit, effect in _protected_parts(inputs, thresholds):
        enough = _told(hit, thresholds.protected_condition_share, thresholds)
        if enough and not _excludes(hit, effect, thresholds):
            yield hit


def risk_closed(inputs: Inputs, thresholds: EligibilitySettings) -> Iterator[Hit]:
    """Find the sites that lie for a large part where a risk plan forbids to build.

    Parameters
    ----------
    inputs, thresholds
        Sites, layer ``risk_plans``; ``risk_exclusion_share``.

    Yields
    ------
    Hit
        One a site and risk.
    """
    for hit, closed in _risk_parts(inputs):
        if closed and hit.figures["share"] >= thresholds.risk_exclusion_share:
            yield hit


def risk_in_part(inputs: Inputs, thresholds: EligibilitySettings) -> Iterator[Hit]:
    """Find the sites of which a part is ruled by a risk plan.

    Parameters
    ----------
    inputs, thresholds
        Sites, layer ``risk_plans``; ``risk_condition_share``.

    Yields
    ------
    Hit
        One a site and risk, unless it excludes the site; of the zones that forbid to build
        and of the others apart.
    """
    for hit, closed in _risk_parts(inputs):
        share = hit.figures["share"]
        excludes = closed and share >= thresholds.risk_exclusion_share
        if _told(hit, thresholds.risk_condition_share, thresholds) and not excludes:
            yield hit


def catchment_closed(inputs: Inputs, thresholds: EligibilitySettings) -> Iterator[Hit]:
    """Find the sites that lie for a large part in the immediate perimeter of a catchment.

    Parameters
    ----------
    inputs, thresholds
        Sites, layer ``water_catchments``; ``risk_exclusion_share``.

    Yields
    ------
    Hit
        One a site concerned.
    """
    for hit, excludes in _catchment_parts(inputs, thresholds):
        if excludes:
            yield hit


def catchment_ruled(inputs: Inputs, thresholds: EligibilitySettings) -> Iterator[Hit]:
    """Find the sites of which a part lies in a perimeter of a catchment.

    Parameters
    ----------
    inputs, thresholds
        Sites, layer ``water_catchments``; ``risk_condition_share``.

    Yields
    ------
    Hit
        One a site and perimeter, unless it excludes the site.
    """
    for hit, excludes in _catchment_parts(inputs, thresholds):
        if _told(hit, thresholds.risk_condition_share, thresholds) and not excludes:
            yield hit


def water_scarce(inputs: Inputs, _thresholds: EligibilitySettings) -> Iterator[Hit]:
    """Find the sites in a commune where water is scarce (ZRE).

    Parameters
    ----------
    inputs, _thresholds
        Sites, layers ``communes`` and ``water_zones``; no threshold.

    Yields
    ------
    Hit
        One a site concerned.
    """
    yield from _whole_sites(inputs, _equal(water_zone(inputs), IN_ZRE))


def zone_closed(inputs: Inputs, _thresholds: EligibilitySettings) -> Iterator[Hit]:
    """Find the sites in an agricultural or natural zone of the planning document.

    Parameters
    ----------
    inputs, _thresholds
        Sites; no threshold.

    Yields
    ------
    Hit
        One a site concerned.
    """
    zones = inputs.sites["readiness_planning"]
    for zone, legal in _CLOSED_ZONES.items():
        for hit in _whole_sites(inputs, _equal(zones, zone), zone=zone):
            yield Hit(hit.position, hit.figures, legal)


def zone_to_open(inputs: Inputs, _thresholds: EligibilitySettings) -> Iterator[Hit]:
    """Find the sites in a zone that the planning document has yet to open.

    Parameters
    ----------
    inputs, _thresholds
        Sites; no threshold.

    Yields
    ------
    Hit
        One a site concerned.
    """
    zones = inputs.sites["readiness_planning"]
    yield from _whole_sites(inputs, _equal(zones, "AUs"), zone="AUs")


def not_serviceable(inputs: Inputs, _thresholds: EligibilitySettings) -> Iterator[Hit]:
    """Find the sites that can never be serviced.

    Parameters
    ----------
    inputs, _thresholds
        Sites; no threshold.

    Yields
    ------
    Hit
        One a site concerned.
    """
    stages = inputs.sites["readiness_servicing"]
    yield from _whole_sites(inputs, _equal(stages, NEVER_SERVICED), stage=NEVER_SERVICED)


def sold(inputs: Inputs, _thresholds: EligibilitySettings) -> Iterator[Hit]:
    """Find the sites already sold.

    Parameters
    ----------
    inputs, _thresholds
        Sites; no threshold.

    Yields
    ------
    Hit
        One a site concerned.
    """
    stages = inputs.sites["readiness_commercial"]
    yield from _whole_sites(inputs, _equal(stages, _SOLD), stage=_SOLD)


def reserved(inputs: Inputs, _thresholds: EligibilitySettings) -> Iterator[Hit]:
    """Find the sites that are reserved, or cannot be put on the market.

    Parameters
    ----------
    inputs, _thresholds
        Sites; no threshold.

    Yields
    ------
    Hit
        One a site concerned.
    """
    stages = inputs.sites["readiness_commercial"]
    for stage in _RESERVED:
        yield from _whole_sites(inputs, _equal(stages, stage), stage=stage)


def sewage_full(inputs: Inputs, _thresholds: EligibilitySettings) -> Iterator[Hit]:
    """Find the sites of communes whose sewage plants have no capacity left.

    Parameters
    ----------
    inputs, _thresholds
        Sites, layers ``communes`` and ``sewage_plants``; no threshold.

    Yields
    ------
    Hit
        One a site concerned.
    """
    yield from _whole_sites(inputs, numbers(sewage_spare_pe(inputs)) <= 0)


_CLOSED_ZONES: Final[Mapping[str, str]] = {
    "A": "C. urb., R. 151-22, R. 151-23, L. 153-31 et L. 300-6",
    "N": "C. urb., R. 151-24, R. 151-25, L. 153-31 et L. 300-6",
}
_CATCHMENT_LAW: Final = "C. santé publ., L. 1321-2 et R. 1321-13"
_SOLD: Final = "vendu, commercialisation achevée"
_RESERVED: Final = (
    "non commercialisable",
    "réservé par option de réservation",
    "réservé par une délibération de l'epci",
)

RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        rule.code: rule
        for rule in (
            Rule(
                "site-too-small",
                "exclusion",
                N_("the site covers {concerned_ha} ha, less than the minimum of {minimum_ha} ha"),
                "",
                too_small,
            ),
            Rule(
                "site-protected",
                "exclusion",
                N_("{concerned_ha} ha of the site ({percent} %) lie in {kind} ({names})"),
                "",
                protected,
            ),
            Rule(
                "site-risk-closed",
                "exclusion",
                N_(
                    "{concerned_ha} ha of the site ({percent} %) lie where the risk plan "
                    "({risk}: {names}) forbids to build"
                ),
                "",
                risk_closed,
            ),
            Rule(
                "site-catchment-closed",
                "exclusion",
                N_(
                    "{concerned_ha} ha of the site ({percent} %) lie in the immediate protection "
                    "perimeter of a drinking-water catchment ({names})"
                ),
                _CATCHMENT_LAW,
                catchment_closed,
            ),
            Rule(
                "site-not-serviceable",
                "exclusion",
                N_("the {concerned_ha} ha of the site cannot be serviced ({stage})"),
                "C. urb., L. 111-11",
                not_serviceable,
            ),
            Rule(
                "site-sold",
                "exclusion",
                N_("the {concerned_ha} ha of the site are sold ({stage})"),
                "",
                sold,
            ),
            Rule(
                "site-partly-protected",
                "condition",
                N_(
                    "{concerned_ha} ha of the site ({percent} %) lie in {kind} ({names}): to be "
                    "avoided, or its effects assessed"
                ),
                "",
                protected_in_part,
            ),
            Rule(
                "site-risk-ruled",
                "condition",
                N_(
                    "{concerned_ha} ha of the site ({percent} %) lie in a zone of the risk plan "
                    "({risk}: {names}) whose rules apply"
                ),
                "",
                risk_in_part,
            ),
            Rule(
                "site-catchment-ruled",
                "condition",
                N_(
                    "{concerned_ha} ha of the site ({percent} %) lie in a protection perimeter "
                    "({perimeter}) of a drinking-water catchment ({names}): what may pollute is "
                    "forbidden or ruled there"
                ),
                _CATCHMENT_LAW,
                catchment_ruled,
            ),
            Rule(
                "site-water-scarce",
                "condition",
                N_(
                    "the {concerned_ha} ha of the site lie in a water scarcity zone (ZRE): lower "
                    "thresholds for the authorisation of abstractions"
                ),
                "C. env., R. 211-71 à R. 211-74 et R. 214-1 (rubrique 1.3.1.0)",
                water_scarce,
            ),
            Rule(
                "site-sewage-full",
                "condition",
                N_(
                    "the {concerned_ha} ha of the site lie in a commune whose sewage plants have "
                    "no capacity left: treatment to be found first"
                ),
                "C. urb., L. 111-11 et R. 111-8",
                sewage_full,
            ),
            Rule(
                "site-zone-closed",
                "condition",
                N_(
                    "the {concerned_ha} ha of the site lie in a zone {zone} of the planning "
                    "document, to be changed or made compatible with the project first"
                ),
                "",
                zone_closed,
            ),
            Rule(
                "site-zone-to-open",
                "condition",
                N_(
                    "the {concerned_ha} ha of the site lie in a zone {zone}, to be opened first "
                    "by a change of the planning document"
                ),
                "C. urb., R. 151-20, L. 153-31 et L. 153-38",
                zone_to_open,
            ),
            Rule(
                "site-reserved",
                "condition",
                N_("the {concerned_ha} ha of the site are not free to sell ({stage})"),
                "",
                reserved,
            ),
        )
    }
)
"""Every rule by code, in the order told."""


# --- Helpers -----------------------------------------------------------------------


def _equal(stages: pd.Series, stage: str) -> Booleans:
    """Return where a stage is the one asked; unknown is not."""
    return np.asarray(pd.Series(stages, dtype="object").map({stage: True}).notna())


def _whole_sites(inputs: Inputs, concerned: Booleans, **figures: object) -> Iterator[Hit]:
    areas_m2 = numbers(inputs.sites["gross_area_m2"])
    for position in np.flatnonzero(concerned).tolist():
        yield Hit(position, _part(areas_m2[position], areas_m2[position]) | figures)


def _part(concerned_m2: float, area_m2: float) -> Figures:
    share = float(min(1.0, concerned_m2 / area_m2)) if area_m2 else 1.0
    return {"concerned_m2": float(concerned_m2), "share": share, "percent": round(100 * share)}


def _excludes(hit: Hit, effect: Effect, thresholds: EligibilitySettings) -> bool:
    enough = hit.figures["share"] >= thresholds.protected_exclusion_share
    return effect == "exclusion" and bool(enough)


def _told(hit: Hit, share: float, thresholds: EligibilitySettings) -> bool:
    """Tell whether a part is enough for a condition: by its share, or by its area."""
    enough = hit.figures["concerned_m2"] >= thresholds.condition_area_m2
    return bool(enough or hit.figures["share"] >= share)


def _protected_parts(
    inputs: Inputs, thresholds: EligibilitySettings
) -> Iterator[tuple[Hit, Effect]]:
    """Measure the part of each site in each kind of area, once for all the rules."""
    for name, kind in thresholds.protected.items():

        def measured(name: str = name) -> list[Hit]:
            return list(_hits(inputs, areas_of(inputs, "protected_areas", "kind", (name,))))

        for hit in inputs.once(f"parts in protected areas: {name}", measured):
            yield Hit(hit.position, hit.figures | {"kind": kind.title}, kind.legal), kind.effect


_RISK_LAWS: Final[Mapping[str, str]] = {
    "technologique": "C. env., L. 515-15, L. 515-16 et L. 515-23",
    "minier": "C. min., L. 174-5",
}
_NATURAL_RISK_LAW: Final = "C. env., L. 562-1 et L. 562-4"


def _risk_parts(inputs: Inputs) -> list[tuple[Hit, bool]]:
    """Measure the part of each site in closed and other zones of each risk, once."""

    def measured() -> list[tuple[Hit, bool]]:
        plans = areas_of(inputs, "risk_plans")
        found: list[tuple[Hit, bool]] = []
        if plans is None:
            return found
        closed = plans["zone"].isin(CLOSED_ZONES)
        for risk in dict.fromkeys(sorted(plans["risk"])):
            legal = _RISK_LAWS.get(risk, _NATURAL_RISK_LAW)
            for forbids in (True, False):
                same = plans[(plans["risk"] == risk) & (closed == forbids)]
                for hit in _hits(inputs, same):
                    told = Hit(hit.position, hit.figures | {"risk": risk}, legal)
                    found.append((told, forbids))
        return found

    return inputs.once("parts in risk plans", measured)


def _catchment_parts(inputs: Inputs, thresholds: EligibilitySettings) -> Iterator[tuple[Hit, bool]]:
    """Measure the part of each site in each perimeter of catchments, once for both rules."""
    for perimeter in PERIMETERS:

        def measured(perimeter: str = perimeter) -> list[Hit]:
            kinds = (perimeter,)
            return list(_hits(inputs, areas_of(inputs, "water_catchments", "perimeter", kinds)))

        for hit in inputs.once(f"parts in perimeters of catchments: {perimeter}", measured):
            enough = hit.figures["share"] >= thresholds.risk_exclusion_share
            told = Hit(hit.position, hit.figures | {"perimeter": perimeter})
            yield told, bool(perimeter == PERIMETERS[0] and enough)


def _hits(inputs: Inputs, areas: gpd.GeoDataFrame | None) -> Iterator[Hit]:
    """Measure the part of each site in some areas; name them."""
    if areas is None or areas.empty:
        return
    for position, part in parts_in(inputs, areas).iterrows():
        figures = _part(part["covered_m2"], part["whole_m2"]) | {"names": part["names"]}
        yield Hit(int(position), figures)  # type: ignore[call-overload]
