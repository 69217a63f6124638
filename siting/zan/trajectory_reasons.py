"""What a trajectory says, in sentences a planner can paste into a report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from layers.errors import N_
from siting.domain import Measure, Reason
from siting.zan.trajectory import Trajectory, YearStatus
from siting.zan.verdict import CIRCULAR, CIRCULAR_BAND, NOT_LAW, PARTIAL, UNKNOWN_BUDGETS

USED = N_(
    "{name}: {used_ha} ha used at the end of {year}, out of a budget of {budget_ha} ha for "
    "{period}; {remaining_ha} ha remain"
)
GIVEN_BACK = N_(
    "{name}: at the end of {year}, what is deducted is {excess_ha} ha above what was consumed; a "
    "deduction is made from consumption and does not enlarge the budget of {budget_ha} ha for "
    "{period}"
)
EXCEEDED = N_(
    "{name}: {used_ha} ha used at the end of {year}, out of a budget of {budget_ha} ha for "
    "{period}, exceeded by {excess_ha} ha, for the first time in {over}"
)
USED_UP = N_(
    "at the pace observed since {first} ({pace_ha} ha a year), the budget would be used up in "
    "{year}: an estimate, which prolongs the mean of {observed}"
)
HOLDS = N_(
    "at the pace observed since {first} ({pace_ha} ha a year), {left_ha} ha of the budget would "
    "remain at the end of {last}: an estimate, which prolongs the mean of {observed}"
)
MUST_FALL = N_(
    "to hold, the pace must fall to {required_ha} ha a year over {left}, committed and planned "
    "works included, against {pace_ha} ha a year observed since {first}"
)
MUST_STAY = N_(
    "to hold, the pace must stay within {required_ha} ha a year over {left}, committed and "
    "planned works included"
)
NOTHING_LEFT = N_(
    "nothing is left for {left}: the pace that would hold is 0 ha a year, unless deductions with "
    "their evidence give some back"
)
OVERSHOOT = N_(
    "what is observed, committed and planned exceeds the budget from {year} on; works whose year "
    "is not known are counted in {last}"
)
OVERSHOOT_PASSING = N_(
    "the running total is beyond the budget at the end of {year}, and back within it at the end "
    "of {last}: the budget is that of {period} as a whole"
)
OVERSHOOT_UNDATED = N_(
    "{undated_ha} ha of works whose year is not known exceed the budget by {excess_ha} ha, at the "
    "latest in {last}"
)
CORRECTED = N_(
    "the observed consumption is the national one ({observed_ha} ha over {observed}) with local "
    "corrections of {correction_ha} ha, each with its source"
)
CREDITED = N_("{credit_ha} ha are deducted, each on its evidence")
POSTED = N_(
    "with the committed and planned works and the deductions, {remaining_ha} ha remain at the end "
    "of {last}: {free_ha} ha a year over {left} for all the rest"
)
APART_REGIONAL = N_(
    "shown apart and not charged to this budget: {regional_ha} ha paid by the pooled envelopes of "
    "the region"
)
APART_NATIONAL = N_(
    "shown apart and not charged to this budget: {national_ha} ha paid by the national envelope"
)
PROVISIONAL = N_("the figure of {year}, the last observed year, is provisional and may be revised")
LINE = N_(
    "the straight line, {line_ha} ha a year, is an indication and not law: the budget is that of "
    "{period} as a whole (reference pace over {reference}: {reference_ha} ha a year)"
)
BAND_END = N_(
    "the {band} % band of the circular of 31 January 2024 ends at {end_ha} ha: a legal risk that "
    "is told, never added to the budget"
)
OWN_BAND_END = N_(
    "the {band} % band of the rule set ends at {end_ha} ha: a legal risk that is told, never added "
    "to the budget"
)
NET_STEP = N_(
    "by the law in force, net artificialisation (artificialised less renatured) counts in place of "
    "ENAF consumption from 2031 on; no rate is known for it, and none is assumed here"
)


def trajectory_reasons(found: Trajectory, *, followed: bool = False) -> tuple[Reason, ...]:
    """Return what a trajectory says.

    Parameters
    ----------
    found
        The trajectory.
    followed
        Whether the scenario gives the rule set of the decade that follows.

    Returns
    -------
    tuple of Reason
        The state first, then the paces, the posted works and the warnings; before all of
        them, that the rule set is not the law.
    """
    if found.unknown:
        unknown = UNKNOWN_BUDGETS[found.measure]
        said = [Reason("budget-unknown", unknown, {"name": found.name})]
    else:
        said = [*_state(found), *_pace(found), *_posted(found), *_deducted(found), *_line(found)]
    if not found.in_force:
        said.insert(0, _reason("not-law", NOT_LAW, found))
    return (*said, *_warnings(found, followed=followed))


def _figures(found: Trajectory) -> dict[str, Any]:
    """Gather the figures the sentences choose from; unknown ones are ``None``."""
    exact = {
        "budget_m2": found.budget_m2,
        "pace_m2": found.observed_pace_m2,
        "required_m2": found.required_pace_m2,
        "free_m2": found.free_pace_m2,
        "reference_m2": found.reference_pace_m2,
        "end_m2": found.band_end_m2,
    }
    figures: dict[str, Any] = {
        name: None if value is None else float(value) for name, value in exact.items()
    }
    texts = {
        "period": found.period,
        "reference": found.reference,
        "observed": found.observed_period,
        "left": found.years_left,
    }
    for name, years in texts.items():
        figures[name] = str(years.first if years is not None and len(years) == 1 else years)
    figures |= {"name": found.name, "ruleset": found.ruleset}
    return figures | {"first": found.period.first, "last": found.period.last}


def _reason(code: str, message: str, found: Trajectory, *, legal: str = "", **own: Any) -> Reason:
    """Build a reason with the figures its message names, and no other."""
    figures = {**_figures(found), **own}
    named = {
        name: value
        for name, value in figures.items()
        if f"{{{name.removesuffix('_m2') + '_ha' if name.endswith('_m2') else name}}}" in message
    }
    return Reason(code, message, named, legal)


def _state(found: Trajectory) -> Iterator[Reason]:
    remaining_m2 = found.remaining_observed_m2
    if found.last_observed is None or remaining_m2 is None:
        return
    year = found.last_observed
    row = found.years[year - found.period.first]
    used_m2 = (row.used_m2 or 0) - row.undated_m2
    if remaining_m2 < 0:
        yield _reason("exceeded", EXCEEDED, found, year=year, used_m2=used_m2,
                      excess_m2=-remaining_m2, over=found.first_overshoot_year)  # fmt: skip
        return
    if used_m2 < 0 and found.measure is Measure.ENAF:
        yield _reason("given-back", GIVEN_BACK, found, year=year, excess_m2=-used_m2)
        return
    yield _reason("used", USED, found, year=year, used_m2=used_m2, remaining_m2=remaining_m2)


def _pace(found: Trajectory) -> Iterator[Reason]:
    left, required = found.years_left, found.required_pace_m2
    if left is None or required is None or found.remaining_observed_m2 is None:
        return
    if found.remaining_observed_m2 <= 0:
        yield _reason("nothing-left", NOTHING_LEFT, found)
        return
    pace = found.observed_pace_m2
    if pace is None:
        yield _reason("must-stay", MUST_STAY, found)
        return
    over_m2 = pace * len(left) - found.remaining_observed_m2
    if over_m2 > 0:
        yield _reason("used-up", USED_UP, found, year=found.used_up_year)
        yield _reason("must-fall", MUST_FALL, found)
        return
    yield _reason("holds", HOLDS, found, left_m2=float(-over_m2))
    yield _reason("must-stay", MUST_STAY, found)


def _posted(found: Trajectory) -> Iterator[Reason]:
    already = (found.remaining_observed_m2 or 0) < 0
    ahead = None if already else _first_overshoot_ahead(found)
    end = found.years[-1]
    dated_m2 = (end.remaining_m2 or 0) + end.undated_m2
    if ahead is not None and dated_m2 < 0:
        yield _reason("overshoot", OVERSHOOT, found, year=ahead)
        return
    if ahead is not None:
        yield _reason("overshoot-passing", OVERSHOOT_PASSING, found, year=ahead)
    if found.exceeded and not already:
        yield _reason(
            "overshoot-undated", OVERSHOOT_UNDATED, found,
            undated_m2=end.undated_m2, excess_m2=-(found.remaining_m2 or 0),
        )  # fmt: skip
        return
    changed = found.remaining_m2 != found.remaining_observed_m2
    if changed and found.years_left is not None and (found.remaining_m2 or 0) >= 0:
        yield _reason("posted", POSTED, found, remaining_m2=found.remaining_m2)


def _first_overshoot_ahead(found: Trajectory) -> int | None:
    """Return the first year after those observed that ends beyond the budget."""
    observed = found.last_observed or 0
    over = (
        row.year
        for row in found.years
        if row.year > observed
        and row.remaining_m2 is not None
        and row.remaining_m2 + row.undated_m2 < 0
    )
    return next(over, None)


def _line(found: Trajectory) -> Iterator[Reason]:
    line_m2 = float(found.years[0].linear_target_m2 or 0)
    yield _reason("line", LINE, found, line_m2=line_m2)
    if not found.tolerance:
        return
    band = f"{float(100 * found.tolerance):g}"
    of_law = found.tolerance == CIRCULAR_BAND
    message, legal = (BAND_END, CIRCULAR) if of_law else (OWN_BAND_END, "")
    yield _reason("band-end", message, found, legal=legal, band=band)


def _deducted(found: Trajectory) -> Iterator[Reason]:
    correction_m2 = sum(row.correction_m2 for row in found.years)
    credit_m2 = sum(row.credit_m2 for row in found.years)
    if correction_m2 and found.observed_period is not None:
        observed_m2 = sum(row.observed_m2 or 0 for row in found.years)
        yield _reason(
            "corrected", CORRECTED, found, observed_m2=observed_m2, correction_m2=correction_m2
        )
    if credit_m2:
        yield _reason("credited", CREDITED, found, credit_m2=-credit_m2)


def _warnings(found: Trajectory, *, followed: bool) -> Iterator[Reason]:
    regional_m2 = sum(row.regional_m2 for row in found.years)
    national_m2 = sum(row.national_m2 for row in found.years)
    if regional_m2:
        yield _reason("apart", APART_REGIONAL, found, regional_m2=regional_m2)
    if national_m2:
        yield _reason("apart-national", APART_NATIONAL, found, national_m2=national_m2)
    for row in found.years:
        if row.status is YearStatus.PROVISIONAL and row.observed_m2 is not None:
            yield _reason("provisional", PROVISIONAL, found, year=row.year)
    if not found.complete:
        yield _reason("partial-budget", PARTIAL, found)
    if found.measure is Measure.ENAF and not followed:
        legal = "Loi 2021-1104, art. 194, III ; C. urb. L. 101-2-1"
        yield _reason("net-step", NET_STEP, found, legal=legal)
