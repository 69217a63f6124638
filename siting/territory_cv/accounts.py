"""The ZAN budget of a territory, and the sites that lie in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from layers.errors import N_
from layers.spec import Provenance, Status
from siting.balance.model import least_sure
from siting.criteria.around import numbers
from siting.criteria.employment import JOBS_BOUNDS
from siting.domain import Reason
from siting.roles import sees
from siting.territory_cv.model import Fact, Label, Place, SiteLine, known, unknown

BUDGET_UNKNOWN = N_("the reference of {count} communes is unknown")
JOBS_ESTIMATED = N_(
    "between {low} and {high}; estimated from the vocation of {count} sites, by densities that "
    "are a working hypothesis"
)
SITES_UNKNOWN = N_("unknown for some of its sites: {names}")

_BUDGET: Final = (
    (Label("reference", N_("ENAF consumed in the reference period"), "zan", "ha"), "reference_m2"),
    (Label("budget", N_("ENAF budget of the period"), "zan", "ha"), "budget_m2"),
    (Label("observed", N_("ENAF observed in the period"), "zan", "ha"), "observed_m2"),
    (Label("correction", N_("Local corrections"), "zan", "ha"), "correction_m2"),
    (Label("credit", N_("Deducted on evidence"), "zan", "ha"), "credit_m2"),
    (Label("committed", N_("ENAF committed since"), "zan", "ha"), "committed_m2"),
    (Label("used", N_("ENAF used in the period"), "zan", "ha"), "used_m2"),
    (Label("remaining", N_("ENAF budget that remains"), "zan", "ha"), "remaining_m2"),
)
_SITES: Final = Label("sites", N_("Sites"), "sites", N_("sites"))
_AREA: Final = Label("sites_area", N_("Land of the sites in the territory"), "sites", "ha")
_ENAF: Final = Label(
    "sites_enaf", N_("ENAF the sites would consume in the territory"), "sites", "ha"
)
_JOBS: Final = Label(
    "sites_jobs",
    N_("Jobs expected on the sites, by the part of them in the territory"),
    "sites",
    N_("jobs"),
)


def budget_facts(place: Place) -> Iterator[Fact]:
    """Tell the ZAN budget of the territory, before any site.

    Parameters
    ----------
    place
        The territory.

    Yields
    ------
    Fact
        Hectares, as :meth:`siting.account.Account.budgets` gives them.
    """
    account = place.run.before
    row = account.budgets(place.level).loc[place.code]
    source = account.flows.provenance
    told = (source.publisher, source.title, str(row["rate_source"]))
    for label, column in _BUDGET:
        if pd.isna(row[column]):
            figures = {"count": int(row["unknown_communes"])}
            yield unknown(label, Reason("budget-unknown", BUDGET_UNKNOWN, figures))
        else:
            yield Fact(label, int(row[column]) / 10_000, source.status, told, source.vintage)


def sites_of(place: Place) -> tuple[SiteLine, ...]:
    """Return the sites that lie in the territory, in whole or in part, and that the role sees.

    Parameters
    ----------
    place
        The territory.

    Returns
    -------
    tuple of SiteLine
        By identifier.
    """
    shares = place.run.shares
    seen = sees(place.role, place.run.sites["confidentiality"])
    own = shares[(shares["level"] == place.level.value) & (shares["code"] == place.code)]
    own = own[own["site_id"].isin(seen.index[seen])]
    status = _source(place).status
    names, vocations = place.run.sites["name"], place.run.sites["vocation"]
    return tuple(
        SiteLine(
            site_id=site_id,
            name=str(names[site_id]),
            vocation="" if pd.isna(vocations[site_id]) else str(vocations[site_id]),
            area_m2=float(area_m2),
            enaf_m2=None if pd.isna(enaf_m2) else int(enaf_m2),
            verdict=place.run.verdicts[site_id].code.value,
            status=status,
        )
        for site_id, area_m2, enaf_m2 in sorted(
            zip(own["site_id"], own["area_m2"], own["enaf_m2"], strict=True)
        )
    )


def site_facts(place: Place, sites: tuple[SiteLine, ...]) -> Iterator[Fact]:
    """Tell how many sites there are, and what they come to in the territory.

    Parameters
    ----------
    place
        The territory.
    sites
        Its sites.

    Yields
    ------
    Fact
        A sum with an unknown part is unknown.
    """
    source = _source(place)
    yield known(_SITES, len(sites), source)
    yield known(_AREA, sum(site.area_m2 for site in sites) / 10_000, source)
    estimated = least_sure([source.status, Status.ESTIMATED])
    missing = [site.site_id for site in sites if site.enaf_m2 is None]
    enaf_ha = sum(site.enaf_m2 or 0 for site in sites) / 10_000
    yield _summed(_ENAF, enaf_ha, missing, source, estimated)
    yield _jobs(place, sites, source, estimated)


def _jobs(place: Place, sites: tuple[SiteLine, ...], source: Provenance, estimated: Status) -> Fact:
    """Tell the jobs expected on the sites, with their bounds and what they rest on."""
    names = [site.site_id for site in sites]
    jobs, gross_m2 = place.run.jobs.loc[names], place.run.sites["gross_area_m2"].loc[names]
    missing = [str(name) for name in jobs.index[jobs["central"].isna()]]
    part = np.array([site.area_m2 for site in sites]) / numbers(gross_m2)
    low, central, high = (float((numbers(jobs[bound]) * part).sum()) for bound in JOBS_BOUNDS)
    count = int((jobs["status"] == Status.ESTIMATED).sum())
    note = Reason("jobs-estimated", JOBS_ESTIMATED,
                  {"count": count, "low": round(low), "high": round(high)})  # fmt: skip
    notes = (note,) if count else ()
    return _summed(_JOBS, central, missing, source, estimated, notes=notes)


def _summed(
    label: Label,
    value: float,
    missing: list[str],
    source: Provenance,
    status: Status,
    *,
    notes: tuple[Reason, ...] = (),
) -> Fact:
    if missing:
        figures = {"names": ", ".join(missing[:5])}
        return unknown(label, Reason("sites-unknown", SITES_UNKNOWN, figures))
    return known(label, value, source, status=status, notes=notes)


def _source(place: Place) -> Provenance:
    use = next(use for use in place.run.manifest.layers if use.name == "sites")
    return Provenance(use.publisher, use.title, use.vintage, use.licence, use.status)
