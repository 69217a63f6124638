"""Files given by hand and downloaded: recognised, checked, used, or refused with reasons."""

import gzip
import json
import shutil
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely

from layers.acquisition import import_file, pull
from layers.artificialised_land import OSO_2016_GROUPS, load_enaf_flows
from layers.assembly import assemble_parts
from layers.demonstration import MARK
from layers.errors import LayerError
from layers.registry import READERS
from layers.sources import Sources, load_sources
from layers.spec import Status
from layers.store import Store
from layers.tables import embedded_file

ENAF = "demonstration/demonstration_enaf_flows_2011_2025.csv.gz"


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "data")


@pytest.fixture(scope="module")
def shipped():
    return load_sources()


@pytest.fixture(scope="module")
def enaf_csv():
    """The demonstration flows without their mark: a file as the Cerema's."""
    text = gzip.decompress(embedded_file(ENAF).read_bytes()).decode("utf-8-sig")
    return text.replace(MARK, "").encode()


def refused(path, store, sources, **options):
    with pytest.raises(LayerError) as error:
        import_file(path, store, READERS, sources, **options)
    return list(error.value.problems)


# --- Import ---------------------------------------------------------------------------------


def test_a_folder_that_holds_one_file_is_that_file(store, shipped, tmp_path):
    """A Shapefile once its archive is unpacked: the folder is what a user sees."""
    folder = tmp_path / "obs_artif"
    folder.mkdir()
    columns = {"IDCOM": ["44109"], "NAF11ART12": [4e5], "NAF12ART13": [6e5], "EPCI25": ["1"],
               "ART11ACT12": [4e5], "ART12ACT13": [6e5], "SURFCOM202": [6e7]}  # fmt: skip
    table = gpd.GeoDataFrame(columns, geometry=[shapely.box(0, 0, 1, 1)], crs=2154)
    table.to_file(folder / "obs_artif_2011_2013.shp")
    done = import_file(folder, store, READERS, shipped)
    assert (done.entry.layer, done.entry.is_folder) == ("enaf_flows", False)
    assert done.entry.label == "obs_artif_2011_2013.shp"
    table.to_file(folder / "autre.shp")
    found = refused(folder, store, shipped)
    assert [one.code for one in found][:2] == ["import-unrecognised", "import-folder"]


def test_a_folder_of_other_things_is_no_land_cover(store, shipped, tmp_path):
    folder = tmp_path / "d"
    folder.mkdir()
    for name in ("notes.md", "journal.log"):
        (folder / name).write_text("rien\n", encoding="utf-8")
    found = refused(folder, store, shipped)
    assert [one.code for one in found][:2] == ["import-unrecognised", "import-folder"]
    assert "file-format" not in {one.code for one in found}


def test_a_part_taken_alone_is_told_to_be_one(store, shipped, tmp_path):
    """One of the four layers of PatriNat would leave sites free of what the others tell."""
    square, columns = [shapely.box(4e5, 6.7e6, 4.1e5, 6.71e6)], {"nom_site": "M", "id_mnhn": "FR1"}
    table = gpd.GeoDataFrame(columns, geometry=square, crs=2154, index=[0])
    folder = tmp_path / "patrinat"
    folder.mkdir()
    for name in ("sic", "zps"):
        table.to_file(folder / f"patrinat_{name}.geojson")
    done = import_file(folder / "patrinat_sic.geojson", store, READERS, shipped)
    (told,) = [one for one in done.notes if one.code == "import-part"]
    assert (told.severity, told.found) == ("warning", "protected_areas")
    assert "patrinat-znieff2" in told.expected
    done = import_file(folder, store, READERS, shipped)
    assert "import-part" not in {one.code for one in done.notes}


def test_a_part_that_cannot_be_read_alone_names_the_others(store, shipped, tmp_path):
    path = tmp_path / "scots.csv"
    path.write_text("pa_id,pa_nom_schema\n17,SCoT\n", encoding="utf-8")
    found = refused(path, store, shipped)
    assert found[-1].code == "import-part"
    assert "docurba-perimetres" in found[-1].expected


