"""The budget of a territory or of the region: gauge, figures, sites, sources."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from fractions import Fraction
from typing import Any

import pandas as pd
from markupsafe import Markup

from layers.errors import N_
from layers.territory import Level
from siting.account import Account
from siting.domain import decimals_adding_up
from siting.i18n import Translate
from siting.known import known_whole
from siting.labels import (
    EVIDENCE_LABELS,
    LEVEL_LABELS,
    STATUS_LABELS,
    VERDICT_LABELS,
    percent,
)
from siting.maps import budget_share, total_m2
from siting.pipeline import Run
from siting.ui.html import Segment, badge, bar, facts, joined, paragraph, section, verdict_badge
from siting.ui.ledger import ledger, lines_of
from siting.ui.measures import area_text
from siting.ui.site_panel import sentence
from siting.zan.plan import TerritoryPlan

Row = dict[Hashable, Any]
"""A row of :meth:`siting.account.Account.budgets`."""

OUTSIDE = N_("Part of this territory lies outside the region and is not counted.")
_LONGEST = 1.5
"""Longest bar of the gauge, in budgets."""
_MARGIN = 0.05
"""What the shortest bar shows beyond the band, in budgets."""
_PARTS = (
    ("observed", N_("observed")),
    ("committed", N_("committed")),
    ("planned", N_("sites of the scenario")),
)


def territory_sheet(
    run: Run, code: str, translate: Translate, *, level: Level = Level.EPCI
) -> Markup:
    """Return the sheet of a territory.

    Parameters
    ----------
    run
        The run.
    code
        Its code.
    translate
        The language.
    level
        Its level.

    Returns
    -------
    Markup
        HTML; every value of a file is escaped.
    """
    _ = translate
    row = budget_row(run.account, level, code)
    told = [_("ZAN budget: {level} {code}").format(level=_(LEVEL_LABELS[level]), code=code)]
    if not row["complete"]:
        told.append(_(OUTSIDE))
    lines = lines_of(run.account, level, code)
    parts = (
        _heading(row["name"], told),
        verdict_box(run, code, _) if level is Level.EPCI else Markup(),
        gauge(row, _, tolerance=run.account.ruleset.tolerance.value),
        figures(run.account, row, _),
        _sites(run, level, code, _),
        section(_("Ledger"), ledger(lines, _)),
        _sources(run, row, _),
    )
    return Markup('<article class="sg-sheet" data-territory="{}">{}</article>').format(
        code, joined(parts)
    )


def overview(run: Run, code: str, translate: Translate) -> Markup:
    """Return the sheet of the whole region, shown when nothing is selected.

    Parameters
    ----------
    run
        The run.
    code
        The region.
    translate
        The language.

    Returns
    -------
    Markup
        HTML.
    """
    _ = translate
    row = budget_row(run.account, Level.REGION, code)
    parts = (
        _heading(row["name"], [_("Click a territory or a site on the map to see its figures.")]),
        together_box(run, _),
        gauge(row, _, tolerance=run.account.ruleset.tolerance.value),
        figures(run.account, row, _),
    )
    return Markup('<article class="sg-sheet">{}</article>').format(joined(parts))


def budget_row(account: Account, level: Level, code: str) -> Row:
    """Return the budget of a territory.

    Parameters
    ----------
    account
        The account.
    level, code
        The territory.

    Returns
    -------
    dict
        A row of :meth:`siting.account.Account.budgets`.
    """
    row: Row = account.budgets(level).loc[[code]].to_dict("records")[0]
    return row


def budget_decimals(row: Row, parts: Iterable[str], *, least: int = 1) -> int:
    """Return the decimals with which what is taken of a budget adds up to what remains.

    Parameters
    ----------
    row
        A budget.
    parts
        Columns of what is taken of it, as they are shown.
    least
        Decimals, at least.

    Returns
    -------
    int
        As :func:`siting.domain.decimals_adding_up`.
    """
    own = [known_whole(row[name]) for name in ("budget_m2", *parts, "remaining_m2")]
    return decimals_adding_up(own, least=least)


def gauge(row: Row, translate: Translate, *, tolerance: Fraction) -> Markup:
    """Return the gauge of a budget: used and planned, against 100 % and the end of the band.

    Parameters
    ----------
    row
        A budget.
    translate
        The language.
    tolerance
        Share of the budget that the band of legal risk goes beyond it, of the rule set; with 0
        there is no band, and no mark.

    Returns
    -------
    Markup
        HTML; a sentence when the budget is unknown.
    """
    _ = translate
    budget_m2, parts = row["budget_m2"], {name: row[f"{name}_m2"] for name, _title in _PARTS}
    # What is observed is shown as it counts: local figures and deductions included.
    known = not pd.isna(row["used_m2"])
    parts["observed"] = row["used_m2"] - row["committed_m2"] if known else None
    used = budget_share(total_m2(*parts.values()), budget_m2)
    if used is None:
        return paragraph(_("No gauge: consumption or budget is unknown."), "sg-note")
    band = 1 + float(tolerance)
    whole = max(min(used, _LONGEST), band + _MARGIN)
    segments = [
        Segment(_(title), parts[name] / budget_m2 / whole, f"sg-{name}") for name, title in _PARTS
    ]
    ends = [(1.0, _("the budget")), *([(band, _("end of the band"))] if tolerance else [])]
    marks = [(end / whole, title) for end, title in ends]
    share = _("{share} of the budget used or planned").format(share=percent(used, _))
    tick = Markup('<i style="left:{:.1f}%">{}</i>')
    ticks = joined(tick.format(100 * end / whole, percent(end, _)) for end, _title in ends)
    scale = Markup('<div class="sg-scale" aria-hidden="true">{}</div>').format(ticks)
    key = Markup('<span><i class="sg-key sg-{}"></i>{}</span>')
    keys = joined(key.format(name, _(title)) for name, title in _PARTS)
    return joined(
        (
            Markup('<p class="sg-share"><strong>{}</strong></p>').format(share),
            bar(segments, marks=marks),
            scale,
            Markup('<p class="sg-keys">{}</p>').format(keys),
        )
    )


def exceeded(run: Run) -> list[TerritoryPlan]:
    """Return the EPCI where the chosen sites take more than remains.

    Parameters
    ----------
    run
        The run.

    Returns
    -------
    list of TerritoryPlan
        The largest excess first.
    """
    over = [part for part in run.plan.territories if (part.remaining_after_m2 or 0) < 0]
    return sorted(over, key=lambda part: (part.remaining_after_m2 or 0, part.code))


def closest(account: Account, count: int) -> list[tuple[str, str, float]]:
    """Return the EPCI closest to the ceiling of their budget, or beyond it.

    Parameters
    ----------
    account
        The account.
    count
        How many.

    Returns
    -------
    list of tuple
        Code, name and share of the budget used, the largest share first.
    """
    table = account.budgets(Level.EPCI)
    used_m2 = table["used_m2"] + table["planned_m2"]
    rows = zip(table.index, table["name"], used_m2, table["budget_m2"], strict=True)
    shares = [(str(code), str(name), budget_share(used, own)) for code, name, used, own in rows]
    known = [(code, name, share) for code, name, share in shares if share is not None]
    return sorted(known, key=lambda row: (-row[2], row[0]))[:count]


def _heading(name: str, told: list[str]) -> Markup:
    lines = joined(paragraph(line) for line in told)
    return Markup("<header><h2>{}</h2>{}</header>").format(name, lines)


def verdict_box(run: Run, code: str, translate: Translate) -> Markup:
    """Tell the verdict of the chosen sites of an EPCI, all together.

    Parameters
    ----------
    run
        The run.
    code
        The EPCI.
    translate
        The language.

    Returns
    -------
    Markup
        HTML; nothing where no chosen site lies there.
    """
    _ = translate
    planned = next((part for part in run.plan.territories if part.code == code), None)
    if planned is None:
        return Markup()
    told = [sentence(reason, _) for reason in planned.verdict.reasons]
    # What was exceeded before the sites is told by the sentence itself.
    if planned.first_overshoot_year is not None and (planned.remaining_before_m2 or 0) >= 0:
        text = _("The budget would be exceeded from {year} on.")
        told.append(text.format(year=planned.first_overshoot_year))
    return _box(planned.verdict.code, told, _)


def together_box(run: Run, translate: Translate) -> Markup:
    """Tell the verdict of the set of sites, in how many EPCI it exceeds the budget.

    Parameters
    ----------
    run
        The run.
    translate
        The language.

    Returns
    -------
    Markup
        HTML.
    """
    _ = translate
    told = [_("No chosen site takes land from a budget.")]
    if run.plan.posted:
        over = len(exceeded(run))
        text = _("Sites charged: {count}, to {territories} EPCI.")
        if over:
            text = _("Sites charged: {count}, to {territories} EPCI; EPCI that lack land: {over}.")
        figures = {"count": len(run.plan.posted), "territories": len(run.plan.territories)}
        told = [text.format(**figures, over=over)]
    if run.plan.left_out:
        text = _("Sites left out, ineligible, undetermined or not charged: {count}.")
        told.append(text.format(count=len(run.plan.left_out)))
    if run.plan.region is not None:
        told.append(_("On the budget of the region:"))
        told += [sentence(reason, _) for reason in run.plan.region.reasons]
    return _box(run.plan.verdict.code, told, _)


def _box(code: Any, told: list[str], _: Translate) -> Markup:
    return Markup('<div class="sg-answer sg-answer-{}"><p class="sg-over">{}</p>{}{}</div>').format(
        code.value,
        _("Sites of the scenario, all together"),
        verdict_badge(code, _(VERDICT_LABELS[code])),
        joined(paragraph(line) for line in told),
    )


def figures(account: Account, row: Row, translate: Translate) -> Markup:
    """Return the figures of a budget, from the reference to what remains.

    Parameters
    ----------
    account
        The account.
    row
        A budget of it.
    translate
        The language.

    Returns
    -------
    Markup
        HTML.
    """
    _ = translate
    reference = _("Reference {period}").format(period=account.ruleset.reference)
    budget = _("Budget {period}").format(period=account.ruleset.period)
    observed = _("Observed until {year}").format(year=account.last_observed_year)
    parts = ("observed_m2", *EVIDENCE_LABELS, "committed_m2", "planned_m2")
    decimals = budget_decimals(row, parts)

    def told(name: str) -> str:
        return area_text(row[name], _, decimals=decimals)

    rows = [
        (reference, told("reference_m2")),
        (_("Reduction"), percent(row["rate"], _, decimals=1)),
        (budget, told("budget_m2")),
        (observed, told("observed_m2")),
        *((_(label), told(name)) for name, label in EVIDENCE_LABELS.items() if row[name]),
        (_("Committed since"), told("committed_m2")),
        (_("Sites of the scenario"), told("planned_m2")),
        (_("Remains"), told("remaining_m2")),
    ]
    return facts(rows, strong=(2, len(rows) - 1))


def _sites(run: Run, level: Level, code: str, _: Translate) -> Markup:
    own = sites_in(run, level, code)
    names = run.sites["name"].to_dict()
    rows: list[tuple[Markup, Markup]] = []
    for site_id, enaf_m2 in zip(own["site_id"], own["enaf_m2"], strict=True):
        verdict = run.verdicts[site_id].code
        shown = verdict_badge(verdict, _(VERDICT_LABELS[verdict]))
        site = Markup("{}<br>{}").format(names[site_id], shown)
        rows.append((site, Markup("{}<small>ENAF</small>").format(area_text(enaf_m2, _))))
    none = paragraph(_("No site of the file lies here."), "sg-note")
    return section(_("Sites"), facts(rows) if rows else none)


def sites_in(run: Run, level: Level, code: str) -> pd.DataFrame:
    """Return what of each site lies in a territory.

    Parameters
    ----------
    run
        The run.
    level, code
        The territory.

    Returns
    -------
    DataFrame
        ``site_id``, ``area_m2``, ``enaf_m2`` (missing when unknown).
    """
    table = run.shares
    if level.value in set(table["level"]):
        own = table[(table["level"] == level.value) & (table["code"] == code)]
        return own[["site_id", "area_m2", "enaf_m2"]].reset_index(drop=True)
    # A level that only the scenario gives, such as the SCoT.
    codes = run.account.codes(level)
    inside = (table["level"] == Level.COMMUNE.value) & table["code"].isin(
        codes.index[codes == code]
    )
    sums = table[inside].groupby("site_id", sort=False)[["area_m2", "enaf_m2"]]
    return sums.sum(min_count=1).reset_index()


def _sources(run: Run, row: Row, _: Translate) -> Markup:
    flows, ruleset = run.account.flows.provenance, run.account.ruleset
    sourced = Markup("{} {}")
    rows = [
        (
            _("Consumption"),
            sourced.format(f"{_(flows.publisher)}, {flows.vintage}", _status(flows.status, _)),
        ),
        (_("Reduction"), row["rate_source"]),
        (_("Rule set"), sourced.format(ruleset.id, _status(ruleset.status, _))),
    ]
    tolerance = float(ruleset.tolerance.value)
    if tolerance:
        band = _("Band of {share}").format(share=percent(tolerance, _))
        rows.append((band, _("a legal risk that is told, never added to the budget")))
    return section(_("Sources"), facts(rows))


def _status(status: str, _: Translate) -> Markup:
    return badge(_(STATUS_LABELS[status]), f"sg-status-{status}")
