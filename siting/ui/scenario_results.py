"""What a scenario changes: verdict, budgets, sites and why, balance, before and after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pandas as pd
from markupsafe import Markup, escape

from layers.territory import Level
from siting.balance.model import INDEX, SHARE
from siting.balance_comparison import TREND_LABELS, BalanceChange, Trend
from siting.comparison import BudgetChange, Comparison, SiteChange
from siting.criteria import CRITERIA
from siting.domain import VerdictCode, decimals_adding_up
from siting.i18n import Translate
from siting.labels import UNKNOWN, VERDICT_LABELS, number, percent
from siting.pipeline import Run
from siting.scenario import TOPIC_LABELS
from siting.ui.frame import grid
from siting.ui.html import alert, joined, paragraph, verdict_badge
from siting.ui.measures import area_text, short_name
from siting.ui.site_panel import sentence

_TOLD = 3
_MOST_LISTED = 100
"""Sentences of a verdict told at once; the others unfold."""
_SMALL = 100
"""Figures below it are told with two digits."""


def verdict_line(comparison: Comparison, names: tuple[str, str], translate: Translate) -> Markup:
    """Return the verdict of the whole set in each of two scenarios; once where they are one.

    Parameters
    ----------
    comparison
        The comparison.
    names
        Names of the scenarios.
    translate
        The language.

    Returns
    -------
    Markup
        HTML.
    """
    _ = translate
    parts = [
        Markup('<span class="sg-verdicts"><small>{}</small>{}</span>').format(
            name, verdict_badge(code, _(VERDICT_LABELS[code]))
        )
        for name, code in dict(zip(names, comparison.verdicts, strict=True)).items()
    ]
    return Markup('<div class="sg-verdicts">{}</div>').format(
        Markup('<span aria-hidden="true">→</span>').join(parts)
    )


def set_sentences(run: Run, translate: Translate) -> Markup:
    """Return why the set has its verdict.

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
    verdict = run.plan.verdict
    told = [paragraph(sentence(reason, _)) for reason in verdict.reasons]
    more = Markup()
    if told[_TOLD:]:
        text = _("More sentences: {count}").format(count=number(len(told) - _TOLD, _))
        more = Markup("<details><summary>{}</summary>{}</details>").format(
            text, joined(told[_TOLD:])
        )
    return Markup(
        '<div class="sg-sheet"><div class="sg-answer sg-answer-{}">{}{}{}</div></div>'
    ).format(
        verdict.code.value,
        verdict_badge(verdict.code, _(VERDICT_LABELS[verdict.code])),
        joined(told[:_TOLD]),
        more,
    )


def changes_list(comparison: Comparison, translate: Translate) -> Markup:
    """Return the keys of the scenario that changed, in words.

    Parameters
    ----------
    comparison
        The comparison.
    translate
        The language.

    Returns
    -------
    Markup
        HTML.
    """
    _ = translate
    if not comparison.scenario:
        return alert(_("The two scenarios say the same."), style="sg-info")
    items = joined(
        Markup("<li>{}<small>{}</small></li>").format(one.text(_), _(TOPIC_LABELS[one.topic]))
        for one in comparison.scenario
    )
    return Markup('<ul class="sg-changes">{}</ul>').format(items)


def site_changes(changes: Sequence[SiteChange], translate: Translate) -> Markup:
    """Return the sites that change, and why.

    Parameters
    ----------
    changes
        The changes.
    translate
        The language.

    Returns
    -------
    Markup
        HTML.
    """
    _ = translate
    if not changes:
        return alert(_("No site changes."), style="sg-info")
    first = sorted(changes, key=_weight)[:_MOST_LISTED]
    listed = Markup('<ul class="sg-sites">{}</ul>').format(joined(_site_item(s, _) for s in first))
    if len(first) == len(changes):
        return listed
    text = _("The {count} sites that change most, of {total}: the page of the sites has them all.")
    told = text.format(count=number(len(first), _), total=number(len(changes), _))
    return paragraph(told, "sg-note") + listed


def _weight(one: SiteChange) -> tuple[bool, float]:
    """Return what sorts changes: those of a verdict first, then the largest of a score."""
    old, new = (None if state is None else state.score for state in (one.before, one.after))
    size = 0.0 if old is None or new is None else abs(new - old)
    return not one.verdict_changes, -size


def _site_item(one: SiteChange, _: Translate) -> Markup:
    states = (one.before, one.after)
    verdict = _pair([_verdict(None if s is None else s.verdict, _) for s in states])
    scores = _pair([number(s.score, _, decimals=1) if s else UNKNOWN for s in states])
    ranks = _pair([number(s.rank, _) if s else UNKNOWN for s in states])
    told = [sentence(reason, _) for reason in one.why]
    if one.points:
        names = (
            _("{name} ({before} → {after} points)").format(
                name=_(CRITERIA[p.criterion].title),
                before=number(p.before, _, decimals=1),
                after=number(p.after, _, decimals=1),
            )
            for p in one.points
        )
        told.append(_("Points that change most: {names}.").format(names=", ".join(names)))
    topics = ", ".join(_(TOPIC_LABELS[topic]) for topic in one.topics)
    cause = _("Comes from: {topics}.").format(topics=topics) if topics else ""
    figures = _("score {scores} · rank {ranks}")
    return Markup(
        '<li data-site="{}"><div><strong>{}</strong>{}<span>{}</span></div>{}<small>{}</small></li>'
    ).format(
        one.site_id, one.name, verdict, escape(figures).format(scores=scores, ranks=ranks),
        joined(paragraph(line) for line in told), cause,
    )  # fmt: skip


