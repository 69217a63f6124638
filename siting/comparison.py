"""What differs between two runs: scenario, verdicts and why, ranks, budgets, balance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd

from layers.errors import N_
from layers.territory import Level
from siting.domain import Envelope, Reason, VerdictCode
from siting.known import known_number, known_whole
from siting.labels import ENVELOPE_LABELS
from siting.pipeline import Run
from siting.scenario.differences import (
    BUDGET_TOPICS,
    SCORE_TOPICS,
    Difference,
    Topic,
    differences,
)

ENTERS = N_("the site enters the set")
LEAVES = N_("the site leaves the set")
NEW_FILE = N_("the site is only in the second file")
GONE_FILE = N_("the site is only in the first file")
ENVELOPE = N_("its envelope goes from “{before}” to “{after}”")
YEAR = N_("its works start goes from {before} to {after}")
EXCLUSIONS = N_("the eligibility rules do not exclude it for the same reasons")
LAND = N_("the ENAF it takes goes from {before_ha} ha to {after_ha} ha")
REMAINS = N_("what remains to {name} before the sites goes from {before_ha} ha to {after_ha} ha")
REMAINS_UNKNOWN = N_("the budget of {name} is known in only one of the two")
POOL = N_("what the pooled envelopes hold goes from {before_ha} ha to {after_ha} ha")

_SAME: Final = 1e-9  # points that differ by less are the same
_MOST_POINTS: Final = 3  # criteria told of a score that changes
_UNKNOWN_YEAR: Final = N_("unknown")


@dataclass(frozen=True, slots=True)
class SiteState:
    """What one run says of a site.

    Parameters
    ----------
    verdict
        Verdict of the site alone.
    reasons
        Its reasons.
    chosen, posted
        Whether the scenario chooses it; whether it is charged to a budget.
    score, rank
        ``None`` when unknown.
    enaf_m2
        ENAF it takes, whole m²; ``None`` when unknown.
    year
        Year its works start; ``None`` when unknown.
    envelope
        Whose budget pays.
    exclusions
        Codes of what makes it ineligible.
    remaining
        Code and name of each EPCI it lies in, what remains there before any site (m²).
    pooled_m2
        What the pooled envelopes of the region hold.
    points
        Points of each known criterion of some weight.
    """

    verdict: VerdictCode
    reasons: tuple[Reason, ...]
    chosen: bool
    posted: bool
    score: float | None
    rank: int | None
    enaf_m2: int | None
    year: int | None
    envelope: Envelope
    exclusions: tuple[str, ...]
    remaining: tuple[tuple[str, str, int | None], ...]
    pooled_m2: int
    points: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class PointsChange:
    """Points of a criterion in each run; ``None`` where it is unknown or has no weight.

    Parameters
    ----------
    criterion
        Its name.
    before, after
        Points.
    """

    criterion: str
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True)
class SiteChange:
    """A site of which two runs do not say the same.

    Parameters
    ----------
    site_id, name
        The site.
    before, after
        What each says; ``None`` where it is not in the file.
    why
        What changed for it, in sentences.
    topics
        Parts of the scenario that explain it.
    points
        Criteria whose points changed most, the largest change first.
    """

    site_id: str
    name: str
    before: SiteState | None
    after: SiteState | None
    why: tuple[Reason, ...]
    topics: tuple[Topic, ...]
    points: tuple[PointsChange, ...]

    @property
    def verdict_changes(self) -> bool:
        """Whether its verdict, or its place in the set, is not the same."""
        states = (self.before, self.after)
        told = {None if s is None else (s.verdict, s.chosen, s.posted) for s in states}
        return len(told) > 1

    @property
    def score_changes(self) -> bool:
        """Whether its score or its rank is not the same."""
        told = {None if s is None else (s.score, s.rank) for s in (self.before, self.after)}
        return len(told) > 1


@dataclass(frozen=True, slots=True)
class BudgetState:
    """Budget of a territory in one run, whole m²; ``None`` when unknown.

    Parameters
    ----------
    budget_m2, used_m2, planned_m2, remaining_m2
        As in :meth:`siting.account.Account.budgets`, the sites of the scenario posted.
    """

    budget_m2: int | None
    used_m2: int | None
    planned_m2: int | None
    remaining_m2: int | None


@dataclass(frozen=True, slots=True)
class BudgetChange:
    """Budget of a territory in two runs.

    Parameters
    ----------
    code, name
        The territory.
    before, after
        Its budget in each.
    """

    code: str
    name: str
    before: BudgetState
    after: BudgetState


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between two runs; empty where they say the same.

    Parameters
    ----------
    scenario
        Keys of the scenarios that differ.
    verdicts
        Verdict of the whole set in each.
    sites
        Sites that change, by identifier.
    budgets
        Budgets of the EPCI that change, by code.
    region
        Budgets of the regions that change.
    """

    scenario: tuple[Difference, ...]
    verdicts: tuple[VerdictCode, VerdictCode]
    sites: tuple[SiteChange, ...]
    budgets: tuple[BudgetChange, ...]
    region: tuple[BudgetChange, ...]

    @property
    def empty(self) -> bool:
        """Whether nothing differs."""
        lists = (self.scenario, self.sites, self.budgets, self.region)
        return not any(lists) and self.verdicts[0] is self.verdicts[1]

    def reversed(self) -> Comparison:
        """Return the comparison seen from the other run.

        Returns
        -------
        Comparison
            That of the second with the first.
        """
        first, second = self.verdicts
        scenario = tuple(one.reversed() for one in self.scenario)
        return Comparison(
            scenario=scenario,
            verdicts=(second, first),
            sites=tuple(
                _site_change(one.site_id, one.name, one.after, one.before, scenario)
                for one in self.sites
            ),
            budgets=tuple(_swapped(one) for one in self.budgets),
            region=tuple(_swapped(one) for one in self.region),
        )


