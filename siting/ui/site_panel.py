"""The sheet of a site: verdict, budgets, land, score, readiness, sources."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from datetime import date
from typing import Any

import pandas as pd
from markupsafe import Markup

from layers.errors import N_
from layers.spec import Status
from layers.tables import NOT_STATED
from layers.territory import Level
from siting.criteria import CRITERIA, THEMES
from siting.domain import LandClass, Reason, decimals_adding_up
from siting.i18n import Translate
from siting.labels import CLASS_LABELS, STATUS_LABELS, UNKNOWN, VERDICT_LABELS, number, percent
from siting.pipeline import Run
from siting.ui.html import Segment, badge, bar, facts, joined, paragraph, section, verdict_badge
from siting.ui.measures import Points, area_text, day_text, measure_text, site_points

CONFIDENTIALITY_LABELS = {
    "restricted": N_("restricted circulation"),
    "confidential": N_("confidential"),
}
_DATED = "available_from"
READINESS = (
    ("readiness_land", N_("Land control")),
    ("readiness_planning", N_("Planning zone")),
    ("readiness_environment", N_("Environment and archaeology")),
    ("readiness_servicing", N_("Servicing")),
    ("readiness_commercial", N_("Commercialisation")),
    (_DATED, N_("Available from")),
    ("works_start_year", N_("Works start")),
)


def site_sheet(run: Run, site_id: str, translate: Translate) -> Markup:
    """Return the sheet of a site.

    Parameters
    ----------
    run
        The run.
    site_id
        The site.
    translate
        The language.

    Returns
    -------
    Markup
        HTML; every value of the file is escaped.
    """
    _ = translate
    site = run.sites.loc[[site_id]].to_dict("records")[0]
    readiness = [
        (_(title), _day(site[column], _) if column == _DATED else _text(site[column]))
        for column, title in READINESS
    ]
    parts = (
        _heading(run, site, _),
        _answer(run, site_id, _),
        _budgets(run, site_id, _),
        _land(run, site_id, _),
        _score(run, site_id, _),
        _jobs(run, site_id, _),
        section(_("Readiness"), facts(readiness)),
        _sources(run, site, _),
    )
    return Markup('<article class="sg-sheet" data-site="{}">{}</article>').format(
        site_id, joined(parts)
    )


def sentence(reason: Reason, translate: Translate) -> str:
    """Return a reason as a sentence of its own.

    Parameters
    ----------
    reason
        The reason.
    translate
        The language.

    Returns
    -------
    str
        The sentence, with its capital and its full stop.
    """
    text = reason.text(translate)
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def shares_of(run: Run, site_id: str, level: Level) -> list[dict[Hashable, Any]]:
    """Return the territories a site lies in, the largest share first.

    Parameters
    ----------
    run
        The run.
    site_id
        The site.
    level
        Level of the territories.

    Returns
    -------
    list of dict
        Rows of :attr:`siting.pipeline.Run.shares`.
    """
    table = run.shares
    own = table[(table["site_id"] == site_id) & (table["level"] == level.value)]
    return own.sort_values("area_m2", ascending=False).to_dict("records")


def _heading(run: Run, site: dict[Hashable, Any], _: Translate) -> Markup:
    status = run.origins[site["site_id"]].status
    badges = [badge(_(STATUS_LABELS[status]), f"sg-status-{status}")]
    if site["confidentiality"] in CONFIDENTIALITY_LABELS:
        label = _(CONFIDENTIALITY_LABELS[site["confidentiality"]])
        badges.append(badge(label, "sg-confidential"))
    if not pd.isna(site["is_brownfield"]) and site["is_brownfield"]:
        badges.append(badge(_("brownfield")))
    communes = [share["name"] for share in shares_of(run, site["site_id"], Level.COMMUNE)]
    places = f"{', '.join(communes)} · {site['site_id']}"
    return Markup("<header><h2>{}</h2><p>{}</p><p>{}</p></header>").format(
        site["name"], places, Markup(" ").join(badges)
    )


def _answer(run: Run, site_id: str, _: Translate) -> Markup:
    verdict = run.verdicts[site_id]
    told = [
        Markup("<p>{} <small>{}</small></p>").format(sentence(reason, _), reason.legal)
        for reason in (*verdict.reasons, *run.eligibility[site_id].conditions)
    ]
    return Markup('<div class="sg-answer sg-answer-{}">{}{}</div>').format(
        verdict.code.value,
        verdict_badge(verdict.code, _(VERDICT_LABELS[verdict.code])),
        joined(told),
    )


def _budgets(run: Run, site_id: str, _: Translate) -> Markup:
    """Tell whose budget the site takes from, and what remains."""
    table = run.before.budgets(Level.EPCI)["remaining_m2"].to_dict()
    parts: list[Markup] = []
    for share in shares_of(run, site_id, Level.EPCI):
        taken, before = share["enaf_m2"], table[share["code"]]
        after = None if pd.isna(taken) or pd.isna(before) else before - taken
        rows = [
            (_("ENAF taken by the site"), taken),
            (_("Remains before the site"), before),
            (_("Remains after the site"), after),
        ]
        decimals = decimals_adding_up((before, taken, after))
        told = [(label, area_text(area, _, decimals=decimals)) for label, area in rows]
        parts += [paragraph(share["name"], "sg-territory"), facts(told, strong=(2,))]
    title = _("Whose ZAN budget, {period}").format(period=run.before.ruleset.period)
    return section(title, *parts)


def _land(run: Run, site_id: str, _: Translate) -> Markup:
    areas_m2 = run.land.areas_m2.loc[[site_id]].to_dict("records")[0]
    gross_m2 = sum(areas_m2.values())
    shares = {c: areas_m2[c.value] / gross_m2 for c in LandClass if areas_m2[c.value] >= 1}
    key = Markup('<span class="sg-key sg-land-{}"></span>{}')
    value = Markup("{}<small>{}</small>")
    rows = [
        (
            key.format(c.value, _(CLASS_LABELS[c])),
            value.format(area_text(areas_m2[c.value], _), percent(share, _)),
        )
        for c, share in shares.items()
    ]
    segments = [Segment(_(CLASS_LABELS[c]), s, f"sg-land-{c.value}") for c, s in shares.items()]
    enaf = _("of which ENAF: {area}").format(area=area_text(run.land.enaf_m2[site_id], _))
    title = _("Land: {area}").format(area=area_text(gross_m2, _))
    return section(title, bar(segments), facts(rows), aside=enaf)


def _jobs(run: Run, site_id: str, _: Translate) -> Markup:
    """Tell the jobs expected, and what they rest on."""
    jobs = run.jobs.loc[site_id]
    value: Markup | str = UNKNOWN
    told = _("Neither jobs nor a vocation are declared.")
    if not pd.isna(jobs["status"]):
        status = Status(jobs["status"])
        value = _sourced(number(jobs["central"], _), status, _)
        told = ""
    if jobs["status"] == Status.ESTIMATED:
        text = _(
            "Between {low} and {high}: gross area × jobs per hectare of the vocation, a working "
            "hypothesis of the scenario."
        )
        told = text.format(low=number(jobs["low"], _), high=number(jobs["high"], _))
    rows = [(_("Jobs expected"), value)]
    return section(_("Jobs"), facts(rows), *([paragraph(told, "sg-note")] if told else []))


def _score(run: Run, site_id: str, _: Translate) -> Markup:
    points = site_points(run, site_id)
    title = _("Score: {score} out of 100").format(
        score=number(run.scores.total[site_id], _, decimals=1)
    )
    aside = _("rank {rank} of {count}").format(
        rank=number(run.scores.rank[site_id], _), count=len(run.sites)
    )
    known = _("Reliability: {share} of the weight of the criteria is known.").format(
        share=percent(run.scores.reliability[site_id], _)
    )
    told = [paragraph(known, "sg-note")]
    important = {gap.figures["name"]: gap.figures["percent"] for gap in run.gaps[site_id]}
    if important:
        names = (f"{_(CRITERIA[name].title)} ({n}\u00a0%)" for name, n in important.items())
        text = _("Important and not known: {names}.").format(names=", ".join(names))
        told.append(paragraph(text, "sg-note sg-warning"))
    unknown = (one.criterion for one in points if one.points is None)
    missing = [_(criterion.title) for criterion in unknown if criterion.name not in important]
    if missing:
        text = _("Not known, left out of the score: {names}.").format(names=", ".join(missing))
        told.append(paragraph(text, "sg-note"))
    told += [paragraph(f"{limit.text(_)}.", "sg-note") for limit in run.limits[site_id]]
    return section(title, *told, joined(_themes(points, _)), aside=aside)


def _themes(points: list[Points], _: Translate) -> Iterator[Markup]:
    """Tell the points of each criterion against the most it could bring, by theme."""
    widest = max((one.most for one in points), default=0.0)
    head = Markup(
        '<tr class="sg-theme"><th scope="rowgroup">{}</th><td></td>'
        "<td>{}<small> / {}</small></td></tr>"
    )
    for theme, title in THEMES.items():
        own = [one for one in points if one.criterion.theme == theme and one.most > 0]
        if not own:
            continue
        earned = number(sum(one.points or 0.0 for one in own), _, decimals=1)
        most = number(sum(one.most for one in own), _, decimals=1)
        rows = [head.format(_(title), earned, most)]
        rows += [_criterion(one, widest, _) for one in own]
        yield Markup('<table class="sg-points"><tbody>{}</tbody></table>').format(joined(rows))


def _criterion(one: Points, widest: float, _: Translate) -> Markup:
    row = Markup(
        '<tr data-criterion="{}"><th scope="row">{}<small>{}</small></th>'
        '<td><div class="sg-gain" style="width:{:.1f}%"><span style="width:{:.1f}%"></span></div>'
        "</td><td>{}</td></tr>"
    )
    earned = one.points or 0.0
    # Each known criterion brings its weight times its value, from 0 to 1.
    valued = _("value {value}").format(value=number(earned / one.most, _, decimals=2))
    measure = f"{measure_text(one.criterion, one.measure, _)} · {valued}"
    return row.format(
        one.criterion.name, _(one.criterion.title), measure,
        100 * one.most / widest, 100 * earned / one.most, number(earned, _, decimals=1),
    )  # fmt: skip


def _sources(run: Run, site: dict[Hashable, Any], _: Translate) -> Markup:
    uses = {use.name: use for use in run.manifest.layers}
    own = run.origins[site["site_id"]]
    known = [_(text) for text in (own.publisher, own.vintage) if text not in ("", NOT_STATED)]
    told = dict.fromkeys((str(site["source"]), *known))
    rows = [(_("Site"), _sourced(", ".join(told), own.status, _))]
    for name in ("land_cover", "enaf_flows"):
        use = uses[name]
        rows.append((_(use.title), _sourced(f"{_(use.publisher)}, {use.vintage}", use.status, _)))
    return section(_("Sources"), facts(rows))


def _sourced(text: str, status: Status, _: Translate) -> Markup:
    return Markup("{} {}").format(text, badge(_(STATUS_LABELS[status]), f"sg-status-{status}"))


def _day(value: Any, _: Translate) -> str:
    """Tell a day, written as in ISO 8601, in the form of the language."""
    if pd.isna(value):
        return UNKNOWN
    try:
        return day_text(date.fromisoformat(str(value)), _)
    except ValueError:  # a month or a year alone
        return str(value)


def _text(value: Any) -> str:
    if pd.isna(value):
        return UNKNOWN
    return f"{value:.0f}" if isinstance(value, float) else str(value)
