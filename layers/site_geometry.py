"""Geometry of sites: any CRS and shape in, valid polygons in EPSG:2154 out.

Areas are planar, in Lambert-93. The projection is conformal: in Pays de la Loire a planar
area is 0.06 % to 0.19 % smaller than on the GRS 80 ellipsoid (a test says so); the same
holds for every layer, so shares and differences are not affected.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pyproj
import shapely
from pyproj.transformer import TransformerGroup

from layers.errors import N_, Problem, problem
from layers.raw_table import Bools, Floats, Geometries, Integers, RawTable, row_problems, told_of
from layers.site_table import SITES_CRS

DISC_SEGMENTS: Final = 64
LARGEST_DISC_M2: Final = 1e8  # 10,000 ha: the area of the largest industrial ports of France
# Lambert-93, Lambert II étendu, Web Mercator, conformal conic zones (CC), degrees. UTM is left
# out: the figures of Pays de la Loire in it are those of Marseille in Web Mercator.
CONFUSED_CRS: Final = (
    "EPSG:2154", "EPSG:27572", "EPSG:3857", *(f"EPSG:{code}" for code in range(3942, 3951)),
    "EPSG:4326",
)  # fmt: skip
REPAIR_TOLERANCE: Final = 0.001  # largest relative change of area by a repair
OUTSIDE_TOLERANCE: Final = 0.001  # a smaller share outside is the generalisation of borders
_GEODETIC_RANGE: Final = N_("longitudes and latitudes in degrees")
_FRANCE_LON: Final = (-5.6, 9.9)  # degrees, metropolitan France with Corsica
_FRANCE_LAT: Final = (41.0, 51.6)
_POLYGON_OR_POINT: Final = N_("a polygon, or a point with its area")
_POINT, _POLYGON, _MULTIPOINT, _MULTIPOLYGON, _COLLECTION = 0, 3, 4, 6, 7
_Transform = Callable[[Any], Any]


@dataclass(frozen=True, eq=False, slots=True)
class SiteShapes:
    """Polygons of the rows of a file.

    Parameters
    ----------
    polygons
        Valid polygons in EPSG:2154; ``None`` where the row has an error.
    is_disc
        Whether the polygon was drawn around a point.
    errors, notes
        What was found, by row.
    """

    polygons: Geometries
    is_disc: Bools
    errors: tuple[Problem, ...]
    notes: tuple[Problem, ...]


@dataclass(frozen=True, eq=False, slots=True)
class _Shapes:
    """Geometries on their way: a step returns the next, ``None`` where a row fails."""

    rows: Integers
    field: str
    geometry: Geometries
    errors: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()

    def without(self, mask: Bools, code: str, **said: Any) -> _Shapes:
        """Drop the rows of ``mask``, for the reason ``code``."""
        found = row_problems(mask, self.rows, code, field=self.field, **said)
        return replace(self, geometry=_cleared(self.geometry, mask), errors=(*self.errors, *found))

    def noting(self, mask: Bools, code: str, **said: Any) -> _Shapes:
        """Tell something of the rows of ``mask``."""
        found = row_problems(mask, self.rows, code, field=self.field, severity="warning", **said)
        return replace(self, notes=(*self.notes, *found))

    def present(self) -> Bools:
        """Tell which rows have a geometry so far."""
        return np.asarray(~shapely.is_missing(self.geometry), dtype=bool)


def site_shapes(
    table: RawTable, declared_area_m2: Floats, *, extent: shapely.Geometry | None = None
) -> SiteShapes:
    """Return valid polygons in EPSG:2154 for the rows of a file.

    Points become discs of their declared area. Invalid polygons are repaired where this
    leaves their area unchanged.

    Parameters
    ----------
    table
        The file, with ``geometry`` and ``crs``.
    declared_area_m2
        Declared area of each row, in m²; NaN where unknown.
    extent
        Outline of the territory in EPSG:2154; ``None`` for no check of place.

    Returns
    -------
    SiteShapes
        In the order of the rows.

    Raises
    ------
    ValueError
        If ``table`` has no geometry or no CRS: a defect of the caller.
    """
    if table.geometry is None or table.crs is None:
        raise ValueError("a table without geometry or CRS holds no sites")
    source = _flat(_shaped(_filled(table), table), table)
    project = _projection(table.crs)
    shapes = _repaired(_projected(source, table.crs, project))
    notes = [] if project is None else _accuracy(table.crs)
    shapes, is_disc = _discs(shapes, declared_area_m2)
    if extent is None:
        shapes = _in_france(shapes, source.geometry, table.crs)
    else:
        extent = shapely.from_wkb(shapely.to_wkb(extent))  # ours to prepare: threads share it
        shapely.prepare(extent)
        shapes = _inside(shapes, source.geometry, project, extent)
        shapes = _partly_outside(shapes, extent)
    return SiteShapes(shapes.geometry, is_disc, shapes.errors, (*notes, *shapes.notes))


def disc(x: Floats, y: Floats, area_m2: Floats) -> Geometries:
    """Draw regular polygons of :data:`DISC_SEGMENTS` sides with the given areas.

    A polygon of n sides and radius r has the area n r² sin(2π/n) / 2, from which r.

    Parameters
    ----------
    x, y
        Centres, in m.
    area_m2
        Areas, in m².

    Returns
    -------
    array of Polygon
        One polygon a centre.

    Examples
    --------
    >>> drawn = disc(np.array([350_000.0]), np.array([6_700_000.0]), np.array([10_000.0]))
    >>> round(float(shapely.area(drawn)[0]), 4)
    10000.0
    """
    step = 2 * np.pi / DISC_SEGMENTS
    radius = np.sqrt(2 * area_m2 / (DISC_SEGMENTS * np.sin(step)))
    angles = -step * np.arange(DISC_SEGMENTS)  # clockwise, as GEOS draws its buffers
    ring = np.empty((len(x), DISC_SEGMENTS + 1, 2))
    ring[:, :-1, 0] = x[:, None] + radius[:, None] * np.cos(angles)
    ring[:, :-1, 1] = y[:, None] + radius[:, None] * np.sin(angles)
    ring[:, -1] = ring[:, 0]
    return np.asarray(shapely.polygons(ring), dtype=object)


def _cleared(geometry: Geometries, mask: Bools) -> Geometries:
    kept = geometry.copy()
    kept[mask] = None
    return kept


def _filled(table: RawTable) -> _Shapes:
    """Start with the geometries that are there; an unreadable one was told already."""
    geometry = np.asarray(table.geometry, dtype=object)
    absent = np.asarray(shapely.is_missing(geometry) | shapely.is_empty(geometry), dtype=bool)
    told = told_of(table.rejected, table.rows)
    shapes = _Shapes(table.rows, table.geometry_field, geometry)
    shapes = shapes.without(absent & ~told, "geometry-empty")
    return replace(shapes, geometry=_cleared(geometry, absent))


def _shaped(shapes: _Shapes, table: RawTable) -> _Shapes:
    """Keep polygons and points; a collection of one part is that part."""
    geometry = shapes.geometry.copy()
    kinds = shapely.get_type_id(geometry)
    multiple = np.isin(kinds, (_MULTIPOINT, _MULTIPOLYGON, _COLLECTION))
    single = multiple & (shapely.get_num_geometries(geometry) == 1)
    geometry[single] = shapely.get_geometry(geometry[single], 0)
    kinds = shapely.get_type_id(geometry)
    allowed = np.isin(kinds, (_POINT, _POLYGON, _MULTIPOLYGON))
    other = np.asarray(~shapely.is_missing(geometry) & ~allowed, dtype=bool)
    found = [g.geom_type if o else "" for g, o in zip(geometry, other, strict=True)]
    shapes = replace(shapes, geometry=geometry)
    shapes = shapes.without(other, "geometry-type", found=found, expected=_POLYGON_OR_POINT)
    if table.curved is None:
        return shapes
    return shapes.noting(table.curved & shapes.present(), "geometry-curved", found=N_("arcs"))


def _flat(shapes: _Shapes, table: RawTable) -> _Shapes:
    """Drop heights; refuse coordinates that are not numbers or not of the CRS."""
    raised = np.asarray(shapely.has_z(shapes.geometry), dtype=bool)
    shapes = shapes.noting(raised, "geometry-3d")
    geometry = np.asarray(shapely.force_2d(shapes.geometry), dtype=object)
    shapes = replace(shapes, geometry=geometry)
    bounds = shapely.bounds(geometry)
    finite = _finite(geometry)
    shapes = shapes.without(
        shapes.present() & ~finite, "geometry-invalid", found=N_("a coordinate is not a number")
    )
    if table.crs is None or not _in_degrees(table.crs):
        return shapes
    beyond = _beyond_degrees(bounds) & shapes.present()
    found = _corners(bounds, beyond)
    return shapes.without(beyond, "coordinates-range", found=found, expected=_GEODETIC_RANGE)


def out_of_range(table: RawTable) -> Problem | None:
    """Tell whether no geometry of a file fits the CRS it is read in.

    A GeoJSON that declares none is in longitudes and latitudes (RFC 7946): one that holds
    metres is unusable as a whole, not row by row.

    Parameters
    ----------
    table
        The file, with ``geometry`` and ``crs``.

    Returns
    -------
    Problem or None
        ``coordinates-range``, or ``None``.
    """
    if table.crs is None or table.geometry is None or not _in_degrees(table.crs):
        return None
    bounds = shapely.bounds(table.geometry)
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    beyond = _beyond_degrees(bounds)
    if not len(bounds) or not beyond.all():
        return None
    found = _corners(bounds, beyond)[0]
    return problem(
        "coordinates-range", field=table.geometry_field, found=found, expected=_GEODETIC_RANGE
    )


def elsewhere(table: RawTable) -> Problem | None:
    """Tell whether the CRS of a file has no conversion to that of the sites.

    Parameters
    ----------
    table
        The file, with ``crs``.

    Returns
    -------
    Problem or None
        ``crs-unknown`` for a CRS of the Moon, say, or ``None``.
    """
    if table.crs is None:
        return None
    try:
        _projection(table.crs)
    except pyproj.exceptions.ProjError:
        return problem("crs-unknown", field=table.geometry_field, found=_crs_name(table.crs))
    return None


def _in_degrees(crs: pyproj.CRS) -> bool:
    return crs.is_geographic and all(axis.unit_name == "degree" for axis in crs.axis_info)


def _beyond_degrees(bounds: Any) -> Bools:
    with np.errstate(invalid="ignore"):
        beyond = np.abs(bounds) > np.array([180.0, 90.0, 180.0, 90.0])
    return np.asarray(beyond.any(axis=1), dtype=bool)


def _corners(bounds: Any, mask: Bools) -> dict[int, str]:
    return {int(i): f"{bounds[i, 0]:.10g}, {bounds[i, 1]:.10g}" for i in np.flatnonzero(mask)}


def _finite(geometry: Geometries) -> Bools:
    coordinates, index = shapely.get_coordinates(geometry, return_index=True)
    finite = np.ones(len(geometry), dtype=bool)
    finite[index[~np.isfinite(coordinates).all(axis=1)]] = False
    return finite


def _projection(crs: pyproj.CRS) -> _Transform | None:
    """Return the conversion to EPSG:2154 of an (n, 2) array; ``None`` if there is nothing to do."""
    if crs.equals(pyproj.CRS(SITES_CRS), ignore_axis_order=True):
        return None
    transformer = pyproj.Transformer.from_crs(crs, SITES_CRS, always_xy=True)

    def convert(points: Any) -> Any:
        return np.column_stack(transformer.transform(points[:, 0], points[:, 1]))

    return convert


def _accuracy(crs: pyproj.CRS) -> list[Problem]:
    """Tell of a CRS whose best conversion needs a grid that is not there (old NTF files)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        best = TransformerGroup(crs, SITES_CRS, always_xy=True).best_available
        accuracy = pyproj.Transformer.from_crs(crs, SITES_CRS, always_xy=True).accuracy
    if best:
        return []
    expected = f"{accuracy:g} m" if accuracy > 0 else N_("an unknown accuracy")
    return [problem("crs-accuracy", found=_crs_name(crs), expected=expected, severity="warning")]


