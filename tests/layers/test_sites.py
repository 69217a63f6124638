"""Files of sites: columns, units, rows kept and rejected, real files, round trips."""

import json
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers.errors import LayerError
from layers.raw_table import field_key
from layers.site_columns import (
    CARTOFRICHES,
    COMMON,
    FREE,
    PROFILES,
    SITE_ECO,
    SYNONYMS,
    TERRAIN_ECO,
    aliases,
    laundered,
)
from layers.site_table import SITES
from layers.sites import SiteFile, read_sites
from layers.spec import Status

EXTENT = shapely.box(280_000, 6_570_000, 560_000, 6_860_000)
X, Y = 350_000, 6_700_000
SQUARE = f"POLYGON(({X} {Y},{X + 100} {Y},{X + 100} {Y + 100},{X} {Y + 100},{X} {Y}))"
DRIVERS = {".gpkg": "GPKG", ".geojson": "GeoJSON", ".fgb": "FlatGeobuf", ".shp": "ESRI Shapefile"}
SUFFIXES = [*DRIVERS, ".parquet", ".csv"]
NUMBERS = [c.name for c in SITES.columns if c.kind == "number"]


def csv(folder: Path, *rows: dict, name: str = "sites.csv", **constant: object) -> Path:
    """Write squares of one hectare, with the columns given."""
    table = pd.DataFrame(list(rows) or [{}])
    table = table.assign(**({"geometry": SQUARE, "crs": "EPSG:2154"} | constant))
    table.to_csv(folder / name, index=False, sep=";")
    return folder / name


def read_one(folder: Path, **cells: object) -> SiteFile:
    return read_sites(csv(folder, {"site_id": "a", **cells}))


def value(folder: Path, column: str, **cells: object) -> object:
    found = read_one(folder, **cells)
    assert found.rejected == ()
    (cell,) = found.layer.data[column]
    return None if pd.isna(cell) else cell


def told(problems) -> list[tuple]:
    return [(p.code, p.row, p.field) for p in problems]


def codes(problems) -> list[str]:
    return [p.code for p in problems]


def accounts_for_every_row(found: SiteFile) -> bool:
    kept = found.layer.data["row"].tolist()
    rejected = {p.row for p in found.rejected}
    return sorted([*kept, *rejected]) == list(range(1, found.row_count + 1))


# --- The table ------------------------------------------------------------------------


def test_a_file_of_the_site_table_is_read_whole(tmp_path):
    row = {
        "site_id": "44109_1", "name": "Site", "source": "Inventaire", "commune": "44109",
        "epci": "244400404", "declared_area_m2": "10 000", "usable_area_m2": 8000,
        "available_from": "2028-01-01", "works_start_year": 2029, "land_control": "etat",
        "readiness_land": "maîtrisé", "readiness_planning": "AUs",
        "readiness_environment": "autorisé", "readiness_servicing": "viabilisation en cours",
        "readiness_commercial": "en vente", "is_brownfield": "oui", "expected_jobs": 120,
        "power_mw": "12,5", "water_m3_day": 300, "gas": "oui", "fibre": "non", "sewer": "",
        "rail_siding": "non", "quay": "non", "vocation": "industrielle",
        "confidentiality": "confidential",
    }  # fmt: skip
    found = read_sites(csv(tmp_path, row), extent=EXTENT)
    assert (found.rejected, found.notes, found.row_count) == ((), (), 1)
    data = found.layer.geo
    assert list(data.columns) == [*(c.name for c in SITES.columns), "geometry"]
    assert data.crs.to_epsg() == 2154
    assert data.index.equals(pd.RangeIndex(1))
    site = data.iloc[0]
    assert site["gross_area_m2"] == 10_000
    assert site["declared_area_m2"] == 10_000
    assert site["power_mw"] == 12.5
    assert (site["row"], site["geometry_origin"]) == (1, "drawn")
    assert (site["is_brownfield"], site["fibre"]) == (True, False)
    assert pd.isna(site["sewer"])
    for column in row.keys() - {"declared_area_m2", "power_mw", *(c for c in row if row[c] in
                                                                  ("oui", "non", ""))}:  # fmt: skip
        assert site[column] == row[column], column


def test_the_kinds_of_columns_do_not_depend_on_what_they_hold(tmp_path):
    empty = read_one(tmp_path).layer.data.dtypes
    full = read_one(tmp_path, epci="244400404", works_start_year=2030, gas="oui").layer.data.dtypes
    none = read_sites(csv(tmp_path, {"expected_jobs": "douze"})).layer.data.dtypes
    assert empty.equals(full)
    assert empty.equals(none)


def test_a_file_that_says_nothing_gets_an_identifier_a_name_and_a_source(tmp_path):
    found = read_sites(csv(tmp_path, {}, {}))
    data = found.layer.data
    assert data["site_id"].tolist() == ["row-000001", "row-000002"]
    assert data["name"].tolist() == ["row-000001", "row-000002"]
    assert data["source"].tolist() == ["sites.csv", "sites.csv"]
    assert data["confidentiality"].tolist() == ["public", "public"]
    assert told(found.notes) == [("id-generated", None, None)]


def test_unknown_stays_unknown(tmp_path):
    data = read_one(tmp_path).layer.data
    always = {"site_id", "name", "source", "row", "gross_area_m2", "geometry_origin",
              "confidentiality"}  # fmt: skip
    for column in SITES.columns:
        assert data[column.name].isna().all() == (column.name not in always), column.name