def test_a_table_with_the_names_of_communes_is_not_told_to_lack_an_outline(
    store, shipped, tmp_path
):
    path = tmp_path / "debits.csv"
    path.write_text("code_insee;nom;nbr_locaux\n44109;Nantes;10\n", encoding="utf-8")
    codes = [one.code for one in refused(path, store, shipped)]
    assert codes[0] == "import-unrecognised"
    assert "geometry-column" not in codes
    # where the user says that these are communes, what they lack is told
    assert [one.code for one in refused(path, store, shipped, layer="communes")] == [
        "geometry-column"
    ]


def test_a_file_that_may_not_be_opened_is_told(store, shipped, tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_text("a;b\n", encoding="utf-8")
    opened = Path.open

    def refusing(self, *args, **options):
        if self == path:
            raise PermissionError(13, "Permission denied", str(self))
        return opened(self, *args, **options)

    monkeypatch.setattr(Path, "open", refusing)
    (found,) = refused(path, store, shipped)
    assert (found.code, found.file, found.found) == (
        "file-unreadable", "a.csv", "Permission denied",
    )  # fmt: skip


def test_a_vintage_is_dated(store, shipped):
    path = embedded_file("stations.csv")
    for text in ("bof", "25", "123456"):
        (found,) = refused(path, store, shipped, vintage=text)
        assert (found.code, found.found) == ("vintage-year", text)
    for text in ("2026", "COG 2025", "10 juillet 2025", "2025-07-10", "RP 2021 ; COG 2025"):
        assert import_file(path, store, READERS, shipped, vintage=text).entry.told.vintage == text


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("communes.parquet", "communes"),
        ("housing.csv", "housing"),
        ("zonings.csv", "zonings"),
        ("stations.csv", "stations"),
        ("demonstration/protected_areas.parquet", "protected_areas"),
        (ENAF, "enaf_flows"),
    ],
)
def test_a_layer_is_recognised_by_what_it_holds(store, shipped, tmp_path, name, layer):
    path = tmp_path / f"export-42{''.join(embedded_file(name).suffixes)}"
    shutil.copyfile(embedded_file(name), path)
    done = import_file(path, store, READERS, shipped)
    assert (done.entry.layer, done.used) == (layer, True)
    held = store.manifest().layers[layer]
    assert READERS[layer].load(store.path(held)).provenance.file == path.name
    assert path.is_file()
    assert not list((store.folder / "incoming").iterdir())


def test_the_same_layer_in_another_format_is_recognised(store, shipped, tmp_path):
    table = gpd.read_parquet(embedded_file("communes.parquet"))
    path = tmp_path / "a.gpkg"
    table.to_file(path)
    assert import_file(path, store, READERS, shipped).entry.layer == "communes"


def test_a_file_of_points_with_a_name_could_be_several_layers(store, shipped):
    path = embedded_file("demonstration/ports.parquet")
    found = refused(path, store, shipped)
    assert [p.code for p in found] == ["import-ambiguous"]
    assert {"interchanges", "ports", "airports"} <= set(found[0].found.split(", "))
    assert "protected_areas" not in found[0].found
    assert import_file(path, store, READERS, shipped, layer="ports").entry.layer == "ports"
    assert [p.code for p in refused(path, store, shipped, layer="ports2")] == ["layer-unknown"]


def test_what_is_no_layer_is_told_with_what_each_candidate_lacks(store, shipped, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("code;ze2020;ze2020_name;aav2020_name\n44109;5211;Nantes;Nantes\n")
    found = refused(path, store, shipped)
    assert found[0].code == "import-unrecognised"
    assert found[0].found == "code, ze2020, ze2020_name, aav2020_name"
    lacking = {p.expected.strip("“”"): p.found for p in found[1:]}
    assert lacking["zonings"] == "cateaav2020, frr_2025"
    assert len(lacking) == 5


def test_a_file_that_looks_like_one_layer_is_told_what_is_wrong_in_it(store, shipped, tmp_path):
    path = tmp_path / "a.csv"
    table = pd.read_csv(embedded_file("housing.csv"), dtype=str)
    table.loc[3, "dwellings"] = "beaucoup"
    table.to_csv(path, index=False)
    found = refused(path, store, shipped)
    assert [(p.code, p.row, p.field) for p in found] == [("value-type", 4, "dwellings")]
    assert not (store.folder / "manifest.json").exists()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file-empty"),
        (b"version https://git-lfs.github.com/spec/v1\n", "file-pointer"),
        (b"<html>", "file-html"),
        (b"\x00\x01\x02", "import-unrecognised"),
    ],
)
def test_what_is_not_data_is_refused(store, shipped, tmp_path, content, code):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    assert refused(path, store, shipped)[0].code == code
    assert refused(tmp_path / "none.csv", store, shipped)[0].code == "file-missing"


