"""Classified installations of Géorisques: Seveso ones in service, by threshold."""

import pytest

from layers.errors import LayerError
from layers.surroundings import HAZARDOUS_SITES, load_surroundings

TEXT = (
    "raisonSociale;codeInsee;longitude;latitude;regime;statutSeveso;etatActivite\n"
    "Raffinerie;44052;-2.07;47.31;Autorisation;Seveso seuil haut;En exploitation\n"
    "Silo;44103;-2.15;47.29;Autorisation;Seveso seuil bas;En exploitation\n"
    "Parking;44109;-1.55;47.21;Enregistrement;Non Seveso;En exploitation\n"
    "Garage;44109;-1.55;47.21;Déclaration;;En exploitation\n"
    "Dépôt;44109;-1.56;47.20;Autorisation;Seveso seuil haut;En fin d'exploitation\n"
    "Étrange;44109;-1.56;47.20;Autorisation;à étudier;En exploitation\n"
)


def load(tmp_path, text=TEXT):
    (tmp_path / "icpe_2026.csv").write_text(text, encoding="utf-8")
    return load_surroundings(HAZARDOUS_SITES, tmp_path / "icpe_2026.csv")


def test_seveso_establishments_in_service(tmp_path):
    layer = load(tmp_path)
    rows = layer.data[["name", "regime"]].to_numpy().tolist()
    assert rows == [["Raffinerie", "seveso seuil haut"], ["Silo", "seveso seuil bas"]]
    assert layer.geo.crs == "EPSG:2154"
    assert layer.provenance.vintage == "2026"
    assert [(note.code, note.found) for note in layer.notes] == [("value-unmapped", "à étudier")]


def test_other_names_of_the_columns_give_the_same_layer(tmp_path):
    other = TEXT.replace("statutSeveso", "statut_seveso").replace("raisonSociale", "nom_ets")
    assert load(tmp_path, other).geo.equals(load(tmp_path).geo)


def test_a_file_without_seveso_is_an_empty_layer(tmp_path):
    lines = TEXT.splitlines(keepends=True)
    assert load(tmp_path, lines[0] + lines[3]).data.empty  # none is known, not unknown


def test_exchanged_coordinates_and_tables_without_status_are_told(tmp_path):
    with pytest.raises(LayerError, match="coordinates-swapped"):
        load(tmp_path, TEXT.replace("-2.07;47.31", "47.31;-2.07"))
    with pytest.raises(LayerError):
        load(tmp_path, TEXT.replace("statutSeveso", "statut"))
