"""Workbooks (XLSX, ODS) as raw rows: the sheet and its header are found, no cell converted."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import reduce
from io import BytesIO
from pathlib import Path
from typing import IO, Any, Final
from xml.parsers import expat

import numpy as np
import pandas as pd
from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from layers.errors import LayerError, problem
from layers.placing import tells_places
from layers.raw_table import RawTable, unique_names

SEARCHED_ROWS: Final = 30
"""Rows among which the header is looked for: titles and notes often stand above it."""
_LIMIT_BYTES: Final = 512 << 20
_MOST_CELLS: Final = 20_000_000
_CHUNK: Final = 1 << 20
_LONGEST_TAG: Final = 200
_CELL: Final = re.compile(rb"""<(?:\w+:)?c\s(?:[^<>]*?\s)?r=["']([A-Z]{1,7})(\d{1,12})["']""")
_ROWS_REPEATED: Final = "table:number-rows-repeated"
_COLUMNS_REPEATED: Final = "table:number-columns-repeated"
_BROKEN: Final = (CalamineError, zipfile.BadZipFile, zlib.error, OSError, ValueError,
                  NotImplementedError, EOFError, expat.ExpatError)  # fmt: skip


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
        that is not empty, hidden sheets left aside.

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
        if sheet is not None and sheet not in book.sheet_names:
            listed = ", ".join(book.sheet_names)
            raise LayerError(problem("layer-missing", file=name, found=sheet, expected=listed))
        asked = book.sheet_names if sheet is None else [sheet]
        sheets = {one: sheet_cells(book, one) for one in asked}
        hidden = {
            one.name for one in book.sheets_metadata if one.visible != SheetVisibleEnum.Visible
        }
    chosen = _chosen(sheets, name, hidden=hidden)
    rows = [] if chosen is None else sheets[chosen]
    if not any(any(row) for row in rows):
        nothing = np.array([], dtype=object)
        return RawTable(name, title, pd.DataFrame(), nothing.astype(np.int64), 0, geometry=nothing)
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
            _check_extent(parts, name)
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


def _check_extent(parts: zipfile.ZipFile, name: str) -> None:
    """Refuse a sheet whose cells lie too far apart: the library holds all between them.

    One cell in the last column of the last row, a slip of the hand, makes 17 thousand million.
    """
    for member in parts.infolist():
        if not member.filename.endswith(".xml"):
            continue
        with parts.open(member) as stream:
            extent = _ods_extent(stream) if member.filename == "content.xml" else _extent(stream)
        if extent > _MOST_CELLS:
            found, expected = f"{extent:_}", f"{_MOST_CELLS:_}"
            raise LayerError(
                problem(
                    "sheet-too-large", file=name, found=found.replace("_", " "),
                    expected=expected.replace("_", " "),
                )
            )  # fmt: skip


def _extent(stream: IO[bytes]) -> int:
    """Return the cells of the rectangle around those of a sheet of an XLSX."""
    letters: set[bytes] = set()
    rows: set[int] = set()
    tail = b""
    while chunk := stream.read(_CHUNK):
        found = _CELL.findall(tail + chunk)
        letters |= {column for column, _row in found}
        here = {int(row) for row in {row for _column, row in found}}
        rows = {min(rows | here), max(rows | here)} if rows | here else rows
        tail = chunk[-_LONGEST_TAG:]
    columns = {reduce(lambda rank, one: 26 * rank + one - 64, name, 0) for name in letters}
    if not rows:
        return 0
    return (max(rows) - min(rows) + 1) * (max(columns) - min(columns) + 1)


def _ods_extent(stream: IO[bytes]) -> int:
    """Return the cells of the largest rectangle around those of a table of an ODS."""
    most = rows = columns = last_row = column = 0
    repeated = 1
    filled = False

    def started(tag: str, attributes: dict[str, str]) -> None:
        nonlocal rows, columns, last_row, column, repeated, filled
        if tag == "table:table":
            rows = columns = last_row = 0
        elif tag == "table:table-row":
            repeated, column, filled = int(attributes.get(_ROWS_REPEATED, 1)), 0, False
        elif tag in ("table:table-cell", "table:covered-table-cell"):
            column += int(attributes.get(_COLUMNS_REPEATED, 1))
            if "office:value-type" in attributes or "table:formula" in attributes:
                columns, filled = max(columns, column), True

    def ended(tag: str) -> None:
        nonlocal most, rows, last_row
        if tag == "table:table-row":
            rows += repeated
            last_row = rows if filled else last_row
        elif tag == "table:table":
            most = max(most, last_row * columns)

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = started, ended
    parser.ParseFile(stream)
    return most


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


def _chosen(
    sheets: Mapping[str, list[list[str]]], name: str, *, hidden: Collection[str]
) -> str | None:
    """Return the sheet to read among some; none where no cell is filled.

    One that is hidden is read where nothing else can be meant.
    """
    every = {one: rows for one, rows in sheets.items() if any(any(row) for row in rows)}
    filled = {one: rows for one, rows in every.items() if one not in hidden} or every
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
