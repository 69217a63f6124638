"""Parts of the sites that the rules of eligibility concern, each measured once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import geopandas as gpd
import numpy as np

from layers.surroundings import CLOSED_ZONES, PERIMETERS
from siting.criteria.around import Booleans, numbers
from siting.criteria.inputs import Inputs
from siting.criteria.zones import areas_of, parts_in
from siting.eligibility.model import Effect, Figures, Hit
from siting.scenario import EligibilitySettings

_RISK_LAWS: Final[Mapping[str, str]] = {
    "technologique": "C. env., L. 515-15, L. 515-16 et L. 515-23",
    "minier": "C. min., L. 174-5",
}
_NATURAL_RISK_LAW: Final = "C. env., L. 562-1 et L. 562-4"


def whole_sites(inputs: Inputs, concerned: Booleans, **figures: object) -> Iterator[Hit]:
    """Return the sites concerned, each as a whole.

    Parameters
    ----------
    inputs
        The sites.
    concerned
        Whether each is concerned.
    **figures
        More figures of the sentence.

    Yields
    ------
    Hit
        One a site concerned.
    """
    areas_m2 = numbers(inputs.sites["gross_area_m2"])
    for position in np.flatnonzero(concerned).tolist():
        yield Hit(position, _part(areas_m2[position], areas_m2[position]) | figures)


def _part(concerned_m2: float, area_m2: float) -> Figures:
    share = float(min(1.0, concerned_m2 / area_m2)) if area_m2 else 1.0
    # A part is told because it counts: never as “0 %” of the site.
    percent = "< 1" if 0 < share < 0.005 else round(100 * share)
    return {"concerned_m2": float(concerned_m2), "share": share, "percent": percent}


def protected_parts(
    inputs: Inputs, thresholds: EligibilitySettings
) -> Iterator[tuple[Hit, Effect]]:
    """Measure the part of each site in each kind of area, once for all the rules.

    Parameters
    ----------
    inputs, thresholds
        Sites, layer ``protected_areas``; the kinds.

    Yields
    ------
    tuple of Hit and str
        The part, and the effect of its kind.
    """
    for name, kind in thresholds.protected.items():

        def measured(name: str = name) -> list[Hit]:
            return list(_hits(inputs, areas_of(inputs, "protected_areas", "kind", (name,))))

        for hit in inputs.once(f"parts in protected areas: {name}", measured):
            yield Hit(hit.position, hit.figures | {"kind": kind.title}, kind.legal), kind.effect


def risk_parts(inputs: Inputs) -> list[tuple[Hit, bool]]:
    """Measure the part of each site in closed and other zones of each risk, once.

    Parameters
    ----------
    inputs
        Sites, layer ``risk_plans``.

    Returns
    -------
    list of tuple of Hit and bool
        The part, and whether the plan forbids to build there.
    """

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


def catchment_parts(inputs: Inputs, thresholds: EligibilitySettings) -> Iterator[tuple[Hit, bool]]:
    """Measure the part of each site in each perimeter of catchments, once for both rules.

    Parameters
    ----------
    inputs, thresholds
        Sites, layer ``water_catchments``; ``risk_exclusion_share``.

    Yields
    ------
    tuple of Hit and bool
        The part, and whether it excludes the site.
    """
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
