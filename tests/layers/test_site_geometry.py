"""Geometry of sites: discs, repairs, projections, what lies outside."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from layers.errors import problem
from layers.raw_table import RawTable
from layers.site_geometry import DISC_SEGMENTS, disc, elsewhere, out_of_range, site_shapes

X, Y = 350_000.0, 6_700_000.0
EXTENT = shapely.box(280_000, 6_570_000, 560_000, 6_860_000)
BOX = shapely.box(X, Y, X + 100, Y + 100)
with np.errstate(invalid="ignore"):
    NOT_A_NUMBER = shapely.from_wkt("POLYGON((0 0, 0 NaN, 1 0, 0 0))")


def table(*geometry, crs=2154, **fields) -> RawTable:
    shapes = np.empty(len(geometry), dtype=object)
    shapes[:] = geometry
    rows = np.arange(1, len(geometry) + 1)
    data = pd.DataFrame(index=range(len(geometry)))
    return RawTable(
        name="sites", format="test", data=data, rows=rows, row_count=len(rows), geometry=shapes,
        crs=pyproj.CRS(crs), **fields,
    )  # fmt: skip


def shaped(*geometry, area_m2=np.nan, extent=None, **options):
    areas = np.broadcast_to(np.array(area_m2, dtype=float), len(geometry)).copy()
    return site_shapes(table(*geometry, **options), areas, extent=extent)


def codes(problems) -> list[str]:
    return [p.code for p in problems]


def to_lonlat(geometry):
    convert = pyproj.Transformer.from_crs(2154, 4326, always_xy=True).transform
    return shapely.transform(geometry, convert, interleaved=False)


# --- Area -----------------------------------------------------------------------------


def test_planar_areas_in_pays_de_la_loire_are_0_06_to_0_19_percent_small():
    # The claim of the docstrings of layers.site_geometry and layers.sites.
    geod = pyproj.Geod(ellps="GRS80")
    ratios = []
    for longitude in np.linspace(-2.63, 0.92, 5):
        for latitude in np.linspace(46.26, 48.57, 12):
            area = 0.005
            ring = shapely.box(longitude, latitude, longitude + area, latitude + area)
            ring = shapely.segmentize(ring, area / 50)
            convert = pyproj.Transformer.from_crs(4326, 2154, always_xy=True).transform
            planar = shapely.area(shapely.transform(ring, convert, interleaved=False))
            ratios.append(planar / abs(geod.geometry_area_perimeter(ring)[0]) - 1)
    assert min(ratios) == pytest.approx(-0.0019, abs=2e-5)
    assert max(ratios) == pytest.approx(-0.0006, abs=2e-5)


@given(
    st.floats(280_000, 560_000), st.floats(6_570_000, 6_860_000), st.floats(100, 1e8)
)  # fmt: skip
def test_a_disc_has_the_area_asked_for_and_its_point_in_the_middle(x, y, area_m2):
    drawn = disc(np.array([x]), np.array([y]), np.array([area_m2]))[0]
    assert drawn.is_valid
    assert drawn.area == pytest.approx(area_m2, rel=1e-9)
    assert drawn.centroid.distance(shapely.Point(x, y)) < 1e-6
    # Nearly a circle: of all shapes of this area, the circle is the shortest around.
    assert drawn.length == pytest.approx(2 * np.sqrt(np.pi * area_m2), rel=1e-3)


def test_the_radius_of_a_disc_worked_by_hand():
    # A regular polygon of n sides and radius r has the area n r² sin(2π/n) / 2.
    drawn = disc(np.array([0.0]), np.array([0.0]), np.array([100.0]))[0]
    radius = np.hypot(*shapely.get_coordinates(drawn).T)
    n = DISC_SEGMENTS
    assert n * radius**2 * np.sin(2 * np.pi / n) / 2 == pytest.approx(np.full(n + 1, 100.0))


def test_points_are_drawn_and_told_and_polygons_left_alone():
    shapes = shaped(shapely.Point(X, Y), BOX, area_m2=[10_000, 99])
    assert shapes.is_disc.tolist() == [True, False]
    assert shapely.area(shapes.polygons) == pytest.approx([10_000, 10_000], rel=1e-9)
    assert [(p.code, p.row, p.found) for p in shapes.notes] == [("geometry-buffered", 1, "10000")]


@pytest.mark.parametrize("area_m2", [np.nan, 0, -5])
def test_a_point_without_area_is_rejected(area_m2):
    shapes = shaped(shapely.Point(X, Y), area_m2=area_m2)
    assert [(p.code, p.row) for p in shapes.errors] == [("point-without-area", 1)]
    assert shapely.is_missing(shapes.polygons).all()


# --- Shapes ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        (None, "geometry-empty"),
        (shapely.Polygon(), "geometry-empty"),
        (shapely.Point(), "geometry-empty"),
        (shapely.LineString([(X, Y), (X + 1, Y)]), "geometry-type"),
        (shapely.MultiPoint([(X, Y), (X + 1, Y)]), "geometry-type"),
        (shapely.GeometryCollection([BOX, BOX]), "geometry-type"),
        (NOT_A_NUMBER, "geometry-invalid"),
        (shapely.Point(np.inf, Y), "geometry-invalid"),
    ],
)
def test_what_is_no_site_is_rejected_and_its_neighbours_kept(shape, code):
    shapes = shaped(BOX, shape, BOX, area_m2=1.0)
    assert [(p.code, p.row) for p in shapes.errors] == [(code, 2)]
    assert shapely.is_missing(shapes.polygons).tolist() == [False, True, False]


def test_a_collection_of_one_part_is_that_part():
    shapes = shaped(shapely.MultiPoint([(X, Y)]), shapely.MultiPolygon([BOX]), area_m2=4.0)
    assert shapes.errors == ()
    assert shapes.is_disc.tolist() == [True, False]
    assert shapes.polygons[1].geom_type == "Polygon"


def test_an_unreadable_geometry_already_told_is_not_told_twice():
    told = (problem("geometry-invalid", row=2),)
    shapes = shaped(BOX, None, None, rejected=told)
    assert [(p.code, p.row) for p in shapes.errors] == [("geometry-empty", 3)]


def test_heights_are_dropped_and_told():
    shapes = shaped(shapely.force_3d(BOX, 12.0), BOX)
    assert not shapely.has_z(shapes.polygons).any()
    assert [(p.code, p.row) for p in shapes.notes] == [("geometry-3d", 1)]
    assert shapes.polygons[0].area == 10_000


def test_curves_are_told():
    shapes = shaped(BOX, BOX, curved=np.array([False, True]))
    assert [(p.code, p.row) for p in shapes.notes] == [("geometry-curved", 2)]


# --- Validity -------------------------------------------------------------------------

BOW_TIE = shapely.Polygon([(X, Y), (X + 100, Y + 100), (X + 100, Y), (X, Y + 100)])
# A spike without area: the ring goes out and comes back along the same line.
SPIKE = shapely.Polygon(
    [(X, Y), (X + 100, Y), (X + 100, Y + 50), (X + 180, Y + 50), (X + 100, Y + 50),
     (X + 100, Y + 100), (X, Y + 100)]
)  # fmt: skip
OVERLAP = shapely.MultiPolygon([BOX, shapely.box(X + 50, Y, X + 150, Y + 100)])


def test_a_repair_that_leaves_the_area_is_done_and_told():
    shapes = shaped(SPIKE)
    assert shapes.errors == ()
    assert shapes.polygons[0].is_valid
    assert shapes.polygons[0].area == pytest.approx(10_000)
    (note,) = shapes.notes
    assert (note.code, note.row) == ("geometry-repaired", 1)
    assert "Self-intersection" in note.found


@pytest.mark.parametrize("broken", [BOW_TIE, OVERLAP])
def test_a_repair_that_would_change_the_area_is_refused_with_the_reason(broken):
    assert not broken.is_valid
    shapes = shaped(BOX, broken)
    assert [(p.code, p.row) for p in shapes.errors] == [("geometry-invalid", 2)]
    assert "ntersection" in shapes.errors[0].found
    assert shapes.polygons[0].equals(BOX)


def test_an_outline_without_area_is_refused():
    flat = shapely.Polygon([(X, Y), (X + 100, Y), (X, Y)])
    assert codes(shaped(flat).errors) == ["geometry-invalid"]


@given(st.floats(0.001, 40.0))
def test_a_repair_is_done_within_a_thousandth_of_the_area(width):
    # A square of 100 m with a turned loop of `width` by 10 m: the ring counts it as less.
    ring = [(0, 0), (100, 0), (100, 100), (0, 100), (0, 60), (-width, 50), (-width, 60), (0, 50)]
    broken = shapely.transform(shapely.Polygon(ring), lambda points: points + np.array([X, Y]))
    assert not broken.is_valid
    shapes = shaped(broken)
    mended = shapely.make_valid(broken, method="structure")
    change = abs(mended.area - broken.area) / mended.area
    if abs(change - 0.001) > 1e-6:
        assert bool(codes(shapes.notes)) is (change < 0.001)
        assert bool(codes(shapes.errors)) is (change > 0.001)


# --- Projection -----------------------------------------------------------------------


@pytest.mark.parametrize("epsg", [4326, 3857, 3035, 3947, 32630])
def test_any_crs_comes_to_lambert_93(epsg):
    there = pyproj.Transformer.from_crs(2154, epsg, always_xy=True).transform
    shapes = shaped(shapely.transform(BOX, there, interleaved=False), crs=epsg, extent=EXTENT)
    assert shapes.errors == ()
    assert shapely.hausdorff_distance(shapes.polygons[0], BOX) < 0.01
    assert shapes.notes == ()


def test_old_lambert_is_converted_within_metres_and_told():
    there = pyproj.Transformer.from_crs(2154, 27572, always_xy=True).transform
    shapes = shaped(shapely.transform(BOX, there, interleaved=False), crs=27572)
    assert shapely.hausdorff_distance(shapes.polygons[0], BOX) < 5
    (note,) = shapes.notes
    assert (note.code, note.row, note.found) == ("crs-accuracy", None, "EPSG:27572")


def test_degrees_beyond_the_globe_are_rejected_by_row():
    shapes = shaped(to_lonlat(BOX), BOX, crs=4326)
    assert [(p.code, p.row) for p in shapes.errors] == [("coordinates-range", 2)]
    assert out_of_range(table(to_lonlat(BOX), BOX, crs=4326)) is None


def test_a_file_of_metres_read_as_degrees_is_unusable_as_a_whole():
    found = out_of_range(table(BOX, None, crs=4326))
    assert (found.code, found.row, found.found) == ("coordinates-range", None, "350000, 6700000")
    assert out_of_range(table(BOX)) is None
    assert out_of_range(table(None, crs=4326)) is None


def test_a_place_the_projection_cannot_reach_is_rejected():
    shapes = shaped(shapely.Point(0, -90), crs=4326, area_m2=100)
    assert len(shapes.errors) == 1
    assert shapes.errors[0].code == "coordinates-range"


# --- Place ----------------------------------------------------------------------------


def test_a_site_outside_is_rejected_with_the_bounds_of_the_territory():
    far = shapely.box(900_000, 6_300_000, 900_100, 6_300_100)
    shapes = shaped(BOX, far, extent=EXTENT)
    (error,) = shapes.errors
    assert (error.code, error.row) == ("outside-territory", 2)
    assert error.expected == "EPSG:2154: x 280000–560000, y 6570000–6860000"
    assert shaped(far).errors == ()


def test_swapped_longitude_and_latitude_are_recognised():
    point = to_lonlat(shapely.Point(X, Y))
    swapped = shapely.Point(point.y, point.x)
    paris_swapped = shapely.Point(48.85, 2.35)
    shapes = shaped(point, swapped, paris_swapped, crs=4326, area_m2=100, extent=EXTENT)
    assert [(p.code, p.row) for p in shapes.errors] == [
        ("coordinates-swapped", 2),
        ("outside-territory", 3),
    ]
    assert shapes.errors[0].found == f"{swapped.x:.7g}, {swapped.y:.7g}"


def test_swapped_axes_of_a_polygon_in_metres_are_recognised():
    swapped = shapely.transform(BOX, lambda points: points[:, ::-1])
    assert codes(shaped(swapped, extent=EXTENT).errors) == ["coordinates-swapped"]


def test_a_site_across_the_border_is_kept_whole_and_told():
    across = shapely.box(279_975, Y, 280_075, Y + 100)  # a quarter outside
    barely = shapely.box(280_000 - 0.05, Y, 280_100, Y + 100)  # less than a thousandth
    shapes = shaped(across, barely, BOX, extent=EXTENT)
    assert shapes.errors == ()
    assert [(p.code, p.row, p.found) for p in shapes.notes] == [("partly-outside", 1, "25.0 %")]
    assert shapes.polygons[0].area == 10_000


def test_a_disc_that_reaches_the_territory_is_not_outside():
    shapes = shaped(shapely.Point(279_990, Y), area_m2=10_000, extent=EXTENT)
    assert shapes.errors == ()
    assert codes(shapes.notes) == ["geometry-buffered", "partly-outside"]


def test_the_outline_that_is_given_is_left_as_it_is():
    extent = shapely.box(280_000, 6_570_000, 560_000, 6_860_000)
    shaped(BOX, extent=extent)
    assert not shapely.is_prepared(extent)


def test_a_table_without_crs_is_a_defect_of_the_caller():
    with pytest.raises(ValueError, match="CRS"):
        site_shapes(replace(table(BOX), crs=None), np.array([np.nan]))


def test_a_crs_of_another_body_is_not_known():
    found = elsewhere(table(shapely.box(0, 0, 1, 1), crs="IAU_2015:49900"))
    assert found is not None
    assert (found.code, found.found) == ("crs-unknown", "IAU_2015:49900")
    assert elsewhere(table(BOX)) is None


def test_a_collection_of_one_polygon_is_that_polygon():
    (one,) = shaped(shapely.GeometryCollection([BOX])).polygons
    assert one.equals(BOX)
    pair = shaped(shapely.GeometryCollection([BOX, shapely.Point(X, Y)]))
    assert codes(pair.errors) == ["geometry-type"]


@pytest.mark.parametrize("declared", [27572, 3857, 3947, 32631])
def test_lambert_93_declared_as_something_else_is_told(declared):
    (error,) = shaped(BOX, crs=declared, extent=EXTENT).errors
    assert (error.code, error.row, error.expected) == ("crs-doubtful", 1, "EPSG:2154")
    assert error.found == "350050, 6700050"


@pytest.mark.parametrize("meant", [27572, 3857, 3947, 3948, 4326])
def test_coordinates_declared_as_lambert_93_lead_to_the_crs_they_are_in(meant):
    convert = pyproj.Transformer.from_crs(2154, meant, always_xy=True).transform
    moved = shapely.transform(BOX, convert, interleaved=False)
    (error,) = shaped(moved, extent=EXTENT).errors
    assert (error.code, error.expected) == ("crs-doubtful", f"EPSG:{meant}")


@pytest.mark.parametrize("declared", [2154, 27572, 3857, 3947, 4326])
def test_a_site_elsewhere_in_france_is_not_taken_for_one_of_a_wrong_crs(declared):
    mainland = [(-4.8, 48.4), (-1.9, 48.7), (-1.5, 49.7), (2.5, 50.7), (8.2, 49), (7.6, 47.6),
                (7.5, 43.7), (3.1, 42.4), (-1.8, 43.4), (-1.2, 45.8)]  # fmt: skip
    france = shapely.MultiPolygon([shapely.Polygon(mainland), shapely.box(8.6, 41.4, 9.5, 43)])
    lon, lat = np.meshgrid(np.linspace(-4.8, 9.5, 60), np.linspace(41.4, 51.1, 60))
    points = shapely.points(lon.ravel(), lat.ravel())
    points = points[shapely.intersects(france, points)]
    to_metres = pyproj.Transformer.from_crs(4326, 2154, always_xy=True).transform
    placed = shapely.transform(points, to_metres, interleaved=False)
    beyond = points[~shapely.intersects(EXTENT, placed)]
    assert len(beyond) > 800
    convert = pyproj.Transformer.from_crs(4326, declared, always_xy=True).transform
    moved = shapely.transform(beyond, convert, interleaved=False)
    errors = shaped(*moved, crs=declared, area_m2=100, extent=EXTENT).errors
    assert set(codes(errors)) == {"outside-territory"}
