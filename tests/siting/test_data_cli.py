"""``siting data`` as a user types it."""

import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import pandas as pd
import py7zr
import pytest
import shapely

from layers.demonstration import MARK
from layers.store import Store
from layers.tables import embedded_file
from siting.cli import main

ENAF = "demonstration/demonstration_enaf_flows_2011_2025.csv.gz"


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    folder = tmp_path / "data"
    monkeypatch.setenv("SITING_DATA", str(folder))
    return folder


@pytest.fixture
def siting(capsys):
    def call(*words):
        with pytest.raises(SystemExit) as left:
            main(list(words))
        out = capsys.readouterr()
        return left.value.code or 0, out.out, out.err

    return call


@pytest.fixture
def document(siting):
    def call(*words):
        status, out, _ = siting(*words, "--format", "json")
        return status, json.loads(out)

    return call


@pytest.fixture
def gares(tmp_path):
    path = tmp_path / "gares.csv"
    shutil.copyfile(embedded_file("stations.csv"), path)
    return path


def test_where_is_the_variable_or_the_option_wherever_it_is_written(siting, data, tmp_path):
    other = str(tmp_path / "ailleurs")
    assert siting("data", "where") == (0, f"{data}\n", "")
    for words in (("data", "where", "--data", other), (f"--data={other}", "data", "where")):
        assert siting(*words) == (0, f"{other}\n", "")
    assert siting("data", "where") == (0, f"{data}\n", "")  # for one command only
    status, _, err = siting("data", "where", "--data")
    assert (status, "[data-folder]" in err) == (2, True)


def test_list_tells_the_licence_and_how_sure_the_address_is(document, siting):
    status, found = document("data", "list")
    by_name = {one["name"]: one for one in found["sources"]}
    assert status == 0
    enaf = by_name["cerema-enaf"]
    assert (enaf["licence"], enaf["evidence"], enaf["pullable"], enaf["readable"]) == (
        "Licence Ouverte 2.0", "verified", True, True,
    )  # fmt: skip
    assert by_name["theia-oso"]["pullable"] is False
    _, out, _ = siting("data", "list")
    assert all(name in out for name in by_name)


def test_status_before_and_after_an_import(document, siting, gares):
    status, before = document("data", "status")
    layers = {one["layer"]: one for one in before["layers"]}
    assert (status, layers["stations"]["origin"]) == (0, "embedded")
    assert layers["enaf_flows"]["status"] == "demonstration"
    assert layers["housing"]["coverage"] == 1
    status, done = document("data", "import", str(gares), "--vintage", "2026")
    assert (status, done["layer"], done["used"]) == (0, "stations", True)
    _, after = document("data", "status")
    stations = {one["layer"]: one for one in after["layers"]}["stations"]
    assert (stations["origin"], stations["status"], stations["vintage"], stations["age_days"]) == (
        "import", "declared", "2026", 0,
    )  # fmt: skip
    _, out, _ = siting("data", "status")
    assert re.search(r"stations .*déclaré .*fichier local", out)


def test_import_then_forget(document, siting, gares):
    assert siting("data", "import", str(gares))[0] == 0
    assert siting("data", "check")[0] == 0
    assert siting("data", "forget", "stations")[0] == 0
    _, found = document("data", "status")
    assert {one["origin"] for one in found["layers"]} == {"embedded", "absent"}
    assert siting("data", "forget", "stations")[0] == 2


def test_communes_that_changed_code_are_told_then_carried_by_a_passage_table(
    siting, document, tmp_path
):
    table = pd.read_csv(embedded_file("housing.csv"), dtype=str)
    table.loc[table["code"] == "49126", "code"] = "49069"
    table.to_csv(tmp_path / "housing.csv", index=False)
    status, _, err = siting("data", "import", str(tmp_path / "housing.csv"))
    assert status == 0
    assert re.search(r"49069 \(1\).*\[cog-unmatched\]", err)
    assert "[code-missing]" in err
    path = tmp_path / "passage_2025.csv"
    path.write_text("DEPCOM_HIST,DEPCOM\n49069,49126\n", encoding="utf-8")
    _, done = document("data", "import", str(path))
    assert done["layer"] == "cog_passage"
    _, found = document("data", "status")
    housing = {one["layer"]: one for one in found["layers"]}["housing"]
    assert (housing["coverage"], housing["notes"]) == (1, [])


