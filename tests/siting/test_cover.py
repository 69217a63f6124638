"""Polygons and rasters of the same land give the same figures."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine

from layers.artificialised_land import load_land_cover
from layers.errors import LayerError
from layers.ocs_ge import load_ocs_ge
from siting.cover import GROUPS, group_areas
from siting.measure import land_take
from siting.world import LAND_COVER_FILE, load_world
from siting.zan.ruleset import load_ruleset

X, Y = 400_000, 6_700_000
ROWS = [[1, 6, 16, 18, 23, 0], [1, 6, 16, 1, 23, 0]]
# The same classes in OCS GE; what is not known has no polygon.
CODES = {1: ("CS1.1.1.1", "US5"), 6: ("CS2.2.1", "US1.1"), 16: ("CS2.1.1.1", "US1.2"),
         18: ("CS2.2.1", "US6.3"), 23: ("CS1.2.2", "US6.3")}  # fmt: skip


@pytest.fixture(scope="module")
def covers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cover")
    raster, vector = folder / "OCS_2022.tif", folder / "OCSGE_D044_2022.gpkg"
    with rasterio.open(
        raster, "w", driver="GTiff", height=2, width=6, count=1, dtype="uint8", crs="EPSG:2154",
        transform=Affine(10, 0, X, 0, -10, Y + 20),
    ) as file:  # fmt: skip
        file.write(np.array(ROWS, dtype="uint8"), 1)
    cells = [
        (*CODES[code], shapely.box(X + 10 * j, Y + 10 * (1 - i), X + 10 * j + 10, Y + 20 - 10 * i))
        for i, row in enumerate(ROWS)
        for j, code in enumerate(row)
        if code
    ]
    cs, us, shapes = zip(*cells, strict=True)
    gpd.GeoDataFrame({"code_cs": cs, "code_us": us}, geometry=list(shapes), crs=2154).to_file(
        vector, layer="occupation_sol"
    )
    return load_land_cover(raster), load_ocs_ge(vector)


PLACES = gpd.GeoSeries(
    [
        shapely.box(X, Y, X + 60, Y + 20),
        shapely.box(X + 5, Y + 5, X + 33, Y + 12),
        shapely.Point(X + 30, Y + 10).buffer(9),
        shapely.box(X - 30, Y, X + 5, Y + 20),
        shapely.box(X + 500_000, Y, X + 500_010, Y + 20),
    ],
    index=list("abcde"),
    crs=2154,
)
COMMUNES = pd.Series(["44001"] * len(PLACES), index=PLACES.index)


def test_a_raster_and_polygons_of_the_same_land_agree(covers):
    raster, polygons = (group_areas(PLACES, COMMUNES, cover) for cover in covers)
    assert list(raster.columns) == list(polygons.columns) == list(GROUPS)
    np.testing.assert_allclose(polygons.to_numpy(), raster.to_numpy(), atol=1e-6)
    np.testing.assert_allclose(polygons.sum(axis=1), PLACES.area, rtol=1e-9)
    assert polygons.loc["a"].to_dict() == {
        "artificialised": 300, "agricultural": 200, "forest": 200, "natural": 100, "water": 200,
        "unknown": 200,
    }  # fmt: skip
    assert polygons.loc["e", "unknown"] == PLACES["e"].area


def test_a_place_does_not_depend_on_the_others(covers):
    _, cover = covers
    together = group_areas(PLACES, COMMUNES, cover)
    for name in PLACES.index:
        alone = group_areas(PLACES[[name]], COMMUNES[[name]], cover)
        pd.testing.assert_frame_equal(alone, together.loc[[name]], check_exact=True)


def test_a_place_in_another_departement_is_not_measured_with_this_file(covers):
    _, cover = covers
    table = group_areas(PLACES[["a"]], pd.Series(["49001"], index=["a"]), cover)
    assert table.loc["a", "unknown"] == PLACES["a"].area


def test_no_place_is_no_error(covers):
    _, cover = covers
    assert group_areas(PLACES[[]], COMMUNES[[]], cover).shape == (0, len(GROUPS))


def test_polygons_that_overlap_are_refused(tmp_path):
    shapes = [shapely.box(X, Y, X + 10, Y + 10)] * 2
    path = tmp_path / "ocs.gpkg"
    gpd.GeoDataFrame(
        {"code_cs": ["CS1.1.1.1"] * 2, "code_us": ["US5"] * 2}, geometry=shapes, crs=2154
    ).to_file(path)
    with pytest.raises(LayerError, match="cover-overlap"):
        group_areas(PLACES[["a"]].intersection(shapes[0]), COMMUNES[["a"]], load_ocs_ge(path))


def test_a_polygon_that_crosses_itself_is_repaired(tmp_path):
    bow = shapely.Polygon([(X, Y), (X + 10, Y + 10), (X + 10, Y), (X, Y + 10)])
    path = tmp_path / "ocs.gpkg"
    gpd.GeoDataFrame({"code_cs": ["CS1.2.2"], "code_us": ["US6.3"]}, geometry=[bow], crs=2154
                     ).to_file(path)  # fmt: skip
    table = group_areas(PLACES[["a"]], COMMUNES[["a"]], load_ocs_ge(path))
    assert table.loc["a", "water"] == pytest.approx(50)


def test_the_land_of_sites_is_the_same_by_both(covers):
    communes = gpd.GeoDataFrame(
        {"code": ["44002", "44001"]},
        geometry=[shapely.box(X + 15, Y, X + 60, Y + 20), shapely.box(X - 20, Y, X + 15, Y + 20)],
        crs=2154,
    )
    table = gpd.GeoDataFrame(
        {"is_brownfield": pd.array([None] * 2, dtype="boolean")},
        geometry=PLACES[["a", "b"]].to_numpy(),
        index=["a", "b"],
        crs=2154,
    )
    rules = load_ruleset("zan-50")
    one, two = (land_take(table, communes, cover, rules, unknown_share=0.5) for cover in covers)
    assert one.enaf_m2.tolist() == two.enaf_m2.tolist()
    pd.testing.assert_frame_equal(one.shares, two.shares)


def test_a_world_takes_the_land_cover_it_is_given(covers, tmp_path):
    raster, vector = covers
    (file,) = vector.files
    for path in (file.path, file.path.parent):
        world = load_world(files={LAND_COVER_FILE: path})
        assert world.land_cover.files == vector.files
    assert load_world(files={LAND_COVER_FILE: raster.path}).land_cover.path == raster.path
    with pytest.raises(LayerError, match="file-format"):
        load_world(files={LAND_COVER_FILE: tmp_path})