def test_the_provenance_tells_the_file_its_status_and_what_was_converted(tmp_path):
    found = read_sites(csv(tmp_path, {"site_id": "a"}), status=Status.DEMONSTRATION)
    provenance = found.layer.provenance
    assert (provenance.file, provenance.title) == ("sites.csv", "sites.csv")
    assert (provenance.status, provenance.method) == (Status.DEMONSTRATION, "")
    path = tmp_path / "points.csv"
    path.write_text("lon,lat,surface_m2\n-1.5,47.2,100\n")
    assert read_sites(path).layer.provenance.method == "WGS 84 → EPSG:2154"


# --- Identifiers ----------------------------------------------------------------------


def test_all_rows_that_share_an_identifier_are_rejected_with_the_rows(tmp_path):
    found = read_sites(csv(tmp_path, *({"site_id": i} for i in "abacad")))
    assert found.layer.data["site_id"].tolist() == ["b", "c", "d"]
    assert [(p.code, p.row, p.field, p.found, p.expected) for p in found.rejected] == [
        ("id-duplicate", row, "site_id", "a", "1, 3, 5") for row in (1, 3, 5)
    ]
    assert accounts_for_every_row(found)


def geojson(path: Path, *ids: object, **properties: object) -> Path:
    """Write features on one square, each with its ``id`` where it is not ``None``."""
    shape = json.loads(shapely.to_geojson(shapely.box(-1.5, 47.2, -1.499, 47.201)))
    rows = [
        {"type": "Feature", "properties": {"nom": f"n{i}", **properties}, "geometry": shape}
        | ({} if one is None else {"id": one})
        for i, one in enumerate(ids)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": rows}))
    return path


def test_the_id_of_the_features_is_the_identifier_where_no_column_is(tmp_path):
    found = read_sites(geojson(tmp_path / "sites.geojson", 12, 7))
    assert found.layer.data["site_id"].tolist() == ["12", "7"]
    assert found.notes == ()
    found = read_sites(geojson(tmp_path / "some.geojson", 12, None))
    assert found.layer.data["site_id"].tolist() == ["12", "row-000002"]
    assert told(found.notes) == [("id-missing", 2, "id")]
    found = read_sites(geojson(tmp_path / "twice.geojson", 12, 12, 13))
    assert found.layer.data["site_id"].tolist() == ["13"]
    assert codes(found.rejected) == ["id-duplicate"] * 2
    found = read_sites(geojson(tmp_path / "own.geojson", 12, site_id="S1"))
    assert found.layer.data["site_id"].tolist() == ["S1"]


def test_the_rows_listed_are_few_however_many_share_an_identifier(tmp_path):
    found = read_sites(csv(tmp_path, *({"site_id": "a"} for _ in range(500))))
    assert len(found.rejected) == 500
    assert found.rejected[0].expected == "1, 2, 3, 4, 5, 6, 7, 8, 9, 10…"


def test_a_row_without_identifier_among_others_gets_one_and_is_told(tmp_path):
    found = read_sites(csv(tmp_path, {"site_id": "a"}, {"site_id": ""}, {"site_id": "c"}))
    assert found.layer.data["site_id"].tolist() == ["a", "row-000002", "c"]
    assert told(found.notes) == [("id-missing", 2, "site_id")]


def test_an_identifier_read_as_a_number_has_no_decimals(tmp_path):
    path = tmp_path / "sites.gpkg"
    shapes = [shapely.box(X, Y, X + 10, Y + 10)] * 2
    gpd.GeoDataFrame({"id": [12.0, 13.0]}, geometry=shapes, crs=2154).to_file(path)
    assert read_sites(path).layer.data["site_id"].tolist() == ["12", "13"]


# --- Cells that are wrong -------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "cell", "code", "expected"),
    [
        ("expected_jobs", "douze", "value-type", "a number"),
        ("expected_jobs", "-3", "value-range", "≥ 0"),
        ("surface_m2", "-5", "value-range", "≥ 0"),
        ("surface_ha", "-5", "value-range", "≥ 0"),
        ("works_start_year", "2030,5", "value-type", "a whole number"),
        ("works_start_year", "1998", "value-range", "2011–2060"),
        ("gas", "peut-être", "value-type", "yes or no"),
        ("commune", "44", "value-type", "an INSEE code of 5 characters"),
        ("epci", "12", "value-type", "a SIREN of 9 digits"),
        ("available_from", "bientôt", "value-type", "a date (2027-12-31, 31/12/2027 or 2027)"),
        ("geometry_origin", "ovale", "value-choice", "drawn, disc"),
        ("confidentiality", "secret", "value-choice", "public, restricted, confidential"),
    ],
)  # fmt: skip
def test_a_wrong_cell_rejects_its_row_and_says_what_was_expected(
    tmp_path, column, cell, code, expected
):
    found = read_sites(csv(tmp_path, {"site_id": "a"}, {"site_id": "b", column: cell}))
    assert found.layer.data["site_id"].tolist() == ["a"]
    (error,) = found.rejected
    assert (error.code, error.file, error.row, error.field) == (code, "sites.csv", 2, column)
    assert (error.found, error.expected, error.severity) == (cell, expected, "error")


def test_all_that_is_wrong_with_a_row_is_told(tmp_path):
    row = {"site_id": "a", "emplois": "douze", "gaz": "bof", "geometry": "POLYGON EMPTY"}
    path = csv(tmp_path, row)
    path.write_text(path.read_text().replace(SQUARE, "POLYGON EMPTY"))
    assert set(told(read_sites(path).rejected)) == {
        ("value-type", 1, "emplois"),
        ("value-type", 1, "gaz"),
        ("geometry-empty", 1, "geometry"),
    }


