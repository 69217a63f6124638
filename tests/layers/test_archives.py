"""7z archives as IGN lays them out: unpacked once, safely, or refused with one reason."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import py7zr
import pyogrio
import pytest
import shapely

from layers import archives
from layers.acquisition import import_file, is_readable, pull
from layers.archives import unpack, unpack_all
from layers.download import digest
from layers.errors import LayerError
from layers.registry import READERS
from layers.sources import DataSource, Sources, load_sources
from layers.store import Store

X, Y = 1_000_000, 6_800_000
EDITION = "ADMIN-EXPRESS-COG-CARTO_4-0__GPKG_LAMB93_FXX_2026-01-01"
OCS = "OCS-GE_2-0__{form}_LAMB93_D0{code}_2022-01-01"


def packed(path, members):
    """An archive of these members: text, bytes, or a file."""
    with py7zr.SevenZipFile(path, "w") as archive:
        for name, content in members.items():
            data = content.read_bytes() if isinstance(content, Path) else content
            archive.writestr(data, name)
    return path


def squares(count):
    return [shapely.MultiPolygon([shapely.box(X + 100 * i, Y, X + 100 * (i + 1), Y + 100)])
            for i in range(count)]  # fmt: skip


def admin_express(folder, driver="GPKG"):
    """Two made-up communes; a GeoPackage, or the folder of its Shapefiles."""
    tables = {
        "COMMUNE": {"INSEE_COM": ["99001", "99002"], "NOM": ["A", "B"], "INSEE_DEP": "99",
                    "INSEE_REG": "44", "SIREN_EPCI": "249900001"},
        "EPCI": {"CODE_SIREN": ["249900001"], "NOM": ["CC"]},
        "DEPARTEMENT": {"INSEE_DEP": ["99"], "NOM": ["D"]},
        "REGION": {"INSEE_REG": ["44"], "NOM": ["R"]},
    }  # fmt: skip
    made = []
    for name, columns in tables.items():
        rows = len(next(iter(columns.values())))
        table = gpd.GeoDataFrame(columns, geometry=squares(rows), crs=2154)
        if driver == "GPKG":
            made = [folder / "ADE.gpkg"]
            pyogrio.write_dataframe(table, made[0], layer=name.lower(), append=made[0].exists())
        else:
            pyogrio.write_dataframe(table, folder / f"{name}.shp", driver=driver)
            made += sorted(folder.glob(f"{name}.*"))
    return made


def cover(path, **columns):
    told = columns or {"CODE_CS": ["CS1.1.1.1", "CS2.2.1"], "CODE_US": ["US5", "US1.1"]}
    pyogrio.write_dataframe(gpd.GeoDataFrame(told, geometry=squares(2), crs=2154), path)
    return path


@pytest.fixture
def made(tmp_path):
    folder = tmp_path / "made"
    folder.mkdir()
    return folder


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "data")


def refused(path, into, **options):
    with pytest.raises(LayerError) as error:
        unpack(path, into, **options)
    (found,) = error.value.problems
    assert not [one for one in into.rglob("*") if one.is_file() and one.stat().st_size > 1 << 20]
    return found


# --- What is kept ------------------------------------------------------------------------------


def test_the_one_file_of_an_archive_takes_its_name_and_documents_are_left(tmp_path, made):
    (path,) = admin_express(made)
    archive = packed(tmp_path / f"{EDITION}.7z", {
        f"{EDITION}/LISEZ-MOI.pdf": b"%PDF", f"{EDITION}/1_DONNEES/ADE.gpkg": path,
        f"{EDITION}/1_DONNEES/ADE.gpkg.md5": b"0", f"{EDITION}/table.csv": b"a;b\n",
    })  # fmt: skip
    into = tmp_path / "into"
    into.mkdir()
    got = unpack(archive, into)
    assert got == into / f"{EDITION}.gpkg"
    assert got.read_bytes() == path.read_bytes()
    assert [one.name for one in into.iterdir()] == [got.name]


def test_shapefiles_come_with_their_companions_in_one_folder(tmp_path, made):
    files = admin_express(made, "ESRI Shapefile")
    archive = packed(tmp_path / "ADE_SHP.7z", {f"d/{one.name}": one for one in files})
    got = unpack(archive, tmp_path)
    assert got == tmp_path / "ADE_SHP"
    assert sorted(one.name for one in got.iterdir()) == sorted(one.name for one in files)


def test_an_empty_member_is_an_empty_file(tmp_path):
    got = unpack(packed(tmp_path / "a.7z", {"a.csv": b"", "b.csv": b"x\n"}), tmp_path)
    assert (got / "a.csv").read_bytes() == b""
    assert (got / "b.csv").read_bytes() == b"x\n"


# --- What it is then ---------------------------------------------------------------------------


def test_the_archive_and_what_it_holds_are_the_same_layer(tmp_path, made, store):
    sources = load_sources()
    (path,) = admin_express(made)
    archive = packed(tmp_path / f"{EDITION}.7z", {f"{EDITION}/1/ADE.gpkg": path})
    done = import_file(archive, store, READERS, sources)
    assert (done.entry.layer, done.used) == ("communes", True)
    assert done.entry.files[0].name == f"{EDITION}.gpkg"
    assert done.entry.told.vintage == "2026"
    layer = READERS["communes"].load(store.path(done.entry))
    plain = READERS["communes"].load(path)
    pd.testing.assert_frame_equal(layer.data, plain.data)
    assert not list((store.folder / "incoming").iterdir())

    files = admin_express(made, "ESRI Shapefile")
    shapes = packed(tmp_path / "ADE_SHP_2026-01-01.7z", {f"d/{one.name}": one for one in files})
    done = import_file(shapes, store, READERS, sources)
    assert (done.entry.layer, done.entry.is_folder) == ("communes", True)
    layer = READERS["communes"].load(store.path(done.entry))
    told = [name for name in plain.data.columns if name != "geometry"]
    pd.testing.assert_frame_equal(pd.DataFrame(layer.data[told]), pd.DataFrame(plain.data[told]))
    assert layer.geo.geometry.geom_equals(plain.geo.geometry).all()


def test_a_folder_of_archives_makes_one_land_cover(tmp_path, made, store):
    """Shapefiles of OCS GE have the same name in every département: the archive tells."""
    folder = tmp_path / "ocsge"
    folder.mkdir()
    cover(made / "OCCUPATION_SOL.shp")
    cover(made / "ZONE_CONSTRUITE.shp", ID=["1", "2"], MILLESIME=["2022", "2022"])
    members = {f"d/{one.name}": one for one in made.iterdir()}
    packed(folder / f"{OCS.format(form='SHP', code=98)}.7z", members)
    path = cover(tmp_path / "artif.gpkg")
    packed(folder / f"{OCS.format(form='GPKG', code=99)}.7z", {"d/artif.gpkg": path})
    done = import_file(folder, store, READERS, load_sources())
    assert (done.entry.layer, done.entry.is_folder) == ("land_cover", True)
    loaded = READERS["land_cover"].load(store.path(done.entry))
    assert sorted(one.departement for one in loaded.files) == ["98", "99"]


def test_the_layer_that_is_told_is_found_among_the_tables_of_an_archive(tmp_path, made, store):
    ports = {"cleabs": ["A1", "A2"], "nature": ["Port", "Parc"], "toponyme": ["Port inventé", ""]}
    cover(made / "ZONE_D_ACTIVITE_OU_D_INTERET.shp", **ports)
    cover(made / "HAIE.shp", ID=["1", "2"])
    archive = packed(tmp_path / "BDT_2026-03-15.7z",
                     {f"d/{one.name}": one for one in made.iterdir()})  # fmt: skip
    done = import_file(archive, store, READERS, load_sources(), layer="ports")
    assert done.entry.label == "ZONE_D_ACTIVITE_OU_D_INTERET.shp"
    assert READERS["ports"].load(store.path(done.entry)).data["name"].tolist() == ["Port inventé"]


# --- What is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["../a.csv", "d/../../a.csv", "/a.csv", "C:/a.csv", "..\\a.csv"])
def test_a_member_that_would_be_written_elsewhere_is_refused(tmp_path, monkeypatch, name):
    path = packed(tmp_path / "a.7z", {"d/aaaaaa.csv": b"a\n"})
    listed = py7zr.SevenZipFile.list

    def lying(self):
        return [type("M", (), {**vars(one), "filename": name})() for one in listed(self)]

    monkeypatch.setattr(py7zr.SevenZipFile, "list", lying)
    assert refused(path, tmp_path).code == "archive-unsafe"


def test_a_link_is_refused(tmp_path):
    (tmp_path / "link.csv").symlink_to("/etc/hostname")
    path = tmp_path / "a.7z"
    with py7zr.SevenZipFile(path, "w") as archive:
        archive.write(tmp_path / "link.csv", "link.csv")
    into = tmp_path / "into"
    into.mkdir()
    assert refused(path, into).code == "archive-unsafe"


def test_an_archive_beyond_measure_is_refused_before_a_byte_is_written(tmp_path):
    bomb = packed(tmp_path / "a.7z", {"a.csv": bytes(80 << 20)})
    assert bomb.stat().st_size < 100_000
    found = refused(bomb, tmp_path)
    assert (found.code, found.found) == ("archive-unsafe", "1 → 80.0 MiB")
    small = packed(tmp_path / "b.7z", {"a.csv": bytes(5000)})
    assert refused(small, tmp_path, limit_bytes=4999).code == "archive-unsafe"
    assert unpack(small, tmp_path, limit_bytes=5000).stat().st_size == 5000


def test_what_cannot_be_read_is_told(tmp_path, monkeypatch):
    pdf = packed(tmp_path / "a.7z", {"d/LISEZ-MOI.pdf": b"%PDF", "d/a.md5": b"0"})
    assert (found := refused(pdf, tmp_path)).code == "archive-content"
    assert found.found == "d/LISEZ-MOI.pdf, d/a.md5"
    twice = packed(tmp_path / "b.7z", {"FXX/COMMUNE.gpkg": b"1", "GLP/COMMUNE.gpkg": b"2"})
    assert refused(twice, tmp_path).code == "layer-choice"
    locked = tmp_path / "c.7z"
    with py7zr.SevenZipFile(locked, "w", password="secret") as archive:  # noqa: S106 - a test
        archive.writestr(b"x", "a.csv")
    assert refused(locked, tmp_path).code == "archive-broken"
    whole = packed(tmp_path / "d.7z", {"a.csv": np.random.default_rng(1).bytes(5000)})
    used = type("Usage", (), {"free": 4000})
    monkeypatch.setattr(archives.shutil, "disk_usage", lambda _: used)
    assert refused(whole, tmp_path).code == "download-space"


def test_damaged_archives_are_refused_never_half_unpacked(tmp_path):
    content = np.random.default_rng(2).bytes(3000)
    whole = packed(tmp_path / "a.7z", {"a.csv": content, "b.csv": b"x" * 300}).read_bytes()
    chance = np.random.default_rng(3)
    into = tmp_path / "into"
    refusals = 0
    for nth in range(200):
        damaged = bytearray(whole)
        if nth % 4:
            for at in chance.integers(len(damaged), size=chance.integers(1, 5)):
                damaged[at] = chance.integers(256)
        else:
            damaged = damaged[: chance.integers(len(damaged))]
        path = tmp_path / "damaged.7z"
        path.write_bytes(damaged)
        into.mkdir()
        try:
            got = unpack(path, into)
        except LayerError:  # nothing else, whatever the damage
            refusals += 1
        else:  # flipped where nothing counts: names, dates
            kept = sorted(one.read_bytes() for one in ([got] if got.is_file() else got.iterdir()))
            assert set(kept) <= {content, b"x" * 300}
        for one in sorted(into.rglob("*"), reverse=True):
            one.unlink() if one.is_file() else one.rmdir()
        into.rmdir()
    assert refusals > 170


# --- Without the library -----------------------------------------------------------------------


def test_without_the_library_the_way_out_is_told_and_a_download_kept(
    tmp_path, store, server, client, monkeypatch, made
):
    (path,) = admin_express(made)
    archive = packed(tmp_path / f"{EDITION}.7z", {"d/ADE.gpkg": path})
    feed = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>{}</title><link href="{}" '
        'type="{}"/></entry></feed>'
    )
    server.serve(f"/{EDITION}.7z", archive.read_bytes())
    told = feed.format(EDITION, f"{server.url}/{EDITION}", "application/atom+xml")
    server.serve("/resource", told.encode())
    link = feed.format(EDITION, f"{server.url}/{EDITION}.7z", "application/x-7z-compressed")
    sum_ = feed.format("", f"{server.url}/{EDITION}.7z.md5", "text/plain")
    both = link.replace("</feed>", "") + sum_.partition(">")[2]
    server.serve(f"/{EDITION}", both.encode())
    server.serve(f"/{EDITION}.7z.md5", digest(archive, "md5").encode())
    source = DataSource(
        layer="communes", publisher="IGN", title="ADMIN", licence="L", kind="atom", format="7z",
        url=f"{server.url}/resource", edition=r"ADMIN.*_(?P<order>\d{4}-\d{2}-\d{2})",
        evidence="verified",
    )  # fmt: skip
    sources = Sources(sources={"admin": source})

    monkeypatch.setattr(archives, "find_spec", lambda _: None)
    assert not is_readable(source, READERS)
    with pytest.raises(LayerError) as error:
        import_file(archive, store, READERS, sources)
    assert [one.code for one in error.value.problems] == ["archive-library"]
    done = pull("admin", store, READERS, sources, client=client)
    assert (done.used, [one.code for one in done.notes]) == (False, ["archive-library"])
    assert done.entry.label == f"{EDITION}.7z"

    monkeypatch.undo()
    again = pull("admin", store, READERS, sources, client=client)
    assert (again.used, again.entry.files[0].name) == (True, f"{EDITION}.gpkg")
    assert len(READERS["communes"].load(store.path(again.entry)).data) == 2
    asked = server.counts[f"/{EDITION}.7z"]
    assert pull("admin", store, READERS, sources, client=client).unchanged
    assert server.counts[f"/{EDITION}.7z"] == asked == 1  # the published checksum is enough
    assert not [one for one in (store.folder / "incoming").rglob("*") if one.is_file()]


def test_several_archives_are_unpacked_side_by_side(tmp_path):
    one = packed(tmp_path / "A.7z", {"x.csv": b"1\n", "y.csv": b"2\n"})
    two = packed(tmp_path / "B.7z", {"x.csv": b"3\n"})
    into = tmp_path / "into"
    into.mkdir()
    unpack_all([one, two], into)
    assert {p.name: p.read_bytes() for p in into.iterdir()} == {
        "A_x.csv": b"1\n", "A_y.csv": b"2\n", "B.csv": b"3\n",
    }  # fmt: skip
