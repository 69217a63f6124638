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
