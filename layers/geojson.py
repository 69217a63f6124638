"""What GDAL does not tell of a GeoJSON: the elements that it skips."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import numpy as np

from layers.errors import LayerError, Problem, problem
from layers.raw_table import Integers, row_problems

_COUNTED_BYTES: Final = 200 << 20  # of a file whose elements are counted


def told_apart(path: Path, name: str, rows: Integers) -> tuple[Integers, list[Problem]]:
    """Return the positions in a GeoJSON of the rows read, and what GDAL left out untold.

    It reads the features and silently skips all else that the collection holds.

    Parameters
    ----------
    path
        The file. One above 200 MiB is not looked into.
    name
        Its name in messages.
    rows
        1-based positions of the rows read, among the rows read.

    Returns
    -------
    rows
        Their 1-based positions in the file.
    list of Problem
        One for each element that is no feature: ``value-missing`` or ``value-choice``.

    Raises
    ------
    LayerError
        If the file holds elements but no feature, or not as many as were read.
    """
    kinds = _element_types(path)
    if kinds is None:
        return rows, []
    skipped = np.array([kind != "Feature" for kind in kinds], dtype=bool)
    if len(rows) != np.count_nonzero(~skipped) or (len(kinds) and skipped.all()):
        found = f"Feature: {len(rows)} / {len(kinds)}"
        raise LayerError(problem("file-unreadable", file=name, expected="GeoJSON", found=found))
    positions = np.arange(1, len(kinds) + 1, dtype=np.int64)
    told = [str(kind)[:80] for kind in kinds]
    missing = np.array([kind is None for kind in kinds], dtype=bool)
    return positions[~skipped], [
        *row_problems(skipped & missing, positions, "value-missing", field="type"),
        *row_problems(
            skipped & ~missing, positions, "value-choice", field="type",
            found=told, expected="Feature",
        ),
    ]  # fmt: skip


def _element_types(path: Path) -> list[object] | None:
    """Return the ``type`` of each element of a collection; ``None`` where it cannot be told.

    Objects are forgotten as they are closed: the document is never whole in memory.
    """
    if path.stat().st_size > _COUNTED_BYTES:
        return None

    def keep_type(members: dict[str, Any]) -> object:
        return members if "features" in members else (members.get("type"),)

    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
        document = json.loads(text, object_hook=keep_type)
    except (ValueError, RecursionError):
        return None
    elements = document.get("features") if isinstance(document, dict) else None
    return [_type(e) for e in elements] if isinstance(elements, list) else None


def _type(element: object) -> object:
    if isinstance(element, dict):
        return element.get("type")
    if isinstance(element, tuple):
        return element[0]
    return None if element is None else repr(element)  # never the word of a feature
