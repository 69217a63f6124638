"""Backgrounds of IGN, asked for only when someone chooses one: the only outside addresses of maps.

By default the map is drawn on the outlines of the app, and nothing leaves the host.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from layers.errors import N_
from siting.i18n import Translate

WMTS: Final = "https://data.geopf.fr/wmts"
"""Tile service of the Géoplateforme (IGN), open, without a key (WMTS 1.0.0)."""
ATTRIBUTION: Final = "IGN-F/Géoplateforme"


@dataclass(frozen=True, slots=True)
class Background:
    """A background.

    Parameters
    ----------
    name
        Identifier.
    title
        An English gettext identifier.
    layer
        Name of the layer in the service.
    image
        Format of its tiles.
    """

    name: str
    title: str
    layer: str
    image: str

    @property
    def url(self) -> str:
        """Address of its tiles, with ``{z}``, ``{y}`` and ``{x}`` left to be filled.

        Examples
        --------
        >>> BACKGROUNDS[0].url.startswith("https://data.geopf.fr/wmts?SERVICE=WMTS&REQUEST=GetTile")
        True
        """
        asked = {
            "SERVICE": "WMTS", "REQUEST": "GetTile", "VERSION": "1.0.0", "LAYER": self.layer,
            "STYLE": "normal", "TILEMATRIXSET": "PM", "FORMAT": self.image,
        }  # fmt: skip
        place = "TILEMATRIX={z}&TILEROW={y}&TILECOL={x}"
        return f"{WMTS}?{urlencode(asked, safe='/')}&{place}"


BACKGROUNDS: Final = (
    Background("plan", N_("Plan IGN"), "GEOGRAPHICALGRIDSYSTEMS.PLANIGNV2", "image/png"),
    Background("photos", N_("Aerial photographs"), "ORTHOIMAGERY.ORTHOPHOTOS", "image/jpeg"),
)


def backgrounds_view(translate: Translate) -> dict[str, Any]:
    """Return what the script of the map needs to offer backgrounds, as plain values.

    Parameters
    ----------
    translate
        Language of the texts.

    Returns
    -------
    dict
        ``none`` (title of the map without a background), ``choices``, ``attribution``,
        ``told`` (what choosing one sends, and where), ``failed``.
    """
    _ = translate
    host = urlsplit(WMTS).hostname
    return {
        "none": _("No background (nothing is asked from outside)"),
        "choices": [
            {"name": one.name, "title": _(one.title), "url": one.url} for one in BACKGROUNDS
        ],
        "attribution": ATTRIBUTION,
        "told": _(
            "The backgrounds of IGN come from {host}: choosing one tells that server which part "
            "of the map you look at. They are never asked for otherwise."
        ).format(host=host),
        "failed": _("The background cannot be loaded: {host} does not answer.").format(host=host),
    }