def _verdict(code: VerdictCode | None, _: Translate) -> object:
    return UNKNOWN if code is None else verdict_badge(code, _(VERDICT_LABELS[code]))


def _pair(values: Sequence[object]) -> object:
    if values[0] == values[1]:
        return values[0]
    return Markup("{} →\u00a0{}").format(*values)


def budget_table(changes: Iterable[BudgetChange], translate: Translate) -> Markup:
    """Return budgets before and after.

    Parameters
    ----------
    changes
        The budgets that change.
    translate
        The language.

    Returns
    -------
    Markup
        HTML.
    """
    _ = translate
    rows = [_budget_row(one, _) for one in changes]
    if not rows:
        return alert(_("No budget changes."), style="sg-info")
    columns = [_("Territory"), _("Budget"), _("Sites of the scenario"), _("Remains")]
    table = grid(columns, rows, numbers=1, label=_("Budgets before and after"))
    return Markup('<div class="sg-pairs">{}</div>').format(table)


def _budget_row(one: BudgetChange, _: Translate) -> list[object]:
    states = (one.before, one.after)
    names = ("budget_m2", "used_m2", "planned_m2", "remaining_m2")
    sums = [[getattr(state, name) for name in names] for state in states]
    before_m2, after_m2 = (state.remaining_m2 for state in states)
    change_m2 = None if before_m2 is None or after_m2 is None else after_m2 - before_m2
    decimals = decimals_adding_up(*sums, (after_m2, before_m2, change_m2))
    budget, used, planned, left = (
        _pair([area_text(area_m2, _, decimals=decimals) for area_m2 in pair])
        for pair in zip(*sums, strict=True)
    )
    text = escape(_("used: {area}")).format(area=used)
    cell = Markup("{}<small>{}</small>")
    change = Markup()
    if change_m2:
        more = change_m2 > 0
        change = Markup('<span class="{}">{}{}</span>').format(
            "sg-better" if more else "sg-worse", "+" if more else "",
            area_text(change_m2, _, decimals=decimals),
        )  # fmt: skip
    return [short_name(one.name), cell.format(budget, text), planned, cell.format(left, change)]


def balance_table(changes: Sequence[BalanceChange], translate: Translate) -> Markup:
    """Return the indicators of balance that change.

    Parameters
    ----------
    changes
        The changes.
    translate
        The language.

    Returns
    -------
    Markup
        HTML.
    """
    _ = translate
    if not changes:
        return alert(_("No indicator of balance changes."), style="sg-info")
    columns = [_("Indicator"), _("Unit"), _("Before"), _("After"), _("Reading")]
    rows = [
        [
            one.indicator.title(_), _(one.indicator.unit), figure_text(one.before, one, _),
            figure_text(one.after, one, _), _trend(one.trend, _),
        ]
        for one in changes
    ]  # fmt: skip
    return grid(columns, rows, label=_("Balance before and after"))


def _trend(trend: Trend, _: Translate) -> Markup:
    return Markup('<span class="sg-{}">{}</span>').format(trend.value, _(TREND_LABELS[trend]))


def figure_text(value: float | None, change: BalanceChange, translate: Translate) -> str:
    """Return the value of an indicator.

    Parameters
    ----------
    value
        The value; ``None`` when unknown.
    change
        The indicator.
    translate
        The language.

    Returns
    -------
    str
        A percentage for a share; else a number.
    """
    if value is None:
        return UNKNOWN
    if change.indicator.unit == SHARE:
        return percent(value, translate, decimals=1)
    decimals = 3 if change.indicator.unit == INDEX else 0 if abs(value) >= _SMALL else 2
    return number(value, translate, decimals=decimals)


def side_by_side(runs: Sequence[tuple[str, Run]], translate: Translate) -> Markup:
    """Return the main figures of scenarios, a column each.

    Parameters
    ----------
    runs
        Name and run of each.
    translate
        The language.

    Returns
    -------
    Markup
        HTML.
    """
    _ = translate
    rows = [[title, *cells] for title, cells in _figures([run for _name, run in runs], _)]
    columns = [_("Figure"), *(name for name, _run in runs)]
    return grid(columns, rows, label=_("Scenarios side by side"))


def _figures(runs: Sequence[Run], _: Translate) -> Iterator[tuple[str, list[object]]]:
    plans = [run.plan for run in runs]
    yield (
        _("Verdict of the whole"),
        [verdict_badge(p.verdict.code, _(VERDICT_LABELS[p.verdict.code])) for p in plans],
    )
    yield _("Rule set"), [run.before.ruleset.id for run in runs]
    yield _("Sites charged to a budget"), [number(len(plan.posted), _) for plan in plans]
    yield _("Sites left out"), [number(len(plan.left_out), _) for plan in plans]
    tables = [run.account.budgets(Level.REGION) for run in runs]
    for name, title in (
        ("budget_m2", _("Budget of the region")),
        ("planned_m2", _("Sites of the scenario")),
        ("remaining_m2", _("Remains to the region")),
    ):
        yield title, [area_text(table[name].sum(min_count=1), _) for table in tables]
    yield _("EPCI that lack land"), [_over(run, _) for run in runs]
    yield _("First sites by rank"), [_first(run) for run in runs]


def _over(run: Run, _: Translate) -> str:
    over = [part for part in run.plan.territories if (part.remaining_after_m2 or 0) < 0]
    return number(len(over), _)


def _first(run: Run) -> Markup:
    names: dict[Any, Any] = run.sites["name"].to_dict()
    order = run.scores.rank.dropna().sort_values(kind="stable").index[:5]
    return Markup("<br>").join(str(names[key]) for key in pd.Index(order))
