"""Downloads, against a server that does all that servers do."""

import hashlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
import zipfile

import pytest

from layers.digest import digest
from layers.download import Expected, Version, fetch
from layers.errors import LayerError
from layers.polite import PoliteClient, _refuse_downgrade
from layers.sources import Host

CSV = b"code;name\n" + b"".join(b"%05d;commune\n" % n for n in range(20_000))
FORM = Expected("csv")


def archive():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("communes.csv", os.urandom(50_000).hex())
    return out.getvalue()


def refused(url, target, client, expected=FORM, **options):
    with pytest.raises(LayerError) as error:
        fetch(url, target, client, expected=expected, **options)
    return [found.code for found in error.value.problems]


@pytest.fixture
def target(tmp_path):
    """A target that already holds the last good data."""
    path = tmp_path / "communes.csv"
    path.write_bytes(b"last good data")
    return path


def is_untouched(target):
    return target.read_bytes() == b"last good data"


# --- What goes well --------------------------------------------------------------------


def test_a_file_is_downloaded_whole_and_told(server, client, target):
    told = []
    url = server.serve("/a.csv", CSV, Last_Modified="Mon, 02 Nov 2026 10:00:00 GMT")
    found = fetch(url, target, client, expected=FORM, told=lambda *now: told.append(now))
    assert target.read_bytes() == CSV
    assert (found.size, found.sha256) == (len(CSV), hashlib.sha256(CSV).hexdigest())
    assert found.version == Version('"1"', "Mon, 02 Nov 2026 10:00:00 GMT")
    assert told[-1] == (len(CSV), len(CSV))
    assert [p.name for p in target.parent.iterdir()] == [target.name]
    _, headers = server.asked[0]
    assert headers["User-Agent"].startswith("siting/")
    assert headers["Accept-Encoding"] == "identity"


def test_redirections_are_followed_and_the_last_address_is_told(server, client, target):
    last = server.serve("/data/b.csv", CSV)
    server.routes["/r/1"] = lambda handler, _: handler.send(status=302, Location=last)
    found = fetch(server.url + "/r/1", target, client, expected=FORM)
    assert (found.url, target.read_bytes()) == (last, CSV)


def test_redirections_without_end_are_refused(server, client, target):
    server.routes["/r"] = lambda handler, _: handler.send(status=302, Location="/r")
    assert refused(server.url + "/r", target, client) == ["download-network"]
    assert is_untouched(target)


def test_the_version_already_held_is_not_downloaded_again(server, client, target):
    def answer(handler, _):
        same = handler.headers.get("If-None-Match") == '"1"'
        handler.send(b"" if same else CSV, 304 if same else 200, ETag='"1"')

    server.routes["/a.csv"] = answer
    url = server.url + "/a.csv"
    assert fetch(url, target, client, expected=FORM, known=Version('"1"')) is None
    assert is_untouched(target)
    assert fetch(url, target, client, expected=FORM, known=Version('"0"')) is not None


def test_a_chunked_file_without_length_is_whole_once_its_last_chunk_is_read(server, client, target):
    server.routes["/a.csv"] = lambda handler, _: handler.send(CSV, chunked=True)
    fetch(server.url + "/a.csv", target, client, expected=FORM)
    assert target.read_bytes() == CSV


# --- What passes: cuts, waits, errors of the server -------------------------------------


def test_a_cut_transfer_is_resumed_by_range(server, client, target):
    def answer(handler, nth):
        handler.send_ranged(CSV, cut=100_000 if nth == 1 else None)

    server.routes["/a.csv"] = answer
    fetch(server.url + "/a.csv", target, client, expected=FORM)
    assert target.read_bytes() == CSV
    assert len(server.asked) == 2
    headers = server.asked[1][1]
    start = int(headers["Range"].removeprefix("bytes=").removesuffix("-"))
    assert 0 < start <= 100_000
    assert headers["If-Range"] == '"1"'


def test_many_cuts_are_survived_as_long_as_each_brings_something(server, client, target):
    server.routes["/a.csv"] = lambda handler, _: handler.send_ranged(CSV, cut=20_000)
    fetch(server.url + "/a.csv", target, client, expected=FORM)
    assert target.read_bytes() == CSV
    assert len(server.asked) > 6  # more than the attempts in a row that bring nothing


def test_a_server_that_ignores_ranges_is_read_from_the_start(server, client, target):
    def answer(handler, nth):
        cut = 50_000 if nth == 1 else None
        handler.send(CSV, cut=cut, length=cut and len(CSV), ETag='"1"')

    server.routes["/a.csv"] = answer
    fetch(server.url + "/a.csv", target, client, expected=FORM)
    assert target.read_bytes() == CSV


