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
from siting.trajectory import following_decade

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


def test_the_ledger_tells_the_local_figures_of_the_reference_one_by_one(opened):
    # 2015: the national figure says more than the 3 ha of the local one; both ends are told.
    figure = {"territory": NANTES, "first": 2015, "last": 2015, "area_m2": 3 * HA, **PROOF}
    account = opened({"local_figures": [figure]})
    row = account.budgets(Level.COMMUNE).loc[NANTES]
    for level, code in ((Level.COMMUNE, NANTES), (Level.EPCI, EPCI), (Level.REGION, "52")):
        lines = statement(account, level, code)
        [told] = [line for line in lines if line.kind == "reference"]
        assert told.area_m2 == row["reference_m2"] - row["reference_national_m2"] != 0
        assert (told.year, told.commune, told.counted) == (2015, NANTES, False)
        assert told.source == PROOF["source"]
        counted = sum(line.area_m2 for line in lines if line.counted)
        assert counted == account.budgets(level).loc[code, "remaining_m2"]


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


# --- What a review found: land counted twice, lost, or told wrong ----------------------


def full_region(account):
    row = region(account)
    return row["budget_m2"], row["remaining_m2"]


@pytest.mark.parametrize("back", [False, True])
def test_what_a_pool_gives_or_receives_never_moves_the_region(opened, back):
    ends = [{"level": "regional", "code": "52"}, {"level": "epci", "code": EPCI}]
    giver, receiver = ends[::-1] if back else ends
    given = {"giver": giver, "receiver": receiver, "area_m2": 20 * HA, "year": 2026, **PROOF}
    zan = {"pooled_envelope_m2": 60 * HA, "pooled_source": "SRADDET (test)"}
    before, after = opened({"zan": zan}), opened({"zan": zan, "transfers": [given]})
    assert full_region(after) == full_region(before)
    assert [line.kind for line in statement(after, Level.REGION, "52")].count("transfer") == 0
    moved = after.pool(Envelope.REGIONAL).remaining_m2 - 60 * HA
    assert moved == (20 * HA if back else -20 * HA)
    for level in LEVELS:
        budgets = after.budgets(level)
        for code in [c for c in (NANTES, EPCI, "44", "52") if c in budgets.index]:
            lines = statement(after, level, code)
            counted = sum(line.area_m2 for line in lines if line.counted)
            assert counted == budgets.loc[code, "remaining_m2"]


def test_an_envelope_that_no_document_sets_neither_gives_receives_nor_pays(opened):
    ends = {
        "giver": {"level": "epci", "code": EPCI},
        "receiver": {"level": "regional", "code": "52"},
    }
    given = {**ends, "area_m2": HA, "year": 2026, **PROOF}
    per = {"type": "per", "territory": NANTES, "area_m2": 1000, "year": 2023, **PROOF}
    assert problems_of(lambda: opened({"transfers": [given], "corrections": [per]})) == [
        ("envelope-missing", "transfers.0.receiver"),
        ("envelope-missing", "corrections.0"),
    ]


def test_transfers_to_oneself_to_nobody_and_out_of_the_period_are_refused(opened):
    one = {"level": "epci", "code": EPCI}
    nobody = {"level": "epci", "code": "ZZZZZZZZZ"}
    rows = [
        {"giver": one, "receiver": one, "area_m2": 1, "year": 2026, **PROOF},
        {"giver": one, "receiver": nobody, "area_m2": 1, "year": 2015, **PROOF},
    ]
    assert problems_of(lambda: opened({"transfers": rows})) == [
        ("scenario-value", "transfers.0.receiver"),
        ("correction-year", "transfers.1.year"),
        ("territory-unknown", "transfers.1.receiver"),
    ]