def test_an_ambiguous_file_is_status_2_and_names_the_candidates(siting):
    path = embedded_file("demonstration/ports.parquet")
    status, out, err = siting("data", "import", str(path))
    assert (status, out) == (2, "")
    assert "interchanges, ports" in err  # and others
    assert "--as" in err
    assert siting("data", "import", str(path), "--as", "ports")[0] == 0


def test_what_a_pdf_lacks_to_be_each_layer_is_not_told(siting, tmp_path):
    path = tmp_path / "plan.pdf"
    path.write_bytes(b"%PDF-1.7 and no table")
    status, out, err = siting("data", "import", str(path))
    assert (status, out, len(err.splitlines())) == (2, "", 1)
    assert "[import-unrecognised]" in err


def test_a_register_of_sites_is_sent_to_the_commands_that_take_it(siting, open_data):
    path = open_data / "cnig_sites_economiques_gabarit.gpkg"
    status, out, err = siting("data", "import", str(path))
    assert (status, out, "siting check" in err) == (2, "", True)
    assert re.findall(r"\[([a-z-]+)\]", err) == ["import-unrecognised", "import-sites"]


@pytest.mark.parametrize("packed", [False, True])
def test_a_feed_without_times_says_so_folder_or_archive(siting, open_data, tmp_path, packed):
    folder = open_data / "pays-de-la-loire" / "gtfs_tan_2016_sans_stop_times"
    path = folder
    if packed:
        path = Path(shutil.make_archive(str(tmp_path / "tan"), "zip", folder))
    status, _, err = siting("data", "import", str(path))
    assert (status, set(re.findall(r"\[([a-z-]+)\]", err))) == (2, {"feed-incomplete"})
    assert "stop_times.txt" in err


def test_a_layer_bears_its_own_name_in_messages(siting, tmp_path):
    """The name that --as takes, not its translation."""
    (tmp_path / "a.csv").write_text("code_uic;passenger;freight\n1;2;3\n", encoding="utf-8")
    _, _, err = siting("data", "import", str(tmp_path / "a.csv"))
    assert "“stations”" in err


def test_flows_of_another_region_are_told_at_once_and_never_read_as_nothing(siting, open_data):
    path = open_data / "cerema_conso2009_2023_extrait_5_communes_01.csv"
    status, _, err = siting("data", "import", str(path))
    assert (status, "[communes-elsewhere]" in err) == (1, True)
    assert "44, 49, 53, 72, 85" in err
    assert siting("data", "status")[0] == 2
    status, out, err = siting("budget")
    assert (status, out, "[communes-elsewhere]" in err) == (2, "", True)
    assert siting("data", "forget", "enaf_flows")[0] == 0
    assert siting("budget")[0] == 0


def test_a_commune_given_by_its_name_has_its_code_in_every_command(siting, document, tmp_path):
    square = "POLYGON(({0} 6690000,{1} 6690000,{1} 6690100,{0} 6690100,{0} 6690000))"
    rows = [("a", "NANTES"), ("b", "Changé"), ("c", "St-Herblain")]
    pd.DataFrame(
        [(name, commune, "EPSG:2154", square.format(355000 + 200 * i, 355100 + 200 * i))
         for i, (name, commune) in enumerate(rows)],
        columns=["site_id", "commune", "crs", "wkt"],
    ).to_csv(tmp_path / "sites.csv", index=False)  # fmt: skip
    for words in (("check",), ("score",)):
        _, found = document(*words, str(tmp_path / "sites.csv"))
        told = {one["row"]: one for one in found["notes"] if one["code"].startswith("commune-")}
        assert {row: one["code"] for row, one in told.items()} == {
            1: "commune-resolved", 2: "commune-ambiguous", 3: "commune-resolved",
        }  # fmt: skip
        assert "44109" in told[1]["message"]
        assert "Changé (53) 53054; Changé (72) 72058" in told[2]["message"]
        assert "44162" in told[3]["message"]


def test_build_refuses_what_is_no_code_of_a_region(siting):
    status, _, err = siting("data", "build", "--region", "Bretagne")
    assert (status, "[region-code]" in err) == (2, True)


