"""Rule sets: R1, R6, R7, R14, R27, and that no proposal can be taken for the law."""

import importlib.util
import json
import tomllib
from fractions import Fraction
from importlib.resources import files

import pandas as pd
import pytest
from pydantic import BaseModel

from siting.cli import main
from siting.domain import EntryKind, Measure, Period, VerdictCode
from siting.errors import RulesetError
from siting.labels import PARAMETER_LABELS, STATUS_LABELS, VERIFIED_LABELS
from siting.zan import ruleset as module
from siting.zan.account import Rules, SiteAccount, observed_ledger, site_verdict
from siting.zan.budget import Target, commune_budgets
from siting.zan.ruleset import (
    TITLE_PREFIXES,
    Parameter,
    Rule,
    load_ruleset,
    load_rulesets,
    parse_ruleset,
    ruleset_ids,
    schema_json,
)
from siting.zan.verdict import Demand, Pool, Standing

PROPOSALS = [rules.id for rules in load_rulesets() if not rules.in_force]


def content(name="zan-50", **changes):
    text = files("siting.zan").joinpath("rulesets", f"{name}.toml").read_text("utf-8")
    return {**tomllib.loads(text), **changes}


def refused(given):
    with pytest.raises(RulesetError) as raised:
        parse_ruleset(given, file="mine.toml")
    return "\n".join(str(found) for found in raised.value.problems)


def siting(capsys, *words):
    with pytest.raises(SystemExit) as left:
        main(list(words))
    out = capsys.readouterr()
    return left.value.code or 0, out.out, out.err


# --- What is shipped ------------------------------------------------------------------


@pytest.mark.parametrize("name", ruleset_ids())
def test_every_shipped_rule_set_is_valid_and_named_as_its_file(name):
    assert load_ruleset(name).id == name


def test_the_default_is_the_law_in_force():
    rules = load_ruleset("zan-50")
    assert rules.status == "in_force"
    assert rules.measure is Measure.ENAF
    # R1: ten years, not the eleven that "2011-2021" suggests.
    assert rules.reference == Period(2011, 2020)
    assert rules.period == Period(2021, 2030)
    assert rules.rate.value == Fraction(1, 2)


def test_r7_the_national_envelope_is_a_variant_that_binds_nobody_by_itself():
    rules = load_ruleset("zan-54-5")
    assert (rules.pene.national_forfait_ha, rules.pene.shared_ha) == (12_500, 10_000)
    assert "non opposable sans objectif dans un SRADDET adopté" in rules.title
    assert "not binding" in rules.title_en


@pytest.mark.rule("R27")
def test_r27_the_proposals_hold_what_the_rule_sheet_says():
    trace, assembly = load_ruleset("trace-2024-2034"), load_ruleset("an-2025-30")
    assert (trace.proposed_on, trace.overshoot_right.value) == ("2025-03-18", Fraction(1, 5))
    assert (trace.period, len(trace.period)) == (Period(2024, 2033), 10)
    assert trace.exemption.years == 15
    assert (assembly.proposed_on, assembly.overshoot_right.value) == ("2025-06-17", Fraction(3, 10))
    envelope = assembly.industrial_envelope
    assert (envelope.total_ha, envelope.pooled_ha, envelope.years) == (10_000, 9_000, 5)
    announced = load_ruleset("industry-exemption")
    assert (announced.status, announced.proposed_on) == ("announced", "2024-11")


def test_those_in_force_come_first():
    order = [rules.in_force for rules in load_rulesets()]
    assert order == sorted(order, reverse=True)
    assert [rules.id for rules in load_rulesets()][:2] == ["zan-50", "zan-54-5"]


def test_an_unknown_rule_set_lists_the_known_ones():
    with pytest.raises(RulesetError, match="zan-50"):
        load_ruleset("zan-99")


# --- No proposal can be taken for the law ---------------------------------------------------


@pytest.mark.parametrize("name", PROPOSALS)
def test_what_is_not_law_says_so_in_its_titles_and_its_status(name):
    rules = load_ruleset(name)
    french, english = TITLE_PREFIXES[rules.status]
    assert rules.title.startswith(french)
    assert rules.title_en.startswith(english)
    assert "vigueur" not in rules.title
    assert rules.in_force_from is None
    assert STATUS_LABELS[rules.status] != STATUS_LABELS["in_force"]
    for text in (rules.summary, rules.summary_en):
        assert "2026-903 DC" in text
        assert "2026-403" in text


@pytest.mark.rule("R27")
@pytest.mark.parametrize("name", PROPOSALS)
def test_a_proposal_given_the_status_of_the_law_is_refused(name):
    # Its titles and what it proposes both betray it.
    told = refused(content(name, status="in_force"))
    assert "title of a rule set in force says it is not" in told
    assert "is only proposed: a rule set in force cannot hold it" in told


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"status": "proposed"}, "title of a rule set proposed must begin with"),
        ({"status": "repealed"}, "must begin with “Abrogé — ”"),
        ({"repealed_on": "2026-01-01"}, "has no date of repeal"),
        ({"in_force_from": "2021-13"}, "month must be in 1..12"),
        ({"in_force_from": "21/08/2021"}, "pattern"),
        ({"period": {"first": 2020, "last": 2030}}, "starts before the reference ends"),
        ({"period": {"first": 2021, "last": 2030, "x": 1}}, "first and last years"),
        ({"period": {"first": "2021", "last": "2030"}}, "whole numbers"),
        ({"changelog": []}, "at least 1 item"),
    ],
)
def test_what_is_incoherent_is_refused(changes, told):
    assert told in refused(content(**changes))


