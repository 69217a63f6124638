"""The one site table: every reader of sites returns it, all the rest reads it.

Stages and vocations take the labels of the CNIG standard *Sites économiques*
v2024-10 where it has them (lower case, as published); planning stages take the
zone types of the CNIG standard PLU. Labels stay in French: they are data.
"""

from __future__ import annotations

from typing import Final

from layers.errors import N_
from layers.spec import Column, LayerSpec

SITES_CRS: Final = "EPSG:2154"

# CNIG Sites économiques, terr_maitrise_fonc, from who holds the land (R33).
LAND_CONTROL: Final = (
    "personne physique",
    "etat",
    "région",
    "département",
    "structure intercommunale",
    "commune",
    "autre collectivité territoriale",
    "organisme de logement social",
    "établissement public foncier",
    "sem ou spla",
    "aménageur",
    "investisseur professionnel",
    "établissement de santé et structure sociale",
    "établissement de tourisme et structure de loisir sportive ou cultuelle",
    "établissement industriel et commercial",
    "organisation de gestion foncière et immobilière",
    "établissement d'enseignement d'étude et de recherche",
)
# Stage of the five dimensions of readiness, from the least to the most ready.
LAND_STAGES: Final = ("à acquérir", "en négociation", "promesse signée", "maîtrisé")
PLANNING_STAGES: Final = ("N", "A", "AUs", "AUc", "U")
ENVIRONMENT_STAGES: Final = (
    "non engagé",
    "études en cours",
    "instruction en cours",
    "autorisé",
    "purgé de tout recours",
)
SERVICING_STAGES: Final = (
    "non aménageable",
    "non aménagé, non viabilisé",
    "viabilisation en cours",
    "viabilisé non aménagé",
    "viabilisé et aménagé",
)
COMMERCIAL_STAGES: Final = (
    "non commercialisé",
    "non commercialisable",
    "en vente",
    "en vente avec contraintes",
    "réservé par option de réservation",
    "réservé par une délibération de l'epci",
    "vendu, commercialisation achevée",
)
VOCATIONS: Final = (
    "industrielle",
    "commerciale",
    "tertiaire",
    "artisanale",
    "touristique",
    "portuaire",
    "aéroportuaire, aéronautique",
    "entrepôts, logistique",
    "logistique agricole",
    "mixte",
)
CONFIDENTIALITY: Final = ("public", "restricted", "confidential")
GEOMETRY_ORIGINS: Final = ("drawn", "disc")

SITES: Final = LayerSpec(
    name="sites",
    title=N_("Sites"),
    key="site_id",
    crs=SITES_CRS,
    geometry="polygon",
    columns=(
        Column("site_id", "string", "Identifier, unique in the file"),
        Column("name", "string", "Name; the identifier where the file has none"),
        Column("source", "string", "Inventory or file the site comes from"),
        Column("row", "integer", "1-based position of the site in its file", minimum=1),
        Column("commune", "string", "Declared INSEE code of the commune", nullable=True),
        Column("epci", "string", "Declared SIREN of the EPCI", nullable=True),
        Column("gross_area_m2", "number", "Area of the geometry", unit="m²", minimum=0),
        Column("declared_area_m2", "number", "Declared area", unit="m²", nullable=True, minimum=0),
        Column(
            "usable_area_m2", "number", "Area that can be sold", unit="m²", nullable=True, minimum=0
        ),
        Column("geometry_origin", "string", "How it was drawn", choices=GEOMETRY_ORIGINS),
        Column("available_from", "string", "ISO date of availability", nullable=True),
        Column(
            "works_start_year", "integer", "Year works start", nullable=True, minimum=2011,
            maximum=2060,
        ),
        Column("land_control", "string", "Holder of the land", nullable=True, choices=LAND_CONTROL),
        Column(
            "readiness_land", "string", "Land control stage", nullable=True, choices=LAND_STAGES
        ),
        Column(
            "readiness_planning", "string", "Zone type of the planning document", nullable=True,
            choices=PLANNING_STAGES,
        ),
        Column(
            "readiness_environment", "string", "Environment and archaeology stage", nullable=True,
            choices=ENVIRONMENT_STAGES,
        ),
        Column(
            "readiness_servicing", "string", "Servicing stage", nullable=True,
            choices=SERVICING_STAGES,
        ),
        Column(
            "readiness_commercial", "string", "Commercialisation stage", nullable=True,
            choices=COMMERCIAL_STAGES,
        ),
        Column("is_brownfield", "boolean", "Whether it is a friche (L.111-26)", nullable=True),
        Column("expected_jobs", "number", "Declared jobs expected", unit="jobs", nullable=True,
               minimum=0),
        Column("power_mw", "number", "Power available", unit="MW", nullable=True, minimum=0),
        Column("water_m3_day", "number", "Water available", unit="m³/day", nullable=True,
               minimum=0),
        Column("gas", "boolean", "Gas at the site", nullable=True),
        Column("fibre", "boolean", "Optical fibre at the site", nullable=True),
        Column("sewer", "boolean", "Sewer at the site", nullable=True),
        Column("rail_siding", "boolean", "Rail siding (ITE)", nullable=True),
        Column("quay", "boolean", "River or sea quay", nullable=True),
        Column("vocation", "string", "Main vocation", nullable=True, choices=VOCATIONS),
        Column("confidentiality", "string", "Who may see it", choices=CONFIDENTIALITY),
    ),
)  # fmt: skip
"""Contract of the site table: EPSG:2154, polygons, areas in m², one row a site."""
