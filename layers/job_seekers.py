"""Registered job seekers per commune, for one month (France Travail, Dares).

The file tells of large communes only: the others are unknown, never zero. It says nothing
of unemployment in the sense of the census or of the ILO; the three are never mixed.
"""

from __future__ import annotations

import re
from pathlib import Path
from types import MappingProxyType
from typing import Final

import pandas as pd

from layers.cells import read_integer
from layers.errors import N_, LayerError, Problem, problem
from layers.harmonise import Rules
from layers.official import (
    CODE_NAMES,
    MONTHS,
    Parsed,
    cell_problems,
    commune_codes,
    load_official,
    official_provenance,
    required,
)
from layers.raw_table import RawTable, fold
from layers.spec import Column, Layer, LayerSpec, Provenance

JOB_SEEKERS: Final = LayerSpec(
    name="job_seekers",
    title=N_("Registered job seekers per commune"),
    columns=(
        Column("code", "string", "INSEE code of the commune"),
        Column("month", "string", "Month of the figures: YYYY-MM"),
        Column(
            "job_seekers", "integer", "Registered job seekers, rounded by the publisher",
            unit="inhabitants", nullable=True, minimum=0,
        ),
    ),
    key="code",
)  # fmt: skip
"""Contract of job seekers: one month, one row a commune that the file tells of."""

JOB_SEEKERS_RULES: Final[Rules] = MappingProxyType({"month": "same", "job_seekers": "sum"})
"""What becomes of the columns where communes merged."""


def load_job_seekers(
    path: Path, *, month: str | None = None, provenance: Provenance | None = None
) -> Layer:
    """Read the job seekers of one month.

    Rows of départements are left out. Where a commune has several rows for the month (the
    published file repeats communes that merged), those that say the same count once and a
    zero beside a figure is none; a commune whose rows differ otherwise is unknown. All this
    is told in the notes.

    Parameters
    ----------
    path
        A CSV file, or a ZIP archive that holds one.
    month
        The month to read, ``YYYY-MM``; by default the last one of the file.
    provenance
        Provenance of ``path``; by default recognised by its columns.

    Returns
    -------
    Layer
        One row a commune of the file.

    Raises
    ------
    LayerError
        With every problem of the file; ``value-choice`` where it has no such month.
    """
    layer = load_official(
        JOB_SEEKERS,
        path,
        lambda raw: _parse(raw, month),
        provenance=provenance,
        lengths={"code": 5},
    )
    months = sorted(set(layer.data["month"]))
    if month is not None and months != [month]:
        raise LayerError(_no_month(month, months, path.name))
    return layer


def _parse(raw: RawTable, month: str | None) -> Parsed:
    headers = required(
        raw,
        {
            "code": CODE_NAMES,
            "month": ("year", "mois", "month", "date", "periode"),
            "job_seekers": ("demandeurs_emploi", "nb_?demandeurs.*", "demandeurs.*", "defm.*"),
        },
    )
    months = raw.data[headers["month"]].map(read_month)
    wrong = months.isna().to_numpy()
    expected = N_("a month, such as 2024-12")
    errors = [
        problem("value-type", row=int(raw.rows[i]), field=headers["month"],
                found=raw.data[headers["month"]].iloc[i], expected=expected)
        for i in wrong.nonzero()[0].tolist()
    ]  # fmt: skip
    known = sorted(set(months.dropna()))
    if errors or not known:
        return Parsed(raw.data, _provenance(""), tuple(errors))
    chosen = month or known[-1]
    if chosen not in known:
        return Parsed(raw.data, _provenance(""), (_no_month(chosen, known, raw.name),))
    kept = months.eq(chosen) & raw.data[headers["code"]].str.strip().str.len().ge(4)
    rows = RawTable(
        raw.name,
        raw.format,
        raw.data[kept].reset_index(drop=True),
        raw.rows[kept.to_numpy()],
        raw.row_count,
    )
    codes, errors = commune_codes(rows, headers["code"])
    cells = read_integer(rows.data[headers["job_seekers"]])
    errors += cell_problems(rows, headers["job_seekers"], cells, N_("a whole number"))
    table, notes = _once(pd.DataFrame({"code": codes, "job_seekers": cells.column}))
    return Parsed(table.assign(month=chosen), _provenance(chosen), tuple(errors), tuple(notes))


def read_month(text: str) -> str | None:
    """Read a month: ISO, or French and year.

    Parameters
    ----------
    text
        The cell.

    Returns
    -------
    str or None
        ``YYYY-MM``, or ``None`` where the text is no month.

    Examples
    --------
    >>> read_month("janvier_2020"), read_month("2024-12-01"), read_month("2024")
    ('2020-01', '2024-12', None)
    """
    words = re.split(r"[ _/-]+", fold(text))
    if len(words) == 2 and words[0] in MONTHS and re.fullmatch(r"\d{4}", words[1]):
        return f"{words[1]}-{MONTHS.index(words[0]) + 1:02}"
    match = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])(?:-\d\d)?", text.strip())
    return f"{match[1]}-{match[2]}" if match else None


def _once(table: pd.DataFrame) -> tuple[pd.DataFrame, list[Problem]]:
    """Return one row a commune, and tell of those that had several."""
    positive = table[table["job_seekers"].gt(0).fillna(value=False)]
    figures = positive.groupby("code")["job_seekers"].agg(["nunique", "first"])
    found = table.drop_duplicates("code").set_index("code")
    once = found["job_seekers"].copy()
    agreed = figures[figures["nunique"] == 1]
    once.loc[agreed.index] = agreed["first"]
    once.loc[figures.index[figures["nunique"] > 1]] = pd.NA
    repeated = sorted(set(table["code"][table["code"].duplicated()].dropna()))
    notes = []
    if repeated:
        told = f"{', '.join(repeated)} ({len(repeated)})"
        notes.append(problem("commune-repeated", field="code", found=told, severity="warning"))
    return once.reset_index(), notes


def _no_month(month: str, months: list[str], file: str) -> Problem:
    expected = f"{months[0]} … {months[-1]}" if months else ""
    return problem("value-choice", file=file, field="month", found=month, expected=expected)


def _provenance(month: str) -> Provenance:
    return official_provenance(
        "France Travail ; Dares", "Demandeurs d'emploi inscrits, par commune", month
    )
