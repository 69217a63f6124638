"""The map of a run, as a folium map: territories by budget used, sites by verdict.

No Streamlit here, and no outside request: the ground is drawn from the layers of the
world, and Leaflet comes from an installed package. The script ``map.js`` draws;
:mod:`siting.maps.view` tells it what.
"""

from siting.maps.drawing import LOCAL, Addresses, draw, site_map, view_script
from siting.maps.ground import Ground, make_ground, neighbours
from siting.maps.indicators import INDICATORS, USED_SHARE, Figures, available, value_text
from siting.maps.page import page_json
from siting.maps.signs import (
    SHARE_CLASSES,
    budget_share,
    marker_size,
    share_class,
    total_m2,
    verdict_symbol,
)
from siting.maps.view import Look, map_view

__all__ = [
    "INDICATORS",
    "LOCAL",
    "SHARE_CLASSES",
    "USED_SHARE",
    "Addresses",
    "Figures",
    "Ground",
    "Look",
    "available",
    "budget_share",
    "draw",
    "make_ground",
    "map_view",
    "marker_size",
    "neighbours",
    "page_json",
    "share_class",
    "site_map",
    "total_m2",
    "value_text",
    "verdict_symbol",
    "view_script",
]
