"""The pages of sites, scenarios and new sites: pure parts, and the pages without a browser."""

import io
import json
import re
import zipfile
from dataclasses import replace
from html import unescape

import pandas as pd
import pytest

from siting.balance_comparison import compare_balances
from siting.comparison import compare
from siting.domain import Envelope
from siting.i18n import translator
from siting.labels import ENVELOPE_LABELS
from siting.pipeline import balance, run
from siting.scenario import (
    read_scenario,
    scenario_hash,
    scenario_toml,
    weights,
    with_changes,
    with_values,
)
from siting.scoring import values
from siting.sensitivity import analyse
from siting.ui.comparison_table import comparison_table, exact_text
from siting.ui.exporting import archive
from siting.ui.frame import grid
from siting.ui.local_figure import communes
from siting.ui.measures import measure_text, site_points
from siting.ui.robustness import stability_table
from siting.ui.rules_form import beside_national, figures_of, rates_of, territories
from siting.ui.scenario_results import (
    balance_table,
    budget_table,
    changes_list,
    side_by_side,
    site_changes,
)
from siting.ui.side_by_side import maps_beside
from siting.ui.sites_form import choice_table, choices_of
from siting.ui.sites_page import sites_table
from siting.ui.territory_panel import exceeded
from siting.ui.weights_form import theme_shares

FRENCH, ENGLISH = translator("fr"), translator("en")
EVIL = '"><img src=x onerror=alert(1)>'
TWO = ["DEMO-44-03", "DEMO-49-02"]


def text_of(markup):
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", str(markup))).split())


@pytest.fixture(scope="module")
def phased(world, base, demo_file):
    """Two sites, phased."""
    chosen = {"selected": TWO, "works_start": dict(zip(TWO, (2027, 2029), strict=True))}
    return run(with_changes(base, {"id": "deux", "sites": chosen}), world, demo_file)


def test_maps_of_scenarios_stand_side_by_side_told_in_words(demo_run, phased):
    runs = [("Base", demo_run), (EVIL, phased)]
    markup = maps_beside(runs, ["data:image/svg+xml;base64,AA==", "data:,b"], ENGLISH)
    assert markup.count("<img") == 2
    assert "<img src=x" not in markup
    told = unescape(str(markup))
    assert f"sites charged: {len(phased.plan.posted)}" in told
    over = len(exceeded(demo_run))
    assert f"EPCI beyond their budget: {over}." in told


# --- Sites --------------------------------------------------------------------------------


def test_the_comparison_shows_each_measure_beside_its_value_and_points(demo_run):
    table = text_of(comparison_table(demo_run, TWO, ENGLISH))
    valued = values(demo_run.matrix, demo_run.scenario)
    for key in TWO:
        for one in site_points(demo_run, key):
            name = one.criterion.name
            if one.points is None:
                assert "not known" in table
                continue
            measure = " ".join(measure_text(one.criterion, one.measure, ENGLISH).split())
            told = f"{measure} value {valued[name][key]:.2f} · {one.points:.1f} of {one.most:.1f}"
            assert told in table


def test_every_criterion_of_weight_has_its_row(demo_run):
    markup = comparison_table(demo_run, TWO, FRENCH)
    own = weights(demo_run.scenario)
    shown = re.findall(r'data-criterion="(\w+)"', markup)
    assert sorted(shown) == sorted(own.index[own > 0])


def test_a_raw_measure_is_told_in_its_own_unit(demo_run):
    [port] = [
        one for one in site_points(demo_run, TWO[0]) if one.criterion.name == "distance_port_m"
    ]
    assert exact_text(replace(port, measure=12_345.678), FRENCH) == "12\u202f345,6780\u00a0m"
    assert exact_text(replace(port, measure=float("nan")), FRENCH) == "–"


def test_names_are_text_in_the_tables(demo_run, phased):
    sites = demo_run.sites.assign(name=EVIL)
    markup = comparison_table(replace(demo_run, sites=sites), TWO, FRENCH)
    changes = compare(replace(demo_run, sites=sites), phased).sites
    for one in (markup, site_changes(changes, FRENCH)):
        assert "<img" not in one
        assert "&lt;img" in one


def test_the_table_of_the_page_holds_the_figures_of_the_run(phased):
    ids = list(phased.scores.rank.sort_values().index)
    table = sites_table(phased, ids, ENGLISH)
    assert list(table["Score"]) == list(phased.scores.total[ids])
    assert list(table.index[table["In the scenario"] == "yes"].sort_values()) == TWO
    assert table.loc[TWO[1], "Works start"] == 2029
    months = phased.matrix["months_to_works"][ids]
    assert table["Months to works"].isna().equals(months.isna())


def test_robustness_is_told_site_by_site(demo_run):
    found = analyse(demo_run, draws=50)
    ids = list(demo_run.sites.index)
    table = text_of(stability_table(demo_run, found, ids, FRENCH))
    assert table.count("Démo") >= len(ids)
    assert "PROMETHEE II" in table


def test_texts_after_numbers_are_not_set_as_numbers():
    table = grid(["Site", "Rank", "Why"], [["A", "1", "because"]], numbers=1, texts=1)
    assert '<td class="sg-number">1</td><td>because</td>' in table


