"""Title of every layer, by name: what users read in place of the key of a layer."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from layers.artificialised_land import ENAF_FLOWS
from layers.commune_figures import COMMUNE_FIGURES
from layers.environment import PROTECTED_AREAS
from layers.errors import N_
from layers.flows import NET_FLOWS
from layers.freight_sidings import FREIGHT_SIDINGS
from layers.frr import FRR
from layers.housing import HOUSING
from layers.housing_tension import HOUSING_TENSION
from layers.industrial_flows import INDUSTRIAL_FLOWS
from layers.job_seekers import JOB_SEEKERS
from layers.jobs import ZONINGS
from layers.jobs_by_activity import JOBS_BY_ACTIVITY
from layers.pene import PENE
from layers.prices import PRICES
from layers.public_transport import PUBLIC_TRANSPORT_STOPS
from layers.road_network import ROAD_NETWORK
from layers.scot import SCOTS
from layers.sewage_plants import SEWAGE_PLANTS
from layers.site_table import SITES
from layers.station_traffic import STATION_TRAFFIC
from layers.surroundings import SURROUNDINGS
from layers.territory import COMMUNES
from layers.transport import INTERCHANGES, PORTS, STATIONS
from layers.vacancy import VACANCY
from layers.zoning import ZONING

_SPECS: Final = (
    COMMUNES, HOUSING, ZONINGS, STATIONS, INTERCHANGES, PORTS, PROTECTED_AREAS, ENAF_FLOWS,
    NET_FLOWS, INDUSTRIAL_FLOWS, JOBS_BY_ACTIVITY, VACANCY, HOUSING_TENSION, PRICES, JOB_SEEKERS,
    FRR,
    STATION_TRAFFIC, FREIGHT_SIDINGS, PUBLIC_TRANSPORT_STOPS, SEWAGE_PLANTS, SCOTS, PENE, ZONING,
    ROAD_NETWORK, SITES, *COMMUNE_FIGURES.values(), *SURROUNDINGS.values(),
)  # fmt: skip

LAYER_TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {"land_cover": N_("Land cover"), **{spec.name: spec.title for spec in _SPECS}}
)
"""Title (an English gettext identifier) by name of layer; those of the registry are all there."""
