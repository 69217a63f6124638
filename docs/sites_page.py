"""Write ``docs/sites.md``: what a file of sites may hold, and what the result holds.

The names, units and choices are those of the site table and of the results; the words are
here. ``make locale`` runs it; ``tests/siting/test_sites_page.py`` fails when the page is not
what :func:`render` returns, or lacks a column.
"""  # noqa: INP001 - a folder of documentation, not a package

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from layers.files import FORMATS
from layers.placing import CRS_FIELDS, PAIR_FIELDS
from layers.site_columns import COMMON, M2_PER_HA, REMADE
from layers.site_table import SITES
from layers.spec import Column
from siting.domain import LandClass
from siting.i18n import translator
from siting.labels import VERDICT_LABELS

PAGE = Path(__file__).with_name("sites.md")
_KINDS: Final = {
    "string": "texte", "integer": "nombre entier", "number": "nombre", "boolean": "oui ou non",
}  # fmt: skip
_UNITS: Final = {"m³/day": "m³ par jour", "jobs": "emplois"}
INPUTS: Final = {
    "site_id": "Identifiant, unique dans le fichier. Sans cette colonne, il est fait du numéro "
    "de ligne ; utilisé par plusieurs lignes, aucune n'est retenue.",
    "name": "Nom ; à défaut, l'identifiant.",
    "source": "Inventaire d'où vient le site.",
    "commune": "Code INSEE (5 caractères, zéro de tête compris), ou nom d'une commune du "
    "territoire. Indicatif : ce sont les contours qui disent la commune.",
    "epci": "SIREN de l'EPCI. Indicatif, comme la commune.",
    "declared_area_m2": "Surface brute déclarée. Indispensable pour un site donné par un point, "
    "dessiné comme un disque de cette surface ; sinon, comparée au contour, qui fait foi.",
    "usable_area_m2": "Surface cessible.",
    "geometry_origin": "Comment le contour a été obtenu.",
    "available_from": "Date de disponibilité : 2027-12-31, 31/12/2027 ou 2027.",
    "works_start_year": "Année de début des travaux : celle où l'ENAF est compté.",
    "land_control": "Détenteur du foncier (CNIG, terr_maitrise_fonc).",
    "readiness_land": "Maîtrise foncière.",
    "readiness_planning": "Type de zone du document d'urbanisme (CNIG PLU).",
    "readiness_environment": "Environnement et archéologie.",
    "readiness_servicing": "Viabilisation (CNIG, terr_stade_amngt).",
    "readiness_commercial": "Commercialisation (CNIG, terr_stade_comm).",
    "is_brownfield": "Friche au sens de L. 111-26 du code de l'urbanisme.",
    "expected_jobs": "Emplois attendus, déclarés ; à défaut, estimés d'après la vocation.",
    "power_mw": "Puissance électrique disponible.",
    "water_m3_day": "Eau disponible.",
    "gas": "Gaz au droit du site.",
    "fibre": "Fibre optique au droit du site.",
    "sewer": "Assainissement collectif au droit du site.",
    "rail_siding": "Embranchement ferroviaire (ITE).",
    "quay": "Quai fluvial ou maritime.",
    "vocation": "Vocation dominante (CNIG).",
    "confidentiality": "Qui peut voir le site. Sans cette colonne, tous sont publics ; vide "
    "dans un fichier qui l'a, le site est restreint.",
}
RESULTS: Final = {
    "site_id, name": "comme dans le fichier",
    "verdict": "verdict du site seul, un code : {verdicts}",
    "score": "note sur 100",
    "reliability": "fiabilité, de 0 à 1 : poids des critères connus ÷ poids de tous",
    "rank": "rang dans le fichier, 1 pour le meilleur ; les ex æquo ont le même",
    "gross_area_m2": "surface du contour, en m²",
    "enaf_m2": "ENAF que le site consommerait, en m² entiers",
    "reasons": "motifs du verdict, en phrases, le décisif d'abord ; puis les conditions",
    "gaps": "critères importants qui ne sont pas connus",
    "limits": "ce qui n'est pas connu près du bord du territoire",
    "epci, epci_name": "SIREN et nom des EPCI où est le site, séparés par une barre",
    "jobs_low, jobs_central, jobs_high": "emplois attendus : bas, central, haut",
    "jobs_status": "déclarés dans le fichier, ou estimés d'après la vocation",
    "area_…_m2": "surface par nature de sol : {classes}",
    "points_…": "points de chaque critère ; leur somme est la note ; vide : inconnu",
    "row": "position du site dans le fichier, 1 pour le premier",
    "source, status": "d'où vient le site, et le statut de ses chiffres",
    "geometry_origin": "`drawn`, dessiné ; `disc`, disque tracé autour d'un point",
    "confidentiality": "qui peut le voir",
    "measure_…": "valeur brute de chaque critère, dans l'unité de [criteria.md](criteria.md)",
}

