"""Salaried jobs at the workplace, FLORES (INSEE): the long tables of Melodi, read in blocks.

A row is one figure: a place, an activity, a measure, a year. The tables by activity (A5, A17, A38,
A88) hold several levels of place, and totals beside their parts: one of each is kept. Posts, not
people; the self-employed, defence and the employees of households are left out, which the census
counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pandas as pd

from layers.cells import COMMUNE, read_number
from layers.errors import N_, LayerError, Problem, problem
from layers.files import ZIP, identify, unpacked
from layers.official import data_member, official_provenance
from layers.recognition import file_columns
from layers.spec import Layer, LayerSpec, Provenance, make_layer

COLUMNS: Final = ("GEO", "GEO_OBJECT", "ACTIVITY", "FLORES_MEASURE", "TIME_PERIOD", "OBS_VALUE")
"""Columns that every table by activity has."""
_POSTS: Final = "EMPL3112"
_TOTAL: Final = "_T"
_EVERY_FORM: Final = frozenset({"1T9X7", _TOTAL})
_INDUSTRY: Final = "BE"
# Sections B to E: A17 (C1… DE), A38 (BZ, CA… EZ), divisions of A88 (05 to 39).
_OF_INDUSTRY: Final = re.compile(r"BZ|C[1-5A-M]|D[EZ]|EZ|0[5-9]|[12]\d|3[0-9]")
_BLOCK_ROWS: Final = 200_000
_ROUNDING: Final = 0.5


def is_flores(path: Path) -> bool:
    """Tell whether a file is a table of FLORES by activity, by its columns.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    bool
        Whether it has those of :data:`COLUMNS`.
    """
    return set(COLUMNS) <= {name.upper() for name in file_columns(path)}


def load_flores(spec: LayerSpec, path: Path, *, provenance: Provenance | None = None) -> Layer:
    """Read the salaried jobs of communes, of the last year of the file.

    Parameters
    ----------
    spec
        Contract of the jobs at the workplace.
    path
        A CSV file, or the ZIP archive that Melodi delivers.
    provenance
        Provenance of ``path``; by default that of INSEE.

    Returns
    -------
    Layer
        One row a commune. A figure that is not published is unknown; so is industry where the
        activities of a commune do not add up to its total: one of them is hidden.

    Raises
    ------
    LayerError
        If the file cannot be read, holds no commune (``no-rows``), or has figures that are none.
    """
    figures = _figures(path)
    if figures.empty:
        raise LayerError(problem("no-rows", file=path.name))
    year = figures["year"].max()
    figures = figures[figures["year"] == year].reset_index(drop=True)
    problems = list(_problems(figures, path.name))
    if problems:
        raise LayerError(problems)
    figures = figures.assign(value=read_number(figures["value"]).column)
    table = pd.DataFrame(
        {
            "jobs": figures[figures["activity"] == _TOTAL].set_index("code")["value"],
            "industry_jobs": _industry(figures),
        }
    ).rename_axis("code")
    data = table.reset_index().assign(employed_residents=float("nan"))
    source = official_provenance(
        "INSEE", "FLORES, emploi salarié au lieu de travail", str(year),
        method=N_("salaried posts on 31 December, without the self-employed"),
    )  # fmt: skip
    return make_layer(spec, data, replace(provenance or source, file=path.name))


def _figures(path: Path) -> pd.DataFrame:
    """Return the posts of communes: ``code``, ``year``, ``activity``, ``value``, one a row."""
    if identify(path) is not ZIP:
        return _read(path, path.name)
    with unpacked(path, layer=data_member(path)) as inner:
        return _read(inner.path, path.name)


def _read(path: Path, name: str) -> pd.DataFrame:
    """Read a table in blocks: that of the country has millions of rows."""
    with path.open("rb") as stream:
        separator = max(b";,\t".decode(), key=stream.readline().decode("latin-1").count)
    try:
        with pd.read_csv(
            path, sep=separator, dtype=str, keep_default_na=False, encoding="utf-8-sig",
            chunksize=_BLOCK_ROWS,
        ) as blocks:  # fmt: skip
            kept = [_kept(block, name) for block in blocks]
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        unreadable = problem("file-unreadable", file=name, expected="CSV", found=str(error))
        raise LayerError(unreadable) from error
    return pd.concat(kept, ignore_index=True)


def _kept(block: pd.DataFrame, name: str) -> pd.DataFrame:
    """Keep the posts of communes, of every size of establishment and every legal form."""
    block = block.set_axis([str(column).strip().upper() for column in block.columns], axis=1)
    lacking = [column for column in COLUMNS if list(block.columns).count(column) != 1]
    if lacking:
        found = ", ".join(block.columns)
        raise LayerError(
            problem("column-missing", file=name, field=column, found=found) for column in lacking
        )
    known = block["GEO_OBJECT"].eq("COM") & block["FLORES_MEASURE"].eq(_POSTS)
    if "NUMBER_EMPL" in block:
        known &= block["NUMBER_EMPL"].eq(_TOTAL)
    if "LEGAL_FORM_WITH_PUBLIC" in block:
        known &= block["LEGAL_FORM_WITH_PUBLIC"].isin(_EVERY_FORM)
    rows = block[known]
    return pd.DataFrame(
        {
            "code": rows["GEO"].str.split("-").str[-1],  # the service has 2025-COM-44109
            "year": rows["TIME_PERIOD"],
            "activity": rows["ACTIVITY"].str.upper(),
            "value": rows["OBS_VALUE"],
            "row": rows.index + 1,
        }
    )


def _problems(figures: pd.DataFrame, file: str) -> Iterator[Problem]:
    """Tell codes and figures that are none, and figures told twice."""
    wrong = ~figures["code"].str.fullmatch(COMMUNE)
    for row, text in figures.loc[wrong, ["row", "code"]].itertuples(index=False):
        expected = N_("an INSEE commune code")
        yield problem(
            "value-type", file=file, row=int(row), field="GEO", found=text, expected=expected
        )
    cells = read_number(figures["value"].reset_index(drop=True))
    for row, text in figures.loc[cells.wrong, ["row", "value"]].itertuples(index=False):
        expected = N_("a number")
        yield problem(
            "value-type", file=file, row=int(row), field="OBS_VALUE", found=text, expected=expected
        )
    twice = figures.duplicated(["code", "activity"])
    for row, code in figures.loc[twice, ["row", "code"]].head(1).itertuples(index=False):
        yield problem("id-duplicate", file=file, row=int(row), field="GEO", found=code)


def _industry(figures: pd.DataFrame) -> pd.Series:
    """Return the posts of industry by commune; unknown where an activity is hidden."""
    told = figures[figures["activity"] == _INDUSTRY].set_index("code")["value"]
    if not told.empty:
        return told
    parts = figures[figures["activity"] != _TOTAL]
    totals = figures[figures["activity"] == _TOTAL].set_index("code")["value"]
    whole = parts.groupby("code")["value"].agg(lambda column: column.sum(skipna=False))
    ours = parts[parts["activity"].str.fullmatch(_OF_INDUSTRY.pattern)]
    industry = ours.groupby("code")["value"].sum().reindex(totals.index, fill_value=0.0)
    complete = (whole.reindex(totals.index) - totals).abs() <= _ROUNDING
    return industry.where(complete)
