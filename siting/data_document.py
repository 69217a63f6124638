"""Local data as JSON documents: sources, status, what was acquired, assembled."""

from __future__ import annotations

from typing import Any

from layers.acquisition import Acquired, is_readable
from layers.sources import DataSource
from layers.status import LayerStatus
from siting.documents import problem_document
from siting.i18n import Translate
from siting.local_data import (
    READERS,
)
from siting.region import Assembled


def source_document(name: str, source: DataSource) -> dict[str, Any]:
    """Return a source as plain values.

    Parameters
    ----------
    name
        Its name.
    source
        The source.

    Returns
    -------
    dict
        As ``docs/json.md`` tells.
    """
    fields = (
        "layer", "publisher", "title", "licence", "kind", "format", "url", "page", "vintage",
        "evidence", "note",
    )  # fmt: skip
    told = {field: getattr(source, field) for field in fields}
    return {
        "name": name,
        **told,
        "pullable": source.pullable,
        "by_region": source.by_region,
        "readable": is_readable(source, READERS),
    }


def status_document(status: LayerStatus, translate: Translate) -> dict[str, Any]:
    """Return the status of a layer as plain values.

    Parameters
    ----------
    status
        The status.
    translate
        Language of titles and messages.

    Returns
    -------
    dict
        As ``docs/json.md`` tells.
    """
    return {
        "layer": status.layer,
        "title": translate(status.title),
        "status": "absent" if status.status is None else str(status.status),
        "origin": status.origin,
        "publisher": translate(status.publisher) if status.publisher else "",
        "vintage": translate(status.vintage) if status.vintage else "",
        "licence": translate(status.licence) if status.licence else "",
        "file": status.file,
        "recorded": None if status.recorded is None else status.recorded.isoformat(),
        "age_days": status.age_days,
        "coverage": status.coverage,
        "sources": list(status.sources),
        "newer": status.newer,
        "notes": [problem_document(one, translate) for one in status.notes],
        "problems": [problem_document(one, translate) for one in status.problems],
    }


def acquired_document(done: Acquired, translate: Translate) -> dict[str, Any]:
    """Return what became of a file as plain values.

    Parameters
    ----------
    done
        What became of it.
    translate
        Language of the messages.

    Returns
    -------
    dict
        As ``docs/json.md`` tells.
    """
    entry = done.entry
    told = None if entry is None else entry.told
    return {
        "name": done.name,
        "layer": None if entry is None else entry.layer,
        "used": done.used,
        "unchanged": done.unchanged,
        "file": None if entry is None else entry.label,
        "sha256": None if entry is None else entry.files[0].sha256,
        "size": None if entry is None else sum(one.size for one in entry.files),
        "source": None if entry is None else entry.source,
        "url": None if entry is None else entry.url,
        "vintage": None if told is None else translate(told.vintage),
        "status": None if told is None else str(told.status),
        "notes": [problem_document(one, translate) for one in done.notes],
        "problems": [problem_document(one, translate) for one in done.problems],
    }


def assembled_document(made: Assembled, translate: Translate) -> dict[str, Any]:
    """Return a territory that was assembled as plain values.

    Parameters
    ----------
    made
        The territory.
    translate
        Language of titles and messages.

    Returns
    -------
    dict
        As ``docs/json.md`` tells.
    """
    return {
        "region": made.region,
        "name": made.name,
        "n_communes": made.n_communes,
        "n_epci": made.n_epci,
        "scenario": made.scenario,
        "reliability": made.reliability,
        "budgets": made.budgets,
        "scores": made.scores,
        "layers": [status_document(one, translate) for one in made.layers],
        "gaps": [
            {
                "layer": gap.layer,
                "title": translate(gap.title),
                "reason": gap.reason,
                "coverage": gap.coverage,
                "criteria": list(gap.criteria),
                "weight": gap.weight,
                "effect": translate(gap.effect) if gap.effect else "",
                "sources": list(gap.sources),
            }
            for gap in made.gaps
        ],
        "notes": [problem_document(one, translate) for one in made.notes],
        "problems": [problem_document(one, translate) for one in made.problems],
    }
