"""Environment: protected areas on the site and near it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from layers.errors import N_
from siting.coverage import covered_area
from siting.criteria.around import nearest_m, numbers
from siting.criteria.inputs import Inputs
from siting.domain import Criterion, Objective


def protected_share(inputs: Inputs) -> pd.Series:
    """Measure the share of the site inside protected or inventoried areas of any kind.

    Formula: area of the site covered by them, overlaps counted once, ÷ area of the site.

    Parameters
    ----------
    inputs
        Sites, layer ``protected_areas``.

    Returns
    -------
    Series
        Share in [0, 1]; missing without the layer.
    """
    areas = inputs.layers.get("protected_areas")
    if areas is None:
        return pd.Series(np.nan, index=inputs.sites.index)
    covered_m2 = numbers(covered_area(inputs.sites.geometry, areas.geo.geometry))
    return pd.Series(covered_m2 / numbers(inputs.sites.area), index=inputs.sites.index)


def distance_protected_m(inputs: Inputs) -> pd.Series:
    """Measure the straight-line distance to the nearest protected area.

    No detour factor: noise, light and water do not take the road.

    Parameters
    ----------
    inputs
        Sites, layer ``protected_areas``.

    Returns
    -------
    Series
        Metres, 0 where they touch; missing without the layer.
    """
    areas = inputs.layers.get("protected_areas")
    return nearest_m(inputs.sites, None if areas is None else areas.geo)


CRITERIA = (
    Criterion(
        name="protected_share",
        title=N_("Share inside protected or inventoried areas"),
        theme="environment",
        objective=Objective.MIN,
        unit="",
        requires=("protected_areas",),
        source="C. env., livres III et IV ; INPN (espaces protégés, Natura 2000)",
        function=protected_share,
    ),
    Criterion(
        name="distance_protected_m",
        title=N_("Distance to a protected or inventoried area"),
        theme="environment",
        objective=Objective.MAX,
        unit="m",
        requires=("protected_areas",),
        source="C. env., L. 414-4 et R. 414-19 (incidences à distance) ; INPN",
        function=distance_protected_m,
    ),
)
