"""Pairwise judgements in scenarios: they fill in the weights, or are told."""

import re
import tomllib
from itertools import combinations

import pytest

from siting.ahp import judged_items, priorities
from siting.criteria import CRITERIA
from siting.errors import ScenarioError
from siting.i18n import translator
from siting.pipeline import run
from siting.scenario import load_scenario, make_scenario, priorities_of, weights, with_changes

BASE = load_scenario("base")
WEIGHTED = [theme for theme, weight in BASE.weights.items() if weight]
JOBS = [
    name
    for name, one in CRITERIA.items()
    if one.theme == "jobs" and name in BASE.criteria and BASE.criteria[name].weight
]


def circle(names, first=1.0):
    """Judge every pair equal, but the first."""
    told = {}
    for position, (a, b) in enumerate(combinations(names, 2)):
        told.setdefault(a, {})[b] = 1.0 if position else first
    return told


def toml(judgements, table):
    lines = [f"[ahp]\nsource = 'essai'\n[ahp.{table}]"]
    for row, others in judgements.items():
        lines += [f"{row}.{column} = {value}" for column, value in others.items()]
    return "\n".join(lines) + "\n"


@pytest.fixture
def write(tmp_path):
    def written(name, text, extends="base"):
        path = tmp_path / name
        path.write_text(f'extends = "{extends}"\n{text}', "utf-8")
        return path

    return written


def told(call, *args, **kwargs):
    with pytest.raises(ScenarioError) as caught:
        call(*args, **kwargs)
    for found in caught.value.problems:
        assert "{" not in found.line(translator("fr")) + found.line()
    return [(found.code, found.field) for found in caught.value.problems]


def test_judgements_of_themes_replace_inherited_weights(write):
    judged = circle(WEIGHTED, first=3.0)
    scenario = load_scenario(write("a.toml", toml(judged, "themes")))
    wanted = priorities(judged).weights
    assert {theme: scenario.weights[theme] for theme in WEIGHTED} == dict(wanted)
    found = weights(scenario)
    for theme in WEIGHTED:
        own = [name for name in found.index if CRITERIA[name].theme == theme]
        assert found[own].sum() == pytest.approx(wanted[theme] / sum(wanted.values()))
    assert priorities_of(scenario)["ahp.themes"].weights == wanted


def test_judgements_of_the_criteria_of_a_theme(write):
    judged = circle(JOBS, first=5.0)
    scenario = load_scenario(write("a.toml", toml(judged, "criteria.jobs")))
    assert {name: scenario.criteria[name].weight for name in JOBS} == dict(
        priorities(judged).weights
    )
    assert scenario.weights == BASE.weights
    assert scenario.criteria["protected_share"] == BASE.criteria["protected_share"]


def test_a_scenario_with_judgements_can_be_dumped_and_read_again(write):
    scenario = load_scenario(write("a.toml", toml(circle(WEIGHTED, 2.5), "themes")))
    assert make_scenario(scenario.model_dump(mode="json")) == scenario
    assert with_changes(scenario, {"title": "x"}).weights == scenario.weights


def test_a_program_that_sets_a_weight_replaces_the_judgements(write):
    scenario = load_scenario(write("a.toml", toml(circle(WEIGHTED, 2.5), "themes")))
    changed = with_changes(scenario, {"weights": {WEIGHTED[0]: 5}})
    assert changed.weights[WEIGHTED[0]] == 5
    assert priorities_of(changed) == {}
    again = with_changes(changed, {"ahp": {"themes": circle(WEIGHTED, 2.5)}})
    assert again.weights == scenario.weights


def test_a_weight_and_a_judgement_in_one_file_are_a_conflict(write):
    text = toml(circle(WEIGHTED), "themes") + f"[weights]\n{WEIGHTED[1]} = 4\n"
    assert told(load_scenario, write("a.toml", text)) == [
        ("ahp-conflict", f"weights.{WEIGHTED[1]}")
    ]


