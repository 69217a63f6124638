"""Sensitivity as a JSON document and as rows: described in ``docs/json.md``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from siting.documents import manifest_document, problem_document, reason_document
from siting.i18n import Translate
from siting.pipeline import Run
from siting.rows import csv_rows
from siting.sensitivity import ALL, SHARE, Sensitivity


def sensitivity_document(run: Run, found: Sensitivity, translate: Translate) -> dict[str, Any]:
    """Return the sensitivity of a run as the document of ``siting sensitivity``.

    Parameters
    ----------
    run
        The run.
    found
        Its sensitivity.
    translate
        Language of names and sentences; keys and codes do not change.

    Returns
    -------
    dict
        ``manifest``, ``parameters``, ``weights``, ``sites``, ``thresholds``, ``opinions``,
        ``rejected`` and ``notes``.
    """
    opinions = found.opinions
    return {
        "manifest": manifest_document(run.manifest, translate),
        "parameters": {
            "draws": found.acceptability.draws,
            "concentration": found.concentration,
            "seed": found.seed,
            "top": found.acceptability.top,
            "threshold_share": SHARE,
        },
        "weights": {name: float(weight) for name, weight in found.weights.items()},
        "sites": [_site(run, found, site) for site in run.sites.index],
        "thresholds": [
            {key: _plain(value) for key, value in row.items()}
            | {"criterion": None if row["criterion"] == ALL else row["criterion"]}
            for row in found.shifts.moves.to_dict("records")
        ],
        "opinions": {
            "judged": opinions.judged,
            "criteria": list(opinions.criteria),
            "agreement": dict(opinions.agreement),
            "reasons": [reason_document(reason, translate) for reason in opinions.reasons],
        },
        "rejected": [problem_document(problem, translate) for problem in run.rejected],
        "notes": [problem_document(problem, translate) for problem in run.notes],
    }


def csv_text(document: Mapping[str, Any]) -> str:
    """Return the sites of a document as CSV, a row a site.

    Parameters
    ----------
    document
        As :func:`sensitivity_document` returns it.

    Returns
    -------
    str
        As :func:`siting.rows.csv_rows` writes it.
    """
    return csv_rows(document["sites"])


def _site(run: Run, found: Sensitivity, site: Any) -> dict[str, Any]:
    ranks, shifts = found.acceptability, found.shifts
    return {
        "site_id": site,
        "name": run.sites["name"][site],
        "score": _plain(run.scores.total[site]),
        "reliability": _plain(run.scores.reliability[site]),
        "rank": _plain(run.scores.rank[site]),
        "mean_rank": _plain(ranks.mean_rank[site]),
        "best_rank": _plain(ranks.best_rank[site]),
        "worst_rank": _plain(ranks.worst_rank[site]),
        "top_probability": _plain(ranks.top_probability[site]),
        "threshold_best_rank": _plain(shifts.best_rank[site]),
        "threshold_worst_rank": _plain(shifts.worst_rank[site]),
        "opinions": {
            method: _plain(rank) for method, rank in found.opinions.ranks.loc[site].items()
        },
        "criterion_change": _change(found.criterion_change.loc[site]),
        "theme_change": _change(found.theme_change.loc[site]),
        "acceptability": {
            name: _plain(share) for name, share in ranks.shares.loc[site].items()
        },
    }  # fmt: skip


CHANGE_KEYS = ("subject", "weight", "to_weight", "change", "passed_by")
"""Keys of a change of weight, all ``None`` where none makes the site lose its place."""


def _change(row: pd.Series) -> dict[str, Any]:
    return {key: _plain(row[key]) for key in CHANGE_KEYS}


def _plain(value: Any) -> Any:
    """Return a value as JSON knows it: unknown as ``None``, numbers of NumPy as Python's."""
    if pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value
