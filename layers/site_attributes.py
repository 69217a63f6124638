"""Cells of a file of sites as the attributes of the site table, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd

from layers.cells import (
    COMMUNE,
    SIREN,
    Cells,
    as_text,
    read_boolean,
    read_choice,
    read_code,
    read_date,
    read_integer,
    read_number,
    read_text,
)
from layers.commune_names import CommuneNames, NamedCommune
from layers.errors import N_, Problem, problem
from layers.raw_table import Bools, RawTable, row_problems, told_of
from layers.site_columns import SYNONYMS, Alias, Picked
from layers.site_table import SITES
from layers.spec import Column, Kind

ASSUMED_CONFIDENTIALITY: Final = "restricted"
# Made from the geometry and from the position in the file, whatever the file says.
MADE: Final = frozenset({"row", "gross_area_m2"})
LISTED_ROWS: Final = 10
"""Rows that are listed of those that share an identifier."""
_DTYPES: Final[Mapping[Kind, Any]] = MappingProxyType(
    {
        "number": "float64",
        "integer": "Int64",
        "boolean": "boolean",
        "string": pd.StringDtype(na_value=np.nan),
    }
)


@dataclass(frozen=True, eq=False, slots=True)
class SiteAttributes:
    """SiteAttributes of the rows of a file.

    Parameters
    ----------
    columns
        By column of the site table but :data:`MADE`; dtypes ``float64``, ``Int64``,
        ``boolean`` and ``str``; missing where unknown or wrong. Of ``geometry_origin``,
        only what the file says.
    errors, notes
        What was found, by row.
    """

    columns: Mapping[str, pd.Series]
    errors: tuple[Problem, ...]
    notes: tuple[Problem, ...]


@dataclass(frozen=True, eq=False, slots=True)
class _Read:
    """One column, read."""

    column: pd.Series
    errors: list[Problem]
    notes: list[Problem]


@dataclass(frozen=True, slots=True)
class _Reading:
    """How a column is read, and what a cell of it should have been."""

    read: Callable[[Column, Alias, pd.Series], Cells]
    expected: str


_BY_KIND: Final[Mapping[Kind, _Reading]] = MappingProxyType(
    {
        "string": _Reading(lambda _column, _alias, values: read_text(values), N_("text")),
        "number": _Reading(
            lambda _column, alias, values: read_number(values, factor=alias.factor),
            N_("a number"),
        ),
        "integer": _Reading(
            lambda _column, _alias, values: read_integer(values), N_("a whole number")
        ),
        "boolean": _Reading(
            lambda _column, alias, values: read_boolean(values, meanings=alias.meanings),
            N_("yes or no"),
        ),
    }
)
_BY_NAME: Final[Mapping[str, _Reading]] = MappingProxyType(
    {
        "commune": _Reading(
            lambda _column, _alias, values: read_code(values, pattern=COMMUNE, length=5),
            N_("an INSEE code of 5 characters"),
        ),
        "epci": _Reading(
            lambda _column, _alias, values: read_code(values, pattern=SIREN, length=9),
            N_("a SIREN of 9 digits"),
        ),
        "available_from": _Reading(
            lambda _column, _alias, values: read_date(values),
            N_("a date (2027-12-31, 31/12/2027 or 2027)"),
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Identifiers:
    """What only the whole of a file tells of its identifiers.

    Parameters
    ----------
    shared
        Positions of the rows of each identifier that several rows share.
    given
        Whether any row has an identifier of its own.
    """

    shared: Mapping[str, Sequence[int]]
    given: bool


def identifiers_of(table: RawTable, picked: Picked) -> tuple[pd.Series, Bools]:
    """Read the identifiers of rows, and make those that lack.

    Parameters
    ----------
    table
        The rows.
    picked
        Their columns that fill the site table.

    Returns
    -------
    Series
        Identifiers, in the order of the rows.
    ndarray
        Whether each was missing.
    """
    column = next(c for c in SITES.columns if c.name == "site_id")
    return _made(_column(column, table, picked).column, table)


def _made(given: pd.Series, table: RawTable) -> tuple[pd.Series, Bools]:
    missing = given.isna().to_numpy(dtype=bool)
    made = "row-" + pd.Series(table.rows).astype(str).str.zfill(6)
    return given.where(~missing, made), missing


def read_attributes(
    table: RawTable,
    picked: Picked,
    *,
    of_file: Identifiers | None = None,
    names: CommuneNames | None = None,
) -> SiteAttributes:
    """Read the attributes of the rows of a file.

    Parameters
    ----------
    table
        The file, or some of its rows.
    picked
        Its columns that fill the site table.
    of_file
        Identifiers of the whole file; ``None`` where ``table`` holds all its rows.
    names
        Communes of the territory, where names are to lead to their codes.

    Returns
    -------
    SiteAttributes
        ``site_id``, ``name``, ``source`` and ``confidentiality`` are never missing.
    """
    read = {c.name: _column(c, table, picked) for c in SITES.columns if c.name not in MADE}
    read["site_id"] = _identifiers(read["site_id"], table, picked, of_file)
    if names is not None:
        read["commune"] = _communes(read["commune"], table, picked, names)
    read["confidentiality"] = _confidentiality(read["confidentiality"], table, picked)
    columns = {name: one.column for name, one in read.items()}
    columns["name"] = columns["name"].where(columns["name"].notna(), columns["site_id"])
    title = picked.profile.title or table.name
    columns["source"] = columns["source"].where(columns["source"].notna(), title)
    return SiteAttributes(
        columns=MappingProxyType(columns),
        errors=tuple(p for one in read.values() for p in one.errors),
        notes=tuple(p for one in read.values() for p in one.notes),
    )


def _column(column: Column, table: RawTable, picked: Picked) -> _Read:
    dtype = _DTYPES[column.kind]
    if column.name not in picked.columns:
        nothing = pd.Series([None] * len(table.rows), dtype=object)
        return _Read(nothing.astype(dtype), [], [])
    alias, source, values = picked.columns[column.name]
    cells, code, expected = _cells(column, alias, values)
    if picked.profile.open_labels and (column.choices or column.kind == "boolean"):
        nothing_wrong = np.zeros_like(cells.wrong)
        cells = replace(cells, wrong=nothing_wrong, unmapped=cells.unmapped | cells.wrong)
    beyond = _out_of_range(column, cells.column)
    said: dict[str, Any] = {"field": source}
    if (cells.wrong | cells.unmapped | beyond).any():
        said["found"] = as_text(values).to_numpy(dtype=object)
    errors = row_problems(cells.wrong, table.rows, code, expected=expected, **said)
    errors += row_problems(beyond, table.rows, "value-range", expected=_range(column), **said)
    notes = row_problems(cells.unmapped, table.rows, "value-unmapped", severity="warning", **said)
    return _Read(cells.column.astype(dtype), errors, notes)


def _cells(column: Column, alias: Alias, values: pd.Series) -> tuple[Cells, str, str]:
    """Return the cells of a column, and how to say what is wrong with one."""
    if column.choices is not None:
        synonyms = SYNONYMS.get(column.name)
        cells = read_choice(values, column.choices, synonyms=synonyms)
        return cells, "value-choice", ", ".join(column.choices)
    reading = _BY_NAME.get(column.name, _BY_KIND[column.kind])
    return reading.read(column, alias, values), "value-type", reading.expected


def _out_of_range(column: Column, values: pd.Series) -> Bools:
    if column.kind not in ("number", "integer"):
        return np.zeros(len(values), dtype=bool)
    numbers = values.to_numpy(dtype=float, na_value=np.nan)
    low = -np.inf if column.minimum is None else column.minimum
    high = np.inf if column.maximum is None else column.maximum
    return np.asarray((numbers < low) | (numbers > high), dtype=bool)


def _range(column: Column) -> str:
    """Return the bounds of a column for messages.

    Examples
    --------
    >>> _range(Column("year", "integer", "Year", minimum=2011, maximum=2060))
    '2011–2060'
    """
    low, high = column.minimum, column.maximum
    if low is None:
        return "" if high is None else f"≤ {high:g}"
    return f"≥ {low:g}" if high is None else f"{low:g}–{high:g}"


def _identifiers(
    given: _Read, table: RawTable, picked: Picked, of_file: Identifiers | None
) -> _Read:
    """Make the identifiers that lack; refuse all rows that share one."""
    source = picked.source("site_id")
    ids, missing = _made(given.column, table)
    texts = ids.to_numpy(dtype=object)
    if missing.all() if of_file is None else not of_file.given:
        notes = [problem("id-generated", severity="warning")]
    else:
        notes = row_problems(
            missing, table.rows, "id-missing", field=source, found=texts, severity="warning"
        )
    rows_of = _shared(ids, table) if of_file is None else of_file.shared
    shared = ids.isin(rows_of.keys()).to_numpy(dtype=bool)
    listed = {value: _listed(rows) for value, rows in rows_of.items()}
    expected = ids.map(listed).to_numpy(dtype=object)
    errors = row_problems(
        shared, table.rows, "id-duplicate", field=source, found=texts, expected=expected
    )
    return _Read(ids, [*given.errors, *errors], [*given.notes, *notes])


def _shared(ids: pd.Series, table: RawTable) -> dict[str, list[int]]:
    """Return the rows of each identifier that several rows share."""
    shared = ids.duplicated(keep=False).to_numpy(dtype=bool)
    texts = ids.to_numpy(dtype=object)[shared]
    groups = pd.Series(table.rows)[shared].groupby(texts)
    return {str(value): group.tolist() for value, group in groups}


def _listed(rows: Sequence[int]) -> str:
    listed = ", ".join(map(str, rows[:LISTED_ROWS]))
    return f"{listed}…" if len(rows) > LISTED_ROWS else listed


def _communes(told: _Read, table: RawTable, picked: Picked, names: CommuneNames) -> _Read:
    """Resolve the names given in place of codes: that of one commune leads to its code."""
    unread = {one.row: one for one in (*told.notes, *told.errors)}
    if "commune" not in picked.columns or not unread:
        return told
    field = picked.source("commune")
    texts = as_text(picked.columns["commune"][2])
    column, resolved = told.column.copy(), []
    answers: dict[str, tuple[NamedCommune, ...]] = {}
    for at, row in enumerate(table.rows.tolist()):
        if row not in unread:
            continue
        text = str(texts.iloc[at])
        if text not in answers:
            answers[text] = names.of(text)
        found = answers[text]
        if not found:
            continue
        code, expected = "commune-ambiguous", "; ".join(one.label for one in found)
        if len(found) == 1:
            column.iloc[at] = found[0].code
            code, expected = "commune-resolved", found[0].code
        resolved.append(
            problem(
                code, row=row, field=field, found=text, expected=expected, severity="warning"
            )
        )  # fmt: skip
    done = {one.row for one in resolved}
    return _Read(
        column,
        [one for one in told.errors if one.row not in done],
        [*(one for one in told.notes if one.row not in done), *resolved],
    )


def _confidentiality(told: _Read, table: RawTable, picked: Picked) -> _Read:
    """Say who may see each site; an empty cell among others never means everyone."""
    if "confidentiality" not in picked.columns:
        return _Read(told.column.fillna("public"), told.errors, told.notes)
    missing = told.column.isna().to_numpy(dtype=bool)
    notes = row_problems(
        missing & ~told_of(told.errors, table.rows), table.rows, "confidentiality-assumed",
        field=picked.source("confidentiality"), found=ASSUMED_CONFIDENTIALITY,
        severity="warning",
    )  # fmt: skip
    values = told.column.where(~missing, ASSUMED_CONFIDENTIALITY)
    return _Read(values, told.errors, [*told.notes, *notes])
