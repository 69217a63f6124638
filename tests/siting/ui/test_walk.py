"""What a first visit stumbled on: limits, empty states, an outline taken back, in French."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

MAP = 'iframe[title="streamlit_folium.st_folium"]'


def test_filters_that_keep_no_site_say_so_in_words(visit):
    page = visit("?verdicts=compatible_with_pooling", wait=".sg-footer")
    panel = page.get_by_role("tabpanel", name="Sites par rang (0)")
    expect(panel).to_contain_text("Aucun site ne passe les filtres.")
    expect(panel.locator('[data-testid="stDataFrame"]')).to_have_count(0)


def test_a_sixth_site_is_not_compared_and_the_limit_is_told_in_french(visit, settled):
    page = visit("sites", wait=".sg-footer")
    field = page.get_by_role("combobox", name=re.compile("Sites à comparer"))
    for code in ("44-02", "53-01", "49-01", "72-01", "85-05", "85-06"):
        field.click()
        field.fill(code)
        page.get_by_role("option", name=re.compile(code)).click()
        settled(page)
    page.keyboard.press("Escape")
    expect(page.locator(".sg-compare thead th")).to_have_count(1 + 5)
    expect(page.locator(".sg-alert", has_text="5 au plus")).to_be_visible()
    expect(page.get_by_text("You can only select")).to_have_count(0)


def click_corners(page, *corners):
    """Click on places of the map to draw on, told from its upper left corner."""
    frame = page.locator(MAP).last.bounding_box()
    for x, y in corners:
        page.mouse.click(frame["x"] + x, frame["y"] + y)
        page.wait_for_timeout(600)  # two clicks in a row are a double one


def test_an_outline_taken_back_is_no_outline_any_more(visit, settled):
    page = visit("nouveau-site", wait=".sg-footer")
    frame = page.locator(MAP).last
    tool = frame.content_frame.locator(".siting-drawing")
    expect(tool).to_be_visible()
    settled(page)
    click_corners(page, (200, 200), (215, 200), (215, 215))
    expect(tool).to_contain_text(re.compile(r"Environ [\d\u202f]+,\d\sha"))
    tool.get_by_role("button", name="Terminer le contour").click()
    settled(page)
    # A click on the land is a corner: no territory is chosen by it.
    expect(frame.content_frame.locator(".siting-chosen")).to_have_count(0)
    verdict = page.get_by_role("button", name="Obtenir le verdict", exact=True)
    verdict.click()
    expect(page.locator(".st-key-sheet .sg-verdict").first).to_be_visible()
    tool.get_by_role("button", name="Recommencer").click()
    settled(page)
    verdict.click()
    expect(page.locator(".sg-alert", has_text="il n’y en a pas encore")).to_be_visible()
    expect(page.locator(".st-key-sheet")).to_have_count(0)


def test_a_site_half_told_is_found_again_after_another_page(visit, go, settled):
    page = visit("nouveau-site", wait=".sg-footer")
    frame = page.locator(MAP).last
    tool = frame.content_frame.locator(".siting-drawing")
    expect(tool).to_be_visible()
    settled(page)
    click_corners(page, (200, 200), (215, 200), (215, 215))
    tool.get_by_role("button", name="Terminer le contour").click()
    settled(page)
    page.get_by_label("Nom", exact=True).fill("Zone des Prés")
    page.get_by_role("button", name="Obtenir le verdict", exact=True).click()
    expect(page.locator(".st-key-sheet .sg-verdict").first).to_be_visible()
    area = page.locator(".st-key-sheet h3", has_text="Terrain").first.text_content()
    go(page, "Sites")
    go(page, "Nouveau site")
    # The fields, and the outline on the map, are as they were left.
    expect(page.get_by_label("Nom", exact=True)).to_have_value("Zone des Prés")
    tool = page.locator(MAP).last.content_frame.locator(".siting-drawing")
    expect(tool).to_contain_text(re.compile(r"Environ [\d\u202f]+,\d\sha"))
    expect(tool.get_by_role("button", name="Terminer le contour")).to_be_disabled()
    settled(page)
    page.get_by_role("button", name="Obtenir le verdict", exact=True).click()
    settled(page)
    expect(page.locator(".st-key-sheet h3", has_text="Terrain").first).to_have_text(area)
    # Drawn again, it is the new outline that stays, whatever builds the map anew.
    tool.get_by_role("button", name="Recommencer").click()
    settled(page)
    click_corners(page, (250, 250), (290, 250), (290, 300))
    tool.get_by_role("button", name="Terminer le contour").click()
    settled(page)
    drawn = tool.locator("p").inner_text()
    page.get_by_label("Jeu de règles").click()
    page.get_by_text(re.compile("54,5")).last.click()
    expect(page.locator(".sg-footer", has_text="zan-54-5").first).to_be_visible()
    settled(page)
    expect(tool.locator("p")).to_have_text(drawn)
    page.get_by_role("button", name="Obtenir le verdict", exact=True).click()
    settled(page)
    # Once added, the next site begins empty.
    page.get_by_role("button", name="Ajouter aux sites du scénario").click()
    expect(page.locator(".sg-alert", has_text="NOUVEAU").first).to_be_visible()
    expect(page.get_by_label("Nom", exact=True)).to_have_value("")
    expect(page.get_by_label("Identifiant", exact=True)).to_have_value("NOUVEAU-2")
    settled(page)
    expect(tool.get_by_role("button", name="Recommencer")).to_be_disabled()
    page.get_by_role("button", name="Obtenir le verdict", exact=True).click()
    expect(page.locator(".sg-alert", has_text="il n’y en a pas encore")).to_be_visible()


def test_a_shipped_scenario_is_compared_with_the_base(visit):
    page = visit("scenarios?scenario=rural_balance", wait=".sg-footer")
    expect(page.locator(".sg-verdicts", has_text="Scénario de base").first).to_be_visible()
    expect(page.get_by_role("tab", name="Modifications (4)")).to_be_visible()


def test_the_region_tells_the_verdict_of_all_sites_on_its_page_as_on_the_map(visit):
    told = [
        visit(address, wait=".sg-footer").locator(".sg-answer").first.inner_text()
        for address in ("", "territoire")
    ]
    assert told[0] == told[1]
    assert "Budget dépassé" in told[0]


def test_what_is_compared_stays_from_page_to_page(visit, go, settled):
    page = visit("sites", wait=".sg-footer")
    field = page.get_by_role("combobox", name=re.compile("Sites à comparer"))
    for code in ("44-02", "53-01"):
        field.click()
        field.fill(code)
        page.get_by_role("option", name=re.compile(code)).click()
        settled(page)
    page.keyboard.press("Escape")
    page.get_by_text("Sites du scénario seulement").click()
    settled(page)
    go(page, "Scénarios")
    go(page, "Sites")
    expect(page.locator(".sg-compare thead th")).to_have_count(1 + 2)
    expect(page.get_by_role("switch", name="Sites du scénario seulement")).to_be_checked()
