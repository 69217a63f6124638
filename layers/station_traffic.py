"""Passengers of railway stations, by year (SNCF Gares & Connexions)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd

from layers.cells import Cells, read_code, read_integer, read_text
from layers.errors import N_, Problem
from layers.official import (
    Parsed,
    cell_problems,
    load_official,
    missing_columns,
    official_provenance,
    required,
    yearly,
)
from layers.raw_table import RawTable, row_problems
from layers.spec import Column, Layer, LayerSpec, Provenance, make_layer

UIC: Final = r"[1-9]\d{7}"
"""A UIC code of station, as a regular expression."""

STATION_TRAFFIC: Final = LayerSpec(
    name="station_traffic",
    title=N_("Passengers of railway stations, by year"),
    columns=(
        Column("code_uic", "string", "UIC code of the station, 8 characters"),
        Column("name", "string", "Name of the station"),
        Column("year", "integer", "Year", minimum=2000),
        Column(
            "travellers", "integer", "Passengers boarding or alighting",
            unit="passengers/year", nullable=True, minimum=0,
        ),
        Column(
            "users", "integer", "Passengers and other users of the station",
            unit="persons/year", nullable=True, minimum=0,
        ),
    ),
)  # fmt: skip
"""Contract of traffic: one row a station and year, sorted. A zero is the publisher's."""

_JOINED_YEAR: Final = 2023


def load_station_traffic(path: Path, *, provenance: Provenance | None = None) -> Layer:
    """Read the passengers of stations; the years are those of the columns.

    Parameters
    ----------
    path
        A CSV file, or a ZIP archive that holds one: *Total Voyageurs YYYY* and *Total
        Voyageurs + Non voyageurs YYYY*, or the names of the API (``total_voyageurs_YYYY``).
    provenance
        Provenance of ``path``; by default recognised by its columns.

    Returns
    -------
    Layer
        One row a station and year.

    Raises
    ------
    LayerError
        With every problem of the file.
    """
    return load_official(
        STATION_TRAFFIC, path, _parse, provenance=provenance, lengths={"code_uic": 8}
    )


def _parse(raw: RawTable) -> Parsed:
    wanted = {"code_uic": ("code_uic(_complet)?", "uic"), "name": ("nom_(de_la_)?gare", "libelle")}
    headers = required(raw, wanted)
    travellers = yearly(raw, r"total_voyageurs_(\d{4})")
    users = yearly(raw, r"total_voyageurs_non_voyageurs_(\d{4})")
    codes, errors = uic_codes(raw, headers["code_uic"])
    repeated = codes.duplicated().to_numpy() & codes.notna().to_numpy()
    errors += row_problems(
        repeated, raw.rows, "id-duplicate", field=headers["code_uic"],
        found=[str(code) for code in codes], expected="",
    )  # fmt: skip
    if not travellers:
        errors += missing_columns(raw, ["Total Voyageurs YYYY"])
        return Parsed(raw.data, _provenance(""), tuple(errors))
    names = read_text(raw.data[headers["name"]]).column
    pieces = []
    for year, header in travellers.items():
        piece = pd.DataFrame({"code_uic": codes, "name": names, "year": year})
        for name, column in (("travellers", header), ("users", users.get(year))):
            cells = _counts(raw, column)
            piece[name] = cells.column
            errors += cell_problems(raw, column, cells, N_("a whole number")) if column else []
        pieces.append(piece)
    table = pd.concat(pieces).sort_values(["code_uic", "year"], ignore_index=True)
    years = "-".join(dict.fromkeys((str(min(travellers)), str(max(travellers)))))
    return Parsed(table, _provenance(years), tuple(errors))


def _counts(raw: RawTable, name: str | None) -> Cells:
    empty = pd.Series("", index=raw.data.index)
    return read_integer(raw.data[name] if name else empty)


def uic_codes(raw: RawTable, name: str) -> tuple[pd.Series, list[Problem]]:
    """Read the UIC codes of stations.

    Parameters
    ----------
    raw
        The rows.
    name
        The column in the file.

    Returns
    -------
    Series
        Codes as text.
    list of Problem
        Every code that is missing or malformed.
    """
    cells = read_code(raw.data[name], pattern=UIC, length=8)
    wrong = cells.wrong | cells.unmapped
    problems = row_problems(
        wrong, raw.rows, "value-type", field=name, expected=N_("a UIC code of 8 digits"),
        found=raw.data[name].astype(str).tolist(),
    )  # fmt: skip
    missing = cells.column.isna().to_numpy() & ~wrong
    return cells.column, problems + row_problems(missing, raw.rows, "value-missing", field=name)


def _provenance(years: str) -> Provenance:
    return official_provenance("SNCF Gares & Connexions", "Fréquentation en gares", years)


def with_traffic(stations: Layer, traffic: Layer) -> Layer:
    """Return the stations with the passengers of another file.

    Parameters
    ----------
    stations
        Layer :data:`~layers.transport.STATIONS`.
    traffic
        Layer :data:`STATION_TRAFFIC`.

    Returns
    -------
    Layer
        The stations; ``travellers_2023`` is that of ``traffic``, missing where it has none.
        No other year stands in for 2023: where ``traffic`` does not tell of it, the stations
        are returned as they are.
    """
    year = traffic.data[traffic.data["year"].eq(_JOINED_YEAR)].set_index("code_uic")["travellers"]
    if year.empty:
        return stations
    counts = stations.data["code_uic"].map(year).astype("Int64")
    data = stations.data.assign(travellers_2023=counts)
    return make_layer(stations.spec, data, stations.provenance, notes=stations.notes)
