"""Dwellings vacant for more than two years, per commune (LOVAC).

Private dwellings (*parc privé*). A figure under statistical secrecy (``s``, or an empty
cell) is unknown, never zero.
"""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Final

import pandas as pd

from layers.cells import Cells, read_integer, read_number
from layers.errors import N_, Problem, problem
from layers.harmonise import Ratio, Rules
from layers.official import (
    CODE_NAMES,
    Parsed,
    cell_problems,
    column,
    commune_codes,
    load_official,
    missing_columns,
    official_provenance,
    required,
    yearly,
)
from layers.raw_table import RawTable
from layers.spec import Column, Layer, LayerSpec, Provenance, Status


def _count(name: str, description: str) -> Column:
    return Column(name, "integer", description, unit="dwellings", nullable=True, minimum=0)


VACANCY: Final = LayerSpec(
    name="vacancy",
    title=N_("Dwellings vacant for more than two years, per commune"),
    columns=(
        Column("code", "string", "INSEE code of the commune"),
        _count("private_dwellings", "Private dwellings"),
        _count("vacant_dwellings", "Of which vacant, any duration"),
        _count("vacant_2_years", "Of which vacant for more than two years"),
        Column(
            "vacant_2_years_percent",
            "number",
            "Private dwellings vacant for more than two years",
            unit="%",
            nullable=True,
            minimum=0,
            maximum=100,
        ),
    ),
    key="code",
)
"""Contract of long vacancy: a share and a count, both missing under secrecy."""

VACANCY_RULES: Final[Rules] = MappingProxyType(
    {
        "private_dwellings": "sum",
        "vacant_dwellings": "sum",
        "vacant_2_years": "sum",
        "vacant_2_years_percent": Ratio("vacant_2_years", "private_dwellings", 100),
    }
)
"""What becomes of the columns where communes merged."""

_TOTAL: Final = "(?:ff_)?pp_total_(\\d\\d)"
_VACANT: Final = "pp_vacant_(\\d\\d)"
_LONG: Final = "pp_vacant_plus_2ans_(\\d\\d)"
_SHARE: Final = ("prop_logvac_pp_2a_\\d+",)
_STOCK: Final = ("nb_log_pp_\\d+",)
_PUBLISHER: Final = "Cerema ; DGALN"
_TITLE: Final = "LOVAC, logements vacants du parc privé par commune"


def load_vacancy(path: Path, *, provenance: Provenance | None = None) -> Layer:
    """Read LOVAC, whatever its vintage.

    The published table has, for each year YY, the stock (``pp_total_YY``, later
    ``ff_pp_total_YY``) and the dwellings vacant on 1 January, of which for more than two
    years (``pp_vacant_YY``, ``pp_vacant_plus_2ans_YY``); the last year that has both the
    stock and the long vacancy is read. The table of shares of 2021 has the stock
    (``Nb_log_pp_YYYY``) and a share in percent (``Prop_logvac_pp_2A_…``): the count is
    computed from them, and the status is ``estimated``.

    Parameters
    ----------
    path
        A CSV file, or a ZIP archive that holds one.
    provenance
        Provenance of ``path``; by default that of LOVAC, recognised by its columns.

    Returns
    -------
    Layer
        One row a commune of the file, in its own COG.

    Raises
    ------
    LayerError
        With every problem of the file.
    """
    return load_official(VACANCY, path, _parse, provenance=provenance, lengths={"code": 5})


def _parse(raw: RawTable) -> Parsed:
    if column(raw, *_SHARE):
        return _shares(raw)
    years = yearly(raw, _LONG)
    totals = yearly(raw, _TOTAL)
    common = [year for year in years if year in totals]
    if not common:
        missing = [name for name, found in (("pp_vacant_plus_2ans_YY", years),
                                            ("ff_pp_total_YY", totals)) if not found]  # fmt: skip
        both = [f"ff_pp_total_{max(years) % 100}"] if years else []
        return Parsed(raw.data, _provenance(""), tuple(missing_columns(raw, missing or both)))
    year = max(common)
    headers = {
        "private_dwellings": totals[year],
        "vacant_dwellings": yearly(raw, _VACANT).get(year),
        "vacant_2_years": years[year],
    }
    codes, errors = commune_codes(raw, required(raw, {"code": CODE_NAMES})["code"])
    table = pd.DataFrame({"code": codes})
    for name, header in headers.items():
        if header is None:
            table[name] = pd.Series(pd.NA, codes.index, dtype="Int64")
            continue
        cells = read_integer(raw.data[header])
        table[name] = cells.column
        errors += cell_problems(raw, header, cells, N_("a whole number"))
    table["vacant_2_years_percent"] = _percent(table["vacant_2_years"], table["private_dwellings"])
    errors += _order_problems(raw, table)
    return Parsed(table, _provenance(str(year)), tuple(errors))


def _percent(part: pd.Series, whole: pd.Series) -> pd.Series:
    known = whole.astype("Float64").mask(whole.eq(0).fillna(value=False))
    return (100 * part.astype("Float64") / known).astype("float64")


def _order_problems(raw: RawTable, table: pd.DataFrame) -> list[Problem]:
    """Tell communes with more vacant dwellings than dwellings: columns that were mixed up."""
    more = table["vacant_2_years"].gt(table["private_dwellings"]).fillna(value=False)
    return [
        problem(
            "value-range", row=int(raw.rows[i]), field="vacant_2_years",
            found=table["vacant_2_years"].iloc[i],
            expected=f"≤ {table['private_dwellings'].iloc[i]}",
        )
        for i in more.to_numpy().nonzero()[0].tolist()
    ]  # fmt: skip


def _shares(raw: RawTable) -> Parsed:
    wanted = {"code": CODE_NAMES, "private_dwellings": _STOCK, "vacant_2_years_percent": _SHARE}
    headers = required(raw, wanted)
    codes, errors = commune_codes(raw, headers["code"])
    stock: Cells = read_integer(raw.data[headers["private_dwellings"]])
    share: Cells = read_number(raw.data[headers["vacant_2_years_percent"]])
    errors += cell_problems(raw, headers["private_dwellings"], stock, N_("a whole number"))
    errors += cell_problems(raw, headers["vacant_2_years_percent"], share, N_("a number"))
    table = pd.DataFrame(
        {
            "code": codes,
            "private_dwellings": stock.column,
            "vacant_dwellings": pd.Series(pd.NA, codes.index, dtype="Int64"),
            "vacant_2_years": (stock.column.astype("Float64") * share.column / 100)
            .round().astype("Int64"),
            "vacant_2_years_percent": share.column,
        }
    )  # fmt: skip
    stamp = headers["vacant_2_years_percent"].rsplit("_", 1)[-1]  # ddmmyy
    stock_year = headers["private_dwellings"].rsplit("_", 1)[-1]
    source = official_provenance(
        _PUBLISHER, _TITLE, f"20{stamp[-2:]} ; {stock_year}",
        method=N_("counts computed from the share and the stock, which are of different years"),
        status=Status.ESTIMATED,
    )  # fmt: skip
    return Parsed(table, source, tuple(errors))


def _provenance(vintage: str) -> Provenance:
    return official_provenance(_PUBLISHER, _TITLE, vintage)
