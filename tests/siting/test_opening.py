"""What a scenario says of the ZAN account, on the embedded territory."""

import datetime as dt

import pytest

from layers.territory import NO_SCOT, Level
from siting.account import open_account
from siting.cli import main
from siting.domain import Envelope
from siting.errors import MeasureMismatchError, RulesetError, ScenarioError, SitingError
from siting.pipeline import account_of, run
from siting.scenario import load_scenario, scenario_hash, with_changes
from siting.statement import statement

HA = 10_000
NANTES, EPCI = "44109", "244400404"
PROOF = {"evidence": "pièce", "source": "test"}
LEVELS = (Level.COMMUNE, Level.EPCI, Level.DEPARTEMENT, Level.REGION)


@pytest.fixture(scope="module")
def opened(world, base):
    def open_with(changes):
        return account_of(with_changes(base, changes), world)

    return open_with


def problems_of(action):
    with pytest.raises(SitingError) as error:
        action()
    return [(found.code, found.field) for found in error.value.problems]


def national(world, code, first, last):
    table = world.layers["enaf_flows"].data
    rows = table[(table["code"] == code) & table["year"].between(first, last)]
    return int(rows["area_m2"].clip(lower=0).sum())


def region(account):
    return account.budgets(Level.REGION).loc["52"]


def test_the_pool_and_the_reserve_lie_inside_the_budget_of_the_region(opened, base, world):
    before = account_of(base, world)
    zan = {
        "pooled_envelope_m2": 500 * HA, "pooled_source": "SRADDET (test)",
        "reserve_envelope_m2": 300 * HA, "reserve_source": "délibération (test)",
    }  # fmt: skip
    after = opened({"zan": zan})
    assert region(after)["budget_m2"] == region(before)["budget_m2"]
    assert region(after)["remaining_m2"] == region(before)["remaining_m2"]
    taken = after.budgets(Level.EPCI)["set_aside_m2"].sum()
    assert taken == 800 * HA
    assert after.pool(Envelope.REGIONAL).remaining_m2 == 500 * HA
    assert after.pool(Envelope.RESERVE).remaining_m2 == 300 * HA


def test_a_site_on_the_reserve_is_paid_by_it(world, base, demo_file, demo_run):
    site = next(
        key for key, one in demo_run.verdicts.items()
        if one.code in ("compatible", "over_budget") and demo_run.land.enaf_m2[key] > 0
    )  # fmt: skip
    area = int(demo_run.land.enaf_m2[site])
    changes = {
        "zan": {"reserve_envelope_m2": area + 7, "reserve_source": "délibération (test)"},
        "sites": {"envelope": {site: "reserve"}},
    }
    found = run(with_changes(base, changes), world, demo_file)
    assert found.verdicts[site].code == "compatible_with_pooling"
    assert "réserve" in found.verdicts[site].reasons[0].message or "reserve" in (
        found.verdicts[site].reasons[0].message
    )
    assert found.account.pool(Envelope.RESERVE).remaining_m2 == 7
    short = with_changes(
        base, {**changes, "zan": {**changes["zan"], "reserve_envelope_m2": area - 1}}
    )
    assert run(short, world, demo_file).verdicts[site].code == "over_budget"


