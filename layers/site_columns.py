"""Which columns of which files fill the site table, in which unit: data, no code path.

A profile is a published layout, recognised by its column names. Every file is also
looked up under the names of the site table and a few words planners use. Where several
columns of a file mean the same, the first one listed here counts and the others are told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import pandas as pd

from layers.errors import Problem, problem
from layers.raw_table import RawTable, field_key
from layers.site_table import SITES
from layers.tables import NOT_STATED

M2_PER_HA: Final = 10_000.0
_DBF_NAME: Final = 10  # characters of a name in a Shapefile


@dataclass(frozen=True, slots=True)
class Alias:
    """A column of a file that fills a column of the site table.

    Parameters
    ----------
    name
        Its name, as :func:`layers.raw_table.field_key` returns it.
    factor
        From the unit the layout documents to that of the site table.
    meanings
        What its folded labels mean, where the column of the site table is yes or no.
    """

    name: str
    factor: float = 1.0
    meanings: Mapping[str, bool | None] | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """A published layout of files of sites.

    Parameters
    ----------
    name
        Identifier.
    title, publisher, licence
        Inventory, shown as the source of its sites, and who publishes it how.
    signatures
        Sets of column names; a file that has all of one set is of this layout.
    aliases
        Columns of the site table and what fills them, by order of preference.
    open_labels
        Whether its published schema lets any label through: one that is not listed is then
        told and unknown, and its row is kept.
    """

    name: str
    title: str
    publisher: str
    licence: str
    signatures: tuple[frozenset[str], ...]
    aliases: Mapping[str, tuple[Alias, ...]] = field(default_factory=dict)
    open_labels: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Picked:
    """Columns of a file that fill the site table.

    Parameters
    ----------
    profile
        Layout of the file.
    columns
        By column of the site table: the alias, the name in the file, the cells.
    notes
        Columns left out, and columns that mean the same.
    """

    profile: Profile
    columns: Mapping[str, tuple[Alias, str, pd.Series]]
    notes: tuple[Problem, ...]

    def source(self, column: str) -> str:
        """Return the name in the file of a column of the site table, for messages.

        Parameters
        ----------
        column
            Column of the site table.

        Returns
        -------
        str
            Its name in the file; ``column`` itself if the file has none.
        """
        return self.columns[column][1] if column in self.columns else column


def _names(*names: str) -> tuple[Alias, ...]:
    return tuple(Alias(name) for name in names)


def _hectares(*names: str) -> tuple[Alias, ...]:
    return tuple(Alias(name, M2_PER_HA) for name in names)


# site_statut of the standard CNIG Friches. A "friche potentielle" was not confirmed on
# the ground, so it tells nothing; a "friche reconvertie" is no longer one (L.111-26).
FRICHE_STATUS: Final[Mapping[str, bool | None]] = MappingProxyType(
    {
        "friche sans projet": True,
        "friche avec projet": True,
        "sans projet": True,
        "avec projet": True,
        "friche potentielle": None,
        "potentielle": None,
        "friche reconvertie": False,
        "reconvertie": False,
    }
)
NOT_FRICHES: Final = frozenset(
    {"friche potentielle", "potentielle", "friche reconvertie", "reconvertie"}
)
"""Statuses, folded, of what an inventory of friches holds and is none."""
# terr_etat_occup of the standard CNIG Sites économiques: only "friche" tells.
OCCUPATION: Final[Mapping[str, bool | None]] = MappingProxyType(
    {
        "friche": True,
        "inoccupe": None,
        "vacant": None,
        "occupe": None,
        "occupation transitoire": None,
        "occupation en transition": None,
    }
)

# Labels of files that stand for one of the site table, folded; None: no equivalent.
SYNONYMS: Final[Mapping[str, Mapping[str, str | None]]] = MappingProxyType(
    {
        "land_control": {
            "epci": "structure intercommunale",
            "epci, structure intercommunale": "structure intercommunale",
            "sem": "sem ou spla",
            "spla": "sem ou spla",
        },
        # Zones of former plans (CNIG PLU before 2014), and of communes without a plan.
        "readiness_planning": {
            "ah": "A", "nh": "N", "nd": "N", "au": None, "zc": None, "zca": None, "znc": None,
            "rnu": None, "99": None,
        },
        "vocation": {
            "mixte, sans dominante": "mixte",
            "mixte a dominante logistique": "entrepôts, logistique",
            "logistique": "entrepôts, logistique",
        },
        "confidentiality": {
            "publique": "public",
            "restreint": "restricted",
            "restreinte": "restricted",
            "confidentiel": "confidential",
            "confidentielle": "confidential",
        },
    }
)  # fmt: skip

# The site table itself; ten characters where a Shapefile cuts the name; planners' words.
COMMON: Final[Mapping[str, tuple[Alias, ...]]] = MappingProxyType(
    {
        "site_id": _names("site_id", "id_site", "identifiant", "code_site", "id"),
        "name": _names("name", "nom", "nom_site", "site_nom", "libelle", "designation"),
        "source": _names("source"),
        "commune": _names(
            "code_insee", "insee", "insee_com", "code_commune", "comm_insee", "commune"
        ),
        "epci": _names("siren_epci", "code_epci", "epci_siren", "epci"),
        # gross_area_m2 is always measured again; alone in a file, it is what is declared.
        "declared_area_m2": (
            *_names("declared_area_m2", "declared_a", "surface_m2", "superficie_m2", "area_m2"),
            *_hectares("surface_ha", "superficie_ha", "area_ha"),
            *_names("gross_area_m2", "gross_area"),
        ),
        "usable_area_m2": (
            *_names("usable_area_m2", "usable_are", "surface_utile_m2", "surface_cessible_m2"),
            *_hectares("surface_utile_ha", "surface_cessible_ha"),
        ),
        "geometry_origin": _names("geometry_origin", "geometry_o"),
        "available_from": _names(
            "available_from", "available", "date_disponibilite", "disponible_le"
        ),
        "works_start_year": _names("works_start_year", "works_star", "annee_travaux"),
        "land_control": _names("land_control", "land_contr", "terr_maitrise_fonc"),
        "readiness_land": _names("readiness_land"),
        "readiness_planning": _names("readiness_planning", "typezone", "urba_zone_type"),
        "readiness_environment": _names("readiness_environment"),
        "readiness_servicing": _names("readiness_servicing"),
        "readiness_commercial": _names("readiness_commercial"),
        "is_brownfield": _names("is_brownfield", "is_brownfi", "friche", "est_friche"),
        "expected_jobs": _names("expected_jobs", "expected_j", "emplois_attendus", "emplois"),
        "power_mw": _names("power_mw", "puissance_mw"),
        "water_m3_day": _names("water_m3_day", "water_m3_d", "eau_m3_jour", "eau_m3_j"),
        "gas": _names("gas", "gaz"),
        "fibre": _names("fibre", "fibre_optique"),
        "sewer": _names("sewer", "assainissement"),
        "rail_siding": _names("rail_siding", "rail_sidin", "embranchement_fer", "ite"),
        "quay": _names("quay", "quai"),
        "vocation": _names("vocation", "site_vocadomi"),
        "confidentiality": _names("confidentiality", "confidenti", "confidentialite"),
    }
)
# Columns of the site table that are made anew, whatever the file holds.
REMADE: Final = frozenset({"row", "gross_area_m2", "gross_area"})

# Units: the Table Schema of the standard declares site_surf_* in hectares (v2024-10).
SITE_ECO: Final = Profile(
    name="cnig-site-eco",
    title="Sites économiques (CNIG)",
    publisher=NOT_STATED,
    licence=NOT_STATED,
    signatures=(
        frozenset({"site_vocadomi", "site_surf_brute"}),
        frozenset({"sitvocdom", "sisurfbrut"}),
    ),
    open_labels=True,
    aliases={
        "site_id": _names("siteid"),
        "source": _names("source_producteur", "producteur"),
        "readiness_servicing": _names("terr_stade_amngt"),
        "readiness_commercial": _names("terr_stade_comm"),
        "is_brownfield": (Alias("terr_etat_occup", meanings=OCCUPATION),),
        "name": _names("site_nom", "sitenom"),
        "commune": _names("site_comm_insee", "sicominsee"),
        "epci": _names("site_epci_siren", "sepcisiren"),
        "declared_area_m2": _hectares("site_surf_brute", "sisurfbrut"),
        "usable_area_m2": _hectares("site_surf_utile", "sisurfutil"),
        "vocation": _names("site_vocadomi", "sitvocdom"),
        "gas": _names("reseau_gaz", "resogaz"),
        "fibre": _names("reseau_fibre_optique", "resofibre"),
        "sewer": _names("reseau_assainissement", "resoeu"),
        "rail_siding": _names("reseau_fret_ferroviaire", "resofret"),
        "quay": _names("reseau_fluvial", "resofluv"),
    },
)
TERRAIN_ECO: Final = Profile(
    name="cnig-terrain-eco",
    title="Terrains économiques (CNIG)",
    publisher=NOT_STATED,
    licence=NOT_STATED,
    signatures=(
        frozenset({"terr_id", "terr_surf_brute"}),
        frozenset({"terrid", "tesurfbrut"}),
    ),
    open_labels=True,
    aliases={
        "site_id": _names("terr_id", "terrid"),
        "source": _names("source_producteur"),
        "commune": _names("site_comm_insee"),
        "epci": _names("site_epci_siren"),
        "gas": _names("reseau_gaz"),
        "fibre": _names("reseau_fibre_optique"),
        "sewer": _names("reseau_assainissement"),
        "rail_siding": _names("reseau_fret_ferroviaire"),
        "quay": _names("reseau_fluvial"),
        "declared_area_m2": _hectares("terr_surf_brute", "tesurfbrut"),
        "land_control": _names("terr_maitrise_fonc", "tefoncier"),
        "readiness_servicing": _names("terr_stade_amngt", "testaamngt"),
        "readiness_commercial": _names("terr_stade_comm", "testadcomm"),
        "is_brownfield": (
            Alias("terr_etat_occup", meanings=OCCUPATION),
            Alias("teoccup", meanings=OCCUPATION),
        ),
    },
)
# unite_fonciere_surface (m²) comes first: it is the field of the standard, and in January
# 2023 site_surface is the area of a placeholder disc of 100 m (31,214.45 m²) in 14 of the
# 1,255 rows of Pays de la Loire; the two agree in 925.
CARTOFRICHES: Final = Profile(
    name="cartofriches",
    title="Cartofriches (Cerema)",
    publisher="Cerema",
    licence="Licence Ouverte 2.0",
    signatures=(
        frozenset({"site_statut", "unite_fonciere_surface"}),
        frozenset({"site_statut", "site_surface"}),
    ),
    open_labels=True,
    aliases={
        "name": _names("site_nom"),
        "commune": _names("comm_insee"),
        "declared_area_m2": _names("unite_fonciere_surface", "site_surface"),
        "readiness_planning": _names("urba_zone_type"),
        "is_brownfield": (Alias("site_statut", meanings=FRICHE_STATUS),),
        "vocation": _names("site_vocadomi"),
    },
)
FREE: Final = Profile(
    name="free", title="", publisher=NOT_STATED, licence=NOT_STATED, signatures=()
)
PROFILES: Final = (CARTOFRICHES, TERRAIN_ECO, SITE_ECO)


def profile_of(names: frozenset[str]) -> Profile:
    """Return the layout of a file.

    Parameters
    ----------
    names
        Its column names, as :func:`layers.raw_table.field_key` returns them.

    Returns
    -------
    Profile
        One of :data:`PROFILES`, or :data:`FREE`.

    Examples
    --------
    >>> profile_of(frozenset({"siteid", "sitvocdom", "sisurfbrut"})).name
    'cnig-site-eco'
    """
    return next((p for p in PROFILES if any(s <= names for s in p.signatures)), FREE)


def aliases(profile: Profile, column: str) -> tuple[Alias, ...]:
    """Return what may fill a column of the site table, by order of preference.

    Parameters
    ----------
    profile
        Layout of the file.
    column
        Column of the site table.

    Returns
    -------
    tuple of Alias
        Those of the layout, then the common ones.
    """
    found: dict[str, Alias] = {}
    for alias in (*profile.aliases.get(column, ()), *COMMON[column]):
        found.setdefault(alias.name, alias)
    return tuple(found.values())


def laundered(names: Iterable[str]) -> dict[str, str]:
    """Return names as GDAL cuts them to write a Shapefile.

    Parameters
    ----------
    names
        Names of the columns, in order.

    Returns
    -------
    dict
        Name of ten characters at most, by name: where a cut name is taken, the first eight
        characters, ``_`` and a digit (``LaunderFieldName`` of the driver).

    Examples
    --------
    >>> list(laundered(["readiness_land", "readiness_planning", "gas"]).values())
    ['readiness_', 'readines_1', 'gas']
    """
    cut: dict[str, str] = {}
    for name in names:
        candidates = [name[:_DBF_NAME], *(f"{name[: _DBF_NAME - 2]}_{i}" for i in range(1, 10))]
        cut[name] = next(c for c in candidates if c not in cut.values())
    return cut


# A Shapefile has all five or none: of one alone, the cut name does not tell which it was.
_READINESS: Final = tuple(c.name for c in SITES.columns if c.name.startswith("readiness_"))
_CUT_READINESS: Final = MappingProxyType(
    {name: field_key(cut) for name, cut in laundered(_READINESS).items()}
)


def _restored(by_key: Mapping[str, str]) -> dict[str, str]:
    """Look up the stages of readiness under the names a Shapefile leaves them."""
    if not set(_CUT_READINESS.values()) <= by_key.keys() or set(_READINESS) & by_key.keys():
        return dict(by_key)
    return {**by_key, **{name: by_key[cut] for name, cut in _CUT_READINESS.items()}}


def pick_columns(table: RawTable) -> Picked:
    """Choose the columns of a file that fill the site table.

    Parameters
    ----------
    table
        The file.

    Returns
    -------
    Picked
        Columns and notes; cells are untouched.
    """
    by_key = {field_key(str(c)): str(c) for c in reversed(table.data.columns)}
    profile = profile_of(frozenset(by_key))
    by_key = _restored(by_key)
    columns, notes, known = {}, [], set(table.used_fields)
    for column in COMMON:
        present = [a for a in aliases(profile, column) if a.name in by_key]
        known |= {by_key[alias.name] for alias in present}
        if not present:
            continue
        source = by_key[present[0].name]
        columns[column] = (present[0], source, table.data[source])
        others = [by_key[a.name] for a in present if a.name not in REMADE]
        if len(others) > 1:
            notes.append(
                problem(
                    "column-twice", field=column, found=", ".join(others), expected=source,
                    severity="warning",
                )
            )  # fmt: skip
    unknown = [
        str(c) for c in table.data.columns if c not in known and field_key(str(c)) not in REMADE
    ]
    if unknown:
        left_out = ", ".join(unknown)
        notes.append(problem("column-unknown", field=left_out, severity="warning"))
    return Picked(profile, MappingProxyType(columns), tuple(notes))
