"""The portrait of a territory, as text. No browser."""

import re
from html import unescape

import pytest

from layers.territory import Level
from siting.i18n import translator
from siting.roles import Role
from siting.territory_cv import THEMES, territory_cv, territory_document
from siting.ui.portrait import portrait

FRENCH = translator("fr")


@pytest.fixture(scope="module")
def facts(demo_run, world):
    cv = territory_cv(demo_run, world, Level.EPCI, "200071678", role=Role.STRATEGIST)
    return territory_document(cv, demo_run, FRENCH)["territory"]["facts"]


def test_every_figure_has_its_row_in_the_order_of_the_themes(facts):
    markup = portrait(facts, FRENCH)
    rows = [unescape(one) for one in re.findall(r'<th scope="row">(.*?)</th>', markup)]
    ordered = [f["title"] for theme in THEMES for f in facts if f["theme"] == theme]
    assert rows == ordered
    assert len(rows) == len(facts)


def test_what_is_unknown_is_told_with_its_reason(facts):
    missing = next(fact for fact in facts if fact["value"] is None and fact["notes"])
    text = unescape(str(portrait([missing], FRENCH)))
    assert "<td>–</td>" in text
    assert missing["notes"][0]["message"] in text


def test_texts_are_escaped(facts):
    hostile = {**facts[0], "title": "<b>x</b>", "source": "<img src=x>"}
    markup = portrait([hostile], FRENCH)
    assert "<b>" not in markup
    assert "<img" not in markup
