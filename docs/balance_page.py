"""Write ``docs/balance.md``: every indicator of balance, its formula, its source, its reading.

``make locale`` runs it after the catalogue is compiled; ``tests/siting/balance`` fails when it is
not what :func:`render` returns.
"""  # noqa: INP001 - a folder of documentation, not a package

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from siting.balance import INDICATORS, READING_LABELS, THEMES
from siting.balance.equality import LEVELS, QUANTITIES, YARDSTICKS
from siting.i18n import translator
from siting.labels import LEVEL_LABELS

PAGE = Path(__file__).with_name("balance.md")
FRENCH = translator("fr")

_HEAD = """\
<!-- Page écrite par docs/balance_page.py (make locale) : ne pas modifier à la main. -->

# Équilibre d'une allocation

La note d'un site ne dit rien de l'équilibre : dix bons sites dans le même EPCI font une mauvaise
allocation. Ces indicateurs jugent l'ensemble des sites retenus. `siting balance` les donne, avec
leur statut, le millésime de leurs données et ce qui n'est pas connu. La loi ne fixe aucun seuil
(C. urb., L. 141-3) : aucun n'est donné ici, il s'agit de comparer des cas.

## Trois cas

- **Sans les sites** : le territoire tel qu'observé, ENAF consommés (corrections locales comprises ;
  une déduction ne rend pas de terre) et engagés dans la période.
- **Avec les sites** : ceux du plan, c'est-à-dire choisis, éligibles et imputés à un budget de la
  période. Chaque site est partagé entre communes selon sa surface.
- **Budget laissé où il est** : les mêmes hectares et les mêmes emplois, partagés entre EPCI au
  prorata du budget qui leur reste (rien à qui l'a dépassé), puis entre communes de l'EPCI au
  prorata de ce qui leur reste, ou de leurs habitants si rien ne leur reste. À volume égal, la
  comparaison porte sur le lieu et non sur la quantité.

## Règles communes

- Un territoire dont un chiffre est inconnu est **laissé de côté et nommé**, jamais lu comme
  zéro, et il l'est dans les trois cas, pour qu'ils se comparent ; un territoire sans aucun hectare
  compte pour zéro. Sans rien à partager, ou quand un seul territoire reste, l'indicateur est
  inconnu.
- Totaux et parts portent sur ce qui est connu : un site dont le chiffre est inconnu est laissé de
  côté et nommé, les autres sites de sa commune comptent. Ce qui est inconnu pour tous reste
  inconnu.
- Emplois : ceux que le site déclare, sinon sa surface brute × la densité de sa vocation
  (`measure.jobs_per_ha` du scénario : bas, central, haut). `jobs` ne compte que ceux-là ;
  `workplace` y ajoute les emplois au lieu de travail du recensement, quand leur couche est
  chargée : elle est nommée, avec son millésime, parmi les données du chiffre.
- Portées : en minutes de voiture où un réseau routier est chargé (`reach` du scénario), sinon
  route estimée par la ligne droite × `detour_factor`, depuis le bord du site, jusqu'au point
  représentatif de la commune ; chaque chiffre dit lequel. Les communes hors du
  territoire ne sont pas comptées.
- Statut : celui de la donnée la moins sûre (démonstration, puis estimé, déclaré, observé) ; la
  méthode elle-même est une estimation.
- Un EPCI ou une zone d'emploi à cheval sur la limite du territoire est jugé sur sa seule partie
  connue, habitants et hectares compris. D'un site à cheval, seule compte la part de surface qui
  est dans le territoire, et les emplois à proportion. Les communes sans EPCI forment une unité.
- Vérifications : cas résolus à la main, axiomes (ordre, échelle, réplication, transfert de
  Pigou-Dalton, décomposition exacte de Theil), accord avec la bibliothèque `inequality` de PySAL
  et reproduction de son exemple publié (États du Mexique). PySAL ne pondère pas par les
  habitants : le calcul est donc ici, la bibliothèque sert d'oracle.
- Couper un site en deux ne change rien, sauf à `workers_housed`, `car_free_area` et
  `town_centre_distance`, mesurés depuis le bord de chaque site.
"""


def render() -> str:
    """Return the text of the page."""
    return _HEAD + "".join(_equality()) + "".join(_others())


def _equality() -> Iterator[str]:
    levels = ", ".join(f"`{level.value}` ({FRENCH(LEVEL_LABELS[level])})" for level in LEVELS)
    yield f"\n## {FRENCH(THEMES['equality'])}\n\n"
    yield f"Nom : mesure, quantité, niveau, par exemple `gini_enaf_epci`. Niveaux : {levels}.\n\n"
    yield "| Quantité | Ce que c'est | Unité du taux |\n| --- | --- | --- |\n"
    for quantity in QUANTITIES:
        yield f"| `{quantity.name}` | {FRENCH(quantity.title)} | {FRENCH(quantity.unit)} |\n"
    yield "\n| Mesure | Titre | Formule | Lecture | Source |\n| --- | --- | --- | --- | --- |\n"
    for one in YARDSTICKS:
        cells = (FRENCH(one.title), FRENCH(one.formula), FRENCH(READING_LABELS[one.reading]))
        yield f"| `{one.name}` | {' | '.join(cells)} | {one.source} |\n"


def _others() -> Iterator[str]:
    for theme, title in THEMES.items():
        found = [one for one in INDICATORS.values() if one.theme == theme != "equality"]
        if not found:
            continue
        yield f"\n## {FRENCH(title)}\n\n"
        yield "| Indicateur | Titre | Unité | Formule | Lecture | Source |\n"
        yield "| --- | --- | --- | --- | --- | --- |\n"
        for one in found:
            cells = (
                one.title(FRENCH),
                FRENCH(one.unit),
                FRENCH(one.formula),
                FRENCH(READING_LABELS[one.reading]),
                one.source,
            )
            yield f"| `{one.name}` | {' | '.join(cells)} |\n"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