def _crs_name(crs: pyproj.CRS) -> str:
    authority = crs.to_authority()
    return ":".join(authority) if authority else crs.name


def _projected(source: _Shapes, crs: pyproj.CRS, project: _Transform | None) -> _Shapes:
    if project is None:
        return source
    geometry = np.asarray(shapely.transform(source.geometry, project), dtype=object)
    lost = ~_finite(geometry)
    found = _corners(shapely.bounds(source.geometry), lost)
    shapes = replace(source, geometry=geometry)
    return shapes.without(lost, "coordinates-range", found=found, expected=_crs_name(crs))


def _repaired(shapes: _Shapes) -> _Shapes:
    """Repair invalid polygons whose area this does not change; drop the others."""
    geometry = shapes.geometry.copy()
    broken = shapes.present() & ~np.asarray(shapely.is_valid(geometry), dtype=bool)
    if not broken.any():
        return shapes
    reasons = np.asarray(shapely.is_valid_reason(geometry[broken]), dtype=object)
    mended = shapely.make_valid(geometry[broken], method="structure", keep_collapsed=False)
    before, after = shapely.area(geometry[broken]), shapely.area(mended)
    same = (after > 0) & (np.abs(after - before) < REPAIR_TOLERANCE * after)
    same &= np.isin(shapely.get_type_id(mended), (_POLYGON, _MULTIPOLYGON))
    where = np.flatnonzero(broken)
    geometry[where[same]] = mended[same]
    found = dict(zip(where.tolist(), reasons.tolist(), strict=True))
    good, bad = np.zeros(len(geometry), dtype=bool), np.zeros(len(geometry), dtype=bool)
    good[where[same]] = True
    bad[where[~same]] = True
    shapes = replace(shapes, geometry=geometry).noting(good, "geometry-repaired", found=found)
    return shapes.without(bad, "geometry-invalid", found=found)


