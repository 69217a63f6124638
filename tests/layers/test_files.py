"""Opening files: formats, archives, encodings, CRS, layers, and everything that goes wrong."""

import json
import struct
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import pyproj
import pytest
import shapely
from pyarrow import parquet

from layers.errors import LayerError
from layers.files import FORMATS, identify, open_file

BOXES = [shapely.box(350_000 + 500 * i, 6_700_000, 350_100 + 500 * i, 6_700_100) for i in range(3)]
DRIVERS = {".gpkg": "GPKG", ".geojson": "GeoJSON", ".fgb": "FlatGeobuf", ".shp": "ESRI Shapefile"}
POINT = {"type": "Point", "coordinates": [-1.5, 47.2]}
# Longitudes and latitudes; all of these say nothing of axes but mean x, y.
LONLAT = gpd.GeoSeries(BOXES, crs=2154).to_crs(4326).to_list()


def frame(geometry=BOXES, *, crs: object = "EPSG:2154", **columns) -> gpd.GeoDataFrame:
    columns = columns or {"nom": [f"Été {i}" for i in range(len(geometry))]}
    return gpd.GeoDataFrame(columns, geometry=list(geometry), crs=crs)


def write(data: gpd.GeoDataFrame, path: Path, **options) -> Path:
    if path.suffix == ".parquet":
        data.to_parquet(path)
    elif path.suffix == ".csv":
        data.to_wkt().assign(crs="EPSG:2154").to_csv(path, index=False)
    else:
        if path.suffix == ".fgb":
            options["SPATIAL_INDEX"] = "NO"  # an index sorts the rows
        pyogrio.write_dataframe(data, path, driver=DRIVERS[path.suffix], **options)
    return path


def geojson(path: Path, *features: dict, **members) -> Path:
    document = {"type": "FeatureCollection", **members, "features": list(features)}
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return path


