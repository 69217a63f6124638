"""Areas of sites by land-cover class of a raster, and by polygons of another layer.

All areas are planar, in m² of the projected CRS of the sites. A figure of a site
depends on that site and on the layer alone: the same to the last bit whatever the
other sites of the batch, their order and their number.

Geometries must be valid, as the readers of :mod:`layers` make them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import rasterio
import shapely
from rasterio.errors import RasterioIOError
from rasterio.windows import Window

from layers.errors import N_, LayerError, Problem, problem
from siting import _coverage_steps
from siting._coverage_grid import Booleans, Floats, Grid, Integers, Part, parts

__all__ = ["class_areas", "covered_area", "intersections", "polygon_areas"]

SITES_AT_ONCE = 8192
"""Sites handed to the kernel at once: bounds the table of their 256 sums (16 MiB)."""

LEAST_AT_ONCE = 1024
"""Sites below which a block is not worth a thread."""

PLAIN_WORK = 150_000
"""Cells and vertices below which numba is not worth its import: some 0.3 s of plain Python."""

THREADS = min(4, os.cpu_count() or 1)
"""Threads of the kernel, which holds no lock of Python."""

MANY_VERTICES = 128
"""Vertices above which a polygon is first cut down to what lies around the site."""

PREPARED_VERTICES = 1 << 20
"""Vertices of the polygons that are prepared at once (some 100 MB)."""

AROUND_M = 0.732050807568877
"""Width kept around the site then: no vertex of a file is likely to lie at that very place."""

_POLYGONAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)

Geometries = npt.NDArray[np.object_]


def class_areas(sites: gpd.GeoSeries, raster: Path | str) -> pd.DataFrame:
    """Measure the area of each site in each class of a raster.

    A cell that a site covers in part counts for the exact share of it that lies inside
    the site, not for all or nothing by its centre.

    Parameters
    ----------
    sites
        Polygons, in the CRS of the raster.
    raster
        Path of a raster of classes: one band of uint8, north up, in a projected CRS in
        metres. The "nodata" value is a class like any other and comes back under its
        code: the caller decides what it means.

    Returns
    -------
    DataFrame
        On the index of ``sites``, one column for each class code (int, ascending) met
        under any of the sites, then ``"outside"``, the part of the site beyond the
        edges of the raster; all in m². A row adds up to the area of its site.

    Raises
    ------
    LayerError
        If the raster cannot be read or is not of that kind (``raster-unsuitable``), if
        its CRS is not that of the sites (``crs-mismatch``), or if a site is missing,
        not a polygon, or found to be invalid.

    Examples
    --------
    >>> from affine import Affine
    >>> classes = np.array([[1, 1, 2], [1, 3, 2]], dtype=np.uint8)
    >>> shape = {"width": 3, "height": 2, "count": 1, "dtype": "uint8", "crs": "EPSG:2154"}
    >>> site = shapely.box(355_005, 6_690_005, 355_040, 6_690_015)
    >>> with rasterio.MemoryFile() as memory:
    ...     corner = Affine(10, 0, 355_000, 0, -10, 6_690_020)
    ...     with memory.open(driver="GTiff", transform=corner, **shape) as file:
    ...         file.write(classes, 1)
    ...     class_areas(gpd.GeoSeries({"A": site}, crs=2154), memory.name)
           1      2     3  outside
    A  100.0  100.0  50.0    100.0
    """
    with closing(_opened(raster)) as dataset:
        problems = [*_geometry_problems(sites), *_raster_problems(dataset, sites.crs)]
        if problems:
            raise LayerError(problems)
        grid = Grid.of(dataset)
        geometries = np.asarray(sites.array, dtype=object)
        cells, sound = _cells_by_class(geometries, grid, dataset)
    if not sound.all():
        raise LayerError(_unsound(i, geometries[i]) for i in np.flatnonzero(~sound).tolist())
    areas: dict[int | str, Floats] = {
        code: cells[code] * grid.cell_area_m2 for code in sorted(cells)
    }
    inside = np.zeros(len(sites))
    for area in areas.values():  # one by one: a pairwise sum would depend on their number
        inside += area
    beyond = grid.exceeded_by(shapely.bounds(geometries))
    outside = np.where(beyond, np.maximum(shapely.area(geometries) - inside, 0.0), 0.0)
    areas["outside"] = outside
    return pd.DataFrame(areas, index=sites.index)


def intersections(sites: gpd.GeoSeries, polygons: gpd.GeoSeries) -> gpd.GeoDataFrame:
    """Cut the sites along the polygons of a layer.

    Parameters
    ----------
    sites
        Polygons, in a projected CRS in metres.
    polygons
        Polygons in the same CRS; they may overlap, and then so do the pieces.

    Returns
    -------
    GeoDataFrame
        One row for each site and polygon that share some area, with their labels in
        the columns ``site`` and ``polygon`` and the piece (its polygonal part, of an
        area above zero) as ``geometry``; by position of the site, then of the polygon.
        The rounding of a shared border can leave a piece of a few µm².

    Raises
    ------
    LayerError
        If a CRS is missing or the two differ, or a geometry is missing or not a polygon.

    Examples
    --------
    >>> site = gpd.GeoSeries({"A": shapely.box(0, 0, 20, 10)}, crs=2154)
    >>> communes = {"44109": shapely.box(-50, 0, 5, 50), "44190": shapely.box(5, 0, 50, 50)}
    >>> intersections(site, gpd.GeoSeries(communes, crs=2154)).area
    0     50.0
    1    150.0
    dtype: float64
    """
    pieces = _pieces(sites, polygons)
    labels = {
        "site": sites.index.take(pieces.sites),
        "polygon": polygons.index.take(pieces.polygons),
    }
    return gpd.GeoDataFrame(labels, geometry=pieces.geometries, crs=sites.crs)


def polygon_areas(sites: gpd.GeoSeries, polygons: gpd.GeoSeries) -> pd.DataFrame:
    """Measure the area that each site shares with each polygon of a layer.

    Parameters
    ----------
    sites
        Polygons, in a projected CRS in metres.
    polygons
        Polygons in the same CRS. Where they overlap the area counts for each of them:
        for a total use :func:`covered_area`.

    Returns
    -------
    DataFrame
        Columns ``site``, ``polygon`` (labels) and ``area_m2`` (above zero), one row for
        each pair that shares some area; by position of the site, then of the polygon.

    Raises
    ------
    LayerError
        If a CRS is missing or the two differ, or a geometry is missing or not a polygon.

    Examples
    --------
    >>> site = gpd.GeoSeries({"A": shapely.box(0, 0, 20, 10)}, crs=2154)
    >>> communes = {"44109": shapely.box(-50, 0, 5, 50), "44190": shapely.box(5, 0, 50, 50)}
    >>> polygon_areas(site, gpd.GeoSeries(communes, crs=2154))
      site polygon  area_m2
    0    A   44109     50.0
    1    A   44190    150.0
    """
    pieces = _pieces(sites, polygons)
    return pd.DataFrame(
        {
            "site": sites.index.take(pieces.sites),
            "polygon": polygons.index.take(pieces.polygons),
            "area_m2": pieces.areas_m2,
        }
    )


def covered_area(sites: gpd.GeoSeries, polygons: gpd.GeoSeries) -> pd.Series:
    """Measure the area of each site that a layer of polygons covers, overlaps counted once.

    Parameters
    ----------
    sites
        Polygons, in a projected CRS in metres.
    polygons
        Polygons in the same CRS; they may overlap.

    Returns
    -------
    Series
        Area in m² on the index of ``sites``, named ``covered_area_m2``; 0 where no
        polygon reaches, never more than the area of the site.

    Raises
    ------
    LayerError
        If a CRS is missing or the two differ, or a geometry is missing or not a polygon.

    Notes
    -----
    The pieces of one site are dissolved, rather than the whole layer beforehand: the
    result is the same area, ten sites do not pay for a country, and a site's figure
    cannot depend on polygons it does not touch.

    Examples
    --------
    >>> site = gpd.GeoSeries({"A": shapely.box(0, 0, 20, 10)}, crs=2154)
    >>> zones = gpd.GeoSeries([shapely.box(-5, 0, 6, 50), shapely.box(4, 0, 9, 50)], crs=2154)
    >>> covered_area(site, zones)
    A    90.0
    Name: covered_area_m2, dtype: float64
    """
    pieces = _pieces(sites, polygons)
    covered = np.zeros(len(sites))
    covered[pieces.sites] = pieces.areas_m2
    several = np.bincount(pieces.sites, minlength=len(sites))[pieces.sites] > 1
    if several.any():
        positions, group = np.unique(pieces.sites[several], return_inverse=True)
        groups: Geometries = np.asarray(
            shapely.geometrycollections(pieces.geometries[several], indices=group), dtype=object
        )
        covered[positions] = shapely.area(shapely.union_all(groups[:, np.newaxis], axis=1))
    covered = np.minimum(covered, shapely.area(np.asarray(sites.array, dtype=object)))
    return pd.Series(covered, index=sites.index, name="covered_area_m2")


def _cells_by_class(
    geometries: Geometries, grid: Grid, dataset: Any
) -> tuple[dict[int, Floats], Booleans]:
    """Return the cells covered by each polygon in each class, and whether they make sense."""
    windows = grid.windows(shapely.bounds(geometries))
    kernel = _kernel(geometries, windows)
    cells: dict[int, Floats] = {}
    sound = np.ones(len(geometries), dtype=bool)
    with ThreadPoolExecutor(THREADS) as pool:
        for part in parts(windows, grid):
            window = Window(part.left, part.top, part.right - part.left, part.bottom - part.top)
            blocks = _blocks(part.boxes)
            classes = dataset.read(1, window=window)
            done = _counted(kernel, geometries, grid, windows, classes, part)
            # Blocks share no polygon, and are added in their order: threads change no figure.
            for some, (shares, sound_here) in zip(blocks, pool.map(done, blocks), strict=True):
                sound[some] &= sound_here
                for code in np.flatnonzero(shares.any(axis=0)).tolist():
                    column = cells.setdefault(code, np.zeros(len(geometries)))
                    column[some] += shares[:, code]
    return cells, sound


def _kernel(geometries: Geometries, windows: Integers) -> Any:
    """Return the compiled functions, or the plain ones where there is little to do.

    Both give the same figures to the last bit.
    """
    plain = "siting._coverage_kernel" not in sys.modules
    if plain:
        rows, columns = windows[:, 1] - windows[:, 0], windows[:, 3] - windows[:, 2]
        vertices = int(shapely.get_num_coordinates(geometries).sum())
        plain = int((rows * columns).clip(0).sum()) + 4 * vertices <= PLAIN_WORK
    if plain:
        return _coverage_steps
    from siting import _coverage_kernel  # noqa: PLC0415 - numba is slow to import

    return _coverage_kernel


def _blocks(boxes: Integers) -> list[Integers]:
    """Cut the polygons of a part into blocks: several where there are enough for threads."""
    size = min(SITES_AT_ONCE, max(LEAST_AT_ONCE, -(-len(boxes) // THREADS)))
    return [boxes[start : start + size] for start in range(0, len(boxes), size)]


def _counted(
    kernel: Any,
    geometries: Geometries,
    grid: Grid,
    windows: Integers,
    classes: npt.NDArray[np.uint8],
    part: Part,
) -> Callable[[Integers], tuple[Floats, Booleans]]:
    """Return what counts the cells of a block of polygons in a part of the raster."""

    def counted(some: Integers) -> tuple[Floats, Booleans]:
        clipped = windows[some]
        clipped[:, :2] = np.clip(clipped[:, :2], part.top, part.bottom)
        return _shares(kernel, geometries[some], grid, clipped, classes, (part.top, part.left))

    return counted


def _shares(
    kernel: Any,
    geometries: Geometries,
    grid: Grid,
    windows: Integers,
    classes: npt.NDArray[np.uint8],
    corner: tuple[int, int],
) -> tuple[Floats, Booleans]:
    """Run the kernel on some polygons and the part of the raster that holds ``windows``."""
    kind, coordinates, offsets = shapely.to_ragged_array(geometries, include_z=False)
    rings, polygons, *sites = (level.astype(np.int64) for level in offsets)
    owners = polygons[sites[0]] if kind == shapely.GeometryType.MULTIPOLYGON else polygons
    exterior = np.zeros(len(rings) - 1, dtype=bool)
    exterior[polygons[:-1][np.diff(polygons) > 0]] = True
    points = grid.cells(coordinates)
    signs = kernel.ring_signs(points, rings, exterior)
    shares = np.zeros((len(geometries), 256))
    sound = kernel.add_coverage(shares, points, rings, signs, owners, windows, classes, corner)
    return shares, sound


@dataclass(frozen=True, eq=False, slots=True)
class _Pieces:
    """Pairs of positions, with what they share."""

    sites: Integers
    polygons: Integers
    geometries: Geometries
    areas_m2: Floats


def _pieces(sites: gpd.GeoSeries, polygons: gpd.GeoSeries) -> _Pieces:
    """Return the pieces of the sites in the polygons, by site and then polygon."""
    problems = [*_geometry_problems(sites), *_geometry_problems(polygons)]
    problems += _crs_problems(sites.crs, polygons.crs)
    if problems:
        raise LayerError(problems)
    a = np.asarray(sites.array, dtype=object)
    b = np.asarray(polygons.array, dtype=object)
    site, polygon, whole = _pairs(a, b)
    pieces = a[site]
    pieces[~whole] = _polygonal(cut(pieces[~whole], b[polygon[~whole]]))
    areas = shapely.area(pieces)
    some = areas > 0
    return _Pieces(site[some], polygon[some], pieces[some], areas[some])


def _pairs(sites: Geometries, polygons: Geometries) -> tuple[Integers, Integers, Booleans]:
    """Return the pairs that meet, by site and polygon, and whether the site is all inside."""
    polygon, site = shapely.STRtree(sites).query(polygons)
    order = np.lexsort((site, polygon))
    polygon, site = polygon[order], site[order]
    touched, starts, place = np.unique(polygon, return_index=True, return_inverse=True)
    whole, meets = np.zeros(len(site), dtype=bool), np.zeros(len(site), dtype=bool)
    vertices = np.cumsum(shapely.get_num_coordinates(polygons[touched]))
    cuts = np.flatnonzero(np.diff(vertices // PREPARED_VERTICES)) + 1
    for block in np.split(np.arange(len(touched)), cuts) if len(touched) else ():
        # Each large polygon is prepared once for all its small sites. On a copy: what is
        # prepared must not be shared between threads, and the caller's geometries may be.
        prepared = np.asarray(shapely.force_2d(polygons[touched[block]]), dtype=object)
        shapely.prepare(prepared)
        last = starts[block[-1] + 1] if block[-1] + 1 < len(touched) else len(site)
        pairs = np.arange(starts[block[0]], last)
        own, near = prepared[place[pairs] - block[0]], sites[site[pairs]]
        inside = shapely.contains_properly(own, near)
        whole[pairs] = meets[pairs] = inside
        meets[pairs[~inside]] = shapely.intersects(own[~inside], near[~inside])
    site, polygon, whole = site[meets], polygon[meets], whole[meets]
    order = np.lexsort((polygon, site))
    return site[order], polygon[order], whole[order]


def cut(sites: Geometries, polygons: Geometries) -> Geometries:
    """Cut each site along its polygon.

    Parameters
    ----------
    sites
        Polygons.
    polygons
        Polygon of each.

    Returns
    -------
    ndarray
        The part of each site inside its polygon; points and lines may be with it.

    Notes
    -----
    GEOS reads every vertex of the polygon each time: one of many vertices is clipped to a
    rectangle around the site first, which moves no edge inside it. Where what is left is no
    sound polygon, the whole one serves. A piece depends on its site and polygon alone.
    """
    near = polygons.copy()
    large = np.flatnonzero(shapely.get_num_coordinates(polygons) > MANY_VERTICES)
    around = shapely.bounds(sites[large]) + AROUND_M * np.array([-1, -1, 1, 1])
    clipped = np.empty(len(large), dtype=object)
    for i, (polygon, box) in enumerate(zip(polygons[large], around.tolist(), strict=True)):
        clipped[i] = shapely.clip_by_rect(polygon, *box)
    sound = np.isin(shapely.get_type_id(clipped), _POLYGONAL) & ~shapely.is_empty(clipped)
    sound &= shapely.is_valid(clipped)
    near[large[sound]] = clipped[sound]
    return np.asarray(shapely.intersection(sites, near), dtype=object)


def _polygonal(geometries: Geometries) -> Geometries:
    """Keep the polygons of intersections, not the points and lines where borders touch."""
    result = geometries.copy()
    mixed = shapely.get_type_id(geometries) == shapely.GeometryType.GEOMETRYCOLLECTION
    for i in np.flatnonzero(mixed):
        parts = shapely.get_parts(shapely.get_parts(geometries[i]))
        result[i] = shapely.multipolygons(
            parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
        )
    return result


def _opened(raster: Path | str) -> Any:
    """Open a raster, or tell why it cannot be."""
    try:
        return rasterio.open(raster)
    except RasterioIOError as error:
        name = Path(raster).name
        code = "file-unreadable" if Path(raster).exists() else "file-missing"
        raise LayerError(problem(code, file=name, found=error, expected="a raster")) from error


def _raster_problems(dataset: Any, crs: pyproj.CRS | None) -> Iterator[Problem]:
    file, m = Path(dataset.name).name, dataset.transform
    if dataset.count != 1 or dataset.dtypes[0] != "uint8":
        found = f"{dataset.count} × {', '.join(sorted(set(dataset.dtypes)))}"
        expected = N_("one band of uint8")
        yield problem("raster-unsuitable", file=file, found=found, expected=expected)
    if m.b != 0 or m.d != 0 or m.a <= 0 or m.e >= 0:
        found, expected = str(tuple(m)[:6]), N_("a grid with north up")
        yield problem("raster-unsuitable", file=file, found=found, expected=expected)
    raster_crs = pyproj.CRS.from_wkt(dataset.crs.to_wkt()) if dataset.crs else None
    yield from _crs_problems(crs, raster_crs, file)


def _crs_problems(
    crs: pyproj.CRS | None, other: pyproj.CRS | None, other_file: str | None = None
) -> Iterator[Problem]:
    """Tell whether two layers lack a CRS, or a common one, or one in metres."""
    if crs is None:
        yield problem("crs-missing", expected="EPSG:2154")
    elif not crs.is_projected or crs.axis_info[0].unit_conversion_factor != 1.0:
        expected = N_("a projected CRS in metres")
        yield problem("crs-mismatch", found=_crs_name(crs), expected=expected)
    if other is None:
        yield problem("crs-missing", file=other_file, expected="EPSG:2154")
    elif crs is not None and not crs.equals(other, ignore_axis_order=True):
        found, expected = _crs_name(other), _crs_name(crs)
        yield problem("crs-mismatch", file=other_file, found=found, expected=expected)


def _crs_name(crs: pyproj.CRS) -> str:
    return ":".join(crs.to_authority() or (crs.name,))


def _geometry_problems(geometries: gpd.GeoSeries) -> Iterator[Problem]:
    values = np.asarray(geometries.array, dtype=object)
    missing = shapely.is_missing(values) | shapely.is_empty(values)
    for i in np.flatnonzero(missing).tolist():
        yield problem("geometry-empty", row=i + 1)
    wrong = ~missing & ~np.isin(shapely.get_type_id(values), _POLYGONAL)
    for i in np.flatnonzero(wrong).tolist():
        found = values[i].geom_type
        yield problem("geometry-type", row=i + 1, found=found, expected="Polygon, MultiPolygon")


def _unsound(position: int, geometry: Any) -> Problem:
    found = shapely.is_valid_reason(geometry)
    return problem("geometry-invalid", row=position + 1, found=found)
