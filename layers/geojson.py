"""What GDAL does not tell of a GeoJSON: the elements it skips, the identifiers it loses."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from layers.errors import LayerError, Problem, problem
from layers.raw_table import Integers, row_problems

_COUNTED_BYTES: Final = 200 << 20  # of a file whose elements are counted


@dataclass(frozen=True, eq=False, slots=True)
class Elements:
    """What a GeoJSON holds, row by row.

    Parameters
    ----------
    rows
        1-based positions in the file of the rows read.
    skipped
        One problem for each element that is no feature: ``value-missing`` or
        ``value-choice``.
    identifiers
        The ``id`` of each row read, as text, ``None`` where it has none; ``None`` if no row
        has one, or if the file was not looked into.
    """

    rows: Integers
    skipped: list[Problem]
    identifiers: list[str | None] | None = None


@dataclass(frozen=True, slots=True)
class _Element:
    """An object, without all that GDAL reads of it."""

    kind: object
    identifier: object


def told_apart(path: Path, name: str, rows: Integers) -> Elements:
    """Return the positions in a GeoJSON of the rows read, and what GDAL left out untold.

    It reads the features and silently skips all else that the collection holds. It takes a
    whole number that is the ``id`` of a feature (RFC 7946, 3.2) for its own and keeps it out
    of the columns.

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
    Elements
        The rows, what was skipped, the identifiers.

    Raises
    ------
    LayerError
        If the file holds elements but no feature, or not as many as were read.
    """
    elements = _elements(path)
    if elements is None:
        return Elements(rows, [])
    kinds = [element.kind for element in elements]
    skipped = np.array([kind != "Feature" for kind in kinds], dtype=bool)
    if len(rows) != np.count_nonzero(~skipped) or (kinds and skipped.all()):
        found = f"Feature: {len(rows)} / {len(kinds)}"
        raise LayerError(problem("file-unreadable", file=name, expected="GeoJSON", found=found))
    positions = np.arange(1, len(kinds) + 1, dtype=np.int64)
    told = [str(kind)[:80] for kind in kinds]
    missing = np.array([kind is None for kind in kinds], dtype=bool)
    problems = [
        *row_problems(skipped & missing, positions, "value-missing", field="type"),
        *row_problems(
            skipped & ~missing, positions, "value-choice", field="type",
            found=told, expected="Feature",
        ),
    ]  # fmt: skip
    read = [_identifier(e.identifier) for e in elements if e.kind == "Feature"]
    return Elements(positions[~skipped], problems, read if any(read) else None)


def _identifier(value: object) -> str | None:
    """Return an ``id`` as text: RFC 7946 lets it be a text or a number, nothing else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    return str(value) or None


def _elements(path: Path) -> list[_Element] | None:
    """Return the elements of a collection; ``None`` where they cannot be told.

    Objects are forgotten as they are closed: the document is never whole in memory.
    """
    if path.stat().st_size > _COUNTED_BYTES:
        return None

    def keep(members: dict[str, Any]) -> object:
        return (
            members if "features" in members else _Element(members.get("type"), members.get("id"))
        )

    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
        document = json.loads(text, object_hook=keep)
    except (ValueError, RecursionError):
        return None
    if isinstance(document, _Element) and document.kind == "Feature":
        return [document]
    elements = document.get("features") if isinstance(document, dict) else None
    return [_element(e) for e in elements] if isinstance(elements, list) else None


def _element(element: object) -> _Element:
    if isinstance(element, _Element):
        return element
    if isinstance(element, dict):
        return _Element(element.get("type"), element.get("id"))
    # Else never the word of a feature.
    return _Element(None if element is None else repr(element), None)
