"""Write ``docs/rules.md``: every rule, where it is applied, and the tests that prove it.

``make locale`` runs it; ``tests/siting/zan/test_rules_page.py`` fails when the page is not what
:func:`render` returns, or when a rule that is applied has no test.
"""  # noqa: INP001 - a folder of documentation, not a package

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from siting.i18n import translator
from siting.zan.rules import RULES, AppliedRule

PAGE = Path(__file__).with_name("rules.md")
TESTS = Path(__file__).parents[1] / "tests"

_HEAD = """\
<!-- Page écrite par docs/rules_page.py (make locale) : ne pas modifier à la main. -->

# Règles appliquées

Chaque règle, le texte dont elle vient, ce qui l'applique et les tests qui la prouvent par un cas
calculé à la main (les chiffres sont en commentaire dans le test). Une règle appliquée sans test
fait échouer la vérification. Les numéros sont ceux des messages et des tests.

| Règle | Ce qu'elle dit | Source | Appliquée par | Tests |
| --- | --- | --- | --- | --- |
"""


def tests_by_rule() -> dict[str, list[str]]:
    """Return the tests that cite each rule, in the order of files and lines."""
    found: dict[str, list[str]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        place = path.relative_to(TESTS.parent).as_posix()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef):
                for rule in _cited(node):
                    found.setdefault(rule, []).append(f"{place}::{node.name}")
    return found


def _cited(node: ast.FunctionDef) -> Iterator[str]:
    for mark in node.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.rule":
            yield from (str(ast.literal_eval(word)) for word in mark.args)


def render() -> str:
    """Return the text of the page."""
    tests = tests_by_rule()
    return _HEAD + "".join(_row(rule, tests.get(rule.id, [])) for rule in RULES)


def _row(rule: AppliedRule, tests: list[str]) -> str:
    french = translator("fr")
    applied = "<br>".join(f"`{name}`" for name in rule.applied)
    note = french(rule.note) if rule.note else ""
    told = "<br>".join(part for part in (applied, note) if part)
    names = "<br>".join(f"`{name.removeprefix('tests/')}`" for name in tests)
    cells = (rule.id, french(rule.title), rule.source, told, names)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
