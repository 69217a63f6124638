"""Geometry and CRS of a table from its columns: WKT, WKB, longitude and latitude, x and y.

Which columns, and what their names declare, is data: the tables at the top. A CRS is
declared by the name of the columns (``lon``, ``x_l93``), by a column (``crs``) or by
the cells (``SRID=2154;POINT…``, GeoJSON); failing these, by the published standard whose
fields they are, and that is told. It is never guessed from the numbers.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely

from layers.cells import as_text, read_number
from layers.crs import parse_crs
from layers.errors import N_, Problem, problem
from layers.gdal import quiet_gdal
from layers.raw_table import Bools, Geometries, RawTable, field_key, row_problems

# Outlines before points: the standard CNIG Friches has both, and only points are required.
WKT_FIELDS: Final = (
    "geometry", "wkt", "geom", "the_geom", "wkt_geom", "geomsurf", "site_geomsurf",
    "terr_geomsurf", "geompoint", "site_geompoint",
)  # fmt: skip
# Pairs of columns and the CRS their name declares; None where the file must declare it.
PAIR_FIELDS: Final[Mapping[tuple[str, str], str | None]] = MappingProxyType(
    {
        ("lon", "lat"): "EPSG:4326",
        ("long", "lat"): "EPSG:4326",
        ("lng", "lat"): "EPSG:4326",
        ("longitude", "latitude"): "EPSG:4326",
        ("x_wgs84", "y_wgs84"): "EPSG:4326",
        ("x_l93", "y_l93"): "EPSG:2154",
        ("x", "y"): None,
    }
)
# CRS that a published standard gives its fields, for files that declare none. CNIG Friches:
# "coordonnées géographiques"; CNIG Sites économiques: the Lambert-93 of its template.
STANDARD_CRS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "geompoint": "EPSG:4326",
        "geomsurf": "EPSG:4326",
        "site_geomsurf": "EPSG:2154",
        "site_geompoint": "EPSG:2154",
        "terr_geomsurf": "EPSG:2154",
    }
)
CRS_FIELDS: Final = ("crs", "epsg", "srid", "code_epsg")
_BYTE_ORDERS: Final = (b"\x00", b"\x01")
# Parameters of a conversion instead of a CRS: what they leave out would be guessed.
_PARAMETERS: Final = re.compile(r"^\s*[+{]|\b(?:init|proj)\s*=", re.IGNORECASE)
_DEGREES: Final = 360  # beyond, a coordinate is surely in metres
_SHOWN: Final = 80  # characters of a CRS in a message
_EXPECTED: Final = N_("a WKT column (geometry, wkt…) or lon and lat")
_CRS_COLUMN: Final = N_("EPSG:2154 in a column “crs”")
_CURVES: Final = re.compile(r"CURVE|SURFACE|CIRCULARSTRING", re.IGNORECASE)


Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Declared:
    """What all the rows of a file say of their CRS, told to each part of it.

    Parameters
    ----------
    crs
        What names of columns, cells and the CRS column declare.
    bounds
        Least and greatest x and y of the rows, in their CRS; NaN where none has a place.
    """

    crs: frozenset[str]
    bounds: Box


@dataclass(frozen=True, eq=False, slots=True)
class _Placed:
    geometry: Geometries
    crs: frozenset[str]
    curved: Bools
    fields: tuple[str, ...]
    rejected: tuple[Problem, ...]


def tells_places(columns: Iterable[str]) -> bool:
    """Tell whether some columns say where the rows of a table lie.

    Parameters
    ----------
    columns
        Their names.

    Returns
    -------
    bool
        As :func:`place` looks for them.

    Examples
    --------
    >>> tells_places(["Nom", "Longitude", "Latitude"]), tells_places(["Sites de la région"])
    (True, False)
    """
    keys = {field_key(column) for column in columns}
    return not keys.isdisjoint(WKT_FIELDS) or any(keys.issuperset(pair) for pair in PAIR_FIELDS)


def declared_by(tables: Iterable[RawTable]) -> Declared:
    """Return what the parts of a file say of its CRS, all together.

    Parameters
    ----------
    tables
        The parts, each without geometry of its own.

    Returns
    -------
    Declared
        To be told to :func:`place` with each of them.
    """
    crs: frozenset[str] = frozenset()
    boxes: list[Box] = []
    for table in tables:
        placed = _placed(table)
        if placed is not None:
            own = _declared(table, placed)
            crs |= own.crs
            boxes.append(own.bounds)
    return Declared(crs, _around(boxes))


def place(table: RawTable, *, declared: Declared | None = None) -> RawTable:
    """Return ``table`` with the geometry and CRS its columns tell.

    Parameters
    ----------
    table
        A table without geometry of its own.
    declared
        Where it is a part of a file, what all of it says of the CRS.

    Returns
    -------
    RawTable
        With ``geometry`` and ``crs``, or with the ``errors`` that say why not; cells that
        cannot be read are in ``rejected``, their geometry is ``None``.
    """
    placed = _placed(table)
    if placed is None:
        found = ", ".join(map(str, table.data.columns))
        lacking = problem("geometry-column", expected=_EXPECTED, found=found)
        return replace(table, errors=(*table.errors, lacking))
    declared = declared or _declared(table, placed)
    crs_field = _crs_field(table)
    crs, errors = _declared_crs(declared.crs, crs_field)
    notes: list[Problem] = []
    if crs is None and [p.code for p in errors] == ["crs-missing"]:
        crs, notes = _standard_crs(placed.fields, declared.bounds)
        errors = [] if crs else errors
    used = (*placed.fields, *([crs_field] if crs_field else []))
    return replace(
        table,
        geometry=placed.geometry,
        crs=crs,
        curved=placed.curved,
        geometry_field=", ".join(placed.fields),
        used_fields=used,
        errors=(*table.errors, *errors),
        rejected=(*table.rejected, *placed.rejected),
        notes=(*table.notes, *notes),
    )


def _placed(table: RawTable) -> _Placed | None:
    """Return the geometry that the columns of a table tell, if any does."""
    by_key = _by_key(table)
    wkt = tuple(by_key[key] for key in WKT_FIELDS if key in by_key)
    pair = next((p for p in PAIR_FIELDS if p[0] in by_key and p[1] in by_key), None)
    wkb = next((field for field in wkt if _holds_wkb(table.data[field])), None)
    if wkb:
        return _from_wkb(table, wkb)
    if wkt:
        return _from_wkt(table, wkt)
    if pair:
        return _from_pair(table, (by_key[pair[0]], by_key[pair[1]]), PAIR_FIELDS[pair])
    return None


def _by_key(table: RawTable) -> dict[str, str]:
    return {field_key(str(c)): str(c) for c in reversed(table.data.columns)}


def _crs_field(table: RawTable) -> str | None:
    by_key = _by_key(table)
    return next((by_key[key] for key in CRS_FIELDS if key in by_key), None)


def _declared(table: RawTable, placed: _Placed) -> Declared:
    """Return what the names, the cells and the CRS column of a table declare."""
    texts, field = set(placed.crs), _crs_field(table)
    if field:
        texts |= set(as_text(table.data[field]).unique()) - {""}
    return Declared(frozenset(texts), _around(shapely.bounds(placed.geometry)))


def _around(boxes: Any) -> Box:
    """Return the box around some, those of no place left aside."""
    known = np.array(boxes, dtype=float).reshape(-1, 4)
    known = known[~np.isnan(known).all(axis=1)]
    if not len(known):
        return (np.nan, np.nan, np.nan, np.nan)
    low, high = np.nanmin(known[:, :2], axis=0), np.nanmax(known[:, 2:], axis=0)
    return (float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def _from_wkt(table: RawTable, fields: tuple[str, ...]) -> _Placed:
    """Read WKT and EWKT; of several columns, the first that is filled in each row."""
    text = as_text(table.data[fields[0]])
    for field in fields[1:]:
        text = text.where(text.ne(""), as_text(table.data[field]))
    parts = text.str.extract(r"(?i)^(?:SRID\s*=\s*(?P<srid>\d+)\s*;)?\s*(?P<wkt>.*)$")
    wkt = parts["wkt"].fillna("").to_numpy(dtype=object)
    # A curve makes shapely refuse the whole column.
    curved = parts["wkt"].str.contains(_CURVES).to_numpy(dtype=bool, na_value=False)
    objects = parts["wkt"].str.startswith("{").to_numpy(dtype=bool, na_value=False)
    straight = np.where(curved | objects, "", wkt)
    with np.errstate(invalid="ignore"):  # a coordinate that is not a number is told later
        geometry = np.asarray(shapely.from_wkt(straight, on_invalid="ignore"), dtype=object)
    geometry[curved] = _straightened(wkt[curved])
    # A cell of the official example escapes its quotation marks once more than CSV does.
    texts = [text.replace('\\"', '"') for text in wkt[objects]]
    geometry[objects] = shapely.from_geojson(texts, on_invalid="ignore")
    lost = shapely.is_missing(geometry) & (wkt != "")
    rejected = row_problems(
        lost, table.rows, "geometry-invalid", field=", ".join(fields), found=_reasons(wkt, lost)
    )
    srids = frozenset(f"EPSG:{srid}" for srid in parts["srid"].dropna().unique())
    srids |= {"EPSG:4326"} if objects.any() else set()  # RFC 7946
    return _Placed(geometry, srids, curved & ~lost, fields, tuple(rejected))


def _holds_wkb(values: pd.Series) -> bool:
    """Tell binary geometries from text by their first byte, the order of the others."""
    if values.dtype != object:
        return False
    return any(isinstance(cell, bytes) and cell[:1] in _BYTE_ORDERS for cell in values)


def _from_wkb(table: RawTable, field: str) -> _Placed:
    """Read WKB and EWKB, as a Parquet table without the metadata of GeoParquet has them."""
    values = table.data[field].to_numpy(dtype=object)
    given = table.data[field].notna().to_numpy(dtype=bool)
    wkb = [cell if isinstance(cell, bytes) else None for cell in values]
    with np.errstate(invalid="ignore"):  # a coordinate that is not a number is told later
        geometry = np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"), dtype=object)
    lost = given & np.asarray(shapely.is_missing(geometry), dtype=bool)
    rejected = row_problems(lost, table.rows, "geometry-invalid", field=field, found="WKB")
    srids = np.unique(shapely.get_srid(geometry[~shapely.is_missing(geometry)]))
    declared = frozenset(f"EPSG:{srid}" for srid in srids if srid > 0)
    nothing = np.zeros(len(geometry), dtype=bool)
    return _Placed(geometry, declared, nothing, (field,), tuple(rejected))


def _reasons(wkt: Any, lost: Bools) -> dict[int, str]:
    reasons = {}
    for i in np.flatnonzero(lost):
        if wkt[i].startswith("{"):
            reasons[int(i)] = "GeoJSON"
            continue
        try:
            shapely.from_wkt(wkt[i])
        except (shapely.errors.GEOSException, NotImplementedError, TypeError) as error:
            reasons[int(i)] = str(error)
    return reasons


def _straightened(wkt: Any) -> Geometries:
    """Turn curved WKT into segments, which GDAL does and shapely does not."""
    if not len(wkt):
        return np.empty(0, dtype=object)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "curves.csv"
        pd.DataFrame({"WKT": wkt}).to_csv(path, index=False)
        with quiet_gdal():
            _, _, wkb, _ = pyogrio.raw.read(path, columns=[])
    return np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"), dtype=object)


def _from_pair(table: RawTable, fields: tuple[str, str], crs: str | None) -> _Placed:
    """Read two columns of coordinates; a row that lacks one has no geometry."""
    cells = [read_number(table.data[field]) for field in fields]
    x, y = (c.column.to_numpy(dtype=float) for c in cells)
    rejected = [
        wrong
        for field, c in zip(fields, cells, strict=True)
        for wrong in row_problems(
            c.wrong, table.rows, "value-type", field=field, expected=N_("a number"),
            found=as_text(table.data[field]).to_numpy(dtype=object),
        )
    ]  # fmt: skip
    geometry = np.full(len(x), None, dtype=object)
    known = np.isfinite(x) & np.isfinite(y)
    geometry[known] = shapely.points(x[known], y[known])
    nothing = np.zeros(len(x), dtype=bool)
    declared = frozenset([crs] if crs else [])
    return _Placed(geometry, declared, nothing, fields, tuple(rejected))


def _standard_crs(fields: tuple[str, ...], bounds: Box) -> tuple[pyproj.CRS | None, list[Problem]]:
    """Return the CRS of the standard the fields are of, unless the numbers deny it."""
    names = {STANDARD_CRS.get(field_key(field)) for field in fields}
    name = names.pop() if len(names) == 1 else None
    if name is None or not np.isfinite(bounds).all():
        return None, []
    in_degrees = bool((np.abs(bounds) <= _DEGREES).all())
    if in_degrees != (name == "EPSG:4326"):
        return None, []
    field = ", ".join(fields)
    return parse_crs(name), [problem("crs-standard", field=field, expected=name,
                                     severity="warning")]  # fmt: skip


def _declared_crs(
    texts: frozenset[str], field: str | None
) -> tuple[pyproj.CRS | None, list[Problem]]:
    """Bring together what the names, the cells and the CRS column declare."""
    if not texts:
        return None, [problem("crs-missing", field=field, expected=_CRS_COLUMN)]
    known = {text: None if _PARAMETERS.search(text) else parse_crs(text) for text in sorted(texts)}
    unknown = [text for text, crs in known.items() if crs is None]
    if unknown:
        return None, [problem("crs-unknown", field=field, found=text[:_SHOWN]) for text in unknown]
    first, *others = (crs for crs in known.values() if crs is not None)
    if any(not other.equals(first, ignore_axis_order=True) for other in others):
        found = ", ".join(known)
        expected = N_("the same one in every row")
        return None, [problem("crs-mismatch", field=field, found=found, expected=expected)]
    return first, []
