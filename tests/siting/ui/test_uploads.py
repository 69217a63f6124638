"""Files that anyone may give the app: a clear message, and the session goes on."""

import io
import json
import warnings
import zipfile

import geopandas as gpd
import pytest
import shapely
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

EVIL = '<img src=x onerror="top.attacked = window.attacked = 1">'
POINTER = (
    b"version https://git-lfs.github.com/spec/v1\n"
    b"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"
)
SQUARE = [[-0.55, 47.47], [-0.545, 47.47], [-0.545, 47.474], [-0.55, 47.474], [-0.55, 47.47]]


def zipped(name: str, content: bytes, *, kept: float = 1.0) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    whole = packed.getvalue()
    return whole[: int(len(whole) * kept)]


def collection(geometry: object, **properties: object) -> bytes:
    feature = {"type": "Feature", "properties": properties, "geometry": geometry}
    return json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()


POLYGON = {"type": "Polygon", "coordinates": [SQUARE]}
# What is told, in the French of the page.
WRONG = {
    "vide.gpkg": (b"", "vide (0 octet"),
    "pointeur.gpkg": (POINTER, "pointeur"),
    "page.gpkg": (b"<!doctype html><title>404</title>", "page web"),
    "erreur.geojson": (b'<?xml version="1.0"?><ServiceException/>', "page web"),
    "coupe.zip": (zipped("s.geojson", collection(POLYGON, name="a") * 40, kept=0.5), "archive"),
    "bombe.zip": (zipped("sites.geojson", bytes(300 << 20)), "archive"),
    "fuite.zip": (zipped("../../sites.geojson", b"{}"), "archive"),
    "photo.png": (b"\x89PNG\r\n", "format"),
    "coupe.geojson": (collection(POLYGON, name="a")[:80], "coupe.geojson"),
    "gros.gpkg": (bytes(50_000_000), "GeoPackage"),
    "colonnes.csv": (b"a;b\n1;2\n", "a, b"),
    "![x](http://example.org/x.png).zip": (b"PK\x03\x04 broken", "x.png"),
}


def test_no_wrong_file_stops_the_session(visit, go, upload, settled):
    page = visit()
    go(page, "Nouveau site")
    page.get_by_role("tab", name="Fichier").click()
    for name, (content, told) in WRONG.items():
        upload(page, name, content)
        page.get_by_role("button", name="Obtenir les verdicts").click()
        message = page.locator(".sg-error", has_text=name.rsplit("/", 1)[-1])
        expect(message, name).to_contain_text("Ceci ne peut pas être utilisé")
        expect(message, name).to_contain_text(told)
        assert page.locator('[data-testid="stException"]').count() == 0
        expect(page.locator("body")).not_to_contain_text("Traceback")
        settled(page)
    usable(page, upload)
    # A scenario that reaches out of its file, or means nothing.
    go(page, "Scénarios")
    upload(page, "mal.toml", b'extends = "/etc/passwd"\n[weights]\nland = -1')
    expect(
        page.locator(".sg-error", has_text="Ce scénario ne peut pas être utilisé").first
    ).to_be_visible()
    expect(page.locator(".sg-footer", has_text="scénario base ").first).to_be_visible()


def usable(page: Page, upload) -> None:
    """Give a good file in the same field: its verdict is told, its names are text."""
    upload(page, "sites.geojson", collection(POLYGON, site_id="S0", name=EVIL, owner=EVIL))
    page.get_by_role("button", name="Obtenir les verdicts").click()
    sheet = page.locator('article[data-site="S0"]')
    expect(sheet.locator("h2")).to_have_text(EVIL)
    expect(sheet.locator(".sg-verdict").first).to_be_visible()
    assert page.evaluate("window.attacked") is None
    assert page.locator('img[src="x"]').count() == 0


def geojson_in(crs: str | None, tmp_path) -> bytes:
    """Return a GeoPackage in a CRS, or in none."""
    path = tmp_path / f"{crs or 'none'}.gpkg".replace(":", "-")
    shape = shapely.box(432_000, 6_715_000, 432_400, 6_715_400)
    table = gpd.GeoDataFrame({"name": ["a"]}, geometry=[shape], crs=crs)
    with warnings.catch_warnings(action="ignore", category=UserWarning):  # there is no CRS
        table.to_file(path, index=False)
    return path.read_bytes()


