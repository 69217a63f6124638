"""Stations: places, flags, contract."""

import geopandas as gpd
import pandas as pd
import pytest

from layers.errors import LayerError
from layers.tables import embedded_file
from layers.territory import load_communes, load_territory
from layers.transport import load_stations


@pytest.fixture(scope="module")
def stations():
    return load_stations().geo.set_index("code_uic")


def _rows():
    return pd.read_csv(embedded_file("stations.csv"), dtype=str)


@pytest.mark.parametrize(
    ("uic", "commune"), [("87481002", "44109"), ("87484006", "49007"), ("87396002", "72181")]
)
def test_stations_lie_in_their_city(stations, uic, commune):
    communes = load_communes().geo
    place = stations.geometry[uic]
    assert communes["code"][communes.contains(place)].to_list() == [commune]


def test_stations_lie_in_the_region(stations):
    # Outlines are simplified and coordinates rounded to 10 m.
    assert stations.distance(load_territory().outline).max() < 500


def test_open_to_passengers_or_to_freight(stations):
    assert (stations["passenger"] | stations["freight"]).all()
    assert stations.loc["87481002", ["passenger", "freight"]].all()


def test_unknown_number_of_travellers_is_not_zero(stations):
    assert stations["travellers_2023"].isna().sum() == 13
    # SNCF publishes 0 for Écouflant, where no train has called since 2018.
    assert list(stations.index[stations["travellers_2023"].eq(0).fillna(value=False)]) == [
        "87484113"
    ]
    assert stations["travellers_2023"]["87481002"] == 17_082_588


def test_stations_are_those_of_sncf(stations, open_data):
    sncf = gpd.read_file(open_data / "pays-de-la-loire" / "gares_sncf_2025.geojson")
    sncf = sncf.drop_duplicates("code_uic").set_index("code_uic").to_crs(2154)
    known = sncf.loc[stations.index]
    assert (known["fret"].eq("O") == stations["freight"]).all()
    assert (known["voyageurs"].eq("O") == stations["passenger"]).all()
    assert stations.distance(known.geometry).max() < 10


def test_travellers_are_those_of_sncf(stations, open_data):
    path = open_data / "pays-de-la-loire" / "frequentation_gares.csv"
    sncf = pd.read_csv(path, sep=";", dtype={"Code UIC": str}).set_index("Code UIC")
    known = stations["travellers_2023"].dropna()
    assert (sncf["Total Voyageurs 2023"][known.index] == known).all()


def test_french_words_and_semicolons_are_read(tmp_path):
    rows = _rows().head(5)
    rows["freight"] = ["VRAI", "non", "Oui", "0", "false"]
    rows.to_csv(tmp_path / "gares.csv", sep=";", index=False)
    layer = load_stations(tmp_path / "gares.csv")
    assert layer.data["freight"].to_list() == [True, False, True, False, False]


def test_swapped_coordinates_are_out_of_range(tmp_path):
    rows = _rows().head(2).rename(columns={"lon": "lat", "lat": "lon"})
    rows.loc[0, "passenger"] = "perhaps"
    rows.to_csv(tmp_path / "swapped.csv", index=False)
    with pytest.raises(LayerError) as error:
        load_stations(tmp_path / "swapped.csv")
    assert {(p.field, p.code) for p in error.value.problems} == {
        ("passenger", "value-type"),
        ("lon", "value-range"),
        ("lat", "value-range"),
    }


LIST = (
    "code_uic;libelle;fret;voyageurs;code_ligne;x_wgs84;y_wgs84\n"
    "87481085;Doulon;O;N;457000;-1.52;47.22\n87481085;Doulon;O;O;519000;-1.52;47.24\n"
    "87481358;Paimboeuf;N;N;537000;-2.0274;47.2864\n87484006;Angers-St-Laud;O;O;515000;-0.5568;47.4644\n"
)  # fmt: skip


def write_list(tmp_path, text=LIST):
    path = tmp_path / "liste-des-gares.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_list_of_sncf_has_one_row_a_station_once_read(tmp_path):
    layer = load_stations(write_list(tmp_path))
    stations = layer.geo.set_index("code_uic")
    assert sorted(stations.index) == ["87481085", "87484006"]  # Paimboeuf is closed
    assert stations.loc["87481085", ["passenger", "freight"]].tolist() == [True, True]
    assert stations["travellers_2023"].isna().all()
    middle = gpd.GeoSeries.from_xy([-1.52], [47.23], crs=4326).to_crs(2154)[0]
    assert stations.geometry["87481085"].distance(middle) < 1
    assert layer.provenance.publisher == "SNCF Réseau"


def test_a_geojson_and_a_csv_of_the_list_are_the_same(tmp_path):
    table = pd.read_csv(write_list(tmp_path), sep=";", dtype=str)
    places = gpd.points_from_xy(table["x_wgs84"].astype(float), table["y_wgs84"].astype(float))
    upper = table.drop(columns=["x_wgs84", "y_wgs84"]).rename(columns=str.upper)
    shapes = gpd.GeoDataFrame(upper, geometry=places, crs=4326)
    shapes.to_file(tmp_path / "gares.geojson")
    ours, theirs = load_stations(tmp_path / "gares.geojson"), load_stations(write_list(tmp_path))
    assert ours.geo.drop(columns="geometry").equals(theirs.geo.drop(columns="geometry"))
    assert ours.geo.distance(theirs.geo).max() < 0.01


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("87484006;", "874840;", "value-type"),
        (";O;O;515000", ";peut-être;O;515000", "value-type"),
        ("-0.5568;47.4644", "47.4644;-0.5568", "coordinates-swapped"),
        ("x_wgs84;y_wgs84", "x;y", "crs-missing"),
        ("fret;", "marchandises;", "column-missing"),
    ],
)
def test_a_damaged_list_is_told(tmp_path, old, new, code):
    with pytest.raises(LayerError) as error:
        load_stations(write_list(tmp_path, LIST.replace(old, new)))
    assert [p.code for p in error.value.problems] == [code]


def test_stations_overseas_are_left_out_and_told(tmp_path):
    layer = load_stations(write_list(tmp_path, LIST.replace("-0.5568;47.4644", "55.45;-20.88")))
    (note,) = layer.notes
    assert (note.code, note.found) == ("places-left-out", "1")
    assert layer.data["code_uic"].tolist() == ["87481085"]
