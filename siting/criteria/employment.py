"""Jobs expected on a site: as declared, or estimated from its vocation and its area."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from layers.spec import Status
from siting.criteria.around import numbers
from siting.criteria.inputs import Parameters

JOBS_BOUNDS = ("low", "central", "high")
"""Columns of the jobs expected, in the order of the densities of a scenario."""


def expected_jobs(sites: gpd.GeoDataFrame, parameters: Parameters) -> pd.DataFrame:
    """Tell the jobs expected on each site once it is full, and how they are known.

    Declared jobs (``expected_jobs``) stand for all three bounds. Else, by the vocation of
    the site: gross area (ha) × jobs per gross hectare of ``measure.jobs_per_ha``, status
    ``estimated``. Densities of published zones are over their whole area, roads and ponds
    included, hence the gross area and not the usable one.

    Parameters
    ----------
    sites
        The site table (``expected_jobs``, ``vocation``, ``gross_area_m2``).
    parameters
        The ``measure`` section of a scenario.

    Returns
    -------
    DataFrame
        ``low``, ``central``, ``high`` (jobs) and ``status`` (``declared``, ``estimated``, or
        missing) on the index of the sites. Missing, never zero, where a site declares
        neither jobs nor a vocation.

    Examples
    --------
    >>> from siting.scenario import load_scenario
    >>> sites = gpd.GeoDataFrame({"expected_jobs": [80.0, None, None],
    ...     "vocation": ["industrielle", "industrielle", None], "gross_area_m2": 100_000.0})
    >>> expected_jobs(sites, load_scenario().measure)
         low  central   high     status
    0   80.0     80.0   80.0   declared
    1   70.0    150.0  240.0  estimated
    2    NaN      NaN    NaN        NaN
    """
    declared = numbers(sites["expected_jobs"])
    area_ha = numbers(sites["gross_area_m2"]) / 10_000
    vocation = pd.Series(sites["vocation"], dtype="object")
    densities = parameters.jobs_per_ha.vocation
    jobs = pd.DataFrame(index=sites.index)
    for position, bound in enumerate(JOBS_BOUNDS):
        density = {name: values[position] for name, values in densities.items()}
        estimated = area_ha * numbers(vocation.map(density))
        jobs[bound] = np.where(np.isnan(declared), estimated, declared)
    status = np.full(len(sites), np.nan, dtype=object)
    status[jobs["central"].notna().to_numpy()] = Status.ESTIMATED.value
    status[~np.isnan(declared)] = Status.DECLARED.value
    return jobs.assign(status=status)
