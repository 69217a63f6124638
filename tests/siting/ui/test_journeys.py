"""The journeys of both users, whole, in a real browser."""

import io
import json
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from layers.territory import Level
from siting.i18n import translator
from siting.labels import hectares
from siting.scenario import read_scenario, scenario_hash
from siting.ui.territory_panel import closest, sites_in

pytestmark = pytest.mark.browser

FRENCH = translator("fr")
ROW_PX, HEAD_PX = 35, 35
SQUARES = {"S0": (-0.55, 47.47, "Zone <b>nord</b>"), "S1": (-0.15, 47.47, "Zone sud")}


def sites_file() -> bytes:
    """Two small sites around Angers."""
    features = []
    for key, (x, y, name) in SQUARES.items():
        ring = [[x, y], [x + 0.005, y], [x + 0.005, y + 0.004], [x, y + 0.004], [x, y]]
        geometry = {"type": "Polygon", "coordinates": [ring]}
        properties = {"site_id": key, "name": name}
        features.append({"type": "Feature", "properties": properties, "geometry": geometry})
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def footer(page: Page):
    return page.locator(".sg-footer").first


def told_hash(page: Page) -> str:
    return footer(page).inner_text().split("(", 1)[1].split(")", 1)[0]


# --- Strategist ---------------------------------------------------------------------------


def test_a_strategist_goes_from_the_ceiling_to_its_sites_another_rule_and_a_file(
    visit, demo_run, go, settled
):
    page = visit()
    # The sites of the scenario counted, who is closest to its ceiling, or above it?
    page.get_by_text("Compter ses sites dans les budgets de la carte").click()
    (code, name, _share), *_others = closest(demo_run.account, 1)
    page.locator(f".st-key-epci-used-{code} button").click()
    opened = page.locator(f'article[data-territory="{code}"]').first
    expect(opened).to_contain_text(name)
    # Which sites caused it, each with what it takes, and its sheet.
    own = sites_in(demo_run, Level.EPCI, code)
    assert len(own) > 0
    for site_id, enaf_m2 in zip(own["site_id"], own["enaf_m2"], strict=True):
        expect(opened).to_contain_text(demo_run.sites.loc[site_id, "name"])
        expect(opened).to_contain_text(hectares(enaf_m2, FRENCH, decimals=1))
    first = own["site_id"].iloc[0]
    page.locator(f".st-key-epci-site-{first} button").click()
    sheet = page.locator(f'article[data-site="{first}"]')
    expect(sheet.locator(".sg-verdict").first).to_be_visible()
    expect(sheet).to_contain_text(name)
    # Back to the budget, then its whole account.
    page.get_by_role("button", name=f"Budget : {name}").click()
    page.get_by_role("link", name="Trajectoire et registre complets").click()
    expect(page.get_by_role("heading", level=1, name=name).first).to_be_visible()
    page.get_by_role("tab", name="Registre").click()
    ledger = page.get_by_role("tabpanel", name="Registre").locator('[data-testid="stDataFrame"]')
    expect(ledger.first).to_be_visible()
    # Under another rule set: less budget, told everywhere.
    before = page.locator(".sg-header dd").first.inner_text()
    settled(page)
    page.get_by_label("Jeu de règles").click()
    page.get_by_text(re.compile("54,5")).last.click()
    expect(footer(page)).to_contain_text("zan-54-5")
    expect(page.locator(".sg-header dd").first).not_to_have_text(before)
    # Take it away.
    go(page, "Sites")
    with page.expect_download() as download:
        page.get_by_role("button", name="Télécharger les sites").click()
    with zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())) as files:
        data, manifest = sorted(files.namelist(), key=len)
        assert data.endswith(".gpkg")
        told = json.loads(files.read(manifest))["manifest"]
    assert told["ruleset"] == "zan-54-5"
    assert told["scenario_hash"] == told_hash(page)


# --- Planner ------------------------------------------------------------------------------


