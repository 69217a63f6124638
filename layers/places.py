"""Points as their publisher made them: any format, any declared CRS, carried to EPSG:2154."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.cells import Cells
from layers.errors import LayerError, Problem, problem
from layers.files import open_file
from layers.official import Parsed
from layers.raw_table import Bools, RawTable, in_file
from layers.spec import Layer, LayerSpec, Provenance, make_layer

CRS: Final = "EPSG:2154"
# Metropolitan France: outside, EPSG:2154 does not apply; swapped coordinates fall outside.
_WEST, _SOUTH, _EAST, _NORTH = -5.5, 41.0, 10.0, 51.5


@dataclass(frozen=True, eq=False, slots=True)
class Placed:
    """Rows of a file that have a place in metropolitan France.

    Parameters
    ----------
    raw
        The rows.
    points
        Their places, EPSG:2154: the point itself, or a point of the shape.
    notes
        How many rows were left out.
    """

    raw: RawTable
    points: gpd.GeoSeries
    notes: tuple[Problem, ...]


def load_places(
    spec: LayerSpec,
    path: Path,
    parse: Callable[[Placed], Parsed],
    *,
    read: Callable[[Path], RawTable] = open_file,
    provenance: Provenance | None = None,
) -> Layer:
    """Read a layer of points from the file of its publisher.

    Parameters
    ----------
    spec
        The contract.
    path
        The file, of any format that ``read`` reads.
    parse
        Turns the rows into the columns of the contract, on the index of the points.
    read
        Opens the file; for those whose places are not where others have them.
    provenance
        Provenance of ``path``; by default the one ``parse`` recognises.

    Returns
    -------
    Layer
        Points in EPSG:2154.

    Raises
    ------
    LayerError
        With every problem of the file.
    """
    placed = place_points(read(path))
    found = parse(placed)
    if found.errors:
        raise LayerError(in_file(found.errors, path.name))
    data = found.data
    if not isinstance(data, gpd.GeoDataFrame):
        points = placed.points.loc[data.index]
        data = gpd.GeoDataFrame(data, geometry=points)
    source = replace(provenance or found.provenance, file=path.name)
    notes = in_file((*placed.raw.notes, *placed.notes, *found.notes), path.name)
    return make_layer(spec, data.reset_index(drop=True), source, notes=notes)


def place_points(raw: RawTable) -> Placed:
    """Carry the places of a file to EPSG:2154.

    Parameters
    ----------
    raw
        A file with geometry.

    Returns
    -------
    Placed
        The rows that lie in metropolitan France, with an index from 0.

    Raises
    ------
    LayerError
        If its CRS is not known, rows could not be read, latitude and longitude are
        exchanged, or no row has a place.
    """
    if raw.geometry is None or raw.crs is None:
        raise LayerError(problem("crs-missing", file=raw.name, expected="EPSG:4326"))
    if raw.rejected or not len(raw.rows):
        raise LayerError(in_file(raw.rejected or [problem("no-rows")], raw.name))
    shapes = gpd.GeoSeries(raw.geometry, crs=raw.crs)
    points = _points(shapes)
    degrees = points.to_crs(4326)
    lon, lat = degrees.x.to_numpy(), degrees.y.to_numpy()
    inside, swapped = _inside(lon, lat), _inside(lat, lon)
    wrong = np.flatnonzero(swapped & ~inside)
    if len(wrong) or not inside.any():
        code = "coordinates-swapped" if len(wrong) else "geometry-empty"
        row = int(wrong[0]) if len(wrong) else 0
        found = f"{lon[row]:.5g} {lat[row]:.5g}" if len(wrong) else ""
        raise LayerError(problem(code, file=raw.name, row=int(raw.rows[row]), found=found))
    notes = []
    if not inside.all():
        left = int((~inside).sum())
        notes.append(problem("places-left-out", found=left, severity="warning"))
    kept = RawTable(
        raw.name,
        raw.format,
        raw.data[inside].reset_index(drop=True),
        raw.rows[inside],
        raw.row_count,
        notes=raw.notes,
    )
    return Placed(kept, points[inside].to_crs(CRS).reset_index(drop=True), tuple(notes))


def _points(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Return points, without heights; a shape gives a point inside it."""
    flat = shapely.force_2d(shapes.to_numpy())
    flat[shapely.is_empty(flat) | ~np.isfinite(shapely.bounds(flat)).all(axis=1)] = None
    single = shapely.get_type_id(flat) == 0
    inner = np.where(single, flat, shapely.point_on_surface(flat))
    return gpd.GeoSeries(inner, crs=shapes.crs)


def _inside(lon: np.ndarray, lat: np.ndarray) -> Bools:
    with np.errstate(invalid="ignore"):
        found = (lon >= _WEST) & (lon <= _EAST) & (lat >= _SOUTH) & (lat <= _NORTH)
    return np.asarray(found, dtype=bool)


def unmapped_notes(raw: RawTable, name: str, cells: Cells) -> list[Problem]:
    """Tell the words of a column that have no equivalent, each once.

    Parameters
    ----------
    raw
        The rows.
    name
        The column in the file.
    cells
        The column, read.

    Returns
    -------
    list of Problem
        ``value-unmapped`` warnings.
    """
    words = raw.data[name].astype(str)[cells.unmapped | cells.wrong]
    return [
        problem("value-unmapped", field=name, found=word, severity="warning")
        for word in sorted(set(words))
    ]


def optional_column(raw: RawTable, name: str | None) -> pd.Series:
    """Return a column, or as many empty cells where the file does not have it.

    Parameters
    ----------
    raw
        The rows.
    name
        The column in the file, if any.

    Returns
    -------
    Series
        Its cells.
    """
    return raw.data[name] if name else pd.Series("", index=raw.data.index)
