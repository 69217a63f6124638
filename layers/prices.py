"""Prices of dwellings sold, per commune (demandes de valeurs foncières)."""

from __future__ import annotations

import re
from pathlib import Path
from types import MappingProxyType
from typing import Final

import pandas as pd

from layers.cells import Cells, read_integer, read_number
from layers.errors import N_
from layers.harmonise import Rules
from layers.official import (
    CODE_NAMES,
    Parsed,
    cell_problems,
    commune_codes,
    load_official,
    official_provenance,
    required,
)
from layers.raw_table import RawTable
from layers.spec import Column, Layer, LayerSpec, Provenance

_KINDS: Final = (("", "dwellings"), ("house_", "houses"), ("flat_", "flats"))


def _columns(prefix: str, what: str) -> tuple[Column, Column]:
    return (
        Column(
            f"{prefix}sales", "integer", f"Sales of {what} over the period", unit="sales",
            nullable=True, minimum=0,
        ),
        Column(
            f"{prefix}price_eur_m2", "number", f"Median price of {what} sold", unit="€/m²",
            nullable=True, minimum=0,
        ),
    )  # fmt: skip


PRICES: Final = LayerSpec(
    name="prices",
    title=N_("Prices of dwellings sold, per commune"),
    columns=(
        Column("code", "string", "INSEE code of the commune"),
        *(column for kind in _KINDS for column in _columns(*kind)),
    ),
    key="code",
)
"""Contract of prices: a median without its number of sales says little. The publisher counts
some sales under both kinds and some under none: houses and flats do not add up to the whole."""

PRICES_RULES: Final[Rules] = MappingProxyType(
    {
        column.name: "sum" if column.name.endswith("sales") else "unknown"
        for column in PRICES.columns
        if column.name != "code"
    }
)
"""What becomes of the columns where communes merged: a median cannot be made of medians."""


def load_prices(path: Path, *, provenance: Provenance | None = None) -> Layer:
    """Read medians of prices and numbers of sales, computed from the DVF.

    Codes 111 and 121 of the DVF+ are houses and flats. A commune without a sale of any
    kind is unknown: the table gives zero to communes whose code changed, which it could
    not find in the files of sales.

    Parameters
    ----------
    path
        A CSV file, or a ZIP archive that holds one.
    provenance
        Provenance of ``path``; by default recognised by its columns.

    Returns
    -------
    Layer
        One row a commune of the file.

    Raises
    ------
    LayerError
        With every problem of the file.
    """
    return load_official(PRICES, path, _parse, provenance=provenance, lengths={"code": 5})


def _parse(raw: RawTable) -> Parsed:
    headers = required(
        raw,
        {
            "code": CODE_NAMES,
            "sales": ("dvf_nbtrans",),
            "price_eur_m2": ("dvf_pxm2_median",),
            "house_sales": ("dvf_nbtrans_cod111",),
            "house_price_eur_m2": ("dvf_pxm2_median_cod111",),
            "flat_sales": ("dvf_nbtrans_cod121",),
            "flat_price_eur_m2": ("dvf_pxm2_median_cod121",),
        },
    )
    codes, errors = commune_codes(raw, headers["code"])
    table = pd.DataFrame({"code": codes})
    for name, header in headers.items():
        if name == "code":
            continue
        cells, expected = _cells(raw.data[header], name)
        errors += cell_problems(raw, header, cells, expected)
        table[name] = cells.column
    none = table["sales"].eq(0).fillna(value=False)
    for name in ("sales", "house_sales", "flat_sales"):
        table[name] = table[name].mask(none)
    years = re.findall(r"(?<!\d)20\d\d(?!\d)", raw.name)
    vintage = "-".join((years[0], years[-1])) if years else N_("not stated")
    source = official_provenance(
        "DGFiP ; Cerema", "Demandes de valeurs foncières, médianes par commune", vintage,
        method=N_("no sale of any kind reads as unknown"),
    )  # fmt: skip
    return Parsed(table, source, tuple(errors))


def _cells(values: pd.Series, name: str) -> tuple[Cells, str]:
    if name.endswith("sales"):
        return read_integer(values), N_("a whole number")
    return read_number(values), N_("a number")
