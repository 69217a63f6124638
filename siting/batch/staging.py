"""The rows of a file of any size, shared out by place into partitions on disk.

Two passes. The first reads the file in batches, keeps them on disk, and in memory only what
the whole decides: the middle of each row (16 bytes) and its identifier. The second hands the
rows to the partitions: neighbours along a Hilbert curve, so that a partition touches few
tiles of the land cover and few areas.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyproj
import shapely
from pyarrow import compute, parquet

from layers.batches import raw_batches
from layers.cells import as_text
from layers.errors import Problem
from layers.raw_table import RawTable
from layers.site_attributes import LISTED_ROWS, Identifiers, identifiers_of
from layers.site_columns import pick_columns
from siting.batch.folder import differing
from siting.batch.identity import of_source
from siting.batch.job import Job, write_json
from siting.errors import SitingError, problem

ROW: Final = "__siting_row"
WKB: Final = "__siting_wkb"
CURVED: Final = "__siting_curved"
_OWN: Final = (ROW, WKB, CURVED)
_RANK: Final = "__siting_rank"
_LEVEL: Final = 16  # of the Hilbert curve: 65,536 × 65,536 squares
_COMPRESSION: Final = "lz4"

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Staged:
    """The rows of a file, ready to be scored partition by partition.

    Parameters
    ----------
    name, format, crs, geometry_field, used_fields
        As in :class:`layers.raw_table.RawTable`; the CRS as WKT.
    row_count
        Rows of the file.
    sizes
        Rows of each partition.
    rejected
        Problems of rows that could not be read at all; those of other rows come with them.
    notes
        Notes of the file.
    given
        As in :class:`layers.site_attributes.Identifiers`.
    """

    name: str
    format: str
    crs: str
    geometry_field: str
    used_fields: tuple[str, ...]
    row_count: int
    sizes: tuple[int, ...]
    rejected: tuple[dict[str, Any], ...]
    notes: tuple[dict[str, Any], ...]
    given: bool


def stage(job: Job, *, told: Callable[[float], None] = lambda _share: None) -> Staged:
    """Share the rows of a file out into partitions, or find it done already.

    Parameters
    ----------
    job
        The run.
    told
        Told the share done.

    Returns
    -------
    Staged
        What is on disk.

    Raises
    ------
    LayerError
        If the file as a whole cannot be used.
    SitingError
        ``output-other-run`` if it changes while it is read.
    """
    if job.read.is_file():
        return read_staged(job)
    job.staged(0).parent.mkdir(exist_ok=True)
    kept = _Kept()
    for number, table in enumerate(raw_batches(job.path, layer=job.layer)):
        batch = _batch(job, number)
        kept.add(table, as_arrow(table), batch)
    told(0.5)
    of_row = kept.partitions(job.partition_size)
    kept.share_out(of_row, job.staged)
    told(1.0)
    staged = kept.staged(np.bincount(of_row) if len(of_row) else np.zeros(0, dtype=np.int64))
    if differing(job, {"sites": of_source(job.path)}):
        raise SitingError(problem("output-other-run", file=job.folder.name, found="sites"))
    write_json(job.read, asdict(staged))
    for batch in kept.files:
        batch.unlink()
    return staged


def _batch(job: Job, number: int) -> Path:
    return job.inside / "staged" / f"batch-{number:05d}.parquet"


def read_staged(job: Job) -> Staged:
    """Read what was shared out.

    Parameters
    ----------
    job
        The run.

    Returns
    -------
    Staged
        As :func:`stage` returned it.
    """
    found: dict[str, Any] = json.loads(job.read.read_text("utf-8"))
    lists = ("used_fields", "sizes", "rejected", "notes")
    values: dict[str, Any] = {k: tuple(v) if k in lists else v for k, v in found.items()}
    return Staged(**values)


def read_partition(job: Job, staged: Staged, number: int) -> tuple[RawTable, Identifiers]:
    """Read the rows of a partition, as they were in the file.

    Parameters
    ----------
    job
        The run.
    staged
        What is on disk.
    number
        The partition.

    Returns
    -------
    RawTable
        In the order of the Hilbert curve.
    Identifiers
        What only the whole file tells of theirs.
    """
    table = parquet.read_table(job.staged(number))
    data = table.drop_columns(list(_OWN)).to_pandas()
    rows = table[ROW].to_numpy().astype(np.int64)
    wkb = table[WKB].to_numpy(zero_copy_only=False)
    with np.errstate(invalid="ignore"):
        geometry = np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"), dtype=object)
    curved = table[CURVED].to_numpy(zero_copy_only=False).astype(bool)
    told: dict[bytes, bytes] = table.schema.metadata or {}
    rejected = json.loads(told.get(b"rejected", b"{}"))
    shared = json.loads(told.get(b"shared", b"{}"))
    own = [plain for row in rows.tolist() for plain in rejected.get(str(row), [])]
    raw = RawTable(
        name=staged.name,
        format=staged.format,
        data=data.set_axis(pd.RangeIndex(len(data))),
        rows=rows,
        row_count=len(rows),
        geometry=geometry,
        crs=pyproj.CRS.from_wkt(staged.crs),
        curved=curved if curved.any() else None,
        geometry_field=staged.geometry_field,
        used_fields=staged.used_fields,
        rejected=tuple(restored(plain) for plain in own),
    )
    return raw, Identifiers(shared, staged.given)


def plain(found: Problem) -> dict[str, Any]:
    """Return a problem as plain values.

    Parameters
    ----------
    found
        The problem.

    Returns
    -------
    dict
        What :func:`restored` takes.
    """
    return {key: value for key, value in asdict(found).items() if key != "message"}


def restored(values: dict[str, Any]) -> Problem:
    """Return the problem that plain values tell.

    Parameters
    ----------
    values
        What :func:`plain` returned.

    Returns
    -------
    Problem
        The same.

    Examples
    --------
    >>> found = problem("no-rows", file="sites.gpkg")
    >>> restored(plain(found)) == found
    True
    """
    return problem(values["code"], **{k: v for k, v in values.items() if k != "code"})


def as_arrow(table: RawTable) -> pa.Table:
    """Return rows as an Arrow table: attributes, position, WKB, whether curved.

    Parameters
    ----------
    table
        The rows.

    Returns
    -------
    pyarrow.Table
        A column of cells of several types, which Arrow cannot hold, is text.
    """
    columns: dict[str, Any] = {}
    for name in table.data.columns:
        values = table.data[name]
        try:
            column = pa.array(values, from_pandas=True)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            column = pa.array(as_text(values), from_pandas=True)
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        columns[str(name)] = column
    count = len(table.rows)
    wkb = shapely.to_wkb(table.geometry)
    columns[ROW] = pa.array(table.rows, type=pa.int64())
    columns[WKB] = pa.array(wkb, type=pa.large_binary())
    columns[CURVED] = pa.array(
        np.zeros(count, dtype=bool) if table.curved is None else table.curved
    )
    return pa.table(columns)


class _Kept:
    """What the first pass keeps of a file."""

    def __init__(self) -> None:
        self.files: list[Path] = []
        self.schemas: list[pa.Schema] = []
        self.middles: list[npt.NDArray[np.float64]] = []
        self.ids: list[pa.Array] = []
        self.rows: list[Integers] = []
        self.given = False
        self.rejected: list[Problem] = []
        self.notes: list[Problem] = []
        self.first: RawTable | None = None
        self.row_count = 0

    def add(self, table: RawTable, arrow: pa.Table, path: Path) -> None:
        """Keep a batch."""
        parquet.write_table(arrow, path, compression=_COMPRESSION)
        self.files.append(path)
        self.schemas.append(arrow.schema.remove_metadata())
        low, high = np.split(shapely.bounds(table.geometry), 2, axis=1)
        self.middles.append((low + high) / 2)
        ids, missing = identifiers_of(table, pick_columns(table))
        self.given |= bool((~missing).any())
        self.ids.append(pa.array(ids, type=pa.large_string()))
        self.rows.append(table.rows)
        self.rejected += table.rejected
        self.notes += [note for note in table.notes if note not in self.notes]
        # What is said of the file, without the rows: they may be all of it.
        self.first = self.first or replace(table, data=table.data.iloc[:0].copy(), geometry=None)
        self.row_count += table.row_count

    def partitions(self, size: int) -> Integers:
        """Return the partition of each row, and keep the order of the rows."""
        self.order = np.lexsort((np.concatenate(self.rows), along(np.concatenate(self.middles))))
        of_row = np.empty(len(self.order), dtype=np.int64)
        of_row[self.order] = np.arange(len(self.order)) // size
        self.rank = np.empty(len(self.order), dtype=np.int64)
        self.rank[self.order] = np.arange(len(self.order))
        return of_row

    def share_out(self, of_row: Integers, path_of: Callable[[int], Path]) -> None:
        """Write the rows of each partition, in order, without holding more than some at once."""
        schema = pa.unify_schemas(self.schemas, promote_options="permissive")
        told: dict[int, list[dict[str, Any]]] = {}
        for found in self.rejected:
            if found.row is not None:
                told.setdefault(found.row, []).append(plain(found))
        shared = self._shared()
        name_of = {row: name for name, rows in shared.items() for row in rows}
        drafts: dict[int, list[Path]] = {}
        start = 0
        for path, rows in zip(self.files, self.rows, strict=True):
            here, ranks = of_row[start : start + len(rows)], self.rank[start : start + len(rows)]
            table = _fitted(parquet.read_table(path), schema)
            table = table.append_column(_RANK, pa.array(ranks))
            order = np.argsort(ranks)
            cuts = np.flatnonzero(np.diff(here[order])) + 1
            for piece in np.split(order, cuts) if len(order) else []:
                number = int(here[piece[0]])
                draft = path_of(number).with_suffix(f".{len(drafts.get(number, []))}.piece")
                parquet.write_table(table.take(pa.array(piece)), draft, compression=_COMPRESSION)
                drafts.setdefault(number, []).append(draft)
            start += len(rows)
        for number, pieces in drafts.items():
            whole = pa.concat_tables([parquet.read_table(piece) for piece in pieces])
            whole = whole.sort_by(_RANK).drop_columns([_RANK])
            rows_here = whole[ROW].to_pylist()
            own = {str(row): told[row] for row in rows_here if row in told}
            # Of the rows that share a name, as many as are listed, and one more.
            named = {name_of[row]: shared[name_of[row]] for row in rows_here if row in name_of}
            named = {name: rows[: LISTED_ROWS + 1] for name, rows in named.items()}
            own_words = {"rejected": json.dumps(own), "shared": json.dumps(named)}
            whole = whole.replace_schema_metadata(own_words)
            parquet.write_table(whole, path_of(number), compression=_COMPRESSION)
            for draft in pieces:
                draft.unlink()

    def staged(self, sizes: Integers) -> Staged:
        """Return what is told of the file as a whole."""
        if self.first is None or self.first.crs is None:
            raise ValueError("a file without rows or CRS holds no sites")
        read = set(np.concatenate(self.rows).tolist())
        lost = [found for found in self.rejected if found.row not in read]
        return Staged(
            name=self.first.name,
            format=self.first.format,
            crs=self.first.crs.to_wkt(),
            geometry_field=self.first.geometry_field,
            used_fields=self.first.used_fields,
            row_count=self.row_count,
            sizes=tuple(sizes.tolist()),
            rejected=tuple(plain(found) for found in lost),
            notes=tuple(plain(found) for found in self.notes),
            given=self.given,
        )

    def _shared(self) -> dict[str, list[int]]:
        ids = pa.chunked_array(self.ids)
        counts = compute.value_counts(ids)
        several = counts.filter(compute.greater(counts.field("counts"), 1)).field("values")
        where = compute.is_in(ids, value_set=several).to_numpy()
        rows = np.concatenate(self.rows)[where]
        shared: dict[str, list[int]] = {}
        for text, row in zip(ids.filter(pa.array(where)).to_pylist(), rows.tolist(), strict=True):
            shared.setdefault(text, []).append(row)
        return shared


def along(middles: npt.NDArray[np.float64]) -> Integers:
    """Return the distance of points along a Hilbert curve that fills their box.

    Parameters
    ----------
    middles
        Coordinates, shape (points, 2); not a number where there is none.

    Returns
    -------
    ndarray
        Whole numbers; points without coordinates come last.
    """
    distances = np.full(len(middles), np.iinfo(np.int64).max, dtype=np.int64)
    known = np.isfinite(middles).all(axis=1)
    if known.any():
        low, high = middles[known].min(axis=0), middles[known].max(axis=0)
        high = np.where(high > low, high, low + 1.0)
        points = gpd.GeoSeries(shapely.points(middles[known]))
        bounds = (*low.tolist(), *high.tolist())
        distances[known] = points.hilbert_distance(total_bounds=bounds, level=_LEVEL).to_numpy()
    return distances


def _fitted(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Give a batch the columns and types of the whole file."""
    columns = [
        table[name].cast(kind)
        if name in table.column_names
        else pa.nulls(table.num_rows, type=kind)
        for name, kind in zip(schema.names, schema.types, strict=True)
    ]
    return pa.table(columns, schema=schema)


def notes_of(staged: Staged) -> Sequence[Problem]:
    """Return the notes of a file as a whole.

    Parameters
    ----------
    staged
        What is on disk.

    Returns
    -------
    sequence of Problem
        The notes.
    """
    return [restored(values) for values in staged.notes]


def lost_of(staged: Staged) -> Iterable[Problem]:
    """Return the problems of the rows that could not be read at all.

    Parameters
    ----------
    staged
        What is on disk.

    Returns
    -------
    iterable of Problem
        The problems.
    """
    return [restored(values) for values in staged.rejected]
