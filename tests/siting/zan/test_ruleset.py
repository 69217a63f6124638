import tomllib
from fractions import Fraction
from importlib.resources import files

import pytest

from siting.domain import Measure, Period
from siting.errors import RulesetError
from siting.zan.ruleset import load_ruleset, parse_ruleset, ruleset_ids


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


def test_an_unknown_rule_set_lists_the_known_ones():
    with pytest.raises(RulesetError, match="zan-50"):
        load_ruleset("zan-99")


def test_everything_wrong_is_told_at_once():
    text = files("siting.zan").joinpath("rulesets", "zan-50.toml").read_text("utf-8")
    content = tomllib.loads(text)
    content["rate"]["value"] = "1.5"
    content["status"] = "maybe"
    content["surprise"] = 1
    with pytest.raises(RulesetError) as raised:
        parse_ruleset(content, file="mine.toml")
    assert {p.field for p in raised.value.problems} == {"rate.value", "status", "surprise"}
    assert {p.file for p in raised.value.problems} == {"mine.toml"}
