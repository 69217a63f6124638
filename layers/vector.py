"""Vector files that GDAL or Arrow reads, as raw rows: nothing converted, nothing guessed."""

from __future__ import annotations

import codecs
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyogrio
import pyproj
import shapely

from layers.crs import declared_crs, declared_projection, known_crs, sibling
from layers.errors import N_, LayerError, Problem, problem
from layers.gdal import plain_message, quiet_gdal, told_warnings
from layers.geojson import told_apart
from layers.raw_table import Geometries, RawTable, field_key, row_problems, unique_names

_ERRORS: Final = (
    pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pa.ArrowException, OSError,
    ValueError, KeyError, NotImplementedError,
)  # fmt: skip
# What metadata of another shape than its standard makes a reader raise.
_DAMAGED: Final = (shapely.errors.GEOSException, TypeError, AttributeError, LookupError)
_CURVED: Final = "OGR_GEOMETRY LIKE '%CURVE%' OR OGR_GEOMETRY IN ('MULTISURFACE', 'CIRCULARSTRING')"
# A text that looks like a date stays as it is written.
_OPTIONS: Final = {"GeoJSON": {"DATE_AS_STRING": "YES"}}
_MAY_CURVE: Final = ("GPKG", "FlatGeobuf")
_SHAPEFILE: Final = "ESRI Shapefile"
_RAW_BYTES: Final = "ISO-8859-1"  # every byte is a character: decoded by trial afterwards
_MALFORMED: Final = "disk image is malformed"  # what SQLite says of a file cut short
_DIGITS: Final = re.compile(r"\D+")


@dataclass(frozen=True, slots=True)
class _Read:
    """What GDAL gave: WKB (``None`` for a table), attributes, CRS as text."""

    wkb: Any
    data: pd.DataFrame
    crs: str | None
    fids: npt.NDArray[np.int64]


def read_vector(
    path: Path, name: str, *, driver: str, title: str, layer: str | None, prefix: str = ""
) -> RawTable:
    """Read one layer of a GeoPackage, GeoJSON, Shapefile or FlatGeobuf file.

    Parameters
    ----------
    path
        The file.
    name
        Its name in messages.
    driver
        The GDAL driver that must recognise it.
    title
        Name of the format.
    layer
        The layer; ``None`` if the file has one only, or one only of polygons.
    prefix
        What messages put before the name of a layer, to be given back as it is.

    Returns
    -------
    RawTable
        The rows. A layer without geometry has ``geometry`` ``None`` and all else. The
        ``id`` of the features of a GeoJSON is a column where no property is named so.

    Raises
    ------
    LayerError
        If the file cannot be read or the layer cannot be told.
    """
    reader = _Reader(path, name, driver, title, prefix)
    with quiet_gdal() as told:
        chosen = reader.choose(layer)
        read, notes = reader.read(chosen)
        bent = read.wkb is not None and driver in _MAY_CURVE
        curved = reader.curved(chosen) if bent else None
    table = _as_table(reader, read, start=0, curved=curved)
    return replace(table, notes=(*notes, *told_warnings(told, path)))


def vector_batches(
    path: Path, name: str, *, driver: str, title: str, layer: str | None, size: int
) -> Iterator[RawTable]:
    """Read one layer of a GeoPackage, FlatGeobuf or Shapefile, some rows at once.

    Parameters
    ----------
    path, name, driver, title, layer
        As in :func:`read_vector`.
    size
        Rows at once.

    Yields
    ------
    RawTable
        Rows in the order of the file, with their positions in it. Texts of a GeoPackage or a
        FlatGeobuf that are not UTF-8, against their standards, are decoded batch by batch; those
        of a Shapefile with one encoding.

    Raises
    ------
    LayerError
        If the file cannot be read or the layer cannot be told.
    """
    reader = _Reader(path, name, driver, title)
    with quiet_gdal() as told:
        chosen = reader.choose(layer)
        count = reader.count(chosen)
        curved = reader.curved(chosen) if driver in _MAY_CURVE else None
        starts = range(0, count, size) if count > size else [0]
        encoding = reader.encoding(chosen, starts, size) if driver == _SHAPEFILE else None
    for start in starts:
        with quiet_gdal() as said:
            # A file that does not tell its rows is read as a whole.
            read, notes = reader.read(
                chosen, start=start, size=size if count > size else None, encoding=encoding
            )
        table = _as_table(reader, read, start=start, curved=curved)
        warnings = told_warnings([*told, *said] if start == 0 else said, path)
        yield replace(table, notes=(*notes, *warnings))


