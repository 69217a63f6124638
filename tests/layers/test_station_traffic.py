"""Traffic of stations: years from the columns, joined by UIC code."""

import pytest

from layers.errors import LayerError
from layers.registry import load_layers
from layers.station_traffic import load_station_traffic, with_traffic
from layers.transport import load_stations

TEXT = (
    "Nom de la gare;Code UIC;Code postal;Segmentation DRG;Total Voyageurs 2024;"
    "Total Voyageurs + Non voyageurs 2024;Total Voyageurs 2023;"
    "Total Voyageurs + Non voyageurs 2023\n"
    "Nantes;87481002;44000;A;18000000;27000000;17082588;25000000\n"
    "Écouflant;87484113;49000;C;0;0;;\n"
)
API = (
    "nom_gare,code_uic_complet,total_voyageurs_2023,total_voyageurs_non_voyageurs_2023,"
    "total_voyageurs_2024,total_voyageurs_non_voyageurs_2024\n"
    "Nantes,87481002,17082588,25000000,18000000,27000000\nÉcouflant,87484113,,,0,0\n"
)


def load(tmp_path, text=TEXT, name="frequentation.csv"):
    (tmp_path / name).write_text(text, encoding="utf-8-sig")
    return load_station_traffic(tmp_path / name)


def test_years_are_those_of_the_columns(tmp_path):
    layer = load(tmp_path)
    assert layer.provenance.vintage == "2023-2024"
    rows = layer.data[["code_uic", "year", "travellers", "users"]].astype(object)
    assert rows.where(rows.notna(), None).to_numpy().tolist() == [
        ["87481002", 2023, 17_082_588, 25_000_000],
        ["87481002", 2024, 18_000_000, 27_000_000],
        ["87484113", 2023, None, None],  # not published: unknown
        ["87484113", 2024, 0, 0],  # published zero
    ]


def test_the_columns_of_the_api_give_the_same_layer(tmp_path):
    assert load(tmp_path, API).data.equals(load(tmp_path).data)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("87484113", "8748411", "value-type"),
        ("87484113", "87481002", "id-duplicate"),
        ("18000000;", "beaucoup;", "value-type"),
        ("Total Voyageurs 20", "Entrants 20", "column-missing"),
        ("Code UIC", "Identifiant", "column-missing"),
    ],
)
def test_a_damaged_file_is_told(tmp_path, old, new, code):
    with pytest.raises(LayerError) as error:
        load(tmp_path, TEXT.replace(old, new))
    assert [p.code for p in error.value.problems] == [code]


def test_only_2023_stands_for_2023(tmp_path):
    stations = load_stations()
    joined = with_traffic(stations, load(tmp_path)).data.set_index("code_uic")["travellers_2023"]
    assert joined["87481002"] == 17_082_588
    assert joined.notna().sum() == 1
    later = load(tmp_path, TEXT.replace("2023", "2022"))
    assert with_traffic(stations, later) is stations


def test_both_real_files_rebuild_the_embedded_stations(open_data):
    folder = open_data / "pays-de-la-loire"
    files = {
        "stations": folder / "gares_sncf_2025.geojson",
        "station_traffic": folder / "frequentation_gares.csv",
    }
    layers = load_layers(files)
    ours = layers["stations"].geo.set_index("code_uic")
    embedded = load_stations().geo.set_index("code_uic").loc[ours.index]
    assert len(ours) == 146
    for name in ("name", "passenger", "freight"):
        assert ours[name].tolist() == embedded[name].tolist()
    counts = ours["travellers_2023"].fillna(-1)
    assert counts.tolist() == embedded["travellers_2023"].fillna(-1).tolist()
    # Only Doulon, whose three places are 900 m apart, is elsewhere than its first place.
    assert ours.distance(embedded).nlargest(2).round(-1).tolist() == [580, 190]
    years = layers["station_traffic"].data["year"]
    assert (years.min(), years.max(), len(years)) == (2015, 2023, 133 * 9)
