"""Land: what the site takes, what is already built, and how hard it weighs on the budget."""

from __future__ import annotations

import numpy as np
import pandas as pd

from layers.errors import N_
from siting.criteria.around import numbers
from siting.criteria.employment import expected_jobs
from siting.criteria.inputs import Inputs
from siting.criteria.zones import share_in
from siting.domain import Criterion, LandClass, Objective

YES = "oui"
NO = "non"


def enaf_per_usable_area(inputs: Inputs) -> pd.Series:
    """Measure the ENAF consumed for each square metre that can be sold.

    Formula: ``enaf_m2 / usable_area_m2``. Above 1 where roads, ponds and margins take
    more than is sold. An unknown usable area leaves it unknown: the gross area would
    flatter the sites that declare least.

    Parameters
    ----------
    inputs
        Sites and measured land.

    Returns
    -------
    Series
        m² of ENAF per usable m²; missing where either is unknown or nothing is usable.
    """
    usable_m2 = numbers(inputs.sites["usable_area_m2"])
    usable_m2[usable_m2 == 0] = np.nan
    return pd.Series(numbers(inputs.enaf_m2) / usable_m2, index=inputs.sites.index)


def enaf_per_job(inputs: Inputs) -> pd.Series:
    """Measure the ENAF consumed for each job expected.

    Formula: ``enaf_m2 / jobs``, the jobs of
    :func:`siting.criteria.employment.expected_jobs` (declared, else the central density of
    the vocation). It is 10,000 ÷ the jobs per hectare of ENAF, told this way round because a
    site that takes no ENAF has 0, not infinity. Less than one job counts as one.

    Parameters
    ----------
    inputs
        Sites, measured land, densities of jobs.

    Returns
    -------
    Series
        m² of ENAF per job; missing where either is unknown.
    """
    jobs = np.maximum(numbers(expected_jobs(inputs.sites, inputs.parameters)["central"]), 1.0)
    return pd.Series(numbers(inputs.enaf_m2) / jobs, index=inputs.sites.index)


def agricultural_share(inputs: Inputs) -> pd.Series:
    """Measure the share of the site that is agricultural land, over the land of known cover.

    Parameters
    ----------
    inputs
        Measured land, and the tolerance on unknown cover.

    Returns
    -------
    Series
        Share in [0, 1]; missing as :func:`artificialised_share`.
    """
    return _class_share(inputs, LandClass.AGRICULTURAL)


def forest_share(inputs: Inputs) -> pd.Series:
    """Measure the share of the site that is forest, over the land of known cover.

    Parameters
    ----------
    inputs
        Measured land, and the tolerance on unknown cover.

    Returns
    -------
    Series
        Share in [0, 1]; missing as :func:`artificialised_share`.
    """
    return _class_share(inputs, LandClass.FOREST)


def artificialised_share(inputs: Inputs) -> pd.Series:
    """Measure the share of the site that is already artificialised.

    Formula: ``artificialised / (all classes − unknown)``, over the land whose cover is
    known.

    Parameters
    ----------
    inputs
        Measured land, and the tolerance on unknown cover.

    Returns
    -------
    Series
        Share in [0, 1]; missing where the cover of more than ``unknown_tolerance`` of the
        site is unknown.
    """
    return _class_share(inputs, LandClass.ARTIFICIALISED)


def _class_share(inputs: Inputs, wanted: LandClass) -> pd.Series:
    areas_m2 = inputs.areas_m2
    total_m2 = np.zeros(len(areas_m2))
    for land_class in LandClass:  # one by one: a pairwise sum would depend on the batch
        total_m2 += numbers(areas_m2[land_class.value])
    unknown_m2 = numbers(areas_m2[LandClass.UNKNOWN.value])
    known_m2 = total_m2 - unknown_m2
    enough = (known_m2 > 0) & (unknown_m2 <= inputs.parameters.unknown_tolerance * total_m2)
    share = numbers(areas_m2[wanted.value]) / np.where(enough, known_m2, np.nan)
    return pd.Series(np.minimum(share, 1.0), index=areas_m2.index)


BORDER_SHARE = 0.01
"""Share of a site below which the EPCI that holds it is left out of the pressure."""


def brownfield(inputs: Inputs) -> pd.Series:
    """Tell whether the site is a friche.

    Parameters
    ----------
    inputs
        Sites.

    Returns
    -------
    Series
        ``oui``, ``non``, or missing where the file does not say.
    """
    declared = pd.Series(inputs.sites["is_brownfield"], dtype="object")
    return declared.map({True: YES, False: NO}).astype("object")


