"""Read one local file as a checked layer: CSV tables and vector files.

Shared by the readers of this package. A reader never downloads and never guesses
a unit or a CRS; it names every problem of the file at once.
"""

from __future__ import annotations

import csv
import gzip
import io
import warnings
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyogrio
import pyproj
import shapely

from layers.errors import N_, LayerError, Problem, problem
from layers.gdal import quiet_gdal
from layers.spec import Column, Layer, LayerSpec, Provenance, Status, make_layer

TRUE_WORDS: Final = frozenset({"true", "vrai", "oui", "o", "1"})
FALSE_WORDS: Final = frozenset({"false", "faux", "non", "n", "0"})
NOT_STATED: Final = N_("not stated")
_PARQUET: Final = frozenset({".parquet", ".geoparquet"})
_UNREADABLE: Final = (
    pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.CRSError,
    pyproj.exceptions.CRSError, shapely.errors.GEOSException, pa.ArrowException, OSError,
    ValueError, TypeError, AttributeError, LookupError,
)  # fmt: skip


def embedded_file(name: str) -> Path:
    """Return the path of a file of the embedded territory.

    Parameters
    ----------
    name
        File name, such as ``communes.parquet``.

    Returns
    -------
    Path
        The file, wherever the package is installed.

    Examples
    --------
    >>> embedded_file("zonings.csv").is_file()
    True
    """
    return Path(str(resources.files("layers"))) / "data" / "pays_de_la_loire" / name


def local_provenance(path: Path) -> Provenance:
    """Return the provenance of a file given by a user who states none.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    Provenance
        Status ``declared``, all else not stated.
    """
    return Provenance(
        NOT_STATED, path.stem, NOT_STATED, NOT_STATED, Status.DECLARED, file=path.name
    )


def demonstration_provenance(title: str, file: str, *, vintage: str, method: str) -> Provenance:
    """Return the provenance of a demonstration layer: synthetic, and labelled so.

    Parameters
    ----------
    title
        What the layer stands for.
    file
        Name of the file.
    vintage
        What its figures would describe.
    method
        How it was made.

    Returns
    -------
    Provenance
        Status ``demonstration``; the publisher is this software.
    """
    publisher = N_("siting (demonstration data)")
    return Provenance(
        publisher, title, vintage, "EUPL-1.2", Status.DEMONSTRATION, method=method, file=file
    )


def check_file(path: Path) -> None:
    """Check that ``path`` is a file with content, not a placeholder of one.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    LayerError
        If it is missing, empty, a Git LFS or git-annex pointer, a web page, or may not be opened.
    """
    try:
        there = path.is_file()
    except (OSError, ValueError):  # too long a name, or one that no file can have
        there = False
    if not there:
        raise LayerError(problem("file-missing", file=path.name))
    try:
        with path.open("rb") as stream:
            head = stream.read(256).lstrip().lower()
    except OSError as error:  # it may not be opened, or its disk is gone
        found = error.strerror or str(error)
        unreadable = problem("file-unreadable", file=path.name, expected=N_("data"), found=found)
        raise LayerError(unreadable) from error
    if not head:
        raise LayerError(problem("file-empty", file=path.name))
    if head.startswith((b"version https://git-lfs", b"/annex/objects/")):
        raise LayerError(problem("file-pointer", file=path.name))
    if head.startswith((b"<!doctype html", b"<html", b"<?xml", b"<ows:")):
        raise LayerError(problem("file-html", file=path.name))


def read_csv(path: Path, columns: tuple[Column, ...]) -> tuple[pd.DataFrame, list[Problem]]:
    """Read a CSV file as text, then convert each column to its kind.

    Commas and semicolons are told apart from the header. Text is UTF-8; where it
    is not, it is read as Windows-1252 and a warning says so.

    Parameters
    ----------
    path
        The file.
    columns
        Contracts of the columns; others stay text.

    Returns
    -------
    DataFrame
        The table; empty cells, and values that could not be converted, are missing.
    list of Problem
        One error per value that could not be converted, and warnings.

    Raises
    ------
    LayerError
        If the file cannot be read as a table.
    """
    check_file(path)
    text, problems = _decode(path)
    header = text.split("\n", 1)[0]
    separator = ";" if header.count(";") > header.count(",") else ","
    try:
        # Rows longer than the header would lose their last cells with a mere warning.
        with warnings.catch_warnings(action="error", category=pd.errors.ParserWarning):
            table = pd.read_csv(
                io.StringIO(text),
                sep=separator,
                dtype=str,
                keep_default_na=False,
                na_values=[""],
                index_col=False,
            )
    except (
        pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError, csv.Error,
    ) as error:  # fmt: skip
        unreadable = problem("file-unreadable", file=path.name, found=error, expected="CSV")
        raise LayerError(unreadable) from error
    if table.empty:
        raise LayerError(problem("no-rows", file=path.name))
    for column in columns:
        if column.name in table.columns and column.kind != "string":
            table[column.name], wrong = _convert(table[column.name], column)
            problems += [replace(p, file=path.name) for p in wrong]
    return table, problems


