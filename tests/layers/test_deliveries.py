"""Deliveries of several tables, names that tell a day, inventories that feed another layer."""

import geopandas as gpd
import pytest
import shapely

from layers.acquisition import import_file
from layers.errors import LayerError
from layers.recognition import recognise
from layers.registry import READERS
from layers.sources import load_sources
from layers.spec import Status
from layers.store import Store

X, Y = 355_000, 6_690_000


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "data")


@pytest.fixture(scope="module")
def shipped():
    return load_sources()


def table(path, columns, shapes, layer=None, crs=2154):
    gpd.GeoDataFrame(columns, geometry=shapes, crs=2154).to_crs(crs).to_file(path, layer=layer)
    return path


def box(rank=0):
    return shapely.box(X + 100 * rank, Y, X + 100 * rank + 90, Y + 90)


def bdtopo(path, *, named="Echangeur"):
    """BD TOPO in one GeoPackage: equipment, places and roads."""
    road = shapely.LineString([(X, Y), (X + 300, Y)])
    slip = shapely.LineString([(X + 300, Y), (X + 400, Y + 50)])
    table(path, {"cleabs": ["E1", "E2"], "nature": [named, "Parking"], "toponyme": ["É", ""]},
          [box(), box(1)], "equipement_de_transport")  # fmt: skip
    table(path, {"cleabs": ["Z1"], "nature": ["Port"], "toponyme": ["Port inventé"]}, [box(2)],
          "zone_d_activite_ou_d_interet")  # fmt: skip
    table(path, {"cleabs": ["R1", "R2"], "nature": ["Route à 1 chaussée", "Bretelle"],
                 "importance": ["3", "1"]}, [road, slip], "troncon_de_route")  # fmt: skip
    return path


def test_each_layer_is_found_in_a_delivery_of_bd_topo(tmp_path, store, shipped):
    path = bdtopo(tmp_path / "BDT_3-5_GPKG_LAMB93_R44-ED2026-03-15.gpkg")
    for layer, count in (("interchanges", 1), ("ports", 1)):
        done = import_file(path, store, READERS, shipped, layer=layer)
        loaded = READERS[layer].load(store.path(done.entry))
        assert (len(loaded.data), done.entry.told.vintage) == (count, "2026-03-15")
        assert done.entry.told.publisher == "IGN"


def test_slip_roads_tell_interchanges_where_no_equipment_is_one(tmp_path):
    found = READERS["interchanges"].load(bdtopo(tmp_path / "bdt.gpkg", named="Péage")).geo
    assert [(p.x, p.y) for p in found.geometry] == [(X + 300, Y)]


def test_a_file_of_several_tables_that_nothing_tells_apart_is_told_what_to_do(
    tmp_path, store, shipped
):
    path = tmp_path / "zones.gpkg"
    for name in ("zone_urba_2024", "zone_urba_2025"):
        table(path, {"partition": ["DU_44001"], "libelle": ["U"], "typezone": ["U"]}, [box()], name)
    with pytest.raises(LayerError) as error:
        import_file(path, store, READERS, shipped, layer="zoning")
    (told,) = error.value.problems
    assert (told.code, told.found) == ("import-layers", "zone_urba_2024, zone_urba_2025")


@pytest.mark.parametrize(
    ("name", "vintage", "told"),
    [
        ("ite.geojson", "", "not stated"),
        ("ite_2021.geojson", "", "2021"),
        ("ite_20210304.geojson", "", "not stated"),
        ("ite_2021.geojson", "mars 2020", "mars 2020"),
    ],
)
def test_the_vintage_is_what_is_told_else_what_the_name_tells(
    tmp_path, shipped, name, vintage, told
):
    columns = {"Raison_sociale": ["X"], "Etat_ITE": ["Bon"], "Circulation_récente": ["Oui"]}
    path = table(tmp_path / name, columns, [shapely.Point(X, Y)], crs=4326)
    found = recognise(path, READERS, shipped, vintage=vintage)
    source = found.loaded.provenance
    assert (found.layer, source.vintage, source.publisher) == ("freight_sidings", told, "Cerema")


