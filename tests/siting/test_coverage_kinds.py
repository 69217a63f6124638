"""Agreement with exactextract and shapely on every kind of polygon that has misled a method."""

import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from exactextract import exact_extract
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.affinity import rotate, scale, translate

from siting import _coverage_kernel as kernel
from siting import coverage
from siting.coverage import class_areas, covered_area, intersections, polygon_areas

X, Y = 355_000.0, 6_690_000.0
SIZE, TILE, CELL_M, NODATA = 400, 64, 10.0, 255


@pytest.fixture(scope="module")
def raster(tmp_path_factory):
    """400 × 400 cells of 10 m in tiles of 64, six classes, a quarter without data."""
    rng = np.random.default_rng(11)
    classes = rng.integers(0, 6, (SIZE, SIZE), dtype=np.uint8)
    classes[:200, 200:] = NODATA
    path = tmp_path_factory.mktemp("raster") / "classes.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=SIZE, height=SIZE, count=1, dtype="uint8", nodata=NODATA,
        crs="EPSG:2154", transform=rasterio.Affine(CELL_M, 0, X, 0, -CELL_M, Y),
        tiled=True, blockxsize=TILE, blockysize=TILE, compress="deflate",
    ) as file:  # fmt: skip
        file.write(classes, 1)
    return path


def ring(column, row, radius, vertices, *, rough=0.3, seed=0):
    """Return a rough ring around a place, in columns and rows."""
    reach = radius * np.random.default_rng(seed).uniform(1 - rough, 1, vertices)
    angles = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
    return np.column_stack((column + reach * np.cos(angles), row + reach * np.sin(angles)))


KINDS = {
    "a sliver thinner than a cell": shapely.box(20.3, 50.42, 61.7, 50.45),
    "a slanted sliver": rotate(shapely.box(30, 80.4, 90, 80.41), 37),
    "smaller than a cell": shapely.box(33.21, 44.37, 33.24, 44.39),
    "a needle of a millionth of a cell": shapely.Polygon([(10, 90), (80, 93), (80, 93.000001)]),
    "a hole": shapely.Polygon(ring(100, 100, 40, 60), [ring(100, 100, 20, 30, seed=1)]),
    "many holes": shapely.Polygon(
        shapely.box(10, 210, 60, 260).exterior,
        [shapely.box(c, r, c + 0.5, r + 0.5).exterior for c in range(12, 58, 3)
         for r in range(212, 258, 3)],
    ),
    "touching the borders of tiles": shapely.box(64, 64, 128, 192),
    "crossing the borders of tiles by a hair": shapely.box(63.999999, 127.999999, 128.000001, 192),
    "on the edge of the raster": shapely.box(0, 320, 40, 400),
    "partly outside": shapely.Polygon(ring(0, 250, 30, 40)),
    "all outside": shapely.box(-80, -80, -20, -30),
    "on nodata": shapely.Polygon(ring(300, 100, 40, 50)),
    "partly on nodata": shapely.Polygon(ring(200, 200, 50, 50)),
    "a multipolygon": shapely.MultiPolygon(
        [shapely.box(5, 300, 9.5, 304.5), shapely.Polygon(ring(150, 320, 12, 20)),
         shapely.box(180.2, 310.2, 180.4, 390.9)],
    ),
    "30,000 vertices": shapely.Polygon(ring(120, 280, 40, 30_000, rough=0.02)),
}  # fmt: skip


def sites_of(shapes):
    """Turn shapes in columns and rows, downwards, into sites in metres."""
    moved = [shapely.transform(s, lambda p: p * (CELL_M, -CELL_M) + (X, Y)) for s in shapes]
    return gpd.GeoSeries(moved, crs=2154)


@pytest.fixture(scope="module")
def found(raster):
    return class_areas(sites_of(KINDS.values()), raster)


def test_kinds_are_as_they_are_called():
    assert all(shapely.is_valid(list(KINDS.values())))
    assert shapely.get_num_coordinates(KINDS["30,000 vertices"]) > 30_000