_HEAD = """\
<!-- Page écrite par docs/sites_page.py (make locale) : ne pas modifier à la main. -->

# Le fichier de sites, et le fichier de résultats

## Ce qui peut être lu

| Format | Suffixes |
| --- | --- |
{formats}
Un GeoPackage à plusieurs couches demande `--layer NOM`. Une archive ZIP contient un Shapefile
complet (`.shp`, `.shx`, `.dbf`, `.prj`) ou un seul des autres fichiers ; si elle en contient
plusieurs, `--layer fichier.gpkg:couche` choisit.

- **Contours** : polygones, ou points accompagnés d'une surface. Les altitudes sont ignorées, les
  arcs sont approchés par des segments ; ce qui est réparé est dit.
- **Système de coordonnées** : n'importe lequel, mais déclaré. Un GeoJSON sans `crs` est en
  longitude, latitude (WGS 84). Rien n'est deviné : longitude et latitude inversées sont dites, non
  retournées.
- **CSV** : virgule, point-virgule ou tabulation ; virgule ou point décimal ; espaces entre les
  milliers ; UTF-8, ou Windows-1252 comme l'écrit Excel. Le lieu est une colonne WKT (`wkt`,
  `geometry`…) avec une colonne {crs} (`EPSG:2154`), ou deux colonnes :
  {pairs}.
- **Classeur** (XLSX, ODS) : la feuille lue est celle dont une ligne porte les noms de colonnes du
  lieu ; s'il y en a plusieurs, `--layer FEUILLE` choisit. Un titre et des notes peuvent précéder
  cette ligne ; la ligne 1 des messages est la première au-dessous.
- **Oui ou non** : `oui`, `non`, `1`, `0`, `vrai`, `faux`…
- **Inconnu** : une cellule vide. Une inconnue n'est jamais comptée zéro.

Les fichiers aux standards du CNIG *Sites économiques* et *Friches*, et Cartofriches, sont reconnus
sous leurs propres noms de colonnes.

`siting check FICHIER` dit tout ce qui ne va pas, sans rien noter. Dans les messages, la ligne 1 est
le premier site : ligne 2 d'un tableur, dont la première porte les noms des colonnes.

## Les colonnes

Aucune n'est obligatoire. Majuscules et accents ne comptent pas. Une colonne qui n'est pas dans ce
tableau est laissée de côté, et c'est dit ; une surface dont l'unité n'est pas dans le nom n'est pas
lue.

| Colonne | Ce qu'elle dit | Valeurs | Autres noms reconnus |
| --- | --- | --- | --- |
"""
_RESULTS = """
## Le fichier de résultats

`siting score --out` écrit l'un de ces formats, avec un manifeste `.manifest.json` à côté (données,
règles et scénario employés). Un résultat du même nom est remplacé, une fois le nouveau entier :

- **GeoPackage** (`.gpkg`), **GeoJSON**, **GeoParquet** : pour QGIS. Le GeoJSON est en longitude,
  latitude (WGS 84), les autres en Lambert-93 (EPSG:2154).
- **XLSX** : pour un tableur. Les nombres sont des nombres, les codes des textes ; `x_m` et `y_m`
  donnent le centre du site en Lambert-93 ; un second onglet donne les sources.
- **CSV** : pour QGIS et les programmes. UTF-8 avec marque d'ordre (BOM), virgules, point décimal,
  contours en WKT dans `geometry`, leur système dans `crs`. Un tableur réglé en français ne l'ouvre
  pas d'un double-clic : préférer le XLSX, ou l'importer en indiquant virgule et point décimal.

| Colonnes | Contenu |
| --- | --- |
"""


def render() -> str:
    """Return the text of the page."""
    return "".join((*_head(), *map(_row, SITES.columns), *_results()))


def _head() -> Iterator[str]:
    formats = "".join(
        f"| {one.title} | {', '.join(f'`{suffix}`' for suffix in one.suffixes)} |\n"
        for one in FORMATS
    )
    pairs = ",\n  ".join(
        f"`{x}` et `{y}` ({crs or 'avec une colonne `crs`'})" for (x, y), crs in PAIR_FIELDS.items()
    )
    yield _HEAD.format(formats=formats, pairs=pairs, crs=f"`{CRS_FIELDS[0]}`")


def _row(column: Column) -> str:
    if column.name in REMADE:
        return ""
    names = [
        f"`{one.name}`" + (" (ha)" if one.factor == M2_PER_HA else "")
        for one in COMMON.get(column.name, ())
        if one.name != column.name and not column.name.startswith(one.name)
    ]
    if column.choices:
        values = " ; ".join(f"`{choice}`" for choice in column.choices)
    else:
        values = _UNITS.get(column.unit, column.unit) or _KINDS[column.kind]
    if column.minimum is not None and column.maximum is not None:
        values = f"{values}, {column.minimum:g} à {column.maximum:g}"
    return f"| `{column.name}` | {INPUTS[column.name]} | {values} | {', '.join(names)} |\n"


def _results() -> Iterator[str]:
    french = translator("fr")
    verdicts = ", ".join(
        f"`{code.value}` ({french(label)})" for code, label in VERDICT_LABELS.items()
    )
    classes = ", ".join(f"`area_{one.value}_m2`" for one in LandClass)
    yield _RESULTS
    for names, text in RESULTS.items():
        told = ", ".join(f"`{name}`" for name in names.split(", "))
        yield f"| {told} | {text.format(verdicts=verdicts, classes=classes)} |\n"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
