"""Registers of the CNIG standard Sites économiques: four classes, formats, damaged variants."""

import shutil
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from layers.cnig_fields import CLASSES, ESTABLISHMENT, FIELDS, NUMBERS, PLOT, POLE, SITE
from layers.errors import LayerError
from layers.sites import read_sites

X, Y = 350_000, 6_700_000
BOX = shapely.box(X, Y, X + 100, Y + 100)
KINDS = {SITE: "MultiPolygon", PLOT: "Polygon", POLE: "Point", ESTABLISHMENT: "MultiPoint"}
SITES = [
    {"site_id": "2A004_SITE-ECO_00001", "site_nom": "Parc", "site_surf_brute": 1.0,
     "site_surf_utile": 0.8, "site_vocadomi": "entrepôts, logistique",
     "site_comm_insee": "2A004", "site_epci_siren": "242010056", "reseau_gaz": "oui",
     "source_producteur": "CAPA"},
    {"site_id": "44109_SITE-ECO_00002", "site_nom": "Zone", "site_surf_brute": 1.0,
     "site_vocadomi": "spatiale", "site_comm_insee": "44109|44190", "reseau_gaz": "bof"},
    {"site_id": "44109_SITE-ECO_00003", "site_nom": "Seul", "site_surf_brute": 1.0},
]  # fmt: skip
PLOTS = [
    {"terr_id": "2A004_TERRAIN-ECO_1", "site_id": "2A004_SITE-ECO_00001",
     "terr_surf_brute": 0.5, "terr_refcad": "2A004000AB0001|2A004000AB0002",
     "terr_stade_amngt": "viabilisé et aménagé", "terr_stade_comm": "en vente",
     "terr_maitrise_fonc": "SEM ou SPLA", "terr_cle_en_main": "oui",
     "terr_etat_occup": "friche", "terr_utile": "oui"},
    {"terr_id": "2A004_TERRAIN-ECO_2", "site_id": "2A004_SITE-ECO_00001",
     "terr_surf_brute": 0.5, "terr_stade_amngt": "viabilisation en cours",
     "terr_stade_comm": "EN VENTE", "terr_maitrise_fonc": "sem ou spla",
     "terr_cle_en_main": "Oui", "terr_etat_occup": "Friche", "terr_utile": "oui"},
    # A road: nobody will build on it, it holds nothing back.
    {"terr_id": "2A004_TERRAIN-ECO_3", "site_id": "2A004_SITE-ECO_00001",
     "terr_surf_brute": 0.1, "terr_stade_amngt": "non aménageable",
     "terr_stade_comm": "non commercialisable", "terr_maitrise_fonc": "commune",
     "terr_utile": "non", "terr_usage": "voirie ou infrastructure"},
    {"terr_id": "44109_TERRAIN-ECO_1", "site_id": "44109_SITE-ECO_00002",
     "terr_surf_brute": 0.5, "terr_stade_amngt": "viabilisé et aménagé",
     "terr_stade_comm": "réservé par une délibération de l'EPCI",
     "terr_maitrise_fonc": "Etat", "terr_cle_en_main": "oui", "terr_etat_occup": "friche"},
    {"terr_id": "44109_TERRAIN-ECO_2", "site_id": "44109_SITE-ECO_00002",
     "terr_surf_brute": 0.5, "terr_stade_amngt": "inconnu",
     "terr_stade_comm": "bientôt", "terr_maitrise_fonc": "commune",
     "terr_cle_en_main": "non", "terr_etat_occup": "vacant"},
    {"terr_id": "perdu", "site_id": "35000_SITE-ECO_00009", "terr_surf_brute": 1.0},
]  # fmt: skip
POLES = [{"pole_id": "44109_POLE-ECO_1", "pole_nom": "Port"}]


def table(name: str, rows: list[dict]) -> gpd.GeoDataFrame:
    """Return rows in all the fields of a class, as the template has them."""
    shapes = {SITE: shapely.MultiPolygon([BOX]), PLOT: BOX, POLE: shapely.Point(X, Y)}
    data = pd.DataFrame(rows, columns=list(FIELDS[name]), index=pd.RangeIndex(len(rows)))
    for field in FIELDS[name]:
        text = data[field].astype(object).where(data[field].notna(), None)
        data[field] = data[field].astype("float64") if field in NUMBERS else text
    return gpd.GeoDataFrame(data, geometry=[shapes.get(name, BOX)] * len(rows), crs=2154)


