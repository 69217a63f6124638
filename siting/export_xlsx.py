"""Tables as a workbook that spreadsheets open: texts stay texts, numbers stay numbers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import xlsxwriter
from xlsxwriter.exceptions import XlsxWriterException

LONGEST_CELL: Final = 32_767
"""Characters that a cell may hold (limits of the format)."""
MOST_ROWS: Final = 1_048_576
_WIDEST: Final = 60
_SAMPLE: Final = 200


def write_workbook(sheets: Mapping[str, pd.DataFrame], path: Path) -> None:
    """Write tables as the sheets of a workbook (XLSX).

    No cell is a formula or a link, whatever a text looks like: cells are written by type, never
    interpreted.

    Parameters
    ----------
    sheets
        Tables by name of sheet, of texts, numbers and truth values; what is missing is left
        empty. A text longer than a cell may be is cut, its last sign then being “…”.
    path
        The file.

    Raises
    ------
    OSError
        If it cannot be written, or a table has more rows than a sheet may have.
    """
    for name, table in sheets.items():
        if len(table) >= MOST_ROWS:
            raise OSError(f"{name}: {len(table)} > {MOST_ROWS - 1} rows")
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    try:
        with path.open("wb") as opened:
            book = xlsxwriter.Workbook(opened, options)
            head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
            for name, table in sheets.items():
                _sheet(book.add_worksheet(name), table, head)
            book.close()
    except XlsxWriterException as error:
        raise OSError(str(error)) from error


def _sheet(sheet: Any, table: pd.DataFrame, head: Any) -> None:
    for place, name in enumerate(table.columns):
        sheet.write_string(0, place, str(name), head)
        values = table[name].tolist()
        for row, value in enumerate(values, start=1):
            _cell(sheet, row, place, value)
        longest = max((len(str(one)) for one in (name, *values[:_SAMPLE])), default=0)
        sheet.set_column(place, place, min(longest + 2, _WIDEST))
    sheet.freeze_panes(1, 2)
    if len(table.columns):
        sheet.autofilter(0, 0, len(table), len(table.columns) - 1)


def _cell(sheet: Any, row: int, place: int, value: Any) -> None:
    if pd.isna(value) or value == "":
        return
    if isinstance(value, bool | np.bool_):
        sheet.write_boolean(row, place, bool(value))
    elif isinstance(value, int | float | np.number):
        if np.isfinite(value):
            sheet.write_number(row, place, value)
    else:
        sheet.write_string(row, place, _cut(str(value)))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}…"
