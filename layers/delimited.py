"""Delimited text (CSV, TSV) as raw rows: encoding and separator found, no cell converted."""

from __future__ import annotations

import codecs
import csv
import io
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
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
    first, *others = delimited_batches(path, name)
    if not others:
        return first
    every = [first, *others]
    return replace(
        first,
        data=pd.concat([one.data for one in every], ignore_index=True),
        rows=np.concatenate([one.rows for one in every]),
        row_count=sum(one.row_count for one in every),
        rejected=tuple(chain.from_iterable(one.rejected for one in every)),
    )


def delimited_batches(path: Path, name: str, *, size: int | None = None) -> Iterator[RawTable]:
    """Read a delimited text file, some rows at once.

    Parameters
    ----------
    path, name
        As in :func:`read_delimited`.
    size
        Rows at once, at most; as many as are read at once by default.

    Yields
    ------
    RawTable
        Rows in the order of the file, with their positions in it; at least one table. What is
        told of the file as a whole is in the first.

    Raises
    ------
    LayerError
        As :func:`read_delimited`: before the first table, but for what is only known at the end
        of the file.
    """
    text = _inspect(path, name)
    separator, header = _header(path, text.encoding, name)
    titles = pd.Index(unique_names(header))
    notes = []
    if not text.label.startswith("UTF"):
        notes.append(problem("encoding-guessed", found=text.label, severity="warning"))
    empty = pd.DataFrame(columns=titles, dtype=object)
    whole = RawTable(name, "CSV", empty, np.array([], dtype=np.int64), 0, notes=tuple(notes))
    given = False
    for block in _blocks(path, text, separator, len(header), name):
        data = block.data[block.kept].reset_index(drop=True)
        data.columns = titles
        step = max(1, len(data) if size is None else size)
        for start in range(0, max(1, len(data)), step):
            rows = block.rows[start : start + step]
            aside = [] if start else block.aside
            rejected = row_problems(
                np.ones(len(aside), dtype=bool),
                block.aside_rows,
                "row-cells",
                found=[str(row.actual_columns) for row in aside],
                expected=str(len(header)),
            )
            yield replace(
                whole,
                data=data.iloc[start : start + step].reset_index(drop=True),
                rows=rows,
                row_count=len(rows) + len(aside),
                rejected=tuple(rejected),
                notes=() if given else whole.notes,
            )
            given = True
    if not given:
        yield whole


@dataclass(frozen=True, eq=False, slots=True)
class _Block:
    """Rows read at once: those with as many cells as the header, and those kept aside."""

    data: pd.DataFrame
    kept: Any
    rows: Integers
    aside: list[Any]
    aside_rows: Integers


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


def _blocks(path: Path, text: _Text, separator: str, width: int, name: str) -> Iterator[_Block]:
    """Read the rows under the header, a block of text at once."""
    from pyarrow import csv as arrow_csv  # noqa: PLC0415 - only text files need it

    bad: deque[Any] = deque()

    def keep_aside(row: Any) -> str:
        bad.append(row)
        return "skip"

    names = [str(i) for i in range(width)]
    if not width:
        return
    number, blank, tails = 1, 0, [""]  # the header is row 1; an empty line is none
    data = pd.DataFrame(columns=names, dtype=object)
    try:
        reader = arrow_csv.open_csv(
            path,
            read_options=arrow_csv.ReadOptions(
                # One thread: rows are numbered only then.
                use_threads=False,
                block_size=_BLOCK,
                column_names=names,
                encoding=text.encoding,
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=separator, newlines_in_values=True, invalid_row_handler=keep_aside
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
        for batch in reader:
            data = batch.to_pandas()
            if len(data):
                tails = [str(data.iloc[-1, -1])]
            # Rows of the next block may have been met: each has its number in the file.
            aside: list[Any] = []
            while bad and bad[0].number < number + len(data) + len(aside):
                aside.append(bad.popleft())
            block, blank = _placed(data, aside, number, blank)
            number += len(data) + len(aside)
            yield block
        if bad:
            tails += [bad[-1].text or ""]
            yield _placed(data.iloc[:0], list(bad), number, blank)[0]
    except pa.ArrowInvalid as error:
        found = str(error)
        unreadable = problem("file-unreadable", file=name, expected="CSV", found=found)
        raise LayerError(unreadable) from error
    _check_quotes(text, tails, name)


def _placed(data: pd.DataFrame, aside: list[Any], number: int, blank: int) -> tuple[_Block, int]:
    """Return a block with the positions of its rows, and how many blank rows there were.

    Parameters
    ----------
    data
        Rows with as many cells as the header, which is the first row of the file.
    aside
        The others, with the number that the reader gives them.
    number
        That of the first row of the block.
    blank
        Blank rows before it.
    """
    everything = np.arange(number, number + len(data) + len(aside), dtype=np.int64)
    others = np.array([row.number for row in aside], dtype=np.int64)
    rows = everything[~np.isin(everything, others)]
    filled = np.zeros(len(data), dtype=bool)
    for column in data.columns:
        if filled.all():
            break
        filled |= data[column].str.strip().ne("").to_numpy(dtype=bool)
    blanks = rows[~filled]
    kept = filled & (rows > 1)

    def shifted(numbers: Integers) -> Integers:
        before = np.searchsorted(blanks, numbers)
        return np.asarray(numbers - 1 - blank - before, dtype=np.int64)

    return _Block(data, kept, shifted(rows[kept]), aside, shifted(others)), blank + len(blanks)


def _check_quotes(text: _Text, tails: list[str], name: str) -> None:
    """Refuse a file whose end was swallowed by a quotation mark that is never closed."""
    if text.quotes % 2 == 0:
        return
    if any("\n" in tail.strip() or "\r" in tail.strip() for tail in tails):
        found = N_("a quotation mark is never closed")
        raise LayerError(problem("file-unreadable", file=name, expected="CSV", found=found))