def _as_table(
    reader: _Reader, read: _Read, *, start: int, curved: npt.NDArray[np.int64] | None
) -> RawTable:
    """Make rows of what GDAL gave, from the position ``start`` (from 0) of the file."""
    is_geojson = reader.driver == "GeoJSON"
    crs, errors = (
        (None, []) if read.wkb is None else declared_crs(reader.path, read.crs, geojson=is_geojson)
    )
    data = read.data
    rows = np.arange(start + 1, start + 1 + len(data), dtype=np.int64)
    skipped: list[Problem] = []
    if is_geojson:
        elements = told_apart(reader.path, reader.name, rows)
        rows, skipped = elements.rows, elements.skipped
        if elements.identifiers and "id" not in map(field_key, data.columns):
            data = data.assign(id=pd.Series(elements.identifiers, dtype=object))
    geometry: Geometries | None = None
    rejected: list[Problem] = []
    if read.wkb is not None:
        geometry, rejected = _geometries(read.wkb, rows)
    return RawTable(
        name=reader.name,
        format=reader.title,
        data=data,
        rows=rows,
        row_count=len(rows) + len(skipped),
        geometry=geometry,
        crs=crs,
        curved=None if curved is None or not len(curved) else np.isin(read.fids, curved),
        errors=tuple(errors),
        rejected=(*skipped, *rejected),
    )


def vector_layers(path: Path) -> list[str]:
    """Return the names of the layers of a file that GDAL reads.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    list of str
        The names; nothing if the file cannot be read.
    """
    with quiet_gdal():
        try:
            return [str(name) for name, _ in pyogrio.list_layers(path)]
        except _ERRORS:
            return []


def read_parquet(path: Path, name: str) -> RawTable:
    """Read a GeoParquet file, or a Parquet table whose columns tell the place.

    Parameters
    ----------
    path
        The file.
    name
        Its name in messages.

    Returns
    -------
    RawTable
        The rows; ``geometry`` is ``None`` for a table without geometry of its own.

    Raises
    ------
    LayerError
        If the file cannot be read.
    """
    from pyarrow import parquet  # noqa: PLC0415 - only these files need it

    lost: dict[int, str] = {}
    try:
        with quiet_gdal():
            if b"geo" in (parquet.read_schema(path).metadata or {}):
                table, lost = _geoparquet(path)
                data = pd.DataFrame(table.drop(columns=table.geometry.name))
                geometry, crs = table.geometry.to_numpy(dtype=object), table.crs
            else:
                data, geometry, crs = pd.read_parquet(path), None, None
            for i, kind in enumerate(data.dtypes):
                if isinstance(kind, pd.StringDtype):  # UTF-8 is else checked only once used
                    pa.array(data.iloc[:, i]).validate(full=True)
    except pyproj.exceptions.CRSError as error:
        raise LayerError(problem("crs-unknown", file=name, found=str(error)[:80])) from error
    except (*_ERRORS, *_DAMAGED) as error:
        raise LayerError(_unreadable(path, name, "GeoParquet", error)) from error
    errors: list[Problem] = []
    if geometry is not None:
        crs, errors = known_crs(crs)
    data = data.reset_index(drop=data.index.name is None)
    data.columns = unique_names(map(str, data.columns))
    rows = np.arange(1, len(data) + 1, dtype=np.int64)
    rejected = [
        problem("geometry-invalid", row=i + 1, field="geometry", found=found)
        for i, found in lost.items()
    ]
    return RawTable(
        name=name, format="GeoParquet", data=data, rows=rows, row_count=len(rows),
        geometry=geometry, crs=crs, errors=tuple(errors), rejected=tuple(rejected),
    )  # fmt: skip


def _geoparquet(path: Path) -> tuple[gpd.GeoDataFrame, dict[int, str]]:
    """Read a GeoParquet, and why the geometry of some rows (from 0) cannot be."""
    from pyarrow import parquet  # noqa: PLC0415 - only these files need it

    try:
        return gpd.read_parquet(path), {}
    except shapely.errors.GEOSException:
        table = parquet.read_table(path)
    # One damaged geometry made the whole file fail: read it again without these.
    described = json.loads(table.schema.metadata[b"geo"])
    lost: dict[int, str] = {}
    for column in described["columns"]:
        if not pa.types.is_binary(table.schema.field(column).type):
            continue
        wkb = np.array(table[column].to_pylist(), dtype=object)
        rows = np.arange(len(wkb), dtype=np.int64)
        _, damaged = _geometries(wkb, rows)
        reasons = {p.row: p.found for p in damaged if p.row is not None}
        wkb[list(reasons)] = None
        if column == described["primary_column"]:
            lost = reasons
        index = table.schema.get_field_index(column)
        mended = pa.array(wkb.tolist(), type=table.schema.field(column).type)
        table = table.set_column(index, table.schema.field(column), mended)
    stream = io.BytesIO()
    parquet.write_table(table, stream)
    stream.seek(0)
    return gpd.read_parquet(stream), lost