def _inside(
    shapes: _Shapes, source: Geometries, project: _Transform | None, extent: shapely.Geometry
) -> _Shapes:
    """Refuse what does not touch the territory; say so where swapped axes explain it."""
    outside = shapes.present() & ~np.asarray(shapely.intersects(extent, shapes.geometry))
    if not outside.any():
        return shapes
    where = np.flatnonzero(outside)
    turned = shapely.transform(source[where], lambda points: points[:, ::-1])
    if project is not None:
        turned = shapely.transform(turned, project)
    turned = _cleared(turned, ~_finite(turned))
    swapped = np.zeros(len(outside), dtype=bool)
    swapped[where] = shapely.intersects(extent, turned)
    found = _centres(source, swapped)
    shapes = shapes.without(swapped, "coordinates-swapped", found=found)
    meant = _meant(source, outside & ~swapped, extent)
    wrong = np.zeros(len(outside), dtype=bool)
    wrong[list(meant)] = True
    found = _centres(source, wrong)
    shapes = shapes.without(wrong, "crs-doubtful", found=found, expected=meant)
    outside &= ~wrong
    xmin, ymin, xmax, ymax = shapely.bounds(extent)
    expected = f"{SITES_CRS}: x {xmin:.0f}–{xmax:.0f}, y {ymin:.0f}–{ymax:.0f}"
    return shapes.without(outside & ~swapped, "outside-territory", expected=expected)


