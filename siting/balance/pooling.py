"""What the chosen sites could share: shuttles and car parks, with another of them near."""

from __future__ import annotations

from typing import Final

import numpy as np

from layers.errors import N_
from siting.balance.equality import NOTHING
from siting.balance.model import SHARE, Case, Figure, Ground, Indicator, Reading
from siting.balance.reach import NO_PLACE
from siting.criteria.around import pairs_in_reach
from siting.domain import Reason

STRAIGHT = N_("another site is near within {km} km in a straight line, from edge to edge")


def _pooled(ground: Ground, case: Case) -> Figure:
    if case.places.empty:
        return Figure(None, (Reason("nothing", NOTHING),))
    if not case.sited:
        return Figure(None, (Reason("no-place", NO_PLACE),))
    unknown = case.unknown.get("jobs", ())
    jobs = case.places["jobs"]
    if not jobs.sum() > 0:
        return Figure(None, unknown or (Reason("nothing", NOTHING),))
    radius_m = ground.parameters.neighbours_reach_m
    near = np.zeros(len(case.places), dtype=bool)
    for site, other in pairs_in_reach(case.places, case.places.geometry, radius_m=radius_m):
        near[site[site != other]] = True
    told = Reason("straight", STRAIGHT, {"km": radius_m / 1000})
    return Figure(float(jobs[near].sum() / jobs.sum()), (*unknown, told))


POOLING_INDICATORS: Final = (
    Indicator(
        name="pooled_jobs",
        titles=(N_("Jobs expected on sites that have another chosen site near"),),
        theme="access",
        unit=SHARE,
        reading=Reading.BETTER,
        formula=N_(
            "jobs expected on the sites whose edge is within neighbours_reach_m of another chosen "
            "site, with which a shuttle or a car park may be shared, ÷ all the jobs expected that "
            "are known; who starts at the same time around one site is told by its criterion "
            "shift_workers"
        ),
        source="Définition du projet",
        requires=("sites", "communes"),
        function=_pooled,
        uses_jobs=True,
    ),
)
"""Indicators that depend on the other sites chosen, which the score of a site never does."""
