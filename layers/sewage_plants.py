"""Sewage treatment plants: what they can take, what they take, what is left (Sandre, ROSEAU).

Capacities and loads are in population equivalents (*équivalents-habitants*, 60 g of DBO5 a
day). The load is published for the whole agglomeration that plants share, never for one of
them: what is left is that of the agglomeration.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyproj
import shapely

from layers.cells import read_date, read_number, read_text
from layers.errors import N_, Problem, problem
from layers.files import CSV, ZIP, identify, open_file
from layers.official import (
    Parsed,
    cell_problems,
    column,
    commune_codes,
    official_provenance,
    open_table,
    required,
    year_in,
)
from layers.places import CRS, Placed, load_places
from layers.raw_table import RawTable, field_key
from layers.spec import Column, Layer, LayerSpec, Provenance


def _equivalents(name: str, description: str, minimum: float | None = 0) -> Column:
    return Column(name, "number", description, unit="EH", nullable=True, minimum=minimum)


SEWAGE_PLANTS: Final = LayerSpec(
    name="sewage_plants",
    title=N_("Sewage treatment plants"),
    columns=(
        Column("plant", "string", "Sandre code of the plant"),
        Column("name", "string", "Name of the plant"),
        Column("commune", "string", "INSEE code of the main commune it serves", nullable=True),
        Column("agglomeration", "string", "Sandre code of the sewerage agglomeration"),
        Column("in_service", "boolean", "Whether it was in service at the date of the file"),
        Column("commissioned", "string", "Date of commissioning, ISO", nullable=True),
        _equivalents("capacity_pe", "Nominal capacity of the plant"),
        _equivalents("agglomeration_capacity_pe", "Nominal capacity of its agglomeration"),
        _equivalents(
            "agglomeration_load_pe", "Largest load that entered the plants of its agglomeration; "
            "missing where none was measured",
        ),
        _equivalents(
            "residual_pe", "Capacity less load of its agglomeration; negative where overloaded",
            None,
        ),
    ),
    key="plant",
    crs=CRS,
    geometry="point",
)  # fmt: skip
"""Contract of plants. Figures of an agglomeration are on the row of each of its plants: add
them up once an agglomeration."""

_WANTED: Final = {
    "plant": ("cdouvragedepollution",),
    "name": ("nomouvragedepollution",),
    "commune": ("cdcommune(principale)?",),
    "agglomeration": ("cdagglomerationassainissement",),
    "capacity_pe": ("capacitenom",),
    "load": ("somchrgmaxentree",),
}
_DEGREES: Final = ("longwgs84ouvragedepollution", "latwgs84ouvragedepollution")
_METRES: Final = ("coordxouvragedepollution", "coordyouvragedepollution")
_LAMBERT_93: Final = "26"  # Sandre's code of the projection of the coordinates


def load_sewage_plants(path: Path, *, provenance: Provenance | None = None) -> Layer:
    """Read the treatment plants of the Sandre (``SysTraitementEauxUsees``).

    The load (``SomChrgMaxEntree``) and one of the capacities (``SomCapaNom``) are sums over
    the agglomeration: a plant alone would look overloaded by what its neighbours treat. The
    capacity of an agglomeration is ``SomCapaNom``, or the sum of its plants in service where
    it is zero; it is unknown where the file has none of its plants in service, or where that sum
    lacks the capacity of one. A load of zero
    is one that nobody measured: unknown. A date of closing before that of commissioning is a
    leftover of the former plant: the plant is in service.

    Parameters
    ----------
    path
        A CSV file, or a vector file.
    provenance
        Provenance of ``path``; by default recognised by its columns.

    Returns
    -------
    Layer
        Points in EPSG:2154, one a plant, those out of service included.

    Raises
    ------
    LayerError
        With every problem of the file.
    """
    return load_places(SEWAGE_PLANTS, path, _parse, read=_open, provenance=provenance)


def _open(path: Path) -> RawTable:
    """Open the file, the places from its own columns where it has no geometry."""
    if identify(path) not in (CSV, ZIP):
        return open_file(path)
    raw = open_table(path)
    names = {field_key(str(name)): str(name) for name in raw.data.columns}
    if set(_DEGREES) <= set(names):
        pair, crs = _DEGREES, 4326
    else:
        projection = column(raw, "(cd)?projcoordouvragedepollution")
        codes = set(raw.data[projection].str.strip()) if projection else set()
        required(raw, {name: (name,) for name in _METRES})
        if codes != {_LAMBERT_93}:
            return raw  # told as a CRS that is missing
        pair, crs = _METRES, 2154
    x, y = (read_number(raw.data[names[name]]).column.to_numpy() for name in pair)
    geometry = np.full(len(x), None, dtype=object)
    known = np.isfinite(x) & np.isfinite(y)
    geometry[known] = shapely.points(x[known], y[known])
    return replace(raw, geometry=geometry, crs=pyproj.CRS.from_epsg(crs))


def _parse(placed: Placed) -> Parsed:
    raw = placed.raw
    headers = required(raw, _WANTED)
    table = pd.DataFrame(
        {
            "plant": read_text(raw.data[headers["plant"]]).column,
            "name": read_text(raw.data[headers["name"]]).column.fillna(""),
            "agglomeration": read_text(raw.data[headers["agglomeration"]]).column,
        }
    )
    table["commune"], errors = commune_codes(raw, headers["commune"])
    total = column(raw, "somcapanom")
    for name, header in (("capacity_pe", headers["capacity_pe"]), ("load", headers["load"]),
                         ("total", total)):  # fmt: skip
        cells = read_number(raw.data[header]) if header else None
        table[name] = cells.column if cells else np.nan
        errors += cell_problems(raw, header, cells, N_("a number")) if cells and header else []
    table["commissioned"], closed = _date(raw, "datemiseservice.*"), _date(raw, "datemisehors.*")
    stale = closed < table["commissioned"]
    table["in_service"] = (closed.isna() | stale.fillna(value=False)).astype(bool)
    notes = [_note(raw, table)] if table["load"].eq(0).any() else []
    source = official_provenance(
        "Office français de la biodiversité ; Sandre",
        "Systèmes de traitement d'eaux usées", _vintage(raw),
        method=N_("what is left: capacity less largest load of the agglomeration"),
    )  # fmt: skip
    return Parsed(_with_agglomerations(table), source, tuple(errors), tuple(notes))


def _with_agglomerations(table: pd.DataFrame) -> pd.DataFrame:
    serving = table[table["in_service"]].groupby("agglomeration")["capacity_pe"]
    # One plant of unknown capacity leaves the sum unknown; not the total that is declared.
    summed = table["agglomeration"].map(serving.agg(lambda own: own.sum(skipna=False)))
    in_service = table["agglomeration"].isin(table["agglomeration"][table["in_service"]])
    declared = table["total"].where(table["total"].gt(0))
    capacity = declared.fillna(summed).where(in_service)
    load = table["load"].where(table["load"].gt(0))
    return table.drop(columns=["total", "load"]).assign(
        agglomeration_capacity_pe=capacity,
        agglomeration_load_pe=load,
        residual_pe=capacity - load,
    )


def _date(raw: RawTable, pattern: str) -> pd.Series:
    name = column(raw, pattern)
    cells = raw.data[name] if name else pd.Series("", index=raw.data.index)
    return read_date(cells).column.astype("string")


def _vintage(raw: RawTable) -> str:
    """Return the last day the file was brought up to date, else the year of its name."""
    days = _date(raw, "datemaj.*").dropna()
    return str(days.max()) if len(days) else year_in(raw.name.replace("_", " "))


def _note(raw: RawTable, table: pd.DataFrame) -> Problem:
    count = int(table["load"].eq(0).sum())
    return problem(
        "zero-unknown", file=raw.name, field="SomChrgMaxEntree", found=count, severity="warning"
    )
