"""Write ``docs/criteria.md``: every criterion, how it is measured, valued and sourced.

The page is made of the registry of criteria, the base scenario, the rules of eligibility and
the French notes of ``docs/criteria_notes.toml``. ``make locale`` runs it after the catalogue is
compiled; ``tests/siting/criteria/test_registered.py`` fails when it is not what :func:`render`
returns.
"""  # noqa: INP001 - a folder of documentation, not a package

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

from siting.criteria import CRITERIA, THEMES
from siting.domain import Criterion, Objective
from siting.eligibility import RULES
from siting.i18n import translator
from siting.scenario import CriterionSetting, load_scenario

PAGE = Path(__file__).with_name("criteria.md")
NOTES = tomllib.loads(Path(__file__).with_name("criteria_notes.toml").read_text("utf-8"))

_TOP = "<!-- Page écrite par docs/criteria_page.py (make locale) : ne pas modifier à la main. -->\n"
_DIRECTIONS = {
    Objective.MAX: "plus, c'est mieux",
    Objective.MIN: "moins, c'est mieux",
    Objective.TARGET: "le mieux est à une cible",
}
_UNITS = {"": "part (0 à 1)", "label": "catégorie"}
_ELIGIBILITY = """
## Admissibilité

Une exclusion rend le site inéligible ; une condition est dite avec lui. Ce qui est inconnu
n'exclut pas. Chaque motif porte la surface concernée (m²) et sa part du site. Seuils :
`[eligibility]` du scénario.

| Motif | Effet | Quand | Référence |
|---|---|---|---|
"""
_TAIL = """
Le zonage du document d'urbanisme ne dit jamais la consommation d'ENAF : seule l'occupation
effective compte. Il dit ce qu'il faut changer avant de construire.
"""


def render() -> str:
    """Return the text of the page."""
    return "".join((_TOP, "\n", NOTES["head"], *_themes(), *_rules()))


def _themes() -> Iterator[str]:
    french = translator("fr")
    scenario = load_scenario("base")
    for theme, title in THEMES.items():
        weight = scenario.weights[theme]
        yield f"\n## {french(title)} (`{theme}`, poids {weight:g})\n"
        for name, criterion in CRITERIA.items():
            if criterion.theme == theme:
                yield from _section(criterion, scenario.criteria[name])


def _section(criterion: Criterion, setting: CriterionSetting) -> Iterator[str]:
    note = NOTES["criteria"][criterion.name]
    french = translator("fr")
    unit = _UNITS.get(criterion.unit) or french(criterion.unit)
    layers = ", ".join(f"`{name}`" for name in criterion.requires) or "table des sites seule"
    target = " (en cible)" if setting.shape == "target" else ""
    pairs = [(f"{x:g}", v) for x, v in setting.points] or setting.categories.items()
    values = " ; ".join(f"{x} → {v:g}" for x, v in pairs)
    yield f"\n### `{criterion.name}`\n\n{note['what']}\n\n"
    yield f"- **Unité** : {unit} ; {_DIRECTIONS[criterion.objective]}.\n"
    yield f"- **Couches** : {layers}.\n"
    yield f"- **Formule** : {note['formula']}\n"
    yield f"- **Inconnu** : {note['unknown']}\n"
    yield f"- **Définition** : {criterion.source}.\n"
    yield f"- **Poids dans le thème** : {setting.weight:g}.\n"
    yield f"- **Valeurs{target}** : {values}.\n"
    yield f"- **Statut des seuils** : {setting.source}.\n"


def _rules() -> Iterator[str]:
    yield _ELIGIBILITY
    for rule in RULES.values():
        note = NOTES["eligibility"][rule.code]
        yield f"| `{rule.code}` | {rule.effect} | {note['when']} | {note['legal']} |\n"
    yield _TAIL


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
