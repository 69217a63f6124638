"""The folium map: Leaflet, the ground and a view."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import folium
import xstatic.pkg.leaflet
from branca.element import MacroElement
from folium.template import Template

from siting.i18n import Translate
from siting.maps.ground import Ground
from siting.maps.page import asset, page_json
from siting.maps.view import DEFAULT_LOOK, Look, map_view
from siting.pipeline import Run
from siting.world import World

_LEAFLET_FOLDER: Final = Path(xstatic.pkg.leaflet.BASE_DIR)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the browser finds what the map needs.

    Parameters
    ----------
    script, style
        Script and style sheet of Leaflet.
    font
        A font file for the texts of the map; the system's when empty.
    ground
        A script with :attr:`Ground.script`; written in the page itself when empty.
    view
        A script with :func:`view_script`; written in the page itself when empty.
    """

    script: str
    style: str
    font: str = ""
    ground: str = ""
    view: str = ""


LOCAL: Final = Addresses(
    (_LEAFLET_FOLDER / "leaflet.js").as_uri(), (_LEAFLET_FOLDER / "leaflet.css").as_uri()
)
"""The installed package, for a map saved to a file and opened on this machine."""


def site_map(
    run: Run,
    world: World,
    ground: Ground,
    translate: Translate,
    *,
    look: Look = DEFAULT_LOOK,
    shown: Collection[str] | None = None,
    addresses: Addresses = LOCAL,
) -> folium.Map:
    """Draw a run.

    Parameters
    ----------
    run
        The run.
    world
        The territory and its layers.
    ground
        Its ground, as :func:`make_ground` makes it from the same world.
    translate
        Language of the texts.
    look
        Territories and indicator.
    shown
        Identifiers of the sites to show; all by default.
    addresses
        Where the browser finds Leaflet; in the installed package by default.

    Returns
    -------
    folium.Map
        The map, without tiles. Its script fires ``siting:select`` with ``kind`` (a level
        or ``site``) and ``code`` on a click, and answers to
        ``map.siting.select(kind, code, move)``.
    """
    view = map_view(run, world, translate, look=look, shown=shown, ground=ground)
    return draw(ground, page_json(view), addresses=addresses)


def draw(ground: Ground, view_json: str, *, addresses: Addresses = LOCAL) -> folium.Map:
    """Return the folium map of a ground and a view.

    Parameters
    ----------
    ground
        The ground.
    view_json
        A view (:func:`map_view`) through :func:`page_json`.
    addresses
        Where the browser finds Leaflet.

    Returns
    -------
    folium.Map
        The map.
    """
    drawn = folium.Map(
        tiles=None, zoom_control=False, min_zoom=7, max_zoom=16, zoomSnap=0.25, zoomDelta=0.5,
        wheelPxPerZoomLevel=120,
    )  # fmt: skip
    # In place of folium's own lists, which ask public servers.
    drawn.default_js = [("leaflet", addresses.script)]
    drawn.default_css = [("leaflet_css", addresses.style)]
    scripts = {"siting_ground": addresses.ground, "siting_view": addresses.view}
    drawn.default_js += [(name, address) for name, address in scripts.items() if address]
    inline = "" if addresses.ground else ground.script
    view = "" if addresses.view else view_script(view_json)
    # The address tells a view from another: what shows the map knows it by its script.
    drawn.add_child(_Drawing(f"{inline}\n{view}", addresses.view, addresses.font))
    return drawn


def view_script(view_json: str) -> str:
    """Return the script that gives a view to the map.

    Parameters
    ----------
    view_json
        A view through :func:`page_json`.

    Returns
    -------
    str
        JavaScript.

    Examples
    --------
    >>> view_script("{}")
    'var sitingView = {};'
    """
    return f"var sitingView = {view_json};"


class _Drawing(MacroElement):
    """The script of the map with its data, and its style."""

    _template = Template(
        """
        {% macro header(this, kwargs) %}<style>{{ this.style }}</style>{% endmacro %}
        {% macro script(this, kwargs) %}
        {{ this.inline }}
        sitingMap({{ this._parent.get_name() }}, sitingGround, sitingView); // {{ this.view }}
        {% endmacro %}
        """
    )

    def __init__(self, inline: str, view: str, font: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "siting"
        self.inline = inline
        self.view = view
        face = '@font-face {{ font-family: "Source Sans"; font-weight: 200 900; src: url("{}"); }}'
        self.style = (face.format(font) if font else "") + asset("map.css")
