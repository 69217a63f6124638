"""Open-data sources: who publishes what, where, in which form, how sure we are.

The shipped list is ``sources.toml``; a user's own file of the same form adds sources and
overrides any field of the shipped ones, their address first. Nothing here uses the network.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from layers.data_errors import data_problem
from layers.errors import LayerError, Problem

VARIABLE: Final = "SITING_SOURCES"
"""Environment variable that names the user's own file of sources."""
USER_FILE: Final = "sources.toml"
"""Name of the user's own file of sources in the folder of local data."""
_SHIPPED: Final = Path(__file__).with_name("sources.toml")

Kind = Literal["file", "wfs", "atom", "manual"]
FileFormat = Literal[
    "csv", "csv.gz", "zip", "7z", "geojson", "json", "gpkg", "xlsx", "parquet", "tif"
]
Evidence = Literal["verified", "unverified"]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]


def _is_pattern(text: str) -> bool:
    try:
        re.compile(text)
    except re.error:
        return False
    return True


class _Entry(BaseModel):
    """A part of the list: frozen, every key known."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False
    )


class Host(_Entry):
    """How often a server may be asked.

    Raises
    ------
    ValidationError
        If a value is out of range.
    """

    interval_s: Annotated[float, Field(ge=0, le=60)] = 0.2
    """Least time between the starts of two requests. Unit: s."""
    wait_429_s: Annotated[float, Field(ge=0, le=600)] = 5.0
    """Least wait after an answer 429 (too many requests). Unit: s."""


class Witness(_Entry):
    """A published total that the whole file must reach."""

    column: str
    """Column of the layer that is added up."""
    where: Mapping[str, str | int] = {}
    """Values that the rows to add up have, by column of the layer."""
    total: float
    """Published total."""
    tolerance: Annotated[float, Field(ge=0, lt=1)] = 0.001
    """Relative gap that is accepted. No unit."""
    source: str
    """Where the total is published."""


class DataSource(_Entry):
    """A file, a feed or a service of a publisher."""

    layer: str
    """Layer that it feeds; a name of the registry where a reader exists."""
    publisher: str
    """Who publishes it."""
    title: str
    """Title of the data."""
    licence: str
    """Licence of the data."""
    part: bool = False
    """Whether it is one part of the layer among several: it is kept, never used alone."""
    kind: Kind
    """``file``: one address. ``wfs``: features by pages. ``atom``: editions of a feed.
    ``manual``: fetched by hand."""
    format: FileFormat
    """Format of the file that is kept."""
    url: str = ""
    """Address; ``{region}`` stands for the code of the region asked for."""
    page: str = ""
    """Where a person finds it, or how."""
    typename: str = ""
    """WFS: name of the layer."""
    sort_by: str = ""
    """WFS: property that fixes the order of the features, hence the pages."""
    key: str = ""
    """Column or property that identifies a row."""
    cql: str = ""
    """WFS: filter; ``{region}`` stands for the code of the region asked for."""
    page_size: Annotated[int, Field(ge=1, le=5000)] = 1000
    """WFS: features asked for in a page."""
    edition: str = ""
    """Atom: regular expression of the title of the edition; the last in order is taken.
    ``{departement}`` stands for the code of each département of the region asked for."""
    encoding: str = ""
    """Encoding of the text, where known."""
    separator: Literal["", ",", ";", "\t"] = ""
    """Separator of the cells, where known."""
    crs: str = ""
    """Coordinate reference system; of a WFS, the one asked for."""
    cog_year: Annotated[int, Field(ge=2003, le=2100)] | None = None
    """Year of the codes of communes."""
    columns: tuple[str, ...] = ()
    """Regular expressions; each must be met by a column (case does not count)."""
    unit: str = ""
    """Unit of the data, whatever their dictionary says."""
    rows: tuple[int, int] | None = None
    """Least and greatest number of distinct ``rows_of`` values of the whole layer."""
    rows_of: str = "code"
    """Column of the layer that ``rows`` counts."""
    witnesses: tuple[Witness, ...] = ()
    """Published totals."""
    vintage: str = ""
    """What the data describe, as text."""
    year: Annotated[int, Field(ge=1900, le=2100)] | None = None
    """Last year that the data describe, to tell what is newer."""
    max_bytes: Annotated[int, Field(gt=0)] = 2 << 30
    """Largest size accepted. Unit: bytes."""
    evidence: Evidence
    """``verified``: read in a program that used the address. ``unverified``: not; it takes
    an explicit consent."""
    note: str = ""
    """What a user should know."""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        needed = {"file": ("url",), "wfs": ("url", "typename", "sort_by", "key"),
                  "atom": ("url", "edition"), "manual": ("page",)}  # fmt: skip
        missing = [name for name in needed[self.kind] if not getattr(self, name)]
        if missing:
            raise ValueError(f"{', '.join(missing)}: required where kind is {self.kind}")
        if self.url and not re.match(r"https?://[^/\s]+", self.url):
            raise ValueError(f"url: “{self.url}” is not an address that starts with https://")
        wrong = [text for text in (*self.columns, self.edition) if not _is_pattern(text)]
        if wrong:
            raise ValueError(f"not a regular expression: {', '.join(wrong)}")
        return self

    @property
    def pullable(self) -> bool:
        """Whether a program can fetch it."""
        return self.kind != "manual"

    @property
    def by_region(self) -> bool:
        """Whether what is fetched depends on the region asked for."""
        return "{region}" in self.url + self.cql + self.edition or self.by_departement

    @property
    def by_departement(self) -> bool:
        """Whether it is published as one archive a département."""
        return "{departement}" in self.edition


class Sources(_Entry):
    """Every source, by name, and how often each server may be asked."""

    hosts: Mapping[str, Host] = {}
    """By name of the server."""
    sources: Mapping[Name, DataSource] = {}
    """By name of the source."""

    @cached_property
    def layers(self) -> tuple[str, ...]:
        """All the layers that a source feeds, sorted."""
        return tuple(sorted({source.layer for source in self.sources.values()}))

    def of_layer(self, layer: str) -> dict[str, DataSource]:
        """Return the sources that feed a layer.

        Parameters
        ----------
        layer
            Name of the layer.

        Returns
        -------
        dict
            Sources by name, those whose address was verified first.
        """
        found = [item for item in self.sources.items() if item[1].layer == layer]
        return dict(sorted(found, key=lambda item: item[1].evidence == "unverified"))

    def to_pull(self, words: list[str], *, unverified: bool) -> dict[str, DataSource]:
        """Return the sources that words name, of a layer those that a program can fetch.

        Parameters
        ----------
        words
            Names of sources or layers.
        unverified
            Whether addresses that were never checked count.

        Returns
        -------
        dict
            Sources by name. A source that is named is there whatever it is, and so are all those
            of a layer none of which can be fetched: why not is told of each.

        Raises
        ------
        LayerError
            With every word that names nothing (``source-unknown``).
        """
        found = self.named(words)
        fetched = {
            name: one for name, one in found.items()
            if one.pullable and (unverified or one.evidence == "verified")
        }  # fmt: skip
        served = {one.layer for one in fetched.values()}
        return {
            name: one for name, one in found.items()
            if name in fetched or name in words or one.layer not in served
        }  # fmt: skip

    def named(self, words: list[str]) -> dict[str, DataSource]:
        """Return the sources that words name, each a source or a layer.

        Parameters
        ----------
        words
            Names of sources or layers.

        Returns
        -------
        dict
            Sources by name, in the order of the words.

        Raises
        ------
        LayerError
            With every word that names nothing (``source-unknown``).
        """
        found: dict[str, DataSource] = {}
        problems = []
        for word in words:
            chosen = {word: self.sources[word]} if word in self.sources else self.of_layer(word)
            if not chosen:
                expected = ", ".join(sorted({*self.sources, *self.layers}))
                problems.append(data_problem("source-unknown", found=word, expected=expected))
            found |= chosen
        if problems:
            raise LayerError(problems)
        return found


def load_sources(user_file: Path | None = None) -> Sources:
    """Load the shipped sources, with what the user's own file changes.

    Parameters
    ----------
    user_file
        The user's own file; it must exist. ``None`` for none.

    Returns
    -------
    Sources
        Every source.

    Raises
    ------
    LayerError
        With everything that is wrong in the user's file, at once (``sources-invalid``,
        ``sources-syntax``, ``file-unreadable``).

    Examples
    --------
    >>> sources = load_sources()
    >>> sources.sources["cerema-enaf"].unit
    'm²'
    """
    content = _toml(_SHIPPED)
    if user_file is None:
        return _validated(content, _SHIPPED.name)
    return _validated(_merged(content, _toml(user_file)), user_file.name)


def user_sources(folder: Path) -> Path | None:
    """Return the user's own file of sources, if there is one.

    Parameters
    ----------
    folder
        Folder of local data.

    Returns
    -------
    Path or None
        The file that ``SITING_SOURCES`` names, else ``sources.toml`` of the folder if it
        exists, else nothing.

    Raises
    ------
    LayerError
        If the folder may not be entered (``store-manifest``).
    """
    chosen = os.environ.get(VARIABLE)
    if chosen:
        return Path(chosen)
    beside = folder / USER_FILE
    try:
        return beside if beside.is_file() else None
    except OSError as error:  # a folder that may not be entered
        found = data_problem("store-manifest", file=str(folder), found=error.strerror or error)
        raise LayerError(found) from error


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        found = data_problem("sources-syntax", file=path.name, found=error)
        raise LayerError(found) from error


def _merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``base`` with the keys of ``own``, tables merged, anything else replaced."""
    merged = dict(base)
    for key, value in own.items():
        if isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = _merged(merged[key], value)
        else:
            merged[key] = value
    return merged


def _validated(content: Mapping[str, Any], file: str) -> Sources:
    try:
        return Sources.model_validate(content)
    except ValidationError as error:
        raise LayerError(_told(detail, file) for detail in error.errors()) from None


def _told(detail: Mapping[str, Any], file: str) -> Problem:
    field = ".".join(map(str, detail["loc"])) or None
    return data_problem("sources-invalid", file=file, field=field, found=detail["msg"])
