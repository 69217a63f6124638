"""What a map shows of a run, in one language, as plain values."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

from layers.errors import N_
from layers.spec import Status
from layers.territory import Level
from siting.account import Account
from siting.domain import VerdictCode
from siting.i18n import Translate
from siting.labels import VERDICT_LABELS, hectares, number, percent
from siting.maps.backgrounds import backgrounds_view
from siting.maps.ground import Ground, drawn_units, encoded
from siting.maps.indicators import INDICATORS, USED_SHARE, Figures, classed, value_text
from siting.maps.signs import (
    AREA_KINDS,
    CROWD,
    MARKS,
    PLACES,
    VERDICT_COLOURS,
    budget_share,
    marker_size,
    svg,
    total_m2,
    verdict_symbol,
)
from siting.pipeline import Run
from siting.world import World

_BY_LEVEL: Final = {
    Level.COMMUNE: N_("by commune"),
    Level.EPCI: N_("by EPCI"),
    Level.SCOT: N_("by SCoT"),
    Level.DEPARTEMENT: N_("by département"),
    Level.ZONE_EMPLOI: N_("by zone d’emploi"),
    Level.REGION: N_("by région"),
}


LAYER_TITLES: Final = MappingProxyType(
    {
        "communes": N_("Communes, from near"),
        "protected_areas": N_("Protected areas"),
        "brownfields": N_("Brownfields (surveyed or declared)"),
        "stations": N_("Railway stations"),
        "freight_sidings": N_("Freight sidings (surveyed or declared)"),
        "interchanges": N_("Motorway interchanges"),
        "ports": N_("Ports"),
    }
)
"""Layers that may be switched, where there is something to show, in order."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a map looks at the territories.

    Parameters
    ----------
    level
        Level of the territories.
    indicator
        What colours them: a name of :data:`siting.maps.INDICATORS`.
    planned
        Whether the sites of the scenario count in the budgets used.
    """

    level: Level = Level.EPCI
    indicator: str = USED_SHARE
    planned: bool = False


DEFAULT_LOOK: Final = Look()


def map_view(
    run: Run,
    world: World,
    translate: Translate,
    *,
    look: Look = DEFAULT_LOOK,
    shown: Collection[str] | None = None,
    ground: Ground | None = None,
) -> dict[str, Any]:
    """Return what the map shows of a run, as plain values.

    Parameters
    ----------
    run
        The run.
    world
        The territory and its layers.
    translate
        Language of the texts.
    look
        Territories and indicator.
    shown
        Identifiers of the sites to show; all by default.
    ground
        The ground, for the outlines of a level that it does not hold.

    Returns
    -------
    dict
        ``level``, ``units`` (territories with class and figures), ``rings`` (their outlines
        where the ground has none), ``sites`` (place, verdict, size, figures), ``classes``,
        ``verdicts``, ``places``, ``kinds``, ``demonstration`` (layers that are made up),
        ``backgrounds``, ``labels``.
    """
    _ = translate
    account = run.account if look.planned else run.before
    figures = Figures(account, world.layers, look.level)
    values = INDICATORS[look.indicator].function(figures)
    classes, positions = classed(look.indicator, figures, values, _)
    missing = ground is not None and look.level.value not in ground.units
    rings = drawn_units(ground, account.codes(look.level)) if missing and ground else {}
    return {
        "level": look.level.value,
        "units": list(_units(figures, look.indicator, values, positions, _)),
        "rings": rings,
        "sites": list(_sites(run, _, shown)),
        "classes": [{"label": one.label, "colour": one.colour} for one in classes],
        "verdicts": {
            code.value: {
                "label": _(VERDICT_LABELS[code]),
                "colour": VERDICT_COLOURS[code],
                "symbol": verdict_symbol(code),
            }
            for code in VerdictCode
        },
        "places": {
            name: {"title": _(title), "symbol": svg(shape)}
            for name, (title, shape) in PLACES.items()
        },
        "kinds": {kind: _(title) for kind, title in AREA_KINDS.items()},
        "demonstration": [
            name
            for name in LAYER_TITLES
            if name in world.layers and world.layers[name].provenance.status is Status.DEMONSTRATION
        ],
        "backgrounds": backgrounds_view(_),
        "labels": _labels(account, look, _),
    }


def _units(
    figures: Figures, name: str, values: pd.Series, positions: pd.Series, _: Translate
) -> Iterator[dict[str, Any]]:
    indicator, table = INDICATORS[name], figures.budgets
    told = _("{share} of the budget used")
    text = _("{used_ha} ha used of {budget_ha} ha, {remaining_ha} ha remain")
    for code, row in zip(table.index, table.to_dict("records"), strict=True):
        used = total_m2(row["used_m2"], row["planned_m2"])
        budget = row["budget_m2"]
        lines = [
            told.format(share=percent(budget_share(used, budget), _)),
            text.format(
                used_ha=hectares(used, _, decimals=1),
                budget_ha=hectares(budget, _, decimals=1),
                remaining_ha=hectares(row["remaining_m2"], _, decimals=1),
            ),
        ]
        if name not in (USED_SHARE, "remaining_ha"):
            value = value_text(indicator, values[code], _)
            lines.insert(0, _("{title}: {value}").format(title=_(indicator.title), value=value))
        position = positions[code]
        yield {
            "code": code,
            "name": row["name"],
            "class": None if pd.isna(position) else int(position),
            "lines": lines,
        }


def _sites(run: Run, _: Translate, shown: Collection[str] | None) -> Iterator[dict[str, Any]]:
    sites = run.sites if shown is None else run.sites[run.sites.index.isin(list(shown))]
    shapes = sites.geometry
    rings = encoded(shapes.simplify(5, preserve_topology=True))
    centres = shapes.representative_point().to_crs(4326)
    area = _("{area_ha} ha, of which {enaf_ha} ha of ENAF")
    score = _("Score {score} out of 100")
    # The large first: the small ones are drawn above them.
    for site_id in sites["gross_area_m2"].sort_values(ascending=False).index:
        row = sites.loc[site_id]
        yield {
            "id": site_id,
            "name": str(row["name"]),
            "verdict": run.verdicts[site_id].code.value,
            "x": round(centres[site_id].x, 5),
            "y": round(centres[site_id].y, 5),
            "size": marker_size(row["gross_area_m2"], crowded=len(sites) > CROWD),
            "rings": rings[site_id],
            "marks": [layer for layer, column in MARKS.items() if _true(row[column])],
            "lines": [
                area.format(
                    area_ha=hectares(row["gross_area_m2"], _, decimals=1),
                    enaf_ha=hectares(run.land.enaf_m2[site_id], _, decimals=1),
                ),
                score.format(score=number(run.scores.total[site_id], _, decimals=1)),
            ],
        }


def _true(value: Any) -> bool:
    return not pd.isna(value) and bool(value)


def _stage(account: Account, look: Look, _: Translate) -> str:
    """Tell what is counted in the budgets, and the unit."""
    unit = _(INDICATORS[look.indicator].unit)
    if look.indicator in ("vacancy", "job_seekers"):
        return unit
    observed = _("observed until {year} and committed").format(year=account.last_observed_year)
    if look.planned:
        observed = _("{observed}, and the sites of the scenario").format(observed=observed)
    return observed if look.indicator == USED_SHARE else f"{unit}, {observed}"


def _territories(account: Account, look: Look, _: Translate) -> str:
    if look.indicator == USED_SHARE:
        title = _("ZAN budget {period} used").format(period=account.ruleset.period)
    else:
        title = _(INDICATORS[look.indicator].title)
    return f"{title}, {_(_BY_LEVEL[look.level])}"


def _labels(account: Account, look: Look, _: Translate) -> dict[str, Any]:
    return {
        "legend": _("Legend"),
        "territories": _territories(account, look, _),
        "stage": _stage(account, look, _),
        "unknown": _("unknown"),
        "sites": _("Sites, by verdict"),
        "size": _("the size grows with the area"),
        "layersTitle": _("Layers"),
        "layers": {name: _(title) for name, title in LAYER_TITLES.items()},
        "marks": list(MARKS),
        "demonstration": _("demonstration"),
        "zoomIn": _("Zoom in"),
        "zoomOut": _("Zoom out"),
        "home": _("Whole region"),
        "attribution": account.territory.communes.provenance.publisher,
    }
