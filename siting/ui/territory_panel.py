"""The budget of an EPCI or of the region: gauge, figures, sites, sources."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pandas as pd
from markupsafe import Markup

from layers.errors import N_
from layers.territory import Level
from siting.account import Account
from siting.i18n import Translate
from siting.labels import EVIDENCE_LABELS, STATUS_LABELS, VERDICT_LABELS, percent
from siting.maps import budget_share, total_m2
from siting.pipeline import Run
from siting.ui.html import Segment, badge, bar, facts, joined, paragraph, section, verdict_badge
from siting.ui.measures import area_text
from siting.ui.site_panel import sentence
from siting.zan.plan import TerritoryPlan

Row = dict[Hashable, Any]
"""A row of :meth:`siting.account.Account.budgets`."""

_LONGEST = 1.5
"""Longest bar of the gauge, in budgets; the shortest shows the band of 20 %."""
_SHORTEST = 1.25
_PARTS = (
    ("observed", N_("observed")),
    ("committed", N_("committed")),
    ("planned", N_("sites of the scenario")),
)


def territory_sheet(run: Run, code: str, translate: Translate) -> Markup:
    """Return the sheet of an EPCI.

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
        HTML; every value of a file is escaped.
    """
    _ = translate
    row = budget_row(run.account, Level.EPCI, code)
    told = [_("ZAN budget of the EPCI")]
    if not row["complete"]:
        told.append(_("Part of this EPCI lies outside the region and is not counted."))
    parts = (
        _heading(row["name"], told),
        _answer(run, code, _),
        gauge(row, _),
        _figures(run.account, row, _),
        _sites(run, code, _),
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
        _heading(row["name"], [_("Click an EPCI or a site on the map to see its figures.")]),
        _together(run, _),
        gauge(row, _),
        _figures(run.account, row, _),
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


def gauge(row: Row, translate: Translate) -> Markup:
    """Return the gauge of a budget: used and planned, against 100 % and 120 %.

    Parameters
    ----------
    row
        A budget.
    translate
        The language.

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
    whole = max(min(used, _LONGEST), _SHORTEST)
    segments = [
        Segment(_(title), parts[name] / budget_m2 / whole, f"sg-{name}") for name, title in _PARTS
    ]
    marks = [(1 / whole, _("the budget")), (1.2 / whole, _("end of the band"))]
    share = _("{share} of the budget used or planned").format(share=percent(used, _))
    scale = Markup(
        '<div class="sg-scale" aria-hidden="true"><i style="left:{:.1f}%">100 %</i>'
        '<i style="left:{:.1f}%">120 %</i></div>'
    ).format(100 / whole, 120 / whole)
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


def _answer(run: Run, code: str, _: Translate) -> Markup:
    """Tell the verdict of the chosen sites of the EPCI, all together."""
    planned = next((part for part in run.plan.territories if part.code == code), None)
    if planned is None:
        return Markup()
    told = [sentence(reason, _) for reason in planned.verdict.reasons]
    if planned.first_overshoot_year is not None:
        text = _("The budget would be exceeded from {year} on.")
        told.append(text.format(year=planned.first_overshoot_year))
    return _box(planned.verdict.code, told, _)


def _together(run: Run, _: Translate) -> Markup:
    """Tell the verdict of the set of sites, in how many EPCI it exceeds the budget."""
    told = [_("No chosen site takes land from a budget.")]
    if run.plan.posted:
        text = _("Sites charged: {count}, to {territories} EPCI; EPCI that lack land: {over}.")
        told = [
            text.format(
                count=len(run.plan.posted),
                territories=len(run.plan.territories),
                over=len(exceeded(run)),
            )
        ]
    if run.plan.left_out:
        text = _("Sites left out, ineligible, undetermined or not charged: {count}.")
        told.append(text.format(count=len(run.plan.left_out)))
    return _box(run.plan.verdict.code, told, _)


def _box(code: Any, told: list[str], _: Translate) -> Markup:
    return Markup('<div class="sg-answer sg-answer-{}"><p class="sg-over">{}</p>{}{}</div>').format(
        code.value,
        _("Sites of the scenario, all together"),
        verdict_badge(code, _(VERDICT_LABELS[code])),
        joined(paragraph(line) for line in told),
    )


def _figures(account: Account, row: Row, _: Translate) -> Markup:
    reference = _("Reference {period}").format(period=account.ruleset.reference)
    budget = _("Budget {period}").format(period=account.ruleset.period)
    observed = _("Observed until {year}").format(year=account.last_observed_year)
    rows = [
        (reference, area_text(row["reference_m2"], _)),
        (_("Reduction"), percent(row["rate"], _, decimals=1)),
        (budget, area_text(row["budget_m2"], _)),
        (observed, area_text(row["observed_m2"], _)),
        *(
            (_(label), area_text(row[name], _))
            for name, label in EVIDENCE_LABELS.items()
            if row[name]
        ),
        (_("Committed since"), area_text(row["committed_m2"], _)),
        (_("Sites of the scenario"), area_text(row["planned_m2"], _)),
        (_("Remains"), area_text(row["remaining_m2"], _)),
    ]
    return facts(rows, strong=(2, len(rows) - 1))


def _sites(run: Run, code: str, _: Translate) -> Markup:
    table = run.shares
    own = table[(table["level"] == Level.EPCI.value) & (table["code"] == code)]
    names = run.sites["name"].to_dict()
    rows: list[tuple[Markup, Markup]] = []
    for site_id, enaf_m2 in zip(own["site_id"], own["enaf_m2"], strict=True):
        verdict = run.verdicts[site_id].code
        shown = verdict_badge(verdict, _(VERDICT_LABELS[verdict]))
        site = Markup("{}<br>{}").format(names[site_id], shown)
        rows.append((site, Markup("{}<small>ENAF</small>").format(area_text(enaf_m2, _))))
    none = paragraph(_("No site of the file lies here."), "sg-note")
    return section(_("Sites"), facts(rows) if rows else none)


def _sources(run: Run, row: Row, _: Translate) -> Markup:
    flows, ruleset = run.account.flows.provenance, run.account.ruleset
    sourced = Markup("{} {}")
    rows = [
        (
            _("Consumption"),
            sourced.format(f"{flows.publisher}, {flows.vintage}", _status(flows.status, _)),
        ),
        (_("Reduction"), row["rate_source"]),
        (_("Rule set"), sourced.format(ruleset.id, _status(ruleset.status, _))),
        (_("Band of 20 %"), _("a legal risk that is told, never added to the budget")),
    ]
    return section(_("Sources"), facts(rows))


def _status(status: str, _: Translate) -> Markup:
    return badge(_(STATUS_LABELS[status]), f"sg-status-{status}")