def test_transfers_follow_their_years_not_the_order_of_the_file(opened, base, world):
    left = account_of(base, world).budgets(Level.EPCI)["remaining_m2"]
    first, second = left[left > 0].index[:2]
    a_m2 = int(left[first])
    rows = [
        {"giver": {"level": "epci", "code": first}, "receiver": {"level": "epci", "code": second},
         "area_m2": a_m2, "year": 2025, **PROOF},
        {"giver": {"level": "epci", "code": second}, "receiver": {"level": "epci", "code": EPCI},
         "area_m2": int(left[second]) + a_m2, "year": 2026, **PROOF},
    ]  # fmt: skip
    found = [opened({"transfers": order}).budgets(Level.EPCI) for order in (rows, rows[::-1])]
    assert found[0]["remaining_m2"].equals(found[1]["remaining_m2"])
    assert found[0].loc[[first, second], "remaining_m2"].tolist() == [0, 0]


def test_a_territory_with_an_overspent_commune_gives_no_more_than_its_sum(opened, base, world):
    account = account_of(base, world)
    communes, epci = account.communes, account.codes(Level.EPCI)
    left = account.budgets(Level.EPCI)["remaining_m2"]
    overspent = set(epci[communes.index[communes["remaining_m2"] < 0]])
    code = next(code for code in sorted(overspent) if left[code] > 0)
    given = {
        "giver": {"level": "epci", "code": code}, "receiver": {"level": "epci", "code": EPCI},
        "area_m2": int(left[code]) + 1, "year": 2026, **PROOF,
    }  # fmt: skip
    assert problems_of(lambda: opened({"transfers": [given]})) == [
        ("transfer-exceeds", "transfers.0.giver")
    ]
    after = opened({"transfers": [{**given, "area_m2": int(left[code])}]})
    assert after.budgets(Level.EPCI).loc[code, "remaining_m2"] == 0


def test_no_land_is_given_back_twice(opened, world):
    seen = national(world, NANTES, 2022, 2022)
    zone = {
        "name": "Z", "territory": NANTES, "area_m2": 10**7, "works_start": "2019-01-01",
        "counting": "whole", "by_year": {"2022": seen}, **PROOF,
    }  # fmt: skip
    pv = {
        "type": "photovoltaic", "territory": NANTES, "area_m2": 1, "year": 2022, "land": "natural",
        "conditions": ["reversible", "permeable"], **PROOF,
    }  # fmt: skip
    local = {"territory": NANTES, "first": 2021, "last": 2022, "area_m2": 0, **PROOF}
    other = {**zone, "name": "Y"}
    assert problems_of(lambda: opened({"zac": [zone], "corrections": [pv]})) == [
        ("correction-exceeds", "corrections.0")
    ]
    assert problems_of(lambda: opened({"zac": [zone, other]})) == [
        ("correction-exceeds", "zac (Y).by_year.2022")
    ]
    assert problems_of(lambda: opened({"zac": [zone, zone]})) == [("id-duplicate", "zac.1.name")]
    assert problems_of(lambda: opened({"local_figures": [local], "corrections": [pv]})) == [
        ("correction-local", "corrections.0")
    ]


def test_hectares_are_turned_into_a_rate_of_the_reference_that_counts(opened, tmp_path):
    figure = {"territory": NANTES, "first": 2011, "last": 2020, "area_m2": 80 * HA, **PROOF}
    path = tmp_path / "targets.csv"
    path.write_text(
        f"code;level;rate;hectares;status;source;date\n{NANTES};commune;;45;own;PLU;2025-01-01\n",
        "utf-8",
    )
    account = opened({"local_figures": [figure], "zan": {"targets_file": str(path)}})
    row = account.budgets(Level.COMMUNE).loc[NANTES]
    assert abs(int(row["budget_m2"]) - 45 * HA) <= 1  # shared out among the communes


def test_a_part_of_the_references_is_refused(opened, tmp_path):
    path = tmp_path / "references.csv"
    path.write_text("code;hectares;source\n52;19400;CRC\n44;1000;test\n", "utf-8")
    zan = {"ruleset": "zan-54-5", "regional_references_file": str(path)}
    assert problems_of(lambda: opened({"zan": zan})) == [("references-rate", "hectares")]


