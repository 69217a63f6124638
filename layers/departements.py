"""Sources published by département: the archives of a region, fetched one after another."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from layers.atom import Edition, departement_editions
from layers.data_errors import data_problem
from layers.digest import digest
from layers.download import Expected, Told, fetch
from layers.errors import LayerError
from layers.polite import PoliteClient
from layers.sources import DataSource

REGIONS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "11": ("75", "77", "78", "91", "92", "93", "94", "95"),
        "24": ("18", "28", "36", "37", "41", "45"),
        "27": ("21", "25", "39", "58", "70", "71", "89", "90"),
        "28": ("14", "27", "50", "61", "76"),
        "32": ("02", "59", "60", "62", "80"),
        "44": ("08", "10", "51", "52", "54", "55", "57", "67", "68", "88"),
        "52": ("44", "49", "53", "72", "85"),
        "53": ("22", "29", "35", "56"),
        "75": ("16", "17", "19", "23", "24", "33", "40", "47", "64", "79", "86", "87"),
        "76": ("09", "11", "12", "30", "31", "32", "34", "46", "48", "65", "66", "81", "82"),
        "84": ("01", "03", "07", "15", "26", "38", "42", "43", "63", "69", "73", "74"),
        "93": ("04", "05", "06", "13", "83", "84"),
        "94": ("2A", "2B"),
    }
)
"""Départements of the regions of metropolitan France (COG; since the law of 16 January 2015)."""
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class Archives:
    """The archives of a region, one a département, and what tells their version.

    Parameters
    ----------
    editions
        The last edition of each département.
    """

    editions: Mapping[str, Edition]

    @property
    def version(self) -> str:
        """One text that changes when an edition, its length or its checksum does."""
        told = [f"{one.url} {one.size} {one.md5}" for one in self.editions.values()]
        return sha256("\n".join(told).encode()).hexdigest()

    @property
    def size(self) -> int | None:
        """Number of bytes of them all, where each is told."""
        sizes = [one.size for one in self.editions.values()]
        return None if None in sizes else sum(size or 0 for size in sizes)


def departements_of(region: str) -> tuple[str, ...]:
    """Return the départements of a region of metropolitan France.

    Parameters
    ----------
    region
        INSEE code of the region.

    Returns
    -------
    tuple of str
        Their codes.

    Raises
    ------
    LayerError
        If it is none (``region-metropolitan``): files of overseas are in other projections.

    Examples
    --------
    >>> departements_of("94")
    ('2A', '2B')
    """
    if region not in REGIONS:
        expected = ", ".join(REGIONS)
        raise LayerError(data_problem("region-metropolitan", found=region, expected=expected))
    return REGIONS[region]


def find_archives(source: DataSource, region: str, client: PoliteClient) -> Archives:
    """Find the last edition of a source for each département of a region.

    Parameters
    ----------
    source
        The source, of kind ``atom``, whose edition has ``{departement}``.
    region
        INSEE code of the region.
    client
        The client.

    Returns
    -------
    Archives
        One a département.

    Raises
    ------
    LayerError
        If the feed cannot be read, or a département has no edition (``source-not-found``):
        a site of its would seem free of what the layer tells.
    """
    return Archives(departement_editions(source, departements_of(region), client))


def fetch_archives(
    source: DataSource, archives: Archives, folder: Path, client: PoliteClient, told: Told
) -> list[Path]:
    """Download archives; those already there whole are not asked for again.

    Parameters
    ----------
    source
        The source.
    archives
        What :func:`find_archives` returns.
    folder
        Where they arrive; what was left there of a transfer that was cut is resumed, what
        belongs to no archive asked for is removed.
    client
        The client.
    told
        Told the bytes received of them all, and those expected.

    Returns
    -------
    list of Path
        The archives, each checked.

    Raises
    ------
    LayerError
        As :func:`layers.download.fetch`; the archives received before it stay.
    """
    names = [_name(one) for one in archives.editions.values()]
    _tidy(folder, names)
    done = 0
    paths = []
    for name, edition in zip(names, archives.editions.values(), strict=True):
        target = folder / name
        if not _is_there(target, edition):
            expected = Expected(
                source.format, size=edition.size, md5=edition.md5, max_bytes=source.max_bytes
            )

            def received(count: int, _total: int | None, before: int = done) -> None:
                told(before + count, archives.size)

            fetch(edition.url, target, client, expected=expected, told=received)
        done += target.stat().st_size
        told(done, archives.size)
        paths.append(target)
    return paths


def _name(edition: Edition) -> str:
    """Return the name of a file: it tells the département and the vintage of what it holds."""
    name = PurePosixPath(urlsplit(edition.url).path).name
    if not _NAME.fullmatch(name):
        found, expected = name, edition.title
        raise LayerError(data_problem("content-format", found=found, expected=expected))
    return name


def _is_there(target: Path, edition: Edition) -> bool:
    return bool(edition.md5) and target.is_file() and digest(target, "md5") == edition.md5.lower()


def _tidy(folder: Path, names: list[str]) -> None:
    """Remove what is left of another region or of another edition."""
    kept = {f"{name}{end}" for name in names for end in ("", ".part", ".part.json")}
    for one in folder.iterdir() if folder.is_dir() else ():
        if one.name not in kept:
            shutil.rmtree(one) if one.is_dir() else one.unlink()
