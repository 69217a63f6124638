"""Fetch a layer of a Web Feature Service, whole or not at all.

Services cut answers at a ceiling without a word (status 200), and without a fixed order
their pages repeat and miss features: every page is counted, and every feature told apart.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final

from layers.data_errors import data_problem
from layers.digest import digest
from layers.download import Fetched, Told
from layers.errors import LayerError, Problem, problem
from layers.polite import PassingError, PoliteClient
from layers.sniffing import head_problem
from layers.sources import DataSource

_MAX_PAGES: Final = 100_000
_PAGE_BYTES: Final = 256 << 20


def fetch_features(
    source: DataSource,
    target: Path,
    client: PoliteClient,
    *,
    cql: str = "",
    told: Told | None = None,
) -> Fetched:
    """Fetch every feature of a layer, page after page, as one GeoJSON file.

    Parameters
    ----------
    source
        The source, of kind ``wfs``.
    target
        Where to put the file; what is there stays until the new file is whole.
    client
        The client.
    cql
        Filter of the features.
    told
        Told the features received and those expected.

    Returns
    -------
    Fetched
        The file: one feature a line, without the volatile ``id`` of the service.

    Raises
    ------
    LayerError
        If features are missing (``features-incomplete``) or repeated
        (``features-repeated``), if the layer changed between two pages
        (``download-changed``), or if the answer is not features.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    try:
        client.attempt(lambda: _write(source, part, client, cql, told))
        fetched = Fetched(target, source.url, part.stat().st_size, digest(part))
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)  # pages of two versions never meet: no resuming
    return fetched


def _write(
    source: DataSource, part: Path, client: PoliteClient, cql: str, told: Told | None
) -> None:
    with part.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write('{"type": "FeatureCollection",\n')
        code = source.crs.rpartition(":")[2]
        name = f"urn:ogc:def:crs:EPSG::{code}"
        stream.write(f'"crs": {{"type": "name", "properties": {{"name": "{name}"}}}},\n')
        stream.write('"features": [\n')
        _write_features(source, stream, client, cql, told)
        stream.write("\n]}\n")


def _write_features(
    source: DataSource, stream: IO[str], client: PoliteClient, cql: str, told: Told | None
) -> None:
    seen: set[str] = set()
    for feature, matched in _features(source, client, cql):
        key = (feature.get("properties") or {}).get(source.key)
        if key is None:
            found = ", ".join(feature.get("properties") or {})
            raise LayerError(
                problem("column-missing", file=source.typename, field=source.key, found=found)
            )
        if str(key) in seen:
            raise PassingError(data_problem("features-repeated", file=source.typename, found=key))
        kept = {name: value for name, value in feature.items() if name != "id"}
        stream.write(",\n" if seen else "")
        json.dump(kept, stream, ensure_ascii=False, allow_nan=False)
        seen.add(str(key))
        if stream.tell() > source.max_bytes:
            weight, limit = f"{stream.tell()} B", f"{source.max_bytes} B"
            raise LayerError(
                problem("file-too-large", file=source.typename, found=weight, expected=limit)
            )
        if told is not None:
            told(len(seen), matched)
    if not seen:
        raise LayerError(problem("no-rows", file=source.typename))


def _features(
    source: DataSource, client: PoliteClient, cql: str
) -> Iterator[tuple[dict[str, Any], int]]:
    """Give each feature with how many there are in all, from as many pages as it takes."""
    start, matched = 0, None
    for _ in range(_MAX_PAGES):
        page = _page(source, client, cql, start)
        features, count = _counted(page, source)
        if matched is not None and count != matched:
            raise PassingError(data_problem("download-changed", file=source.typename))
        matched = count
        if not features and start < matched:
            raise PassingError(_incomplete(source, start, matched))
        for feature in features:
            yield feature, matched
        start += len(features)  # the ceiling of the service may be under the page asked for
        if start >= matched:
            break
    if start != matched:
        raise PassingError(_incomplete(source, start, matched))


def _page(source: DataSource, client: PoliteClient, cql: str, start: int) -> dict[str, Any]:
    params = {
        "SERVICE": "WFS", "VERSION": "2.0.0", "REQUEST": "GetFeature",
        "TYPENAMES": source.typename, "OUTPUTFORMAT": "application/json",
        "COUNT": str(source.page_size), "STARTINDEX": str(start), "SORTBY": source.sort_by,
        **({"SRSNAME": source.crs} if source.crs else {}),
        **({"CQL_FILTER": cql} if cql else {}),
    }  # fmt: skip

    content = client.read(source.url, params=params, max_bytes=_PAGE_BYTES)
    found = head_problem(content, "geojson", source.typename)
    if found is not None:
        raise LayerError(found)
    try:
        page = json.loads(content)
    except (ValueError, RecursionError) as error:
        cut = data_problem("content-truncated", file=source.typename, found=error)
        raise PassingError(cut) from error
    return page if isinstance(page, dict) else {}


def _counted(page: dict[str, Any], source: DataSource) -> tuple[list[dict[str, Any]], int]:
    """Return the features of a page and how many there are in all, once it adds up."""
    features, matched = page.get("features"), page.get("numberMatched")
    returned = page.get("numberReturned", len(features) if isinstance(features, list) else None)
    if not isinstance(features, list) or page.get("type") != "FeatureCollection":
        found = ", ".join(map(str, page))
        raise LayerError(
            data_problem(
                "content-format", file=source.typename, found=found, expected="FeatureCollection"
            )
        )
    if not isinstance(matched, int):  # "unknown", allowed by the standard: proves nothing
        raise LayerError(data_problem("download-unproved", file=source.typename))
    if returned != len(features):
        raise PassingError(_incomplete(source, len(features), returned))
    _check_crs(page, source)
    return features, matched


def _check_crs(page: dict[str, Any], source: DataSource) -> None:
    crs = page.get("crs") or {}
    name = str((crs.get("properties") or {}).get("name", "")) if isinstance(crs, dict) else ""
    code = source.crs.rpartition(":")[2]
    if name and code and name.rpartition(":")[2] != code:
        raise LayerError(
            problem("crs-mismatch", file=source.typename, found=name, expected=source.crs)
        )


def _incomplete(source: DataSource, found: int, expected: object) -> Problem:
    return data_problem("features-incomplete", file=source.typename, found=found, expected=expected)
