"""The thirty demonstration sites."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal

from layers.demonstration import FOLDER
from layers.demonstration.plans import PLANS
from layers.demonstration.shapes import SHAPES, draw
from layers.demonstration.sites import FILE_NAME, Surroundings, build_sites, write_sites
from layers.environment import load_protected_areas
from layers.housing import load_housing
from layers.site_table import (
    COMMERCIAL_STAGES,
    ENVIRONMENT_STAGES,
    LAND_STAGES,
    PLANNING_STAGES,
    SERVICING_STAGES,
    SITES,
)
from layers.sites import read_sites
from layers.territory import load_communes, load_territory
from layers.transport import load_interchanges, load_stations


@pytest.fixture(scope="module")
def sites():
    return gpd.read_file(FOLDER / FILE_NAME).set_index("site_id")


@pytest.fixture(scope="module")
def communes():
    return load_communes().geo


def test_six_sites_in_each_departement_inside_the_region(sites, communes):
    assert sites["commune"].str[:2].value_counts().to_dict() == dict.fromkeys(
        ("44", "49", "53", "72", "85"), 6
    )
    assert sites.within(load_territory().outline.buffer(0.01)).all()
    home = communes.set_index("code").geometry.reindex(sites["commune"])
    assert (sites.intersection(home.set_axis(sites.index)).area > 0).all()


def test_areas_and_shapes(sites):
    hectares = sites.area / 1e4
    assert sites.is_valid.all()
    assert hectares.between(3, 150).all()
    assert hectares.min() < 4
    assert hectares.max() > 140
    np.testing.assert_allclose(sites["declared_area_m2"], sites.area, atol=0.5, rtol=0)
    parts = sites.geometry.count_geometries()
    assert (parts > 1).sum() == 1
    assert sum(bool(p.interiors) for g in sites.geometry for p in g.geoms) == 1
    # Irregular: no site fills its smallest rectangle, several are far from convex.
    assert (sites.area / sites.minimum_rotated_rectangle().area).max() < 0.97
    assert (sites.area / sites.convex_hull.area < 0.9).sum() >= 8


def test_names_are_those_of_a_demonstration(sites):
    assert sites["name"].is_unique
    pattern = r"Démo (Nord|Sud|Est|Ouest|Centre) (44|49|53|72|85)-0[1-6]"
    assert sites["name"].str.fullmatch(pattern).all()


def test_what_the_set_must_show(sites, communes):
    assert sites["is_brownfield"].sum() == 7
    assert (sites["confidentiality"] == "confidential").sum() == 4
    sold = "vendu, commercialisation achevée"
    assert (sites["readiness_commercial"] == sold).sum() == 1
    protected = load_protected_areas().geo
    natura = protected[protected["kind"] == "natura_2000"].union_all()
    assert (sites.intersection(natura).area > 0.2 * sites.area).sum() == 1
    epci = sites[["geometry"]].overlay(communes[["epci", "geometry"]]).dissolve("epci")
    assert len(epci) > 15
    crossing = sites[["geometry"]].reset_index().overlay(communes[["epci", "geometry"]])
    per_site = crossing[crossing.area > 1e4].groupby("site_id")["epci"].nunique()
    assert (per_site > 1).sum() == 1
    start = sites["works_start_year"]
    assert start.between(2026, 2030).sum() >= 24
    assert start.isna().sum() == 2


@pytest.mark.parametrize(
    ("column", "stages"),
    [
        ("readiness_land", LAND_STAGES),
        ("readiness_planning", PLANNING_STAGES),
        ("readiness_environment", ENVIRONMENT_STAGES),
        ("readiness_servicing", SERVICING_STAGES),
        ("readiness_commercial", COMMERCIAL_STAGES),
    ],
)
def test_every_stage_of_readiness_is_there(sites, column, stages):
    assert set(sites[column].dropna()) == set(stages)


def test_values_are_allowed_by_the_site_table(sites):
    for column in SITES.columns:
        if column.choices is not None and column.name in sites:
            assert set(sites[column.name].dropna()) <= set(column.choices), column.name
    readers_work = {"row", "gross_area_m2", "geometry_origin"}
    columns = {column.name for column in SITES.columns}
    assert {*sites.columns, "site_id"} - {"geometry"} == columns - readers_work


def test_some_values_are_unknown_so_that_reliability_varies(sites):
    gaps = sites.isna().sum(axis=1)
    assert gaps.min() == 0
    assert gaps.nunique() > 2


def test_sites_keep_off_each_other(sites):
    crossed = sites.sindex.query(sites.geometry, predicate="dwithin", distance=300)
    assert (crossed[0] == crossed[1]).all()


def test_the_file_is_what_the_code_makes_to_the_byte(communes, sites, tmp_path):
    around = Surroundings(
        communes.sample(frac=1, random_state=3), load_housing().data, load_stations().geo,
        load_interchanges().geo, load_protected_areas().geo,
    )  # fmt: skip
    made = build_sites(around)
    write_sites(made, tmp_path / "a.gpkg")
    write_sites(made, tmp_path / "b.gpkg")
    assert (tmp_path / "a.gpkg").read_bytes() == (tmp_path / "b.gpkg").read_bytes()
    again = gpd.read_file(tmp_path / "a.gpkg").set_index("site_id")
    assert_geodataframe_equal(again, sites)


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("area_ha", [3, 150])
def test_shapes_are_valid_and_have_the_area_asked(kind, area_ha):
    centre = np.array([400_000.0, 6_700_000.0])
    for key in range(20):
        shape = draw(kind, area_ha * 1e4, centre, key=key, turn=key / 20)
        assert shape.is_valid
        assert shape.area == pytest.approx(area_ha * 1e4, rel=0.02)
        assert shape.centroid.distance(shapely.Point(centre)) < 2


def test_plans_are_thirty_and_distinct():
    assert len({plan.site_id for plan in PLANS}) == 30


def test_the_ordinary_reader_takes_every_site_without_a_remark(sites):
    read = read_sites(FOLDER / FILE_NAME)
    assert read.layer.data["site_id"].tolist() == sites.index.tolist()
    assert read.rejected == read.notes == ()
