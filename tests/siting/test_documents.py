import json
import re

import pytest

from layers.territory import Level
from siting.account_document import budget_document
from siting.documents import dumps, score_document
from siting.errors import SitingError
from siting.i18n import translator

FR, EN = translator("fr"), translator("en")


@pytest.fixture
def document(demo_run):
    return json.loads(dumps(score_document(demo_run, FR)))


@pytest.fixture(scope="module")
def budgets(demo_run):
    return json.loads(dumps(budget_document(demo_run.before, Level.EPCI, demo_run.manifest, FR)))


def test_the_page_of_the_interface_names_every_key(root, document, budgets):
    page = (root / "docs" / "json.md").read_text("utf-8")
    told = set(re.findall(r"`([a-z0-9_]+)`", page))

    def keys(value):
        if isinstance(value, dict):
            for key, inner in value.items():
                yield key
                yield from keys(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from keys(inner)

    for site in document["sites"]:
        site["contributions"] = None  # its keys are the criteria, told in docs/criteria.md
    assert set(keys(document)) - told == set()
    assert set(keys(budgets)) - told == set()


def test_a_site_has_the_keys_of_the_interface(demo_run):
    site = score_document(demo_run, FR)["sites"][0]
    assert set(site) >= {
        "site_id", "name", "verdict", "reasons", "score", "reliability", "gaps", "limits", "rank",
        "gross_area_m2", "enaf_m2", "areas_m2", "contributions", "shares",
    }  # fmt: skip


def test_written_areas_add_up_to_the_written_area(document):
    for site in document["sites"]:
        assert sum(site["areas_m2"].values()) == pytest.approx(site["gross_area_m2"], rel=1e-3)
        points = [p for p in site["contributions"].values() if p is not None]
        assert sum(points) == pytest.approx(site["score"])
        epci = [s for s in site["shares"] if s["level"] == "epci"]
        if site["enaf_m2"] is not None:
            assert sum(s["enaf_m2"] for s in epci) == site["enaf_m2"]


def test_only_sentences_change_with_the_language(demo_run, document):
    english = json.loads(dumps(score_document(demo_run, EN)))
    assert english["sites"][0]["reasons"] != document["sites"][0]["reasons"]
    for site in (*english["sites"], *document["sites"]):
        for reason in (*site["reasons"], *site["gaps"], *site["limits"]):
            reason.pop("message")
    assert english["sites"] == document["sites"]


def test_french_sentences_have_french_figures(document):
    text = " ".join(r["message"] for s in document["sites"] for r in s["reasons"])
    assert re.search(r"\d,\d\u00a0ha", text)
    assert not re.search(r"\d\.\d\d ha", text)


def test_budgets_have_the_keys_of_the_interface(budgets):
    assert set(budgets) == {"manifest", "notes", "budgets"}
    assert len(budgets["budgets"]) == 72
    assert set(budgets["budgets"][0]) >= {
        "level", "code", "name", "measure", "period", "reference_m2", "rate", "budget_m2",
        "observed_m2", "committed_m2", "planned_m2", "remaining_m2", "status", "source",
    }  # fmt: skip
    assert {row["status"] for row in budgets["budgets"]} == {"demonstration"}
    assert {row["code"] for row in budgets["budgets"] if not row["complete"]} == {
        "243500741", "244400610", "200072676", "246100663",
    }  # fmt: skip


def test_one_territory_or_a_clear_refusal(demo_run):
    one = budget_document(demo_run.before, Level.EPCI, demo_run.manifest, FR, territory="244400404")
    assert [row["name"] for row in one["budgets"]] == ["Nantes Métropole"]
    with pytest.raises(SitingError) as raised:
        budget_document(demo_run.before, Level.EPCI, demo_run.manifest, FR, territory="44109")
    assert [p.code for p in raised.value.problems] == ["territory-level"]