def test_local_figures_stand_beside_the_national_ones(opened, world, base, tmp_path):
    seen = national(world, NANTES, 2021, 2023)
    figure = {"territory": NANTES, "first": 2021, "last": 2023, "area_m2": seen // 2, **PROOF}
    before = account_of(base, world).budgets(Level.COMMUNE).loc[NANTES]
    inline = opened({"local_figures": [figure]}).budgets(Level.COMMUNE).loc[NANTES]
    assert inline["observed_m2"] == before["observed_m2"]
    assert inline["correction_m2"] == seen // 2 - seen
    path = tmp_path / "mos.csv"
    area = f"{seen // 2 / HA}".replace(".", ",")
    path.write_text(
        f"code;first;last;hectares;evidence;source\n{NANTES};2021;2023;{area};pièce;test\n", "utf-8"
    )
    in_file = opened({"zan": {"local_figures_file": str(path)}})
    assert in_file.budgets(Level.COMMUNE).loc[NANTES].equals(inline)


def test_a_commune_without_national_figures_is_known_once_local_ones_cover_it(world, base):
    flows = world.layers["enaf_flows"]
    holed = type(flows)(flows.spec, flows.data[flows.data["code"] != NANTES], flows.provenance)

    def opened(*figures):
        scenario = with_changes(base, {"local_figures": list(figures)})
        return open_account(scenario, world.territory, holed)

    first = {"territory": NANTES, "first": 2011, "last": 2020, "area_m2": 100 * HA, **PROOF}
    then = {"territory": NANTES, "first": 2021, "last": 2024, "area_m2": 20 * HA, **PROOF}
    assert opened().communes["budget_m2"].isna()[NANTES]
    row = opened(first, then).budgets(Level.COMMUNE).loc[NANTES]
    assert (row["budget_m2"], row["remaining_m2"]) == (50 * HA, 30 * HA)
    assert problems_of(lambda: opened(first)) == [("local-figure", f"local_figures ({NANTES})")]


def test_everything_wrong_in_the_evidence_is_told_at_once(opened):
    zone = {
        "name": "Z", "territory": NANTES, "area_m2": 5, "works_start": "2026-01-01",
        "counting": "progressive", "by_year": {"2026": 4}, **PROOF,
    }  # fmt: skip
    figure = {"territory": NANTES, "first": 2019, "last": 2022, "area_m2": 0, **PROOF}
    forest = {
        "type": "photovoltaic", "territory": NANTES, "area_m2": 1, "year": 2022, "land": "forest",
        **PROOF,
    }  # fmt: skip
    lost = {"type": "renaturation", "territory": "99999", "area_m2": 1, "year": 2026, **PROOF}
    given = {
        "giver": {"level": "regional", "code": "99"}, "receiver": {"level": "epci", "code": EPCI},
        "area_m2": 5, "year": 2026, **PROOF,
    }  # fmt: skip
    changes = {
        "zac": [zone], "local_figures": [figure], "corrections": [forest, lost],
        "transfers": [given],
    }  # fmt: skip
    assert problems_of(lambda: opened(changes)) == [
        ("territory-unknown", "corrections.1"),
        ("territory-unknown", "transfers.0.giver"),
        ("sum-mismatch", "zac.0.by_year"),
        ("correction-year", "local_figures.0"),
        ("correction-refused", "corrections.0.land"),
    ]


def test_a_pool_gives_to_a_territory_what_it_holds_and_no_more(opened):
    given = {
        "giver": {"level": "regional", "code": "52"}, "receiver": {"level": "epci", "code": EPCI},
        "area_m2": 30 * HA, "year": 2026, **PROOF,
    }  # fmt: skip
    zan = {"pooled_envelope_m2": 30 * HA, "pooled_source": "SRADDET (test)"}
    account = opened({"zan": zan, "transfers": [given]})
    plain = opened({"zan": zan})
    assert account.pool(Envelope.REGIONAL).remaining_m2 == 0
    gained = account.budgets(Level.EPCI)["budget_m2"] - plain.budgets(Level.EPCI)["budget_m2"]
    assert gained[EPCI] == 30 * HA
    assert gained.drop(EPCI).abs().sum() == 0
    more = {**given, "area_m2": 30 * HA + 1}
    assert problems_of(lambda: opened({"zan": zan, "transfers": [more]})) == [
        ("transfer-exceeds", "zan (regional)")
    ]


def test_r7_the_references_of_the_regions_give_the_exact_rate(opened, tmp_path):
    path = tmp_path / "references.csv"
    path.write_text("code;hectares;source\n52;19 400;CRC\n00;204 400;reste (hypothèse)\n", "utf-8")
    zan = {"ruleset": "zan-54-5", "regional_references_file": str(path)}
    # 1 − 0.5 × (1 − 10,000 / 111,900).
    assert region(opened({"zan": zan}))["rate"] == pytest.approx(1 - 0.5 * (1 - 10_000 / 111_900))
    assert problems_of(lambda: opened({"zan": {**zan, "ruleset": "zan-50"}})) == [
        ("references-ruleset", "zan.regional_references_file")
    ]
    path.write_text("code;hectares;source\n44;204400;test\n", "utf-8")
    assert problems_of(lambda: opened({"zan": zan})) == [("references-region", "code")]
    path.write_text("code;hectares;source\n52;;\n", "utf-8")
    assert problems_of(lambda: opened({"zan": zan})) == [
        ("value-missing", "source"), ("value-type", "hectares"),
    ]  # fmt: skip


def test_the_scot_is_a_level_like_the_others(opened, world, tmp_path, capsys):
    path = tmp_path / "scot.csv"
    communes = world.territory.parents()
    members = communes.index[communes["epci"] == EPCI]
    rows = "".join(f"{code};S1;SCoT métropolitain;test\n" for code in members)
    path.write_text(f"code;scot;name;source\n{rows}", "utf-8")
    account = opened({"zan": {"scot_file": str(path)}})
    table, epci = account.budgets(Level.SCOT), account.budgets(Level.EPCI)
    assert table["name"].to_dict() == {"S1": "SCoT métropolitain", NO_SCOT: "Sans SCoT"}
    for name in ("reference_m2", "budget_m2", "remaining_m2"):
        assert table[name].sum() == epci[name].sum()
        # The order budgets are shared out in has changed: 1 m² at the border of the SCoT.
        assert abs(table.loc["S1", name] - epci.loc[EPCI, name]) <= 1
    with pytest.raises(SystemExit) as left:
        main(["budget", "--level", "scot"])
    assert left.value.code == 2
    assert "scot-missing" in capsys.readouterr().err


OWN = """
id = "suite-2031"
title = "Hypothèse — décennie 2031-2040, −75 %"
title_en = "Assumption — decade 2031-2040, −75 %"
status = "assumption"
summary = "Hypothèse de travail."
summary_en = "Working assumption."
measure = "net_artificialisation"
reference = { first = 2021, last = 2030 }
period = { first = 2031, last = 2040 }
changelog = [{ date = 2026-11-23, change = "Première version." }]
[reference_source]
source = "Hypothèse"
verified = "derived"
[period_source]
source = "Loi 2021-1104, art. 194, I : tranches de dix années"
verified = "primary"
[rate]
value = "0.75"
source = "Hypothèse de l'EPCI"
verified = "derived"
[tolerance]
value = "0"
source = "Sans objet"
verified = "derived"
[enaf_classes]
value = ["agricultural", "forest", "natural", "water"]
source = "R. 101-1"
verified = "derived"
[brownfield_enaf_classes]
value = ["agricultural", "forest"]
source = "R. 101-1"
verified = "derived"
"""


@pytest.mark.rule("R2")
def test_a_later_decade_is_used_with_the_rate_of_its_user(world, base, tmp_path, capsys):
    (tmp_path / "suite.toml").write_text(OWN, "utf-8")
    (tmp_path / "mine.toml").write_text(
        'extends = "base"\nid = "mine"\ntitle = "x"\n[zan]\nruleset = "suite.toml"\n', "utf-8"
    )
    scenario = load_scenario(tmp_path / "mine.toml")
    account = account_of(scenario, world)
    # No OCS GE is loaded: unknown, never zero; and ENAF never stands for net artificialisation.
    assert account.ruleset.measure.value == "net_artificialisation"
    assert account.communes["budget_m2"].isna().all()
    with pytest.raises(MeasureMismatchError):
        open_account(scenario, world.territory, world.layers["enaf_flows"])
    with pytest.raises(SystemExit) as left:
        main(["--lang", "en", "budget", "--level", "region", "-s", str(tmp_path / "mine.toml")])
    out = capsys.readouterr().out
    assert left.value.code in (0, None)
    assert "NOT THE LAW: rule set suite-2031 (assumption of the user, not law)" in out
    follow = tmp_path / "follow.toml"
    follow.write_text(
        'extends = "base"\nid = "f"\ntitle = "x"\n[zan]\nnext_ruleset = "suite.toml"\n', "utf-8"
    )
    words = ["--lang", "en", "trajectory", "--territory", EPCI, "-s", str(follow)]
    with pytest.raises(SystemExit) as left:
        main(words)
    out = capsys.readouterr().out
    assert left.value.code in (0, None)
    assert "ENAF 2021-2030" in out
    assert "net artificialisation 2031-2040" in out
    assert "no OCS GE is loaded" in out
    known = scenario_hash(scenario)
    (tmp_path / "suite.toml").write_text(OWN.replace('"0.75"', '"0.7"'), "utf-8")
    assert scenario_hash(scenario) != known


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (('id = "suite-2031"', 'id = "zan-50"'), "ruleset-own"),
        (('status = "assumption"', 'status = "in_force"'), "ruleset-invalid"),
        (("Hypothèse — décennie", "Décennie"), "ruleset-invalid"),
        (("[rate]", "[rate"), "ruleset-invalid"),
    ],
)
def test_a_rule_set_of_ones_own_cannot_pass_for_the_law(world, base, tmp_path, change, code):
    path = tmp_path / "suite.toml"
    path.write_text(OWN.replace(*change), "utf-8")
    with pytest.raises(RulesetError) as error:
        account_of(with_changes(base, {"zan": {"ruleset": str(path)}}), world)
    assert error.value.problems[0].code == code