def test_a_bad_file_leaves_the_good_one_in_use(store, shipped, tmp_path):
    good = import_file(embedded_file("housing.csv"), store, READERS, shipped).entry
    path = tmp_path / "housing.csv"
    text = embedded_file("housing.csv").read_text(encoding="utf-8")
    path.write_text(text[: text.index("44109") + 12], encoding="utf-8")
    assert [p.code for p in refused(path, store, shipped)] == ["content-truncated"]
    assert store.manifest().layers["housing"] == good
    assert store.verify(good) == []


def test_a_source_that_is_told_gives_its_publisher_and_only_a_declared_status(store, shipped):
    done = import_file(
        embedded_file("zonings.csv"), store, READERS, shipped, source="insee-appartenance",
        vintage="COG 2025",
    )  # fmt: skip
    told = done.entry.told
    assert (told.publisher, told.vintage, told.status) == ("INSEE", "COG 2025", Status.DECLARED)
    assert [note.code for note in done.notes] == ["rows-range"]  # a region, not France


def test_a_file_in_the_form_of_a_source_is_observed(store, shipped, open_data):
    path = open_data / "cerema_conso2009_2023_extrait_5_communes_01.csv"
    done = import_file(path, store, READERS, shipped)
    told = done.entry.told
    assert (done.entry.layer, told.publisher, told.status) == (
        "enaf_flows", "Cerema", Status.OBSERVED,
    )  # fmt: skip
    assert done.entry.source == "cerema-enaf"
    assert [note.code for note in done.notes] == ["rows-range"]


# --- Pull -----------------------------------------------------------------------------------


def one_source(server, **fields):
    whole = {
        "layer": "enaf_flows", "publisher": "Cerema", "title": "ENAF", "licence": "LO 2.0",
        "kind": "file", "format": "csv", "url": f"{server.url}/enaf.csv", "vintage": "2011-2025",
        "columns": ["idcom", r"naf\d\dart\d\d"], "evidence": "verified", **fields,
    }  # fmt: skip
    return Sources.model_validate({"sources": {"enaf": whole}})


def pulled(store, sources, client, **options):
    return pull("enaf", store, READERS, sources, client=client, **options)


def not_pulled(store, sources, client, **options):
    with pytest.raises(LayerError) as error:
        pulled(store, sources, client, **options)
    return [found.code for found in error.value.problems]


def test_a_source_is_pulled_checked_and_used(store, server, client, enaf_csv):
    server.serve("/enaf.csv", enaf_csv)
    told = []
    sources = one_source(server, rows=(1200, 1300))
    done = pulled(store, sources, client, progress=lambda *now: told.append(now))
    entry = store.manifest().layers["enaf_flows"]
    assert (done.used, done.entry) == (True, entry)
    assert (entry.source, entry.url, entry.how) == ("enaf", f"{server.url}/enaf.csv", "pull")
    assert (entry.told.status, entry.told.vintage) == (Status.OBSERVED, "2011-2025")
    flows = load_enaf_flows(store.path(entry))
    assert flows.data.equals(load_enaf_flows().data)
    assert told[-1] == ("enaf", len(enaf_csv), len(enaf_csv))


def test_demonstration_data_stay_so_wherever_they_come_from(store, server, client):
    server.serve("/enaf.csv", gzip.decompress(embedded_file(ENAF).read_bytes()))
    assert pulled(store, one_source(server), client).entry.told.status is Status.DEMONSTRATION


def test_a_source_is_pulled_again_only_if_it_changed(store, server, client, enaf_csv):
    versions = {'"1"': enaf_csv, '"2"': enaf_csv + b"\n"}

    def answer(handler, nth):
        etag = '"1"' if nth < 3 else '"2"'
        if handler.headers.get("If-None-Match") == etag:
            handler.send(status=304, ETag=etag)
        else:
            handler.send_ranged(versions[etag], etag=etag)

    server.routes["/enaf.csv"] = answer
    sources = one_source(server)
    first = pulled(store, sources, client)
    second = pulled(store, sources, client)
    assert (second.unchanged, second.entry) == (True, first.entry)
    third = pulled(store, sources, client)
    assert (third.unchanged, third.entry.etag) == (False, '"2"')


