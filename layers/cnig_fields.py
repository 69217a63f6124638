"""Fields of the four classes of the CNIG standard *Sites économiques* v2024-10, as published.

The order is that of the GeoPackage template; the short names are those of its Shapefiles,
where GDAL cannot keep more than ten characters.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

SITE: Final = "site_eco"
PLOT: Final = "terrain_eco"
POLE: Final = "pole_eco"
ESTABLISHMENT: Final = "etablissement"
CLASSES: Final = (SITE, PLOT, POLE, ESTABLISHMENT)
"""Names of the classes, which are also those of the layers of the template."""

_SITE_FIELDS: Final = """
    site_id SITEID, pole_id POLEID, site_nom SITENOM, site_type SITETYPE,
    site_vocadomi SITVOCDOM, site_etat SITEETAT, site_surf_brute SISURFBRUT,
    site_surf_utile SISURFUTIL, site_creation_date SICREADATE,
    site_identif_date SIIDENDATE, site_actu_date SIACTUDATE, site_description SIDESCRIPT,
    source_producteur PRODUCTEUR, site_quali_territoire SIQUALITER,
    site_evol_urba SIEVOLURBA, site_url SITEURL, site_epci_nom SIEPCINOM,
    site_epci_siren SEPCISIREN, site_comm_nom SICOMNOM, site_comm_insee SICOMINSEE,
    site_moa_type SMOATYPE, site_moa_nom SIMOANOM, site_moa_amngt SIMOAAMNGT,
    site_moa_comm SIMOACOMM, site_uf_nbre SIUFNBRE, site_uf_vacant_nbre SIUFVACANT,
    site_taux_vacance SITAUXVAC, site_uf_bati_nbre SIUBBATNBR, site_nb_etab SINBETAB,
    site_nb_emploi SINBEMPLOI, site_media SITEMEDIA, site_surf_comm_dispo SICOMDISPO,
    site_surf_projet SISURFPROJ, site_voca_industrielle SIVOINDUS,
    site_voca_commerciale SIVOCOMM, site_voca_tertiaire SIVOTERTIA,
    site_voca_artisanale SIVOARTI, site_voca_touristique SIVOTOURIS,
    site_voca_portuaire SIVOPORT, site_voca_aeroportuaire SIVOAERO,
    reseau_eau_pluviale RESOPLUV, reseau_eau_potable RESOEP,
    reseau_assainissement RESOEU, reseau_gaz RESOGAZ, reseau_electrique RESOELEC,
    reseau_fibre_optique RESOFIBRE, reseau_fret_ferroviaire RESOFRET,
    reseau_fluvial RESOFLUV, desserte_tc SITRANCOM, desserte_route_nom SIROUTE,
    autoroute_nom SIAUTOROUT, autoroute_echang_dist SIECHANGEU, gare_nom SIGARENOM,
    gare_dist SIGAREDIST, gare_fret_nom SIFRETNOM, gare_fret_dist SIFRETDIST,
    aeroport_nom SIAERONOM, aeroport_dist SIAERODIST, port_nom SIPORTNOM,
    port_dist SIPORTDIST
"""
_PLOT_FIELDS: Final = """
    terr_id TERRID, site_id SITEID, terr_refcad TERRCAD, terr_surf_brute TESURFBRUT,
    terr_utile TESURFUTIL, terr_identif_date TEIDENDATE, terr_actu_date TEACTUDATE,
    terr_maitrise_fonc TEFONCIER, terr_stade_amngt TESTAAMNGT,
    terr_stade_comm TESTADCOMM, terr_etat_occup TEOCCUP, terr_usage TERRUSAGE,
    terr_cle_en_main TECLEMAIN, terr_acquereur TERRACQUER, terr_cession_date TEVENTDATE,
    terr_vente_montant TEVENTMONT, terr_m2_prix TEMPRIX
"""
_POLE_FIELDS: Final = """
    pole_id POLEID, pole_nom POLENOM, pole_vocadomi POLVOCDOM,
    pole_identif_date POIDENDATE, pole_actu_date POACTUDATE, pole_nb_site POLENBSITE,
    pole_nb_etab POLNBETAB, pole_nb_emploi PONBEMPLOI, pole_surface POSURFACE,
    pole_rayonnement POLERAYON
"""
_ESTABLISHMENT_FIELDS: Final = """
    siret ETABSIRET, siren ETABSIREN, terr_id TERRID, ban_id BANID, bat_id BATID,
    etab_adresse ETABADRESS, etab_raison_sociale ETABRAISON,
    etab_nat_juridique ETABJURIDI, etab_nom ETABNOM, epci_nom ETEPCINOM,
    epci_siren EEPCISIREN, comm_nom ETCOMNOM, comm_insee ETCOMINSEE,
    etab_siege ETABSIEGE, etab_creation_date ETCREADATE, etab_identif_date ETIDENDATE,
    etab_actu_date ETACTUDATE, etab_actif ETABACTIF, etab_fermeture_date ETFERMDATE,
    etab_description ETDESCRIPT, etab_activite_code ETACTICODE,
    etab_activite_libelle ETACTILIB, etab_effectif_code ETEFFCODE,
    etab_effectif_libelle ETEFFLIB, etab_effectif_annee ETEFFANNEE,
    etab_source_info ETSOURCE, geocodage_qualite ETGEOQUALI, etab_contact_mail ETABMAIL,
    etab_contact_tel ETABTEL
"""


def _fields(text: str) -> Mapping[str, str]:
    pairs = (pair.split() for pair in text.split(","))
    return MappingProxyType({long: short.lower() for long, short in pairs})


FIELDS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        SITE: _fields(_SITE_FIELDS),
        PLOT: _fields(_PLOT_FIELDS),
        POLE: _fields(_POLE_FIELDS),
        ESTABLISHMENT: _fields(_ESTABLISHMENT_FIELDS),
    }
)
"""By class, the name of each field and its short name, lower case."""

NUMBERS: Final = frozenset(
    {
        "site_surf_brute", "site_surf_utile", "site_uf_nbre", "site_uf_vacant_nbre",
        "site_taux_vacance", "site_uf_bati_nbre", "site_nb_etab", "site_nb_emploi",
        "site_surf_comm_dispo", "site_surf_projet", "autoroute_echang_dist", "gare_dist",
        "gare_fret_dist", "aeroport_dist", "port_dist", "terr_surf_brute",
        "terr_vente_montant", "terr_m2_prix", "pole_nb_site", "pole_nb_etab",
        "pole_nb_emploi", "pole_surface",
    }
)  # fmt: skip
"""Fields that hold numbers; all others hold text."""

MANDATORY: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        SITE: (
            "site_id", "pole_id", "site_nom", "site_type", "site_vocadomi", "site_etat",
            "site_surf_brute", "site_surf_utile", "site_identif_date", "site_actu_date",
            "site_epci_nom", "site_epci_siren", "site_comm_nom", "site_comm_insee",
            "site_moa_type",
        ),
        PLOT: (
            "terr_id", "site_id", "terr_surf_brute", "terr_identif_date", "terr_actu_date",
            "terr_maitrise_fonc", "terr_stade_amngt", "terr_stade_comm", "terr_etat_occup",
            "terr_usage",
        ),
    }
)  # fmt: skip
"""Fields that the standard requires, of the classes that are written."""

PUBLISHED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "etat": "Etat",
        "sem ou spla": "SEM ou SPLA",
        "réservé par une délibération de l'epci": "réservé par une délibération de l'EPCI",
    }
)
"""Labels of the site table, and how the standard writes those that are not lower case."""