def register(path: Path, *, rename=str, **rows: list[dict]) -> Path:
    """Write a GeoPackage of the four classes."""
    for name in CLASSES:
        pyogrio.write_dataframe(
            table(name, rows.get(name, [])), path, layer=rename(name), driver="GPKG",
            geometry_type=KINDS[name], layer_options={"GEOMETRY_NAME": "geom"},
            append=path.exists(),
        )  # fmt: skip
    return path


def archive(path: Path, *, suffix: str, **rows: list[dict]) -> Path:
    """Write an archive with one file a class: CSV with geomsurf, or Shapefiles, short names."""
    folder = path.with_suffix("")
    folder.mkdir()
    for name in (SITE, PLOT):
        data = table(name, rows.get(name, []))
        if suffix == ".csv":
            field = {SITE: "site_geomsurf", PLOT: "terr_geomsurf"}[name]
            text = pd.DataFrame(data.drop(columns="geometry"))
            text[field] = data.geometry.to_wkt()
            text.to_csv(folder / f"{name}.csv", index=False, sep=";")
        else:
            short = {long: cut.upper() for long, cut in FIELDS[name].items()}
            pyogrio.write_dataframe(
                data.rename(columns=short), folder / f"{name.upper()}.shp", encoding="UTF-8"
            )
    with zipfile.ZipFile(path, "w") as target:
        for file in sorted(folder.iterdir()):
            target.write(file, f"export/{file.name}")
    return path


FULL = {SITE: SITES, PLOT: PLOTS, POLE: POLES}


def codes(problems) -> list[str]:
    return [p.code for p in problems]


def known(value: object) -> object:
    return None if pd.isna(value) else value


def check_full(found) -> None:
    assert found.rejected == ()
    first, second, third = (found.layer.data.iloc[i].map(known) for i in range(3))
    assert first["site_id"] == "2A004_SITE-ECO_00001"
    assert (first["commune"], first["epci"]) == ("2A004", "242010056")
    assert (first["declared_area_m2"], first["usable_area_m2"]) == (10_000, 8_000)
    assert (first["vocation"], first["gas"]) == ("entrepôts, logistique", True)
    assert first["source"] == "CAPA"
    # The least ready of the plots that can be built on.
    assert first["readiness_servicing"] == "viabilisation en cours"
    assert first["readiness_commercial"] == "en vente"
    assert first["land_control"] == "sem ou spla"
    assert first["readiness_environment"] == "purgé de tout recours"
    assert bool(first["is_brownfield"])
    # What one plot does not say, the site does not say; labels off the list are unknown.
    empty = ["readiness_servicing", "readiness_commercial", "land_control", "vocation", "gas",
             "readiness_environment", "is_brownfield", "commune"]  # fmt: skip
    assert second[empty].tolist() == [None] * len(empty)
    assert third[empty].tolist() == [None] * len(empty)
    told = {(p.code, p.row, p.field, p.found) for p in found.notes}
    assert ("plot-orphan", 6, "terrain_eco.site_id", "35000_SITE-ECO_00009") in told
    assert ("value-unmapped", 5, "terrain_eco.terr_stade_comm", "bientôt") in told
    differ = {(p.row, p.field, p.expected) for p in found.notes if p.code == "plots-differ"}
    assert (1, "terrain_eco.terr_stade_amngt", "viabilisation en cours") in differ
    assert (2, "terrain_eco.terr_maitrise_fonc", "unknown") in differ
    assert "area-mismatch" not in codes(found.notes)


def test_a_register_gives_sites_with_the_stages_of_their_plots(tmp_path):
    found = read_sites(register(tmp_path / "register.gpkg", **FULL))
    check_full(found)
    assert found.row_count == 3
    told = {(p.code, p.row, p.found) for p in found.notes}
    assert ("value-unmapped", 2, "spatiale") in told
    assert ("value-unmapped", 2, "bof") in told
    assert ("value-unmapped", 2, "44109|44190") in told
    left_out = next(p for p in found.notes if p.code == "class-left-out")
    assert (left_out.field, left_out.found) == (POLE, "1")


@pytest.mark.parametrize("rename", [str.upper, lambda name: f"n_{name}_044"[:-4]])
def test_names_of_layers_vary(tmp_path, rename):
    check_full(read_sites(register(tmp_path / "register.gpkg", rename=rename, **FULL)))


@pytest.mark.parametrize("suffix", [".csv", ".shp"])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_csv_and_shapefiles_of_a_register_give_the_same(tmp_path, suffix):
    found = read_sites(archive(tmp_path / "register.zip", suffix=suffix, **FULL))
    check_full(found)
    if suffix == ".csv":
        notes = [p for p in found.notes if p.code == "crs-standard"]
        assert {p.expected for p in notes} == {"EPSG:2154"}