def _meant(source: Geometries, outside: Bools, extent: shapely.Geometry) -> Mapping[int, str]:
    """Find the CRS in which sites that lie outside the territory would lie inside it.

    A site elsewhere in France is not taken for one of Pays de la Loire: the figures of one in
    a CRS are not those of the other in another, but around Dunkerque (Web Mercator, Lambert-93).
    """
    where = np.flatnonzero(outside)
    points = shapely.get_coordinates(shapely.centroid(source[where]))
    meant: dict[int, str] = {}
    for name in CONFUSED_CRS if len(where) else ():
        project = _projection(pyproj.CRS(name))
        placed = shapely.points(points if project is None else project(points))
        inside = np.asarray(shapely.intersects(extent, placed), dtype=bool)
        meant |= {int(i): name for i in where[inside] if int(i) not in meant}
    return meant


def _in_france(shapes: _Shapes, source: Geometries, crs: pyproj.CRS) -> _Shapes:
    """Refuse degrees that make sense once swapped only, where no territory is known.

    What lies at 41 to 52° East and 6° South to 10° North is off Somalia: no file of French
    sites means it, and swapped it is in metropolitan France. It is told, not swapped back:
    what else is wrong in such a file is not known.
    """
    if not _in_degrees(crs):
        return shapes
    bounds = shapely.bounds(source)
    in_x = (bounds[:, 0] >= _FRANCE_LAT[0]) & (bounds[:, 2] <= _FRANCE_LAT[1])
    in_y = (bounds[:, 1] >= _FRANCE_LON[0]) & (bounds[:, 3] <= _FRANCE_LON[1])
    swapped = shapes.present() & in_x & in_y
    return shapes.without(swapped, "coordinates-swapped", found=_centres(source, swapped))


