"""Tables that a scenario names: planning documents of communes, targets of territories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Final, get_args

from layers.errors import N_, LayerError, Problem, problem
from layers.spec import Column
from layers.tables import read_csv
from siting.zan.guarantee import NO_DOCUMENT, DocumentType, PlanningDocument, Stage

_DOCUMENT_COLUMNS: Final = ("code", "type", "stage", "date", "source")
_TYPES: Final[tuple[str, ...]] = get_args(DocumentType)
_STAGES: Final[tuple[str, ...]] = get_args(Stage)
_COMMUNE_CODE: Final = 5  # characters
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
