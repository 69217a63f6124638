"""The CV of a territory as a JSON document, described in ``docs/json.md``."""

from __future__ import annotations

from typing import Any

from layers.errors import N_
from siting.documents import manifest_document, reason_document
from siting.i18n import Translate
from siting.pipeline import Run
from siting.territory_cv.model import Fact, TerritoryCV

OUTSIDE = N_("part of this territory lies outside the region: it is not counted")


def territory_document(cv: TerritoryCV, run: Run, translate: Translate) -> dict[str, Any]:
    """Return a CV as the JSON document of ``siting territory --format json``.

    Parameters
    ----------
    cv
        The CV.
    run
        The run it comes from.
    translate
        Language of titles and sentences; keys and codes do not change.

    Returns
    -------
    dict
        ``manifest`` and ``territory``; described in ``docs/json.md``.
    """
    return {
        "manifest": manifest_document(run.manifest, translate),
        "territory": {
            "level": cv.level.value,
            "code": cv.code,
            "name": cv.name,
            "communes": cv.communes,
            "complete": cv.complete,
            "notes": [] if cv.complete else [translate(OUTSIDE)],
            "facts": [_fact_document(fact, translate) for fact in cv.facts],
            "sites": [
                {
                    "site_id": site.site_id,
                    "name": site.name,
                    "vocation": site.vocation,
                    "area_m2": round(site.area_m2, 2),
                    "enaf_m2": site.enaf_m2,
                    "verdict": site.verdict,
                    "status": site.status.value,
                }
                for site in cv.sites
            ],
        },
    }


def _fact_document(fact: Fact, translate: Translate) -> dict[str, Any]:
    return {
        "name": fact.label.name,
        "title": translate(fact.label.title),
        "theme": fact.label.theme,
        "value": fact.value,
        "unit": translate(fact.label.unit) if fact.label.unit else "",
        "status": None if fact.status is None else fact.status.value,
        "source": ", ".join(translate(part) for part in fact.sources if part),
        "vintage": translate(fact.vintage) if fact.vintage else "",
        "notes": [reason_document(note, translate) for note in fact.notes],
    }
