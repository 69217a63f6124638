"""The accounts as JSON documents: budgets, trajectories, ledger, rule sets."""

from __future__ import annotations

from typing import Any

from layers.territory import Level
from siting.account import Account
from siting.documents import manifest_document, problem_document, reason_document
from siting.domain import Manifest
from siting.errors import SitingError
from siting.i18n import Language, Translate
from siting.known import known_number, known_whole
from siting.labels import LINE_LABELS, rate_label
from siting.place_names import unknown_territory
from siting.statement import statement
from siting.zan.guarantee import GUARANTEE_AMOUNTS
from siting.zan.ruleset import Ruleset
from siting.zan.trajectory import Trajectory
from siting.zan.trajectory_reasons import trajectory_reasons


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
            raise SitingError(unknown_territory(account.territory, level, territory))
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
                "reference_m2": known_whole(row["reference_m2"]),
                "reference_national_m2": known_whole(row["reference_national_m2"]),
                "rate": known_number(row["rate"]),
                "rate_status": row["rate_status"],
                "rate_label": rate_label(row["rate_status"], translate),
                "rate_source": row["rate_source"],
                "budget_m2": known_whole(row["budget_m2"]),
                "observed_m2": known_whole(row["observed_m2"]),
                "observed_until": last,
                "correction_m2": known_whole(row["correction_m2"]),
                "credit_m2": known_whole(row["credit_m2"]),
                "committed_m2": known_whole(row["committed_m2"]),
                "used_m2": known_whole(row["used_m2"]),
                "planned_m2": known_whole(row["planned_m2"]),
                "remaining_m2": known_whole(row["remaining_m2"]),
                "set_aside_m2": known_whole(row["set_aside_m2"]),
                "transfer_m2": known_whole(row["transfer_m2"]),
                **{name: known_whole(row[name]) for name in GUARANTEE_AMOUNTS},
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
        "band_end_m2": known_number(found.band_end_m2),
        "observed_until": found.last_observed,
        "remaining_m2": found.remaining_m2,
        "share_used": known_number(found.share_used),
        "reference_pace_m2": known_number(found.reference_pace_m2),
        "observed_pace_m2": known_number(found.observed_pace_m2),
        "required_pace_m2": known_number(found.required_pace_m2),
        "free_pace_m2": known_number(found.free_pace_m2),
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
                "linear_target_m2": known_number(row.linear_target_m2),
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
            "reference_national_m2": known_whole(row["reference_national_m2"]),
            "reference_m2": known_whole(row["reference_m2"]),
            "budget_m2": known_whole(row["budget_m2"]),
            "remaining_m2": known_whole(row["remaining_m2"]),
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
