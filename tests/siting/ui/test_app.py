"""The app in a real browser: what is seen, clicked, uploaded; nothing asked from outside."""

import json
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from playwright.sync_api import FrameLocator, Page, Response, expect

from layers.territory import Level
from siting.i18n import LANGUAGES, translator
from siting.labels import hectares
from siting.scenario import read_scenario, scenario_hash
from siting.ui.navigation import PAGES
from siting.ui.territory_panel import closest
from siting.zan.ruleset import load_ruleset

pytestmark = pytest.mark.browser

FIRST_LOAD_S = 240  # the demonstration land cover is made on first use
MAP = 'iframe[title="streamlit_folium.st_folium"]'
FRENCH = translator("fr")
EVIL = '<img src=x onerror="top.attacked = window.attacked = 1">'


def on_map(page: Page) -> FrameLocator:
    return page.locator(MAP).last.content_frame  # the one before it is about to go


def markers(page: Page):
    return on_map(page).locator(".siting-site")


def sheet(page: Page, site_id: str):
    return page.locator(f'article[data-site="{site_id}"]').first


def in_ha(area_m2: float) -> re.Pattern[str]:
    """What tells an area in French, with as many decimals as its table needs."""
    told = (hectares(area_m2, FRENCH, decimals=n).replace("-", "\u2212") for n in range(1, 5))
    return re.compile("|".join(re.escape(one) + r"\s" for one in told))


def site_file(path: Path, names: list[str]) -> Path:
    """A file of small sites around Angers, one a name, the last outside the region."""
    features = []
    for place, name in enumerate(names):
        x, y = (5.0 if place == len(names) - 1 else -0.55 + 0.4 * place), 47.47
        ring = [[x, y], [x + 0.005, y], [x + 0.005, y + 0.004], [x, y + 0.004], [x, y]]
        geometry = {"type": "Polygon", "coordinates": [ring]}
        properties = {"site_id": f"S{place}", "name": name}
        features.append({"type": "Feature", "properties": properties, "geometry": geometry})
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


# --- What is seen -----------------------------------------------------------------------


def test_the_map_is_seen_in_french_with_territories_sites_and_legend(visit):
    page = visit()
    assert on_map(page).locator("path.siting-unit").count() > 70
    assert markers(page).count() == 30
    expect(on_map(page).locator(".siting-legend")).to_contain_text("Budget ZAN 2021-2030 consommé")
    expect(on_map(page).locator(".siting-legend")).to_contain_text("moins de 50")
    expect(on_map(page).get_by_text("Nantes", exact=True).first).to_be_visible()
    expect(
        page.get_by_role(
            "heading", level=1, name="Implantations industrielles et sobriété foncière"
        ).first
    ).to_be_visible()
    expect(page.locator(".sg-banner", has_text="Données de démonstration").first).to_be_visible()
    expect(
        page.locator(".sg-footer", has_text=re.compile(r"scénario base .*zan-50")).first
    ).to_be_visible()


@pytest.mark.parametrize(
    ("query", "most", "click"), [("", 1_000_000, 60_000), ("?level=commune", 1_500_000, 200_000)]
)
def test_the_page_is_light(browser, address, query, most, click):
    page = browser.new_page()
    received: list[int] = []
    grounds: list[Response] = []
    page.on(
        "websocket", lambda socket: socket.on("framereceived", lambda f: received.append(len(f)))
    )
    files = ("/ground-", "/view-")
    page.on(
        "response", lambda told: grounds.append(told) if any(f in told.url for f in files) else None
    )
    page.goto(address + query)
    markers(page).first.wait_for(timeout=FIRST_LOAD_S * 1000)
    first = sum(received)
    assert len(grounds) == 2
    assert first + sum(len(file.body()) for file in grounds) < most
    on_map(page).locator('.siting-site[data-site="DEMO-44-03"]').click()
    sheet(page, "DEMO-44-03").wait_for()
    page.wait_for_load_state("networkidle")
    assert sum(received) - first < click  # a click does not send the map again
    assert len(grounds) == 2
    page.close()