def test_an_altered_file_is_pulled_again_though_the_server_has_nothing_newer(
    store, server, client, enaf_csv
):
    server.routes["/enaf.csv"] = lambda handler, _: (
        handler.send(status=304)
        if handler.headers.get("If-None-Match")
        else handler.send_ranged(enaf_csv)
    )
    sources = one_source(server)
    entry = pulled(store, sources, client).entry
    store.path(entry).write_bytes(b"x" * entry.files[0].size)
    again = pulled(store, sources, client)
    assert (again.unchanged, store.verify(again.entry)) == (False, [])


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"rows": (34_000, 35_000)}, "rows-range"),
        ({"witnesses": [{"column": "area_m2", "where": {"year": 2024}, "total": 1e9,
                         "source": "portail"}]}, "witness-mismatch"),
        ({"columns": ["idcom", "surfcom99"]}, "content-format"),
        ({"evidence": "unverified"}, "source-unverified"),
        ({"kind": "manual", "page": "https://a.fr"}, "source-manual"),
        ({"url": "http://127.0.0.1:9/{region}.csv"}, "source-region"),
    ],
)  # fmt: skip
def test_what_is_not_as_its_source_says_is_refused_and_the_last_good_data_stay(
    store, server, client, enaf_csv, fields, code
):
    server.serve("/enaf.csv", enaf_csv)
    good = pulled(store, one_source(server), client).entry
    server.serve("/enaf.csv", enaf_csv, etag='"2"')
    assert not_pulled(store, one_source(server, **fields), client) == [code]
    assert store.manifest().layers["enaf_flows"] == good
    assert store.verify(good) == []
    assert not [p for p in store.incoming("enaf").glob("*") if p.is_file()]


def test_an_unverified_address_takes_a_consent(store, server, client, enaf_csv):
    server.serve("/enaf.csv", enaf_csv)
    sources = one_source(server, evidence="unverified")
    assert pulled(store, sources, client, unverified=True).used


def test_the_region_goes_into_the_address(store, server, client, enaf_csv):
    server.serve("/52.csv", enaf_csv)
    sources = one_source(server, url=server.url + "/{region}.csv", rows=(34_000, 35_000))
    assert pulled(store, sources, client, region="52").used  # the rows are those of France
    assert not_pulled(store, sources, client, region="5;") == ["source-region"]


def test_flows_in_hectares_are_refused(store, server, client, enaf_csv):
    table = pd.read_csv(pd.io.common.BytesIO(enaf_csv), dtype=str)
    flows = [name for name in table.columns if name.startswith(("naf", "art"))]
    flows = [name for name in flows if not name.startswith("artcom")]
    table[flows] = (table[flows].astype(float) / 10_000).round(4).astype(str)
    server.serve("/enaf.csv", table.to_csv(index=False).encode())
    assert set(not_pulled(store, one_source(server), client)) <= {"unit-suspicious", "sum-mismatch"}


def test_a_cut_pull_keeps_the_last_good_data_and_resumes_later(store, server, client, enaf_csv):
    server.serve("/enaf.csv", enaf_csv)
    good = pulled(store, one_source(server), client).entry
    new = enaf_csv + b"\n"

    def answer(handler, nth):
        if nth == 2:
            handler.send_ranged(new, etag='"2"', cut=100_000)
        elif nth < 9:  # the server falls, and the client gives up
            handler.send(status=503)
        else:
            handler.send_ranged(new, etag='"2"')

    server.routes["/enaf.csv"] = answer
    assert not_pulled(store, one_source(server), client) == ["download-status"]
    assert store.manifest().layers["enaf_flows"] == good
    assert pulled(store, one_source(server), client).entry.etag == '"2"'
    assert server.asked[-1][1]["Range"] == "bytes=100000-"


