"""Editions found in a feed laid out as the Géoplateforme's."""

import pytest

from layers.atom import last_edition
from layers.errors import LayerError
from layers.sources import DataSource

HEAD = """<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns="http://www.w3.org/2005/Atom"
  xmlns:gpf_dl="https://data.geopf.fr/annexes/ressources/xsd/gpf_dl.xsd"
  gpf_dl:page="{page}" gpf_dl:pagecount="{pages}">"""
MD5 = "0123456789abcdef0123456789ABCDEF"
NAMES = (
    "ADMIN_4-0__GPKG_LAMB93_FXX_2025-01-01",
    "ADMIN_4-0__GPKG_WGS84G_FRA_2026-01-01",
    "ADMIN_3-2_GPKG_LAMB93_FXX_2026-01-01",
    "ADMIN_4-0__SHP_LAMB93_FXX_2026-03-01",
)


@pytest.fixture
def source(server):
    return DataSource(
        layer="communes", publisher="IGN", title="ADMIN", licence="L", kind="atom", format="7z",
        url=f"{server.url}/resource/ADMIN",
        edition=r"ADMIN_\d-\d_{1,2}GPKG_LAMB93_FXX_(?P<order>\d{4}-\d{2}-\d{2})",
        evidence="verified",
    )  # fmt: skip


def entry(link, title="", length="", kind="application/atom+xml"):
    size = f'gpf_dl:length="{length}"' if length else ""
    return f'<entry><title>{title}</title><link href="{link}" type="{kind}" {size}/></entry>'


@pytest.fixture
def feeds(server):
    def page(handler, _):
        at = int(handler.path.partition("page=")[2].partition("&")[0])
        some = NAMES[(at - 1) * 2 : at * 2]
        body = "".join(entry(f"{server.url}/resource/ADMIN/{name}", name) for name in some)
        handler.send((HEAD.format(page=at, pages=2) + body + "</feed>").encode())

    server.routes["/resource/ADMIN"] = page
    for name in NAMES:
        link = f"{server.url}/download/{name}.7z"
        body = entry(link, length="123456", kind="application/x-7z-compressed")
        body += entry(f"{server.url}/download/{name}.md5", length="80")
        text = (HEAD.format(page=1, pages=1) + body + "</feed>").encode()
        server.serve(f"/resource/ADMIN/{name}", text)
        server.serve(f"/download/{name}.md5", f"{MD5}  {name}.7z\n".encode())
    return server


def test_the_last_edition_is_read_in_the_feed_with_its_length_and_checksum(feeds, source, client):
    found = last_edition(source, client)
    assert found.title == "ADMIN_3-2_GPKG_LAMB93_FXX_2026-01-01"  # by date, not by title
    assert found.url == f"{feeds.url}/download/{found.title}.7z"
    assert (found.size, found.md5) == (123456, MD5)


def test_no_edition_is_told(feeds, source, client):
    other = source.model_copy(update={"edition": "OCSGE_.*"})
    with pytest.raises(LayerError, match="source-not-found"):
        last_edition(other, client)


def test_an_edition_in_several_volumes_is_left_for_the_last_whole_one(feeds, source, client):
    last = "ADMIN_3-2_GPKG_LAMB93_FXX_2026-01-01"
    body = "".join(entry(f"{feeds.url}/{last}.7z.00{n}", length="9") for n in (1, 2))
    feeds.serve(
        f"/resource/ADMIN/{last}", (HEAD.format(page=1, pages=1) + body + "</feed>").encode()
    )
    assert last_edition(source, client).title == "ADMIN_4-0__GPKG_LAMB93_FXX_2025-01-01"


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>oops</body></html>",
        b"<feed",
        b"not XML",
        b'<!DOCTYPE a [<!ENTITY b "c">]><feed xmlns="http://www.w3.org/2005/Atom">&b;</feed>',
    ],
)
def test_what_is_not_a_feed_is_refused(server, source, client, body):
    server.serve("/resource/ADMIN", body)
    with pytest.raises(LayerError, match="content-format"):
        last_edition(source, client)