@pytest.mark.parametrize("ending", [".gpkg", ".csv", ".xlsx"])
def test_the_export_is_a_file_and_its_manifest(demo_run, ending):
    with zipfile.ZipFile(io.BytesIO(archive(demo_run, ending, "sites", "fr"))) as opened:
        assert opened.namelist() == [f"sites{ending}", f"sites{ending}.manifest.json"]
        document = json.loads(opened.read(f"sites{ending}.manifest.json"))
    assert document["manifest"]["scenario_hash"] == demo_run.manifest.scenario_hash


# --- Scenarios ----------------------------------------------------------------------------


def test_shares_of_themes_add_up(base):
    assert sum(theme_shares(base).values()) == pytest.approx(1)


def test_choices_left_as_they_are_change_nothing(demo_run, phased):
    for one in (demo_run, phased):
        table = choice_table(one, FRENCH)
        again = with_values(one.scenario, {("sites",): choices_of(table, one.scenario, FRENCH)})
        assert scenario_hash(again) == scenario_hash(one.scenario)


def test_choices_are_those_of_the_table(demo_run):
    table = choice_table(demo_run, FRENCH).set_index("site_id", drop=False)
    table["in"] = table.index.isin(TWO)
    table.loc[TWO[0], "year"] = 2028
    table.loc[TWO[1], "envelope"] = FRENCH(ENVELOPE_LABELS[Envelope.NATIONAL])
    table.loc[TWO[1], "evidence"] = " arrêté "
    found = choices_of(table, demo_run.scenario, FRENCH)
    assert found == {
        "selected": TWO,
        "works_start": {TWO[0]: 2028},
        "envelope": {TWO[1]: "national"},
        "evidence": {TWO[1]: "arrêté"},
    }


def test_choices_keep_what_is_said_of_other_files(demo_run, base):
    other = with_values(
        base, {("sites",): {"selected": ["AILLEURS"], "works_start": {"AILLEURS": 2027}}}
    )
    table = choice_table(replace(demo_run, scenario=other), FRENCH)
    found = choices_of(table, other, FRENCH)
    assert (found["selected"], found["works_start"]) == (["AILLEURS"], {"AILLEURS": 2027})


def test_local_figures_stand_beside_the_national_ones(demo_run, base, world, demo_file):
    flows = demo_run.before.flows.data
    first = flows[flows["year"].between(2021, 2023)]
    code = str(first["code"].iloc[0])
    places = communes(demo_run)
    label = next(label for label, own in places.items() if own == code)
    rows = [[label, 2021, 2023, 1.5, "MOS", "agence"], [None] * 6]
    columns = ["territory", "first", "last", "area_ha", "evidence", "source"]
    settings = list(figures_of(pd.DataFrame(rows, columns=columns), places))
    assert settings == [
        {"territory": code, "first": 2021, "last": 2023, "area_m2": 15_000, "evidence": "MOS",
         "source": "agence"}
    ]  # fmt: skip
    told = run(with_values(base, {("local_figures",): settings}), world, demo_file)
    [[_name, years, national, local, _evidence]] = beside_national(told, told.scenario, ENGLISH)
    own = first.loc[first["code"] == code, "area_m2"].sum() / 10_000
    assert (years, national, local) == ("2021-2023", f"{own:,.2f}", "1.50")


def test_rates_name_territories_as_they_are_shown(demo_run):
    places = territories(demo_run)
    assert len(places) == 1 + len(demo_run.before.territory.codes("epci"))
    label = next(label for label, (level, _code) in places.items() if level == "epci")
    rows = [[label, 60.0, None, "PLUi"], [None, 1.0, "own", "x"]]
    table = pd.DataFrame(rows, columns=["territory", "rate", "status", "source"])
    [(code, rate)] = rates_of(table, places).items()
    assert code in label
    assert rate == {"rate": 0.6, "level": "epci", "status": "custom", "source": "PLUi"}


def test_results_tell_what_changed_and_why(demo_run, phased, world):
    found = compare(demo_run, phased)
    told = text_of(changes_list(found, FRENCH))
    assert "Sites retenus : tous → DEMO-44-03, DEMO-49-02" in told.replace("\u00a0", " ")
    why = text_of(site_changes(found.sites, FRENCH))
    assert "Le site sort de l’ensemble." in why
    assert "choix des sites" in why
    budgets = text_of(budget_table([*found.region, *found.budgets], FRENCH))
    assert "Pays de la Loire" in budgets
    balances = [balance(one, world) for one in (demo_run, phased)]
    assert text_of(balance_table(compare_balances(*balances), FRENCH))
    beside = text_of(side_by_side([("un", demo_run), ("deux", phased)], FRENCH))
    assert f"Sites imputés à un budget {len(demo_run.plan.posted)}" in beside
    nothing = compare(phased, phased)
    for markup in (
        changes_list(nothing, FRENCH), site_changes(nothing.sites, FRENCH),
        budget_table(nothing.budgets, FRENCH), balance_table((), FRENCH),
    ):  # fmt: skip
        assert "sg-info" in markup


def test_a_scenario_written_by_the_page_is_read_again(phased):
    text = scenario_toml(phased.scenario)
    assert scenario_hash(read_scenario(text)) == scenario_hash(phased.scenario)
