"""Risks: prevention plans that cover the site, hazardous neighbours, water and sewage."""

from __future__ import annotations

import numpy as np
import pandas as pd

from layers.errors import N_
from layers.surroundings import FLOOD_RISKS, PERIMETERS
from siting.criteria.around import nearest_m, numbers
from siting.criteria.inputs import Inputs
from siting.criteria.jobs import by_commune, of_commune
from siting.criteria.zones import areas_of, share_in
from siting.domain import Criterion, Objective, Sight

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
        Share in [0, 1]; missing without the layer, where it has no flood plan, or in a
        département it says nothing of.
    """
    return share_in(inputs, "risk_plans", "risk", FLOOD_RISKS)


def technological_plan_share(inputs: Inputs) -> pd.Series:
    """Measure the share of the site that a technological risk plan rules.

    Parameters
    ----------
    inputs
        Sites, layer ``risk_plans``.

    Returns
    -------
    Series
        Share in [0, 1]; missing without the layer, where it has no such plan, or in a
        département it says nothing of.
    """
    return share_in(inputs, "risk_plans", "risk", ("technologique",))


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


def catchment_share(inputs: Inputs) -> pd.Series:
    """Measure the share of the site close to a drinking-water catchment, overlaps counted once.

    Its immediate and close perimeters count, where what may pollute is forbidden or ruled; the
    distant one is told by the eligibility.

    Parameters
    ----------
    inputs
        Sites, layer ``water_catchments``.

    Returns
    -------
    Series
        Share in [0, 1]; missing without the layer, where it has no such perimeter, or in a
        département it says nothing of.
    """
    return share_in(inputs, "water_catchments", "perimeter", PERIMETERS[:2])


def sewage_spare_pe(inputs: Inputs) -> pd.Series:
    """Tell the capacity left to the sewage plants of the commune of the site.

    Formula: capacity less largest load, 0 where it is overloaded, of each sewerage agglomeration
    of the plants in service whose main commune is that of the site, added up: what one cannot
    treat, another does not.

    Parameters
    ----------
    inputs
        Sites, layers ``communes`` and ``sewage_plants``.

    Returns
    -------
    Series
        Population equivalents; missing without the layers, where the load or the capacity of
        an agglomeration is unknown, or where no plant names the commune: one elsewhere may
        serve it.
    """
    plants = inputs.layer("sewage_plants")
    if plants is None:
        return pd.Series(np.nan, index=inputs.sites.index)
    serving = plants[plants["in_service"].astype("bool") & plants["commune"].notna()]
    once = serving.drop_duplicates(["commune", "agglomeration"])
    left = pd.Series(numbers(once["residual_pe"]), index=once["commune"]).clip(lower=0.0)
    whole = left.groupby(level=0).agg(lambda own: own.sum(skipna=False))
    return pd.Series(numbers(by_commune(inputs, whole)), index=inputs.sites.index)


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
        sight=Sight.NEAREST,
        sight_by_road=False,
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
    Criterion(
        name="catchment_share",
        title=N_("Share close to a drinking-water catchment"),
        theme="environment",
        objective=Objective.MIN,
        unit="",
        requires=("water_catchments",),
        source="C. santé publ., L. 1321-2 et R. 1321-13 ; servitude AS1, ARS",
        function=catchment_share,
    ),
    Criterion(
        name="sewage_spare_pe",
        title=N_("Capacity left to the sewage plants of the commune"),
        theme="environment",
        objective=Objective.MAX,
        unit=N_("population equivalents"),
        requires=("communes", "sewage_plants"),
        source="C. urb., L. 111-11 et R. 111-8 ; C. env., R. 214-1 (rubrique 2.1.1.0) ; Sandre",
        function=sewage_spare_pe,
    ),
)
