"""Delimited text (CSV, TSV) as raw rows: encoding and separator found, no cell converted."""

from __future__ import annotations

import codecs
import csv
import io
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from layers.errors import N_, LayerError, problem
from layers.raw_table import Integers, RawTable, row_problems, unique_names

SEPARATORS: Final = (";", ",", "\t")
# In the order they are tried; the last one never fails. Every name is one a user may read.
ENCODINGS: Final = (("utf-8-sig", "UTF-8"), ("cp1252", "Windows-1252"), ("latin-1", "ISO 8859-1"))
_CHUNK: Final = 1 << 20
_BLOCK: Final = 64 << 20  # longest row that can be read: outlines as WKT may weigh megabytes


@dataclass(frozen=True, slots=True)
class _Text:
    encoding: str
    label: str
    quotes: int


def read_delimited(path: Path, name: str) -> RawTable:
    """Read a delimited text file, every cell as text.

    Parameters
    ----------
    path
        The file.
    name
        Its name in messages.

    Returns
    -------
    RawTable
        Without geometry nor CRS. Blank lines are not rows. A row that has not as many cells
        as the header is rejected (``row-cells``), the others keep their position.

    Raises
    ------
    LayerError
        If the file is not text or a quotation mark is never closed.
    """
    text = _inspect(path, name)
    separator, header = _header(path, text.encoding, name)
    table, bad = _rows(path, text, separator, len(header), name)
    table.columns = unique_names(header)
    kept, rows, bad_rows = _positions(table, [row.number for row in bad])
    _check_quotes(text, table, bad, name)
    rejected = row_problems(
        np.ones(len(bad), dtype=bool),
        bad_rows,
        "row-cells",
        found=[str(row.actual_columns) for row in bad],
        expected=str(len(header)),
    )
    notes = []
    if not text.label.startswith("UTF"):
        notes.append(problem("encoding-guessed", found=text.label, severity="warning"))
    return RawTable(
        name=name,
        format="CSV",
        data=table[kept].reset_index(drop=True),
        rows=rows,
        row_count=len(rows) + len(bad),
        rejected=tuple(rejected),
        notes=tuple(notes),
    )


def _inspect(path: Path, name: str) -> _Text:
    """Find the encoding by trial, reading the file once by chunks, and count quotes."""
    with path.open("rb") as stream:
        head = stream.read(2)
    if head in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):  # what Excel calls "Unicode text"
        candidates: tuple[tuple[str, str], ...] = (("utf-16", "UTF-16"),)
    else:
        candidates = ENCODINGS
    for encoding, label in candidates:
        try:
            return _Text(encoding, label, _quotes(path, encoding))
        except UnicodeDecodeError:
            continue
        except ValueError:
            break
    found = N_("binary data")
    raise LayerError(problem("file-unreadable", file=name, expected="CSV", found=found))


def _quotes(path: Path, encoding: str) -> int:
    quotes = 0
    with path.open(encoding=encoding, newline="") as stream:
        while chunk := stream.read(_CHUNK):
            if "\0" in chunk:
                raise ValueError("not text")
            quotes += chunk.count('"')
    return quotes


def _header(path: Path, encoding: str, name: str) -> tuple[str, list[str]]:
    """Return the separator that splits the header most, and its cells."""
    with path.open(encoding=encoding, newline="") as stream:
        lines = list(islice(stream, 20))  # a quoted name may hold line breaks
    cells = {}
    for separator in SEPARATORS:
        rows = csv.reader(io.StringIO("".join(lines), newline=""), delimiter=separator)
        try:
            cells[separator] = next((row for row in rows if row), [])
        except csv.Error as error:
            found = str(error)
            unreadable = problem("file-unreadable", file=name, expected="CSV", found=found)
            raise LayerError(unreadable) from error
    best = max(SEPARATORS, key=lambda separator: len(cells[separator]))
    return best, cells[best]


def _rows(
    path: Path, text: _Text, separator: str, width: int, name: str
) -> tuple[pd.DataFrame, list[Any]]:
    from pyarrow import csv as arrow_csv  # noqa: PLC0415 - only text files need it

    bad: list[Any] = []

    def keep_aside(row: Any) -> str:
        bad.append(row)
        return "skip"

    names = [str(i) for i in range(width)]
    if not width:
        return pd.DataFrame(), bad
    try:
        table = arrow_csv.read_csv(
            path,
            # One thread: rows are numbered only then.
            read_options=arrow_csv.ReadOptions(
                use_threads=False, block_size=_BLOCK, column_names=names, encoding=text.encoding
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=separator, newlines_in_values=True, invalid_row_handler=keep_aside
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as error:
        found = str(error)
        unreadable = problem("file-unreadable", file=name, expected="CSV", found=found)
        raise LayerError(unreadable) from error
    return table.to_pandas().iloc[1:].reset_index(drop=True), bad


def _positions(table: pd.DataFrame, bad: list[int]) -> tuple[Any, Integers, Integers]:
    """Return the positions of rows that are not blank, those kept and those kept aside.

    ``bad`` are positions of the rows kept aside, header and blank lines included as the
    reader counts them: the header is row 1, an empty line is none.
    """
    aside = np.array(sorted(bad), dtype=np.int64) - 1
    everything = np.arange(1, len(table) + len(aside) + 1, dtype=np.int64)
    rows = everything[~np.isin(everything, aside)]
    filled = np.zeros(len(table), dtype=bool)
    for column in table.columns:
        filled |= table[column].str.strip().ne("").to_numpy(dtype=bool)
    blank = rows[~filled]
    return filled, _shift(rows[filled], blank), _shift(aside, blank)


def _shift(rows: Integers, blank: Integers) -> Integers:
    return np.asarray(rows - np.searchsorted(blank, rows), dtype=np.int64)


def _check_quotes(text: _Text, table: pd.DataFrame, bad: list[Any], name: str) -> None:
    """Refuse a file whose end was swallowed by a quotation mark that is never closed."""
    if text.quotes % 2 == 0:
        return
    tails = [row.text for row in bad[-1:] if row.text]
    if len(table) and len(table.columns):
        tails.append(str(table.iloc[-1, -1]))
    if any("\n" in tail.strip() or "\r" in tail.strip() for tail in tails):
        found = N_("a quotation mark is never closed")
        raise LayerError(problem("file-unreadable", file=name, expected="CSV", found=found))
