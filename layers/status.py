"""What is known of each layer in use: the one status that every interface shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import pandas as pd

from layers.errors import Problem
from layers.recognition import Loaded, Reader
from layers.sources import Sources
from layers.spec import Layer, Provenance, Status
from layers.store import Entry, StoreManifest

Origin = Literal["embedded", "import", "pull", "build", "absent"]

_YEAR: Final = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


@dataclass(frozen=True, slots=True)
class LayerStatus:
    """What is known of a layer.

    Parameters
    ----------
    layer, title
        Its name and title.
    status
        Status of its figures; ``None`` where the layer is absent.
    origin
        ``embedded`` in the product, a file given by hand (``import``), downloaded
        (``pull``), made of these (``build``), or ``absent``.
    publisher, vintage, licence, file
        As in :class:`layers.spec.Provenance`; empty where the layer is absent.
    recorded
        Day it entered the local data; ``None`` for an embedded layer.
    age_days
        Days since then.
    coverage
        Share of the communes of the territory that have a known value, 0 to 1; ``None``
        for a layer that is not a table by commune.
    sources
        Names of the sources that publish it.
    newer
        What a source publishes that is later than the layer; empty if nothing is known.
    notes
        What reading the layer told: communes without a match or a row.
    problems
        Why the local file cannot be used.
    """

    layer: str
    title: str
    status: Status | None
    origin: Origin
    publisher: str = ""
    vintage: str = ""
    licence: str = ""
    file: str = ""
    recorded: date | None = None
    age_days: int | None = None
    coverage: float | None = None
    sources: tuple[str, ...] = ()
    newer: str = ""
    notes: tuple[Problem, ...] = ()
    problems: tuple[Problem, ...] = ()


def layer_statuses(
    readers: Mapping[str, Reader],
    loaded: Mapping[str, Loaded],
    manifest: StoreManifest,
    sources: Sources,
    *,
    today: date,
    failures: Mapping[str, tuple[Problem, ...]] | None = None,
) -> tuple[LayerStatus, ...]:
    """Tell what is known of every layer.

    Parameters
    ----------
    readers
        Every layer there can be.
    loaded
        Those in use.
    manifest
        What the store holds.
    sources
        What publishers have.
    today
        The day ages are counted to.
    failures
        Why local files cannot be used, by layer.

    Returns
    -------
    tuple of LayerStatus
        One a layer, in the order of the readers.
    """
    communes = loaded.get("communes")
    codes = communes.data["code"] if isinstance(communes, Layer) else pd.Series(dtype=str)
    return tuple(
        _status(
            reader, loaded.get(name), manifest.layers.get(name), sources, codes,
            today=today, problems=(failures or {}).get(name, ()),
        )
        for name, reader in readers.items()
    )  # fmt: skip


def _status(
    reader: Reader,
    layer: Loaded | None,
    entry: Entry | None,
    sources: Sources,
    codes: pd.Series,
    *,
    today: date,
    problems: tuple[Problem, ...],
) -> LayerStatus:
    published = tuple(sources.of_layer(reader.name))
    if layer is None:
        return LayerStatus(
            reader.name, reader.title, None, "absent", sources=published, problems=problems
        )
    source = layer.provenance
    day = None if entry is None else entry.recorded.date()
    return LayerStatus(
        layer=reader.name,
        title=reader.title,
        status=source.status,
        origin="embedded" if entry is None else entry.how,
        publisher=source.publisher,
        vintage=source.vintage,
        licence=source.licence,
        file=source.file,
        recorded=day,
        age_days=None if day is None else max((today - day).days, 0),
        coverage=coverage(layer, codes) if isinstance(layer, Layer) else None,
        sources=published,
        notes=layer.notes if isinstance(layer, Layer) else (),
        newer=_newer(source, reader.name, entry, sources),
        problems=problems,
    )


def coverage(layer: Layer, codes: Iterable[str]) -> float | None:
    """Return the share of communes for which a layer knows something.

    A row of secret or missing figures knows nothing: it does not count.

    Parameters
    ----------
    layer
        The layer.
    codes
        Codes of the communes of the territory.

    Returns
    -------
    float or None
        The share, 0 to 1; ``None`` if the layer has no column ``code``, or there is no
        commune.

    Examples
    --------
    >>> from layers.housing import load_housing
    >>> coverage(load_housing(), ["44109", "99999"])
    0.5
    """
    wanted = set(codes)
    if "code" not in layer.data.columns or not wanted:
        return None
    figures = [
        column.name
        for column in layer.spec.columns
        if column.nullable and column.name in layer.data.columns
    ]
    rows = layer.data
    if figures:
        rows = rows[rows[figures].notna().any(axis=1)]
    return len(wanted & set(rows["code"])) / len(wanted)


def _newer(source: Provenance, layer: str, entry: Entry | None, sources: Sources) -> str:
    """Return the latest vintage that its source, or its publisher, publishes after this one."""
    years = [int(year) for year in _YEAR.findall(source.vintage)]
    if not years or source.status is Status.DEMONSTRATION:
        return ""
    later = [
        (one.year, one.vintage)
        for name, one in sources.of_layer(layer).items()
        if entry is None or name == entry.source or one.publisher in source.publisher
        if one.year is not None and one.year > max(years)
    ]
    return max(later)[1] if later else ""
