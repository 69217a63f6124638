"""Demonstration interchanges, ports and protected areas."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal

from layers.demonstration import FOLDER, places
from layers.demonstration.roads import gabriel_edges, local_roads, main_towns, town_centres
from layers.environment import PROTECTED_KINDS
from layers.housing import load_housing
from layers.territory import load_communes, load_territory


@pytest.fixture(scope="module")
def communes():
    return load_communes().geo


@pytest.fixture(scope="module")
def region():
    return load_territory().outline


@pytest.fixture(scope="module")
def towns(communes):
    return town_centres(communes, load_housing().data)


def test_embedded_places_are_what_the_code_makes_whatever_the_order_of_rows(
    communes, region, tmp_path
):
    shuffled = communes.sample(frac=1, random_state=2)
    housing = load_housing().data.iloc[::-1]
    made = {
        places.INTERCHANGES_FILE: places.build_interchanges(
            town_centres(shuffled, housing), region
        ),
        places.PORTS_FILE: places.build_ports(shuffled),
        places.PROTECTED_AREAS_FILE: places.build_protected_areas(shuffled),
    }
    for name, table in made.items():
        places.write_places(table, tmp_path / name)
        assert_geodataframe_equal(
            gpd.read_parquet(tmp_path / name), gpd.read_parquet(FOLDER / name)
        )


def test_interchanges_are_about_sixty_inside_the_region(region):
    table = gpd.read_parquet(FOLDER / places.INTERCHANGES_FILE)
    assert 50 <= len(table) <= 70
    assert table.within(region).all()
    assert table["name"].str.fullmatch(r"Échangeur démo \d\d").all()
    assert len(set(zip(table.geometry.x, table.geometry.y, strict=True))) == len(table)


def test_ports_stand_on_the_western_shore(region):
    table = gpd.read_parquet(FOLDER / places.PORTS_FILE)
    assert len(table) == 4
    shore = max(region.geoms, key=shapely.area).exterior
    assert table.distance(shore).max() < 50
    assert table.geometry.x.max() < 340_000


def test_protected_areas_have_every_kind_and_stay_in_the_region(region):
    table = gpd.read_parquet(FOLDER / places.PROTECTED_AREAS_FILE)
    assert table["kind"].value_counts().to_dict() == places.KIND_COUNTS
    assert set(places.KIND_COUNTS) == set(PROTECTED_KINDS)
    assert table.is_valid.all()
    assert (table.area - table.intersection(region).area).max() < 1e5  # clipped, then filled
    assert table.area.between(50e4, 12_000e4).all()


def test_main_towns_are_large_and_far_apart(towns):
    main = main_towns(towns)
    points = gpd.GeoSeries(gpd.points_from_xy(*towns.points[main].T))
    gaps = [points.drop(rank).distance(points[rank]).min() for rank in points.index]
    assert min(gaps) > 22_000
    assert towns.codes[main[0]] == "44109"


def test_roads_link_every_town_to_every_other(towns):
    edges = gabriel_edges(towns.points)
    parent = list(range(len(towns.codes)))

    def root(town):
        while parent[town] != town:
            town = parent[town]
        return town

    for one, other in edges.tolist():
        parent[root(one)] = root(other)
    assert len({root(town) for town in range(len(parent))}) == 1
    assert len(local_roads(towns)) == len(edges)


def test_gabriel_graph_of_a_square_with_its_centre():
    # The centre lies in the disc of both diagonals, on the edge of none of the sides' discs.
    square = pd.DataFrame([(0, 0), (2, 0), (2, 2), (0, 2), (1.0, 1.1)]).to_numpy(dtype=float)
    edges = {tuple(pair) for pair in gabriel_edges(square).tolist()}
    assert {(0, 4), (1, 4), (2, 4), (3, 4)} <= edges
    assert not edges & {(0, 2), (1, 3)}
