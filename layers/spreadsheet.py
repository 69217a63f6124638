"""Workbooks (XLSX, ODS) as raw rows: the sheet and its header are found, no cell converted."""

from __future__ import annotations

import datetime as dt
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from python_calamine import CalamineError, CalamineWorkbook

from layers.errors import LayerError, problem
from layers.placing import tells_places
from layers.raw_table import RawTable, unique_names

SEARCHED_ROWS: Final = 30
"""Rows among which the header is looked for: titles and notes often stand above it."""
_LIMIT_BYTES: Final = 512 << 20
_BROKEN: Final = (CalamineError, zipfile.BadZipFile, zlib.error, OSError, ValueError,
                  NotImplementedError, EOFError)  # fmt: skip


def read_sheet(path: Path, name: str, *, title: str, sheet: str | None = None) -> RawTable:
    """Read a table of places from a workbook, every cell as text.

    The header is the first row that names where each row lies (WKT, longitude and latitude…).

    Parameters
    ----------
    path
        An XLSX or ODS file.
    name
        Its name in messages.
    title
        Name of its format in messages.
    sheet
        The sheet to read; by default the only one that has such a header, else the only one
        that is not empty.

    Returns
    -------
    RawTable
        Without geometry nor CRS. Row 1 is the first under the header; as in delimited text, a
        blank row is none.

    Raises
    ------
    LayerError
        If the file is damaged or too large, has no such sheet, or several that may be meant.
    """
    with opened_book(path.read_bytes(), name, title) as book:
        sheets = {one: sheet_cells(book, one) for one in book.sheet_names}
    filled = {one: rows for one, rows in sheets.items() if any(any(row) for row in rows)}
    chosen = _chosen(filled, name, sheet)
    if chosen is None:
        return RawTable(name, title, pd.DataFrame(), np.array([], dtype=np.int64), 0)
    rows = filled[chosen]
    header = _place_header(rows)
    if header is None:
        header = next(rank for rank, row in enumerate(rows) if any(row))
    return replace(_table(rows, header), name=name, format=title)


def sheet_names(path: Path, *, title: str) -> list[str]:
    """Return the sheets of a workbook.

    Parameters
    ----------
    path
        An XLSX or ODS file.
    title
        Name of its format in messages.

    Returns
    -------
    list of str
        In their order.

    Raises
    ------
    LayerError
        If the file is damaged or too large.
    """
    with opened_book(path.read_bytes(), path.name, title) as book:
        return list(book.sheet_names)


@contextmanager
def opened_book(content: bytes, name: str, title: str) -> Iterator[CalamineWorkbook]:
    """Open a workbook; what is wrong with it, then or later, is told.

    Parameters
    ----------
    content
        The file.
    name, title
        Its name and that of its format in messages.

    Yields
    ------
    CalamineWorkbook
        The workbook.

    Raises
    ------
    LayerError
        If it is damaged, or unfolds to too much.
    """
    with broken_told(name, title):
        with zipfile.ZipFile(BytesIO(content)) as parts:
            check_size(parts, name)
            if parts.testzip() is not None:
                raise zipfile.BadZipFile("CRC")
        yield CalamineWorkbook.from_filelike(BytesIO(content))


@contextmanager
def broken_told(name: str, title: str) -> Iterator[None]:
    """Tell what breaks while a workbook, or an archive of one, is read.

    Parameters
    ----------
    name, title
        Name of the file and of its format in messages.

    Raises
    ------
    LayerError
        In place of the error of the library.
    """
    try:
        yield
    except _BROKEN as error:
        found = str(error).splitlines()[0] if str(error) else type(error).__name__
        unreadable = problem("file-unreadable", file=name, expected=title, found=found)
        raise LayerError(unreadable) from error


def check_size(archive: zipfile.ZipFile, name: str) -> None:
    """Refuse an archive that unfolds to more than memory can hold.

    Parameters
    ----------
    archive
        The archive.
    name
        Its name in messages.

    Raises
    ------
    LayerError
        If it does.
    """
    size = sum(member.file_size for member in archive.infolist())
    if size > _LIMIT_BYTES:
        found, expected = f"{size >> 20} Mo", f"{_LIMIT_BYTES >> 20} Mo"
        raise LayerError(problem("file-too-large", file=name, found=found, expected=expected))


def sheet_cells(book: CalamineWorkbook, sheet: str) -> list[list[str]]:
    """Return the cells of a sheet as texts.

    Parameters
    ----------
    book
        The workbook.
    sheet
        Its sheet.

    Returns
    -------
    list of list of str
        Row by row from the first of the sheet, all of one width; an empty cell is ``""``.
    """
    rows: Sequence[Sequence[Any]] = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    return [[_text(cell) for cell in row] for row in rows]


def _text(cell: Any) -> str:
    """Return a cell as text; a number that is whole has no decimals, a day no hour.

    Examples
    --------
    >>> _text(1001.0), _text("01001"), _text(None), _text(2.5), _text(True)
    ('1001', '01001', '', '2.5', 'True')
    >>> _text(dt.datetime(2027, 12, 31)), _text(dt.date(2027, 12, 31))
    ('2027-12-31', '2027-12-31')
    """
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    return str(cell).strip()


def _chosen(filled: Mapping[str, list[list[str]]], name: str, sheet: str | None) -> str | None:
    """Return the sheet to read; none of a workbook without a filled cell."""
    listed = ", ".join(filled)
    if sheet is not None:
        if sheet not in filled:
            raise LayerError(problem("layer-missing", file=name, found=sheet, expected=listed))
        return sheet
    placed = [one for one, rows in filled.items() if _place_header(rows) is not None]
    meant = placed or list(filled)
    if len(meant) > 1:
        raise LayerError(problem("layer-choice", file=name, found=", ".join(meant)))
    return meant[0] if meant else None


def _place_header(rows: list[list[str]]) -> int | None:
    """Return the rank of the first row whose cells are columns that tell places."""
    return next((i for i, row in enumerate(rows[:SEARCHED_ROWS]) if tells_places(row)), None)


def _table(rows: list[list[str]], header: int) -> RawTable:
    """Make a table of the rows under a header; a column without a title nor a cell is none."""
    body = np.array(rows[header + 1 :], dtype=object).reshape(-1, len(rows[header]))
    filled = body != ""
    titles = np.array(unique_names(rows[header]), dtype=object)
    columns = filled.any(axis=0) | (np.array(rows[header], dtype=object) != "")
    kept = filled.any(axis=1)
    data = pd.DataFrame(body[kept][:, columns], columns=list(titles[columns]), dtype=object)
    return RawTable("", "", data, np.arange(1, len(data) + 1), len(data))
