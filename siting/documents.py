"""Results as JSON documents: a stable interface, described in ``docs/json.md``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd

from layers.territory import Level
from siting.criteria.employment import JOBS_BOUNDS
from siting.domain import Manifest, Reason, Verdict
from siting.errors import Problem
from siting.i18n import Translate
from siting.known import known_number, known_whole
from siting.pipeline import Run
from siting.zan.account import Rules
from siting.zan.plan import TerritoryPlan, judged, region_verdict
from siting.zan.tally import Tally

AREA_DECIMALS = 2
"""Areas are written to the hundredth of a m²; each class is rounded alone."""


def manifest_document(manifest: Manifest, translate: Translate) -> dict[str, Any]:
    """Return the manifest as plain values.

    Parameters
    ----------
    manifest
        What the result was made with.
    translate
        Language of the titles.

    Returns
    -------
    dict
        ``version``, ``scenario``, ``scenario_hash``, ``ruleset``, ``ruleset_status``,
        ``created`` (ISO day), ``demonstration``, ``overshoot_right``, ``reach`` and ``layers``.
    """
    document = asdict(manifest)
    document["created"] = manifest.created.isoformat()
    document["demonstration"] = manifest.demonstration
    right = manifest.overshoot_right
    document["overshoot_right"] = None if right is None else float(right)
    document["layers"] = [
        {
            **layer,
            "title": translate(str(layer["title"])),
            "publisher": translate(str(layer["publisher"])),
            "status": str(layer["status"]),
        }
        for layer in document["layers"]
    ]
    return document


def problem_document(found: Problem, translate: Translate) -> dict[str, Any]:
    """Return a problem as plain values: ``row``, ``field``, ``code``, ``message``.

    Parameters
    ----------
    found
        The problem.
    translate
        Language of the message.

    Returns
    -------
    dict
        Plain values.
    """
    return {
        "row": found.row,
        "field": found.field,
        "code": found.code,
        "message": found.text(translate),
    }


def score_document(run: Run, translate: Translate, *, sites: bool = True) -> dict[str, Any]:
    """Return a run as the JSON document of ``siting score --format json``.

    Parameters
    ----------
    run
        The run.
    translate
        Language of names and sentences; keys and codes do not change.
    sites
        Whether to give the sites themselves.

    Returns
    -------
    dict
        ``manifest``, ``sites`` where asked, ``rejected``, ``notes``, ``plan``; described in
        ``docs/json.md``.
    """
    return {
        "manifest": manifest_document(run.manifest, translate),
        **({"sites": site_documents(run, translate)} if sites else {}),
        "rejected": [problem_document(found, translate) for found in run.rejected],
        "notes": [problem_document(found, translate) for found in run.notes],
        "plan": plan_document(run, translate),
    }


def site_documents(run: Run, translate: Translate) -> list[dict[str, Any]]:
    """Return the sites of a run as plain values, in the order of the file.

    Parameters
    ----------
    run
        The run.
    translate
        Language of the sentences.

    Returns
    -------
    list of dict
        One document a site.
    """
    levels = [level.value for level in run.before.territory.levels]
    shares: dict[str, list[dict[str, Any]]] = {}
    for row in run.shares.to_dict("records"):
        share = {
            "level": row["level"],
            "code": row["code"],
            "name": row["name"],
            "area_m2": _area(row["area_m2"]),
            "enaf_m2": known_whole(row["enaf_m2"]),
        }
        shares.setdefault(row["site_id"], []).append(share)
    documents = []
    columns = zip(
        run.sites.index,
        run.sites["name"],
        run.sites["gross_area_m2"],
        run.land.enaf_m2,
        run.land.areas_m2.to_dict("records"),
        run.scores.total,
        run.scores.reliability,
        run.scores.rank,
        run.scores.contributions.to_dict("records"),
        run.jobs.to_dict("records"),
        strict=True,
    )
    for site_id, name, gross, enaf, areas, total, reliability, rank, points, jobs in columns:
        verdict = run.verdicts[site_id]
        documents.append(
            {
                "site_id": site_id,
                "name": name,
                "verdict": verdict.code.value,
                "figures": dict(verdict.figures),
                "reasons": [
                    reason_document(reason, translate)
                    for reason in (*verdict.reasons, *run.eligibility[site_id].conditions)
                ],
                "score": known_number(total),
                "reliability": known_number(reliability),
                "gaps": [reason_document(gap, translate) for gap in run.gaps[site_id]],
                "limits": [reason_document(limit, translate) for limit in run.limits[site_id]],
                "rank": known_whole(rank),
                "gross_area_m2": _area(gross),
                "enaf_m2": known_whole(enaf),
                "jobs": {bound: known_number(jobs[bound]) for bound in JOBS_BOUNDS}
                | {"status": None if pd.isna(jobs["status"]) else jobs["status"]},
                "areas_m2": {key: _area(value) for key, value in areas.items()},
                "contributions": {key: known_number(value) for key, value in points.items()},
                "shares": sorted(
                    shares.get(site_id, []), key=lambda s: (levels.index(s["level"]), s["code"])
                ),
            }
        )
    return documents


def reason_document(reason: Reason, translate: Translate) -> dict[str, Any]:
    """Return a reason as plain values: ``code``, ``message``, ``legal``.

    Parameters
    ----------
    reason
        The reason.
    translate
        Language of the sentence.

    Returns
    -------
    dict
        Plain values.
    """
    return {"code": reason.code, "message": reason.text(translate), "legal": reason.legal}


def plan_document(run: Run, translate: Translate) -> dict[str, Any]:
    """Return the verdict on the set of chosen sites as plain values.

    Parameters
    ----------
    run
        The run.
    translate
        Language of the sentences.

    Returns
    -------
    dict
        ``verdict``, ``reasons``, ``posted``, ``left_out``, ``territories`` and ``region``.
    """
    return {
        "verdict": run.plan.verdict.code.value,
        "reasons": _told(run.plan.verdict, translate),
        "posted": list(run.plan.posted),
        "left_out": [
            {"site_id": key, "reasons": [reason_document(r, translate) for r in reasons]}
            for key, reasons in run.plan.left_out.items()
        ],
        "territories": [
            _territory_document(part, list(part.sites), translate) for part in run.plan.territories
        ],
        "region": _region_document(run.plan.region, translate),
    }


def tally_plan_document(found: Tally, rules: Rules, translate: Translate) -> dict[str, Any]:
    """Return the verdict on a set of sites that are only counted as plain values.

    Parameters
    ----------
    found
        What the chosen sites take together.
    rules
        What they are judged with.
    translate
        Language of the sentences.

    Returns
    -------
    dict
        As :func:`plan_document`, with numbers of sites in place of their identifiers;
        ``left_out`` counts them by verdict.
    """
    verdict, territories = judged(found, rules)
    return {
        "verdict": verdict.code.value,
        "reasons": _told(verdict, translate),
        "posted": sum(found.posted.values()),
        "left_out": {code.value: found.left_out[code] for code in sorted(found.left_out)},
        "territories": [
            _territory_document(part, found.epci[part.code].sites, translate)
            for part in territories
        ],
        "region": _region_document(region_verdict(found, rules), translate),
    }


def _region_document(verdict: Verdict | None, translate: Translate) -> dict[str, Any] | None:
    if verdict is None:
        return None
    return {"verdict": verdict.code.value, "reasons": _told(verdict, translate)}


def _told(verdict: Verdict, translate: Translate) -> list[dict[str, Any]]:
    return [reason_document(reason, translate) for reason in verdict.reasons]


def _territory_document(
    part: TerritoryPlan, sites: list[str] | int, translate: Translate
) -> dict[str, Any]:
    return {
        "level": Level.EPCI.value,
        "code": part.code,
        "name": part.name,
        "sites": sites,
        "planned_m2": part.planned_m2,
        "pooled_m2": part.pooled_m2,
        "remaining_before_m2": part.remaining_before_m2,
        "remaining_after_m2": part.remaining_after_m2,
        "first_overshoot_year": part.first_overshoot_year,
        "verdict": part.verdict.code.value,
        "reasons": _told(part.verdict, translate),
    }


def _area(value: float) -> float:
    return round(float(value), AREA_DECIMALS)


def dumps(document: Mapping[str, Any]) -> str:
    """Return a document as JSON text, accents kept, unknown as ``null``.

    Parameters
    ----------
    document
        Plain values.

    Returns
    -------
    str
        Indented JSON.
    """
    return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False)
