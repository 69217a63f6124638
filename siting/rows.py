"""Rows of a JSON document as CSV, for spreadsheets and programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from layers.errors import printable
from siting.export import FORMULA


def csv_rows(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return rows as CSV: commas, decimal points, a line for the names of the columns.

    Parameters
    ----------
    rows
        One mapping a row.

    Returns
    -------
    str
        Keys of nested tables are joined by ``_``; unknown is empty. A text that a spreadsheet
        would take for a formula begins with an apostrophe; control characters are replaced.

    Examples
    --------
    >>> print(csv_rows([{"code": "01", "jobs": {"low": 3}}, {"code": "=1", "jobs": {"low": None}}]))
    code,jobs_low
    01,3
    '=1,
    <BLANKLINE>
    """
    flat = [{key: _harmless(value) for key, value in _flat(row).items()} for row in rows]
    table = pd.DataFrame(flat).convert_dtypes()  # whole numbers stay so beside unknown ones
    return str(table.to_csv(index=False, lineterminator="\n"))


def _flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}_")
        else:
            flat[prefix + key] = value
    return flat


def _harmless(value: object) -> object:
    if not isinstance(value, str):
        return value
    return printable(f"'{value}" if value.startswith(FORMULA) else value)
