"""ITE 3000: states by their first word, places from degrees, strange words told."""

import geopandas as gpd
import pytest
import shapely

from layers.errors import LayerError
from layers.freight_sidings import load_freight_sidings

ROWS = {
    "Raison_sociale": ["Cargill", "Arcelor", None, "Silo", "Usine"],
    "Code_postal": ["44600", "44550", "49000", "72000", "85000"],
    "Etat_ITE": ["Bon (voie unique)", "Mauvais (herbe)", "NEUF", "Inutilisable", "À revoir"],
    "Convention_active": ["Oui", "non", None, "NON", "OUI"],
    "Circulation_récente": ["oui", "Non", "", "Non", "en 2012"],
}
POINTS = [shapely.Point(-2.2, 47.28), *(shapely.Point(-1 - i / 10, 47.5) for i in range(4))]


def load(tmp_path, rows=ROWS, points=POINTS, suffix="geojson"):
    path = tmp_path / f"ite3000_2021.{suffix}"
    gpd.GeoDataFrame(rows, geometry=points, crs=4326).to_file(path)
    return load_freight_sidings(path)


def test_states_and_agreements(tmp_path):
    layer = load(tmp_path)
    data = layer.data.astype(object).where(layer.data.notna(), None)
    assert data["usable"].tolist() == [True, False, True, False, None]
    assert data["agreement"].tolist() == [True, False, None, False, True]
    assert data["recent_traffic"].tolist() == [True, False, None, False, None]
    assert data["name"].tolist() == ["Cargill", "Arcelor", None, "Silo", "Usine"]
    assert [(note.code, note.found) for note in layer.notes] == [
        ("value-unmapped", "À revoir"),
        ("value-unmapped", "en 2012"),
    ]
    assert layer.geo.crs == "EPSG:2154"


def test_formats_and_cases_give_the_same_layer(tmp_path):
    upper = {name.upper(): values for name, values in ROWS.items()}
    ours = load(tmp_path).geo
    theirs = load(tmp_path, upper, suffix="gpkg").geo
    assert ours.drop(columns="geometry").equals(theirs.drop(columns="geometry"))
    assert ours.distance(theirs).max() < 0.01


def test_a_siding_without_a_place_is_left_out_and_told(tmp_path):
    layer = load(tmp_path, points=[shapely.Point(-2.2, 47.28), None, *POINTS[2:]])
    assert len(layer.data) == 4
    assert ("places-left-out", "1") in [(note.code, note.found) for note in layer.notes]


def test_exchanged_coordinates_and_missing_columns_are_told(tmp_path):
    with pytest.raises(LayerError) as error:
        load(tmp_path, points=[shapely.Point(47.28, -2.2), *POINTS[1:]])
    assert [(p.code, p.row) for p in error.value.problems] == [("coordinates-swapped", 1)]
    with pytest.raises(LayerError, match=r"state.*Raison_sociale"):
        load(tmp_path, {"Raison_sociale": ["x"] * 5})