def test_without_a_validator_nothing_is_resumed(server, client, target):
    def answer(handler, nth):
        cut = 50_000 if nth == 1 else None
        handler.send(CSV, cut=cut, length=cut and len(CSV))

    server.routes["/a.csv"] = answer
    fetch(server.url + "/a.csv", target, client, expected=FORM)
    assert target.read_bytes() == CSV
    assert all("Range" not in headers for _, headers in server.asked)


NEW = CSV.replace(b"commune", b"village")


@pytest.mark.parametrize(
    "second",
    [
        # a good server: the condition does not hold, it sends the whole new file
        lambda handler: handler.send_ranged(NEW, etag='"2"'),
        # one that ignores the condition and sends the end of another version
        lambda handler: handler.send(
            NEW[60_000:], 206, ETag='"2"',
            Content_Range=f"bytes 60000-{len(NEW) - 1}/{len(NEW)}"),
        # one that does not say of which version its range is
        lambda handler: handler.send(
            NEW[60_000:], 206, Content_Range=f"bytes 60000-{len(NEW) - 1}/{len(NEW)}"),
        # one whose range starts elsewhere
        lambda handler: handler.send(
            NEW[1000:], 206, ETag='"1"', Content_Range=f"bytes 1000-{len(NEW) - 1}/{len(NEW)}"),
        # one whose total has changed
        lambda handler: handler.send(
            NEW[60_000:], 206, ETag='"1"', Content_Range=f"bytes 60000-{len(NEW)}/{len(NEW) + 1}"),
    ],
)  # fmt: skip
def test_two_versions_are_never_stitched_together(server, client, target, second):
    def answer(handler, nth):
        if nth == 1:
            handler.send_ranged(CSV, cut=60_000)
        elif nth == 2:
            second(handler)
        else:
            handler.send_ranged(NEW, etag='"2"')

    server.routes["/a.csv"] = answer
    fetch(server.url + "/a.csv", target, client, expected=FORM)
    assert target.read_bytes() == NEW


def test_a_date_of_the_same_minute_does_not_vouch_for_a_version(server, client, target):
    date = "Mon, 23 Nov 2026 10:00:30 GMT"

    def answer(handler, nth):
        body = CSV if nth == 1 else NEW
        cut = 60_000 if nth == 1 else None
        handler.send(
            body, cut=cut, length=cut and len(body), Date="Mon, 23 Nov 2026 10:00:31 GMT",
            Last_Modified=date,
        )  # fmt: skip

    server.routes["/a.csv"] = answer
    fetch(server.url + "/a.csv", target, client, expected=FORM)
    assert target.read_bytes() == NEW
    assert "Range" not in server.asked[1][1]


def test_too_many_requests_waits_as_long_as_asked(server, client, target, waits):
    def answer(handler, nth):
        if nth == 1:
            handler.send(status=429, Retry_After="17")
        else:
            handler.send_ranged(CSV)

    server.routes["/a.csv"] = answer
    fetch(server.url + "/a.csv", target, client, expected=FORM)
    assert waits == [17]


def test_too_many_requests_waits_as_long_as_the_source_says_when_the_server_does_not(
    server, target, waits
):
    def answer(handler, nth):
        if nth == 1:
            handler.send(status=429)
        else:
            handler.send_ranged(CSV)

    server.routes["/a.csv"] = answer
    hosts = {"127.0.0.1": Host(interval_s=0, wait_429_s=9)}
    fetch(server.url + "/a.csv", target, PoliteClient(hosts, sleep=waits.append), expected=FORM)
    assert waits == [9]


def test_a_wait_of_hours_is_told_not_slept(server, client, target, waits):
    server.routes["/a.csv"] = lambda handler, _: handler.send(status=429, Retry_After="86400")
    assert refused(server.url + "/a.csv", target, client) == ["download-wait"]
    assert (waits, is_untouched(target)) == ([], True)


def test_server_errors_are_tried_again_ever_later_then_told(server, client, target, waits):
    server.routes["/a.csv"] = lambda handler, _: handler.send(b"oops", 500)
    assert refused(server.url + "/a.csv", target, client) == ["download-status"]
    assert waits == [1, 2, 4, 8, 16]
    assert is_untouched(target)


def test_a_missing_file_is_not_asked_for_again(server, client, target, waits):
    server.routes["/a.csv"] = lambda handler, _: handler.send(b"nowhere", 404)
    assert refused(server.url + "/a.csv", target, client) == ["download-status"]
    assert (len(server.asked), waits) == (1, [])


def test_a_server_that_is_not_there(client, target, waits):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/a.csv"
    assert refused(url, target, client) == ["download-network"]
    assert len(waits) == 5


