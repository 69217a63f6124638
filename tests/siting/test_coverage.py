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
from shapely.affinity import rotate

from layers.errors import LayerError
from siting import _coverage_kernel as kernel
from siting import _coverage_steps as steps
from siting.coverage import class_areas, covered_area, intersections, polygon_areas

CORNER = (355_000.0, 6_690_000.0)
SIDE = 12


def write(path, classes, *, cell=(10.0, 10.0), crs="EPSG:2154", transform=None, **options):
    """Write a raster whose top left corner is CORNER; return its path."""
    bands = np.atleast_3d(np.asarray(classes)).transpose(2, 0, 1)
    profile = {
        "driver": "GTiff", "count": len(bands), "dtype": bands.dtype, "crs": crs,
        "height": bands.shape[1], "width": bands.shape[2],
        "transform": transform or rasterio.Affine(cell[0], 0, CORNER[0], 0, -cell[1], CORNER[1]),
    }  # fmt: skip
    with rasterio.open(path, "w", **(profile | options)) as file:
        file.write(bands)
    return path


def placed(shapes, *, cell=(10.0, 10.0), crs=2154, index=None):
    """Turn shapes drawn in columns and rows (downwards) into sites in metres."""
    to_metres = lambda p: np.column_stack(  # noqa: E731
        (CORNER[0] + p[:, 0] * cell[0], CORNER[1] - p[:, 1] * cell[1])
    )
    return gpd.GeoSeries([shapely.transform(s, to_metres) for s in shapes], index=index, crs=crs)


@pytest.fixture(scope="module")
def numbered(tmp_path_factory):
    """A raster of 12 × 12 cells of 10 m, each its own class: 0, 1, 2… by rows."""
    path = tmp_path_factory.mktemp("raster") / "numbered.tif"
    return write(path, np.arange(SIDE * SIDE, dtype=np.uint8).reshape(SIDE, SIDE))


@pytest.fixture(scope="module")
def patches(tmp_path_factory):
    """A tiled raster of 700 × 500 cells in 6 classes, in patches and single cells."""
    rng = np.random.default_rng(7)
    classes = np.kron(rng.integers(0, 6, (70, 50)), np.ones((10, 10), int))
    noise = rng.random(classes.shape) < 0.1
    classes[noise] = rng.integers(0, 6, noise.sum())
    path = tmp_path_factory.mktemp("raster") / "patches.tif"
    tiling = {"tiled": True, "blockxsize": 64, "blockysize": 64, "compress": "deflate"}
    return write(path, classes.astype(np.uint8), **tiling)


def cell(column, row):
    return row * SIDE + column


def star(middle, radii, phase=0.0):
    angles = phase + np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    reach = np.asarray(radii)[:, np.newaxis]
    return shapely.Polygon(
        np.array(middle) + reach * np.column_stack((np.cos(angles), np.sin(angles)))
    )


@st.composite
def stars(draw, *, width, height, radius, holes=True):
    """Draw star polygons, some with a hole, that may reach outside ``width × height``."""
    middle = draw(st.tuples(st.floats(-1, width + 1), st.floats(-1, height + 1)))
    size = draw(st.floats(0.01, radius))
    radii = np.array(draw(st.lists(st.floats(0.2, 1.0), min_size=3, max_size=40))) * size
    phase = draw(st.floats(0, 6.3))
    outer = star(middle, radii, phase)
    if holes and len(radii) > 4 and draw(st.booleans()):
        outer = outer.difference(star(middle, radii * 0.4, phase))
    return outer


def areas_by_clipping(shape):
    """Return the share of each cell of the 12 × 12 grid inside a shape, by shapely."""
    columns, rows = np.meshgrid(np.arange(SIDE), np.arange(SIDE))
    boxes = shapely.box(columns, rows, columns + 1, rows + 1).ravel()
    return shapely.area(shapely.intersection(boxes, shape))


