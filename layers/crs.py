"""The coordinate reference system a file declares: read, never guessed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

import pyproj

from layers.errors import Problem, problem

EXAMPLE_CRS: Final = "EPSG:2154"
_MEMBER: Final = 1 << 16
_DESCRIBED: Final = re.compile(r"\b(proj|init|datum|ellps)\s*=")  # a PROJ string
_CRS: Final = re.compile(rb'"crs"\s*:\s*(?=\S)')
_LAST_LIST: Final = re.compile(rb'"crs"\s*:\s*(?=\[[^\[\]{}]*\]\s*\}\s*\Z)')


def parse_crs(text: str) -> pyproj.CRS | None:
    """Return the CRS that ``text`` names, in two dimensions.

    Parameters
    ----------
    text
        Authority code (``EPSG:2154``, ``2154``, URN), name or WKT.

    Returns
    -------
    CRS or None
        ``None`` if it is not known, or is neither projected nor geographic.

    Examples
    --------
    >>> parse_crs("2154").name, parse_crs("EPSG:999999")
    ('RGF93 v1 / Lambert-93', None)
    """
    text = text.strip()
    try:
        crs = pyproj.CRS.from_user_input(int(text) if text.isdigit() else text).to_2d()
    except pyproj.exceptions.CRSError:
        return None
    return crs if crs.is_projected or crs.is_geographic else None


def declared_crs(
    path: Path, text: str | None, *, geojson: bool = False
) -> tuple[pyproj.CRS | None, list[Problem]]:
    """Return the CRS a file declares, or why it has none.

    GDAL takes a GeoJSON whose ``crs`` it does not know for longitudes and latitudes: the
    member is read here.

    Parameters
    ----------
    path
        The file.
    text
        CRS as GDAL tells it; ``None`` if it tells none.
    geojson
        Whether the file is a GeoJSON.

    Returns
    -------
    CRS or None
        The CRS.
    list of Problem
        ``crs-missing``, ``crs-unknown`` or, for a PROJ string in a GeoJSON, whose member
        holds a name, ``crs-unnamed``, if there is none.
    """
    if geojson:
        declared = _geojson_crs(path)
        text = text if declared is None else declared
    if text is None:
        text = declared_projection(path) or ""
    if not text:
        return None, [problem("crs-missing", expected=EXAMPLE_CRS)]
    if geojson and _DESCRIBED.search(text):
        return None, [problem("crs-unnamed", found=text[:80], expected=EXAMPLE_CRS)]
    crs = parse_crs(text)
    if crs is None and _is_undefined(text):
        return None, [problem("crs-missing", expected=EXAMPLE_CRS)]
    return crs, [] if crs else [problem("crs-unknown", found=text[:80])]


def known_crs(crs: pyproj.CRS | None) -> tuple[pyproj.CRS | None, list[Problem]]:
    """Return a CRS in two dimensions, or why it cannot be used.

    Parameters
    ----------
    crs
        CRS of a file; ``None`` if it declares none.

    Returns
    -------
    CRS or None
        The CRS.
    list of Problem
        ``crs-missing`` or ``crs-unknown`` if there is none.
    """
    if crs is None:
        return None, [problem("crs-missing", expected=EXAMPLE_CRS)]
    known = parse_crs(crs.to_wkt())
    return known, [] if known else [problem("crs-unknown", found=crs.name)]


def _is_undefined(text: str) -> bool:
    """Tell the CRS by which a GeoPackage says that it declares none."""
    return "undefined" in text.lower() or "unknown" in text.lower()


def declared_projection(path: Path) -> str | None:
    """Return the content of the ``.prj`` beside a Shapefile, cut for messages.

    Parameters
    ----------
    path
        The Shapefile.

    Returns
    -------
    str or None
        Its first characters; ``None`` without ``.prj``.
    """
    beside = sibling(path, ".prj")
    return beside.read_text(encoding="latin-1").strip()[:80] if beside else None


def _geojson_crs(path: Path) -> str | None:
    """Return the CRS of the old ``crs`` member: ``""`` if null, ``None`` without member."""
    with path.open("rb") as stream:
        head = stream.read(_MEMBER)
        stream.seek(max(0, path.stat().st_size - _MEMBER))
        tail = stream.read()
    before = re.split(rb'"features"\s*:', head, maxsplit=1)[0]
    after = tail[max(tail.rfind(b"]"), 0) :]
    # A list that ends the document would be taken for that of the features.
    found = ((before, _CRS), (after, _CRS), (tail, _LAST_LIST))
    for text, pattern in found:
        member = pattern.search(text)
        if member is not None:
            return _named(text[member.end() :].decode("utf-8", errors="replace"))
    return None


def _named(text: str) -> str:
    """Return the name that a member holds, or what it holds in place of one."""
    try:
        member, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return text[:80]
    if member is None:
        return ""
    properties = member.get("properties") if isinstance(member, dict) else None
    if not isinstance(properties, dict):
        return json.dumps(member, ensure_ascii=False)
    code = properties.get("code")
    return str(properties.get("name") or (f"EPSG:{code}" if code else json.dumps(member)))


def sibling(path: Path, suffix: str) -> Path | None:
    """Return the file of the same name with another suffix, whatever its case.

    Parameters
    ----------
    path
        A file.
    suffix
        The other suffix, such as ``.dbf``.

    Returns
    -------
    Path or None
        The file, or ``None`` if there is none.
    """
    candidates = (path.with_suffix(s) for s in (suffix, suffix.upper()))
    return next((c for c in candidates if c.is_file()), None)