def test_a_proposal_has_no_date_of_entry_into_force():
    given = content("trace-2024-2034", in_force_from="2025-03-18")
    assert "a rule set proposed has no date of entry into force" in refused(given)


@pytest.mark.rule("R14")
def test_r14_no_overshoot_right_under_the_law():
    right = {"value": "0.2", "source": "Circulaire", "verified": "secondary"}
    told = refused(content(overshoot_right=right))
    assert "overshoot_right is only proposed" in told
    law = load_ruleset("zan-50")
    assert law.applied_rate(Fraction(1, 2)) == Fraction(1, 2)
    assert law.labelled("PLUi") == "PLUi"


def test_everything_wrong_is_told_at_once():
    given = content()
    given["rate"]["value"] = "1.5"
    given["tolerance"]["value"] = "1/0"
    given["status"] = "maybe"
    given["surprise"] = 1
    with pytest.raises(RulesetError) as raised:
        parse_ruleset(given, file="mine.toml")
    fields = {p.field for p in raised.value.problems}
    assert fields == {"rate.value", "tolerance.value", "status", "surprise"}
    assert {p.file for p in raised.value.problems} == {"mine.toml"}


# --- Figures ------------------------------------------------------------------------------

PARENTS = pd.DataFrame(
    {"epci": ["E1", "E1"], "departement": ["44"] * 2, "region": ["52"] * 2},
    index=pd.Index(["44001", "44002"], name="code"),
)


def flows(last):
    """10 ha a year in each of two communes, from 2011."""
    years = range(2011, last + 1)
    rows = [(code, year, 100_000) for code in PARENTS.index for year in years]
    return pd.DataFrame(rows, columns=["code", "year", "area_m2"])


def budgets(name, *, last=2024, until=None, targets=None):
    rules = load_ruleset(name)
    ledger = observed_ledger(
        flows(last), source="test", reference=rules.reference, period=rules.period, until=until
    )
    return commune_budgets(ledger, PARENTS, rules, targets=targets).loc["44001"]


@pytest.mark.parametrize(
    ("name", "budget_ha", "used_ha"),
    [
        # Reference 100 ha. −50 %: 50 ha; 2021-2024 used, 4 × 10 ha.
        ("zan-50", "50", "40"),
        # −54.5 %: 45.5 ha.
        ("zan-54-5", "45.5", "40"),
        # 50 ha and a fifth: 60 ha; of its years, 2024 alone was observed.
        ("trace-2024-2034", "60", "10"),
        # 50 ha and three tenths: 65 ha.
        ("an-2025-30", "65", "40"),
        # An announcement changes nothing.
        ("industry-exemption", "50", "40"),
    ],
)
def test_the_figures_are_those_of_the_rule_set(name, budget_ha, used_ha):
    row = budgets(name)
    hectare = 10_000
    assert row["reference_m2"] == 100 * hectare
    assert row["budget_m2"] == Fraction(budget_ha) * hectare
    assert row["observed_m2"] == Fraction(used_ha) * hectare
    assert row["budget_m2"] == row["reference_m2"] * (1 - row["rate"])


def test_an_overshoot_right_is_told_wherever_it_is_counted():
    target = {"E1": Target("epci", Fraction("0.4"), "own", "PLUi de E1")}
    row = budgets("trace-2024-2034", targets=target)
    # −40 % leaves 60 ha, and a fifth more: 72 ha.
    assert row["budget_m2"] == 720_000
    assert row["rate_source"].startswith("PLUi de E1 + Droit de dépassement de 20 % compris")
    assert "non adoptée" in row["rate_source"]
    assert "dépassement" not in budgets("zan-50", targets=target)["rate_source"]


def test_years_between_the_reference_and_the_period_count_in_neither():
    rules = load_ruleset("trace-2024-2034")
    ledger = observed_ledger(
        flows(2026), source="test", reference=rules.reference, period=rules.period
    )
    years = set(ledger.entries["year"])
    assert years == {*range(2011, 2021), 2024, 2025, 2026}
    assert budgets("trace-2024-2034", last=2026, until=2025)["observed_m2"] == 200_000


def test_a_period_that_is_not_observed_yet_has_a_budget_and_nothing_used():
    row = budgets("trace-2024-2034", last=2022)
    assert (row["budget_m2"], row["observed_m2"]) == (600_000, 0)


