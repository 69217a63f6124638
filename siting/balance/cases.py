"""The three cases: without the sites, with them, the budget left where it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.errors import N_
from layers.spec import Status
from layers.territory import Level
from siting.account import Account
from siting.balance.model import Case, CaseKey, Ground, least_sure
from siting.criteria.around import numbers
from siting.criteria.employment import expected_jobs
from siting.domain import Reason

SITE_UNKNOWN = N_("unknown for {count} sites ({names}), left out")
NO_BUDGET_LEFT = N_("no EPCI has any budget left")
BUDGET_UNKNOWN = N_("the budget of {count} EPCI is unknown: nothing is left to them here")
COMMUNES_UNKNOWN = N_(
    "what remains to {count} EPCI cannot be shared out between their communes, whose inhabitants "
    "are not all known: nothing is left to them here"
)

PLACED = ("area_m2", "usable_m2", "enaf_m2", "jobs")
"""What sites bring; all of it is shared out by commune."""

_WHOLE_SHARE = 1 - 1e-4
"""Share of a site in the territory from which all of it is: the rest is how outlines are drawn."""

_CONSUMED = ("observed_m2", "correction_m2", "committed_m2")
"""ENAF of the period as corrected locally; a credit is no land given back."""

_OBSERVED = ("used_m2", "all_jobs")
_COMPARED = (*PLACED, *_OBSERVED)
_PLACES = ("area_m2", "jobs", "jobs_low", "jobs_high")


def cases_of(
    sites: gpd.GeoDataFrame, shares: pd.DataFrame, account: Account, ground: Ground
) -> tuple[Case, Case, Case]:
    """Return the three cases, over the same communes so that they can be compared.

    A commune whose part of a site is unknown is unknown in the two other cases too: a
    territory left out of one case is left out of all.

    Parameters
    ----------
    sites, shares, account, ground
        As of :func:`with_sites`.

    Returns
    -------
    tuple of Case
        Without the sites, with them, the budget left where it is.
    """
    placed = with_sites(sites, shares, account, ground)
    without = without_sites(account, ground)
    left = left_where_it_is(placed, account, ground)
    return _as_known(without, placed, _OBSERVED), placed, _as_known(left, placed, _COMPARED)


def _as_known(case: Case, placed: Case, columns: tuple[str, ...]) -> Case:
    """Return a case without what is unknown in that of the sites."""
    gaps = placed.communes[[*columns]].isna()
    unknown = dict(case.unknown)
    for name in columns:
        told = unknown.get(name, ())
        more = (reason for reason in placed.unknown.get(name, ()) if reason not in told)
        unknown[name] = (*told, *more)
    communes = case.communes.assign(**case.communes[[*columns]].mask(gaps))
    return replace(case, communes=communes, unknown=unknown)


def without_sites(account: Account, ground: Ground) -> Case:
    """Return the territory as observed: what was consumed and committed, and no site.

    Parameters
    ----------
    account
        The account before the sites.
    ground
        The territory.

    Returns
    -------
    Case
        The case.
    """
    communes = pd.DataFrame(0.0, index=ground.parents.index, columns=[*PLACED])
    whole = _with_observed(communes, account, ground)
    empty = {name: pd.Series(dtype="float64") for name in _PLACES}
    places = gpd.GeoDataFrame(empty, geometry=[], crs=ground.territory.communes.geo.crs)
    return Case(CaseKey.WITHOUT, whole, communes, places, sited=False)


def with_sites(
    sites: gpd.GeoDataFrame, shares: pd.DataFrame, account: Account, ground: Ground
) -> Case:
    """Return the territory with sites: each is shared out between communes by area.

    Parameters
    ----------
    sites
        The sites judged, rows of the site table.
    shares
        ``site_id``, ``code`` (commune), ``area_m2``, ``enaf_m2`` of these sites.
    account
        The account before the sites.
    ground
        The territory.

    Returns
    -------
    Case
        The case; a commune that holds a part of a site of unknown figure is unknown. Its places
        have the part of their area and of their jobs that lies in the territory.
    """
    index = ground.parents.index
    jobs = expected_jobs(sites, ground.parameters)
    gross_m2 = sites["gross_area_m2"].astype("float64")
    own = pd.DataFrame({"usable_m2": numbers(sites["usable_area_m2"]), "jobs": jobs["central"]})
    own.index = sites.index
    of_site = shares["site_id"]
    part = shares["area_m2"].to_numpy() / gross_m2.reindex(of_site).to_numpy()
    pieces = pd.DataFrame(
        {
            "area_m2": numbers(shares["area_m2"]),
            "usable_m2": own["usable_m2"].reindex(of_site).to_numpy() * part,
            "enaf_m2": numbers(shares["enaf_m2"]),
            "jobs": own["jobs"].reindex(of_site).to_numpy() * part,
        }
    )
    codes = shares["code"]
    communes = _everywhere(add_up(pieces, codes), index)
    known = _everywhere(pieces.groupby(codes.to_numpy()).sum(min_count=1), index)
    # What lies outside the territory is neither in its totals nor in its reach.
    inside = pd.Series(part).groupby(of_site.to_numpy()).sum().reindex(sites.index, fill_value=0.0)
    inside = inside.where(inside < _WHOLE_SHARE, 1.0)
    places = gpd.GeoDataFrame(
        {"area_m2": gross_m2 * inside, "jobs": jobs["central"] * inside,
         "jobs_low": jobs["low"] * inside, "jobs_high": jobs["high"] * inside},
        geometry=sites.geometry,
    )  # fmt: skip
    no_enaf = pieces[["enaf_m2"]].isna().groupby(of_site.to_numpy()).any()["enaf_m2"]
    missing = own.isna().assign(enaf_m2=no_enaf.reindex(sites.index, fill_value=False))
    missing = missing.assign(used_m2=missing["enaf_m2"], all_jobs=missing["jobs"])
    statuses = [Status(status) for status in set(jobs["status"].dropna())]
    return Case(
        CaseKey.WITH,
        _with_observed(communes, account, ground),
        known,
        places,
        sited=True,
        jobs_status=least_sure(statuses) if statuses else None,
        unknown={str(name): _unknown_sites(gaps) for name, gaps in missing.items() if gaps.any()},
    )


def left_where_it_is(case: Case, account: Account, ground: Ground) -> Case:
    """Return the same hectares and jobs, shared out as the budget that is left.

    Formula: total of the sites × remaining budget of the EPCI ÷ remaining budget of all, an EPCI
    that has overspent having none; inside an EPCI, by what remains to each commune, or by
    inhabitant where nothing does. The totals are the same, so that the two cases compare where
    hectares go and not how many there are.

    Parameters
    ----------
    case
        The case with the sites.
    account
        The account before the sites.
    ground
        The territory.

    Returns
    -------
    Case
        The case; its places are points that stand for communes.
    """
    index = ground.parents.index
    remaining = account.budgets(Level.EPCI)["remaining_m2"]
    weights, told = _left_weights(account, ground, remaining)
    if not weights.sum() > 0:
        told = (*told, Reason("no-budget-left", NO_BUDGET_LEFT))
        weights = pd.Series(np.nan, index=index)
    communes = pd.DataFrame({name: weights * case.total(name) for name in PLACED}, index=index)
    shapes = ground.territory.communes.geo.set_index("code").geometry.reindex(index)
    held = weights[weights > 0].index
    jobs = {name: weights[held] * case.places[name].sum(min_count=1) for name in _PLACES}
    places = gpd.GeoDataFrame(
        jobs, geometry=shapely.point_on_surface(shapes[held].to_numpy(dtype=object)), index=held,
        crs=shapes.crs,
    )  # fmt: skip
    unknown = {name: (*case.unknown.get(name, ()), *told) for name in _COMPARED}
    return Case(
        CaseKey.LEFT,
        _with_observed(communes, account, ground),
        communes,
        places,
        sited=False,
        jobs_status=case.jobs_status,
        unknown={name: reasons for name, reasons in unknown.items() if reasons},
    )


def add_up(amounts: pd.DataFrame, codes: pd.Series) -> pd.DataFrame:
    """Add amounts up by code; a sum with an unknown part is unknown.

    Parameters
    ----------
    amounts
        Numbers, missing where unknown.
    codes
        Code of each row, in the same order.

    Returns
    -------
    DataFrame
        Sums by code, sorted.

    Examples
    --------
    >>> add_up(pd.DataFrame({"x": [1.0, 2.0, np.nan]}), pd.Series(["a", "a", "b"]))
         x
    a  3.0
    b  NaN
    """
    by = codes.to_numpy()
    sums = amounts.groupby(by, sort=True).sum()
    return sums.mask(amounts.isna().groupby(by, sort=True).any())


def _everywhere(sums: pd.DataFrame, index: pd.Index) -> pd.DataFrame:
    """Return sums on every commune, zero where there is no site."""
    found = sums.reindex(index)
    found.loc[~index.isin(sums.index)] = 0.0
    return found


def _with_observed(communes: pd.DataFrame, account: Account, ground: Ground) -> pd.DataFrame:
    """Add what is observed to what sites bring: ENAF of the period and jobs at the workplace."""
    index = communes.index
    used = account.communes[[*_CONSUMED]].sum(axis=1, skipna=False)
    return communes.assign(
        used_m2=numbers(used.reindex(index)) + communes["enaf_m2"],
        all_jobs=ground.number("workplace_jobs", "jobs") + communes["jobs"],
    )


def _left_weights(
    account: Account, ground: Ground, remaining: pd.Series
) -> tuple[pd.Series, tuple[Reason, ...]]:
    """Return the share of the whole that each commune would have, and what is unknown."""
    index = ground.parents.index
    epci = ground.parents["epci"]
    left = pd.Series(numbers(remaining), index=remaining.index).fillna(0.0).clip(lower=0.0)
    own = pd.Series(numbers(account.communes["remaining_m2"].reindex(index)), index=index)
    own = own.fillna(0.0).clip(lower=0.0)
    people = ground.number("housing", "population")
    of_epci = own.groupby(epci).transform("sum")
    # What is pooled at the EPCI remains to no commune.
    unsure = people.isna().groupby(epci).transform("any")
    of_people = people.groupby(epci).transform("sum").mask(unsure)
    by_people = people / of_people.where(of_people > 0)
    inside = (own / of_epci.where(of_epci > 0)).fillna(by_people)
    lost = inside.isna().groupby(epci).any().reindex(left.index, fill_value=False) & (left > 0)
    left = left.mask(lost, 0.0)
    counts = (
        ("budget-unknown", BUDGET_UNKNOWN, int(remaining.isna().sum())),
        ("communes-unknown", COMMUNES_UNKNOWN, int(lost.sum())),
    )
    told = tuple(Reason(code, text, {"count": count}) for code, text, count in counts if count)
    whole = left.sum()
    weights = inside.fillna(0.0) * epci.map(left) / (whole if whole > 0 else 1.0)
    return weights, told


def _unknown_sites(missing: pd.Series) -> tuple[Reason, ...]:
    names = [str(site) for site in missing.index[missing]]
    figures: Mapping[str, object] = {"count": len(names), "names": ", ".join(names[:5])}
    return (Reason("site-unknown", SITE_UNKNOWN, figures),)
