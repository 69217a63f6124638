"""ADMIN EXPRESS: two versions, two formats, one layer of communes."""

import zipfile

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from layers.admin_express import is_admin_express, read_admin_express
from layers.cog import Passage, load_passage
from layers.errors import LayerError
from layers.spec import Status
from layers.territory import COMMUNES, NO_EPCI, Level, Territory, load_communes

X, Y = 350_000, 6_700_000
# Nantes and Rezé in one EPCI; an island with none; Orée-d'Anjou under its former code; a
# commune of Brittany in an EPCI that reaches over the border.
ROWS = [
    ("44109", "Nantes", "44", "52", "244400404"),
    ("44143", "Rezé", "44", "52", "244400404"),
    ("85113", "L'Île-d'Yeu", "85", "52", "NC"),
    ("49069", "Orée-d'Anjou", "49", "52", "200060010"),
    ("44098", "Montbert", "44", "52", "200099999"),
    ("35236", "Redon", "35", "53", "200099999"),
]
EPCI = [("244400404", "Nantes Métropole"), ("200060010", "Mauges Communauté"),
        ("200099999", "Pays de Redon")]  # fmt: skip
DEPARTEMENTS = [("44", "Loire-Atlantique"), ("49", "Maine-et-Loire"), ("85", "Vendée"),
                ("35", "Ille-et-Vilaine")]  # fmt: skip
REGIONS = [("52", "Pays de la Loire"), ("53", "Bretagne")]
V4 = {
    "commune": ["code_insee", "nom_officiel", "code_insee_du_departement",
                "code_insee_de_la_region", "codes_siren_des_epci"],
    "epci": ["code_siren", "nom_officiel"],
    "departement": ["code_insee", "nom_officiel"],
    "region": ["code_insee", "nom_officiel"],
}  # fmt: skip
V3 = {
    "commune": ["INSEE_COM", "NOM", "INSEE_DEP", "INSEE_REG", "SIREN_EPCI"],
    "epci": ["CODE_SIREN", "NOM"],
    "departement": ["INSEE_DEP", "NOM"],
    "region": ["INSEE_REG", "NOM"],
}
CONTENT = {"commune": ROWS, "epci": EPCI, "departement": DEPARTEMENTS, "region": REGIONS}


def table(layer, columns, crs=2154) -> gpd.GeoDataFrame:
    rows = CONTENT[layer]
    shapes = [
        shapely.MultiPolygon([shapely.box(X + 1000 * i, Y, X + 1000 * (i + 1), Y + 1000)])
        for i in range(len(rows))
    ]
    data = pd.DataFrame(rows, columns=columns[layer])
    return gpd.GeoDataFrame(data, geometry=shapes, crs=2154).to_crs(crs)


def version_4(folder, crs=2154):
    path = folder / "ADMIN-EXPRESS-COG-CARTO_4-0__GPKG_LAMB93_FXX_2026-01-01.gpkg"
    for layer in V4:
        pyogrio.write_dataframe(
            table(layer, V4, crs), path, layer=layer, driver="GPKG", append=path.exists()
        )
    return path


def version_3(folder, *, layers=tuple(V3), encoding="UTF-8"):
    edition = folder / "ADMIN-EXPRESS-COG-CARTO_3-2__SHP_LAMB93_FXX_2024-02-22"
    edition.mkdir()
    for layer in layers:
        pyogrio.write_dataframe(
            table(layer, V3), edition / f"{layer.upper()}.shp", encoding=encoding
        )
    return edition / "COMMUNE.shp"


def plain(layer) -> pd.DataFrame:
    return pd.DataFrame(layer.data.drop(columns="geometry"))[[c.name for c in COMMUNES.columns]]