@dataclass(frozen=True, slots=True)
class _Reader:
    path: Path
    name: str
    driver: str
    title: str
    prefix: str = ""

    def choose(self, layer: str | None) -> str:
        """Return the layer asked for, the only one, or the only one of polygons."""
        layers: dict[str, str | None] = dict(self._ask(pyogrio.list_layers).tolist())
        if layer is not None:
            if layer not in layers:
                found, expected = f"{self.prefix}{layer}", self._listed(layers)
                missing = problem("layer-missing", file=self.name, found=found, expected=expected)
                raise LayerError(missing)
            return layer
        drawn = {n: kind for n, kind in layers.items() if kind is not None} or layers
        polygons = [n for n, kind in drawn.items() if kind is not None and "Polygon" in kind]
        if len(drawn) == 1:
            return next(iter(drawn))
        if len(polygons) == 1:
            return polygons[0]
        if not drawn and self.driver != "GPKG":  # the one format that may hold no layer
            raise LayerError(_unreadable(self.path, self.name, self.title, ""))
        if not drawn:
            raise LayerError(problem("no-rows", file=self.name))
        raise LayerError(problem("layer-choice", file=self.name, found=self._listed(drawn)))

    def _listed(self, layers: Iterable[str]) -> str:
        return ", ".join(f"{self.prefix}{layer}" for layer in layers)

    def count(self, layer: str) -> int:
        """Return the number of rows of a layer; below 0 where the file does not tell."""
        info = self._ask(pyogrio.read_info, layer=layer, encoding=_RAW_BYTES)
        if info["driver"] != self.driver:
            raise LayerError(_unreadable(self.path, self.name, self.title, info["driver"]))
        return int(info["features"])

    def read(
        self,
        layer: str,
        *,
        start: int = 0,
        size: int | None = None,
        encoding: str | None = None,
    ) -> tuple[_Read, list[Problem]]:
        """Read the rows, or some of them, decoding what is not UTF-8: by trial, unless told."""
        expected = self.count(layer)
        if expected >= 0:
            expected = max(0, expected - start) if size is None else min(size, expected - start)
        given = self._ask(
            pyogrio.raw.read, layer=layer, encoding=_RAW_BYTES, datetime_as_string=True,
            return_fids=True, skip_features=start, max_features=size,
            **_OPTIONS.get(self.driver, {}),
        )  # fmt: skip
        meta, fids, wkb, columns = given
        if expected >= 0 and len(fids) != expected:
            found = f"{len(fids)} / {expected}"
            raise LayerError(_unreadable(self.path, self.name, self.title, found))
        columns = [_without_lists(column) for column in columns]
        names, columns, notes = _decoded(
            list(meta["fields"]), columns, self._codepage(), encoding=encoding
        )
        data = pd.DataFrame(
            dict(zip(unique_names(names), columns, strict=True)), index=pd.RangeIndex(len(fids))
        )
        return _Read(wkb, data, meta["crs"], fids), notes

    def curved(self, layer: str) -> npt.NDArray[np.int64]:
        """Return the features whose geometry was curved, before GDAL made segments of it."""
        quoted = layer.replace("\\", "\\\\").replace('"', '\\"')
        _, found, _, _ = self._ask(
            pyogrio.raw.read, sql=f'SELECT * FROM "{quoted}" WHERE {_CURVED}',  # noqa: S608
            sql_dialect="OGRSQL", columns=[], read_geometry=False, return_fids=True,
        )  # fmt: skip
        return np.asarray(found, dtype=np.int64)

    def encoding(self, layer: str, starts: Iterable[int], size: int) -> str:
        """Return the encoding of all the texts of a layer, read some rows at once."""
        words: set[str] = set()
        for start in starts:
            meta, _, _, columns = self._ask(
                pyogrio.raw.read, layer=layer, encoding=_RAW_BYTES, read_geometry=False,
                skip_features=start, max_features=size,
            )  # fmt: skip
            words |= _foreign(meta["fields"], columns)
        return _encoding([word.encode(_RAW_BYTES) for word in words], self._codepage())

    def _codepage(self) -> str | None:
        """Return what the ``.cpg`` beside a Shapefile declares."""
        if self.driver != _SHAPEFILE:
            return None
        beside = sibling(self.path, ".cpg")
        return beside.read_text(encoding="ascii", errors="replace").strip() if beside else None

    def _ask(self, function: Callable[..., Any], **options: Any) -> Any:
        try:
            return function(self.path, **options)
        except pyogrio.errors.CRSError as error:
            found = declared_projection(self.path) or str(error)
            raise LayerError(problem("crs-unknown", file=self.name, found=found)) from error
        except _ERRORS as error:
            raise LayerError(_unreadable(self.path, self.name, self.title, error)) from error