def test_a_file_whose_every_row_is_rejected_is_an_empty_table(tmp_path):
    found = read_sites(csv(tmp_path, {"expected_jobs": "x"}, {"expected_jobs": "y"}))
    assert len(found.layer.data) == 0
    assert found.layer.geo.crs.to_epsg() == 2154
    assert accounts_for_every_row(found)


@pytest.mark.parametrize("word", ["inconnu", "sans objet", "autre", "NR", "nd", "s", "NaN", ""])
def test_words_for_unknown_are_unknown_in_every_column(tmp_path, word):
    columns = ["land_control", "vocation", "gas", "expected_jobs", "commune", "available_from",
               "works_start_year", "declared_area_m2"]  # fmt: skip
    found = read_one(tmp_path, **dict.fromkeys(columns, word))
    assert (found.rejected, found.notes) == ((), ())
    assert found.layer.data[columns].isna().all(axis=None)


# --- Confidentiality ------------------------------------------------------------------


def test_an_empty_cell_among_others_never_makes_a_site_public(tmp_path):
    rows = [{"site_id": "a", "confidentialite": "publique"},
            {"site_id": "b", "confidentialite": ""},
            {"site_id": "c", "confidentialite": "Confidentiel"},
            {"site_id": "d", "confidentialite": "inconnu"}]  # fmt: skip
    found = read_sites(csv(tmp_path, *rows))
    assert found.layer.data["confidentiality"].tolist() == [
        "public", "restricted", "confidential", "restricted",
    ]  # fmt: skip
    assert told(found.notes) == [
        ("confidentiality-assumed", 2, "confidentialite"),
        ("confidentiality-assumed", 4, "confidentialite"),
    ]


# --- Areas ----------------------------------------------------------------------------


def test_the_unit_is_the_one_of_the_name(tmp_path):
    assert value(tmp_path, "declared_area_m2", surface_m2="10 000") == 10_000
    assert value(tmp_path, "declared_area_m2", surface_ha="1,05") == 10_500
    assert value(tmp_path, "usable_area_m2", surface_utile_ha="0,5") == 5_000
    # No unit: left out, never guessed.
    found = read_one(tmp_path, surface="1")
    assert found.layer.data["declared_area_m2"].isna().all()
    assert told(found.notes) == [("column-unknown", None, "surface")]


def test_a_declared_area_far_from_the_drawn_one_is_told_and_the_drawn_one_counts(tmp_path):
    rows = [{"site_id": i, "surface_ha": area} for i, area in
            {"a": "1", "b": "1,05", "c": "0,94", "d": "1,06", "e": "100"}.items()]  # fmt: skip
    found = read_sites(csv(tmp_path, *rows))
    assert found.rejected == ()
    assert found.layer.data["gross_area_m2"].tolist() == [10_000] * 5
    assert [(p.code, p.row, p.field, p.found, p.expected) for p in found.notes] == [
        ("area-mismatch", 3, "surface_ha", "9400", "10000"),
        ("area-mismatch", 4, "surface_ha", "10600", "10000"),
        ("area-mismatch", 5, "surface_ha", "1000000", "10000"),
    ]


def test_a_usable_area_larger_than_the_site_is_told_and_unknown(tmp_path):
    rows = [{"site_id": i, "surface_utile_ha": area} for i, area in
            {"a": "1", "b": "1,05", "c": "1,06", "d": "0,2", "e": ""}.items()]  # fmt: skip
    found = read_sites(csv(tmp_path, *rows))
    assert found.rejected == ()
    assert found.layer.data["usable_area_m2"].tolist()[:2] == [10_000, 10_500]
    assert found.layer.data["usable_area_m2"].isna().tolist() == [False, False, True, False, True]
    assert [(p.code, p.severity, p.row, p.field, p.found, p.expected) for p in found.notes] == [
        ("usable-area", "warning", 3, "surface_utile_ha", "10600", "10000")
    ]


def test_a_figure_in_another_unit_is_told_and_kept(tmp_path):
    """One hectare: 8 ha usable written as m², 40 MW as kW, 60 m³ as litres, jobs for a city."""
    fields = ("usable_area_m2", "expected_jobs", "power_mw", "water_m3_day")
    likely = {"site_id": "a", **dict(zip(fields, ("10", "2000", "1000", "100000"), strict=True))}
    unlikely = {"site_id": "b", **dict(zip(fields, ("8", "2001", "40000", "600000"), strict=True))}
    zero = {"site_id": "c", **dict.fromkeys(fields, "0")}
    found = read_sites(csv(tmp_path, likely, unlikely, zero, {"site_id": "d"}))
    assert [(p.code, p.severity, p.row, p.field, p.found, p.expected) for p in found.notes] == [
        ("value-unlikely", "warning", 2, "usable_area_m2", "8", "≥ 10"),
        ("value-unlikely", "warning", 2, "expected_jobs", "2001", "≤ 2000"),
        ("value-unlikely", "warning", 2, "power_mw", "40000", "≤ 1000"),
        ("value-unlikely", "warning", 2, "water_m3_day", "600000", "≤ 100000"),
    ]
    assert found.layer.data["power_mw"].tolist()[:3] == [1_000, 40_000, 0]


def test_a_usable_area_is_held_against_the_declared_area_of_a_point(tmp_path):
    path = tmp_path / "sites.csv"
    path.write_text("site_id;lon;lat;surface_m2;surface_utile_m2\na;-1.5;47.2;5000;6000\n")
    found = read_sites(path)
    assert found.layer.data["usable_area_m2"].isna().all()
    assert codes(found.notes) == ["geometry-buffered", "usable-area"]


