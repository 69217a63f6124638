"""What the browser loads beside Streamlit: Leaflet, the ground of the map, style, icon.

Nothing comes from outside. Streamlit serves the folder of every declared component at
``component/<name>/``, wherever the app is installed and whatever its base path. Leaflet,
the ground of the map and its views are declared for this purpose only: the browser fetches
them once, where what is written in the map itself is sent again at each run of the script.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import streamlit as st
import xstatic.pkg.leaflet
from streamlit.components.v1 import declare_component

from siting.maps import Addresses, Ground, view_script

# The map lives in the frame component/streamlit_folium.st_folium/index.html: addresses
# relative to it hold behind any base path.
_COMPONENTS: Final = ".."
_MEDIA: Final = "../../static/media"
_MOST_VIEWS: Final = 200


def serve_map_assets(ground: Ground, view_json: str) -> Addresses:
    """Have Streamlit serve what a map needs; to be called in every run of the app.

    Parameters
    ----------
    ground
        The ground of the map.
    view_json
        Its view, through :func:`siting.maps.page_json`.

    Returns
    -------
    Addresses
        Addresses for the frame of the map.
    """
    folder, name = _ground_file(ground)
    leaflet = declare_component("leaflet", path=xstatic.pkg.leaflet.BASE_DIR)
    grounds = declare_component("ground", path=folder.name)
    views = declare_component("views", path=_views().path)
    return Addresses(
        script=f"{_COMPONENTS}/{leaflet.name}/leaflet.js",
        style=f"{_COMPONENTS}/{leaflet.name}/leaflet.css",
        font=_font_address(),
        ground=f"{_COMPONENTS}/{grounds.name}/{name}",
        view=f"{_COMPONENTS}/{views.name}/{_views().put(view_json)}",
    )


class _Views:
    """Scripts of views, the last ones used, each under a name that only its content gives."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="siting-views-")
        self._names: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()
        self.path = self._folder.name

    def put(self, view_json: str) -> str:
        """Write the script of a view, unless it is there already; return its name."""
        content = view_script(view_json).encode()
        # Whole: who does not have the view cannot guess where it is.
        name = f"view-{hashlib.sha256(content).hexdigest()}.js"
        with self._lock:
            if name not in self._names:
                Path(self.path, name).write_bytes(content)
            self._names[name] = None
            self._names.move_to_end(name)
            while len(self._names) > _MOST_VIEWS:
                Path(self.path, self._names.popitem(last=False)[0]).unlink(missing_ok=True)
        return name


@cache
def _views() -> _Views:
    return _Views()


@cache
def _ground_file(ground: Ground) -> tuple[TemporaryDirectory[str], str]:
    """Write the script of a ground in a folder of its own, for as long as the app runs."""
    folder: TemporaryDirectory[str] = TemporaryDirectory(prefix="siting-map-")
    content = ground.script.encode()
    name = f"ground-{hashlib.sha256(content).hexdigest()[:16]}.js"
    Path(folder.name, name).write_bytes(content)
    return folder, name


@cache
def _font_address() -> str:
    """Return the address of Streamlit's own font, which the map shares; empty if it moved."""
    folder = Path(st.__file__).parent / "static" / "static" / "media"
    found = sorted(folder.glob("SourceSansVF-Upright*.woff2"))
    return f"{_MEDIA}/{found[0].name}" if found else ""


@cache
def style_sheet() -> str:
    """Return the style sheet of the app.

    Returns
    -------
    str
        CSS.
    """
    return files("siting.ui").joinpath("style.css").read_text(encoding="utf-8")


@cache
def icon_path() -> str:
    """Return the icon of the page, a file: a named one would be asked from outside.

    Returns
    -------
    str
        Path of an SVG file.
    """
    return str(Path(__file__).with_name("icon.svg"))