HAND_WORKED = {
    "one whole cell": (shapely.box(2, 3, 3, 4), {cell(2, 3): 1.0}),
    "a quarter of each of four": (
        shapely.box(1.5, 1.5, 2.5, 2.5),
        {cell(1, 1): 0.25, cell(2, 1): 0.25, cell(1, 2): 0.25, cell(2, 2): 0.25},
    ),
    "a half by the diagonal": (shapely.Polygon([(5, 5), (6, 5), (5, 6)]), {cell(5, 5): 0.5}),
    "a triangle over three cells": (
        shapely.Polygon([(0, 0), (2, 0), (0, 2)]),
        {cell(0, 0): 1.0, cell(1, 0): 0.5, cell(0, 1): 0.5},
    ),
    "a shallow edge across three columns": (
        shapely.Polygon([(0, 0), (3, 1), (0, 1)]),
        {cell(0, 0): 5 / 6, cell(1, 0): 3 / 6, cell(2, 0): 1 / 6},
    ),
    "a sliver thinner than a cell": (
        shapely.box(0.5, 2.4, 3.5, 2.401),
        {cell(0, 2): 5e-4, cell(1, 2): 1e-3, cell(2, 2): 1e-3, cell(3, 2): 5e-4},
    ),
    "inside one cell": (shapely.box(7.2, 7.3, 7.4, 7.8), {cell(7, 7): 0.1}),
    "a hole that is a cell": (
        shapely.box(3, 3, 5, 4).difference(shapely.box(4, 3.25, 4.5, 3.75)),
        {cell(3, 3): 1.0, cell(4, 3): 0.75},
    ),
    "a hole as large as a cell": (
        shapely.Polygon(shapely.box(0, 0, 3, 3).exterior, [shapely.box(1, 1, 2, 2).exterior]),
        {cell(c, r): 1.0 for c in range(3) for r in range(3) if (c, r) != (1, 1)},
    ),
    "two parts in one cell and one elsewhere": (
        shapely.MultiPolygon(
            [shapely.box(0, 0, 0.25, 1), shapely.box(0.5, 0, 1, 0.5), shapely.box(9, 9, 10, 10)]
        ),
        {cell(0, 0): 0.5, cell(9, 9): 1.0},
    ),
    "the last cell": (shapely.box(11, 11, 12, 12), {cell(11, 11): 1.0}),
}


@pytest.mark.parametrize("name", HAND_WORKED)
def test_shares_of_cells_worked_by_hand(numbered, name):
    shape, expected = HAND_WORKED[name]
    result = class_areas(placed([shape]), numbered).loc[0]
    assert result.pop("outside") == 0.0
    assert set(result.index) == set(expected)
    for code, share in expected.items():
        assert result[code] == pytest.approx(share * 100.0, rel=1e-6, abs=1e-9)


def test_borders_of_cells_give_whole_cells_and_nothing_more(numbered):
    result = class_areas(placed([shapely.box(2, 3, 5, 4)]), numbered)
    assert result.loc[0].to_dict() == {38: 100.0, 39: 100.0, 40: 100.0, "outside": 0.0}


def test_rings_count_whatever_way_round_and_heights_are_ignored(numbered):
    shape = shapely.Polygon([(1, 1), (6, 2), (4, 7)], [[(3, 3), (4, 3), (4, 4)]])
    ways = [shape, shape.reverse(), shapely.force_3d(shape, 12.0)]
    ways += [shapely.orient_polygons(shape), shapely.orient_polygons(shape, exterior_cw=True)]
    result = class_areas(placed(ways), numbered).drop(columns="outside").to_numpy()
    np.testing.assert_allclose(result / 100.0, result[[0]].repeat(5, axis=0) / 100.0, atol=1e-12)
    inside = areas_by_clipping(shape)
    np.testing.assert_allclose(result[0] / 100.0, inside[inside > 0], atol=1e-9)


