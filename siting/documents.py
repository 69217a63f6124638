"""Results as JSON documents: a stable interface, described in ``docs/json.md``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd

from layers.territory import Level
from siting.account import Account
from siting.criteria.employment import JOBS_BOUNDS
from siting.domain import Manifest, Reason, Verdict
from siting.errors import Problem, SitingError, problem
from siting.i18n import Language, Translate
from siting.labels import LINE_LABELS, rate_label
from siting.pipeline import Run
from siting.statement import statement
from siting.zan.account import Rules
from siting.zan.guarantee import GUARANTEE_AMOUNTS
from siting.zan.plan import TerritoryPlan, judged
from siting.zan.ruleset import Ruleset
from siting.zan.tally import Tally
from siting.zan.trajectory import Trajectory
from siting.zan.trajectory_reasons import trajectory_reasons

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
            "enaf_m2": _whole(row["enaf_m2"]),
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
                "score": _number(total),
                "reliability": _number(reliability),
                "gaps": [reason_document(gap, translate) for gap in run.gaps[site_id]],
                "rank": _whole(rank),
                "gross_area_m2": _area(gross),
                "enaf_m2": _whole(enaf),
                "jobs": {bound: _number(jobs[bound]) for bound in JOBS_BOUNDS}
                | {"status": None if pd.isna(jobs["status"]) else jobs["status"]},
                "areas_m2": {key: _area(value) for key, value in areas.items()},
                "contributions": {key: _number(value) for key, value in points.items()},
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
        ``verdict``, ``reasons``, ``posted``, ``left_out`` and ``territories``.
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
    }


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


def budget_document(
    account: Account,
    level: Level,
    manifest: Manifest,
    translate: Translate,
    *,
    territory: str | None = None,
) -> dict[str, Any]:
    """Return budgets as the JSON document of ``siting budget --format json``.

    Parameters
    ----------
    account
        The account.
    level
        Level of the territories.
    manifest
        What the account was made with.
    translate
        Language of the titles.
    territory
        Code of the only territory wanted.

    Returns
    -------
    dict
        ``manifest`` and ``budgets``; described in ``docs/json.md``.

    Raises
    ------
    SitingError
        If no territory of the level has this code.
    """
    table = account.budgets(level)
    if territory is not None:
        if territory not in table.index:
            raise SitingError(problem("territory-unknown", field=level.value, found=territory))
        table = table.loc[[territory]]
    source = account.flows.provenance
    last = account.last_observed_year
    return {
        "manifest": manifest_document(manifest, translate),
        "notes": [problem_document(found, translate) for found in account.notes],
        "budgets": [
            {
                "level": level.value,
                "code": code,
                "name": row["name"],
                "measure": account.ruleset.measure.value,
                "period": str(account.ruleset.period),
                "reference_period": str(account.ruleset.reference),
                "reference_m2": _whole(row["reference_m2"]),
                "reference_national_m2": _whole(row["reference_national_m2"]),
                "rate": _number(row["rate"]),
                "rate_status": row["rate_status"],
                "rate_label": rate_label(row["rate_status"], translate),
                "rate_source": row["rate_source"],
                "budget_m2": _whole(row["budget_m2"]),
                "observed_m2": _whole(row["observed_m2"]),
                "observed_until": last,
                "correction_m2": _whole(row["correction_m2"]),
                "credit_m2": _whole(row["credit_m2"]),
                "committed_m2": _whole(row["committed_m2"]),
                "used_m2": _whole(row["used_m2"]),
                "planned_m2": _whole(row["planned_m2"]),
                "remaining_m2": _whole(row["remaining_m2"]),
                "set_aside_m2": _whole(row["set_aside_m2"]),
                "transfer_m2": _whole(row["transfer_m2"]),
                **{name: _whole(row[name]) for name in GUARANTEE_AMOUNTS},
                "guarantee_unknown_communes": int(row["guarantee_unknown_communes"]),
                "complete": bool(row["complete"]),
                "unknown_communes": int(row["unknown_communes"]),
                "status": source.status.value,
                "source": f"{translate(source.publisher)}, {source.title}, {source.vintage}",
            }
            for code, row in zip(table.index, table.to_dict("records"), strict=True)
        ],
    }


def trajectory_document(
    found: Trajectory,
    account: Account,
    level: Level,
    manifest: Manifest,
    translate: Translate,
    *,
    following: tuple[Trajectory, Account] | None = None,
) -> dict[str, Any]:
    """Return a trajectory as the JSON document of ``siting trajectory --format json``.

    Parameters
    ----------
    found
        The trajectory.
    account
        The account it comes from.
    level
        Level of the territory.
    manifest
        What the account was made with.
    translate
        Language of the sentences.
    following
        Trajectory and account of the decade that follows, where the scenario gives its rule set.

    Returns
    -------
    dict
        ``manifest``, ``trajectory`` and ``following``; described in ``docs/json.md``.
    """
    own = _trajectory(found, account, level, translate, followed=following is not None)
    after = None if following is None else _trajectory(*following, level, translate)
    return {
        "manifest": manifest_document(manifest, translate),
        "notes": [problem_document(found, translate) for found in account.notes],
        "trajectory": own,
        "following": after,
    }


def _trajectory(
    found: Trajectory,
    account: Account,
    level: Level,
    translate: Translate,
    *,
    followed: bool = False,
) -> dict[str, Any]:
    source = account.flows.provenance
    reasons = trajectory_reasons(found, followed=followed)
    return {
        "ruleset": found.ruleset,
        "level": level.value,
        "code": found.code,
        "name": found.name,
        "measure": found.measure.value,
        "period": str(found.period),
        "reference_period": str(found.reference),
        "reference_m2": found.reference_m2,
        "budget_m2": found.budget_m2,
        "band_end_m2": _number(found.band_end_m2),
        "observed_until": found.last_observed,
        "remaining_m2": found.remaining_m2,
        "share_used": _number(found.share_used),
        "reference_pace_m2": _number(found.reference_pace_m2),
        "observed_pace_m2": _number(found.observed_pace_m2),
        "required_pace_m2": _number(found.required_pace_m2),
        "free_pace_m2": _number(found.free_pace_m2),
        "exceeded": found.exceeded,
        "first_overshoot_year": found.first_overshoot_year,
        "used_up_year": found.used_up_year,
        "complete": found.complete,
        "unknown": found.unknown,
        "years": [
            {
                "year": row.year,
                "year_status": row.status.value,
                "observed_m2": row.observed_m2,
                "correction_m2": row.correction_m2,
                "committed_m2": row.committed_m2,
                "credit_m2": row.credit_m2,
                "planned_m2": row.planned_m2,
                "undated_m2": row.undated_m2,
                "regional_m2": row.regional_m2,
                "national_m2": row.national_m2,
                "used_m2": row.used_m2,
                "remaining_m2": row.remaining_m2,
                "linear_target_m2": _number(row.linear_target_m2),
            }
            for row in found.years
        ],
        "reasons": [reason_document(r, translate) for r in reasons],
        "status": source.status.value,
        "source": f"{translate(source.publisher)}, {source.title}, {source.vintage}",
    }


def ledger_document(
    account: Account, level: Level, code: str, manifest: Manifest, translate: Translate
) -> dict[str, Any]:
    """Return the statement of a territory as the document of ``siting ledger --format json``.

    Parameters
    ----------
    account
        The account.
    level, code
        The territory.
    manifest
        What the account was made with.
    translate
        Language of the titles.

    Returns
    -------
    dict
        ``manifest`` and ``ledger``; described in ``docs/json.md``.

    Raises
    ------
    SitingError
        If no territory of the level has this code.
    """
    lines = statement(account, level, code)
    national = account.flows.provenance
    own = f"{national.publisher}, {national.title}"
    told = f"{translate(national.publisher)}, {national.title}, {national.vintage}"
    row = account.budgets(level).loc[code]
    return {
        "manifest": manifest_document(manifest, translate),
        "notes": [problem_document(found, translate) for found in account.notes],
        "ledger": {
            "level": level.value,
            "code": code,
            "name": row["name"],
            "period": str(account.ruleset.period),
            "reference_national_m2": _whole(row["reference_national_m2"]),
            "reference_m2": _whole(row["reference_m2"]),
            "budget_m2": _whole(row["budget_m2"]),
            "remaining_m2": _whole(row["remaining_m2"]),
            "lines": [
                {
                    "kind": line.kind.value,
                    "title": translate(LINE_LABELS[line.kind.value]),
                    "year": line.year,
                    "commune": line.commune,
                    "area_m2": line.area_m2,
                    "envelope": line.envelope.value,
                    "holder": line.holder,
                    "counted": line.counted,
                    "evidence": line.evidence,
                    "source": told if line.source == own else line.source,
                }
                for line in lines
            ],
        },
    }


def ruleset_document(ruleset: Ruleset, lang: Language) -> dict[str, Any]:
    """Return a rule set as plain values, as in ``siting rulesets --format json``.

    Parameters
    ----------
    ruleset
        The rule set.
    lang
        Language of the title and of the summary.

    Returns
    -------
    dict
        Described in ``docs/json.md``.
    """
    english = lang == "en"
    plain = ruleset.model_dump(mode="json")
    day_names = ("in_force_from", "proposed_on", "repealed_on")
    return {
        "id": ruleset.id,
        "title": ruleset.title_en if english else ruleset.title,
        "summary": ruleset.summary_en if english else ruleset.summary,
        "status": ruleset.status,
        **{name: plain[name] for name in day_names},
        "measure": ruleset.measure.value,
        "reference": str(ruleset.reference),
        "period": str(ruleset.period),
        "rate": float(ruleset.rate.value),
        "applied_rate": float(ruleset.applied_rate(ruleset.rate.value)),
        "parameters": {name: plain[name] for name in ruleset.parameters},
        "changelog": plain["changelog"],
    }


def _area(value: float) -> float:
    return round(float(value), AREA_DECIMALS)


def _whole(value: Any) -> int | None:
    return None if pd.isna(value) else int(value)


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


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
