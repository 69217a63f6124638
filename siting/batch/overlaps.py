"""Sites that overlap, whichever partitions they lie in.

The pairs inside a partition are found where it is scored. Those that cross two partitions are
found at the end, among the few sites of each that reach into the box of the other: the boxes
of the sites are columns of the parts, and shapes are read only where boxes meet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely
from pyarrow import compute, parquet

from siting.batch.job import Job, drafted
from siting.measure import LEAST_SHARE
from siting.overlap import enough, pairs_in_order

OVERLAPS: Final = "_overlaps.parquet"
PAIRS_AT_ONCE: Final = 2_000_000
"""Pairs that are in memory at once (some 150 MB)."""
_SCHEMA: Final = pa.schema(
    [
        ("first", pa.string()),
        ("second", pa.string()),
        ("first_row", pa.int64()),
        ("second_row", pa.int64()),
        ("area_m2", pa.float64()),
    ]
)
_AT_ONCE: Final = 1_000_000
_SIDES: Final = ("xmin", "ymin", "xmax", "ymax")

Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]
Objects = npt.NDArray[np.object_]


@dataclass(frozen=True, eq=False, slots=True)
class _Part:
    """Sites of one partition, or of two: shapes, identifiers and rows."""

    shapes: Objects
    ids: Objects
    rows: npt.NDArray[np.int64]


def write_inside(job: Job, number: int, sites: gpd.GeoDataFrame) -> int:
    """Write the pairs of sites of a partition that overlap.

    Parameters
    ----------
    job
        The run.
    number
        The partition.
    sites
        Its sites, indexed by ``site_id``.

    Returns
    -------
    int
        Number of pairs.
    """
    ordered = sites.sort_values("row")  # the first of a pair is the first in the file
    part = _Part(
        np.asarray(ordered.geometry, dtype=object),
        ordered.index.to_numpy(dtype=object),
        ordered["row"].to_numpy(),
    )
    return _write(
        pairs_inside(job, number), part, pairs_in_order(part.shapes, least_share=LEAST_SHARE)
    )


def write_overlaps(job: Job, reports: Sequence[Mapping[str, Any]]) -> int:
    """Find the pairs across partitions, and write all pairs in the order of the file.

    The columns are ``first``, ``second`` (identifiers), ``first_row``, ``second_row`` and
    ``area_m2``; the same whatever the partitions.

    Parameters
    ----------
    job
        The run, its partitions all done.
    reports
        Their reports.

    Returns
    -------
    int
        Number of pairs.
    """
    parts = [(report["number"], report["bounds"]) for report in reports if report["sites"]]
    found = [pairs_inside(job, number) for number, _ in parts]
    found += [path for path, count in _across(job, parts) if count]
    total = sum(int(parquet.read_metadata(path).num_rows) for path in found)
    last_row = max((report["last_row"] for report in reports), default=0)
    step = -(-(last_row + 1) // max(1, -(-total // PAIRS_AT_ONCE)))
    with drafted(job.folder / OVERLAPS) as draft, parquet.ParquetWriter(draft, _SCHEMA) as writer:
        for low in range(0, last_row + 1, step):
            within = [("first_row", ">=", low), ("first_row", "<", low + step)]
            tables = [parquet.read_table(path, filters=within) for path in found]
            if tables:
                order = [("first_row", "ascending"), ("second_row", "ascending")]
                writer.write_table(pa.concat_tables(tables).sort_by(order))
    return total


def first_overlap(job: Job) -> dict[str, Any]:
    """Return the overlap to give as an example: that of the first row that comes second.

    Parameters
    ----------
    job
        The run, its overlaps written.

    Returns
    -------
    dict
        A row of the file of overlaps.
    """
    with parquet.ParquetFile(job.folder / OVERLAPS) as file:
        least = [
            batch.sort_by([("second_row", "ascending"), ("first_row", "ascending")]).slice(0, 1)
            for batch in file.iter_batches()
            if batch.num_rows
        ]
    rows: list[dict[str, Any]] = [row for batch in least for row in batch.to_pylist()]
    return min(rows, key=lambda row: (row["second_row"], row["first_row"]))


def forget(job: Job) -> None:
    """Remove the pairs across partitions; those inside one are kept with its report.

    Parameters
    ----------
    job
        The run.
    """
    for path in job.overlaps.glob("across-*.parquet"):
        path.unlink()


def pairs_inside(job: Job, number: int) -> Path:
    """Return the file of the pairs inside a partition.

    Parameters
    ----------
    job
        The run.
    number
        The partition.

    Returns
    -------
    Path
        A Parquet file.
    """
    return job.overlaps / f"inside-{number:05d}.parquet"


def _write(path: Path, part: _Part, pairs: Iterable[tuple[Positions, Positions, Floats]]) -> int:
    """Write pairs as they are found; return their number."""
    count = 0
    with drafted(path) as draft, parquet.ParquetWriter(draft, _SCHEMA) as writer:
        for first, second, area_m2 in pairs:
            columns = [own[which] for own in (part.ids, part.rows) for which in (first, second)]
            arrays = [
                pa.array(values, type=field.type)
                for values, field in zip([*columns, area_m2], _SCHEMA, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=_SCHEMA))
            count += len(first)
    return count


def _across(job: Job, parts: Sequence[tuple[int, Sequence[float]]]) -> Iterator[tuple[Path, int]]:
    """Find the pairs of each two partitions whose boxes meet."""
    if not parts:
        return
    boxes = shapely.box(*np.array([box for _, box in parts]).T)
    one, other = shapely.STRtree(boxes).query(boxes)
    near = sorted((i, j) for i, j in zip(one.tolist(), other.tolist(), strict=True) if i < j)
    read = lru_cache(maxsize=8)(_read)
    for i, j in near:
        (a, box_a), (b, box_b) = parts[i], parts[j]
        meeting = _meeting(job.part(a), job.part(b), box_a, box_b)
        if len(meeting[0]):
            path = job.overlaps / f"across-{a:05d}-{b:05d}.parquet"
            yield path, _pairs_across(path, read(job.part(a)), read(job.part(b)), meeting)


def _meeting(
    a: Path, b: Path, box_a: Sequence[float], box_b: Sequence[float]
) -> tuple[Positions, Positions]:
    """Return the sites of two parts whose boxes meet."""
    bounds = [_boxes(path) for path in (a, b)]
    kept = [_touching(bounds[0], box_b), _touching(bounds[1], box_a)]
    rectangles = [
        np.asarray(shapely.box(*own[some].T), dtype=object)
        for own, some in zip(bounds, kept, strict=True)
    ]
    in_b, in_a = shapely.STRtree(rectangles[0]).query(rectangles[1])
    return kept[0][in_a], kept[1][in_b]


def _boxes(path: Path) -> Floats:
    box = parquet.read_table(path, columns=["bbox"])["bbox"].combine_chunks()
    return np.column_stack([compute.struct_field(box, side).to_numpy() for side in _SIDES])


def _touching(bounds: Floats, box: Sequence[float]) -> Positions:
    xmin, ymin, xmax, ymax = box
    near = (bounds[:, 0] <= xmax) & (bounds[:, 2] >= xmin)
    return np.flatnonzero(near & (bounds[:, 1] <= ymax) & (bounds[:, 3] >= ymin))


def _read(path: Path) -> _Part:
    table = parquet.read_table(path, columns=["site_id", "row", "geometry"])
    wkb = table["geometry"].to_numpy()
    return _Part(
        np.asarray(shapely.from_wkb(wkb), dtype=object),
        table["site_id"].to_numpy(),
        table["row"].to_numpy(),
    )


def _pairs_across(path: Path, a: _Part, b: _Part, pairs: tuple[Positions, Positions]) -> int:
    """Measure the overlaps of pairs of two parts, the first in the file cut along the second."""
    shapes, rows = np.concatenate([a.shapes, b.shapes]), np.concatenate([a.rows, b.rows])
    one, other = pairs[0], pairs[1] + len(a.shapes)
    in_order = rows[one] < rows[other]
    first, second = np.where(in_order, one, other), np.where(in_order, other, one)
    both = _Part(shapes, np.concatenate([a.ids, b.ids]), rows)
    found = (
        enough(shapes, first[some : some + _AT_ONCE], second[some : some + _AT_ONCE],
               least_share=LEAST_SHARE)
        for some in range(0, len(first), _AT_ONCE)
    )  # fmt: skip
    return _write(path, both, found)