def test_a_site_that_can_start_early_is_counted_in_the_first_year_of_the_period():
    # Observed until 2020, period from 2024: available in 2021, it cannot be counted before.
    rules = Rules(Period(2024, 2033), 2020, {"A": Standing(9, 9)}, Pool(0, ""), Fraction(1, 5))
    site = SiteAccount("s", (Demand("A", "A", 10),), None, available_year=2021)
    assert rules.year_of(site) == 2024
    assert site_verdict(site, rules).code is VerdictCode.OVER_BUDGET


def test_the_observed_entries_of_a_proposal_are_those_of_the_law():
    """A rule set changes what is compared, never what was observed."""
    kinds = set()
    for name in ruleset_ids():
        rules = load_ruleset(name)
        ledger = observed_ledger(
            flows(2024), source="test", reference=rules.reference, period=rules.period
        )
        kinds |= set(ledger.entries["kind"])
        assert set(ledger.entries["area_m2"]) == {100_000}
    assert kinds == {EntryKind.OBSERVED.value}


# --- Schema and page --------------------------------------------------------------------------


def test_the_committed_schema_is_the_generated_one():
    committed = files("siting.zan").joinpath("rulesets", "schema.json").read_text("utf-8")
    assert committed == schema_json(), "run `python -m siting.zan.ruleset`"


def test_every_key_is_documented_and_none_other_is_allowed():
    models = [
        value for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Rule) and value is not Rule
    ]  # fmt: skip
    assert len(models) == 8
    for model in models:
        assert issubclass(model, BaseModel)
        assert model.model_config["extra"] == "forbid"
        assert model.model_config["frozen"]
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name}"


def test_every_parameter_has_a_source_and_a_name():
    for rules in load_rulesets():
        assert set(rules.parameters) <= set(PARAMETER_LABELS)
        for parameter in rules.parameters.values():
            assert isinstance(parameter, Parameter)
            assert parameter.source
            assert parameter.verified in VERIFIED_LABELS


def test_the_page_is_the_one_its_script_writes(root):
    path = root / "docs" / "rulesets_page.py"
    spec = importlib.util.spec_from_file_location("rulesets_page", path)
    page = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(page)
    text = page.PAGE.read_text(encoding="utf-8")
    assert text == page.render(), "run `make locale`"
    assert [name for name in ruleset_ids() if f"## `{name}`" not in text] == []


# --- Command line -------------------------------------------------------------------------------


def test_rulesets_as_json(capsys):
    status, out, err = siting(capsys, "rulesets", "--format", "json")
    listed = {rules["id"]: rules for rules in json.loads(out)["rulesets"]}
    assert (status, err) == (0, "")
    assert set(listed) == set(ruleset_ids())
    trace = listed["trace-2024-2034"]
    assert (trace["status"], trace["period"]) == ("proposed", "2024-2033")
    assert (trace["rate"], trace["applied_rate"]) == (0.5, 0.4)
    assert trace["title"].startswith("Proposition non adoptée — ")
    assert trace["parameters"]["overshoot_right"]["verified"] == "secondary"
    assert Fraction(trace["parameters"]["overshoot_right"]["value"]) == Fraction(1, 5)
    assert listed["zan-50"]["in_force_from"] == "2021-08-22"


def test_rulesets_as_text_in_both_languages(capsys):
    status, french, _ = siting(capsys, "rulesets")
    assert status == 0
    assert "en vigueur" in french
    assert "Proposition non adoptée — " in french
    assert "Annonce — " in french
    assert "texte lu" in french
    _, english, _ = siting(capsys, "--lang", "en", "rulesets")
    assert "proposed, not law" in english
    assert "Proposal, not adopted — " in english
    assert "secondary source" in english


def test_a_budget_under_a_proposal_says_that_it_is_not_the_law(capsys):
    words = ("--lang", "en", "budget", "--level", "region")
    _, law, _ = siting(capsys, *words)
    _, proposed, _ = siting(capsys, *words, "--ruleset", "an-2025-30")
    assert "NOT THE LAW" not in law
    assert "NOT THE LAW: rule set an-2025-30 (proposed, not law)" in proposed
    assert "overshoot right, 30\xa0%, is counted" in proposed
    _, out, _ = siting(capsys, *words, "--ruleset", "an-2025-30", "--format", "json")
    document = json.loads(out)
    (region,) = document["budgets"]
    assert document["manifest"]["ruleset"] == "an-2025-30"
    assert document["manifest"]["ruleset_status"] == "proposed"
    # 0.65 of the reference, not a half.
    assert region["budget_m2"] == region["reference_m2"] * 65 // 100
    assert "non adopté" in region["rate_source"]


def test_scores_under_a_proposal_say_so_too(capsys):
    status, out, _ = siting(capsys, "score", "--ruleset", "industry-exemption")
    assert status == 0
    assert "HORS LOI" in out
    assert "industry-exemption" in out


def test_an_unknown_rule_set_is_told_on_the_command_line(capsys):
    for command in ("budget", "score"):
        status, out, err = siting(capsys, command, "--ruleset", "zan-99")
        assert (status, out) == (2, "")
        assert "[ruleset-unknown]" in err
        assert "trace-2024-2034" in err