def test_the_area_is_measured_again_whatever_the_file_says(tmp_path):
    found = read_one(tmp_path, gross_area_m2="5", declared_area_m2="10000", row="77")
    assert found.notes == ()
    assert found.layer.data[["gross_area_m2", "row"]].to_numpy().tolist() == [[10_000, 1]]


def test_a_gross_area_alone_is_the_declared_one_of_a_point(tmp_path):
    path = tmp_path / "sites.csv"
    path.write_text("site_id;lon;lat;gross_area_m2\na;-1.5;47.2;5000\n")
    site = read_sites(path).layer.data.iloc[0]
    assert site["declared_area_m2"] == 5000
    assert site["gross_area_m2"] == pytest.approx(5000, rel=1e-9)
    assert site["geometry_origin"] == "disc"


def test_an_area_of_a_point_in_the_wrong_unit_is_rejected(tmp_path):
    """An area of 90,000 m² written in a column in hectares draws a disc of 17 km of radius."""
    path = tmp_path / "sites.csv"
    path.write_text("site_id;lon;lat;surface_ha\na;-1.5;47.2;90000\nb;-1.5;47.2;10000\n")
    found = read_sites(path)
    assert [(p.code, p.row, p.found, p.expected) for p in found.rejected] == [
        ("area-huge", 1, "900000000", "100000000")
    ]
    assert found.layer.data["gross_area_m2"].tolist() == [pytest.approx(1e8)]


@pytest.mark.parametrize(
    ("column", "area", "code"),
    [
        ("surface_ha", "10000", "area-unit"),
        ("surface_ha", "10400", "area-unit"),
        ("surface_m2", "1", "area-unit"),
        ("surface_m2", "0.96", "area-unit"),
        ("surface_ha", "1.06", "area-mismatch"),
        ("surface_ha", "11000", "area-mismatch"),
    ],
)
def test_a_declared_area_in_the_wrong_unit_is_told_apart(tmp_path, column, area, code):
    found = read_one(tmp_path, **{column: area})
    assert codes(found.notes) == [code]
    assert found.layer.data["gross_area_m2"].tolist() == [10_000]


def test_an_area_that_cannot_be_read_is_told_once(tmp_path):
    path = tmp_path / "sites.csv"
    path.write_text("site_id;lon;lat;surface_ha\na;-1.5;47.2;1.234,5\n")
    assert told(read_sites(path).rejected) == [("value-type", 1, "surface_ha")]


@pytest.mark.parametrize("area", ["", "0", "nd"])
def test_a_point_without_area_is_rejected(tmp_path, area):
    path = tmp_path / "sites.csv"
    path.write_text(f"site_id;lon;lat;surface_m2\na;-1.5;47.2;{area}\nb;-1.5;47.2;10\n")
    found = read_sites(path)
    assert told(found.rejected) == [("point-without-area", 1, "lon, lat")]
    assert found.layer.data["site_id"].tolist() == ["b"]


# --- Columns --------------------------------------------------------------------------


def test_unknown_columns_are_told_once_and_those_of_the_place_are_not_unknown(tmp_path):
    found = read_one(tmp_path, couleur="rouge", remarque="x")
    assert told(found.notes) == [("column-unknown", None, "couleur, remarque")]


def test_of_columns_that_mean_the_same_the_first_listed_counts_and_it_is_told(tmp_path):
    found = read_one(tmp_path, commune="Nantes", code_insee="44109", nom="x")
    assert found.layer.data["commune"].tolist() == ["44109"]
    (note,) = found.notes
    assert (note.code, note.field) == ("column-twice", "commune")
    assert (note.found, note.expected) == ("code_insee, commune", "code_insee")


def test_a_commune_given_by_its_name_is_unknown_not_wrong(tmp_path):
    found = read_one(tmp_path, commune="Nantes")
    assert found.layer.data["commune"].isna().all()
    assert told(found.notes) == [("value-unmapped", 1, "commune")]


@pytest.mark.parametrize("header", ["Surface (ha)", "SURFACE_HA", "surface ha", " surface_ha "])
def test_names_of_columns_are_matched_whatever_their_case_and_accents(tmp_path, header):
    assert value(tmp_path, "declared_area_m2", **{header: "1"}) == 10_000


def test_a_planner_s_words_are_known(tmp_path):
    cells = {
        "nom": "Site", "friche": "oui", "emplois": "10", "gaz": "O", "fibre_optique": "N",
        "assainissement": "1", "embranchement_fer": "0", "quai": "vrai", "puissance_mw": "2",
        "disponible_le": "31/12/2027",
    }  # fmt: skip
    found = read_one(tmp_path, **cells)
    assert (found.rejected, found.notes) == ((), ())
    site = found.layer.data.iloc[0]
    names = ["is_brownfield", "gas", "fibre", "sewer", "rail_siding", "quay"]
    assert site[names].tolist() == [True, True, False, True, False, True]
    assert (site["name"], site["available_from"]) == ("Site", "2027-12-31")
    assert (site["expected_jobs"], site["power_mw"]) == (10, 2)


def test_every_alias_is_of_the_site_table_and_written_as_it_is_looked_up():
    columns = {c.name: c for c in SITES.columns}
    for profile in (FREE, *PROFILES):
        assert profile.aliases.keys() <= COMMON.keys() <= columns.keys()
        for column in COMMON:
            listed = [alias.name for alias in aliases(profile, column)]
            assert listed == [field_key(name) for name in listed]
            assert len(listed) == len(set(listed))
    for column, words in SYNONYMS.items():
        assert {label for label in words.values() if label} <= set(columns[column].choices)


def test_no_name_means_two_columns_of_the_site_table():
    for profile in (FREE, *PROFILES):
        listed = [alias.name for column in COMMON for alias in aliases(profile, column)]
        doubles = {name for name in listed if listed.count(name) > 1}
        assert doubles == set()