def test_a_file_no_reader_takes_is_kept_until_one_does(store, server, client, enaf_csv):
    body = enaf_csv
    server.routes["/frr.csv"] = lambda handler, _: (
        handler.send(status=304)
        if handler.headers.get("If-None-Match") == '"1"'
        else handler.send_ranged(body)
    )
    sources = one_source(
        server, layer="frr_classes", url=f"{server.url}/frr.csv", columns=["idcom"]
    )
    done = pulled(store, sources, client)
    assert (done.used, store.manifest().layers) == (False, {})
    held = store.manifest().fetched["enaf"]
    assert store.path(held).read_bytes() == body
    assert pulled(store, sources, client).unchanged
    # A later version of the product reads it: nothing has to be downloaded again.
    learnt = {**READERS, "frr_classes": READERS["enaf_flows"]}
    again = pull("enaf", store, learnt, sources, client=client)
    assert (again.used, again.entry.told.vintage) == (True, "2011-2025")
    assert len(server.asked) == 3


def test_a_file_whose_form_the_reader_does_not_know_is_kept(store, server, client):
    server.serve("/enaf.csv", b"CODGEO;LIBGEO;TYPPRED\n44109;Nantes;commune\n")
    sources = one_source(server, layer="housing", columns=["CODGEO", "TYPPRED"])
    done = pulled(store, sources, client)
    assert (done.used, {note.code for note in done.notes}) == (False, {"column-missing"})
    assert list(store.manifest().fetched) == ["enaf"]


def test_a_wfs_source_is_kept_as_geojson(store, server, client):
    features = [
        {"type": "Feature", "id": f"v{n}", "geometry": {"type": "Polygon", "coordinates": [
            [[n, 0], [n + 1, 0], [n + 1, 1], [n, 0]]]},
         "properties": {"id_mnhn": str(n), "name": f"Aire {n}", "kind": "znieff_1"}}
        for n in range(3)
    ]  # fmt: skip
    page = {"type": "FeatureCollection", "features": features, "numberMatched": 3,
            "numberReturned": 3}  # fmt: skip
    server.serve("/wfs", json.dumps(page).encode())
    sources = one_source(
        server, layer="protected_areas", kind="wfs", format="geojson", url=f"{server.url}/wfs",
        typename="a:b", sort_by="id_mnhn", key="id_mnhn", crs="EPSG:2154", columns=["name"],
    )  # fmt: skip
    assert pulled(store, sources, client).used
    entry = store.manifest().layers["protected_areas"]
    assert len(READERS["protected_areas"].load(store.path(entry)).data) == 3


