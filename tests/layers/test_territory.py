"""The communes: contract, tiling of the region, levels."""

from collections import Counter

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import Polygon, box

from layers.errors import LayerError
from layers.jobs import load_zonings
from layers.spec import Status
from layers.territory import LEVELS, NO_EPCI, Level, Territory, load_communes, load_territory

HECTARE_M2 = 10_000
STRADDLING = {"243500741", "244400610", "200072676", "246100663"}
# Inside Saint-Laurent-sur-Sèvre, a place of Mauléon (79079): not in the region.
MAULEON_ENCLAVE_WGS84 = (-0.89175, 46.96747)


@pytest.fixture(scope="module")
def communes():
    return load_communes().geo


@pytest.fixture(scope="module")
def territory():
    return load_territory()


def _codes_at(communes, lon, lat):
    point = gpd.GeoSeries.from_xy([lon], [lat], crs=4326).to_crs(2154).iloc[0]
    return communes["code"][communes.contains(point)].to_list()


def test_communes_are_counted_by_departement(communes):
    counts = {"44": 207, "49": 176, "53": 240, "72": 352, "85": 253}
    assert communes["departement"].value_counts().to_dict() == counts
    assert (communes["code"].str[:2] == communes["departement"]).all()
    assert set(communes["region"]) == {"52"}


def test_every_code_is_a_string_of_its_length(communes):
    for column, length in {"code": 5, "epci": 9, "departement": 2, "region": 2}.items():
        assert {(type(code), len(code)) for code in communes[column]} == {(str, length)}


def test_71_epci_and_one_commune_without(communes):
    assert communes["epci"].nunique() == 71 + 1
    alone = communes[communes["epci"] == NO_EPCI]
    assert alone["name"].to_list() == ["L'Île-d'Yeu"]
    assert alone["epci_name"].to_list() == ["Sans EPCI (L'Île-d'Yeu)"]


def test_epci_that_straddle_the_region_are_flagged(communes):
    assert set(communes["epci"][~communes["epci_complete"]]) == STRADDLING


def test_each_code_has_one_name_and_one_flag(communes):
    for level in ("epci", "departement", "region"):
        assert communes.groupby(level)[f"{level}_name"].nunique().eq(1).all()
    assert communes.groupby("epci")["epci_complete"].nunique().eq(1).all()


def test_names_are_official(communes, open_data):
    path = open_data / "pays-de-la-loire" / "frr_juillet2025.csv"
    official = pd.read_csv(path, sep=";", dtype=str).set_index("Code_insee")["Commune"]
    assert communes.set_index("code")["name"].to_dict() == official.to_dict()


def test_communes_do_not_overlap(communes):
    shapes = communes.geometry.to_numpy()
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    once = left < right
    overlaps = shapely.area(shapely.intersection(shapes[left[once]], shapes[right[once]]))
    assert overlaps.size > 3_000  # neighbours were found
    assert overlaps.max() < 1


def test_union_has_the_area_of_the_communes(communes):
    assert shapely.union_all(communes.geometry).area == pytest.approx(communes.area.sum(), abs=1)
    # The region is known for 32,082 km² of land; with estuaries and simplified coasts, 1 % more.
    assert communes.area.sum() / 1e6 == pytest.approx(32_082, rel=0.015)


def test_only_hole_is_the_enclave_of_another_region(communes):
    union = shapely.union_all(communes.geometry)
    rings = [Polygon(ring) for part in union.geoms for ring in part.interiors]
    holes = [ring for ring in rings if ring.area > 1]
    assert [round(hole.area / HECTARE_M2, 1) for hole in holes] == [5.0]
    enclave = gpd.GeoSeries.from_xy(*[[x] for x in MAULEON_ENCLAVE_WGS84], crs=4326).to_crs(2154)
    assert holes[0].contains(enclave.iloc[0])


def test_each_point_of_a_grid_inside_the_region_is_in_one_commune(communes):
    low_x, low_y, high_x, high_y = communes.total_bounds
    # The offset keeps the points off the borders, whose coordinates are centimetres.
    x, y = np.meshgrid(
        np.arange(low_x + 0.001, high_x, 1_500.0), np.arange(low_y + 0.001, high_y, 1_500.0)
    )
    points = shapely.points(x.ravel(), y.ravel())
    point, _ = shapely.STRtree(communes.geometry.to_numpy()).query(points, predicate="within")
    assert point.size > 14_000
    assert np.bincount(point).max() == 1
    outline = communes.union_all()
    shapely.prepare(outline)
    assert set(np.flatnonzero(shapely.contains(outline, points))) == set(point)


@pytest.mark.parametrize(
    ("lon", "lat", "code"),
    [
        (-1.5536, 47.2173, "44109"),  # Nantes
        (-1.2640, 47.3320, "49126"),  # Champtoceaux, in Orée d'Anjou: no outline in the source
        (-1.1290, 47.3250, "49126"),  # Liré, in Orée d'Anjou
        (0.2180, 47.8760, "72155"),  # Saint-Gervais-en-Belin, in Laigné-Saint-Gervais
        (-2.3470, 46.7100, "85113"),  # L'Île-d'Yeu
        (-1.2730, 47.0640, "85076"),  # La Bernardière, in Cugand-la-Bernardière
    ],
)
def test_known_places_fall_in_their_commune(communes, lon, lat, code):
    assert _codes_at(communes, lon, lat) == [code]


def test_embedded_layer_tells_its_source():
    provenance = load_communes().provenance
    assert provenance.status is Status.OBSERVED
    assert "COG 2025" in provenance.vintage
    assert "approximate" in provenance.method