@settings(max_examples=150, deadline=None)
@given(shape=stars(width=SIDE, height=SIDE, radius=9.0))
def test_shares_are_those_of_clipping_each_cell(numbered, shape):
    result = class_areas(placed([shape]), numbered).loc[0]
    outside = result.pop("outside") / 100.0
    shares = result.reindex(range(SIDE * SIDE), fill_value=0.0).to_numpy() / 100.0
    np.testing.assert_allclose(shares, areas_by_clipping(shape), atol=1e-8)
    assert outside == pytest.approx(shape.difference(shapely.box(0, 0, SIDE, SIDE)).area, abs=1e-8)


@settings(max_examples=60, deadline=None)
@given(shapes=st.lists(stars(width=500, height=700, radius=60.0), min_size=1, max_size=4))
def test_agrees_with_exactextract(patches, shapes):
    sites = placed(shapes)
    ours = class_areas(sites, patches)
    assert agreement_with_exactextract(sites, ours, patches) < 1e-6
    np.testing.assert_allclose(ours.sum(axis=1), sites.area, rtol=1e-9, atol=1e-9)


def agreement_with_exactextract(sites, ours, raster):
    """Return the largest difference in cells of 100 m² from exactextract."""
    features = gpd.GeoDataFrame(geometry=sites)
    peer = exact_extract(str(raster), features, ["unique", "frac", "count"], output="pandas")
    largest = 0.0
    for row, theirs in enumerate(peer.itertuples()):
        expected = dict(zip(np.int64(theirs.unique), theirs.frac * theirs.count, strict=True))
        for code in set(expected) | set(ours.columns.drop("outside")):
            found = ours.iloc[row].get(code, 0.0) / 100.0
            largest = max(largest, abs(found - expected.get(code, 0.0)))
    return largest


def test_polygon_of_30000_vertices_over_several_strips_and_bands(tmp_path):
    rng = np.random.default_rng(3)
    classes = rng.integers(0, 5, (4400, 700), dtype=np.uint8)
    raster = write(tmp_path / "tall.tif", classes, tiled=True)
    outline = star((0, 0), rng.uniform(0.97, 1.0, 30_000) * 345)
    shape = shapely.transform(outline, lambda p: p * (1, 6) + (351.3, 2200.7))
    assert shape.bounds[3] - shape.bounds[1] > 2 * 2048
    assert shapely.box(*shape.bounds).area > steps.BAND_CELLS
    site = placed([shape])
    ours = class_areas(site, raster)
    assert ours.loc[0].sum() == pytest.approx(site.area[0], rel=1e-9)
    assert agreement_with_exactextract(site, ours, raster) < 1e-4


def test_cells_need_not_be_square(tmp_path):
    size = (25.0, 4.0)
    classes = np.arange(SIDE * SIDE, dtype=np.uint8).reshape(SIDE, SIDE)
    raster = write(tmp_path / "oblong.tif", classes, cell=size)
    shape = rotate(shapely.box(2, 3, 8, 6), 30)
    result = class_areas(placed([shape], cell=size), raster).loc[0].drop("outside")
    shares = result.reindex(range(SIDE * SIDE), fill_value=0.0).to_numpy() / 100.0
    np.testing.assert_allclose(shares, areas_by_clipping(shape), atol=1e-9)


@pytest.mark.parametrize(
    ("shape", "inside", "outside"),
    [
        (shapely.box(-2, 0, 1, 1), {0: 1.0}, 2.0),
        (shapely.box(11, 0, 15, 1), {11: 1.0}, 3.0),
        (shapely.box(0, -3, 1, 1), {0: 1.0}, 3.0),
        (shapely.box(11, 11, 12, 13), {143: 1.0}, 1.0),
        (shapely.box(-5, -5, -1, -1), {}, 16.0),
        (shapely.box(12, 3, 13, 4), {}, 1.0),
        (shapely.box(3, 12, 4, 13), {}, 1.0),
        (shapely.box(3, 900, 4, 901), {}, 1.0),
        (shapely.Polygon([(-3, 0.5), (0.5, 0.5), (-3, 0.75)]), {0: 1 / 112}, 0.4375 - 1 / 112),
    ],
)
def test_what_lies_beyond_the_raster_is_told_apart(numbered, shape, inside, outside):
    result = class_areas(placed([shape]), numbered).loc[0] / 100.0
    assert result.pop("outside") == pytest.approx(outside, abs=1e-9)
    assert result.to_dict() == pytest.approx(inside, abs=1e-9)