def test_columns_are_read_in_an_archive_before_it_is_kept(store, server, client, tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("meta.csv", "a;b\n")
        packed.writestr("dossier_complet.csv", "CODGEO;P22_LOG\n" + "44109;1\n" * 10)
    server.serve("/a.zip", path.read_bytes())
    fields = {"format": "zip", "layer": "later", "url": f"{server.url}/a.zip"}
    sources = one_source(server, **fields, columns=["CODGEO", r"P\d\d_LOG"])
    assert pulled(store, sources, client).entry.files[0].name == "a.zip"
    sources = one_source(server, **fields, columns=["CODGEO", r"P\d\d_POP"])
    server.serve("/a.zip", path.read_bytes(), etag='"2"')
    assert not_pulled(store, sources, client) == ["content-format"]


def test_shapes_of_a_shapefile_follow_it(store, shipped, tmp_path):
    ports = gpd.GeoDataFrame(
        {"name": ["A", "B"]}, geometry=shapely.points([[3e5, 67e5], [3.1e5, 67e5]]), crs=2154
    )
    ports.to_file(tmp_path / "ports.shp")
    done = import_file(tmp_path / "ports.shp", store, READERS, shipped, layer="ports")
    assert {one.name.partition(".")[2] for one in done.entry.files} >= {"shp", "shx", "dbf", "prj"}
    assert len(READERS["ports"].load(store.path(done.entry)).data) == 2


# --- Folders, parts, vintages ---------------------------------------------------------------


def test_parts_make_a_layer_once_all_are_there_and_never_before(store, server, client):
    names = {"patrinat-sic": "directive Habitats", "patrinat-zps": "directive Oiseaux"}
    for rank, (name, title) in enumerate(names.items()):
        shape = gpd.GeoSeries(
            [shapely.box(350_000 + rank, 6_700_000, 351_000, 6_701_000)], crs=2154
        )
        table = gpd.GeoDataFrame({"nom_site": [title], "id_mnhn": [name]}, geometry=shape)
        server.serve(f"/{name}.geojson", table.to_crs(4326).to_json().encode())
    one = {
        "layer": "protected_areas", "part": True, "publisher": "PatriNat", "licence": "LO 2.0",
        "kind": "file", "format": "geojson", "columns": ["nom_site"], "evidence": "verified",
    }  # fmt: skip
    sources = Sources.model_validate(
        {"sources": {name: {**one, "title": title, "url": f"{server.url}/{name}.geojson"}
                     for name, title in names.items()}}
    )  # fmt: skip
    done = pull("patrinat-sic", store, READERS, sources, client=client)
    assert not done.used
    (made,) = assemble_parts(store, READERS, sources)
    assert [(p.code, p.found) for p in made.notes] == [("parts-missing", "patrinat-zps")]
    assert "protected_areas" not in store.manifest().layers
    pull("patrinat-zps", store, READERS, sources, client=client)
    (made,) = assemble_parts(store, READERS, sources)
    assert (made.used, made.entry.how, made.entry.is_folder) == (True, "build", True)
    layer = READERS["protected_areas"].load(store.path(made.entry))
    assert sorted(layer.data["name"]) == sorted(names.values())
    assert assemble_parts(store, READERS, sources) == ()  # nothing changed since
    assert store.verify(made.entry) == []


def test_the_vintage_told_decides_what_the_codes_of_a_raster_mean(store, shipped, tmp_path):
    path = tmp_path / "occupation.tif"
    profile = {
        "driver": "GTiff", "width": 40, "height": 40, "count": 1, "dtype": "uint8",
        "crs": "EPSG:2154", "transform": rasterio.Affine(10, 0, 350_000, 0, -10, 6_700_000),
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(np.full((40, 40), 11, np.uint8), 1)  # summer crops, or rice
    assert [p.code for p in refused(path, store, shipped)] == ["vintage-unclear"]
    entry = import_file(path, store, READERS, shipped, vintage="2017").entry
    cover = READERS["land_cover"].load(store.path(entry), provenance=entry.given.provenance())
    assert (cover.groups, cover.provenance.vintage) == (OSO_2016_GROUPS, "2017")


def test_an_empty_folder_and_a_folder_of_something_else_are_refused(store, shipped, tmp_path):
    assert [p.code for p in refused(tmp_path, store, shipped)] == ["folder-empty"]
    (tmp_path / "a.csv").write_text("a;b\n1;2\n")
    assert refused(tmp_path, store, shipped)[0].code == "import-unrecognised"


@pytest.mark.parametrize("where", ["write", "replace"])
def test_a_full_disk_keeps_the_last_good_data_and_is_told(
    store, server, client, enaf_csv, monkeypatch, where
):
    sources = one_source(server)
    server.serve("/enaf.csv", enaf_csv, etag='"1"')
    good = pulled(store, sources, client).entry
    server.serve("/enaf.csv", enaf_csv + b"\n", etag='"2"')

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        if where == "write":
            patch.setattr("layers.download._Part._receive", full)
        else:
            patch.setattr("layers.store._to_disk", full)
        found = not_pulled(store, sources, client)
    assert found == ["store-unwritable"]
    assert store.manifest().layers["enaf_flows"] == good
    assert store.verify(good) == []


def test_an_interruption_keeps_the_last_good_data_and_frees_the_store(
    store, server, client, enaf_csv
):
    sources = one_source(server)
    server.serve("/enaf.csv", enaf_csv, etag='"1"')
    good = pulled(store, sources, client).entry
    server.serve("/enaf.csv", enaf_csv.replace(b"\r", b"") + b"\n", etag='"2"')

    def interrupted(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pull("enaf", store, READERS, sources, client=client, progress=interrupted)
    assert store.manifest().layers["enaf_flows"] == good
    assert store.verify(good) == []
    assert pulled(store, sources, client).used


def test_the_same_content_under_a_new_version_leaves_no_second_copy(
    store, server, client, enaf_csv
):
    versions = iter("1234")
    server.routes["/enaf.csv"] = lambda handler, _: handler.send(
        enaf_csv, ETag=f'"{next(versions)}"'
    )
    sources = one_source(server)
    first, second = (pulled(store, sources, client).entry for _ in range(2))
    assert (first.folder, second.etag) == (second.folder, '"2"')
    assert store.verify(second) == []
    assert not [one for one in (store.folder / "incoming").rglob("*") if one.is_file()]
