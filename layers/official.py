"""Open a table as its publisher made it: columns by pattern, French cells, its own COG.

Publishers rename columns at each vintage (``pp_vacant_24``, ``Zonage en vigueur depuis
le…``): a column is found by a pattern, and a file without it fails listing those it has.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Final

import pandas as pd

from layers.cells import COMMUNE, Cells, read_code
from layers.delimited import read_delimited
from layers.errors import N_, LayerError, Problem, problem
from layers.files import CSV, ZIP, identify, unpacked
from layers.raw_table import Bools, RawTable, field_key, in_file, row_problems
from layers.spec import Layer, LayerSpec, Provenance, Status, make_layer
from layers.tables import check_file, checked_layer, local_provenance, read_csv
from layers.workbook import is_workbook, read_workbook

LICENCE: Final = "Licence Ouverte 2.0"
RECOGNISED: Final = N_("publisher and licence recognised by the columns of the file")
CODE_NAMES: Final = (
    "codgeo(_\\d+)?",
    "depcom(_arm)?",
    "code_(commune_)?insee(_commune)?",
    "comm?_insee",
    "insee_com(m|mune)?",
    "code_commune",
    "cdcommune",
    "city_code",
)
"""Patterns of the column of commune codes in published tables."""
MONTHS: Final = (
    "janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre",
    "octobre", "novembre", "decembre",
)  # fmt: skip
"""Months as published tables write them, folded."""
_CENTURY: Final = 2000
_YEAR: Final = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")


@dataclass(frozen=True, eq=False, slots=True)
class Parsed:
    """What a publisher's table says, in the columns of a contract.

    Parameters
    ----------
    data
        The table, in the columns of the contract.
    provenance
        Where it comes from; its ``file`` is set by :func:`load_official`.
    errors
        Why it cannot be used.
    notes
        Warnings.
    """

    data: pd.DataFrame
    provenance: Provenance
    errors: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()


def load_official(
    spec: LayerSpec,
    path: Path,
    parse: Callable[[RawTable], Parsed],
    *,
    provenance: Provenance | None = None,
    lengths: Mapping[str, int] | None = None,
) -> Layer:
    """Read a table without geometry: in the columns of its contract, or as published.

    Parameters
    ----------
    spec
        The contract.
    path
        A CSV file, or a ZIP archive that holds one.
    parse
        Reads the layout of the publisher.
    provenance
        Provenance of ``path``; by default the one ``parse`` recognises.
    lengths
        Number of characters of the codes, by column, where the file has the columns of
        the contract.

    Returns
    -------
    Layer
        The layer, with the warnings in its notes.

    Raises
    ------
    LayerError
        With every problem of the file.
    """
    raw = open_table(path)
    own = {c.name for c in spec.columns} - {"code"}
    # Half of them: a table of ours that lacks a column is told of that column.
    if 2 * len(own & set(raw.data.columns)) >= len(own) and _is_csv(path):
        table, problems = read_csv(path, spec.columns)
        return checked_layer(
            spec, table, provenance or local_provenance(path), problems=problems, lengths=lengths
        )
    found = parse(raw)
    if found.errors:
        raise LayerError(in_file(found.errors, path.name))
    source = replace(provenance or found.provenance, file=path.name)
    notes = in_file((*raw.notes, *found.notes), path.name)
    return make_layer(spec, found.data.reset_index(drop=True), source, notes=notes)


def _is_csv(path: Path) -> bool:
    return path.suffix.lower() in CSV.suffixes


def official_provenance(
    publisher: str, title: str, vintage: str, *, method: str = "", status: Status = Status.OBSERVED
) -> Provenance:
    """Return the provenance of a published file recognised by its columns.

    Parameters
    ----------
    publisher, title, vintage
        As in :class:`~layers.spec.Provenance`.
    method
        What was derived.
    status
        Status of its figures.

    Returns
    -------
    Provenance
        Under the Licence Ouverte 2.0, that of the publishers of the catalogue.
    """
    told = "; ".join(filter(None, (RECOGNISED, method)))
    return Provenance(publisher, title, vintage, LICENCE, status, method=told)


def open_table(path: Path) -> RawTable:
    """Open a delimited text, a workbook, or a ZIP archive that holds one, every cell as text.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    RawTable
        At least one row.

    Raises
    ------
    LayerError
        If the file cannot be used, or some rows do not have the cells of the header: the
        file of a publisher has none such, so that it is damaged.
    """
    name = path.name
    if is_workbook(path):
        check_file(path)
        return _checked(read_workbook(path))
    found = identify(path)
    if found is ZIP:
        with unpacked(path, layer=data_member(path)) as inner:
            identify(inner.path, name=name)
            raw = read_delimited(inner.path, name)
    elif found is CSV:
        raw = read_delimited(path, name)
    else:
        raise LayerError(problem("file-unreadable", file=name, found=found.title, expected="CSV"))
    return _checked(raw)


def _checked(raw: RawTable) -> RawTable:
    """Refuse a table without rows, or with rows that do not have the cells of the header."""
    errors = [*raw.errors, *raw.rejected]
    if raw.row_count == 0:
        errors.append(problem("no-rows"))
    if errors:
        raise LayerError(in_file(errors, raw.name))
    return raw


def data_member(path: Path) -> str | None:
    """Return the table of an archive of INSEE, which holds the dictionary of its columns too.

    Parameters
    ----------
    path
        The archive.

    Returns
    -------
    str or None
        Name of the member; ``None`` where nothing tells which it is.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, NotImplementedError):
        return None  # told when it is unpacked
    tables = [n for n in names if PurePosixPath(n).suffix.lower() in CSV.suffixes]
    data = [
        n for n in tables if "meta" not in re.split(r"[_.\-]|data", PurePosixPath(n).stem.lower())
    ]
    return data[0] if len(data) == 1 and len(tables) > 1 else None


