"""Who cannot see, or has no pointer: keyboard, contrast, tables and numbers beside drawings."""

import itertools
import re
import tomllib

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from siting.domain import VerdictCode
from siting.maps import verdict_symbol
from siting.maps.indicators import LAND_COLOURS
from siting.maps.signs import VERDICT_COLOURS
from siting.ui.navigation import PAGES

AA_TEXT, AA_SIGN = 4.5, 3.0  # WCAG 2.2, 1.4.3 and 1.4.11
# Streamlit's own widgets: their markup is not ours to mend.
THEIRS = (
    '[data-testid="stDataFrame"]',
    '[data-testid="stFileUploader"]',
    # The name of a field that cannot be used yet: pale on purpose, which the criterion allows.
    'span[aria-hidden="true"] > [data-testid="stMarkdownContainer"]',
)


def luminance(colour: str) -> float:
    """Relative luminance of a colour, as WCAG 2.2 defines it."""
    whole = colour.lstrip("#")
    whole = "".join(2 * digit for digit in whole) if len(whole) == 3 else whole
    parts = [int(whole[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_that_of_the_recommendation():
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#fff") == pytest.approx(4.48, abs=0.005)  # W3C's own example


def test_the_theme_can_be_read(root):
    theme = tomllib.loads((root / ".streamlit/config.toml").read_text())["theme"]
    grounds = (theme["backgroundColor"], theme["secondaryBackgroundColor"])
    for ground in grounds:
        for ink in ("textColor", "linkColor", "primaryColor"):
            assert contrast(theme[ink], ground) >= AA_TEXT, (ink, ground)


def test_classes_of_the_map_follow_one_another_by_lightness():
    lights = [luminance(colour) for colour in LAND_COLOURS]
    assert all(one > other for one, other in itertools.pairwise(lights))


def test_signs_of_verdicts_stand_out_and_differ_by_shape():
    signs = {code: verdict_symbol(code) for code in VerdictCode}
    for code, colour in VERDICT_COLOURS.items():
        assert contrast(colour, "#ffffff") >= AA_SIGN, code  # on their white edge, on the legend
    shapes = {re.sub(r'fill="#\w+"', "", sign) for sign in signs.values()}
    assert len(shapes) == len(VerdictCode)  # told without the colour


@pytest.mark.browser
@pytest.mark.parametrize("query", [*(spec.url_path for spec in PAGES), "?site=DEMO-44-03"])
def test_no_page_has_a_serious_barrier(visit, settled, query):
    page = visit(query, wait=".sg-footer")
    settled(page)
    options = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa"]}}
    told: list[str] = []
    for _try in range(3):  # a colour that fades in is not there yet
        found = Axe().run(page, context={"exclude": [[one] for one in THEIRS]}, options=options)
        told = [
            f"{one['impact']} {one['id']}: {node['html'][:160]}"
            for one in found.response["violations"]
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]
        if not told:
            break
    assert told == []


@pytest.mark.browser
def test_the_keyboard_goes_from_the_page_to_a_sheet_and_back(visit, settled):
    page = visit()
    settled(page)
    button = page.locator('[class*="st-key-epci-used"] button').first
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("article[data-territory]").first).to_be_visible()
    settled(page)
    page.locator(".st-key-back button").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".sg-sheet h2", has_text="Pays de la Loire")).to_be_visible()
    settled(page)
    # On the map itself: a sign is reached by Tab and opened by Enter.
    frame = page.locator('iframe[title="streamlit_folium.st_folium"]').last.content_frame
    sign = frame.locator(".siting-site").first
    expect(sign).to_have_attribute("aria-label", re.compile(", "))
    sign.focus()
    page.keyboard.press("Enter")
    expect(page.locator("article[data-site]").first).to_be_visible()


@pytest.mark.browser
def test_tab_reaches_the_navigation_the_side_bar_the_map_and_the_panel(visit, settled):
    page = visit()
    settled(page)
    seen = set()
    page.locator("body").press("Tab")
    for _step in range(220):
        where = page.evaluate(
            """() => {
              const one = document.activeElement;
              if (one.tagName === "IFRAME") return "map";
              const parts = { navigation: '[data-testid="stTopNavLink"], header a',
                side: '[data-testid="stSidebar"]', panel: ".st-key-panel" };
              for (const [name, rule] of Object.entries(parts)) if (one.closest(rule)) return name;
              return "";
            }"""
        )
        seen.add(where)
        if {"navigation", "side", "map", "panel"} <= seen:
            return
        page.keyboard.press("Tab")
    assert {"navigation", "side", "map", "panel"} <= seen


@pytest.mark.browser
def test_the_map_has_its_tables_and_the_chart_its_numbers(visit, settled):
    page = visit("?place=epci:244400404")
    settled(page)
    for name in ("Sites par rang", "Territoires"):
        expect(page.get_by_role("tab", name=re.compile(name))).to_be_visible()
    page.get_by_role("link", name="Trajectoire et registre complets").click()
    expect(page.locator('[data-testid="stVegaLiteChart"]')).to_be_visible()
    page.get_by_text("Chiffres du graphique").click()
    expect(page.locator('[data-testid="stExpander"] [data-testid="stDataFrame"]')).to_be_visible()


@pytest.mark.browser
def test_numbers_are_written_as_in_french(visit, settled):
    page = visit("?site=DEMO-44-03")
    settled(page)
    sheet = page.locator("article[data-site]")
    cells = " | ".join(sheet.locator("td, th").all_text_contents())
    areas = re.findall(r"(\S+)(\s)ha\b", cells)
    assert len(areas) >= 3
    # A comma and one decimal; a space that no line breaks at before the unit.
    for number, space in areas:
        assert re.fullmatch(r"[−\d\u202f]+,\d", number), number
        assert space in "\u00a0\u202f"
    whole = sheet.evaluate("node => node.textContent")
    assert not re.search(r"\d\.\d+\s*(ha|%|km)", whole)