def test_a_damaged_store_is_told_by_check_and_status(siting, document, gares, data):
    siting("data", "import", str(gares))
    (held,) = data.glob("layers/stations/*/gares.csv")
    held.write_text("code_uic\n", encoding="utf-8")
    status, found = document("data", "check")
    assert (status, found["problems"]["stations"][0]["code"]) == (2, "store-altered")
    assert siting("data", "status")[0] == 2
    status, _, err = siting("budget")
    assert (status, "[store-altered]" in err) == (2, True)


def test_every_command_uses_local_data(document, tmp_path, siting):
    table = pd.read_csv(embedded_file(ENAF), dtype=str)
    path = tmp_path / "obs_artif_2011_2025.csv"
    table.assign(idregtxt="Pays de la Loire").to_csv(path, index=False)  # no mark: official
    assert siting("data", "import", str(path))[0] == 0
    for words in (
        ("budget",),
        ("trajectory", "--territory", "244400404"),
        ("score",),
    ):
        _, found = document(*words)
        flows = {one["name"]: one for one in found["manifest"]["layers"]}["enaf_flows"]
        assert (flows["file"], flows["status"], flows["publisher"]) == (
            path.name, "observed", "Cerema",
        )  # fmt: skip


# --- Roads ----------------------------------------------------------------------------


@pytest.fixture
def segments(tmp_path):
    """A road through the region, with one step every kilometre, as BD TOPO writes it."""
    steps = [(x, 6_690_000.0) for x in range(330_000, 400_001, 1_000)]
    table = {
        "cleabs": [f"TRONROUT{step:016d}" for step in range(len(steps) - 1)],
        "nature": "Route à 1 chaussée",
        "importance": "3",
        "sens_de_circulation": "Double sens",
        "vitesse_moyenne_vl": 50,
        "geometry": [shapely.LineString(pair) for pair in pairwise(steps)],
    }
    path = tmp_path / "BDTOPO_R52_2026-03-15.gpkg"
    gpd.GeoDataFrame(table, crs=2154).to_file(path, layer="troncon_de_route")
    return path


def test_roads_are_made_once_imported_and_told_by_the_manifest(
    siting, document, segments, tmp_path
):
    _, before = document("score")
    assert before["manifest"]["reach"]["method"] == "distance"
    made = tmp_path / "network.parquet"
    status, out, _ = siting("data", "roads", str(segments), "-o", str(made))
    assert status == 0
    assert "140" in out
    assert "71" in out
    assert "2026-03-15" in out
    assert siting("data", "import", str(made))[0] == 0
    _, found = document("score")
    reach = found["manifest"]["reach"]
    assert (reach["method"], reach["vintage"]) == ("road_time", "2026-03-15")
    assert "BD TOPO" in reach["network"]
    layers = {one["name"]: one for one in found["manifest"]["layers"]}
    assert layers["road_network"]["publisher"] == "IGN"
    assert "site-off-roads" in [one["code"] for one in found["notes"]]
    assert siting("data", "check")[0] == 0
    assert siting("data", "forget", "road_network")[0] == 0
    _, after = document("score")
    assert after["sites"] == before["sites"]


def test_segments_are_recognised_without_being_named(siting, document, segments):
    status, done = document("data", "import", str(segments))
    assert (status, done["layer"], done["vintage"]) == (0, "road_network", "2026-03-15")


@pytest.mark.parametrize("output", ["network.gpkg", "nowhere/network.parquet"])
def test_roads_refuse_an_output_that_cannot_be(siting, segments, tmp_path, output):
    status, _, err = siting("data", "roads", str(segments), "-o", str(tmp_path / output))
    assert status == 2
    assert "output-fo" in err