def feature(geometry: dict | None = None, **properties) -> dict:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def zipped(path: Path, *members: Path, folder: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in members:
            archive.write(member, folder + member.name)
    return path


def refusal(path: Path, **options) -> list:
    with pytest.raises(LayerError) as caught:
        open_file(path, **options)
    problems = caught.value.problems
    assert all(p.severity == "error" for p in problems)
    assert all(p.file for p in problems)
    assert all(str(path.parent) not in p.line() for p in problems)
    return list(problems)


def codes(problems) -> list[str]:
    return [p.code for p in problems]


# --- What can be read ---------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".fgb", ".shp", ".parquet", ".csv"])
def test_every_format_gives_the_same_rows_geometry_and_crs(tmp_path, suffix):
    table = open_file(write(frame(), tmp_path / f"sites{suffix}"))
    assert table.data["nom"].tolist() == ["Été 0", "Été 1", "Été 2"]
    assert table.rows.tolist() == [1, 2, 3]
    assert table.row_count == 3
    assert shapely.equals(table.geometry, BOXES).all()
    assert table.crs.to_epsg() == 2154
    assert (table.errors, table.rejected, table.notes) == ((), (), ())


@pytest.mark.parametrize("suffix", [".gpkg", ".fgb", ".shp", ".parquet"])
@pytest.mark.parametrize("epsg", [4326, 3857, 3947, 27572])
def test_the_crs_is_the_one_the_file_declares(tmp_path, suffix, epsg):
    data = frame().to_crs(epsg)
    table = open_file(write(data, tmp_path / f"sites{suffix}"))
    assert table.crs.equals(pyproj.CRS(epsg), ignore_axis_order=True)
    assert shapely.equals_exact(table.geometry, data.geometry, 1e-9, normalize=True).all()


def test_codes_keep_their_zeros_and_what_looks_like_a_date_is_text(tmp_path):
    path = geojson(tmp_path / "sites.geojson", feature(POINT, code="01001", ref="2020/01/02"))
    row = open_file(path).data.iloc[0]
    assert (row["code"], row["ref"]) == ("01001", "2020/01/02")


def test_suffixes_are_read_whatever_their_case(tmp_path):
    path = write(frame(), tmp_path / "sites.gpkg")
    assert open_file(path.rename(tmp_path / "SITES.GPKG")).row_count == 3


def test_a_plain_parquet_table_is_placed_by_its_columns(tmp_path):
    path = tmp_path / "sites.parquet"
    pd.DataFrame({"nom": ["a"], "lon": [-1.5], "lat": [47.2]}).to_parquet(path)
    table = open_file(path)
    assert table.crs.to_epsg() == 4326
    assert shapely.get_coordinates(table.geometry).tolist() == [[-1.5, 47.2]]


@pytest.mark.parametrize("folder", ["", "dossier/données/"])
def test_a_zip_may_hold_a_shapefile_with_its_companions(tmp_path, folder):
    path = write(frame(), tmp_path / "SITES.shp")
    members = sorted(tmp_path.glob("SITES.*"))
    archive = zipped(tmp_path / "sites.zip", *members, folder=folder)
    table = open_file(archive)
    assert table.data["nom"].tolist() == ["Été 0", "Été 1", "Été 2"]
    assert table.crs.to_epsg() == 2154
    assert table.name == "sites.zip"
    assert path.exists()


def test_nothing_is_left_of_an_unpacked_archive(tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    open_file(zipped(tmp_path / "a.zip", write(frame(), tmp_path / "sites.gpkg")))
    assert list(scratch.iterdir()) == []


def test_copies_of_mac_systems_in_a_zip_are_not_layers(tmp_path):
    path = write(frame(), tmp_path / "sites.gpkg")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(path, "sites.gpkg")
        archive.writestr("__MACOSX/._sites.gpkg", b"\0")
    assert open_file(tmp_path / "a.zip").row_count == 3


# --- Encodings ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "cpg", "noted"),
    [
        ("UTF-8", "UTF-8", False),
        ("UTF-8", "ISO-8859-1", False),  # lies
        ("UTF-8", None, False),
        ("CP1252", "1252", False),
        ("ISO-8859-1", "UTF-8", True),  # lies
        ("CP1252", None, True),
        ("CP1252", "\0\0", True),
        ("CP1252", "hex", True),  # a codec, but not of text
    ],
)
def test_the_text_of_a_shapefile_is_decoded_by_trial(tmp_path, encoding, cpg, noted):
    names = ["Liberté", "Noël" if encoding == "ISO-8859-1" else "Bœuf", "Ex"]
    path = write(frame(nom=names), tmp_path / "sites.shp", encoding=encoding)
    declared = path.with_suffix(".cpg")
    declared.unlink(missing_ok=True)
    if cpg:
        declared.write_text(cpg)
    table = open_file(path)
    assert table.data["nom"].tolist() == names
    assert ("encoding-guessed" in codes(table.notes)) is noted


def test_a_text_cut_in_the_middle_of_a_character_does_not_hide_utf8(tmp_path):
    path = write(frame(nom=["ab", "Été", "xyzuv"]), tmp_path / "sites.shp")
    table = path.with_suffix(".dbf")
    content = table.read_bytes()
    assert content.count(b"xyzuv") == 1
    table.write_bytes(content.replace(b"xyzuv", "abcdé".encode()[:5]))
    assert open_file(path).data["nom"].tolist() == ["ab", "Été", "abcd"]


def test_a_latin_1_geojson_is_read_and_told(tmp_path):
    path = geojson(tmp_path / "sites.geojson", feature(POINT, nom="Liberté"))
    path.write_bytes(path.read_text(encoding="utf-8").encode("latin-1"))
    table = open_file(path)
    assert table.data["nom"].tolist() == ["Liberté"]
    assert codes(table.notes) == ["encoding-guessed"]


# --- Files that are not what they seem ------------------------------------------------


def test_a_missing_file_and_a_folder_are_told(tmp_path):
    assert codes(refusal(tmp_path / "absent.gpkg")) == ["file-missing"]
    (tmp_path / "folder.gpkg").mkdir()
    assert codes(refusal(tmp_path / "folder.gpkg")) == ["file-folder"]


def test_a_kml_is_a_format_that_is_not_read_and_no_web_page(tmp_path):
    path = tmp_path / "sites.kml"
    path.write_text('<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"/>')
    (found,) = refusal(path)
    assert (found.code, found.found) == ("file-format", ".kml")


@pytest.mark.parametrize("suffix", [s for f in FORMATS for s in f.suffixes])
def test_an_empty_file_is_told(tmp_path, suffix):
    path = tmp_path / f"sites{suffix}"
    path.touch()
    assert codes(refusal(path)) == ["file-empty"]


@pytest.mark.parametrize("suffix", [s for f in FORMATS for s in f.suffixes])
def test_an_image_under_another_name_is_told(tmp_path, suffix):
    path = tmp_path / f"sites{suffix}"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01")
    (found,) = refusal(path)
    assert found.code == ("archive-broken" if suffix == ".zip" else "file-unreadable")
    assert found.found == "a PNG image"


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".fgb", ".shp", ".parquet", ".zip"])
def test_a_text_under_another_name_is_told(tmp_path, suffix):
    path = tmp_path / f"sites{suffix}"
    path.write_text("bonjour")
    (found,) = refusal(path)
    assert found.found == "a text"


def test_an_unknown_suffix_is_told_with_those_that_are_known(tmp_path):
    (tmp_path / "sites.dwg").write_text("x")
    (found,) = refusal(tmp_path / "sites.dwg")
    assert (found.code, found.found) == ("file-format", ".dwg")
    assert ".gpkg" in found.expected
    assert ".csv" in found.expected


