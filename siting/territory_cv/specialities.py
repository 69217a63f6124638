"""What a territory is a specialist of: location quotients, against the region."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd
import shapely

from layers.errors import N_
from layers.naf import NAF_DIVISIONS
from layers.spec import Layer, Status
from layers.territory import Level
from siting.balance.model import INDEX, least_sure
from siting.domain import Reason
from siting.territory_cv.model import Fact, Label, Place, known, not_given, unknown

SHOWN: Final = 5
"""Specialities told, the highest quotients first."""
LEAST_SHARE: Final = 0.01
"""Share of the territory's jobs under which an activity is not told: the quotient of a few jobs
says little (working hypothesis)."""

QUOTIENT: Final = N_("share of the jobs of the territory ÷ share of those of the region")
IN_JOBS: Final = N_("{activity} ({naf}): location quotient {quotient_ratio}, jobs: {count}")
IN_ESTABLISHMENTS: Final = N_(
    "{activity} ({naf}): location quotient {quotient_ratio}, establishments: {count}"
)
ESTABLISHMENTS_ONLY: Final = N_(
    "by number of establishments, large or small: no layer tells their jobs"
)
REFERENCE: Final = N_("the region is what the others are compared with")
HIDDEN: Final = N_("{count} figures of jobs are hidden or missing in the region")
NO_JOB: Final = N_("the layer tells of no job there")
NONE: Final = N_("no activity above the mean of the region")

_QUOTIENT: Final = Label("industry_quotient", N_("Location quotient of industry"), "jobs", INDEX)
_SPECIALITIES: Final = Label("specialities", N_("Specialities"), "jobs", "")


def location_quotients(own: pd.Series, reference: pd.Series) -> pd.Series:
    """Compare the shares of activities here with their shares in a reference.

    Formula: ``(own ÷ Σ own) ÷ (reference ÷ Σ reference)``, the location quotient (*indice de
    spécificité*): 1 where an activity weighs as much here as there.

    Parameters
    ----------
    own
        Jobs, or establishments, by activity, of the territory.
    reference
        The same of the reference, which holds the territory.

    Returns
    -------
    Series
        By activity of the reference; 0 where the territory has none, missing where either has
        no job at all or the reference has none of the activity.

    Examples
    --------
    >>> here, region = pd.Series({"28": 30, "10": 70}), pd.Series({"28": 100, "10": 900})
    >>> location_quotients(here, region).round(3).to_dict()
    {'28': 3.0, '10': 0.778}
    """
    counts = own.reindex(reference.index, fill_value=0).astype("float64")
    there = reference.astype("float64")
    there = there.mask(there == 0)
    if not counts.sum() > 0:
        return pd.Series(np.nan, index=reference.index)
    return (counts / counts.sum()) / (there / there.sum())


def speciality_facts(place: Place) -> Iterator[Fact]:
    """Tell how much industry weighs, and the activities that weigh more than in the region.

    Parameters
    ----------
    place
        The territory.

    Yields
    ------
    Fact
        The quotient of industry, from ``workplace_jobs``; the specialities, from
        ``jobs_by_activity``, else from the number of ``establishments``.
    """
    yield _industry(place)
    jobs, places = (place.world.layers.get(one) for one in ("jobs_by_activity", "establishments"))
    if place.level is Level.REGION:
        yield unknown(_SPECIALITIES, Reason("reference", REFERENCE))
    elif jobs is not None:
        yield _by_jobs(place, jobs)
    elif places is not None:
        yield _by_establishments(place, places)
    else:
        yield unknown(_SPECIALITIES, not_given("jobs_by_activity"))


def _industry(place: Place) -> Fact:
    layer = place.world.layers.get("workplace_jobs")
    if layer is None:
        return unknown(_QUOTIENT, not_given("workplace_jobs"))
    table = layer.data.set_index("code")[["industry_jobs", "jobs"]]
    table = table.reindex(place.world.territory.codes(Level.COMMUNE))
    missing = int(table.isna().to_numpy().sum())
    if missing:
        return unknown(_QUOTIENT, Reason("figures-hidden", HIDDEN, {"count": missing}))
    table = table.assign(other=table["jobs"] - table["industry_jobs"]).drop(columns="jobs")
    quotient = location_quotients(table.loc[place.communes].sum(), table.sum())["industry_jobs"]
    if np.isnan(quotient):
        return unknown(_QUOTIENT, Reason("no-job", NO_JOB))
    status = least_sure([layer.provenance.status, Status.ESTIMATED])
    notes = (Reason("quotient", QUOTIENT),)
    return known(_QUOTIENT, float(quotient), layer.provenance, status=status, notes=notes)


def _by_jobs(place: Place, layer: Layer) -> Fact:
    region = layer.data[layer.data["code"].isin(place.world.territory.codes(Level.COMMUNE))]
    missing = int(region["jobs"].isna().sum())
    if missing:
        return unknown(_SPECIALITIES, Reason("figures-hidden", HIDDEN, {"count": missing}))
    own = region[region["code"].isin(place.communes)]
    here, there = (part.groupby("naf")["jobs"].sum() for part in (own, region))
    return _told(here, there, layer, IN_JOBS)


def _by_establishments(place: Place, layer: Layer) -> Fact:
    points = np.asarray(layer.geo.geometry, dtype=object)
    outline = place.world.territory.outline
    region = layer.data["naf"][shapely.intersects(outline, points)]
    own = layer.data["naf"][shapely.intersects(place.shape, points)]
    told = _told(own.value_counts(), region.value_counts(), layer, IN_ESTABLISHMENTS)
    if told.value is None:
        return told
    more = Reason("establishments-only", ESTABLISHMENTS_ONLY)
    return Fact(told.label, told.value, told.status, told.sources, told.vintage,
                (*told.notes, more))  # fmt: skip


def _told(own: pd.Series, region: pd.Series, layer: Layer, message: str) -> Fact:
    """Tell the activities above the mean of the region, the highest first."""
    if not own.sum() > 0:
        return unknown(_SPECIALITIES, Reason("no-job", NO_JOB))
    quotients = location_quotients(own, region)
    share = own.reindex(quotients.index, fill_value=0) / own.sum()
    kept = quotients[(quotients > 1) & (share >= LEAST_SHARE)]
    kept = kept.sort_index().sort_values(ascending=False, kind="stable").head(SHOWN)
    if kept.empty:
        return unknown(_SPECIALITIES, Reason("none", NONE))
    lines, titles = [], []
    for naf, quotient in zip(kept.index.astype("str"), kept, strict=True):
        activity = NAF_DIVISIONS.get(naf, "?")
        count = round(float(own.loc[naf]))
        figures = {"activity": activity, "naf": naf, "quotient_ratio": quotient, "count": count}
        lines.append(Reason("speciality", message, figures))
        titles.append(f"{activity} ({naf})")
    value = " ; ".join(titles)
    status = least_sure([layer.provenance.status, Status.ESTIMATED])
    notes = (*lines, Reason("quotient", QUOTIENT))
    return known(_SPECIALITIES, value, layer.provenance, status=status, notes=notes)
