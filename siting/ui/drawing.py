"""A map to draw an outline on: the map of the app without sites, and a small tool of its own."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from secrets import token_hex
from typing import Any

import shapely
import streamlit as st
from branca.element import MacroElement
from folium.template import Template
from streamlit_folium import st_folium

from siting.i18n import Language, translator
from siting.maps import draw, map_view, page_json
from siting.pipeline import Run
from siting.ui.assets import serve_map_assets
from siting.ui.context import Context
from siting.ui.html import paragraph
from siting.world import World

_KEY = "drawing"
_TOKEN = f"{_KEY}-token"
_HEIGHT = 470
_STYLE = (
    ".siting-draws, .siting-draws .leaflet-interactive { cursor: crosshair; }"
    ".siting-drawing { display: flex; flex-direction: column; background: #fff; }"
    ".siting-drawing button { padding: 6px 10px; border: 0; border-bottom: 1px solid #d9dfe1;"
    " background: #fff; color: #12679b; font: 600 13px 'Source Sans', sans-serif;"
    " text-align: left; cursor: pointer; }"
    ".siting-drawing button:disabled { color: #6b777d; font-weight: 400; cursor: default; }"
    ".siting-drawing button:focus-visible { outline: 2px solid #12679b; outline-offset: -2px; }"
    ".siting-drawing p { margin: 0; padding: 6px 10px; font: 400 13px 'Source Sans', sans-serif; }"
    ".siting-legend { display: none; }"
)


class _Tool(MacroElement):
    """The tool, with its labels in the language."""

    _template = Template(
        """
        {% macro header(this, kwargs) %}<style>{{ this.style }}</style>{% endmacro %}
        {% macro script(this, kwargs) %}
        {{ this.tool }}
        sitingDrawing({{ this._parent.get_name() }}, {{ this.labels }});
        {% endmacro %}
        """
    )

    def __init__(self, labels: dict[str, object]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.tool, self.style, self.labels = _script(), _STYLE, page_json(labels)


@cache
def _script() -> str:
    return files("siting.ui").joinpath("drawing.js").read_text(encoding="utf-8")


def drawn_outline(context: Context) -> shapely.Polygon | None:
    """Show the map to draw on.

    Parameters
    ----------
    context
        What the page is given.

    Returns
    -------
    Polygon or None
        What was drawn, in longitudes and latitudes; ``None`` before.
    """
    _ = context.translate
    st.html(
        paragraph(
            _("Zoom in on the land, then click each corner in turn and finish the outline."),
            "sg-note",
        )
    )
    key = context.run.manifest.scenario_hash
    view_json = _view_json(context.sites.digest, key, context.lang, context.run, context.world)
    addresses = serve_map_assets(context.ground, view_json)
    drawn = draw(context.ground, view_json, addresses=addresses)
    labels: dict[str, object] = {
        "token": draft(),
        "finish": _("Finish the outline"),
        "back": _("Take back a corner"),
        "clear": _("Start again"),
        "area": _("About {area} ha"),
        "lang": context.lang,
    }
    drawn.add_child(_Tool(labels))
    key = f"{_KEY}-{draft()}"
    st_folium(drawn, key=key, height=_HEIGHT, use_container_width=True, returned_objects=[])
    answer = st.session_state.get(key)
    if isinstance(answer, dict) and "kind" in answer:
        st.session_state[_KEY] = answer
    return outline_of(st.session_state.get(_KEY))


def draft() -> str:
    """Return what tells the site being described from those of other sessions and those added.

    The browser keeps the outline under it, and draws it again on a map that was built anew.

    Returns
    -------
    str
        A name drawn at random.
    """
    token: str = st.session_state.setdefault(_TOKEN, token_hex(8))
    return token


def begin_draft() -> None:
    """Begin the next site, with an empty map."""
    st.session_state[_TOKEN] = token_hex(8)
    st.session_state[_KEY] = None


def outline_of(answer: Any) -> shapely.Polygon | None:
    """Return the polygon that the tool tells.

    Parameters
    ----------
    answer
        What the map told last.

    Returns
    -------
    Polygon or None
        ``None`` where it is no outline.

    Examples
    --------
    >>> outline_of({"kind": "outline", "ring": [[0, 0], [1, 0], [1, 1]]}).wkt
    'POLYGON ((0 0, 1 0, 1 1, 0 0))'
    """
    if not isinstance(answer, dict) or answer.get("kind") != "outline":
        return None
    try:
        return shapely.Polygon(answer["ring"])
    except (KeyError, TypeError, ValueError, shapely.GEOSException):
        return None


@st.cache_data(show_spinner=False, max_entries=16)
def _view_json(
    digest: str,  # noqa: ARG001 - what the run is found by
    key: str,  # noqa: ARG001 - what the run is found by
    lang: Language,
    _run: Run,
    _world: World,
) -> str:
    return page_json(map_view(_run, _world, translator(lang), shown=()))