def test_english_by_the_switch_and_back(visit):
    page = visit()
    page.get_by_text("English", exact=True).click()
    expect(
        page.get_by_role("heading", level=1, name="Industrial siting and land sobriety").first
    ).to_be_visible()
    expect(on_map(page).locator(".siting-legend")).to_contain_text("ZAN budget 2021-2030 used")
    expect(page.locator(".sg-banner", has_text="Demonstration data").first).to_be_visible()
    expect(page).to_have_url(re.compile("lang=en"))
    page.get_by_text("Français", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="sobriété foncière").first).to_be_visible()
    expect(page.locator('[data-testid="stSidebar"]')).to_contain_text("Scénario")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("spec", PAGES, ids=lambda spec: spec.key)
def test_every_page_is_seen_whole_in_both_languages(visit, catalogue, spec, lang):
    page = visit(f"{spec.url_path}?lang={lang}", wait=".sg-footer")
    expect(page.get_by_role("link", name=translator(lang)(spec.title), exact=True)).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert page.locator('[data-testid="stException"], .sg-error').count() == 0
    text = " ".join(page.locator("body").inner_text().split())
    other = catalogue.keys() if lang == "fr" else catalogue.values()
    assert [told for told in other if told in text] == []


@pytest.fixture(scope="module")
def catalogue(root) -> dict[str, str]:
    """Messages long enough to be told from a name, English and French, without fields."""
    with (root / "siting/locale/fr/LC_MESSAGES/siting.po").open("rb") as file:
        found = {one.id: one.string for one in read_po(file) if one.id}
    return {
        " ".join(english.split()): " ".join(french.split())
        for english, french in found.items()
        if english != french and min(len(english), len(french)) > 18 and "{" not in english
    }


def test_the_map_takes_another_level_and_another_indicator(visit):
    page = visit("?level=departement&indicator=vacancy&place=commune:44109")
    expect(on_map(page).locator("path.siting-unit")).to_have_count(5)
    legend = on_map(page).locator(".siting-legend")
    expect(legend).to_contain_text("Part de logements vacants, par département")
    expect(on_map(page).locator("path.siting-chosen")).to_have_count(1)
    expect(page.locator(".sg-sheet h2", has_text=re.compile("^Nantes$")).first).to_be_visible()
    control = on_map(page).locator(".leaflet-control-layers")
    control.hover()
    control.get_by_text("Gares").click()
    expect(page).to_have_url(re.compile("layers=communes%2Cstations"))
    page.reload()
    expect(on_map(page).locator(".siting-place-stations").first).to_be_visible()


# --- What is clicked --------------------------------------------------------------------


def test_a_click_on_a_site_shows_its_verdict_and_contributions(visit, demo_run):
    page = visit()
    site_id = "DEMO-44-03"
    on_map(page).locator(f'.siting-site[data-site="{site_id}"]').click()
    shown = sheet(page, site_id)
    expect(shown).to_contain_text(demo_run.sites.loc[site_id, "name"])
    expect(shown.locator(".sg-verdict").first).to_be_visible()
    points = shown.locator("tr[data-criterion]")
    known = demo_run.scores.contributions.loc[site_id].dropna()
    assert points.count() >= 12
    assert points.count() <= len(known)
    total = sum(
        float(text.replace(",", ".")) for text in points.locator("td:last-child").all_inner_texts()
    )
    assert total == pytest.approx(demo_run.scores.total[site_id], abs=0.05 * points.count())
    # The whole state is in the address: a reload shows the same.
    expect(page).to_have_url(re.compile(f"site={site_id}"))
    page.reload()
    expect(sheet(page, site_id)).to_be_visible()
    page.get_by_role("button", name="Revenir à la région").click()
    expect(page.locator(".sg-sheet h2", has_text="Pays de la Loire").first).to_be_visible()
    expect(page).not_to_have_url(re.compile("site="))


