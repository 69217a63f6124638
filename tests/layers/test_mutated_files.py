"""Damaged files: a clear error or a valid layer, never another exception, never a hang.

``SITING_MUTATIONS`` sets the number of files (300 by default, 5000 for a long run) and
``SITING_MUTATIONS_SEED`` the first seed; a failure names the seed that makes it again.
"""

import importlib.util
import os
import random
import shutil
import signal
import sqlite3
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import ModuleType

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio
import shapely
from affine import Affine

from layers.artificialised_land import load_land_cover
from layers.cog import load_passage
from layers.cog_tables import load_cog_communes
from layers.commune_figures import WORKPLACE_JOBS, load_commune_figures
from layers.environment import load_protected_areas
from layers.errors import LayerError
from layers.ocs_ge import load_ocs_ge
from layers.ocs_ge_diff import load_ocsge_diff
from layers.pene import load_pene
from layers.recognition import file_columns
from layers.scot import load_scots, read_scot_perimeters
from layers.sites import read_sites
from layers.spec import Layer, make_layer
from layers.territory import load_communes
from layers.transport import load_interchanges
from layers.zoning import load_zoning


def beside(name: str) -> ModuleType:
    """Return another module of tests of this folder: it writes the official layouts."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


(
    of_admin_express, of_bdtopo, of_cnig, of_flores, of_ocs_ge, of_risk_plans, of_scot,
    of_spreadsheet, of_workbook, of_zoning,
) = map(
    beside,
    ("test_admin_express", "test_bdtopo", "test_cnig", "test_flores", "test_ocs_ge",
     "test_risk_plans", "test_scot", "test_spreadsheet", "test_workbook", "test_zoning"),
)  # fmt: skip
COUNT = int(os.environ.get("SITING_MUTATIONS", "300"))
SEED = int(os.environ.get("SITING_MUTATIONS_SEED", "0"))
BATCH = 25
LIMIT_S = 10
X, Y = 350_000, 6_700_000
COMMUNES = gpd.GeoDataFrame(
    {"code": ["44001"], "departement": ["44"]}, geometry=[shapely.box(X, Y, X + 900, Y + 100)],
    crs=2154,
)  # fmt: skip


@contextmanager
def limited(seconds: int) -> Iterator[None]:
    """Stop what takes too long."""

    def late(number, frame):
        raise TimeoutError(f"more than {seconds} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


# --- Files in the official layouts, and what reads them -----------------------------------


def check_sites(path: Path) -> None:
    found = read_sites(path)
    make_layer(found.layer.spec, found.layer.data, found.layer.provenance)
    kept = found.layer.data["row"].tolist()
    rejected = {p.row for p in found.rejected}
    assert sorted({*kept, *rejected, *found.left_out}) == list(range(1, found.row_count + 1))


def check(load: Callable[[Path], Layer]) -> Callable[[Path], None]:
    def read(path: Path) -> None:
        layer = load(path)
        make_layer(layer.spec, layer.data, layer.provenance)

    return read


def check_cover(path: Path) -> None:
    for file in load_ocs_ge(path).files:
        shapes, groups = file.read((X - 1e5, Y - 1e5, X + 1e5, Y + 1e5))
        assert len(shapes) == len(groups)


def check_scot(path: Path) -> None:
    other = "perimetres.csv" if path.stem == "scots" else "scots.csv"
    files = (path, path.with_name(other))
    read_scot_perimeters(*(files if path.stem == "scots" else reversed(files)))


def raster(path: Path) -> Path:
    shape = {"width": 40, "height": 30, "count": 1, "dtype": "uint8", "crs": "EPSG:2154"}
    with rasterio.open(
        path, "w", driver="GTiff", transform=Affine(10, 0, X, 0, -10, Y), **shape
    ) as file:
        file.write(np.full((30, 40), 16, dtype="uint8"), 1)
    return path


STATES = ("friche sans projet", "inconnu", "friche potentielle")


def friches(path: Path) -> Path:
    rows = [{"site_id": f"44109_{i}", "site_nom": f"Usine n° {i}, été", "comm_insee": "44109",
             "site_statut": status, "unite_fonciere_surface": 500 * i + 1, "lon": -1.5, "lat": 47.2,
             "urba_zone_type": "U"}
            for i, status in enumerate(STATES)]  # fmt: skip
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def geojson(path: Path) -> Path:
    shapes = gpd.GeoSeries(of_ocs_ge.squares(3), crs=2154).to_crs(4326)
    table = gpd.GeoDataFrame({"site_id": list("abc"), "surface_ha": [1.0, 1, 1]}, geometry=shapes)
    table.to_file(path, driver="GeoJSON")
    return path


def areas(path: Path) -> Path:
    table = gpd.GeoDataFrame({"name": ["a", "b"], "kind": ["znieff_1", "natura_2000"]},
                             geometry=of_ocs_ge.squares(2), crs=2154)  # fmt: skip
    table.to_file(path)
    return path


def diff(path: Path) -> Path:
    return of_ocs_ge.write(path, {"artificialisation": [1, 0, -1, 0]})


def passage(path: Path) -> Path:
    path.write_text("DEPCOM_HIST,DEPCOM\n49069,49126\n44001,44001\n", encoding="utf-8")
    return path


def pene(path: Path) -> Path:
    path.write_text("code_insee,nom_projet\n44109,Canal\n44143,Port\n", encoding="utf-8")
    return path


def scot_table(path: Path) -> Path:
    path.write_text("code,scot,name\n44109,7,SCoT\n44143,7,SCoT\n", encoding="utf-8")
    return path


def cog(path: Path) -> Path:
    path.write_text(
        "TYPECOM,COM,REG,DEP,LIBELLE,COMPARENT\nCOM,44109,52,44,Nantes,\nCOMD,44999,,,X,44109\n",
        encoding="utf-8",
    )
    return path


def scots(path: Path) -> Path:
    path.write_text(of_scot.SCOTS, encoding="utf-8")
    path.with_name("perimetres.csv").write_text(of_scot.PERIMETERS, encoding="utf-8")
    return path


def register(path: Path) -> Path:
    return of_cnig.register(path, **of_cnig.FULL)


def archive(path: Path) -> Path:
    return of_cnig.archive(path, suffix=".csv", **of_cnig.FULL)


def shapes_archive(path: Path) -> Path:
    return of_cnig.archive(path, suffix=".shp", **of_cnig.FULL)


def site_csv(path: Path) -> Path:
    with zipfile.ZipFile(archive(path.with_suffix(".zip"))) as packed:
        path.write_bytes(packed.read("export/site_eco.csv"))
    path.with_suffix(".zip").unlink()
    return path


MAKERS: dict[str, tuple[str, Callable, Callable]] = {
    "register": ("register.gpkg", register, check_sites),
    "archive": ("register.zip", archive, check_sites),
    "shapefiles": ("register_shp.zip", shapes_archive, check_sites),
    "site_eco": ("site_eco.csv", site_csv, check_sites),
    "friches": ("friches.csv", friches, check_sites),
    "geojson": ("sites.geojson", geojson, check_sites),
    "xlsx": ("sites.xlsx", of_spreadsheet.sites, check_sites),
    "ods": ("sites.ods", of_spreadsheet.sites, check_sites),
    "ocs_ge": ("OCSGE_D044_2022.gpkg", of_ocs_ge.state, check_cover),
    "diff": ("DIFF_2020-2022_D044.gpkg", diff, check(lambda p: load_ocsge_diff(p, COMMUNES))),
    "oso": ("OCS_2022.tif", raster, load_land_cover),
    "passage": ("passage.csv", passage, load_passage),
    "scot": ("scots.csv", scots, check_scot),
    "areas": ("areas.gpkg", areas, check(load_protected_areas)),
    "zoning": (
        "zone_urba.gpkg", lambda p: of_zoning.zones(p, of_zoning.ROWS), check(load_zoning),
    ),
    "pene": ("pene.csv", pene, check(load_pene)),
    "scot_table": ("scot.csv", scot_table, check(load_scots)),
    "equipment": (
        "equipement.gpkg", lambda p: of_bdtopo.table(p, of_bdtopo.EQUIPMENT),
        check(load_interchanges),
    ),
    "roads": (
        "troncon.gpkg", lambda p: of_bdtopo.table(p, of_bdtopo.roads()), check(load_interchanges),
    ),
    "risk_plans": (
        "ppri.gpkg", lambda p: of_risk_plans.zones(p, ["01", "03", "06"]),
        check(of_risk_plans.LOAD),
    ),
    "ppr": (
        "ppr.gpkg", lambda p: of_risk_plans.cnig(p, procedure="PPRN-I", hazards=[("112", "U0")]),
        check(of_risk_plans.LOAD),
    ),
    "flores": (
        "flores.csv", lambda p: of_flores.write(p, of_flores.commune("44109", of_flores.A5)),
        check(partial(load_commune_figures, WORKPLACE_JOBS)),
    ),
    "flores_zip": (
        "DS_FLORES_A5.zip",
        lambda p: of_flores.write(p, of_flores.commune("44109", of_flores.A5)),
        check(partial(load_commune_figures, WORKPLACE_JOBS)),
    ),
    "passage_book": (
        "table_passage_annuelle_2025.xlsx",
        lambda p: of_workbook.workbook(
            p, COM=[["CODGEO_2003", "CODGEO_2018", "CODGEO_2025"], ["49069", "49069", "49126"]]
        ),
        load_passage,
    ),
    "cog": ("v_commune_2026.csv", cog, check(load_cog_communes)),
    "admin_express": (
        "admin.gpkg", lambda p: of_admin_express.version_4(p.parent).rename(p),
        check(load_communes),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def originals(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("originals")
    made = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, (file, make, _) in MAKERS.items():
            (folder / name).mkdir()
            made[name] = make(folder / name / file)
    return made


@pytest.mark.parametrize("name", MAKERS)
def test_a_file_that_is_whole_is_read(originals, name):
    MAKERS[name][2](originals[name])


# --- What happens to files ------------------------------------------------------------------


def flipped(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice([1, 1, 3, 20, 200])):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def cut(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data))]


def repeated(data: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(data))
    piece = data[start : start + rng.randrange(1, 400)]
    return data[:start] + piece * rng.randrange(2, 5) + data[start:]


def zeroed(data: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(data))
    end = min(len(data), start + rng.randrange(1, 4096))
    return data[:start] + b"\0" * (end - start) + data[end:]


def recoded(data: bytes, rng: random.Random) -> bytes:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return flipped(data, rng)
    return text.encode(rng.choice(["utf-16", "cp1252", "utf-8-sig", "utf-16-le", "mac-roman"]),
                       errors="replace")  # fmt: skip


def replaced(data: bytes, rng: random.Random) -> bytes:
    pairs = [(b",", b";"), (b";", b","), (b"\n", b"\r"), (b'"', b""), (b"(", b"(("), (b".", b","),
             (b"2154", b"4326"), (b"CS", b"XX"), (b"code", b"kode"), (b"site", b"zite"),
             (b"0", b"-"), (b"POLYGON", b"CURVEPOLYGON"), (b"[", b"{")]  # fmt: skip
    old, new = rng.choice(pairs)
    return data.replace(old, new, rng.choice([1, 3, -1]))


BYTES = (flipped, flipped, cut, repeated, zeroed, recoded, replaced)
CELLS = [
    "",
    "NULL",
    "1e400",
    "-1",
    "été",
    "2A004",
    "NaN",
    "x" * 5000,
    "'; --",
    "POINT(1 2)",
    "44109",
]


def tampered(path: Path, rng: random.Random) -> None:
    """Change a GeoPackage as a user or a tool does: columns, cells, tables, geometries."""
    with sqlite3.connect(path) as base:
        tables = [row[0] for row in base.execute("SELECT table_name FROM gpkg_contents")]
        name = rng.choice(tables)
        columns = [row[1] for row in base.execute(f'PRAGMA table_info("{name}")')]
        column = rng.choice([c for c in columns if c != "fid"])
        triggers = [row[0] for row in base.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'")]  # fmt: skip
        for trigger in triggers:
            base.execute(f'DROP TRIGGER "{trigger}"')
        cell, one = f'UPDATE "{name}" SET "{column}" = ', " WHERE rowid = 1"  # noqa: S608
        actions = [
            (f'ALTER TABLE "{name}" RENAME COLUMN "{column}" TO "autre"', ()),
            (f"{cell}?", (rng.choice(CELLS),)),
            (f"{cell}?{one}", (rng.randbytes(40),)),
            (f"{cell}NULL", ()),
            (f'DELETE FROM "{name}"', ()),  # noqa: S608
            (f'DROP TABLE "{name}"', ()),
            ("UPDATE gpkg_contents SET srs_id = 4326", ()),
            ("UPDATE gpkg_geometry_columns SET srs_id = -1", ()),
            ("DELETE FROM gpkg_geometry_columns", ()),
            ("DELETE FROM gpkg_spatial_ref_sys", ()),
            ("UPDATE gpkg_contents SET table_name = ?", (rng.choice(CELLS),)),
        ]
        try:
            base.execute(*rng.choice(actions))
        except sqlite3.Error:
            base.rollback()
    base.close()


def columns_changed(path: Path, rng: random.Random) -> None:
    """Change the columns or cells of a text table."""
    separator = ";" if path.name == "site_eco.csv" else ","
    table = pd.read_csv(path, dtype=str, sep=separator, keep_default_na=False)
    column = rng.choice(list(table.columns))
    action = rng.randrange(6)
    if action == 0:
        table = table.drop(columns=column)
    elif action == 1:
        table = table.rename(columns={column: rng.choice(["autre", "", "geometry", "lon", "crs"])})
    elif action == 2:
        table[column] = rng.choice(CELLS)
    elif action == 3:
        table.iloc[rng.randrange(len(table)), table.columns.get_loc(column)] = rng.choice(CELLS)
    elif action == 4:
        table = table.sample(frac=1, axis=1, random_state=rng.randrange(99))
    else:
        table = pd.concat([table] * 2)
    table.to_csv(path, index=False, sep=rng.choice([separator, ",", "\t"]))


def mutate(path: Path, rng: random.Random) -> None:
    chance = rng.random()
    if path.suffix == ".gpkg" and chance < 0.5:
        tampered(path, rng)
    elif path.suffix == ".csv" and chance < 0.5:
        columns_changed(path, rng)
    else:
        for _ in range(rng.choice([1, 1, 2])):
            data = path.read_bytes()
            path.write_bytes(rng.choice(BYTES)(data, rng) if data else b"\0")


def outcome(read: Callable[[Path], None], path: Path) -> str:
    """Return what is wrong with how a damaged file was read; nothing if all is well."""
    try:
        with limited(LIMIT_S):
            read(path)
    except LayerError as error:
        return "" if error.problems and all(p.line() for p in error.problems) else "not told"
    except Exception as error:  # noqa: BLE001 - this is what must not be
        return repr(error)
    return ""


@pytest.mark.parametrize("batch", range(0, COUNT, BATCH))
def test_damage_is_told_or_harmless(originals, tmp_path, batch):
    wrong = {}
    for seed in range(SEED + batch, SEED + min(batch + BATCH, COUNT)):
        rng = random.Random(seed)  # noqa: S311
        name = rng.choice(sorted(MAKERS))
        folder = tmp_path / str(seed)
        shutil.copytree(originals[name].parent, folder, ignore=shutil.ignore_patterns("register*_"))
        mutate(folder / originals[name].name, rng)
        if found := outcome(MAKERS[name][2], folder / originals[name].name):
            wrong[seed, name] = found
        shutil.rmtree(folder)
    assert wrong == {}


# --- Found by five thousand of them ---------------------------------------------------------


def test_columns_of_an_archive_of_another_version_are_none(tmp_path):
    path = tmp_path / "flores.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("flores.csv", "CODGEO;EFF\n44109;1\n")
    data = bytearray(path.read_bytes())
    entry = data.index(b"PK\x01\x02")
    data[entry + 6] = 172  # version needed to extract: 17.2
    path.write_bytes(data)
    assert file_columns(path) == ()


def test_columns_of_a_geopackage_whose_crs_cannot_be_read_are_none(originals, monkeypatch):
    def fail(*_args, **_options):  # what GDAL did with seed 3832: a page of SQLite was damaged
        raise pyogrio.errors.CRSError("database disk image is malformed")

    assert file_columns(originals["roads"]) != ()
    monkeypatch.setattr(pyogrio, "read_info", fail)
    assert file_columns(originals["roads"]) == ()
