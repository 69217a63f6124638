"""A site that a user draws or types, as the file that the reader of sites reads.

There is one way into the site table: what is typed is written as GeoJSON and read back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

import geopandas as gpd
import shapely
from shapely.geometry import shape

from layers.errors import N_, LayerError, problem
from layers.site_attributes import MADE
from layers.site_table import SITES

DEGREES: Final = "EPSG:4326"
"""CRS of GeoJSON, and of what is typed unless said otherwise."""

LIMIT_CHARACTERS: Final = 1_000_000
"""Longest text read as an outline."""

_NUMBER: Final = r"[-+\u2212]?\d+(?:[.,]\d+)?"
_PAIR: Final = re.compile(rf"\s*({_NUMBER})\s*[;\s]\s*({_NUMBER})\s*[,;]?\s*")
_POINT_NUMBER: Final = r"[-+\u2212]?\d+(?:\.\d+)?"
_POINT_PAIR: Final = re.compile(rf"\s*({_POINT_NUMBER})\s*,\s*({_POINT_NUMBER})\s*")
_LONGEST_LINE: Final = 200  # characters; patterns of spaces are slow on long ones
_WKT: Final = re.compile(r"\s*[A-Za-z]")
_LEAST: Final = 3  # corners of a polygon


def parse_outline(text: str, *, name: str = "") -> shapely.Geometry:
    r"""Read an outline that a user types.

    Parameters
    ----------
    text
        WKT; GeoJSON (a geometry, or one feature); or a corner a line: longitude and latitude, or
        x and y, with a comma or a point as decimal mark.
    name
        Name of the field, for messages.

    Returns
    -------
    Geometry
        As typed, in the CRS it was typed in; whether it is a valid polygon is for the reader of
        sites to say.

    Raises
    ------
    LayerError
        If it is none of these.

    Examples
    --------
    >>> parse_outline("-1.5 47.2\n-1.4 47.2\n-1.4 47.3").wkt
    'POLYGON ((-1.5 47.2, -1.4 47.2, -1.4 47.3, -1.5 47.2))'
    >>> parse_outline("-1,5 ; 47,2\n-1,4 ; 47,2\n-1,4 ; 47,3").area > 0
    True
    """
    if len(text) > LIMIT_CHARACTERS:
        found, expected = f"{len(text):,}", f"{LIMIT_CHARACTERS:,}"
        raise LayerError(problem("file-too-large", field=name, found=found, expected=expected))
    try:
        if text.lstrip().startswith("{"):
            return _from_geojson(json.loads(text))
        if _WKT.match(text):
            return shapely.from_wkt(text)
    except (shapely.GEOSException, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise LayerError(_unreadable(name, text)) from None
    return _from_corners(text, name)


def site_geojson(outline: shapely.Geometry, attributes: Mapping[str, Any], *, crs: str) -> bytes:
    """Write a site as a GeoJSON file of one feature.

    Parameters
    ----------
    outline
        Its outline.
    attributes
        What is known, by column of the site table; ``None`` and empty texts are left out.
    crs
        CRS of the outline.

    Returns
    -------
    bytes
        The file, in longitudes and latitudes (RFC 7946), for
        :func:`layers.sites.read_sites`.

    Raises
    ------
    ValueError
        If an attribute is not a column of the site table, or is made from the geometry.

    Examples
    --------
    >>> square = shapely.box(-1.5, 47.2, -1.49, 47.21)
    >>> site_geojson(square, {"name": "ZA", "power_mw": None}, crs="EPSG:4326")[:50]
    b'{"type": "FeatureCollection", "features": [{"type"'
    """
    columns = {column.name for column in SITES.columns} - MADE
    unknown = sorted(set(attributes) - columns)
    if unknown:
        raise ValueError(f"not a column that can be typed: {', '.join(unknown)}")
    degrees = gpd.GeoSeries([outline], crs=crs).to_crs(DEGREES)
    known = {name: value for name, value in attributes.items() if value not in (None, "")}
    feature = {
        "type": "Feature",
        "properties": known,
        "geometry": json.loads(shapely.to_geojson(degrees.iloc[0])),
    }
    document = {"type": "FeatureCollection", "features": [feature]}
    return json.dumps(document, ensure_ascii=False).encode()


def _from_geojson(document: Any) -> shapely.Geometry:
    if document.get("type") == "FeatureCollection":
        [document] = document["features"]
    if document.get("type") == "Feature":
        document = document["geometry"]
    return shape(document)


def _from_corners(text: str, name: str) -> shapely.Geometry:
    corners: list[tuple[float, float]] = []
    for row, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        short = line if len(line) <= _LONGEST_LINE else ""
        found = _PAIR.fullmatch(short) or _POINT_PAIR.fullmatch(short)
        if found is None:
            expected = N_("two numbers, longitude and latitude or x and y")
            wrong = problem("value-type", row=row, field=name, found=_cut(line), expected=expected)
            raise LayerError(wrong)
        x, y = (float(one.replace(",", ".").replace("\u2212", "-")) for one in found.groups())
        corners.append((x, y))
    if len(corners) < _LEAST:
        raise LayerError(_unreadable(name, text))
    return shapely.Polygon(corners)


def _unreadable(name: str, text: str) -> Any:
    expected = N_("an outline: WKT, GeoJSON, or three corners at least, one a line")
    return problem("value-type", field=name, found=_cut(text.strip()), expected=expected)


def _cut(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"