def read_vector(path: Path) -> gpd.GeoDataFrame:
    """Read a vector file (GeoParquet, or any format GDAL reads).

    Parameters
    ----------
    path
        The file; one layer only.

    Returns
    -------
    GeoDataFrame
        Its rows, CRS as declared by the file.

    Raises
    ------
    LayerError
        If the file cannot be read, holds several layers or no geometry.
    """
    check_file(path)
    name = path.name
    try:
        if path.suffix.lower() in _PARQUET:
            return gpd.read_parquet(path)
        with quiet_gdal():
            layers = [str(layer) for layer, _ in pyogrio.list_layers(path)]
            if len(layers) > 1:
                raise LayerError(problem("layer-choice", file=name, found=", ".join(layers)))
            table = gpd.read_file(path)
    except _UNREADABLE as error:
        unreadable = problem("file-unreadable", file=name, found=error, expected=N_("vector data"))
        raise LayerError(unreadable) from error
    if not isinstance(table, gpd.GeoDataFrame):
        found = ", ".join(map(str, table.columns))
        raise LayerError(problem("geometry-column", file=name, found=found, expected="geometry"))
    return table


def checked_layer(
    spec: LayerSpec,
    data: pd.DataFrame,
    provenance: Provenance,
    *,
    problems: list[Problem] | None = None,
    lengths: Mapping[str, int] | None = None,
) -> Layer:
    """Check a table against its contract and against what reading it told.

    Parameters
    ----------
    spec
        The contract.
    data
        The table.
    provenance
        Where it comes from.
    problems
        What was found while reading; warnings go to the method of the provenance.
    lengths
        Number of characters of the codes, by column: a shorter one lost its zeros.

    Returns
    -------
    Layer
        The layer.

    Raises
    ------
    LayerError
        With all the errors at once.
    """
    found = [p for p in problems or [] if p.severity == "error"]
    # A value that could not be converted is missing in `data`: told once, as what it is.
    already = {(p.field, p.code) for p in found} | {(p.field, "value-missing") for p in found}
    told = "; ".join(p.text() for p in problems or [] if p.severity == "warning")
    method = "; ".join(filter(None, (provenance.method, told)))
    layer = None
    try:
        layer = make_layer(spec, data, replace(provenance, method=method))
    except LayerError as error:
        found += [p for p in error.problems if (p.field, p.code) not in already]
    more = [*_length_problems(data, lengths or {}), *_validity_problems(data)]
    found += [replace(p, file=provenance.file) for p in more]
    if layer is None or found:
        raise LayerError(found)
    return layer


def _decode(path: Path) -> tuple[str, list[Problem]]:
    raw = path.read_bytes()
    if path.suffix.lower() == ".gz":
        raw = _unpacked(raw, path)
    try:
        return raw.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        guessed = problem(
            "encoding-guessed", file=path.name, found="Windows-1252", severity="warning"
        )
        return raw.decode("cp1252", errors="replace"), [guessed]


def _unpacked(packed: bytes, path: Path) -> bytes:
    try:
        return gzip.decompress(packed)
    except (OSError, EOFError, zlib.error) as error:
        raise LayerError(problem("archive-broken", file=path.name, found=error)) from error


def _convert(texts: pd.Series, column: Column) -> tuple[pd.Series, list[Problem]]:
    if column.kind == "boolean":
        words = texts.str.strip().str.lower()
        values = pd.Series(pd.NA, index=texts.index, dtype="boolean")
        values[words.isin(TRUE_WORDS)] = True
        values[words.isin(FALSE_WORDS)] = False
        expected = N_("yes or no")
    else:
        values = pd.to_numeric(texts, errors="coerce")
        expected = N_("a number")
        if column.kind == "integer":
            values = values.where(values % 1 == 0).astype("Int64")
            expected = N_("a whole number")
    bad = texts.notna() & values.isna()
    missing = texts.isna() & (not column.nullable)
    problems = [
        problem("value-missing", field=column.name, row=row + 1)
        for row in missing.to_numpy().nonzero()[0].tolist()
    ]
    problems += [
        problem("value-type", field=column.name, row=row + 1, found=texts.iloc[row],
                expected=expected)
        for row in bad.to_numpy().nonzero()[0].tolist()
    ]  # fmt: skip
    if not values.isna().any() and column.kind != "number":
        values = values.astype("bool" if column.kind == "boolean" else "int64")
    return values, problems


def _length_problems(data: pd.DataFrame, lengths: Mapping[str, int]) -> Iterator[Problem]:
    for name, length in lengths.items():
        if name not in data.columns:
            continue
        wrong = pd.Series([isinstance(c, str) and len(c) != length for c in data[name]])
        for row in wrong.to_numpy().nonzero()[0].tolist():
            yield problem(
                "value-length", field=name, row=row + 1, found=data[name].iloc[row],
                expected=length,
            )  # fmt: skip


def _validity_problems(data: pd.DataFrame) -> Iterator[Problem]:
    if not isinstance(data, gpd.GeoDataFrame):
        return
    shapes = data.geometry.to_numpy()
    wrong = ~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)
    for row in wrong.nonzero()[0].tolist():
        found = shapely.is_valid_reason(shapes[row])
        yield problem("geometry-invalid", row=row + 1, found=found)
