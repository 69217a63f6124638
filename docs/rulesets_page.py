"""Write ``docs/rulesets.md``: every rule set, its status, its figures and their sources.

``make locale`` runs it after the catalogue is compiled; ``tests/siting/zan/test_ruleset.py`` fails
when it is not what :func:`render` returns.
"""  # noqa: INP001 - a folder of documentation, not a package

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from siting.i18n import translator
from siting.labels import (
    PARAMETER_LABELS,
    STATUS_LABELS,
    VERIFIED_LABELS,
    parameter_value,
    percent,
)
from siting.zan.ruleset import Ruleset, load_rulesets

PAGE = Path(__file__).with_name("rulesets.md")

_HEAD = """\
<!-- Page écrite par docs/rulesets_page.py (make locale) : ne pas modifier à la main. -->

# Jeux de règles

Un jeu de règles est un fichier TOML de `siting/zan/rulesets`, validé par
`schema.json` du même dossier. Chaque paramètre porte sa source et ce qui en a été vérifié.
`siting budget --ruleset ID` et `siting score --ruleset ID` remplacent celui du scénario ;
`siting rulesets` les liste.

Seuls les chiffres d'un jeu « en vigueur » sont ceux de la loi. Ceux d'une proposition ou
d'une annonce sont une simulation : leur statut est écrit avec chaque résultat, et le droit
de dépassement d'une proposition est nommé dans la source du taux où il est compté.
"""

_DAYS = {
    "in_force_from": "Promulgation ou publication",
    "proposed_on": "Vote ou annonce",
    "repealed_on": "Abrogation",
}


def render() -> str:
    """Return the text of the page."""
    return _HEAD + "".join(line for rules in load_rulesets() for line in _section(rules))


def _section(rules: Ruleset) -> Iterator[str]:
    french = translator("fr")
    yield f"\n## `{rules.id}`\n\n**{rules.title}**\n\n{rules.summary}\n\n"
    yield f"- Statut : {french(STATUS_LABELS[rules.status])}\n"
    for name, label in _DAYS.items():
        day = getattr(rules, name)
        if day is not None:
            yield f"- {label} : {day}\n"
    applied = rules.applied_rate(rules.rate.value)
    if applied != rules.rate.value:
        rate = percent(float(applied), french, decimals=1)
        yield f"- Réduction après droit de dépassement : {rate}\n"
    yield "\n| Paramètre | Valeur | Source | Vérification |\n| --- | --- | --- | --- |\n"
    years = {"reference_source": str(rules.reference), "period_source": str(rules.period)}
    for name, parameter in rules.parameters.items():
        cells = (
            french(PARAMETER_LABELS[name]),
            years.get(name) or parameter_value(parameter, french),
            parameter.source,
            french(VERIFIED_LABELS[parameter.verified]),
        )
        yield f"| {' | '.join(cells)} |\n"
    if rules.pene is not None:
        yield f"\nFormule de l'enveloppe nationale : {rules.pene.formula}.\n"
    yield "\nChangements :\n\n"
    for change in rules.changelog:
        yield f"- {change.date.isoformat()} : {change.change}\n"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