@pytest.mark.parametrize("suffix", [".gpkg", ".csv", ".geojson", ".zip"])
@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "file-pointer"),
        (b"/annex/objects/SHA256E-s9--0.gpkg\n", "file-pointer"),
        (b"../.git/annex/objects/xx/yy/SHA256E-s9--0.gpkg\n", "file-pointer"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "file-html"),
        (b"\xef\xbb\xbf  \n<html>", "file-html"),
        (b'<?xml version="1.0"?><ows:ExceptionReport/>', "file-html"),
        (b"<OGRVRTDataSource><OGRVRTLayer/></OGRVRTDataSource>", "file-html"),
    ],
)
def test_a_pointer_or_a_page_saved_as_data_is_told(tmp_path, suffix, content, code):
    path = tmp_path / f"sites{suffix}"
    path.write_bytes(content)
    assert codes(refusal(path)) == [code]


def test_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "sites.csv"
    path.write_text("lon,lat\n" + "1,2\n" * 1000)
    (found,) = refusal(path, limit_bytes=1024)
    assert (found.code, found.found, found.expected) == ("file-too-large", "3.9 KiB", "1.0 KiB")
    assert open_file(path, limit_bytes=10_000).row_count == 1000


def test_a_json_that_is_no_geojson_is_told(tmp_path):
    path = tmp_path / "sites.json"
    path.write_text('{"a": 1}')
    (found,) = refusal(path)
    assert (found.code, found.expected) == ("file-unreadable", "GeoJSON")
    topology = {"type": "Topology", "objects": {"a": {"type": "GeometryCollection",
                "geometries": [{"type": "Point", "coordinates": [1, 2]}]}}, "arcs": []}  # fmt: skip
    path.write_text(json.dumps(topology))
    assert refusal(path)[0].found == "TopoJSON"


def test_an_sqlite_database_that_is_no_geopackage_is_told(tmp_path):
    path = tmp_path / "sites.sqlite"
    pyogrio.write_dataframe(frame(), path, driver="SQLite")
    assert codes(refusal(path.rename(tmp_path / "sites.gpkg"))) == ["file-unreadable"]


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".fgb", ".shp", ".parquet"])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
def test_a_truncated_file_is_told_never_read_in_part(tmp_path, suffix, part):
    many = frame([shapely.box(i, 0, i + 1, 1) for i in range(2000)])
    path = write(many, tmp_path / f"sites{suffix}")
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * part)])
    (found,) = refusal(path)
    assert found.code == "file-unreadable"
    assert "sqlite" not in str(found.found)  # the user wrote no SQL


def test_a_flatgeobuf_cut_in_its_header_is_not_one_without_rows(tmp_path):
    path = write(frame(), tmp_path / "sites.fgb")
    path.write_bytes(path.read_bytes()[:100])
    assert codes(refusal(path)) == ["file-unreadable"]


@pytest.mark.parametrize(("suffix", "code"), [(".shx", "file-missing"), (".prj", "crs-missing")])
def test_a_shapefile_without_a_companion_is_told(tmp_path, suffix, code):
    path = write(frame(), tmp_path / "sites.shp")
    path.with_suffix(suffix).unlink()
    assert codes(refusal(path)) == [code]


def test_a_shapefile_without_attributes_is_read_and_told(tmp_path):
    path = write(frame(), tmp_path / "sites.shp")
    path.with_suffix(".dbf").unlink()
    table = open_file(path)
    assert table.row_count == 3
    assert [(p.code, p.file) for p in table.notes] == [("file-missing", "sites.dbf")]


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".fgb", ".shp", ".parquet"])
def test_a_file_without_rows_is_told(tmp_path, suffix):
    options = {} if suffix == ".parquet" else {"geometry_type": "Polygon"}
    path = write(frame().iloc[:0], tmp_path / f"sites{suffix}", **options)
    assert codes(refusal(path)) == ["no-rows"]


def test_what_may_not_be_opened_is_told(tmp_path, monkeypatch):
    def refuse(*_: object, **__: object) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_file", refuse)
    (found,) = refusal(tmp_path / "sites.gpkg")
    assert (found.code, found.expected) == ("file-unreadable", "GeoPackage")
    assert found.found == "Permission denied"


def test_a_name_that_is_too_long_is_told(tmp_path):
    assert codes(refusal(tmp_path / f"{'x' * 5000}.csv")) == ["file-unreadable"]


def test_lines_may_end_as_on_old_macs(tmp_path):
    path = tmp_path / "sites.csv"
    path.write_bytes(b'nom;lon;lat\r"a";-1.5;47.2\r"b";-1.6;47.3\r')
    table = open_file(path)
    assert table.data["nom"].tolist() == ["a", "b"]
    assert table.rows.tolist() == [1, 2]


