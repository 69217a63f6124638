"""Files of sites too large for memory, some rows at once."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import pyarrow as pa
from pyarrow import parquet

from layers.cnig import alone, is_register, open_register
from layers.delimited import delimited_batches
from layers.errors import LayerError, Problem, problem
from layers.files import CSV, LIMIT_BYTES, SHAPEFILE, check_shapefile, identify
from layers.placing import declared_by, place
from layers.raw_table import RawTable, in_file
from layers.site_geometry import elsewhere, out_of_range
from layers.vector import read_parquet, vector_batches

BATCH_ROWS: Final = 50_000
STREAM_LIMIT_BYTES: Final = 1 << 40
"""Largest size accepted of a file that is never in memory as a whole."""
_BUFFER_BYTES: Final = 1 << 20
_STREAMED: Final = ("GPKG", "FlatGeobuf", "ESRI Shapefile")


def raw_batches(
    path: Path, *, layer: str | None = None, size: int = BATCH_ROWS
) -> Iterator[RawTable]:
    """Read a file of sites, some rows at once where its format allows.

    GeoPackage, FlatGeobuf, Shapefile, GeoParquet and CSV are read in batches. GeoJSON, workbooks,
    archives and CNIG registers of linked classes are read as a whole, up to
    :data:`layers.files.LIMIT_BYTES`.

    Parameters
    ----------
    path
        The file.
    layer
        Layer to read, where the file has several.
    size
        Rows at once.

    Yields
    ------
    RawTable
        Rows in the order of the file, with their positions in it; the same rows, in all,
        as :func:`layers.cnig.open_register` returns.

    Raises
    ------
    LayerError
        If the file as a whole cannot be used: at once, or where no row fits its CRS, after
        the last one.
    """
    unfit: list[Problem | None] = []
    for table in _batches(path, layer, size):
        errors = [*table.errors, *filter(None, [elsewhere(table)])]
        if errors:
            raise LayerError(in_file(errors, table.name))
        unfit.append(out_of_range(table))
        yield table
    first = next((found for found in unfit if found is not None), None)
    if first is not None and None not in unfit:
        raise LayerError(in_file([first], path.name))


def _batches(path: Path, layer: str | None, size: int) -> Iterator[RawTable]:
    found = identify(path, limit_bytes=STREAM_LIMIT_BYTES)
    linked = found.driver == "GPKG" and is_register(
        path, layer=layer, limit_bytes=STREAM_LIMIT_BYTES
    )
    if found.driver in _STREAMED and not linked:
        checked = check_shapefile(path, path.name, path.stem) if found is SHAPEFILE else []
        tables: Iterable[RawTable] = vector_batches(
            path, path.name, driver=found.driver, title=found.title, layer=layer, size=size
        )
        tables = _noted(tables, checked)
    elif found is CSV and layer in (None, path.stem):
        declared = declared_by(delimited_batches(path, path.name, size=size))
        tables = (
            place(table, declared=declared)
            for table in delimited_batches(path, path.name, size=size)
        )
    elif found.title == "GeoParquet" and layer in (None, path.stem) and _has_geometry(path):
        tables = _parquet_batches(path, size)
    else:
        yield open_register(path, layer=layer, limit_bytes=LIMIT_BYTES)
        return
    told: set[Problem] = set()
    for table in _filled(tables):
        # A table whose columns tell the place: as a whole.
        if table.geometry is None and not table.errors:
            yield open_register(path, layer=layer, limit_bytes=LIMIT_BYTES)
            return
        if table.row_count == 0:
            raise LayerError(in_file([problem("no-rows"), *table.errors], path.name))
        yield alone(replace(table, notes=tuple(_new(table.notes, told))))


def _filled(tables: Iterable[RawTable]) -> Iterator[RawTable]:
    """Put what tables without rows tell with the next one that has some, or at the end."""
    held: RawTable | None = None
    given = False
    for table in tables:
        if held is not None:
            table = replace(  # noqa: PLW2901 - the same, and what was held
                table,
                row_count=held.row_count + table.row_count,
                rejected=(*held.rejected, *table.rejected),
                notes=(*held.notes, *table.notes),
            )
        held = None if len(table.rows) else table
        if held is None:
            given = True
            yield table
    if held is not None and (held.row_count or not given):
        yield held


def _new(notes: Iterable[Problem], told: set[Problem]) -> Iterator[Problem]:
    """Return the notes not told yet of the file: each part of it may tell them."""
    for note in notes:
        if note.row is None and note in told:
            continue
        if note.row is None:
            told.add(note)
        yield note


def _noted(tables: Iterable[RawTable], notes: Sequence[Problem]) -> Iterator[RawTable]:
    """Put notes on a file before those of its first rows."""
    for rank, table in enumerate(tables):
        yield table if rank else replace(table, notes=(*notes, *table.notes))


def _has_geometry(path: Path) -> bool:
    """Tell whether a Parquet file declares a geometry; a damaged one is told when read."""
    try:
        return b"geo" in (parquet.read_schema(path).metadata or {})
    except (pa.ArrowException, OSError):
        return False


def _parquet_batches(path: Path, size: int) -> Iterator[RawTable]:
    """Read a GeoParquet file by parts, each through the reader of whole files."""
    # Without a buffer, or with one filled ahead, a row group of a million rows is all in memory.
    opened = parquet.ParquetFile(path, buffer_size=_BUFFER_BYTES, pre_buffer=False)
    with tempfile.TemporaryDirectory(prefix="siting-") as folder, opened as file:
        part, start = Path(folder) / "part.parquet", 0
        if file.metadata.num_rows == 0:
            raise LayerError(problem("no-rows", file=path.name))
        for batch in file.iter_batches(batch_size=size):
            parquet.write_table(pa.Table.from_batches([batch], file.schema_arrow), part)
            yield _moved(read_parquet(part, path.name), start)
            start += batch.num_rows


def _moved(table: RawTable, start: int) -> RawTable:
    """Give rows their positions in the whole file."""

    def moved(problems: Iterable[Problem]) -> tuple[Problem, ...]:
        return tuple(p if p.row is None else replace(p, row=p.row + start) for p in problems)

    return replace(
        table,
        rows=table.rows + start,
        rejected=moved(table.rejected),
        notes=moved(table.notes),
    )