def test_a_weight_laid_over_judgements_is_a_conflict(write):
    write("a.toml", toml(circle(WEIGHTED), "themes"))
    over = write("b.toml", f"[weights]\n{WEIGHTED[1]} = 4\n", extends="a.toml")
    assert told(load_scenario, over) == [("ahp-conflict", f"weights.{WEIGHTED[1]}")]


def test_two_overrides_that_judge_and_weigh_conflict_in_both_orders(write):
    judged = write("a.toml", toml(circle(WEIGHTED), "themes"))
    weighed = write("b.toml", f"[weights]\n{WEIGHTED[1]} = 4\n")
    for overrides in ([judged, weighed], [weighed, judged]):
        found = told(load_scenario, "base", overrides=overrides)
        assert ("scenario-conflict", f"weights.{WEIGHTED[1]}") in found


def test_a_weighted_theme_left_out_of_the_judgements_is_told(write):
    text = toml(circle(WEIGHTED[:-1]), "themes")
    assert told(load_scenario, write("a.toml", text)) == [
        ("ahp-conflict", f"weights.{WEIGHTED[-1]}")
    ]
    zero = text + f"[weights]\n{WEIGHTED[-1]} = 0\n"
    assert load_scenario(write("b.toml", zero)).weights[WEIGHTED[-1]] == 0


@pytest.mark.parametrize(
    ("table", "judged", "expected"),
    [
        ("themes", {"land": {"access": 3, "jobs": 2}}, ("ahp-incomplete", "ahp.themes")),
        (
            "themes",
            {"land": {"access": 3}, "access": {"land": 2}},
            ("ahp-repeated", "ahp.themes"),
        ),
        ("themes", {"land": {"sea": 3}}, ("scenario-key", "ahp.themes.sea")),
        ("criteria.jobs", {"frr_class": {"brownfield": 3}},
         ("scenario-key", "ahp.criteria.jobs.brownfield")),
        ("criteria.sea", {"a": {"b": 3}}, ("scenario-key", "ahp.criteria.sea")),
        ("themes", {"land": {"access": 12}}, ("scenario-value", "ahp.themes.land.access")),
        ("themes", {"land": {"access": 0.5}}, ("scenario-value", "ahp.themes.land.access")),
        ("themes", {"land": {"access": "'3'"}}, ("scenario-value", "ahp.themes.land.access")),
    ],
)  # fmt: skip
def test_unsound_judgements_are_told_where_they_are(write, table, judged, expected):
    assert expected in told(load_scenario, write("a.toml", toml(judged, table)))


def test_the_example_of_the_page_is_a_sound_table_of_judgements(root):
    page = (root / "docs" / "methods.md").read_text("utf-8")
    block = re.search(r"```toml\n(.+?)```", page, flags=re.DOTALL)[1]
    (theme,) = tomllib.loads(block)["ahp"]["criteria"].items()
    assert all(CRITERIA[name].theme == theme[0] for name in judged_items(theme[1]))
    assert priorities(theme[1]).consistent


def test_judgements_without_a_source_are_told(write):
    text = toml(circle(WEIGHTED), "themes").replace("source = 'essai'", "")
    assert told(load_scenario, write("a.toml", text)) == [("scenario-value", "ahp.source")]


def test_judgements_that_contradict_one_another_are_noted(world, demo_file):
    judged = circle(WEIGHTED)
    first, second, third = WEIGHTED[:3]
    judged[first][second], judged[second][third] = 9.0, 9.0  # but the first equals the third
    scenario = with_changes(BASE, {"ahp": {"themes": judged, "source": "essai"}})
    ratio = priorities_of(scenario)["ahp.themes"].consistency_ratio
    notes = [note for note in run(scenario, world, demo_file).notes if note.field == "ahp.themes"]
    assert ratio > 0.10
    assert [(note.code, note.severity) for note in notes] == [("ahp-inconsistent", "warning")]
    assert f"{ratio:.2f}" in notes[0].text()