def _without_lists(column: Any) -> Any:
    """Return a column whose lists, of a GeoJSON, are texts with bars, as the CNIG writes them."""
    if column.dtype != object or not any(isinstance(cell, np.ndarray) for cell in column):
        return column
    flat = np.empty(len(column), dtype=object)
    flat[:] = [
        "|".join(map(str, cell)) if isinstance(cell, np.ndarray) else cell for cell in column
    ]
    return flat


def _foreign(names: Iterable[str], columns: Iterable[Any]) -> set[str]:
    """Return the names and texts, read byte by byte, that an encoding changes."""
    words: set[str] = {n for n in names if not n.isascii()}
    for column in columns:
        if column.dtype == object:
            words |= {v for v in pd.unique(column) if isinstance(v, str) and not v.isascii()}
    return words


def _decoded(
    names: list[str], columns: list[Any], codepage: str | None, *, encoding: str | None = None
) -> tuple[list[str], list[Any], list[Problem]]:
    """Decode names and texts read byte by byte, all with one encoding: found by trial or told."""
    words = _foreign(names, columns)
    if not words:
        return names, columns, []
    raw = {word: word.encode(_RAW_BYTES) for word in words}
    encoding = encoding or _encoding(list(raw.values()), codepage)
    errors = "ignore" if encoding == "utf-8" else "replace"
    decoded = {word: data.decode(encoding, errors) for word, data in raw.items()}
    columns = [
        np.array([decoded.get(v, v) for v in column], dtype=object)
        if column.dtype == object
        else column
        for column in columns
    ]
    notes = []
    if encoding != "utf-8" and encoding != _codec(codepage):
        label = "Windows-1252" if encoding == "cp1252" else encoding
        notes.append(problem("encoding-guessed", found=label, severity="warning"))
    return [decoded.get(n, n) for n in names], columns, notes


def _encoding(texts: list[bytes], codepage: str | None) -> str:
    """Return UTF-8 if it fits, else what is declared, else Windows-1252.

    A fixed-width field may end in the middle of a character: that alone does not rule
    UTF-8 out where other texts prove it.
    """
    whole = cut = 0
    for text in texts:
        try:
            text.decode("utf-8")
            whole += 1
        except UnicodeDecodeError as error:
            if error.reason != "unexpected end of data":
                break
            cut += 1
    if whole and whole + cut == len(texts):
        return "utf-8"
    declared = _codec(codepage)
    for candidate in filter(None, (declared if declared != "utf-8" else None, "cp1252")):
        try:
            for text in texts:
                text.decode(candidate)
        except (LookupError, ValueError):  # ``hex`` is a codec, but not of text
            continue
        return candidate
    return "iso8859-1"


def _codec(codepage: str | None) -> str | None:
    """Return the codec a ``.cpg`` names: ``UTF-8``, ``1252`` or ``ISO 88591``."""
    for name in (codepage, f"cp{_DIGITS.sub('', codepage or '')}"):
        try:
            return codecs.lookup((name or "").replace(" ", "-")).name
        except (LookupError, ValueError):  # a NUL in a name is the latter
            continue
    return None


def _geometries(wkb: Any, rows: npt.NDArray[np.int64]) -> tuple[Geometries, list[Problem]]:
    with np.errstate(invalid="ignore"):  # a coordinate that is not a number is told later
        geometry = np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"), dtype=object)
    given = np.fromiter((w is not None for w in wkb), dtype=bool, count=len(wkb))
    lost = shapely.is_missing(geometry) & given
    reasons = {}
    for i in np.flatnonzero(lost):
        try:
            shapely.from_wkb(wkb[i])
        except shapely.errors.GEOSException as error:
            reasons[int(i)] = str(error)
    found = [reasons.get(i, "WKB") for i in range(len(rows))] if reasons else "WKB"
    return geometry, row_problems(lost, rows, "geometry-invalid", field="geometry", found=found)


def _unreadable(path: Path, name: str, title: str, error: object) -> Problem:
    said = plain_message(str(error), path)
    if _MALFORMED in said:  # amid the SQL of GDAL
        said = N_("damaged, or cut short")
    found = said or N_("it is damaged")
    return problem("file-unreadable", file=name, expected=title, found=found)