def test_both_versions_give_the_same_communes(tmp_path):
    four, three = version_4(tmp_path), version_3(tmp_path)
    assert is_admin_express(four)
    assert is_admin_express(three)
    new, old = load_communes(four, region="52"), load_communes(three, region="52")
    pd.testing.assert_frame_equal(plain(new), plain(old))
    assert shapely.equals(new.geo.geometry.to_numpy(), old.geo.geometry.to_numpy()).all()
    data = new.data.set_index("code")
    assert data.index.tolist() == ["44098", "44109", "44143", "49069", "85113"]
    assert data.loc["85113", "epci"] == NO_EPCI
    assert data.loc["85113", "name"] == "L'Île-d'Yeu"
    assert data.loc["44109", "epci_name"] == "Nantes Métropole"
    assert data["epci_complete"].tolist() == [False, True, True, True, True]
    assert set(data["region_name"]) == {"Pays de la Loire"}
    assert new.provenance.vintage == "2026"
    assert (old.provenance.vintage, old.provenance.status) == ("2024", Status.OBSERVED)
    units = Territory(new).units(Level.DEPARTEMENT)
    assert units["name"].tolist() == ["Loire-Atlantique", "Maine-et-Loire", "Vendée"]


def test_an_archive_and_a_code_page_give_the_same(tmp_path):
    path = version_3(tmp_path, encoding="ISO-8859-1")
    for lying in path.parent.glob("*.cpg"):
        lying.write_text("UTF-8")
    archive = tmp_path / "ADMIN-EXPRESS_2024-02-22.zip"
    with zipfile.ZipFile(archive, "w") as target:
        for file in path.parent.iterdir():
            target.write(file, f"1_DONNEES/{file.name}")
    pd.testing.assert_frame_equal(
        plain(load_communes(archive, region="52")), plain(load_communes(path, region="52"))
    )
    assert "Rezé" in load_communes(path).data["name"].tolist()


def test_degrees_are_converted_and_told(tmp_path):
    layer = load_communes(version_4(tmp_path, crs=4326), region="52")
    assert layer.geo.crs.to_epsg() == 2154
    assert layer.provenance.method == "WGS 84 → EPSG:2154"
    assert layer.geo.area.to_numpy() == pytest.approx([1e6] * 5, rel=1e-6)


def test_codes_are_brought_to_the_cog_and_merged_communes_united(tmp_path, open_data):
    passage = load_passage(open_data / "pays-de-la-loire" / "cog_passage_vers_2025.csv")
    layer = load_communes(version_3(tmp_path), region="52", passage=passage)
    assert "49126" in layer.data["code"].tolist()
    assert "49069" not in layer.data["code"].tolist()
    assert "1 communes brought to the COG 2025" in layer.provenance.method
    united = read_admin_express(
        version_4(tmp_path), region="52", passage=Passage({"44143": ("44109",)}, 2030)
    ).data.set_index("code")
    assert (united.loc["44109", "name"], united.area["44109"]) == ("Nantes", 2e6)
    with pytest.raises(LayerError, match="44143"):
        load_communes(
            tmp_path / "ADMIN-EXPRESS-COG-CARTO_4-0__GPKG_LAMB93_FXX_2026-01-01.gpkg",
            passage=Passage({"44143": ("44109", "44144")}, 2030),
        )


def test_units_without_their_layer_are_told_by_their_code(tmp_path):
    layer = load_communes(version_3(tmp_path, layers=("commune",)), region="53")
    assert layer.data["epci_name"].tolist() == ["200099999"]
    assert "epci: 1 without name" in layer.provenance.method


def test_what_is_wrong_is_told(tmp_path):
    path = version_4(tmp_path)
    with pytest.raises(LayerError, match=r"99.*expected.*52, 53|52, 53"):
        load_communes(path, region="99")
    with pytest.raises(LayerError, match="crs-mismatch"):
        load_communes(path, region="04")
    bad = tmp_path / "bad.gpkg"
    rows = table("commune", V4).rename(columns={"codes_siren_des_epci": "groupement"})
    rows.to_file(bad, layer="commune")
    with pytest.raises(LayerError) as caught:
        load_communes(bad)
    (error,) = caught.value.problems
    assert (error.code, "groupement" in error.found) == ("column-missing", True)
    twice = pd.concat([table("commune", V4), table("commune", V4).iloc[:1]])
    twice.iloc[1, 0] = "4414"
    twice.to_file(tmp_path / "twice.gpkg", layer="commune")
    with pytest.raises(LayerError) as caught:
        load_communes(tmp_path / "twice.gpkg")
    assert [(p.code, p.row) for p in caught.value.problems] == [
        ("value-type", 2), ("id-duplicate", 7),
    ]  # fmt: skip