def test_nodata_is_a_class_under_its_code(tmp_path):
    classes = np.array([[255, 4], [255, 4]], dtype=np.uint8)
    raster = write(tmp_path / "nodata.tif", classes, nodata=255)
    result = class_areas(placed([shapely.box(0.5, 0, 2, 1)]), raster)
    assert result.loc[0].to_dict() == {4: 100.0, 255: 50.0, "outside": 0.0}


def test_columns_are_codes_in_order_and_index_is_that_of_the_sites(numbered):
    shapes = [shapely.box(9, 9, 10, 10), shapely.box(0, 0, 1, 1)]
    result = class_areas(placed(shapes, index=["b", "a"]), numbered)
    assert list(result.columns) == [0, 117, "outside"]
    assert all(type(code) is int for code in result.columns[:-1])
    assert list(result.index) == ["b", "a"]
    assert result.loc["b"].tolist() == [0.0, 100.0, 0.0]


def test_no_sites_give_no_rows(numbered):
    result = class_areas(gpd.GeoSeries([], crs=2154), numbered)
    assert result.shape == (0, 1)


def random_stars(rng, count, width, height, radius):
    shapes = []
    for _ in range(count):
        middle = rng.uniform((0, 0), (width, height))
        reach = np.exp(rng.uniform(np.log(0.3), np.log(radius)))
        shapes.append(star(middle, rng.uniform(0.5, 1.0, rng.integers(5, 60)) * reach))
    return shapes


def test_a_site_has_the_same_bits_in_any_batch(patches, monkeypatch):
    monkeypatch.setattr("siting._coverage_grid.STRIP_ROWS", 128)
    monkeypatch.setattr("siting.coverage.SITES_AT_ONCE", 37)
    monkeypatch.setattr("siting.coverage.LEAST_AT_ONCE", 5)
    monkeypatch.setattr("siting.coverage.THREADS", 3)
    rng = np.random.default_rng(11)
    shapes = random_stars(rng, 200, 500, 700, 90)
    shapes[::9] = [shapely.MultiPolygon([s, shapely.box(800, 800, 801, 801)]) for s in shapes[::9]]
    sites = placed(shapes)
    whole = class_areas(sites, patches)
    monkeypatch.setattr("siting.coverage.THREADS", 1)
    order = rng.permutation(len(sites))
    shuffled = class_areas(sites.iloc[order], patches)
    pd.testing.assert_frame_equal(shuffled.loc[whole.index], whole, check_exact=True)
    batches = [class_areas(sites.iloc[part], patches) for part in np.split(order, [1, 4, 90])]
    split = pd.concat(batches).fillna(0.0).loc[whole.index, whole.columns]
    pd.testing.assert_frame_equal(split, whole, check_exact=True)


def test_strips_and_bands_change_nothing_but_rounding(patches, monkeypatch):
    sites = placed(random_stars(np.random.default_rng(5), 50, 500, 700, 200))
    in_one = class_areas(sites, patches)
    monkeypatch.setattr("siting._coverage_grid.STRIP_ROWS", 64)
    in_many = class_areas(sites, patches)
    pd.testing.assert_frame_equal(in_many, in_one, check_exact=False, rtol=1e-10, atol=1e-9)
    np.testing.assert_allclose(in_one.sum(axis=1), sites.area, rtol=1e-9)


