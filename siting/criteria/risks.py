"""Risks: prevention plans that cover the site, hazardous neighbours, water scarcity."""

from __future__ import annotations

import pandas as pd

from layers.errors import N_
from layers.surroundings import FLOOD_RISKS
from siting.criteria.around import nearest_m
from siting.criteria.inputs import Inputs
from siting.criteria.jobs import of_commune
from siting.criteria.zones import areas_of, covered_share
from siting.domain import Criterion, Objective

IN_ZRE = "en zone de répartition"
OUTSIDE_ZRE = "hors zone de répartition"


def flood_plan_share(inputs: Inputs) -> pd.Series:
    """Measure the share of the site that a flood prevention plan rules, overlaps counted once.

    Every zone counts, red or blue: what its rules forbid is told by the eligibility.

    Parameters
    ----------
    inputs
        Sites, layer ``risk_plans``.

    Returns
    -------
    Series
        Share in [0, 1]; missing without the layer, or where it has no flood plan.
    """
    return covered_share(inputs, areas_of(inputs, "risk_plans", "risk", FLOOD_RISKS))


def technological_plan_share(inputs: Inputs) -> pd.Series:
    """Measure the share of the site that a technological risk plan rules.

    Parameters
    ----------
    inputs
        Sites, layer ``risk_plans``.

    Returns
    -------
    Series
        Share in [0, 1]; missing without the layer, or where it has no such plan.
    """
    return covered_share(inputs, areas_of(inputs, "risk_plans", "risk", ("technologique",)))


def distance_seveso_m(inputs: Inputs) -> pd.Series:
    """Measure the straight-line distance to the nearest Seveso establishment.

    No detour factor: an accident does not take the road.

    Parameters
    ----------
    inputs
        Sites, layer ``hazardous_sites``.

    Returns
    -------
    Series
        Metres; missing without the layer.
    """
    return nearest_m(inputs.sites, areas_of(inputs, "hazardous_sites"))


def water_zone(inputs: Inputs) -> pd.Series:
    """Tell whether the commune of the site is in a water scarcity zone (ZRE).

    Parameters
    ----------
    inputs
        Sites, layers ``communes`` and ``water_zones``.

    Returns
    -------
    Series
        One of the labels; missing without the layers, or where the commune is unknown.
    """
    zre = of_commune(inputs, "water_zones", "zre")
    return zre.map({True: IN_ZRE, False: OUTSIDE_ZRE}).astype("object")


CRITERIA = (
    Criterion(
        name="flood_plan_share",
        title=N_("Share inside a flood prevention plan"),
        theme="environment",
        objective=Objective.MIN,
        unit="",
        requires=("risk_plans",),
        source="C. env., L. 562-1 ; Géorisques (PPR inondation, submersion marine)",
        function=flood_plan_share,
    ),
    Criterion(
        name="technological_plan_share",
        title=N_("Share inside a technological risk plan"),
        theme="environment",
        objective=Objective.MIN,
        unit="",
        requires=("risk_plans",),
        source="C. env., L. 515-15 et suivants ; Géorisques (PPRT)",
        function=technological_plan_share,
    ),
    Criterion(
        name="distance_seveso_m",
        title=N_("Distance to a Seveso establishment"),
        theme="environment",
        objective=Objective.MAX,
        unit="m",
        requires=("hazardous_sites",),
        source="C. env., R. 511-10 et L. 515-32 (Seveso seuils bas et haut) ; Géorisques (ICPE)",
        function=distance_seveso_m,
    ),
    Criterion(
        name="water_zone",
        title=N_("Water scarcity zone (ZRE)"),
        theme="environment",
        objective=Objective.MAX,
        unit="label",
        requires=("communes", "water_zones"),
        source="C. env., R. 211-71 à R. 211-74 ; arrêtés préfectoraux de bassin",
        function=water_zone,
        labels=(IN_ZRE, OUTSIDE_ZRE),
    ),
)