def test_every_column_of_the_site_table_is_found_under_its_own_name():
    for column in SITES.columns:
        if column.name not in ("row", "gross_area_m2"):
            assert column.name in [alias.name for alias in aliases(FREE, column.name)]


# --- Published layouts ----------------------------------------------------------------


LONG = {
    "site_id": "80024_SITE-ECO_00001", "site_nom": "Parc", "site_vocadomi": "Entrepôts, Logistique",
    "site_surf_brute": "1,0", "site_surf_utile": "0,8", "site_comm_insee": "80024",
    "site_epci_siren": "248000531", "reseau_gaz": "oui", "reseau_fibre_optique": "oui",
    "reseau_assainissement": "non", "reseau_fret_ferroviaire": "oui", "reseau_fluvial": "non",
}  # fmt: skip
SHORT = dict(
    zip(
        ["SITEID", "SITENOM", "SITVOCDOM", "SISURFBRUT", "SISURFUTIL", "SICOMINSEE", "SEPCISIREN",
         "RESOGAZ", "RESOFIBRE", "RESOEU", "RESOFRET", "RESOFLUV"],
        LONG.values(), strict=True,
    )
)  # fmt: skip


@pytest.mark.parametrize("row", [LONG, SHORT], ids=["long", "short"])
def test_economic_sites_of_the_cnig_are_in_hectares(tmp_path, row):
    found = read_sites(csv(tmp_path, row))
    assert (found.rejected, found.notes) == ((), ())
    site = found.layer.data.iloc[0]
    assert (site["site_id"], site["name"]) == ("80024_SITE-ECO_00001", "Parc")
    assert (site["declared_area_m2"], site["usable_area_m2"]) == (10_000, 8_000)
    assert (site["commune"], site["epci"]) == ("80024", "248000531")
    assert site["vocation"] == "entrepôts, logistique"
    assert site[["gas", "fibre", "sewer", "rail_siding", "quay"]].tolist() == [
        True, True, False, True, False,
    ]  # fmt: skip
    assert site["source"] == SITE_ECO.title
    assert pd.isna(site["is_brownfield"])


def test_economic_plots_of_the_cnig_tell_stages_and_owners(tmp_path):
    rows = [
        {"terr_id": i, "terr_surf_brute": 1, "terr_maitrise_fonc": "EPCI, structure intercommunale",
         "terr_stade_amngt": "Viabilisé et aménagé", "terr_etat_occup": state,
         "terr_stade_comm": "réservé par une délibération de l'EPCI"}
        for i, state in {"a": "friche", "b": "vacant", "c": "occupé"}.items()
    ]  # fmt: skip
    found = read_sites(csv(tmp_path, *rows))
    assert found.rejected == ()
    data = found.layer.data
    assert set(data["source"]) == {TERRAIN_ECO.title}
    assert set(data["land_control"]) == {"structure intercommunale"}
    assert set(data["readiness_servicing"]) == {"viabilisé et aménagé"}
    assert set(data["readiness_commercial"]) == {"réservé par une délibération de l'epci"}
    assert data["is_brownfield"].tolist() == [True, pd.NA, pd.NA]


def test_only_a_confirmed_friche_is_a_friche(tmp_path):
    states = {"friche sans projet": True, "friche avec projet": True, "friche reconvertie": False,
              "friche potentielle": pd.NA, "inconnu": pd.NA}  # fmt: skip
    rows = [{"site_id": str(i), "site_statut": s, "unite_fonciere_surface": 10_000, "site_nom": "x"}
            for i, s in enumerate(states)]  # fmt: skip
    found = read_sites(csv(tmp_path, *rows), all_friches=True)
    assert (found.rejected, found.notes, found.left_out) == ((), (), ())
    assert found.layer.data["is_brownfield"].tolist() == list(states.values())
    assert set(found.layer.data["source"]) == {CARTOFRICHES.title}


@pytest.mark.parametrize("status", ["friche potentielle", "Friche  Potentielle", "potentielle"])
def test_what_an_inventory_of_friches_does_not_confirm_is_left_out_and_told(tmp_path, status):
    states = ["friche sans projet", status, "friche reconvertie", status, ""]
    rows = [{"site_id": str(i), "site_statut": s, "unite_fonciere_surface": 10_000}
            for i, s in enumerate(states)]  # fmt: skip
    rows[1]["comm_insee"] = "pas un code 4"  # of no matter: the row is left out
    found = read_sites(csv(tmp_path, *rows))
    assert found.layer.data["site_id"].tolist() == ["0", "4"]
    assert found.left_out == (2, 3, 4)
    assert found.row_count == len(found.layer.data) + len(found.left_out)
    assert found.rejected == ()
    (note,) = found.notes
    assert (note.code, note.field, note.found) == ("friche-left-out", "site_statut", "3")
    assert note.expected == f"2 × {status.lower().replace('  ', ' ')}, 1 × friche reconvertie"


BRETON = "-1.55,47.2"  # longitude, latitude
ITALIAN = "47.2,-1.55"


@pytest.mark.parametrize(
    ("header", "cells", "codes_found"),
    [
        ("geompoint", "POINT(-1.55 47.2)", []),
        ("geompoint", "POINT(47.2 -1.55)", ["coordinates-swapped"]),  # as in the schema
        ("lon,lat", BRETON, []),
        ("lon,lat", ITALIAN, ["coordinates-swapped"]),
        ("long,lat", BRETON, []),
    ],
)
@pytest.mark.parametrize("extent", [None, EXTENT], ids=["anywhere", "territory"])
def test_swapped_coordinates_are_told_without_a_territory_too(
    tmp_path, header, cells, codes_found, extent
):
    path = tmp_path / "friches.csv"
    path.write_text(f"site_id,site_statut,unite_fonciere_surface,{header}\na,,100,{cells}\n")
    found = read_sites(path, extent=extent)
    assert codes(found.rejected) == codes_found
    assert accounts_for_every_row(found)