def test_an_inventory_of_friches_is_the_layer_of_brownfields(tmp_path, store, shipped):
    """What the inventory itself says is no friche, or none that was checked, is left out."""
    told = ["friche sans projet", "friche potentielle", "friche reconvertie", "friche avec projet"]
    columns = {
        "site_id": list("abcd"), "site_nom": list("ABCD"), "site_statut": told,
        "comm_insee": "44109", "unite_fonciere_surface": 8_100.0,
    }  # fmt: skip
    path = table(tmp_path / "friches_2026.gpkg", columns, [box(i) for i in range(4)], crs=4326)
    done = import_file(path, store, READERS, shipped)
    assert (done.entry.layer, done.entry.source) == ("brownfields", "cerema-cartofriches")
    layer = READERS["brownfields"].load(store.path(done.entry))
    assert layer.data["name"].tolist() == ["A", "D"]
    assert layer.geo.area.to_numpy() == pytest.approx([8_100, 8_100], rel=1e-4)
    assert layer.provenance.status is Status.OBSERVED
    assert "friche-left-out" in {note.code for note in layer.notes}


def test_the_real_inventory_is_the_layer_of_brownfields(open_data, store, shipped):
    path = open_data / "pays-de-la-loire" / "cartofriches_2023-01.csv"
    done = import_file(path, store, READERS, shipped)
    layer = READERS["brownfields"].load(store.path(done.entry))
    assert done.entry.layer == "brownfields"
    assert len(layer.data) > 50
    assert set(layer.geo.geom_type) <= {"Polygon", "MultiPolygon"}


def test_every_real_file_is_recognised_with_its_publisher_and_its_vintage(
    open_data, store, shipped
):
    expected = {
        "zonage_abc_2019.csv": "housing_tension", "frr_juillet2025.csv": "frr",
        "lovac_vacance_2ans_2021.csv": "vacancy", "gares_sncf_2025.geojson": "stations",
        "zones_emploi_2020.csv": "zonings", "cog_passage_vers_2025.csv": "cog_passage",
        "demandeurs_emploi_mensuel.csv": "job_seekers",
        "frequentation_gares.csv": "station_traffic",
    }  # fmt: skip
    for name, layer in expected.items():
        done = import_file(open_data / "pays-de-la-loire" / name, store, READERS, shipped)
        told = done.entry.told
        assert (name, done.entry.layer) == (name, layer)
        assert told.vintage not in {"", "not stated"}, name
        assert told.publisher != "not stated" or layer == "cog_passage", name


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("a.csv", b"PK\x03\x04\x00\x01", "a ZIP archive or an office document"),
        (
            "a.xls",
            b"\xd0\xcf\x11\xe0\x00",
            "an office document of before 2007 (XLS, DOC), or one with a password",
        ),
        ("a.pdf", b"%PDF-1.7", "a PDF document"),
        ("a.csv", bytes(range(256)), "binary data"),
        ("a.rar", b"Rar!\x1a\x07", "a RAR archive"),
    ],
)
def test_what_is_no_table_is_named_not_shown(tmp_path, store, shipped, name, content, found):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(LayerError) as error:
        import_file(tmp_path / name, store, READERS, shipped)
    told = error.value.problems[0]
    assert (told.code, told.found) == ("import-unrecognised", found)


def test_a_folder_of_nothing_or_of_everything_is_told_what_to_do(tmp_path, store, shipped):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "x.csv").write_text("code\n1\n", encoding="utf-8")
    with pytest.raises(LayerError) as error:
        import_file(tmp_path / "a", store, READERS, shipped)
    assert [one.code for one in error.value.problems] == ["folder-empty"]
    for name, head in (("cog.csv", "TYPECOM,COM,LIBELLE,COMPARENT"), ("x.csv", "a,b")):
        (tmp_path / "a" / name).write_text(f"{head}\n1,2\n", encoding="utf-8")
    with pytest.raises(LayerError) as error:
        import_file(tmp_path / "a", store, READERS, shipped)
    assert [one.code for one in error.value.problems[:2]] == [
        "import-unrecognised", "import-folder",
    ]  # fmt: skip
