"""Sites side by side: each raw measure with its unit, beside its value and its points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
from markupsafe import Markup

from siting.criteria import CRITERIA, THEMES
from siting.i18n import Translate
from siting.labels import UNKNOWN, VERDICT_LABELS, number, percent
from siting.pipeline import Run
from siting.scenario import weights
from siting.scoring import values
from siting.ui.html import joined, verdict_badge
from siting.ui.measures import Points, area_text, measure_text, site_points

MOST = 5
"""Sites compared at most."""


def comparison_table(run: Run, site_ids: Sequence[str], translate: Translate) -> Markup:
    """Return sites side by side, criterion by criterion.

    Parameters
    ----------
    run
        The run.
    site_ids
        The sites.
    translate
        The language.

    Returns
    -------
    Markup
        HTML, every value of the file escaped: a column a site; a row a criterion that has some
        weight, with the raw measure and its unit, its value from 0 to 1, its points and what they
        could be.
    """
    _ = translate
    names = run.sites["name"].to_dict()
    head = joined(
        Markup('<th scope="col">{}<small>{}</small></th>').format(names[key], key)
        for key in site_ids
    )
    rows = [*_facts(run, site_ids, _), *_criteria(run, site_ids, _)]
    return Markup(
        '<div class="sg-scroll" role="region" tabindex="0" aria-label="{}">'
        '<table class="sg-compare"><thead><tr><th scope="col">{}</th>{}</tr></thead>'
        "<tbody>{}</tbody></table></div>"
    ).format(_("Sites compared"), _("Criterion"), head, joined(rows))


def _facts(run: Run, site_ids: Sequence[str], _: Translate) -> Iterator[Markup]:
    scores = run.scores
    count = len(run.sites)
    verdicts = [run.verdicts[key].code for key in site_ids]
    rows: tuple[tuple[str, list[Any]], ...] = (
        (_("Verdict"), [verdict_badge(one, _(VERDICT_LABELS[one])) for one in verdicts]),
        (_("Score out of 100"), [number(scores.total[k], _, decimals=1) for k in site_ids]),
        (
            _("Rank of {count}").format(count=number(count, _)),
            [number(scores.rank[k], _) for k in site_ids],
        ),
        (_("Reliability"), [percent(scores.reliability[k], _) for k in site_ids]),
        (_("Area"), [area_text(run.sites["gross_area_m2"][k], _) for k in site_ids]),
        (_("ENAF taken"), [area_text(run.land.enaf_m2[k], _) for k in site_ids]),
    )  # fmt: skip
    for title, cells in rows:
        yield _row(title, cells, "sg-fact")


def _criteria(run: Run, site_ids: Sequence[str], _: Translate) -> Iterator[Markup]:
    points = {key: {one.criterion.name: one for one in site_points(run, key)} for key in site_ids}
    valued = values(run.matrix.loc[list(site_ids)], run.scenario)
    weighted = weights(run.scenario)
    names = [str(name) for name in weighted.index if weighted[name] > 0]
    for theme, title in THEMES.items():
        own = [name for name in names if CRITERIA[name].theme == theme]
        if not own:
            continue
        earned = [_together([points[key][name] for name in own], _) for key in site_ids]
        yield _row(_(title), earned, "sg-theme")
        for name in own:
            cells = [_cell(points[key][name], valued[name][key], _) for key in site_ids]
            yield _row(_title(name, float(weighted[name]), _), cells, "", name=name)


def _title(name: str, weight: float, _: Translate) -> Markup:
    share = _("weight {share}").format(share=percent(weight, _, decimals=1))
    return Markup("{}<small>{}</small>").format(_(CRITERIA[name].title), share)


def _together(own: Sequence[Points], _: Translate) -> Markup:
    return _earned(sum(one.points or 0.0 for one in own), sum(one.most for one in own), _)


def _earned(points: float, most: float, _: Translate) -> Markup:
    text = _("{points} of {most} points")
    return Markup("{}").format(
        text.format(points=number(points, _, decimals=1), most=number(most, _, decimals=1))
    )


def _cell(one: Points, value: Any, _: Translate) -> Markup:
    if one.points is None:
        return Markup('<span class="sg-missing">{}</span>').format(_("not known"))
    return Markup('<span title="{}">{}</span><small>{} · {}</small>').format(
        exact_text(one, _),
        measure_text(one.criterion, one.measure, _),
        _("value {value}").format(value=number(value, _, decimals=2)),
        _earned(one.points, one.most, _),
    )


def exact_text(one: Points, translate: Translate) -> str:
    """Return a raw measure in the very unit of its criterion.

    Parameters
    ----------
    one
        The measure.
    translate
        The language.

    Returns
    -------
    str
        The measure, not converted, and its unit.
    """
    if pd.isna(one.measure):
        return UNKNOWN
    if one.criterion.unit == "label":
        return translate(str(one.measure))
    raw = number(one.measure, translate, decimals=4)
    return f"{raw}\u00a0{translate(one.criterion.unit) if one.criterion.unit else ''}".strip()


def _row(title: object, cells: Sequence[object], style: str, *, name: str = "") -> Markup:
    row = Markup('<tr class="{}" data-criterion="{}"><th scope="row">{}</th>{}</tr>')
    return row.format(style, name, title, joined(Markup("<td>{}</td>").format(c) for c in cells))