def test_friches_of_the_cnig_declare_their_crs_by_their_standard(tmp_path):
    path = tmp_path / "friches.csv"
    outline = "POLYGON((-1.55 47.2,-1.549 47.2,-1.549 47.201,-1.55 47.2))"
    path.write_text(
        "site_id,site_statut,unite_fonciere_surface,geompoint,geomsurf\n"
        f"a,,100,POINT(-1.55 47.2),\nb,,100,POINT(-1.55 47.2),'{outline}'\n".replace("'", '"')
    )
    found = read_sites(path, extent=EXTENT)
    assert found.layer.data["geometry_origin"].tolist() == ["disc", "drawn"]
    note = next(p for p in found.notes if p.code == "crs-standard")
    assert (note.field, note.expected) == ("geomsurf, geompoint", "EPSG:4326")
    # Metres are not what the standard says: nothing is guessed.
    path.write_text(path.read_text().replace("-1.55 47.2", "355000 6700000"))
    with pytest.raises(LayerError, match="crs-missing"):
        read_sites(path)


def test_vintages_of_cartofriches_give_the_same_sites(tmp_path):
    common = {"site_id": "44109_1", "site_nom": "Usine", "comm_insee": "44109",
              "site_statut": "friche sans projet", "urba_zone_type": "UE"}  # fmt: skip
    first = pd.DataFrame([common | {"local_ancienne_annee": "", "site_surface": "500",
                                    "lon": -1.55, "lat": 47.2}])  # fmt: skip
    second = pd.DataFrame([common | {"local_ancien_annee": "", "unite_fonciere_surface": "500",
                                     "long": -1.55, "lat": 47.2}])  # fmt: skip
    first.to_csv(tmp_path / "first.csv", index=False)
    second.to_csv(tmp_path / "second.csv", sep=";", index=False)
    third = gpd.GeoDataFrame(first, geometry=gpd.points_from_xy([-1.55], [47.2]), crs=4326)
    third.drop(columns=["lon", "lat"]).to_file(tmp_path / "third.gpkg", layer="friches_surfaces")
    one, two, three = (
        read_sites(tmp_path / name) for name in ("first.csv", "second.csv", "third.gpkg")
    )
    assert one.rejected == two.rejected == three.rejected == ()
    same(one.layer.geo, two.layer.geo)
    same(one.layer.geo, three.layer.geo)
    # "UE" is a name of zone, not a type: the published schema does not stop it.
    assert "value-unmapped" in codes(one.notes)


def test_zones_of_former_plans_are_known_and_those_without_equivalent_are_told(tmp_path):
    rows = [{"site_id": z, "typezone": z} for z in ("U", "AUc", "AUs", "Nh", "Ah", "RNU", "zzz")]
    found = read_sites(csv(tmp_path, *rows))
    zones = found.layer.data["readiness_planning"].tolist()
    assert zones[:5] == ["U", "AUc", "AUs", "N", "A"]
    assert pd.isna(zones[5])
    assert told(found.notes) == [("value-unmapped", 6, "typezone")]
    assert told(found.rejected) == [("value-choice", 7, "typezone")]


def test_the_real_brownfields_are_all_accounted_for(open_data):
    path = open_data / "pays-de-la-loire" / "cartofriches_2023-01.csv"
    found = read_sites(path, extent=EXTENT)
    assert found.row_count == 1255
    assert accounts_for_every_row(found)
    data = found.layer.geo
    assert len(data) == 1255
    assert set(data["geometry_origin"]) == {"disc"}
    declared = data["declared_area_m2"]
    assert (data.geometry.area / declared - 1).abs().max() < 1e-9
    assert (data["gross_area_m2"] / declared - 1).abs().max() < 1e-9
    # Against the file itself, read by other means.
    raw = pd.read_csv(path, dtype=str)
    assert data["site_id"].tolist() == raw["site_id"].tolist()
    assert data["commune"].tolist() == raw["comm_insee"].tolist()
    assert declared.tolist() == raw["unite_fonciere_surface"].astype(float).tolist()
    assert data["is_brownfield"].sum() == (raw["site_statut"] == "friche avec projet").sum() == 75
    there = gpd.points_from_xy(raw["lon"].astype(float), raw["lat"].astype(float), crs=4326)
    assert data.geometry.centroid.distance(gpd.GeoSeries(there).to_crs(2154)).max() < 1e-6
    assert codes(found.notes).count("geometry-buffered") == 1255


def test_real_brownfields_with_swapped_coordinates_are_told(open_data, tmp_path):
    raw = pd.read_csv(open_data / "pays-de-la-loire" / "cartofriches_2023-01.csv", dtype=str)
    swapped = raw.head(50).rename(columns={"lon": "lat", "lat": "lon"})
    swapped.to_csv(tmp_path / "swapped.csv", index=False)
    found = read_sites(tmp_path / "swapped.csv", extent=EXTENT)
    assert set(codes(found.rejected)) == {"coordinates-swapped"}
    assert len(found.rejected) == 50


def test_the_outline_of_the_embedded_territory_holds_the_real_brownfields(open_data):
    from layers.territory import load_territory  # noqa: PLC0415 - the one test that needs it

    path = open_data / "pays-de-la-loire" / "cartofriches_2023-01.csv"
    found = read_sites(path, extent=load_territory().outline)
    assert accounts_for_every_row(found)
    assert found.rejected == ()


