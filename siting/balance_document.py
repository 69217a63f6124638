"""The balance of an allocation as a JSON document, described in ``docs/json.md``."""

from __future__ import annotations

from typing import Any

from siting.balance import READING_LABELS, Balance, Figure, Result
from siting.documents import manifest_document, problem_document, reason_document
from siting.i18n import Translate
from siting.pipeline import Run


def balance_document(found: Balance, run: Run, translate: Translate) -> dict[str, Any]:
    """Return a balance as the JSON document of ``siting balance --format json``.

    Parameters
    ----------
    found
        The balance.
    run
        The run it judges.
    translate
        Language of titles and sentences; keys and codes do not change.

    Returns
    -------
    dict
        ``manifest``, ``balance``, ``rejected`` and ``notes``.
    """
    return {
        "manifest": manifest_document(run.manifest, translate),
        "balance": {
            "sites": list(found.sites),
            "left_out": sorted(run.plan.left_out),
            "indicators": [_indicator(result, translate) for result in found.results],
        },
        "rejected": [problem_document(one, translate) for one in run.rejected],
        "notes": [problem_document(one, translate) for one in run.notes],
    }


def _indicator(result: Result, translate: Translate) -> dict[str, Any]:
    indicator = result.indicator
    return {
        "name": indicator.name,
        "title": indicator.title(translate),
        "theme": indicator.theme,
        "level": None if indicator.level is None else indicator.level.value,
        "unit": translate(indicator.unit),
        "reading": indicator.reading.value,
        "reading_label": translate(READING_LABELS[indicator.reading]),
        "formula": translate(indicator.formula),
        "source": indicator.source,
        "status": result.status.value,
        "inputs": [
            {"name": use.name, "vintage": use.vintage, "status": use.status.value}
            for use in result.inputs
        ],
        "values": {
            key.value: figure_document(figure, translate) for key, figure in result.figures.items()
        },
    }


def figure_document(figure: Figure, translate: Translate) -> dict[str, Any]:
    """Return a figure as plain values.

    Parameters
    ----------
    figure
        The figure.
    translate
        Language of the sentences.

    Returns
    -------
    dict
        ``value``, ``low``, ``high``, ``detail``, ``unknown``.
    """
    return {
        "value": figure.value,
        "low": figure.low,
        "high": figure.high,
        "detail": figure.detail,
        "unknown": [reason_document(reason, translate) for reason in figure.unknown],
    }