def test_requests_to_a_server_keep_their_distance(server, target, waits):
    now = [0.0]

    def sleep(wait_s):
        waits.append(wait_s)
        now[0] += wait_s

    hosts = {"127.0.0.1": Host(interval_s=1.5)}
    polite = PoliteClient(hosts, sleep=sleep, clock=lambda: now[0])
    server.serve("/a", CSV)
    for _ in range(3):
        polite.read(server.url + "/a")
    assert waits == [1.5, 1.5]


# --- What is bad, and never accepted ----------------------------------------------------


@pytest.mark.parametrize(
    ("body", "form", "code"),
    [
        (b"<!DOCTYPE html><html><title>503</title></html>", "csv", "file-html"),
        (b'<?xml version="1.0"?><ows:ExceptionReport/>', "geojson", "file-html"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "csv", "file-pointer"),
        (b'{"error": "quota"}', "csv", "content-format"),
        (b"code;name\n44109;Nantes\n", "zip", "content-format"),
        (b"PK\x03\x04....", "gpkg", "content-format"),
        (b"", "csv", "file-empty"),
        (b'{"type": "FeatureCollection", "features": [{"type": "Fea', "geojson",
         "content-truncated"),
        (b"code;name;epci\n44109;Nantes;244400404\n44110;Orv", "csv", "content-truncated"),
    ],
)  # fmt: skip
def test_an_answer_that_is_not_the_data_is_refused_whatever_its_status(
    server, client, target, body, form, code
):
    server.routes["/a"] = lambda handler, _: handler.send(body)
    assert refused(server.url + "/a", target, client, Expected(form)) == [code]
    assert is_untouched(target)
    assert [p.name for p in target.parent.iterdir()] == [target.name]


def test_a_truncated_archive_is_refused_though_the_length_agrees(server, client, target):
    body = archive()[:-100]
    url = server.serve("/a.zip", body)
    assert refused(url, target, client, Expected("zip")) == ["content-truncated"]
    assert is_untouched(target)


@pytest.mark.parametrize("flipped", [10_000, 40_000])
def test_a_damaged_archive_is_refused(server, client, target, flipped):
    body = bytearray(archive())
    body[flipped] ^= 0xFF
    url = server.serve("/a.zip", bytes(body))
    assert refused(url, target, client, Expected("zip")) == ["content-truncated"]


def test_a_server_that_promises_more_than_it_sends_never_succeeds(server, client, target):
    server.routes["/a.csv"] = lambda handler, _: handler.send(CSV, length=len(CSV) + 10)
    assert refused(server.url + "/a.csv", target, client) == ["download-cut"]
    assert is_untouched(target)


def test_a_server_that_promises_less_than_the_file_is_caught_by_its_end(server, client, target):
    server.routes["/a.zip"] = lambda handler, _: handler.send(archive(), length=30_000)
    assert refused(server.url + "/a.zip", target, client, Expected("zip")) == ["content-truncated"]


def test_a_chunked_transfer_without_its_last_chunk_is_cut(server, client, target):
    server.routes["/a.csv"] = lambda handler, _: handler.send(CSV, chunked=True, cut=70_000)
    assert refused(server.url + "/a.csv", target, client) == ["download-cut"]
    assert is_untouched(target)


def test_text_that_ends_with_the_connection_is_not_proved_whole(server, client, target):
    def answer(handler, _):
        handler.close_connection = True
        handler.send(CSV, length="none")

    server.routes["/a"] = answer
    assert refused(server.url + "/a", target, client) == ["download-unproved"]
    md5 = hashlib.md5(CSV, usedforsecurity=False).hexdigest()
    fetch(server.url + "/a", target, client, expected=Expected("csv", md5=md5))
    assert target.read_bytes() == CSV


def test_the_published_checksum_and_length_must_agree(server, client, target):
    url = server.serve("/a.csv", CSV)
    assert refused(url, target, client, Expected("csv", md5="0" * 32)) == ["download-checksum"]
    assert refused(url, target, client, Expected("csv", size=3)) == ["download-length"]
    assert is_untouched(target)


def test_a_file_beyond_the_limit_is_refused_before_and_during_its_transfer(server, client, target):
    limit = Expected("csv", max_bytes=1000)
    assert refused(server.serve("/a.csv", CSV), target, client, limit) == ["file-too-large"]
    server.routes["/b.csv"] = lambda handler, _: handler.send(CSV, chunked=True)
    assert refused(server.url + "/b.csv", target, client, limit) == ["file-too-large"]
    assert is_untouched(target)


# --- What is interrupted ------------------------------------------------------------------

