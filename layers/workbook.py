"""Workbooks (XLSX) of INSEE as raw rows: the header is found, no cell converted.

The header is seldom on the first row (the sixth in the tables of INSEE): it is the first row that
has a column of commune codes. Names of zones that stand in a sheet of their own (*Zones
supra-communales*) are put beside their codes, under ``LIB_`` and the name of the column.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from python_calamine import CalamineWorkbook

from layers.errors import LayerError, problem
from layers.raw_table import RawTable, field_key, unique_names
from layers.spreadsheet import SEARCHED_ROWS, broken_told, check_size, opened_book, sheet_cells

SUFFIX: Final = ".xlsx"
_CODES: Final = re.compile(r"codgeo(_\w+)?|depcom(_arm)?|com|insee_com|idcom|code_(commune_)?insee")
_NAMES: Final = ("nivgeo", "codgeo", "libgeo")


def is_workbook(path: Path) -> bool:
    """Tell whether a file is a workbook, or an archive that holds one and no other table.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    bool
        By its name, and for an archive by the names of what it holds.
    """
    if path.suffix.lower() == SUFFIX:
        return True
    if path.suffix.lower() != ".zip":
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name.lower() for name in archive.namelist()]
    except (zipfile.BadZipFile, OSError, NotImplementedError):
        return False
    tables = [name for name in names if name.endswith((SUFFIX, ".csv", ".shp", ".gpkg"))]
    return len(tables) == 1 and tables[0].endswith(SUFFIX)


def read_workbook(path: Path) -> RawTable:
    """Read the table of communes of a workbook, every cell as text.

    Parameters
    ----------
    path
        An XLSX file, or a ZIP archive that holds one.

    Returns
    -------
    RawTable
        The first sheet that has a column of commune codes; without geometry nor CRS.

    Raises
    ------
    LayerError
        If the file is damaged, too large, or no sheet has such a column.
    """
    with _opened(path) as book:
        sheets = {name: sheet_cells(book, name) for name in book.sheet_names}
    found = {name: rank for name, rows in sheets.items() if (rank := _header(rows)) is not None}
    names = _zone_names(sheets)
    for name, rank in found.items():
        table = _table(sheets[name], rank)
        keys = [field_key(column) for column in table.columns]
        if set(_NAMES) <= set(keys):
            continue  # the sheet of names itself
        for column, labels in names.items():
            if column in table.columns and f"LIB_{column}" not in table.columns:
                table[f"LIB_{column}"] = table[column].map(labels).fillna("")
        rows = np.arange(1, len(table) + 1)
        return RawTable(path.name, "XLSX", table, rows, len(table))
    listed = ", ".join(sheets)
    raise LayerError(
        problem("layer-missing", file=path.name, found="CODGEO", expected=listed or "XLSX")
    )


@contextmanager
def _opened(path: Path) -> Iterator[CalamineWorkbook]:
    """Open a workbook, that of an archive as well."""
    with broken_told(path.name, "XLSX"):
        content = path.read_bytes()
        if path.suffix.lower() != SUFFIX:
            with zipfile.ZipFile(BytesIO(content)) as archive:
                inner = next(n for n in archive.namelist() if n.lower().endswith(SUFFIX))
                check_size(archive, path.name)
                content = archive.read(inner)
    with opened_book(content, path.name, "XLSX") as book:
        yield book


def _header(rows: list[list[str]]) -> int | None:
    """Return the rank of the row of titles: the first with a column of commune codes."""
    for rank, row in enumerate(rows[:SEARCHED_ROWS]):
        if any(_CODES.fullmatch(field_key(cell)) for cell in row if cell):
            return rank
    return None


def _table(rows: list[list[str]], rank: int) -> pd.DataFrame:
    kept = [i for i, title in enumerate(rows[rank]) if title]
    titles = unique_names([rows[rank][i] for i in kept])
    body = [[row[i] for i in kept] for row in rows[rank + 1 :] if any(row)]
    return pd.DataFrame(body, columns=list(titles), dtype=object)


def _zone_names(sheets: Mapping[str, list[list[str]]]) -> dict[str, dict[str, str]]:
    """Return the names of zones by the column that holds their codes."""
    names: dict[str, dict[str, str]] = {}
    for rows in sheets.values():
        rank = _header(rows)
        if rank is None:
            continue
        table = _table(rows, rank).rename(columns=lambda column: field_key(str(column)))
        if set(_NAMES) <= set(table.columns):
            for level, code, label in table[list(_NAMES)].itertuples(index=False):
                names.setdefault(level, {})[code] = label
    return names