def test_a_click_on_an_epci_shows_its_budget(visit, demo_run):
    page = visit()
    # Territories are drawn in the order of their codes.
    budgets = demo_run.before.budgets(Level.EPCI)
    on_map(page).locator("path.siting-unit").nth(40).dispatch_event("click")
    shown = page.locator(f'article[data-territory="{budgets.index[40]}"]').first
    expect(shown).to_contain_text(budgets["name"].iloc[40])
    expect(shown).to_contain_text("Budget 2021-2030")
    expect(shown).to_contain_text(in_ha(budgets["budget_m2"].iloc[40]))
    expect(page).to_have_url(re.compile(f"place=epci%3A{budgets.index[40]}"))


def test_a_row_of_the_table_selects_its_site(visit, demo_run):
    page = visit()
    grid = page.locator('[data-testid="stDataFrame"] .dvn-scroller').first
    grid.scroll_into_view_if_needed()
    grid.click(position={"x": 20, "y": 35 + 17})
    best = demo_run.scores.rank.idxmin()
    expect(sheet(page, best)).to_be_visible()
    expect(on_map(page).locator(f'.siting-selected[data-site="{best}"]')).to_be_visible()


def test_the_address_filters_and_chooses_the_scenario(visit, demo_run):
    page = visit("?verdicts=over_budget&scenario=rural_balance&planned=1")
    expect(page.locator(".sg-footer", has_text="scénario rural_balance").first).to_be_visible()
    verdicts = {node.get_attribute("data-verdict") for node in markers(page).all()}
    assert verdicts == {"over_budget"}
    expect(on_map(page).locator(".siting-legend")).to_contain_text("sites du scénario")


def test_the_strategist_finds_the_epci_closest_to_its_ceiling(visit, demo_run):
    page = visit()
    (code, name, _share), *_others = closest(demo_run.before, 1)
    page.locator(f".st-key-epci-used-{code} button").click()
    shown = page.locator(f'article[data-territory="{code}"]').first
    expect(shown.locator(".sg-ledger", has_text="Consommation observée").first).to_be_visible()
    before = demo_run.account.budgets(Level.EPCI).loc[code]
    left = in_ha(before["remaining_m2"])
    expect(shown.locator(".sg-ledger .sg-strong", has_text=left).first).to_be_visible()
    page.get_by_role("link", name="Trajectoire et registre complets").click()
    expect(page.get_by_role("heading", level=1, name=name).first).to_be_visible()
    expect(page.get_by_role("tab", name="Registre")).to_be_visible()
    expect(page.locator('[data-testid="stVegaLiteChart"]')).to_be_visible()
    page.get_by_label("Jeu de règles").click()
    page.get_by_text(re.compile("54,5 %")).last.click()
    expect(page.locator(".sg-footer", has_text="zan-54-5").first).to_be_visible()
    rate = (1 - load_ruleset("zan-54-5").rate.value) * int(before["reference_m2"])
    expect(page.locator(".sg-header dd", has_text=in_ha(float(rate))).first).to_be_visible()
    expect(page).to_have_url(re.compile(r"territoire\?.*scenario=[0-9a-f]{12}"))
    page.reload()
    expect(page.locator(".sg-footer", has_text="zan-54-5").first).to_be_visible()
    expect(page.get_by_role("heading", level=1, name=name).first).to_be_visible()


def test_a_proposal_is_never_passed_off_as_the_law(visit):
    page = visit("territoire", wait=".sg-footer")
    page.get_by_label("Jeu de règles").click()
    page.get_by_text(re.compile("TRACE")).last.click()
    expect(page.locator(".sg-footer", has_text="trace").first).to_be_visible()
    expect(page.locator(".sg-error", has_text="HORS LOI EN VIGUEUR").first).to_be_visible()


# --- What is uploaded -------------------------------------------------------------------


def test_names_of_a_file_are_text_everywhere(visit, tmp_path):
    page = visit()
    sites = site_file(tmp_path / "sites.geojson", [EVIL, "[lien](//x) **gras**", "Ailleurs"])
    page.locator('input[type="file"]').set_input_files(sites)
    report = page.locator('[data-testid="stExpander"]').first
    expect(report).to_contain_text("sites affichés : 2 ; lignes du fichier : 3")
    expect(report).to_contain_text("Lignes rejetées")
    expect(markers(page)).to_have_count(2)
    marker = on_map(page).locator('.siting-site[data-site="S0"]')
    marker.hover()
    expect(on_map(page).locator(".siting-card strong")).to_have_text(EVIL)
    marker.dispatch_event("click")
    expect(sheet(page, "S0").locator("h2")).to_have_text(EVIL)
    assert page.evaluate("window.attacked") is None
    assert page.locator('img[src="x"]').count() == 0
    assert on_map(page).locator('img[src="x"]').count() == 0