def test_a_text_of_one_endless_line_is_told(tmp_path):
    path = tmp_path / "sites.csv"
    path.write_text("x" * 200_000)
    (found,) = refusal(path)
    assert (found.code, found.expected) == ("file-unreadable", "CSV")


def test_one_damaged_geometry_of_a_geoparquet_rejects_its_row_alone(tmp_path):
    path = write(frame(), tmp_path / "sites.parquet")
    table = parquet.read_table(path)
    wkb = table["geometry"].to_pylist()
    wkb[1] = wkb[1][:20]
    parquet.write_table(table.set_column(1, table.schema.field(1), pa.array(wkb)), path)
    read = open_file(path)
    assert read.data["nom"].tolist() == ["Été 0", "Été 1", "Été 2"]
    assert read.crs.to_epsg() == 2154
    assert shapely.is_missing(read.geometry).tolist() == [False, True, False]
    assert [(p.row, p.code) for p in read.rejected] == [(2, "geometry-invalid")]


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("crs", {"foo": 1}, "crs-unknown"),
        ("crs", 7, "crs-unknown"),
        ("encoding", "smoke", "file-unreadable"),
        ("encoding", None, "file-unreadable"),
    ],
)
def test_the_metadata_of_a_geoparquet_may_be_wrong(tmp_path, key, value, code):
    path = write(frame(), tmp_path / "sites.parquet")
    table = parquet.read_table(path)
    described = json.loads(table.schema.metadata[b"geo"])
    described["columns"]["geometry"][key] = value
    metadata = table.schema.metadata | {b"geo": json.dumps(described).encode()}
    parquet.write_table(table.replace_schema_metadata(metadata), path)
    assert codes(refusal(path)) == [code]


@pytest.mark.parametrize("geo", [b"", b"[]", b"{}", b"\xff", b'{"columns": 1}'])
def test_the_metadata_of_a_geoparquet_may_be_no_description(tmp_path, geo):
    path = write(frame(), tmp_path / "sites.parquet")
    table = parquet.read_table(path)
    metadata = table.schema.metadata | {b"geo": geo}
    parquet.write_table(table.replace_schema_metadata(metadata), path)
    assert codes(refusal(path)) == ["file-unreadable"]


def test_a_text_of_a_geoparquet_that_is_not_utf8_is_told(tmp_path):
    path = write(frame(), tmp_path / "sites.parquet")
    table = parquet.read_table(path)
    raw = pa.array([b"\xc9t\xe9"] * 3)
    bad = pa.StringArray.from_buffers(3, *raw.buffers()[1:])
    parquet.write_table(table.set_column(0, pa.field("nom", pa.string()), bad), path)
    assert codes(refusal(path)) == ["file-unreadable"]


# --- Archives -------------------------------------------------------------------------