def compare(first: Run, second: Run) -> Comparison:
    """Compare two runs of the same territory.

    Parameters
    ----------
    first, second
        The runs; their files of sites may differ.

    Returns
    -------
    Comparison
        What differs, from the first to the second.
    """
    scenario = differences(first.scenario, second.scenario)
    states = [_states(run) for run in (first, second)]
    names = {**second.sites["name"].to_dict(), **first.sites["name"].to_dict()}
    changed = [
        _site_change(site, str(names[site]), states[0].get(site), states[1].get(site), scenario)
        for site in sorted({*states[0], *states[1]})
        if states[0].get(site) != states[1].get(site)
    ]
    return Comparison(
        scenario=scenario,
        verdicts=(first.plan.verdict.code, second.plan.verdict.code),
        sites=tuple(one for one in changed if _tells(one)),
        budgets=budget_changes(first, second, Level.EPCI),
        region=budget_changes(first, second, Level.REGION),
    )


def budget_changes(first: Run, second: Run, level: Level) -> tuple[BudgetChange, ...]:
    """Return the budgets that are not the same in two runs.

    Parameters
    ----------
    first, second
        The runs.
    level
        Level of the territories.

    Returns
    -------
    tuple of BudgetChange
        By code; the sites of each scenario are posted.
    """
    tables = [run.account.budgets(level) for run in (first, second)]
    names = [table["name"].to_dict() for table in tables]
    states = [_budget_states(table) for table in tables]
    unknown = BudgetState(None, None, None, None)
    pairs = (
        (code, states[0].get(code, unknown), states[1].get(code, unknown))
        for code in sorted({*states[0], *states[1]})
    )
    return tuple(
        BudgetChange(code, str(names[0].get(code) or names[1].get(code)), before, after)
        for code, before, after in pairs
        if before != after
    )


def _budget_states(table: pd.DataFrame) -> dict[str, BudgetState]:
    columns = ["budget_m2", "used_m2", "planned_m2", "remaining_m2"]
    return {
        str(code): BudgetState(*(known_whole(value) for value in row))
        for code, row in zip(table.index, table[columns].itertuples(index=False), strict=True)
    }


def _swapped(change: BudgetChange) -> BudgetChange:
    return replace(change, before=change.after, after=change.before)


# --- Sites ------------------------------------------------------------------------------


def _states(run: Run) -> dict[str, SiteState]:
    remaining = run.before.budgets(Level.EPCI)["remaining_m2"].to_dict()
    epci = run.shares[run.shares["level"] == Level.EPCI.value]
    lies: dict[str, list[tuple[str, str, int | None]]] = {}
    for site, code, name in zip(epci["site_id"], epci["code"], epci["name"], strict=True):
        lies.setdefault(site, []).append((code, name, known_whole(remaining.get(code))))
    held = [run.before.pool(one).remaining_m2 for one in (Envelope.REGIONAL, Envelope.RESERVE)]
    settings, ids = run.scenario.sites, list(run.sites.index)
    columns = zip(
        ids,
        run.scores.total.loc[ids].tolist(),
        run.scores.rank.loc[ids].tolist(),
        run.land.enaf_m2.loc[ids].tolist(),
        run.sites["works_start_year"].tolist(),
        _known_points(run.scores.contributions.loc[ids]),
        strict=True,
    )
    return {
        site: SiteState(
            verdict=run.verdicts[site].code,
            reasons=run.verdicts[site].reasons,
            chosen=settings.selected == "all" or site in settings.selected,
            posted=site in run.plan.posted,
            score=known_number(score),
            rank=known_whole(rank),
            enaf_m2=known_whole(enaf_m2),
            year=settings.works_start.get(site, known_whole(declared)),
            envelope=settings.envelope.get(site, Envelope.LOCAL),
            exclusions=tuple(one.code for one in run.eligibility[site].exclusions),
            remaining=tuple(sorted(lies.get(site, ()), key=lambda one: one[0])),
            pooled_m2=sum(held),
            points=points,
        )
        for site, score, rank, enaf_m2, declared, points in columns
    }