@pytest.mark.filterwarnings("ignore:Value of field:RuntimeWarning")
def test_the_filled_official_template_reads_and_empty_it_is_told_empty(open_data, tmp_path):
    template = tmp_path / "gabarit.gpkg"
    shutil.copy(open_data / "cnig_sites_economiques_gabarit.gpkg", template)
    template.chmod(0o644)
    for layer in (None, SITE, PLOT):
        with pytest.raises(LayerError) as caught:
            read_sites(template, layer=layer)
        (error,) = caught.value.problems
        assert (error.code, error.file) == ("classes-empty", "gabarit.gpkg")
    for name, rows in FULL.items():
        data = table(name, rows)
        counts = [f for f in NUMBERS & set(data) if not f.endswith(("brute", "utile"))]
        pyogrio.write_dataframe(
            data.drop(columns=counts), template, layer=name, append=True,
            geometry_type=KINDS[name],
        )  # fmt: skip
    check_full(read_sites(template))


def test_plots_can_be_read_as_sites_with_what_their_site_tells(tmp_path):
    found = read_sites(register(tmp_path / "register.gpkg", **FULL), layer=PLOT)
    assert found.rejected == ()
    data = found.layer.data
    assert data["site_id"].tolist() == [row["terr_id"] for row in PLOTS]
    first = data.iloc[0]
    assert (first["vocation"], first["commune"]) == ("entrepôts, logistique", "2A004")
    assert first["readiness_servicing"] == "viabilisé et aménagé"
    assert first["readiness_environment"] == "purgé de tout recours"
    assert first["declared_area_m2"] == 5_000
    assert pd.isna(data.iloc[-1]["vocation"])


def test_a_register_without_sites_is_read_by_its_plots_and_told(tmp_path):
    found = read_sites(register(tmp_path / "register.gpkg", **{PLOT: PLOTS}))
    assert len(found.layer.data) == len(PLOTS)
    assert "class-empty" in codes(found.notes)


def test_a_register_without_plots_knows_no_stage(tmp_path):
    found = read_sites(register(tmp_path / "register.gpkg", **{SITE: SITES}))
    data = found.layer.data
    assert len(data) == 3
    assert data.filter(like="readiness").isna().all(axis=None)
    assert data[["land_control", "is_brownfield"]].isna().all(axis=None)


def test_a_label_split_by_its_comma_rejects_its_row_only(tmp_path):
    # As in the example of the standard: one cell too many, all columns shifted.
    path = tmp_path / "site_eco.csv"
    path.write_text(
        "site_id;site_nom;site_vocadomi;site_surf_brute;site_geomsurf\n"
        f"a;Parc;entrepôts;logistique;1;{BOX.wkt}\n"
        f"b;Parc;entrepôts, logistique;1;{BOX.wkt}\n"
    )
    found = read_sites(path)
    assert [(p.code, p.row) for p in found.rejected] == [("row-cells", 1)]
    assert found.layer.data["vocation"].tolist() == ["entrepôts, logistique"]


@pytest.mark.parametrize("escape", ["", "\\"])
def test_geojson_cells_are_in_longitudes_and_latitudes(tmp_path, escape):
    degrees = gpd.GeoSeries([BOX], crs=2154).to_crs(4326)
    cell = shapely.to_geojson(degrees.iloc[0]).replace('"', f'{escape}""')
    path = tmp_path / "terrains.csv"
    path.write_text(f'terr_id,site_id,terr_surf_brute,terr_geomsurf\na,b,1,"{cell}"\n')
    found = read_sites(path)
    assert found.rejected == ()
    assert found.layer.data["gross_area_m2"].tolist() == pytest.approx([10_000], rel=1e-6)
    path.write_text(path.read_text().replace("coordinates", "coords"))
    assert codes(read_sites(path).rejected) == ["geometry-invalid"]


def test_degrees_where_the_standard_wants_metres_are_not_guessed(tmp_path):
    path = tmp_path / "site_eco.csv"
    path.write_text(
        "site_id,site_vocadomi,site_surf_brute,site_geomsurf\na,mixte,1,"
        '"POLYGON((-1.5 47.2,-1.4 47.2,-1.4 47.3,-1.5 47.2))"\n'
    )
    with pytest.raises(LayerError, match="crs-missing"):
        read_sites(path)


def test_a_layer_that_is_missing_is_told_with_those_of_the_file(tmp_path):
    path = register(tmp_path / "register.gpkg", **FULL)
    with pytest.raises(LayerError, match="terrain_eco"):
        read_sites(path, layer="parcelles")
