"""The table of rules: what applies each is there, and proved."""

import importlib.util
from functools import reduce
from pkgutil import resolve_name

import pytest

from siting.zan.rules import RULES


@pytest.fixture(scope="module")
def page(root):
    spec = importlib.util.spec_from_file_location("rules_page", root / "docs" / "rules_page.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_the_one_its_script_writes(page):
    assert page.PAGE.read_text("utf-8") == page.render()


def test_every_rule_that_is_applied_is_proved_by_a_test(page):
    tests = page.tests_by_rule()
    assert [rule.id for rule in RULES if rule.applied and not tests.get(rule.id)] == []
    assert set(tests) <= {rule.id for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_what_applies_a_rule_is_in_the_code(rule):
    for name in rule.applied:
        module, *attributes = _split(name)
        assert reduce(getattr, attributes, resolve_name(module)) is not None
    assert rule.applied or rule.note


def _split(name):
    """Cut a dotted name into its module and attributes."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        module = ".".join(parts[:length])
        try:
            found = importlib.util.find_spec(module) is not None
        except ModuleNotFoundError:
            found = False
        if found:
            return [module, *parts[length:]]
    raise AssertionError(name)


def test_rules_are_told_once_and_in_order():
    numbers = [int(rule.id.removeprefix("R")) for rule in RULES]
    assert numbers == sorted(set(numbers))
