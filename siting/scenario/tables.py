"""Tables that a scenario names: planning documents of communes, targets of territories."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Final, get_args

import pandas as pd

from layers.errors import N_
from layers.spec import Column
from layers.tables import read_csv
from siting.domain import Period
from siting.errors import LayerError, Problem, problem
from siting.scenario.zan_settings import LARGEST_M2
from siting.zan.guarantee import NO_DOCUMENT, DocumentType, PlanningDocument, Stage
from siting.zan.local_figures import LocalFigure
from siting.zan.targets import M2_PER_HA, TargetRow

_DOCUMENT_COLUMNS: Final = ("code", "type", "stage", "date", "source")
_TARGET_COLUMNS: Final = ("code", "level", "rate", "hectares", "status", "source", "date")
_LEVELS: Final = ("commune", "epci", "scot", "region")
_STATUSES: Final = ("own", "custom")
_SCOT_COLUMNS: Final = ("code", "scot", "name", "source")
_LOCAL_COLUMNS: Final = ("code", "first", "last", "hectares", "evidence", "source")
_REFERENCE_COLUMNS: Final = ("code", "hectares", "source")
_TYPES: Final[tuple[str, ...]] = get_args(DocumentType)
_STAGES: Final[tuple[str, ...]] = get_args(Stage)
_COMMUNE_CODE: Final = 5  # characters
_YEAR: Final = re.compile(r"20\d\d")
_DECIMAL: Final = re.compile(r"\d+(\.\d+)?")
_DAY: Final = N_("a day, for example 2024-05-31")

Row = Mapping[str, str]


def read_documents(path: Path) -> dict[str, PlanningDocument]:
    """Read a table of planning documents: ``code;type;stage;date;source``.

    Parameters
    ----------
    path
        A CSV file, ``;`` or ``,``. Types: ``PLU``, ``PLUi``, ``carte communale``, ``aucun``;
        stages: ``prescrit``, ``arrêté``, ``approuvé``; days as ``2024-05-31``. Stage and day
        are empty where there is no document.

    Returns
    -------
    dict
        Document by commune.

    Raises
    ------
    LayerError
        With every problem of the file at once: row, column, found and expected.
    """
    rows = _read_rows(path, _DOCUMENT_COLUMNS)
    problems = [
        problem(code, file=path.name, row=number, field=field, found=row[field], expected=expected)
        for number, row in enumerate(rows, start=1)
        for code, field, expected in _document_problems(row)
    ]
    problems += _twice(rows, path.name)
    if problems:
        raise LayerError(problems)
    return {
        row["code"]: PlanningDocument(
            row["type"],  # type: ignore[arg-type] # checked above
            row["stage"] or None,  # type: ignore[arg-type] # checked above
            day(row["date"]),
            row["source"],
        )
        for row in rows
    }


def _document_problems(row: Row) -> Iterator[tuple[str, str, object]]:
    """Tell what is wrong in a row: code of the problem, column, what was expected."""
    if len(row["code"]) != _COMMUNE_CODE:
        yield "value-length", "code", _COMMUNE_CODE
    if row["type"] not in _TYPES:
        yield "value-choice", "type", ", ".join(_TYPES)
    elif row["type"] != NO_DOCUMENT:
        if row["stage"] not in _STAGES:
            yield "value-choice", "stage", ", ".join(_STAGES)
        if day(row["date"]) is None:
            yield "value-type", "date", _DAY
    if not row["source"]:
        yield "value-missing", "source", ""


def read_targets(path: Path) -> list[TargetRow]:
    """Read a table of targets: ``code;level;rate;hectares;status;source;date``.

    Parameters
    ----------
    path
        A CSV file, ``;`` or ``,``. Levels: ``commune``, ``epci``, ``scot``, ``region``. Each row
        has a rate, from 0 to 1 or a percentage with its sign (``54,5 %``), or a budget in
        hectares, never both; statuses: ``own`` (an adopted document), ``custom`` (an
        assumption); days as ``2024-05-31``.

    Returns
    -------
    list of TargetRow
        The rows, in the order of the file.

    Raises
    ------
    LayerError
        With every problem of the file at once: row, column, found and expected.
    """
    rows = _read_rows(path, _TARGET_COLUMNS)
    problems = [
        problem(code, file=path.name, row=number, field=field, found=row[field], expected=expected)
        for number, row in enumerate(rows, start=1)
        for code, field, expected in _target_problems(row)
    ]
    problems += _twice(rows, path.name)
    if problems:
        raise LayerError(problems)
    return [
        TargetRow(
            number, row["code"], row["level"], _share(row["rate"]), _exact(row["hectares"]),
            row["status"], f"{row['source']} ({row['date']})",
        )
        for number, row in enumerate(rows, start=1)
    ]  # fmt: skip


def _target_problems(row: Row) -> Iterator[tuple[str, str, object]]:
    for field in ("code", "source"):
        if not row[field]:
            yield "value-missing", field, ""
    for field, choices in (("level", _LEVELS), ("status", _STATUSES)):
        if row[field] not in choices:
            yield "value-choice", field, ", ".join(choices)
    if day(row["date"]) is None:
        yield "value-type", "date", _DAY
    if bool(row["rate"]) == bool(row["hectares"]):
        yield "rate-or-hectares", "rate", ""
    elif row["rate"]:
        share = _share(row["rate"])
        if share is None or not 0 <= share <= 1:
            yield "value-type", "rate", N_("a number from 0 to 1, or a percentage such as 54.5 %")
    else:
        area = _exact(row["hectares"])
        if area is None or area < 0:
            yield "value-type", "hectares", N_("a number")


def _exact(text: str) -> Fraction | None:
    """Return a decimal number as it is written, comma or point; never through a float."""
    plain = text.replace("\u202f", "").replace("\u00a0", "").replace(" ", "").replace(",", ".")
    if not _DECIMAL.fullmatch(plain):
        return None
    return Fraction(plain)


def _share(text: str) -> Fraction | None:
    """Return a share: a percentage only where its sign says so."""
    number = _exact(text.removesuffix("%").strip())
    return number / 100 if number is not None and text.endswith("%") else number


def read_scot(path: Path) -> pd.DataFrame:
    """Read the SCoT of each commune: ``code;scot;name;source``.

    Parameters
    ----------
    path
        A CSV file, ``;`` or ``,``: INSEE code of the commune, code of its SCoT, name of the
        SCoT, source. A commune without a row has no SCoT.

    Returns
    -------
    DataFrame
        Indexed by commune: ``scot`` (code) and ``scot_name``.

    Raises
    ------
    LayerError
        With every problem of the file at once.
    """
    rows = _read_rows(path, _SCOT_COLUMNS)
    problems = [
        problem("value-missing", file=path.name, row=number, field=field)
        for number, row in enumerate(rows, start=1)
        for field in _SCOT_COLUMNS
        if not row[field]
    ]
    problems += [
        problem(
            "value-length", file=path.name, row=number, field="code", found=row["code"],
            expected=_COMMUNE_CODE,
        )
        for number, row in enumerate(rows, start=1)
        if row["code"] and len(row["code"]) != _COMMUNE_CODE
    ]  # fmt: skip
    problems += _twice(rows, path.name)
    names: dict[str, str] = {}
    for number, row in enumerate(rows, start=1):
        known = names.setdefault(row["scot"], row["name"])
        if known != row["name"]:
            problems.append(
                problem(
                    "value-choice", file=path.name, row=number, field="name", found=row["name"],
                    expected=known,
                )
            )  # fmt: skip
    if problems:
        raise LayerError(problems)
    index = pd.Index([row["code"] for row in rows], name="code")
    columns = {"scot": [row["scot"] for row in rows], "scot_name": [row["name"] for row in rows]}
    return pd.DataFrame(columns, index=index)


def read_local_figures(path: Path) -> list[LocalFigure]:
    """Read a table of local figures: ``code;first;last;hectares;evidence;source``.

    Parameters
    ----------
    path
        A CSV file, ``;`` or ``,``: INSEE code of the commune, first and last year, ENAF consumed
        over them in hectares, what shows it, source.

    Returns
    -------
    list of LocalFigure
        The rows, in the order of the file.

    Raises
    ------
    LayerError
        With every problem of the file at once: row, column, found and expected.
    """
    rows = _read_rows(path, _LOCAL_COLUMNS)
    problems = [
        problem(code, file=path.name, row=number, field=field, found=row[field], expected=expected)
        for number, row in enumerate(rows, start=1)
        for code, field, expected in _local_problems(row)
    ]
    if problems:
        raise LayerError(problems)
    return [
        LocalFigure(
            row["code"], Period(int(row["first"]), int(row["last"])),
            round(_exact(row["hectares"]) * M2_PER_HA),  # type: ignore[operator] # checked above
            row["evidence"], row["source"],
        )
        for row in rows
    ]  # fmt: skip


def _local_problems(row: Row) -> Iterator[tuple[str, str, object]]:
    if len(row["code"]) != _COMMUNE_CODE:
        yield "value-length", "code", _COMMUNE_CODE
    years = [row[field] for field in ("first", "last")]
    for field, year in zip(("first", "last"), years, strict=True):
        if not _YEAR.fullmatch(year):
            yield "value-type", field, N_("a year, for example 2024")
    if all(_YEAR.fullmatch(year) for year in years) and int(years[1]) < int(years[0]):
        yield "value-range", "last", f"≥ {years[0]}"
    area = _exact(row["hectares"])
    if area is None:
        yield "value-type", "hectares", N_("a number")
    elif area * M2_PER_HA > LARGEST_M2:
        yield "value-range", "hectares", f"≤ {LARGEST_M2 // M2_PER_HA}"
    for field in ("evidence", "source"):
        if not row[field]:
            yield "value-missing", field, ""


def read_references(path: Path) -> dict[str, int]:
    """Read the references of the regions with a SRADDET: ``code;hectares;source``.

    Parameters
    ----------
    path
        A CSV file, ``;`` or ``,``: INSEE code of the region, ENAF consumed over the reference
        decade in hectares, source.

    Returns
    -------
    dict
        Reference by region, whole m².

    Raises
    ------
    LayerError
        With every problem of the file at once.
    """
    rows = _read_rows(path, _REFERENCE_COLUMNS)
    problems = [
        problem("value-missing", file=path.name, row=number, field=field)
        for number, row in enumerate(rows, start=1)
        for field in ("code", "source")
        if not row[field]
    ]
    problems += [
        problem(
            "value-type", file=path.name, row=number, field="hectares", found=row["hectares"],
            expected=N_("a number"),
        )
        for number, row in enumerate(rows, start=1)
        if not 0 <= (_exact(row["hectares"]) or -1) * M2_PER_HA <= LARGEST_M2
    ]  # fmt: skip
    problems += _twice(rows, path.name)
    if problems:
        raise LayerError(problems)
    return {row["code"]: round((_exact(row["hectares"]) or 0) * M2_PER_HA) for row in rows}


def day(text: str) -> date | None:
    """Return the day written ``2024-05-31``.

    Parameters
    ----------
    text
        The day.

    Returns
    -------
    date or None
        ``None`` where it is not a day written so.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _read_rows(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """Read a CSV file as text; an empty cell is an empty text."""
    table, problems = read_csv(path, tuple(Column(name, "string", "") for name in columns))
    errors = [found for found in problems if found.severity == "error"]
    names = ", ".join(map(str, table.columns))
    errors += [
        problem("column-missing", file=path.name, field=name, found=names)
        for name in columns
        if name not in table.columns
    ]
    if errors:
        raise LayerError(errors)
    cells = table[list(columns)].fillna("").apply(lambda column: column.str.strip())
    return [
        {str(name): str(cell) for name, cell in row.items()} for row in cells.to_dict("records")
    ]


def _twice(rows: list[dict[str, str]], file: str) -> Iterator[Problem]:
    places: dict[str, list[int]] = {}
    for number, row in enumerate(rows, start=1):
        places.setdefault(row["code"], []).append(number)
    for code, numbers in places.items():
        if len(numbers) > 1:
            yield problem(
                "id-duplicate", file=file, row=numbers[1], field="code", found=code,
                expected=", ".join(map(str, numbers)),
            )  # fmt: skip