# --- Pull, from a server of the loopback address ---------------------------------------------


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        server, body = self.server, self.server.bodies.get(self.path)
        server.asked.append((self.path, self.headers.get("Range")))
        if body is None:
            self.send_error(404)
            return
        start = int((self.headers.get("Range") or "bytes=0-")[6:-1])
        self.send_response_only(206 if start else 200)
        self.send_header("ETag", '"1"')
        self.send_header("Content-Length", str(len(body) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.end_headers()
        if server.pause and not start:
            self.wfile.write(body[:150_000])
            self.wfile.flush()
            server.halted.wait(20)
            self.close_connection = True
        else:
            self.wfile.write(body[start:])

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    running = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    running.daemon_threads = True
    running.bodies, running.asked, running.pause = {}, [], False
    running.halted = threading.Event()
    thread = threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield running
    running.halted.set()
    running.shutdown()
    running.server_close()
    thread.join()


@pytest.fixture
def mirror(server, data):
    """The user's own sources: those of a mirror on the loopback address."""
    url = f"http://127.0.0.1:{server.server_address[1]}"
    data.mkdir()
    (data / "sources.toml").write_text(
        f'[sources.cerema-enaf]\nurl = "{url}/enaf.csv"\nrows = [1200, 1300]\n'
        "witnesses = []\n[sources.zonage-abc]\n"
        f'url = "{url}/none.csv"\n[hosts."127.0.0.1"]\ninterval_s = 0\n',
        encoding="utf-8",
    )
    text = gzip.decompress(embedded_file(ENAF).read_bytes()).decode("utf-8-sig")
    server.bodies["/enaf.csv"] = text.replace(MARK, "").encode()  # as the Cerema's
    return server


def test_pull_a_layer_then_nothing_newer(mirror, document, siting):
    status, found = document("data", "pull", "enaf_flows")
    (one,) = found["pulled"]
    assert (status, one["used"], one["size"]) == (0, True, len(mirror.bodies["/enaf.csv"]))
    _, after = document("data", "status")
    flows = {layer["layer"]: layer for layer in after["layers"]}["enaf_flows"]
    assert (flows["origin"], flows["status"]) == ("pull", "observed")


def test_one_failure_is_status_1_all_of_them_2_and_the_good_is_kept(mirror, document, siting):
    status, _, err = siting("data", "pull", "cerema-enaf", "zonage-abc")
    assert (status, "[download-status]" in err) == (1, True)
    assert siting("data", "check")[0] == 0
    assert siting("data", "pull", "zonage-abc")[0] == 2
    assert siting("data", "pull", "rien")[0] == 2


def test_one_command_pulls_a_region_whose_communes_come_in_an_archive_of_the_country(
    mirror, data, document, tmp_path
):
    """Made-up communes of regions 44 and 53: those of 44 are in use after one pull."""
    name = "ADMIN-EXPRESS-COG-CARTO_4-0__GPKG_LAMB93_FXX_2026-01-01"
    shapes = [shapely.box(1e6 + 100 * i, 6.8e6, 1e6 + 100 * (i + 1), 6.8e6 + 100) for i in (0, 1)]
    table = {"code_insee": ["99001", "98001"], "nom_officiel": ["A", "B"],
             "code_insee_du_departement": ["99", "98"], "code_insee_de_la_region": ["44", "53"],
             "codes_siren_des_epci": ["249900001", "249800001"]}  # fmt: skip
    path = tmp_path / "a.gpkg"
    gpd.GeoDataFrame(table, geometry=shapes, crs=2154).to_file(path, layer="commune")
    with py7zr.SevenZipFile(tmp_path / "a.7z", "w") as archive:
        archive.write(path, "d/a.gpkg")
    url = f"http://127.0.0.1:{mirror.server_address[1]}"
    feed = '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>{}</title><link href="{}" />'
    end = "</entry></feed>"
    resource = "/resource?page=1&limit=50"
    mirror.bodies[resource] = (feed.format(name, f"{url}/{name}") + end).encode()
    mirror.bodies[f"/{name}?page=1&limit=50"] = (feed.format("", f"{url}/{name}.7z") + end).encode()
    mirror.bodies[f"/{name}.7z"] = (tmp_path / "a.7z").read_bytes()
    with (data / "sources.toml").open("a", encoding="utf-8") as stream:
        stream.write(f'[sources.ign-admin-express]\nurl = "{url}/resource"\nrows = [2, 2]\n')

    status, found = document("data", "pull", "ign-admin-express", "--region", "44")
    assert (status, [one["layer"] for one in found["pulled"]]) == (0, ["communes", "communes"])
    held = Store(data).manifest()
    assert held.layers["communes"].label == "communes_44.parquet"
    assert held.fetched["communes"].label == f"{name}.gpkg"
    communes = gpd.read_parquet(Store(data).path(held.layers["communes"]))
    assert communes["code"].tolist() == ["99001"]
    document("data", "pull", "ign-admin-express")  # the region in use stays in use
    assert Store(data).manifest().layers["communes"].label == "communes_44.parquet"
    assert document("data", "build", "--region", "53")[1]["n_communes"] == 1


def test_one_word_pulls_the_land_cover_of_a_region(mirror, data, siting, document, tmp_path):
    """OCS GE: one archive a département, and not the raster that is got by hand."""
    url = f"http://127.0.0.1:{mirror.server_address[1]}"
    name = "OCS-GE_2-0_ARTIFICIALISATION_GPKG_LAMB93_D02{}_2021-01-01"
    feed, end = '<feed xmlns="http://www.w3.org/2005/Atom">{}', "</feed>"
    entry = '<entry><title>{}</title><link href="{}" /></entry>'
    listed = ""
    for code in "AB":
        path = tmp_path / f"artif_2021_2{code.lower()}.gpkg"
        square = [shapely.box(1e6, 6.8e6, 1e6 + 100, 6.8e6 + 100)]
        table = {"code_cs": ["CS1.1.1.1"], "code_us": ["US5"], "artif": ["artif"],
                 "millesime": [2021]}  # fmt: skip
        gpd.GeoDataFrame(table, geometry=square, crs=2154).to_file(path)
        one = name.format(code)
        with py7zr.SevenZipFile(tmp_path / "a.7z", "w") as archive:
            archive.write(path, f"d/{path.name}")
        mirror.bodies[f"/{one}.7z"] = (tmp_path / "a.7z").read_bytes()
        listed += entry.format(one, f"{url}/{one}")
        own = feed.format(entry.format("", f"{url}/{one}.7z")) + end
        mirror.bodies[f"/{one}?page=1&limit=50"] = own.encode()
    mirror.bodies["/resource?page=1&limit=50"] = (feed.format(listed) + end).encode()
    with (data / "sources.toml").open("a", encoding="utf-8") as stream:
        stream.write(f'[sources.ign-ocsge-artificialisation]\nurl = "{url}/resource"\n')
    status, _, err = siting("data", "pull", "land_cover")
    assert (status, "[source-region]" in err) == (2, True)
    status, found = document("data", "pull", "--region", "94", "land_cover")
    assert status == 0
    assert [(one["name"], one["layer"], one["used"]) for one in found["pulled"]] == [
        ("ign-ocsge-artificialisation", "land_cover", True)
    ]
    assert document("data", "pull", "--region", "94", "land_cover")[1]["pulled"][0]["unchanged"]
    assert siting("data", "check")[0] == 0


def test_a_wrong_file_of_sources_is_told_whole(siting, data):
    data.mkdir()
    (data / "sources.toml").write_text('[sources.a]\nlayer = "b"\n', encoding="utf-8")
    status, _, err = siting("data", "pull")
    assert status == 2
    assert err.count("[sources-invalid]") >= 5


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_pull_that_is_killed_is_resumed_by_the_next(mirror, data, siting):
    mirror.pause = True
    words = [sys.executable, "-m", "siting.cli", "data", "pull", "cerema-enaf"]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(words, env=env, stderr=subprocess.PIPE) as child:
        part = data / "incoming" / "cerema-enaf" / "enaf.csv.part"
        limit = time.monotonic() + 60
        while not (part.exists() and part.stat().st_size >= 100_000):
            assert child.poll() is None, child.stderr.read()
            assert time.monotonic() < limit
            time.sleep(0.05)
        child.send_signal(signal.SIGKILL)
    received = part.stat().st_size
    mirror.pause = False
    mirror.halted.set()
    assert not (data / "manifest.json").exists()
    assert siting("data", "pull", "cerema-enaf")[0] == 0
    assert mirror.asked[-1] == ("/enaf.csv", f"bytes={received}-")
    assert siting("data", "check")[0] == 0


def test_every_key_of_the_documents_is_told(document, gares, root):
    told = set(re.findall(r"`([a-z0-9_]+)`", (root / "docs" / "json.md").read_text("utf-8")))
    _, found = document("data", "list")
    _, status = document("data", "status")
    _, done = document("data", "import", str(gares))
    keys = {*found, *found["sources"][0], *status, *status["layers"][0], *done}
    assert keys - told == set()
