"""Rules of eligibility: one function each, that finds the sites concerned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import pandas as pd

from siting.criteria.around import Booleans, numbers
from siting.criteria.inputs import NEVER_SERVICED, Inputs
from siting.criteria.risks import IN_ZRE, sewage_spare_pe, water_zone
from siting.eligibility.model import Effect, Hit
from siting.eligibility.parts import catchment_parts, protected_parts, risk_parts, whole_sites
from siting.scenario import EligibilitySettings

_CLOSED_ZONES: Final[Mapping[str, str]] = {
    "A": "C. urb., R. 151-22, R. 151-23, L. 153-31 et L. 300-6",
    "N": "C. urb., R. 151-24, R. 151-25, L. 153-31 et L. 300-6",
}
_SOLD: Final = "vendu, commercialisation achevée"
_RESERVED: Final = (
    "non commercialisable",
    "réservé par option de réservation",
    "réservé par une délibération de l'epci",
)


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
    yield from whole_sites(inputs, small, minimum_m2=minimum_m2)


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
    for hit, effect in protected_parts(inputs, thresholds):
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
    for hit, effect in protected_parts(inputs, thresholds):
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
    for hit, closed in risk_parts(inputs):
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
    for hit, closed in risk_parts(inputs):
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
    for hit, excludes in catchment_parts(inputs, thresholds):
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
    for hit, excludes in catchment_parts(inputs, thresholds):
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
    yield from whole_sites(inputs, _equal(water_zone(inputs), IN_ZRE))


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
        for hit in whole_sites(inputs, _equal(zones, zone), zone=zone):
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
    yield from whole_sites(inputs, _equal(zones, "AUs"), zone="AUs")


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
    yield from whole_sites(inputs, _equal(stages, NEVER_SERVICED), stage=NEVER_SERVICED)


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
    yield from whole_sites(inputs, _equal(stages, _SOLD), stage=_SOLD)


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
        yield from whole_sites(inputs, _equal(stages, stage), stage=stage)


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
    yield from whole_sites(inputs, numbers(sewage_spare_pe(inputs)) <= 0)


def _equal(stages: pd.Series, stage: str) -> Booleans:
    """Return where a stage is the one asked; unknown is not."""
    return np.asarray(pd.Series(stages, dtype="object").map({stage: True}).notna())


def _excludes(hit: Hit, effect: Effect, thresholds: EligibilitySettings) -> bool:
    enough = hit.figures["share"] >= thresholds.protected_exclusion_share
    return effect == "exclusion" and bool(enough)


def _told(hit: Hit, share: float, thresholds: EligibilitySettings) -> bool:
    """Tell whether a part is enough for a condition: by its share, or by its area."""
    enough = hit.figures["concerned_m2"] >= thresholds.condition_area_m2
    return bool(enough or hit.figures["share"] >= share)
