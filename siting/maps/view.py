"""What a map shows of a run, in one language, as plain values."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from layers.territory import Level
from siting.account import Account
from siting.domain import VerdictCode
from siting.i18n import Translate
from siting.labels import VERDICT_LABELS, hectares, number, percent
from siting.maps.ground import encoded
from siting.maps.signs import (
    CROWD,
    PLACES,
    PROTECTED_KINDS,
    SHARE_CLASSES,
    VERDICT_COLOURS,
    budget_share,
    marker_size,
    share_class,
    svg,
    total_m2,
    verdict_symbol,
)
from siting.pipeline import Run


def map_view(
    run: Run,
    translate: Translate,
    *,
    planned: bool = False,
    shown: Collection[str] | None = None,
) -> dict[str, Any]:
    """Return what the map shows of a run, as plain values.

    Parameters
    ----------
    run
        The run.
    translate
        Language of the texts.
    planned
        Whether the sites of the scenario count in the budgets used.
    shown
        Identifiers of the sites to show; all by default.

    Returns
    -------
    dict
        ``units`` (EPCI with class and figures), ``sites`` (place, verdict, size, figures),
        ``classes``, ``verdicts``, ``places``, ``kinds``, ``labels``.
    """
    _ = translate
    account = run.account if planned else run.before
    return {
        "units": list(_units(account, _)),
        "sites": list(_sites(run, _, shown)),
        "classes": [{"label": _(one.label), "colour": one.colour} for one in SHARE_CLASSES],
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
        "kinds": {kind: _(title) for kind, title in PROTECTED_KINDS.items()},
        "shown": ["communes"],
        "labels": _labels(account, _, planned=planned),
    }


def _units(account: Account, _: Translate) -> Iterator[dict[str, Any]]:
    table = account.budgets(Level.EPCI)
    for code, row in zip(table.index, table.to_dict("records"), strict=True):
        used = total_m2(row["used_m2"], row["planned_m2"])
        budget = row["budget_m2"]
        share = percent(budget_share(used, budget), _)
        figures = _("{used_ha} ha used of {budget_ha} ha, {remaining_ha} ha remain")
        yield {
            "code": code,
            "name": row["name"],
            "class": share_class(used, budget),
            "lines": [
                _("{share} of the budget used").format(share=share),
                figures.format(
                    used_ha=hectares(used, _, decimals=1),
                    budget_ha=hectares(budget, _, decimals=1),
                    remaining_ha=hectares(row["remaining_m2"], _, decimals=1),
                ),
            ],
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
            "lines": [
                area.format(
                    area_ha=hectares(row["gross_area_m2"], _, decimals=1),
                    enaf_ha=hectares(run.land.enaf_m2[site_id], _, decimals=1),
                ),
                score.format(score=number(run.scores.total[site_id], _)),
            ],
        }


def _labels(account: Account, _: Translate, *, planned: bool) -> dict[str, Any]:
    observed = _("observed until {year} and committed").format(year=account.last_observed_year)
    return {
        "legend": _("Legend"),
        "territories": _("ZAN budget {period} used, by EPCI").format(period=account.ruleset.period),
        "stage": _("{observed}, and the sites of the scenario").format(observed=observed)
        if planned
        else observed,
        "unknown": _("unknown"),
        "sites": _("Sites, by verdict"),
        "size": _("the size grows with the area"),
        "layersTitle": _("Layers"),
        "layers": {
            "communes": _("Communes, from near"),
            "protected_areas": _("Protected areas"),
            "stations": _("Railway stations"),
            "interchanges": _("Motorway interchanges"),
            "ports": _("Ports"),
        },
        "zoomIn": _("Zoom in"),
        "zoomOut": _("Zoom out"),
        "home": _("Whole region"),
        "attribution": account.territory.communes.provenance.publisher,
    }