def test_wrong_coordinates_are_told_in_the_side_bar_and_the_session_goes_on(
    visit, upload, tmp_path
):
    page = visit()
    metres = {"type": "Polygon", "coordinates": [[[x * 1e5, y * 1e5] for x, y in SQUARE]]}
    cases = (
        # Metres told to be degrees, a mark of degrees in a projection: outside, or refused.
        ("metres.geojson", collection(metres, name="a")),
        ("lambert.gpkg", geojson_in("EPSG:32631", tmp_path)),
    )
    for name, content in cases:
        upload(page, name, content, where="stSidebar")
        told = page.locator(".sg-error, [data-testid='stExpander']", has_text=name).first
        expect(told).to_be_visible()
        assert page.locator('[data-testid="stException"]').count() == 0
    upload(page, "sites.geojson", collection(POLYGON, site_id="S0", name="Zone"),
           where="stSidebar")  # fmt: skip
    frame = page.locator('iframe[title="streamlit_folium.st_folium"]').last.content_frame
    expect(frame.locator('.siting-site[data-site="S0"]')).to_be_visible()


def shapefile_without_prj(folder) -> bytes:
    """Return a zipped Shapefile whose .prj was left out, as an export often does."""
    shape = shapely.box(432_000, 6_715_000, 432_400, 6_715_400)
    table = gpd.GeoDataFrame({"name": ["a"]}, geometry=[shape])
    with warnings.catch_warnings(action="ignore", category=UserWarning):
        table.to_file(folder / "s.shp")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for one in sorted(folder.glob("s.*")):
            if one.suffix != ".prj":
                archive.write(one, one.name)
    return packed.getvalue()


def test_a_file_that_declares_no_crs_is_refused_never_guessed_in_both_places(
    visit, go, upload, tmp_path
):
    files = {
        "sans-crs.gpkg": geojson_in(None, tmp_path),
        "sans-prj.zip": shapefile_without_prj(tmp_path),
        "xy.csv": b"id;x;y;surface_ha\nA;432000;6715000;3\n",
    }
    page = visit()
    before = page.locator(".sg-footer").inner_text()
    for name, content in files.items():  # sites in place of those of the app
        upload(page, name, content, where="stSidebar")
        message = page.locator(".sg-error", has_text=name)
        expect(message, name).to_contain_text("ne déclare aucun système de coordonnées")
        expect(message, name).to_contain_text("EPSG:2154")
        assert page.locator('[data-testid="stException"]').count() == 0
    page.locator('[data-testid="stFileChipDeleteBtn"]').click()
    expect(page.locator(".sg-footer", has_text=before).first).to_be_visible()
    go(page, "Nouveau site")
    page.get_by_role("tab", name="Fichier").click()
    for name, content in files.items():  # one more site
        upload(page, name, content)
        page.get_by_role("button", name="Obtenir les verdicts").click()
        message = page.locator(".sg-error", has_text=name)
        expect(message, name).to_contain_text("ne déclare aucun système de coordonnées")
        assert page.locator("article[data-site]").count() == 0
    usable(page, upload)


# --- A file too long to judge --------------------------------------------------------------


def test_the_judgement_of_a_large_file_is_stopped_and_the_file_taken_away(visit, tmp_path):
    page = visit()
    rows = [f"S{n},{-1.9 + n % 80 / 40},{46.9 + n // 80 / 80},5" for n in range(6_000)]
    file = tmp_path / "sites.csv"
    file.write_text("\n".join(["id,lon,lat,area_ha", *rows]), encoding="utf-8")
    page.locator('input[type="file"]').set_input_files(file)
    page.get_by_role("button", name="Arrêter").click()
    expect(page.get_by_text("travail arrêté")).to_be_visible()
    expect(page.get_by_text("sites.csv")).to_be_visible()
    expect(page.locator(".sg-footer")).to_have_count(0)
    page.locator('[data-testid="stFileChipDeleteBtn"]').click()
    expect(page.locator(".sg-footer")).to_be_visible()
    expect(page.get_by_text("sites.csv")).to_have_count(0)