def test_only_what_sites_touch_is_read(patches, monkeypatch):
    reads = []
    real = rasterio.io.DatasetReader.read

    class Spy:
        def __init__(self, dataset):
            self.dataset = dataset

        def __getattr__(self, name):
            return getattr(self.dataset, name)

        def read(self, band, window):
            reads.append(window.width * window.height)
            return real(self.dataset, band, window=window)

    opened = rasterio.open
    monkeypatch.setattr(rasterio, "open", lambda path: Spy(opened(path)))
    corners = [shapely.box(2, 2, 5, 4), shapely.box(490, 2, 494, 5)]
    result = class_areas(placed(corners), patches)
    assert result.to_numpy().sum() == pytest.approx(1800.0)
    assert reads == [6, 12]


def bowtie():
    return shapely.Polygon([(0, 0), (4, 4), (4, 0), (0, 4)])


@pytest.mark.parametrize(
    "shape",
    [bowtie(), shapely.MultiPolygon([shapely.box(0, 0, 4, 4), shapely.box(1, 1, 5, 5)])],
    ids=["crosses itself", "parts overlap"],
)
def test_invalid_polygon_is_refused(numbered, shape):
    with pytest.raises(LayerError, match=r"row 2: the geometry is invalid: .*geometry-invalid"):
        class_areas(placed([shapely.box(0, 0, 1, 1), shape]), numbered)


def codes(error):
    return [(p.code, p.row) for p in error.value.problems]


@pytest.mark.parametrize("function", [class_areas, polygon_areas, covered_area, intersections])
def test_all_unusable_sites_are_told_at_once(numbered, function):
    sites = gpd.GeoSeries(
        [shapely.box(0, 0, 1, 1), None, shapely.Polygon(), shapely.Point(1, 2)], crs=2154
    )
    layer = numbered if function is class_areas else placed([shapely.box(0, 0, 1, 1)])
    with pytest.raises(LayerError) as error:
        function(sites, layer)
    assert codes(error) == [("geometry-empty", 2), ("geometry-empty", 3), ("geometry-type", 4)]


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        ({"crs": "EPSG:3035"}, "crs-mismatch", "is EPSG:3035; expected EPSG:2154"),
        ({"crs": None}, "crs-missing", "declares no coordinate"),
        ({"dtype": "float32"}, "raster-unsuitable", "1 × float32; expected one band of uint8"),
        ({"bands": 3}, "raster-unsuitable", "3 × uint8"),
        (
            {"transform": rasterio.Affine(8, 6, CORNER[0], 6, -8, CORNER[1])},
            "raster-unsuitable",
            "north up",
        ),
        (
            {"transform": rasterio.Affine(10, 0, CORNER[0], 0, 10, CORNER[1])},
            "raster-unsuitable",
            "north up",
        ),
    ],
)
def test_unsuitable_raster_is_refused(tmp_path, options, code, words):
    bands = options.pop("bands", 1)
    classes = np.zeros((4, 4, bands), dtype=options.pop("dtype", "uint8"))
    raster = write(tmp_path / "raster.tif", classes, **options)
    with pytest.raises(LayerError) as error:
        class_areas(placed([shapely.box(0, 0, 1, 1)]), raster)
    assert codes(error) == [(code, None)]
    assert str(error.value).startswith("raster.tif: ")
    assert words in str(error.value)


def test_file_that_is_no_raster_is_refused(tmp_path):
    text = tmp_path / "notes.tif"
    text.write_text("not a raster")
    sites = placed([shapely.box(0, 0, 1, 1)])
    with pytest.raises(LayerError, match=r"notes.tif: .* cannot be read as a raster"):
        class_areas(sites, text)
    with pytest.raises(LayerError, match=r"none.tif: the file does not exist"):
        class_areas(sites, tmp_path / "none.tif")