def column(raw: RawTable, *patterns: str) -> str | None:
    """Find a column by its name, whatever its case, accents and punctuation.

    Parameters
    ----------
    raw
        The table.
    *patterns
        Regular expressions of the whole name as :func:`~layers.raw_table.field_key`
        returns it, the preferred one first.

    Returns
    -------
    str or None
        Name of the first column that matches the first pattern that any matches.

    Examples
    --------
    >>> import numpy as np
    >>> table = pd.DataFrame(columns=["CODGEO", "Zonage en vigueur depuis le 5 septembre 2025"])
    >>> column(RawTable("abc.csv", "CSV", table, np.array([], dtype=int), 0), "zonage_.*")
    'Zonage en vigueur depuis le 5 septembre 2025'
    """
    for pattern in patterns:
        for name in map(str, raw.data.columns):
            if re.fullmatch(pattern, field_key(name)):
                return name
    return None


def required(raw: RawTable, wanted: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Find the columns that a table must have.

    Parameters
    ----------
    raw
        The table.
    wanted
        By name of the contract, the patterns of :func:`column`.

    Returns
    -------
    dict
        Names in the file, by name of the contract.

    Raises
    ------
    LayerError
        ``column-missing`` for each one that is missing, with the columns found.
    """
    found = {name: column(raw, *patterns) for name, patterns in wanted.items()}
    missing = [name for name, header in found.items() if header is None]
    if missing:
        raise LayerError(missing_columns(raw, missing))
    return {name: header for name, header in found.items() if header is not None}


def missing_columns(raw: RawTable, names: Iterable[str]) -> list[Problem]:
    """Tell columns that are missing, with those found.

    Parameters
    ----------
    raw
        The table.
    names
        What is missing.

    Returns
    -------
    list of Problem
        ``column-missing``, one a name.
    """
    found = ", ".join(map(str, raw.data.columns))
    return [problem("column-missing", file=raw.name, field=name, found=found) for name in names]


def yearly(raw: RawTable, pattern: str) -> dict[int, str]:
    """Find the columns of one figure, by year.

    Parameters
    ----------
    raw
        The table.
    pattern
        Regular expression of the whole name as :func:`~layers.raw_table.field_key`
        returns it; its one group is the year, of 2 or 4 digits.

    Returns
    -------
    dict
        Names in the file, by year, in the order of the years.
    """
    found: dict[int, str] = {}
    for name in map(str, raw.data.columns):
        if match := re.fullmatch(pattern, field_key(name)):
            year = int(match[1])
            found[year if year >= _CENTURY else _CENTURY + year] = name
    return dict(sorted(found.items()))


def commune_codes(raw: RawTable, name: str) -> tuple[pd.Series, list[Problem]]:
    """Read the INSEE codes of communes, zeros put back.

    Parameters
    ----------
    raw
        The table.
    name
        The column in the file.

    Returns
    -------
    Series
        Codes as text.
    list of Problem
        Every code that is missing or malformed.
    """
    cells = read_code(raw.data[name], pattern=COMMUNE, length=5)
    wrong = cells.wrong | cells.unmapped
    texts = raw.data[name].astype(str)[wrong].tolist()
    expected = N_("an INSEE commune code")
    problems = _each(wrong, raw, "value-type", name, texts, expected)
    missing = cells.column.isna().to_numpy() & ~wrong
    return cells.column, problems + row_problems(missing, raw.rows, "value-missing", field=name)


def cell_problems(raw: RawTable, name: str, cells: Cells, expected: str) -> list[Problem]:
    """Tell the cells of a column that are not what it is about.

    Parameters
    ----------
    raw
        The table.
    name
        The column in the file.
    cells
        The column, read.
    expected
        What is expected.

    Returns
    -------
    list of Problem
        ``value-type``, one a cell.
    """
    texts = raw.data[name].astype(str)[cells.wrong].tolist()
    return _each(cells.wrong, raw, "value-type", name, texts, expected)


def _each(
    mask: Bools, raw: RawTable, code: str, field: str, texts: list[str], expected: str
) -> list[Problem]:
    rows = raw.rows[mask]
    return [
        problem(code, row=int(row), field=field, found=text, expected=expected)
        for row, text in zip(rows, texts, strict=True)
    ]


def year_in(text: str) -> str:
    """Return the last year of four digits that a text names, or an empty text.

    Parameters
    ----------
    text
        A name of file or column.

    Returns
    -------
    str
        The year.

    Examples
    --------
    >>> year_in("Zonage en vigueur depuis le 5 septembre 2025"), year_in("zonage")
    ('2025', '')
    """
    return found[-1] if (found := _YEAR.findall(text)) else ""
