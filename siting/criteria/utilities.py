"""Utilities: power, gas, water, sewer and fibre, as declared, else by what is around."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from layers.errors import N_
from siting.criteria.around import nearest_m, numbers
from siting.criteria.inputs import Inputs
from siting.criteria.jobs import of_commune
from siting.domain import Criterion, Objective, Sight

YES = "oui"
NO = "non"


def power_mw(inputs: Inputs) -> pd.Series:
    """Tell the electrical power available to the site, as declared.

    Parameters
    ----------
    inputs
        Sites.

    Returns
    -------
    Series
        MW; missing where the file does not say. No open file says it: the published
        capacities of the grid are for injection, not for supply.
    """
    return pd.Series(numbers(inputs.sites["power_mw"]), index=inputs.sites.index)


def water_m3_day(inputs: Inputs) -> pd.Series:
    """Tell the water available to the site, as declared.

    Parameters
    ----------
    inputs
        Sites.

    Returns
    -------
    Series
        m³ a day; missing where the file does not say.
    """
    return pd.Series(numbers(inputs.sites["water_m3_day"]), index=inputs.sites.index)


def sewer_at_site(inputs: Inputs) -> pd.Series:
    """Tell whether a sewer serves the site, as declared.

    Parameters
    ----------
    inputs
        Sites.

    Returns
    -------
    Series
        ``oui``, ``non``, or missing where the file does not say.
    """
    declared = pd.Series(inputs.sites["sewer"], dtype="object")
    return declared.map({True: YES, False: NO}).astype("object")


def fibre_share(inputs: Inputs) -> pd.Series:
    """Measure the share of premises that can be connected to optical fibre.

    Formula: 1 or 0 where the site declares fibre or none; else the share of the premises of
    its commune.

    Parameters
    ----------
    inputs
        Sites, layers ``communes`` and ``fibre_coverage``.

    Returns
    -------
    Series
        Share in [0, 1]; missing where neither says.
    """
    around = pd.Series(
        numbers(of_commune(inputs, "fibre_coverage", "fibre_share")), index=inputs.sites.index
    )
    return _declared(inputs, "fibre", yes=1.0, no=0.0).fillna(around)


def laid_distance_m(inputs: Inputs, features: gpd.GeoDataFrame | None) -> pd.Series:
    """Estimate the length of a line to the nearest feature, laid along roads.

    Formula: distance from the edge of the site × ``detour_factor``, whether a road network is
    loaded or not: a line may be laid where no car drives.

    Parameters
    ----------
    inputs
        Sites and detour factor.
    features
        Any geometries, or ``None`` where the layer is missing.

    Returns
    -------
    Series
        Metres; missing without feature.
    """
    return nearest_m(inputs.sites, features) * inputs.parameters.detour_factor


def distance_substation_m(inputs: Inputs) -> pd.Series:
    """Estimate the distance to the nearest electrical substation, along roads.

    Parameters
    ----------
    inputs
        Sites, layer ``substations``, detour factor.

    Returns
    -------
    Series
        Metres; missing without the layer.
    """
    return laid_distance_m(inputs, inputs.layer("substations"))


def distance_gas_m(inputs: Inputs) -> pd.Series:
    """Estimate the distance to the gas network, along roads.

    Formula: 0 where the site declares gas, else the distance to the nearest pipe ×
    ``detour_factor``.

    Parameters
    ----------
    inputs
        Sites, layer ``gas_network``, detour factor.

    Returns
    -------
    Series
        Metres; missing without the layer, unless the site declares gas.
    """
    distance_m = laid_distance_m(inputs, inputs.layer("gas_network"))
    return distance_m.mask(_declared(inputs, "gas", yes=1.0, no=0.0) == 1.0, 0.0)


def gas_at_site(inputs: Inputs) -> pd.Series:
    """Tell whether gas serves the site, as declared.

    Parameters
    ----------
    inputs
        Sites.

    Returns
    -------
    Series
        ``oui``, ``non``, or missing where the file does not say.
    """
    declared = pd.Series(inputs.sites["gas"], dtype="object")
    return declared.map({True: YES, False: NO}).astype("object")


def _declared(inputs: Inputs, column: str, *, yes: float, no: float) -> pd.Series:
    """Return numbers for a yes/no column, missing where the file does not say."""
    declared = pd.Series(inputs.sites[column], dtype="object")
    return declared.map({True: yes, False: no}).astype("float64")


CRITERIA = (
    Criterion(
        name="power_mw",
        title=N_("Power available"),
        theme="utilities",
        objective=Objective.MAX,
        unit="MW",
        requires=(),
        source="Déclaré ; proposition technique et financière du gestionnaire de réseau",
        function=power_mw,
    ),
    Criterion(
        name="gas_at_site",
        title=N_("Gas at the site"),
        theme="utilities",
        objective=Objective.MAX,
        unit="label",
        requires=(),
        source="CNIG Sites économiques v2024-10 (réseau de gaz)",
        function=gas_at_site,
        labels=(NO, YES),
    ),
    Criterion(
        name="water_m3_day",
        title=N_("Water available"),
        theme="utilities",
        objective=Objective.MAX,
        unit=N_("m³/day"),
        requires=(),
        source="Déclaré dans le fichier des sites ; gestionnaire du service d'eau",
        function=water_m3_day,
    ),
    Criterion(
        name="sewer_at_site",
        title=N_("Sewer at the site"),
        theme="utilities",
        objective=Objective.MAX,
        unit="label",
        requires=(),
        source="CNIG Sites économiques v2024-10 (réseau d'assainissement)",
        function=sewer_at_site,
        labels=(NO, YES),
    ),
    Criterion(
        name="fibre_share",
        title=N_("Fibre at the site, or around"),
        theme="utilities",
        objective=Objective.MAX,
        unit="",
        requires=("communes", "fibre_coverage"),
        source="CNIG Sites économiques v2024-10 (fibre) ; Arcep, Ma connexion internet",
        function=fibre_share,
    ),
    Criterion(
        name="distance_substation_m",
        title=N_("Distance to a substation"),
        theme="utilities",
        objective=Objective.MIN,
        unit="m",
        requires=("substations",),
        source="Postes électriques (RTE, Enedis) ; distance à vol d'oiseau × coefficient de détour",
        function=distance_substation_m,
        sight=Sight.NEAREST,
    ),
    Criterion(
        name="distance_gas_m",
        title=N_("Distance to the gas network"),
        theme="utilities",
        objective=Objective.MIN,
        unit="m",
        requires=("gas_network",),
        source="Réseaux de gaz (NaTran, GRDF) ; distance à vol d'oiseau × coefficient de détour",
        function=distance_gas_m,
        sight=Sight.NEAREST,
    ),
)
