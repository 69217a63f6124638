"""Find the last edition of a resource in the feeds of the Géoplateforme.

Names of editions are irregular: they are read in the feed, never built. A feed has pages
(``gpf_dl:pagecount``); the feed of an edition lists its files with their length, and a
``.md5`` file beside each archive.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as ET

from layers.data_errors import data_problem
from layers.errors import LayerError
from layers.polite import PoliteClient
from layers.sources import DataSource

_ATOM: Final = "{http://www.w3.org/2005/Atom}"
_GPF: Final = "{https://data.geopf.fr/annexes/ressources/xsd/gpf_dl.xsd}"
_MAX_BYTES: Final = 16 << 20
_MAX_PAGES: Final = 500
_MD5: Final = re.compile(r"\b[0-9a-fA-F]{32}\b")


@dataclass(frozen=True, slots=True)
class Edition:
    """A file of an edition.

    Parameters
    ----------
    title
        Title of the edition.
    url
        Address of the file.
    size
        Its length in bytes, where told.
    md5
        Its checksum, where told.
    """

    title: str
    url: str
    size: int | None = None
    md5: str = ""


def last_edition(source: DataSource, client: PoliteClient, *, region: str = "") -> Edition:
    """Find the last edition of a source in its feed.

    Parameters
    ----------
    source
        The source, of kind ``atom``.
    client
        The client.
    region
        Code of the region, where the pattern of the edition asks for one.

    Returns
    -------
    Edition
        The file of the edition whose group ``order`` is last, or whose title is.

    Raises
    ------
    LayerError
        If the feed cannot be read, or lists no such edition in one file
        (``source-not-found``).
    """
    found = _last(list(_listed(source, client)), source, client, region=region)
    if found is None:
        told = data_problem("source-not-found", file=source.title, expected=source.edition)
        raise LayerError(told)
    return found


def departement_editions(
    source: DataSource, departements: Sequence[str], client: PoliteClient
) -> dict[str, Edition]:
    """Find the last edition of a source for each of several départements, in one reading.

    Parameters
    ----------
    source
        The source, of kind ``atom``; ``{departement}`` in its edition stands for the code.
    departements
        Their codes.
    client
        The client.

    Returns
    -------
    dict
        The file of the last edition, by département.

    Raises
    ------
    LayerError
        If the feed cannot be read, or lists none for some of them: one ``source-not-found``
        each.
    """
    listed = list(_listed(source, client))
    found = {
        code: edition for code in departements
        if (edition := _last(listed, source, client, departement=code)) is not None
    }  # fmt: skip
    missing = [code for code in departements if code not in found]
    if missing:
        raise LayerError(
            data_problem(
                "source-not-found", file=source.title,
                expected=source.edition.replace("{departement}", code),
            )
            for code in missing
        )  # fmt: skip
    return found


def _listed(source: DataSource, client: PoliteClient) -> Iterator[tuple[str, str]]:
    """Give the title and the feed of each edition of a resource."""
    for entry in _entries(source.url, client):
        links = _links(entry)
        yield entry.findtext(f"{_ATOM}title", "").strip(), links[0][0] if links else ""


def _last(
    listed: Sequence[tuple[str, str]], source: DataSource, client: PoliteClient, **codes: str
) -> Edition | None:
    """Return the last edition that is one file; ``None`` where there is none."""
    wanted = source.edition
    for word, code in codes.items():
        wanted = wanted.replace(f"{{{word}}}", re.escape(code))
    pattern = re.compile(wanted)
    editions = [
        (match.groupdict().get("order") or title, title, feed)
        for title, feed in listed
        if feed and (match := pattern.fullmatch(title))
    ]
    for _, title, feed in sorted(editions, reverse=True):
        links = [link for entry in _entries(feed, client) for link in _links(entry)]
        files = [link for link in links if link[0].endswith(f".{source.format}")]
        if len(files) == 1:
            url, size = files[0]
            return Edition(title, url, size, _checksum(url, links, client))
    return None


def _entries(url: str, client: PoliteClient) -> Iterator[ET.Element]:
    """Give the entries of every page of a feed."""
    page, pages = 1, 1
    while page <= min(pages, _MAX_PAGES):
        feed = _feed(url, client, page)
        count = _attribute(feed, "pagecount")
        pages = int(count) if count.isdecimal() else 1
        yield from feed.iter(f"{_ATOM}entry")
        page += 1


def _feed(url: str, client: PoliteClient, page: int) -> ET.Element:
    params = {"page": str(page), "limit": "50"}
    text = client.read(url, params=params, max_bytes=_MAX_BYTES)
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:  # a feed has none; an attack may
        raise LayerError(data_problem("content-format", file=url, found="DTD", expected="Atom"))
    try:
        feed = ET.fromstring(text)  # noqa: S314 - entities are refused above
    except ET.ParseError as error:
        raise LayerError(
            data_problem("content-format", file=url, found=error, expected="Atom")
        ) from error
    if feed.tag != f"{_ATOM}feed":
        raise LayerError(data_problem("content-format", file=url, found=feed.tag, expected="Atom"))
    return feed


def _links(entry: ET.Element) -> list[tuple[str, int | None]]:
    """Return the addresses of an entry with their lengths."""
    links = []
    for link in entry.iter(f"{_ATOM}link"):
        length = _attribute(link, "length") or link.get("length", "")
        links.append((link.get("href", ""), int(length) if length.isdecimal() else None))
    return links


def _attribute(element: ET.Element, name: str) -> str:
    """Return an attribute of the Géoplateforme, whatever the address of its namespace."""
    if f"{_GPF}{name}" in element.attrib:
        return element.attrib[f"{_GPF}{name}"]
    return next((value for key, value in element.attrib.items() if key.endswith(f"}}{name}")), "")


def _checksum(url: str, links: list[tuple[str, int | None]], client: PoliteClient) -> str:
    """Return the MD5 published beside a file, or nothing."""
    stem = url.rpartition(".")[0]
    beside = next((u for u, _ in links if u in (f"{url}.md5", f"{stem}.md5")), None)
    if beside is None:
        return ""
    found = _MD5.search(client.read(beside, max_bytes=_MAX_BYTES).decode("ascii", errors="replace"))
    return found[0] if found else ""