def grid_of(page: Page):
    """Return the grid of the sites of the scenario."""
    return page.locator('[data-testid="stForm"] [data-testid="stDataFrame"]').first


def cell(page: Page, column: int, row: int):
    """Return a cell, as it is told to who cannot see: the grid itself is a drawing."""
    return grid_of(page).get_by_test_id(f"glide-cell-{column}-{row}")


def tick(page: Page, row: int) -> None:
    """Tick the box of a row, by its place and the keyboard."""
    expect(cell(page, 0, row)).to_have_text("false")
    grid_of(page).click(position={"x": 24, "y": HEAD_PX + ROW_PX * (row + 0.5)})
    expect(cell(page, 0, row)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")  # what is told follows the cell at hand
    expect(cell(page, 0, row)).to_have_text("true")


def test_a_planner_phases_two_sites_compares_and_finds_the_scenario_again(
    visit, go, upload, settled
):
    page = visit()
    upload(page, "sites.geojson", sites_file(), where="stSidebar")
    frame = page.locator('iframe[title="streamlit_folium.st_folium"]').last.content_frame
    expect(frame.locator(".siting-site")).to_have_count(2)
    frame.locator('.siting-site[data-site="S0"]').dispatch_event("click")
    expect(page.locator('article[data-site="S0"] .sg-answer .sg-verdict')).to_be_visible()
    go(page, "Scénarios")
    # Nothing in, then both by their boxes in the grid, each with its year.
    known = told_hash(page)
    page.get_by_role("button", name="Tout retirer").click()
    expect(footer(page)).not_to_contain_text(known)
    settled(page)
    for row, year in enumerate((2027, 2029)):
        tick(page, row)
        expect(cell(page, 1, row)).to_have_attribute("aria-selected", "true")
        page.keyboard.press("ArrowRight")
        expect(cell(page, 2, row)).to_have_attribute("aria-selected", "true")
        page.keyboard.press("Enter")
        page.locator("#portal input").fill(str(year))
        page.keyboard.press("Enter")
        expect(cell(page, 2, row)).to_have_text(str(year))
    known = told_hash(page)
    page.get_by_role("button", name="Appliquer").first.click()
    expect(footer(page)).not_to_contain_text(known)
    changes = page.locator(".sg-changes", has_text="Sites retenus")
    expect(changes).to_contain_text("Sites retenus : tous → S0, S1")
    expect(changes).to_contain_text("Début des travaux du site S0 : – → 2027")
    expect(changes).to_contain_text("Début des travaux du site S1 : – → 2029")
    # Compared with the base: what changes for each site, and for the budgets.
    page.get_by_role("tab", name=re.compile(r"Sites \(")).click()
    expect(page.locator('.sg-sites li[data-site="S1"]')).to_contain_text("Zone sud")
    page.get_by_role("tab", name=re.compile("Budgets")).click()
    budgets = page.get_by_role("tabpanel", name=re.compile("Budgets"))
    expect(budgets).to_contain_text("Aucun budget ne change")  # both still start in the period
    # Taken away as a file that says the same.
    with page.expect_download() as download:
        page.get_by_role("button", name="Télécharger (TOML)").click()
    kept = read_scenario(Path(download.value.path()).read_bytes())
    assert list(kept.sites.selected) == ["S0", "S1"]
    assert dict(kept.sites.works_start) == {"S0": 2027, "S1": 2029}
    own = told_hash(page)
    assert scenario_hash(kept) == own
    # The address tells it: after a reload, and for who is sent the link.
    expect(page).to_have_url(re.compile(f"scenario={own}"))
    page.reload()
    expect(footer(page)).to_contain_text(own)
    expect(changes).to_contain_text("Sites retenus : tous → S0, S1")
    shared = visit(page.url.split("/", 3)[3], wait=".sg-footer")
    expect(footer(shared)).to_contain_text(own)
    told = shared.locator(".sg-changes", has_text="Sites retenus")
    expect(told).to_contain_text("Début des travaux du site S1 : – → 2029")
