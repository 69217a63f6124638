"""The page of a territory: the chart holds the figures of the trajectory. No browser."""

import re
from dataclasses import replace
from types import SimpleNamespace

import pytest

from layers.territory import Level
from siting.i18n import translator
from siting.labels import PARAMETER_LABELS, VERIFIED_LABELS
from siting.trajectory import account_trajectories
from siting.ui import view
from siting.ui.territoire import place_of, ruleset_sheet
from siting.ui.trajectory_chart import told, trajectory_spec, trajectory_table
from siting.zan.ruleset import load_ruleset, ruleset_ids

FRENCH, ENGLISH = translator("fr"), translator("en")
EPCI = "200071678"


@pytest.fixture(scope="module")
def trajectory(demo_run):
    return account_trajectories(demo_run.account, Level.EPCI, code=EPCI)[EPCI]


@pytest.fixture
def context(demo_run, world):
    return SimpleNamespace(run=demo_run, world=world, translate=FRENCH, lang="fr")


def layer_of(spec, kind):
    def mark(layer):
        own = layer["mark"]
        return own if isinstance(own, str) else own["type"]

    return next(layer for layer in spec["layer"] if mark(layer) == kind)


def test_the_bars_stack_up_to_the_running_total(trajectory):
    bars = layer_of(trajectory_spec(trajectory, ENGLISH), "bar")["data"]["values"]
    for row in trajectory.years:
        own = [one for one in bars if one["year"] == str(row.year)]
        assert max(one["end"] for one in own) * 10_000 == pytest.approx(row.used_m2)
        assert min(one["start"] for one in own) == 0
    assert {one["part"] for one in bars} == {"observed", "sites of the scenario"}


def test_the_pace_ends_on_the_budget_and_the_band_beyond_it(trajectory):
    spec = trajectory_spec(trajectory, ENGLISH)
    line = layer_of(spec, "line")["data"]["values"]
    assert line[0]["year"] == str(trajectory.last_observed)
    assert line[-1]["year"] == "2030"
    assert line[-1]["value"] * 10_000 == pytest.approx(trajectory.budget_m2)
    (band,) = layer_of(spec, "rect")["data"]["values"]
    assert band["band"] == pytest.approx(1.2 * band["budget"])


def test_the_chart_asks_for_nothing(trajectory):
    assert "http" not in str(trajectory_spec(trajectory, FRENCH))
    assert "url" not in str(trajectory_spec(trajectory, FRENCH))


def test_the_table_tells_every_year_of_the_chart(trajectory):
    rows = trajectory_table(trajectory, ENGLISH)
    assert list(rows["Year"]) == [str(year) for year in range(2021, 2031)]
    assert rows["Remains (ha)"].iloc[-1] * 10_000 == pytest.approx(trajectory.remaining_m2)
    assert rows["Counted (ha)"].iloc[-1] is None or rows["Counted (ha)"].isna().iloc[-1]


def test_the_paces_are_told_in_words(trajectory):
    lines = told(trajectory, ENGLISH)
    assert lines[0].startswith("Observed pace 2021-2024: ")
    assert lines[1].startswith("Pace that holds the budget 2025-2030: ")
    small_m2 = 1_000_000  # 100 ha, of which 155 were used by 2024
    years = [replace(row, remaining_m2=small_m2 - row.used_m2) for row in trajectory.years]
    exceeded = replace(trajectory, budget_m2=small_m2, years=tuple(years))
    over = next(row.year for row in years if row.remaining_m2 < 0)
    assert told(exceeded, ENGLISH)[-1] == f"The budget is exceeded from {over} on."


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("", (Level.REGION, "52")),
        (f"epci:{EPCI}", (Level.EPCI, EPCI)),
        ("commune:44109", (Level.COMMUNE, "44109")),
        ("epci:nowhere", (Level.REGION, "52")),
        ("scot:sans-scot", (Level.REGION, "52")),
    ],
)
def test_the_page_is_that_of_the_place_of_the_address(context, monkeypatch, place, expected):
    monkeypatch.setattr(view, "current", lambda: view.View(place=place))
    assert place_of(context) == expected


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("name", ruleset_ids())
def test_a_rule_set_is_told_with_every_parameter_and_its_source(name, lang):
    rules, _ = load_ruleset(name), translator(lang)
    sheet = ruleset_sheet(rules, lang, _)
    title = rules.title if lang == "fr" else rules.title_en
    assert title.replace("'", "’") in sheet  # as a book sets it
    for key, parameter in rules.parameters.items():
        assert _(PARAMETER_LABELS[key]).replace("'", "&#39;") in sheet
        assert _(VERIFIED_LABELS[parameter.verified]) in sheet
    assert len(re.findall("<tr>", sheet)) == 1 + len(rules.parameters)