def test_a_broken_archive_is_told(tmp_path):
    path = zipped(tmp_path / "a.zip", write(frame(), tmp_path / "sites.gpkg"))
    content = path.read_bytes()
    for damaged in (content[: len(content) // 2], content[:60] + b"\0" * 40 + content[100:]):
        path.write_bytes(damaged)
        assert codes(refusal(path)) == ["archive-broken"]


@pytest.mark.parametrize(
    "name",
    ["../sites.gpkg", "/etc/sites.gpkg", "a/../../sites.gpkg", "..\\sites.gpkg", "C:\\s.gpkg"],
)
def test_a_path_that_leaves_the_archive_is_refused_and_nothing_written(tmp_path, name):
    folder = tmp_path / "deep" / "deeper"
    folder.mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.writestr(name, b"SQLite format 3\0")
    (found,) = refusal(folder / "a.zip")
    assert found.code == "archive-unsafe"
    assert sorted(tmp_path.rglob("*")) == sorted([*before, folder / "a.zip"])


def test_a_symbolic_link_in_an_archive_is_refused(tmp_path):
    link = zipfile.ZipInfo("sites.gpkg")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    assert codes(refusal(tmp_path / "a.zip")) == ["archive-unsafe"]


def test_an_archive_that_unfolds_beyond_measure_is_refused_without_unfolding(tmp_path):
    path = tmp_path / "a.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open("sites.csv", "w") as member,
    ):
        for _ in range(80):
            member.write(bytes(1 << 20))
    assert path.stat().st_size < 1 << 20
    assert codes(refusal(path)) == ["archive-unsafe"]


def test_an_archive_may_not_unfold_beyond_the_limit(tmp_path):
    path = tmp_path / "sites.csv"
    path.write_text("lon,lat\n" + "1,2\n" * 1000)
    archive = zipped(tmp_path / "a.zip", path)
    assert codes(refusal(archive, limit_bytes=2000)) == ["archive-unsafe"]
    assert open_file(archive).row_count == 1000


def test_an_archive_with_a_password_is_told(tmp_path):
    path = zipped(tmp_path / "a.zip", write(frame(), tmp_path / "sites.gpkg"))
    content = bytearray(path.read_bytes())
    content[6] |= 1
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    (found,) = refusal(path)
    assert (found.code, found.found) == ("archive-broken", "it is protected by a password")


def test_an_archive_must_hold_one_layer(tmp_path):
    note = tmp_path / "lisez-moi.md"
    note.write_text("rien")
    (found,) = refusal(zipped(tmp_path / "a.zip", note))
    assert (found.code, found.found) == ("archive-content", "lisez-moi.md")
    one, two = (write(frame(), tmp_path / f"{n}.gpkg") for n in "ab")
    assert codes(refusal(zipped(tmp_path / "b.zip", one, two))) == ["layer-choice"]
    inner = zipped(tmp_path / "c.zip", one)
    assert codes(refusal(zipped(tmp_path / "d.zip", inner))) == ["archive-content"]


@pytest.mark.parametrize("suffix", [".shp", ".geojson", ".csv", ".parquet"])
def test_of_several_files_of_an_archive_the_layer_tells_which(tmp_path, suffix):
    write(frame(), tmp_path / f"a{suffix}")
    write(frame(BOXES[:1]), tmp_path / f"b{suffix}")
    archive = zipped(tmp_path / "sites.zip", *sorted(tmp_path.iterdir()), folder="données/")
    (found,) = refusal(archive)
    held = f"données/a{suffix}, données/b{suffix}"
    assert (found.code, found.found) == ("layer-choice", held)
    for layer in ("b", f"b{suffix}", f"données/b{suffix}"):
        assert open_file(archive, layer=layer).row_count == 1
    (found,) = refusal(archive, layer="c")
    assert (found.code, found.found, found.expected) == ("layer-missing", "c", held)


@pytest.mark.parametrize("suffix", [".shp", ".csv", ".parquet"])
def test_a_table_is_one_layer_of_its_own_name(tmp_path, suffix):
    path = write(frame(), tmp_path / f"sites{suffix}")
    archive = zipped(tmp_path / "a.zip", *sorted(tmp_path.iterdir()))
    for given in (path, archive):
        assert open_file(given, layer="sites").row_count == 3
        (found,) = refusal(given, layer="data")
        assert (found.code, found.file, found.found) == ("layer-missing", given.name, "data")
        assert found.expected.removesuffix(suffix) == "sites"


def test_a_layer_of_a_file_of_an_archive_may_be_named(tmp_path):
    path = layers(tmp_path / "a.gpkg", a=BOXES, b=BOXES[:1])
    archive = zipped(tmp_path / "a.zip", path)
    assert codes(refusal(archive)) == ["layer-choice"]
    assert open_file(archive, layer="a").row_count == 3
    assert open_file(archive, layer="b").row_count == 1
    assert codes(refusal(archive, layer="c")) == ["layer-missing"]


def test_the_size_of_a_shapefile_is_that_of_all_its_files(tmp_path):
    path = write(frame(texte=["x" * 200] * 3), tmp_path / "sites.shp")
    sizes = {p.suffix: p.stat().st_size for p in tmp_path.iterdir()}
    read = sum(sizes[s] for s in (".shp", ".shx", ".dbf", ".prj", ".cpg"))
    assert sizes[".shp"] < sizes[".dbf"]
    assert codes(refusal(path, limit_bytes=read - 1)) == ["file-too-large"]
    assert open_file(path, limit_bytes=read).row_count == 3


def test_a_file_of_an_archive_and_its_layer_may_both_be_named(tmp_path):
    one = layers(tmp_path / "a.gpkg", nord=BOXES, sud=BOXES[:1])
    two = layers(tmp_path / "b.gpkg", nord=BOXES[:2], sud=BOXES[:1])
    archive = zipped(tmp_path / "z.zip", one, two, folder="données/")
    (found,) = refusal(archive, layer="b.gpkg")
    assert (found.code, found.found) == ("layer-choice", "b.gpkg:nord, b.gpkg:sud")
    for layer in (*found.found.split(", ")[:1], "b:nord", "données/b.gpkg:nord"):
        assert open_file(archive, layer=layer).row_count == 2
    assert open_file(archive, layer="a.gpkg:nord").row_count == 3
    (found,) = refusal(archive, layer="b.gpkg:est")
    assert (found.code, found.found) == ("layer-missing", "b.gpkg:est")
    assert found.expected == "b.gpkg:nord, b.gpkg:sud"
    (found,) = refusal(archive, layer="c.gpkg:nord")
    assert (found.code, found.expected) == ("layer-missing", "données/a.gpkg, données/b.gpkg")
    # An archive of one file may be asked in the same words.
    assert open_file(zipped(tmp_path / "y.zip", one), layer="a.gpkg:sud").row_count == 1


def test_files_of_an_archive_of_one_name_are_told_by_their_folder(tmp_path):
    path = layers(tmp_path / "a.gpkg", nord=BOXES, sud=BOXES[:1])
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        for folder in "xy":
            archive.write(path, f"{folder}/a.gpkg")
    assert codes(refusal(tmp_path / "z.zip", layer="a.gpkg:nord")) == ["layer-choice"]
    (found,) = refusal(tmp_path / "z.zip", layer="y/a.gpkg")
    assert found.found == "y/a.gpkg:nord, y/a.gpkg:sud"
    assert open_file(tmp_path / "z.zip", layer="y/a.gpkg:sud").row_count == 1


def test_a_companion_missing_in_an_archive_is_told_with_the_archive(tmp_path):
    write(frame(), tmp_path / "sites.shp")
    members = [p for p in sorted(tmp_path.iterdir()) if p.suffix != ".shx"]
    (found,) = refusal(zipped(tmp_path / "a.zip", *members))
    assert (found.code, found.file) == ("file-missing", "a.zip/sites.shx")


def test_what_an_archive_holds_is_checked_like_any_file(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("sites.gpkg", b"\x89PNG\r\n\x1a\n")
    (found,) = refusal(tmp_path / "a.zip")
    assert (found.code, found.file, found.found) == ("file-unreadable", "a.zip", "a PNG image")


# --- Layers ---------------------------------------------------------------------------


def layers(path: Path, **geometry) -> Path:
    for name, shapes in geometry.items():
        pyogrio.write_dataframe(frame(shapes), path, layer=name, driver="GPKG")
    return path


def test_of_several_layers_the_only_one_of_polygons_is_read(tmp_path):
    points = [b.centroid for b in BOXES]
    path = layers(tmp_path / "sites.gpkg", lieux=points, sites=BOXES)
    assert shapely.get_type_id(open_file(path).geometry).tolist() == [3, 3, 3]
    assert shapely.get_type_id(open_file(path, layer="lieux").geometry).tolist() == [0, 0, 0]


def test_several_layers_of_polygons_must_be_told_apart(tmp_path):
    path = layers(tmp_path / "sites.gpkg", a=BOXES, b=BOXES[:1])
    (found,) = refusal(path)
    assert (found.code, found.found) == ("layer-choice", "a, b")
    assert open_file(path, layer="b").row_count == 1
    (found,) = refusal(path, layer="c")
    assert (found.code, found.found, found.expected) == ("layer-missing", "c", "a, b")


def test_the_template_of_the_cnig_is_refused_for_what_it_is(open_data):
    path = open_data / "cnig_sites_economiques_gabarit.gpkg"
    (found,) = refusal(path)
    assert found.code == "layer-choice"
    assert found.found == "etablissement, pole_eco, site_eco, terrain_eco"
    assert codes(refusal(path, layer="site_eco")) == ["no-rows"]


# --- CRS ------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".gpkg", ".fgb", ".shp"])
@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_a_file_without_crs_is_refused(tmp_path, suffix):
    path = write(frame(crs=None), tmp_path / f"sites{suffix}")
    (found,) = refusal(path)
    assert (found.code, found.expected) == ("crs-missing", "EPSG:2154")


def test_a_geoparquet_whose_crs_is_null_declares_none(tmp_path):
    path = write(frame(crs=None), tmp_path / "sites.parquet")
    assert codes(refusal(path)) == ["crs-missing"]


@pytest.mark.parametrize("prj", ['PROJCS["junk",nonsense', "Lambert quelque chose"])
def test_a_projection_that_is_not_understood_is_told(tmp_path, prj):
    path = write(frame(), tmp_path / "sites.shp")
    path.with_suffix(".prj").write_text(prj)
    (found,) = refusal(path)
    assert (found.code, found.found) == ("crs-unknown", prj)


def test_an_esri_projection_is_understood(tmp_path):
    path = write(frame(), tmp_path / "sites.shp")
    path.with_suffix(".prj").write_text(pyproj.CRS(2154).to_wkt("WKT1_ESRI"))
    crs = open_file(path).crs
    assert crs.to_epsg(min_confidence=20) == 2154


@pytest.mark.parametrize(
    ("member", "expected"),
    [
        ({}, 4326),
        ({"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2154"}}}, 2154),
        ({"crs": {"type": "name", "properties": {"name": "EPSG:3857"}}}, 3857),
        ({"crs": {"type": "EPSG", "properties": {"code": 2154}}}, 2154),
        ({"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::999999"}}},
         "crs-unknown"),
        ({"crs": {"type": "link", "properties": {"href": "https://example.org/crs"}}},
         "crs-unknown"),
        ({"crs": {"properties": "EPSG:2154"}}, "crs-unknown"),
        ({"crs": None}, "crs-missing"),
        ({"crs": {"type": "name", "properties": {"name": "RGF93 v1 / Lambert-93"}}}, 2154),
        ({"crs": {"type": "name", "properties": {"name": "n'importe quoi"}}}, "crs-unknown"),
        ({"crs": {"type": "name", "properties": {}}}, "crs-unknown"),
        ({"crs": "n'importe quoi"}, "crs-unknown"),
        ({"crs": ["EPSG:2154"]}, "crs-unknown"),
        ({"crs": 12.5}, "crs-unknown"),
        ({"crs": "+proj=lcc +lat_0=46.5 +lon_0=3 +units=m"}, "crs-unnamed"),
        ({"crs": {"type": "name", "properties": {"name": "+init=epsg:2154"}}}, "crs-unnamed"),
        ({"crs": {"type": "proj4", "properties": {"name": "proj=utm zone=30"}}}, "crs-unnamed"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("last", [False, True])
def test_a_geojson_is_in_degrees_unless_its_old_member_says_else(tmp_path, member, expected, last):
    rows = [feature(POINT, nom="a")]
    document = {"type": "FeatureCollection"} | ({} if last else member) | {"features": rows}
    document |= member
    path = tmp_path / "sites.geojson"
    path.write_text(json.dumps(document))
    if isinstance(expected, str):
        assert codes(refusal(path)) == [expected]
    else:
        assert open_file(path).crs.to_epsg() == expected


def test_a_proj_string_is_told_with_what_is_expected(tmp_path):
    member = {"type": "name", "properties": {"name": "+proj=longlat +datum=WGS84 +no_defs"}}
    (found,) = refusal(geojson(tmp_path / "sites.geojson", feature(POINT, nom="a"), crs=member))
    assert (found.code, found.found) == ("crs-unnamed", "+proj=longlat +datum=WGS84 +no_defs")
    assert found.expected == "EPSG:2154"


def test_a_property_named_crs_is_not_the_crs_of_the_file(tmp_path):
    for crs in ({"type": "x"}, ["EPSG:2154"], "EPSG:2154"):
        path = geojson(tmp_path / "sites.geojson", feature(POINT, crs=crs, nom="a"))
        assert open_file(path).crs.to_epsg() == 4326


def test_all_that_is_wrong_with_a_file_is_told_at_once(tmp_path):
    path = tmp_path / "sites.csv"
    path.write_text("nom;wkt\n")
    assert codes(refusal(path)) == ["no-rows", "crs-missing"]
    path.write_text("nom;surface\n")
    assert codes(refusal(path)) == ["no-rows", "geometry-column"]


# --- Geometry -------------------------------------------------------------------------


def curve_polygon(x: float, y: float, radius: float) -> bytes:
    """Return the ISO WKB of a disc bounded by a circular string."""
    points = [(x - radius, y), (x, y + radius), (x + radius, y), (x, y - radius), (x - radius, y)]
    ring = struct.pack("<BII", 1, 8, 5) + b"".join(struct.pack("<dd", *p) for p in points)
    return struct.pack("<BII", 1, 10, 1) + ring


@pytest.mark.parametrize("suffix", [".gpkg", ".fgb"])
def test_curves_become_segments_and_are_told_by_row(tmp_path, suffix):
    path = tmp_path / f"sites{suffix}"
    wkb = [shapely.to_wkb(BOXES[0]), curve_polygon(350_000, 6_700_000, 100)]
    pyogrio.raw.write(
        path, geometry=np.array(wkb, dtype=object), field_data=[np.array([1, 2])], fields=["a"],
        geometry_type="Unknown", driver=DRIVERS[suffix], crs="EPSG:2154",
        **({"SPATIAL_INDEX": "NO"} if suffix == ".fgb" else {}),
    )  # fmt: skip
    table = open_file(path)
    assert table.data["a"].tolist() == [1, 2]
    assert table.curved.tolist() == [False, True]
    assert shapely.area(table.geometry[1]) == pytest.approx(np.pi * 100**2, rel=1e-4)


def test_reading_leaves_the_options_of_gdal_as_they_were(tmp_path):
    before = pyogrio.get_gdal_config_option("OGR_ARC_STEPSIZE")
    open_file(write(frame(), tmp_path / "sites.gpkg"))
    assert pyogrio.get_gdal_config_option("OGR_ARC_STEPSIZE") == before


def test_a_null_geometry_keeps_its_row(tmp_path):
    path = geojson(tmp_path / "sites.geojson", feature(None, nom="a"), feature(POINT, nom="b"))
    table = open_file(path)
    assert table.data["nom"].tolist() == ["a", "b"]
    assert shapely.is_missing(table.geometry).tolist() == [True, False]


@pytest.mark.parametrize(
    ("element", "code", "found"),
    [
        (feature(POINT, nom="x") | {"type": "feature"}, "value-choice", "feature"),
        ({"properties": {"nom": "x"}, "geometry": POINT}, "value-missing", ""),
        (None, "value-missing", ""),
        (POINT, "value-choice", "Point"),
        ({"type": "FeatureCollection", "features": [feature(POINT)]}, "value-choice",
         "FeatureCollection"),
        ("Feature", "value-choice", "'Feature'"),
    ],
)  # fmt: skip
def test_what_is_no_feature_is_rejected_and_the_others_keep_their_position(
    tmp_path, element, code, found
):
    rows = [feature(POINT, nom="a"), element, feature(None, nom="c")]
    table = open_file(geojson(tmp_path / "sites.geojson", *rows))
    assert table.data["nom"].tolist() == ["a", "c"]
    assert (table.rows.tolist(), table.row_count) == ([1, 3], 3)
    assert [(p.row, p.field, p.code, p.found) for p in table.rejected] == [(2, "type", code, found)]


def test_a_geojson_without_any_feature_is_refused(tmp_path):
    rows = [feature(POINT, nom="a") | {"type": "feature"}] * 2
    (found,) = refusal(geojson(tmp_path / "sites.geojson", *rows))
    assert (found.code, found.found) == ("file-unreadable", "Feature: 0 / 2")


def test_a_single_feature_is_a_row(tmp_path):
    path = tmp_path / "sites.geojson"
    path.write_text(json.dumps(feature(POINT, nom="a")))
    assert open_file(path).rows.tolist() == [1]


def test_a_table_of_a_geopackage_without_geometry_is_placed_by_its_columns(tmp_path):
    path = tmp_path / "sites.gpkg"
    table = pd.DataFrame({"nom": ["a"], "lon": [-1.5], "lat": [47.2]})
    pyogrio.write_dataframe(table, path, driver="GPKG", layer="sites")
    assert open_file(path).crs.to_epsg() == 4326
    pyogrio.write_dataframe(table[["nom"]], path, driver="GPKG", layer="sites")
    (found,) = refusal(path)
    assert (found.code, found.found) == ("geometry-column", "nom")


def test_what_gdal_warns_of_is_told_without_the_folder(tmp_path):
    row = feature(POINT, nom="a") | {"id": 1}
    table = open_file(geojson(tmp_path / "sites.geojson", row, row))
    assert codes(table.notes) == ["file-warning"]
    assert "id = 1" in table.notes[0].found
    assert str(tmp_path) not in table.notes[0].found


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([12, 7], ["12", "7"]),
        ([0, 1], ["0", "1"]),
        ([12, None], ["12", None]),
        ([12, "b"], ["12", "b"]),
        (["a", "b"], ["a", "b"]),
        ([None, None], None),
    ],
)
def test_the_id_of_a_feature_is_a_column_whatever_its_kind(tmp_path, given, expected):
    rows = [feature(POINT, nom="x") | ({} if i is None else {"id": i}) for i in given]
    data = open_file(geojson(tmp_path / "sites.geojson", *rows)).data
    if expected is None:
        assert "id" not in data
    else:
        assert data["id"].tolist() == expected