def friche_share(inputs: Inputs) -> pd.Series:
    """Measure the share of the site that is a friche.

    Formula: 1 where the site is declared a friche; else the share that the layer
    ``brownfields`` covers, overlaps counted once; without the layer, 0 where it is declared
    not to be one.

    Parameters
    ----------
    inputs
        Sites, layer ``brownfields``.

    Returns
    -------
    Series
        Share in [0, 1]; missing where neither the file nor a layer says, which it does not of a
        département where it has nothing.
    """
    said = brownfield(inputs)
    share = share_in(inputs, "brownfields")
    return share.mask(share.isna() & (said == NO), 0.0).mask(said == YES, 1.0)


def budget_pressure(inputs: Inputs) -> pd.Series:
    """Measure the share of the remaining budget that the site would take.

    Formula: the highest, over the EPCI the site takes ENAF from, of
    ``min(1, enaf_m2 / remaining_m2)``, 1 where the budget is already spent; 0 for a site
    that consumes no ENAF. An EPCI that holds less than 1 % of the site is left out: that is
    the imprecision of the outlines.

    Parameters
    ----------
    inputs
        ENAF of each site, and its shares by EPCI.

    Returns
    -------
    Series
        Share in [0, 1]; missing where the ENAF is unknown, or the budget of an EPCI it is
        taken from.
    """
    index = inputs.sites.index
    shares = inputs.epci_shares
    site = index.get_indexer(pd.Index(shares["site"]))
    enaf_m2, remaining_m2 = numbers(shares["enaf_m2"]), numbers(shares["remaining_m2"])
    whole_m2 = np.bincount(site, weights=numbers(shares["area_m2"]), minlength=len(index))
    counts = (enaf_m2 > 0) & (numbers(shares["area_m2"]) >= BORDER_SHARE * whole_m2[site])
    share = np.minimum(1.0, enaf_m2 / np.where(remaining_m2 > 0, remaining_m2, np.nan))
    share[remaining_m2 <= 0] = 1.0
    highest = np.zeros(len(index))
    known = counts & ~np.isnan(share)
    np.maximum.at(highest, site[known], share[known])
    highest[site[counts & ~known]] = np.nan
    return pd.Series(highest, index=index).mask(inputs.enaf_m2.isna())


CRITERIA = (
    Criterion(
        name="enaf_per_usable_area",
        title=N_("ENAF consumed per usable area"),
        theme="land",
        objective=Objective.MIN,
        unit="m²/m²",
        requires=("land_cover",),
        source="Loi 2021-1104, art. 194, III ; CNIG Sites économiques v2024-10 (surface utile)",
        function=enaf_per_usable_area,
    ),
    Criterion(
        name="artificialised_share",
        title=N_("Share already artificialised"),
        theme="land",
        objective=Objective.MAX,
        unit="",
        requires=("land_cover",),
        source="C. urb., L. 101-2-1 et annexe de R. 101-1",
        function=artificialised_share,
    ),
    Criterion(
        name="brownfield",
        title=N_("Brownfield (friche)"),
        theme="land",
        objective=Objective.MAX,
        unit="label",
        requires=(),
        source="C. urb., L. 111-26 et D. 111-54",
        function=brownfield,
        labels=(NO, YES),
    ),
    Criterion(
        name="budget_pressure",
        title=N_("Share of the remaining ZAN budget taken"),
        theme="land",
        objective=Objective.MIN,
        unit="",
        requires=("communes", "enaf_flows", "land_cover"),
        source="Loi 2021-1104, art. 194, III 3°",
        function=budget_pressure,
    ),
    Criterion(
        name="enaf_per_job",
        title=N_("ENAF consumed per job expected"),
        theme="land",
        objective=Objective.MIN,
        unit=N_("m²/job"),
        requires=("land_cover",),
        source="C. urb., L. 141-3 (utilisation économe) ; Insee Analyses Pays de la Loire n° 80",
        function=enaf_per_job,
    ),
    Criterion(
        name="agricultural_share",
        title=N_("Share of agricultural land"),
        theme="land",
        objective=Objective.MIN,
        unit="",
        requires=("land_cover",),
        source="C. rur., L. 112-1-1 et L. 112-1-3 (consommation et compensation agricoles)",
        function=agricultural_share,
    ),
    Criterion(
        name="forest_share",
        title=N_("Share of forest"),
        theme="land",
        objective=Objective.MIN,
        unit="",
        requires=("land_cover",),
        source="C. for., L. 341-1 et L. 341-6 (défrichement et compensation)",
        function=forest_share,
    ),
    Criterion(
        name="friche_share",
        title=N_("Share of the site that is a friche"),
        theme="land",
        objective=Objective.MAX,
        unit="",
        requires=("brownfields",),
        source="C. urb., L. 111-26 et D. 111-54 ; Cartofriches (Cerema), standard CNIG Friches",
        function=friche_share,
    ),
)