@pytest.mark.parametrize("kind", KINDS)
def test_classes_of_each_kind_agree_with_exactextract(raster, found, kind):
    ours = found.loc[list(KINDS).index(kind)].drop(["outside", NODATA]) / CELL_M**2
    features = gpd.GeoDataFrame(geometry=sites_of([KINDS[kind]]))
    peer = exact_extract(str(raster), features, ["unique", "frac", "count"], output="pandas")
    theirs = dict.fromkeys(ours.index, 0.0)
    cells = np.asarray(peer["frac"][0], dtype=float) * float(peer["count"][0])
    theirs.update(zip(np.int64(peer["unique"][0]).tolist(), cells.tolist(), strict=True))
    assert {code for code, share in theirs.items() if share} <= set(ours.index)
    for code, share in ours.items():
        assert share == pytest.approx(theirs[code], abs=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_classes_of_each_kind_agree_with_shapely(raster, found, kind):
    shape = KINDS[kind]
    with rasterio.open(raster) as file:
        classes = file.read(1)
    left, top, right, bottom = np.clip(shape.bounds, 0, SIZE).astype(int).tolist()
    rows, columns = np.mgrid[top : min(bottom + 1, SIZE), left : min(right + 1, SIZE)]
    rows, columns = rows.ravel(), columns.ravel()
    boxes = shapely.box(columns, rows, columns + 1, rows + 1)
    near = shapely.STRtree(boxes).query(shape, predicate="intersects") if len(boxes) else []
    crossed = shapely.intersection(boxes[near], local(shape, boxes[near]))
    expected = np.bincount(
        classes[rows[near], columns[near]], weights=shapely.area(crossed), minlength=256
    )
    ours = found.loc[list(KINDS).index(kind)] / CELL_M**2
    whole = shapely.box(0, 0, SIZE, SIZE)
    assert ours.pop("outside") == pytest.approx(shape.difference(whole).area, abs=1e-6)
    np.testing.assert_allclose(ours, expected[ours.index.astype(int)], atol=1e-6)
    assert np.delete(expected, ours.index.astype(int)).sum() == 0.0


def local(shape, boxes):
    """Return the shape near each box: the same inside it, and small enough for 30,000 vertices."""
    if shapely.get_num_coordinates(shape) < 1_000:
        return shape
    tiles = {}
    for box in boxes:
        key = tuple((np.asarray(box.bounds[:2]) // 25).astype(int).tolist())
        if key not in tiles:
            x, y = 25 * key[0], 25 * key[1]
            tiles[key] = shape.intersection(shapely.box(x - 1, y - 1, x + 26, y + 26))
    keys = (np.asarray(shapely.bounds(boxes))[:, :2] // 25).astype(int)
    return np.array([tiles[tuple(key)] for key in keys.tolist()])


@settings(max_examples=25, deadline=None)
@given(
    shapes=st.lists(
        st.builds(
            lambda x, y, size, n, seed: shapely.Polygon(ring(x, y, size, n, rough=0.5, seed=seed)),
            st.floats(-5, 405), st.floats(-5, 405), st.floats(0.01, 25), st.integers(3, 60),
            st.integers(0, 999),
        ),
        min_size=1, max_size=4,
    )
)  # fmt: skip
def test_plain_and_compiled_steps_give_the_same_bits(raster, shapes):
    shapes = [shape for shape in shapes if shape.is_valid]
    sites = sites_of([*shapes, KINDS["many holes"], KINDS["a multipolygon"]])
    tables = []
    for steps in (coverage._coverage_steps, kernel):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(coverage, "_kernel", lambda *_shapes, steps=steps: steps)
            tables.append(class_areas(sites, raster))
    pd.testing.assert_frame_equal(*tables, check_exact=True)


def test_a_few_sites_do_without_numba(raster):
    program = f"""
import sys, geopandas, shapely
from siting.coverage import class_areas
site = shapely.box({X} + 100, {Y} - 500, {X} + 300, {Y} - 300)
areas = class_areas(geopandas.GeoSeries([site], crs=2154), {str(raster)!r})
assert abs(areas.to_numpy().sum() - site.area) < 1e-6
assert "numba" not in sys.modules
many = geopandas.GeoSeries([site] * 400, crs=2154)
assert (class_areas(many, {str(raster)!r}) == areas.loc[0]).all(axis=None)
assert "numba" in sys.modules
"""
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, check=False)
    assert done.returncode == 0


def comb(teeth):
    """Return a comb on whole metres, whose edges lie on one another's lines."""
    parts = [shapely.box(0, 0, 2 * teeth, 5)]
    parts += [shapely.box(2 * i, 5, 2 * i + 1, 40) for i in range(teeth)]
    return shapely.union_all(parts)


@st.composite
def large_polygons(draw):
    """Draw polygons of many vertices: rough, pierced, combs, in several parts."""
    kind = draw(st.sampled_from(["rough", "pierced", "comb", "parts", "grid"]))
    seed = draw(st.integers(0, 10_000))
    vertices = draw(st.integers(coverage.MANY_VERTICES + 1, 1_500))
    rough = shapely.Polygon(ring(0, 0, 200, vertices, rough=0.6, seed=seed))
    if kind == "comb":
        return translate(comb(draw(st.integers(40, 200))), -80, -20)
    if kind == "grid":  # vertices on whole numbers, as polygons made from a raster
        return shapely.from_wkb(shapely.to_wkb(shapely.set_precision(rough, 1.0)))  # as read
    if kind == "parts":
        return shapely.union_all([rough, translate(comb(60), 230, -20)])
    if kind == "pierced":
        inner = [shapely.Polygon(ring(x, y, 12, 40, seed=seed + 40 + x)) for x in (-40, 0, 40)
                 for y in (-40, 0, 40)]  # fmt: skip
        return rough.difference(shapely.union_all(inner))
    return rough


@st.composite
def small_sites(draw):
    """Draw sites: rough, slivers, boxes on whole metres, in two parts."""
    x, y = (draw(st.integers(-220, 220)) for _ in range(2))
    kind = draw(st.sampled_from(["rough", "sliver", "box", "parts"]))
    if kind == "sliver":
        return rotate(shapely.box(x, y, x + 60, y + 1e-3), draw(st.integers(0, 90)))
    if kind == "box":
        return shapely.box(x, y, x + draw(st.integers(1, 50)), y + draw(st.integers(1, 50)))
    rough = shapely.Polygon(ring(x, y, draw(st.integers(1, 60)), 30, seed=abs(x)))
    if kind == "parts":
        return shapely.union_all([rough, scale(translate(rough, 90, 5), 0.3, 0.3)])
    return rough


def plain(sites, polygons):
    """Return the areas of all pairs as shapely alone gives them."""
    return shapely.area(shapely.intersection(np.array(sites)[:, None], np.array(polygons)))


@settings(max_examples=100, deadline=None)
@given(
    sites=st.lists(small_sites(), min_size=1, max_size=6),
    polygons=st.lists(large_polygons(), min_size=1, max_size=3),
)
def test_polygons_of_many_vertices_give_the_areas_of_shapely(sites, polygons):
    polygons = [p for p in polygons if p.geom_type in ("Polygon", "MultiPolygon") and p.area > 0]
    frames = [gpd.GeoSeries(shapes, crs=2154) for shapes in (sites, polygons)]
    expected = plain(sites, polygons) if polygons else np.zeros((len(sites), 0))
    found = np.zeros_like(expected)
    pairs = polygon_areas(*frames)
    found[pairs["site"], pairs["polygon"]] = pairs["area_m2"]
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-6)
    whole = shapely.union_all(polygons) if polygons else shapely.Polygon()
    together = shapely.area(shapely.intersection(np.array(sites), whole))
    np.testing.assert_allclose(covered_area(*frames), together, rtol=1e-9, atol=1e-6)


def test_site_in_a_polygon_of_30000_vertices_is_cut_along_its_very_edges():
    polygon = shapely.Polygon(ring(0, 0, 5_000, 30_000, rough=0.02))
    site = shapely.box(4_700, -300, 5_300, 300)
    frames = [gpd.GeoSeries([one], crs=2154) for one in (site, polygon)]
    piece = intersections(*frames).geometry[0]
    assert piece.symmetric_difference(site.intersection(polygon)).area < 1e-6
    assert polygon_areas(*frames)["area_m2"][0] == piece.area


def test_polygon_that_clips_badly_is_cut_whole(monkeypatch):
    polygon = shapely.Polygon(ring(0, 0, 500, 400))
    site = shapely.box(300, -100, 600, 100)
    bow_tie = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    for wrong in (bow_tie, shapely.Polygon(), shapely.LineString([(0, 0), (1, 1)])):
        monkeypatch.setattr(shapely, "clip_by_rect", lambda *_args, found=wrong: found)
        frames = [gpd.GeoSeries([one], crs=2154) for one in (site, polygon)]
        assert polygon_areas(*frames)["area_m2"][0] == site.intersection(polygon).area
