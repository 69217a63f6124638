import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.criteria import around

coordinate = st.integers(-5_000, 5_000)
spot = st.tuples(coordinate, coordinate)


def sites_at(spots):
    boxes = [shapely.box(x, y, x + 150, y + 80) for x, y in spots]
    return gpd.GeoDataFrame(geometry=boxes, index=range(10, 10 + len(boxes)), crs=2154)


@given(st.lists(spot, min_size=1, max_size=6), st.lists(spot, min_size=1, max_size=8))
def test_nearest_is_the_least_of_all_distances(spots, targets):
    sites = sites_at(spots)
    features = gpd.GeoDataFrame(geometry=[shapely.Point(t) for t in targets], crs=2154)
    every = [[site.distance(point) for point in features.geometry] for site in sites.geometry]
    found = around.nearest_m(sites, features)
    assert found.tolist() == pytest.approx(np.min(every, axis=1).tolist())
    assert found.index.equals(sites.index)


@settings(max_examples=50)
@given(
    st.lists(spot, min_size=1, max_size=6),
    st.lists(st.tuples(spot, st.none() | st.integers(0, 90)), min_size=1, max_size=12),
    st.integers(0, 6_000),
    st.sampled_from([0.0, 0.3, 0.5]),
)
def test_sums_in_reach_agree_with_a_plain_loop(spots, places, radius_m, tolerance):
    sites = sites_at(spots)
    codes = [f"{i:05d}" for i in range(len(places))]
    shapes = [shapely.Point(where).buffer(40) for where, _ in places]
    communes = gpd.GeoDataFrame({"code": codes}, geometry=shapes, crs=2154)
    counts = pd.DataFrame({"n": pd.array([n for _, n in places], dtype="Int64")}, index=codes)
    found = around.sums_in_reach(
        sites, communes, counts, radius_m=radius_m, unknown_tolerance=tolerance
    )
    for label, site in sites.geometry.items():
        distances = [site.distance(shapely.point_on_surface(shape)) for shape in shapes]
        near = [n for d, (_, n) in zip(distances, places, strict=True) if d <= radius_m]
        known = [n for n in near if n is not None]
        told = near and len(near) - len(known) <= tolerance * len(near)
        expected = sum(known) if told else np.nan
        assert found.loc[label, "n"] == pytest.approx(expected, nan_ok=True)


def test_sums_do_not_depend_on_how_many_sites_are_searched_at_once(monkeypatch):
    rng = np.random.default_rng(7)
    sites = sites_at(rng.integers(-5_000, 5_000, (50, 2)).tolist())
    shapes = shapely.buffer(shapely.points(rng.integers(-5_000, 5_000, (40, 2))), 30)
    codes = [f"{i:05d}" for i in range(40)]
    communes = gpd.GeoDataFrame({"code": codes}, geometry=shapes, crs=2154)
    counts = pd.DataFrame({"n": rng.random(40)}, index=codes)
    options = {"radius_m": 2_000, "unknown_tolerance": 0}
    whole = around.sums_in_reach(sites, communes, counts, **options)
    monkeypatch.setattr(around, "SITES_AT_ONCE", 7)
    pd.testing.assert_frame_equal(
        whole, around.sums_in_reach(sites, communes, counts, **options), check_exact=True
    )


def test_a_site_without_geometry_is_unknown():
    sites = gpd.GeoDataFrame(geometry=[None, shapely.box(0, 0, 1, 1)], crs=2154)
    features = gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)], crs=2154)
    assert around.nearest_m(sites, features).tolist() == pytest.approx([np.nan, 0], nan_ok=True)


def test_pairs_known_already_give_the_same_sums():
    rng = np.random.default_rng(5)
    sites = sites_at(rng.integers(-5_000, 5_000, (30, 2)).tolist())
    shapes = shapely.buffer(shapely.points(rng.integers(-5_000, 5_000, (40, 2))), 30)
    codes = [f"{i:05d}" for i in range(40)]
    communes = gpd.GeoDataFrame({"code": codes}, geometry=shapes, crs=2154)
    counts = pd.DataFrame({"n": rng.random(40)}, index=codes)
    options = {"radius_m": 2_000, "unknown_tolerance": 0}
    pairs = list(around.commune_pairs(sites, communes, radius_m=2_000))
    pd.testing.assert_frame_equal(
        around.sums_in_reach(sites, communes, counts, **options),
        around.sums_in_reach(sites, communes, counts, **options, pairs=pairs),
        check_exact=True,
    )


@settings(max_examples=50)
@given(
    st.lists(spot, min_size=1, max_size=6), st.lists(spot, min_size=1, max_size=8),
    st.integers(0, 6_000),
)  # fmt: skip
def test_pairs_are_those_within_the_radius_by_site(spots, targets, radius_m):
    sites = sites_at(spots)
    points = gpd.GeoSeries([shapely.Point(t) for t in targets], crs=2154)
    found = [
        (int(s), int(f))
        for site, feature in around.pairs_in_reach(sites, points, radius_m=radius_m)
        for s, f in zip(site, feature, strict=True)
    ]
    assert found == [
        (s, f)
        for s, site in enumerate(sites.geometry)
        for f, point in enumerate(points)
        if site.distance(point) <= radius_m
    ]