def _centres(geometry: Geometries, mask: Bools) -> Mapping[int, str]:
    where = np.flatnonzero(mask)
    points = shapely.get_coordinates(shapely.centroid(geometry[where]))
    return {int(i): f"{x:.7g}, {y:.7g}" for i, (x, y) in zip(where, points, strict=True)}


def _discs(shapes: _Shapes, area_m2: Floats) -> tuple[_Shapes, Bools]:
    """Draw points as discs of their declared area."""
    points = np.asarray(shapely.get_type_id(shapes.geometry) == _POINT, dtype=bool)
    if not points.any():
        return shapes, points
    with np.errstate(invalid="ignore"):
        sized = area_m2 > 0
    shapes = shapes.without(
        points & ~sized, "point-without-area", expected=N_("a declared area above zero, in m²")
    )
    with np.errstate(invalid="ignore"):
        huge = points & (area_m2 > LARGEST_DISC_M2)
    told = {int(i): f"{area_m2[i]:.10g}" for i in np.flatnonzero(huge)}
    shapes = shapes.without(huge, "area-huge", found=told, expected=f"{LARGEST_DISC_M2:.0f}")
    drawn = points & sized & ~huge
    geometry = shapes.geometry.copy()
    x, y = shapely.get_x(geometry[drawn]), shapely.get_y(geometry[drawn])
    geometry[drawn] = disc(x, y, area_m2[drawn])
    found = {int(i): f"{area_m2[i]:.10g}" for i in np.flatnonzero(drawn)}
    shapes = replace(shapes, geometry=geometry).noting(drawn, "geometry-buffered", found=found)
    return shapes, drawn


def _partly_outside(shapes: _Shapes, extent: shapely.Geometry) -> _Shapes:
    """Tell of sites that cross the border of the territory."""
    crossing = shapes.present() & ~np.asarray(shapely.covers(extent, shapes.geometry))
    where = np.flatnonzero(crossing)
    within = shapely.area(shapely.intersection(shapes.geometry[where], extent))
    share = 1 - within / shapely.area(shapes.geometry[where])
    found = {int(i): f"{100 * s:.1f} %" for i, s in zip(where, share, strict=True)}
    crossing[where] = share > OUTSIDE_TOLERANCE
    return shapes.noting(crossing, "partly-outside", found=found)