WRONG = (
    ("vide.gpkg", b"", "vide"),
    ("page.gpkg", b"<!doctype html><title>404</title>", "page web"),
    ("![x](http://example.org/x.png).zip", b"PK\x03\x04 broken", "x.png"),
)


def test_a_wrong_file_is_told_in_words(visit):
    page = visit()
    for name, content, told in WRONG:
        payload = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
        page.locator('input[type="file"]').set_input_files(payload)
        message = page.locator(".sg-error", has_text=told).first
        expect(message).to_contain_text("Ce fichier ne peut pas être utilisé")
        assert page.locator('[data-testid="stException"]').count() == 0
        expect(page.locator("body")).not_to_contain_text("Traceback")
        expect(markers(page)).to_have_count(30)


def test_the_layer_of_a_file_that_holds_several_is_asked_once(visit, tmp_path, demo_run):
    page = visit()
    file = tmp_path / "sites.gpkg"
    columns = ["site_id", "name", "geometry"]
    demo_run.sites[columns].to_file(file, layer="tous", index=False)
    demo_run.sites[columns].iloc[:2].to_file(file, layer="deux", index=False)
    page.locator('input[type="file"]').set_input_files(file)
    expect(page.locator(".sg-error", has_text="tous, deux").first).to_be_visible()
    layer = page.get_by_label("Couche du fichier")
    layer.fill("deux")
    layer.press("Enter")
    expect(markers(page)).to_have_count(2)
    expect(page.locator(".sg-error")).to_have_count(0)
    markers(page).first.dispatch_event("click")
    expect(page.locator("article[data-site]").first).to_be_visible()
    expect(markers(page)).to_have_count(2)


# --- The journey of a planner -------------------------------------------------------------

PHASED = """
extends = "base"
id = "phases"
title = "Deux sites phasés"
title_en = ""
[sites]
selected = ["S0", "S1"]
works_start = { S0 = 2027, S1 = 2029 }
"""


def test_a_planner_brings_sites_phases_them_compares_and_keeps_the_scenario(
    visit, tmp_path, go, upload
):
    page = visit()
    go(page, "Nouveau site")
    page.get_by_role("tab", name="Fichier").click()
    sites = site_file(tmp_path / "sites.geojson", [EVIL, "Deux", "Ailleurs"])
    upload(page, "sites.geojson", sites.read_bytes())
    page.get_by_role("button", name="Obtenir les verdicts").click()
    expect(page.locator(".sg-error", has_text="Lignes rejetées").first).to_be_visible()
    expect(sheet(page, "S0").locator("h2")).to_have_text(EVIL)
    page.get_by_role("button", name="Ajouter aux sites du scénario").click()
    expect(page.locator(".sg-alert", has_text="S0, S1").first).to_be_visible()
    go(page, "Scénarios")
    upload(page, "phases.toml", PHASED.encode())
    expect(page.get_by_text("Ouvert : Deux sites phasés")).to_be_visible()
    changed = page.locator(".sg-changes", has_text="Sites retenus")
    expect(changed).to_contain_text("Sites retenus : tous → S0, S1")
    expect(changed).to_contain_text("Début des travaux du site S0 : – → 2027")
    with page.expect_download() as download:
        page.get_by_role("button", name="Télécharger (TOML)").click()
    text = Path(download.value.path()).read_bytes()
    asked = scenario_hash(read_scenario(text))
    expect(page.locator(".sg-footer", has_text=asked).first).to_be_visible()
    upload(page, "encore.toml", text)
    expect(page.get_by_text(f"({asked})").first).to_be_visible()
    expect(page).to_have_url(re.compile(f"scenario={asked}"))
    assert page.evaluate("window.attacked") is None
    assert page.locator('img[src="x"]').count() == 0
