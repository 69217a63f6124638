"""Tables of targets and of SCoT that a scenario names (R6)."""

from fractions import Fraction

import pytest

from layers.territory import Level
from siting.account import open_account
from siting.account_document import budget_document
from siting.errors import LayerError, ScenarioError
from siting.i18n import translator
from siting.pipeline import manifest
from siting.scenario import load_scenario, scenario_hash, with_changes
from siting.scenario.tables import read_scot, read_targets

HEADER = "code;level;rate;hectares;status;source;date\n"
NANTES = "244400404"


@pytest.fixture
def write(tmp_path):
    """Write a CSV file and return its path."""

    def written(text, name="table.csv"):
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return path

    return written


def opened(world, **zan):
    chosen = with_changes(load_scenario(), {"zan": zan})
    return open_account(chosen, world.territory, world.layers["enaf_flows"])


def problems_of(call, *args):
    with pytest.raises((ScenarioError, LayerError)) as caught:
        call(*args)
    for found in caught.value.problems:  # every one reads well in both languages
        assert "{" not in found.line(translator("fr")) + found.line()
    return [(found.code, found.row, found.field) for found in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "rate"),
    [("0.545", "0.545"), ("0,545", "0.545"), ("54,5 %", "0.545"), ("54.5%", "0.545"), ("1", "1")],
)
def test_a_rate_is_a_share_or_a_percentage_that_says_so(write, text, rate):
    (row,) = read_targets(write(f"{HEADER}52;region;{text};;own;SRADDET;2025-12-12\n"))
    assert row.rate == Fraction(rate)
    assert row.source == "SRADDET (2025-12-12)"


def test_commas_separate_too_and_hectares_are_exact(write):
    text = HEADER.replace(";", ",") + '52,region,,"1 234,56",custom,note,2026-01-01\n'
    (row,) = read_targets(write(text))
    assert (row.rate, row.hectares) == (None, Fraction("1234.56"))


def test_every_bad_cell_of_a_table_of_targets_is_told_at_once(write):
    path = write(
        HEADER + "52;region;54,5;;own;SRADDET;2025-12-12\n"  # a percentage without its sign
        "A;pays;0.5;;own;x;2025-12-12\n"
        "B;scot;0.5;12;adopted;x;12/12/2025\n"
        "C;scot;;douze;own;;2025-12-12\n"
        "D;scot;;;own;x;2025-12-12\n"
        "D;scot;-0.5;;own;x;2025-12-12\n"
    )
    assert problems_of(read_targets, path) == [
        ("value-type", 1, "rate"),
        ("value-choice", 2, "level"),
        ("value-choice", 3, "status"),
        ("value-type", 3, "date"),
        ("rate-or-hectares", 3, "rate"),
        ("value-missing", 4, "source"),
        ("value-type", 4, "hectares"),
        ("rate-or-hectares", 5, "rate"),
        ("value-type", 6, "rate"),
        ("id-duplicate", 6, "code"),
    ]


def test_r6_a_table_of_targets_sets_budgets_and_the_rest_is_suggested(world, write):
    territory = world.territory
    rows = f"52;region;54,5 %;;own;SRADDET;2025-12-12\n{NANTES};epci;;600;own;PLUi;2025-06-01\n"
    account = opened(world, targets_file=str(write(HEADER + rows)))
    epci = account.budgets(Level.EPCI)
    assert epci.loc[NANTES, "rate_status"] == "own"
    assert abs(epci.loc[NANTES, "budget_m2"] - 6_000_000) <= 1
    others = epci.drop(NANTES)
    assert set(others["rate_status"]) == {"inherited"}
    assert set(others["rate"]) == {0.545}
    made_with = manifest(load_scenario(), world, account)
    other = str(others.index[0])
    document = budget_document(account, Level.EPCI, made_with, translator("fr"), territory=other)
    assert document["budgets"][0]["rate_label"] == "suggéré, non réglementaire"
    assert document["budgets"][0]["rate_source"] == "SRADDET (2025-12-12)"
    assert other in territory.codes(Level.EPCI)


def test_r6_a_scot_stands_between_the_epci_and_the_region(world, write):
    parents = world.territory.parents()
    communes = parents.index[parents["departement"] == "44"]
    scot = "code;scot;name;source\n" + "".join(
        f"{code};S44;SCoT d'essai;test\n" for code in communes
    )
    targets = HEADER + (
        "52;region;0.545;;own;SRADDET;2025-12-12\nS44;scot;0.4;;own;SCoT;2025-01-01\n"
        f"{NANTES};epci;0.3;;own;PLUi;2025-06-01\n"
    )
    account = opened(
        world, targets_file=str(write(targets)), scot_file=str(write(scot, "scot.csv"))
    )
    levels = account.communes["rate_level"]
    assert set(levels[parents["epci"] == NANTES]) == {"epci"}
    rest = (parents["departement"] == "44") & (parents["epci"] != NANTES)
    assert set(levels[rest]) == {"scot"}
    assert set(levels[parents["departement"] != "44"]) == {"region"}
    region = account.budgets(Level.REGION)["budget_m2"].sum()
    assert region == account.communes["budget_m2"].sum()


def test_a_scot_without_its_table_a_target_told_twice_and_unknown_communes_are_refused(
    world, write
):
    rate = {"rate": 0.5, "level": "region", "status": "own", "source": "s"}
    targets = str(write(HEADER + "52;region;0.5;;own;SRADDET;2025-12-12\n"))
    twice = lambda: opened(world, rates={"52": rate}, targets_file=targets)  # noqa: E731
    assert problems_of(twice) == [("scenario-conflict", None, "zan.rates.52")]
    alone = str(write(HEADER + "S44;scot;0.5;;own;SCoT;2025-12-12\n", "b.csv"))
    assert problems_of(lambda: opened(world, targets_file=alone)) == [
        ("territory-unknown", 1, "code")
    ]
    scot = str(write("code;scot;name;source\n99999;S;SCoT;test\n", "c.csv"))
    assert problems_of(lambda: opened(world, scot_file=scot)) == [
        ("territory-unknown", None, "code")
    ]
    bad = write("code;scot;name;source\n4401;S;SCoT;test\n44001;;SCoT;test\n", "d.csv")
    assert problems_of(read_scot, bad) == [
        ("value-missing", 2, "scot"),
        ("value-length", 1, "code"),
    ]


def test_the_path_of_a_table_is_relative_to_the_scenario_that_names_it(write, tmp_path, world):
    write(f"{HEADER}52;region;0,6;;own;SRADDET;2025-12-12\n", "cibles.csv")
    text = 'extends = "base"\nid = "mien"\n[zan]\ntargets_file = "cibles.csv"\n'
    chosen = load_scenario(write(text, "mien.toml"))
    account = open_account(chosen, world.territory, world.layers["enaf_flows"])
    assert account.budgets(Level.REGION).loc["52", "rate"] == pytest.approx(0.6)
    moved = tmp_path / "ailleurs"
    moved.mkdir()
    for name in ("mien.toml", "cibles.csv"):
        (moved / name).write_text((tmp_path / name).read_text("utf-8"), "utf-8")
    assert scenario_hash(load_scenario(moved / "mien.toml")) == scenario_hash(chosen)