# --- Files that cannot be used at all ---------------------------------------------------


def test_lambert_93_numbers_in_a_geojson_without_crs_are_an_error_of_the_file(tmp_path):
    # As in the example of the CNIG: RFC 7946 says longitudes and latitudes.
    shape = json.loads(shapely.to_geojson(shapely.from_wkt(SQUARE)))
    rows = [{"type": "Feature", "properties": {}, "geometry": shape}]
    path = tmp_path / "sites.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": rows}))
    with pytest.raises(LayerError) as caught:
        read_sites(path)
    (error,) = caught.value.problems
    assert (error.code, error.file, error.row) == ("coordinates-range", "sites.geojson", None)
    assert error.found == "350000, 6700000"
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2154"}}
    path.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": rows}))
    assert read_sites(path, extent=EXTENT).layer.data["gross_area_m2"].tolist() == [10_000]


def test_the_limit_of_size_is_passed_on(tmp_path):
    with pytest.raises(LayerError, match="file-too-large"):
        read_sites(csv(tmp_path), limit_bytes=10)


# --- Identities -------------------------------------------------------------------------

TEXT = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P"], exclude_characters='"\\'),
    min_size=1, max_size=20,
)  # fmt: skip
AMOUNT = st.none() | st.integers(0, 10**9).map(lambda n: n / 8)
YES_NO = st.sampled_from([True, False, None])


def cells(column):
    """Return a strategy of the values of a column of the site table."""
    if column.choices:
        return st.sampled_from([*column.choices, *([None] if column.nullable else [])])
    special = {
        "commune": st.sampled_from(["44109", "01001", "2A004", None]),
        "epci": st.sampled_from(["244400404", "024440040", None]),
        "available_from": st.sampled_from(["2027-12-31", "2028", "2029-06", None]),
        "works_start_year": st.none() | st.integers(2011, 2060),
    }
    by_kind = {"number": AMOUNT, "boolean": YES_NO, "string": TEXT, "integer": st.just(1)}
    return special.get(column.name, by_kind[column.kind])


@st.composite
def site_tables(draw):
    """Draw a table that honours the contract, its areas those of its polygons or smaller."""
    count = draw(st.integers(1, 5))
    data = {}
    for column in SITES.columns:
        drawn = st.lists(cells(column), min_size=count, max_size=count,
                         unique=column.name == SITES.key)  # fmt: skip
        data[column.name] = draw(drawn)
    corner = st.tuples(st.integers(0, 10**6), st.integers(8, 8000), st.integers(8, 8000))
    corners = draw(st.lists(corner, min_size=count, max_size=count))
    boxes = [shapely.box(X + x / 8, Y, X + (x + w) / 8, Y + h / 8) for x, w, h in corners]
    table = gpd.GeoDataFrame(data, geometry=boxes, crs=2154)
    table["row"] = np.arange(1, count + 1)
    table["gross_area_m2"] = table.area
    table["works_start_year"] = table["works_start_year"].astype("Int64")
    for column in SITES.columns:
        if column.kind == "boolean":
            table[column.name] = table[column.name].astype("boolean")
        if column.kind == "number":
            table[column.name] = table[column.name].astype(float)
    table["usable_area_m2"] = table["usable_area_m2"].clip(upper=table.area)
    return table


# Renamed before GDAL does it with a warning; that it cuts the names so is tested below.
SHORT_NAMES = laundered(c.name for c in SITES.columns)


def save(table: gpd.GeoDataFrame, path: Path) -> Path:
    if path.suffix == ".parquet":
        table.to_parquet(path)
    elif path.suffix == ".csv":
        table.to_wkt().assign(crs="EPSG:2154").to_csv(path, index=False)
    else:
        if path.suffix == ".shp":
            table = table.rename(columns=SHORT_NAMES)
        options = {"SPATIAL_INDEX": "NO"} if path.suffix == ".fgb" else {}
        pyogrio.write_dataframe(table, path, driver=DRIVERS[path.suffix], **options)
    return path


def same(left: gpd.GeoDataFrame, right: gpd.GeoDataFrame) -> None:
    """Compare values; missing is missing whatever the dtype says."""
    assert len(left) == len(right)
    for column in SITES.columns:
        a, b = left[column.name].astype(object), right[column.name].astype(object)
        assert a.isna().tolist() == b.isna().tolist(), column.name
        pairs = list(zip(a[a.notna()], b[b.notna()], strict=True))
        if column.kind == "number":
            assert all(x == pytest.approx(y, rel=1e-12) for x, y in pairs), column.name
        else:
            assert [x for x, _ in pairs] == [y for _, y in pairs], column.name
    assert shapely.equals(left.geometry.to_numpy(), right.geometry.to_numpy()).all()


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(table=site_tables())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_site_table_comes_back_from_every_format(tmp_path_factory, suffix, table):
    path = save(table, tmp_path_factory.mktemp("trip") / f"sites{suffix}")
    found = read_sites(path)
    assert found.rejected == ()
    assert {p.code for p in found.notes} <= {"area-mismatch", "value-unlikely"}
    same(found.layer.geo, table)