def _known_points(contributions: pd.DataFrame) -> Iterator[tuple[tuple[str, float], ...]]:
    """Yield the points of the known criteria of each site: with thousands, arrays are fast."""
    names = [str(name) for name in contributions.columns]
    values = contributions.to_numpy(dtype="float64", na_value=float("nan"))
    for row, known in zip(values.tolist(), (~np.isnan(values)).tolist(), strict=True):
        yield tuple((name, own) for name, own, told in zip(names, row, known, strict=True) if told)


def _tells(change: SiteChange) -> bool:
    """Whether anything that is shown differs, not only the words of a reason."""
    own = (change.before, change.after)
    if change.verdict_changes or change.score_changes or None in own:
        return True
    told = {(one.year, one.envelope, one.enaf_m2, one.exclusions) for one in own if one}
    return len(told) > 1


def _site_change(
    site_id: str,
    name: str,
    before: SiteState | None,
    after: SiteState | None,
    scenario: tuple[Difference, ...],
) -> SiteChange:
    if before is None or after is None:
        why = (Reason("site-file", NEW_FILE if before is None else GONE_FILE),)
        return SiteChange(site_id, name, before, after, why, (), ())
    found = list(_why(before, after))
    points = _points(before, after)
    causes = {topic for topic, _reason in found}
    if points:
        causes |= set(SCORE_TOPICS)
    # The pressure on a budget is a criterion: what moves budgets may move scores too.
    if Topic.RULESET in causes or any(one.criterion == "budget_pressure" for one in points):
        causes |= set(BUDGET_TOPICS)
    differing = {one.topic for one in scenario}
    topics = tuple(topic for topic in Topic if topic in causes & differing)
    return SiteChange(
        site_id, name, before, after, tuple(reason for _topic, reason in found), topics, points
    )


def _why(before: SiteState, after: SiteState) -> Iterator[tuple[Topic, Reason]]:
    """Tell what changed for a site, with the topic it comes from."""
    if before.chosen != after.chosen:
        yield Topic.SITES, Reason("site-set", ENTERS if after.chosen else LEAVES)
    if before.envelope is not after.envelope:
        names = [ENVELOPE_LABELS[one.envelope] for one in (before, after)]
        yield (
            Topic.ENVELOPES,
            Reason("site-envelope", ENVELOPE, {"before": names[0], "after": names[1]}),
        )
    if before.year != after.year:
        years = {"before": before.year or _UNKNOWN_YEAR, "after": after.year or _UNKNOWN_YEAR}
        yield Topic.YEARS, Reason("site-year", YEAR, years)
    if before.exclusions != after.exclusions:
        yield Topic.ELIGIBILITY, Reason("site-exclusions", EXCLUSIONS)
    if before.enaf_m2 != after.enaf_m2 and None not in (before.enaf_m2, after.enaf_m2):
        yield Topic.RULESET, Reason("site-land", LAND, _areas(before.enaf_m2, after.enaf_m2))
    if before.pooled_m2 != after.pooled_m2:
        yield (
            Topic.ENVELOPES,
            Reason("site-pool", POOL, _areas(before.pooled_m2, after.pooled_m2)),
        )
    then = {code: remaining for code, _name, remaining in before.remaining}
    for code, name, remaining in after.remaining:
        old = then.get(code)
        if old == remaining:
            continue
        if old is None or remaining is None:
            yield Topic.RULESET, Reason("site-remains", REMAINS_UNKNOWN, {"name": name})
        else:
            figures_m2 = {"name": name, **_areas(old, remaining)}
            yield Topic.RULESET, Reason("site-remains", REMAINS, figures_m2)


def _areas(before_m2: int | None, after_m2: int | None) -> dict[str, Any]:
    return {"before_m2": before_m2, "after_m2": after_m2}


def _points(before: SiteState, after: SiteState) -> tuple[PointsChange, ...]:
    """Return the criteria whose points changed most."""
    old, new = dict(before.points), dict(after.points)
    changes = [
        PointsChange(name, old.get(name), new.get(name))
        for name in sorted({*old, *new})
        if abs(new.get(name, 0.0) - old.get(name, 0.0)) > _SAME
    ]
    return tuple(sorted(changes, key=_by_size)[:_MOST_POINTS])


def _by_size(change: PointsChange) -> tuple[float, str]:
    # Rounded: changes that only rounding errors tell apart are told by name.
    return -round(abs((change.after or 0) - (change.before or 0)), 9), change.criterion