def test_local_targets_above_the_region_are_told(opened, world):
    epci = sorted(set(world.territory.parents()["epci"]))
    rates = {
        code: {"rate": 0.1, "level": "epci", "status": "own", "source": "PLUi"} for code in epci
    }
    rates["52"] = {"rate": 0.545, "level": "region", "status": "own", "source": "SRADDET"}
    account = opened({"zan": {"rates": rates}})
    assert [note.code for note in account.notes] == ["targets-exceed"]
    assert region(account)["rate_status"] == "aggregated"


def test_what_does_not_count_under_a_year_or_another_rule_set_is_left_out_and_told(base, world):
    pene = {"type": "pene", "territory": NANTES, "area_m2": 1, "year": 2022, **PROOF}
    local = {"territory": NANTES, "first": 2021, "last": 2023, "area_m2": 1, **PROOF}
    zone = {
        "name": "Z", "territory": NANTES, "area_m2": 10, "works_start": "2019-01-01",
        "counting": "whole", "by_year": {"2022": 5}, **PROOF,
    }  # fmt: skip
    for changes in ({"corrections": [pene]}, {"local_figures": [local]}, {"zac": [zone]}):
        scenario = with_changes(base, changes)
        early = account_of(scenario, world, until=2021)
        assert [note.code for note in early.notes] == ["evidence-outside"]
        proposed = with_changes(scenario, {"zan": {"ruleset": "trace-2024-2034"}})
        assert [note.code for note in account_of(proposed, world).notes] == ["evidence-outside"]
        assert account_of(scenario, world).notes == ()


def test_what_counts_only_later_is_told(opened):
    zone = {
        "name": "Z", "territory": NANTES, "area_m2": 10, "works_start": "2031-01-01",
        "counting": "whole", **PROOF,
    }  # fmt: skip
    green = {"type": "renaturation", "territory": NANTES, "area_m2": 5, "year": 2030, **PROOF}
    account = opened({"zac": [zone], "corrections": [green]})
    assert [note.code for note in account.notes] == ["zac-after", "deduction-to-come"]


@pytest.mark.rule("R21", "R23")
@pytest.mark.parametrize("kind", ["quarry", "temporary", "friche"])
def test_no_scenario_can_deduct_a_quarry_nor_temporary_works(opened, kind):
    # 5 ha of quarry or of temporary works: refused, and not a square metre is given back.
    one = {"type": kind, "territory": NANTES, "area_m2": 5 * HA, "year": 2022, **PROOF}
    assert problems_of(lambda: opened({"corrections": [one]})) == [
        ("scenario-value", "corrections.0.type")
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"evidence": " "},
        {"area_m2": 9223372036854775807},
        {"area_m2": 10**30},
        {"year": "2022"},
    ],
)
def test_blank_evidence_and_huge_areas_are_refused(opened, change):
    one = {"type": "pene", "territory": NANTES, "area_m2": 5, "year": 2022, **PROOF, **change}
    ((code, _),) = problems_of(lambda: opened({"corrections": [one]}))
    assert code == "scenario-value"


def test_a_file_of_local_figures_of_elsewhere_is_refused(opened, tmp_path):
    path = tmp_path / "mos.csv"
    path.write_text(
        "code;first;last;hectares;evidence;source\n75056;2011;2020;5;pièce;test\n", "utf-8"
    )
    with pytest.raises(SitingError) as error:
        opened({"zan": {"local_figures_file": str(path)}})
    found = error.value.problems[0]
    assert (found.code, found.file, found.row) == ("territory-unknown", "mos.csv", 1)


def test_the_next_decade_has_nothing_of_the_first(world, base, tmp_path):
    (tmp_path / "suite.toml").write_text(OWN, "utf-8")
    rate = {"rate": 0.9, "level": "epci", "status": "own", "source": "PLUi 2021-2030"}
    zan = {"rates": {EPCI: rate}, "next_ruleset": str(tmp_path / "suite.toml")}
    after = following_decade(with_changes(base, {"zan": zan}))
    assert after.zan.rates == {}
    same = with_changes(base, {"zan": {"next_ruleset": "zan-50"}})
    assert problems_of(lambda: following_decade(same)) == [("ruleset-next", "zan.next_ruleset")]