def test_the_id_of_a_feature_stays_with_its_row_and_never_hides_a_property(tmp_path):
    rows = [feature(POINT, nom="a") | {"id": 5}, None, feature(POINT, nom="b") | {"id": 3}]
    data = open_file(geojson(tmp_path / "sites.geojson", *rows)).data
    assert data[["nom", "id"]].to_numpy().tolist() == [["a", "5"], ["b", "3"]]
    row = feature(POINT, ID="S1") | {"id": 5}
    assert open_file(geojson(tmp_path / "own.geojson", row)).data.to_dict("list") == {"ID": ["S1"]}
    (tmp_path / "one.geojson").write_text(json.dumps(feature(POINT, nom="a") | {"id": 5}))
    assert open_file(tmp_path / "one.geojson").data["id"].tolist() == ["5"]


def test_identify_names_the_format(tmp_path):
    path = write(frame(), tmp_path / "sites.gpkg")
    assert identify(path).title == "GeoPackage"


def test_a_list_of_a_geojson_is_a_text_with_bars(tmp_path):
    shape = '"geometry": {"type": "Point", "coordinates": [-1.5, 47.2]}'
    features = ", ".join(
        f'{{"type": "Feature", "properties": {{"tags": {tags}}}, {shape}}}'
        for tags in ('["gaz", "fibre"]', "[]", "null")
    )
    path = tmp_path / "lists.geojson"
    path.write_text(f'{{"type": "FeatureCollection", "features": [{features}]}}', encoding="utf-8")
    cells = open_file(path).data["tags"]
    assert cells[:2].tolist() == ["gaz|fibre", ""]
    assert cells.isna().tolist() == [False, False, True]