def test_written_then_read_it_is_the_same(communes, tmp_path):
    for name in ("communes.parquet", "communes.gpkg"):
        path = tmp_path / name
        communes.to_parquet(path) if path.suffix == ".parquet" else communes.to_file(path)
        layer = load_communes(path)
        same = layer.geo.geometry.geom_equals(communes.geometry, align=False)
        assert same.all()
        columns = list(communes.columns.drop("geometry"))
        pd.testing.assert_frame_equal(
            pd.DataFrame(layer.data[columns]), pd.DataFrame(communes[columns]), check_dtype=False
        )
        assert layer.provenance.status is Status.DECLARED


# --- Bad files ------------------------------------------------------------------


def _codes_of(error):
    return Counter((p.field, p.code) for p in error.value.problems)


def test_wrong_crs_is_told_not_converted(communes, tmp_path):
    communes.head(3).to_crs(4326).to_parquet(tmp_path / "wgs84.parquet")
    with pytest.raises(LayerError, match=r"wgs84\.parquet.*EPSG:4326.*EPSG:2154"):
        load_communes(tmp_path / "wgs84.parquet")


def test_all_problems_of_a_file_come_at_once(communes, tmp_path):
    bad = communes.head(4).drop(columns="epci_complete")
    bad.loc[1, "code"] = bad.loc[0, "code"]
    bad.loc[2, "epci"] = "2444"
    bow_tie = Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    bad.loc[3, "geometry"] = bow_tie
    bad.to_parquet(tmp_path / "bad.parquet")
    with pytest.raises(LayerError) as error:
        load_communes(tmp_path / "bad.parquet")
    assert _codes_of(error) == {
        ("epci_complete", "column-missing"): 1,
        ("code", "id-duplicate"): 1,
        ("epci", "value-length"): 1,
        (None, "geometry-invalid"): 1,
    }
    assert {p.file for p in error.value.problems} == {"bad.parquet"}
    assert {p.row for p in error.value.problems} >= {3, 4}


def test_points_are_not_communes(communes, tmp_path):
    points = communes.head(2).set_geometry(communes.head(2).centroid)
    points.to_parquet(tmp_path / "points.parquet")
    with pytest.raises(LayerError) as error:
        load_communes(tmp_path / "points.parquet")
    assert _codes_of(error) == {(None, "geometry-type"): 1}


# --- Levels ---------------------------------------------------------------------


def test_levels_partition_the_region(territory):
    region = territory.units(Level.REGION)
    for level in territory.levels:
        units = territory.units(level)
        assert units["n_communes"].sum() == 1228
        assert units.area.sum() == pytest.approx(region.area.sum(), abs=1)
        assert units["code"].is_monotonic_increasing
        assert units["code"].is_unique
        assert tuple(units["code"]) == territory.codes(level)
        assert units.is_valid.all()
        assert units.crs == "EPSG:2154"
    assert territory.outline.area == pytest.approx(region.area.sum(), abs=1)


def test_every_level_has_its_columns():
    assert set(LEVELS) == set(Level)


def test_units_tell_what_lies_outside(territory):
    epci = territory.units(Level.EPCI).set_index("code")
    assert set(epci.index[~epci["complete"]]) == STRADDLING
    zones = territory.units(Level.ZONE_EMPLOI).set_index("code")
    assert set(zones.index[~zones["complete"]]) == {"0051", "0062"}
    for level in (Level.COMMUNE, Level.DEPARTEMENT, Level.REGION):
        assert territory.units(level)["complete"].all()


def test_units_are_computed_once(territory):
    assert territory.units(Level.EPCI) is territory.units(Level.EPCI)


def test_unit_is_the_union_of_its_communes(territory, communes):
    parents = territory.parents()
    assert list(parents.index) == list(communes["code"])
    inside = communes[communes["code"].isin(parents.index[parents["epci"] == "244400404"])]
    unit = territory.units(Level.EPCI).set_index("code").loc["244400404"]
    assert unit["n_communes"] == len(inside) == 24
    assert unit["geometry"].symmetric_difference(inside.union_all()).area < 1


def test_parents_without_zonings():
    parents = Territory(load_communes()).parents()
    assert list(parents.columns) == ["epci", "departement", "region"]
    assert parents.loc["85113"].to_list() == [NO_EPCI, "85", "52"]


def test_names(territory):
    assert territory.name(Level.COMMUNE, "72154") == "La Flèche"
    assert territory.name(Level.REGION, "52") == "Pays de la Loire"
    assert territory.name(Level.ZONE_EMPLOI, "5216") == "Nantes"
    with pytest.raises(KeyError):
        territory.name(Level.EPCI, "000000000")


def test_level_without_its_layer_is_an_error():
    territory = Territory(load_communes())
    assert Level.ZONE_EMPLOI not in territory.levels
    with pytest.raises(LayerError, match="layer-missing"):
        territory.units(Level.ZONE_EMPLOI)


def test_commune_without_zoning_is_an_error(tmp_path):
    path = tmp_path / "zonings.csv"
    load_zonings().data.iloc[1:].to_csv(path, index=False)
    with pytest.raises(LayerError, match=r"1 \(44001\).*code-missing"):
        Territory(load_communes(), load_zonings(path))


def test_communes_of_a_user_that_do_not_match_still_dissolve(communes, tmp_path):
    two = communes.head(2).assign(epci="244400404", epci_name="Démo")
    # The border of the second has one vertex that the first has not.
    two["geometry"] = [box(0, 0, 1_000, 1_000), box(1_000, 0, 2_000, 400)]
    two.to_parquet(tmp_path / "two.parquet")
    unit = Territory(load_communes(tmp_path / "two.parquet")).units(Level.EPCI)
    assert unit.area.to_list() == [1_400_000]