@pytest.mark.parametrize(
    ("site_crs", "other_crs", "expected"),
    [
        (2154, 3035, ["crs-mismatch"]),
        (None, 2154, ["crs-missing"]),
        (2154, None, ["crs-missing"]),
        (None, None, ["crs-missing", "crs-missing"]),
        (4326, 4326, ["crs-mismatch"]),
        (2263, 2263, ["crs-mismatch"]),  # feet
    ],
)
@pytest.mark.parametrize("function", [polygon_areas, covered_area, intersections])
def test_layers_need_one_projected_crs_in_metres(function, site_crs, other_crs, expected):
    box = [shapely.box(0, 0, 1, 1)]
    with pytest.raises(LayerError) as error:
        function(gpd.GeoSeries(box, crs=site_crs), gpd.GeoSeries(box, crs=other_crs))
    assert [p.code for p in error.value.problems] == expected


def test_import_leaves_numba_aside():
    program = "import sys, siting.coverage; sys.exit('numba' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=Path(__file__).parents[2], check=False
    )
    assert done.returncode == 0


def test_kernel_compiles_where_no_cache_can_be_written(monkeypatch):
    real, asked = kernel.numba.njit, []

    def refuses_to_cache(*, nogil, cache=False):
        asked.append(cache)
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return real(nogil=nogil)

    monkeypatch.setattr(kernel.numba, "njit", refuses_to_cache)
    double = kernel.compiled(lambda x: 2 * x)
    assert double(21) == 42
    assert asked == [True, False]


@pytest.fixture
def territory():
    """Sites, communes that tile the plane, and zones that overlap."""
    rng = np.random.default_rng(2)
    sites = placed(random_stars(rng, 150, 300, 300, 12))
    sites.index = [f"S{i:03}" for i in rng.permutation(150)]
    points = shapely.MultiPoint(rng.uniform(0, 300, (25, 2)))
    cells = shapely.get_parts(
        shapely.voronoi_polygons(points, extend_to=shapely.box(0, 0, 300, 300))
    )
    communes = placed(cells, index=[f"44{i:03}" for i in range(len(cells))])
    zones = random_stars(rng, 60, 300, 300, 60)
    zones[0] = zones[0].union(zones[1])
    return sites, communes, placed(zones)


def by_overlay(sites, polygons):
    pieces = gpd.overlay(
        gpd.GeoDataFrame({"site": sites.index}, geometry=list(sites), crs=2154),
        gpd.GeoDataFrame({"polygon": polygons.index}, geometry=list(polygons), crs=2154),
        how="intersection",
    )
    return pieces.assign(area_m2=pieces.area).set_index(["site", "polygon"])["area_m2"]


@pytest.mark.parametrize("layer", ["communes", "zones"])
def test_areas_by_polygon_agree_with_overlay(territory, layer):
    sites, communes, zones = territory
    polygons = communes if layer == "communes" else zones
    ours = polygon_areas(sites, polygons).set_index(["site", "polygon"])["area_m2"]
    theirs = by_overlay(sites, polygons)
    assert ours.min() > 0
    assert len(ours) >= 100
    assert set(ours.index) == set(theirs[theirs > 0].index)
    np.testing.assert_allclose(ours, theirs.loc[ours.index], rtol=1e-9, atol=1e-6)


def test_communes_share_out_the_whole_site(territory):
    sites, communes, _ = territory
    shares = polygon_areas(sites, communes).groupby("site")["area_m2"].sum()
    inside = sites.intersection(communes.union_all()).area
    np.testing.assert_allclose(shares.loc[sites.index], inside, rtol=1e-9)


def test_overlaps_count_once_in_the_covered_area(territory):
    sites, _, zones = territory
    ours = covered_area(sites, zones)
    dissolved = sites.intersection(zones.union_all()).area
    np.testing.assert_allclose(ours, dissolved, rtol=1e-9, atol=1e-6)
    assert (ours <= sites.area).all()
    summed = polygon_areas(sites, zones).groupby("site")["area_m2"].sum()
    assert summed.sum() > 1.1 * ours.sum()
    assert ours.name == "covered_area_m2"