def test_the_lines_of_a_statement_add_up_to_what_remains(opened, world, demo_run):
    zone = {
        "name": "Z", "territory": NANTES, "area_m2": 10 * HA, "works_start": dt.date(2026, 3, 1),
        "counting": "whole", **PROOF,
    }  # fmt: skip
    given = {
        "giver": {"level": "epci", "code": EPCI}, "receiver": {"level": "commune", "code": "85191"},
        "area_m2": 20 * HA, "year": 2026, **PROOF,
    }  # fmt: skip
    pene = {"type": "pene", "territory": NANTES, "area_m2": HA, "year": 2023, **PROOF}
    rich = opened(
        {
            "zan": {"pooled_envelope_m2": 90 * HA, "pooled_source": "SRADDET (test)"},
            "zac": [zone], "transfers": [given], "corrections": [pene],
        }
    )  # fmt: skip
    for account in (rich, demo_run.account):
        for level in LEVELS:
            budgets = account.budgets(level)
            for code in [
                *budgets.index[:3],
                *[c for c in (NANTES, EPCI, "85191") if c in budgets.index],
            ]:
                lines = statement(account, level, code)
                counted = sum(line.area_m2 for line in lines if line.counted)
                assert counted == budgets.loc[code, "remaining_m2"]
    lines = statement(rich, Level.EPCI, EPCI)
    assert [line.area_m2 for line in lines if line.kind == "transfer"] == [-20 * HA]
    assert [line.holder for line in lines if not line.counted] == ["FR"]


def test_the_ledger_is_told_on_the_command_line(capsys):
    with pytest.raises(SystemExit) as left:
        main(["--lang", "fr", "ledger", "--territory", EPCI])
    out = capsys.readouterr().out
    assert left.value.code in (0, None)
    assert "Nantes Métropole" in out
    assert "Consommation observée" in out
    with pytest.raises(SystemExit) as left:
        main(["ledger", "--territory", "999999999"])
    assert left.value.code == 2


def test_no_scenario_may_hold_two_figures_for_a_year(opened):
    one = {"territory": NANTES, "first": 2021, "last": 2022, "area_m2": 5, **PROOF}
    two = {"territory": NANTES, "first": 2022, "last": 2022, "area_m2": 5, **PROOF}
    assert problems_of(lambda: opened({"local_figures": [one, two]})) == [
        ("local-overlap", "local_figures.1")
    ]
    back = {"territory": NANTES, "first": 2022, "last": 2021, "area_m2": 5, **PROOF}
    assert problems_of(lambda: opened({"local_figures": [back]})) == [
        ("value-range", "local_figures.0.last")
    ]
    with pytest.raises(ScenarioError):
        opened({"zac": [{"name": "Z"}]})
