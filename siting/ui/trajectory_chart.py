"""The trajectory of a budget, year by year: a chart, and the table of its numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pandas as pd

from siting.i18n import Translate
from siting.labels import YEAR_LABELS, number
from siting.ui.measures import area_text
from siting.zan.trajectory import Trajectory, TrajectoryYear, YearStatus

_M2_PER_HA: Final = 10_000
_OBSERVED, _COMMITTED, _PLANNED = "#8a5a3c", "#c9975f", "#5b9bc0"
_INK, _SOFT, _LINE, _RED = "#22313a", "#5a6870", "#e3e8ea", "#c8281e"
_HEIGHT: Final = 300


def trajectory_table(trajectory: Trajectory, translate: Translate) -> pd.DataFrame:
    """Return the years of a trajectory as a table.

    Parameters
    ----------
    trajectory
        The trajectory.
    translate
        The language.

    Returns
    -------
    DataFrame
        One row a year, in hectares: what counts as observed, committed, planned, deducted, the
        running total, the even pace and what remains.
    """
    _ = translate
    rows = [
        {
            _("Year"): str(row.year),
            _("Known as"): _(YEAR_LABELS[row.status]),
            _("Counted (ha)"): _ha(row.counted_m2),
            _("Committed (ha)"): _ha(row.committed_m2),
            _("Sites of the scenario (ha)"): _ha(row.planned_m2),
            _("Deducted (ha)"): _ha(row.credit_m2),
            _("Running total (ha)"): _ha(row.used_m2),
            _("Even pace (ha)"): _ha(row.linear_target_m2),
            _("Remains (ha)"): _ha(row.remaining_m2),
        }
        for row in trajectory.years
    ]
    return pd.DataFrame(rows)


def _ha(area_m2: Any) -> float | None:
    return None if area_m2 is None else float(area_m2) / _M2_PER_HA


def trajectory_spec(trajectory: Trajectory, translate: Translate) -> dict[str, Any]:
    """Return the chart of a trajectory, as a Vega-Lite specification with its data.

    Parameters
    ----------
    trajectory
        A trajectory whose budget is known.
    translate
        The language.

    Returns
    -------
    dict
        Stacked bars of the running total, the budget, the band beyond it, and the pace that
        would hold the budget.
    """
    _ = translate
    budget = _ha(trajectory.budget_m2) or 0.0
    band = _ha(trajectory.band_end_m2) or 0.0
    parts = {"observed": _("observed"), "committed": _("committed"),
             "planned": _("sites of the scenario")}  # fmt: skip
    bars = list(_bars(trajectory, parts, _))
    pace = list(_pace(trajectory))
    edges = {"budget": budget, "band": band}
    text = _("budget: {area}").format(area=area_text(trajectory.budget_m2, _))
    named = {"value": budget, "text": text}
    top = max([band, *(one["end"] for one in bars)], default=band)
    x = {"field": "year", "type": "ordinal", "title": None}
    y = {"field": "value", "type": "quantitative"}
    layers: list[dict[str, Any]] = [
        {
            "data": {"values": [edges]},
            "mark": {"type": "rect", "color": _RED, "opacity": 0.09},
            "encoding": {"y": {"field": "budget", "type": "quantitative"}, "y2": {"field": "band"}},
        },
        {
            "data": {"values": bars},
            "mark": {"type": "bar", "width": {"band": 0.62}},
            "encoding": {
                "x": x,
                "y": {
                    "field": "start", "type": "quantitative", "title": _("hectares, running total"),
                    "scale": {"domain": [0, top * 1.06]},
                },
                "y2": {"field": "end"},
                "color": {
                    "field": "part", "type": "nominal",
                    "scale": {
                        "domain": list(parts.values()),
                        "range": [_OBSERVED, _COMMITTED, _PLANNED],
                    },
                    "legend": {"title": None, "orient": "top", "symbolType": "square"},
                },
                # A year that is not observed yet carries over what was: paler.
                "opacity": {"condition": {"test": "datum.seen", "value": 1}, "value": 0.5},
                "tooltip": [
                    {"field": "year", "title": _("Year")},
                    {"field": "part", "title": _("Part")},
                    {"field": "text", "title": _("Area")},
                ],
            },
        },
        {
            "data": {"values": [named]},
            "mark": {"type": "rule", "color": _INK, "strokeWidth": 2},
            "encoding": {"y": y},
        },
        {
            "data": {"values": [named]},
            "mark": {
                "type": "text", "align": "left", "x": 6, "dy": -8, "color": _INK, "fontSize": 12.5,
                "fontWeight": 600,
            },
            "encoding": {"y": y, "text": {"field": "text"}},
        },
    ]  # fmt: skip
    if pace:
        layers.append(
            {
                "data": {"values": pace},
                "mark": {
                    "type": "line", "color": _INK, "strokeDash": [5, 4], "strokeWidth": 1.6,
                    "point": {"color": _INK, "size": 18},
                },
                "encoding": {"x": x, "y": y},
            }
        )  # fmt: skip
    digits = "replace(format(datum.value, ',.0f'), regexp(',', 'g'), '{mark}')"
    mark = number(1000, _)[1]
    return {
        "height": _HEIGHT,
        "layer": layers,
        "config": {
            "view": {"stroke": None},
            "axis": {"labelColor": _SOFT, "titleColor": _SOFT, "titleFontWeight": 400,
                     "domainColor": _SOFT, "tickColor": _SOFT, "labelFontSize": 12},
            "axisX": {"labelAngle": 0, "grid": False},
            "axisY": {"gridColor": _LINE, "labelExpr": digits.replace("{mark}", mark)},
            "legend": {"labelColor": _INK, "labelFontSize": 12.5},
        },
    }  # fmt: skip


def _bars(trajectory: Trajectory, parts: dict[str, str], _: Translate) -> Iterator[dict[str, Any]]:
    """Stack, in each year, what was counted so far: observed, committed, planned."""
    sums = dict.fromkeys(parts, 0)
    for row in trajectory.years:
        for name, area_m2 in _of_year(row).items():
            sums[name] += area_m2
        start = 0
        for name, title in parts.items():
            end = start + sums[name]
            if sums[name]:
                yield {
                    "year": str(row.year), "part": title, "start": start / _M2_PER_HA,
                    "end": end / _M2_PER_HA,
                    "seen": name != "observed" or row.status is not YearStatus.PLANNED,
                    "text": area_text(sums[name], _),
                }  # fmt: skip
            start = end


def _of_year(row: TrajectoryYear) -> dict[str, int]:
    return {
        "observed": (row.counted_m2 or 0) + row.credit_m2,
        "committed": row.committed_m2,
        "planned": row.planned_m2,
    }


def _pace(trajectory: Trajectory) -> Iterator[dict[str, Any]]:
    """Follow the pace that would hold the budget, from the last observed year on."""
    pace, left = trajectory.required_pace_m2, trajectory.years_left
    if pace is None or left is None or trajectory.budget_m2 is None:
        return
    seen_m2 = trajectory.budget_m2 - (trajectory.remaining_observed_m2 or 0)
    for elapsed, year in enumerate(range(left.first - 1, left.last + 1)):
        if year >= trajectory.period.first:
            yield {"year": str(year), "value": float(seen_m2 + pace * elapsed) / _M2_PER_HA}


def told(trajectory: Trajectory, translate: Translate) -> list[str]:
    """Tell a trajectory in sentences: paces, and when the budget would be used up.

    Parameters
    ----------
    trajectory
        The trajectory.
    translate
        The language.

    Returns
    -------
    list of str
        Sentences; fewer where less is known.
    """
    _ = translate
    lines: list[str] = []
    seen, left = trajectory.observed_pace_m2, trajectory.required_pace_m2
    if seen is not None and trajectory.observed_period is not None:
        text = _("Observed pace {period}: {area} a year.")
        lines.append(text.format(period=trajectory.observed_period, area=area_text(float(seen), _)))
    if left is not None and trajectory.years_left is not None:
        text = _("Pace that holds the budget {period}: {area} a year, all works included.")
        lines.append(text.format(period=trajectory.years_left, area=area_text(float(left), _)))
    if trajectory.first_overshoot_year is not None:
        text = _("The budget is exceeded from {year} on.")
        lines.append(text.format(year=trajectory.first_overshoot_year))
    elif trajectory.used_up_year is not None:
        text = _("At the observed pace, the budget would be used up in {year} (estimate).")
        lines.append(text.format(year=trajectory.used_up_year))
    return lines