@settings(max_examples=60, deadline=None)
@given(
    site=stars(width=40, height=40, radius=15.0),
    zones=st.lists(stars(width=40, height=40, radius=25.0), max_size=5),
)
def test_covered_area_is_that_of_the_union(site, zones):
    covered = covered_area(placed([site]), placed(zones))[0]
    together = placed([shapely.union_all(zones)]) if zones else placed([shapely.Polygon()])
    assert covered == pytest.approx(
        placed([site]).intersection(together).area[0], rel=1e-9, abs=1e-5
    )
    assert 0.0 <= covered <= placed([site]).area[0]


def test_pieces_are_the_polygonal_part_in_order():
    sites = gpd.GeoSeries({"b": shapely.box(0, 0, 4, 4), "a": shapely.box(10, 0, 14, 4)}, crs=2154)
    # The first polygon overlaps b in a square and touches it along a line as well.
    comb = shapely.union_all([shapely.box(4, 0, 6, 4), shapely.box(3, 3, 4, 4)])
    comb = comb.union(shapely.box(5, -1, 12, 0))
    polygons = gpd.GeoSeries({"z": comb, "y": shapely.box(-9, -9, 20, 20)}, crs=2154)
    pieces = intersections(sites, polygons)
    assert list(zip(pieces["site"], pieces["polygon"], strict=True)) == [
        ("b", "z"), ("b", "y"), ("a", "y"),
    ]  # fmt: skip
    assert set(pieces.geom_type) <= {"Polygon", "MultiPolygon"}
    assert pieces.area.tolist() == [1.0, 16.0, 16.0]
    assert pieces.geometry[0].equals(shapely.box(3, 3, 4, 4))
    assert pieces.crs == sites.crs
    table = polygon_areas(sites, polygons)
    pd.testing.assert_frame_equal(
        table[["site", "polygon"]], pd.DataFrame(pieces[["site", "polygon"]])
    )
    assert table["area_m2"].tolist() == pieces.area.tolist()


def test_neighbours_share_no_piece():
    left, right = shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)
    sites, polygons = gpd.GeoSeries([left], crs=2154), gpd.GeoSeries([right], crs=2154)
    pieces = intersections(sites, polygons)
    assert pieces.empty
    assert list(pieces.columns) == ["site", "polygon", "geometry"]
    assert list(polygon_areas(sites, polygons).columns) == ["site", "polygon", "area_m2"]
    assert covered_area(sites, polygons).tolist() == [0.0]


def test_empty_layers_give_empty_results():
    none, one = gpd.GeoSeries([], crs=2154), gpd.GeoSeries([shapely.box(0, 0, 1, 1)], crs=2154)
    assert polygon_areas(one, none).empty
    assert intersections(none, one).empty
    assert covered_area(one, none).tolist() == [0.0]
    assert covered_area(none, one).empty


def test_pairs_do_not_depend_on_the_batch_and_nothing_is_changed(territory):
    sites, communes, zones = territory
    before = [shapely.to_wkb(layer.to_numpy()).tolist() for layer in territory]
    order = np.random.default_rng(4).permutation(len(sites))
    for polygons in (communes, zones):
        pairs = polygon_areas(sites, polygons).set_index(["site", "polygon"])["area_m2"]
        some = polygon_areas(sites.iloc[order[:60]], polygons[::-1])
        some = some.set_index(["site", "polygon"])["area_m2"]
        kept = pairs[pairs.index.get_level_values("site").isin(sites.index[order[:60]])]
        pd.testing.assert_series_equal(some.loc[kept.index], kept, check_exact=True)
        whole = covered_area(sites, polygons)
        parts = pd.concat([covered_area(sites.iloc[p], polygons) for p in np.split(order, [50])])
        pd.testing.assert_series_equal(parts.loc[whole.index], whole, check_exact=True)
    assert [shapely.to_wkb(layer.to_numpy()).tolist() for layer in territory] == before
    assert not shapely.is_prepared(np.concatenate([layer.to_numpy() for layer in territory])).any()