@given(table=site_tables(), data=st.data())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_order_of_rows_changes_nothing_but_their_positions(tmp_path_factory, table, data):
    order = data.draw(st.permutations(range(len(table))))
    folder = tmp_path_factory.mktemp("order")
    # One row is made wrong: it stays so wherever it stands.
    table = pd.concat([table, table.iloc[:1].assign(site_id="wrong", usable_area_m2=-1.0)])
    order = [*order, len(table) - 1]
    one = read_sites(save(table, folder / "one.csv"))
    two = read_sites(save(table.iloc[order[::-1]], folder / "two.csv"))
    assert codes(one.rejected) == codes(two.rejected) == ["value-range"]
    assert (one.rejected[0].row, two.rejected[0].row) == (len(table), 1)
    left, right = (f.layer.geo.sort_values("site_id").assign(row=0) for f in (one, two))
    same(left, right)


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "site_id": st.sampled_from(["a", "b", "c", "d", ""]),
                "surface_m2": st.sampled_from(["10000", "-1", "douze", "", "0"]),
                "gaz": st.sampled_from(["oui", "bof", ""]),
                "geometry": st.sampled_from(
                    [SQUARE, "", "POLYGON((0 0,1", "POINT(350000 6700000)", "POINT(0 0)",
                     "LINESTRING(350000 6700000,350001 6700000)", "POINT(6700000 350000)"]
                ),
            }
        ),
        min_size=1,
        max_size=12,
    )
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_every_row_is_kept_or_rejected_never_both_never_lost(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("rows") / "sites.csv"
    pd.DataFrame(rows).assign(crs="EPSG:2154").to_csv(path, index=False)
    found = read_sites(path, extent=EXTENT)
    assert found.row_count == len(rows)
    kept = found.layer.data["row"].tolist()
    assert not set(kept) & {p.row for p in found.rejected}
    assert accounts_for_every_row(found)
    assert all(p.severity == "error" and p.field for p in found.rejected)
    assert all(p.severity == "warning" for p in found.notes)


def test_reading_sites_does_not_load_what_it_does_not_need(root):
    heavy = ("scipy", "numba", "rasterio", "matplotlib")
    code = f"import sys, layers.sites; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True,
                          check=True)  # fmt: skip
    assert done.stdout.strip() == "[]"


# --- What other writers do to the site table --------------------------------------------

DEMONSTRATION = Path(__file__).parents[2] / "layers/data/pays_de_la_loire/demonstration/sites.gpkg"

CUTS = pytest.mark.filterwarnings(
    "ignore:Normalized/laundered:RuntimeWarning", "ignore:Column names longer:UserWarning"
)


@CUTS
def test_a_shapefile_of_the_site_table_loses_no_column(tmp_path):
    expected = read_sites(DEMONSTRATION, extent=EXTENT)
    path = tmp_path / "sites.shp"
    gpd.read_file(DEMONSTRATION).to_file(path)
    found = read_sites(path, extent=EXTENT)
    assert (codes(found.rejected), codes(found.notes)) == ([], codes(expected.notes))
    pd.testing.assert_frame_equal(
        pd.DataFrame(found.layer.data.drop(columns="geometry")),
        pd.DataFrame(expected.layer.data.drop(columns="geometry")),
    )


@CUTS
def test_what_this_reader_gives_comes_back_from_a_shapefile(tmp_path):
    expected = read_sites(DEMONSTRATION).layer.geo
    expected.to_file(tmp_path / "sites.shp")
    found = read_sites(tmp_path / "sites.shp")
    assert (found.rejected, found.notes) == ((), ())
    pd.testing.assert_frame_equal(
        pd.DataFrame(found.layer.data.drop(columns="geometry")),
        pd.DataFrame(expected.drop(columns="geometry")),
    )


def test_one_cut_name_of_readiness_alone_is_not_guessed(tmp_path):
    found = read_one(tmp_path, readiness_="autorisé")
    assert told(found.notes) == [("column-unknown", None, "readiness_")]
    assert found.layer.data["readiness_environment"].isna().all()


@pytest.mark.parametrize("decimal", [".", ","])
def test_a_csv_of_the_site_table_written_by_pandas_is_read_whole(tmp_path, decimal):
    expected = read_sites(DEMONSTRATION)
    data = gpd.read_file(DEMONSTRATION).to_crs(2154)
    table = pd.DataFrame(data.to_wkt()).assign(crs="EPSG:2154")
    # A column that has a gap is one of floats in pandas.
    for column in ("gas", "fibre", "is_brownfield", "commune", "works_start_year"):
        table[column] = table[column].astype(float)
    path = tmp_path / "sites.csv"
    table.to_csv(path, index=False, sep=";", decimal=decimal)
    assert f"1{decimal}0;" in path.read_text("utf-8")
    found = read_sites(path)
    assert (found.rejected, codes(found.notes)) == ((), codes(expected.notes))
    pd.testing.assert_frame_equal(
        pd.DataFrame(found.layer.data.drop(columns=["geometry", "gross_area_m2"])),
        pd.DataFrame(expected.layer.data.drop(columns=["geometry", "gross_area_m2"])),
    )


def test_a_site_on_another_body_is_told_not_raised(tmp_path):
    mars = "IAU_2015:49900"
    with pytest.raises(LayerError) as caught:
        read_sites(csv(tmp_path, {"site_id": "a"}, geometry="POINT(1 2)", crs=mars))
    assert told(caught.value.problems) == [("crs-unknown", None, "geometry")]
    assert caught.value.problems[0].found == mars


def test_bytes_that_are_no_text_reject_the_row(tmp_path):
    square = shapely.to_wkb(shapely.from_wkt(SQUARE))
    table = pd.DataFrame({"geometry": [square] * 2, "crs": "EPSG:2154", "name": [b"a", b"\xff"]})
    table.to_parquet(tmp_path / "sites.parquet")
    found = read_sites(tmp_path / "sites.parquet")
    assert found.layer.data["name"].tolist() == ["a"]
    assert told(found.rejected) == [("value-type", 2, "name")]
