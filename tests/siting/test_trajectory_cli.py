"""The trajectory of the embedded territory, and its command."""

import json
import re
from dataclasses import replace

import pandas as pd
import pytest

from layers.territory import Level
from siting.account import open_account
from siting.account_document import trajectory_document
from siting.cli import main
from siting.documents import dumps
from siting.errors import SitingError
from siting.i18n import translator
from siting.trajectory import account_trajectories

NANTES = "244400404"
FR, EN = translator("fr"), translator("en")


def siting(capsys, *words):
    """Run a command in this process; return its status, output and messages."""
    with pytest.raises(SystemExit) as left:
        main(list(words))
    out = capsys.readouterr()
    return left.value.code or 0, out.out, out.err


@pytest.mark.parametrize("level", [Level.EPCI, Level.DEPARTEMENT, Level.REGION])
def test_every_trajectory_ends_where_the_account_ends(demo_run, level):
    for account in (demo_run.before, demo_run.account):
        budgets = account.budgets(level)
        found = account_trajectories(account, level)
        assert list(found) == list(budgets.index)
        for code, row in budgets.iterrows():
            years = found[code].years
            assert found[code].name == row["name"]
            assert found[code].complete == row["complete"]
            assert found[code].remaining_m2 == row["remaining_m2"]
            assert sum(year.observed_m2 or 0 for year in years) == row["observed_m2"]
            assert sum(year.planned_m2 for year in years) == row["planned_m2"]


def test_the_communes_of_the_embedded_territory_add_up_to_the_region_every_year(demo_run):
    account = demo_run.account
    communes = account_trajectories(account, Level.COMMUNE)
    (region,) = account_trajectories(account, Level.REGION).values()
    assert sum(year.planned_m2 for year in region.years) > 0
    for position, whole in enumerate(region.years):
        parts = [found.years[position] for found in communes.values()]
        for name in ("observed_m2", "committed_m2", "planned_m2", "used_m2", "remaining_m2"):
            values = [getattr(part, name) for part in parts]
            assert getattr(whole, name) == (None if None in values else sum(values))


def test_an_unknown_territory_is_refused(demo_run):
    with pytest.raises(SitingError) as raised:
        account_trajectories(demo_run.before, Level.EPCI, code="44109")
    assert [p.code for p in raised.value.problems] == ["territory-level"]


def test_counting_fewer_years_makes_none_of_them_provisional(world, base):
    account = open_account(base, world.territory, world.layers["enaf_flows"], until=2022)
    found = account_trajectories(account, Level.EPCI, code=NANTES)[NANTES]
    assert found.last_observed == 2022
    assert {row.status.value for row in found.years} == {"observed", "planned"}


def test_an_epci_with_an_unknown_commune_is_told_unknown(world, base):
    flows = world.layers["enaf_flows"]
    holed = flows.data.assign(
        area_m2=flows.data["area_m2"].mask(
            (flows.data["code"] == "44109") & (flows.data["year"] == 2015), pd.NA
        )
    )
    account = open_account(base, world.territory, replace(flows, data=holed))
    found = account_trajectories(account, Level.EPCI, code=NANTES)[NANTES]
    assert found.unknown
    assert found.remaining_m2 is None


def test_the_page_of_the_interface_names_every_key(root, demo_run):
    found = account_trajectories(demo_run.account, Level.EPCI, code=NANTES)[NANTES]
    document = trajectory_document(found, demo_run.account, Level.EPCI, demo_run.manifest, FR)
    told = set(re.findall(r"`([a-z0-9_]+)`", (root / "docs" / "json.md").read_text("utf-8")))
    written = json.loads(dumps(document))["trajectory"]
    assert set(written) - told == set()
    assert set(written["years"][0]) - told == set()
    english = trajectory_document(found, demo_run.account, Level.EPCI, demo_run.manifest, EN)
    for one in (written, english["trajectory"]):
        assert one.pop("reasons")
        one.pop("source")
    assert written == json.loads(dumps(english))["trajectory"]


def test_the_command_agrees_with_the_budget_command(capsys):
    status, out, err = siting(capsys, "trajectory", "--territory", NANTES, "--format", "json")
    found = json.loads(out)["trajectory"]
    assert (status, err) == (0, "")
    _, out, _ = siting(capsys, "budget", "--territory", NANTES, "--format", "json")
    (budget,) = json.loads(out)["budgets"]
    for key in ("name", "budget_m2", "reference_m2", "remaining_m2", "observed_until", "source"):
        assert found[key] == budget[key]
    assert [row["year"] for row in found["years"]] == list(range(2021, 2031))
    left = 2030 - found["observed_until"]
    at_last = found["years"][found["observed_until"] - 2021]
    assert at_last["year_status"] == "provisional"
    assert found["required_pace_m2"] == pytest.approx(max(at_last["remaining_m2"], 0) / left)


def test_the_table_is_told_in_french_with_its_sentences(capsys):
    status, out, _ = siting(capsys, "trajectory", "--level", "region", "--territory", "52")
    assert status == 0
    assert "DONNÉES DE DÉMONSTRATION" in out
    assert "pas encore observée" in out
    assert "au rythme observé depuis 2021" in out
    assert "artificialisation nette" in out


def test_the_command_refuses_what_it_does_not_know(capsys):
    status, _, err = siting(capsys, "trajectory", "--territory", "999999999")
    assert (status, "[territory-unknown]" in err) == (2, True)
    assert siting(capsys, "trajectory")[0] == 2


def test_another_rule_set_is_told_as_a_simulation(capsys):
    words = ("trajectory", "--territory", NANTES, "--ruleset", "trace-2024-2034")
    status, out, _ = siting(capsys, *words, "--format", "json")
    document = json.loads(out)
    assert status == 0
    assert document["manifest"]["ruleset_status"] == "proposed"
    assert document["trajectory"]["reasons"][0]["code"] == "not-law"
    assert document["trajectory"]["years"][0]["year"] == 2024