_CHILD = """
import sys
from pathlib import Path
from layers.download import Expected, fetch
from layers.polite import PoliteClient, _refuse_downgrade
fetch(sys.argv[1], Path(sys.argv[2]), PoliteClient(), expected=Expected("csv"))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_process_killed_in_the_middle_leaves_the_last_good_data_and_what_it_received(
    server, client, target
):
    def answer(handler, nth):
        if nth > 1:
            handler.send_ranged(CSV)
            return
        handler.send_response_only(200)
        handler.send_header("Content-Length", str(len(CSV)))
        handler.send_header("ETag", '"1"')
        handler.end_headers()
        handler.wfile.write(CSV[:200_000])
        handler.wfile.flush()
        time.sleep(20)  # until the client is killed

    server.routes["/a.csv"] = answer
    url, part = server.url + "/a.csv", target.with_name("communes.csv.part")
    words = [sys.executable, "-c", _CHILD, url, str(target)]
    with subprocess.Popen(words) as child:
        limit = time.monotonic() + 30
        while not (part.exists() and part.stat().st_size >= 65_536):
            assert time.monotonic() < limit
            time.sleep(0.02)
        child.send_signal(signal.SIGKILL)
    assert is_untouched(target)
    received = part.stat().st_size
    assert fetch(url, target, client, expected=FORM) is not None
    assert target.read_bytes() == CSV
    assert server.asked[-1][1]["Range"] == f"bytes={received}-"


def test_a_file_received_whole_but_not_put_in_place_is_not_asked_for_again(server, client, target):
    part = target.with_name("communes.csv.part")
    part.write_bytes(CSV)
    url = server.url + "/a.csv"
    note = {"asked": url, "url": url, "etag": '"1"', "total": len(CSV), "proved": True,
            "resumable": True}  # fmt: skip
    part.with_name("communes.csv.part.json").write_text(json.dumps(note))
    assert fetch(url, target, client, expected=FORM) is not None
    assert (target.read_bytes(), server.asked) == (CSV, [])


@pytest.mark.parametrize("note", [b"", b"{}", b"[1]", b'{"asked": "http://elsewhere/"}', b"\xff"])
def test_a_part_of_something_else_is_never_continued(server, client, target, note):
    target.with_name("communes.csv.part").write_bytes(b"another file, unfinis")
    target.with_name("communes.csv.part.json").write_bytes(note)
    fetch(server.serve("/a.csv", CSV), target, client, expected=FORM)
    assert target.read_bytes() == CSV
    assert digest(target) == hashlib.sha256(CSV).hexdigest()


# --- Proxies and encryption ---------------------------------------------------------------


def test_the_proxy_of_the_environment_is_used(server, client, target, monkeypatch):
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", server.url)
    url = "http://donnees.invalid/a.csv"
    server.serve(url, CSV)
    fetch(url, target, client, expected=FORM)
    assert target.read_bytes() == CSV


class _Answer:
    def __init__(self, url, *history):
        self.url, self.history = url, history


def test_a_redirection_that_leaves_encryption_is_refused():
    with pytest.raises(LayerError, match="download-insecure"):
        _refuse_downgrade(_Answer("http://b.fr/a.csv", _Answer("https://a.fr/a.csv")))
    _refuse_downgrade(_Answer("https://b.fr/a.csv", _Answer("https://a.fr/a.csv")))
    _refuse_downgrade(_Answer("https://b.fr/a.csv", _Answer("http://a.fr/a.csv")))


def test_without_a_network_a_server_is_not_waited_for_again_and_again(client, target, waits):
    """RFC 2606: no server is ever named .invalid."""
    for _ in range(3):
        found = refused("http://nowhere.invalid/a.zip", target, client)
        assert found == ["download-network"]
    assert waits == []


def test_a_server_that_never_answered_is_waited_for_once(client, target, waits):
    with socket.socket() as taken:  # bound, not listening: connections are refused
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/a.zip"
        first = refused(url, target, client)
        spent = len(waits)
        assert refused(url, target, client) == first
    assert spent > 0
    assert len(waits) == spent


def test_a_proxy_that_is_down_is_waited_for_once_for_every_server(
    tmp_path, client, monkeypatch, waits
):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    told = []
    for host in ("un.example", "deux.example"):
        with pytest.raises(LayerError) as error:
            fetch(f"http://{host}/a.csv", tmp_path / "a.csv", client, expected=Expected("csv"))
        (found,) = error.value.problems
        told.append((found.code, found.file, found.found.startswith("proxy, ")))
        assert "Unable to connect" not in found.found  # the reason itself, not what wraps it
    assert told == [
        ("download-network", "un.example", True), ("download-network", "deux.example", True),
    ]  # fmt: skip
    assert len(waits) == 5  # those of the first server alone