@pytest.mark.parametrize(
    ("zan", "code"),
    [
        ({"targets_file": "x" * 5000}, "file-missing"),
        ({"ruleset": "a\x00b.toml"}, "ruleset-invalid"),
    ],
)
def test_paths_that_no_file_can_have_are_told(opened, zan, code):
    assert problems_of(lambda: opened({"zan": zan}))[0][0] == code


@pytest.mark.parametrize(
    "change",
    [
        ("period = { first = 2031, last = 2040 }", "period = { first = 2031, last = 99999999 }"),
        ("reference = { first = 2021", "reference = { first = -5"),
        ('value = ["agricultural", "forest", "natural", "water"]', "value = []"),
    ],
)
def test_a_rule_set_of_ones_own_has_bounds(world, base, tmp_path, change):
    path = tmp_path / "suite.toml"
    path.write_text(OWN.replace(*change), "utf-8")
    with pytest.raises(RulesetError):
        account_of(with_changes(base, {"zan": {"ruleset": str(path)}}), world)


def test_the_budgets_of_scot_are_printed(world, tmp_path, capsys):
    (tmp_path / "scot.csv").write_text(
        f"code;scot;name;source\n{NANTES};S1;SCoT;test\n44020;S1;SCoT;test\n", "utf-8"
    )
    (tmp_path / "mine.toml").write_text(
        'extends = "base"\nid = "mine"\ntitle = "x"\n[zan]\nscot_file = "scot.csv"\n', "utf-8"
    )
    words = ["--lang", "fr", "budget", "--level", "scot", "-s", str(tmp_path / "mine.toml")]
    with pytest.raises(SystemExit) as left:
        main(words)
    out = capsys.readouterr().out
    assert left.value.code in (0, None)
    assert "SCoT" in out
    (tmp_path / "scot.csv").write_text(
        f"code;scot;name;source\n{NANTES};S1;A;test\n44020;S1;B;test\n", "utf-8"
    )
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 2
    assert "value-choice" in capsys.readouterr().err


def test_deductions_above_consumption_are_told(opened, world):
    seen = national(world, NANTES, 2021, 2024)
    whole = {
        "type": "renaturation", "territory": NANTES, "area_m2": 2_000 * HA, "year": 2023, **PROOF,
    }  # fmt: skip
    account = opened({"corrections": [whole]})
    (note,) = [one for one in account.notes if one.code == "deductions-above"]
    used = account.budgets(Level.EPCI).loc[EPCI, "used_m2"]
    assert (note.field, int(note.found)) == (EPCI, -used)
    assert int(note.expected) == 2_000 * HA + used > seen
    within = opened({"corrections": [{**whole, "area_m2": 1}]})
    assert not [one for one in within.notes if one.code == "deductions-above"]


def test_a_line_set_aside_names_the_documents_that_take_it(opened):
    zan = {
        "pooled_envelope_m2": 50 * HA, "pooled_source": "SRADDET (test)",
        "reserve_envelope_m2": 30 * HA, "reserve_source": "délibération (test)",
        "reserve_taken_from": "targets",
        "rates": {"52": {"rate": 0.4, "level": "region", "status": "own", "source": "SRADDET"}},
    }  # fmt: skip
    parents = opened({}).territory.parents()
    zan["rates"] |= {
        code: {"rate": 0.5, "level": "epci", "status": "own", "source": "SCoT"}
        for code in sorted(set(parents["epci"])) if code.isdigit()
    }  # fmt: skip
    account = opened({"zan": zan})
    found = {
        level: next(line for line in statement(account, level, code) if line.kind == "set_aside")
        for level, code in ((Level.EPCI, EPCI), (Level.REGION, "52"))
    }
    assert found[Level.EPCI].source == "SRADDET (test)"
    assert found[Level.REGION].source == "délibération (test)"
    # The pool is taken from the communes and held by the region: 0 for it; the reserve adds 30 ha.
    assert found[Level.REGION].area_m2 == 30 * HA
