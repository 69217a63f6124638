"""Layers and backgrounds of the map, in a real browser, drawn from a file without the app."""

import re
import struct
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit
from zlib import compress, crc32

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from playwright.sync_api import expect

from layers.freight_sidings import FREIGHT_SIDINGS
from layers.spec import Provenance, Status, make_layer
from layers.surroundings import BROWNFIELDS
from siting.i18n import translator
from siting.maps import make_ground, map_view, site_map
from siting.maps.backgrounds import BACKGROUNDS, WMTS, backgrounds_view

FRENCH, ENGLISH = translator("fr"), translator("en")
EVIL = "<img src=x onerror=alert(1)>"


def pixel() -> bytes:
    """A PNG of one white point."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", compress(b"\0\xff")), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


@pytest.fixture(scope="module")
def richer(world):
    """The world with a brownfield and a siding, one without a name."""
    source = Provenance("Cerema", "t", "2026", "LO 2.0", Status.OBSERVED)
    square = shapely.box(355_000, 6_690_000, 355_400, 6_690_300)
    land = gpd.GeoDataFrame({"name": [EVIL]}, geometry=[square], crs="EPSG:2154")
    points = gpd.GeoDataFrame(
        {
            "name": pd.array([None], dtype="string"),
            "state": pd.array(["Bon"], dtype="string"),
            **{n: pd.array([None], dtype="boolean")
               for n in ("usable", "agreement", "recent_traffic")},
        },
        geometry=[square.centroid], crs="EPSG:2154",
    )  # fmt: skip
    layers = {
        "brownfields": make_layer(BROWNFIELDS, land, source),
        "freight_sidings": make_layer(FREIGHT_SIDINGS, points, source),
    }
    return replace(world, layers={**world.layers, **layers})


# --- What the script is told ------------------------------------------------------------------


def test_a_site_is_marked_by_what_it_declares(demo_run, world):
    view = map_view(demo_run, world, FRENCH)
    declared = demo_run.sites["is_brownfield"].fillna(value=False)
    marked = {site["id"] for site in view["sites"] if "brownfields" in site["marks"]}
    assert marked == set(demo_run.sites.index[declared]) != set()


def test_layers_that_are_made_up_say_so(demo_run, world):
    view = map_view(demo_run, world, FRENCH)
    assert set(view["demonstration"]) == {"protected_areas", "interchanges", "ports"}
    assert view["labels"]["demonstration"] == "démonstration"


def test_surveyed_brownfields_and_sidings_are_on_the_ground(world, richer):
    bare, full = make_ground(world), make_ground(richer)
    assert (bare.brownfields, bare.points["freight_sidings"]) == ([], [])
    [[_rings, name, kind]] = full.brownfields
    assert (name, kind) == (EVIL, "brownfield")
    assert full.points["freight_sidings"][0][2] == ""


def test_backgrounds_are_those_of_the_geoplateforme():
    for one in BACKGROUNDS:
        asked = parse_qs(urlsplit(one.url).query)
        assert one.url.startswith(WMTS)
        assert asked["LAYER"] == [one.layer]
        assert asked["TILEMATRIXSET"] == ["PM"]  # the grid of Leaflet, EPSG:3857
        assert asked["TILECOL"] == ["{x}"]
    assert "data.geopf.fr" in backgrounds_view(FRENCH)["told"]


# --- In a browser -------------------------------------------------------------------------------


@pytest.fixture
def opened(browser, tmp_path, demo_run, richer):
    """Open a map; every request beyond the files is answered here, and noted."""
    path = tmp_path / "map.html"
    site_map(demo_run, richer, make_ground(richer), FRENCH).save(str(path))
    asked, answers = [], {"status": 200, "content_type": "image/png", "body": pixel()}

    def answer(route):
        asked.append(route.request)
        route.fulfill(**answers)

    page = browser.new_page(viewport={"width": 900, "height": 600})
    page.route(re.compile("^https?://"), answer)
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(path.as_uri())
    page.locator(".siting-site").first.wait_for()
    yield page, asked, answers
    page.close()
    assert errors == []


pytestmark = pytest.mark.browser


def choose(page, title):
    page.mouse.move(5, 300)  # the panel of layers closes as the pointer leaves it
    page.locator(".leaflet-control-layers-toggle").hover(force=True)
    page.locator(".leaflet-control-layers label", has_text=title).click()


def test_nothing_is_asked_from_outside_until_a_background_is_chosen(opened):
    page, asked, _answers = opened
    page.wait_for_timeout(300)
    assert asked == []
    page.locator(".leaflet-control-layers-toggle").hover(force=True)
    expect(page.locator(".siting-outside")).to_contain_text("data.geopf.fr")
    assert asked == []
    choose(page, "Photographies aériennes")
    page.locator(".leaflet-tile-loaded").first.wait_for()
    queries = [parse_qs(urlsplit(one.url).query) for one in asked]
    assert {urlsplit(one.url).hostname for one in asked} == {"data.geopf.fr"}
    assert {query["LAYER"][0] for query in queries} == {"ORTHOIMAGERY.ORTHOPHOTOS"}
    assert all("referer" not in one.headers for one in asked)
    assert float(page.locator(".siting-unit").first.evaluate(
        "node => getComputedStyle(node).fillOpacity")) < 0.5  # fmt: skip
    page.reload()  # kept for this tab
    page.locator(".leaflet-tile-loaded").first.wait_for()
    choose(page, "Sans fond (rien n’est demandé à l’extérieur)")
    count = len(asked)
    page.reload()
    page.locator(".siting-site").first.wait_for()
    page.wait_for_timeout(300)
    assert len(asked) == count


def test_a_background_that_does_not_come_is_told(opened):
    page, _asked, answers = opened
    answers |= {"status": 503, "content_type": "text/plain", "body": b""}
    choose(page, "Plan IGN")
    expect(page.locator(".siting-failed")).to_contain_text("data.geopf.fr")
    choose(page, "Sans fond (rien n’est demandé à l’extérieur)")
    expect(page.locator(".siting-failed")).to_be_hidden()


def test_brownfields_and_sidings_are_switched_on(opened):
    page, _asked, _answers = opened
    assert page.locator(".siting-mark-brownfields.leaflet-marker-icon").count() == 0
    choose(page, "Friches (recensées ou déclarées)")
    assert page.locator(".siting-mark-brownfields.leaflet-marker-icon").count() > 0
    assert page.locator("path[stroke='#8a3fa0']").count() == 1
    choose(page, "Embranchements fret (recensés ou déclarés)")
    assert page.locator(".siting-place-freight_sidings").count() == 1
    page.locator(".siting-place-freight_sidings").hover(force=True)
    expect(page.locator(".siting-card")).to_have_text("Embranchement fret (ITE)")


PLACED = """() => {
  const box = (node) => {
    const { left, right, top, bottom } = node.getBoundingClientRect();
    return { left, right, top, bottom };
  };
  const seen = [...document.querySelectorAll("div.siting-town span")].filter(
    (node) => node.offsetWidth && getComputedStyle(node).visibility === "visible");
  return {
    names: seen.map((node) => ({ text: node.textContent, ...box(node) })),
    signs: [...document.querySelectorAll(".siting-site")].map(box),
  };
}"""


def shared(one, other):
    width = min(one["right"], other["right"]) - max(one["left"], other["left"])
    height = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
    return width * height if width > 0 and height > 0 else 0


def test_the_names_of_towns_are_read_beside_the_signs_of_sites(opened, richer):
    page, _asked, _answers = opened
    placed = page.evaluate(PLACED)
    names = placed["names"]
    largest = {name for _x, _y, name, tier in make_ground(richer).towns if tier == 0}
    assert largest <= {one["text"] for one in names}
    for rank, one in enumerate(names):
        assert all(shared(one, other) == 0 for other in names[:rank]), one["text"]
        area = (one["right"] - one["left"]) * (one["bottom"] - one["top"])
        hidden = sum(shared(one, sign) for sign in placed["signs"])
        assert hidden < area / 4, one["text"]
    # Above the signs: a name that touches one is still read.
    depth = 'node => Number(getComputedStyle(node.closest(".leaflet-pane")).zIndex)'
    assert page.locator("div.siting-town").first.evaluate(depth) > page.locator(
        ".siting-site"
    ).first.evaluate(depth)
