"""The area that two polygons share: GEOS is the oracle; the order of the two changes no bit."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from siting import _overlap_kernel, _overlap_steps, overlap
from siting.overlap import _edges, enough, pairs_in_order, shared_areas

CORNER = (350_000.0, 6_700_000.0)


def star(seed, *, vertices=24, grid=0):
    """Draw a rough polygon near the corner; with ``grid``, on whole metres: edges coincide."""
    rng = np.random.default_rng(seed)
    angles = np.sort(rng.uniform(0, 2 * np.pi, vertices))
    reach = 100 * rng.uniform(0.2, 1.5, vertices)
    ring = np.column_stack((reach * np.cos(angles), reach * np.sin(angles)))
    ring = ring + rng.uniform(-90, 90, 2)
    ring = np.round(ring / grid) * grid if grid else ring
    return shapely.make_valid(shapely.Polygon(ring + CORNER))


def polygons(seeds, **options):
    found = [star(seed, **options) for seed in seeds]
    return [one for one in found if one.geom_type in {"Polygon", "MultiPolygon"} and one.area > 0]


@given(
    st.lists(st.integers(0, 10_000), min_size=2, max_size=6, unique=True),
    st.sampled_from([0, 1, 20, 60]), st.sampled_from([3, 8, 40, 200]),
)  # fmt: skip
def test_what_is_shared_is_what_geos_says_in_either_order(seeds, grid, vertices):
    shapes = np.array(polygons(seeds, grid=grid, vertices=vertices), dtype=object)
    one, other = (each.ravel() for each in np.indices((len(shapes), len(shapes))))
    found = shared_areas(shapes, one, other)
    expected = shapely.area(shapely.intersection(shapes[one], shapes[other]))
    least = np.minimum(shapely.area(shapes)[one], shapely.area(shapes)[other])
    assert np.abs(found - expected).max(initial=0.0) <= 1e-6 + 1e-9 * least.max(initial=0.0)
    assert (found == shared_areas(shapes, other, one)).all()
    alone = [shared_areas(shapes[[a, b]], np.array([0]), np.array([1]))[0]
             for a, b in zip(one, other, strict=True)]  # fmt: skip
    assert (found == alone).all()


CASES = {
    "the same": (shapely.box(0, 0, 10, 10), shapely.box(0, 0, 10, 10), 100.0),
    "side by side": (shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10), 0.0),
    "one inside": (shapely.box(0, 0, 10, 10), shapely.box(2, 2, 4, 4), 4.0),
    "half of an edge in common": (shapely.box(0, 0, 10, 10), shapely.box(0, 0, 5, 20), 50.0),
    "in the hole": (
        shapely.box(0, 0, 10, 10) - shapely.box(2, 2, 8, 8), shapely.box(3, 3, 7, 7), 0.0,
    ),
    "over the hole": (
        shapely.box(0, 0, 10, 10) - shapely.box(2, 2, 8, 8), shapely.box(1, 1, 9, 9), 28.0,
    ),
    "two parts": (
        shapely.MultiPolygon([shapely.box(0, 0, 4, 4), shapely.box(6, 6, 10, 10)]),
        shapely.box(2, 2, 8, 8), 8.0,
    ),
    "a cross": (shapely.box(0, 4, 10, 6), shapely.box(4, 0, 6, 10), 4.0),
    "a triangle by a corner": (
        shapely.Polygon([(0, 0), (10, 0), (0, 10)]), shapely.Polygon([(10, 10), (0, 10), (10, 0)]),
        0.0,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("most", [overlap.MOST_EDGES, 0])
def test_hand_worked_cases(case, most, monkeypatch):
    monkeypatch.setattr(overlap, "MOST_EDGES", most)  # 0: by GEOS, as of many vertices
    one, other, area = CASES[case]
    shapes = np.array([shapely.transform(g, lambda xy: xy + CORNER) for g in (one, other)])
    assert shared_areas(shapes, np.array([0]), np.array([1])) == pytest.approx([area], abs=1e-6)


def test_compiled_or_not_the_bits_are_the_same():
    shapes = np.array(polygons(range(30)), dtype=object)
    edges, offsets = _edges(shapes)
    one, other = (each.ravel().astype(np.int64) for each in np.indices((len(shapes), len(shapes))))
    arguments = (one, other, edges, offsets, shapely.bounds(shapes))
    plain = _overlap_steps.shared_areas(*arguments)
    assert plain.sum() > 0
    assert (_overlap_kernel.shared_areas(*arguments) == plain).all()


def test_a_polygon_of_many_vertices_is_cut_by_geos():
    large = shapely.Point(CORNER).buffer(5_000, quad_segs=10_000)
    shapes = np.array([large, *polygons(range(20))], dtype=object)
    zeros, others = np.zeros(len(shapes) - 1, dtype=int), np.arange(1, len(shapes))
    expected = shapely.area(shapely.intersection(shapes[zeros], shapes[others]))
    found = shared_areas(shapes, zeros, others)
    assert found == pytest.approx(expected, abs=1e-6)
    assert (found == shared_areas(shapes, others, zeros)).all()


def test_pairs_come_in_order_however_many_at_once(monkeypatch):
    shapes = np.array(polygons(range(60)), dtype=object)
    one, other = np.triu_indices(len(shapes), k=1)
    expected = enough(shapes, one, other, least_share=0.01)
    for size in (7, 1_024):
        monkeypatch.setattr(overlap, "SITES_AT_ONCE", size)
        found = list(pairs_in_order(shapes, least_share=0.01))
        for columns, wanted in zip(zip(*found, strict=True), expected, strict=True):
            assert np.array_equal(np.concatenate(columns), wanted)
    assert 0 < len(expected[0]) < len(one)
    assert gpd.GeoSeries(shapes).is_valid.all()
