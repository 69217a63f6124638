"""The demonstration land cover: coherent, repeatable, cut anywhere."""

import os
import time
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely

from layers.artificialised_land import OSO_GROUPS
from layers.demonstration import cached, land_cover
from layers.demonstration.domain import Domain, Inputs

WEST, SOUTH = 400_000.0, 6_700_000.0
SIDE = 5_000.0


def _square(column, row):
    west, south = WEST + column * SIDE, SOUTH + row * SIDE
    return shapely.box(west, south, west + SIDE, south + SIDE)


@pytest.fixture(scope="module")
def inputs():
    """Nine square communes of 2,500 ha, from a hamlet to a large town, and a brownfield."""
    codes = [f"4400{rank}" for rank in range(1, 10)]
    squares = [_square(rank % 3, rank // 3) for rank in range(9)]
    dwellings = [60, 300, 900, 1_800, 12_000, 40_000, 500, 2_500, 700]
    return Inputs(
        communes=gpd.GeoDataFrame({"code": codes}, geometry=squares, crs=2154),
        housing=pd.DataFrame({"code": codes, "dwellings": dwellings}),
        stations=gpd.GeoSeries([shapely.Point(WEST + 7_000, SOUTH + 7_200)], crs=2154),
        interchanges=gpd.GeoSeries([shapely.Point(WEST + 4_000, SOUTH + 9_000)], crs=2154),
        brownfields=gpd.GeoSeries(
            [shapely.Point(WEST + 2_000, SOUTH + 2_000).buffer(150)], crs=2154
        ),
    )


def _build(path, inputs, extent=None):
    land_cover.build_land_cover(path, inputs=inputs, extent=extent)
    with rasterio.open(path) as raster:
        return raster.read(1), raster.bounds


@pytest.fixture(scope="module")
def built(inputs, tmp_path_factory):
    return _build(tmp_path_factory.mktemp("raster") / "whole.tif", inputs)


def _window(classes, bounds, shape):
    west, south, east, north = (round(v) for v in shape.bounds)
    left, top = (west - round(bounds.left)) // 10, (round(bounds.top) - north) // 10
    return classes[top : top + (north - south) // 10, left : left + (east - west) // 10]


def test_codes_are_oso_and_nothing_is_written_outside_the_communes(built, inputs):
    classes, bounds = built
    assert set(np.unique(classes)) <= set(OSO_GROUPS)
    inside = sum((_window(classes, bounds, s) > 0).sum() for s in inputs.communes.geometry)
    assert inside == 9 * 500 * 500 == (classes > 0).sum()


def test_each_commune_meets_its_target(built, inputs):
    classes, bounds = built
    wanted = land_cover.targets(inputs.communes, inputs.housing)
    for shape, target_m2 in zip(inputs.communes.geometry, wanted["artificial_m2"], strict=True):
        cells = _window(classes, bounds, shape)
        assert 100 * ((cells >= 1) & (cells <= 4)).sum() == pytest.approx(target_m2, rel=0.03)


def test_targets_grow_with_dwellings_and_leave_room(inputs):
    wanted = land_cover.targets(inputs.communes, inputs.housing)
    by_dwellings = wanted["artificial_m2"].to_numpy()[np.argsort(inputs.housing["dwellings"])]
    assert (np.diff(by_dwellings) > 0).all()
    assert (wanted["artificial_m2"] <= 0.8 * wanted["area_m2"]).all()


def test_towns_stand_in_the_middle_and_brownfields_are_industrial(built, inputs):
    classes, bounds = built
    town = _square(1, 1)
    middle = _window(classes, bounds, town.centroid.buffer(400).envelope)
    corner = _window(
        classes, bounds, shapely.box(*town.bounds[:2], *(v + 800 for v in town.bounds[:2]))
    )
    assert (middle <= 4).mean() > 0.8
    assert (corner <= 4).mean() < (middle <= 4).mean() / 2
    ground = inputs.brownfields.iloc[0].buffer(-20)
    assert (_window(classes, bounds, shapely.box(*ground.buffer(-60).bounds)) == 3).all()


def test_land_is_patches_not_static(built):
    classes, _ = built
    inside = classes[100:-100, 100:-100]
    same = (inside[:, 1:] == inside[:, :-1]).mean()
    assert 0.8 < same < 0.99
    assert len(np.unique(inside)) > 12


def test_the_order_of_rows_changes_nothing(built, inputs, tmp_path):
    shuffled = Inputs(
        communes=inputs.communes.iloc[::-1],
        housing=inputs.housing.sample(frac=1, random_state=4),
        stations=inputs.stations,
        interchanges=inputs.interchanges,
        brownfields=inputs.brownfields,
    )
    np.testing.assert_array_equal(_build(tmp_path / "a.tif", shuffled)[0], built[0])


@pytest.mark.parametrize("offset", [0.0, 3_210.0])
def test_a_window_is_cut_from_the_whole(built, inputs, tmp_path, offset):
    west, south = WEST + 1_000 + offset, SOUTH + 2_000 + offset
    extent = west, south, west + 6_000, south + 4_000
    classes, bounds = _build(tmp_path / "part.tif", inputs, extent)
    assert bounds.left <= west
    assert bounds.top >= south + 4_000
    np.testing.assert_array_equal(classes, _window(*built, shapely.box(*bounds)))


def test_strips_cover_the_block_once(inputs):
    domain = Domain.around(inputs, (WEST, SOUTH, WEST + SIDE, SOUTH + 3 * SIDE))
    strips = list(domain.strips())
    assert strips[0][0] == domain.rows[0]
    assert strips[-1][1] == domain.rows[1]
    assert all(one[1] == other[0] for one, other in pairwise(strips))
    assert all(first // 512 == (last - 1) // 512 for first, last in strips)


def test_the_raster_says_what_it_is(inputs, tmp_path):
    shares = []
    path = tmp_path / "new" / "part.tif"
    extent = WEST, SOUTH, WEST + 800, SOUTH + 800
    land_cover.build_land_cover(path, inputs=inputs, extent=extent, progress=shares.append)
    with rasterio.open(path) as raster:
        assert raster.crs == "EPSG:2154"
        assert raster.res == (10.0, 10.0)
        assert raster.nodata == 0
        assert raster.tags()["status"] == "demonstration"
        assert raster.tags()["seed"]
        assert raster.colormap(1)[16] == land_cover.COLOURS[16]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert [file.name for file in path.parent.iterdir()] == ["part.tif"]


def test_a_build_that_fails_leaves_nothing_and_keeps_the_former_file(inputs, tmp_path):
    path = tmp_path / "cover.tif"
    path.write_bytes(b"former")

    def stop(share):
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        land_cover.build_land_cover(path, inputs=inputs, progress=stop)
    assert path.read_bytes() == b"former"
    assert [file.name for file in tmp_path.iterdir()] == ["cover.tif"]


def test_real_communes_meet_their_targets(tmp_path):
    inputs = land_cover.embedded_inputs()
    commune = inputs.communes.set_index("code").geometry["53130"]
    classes, bounds = _build(tmp_path / "laval.tif", inputs, commune.bounds)
    wanted = land_cover.targets(inputs.communes, inputs.housing).set_index("code")
    transform = rasterio.Affine(10, 0, bounds.left, 0, -10, bounds.top)
    inside = rasterio.features.geometry_mask([commune], classes.shape, transform, invert=True)
    built_m2 = 100 * ((classes[inside] >= 1) & (classes[inside] <= 4)).sum()
    assert built_m2 == pytest.approx(wanted["artificial_m2"]["53130"], rel=0.03)


def test_the_name_in_the_cache_follows_the_inputs(monkeypatch):
    name = cached.file_name()
    assert name.endswith(".tif")
    assert cached.file_name() == name
    monkeypatch.setattr(cached, "SEED", 1)
    assert cached.file_name() != name


def test_the_region_is_about_a_tenth_artificialised():
    inputs = land_cover.embedded_inputs()
    wanted = land_cover.targets(inputs.communes, inputs.housing)
    share = wanted["artificial_m2"].sum() / wanted["area_m2"].sum()
    assert 0.10 < share < 0.12


def test_what_a_killed_build_left_a_day_ago_is_removed_and_nothing_else(tmp_path):
    path = tmp_path / "cover.tif"
    drafts = [tmp_path / f".cover_{digit * 32}.tif" for digit in "ab"]
    others = [tmp_path / ".cover_notes.tif", tmp_path / f".other_{'a' * 32}.tif"]
    for file in (*drafts, *others):
        file.touch()
    a_day_ago = time.time() - 86_500
    for file in (drafts[0], *others):
        os.utime(file, (a_day_ago, a_day_ago))
    with land_cover._replaced(path) as draft:
        draft.write_bytes(b"x")
    assert {file.name for file in tmp_path.iterdir()} == {
        "cover.tif", *(file.name for file in (drafts[1], *others))
    }  # fmt: skip
