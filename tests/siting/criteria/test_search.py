"""Fast searches against the plain ones of GEOS: the same to the last bit."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.criteria.search import EDGES_AT_ONCE, least_distances, pairs_within, short_lines

CORNER = np.array([350_000, 6_690_000])
seeds = st.integers(0, 2**32 - 1)


def stars(rng, count, *, size, most=60):
    """Irregular polygons about a point, in the coordinates of Lambert-93."""
    shapes = []
    for x, y in rng.uniform(0, 20_000, (count, 2)) + CORNER:
        angles = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, most)))
        reach = size * rng.uniform(0.3, 1.3, len(angles))
        ring = np.column_stack((x + reach * np.cos(angles), y + reach * np.sin(angles)))
        shapes.append(shapely.make_valid(shapely.Polygon(ring), method="structure"))
    return np.array(shapes, dtype=object)


def features(rng):
    """Points, lines, polygons with holes, multipolygons and collections."""
    areas = stars(rng, 6, size=3_000, most=300)
    holed = areas[0].difference(shapely.make_valid(areas[1]))
    several = shapely.union_all(areas[2:4])
    line = shapely.LineString(rng.uniform(0, 20_000, (40, 2)) + CORNER)
    spot = shapely.Point(*(rng.uniform(0, 20_000, 2) + CORNER))
    every = [holed, several, line, spot, shapely.GeometryCollection([several, line]), areas[5]]
    chosen = rng.permutation(len(every))[: rng.integers(1, len(every) + 1)]
    return np.array([every[i] for i in chosen], dtype=object)


@settings(max_examples=60)
@given(seeds)
def test_the_least_distance_is_the_one_geos_gives(seed):
    rng = np.random.default_rng(seed)
    sites, targets = stars(rng, 30, size=200), features(rng)
    every = shapely.distance(sites[:, np.newaxis], targets[np.newaxis, :])
    assert least_distances(sites, targets).tolist() == every.min(axis=1).tolist()


@settings(max_examples=60)
@given(seeds, st.integers(1, 60), st.integers(1, 9))
def test_the_least_distance_to_points_is_the_one_geos_gives(seed, count, neighbours):
    rng = np.random.default_rng(seed)
    sites = np.append(stars(rng, 30, size=rng.choice([50, 2_000])), [None, shapely.Polygon()])
    spots = rng.uniform(0, 20_000, (count, 2)).round(rng.integers(-3, 3)) + CORNER
    points = np.append(shapely.points(spots), [shapely.Point(), None])
    every = shapely.distance(sites[:, np.newaxis], points[np.newaxis, :count])
    expected = np.fmin.reduce(every, axis=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("siting.criteria.search.MANY_SHAPES", 1)
        patch.setattr("siting.criteria.search.NEIGHBOURS", neighbours)
        assert np.array_equal(least_distances(sites, points), expected, equal_nan=True)


def test_a_site_inside_a_feature_and_one_that_touches_it_are_at_nothing():
    area = shapely.Point(0, 0).buffer(1_000, 64)
    sites = np.array([shapely.box(-1, -1, 1, 1), shapely.box(1_000, -5, 1_010, 5)])
    assert least_distances(sites, np.array([area])).tolist() == [0.0, 0.0]


def test_nothing_to_measure_is_unknown():
    site, empty = shapely.box(0, 0, 1, 1), shapely.Point()
    assert np.isnan(least_distances(np.array([site]), np.array([None, empty]))).all()
    assert np.isnan(least_distances(np.array([None]), np.array([shapely.Point(1, 1)]))).all()


@given(st.integers(2, 5 * EDGES_AT_ONCE + 3))
def test_short_lines_are_the_outline_cut(count):
    angles = np.linspace(0, 2 * np.pi, count + 2)[:-1]
    ring = shapely.Polygon(np.column_stack((np.cos(angles), np.sin(angles))))
    lines = short_lines(np.array([ring], dtype=object))
    assert (shapely.get_num_coordinates(lines) <= EDGES_AT_ONCE + 1).all()
    assert shapely.length(lines).sum() == pytest.approx(ring.length)
    assert shapely.line_merge(shapely.union_all(lines)).equals(ring.exterior)


@settings(max_examples=60)
@given(seeds, st.floats(0, 9_000))
def test_pairs_are_those_that_geos_finds(seed, radius):
    rng = np.random.default_rng(seed)
    sites = stars(rng, 20, size=900)
    points = shapely.points(rng.uniform(0, 20_000, (60, 2)) + CORNER)
    near = shapely.dwithin(sites[:, np.newaxis], points[np.newaxis, :], radius)
    shape, point = pairs_within(sites, points, radius)
    assert np.column_stack((shape, point)).tolist() == np.argwhere(near).tolist()


def test_the_radius_is_inclusive():
    site = np.array([shapely.box(0, 0, 100, 80)])
    assert pairs_within(site, shapely.points([[300.0, 40.0], [301.0, 40.0]]), 200)[1].tolist() == [
        0
    ]
    assert pairs_within(site, np.array([shapely.box(300, 0, 301, 1)]), 200)[1].tolist() == [0]


def test_what_has_no_geometry_is_near_nothing():
    sites = np.array([None, shapely.box(0, 0, 1, 1)])
    shape, point = pairs_within(sites, np.array([shapely.Point(0, 0), None]), 5)
    assert (shape.tolist(), point.tolist()) == ([1], [0])
