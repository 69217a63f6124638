"""Land of a site on a small land cover whose answer is known by hand."""

from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine

from layers.artificialised_land import load_land_cover
from siting.measure import CLASSES, land_take
from siting.zan.ruleset import load_ruleset

RULES = load_ruleset("zan-50")
X, Y = 400_000, 6_700_000
# OSO 2018+: 1 built, 6 cereals, 16 broad-leaved forest, 18 lawn, 23 water, 0 not known.
ROWS = [
    [1, 6, 16, 18, 23, 0],
    [1, 6, 16, 18, 23, 0],
]


@pytest.fixture(scope="module")
def land_cover(tmp_path_factory):
    path = tmp_path_factory.mktemp("cover") / "oso.tif"
    grid = np.array(ROWS, dtype="uint8")
    with rasterio.open(
        path, "w", driver="GTiff", height=2, width=6, count=1, dtype="uint8", crs="EPSG:2154",
        transform=Affine(10, 0, X, 0, -10, Y + 20),
    ) as file:  # fmt: skip
        file.write(grid, 1)
    return load_land_cover(path)


COMMUNES = gpd.GeoDataFrame(
    {"code": ["44002", "44001"]},
    # The border runs through the middle of the second column of cells.
    geometry=[shapely.box(X + 15, Y, X + 60, Y + 20), shapely.box(X - 20, Y, X + 15, Y + 20)],
    crs=2154,
)


def sites(*geometries, friche=None):
    return gpd.GeoDataFrame(
        {"is_brownfield": pd.array([friche] * len(geometries), dtype="boolean")},
        geometry=list(geometries),
        index=[f"s{i}" for i in range(len(geometries))],
        crs=2154,
    )


def take(table, land_cover, communes=COMMUNES, unknown_share=0.01):
    return land_take(table, communes, land_cover, RULES, unknown_share=unknown_share)


@pytest.mark.rule("R4", "R16")
def test_classes_shares_and_enaf_by_hand(land_cover):
    whole = sites(shapely.box(X, Y, X + 50, Y + 20))
    land = take(whole, land_cover)
    assert land.areas_m2.loc["s0"].to_dict() == pytest.approx(
        {"artificialised": 200, "agricultural": 200, "forest": 200, "natural": 200,
         "water": 200, "unknown": 0}
    )  # fmt: skip
    assert land.enaf_m2.to_dict() == {"s0": 800}
    rows = land.shares.to_dict("records")
    assert [(r["commune"], r["area_m2"], r["enaf_m2"]) for r in rows] == [
        ("44001", pytest.approx(300), 100),
        ("44002", pytest.approx(700), 700),
    ]
    assert land.outside_m2["s0"] == 0


@pytest.mark.rule("R15")
def test_in_a_friche_only_fields_and_forest_count(land_cover):
    land = take(sites(shapely.box(X, Y, X + 50, Y + 20), friche=True), land_cover)
    assert land.enaf_m2["s0"] == 400
    assert land.deducted_m2["s0"] == 400


@pytest.mark.parametrize("friche", [None, False])
def test_an_unconfirmed_friche_deducts_nothing(land_cover, friche):
    land = take(sites(shapely.box(X, Y, X + 50, Y + 20), friche=friche), land_cover)
    assert land.enaf_m2["s0"] == 800
    assert land.deducted_m2["s0"] == 0


def test_unknown_cover_makes_the_enaf_unknown_beyond_the_tolerance(land_cover):
    site = sites(shapely.box(X + 10, Y, X + 51, Y + 20))  # 20 m² of 820 are unknown
    strict = take(site, land_cover, unknown_share=0.02)
    loose = take(site, land_cover, unknown_share=0.03)
    assert pd.isna(strict.enaf_m2["s0"])
    assert strict.shares["enaf_m2"].isna().all()
    # What is tolerated counts as ENAF: unknown is never read as nothing.
    assert loose.enaf_m2["s0"] == 820
    assert strict.unknown_m2["s0"] == pytest.approx(20)


def test_land_outside_the_territory_is_unknown_and_charged_to_nobody(land_cover):
    site = sites(shapely.box(X, Y - 10, X + 10, Y + 10))  # half of it south of the communes
    land = take(site, land_cover)
    assert land.outside_m2["s0"] == pytest.approx(100)
    assert land.areas_m2.loc["s0"].sum() == pytest.approx(200)
    assert land.areas_m2.loc["s0", "unknown"] == pytest.approx(100)
    assert land.shares["area_m2"].sum() == pytest.approx(100)
    assert land.enaf_m2["s0"] == 0
    assert land.partial["s0"]
    assert not take(site, land_cover, unknown_share=0.5).partial["s0"]


def test_a_site_does_not_depend_on_the_others(land_cover):
    rng = np.random.default_rng(1)
    shapes = [shapely.Point(X + 30, Y + 10).buffer(rng.uniform(1, 9)) for _ in range(12)] + [
        shapely.box(X - 5, Y + 3, X + 41, Y + 7)
    ]
    batch = sites(*shapes)
    together = take(batch, land_cover)
    reverse = take(batch.iloc[::-1], land_cover, COMMUNES.iloc[::-1])
    pd.testing.assert_frame_equal(
        together.areas_m2, reverse.areas_m2.loc[batch.index], check_exact=True
    )
    for name in batch.index:
        alone = take(batch.loc[[name]], land_cover)
        pd.testing.assert_frame_equal(
            alone.areas_m2, together.areas_m2.loc[[name]], check_exact=True
        )
        pd.testing.assert_series_equal(alone.enaf_m2, together.enaf_m2.loc[[name]])
    assert list(together.areas_m2.columns) == list(CLASSES)
    shares = together.shares.groupby("site")["enaf_m2"].sum(min_count=1)
    assert shares.reindex(batch.index).equals(together.enaf_m2.rename("enaf_m2"))
    # The last one reaches beyond the raster, where nothing is known.
    assert together.enaf_m2.isna().tolist() == [False] * 12 + [True]


def test_no_site_is_no_error(land_cover):
    land = take(sites(), land_cover)
    assert land.areas_m2.empty
    assert land.enaf_m2.empty
    assert MappingProxyType(land.deducted_m2.to_dict()) == {}
