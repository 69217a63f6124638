"""Bring a file into the store: given by hand or downloaded, recognised, checked, recorded.

A file is recorded only once its reader accepts it; until then, and whatever happens, the
data in use stay as they are.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Final, get_args
from urllib.parse import urlsplit

from layers.archives import can_unpack, is_seven_zip, unpack, unpack_all
from layers.atom import last_edition
from layers.data_errors import data_problem
from layers.departements import fetch_archives, find_archives
from layers.download import Expected, Fetched, Told, Version, fetch
from layers.errors import LayerError, Problem
from layers.polite import PoliteClient
from layers.recognition import (
    Loaded,
    Reader,
    Recognised,
    file_columns,
    files_of,
    fitting_file,
    lone_file,
    meets,
    part_note,
    read_pulled,
    recognise,
)
from layers.sniffing import end_problem
from layers.sources import DataSource, FileFormat, Sources
from layers.spec import Layer
from layers.store import Entry, ProvenanceRecord, Store, new_entry
from layers.tables import check_file
from layers.volumes import first_volumes
from layers.wfs import fetch_features

Progress = Callable[[str, int, int | None], None]
"""Told the source, what was received and what is expected (bytes, or features of a WFS)."""

_OTHER_FORM: Final = frozenset(
    {
        "archive-content",
        "column-missing",
        "crs-mismatch",
        "file-format",
        "geometry-column",
        "layer-choice",
    }
)
_YEAR: Final = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_REGION: Final = re.compile(r"\d{2}")


@dataclass(frozen=True, slots=True)
class Acquired:
    """What became of a file.

    Parameters
    ----------
    name
        The source, or the file given by hand.
    entry
        What was recorded; ``None`` if nothing was.
    used
        Whether the layer is now in use: false for a file no reader takes yet.
    unchanged
        Whether the server has nothing newer than what is held.
    notes
        What is worth telling of it.
    problems
        Why it failed; the data in use are as they were.
    """

    name: str
    entry: Entry | None = None
    used: bool = False
    unchanged: bool = False
    notes: tuple[Problem, ...] = ()
    problems: tuple[Problem, ...] = ()


def import_file(
    path: Path,
    store: Store,
    readers: Mapping[str, Reader],
    sources: Sources,
    *,
    layer: str = "",
    source: str = "",
    vintage: str = "",
) -> Acquired:
    """Recognise a file, check it with its reader, copy it into the store and record it.

    Parameters
    ----------
    path
        The file, or a folder of files that make one layer.
    store
        The store.
    readers
        Layers that can be read.
    sources
        Sources that feed them.
    layer
        The layer, where the user tells it.
    source
        The source it was taken from, where the user tells it.
    vintage
        What it describes, where the user tells it.

    Returns
    -------
    Acquired
        The layer, in use; its notes tell what is not as the source says.

    Raises
    ------
    LayerError
        If the file is not recognised, ambiguous, or its reader refuses it.
    """
    if vintage and not _YEAR.search(vintage):
        raise LayerError(data_problem("vintage-year", found=vintage))
    for one in files_of(path):
        check_file(one)
        cut = end_problem(one, form) if (form := _form(one)) else None
        if cut is not None:
            raise LayerError(cut)
    with store.changing(), _brought(path, store) as brought:
        named = layer or (sources.named([source])[source].layer if source else "")
        copy = (
            fitting_file(brought, readers[named], sources)
            if named in readers else lone_file(brought, readers, sources)
        )  # fmt: skip
        with _without_choice():
            found = recognise(copy, readers, sources, layer=layer, source=source, vintage=vintage)
        entry = _entry(found, new_entry(found.layer, "import"))
        stated = sources.sources.get(found.source)
        notes = [] if stated is None else list(_doubts(found.loaded, stated, copy.name))
        notes += part_note(copy, found.layer, sources)
        recorded = store.record(copy, entry)
    warnings = tuple(replace(note, severity="warning") for note in notes)
    return Acquired(path.name, recorded, used=True, notes=warnings)


@contextmanager
def _brought(path: Path, store: Store) -> Iterator[Path]:
    """Copy a file or a folder into the store; archives 7z are unpacked there."""
    files = files_of(path)
    archives = [one for one in files if is_seven_zip(one)]
    if not archives:
        with store.staged(path) as copy:
            yield copy
    elif not path.is_dir():
        with store.arriving() as folder:
            yield unpack(path, folder)
    else:
        with store.arriving() as folder:
            copy = folder / path.name
            copy.mkdir()
            for one in files:
                if one not in archives:
                    shutil.copyfile(one, copy / one.name)
            unpack_all(first_volumes(archives), copy)
            yield copy


@contextmanager
def _without_choice() -> Iterator[None]:
    """Tell a file of several tables what an import can do: it does not name a table."""
    try:
        yield
    except LayerError as error:
        told = [
            data_problem("import-layers", file=one.file, found=one.found)
            if one.code == "layer-choice" else one
            for one in error.problems
        ]  # fmt: skip
        raise LayerError(told) from error


def _form(path: Path) -> FileFormat | None:
    """Return the format that the name of a file tells, if its end can be judged."""
    forms: tuple[FileFormat, ...] = get_args(FileFormat)
    return next((form for form in forms if path.name.lower().endswith(f".{form}")), None)


def pull(
    name: str,
    store: Store,
    readers: Mapping[str, Reader],
    sources: Sources,
    *,
    client: PoliteClient,
    region: str = "",
    unverified: bool = False,
    progress: Progress | None = None,
) -> Acquired:
    """Download a source, check it and record it.

    Parameters
    ----------
    name
        Name of the source.
    store
        The store.
    readers
        Layers that can be read.
    sources
        Every source.
    client
        The client.
    region
        Code of the region, for the sources published by region.
    unverified
        Whether an address that was never checked may be tried.
    progress
        Told how far the download is.

    Returns
    -------
    Acquired
        What became of it.

    Raises
    ------
    LayerError
        If it cannot be pulled, or what came is not what it should be; the data in use are
        as they were.
    """
    source = sources.sources[name]
    _check_pullable(name, source, region=region, unverified=unverified)

    def told(received: int, total: int | None) -> None:
        if progress is not None:
            progress(name, received, total)

    with store.changing():
        held = _held(name, source, store)
        if source.by_departement:
            return _pull_archives(name, store, readers, sources, client, region, held, told)
        got = _fetch(name, source, store, client, region, held, told)
        if isinstance(got, Entry):
            return _again(got, store, readers, sources)
        fetched, md5 = got
        entry = new_entry(source.layer, "pull").model_copy(
            update={
                "source": name, "url": fetched.url, "etag": fetched.version.etag,
                "last_modified": fetched.version.last_modified, "md5": md5,
            }
        )  # fmt: skip
        try:
            return _accept(fetched.path, entry, store, readers, sources)
        finally:  # moved; or the same as what is held; or whole, but not what it should be
            fetched.path.unlink(missing_ok=True)


def _pull_archives(
    name: str,
    store: Store,
    readers: Mapping[str, Reader],
    sources: Sources,
    client: PoliteClient,
    region: str,
    held: Entry | None,
    told: Told,
) -> Acquired:
    """Download the archives of the départements of a region, and record them as one folder."""
    source = sources.sources[name]
    if not can_unpack():
        raise LayerError(data_problem("archive-library", file=name))
    archives = find_archives(source, region, client)
    if held is not None and held.etag == archives.version:
        return _again(held, store, readers, sources)
    incoming = store.incoming(name)
    paths = fetch_archives(source, archives, incoming, client, told)
    entry = new_entry(source.layer, "pull").model_copy(
        update={"source": name, "url": source.url, "etag": archives.version}
    )
    with store.arriving() as folder:
        place = folder / f"{name}-{region}"
        place.mkdir()
        try:
            unpack_all(paths, place)
            done = _accept(place, entry, store, readers, sources)
        except LayerError as error:
            if "download-space" not in {one.code for one in error.problems}:
                shutil.rmtree(incoming)  # whole, but not what they should be
            raise
    shutil.rmtree(incoming)
    return done


def _check_pullable(name: str, source: DataSource, *, region: str, unverified: bool) -> None:
    if not source.pullable:
        raise LayerError(data_problem("source-manual", found=name, expected=source.page))
    if source.evidence == "unverified" and not unverified:
        raise LayerError(data_problem("source-unverified", found=name))
    if source.by_region and not _REGION.fullmatch(region):
        raise LayerError(data_problem("source-region", found=name))


def _held(name: str, source: DataSource, store: Store) -> Entry | None:
    """Return what the store holds of a source, if its file is still what was recorded."""
    manifest = store.manifest()
    # Under the name of its layer: the communes of the country, one region of which is in use.
    whole = manifest.fetched.get(source.layer)
    for entry in (manifest.layers.get(source.layer), whole, manifest.fetched.get(name)):
        if entry is not None and entry.source == name and not store.verify(entry):
            return entry
    return None


def _fetch(
    name: str,
    source: DataSource,
    store: Store,
    client: PoliteClient,
    region: str,
    held: Entry | None,
    told: Told,
) -> tuple[Fetched, str] | Entry:
    """Download a source, and return its published checksum too.

    What is held is given back if the server has nothing newer.
    """
    folder = store.incoming(name)
    if source.kind == "wfs":
        cql = source.cql.replace("{region}", region)
        features = fetch_features(source, folder / f"{name}.geojson", client, cql=cql, told=told)
        return features, ""
    url, size, md5 = source.url.replace("{region}", region), None, ""
    if source.kind == "atom":
        edition = last_edition(source, client, region=region)
        url, size, md5 = edition.url, edition.size, edition.md5
        if held is not None and md5 and held.md5 == md5:
            return held
    expected = Expected(source.format, size=size, md5=md5, max_bytes=source.max_bytes)
    same = held if held is not None and held.url == url else None
    known = None if same is None else Version(same.etag, same.last_modified)
    fetched = fetch(
        url, folder / _file_name(name, url, source), client, expected=expected, known=known,
        told=told,
    )  # fmt: skip
    if fetched is not None:
        return replace(fetched, url=url), md5
    if held is None:
        raise LayerError(data_problem("download-changed", file=name))
    return held


def _file_name(name: str, url: str, source: DataSource) -> str:
    """Return the name of the file at its publisher's, or that of the source."""
    last = PurePosixPath(urlsplit(url).path).name
    safe = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", last)
    suffix = f".{source.format}"
    return last if safe and last.lower().endswith(suffix) else f"{name}{suffix}"


def _again(held: Entry, store: Store, readers: Mapping[str, Reader], sources: Sources) -> Acquired:
    """Keep what is held; use it if a reader takes it that did not."""
    source = sources.sources[held.source]
    if held.told is not None or not is_readable(source, readers):
        used = held.told is not None
        return Acquired(held.source, held, used=used, unchanged=True)
    with store.staged(store.path(held)) as copy:
        return _accept(copy, held, store, readers, sources)


def is_readable(source: DataSource, readers: Mapping[str, Reader]) -> bool:
    """Tell whether a reader takes the layer of a source, once its file is downloaded.

    Parameters
    ----------
    source
        The source.
    readers
        Layers that can be read.

    Returns
    -------
    bool
        False for a part of a layer, and for a 7z archive without the library that unpacks it.
    """
    unpacked = source.format != "7z" or can_unpack()
    return source.layer in readers and not source.part and unpacked


def _accept(
    path: Path, entry: Entry, store: Store, readers: Mapping[str, Reader], sources: Sources
) -> Acquired:
    """Record a download: as the layer where a reader takes it, else beside."""
    name, source = entry.source, sources.sources[entry.source]
    if is_seven_zip(path) and is_readable(source, readers):
        with store.arriving() as folder:
            done = _accept(unpack(path, folder), entry, store, readers, sources)
        path.unlink(missing_ok=True)
        return done
    _check_columns(source, path)
    if not is_readable(source, readers):
        lacking = is_seven_zip(path) and not can_unpack()
        told = data_problem("archive-library", file=path.name, severity="warning")
        recorded = store.record(path, entry, shelf="fetched", name=name)
        return Acquired(name, recorded, notes=(told,) if lacking else ())
    try:
        found = read_pulled(path, readers, sources, name)
    except LayerError as error:
        if not {one.code for one in error.problems} <= _OTHER_FORM:
            raise
        # Its columns are those of its source: the file is good, the reader has to learn it.
        notes = tuple(replace(one, severity="warning") for one in error.problems)
        return Acquired(name, store.record(path, entry, shelf="fetched", name=name), notes=notes)
    doubts = [] if source.by_region else list(_doubts(found.loaded, source, path.name))
    if doubts:
        raise LayerError(doubts)
    return Acquired(name, store.record(path, _entry(found, entry)), used=True)


def _check_columns(source: DataSource, path: Path) -> None:
    """Refuse a file whose columns can be read and are not those of its source."""
    columns = file_columns(path)
    missing = [one for one in source.columns if columns and not meets([one], columns)]
    if missing:
        raise LayerError(
            data_problem(
                "content-format", file=path.name, found=", ".join(columns[:12]),
                expected=", ".join(missing),
            )
        )  # fmt: skip


def _entry(found: Recognised, entry: Entry) -> Entry:
    given = None if found.given is None else ProvenanceRecord.of(found.given)
    told = ProvenanceRecord.of(found.loaded.provenance)
    source = found.source or entry.source
    return entry.model_copy(update={"told": told, "given": given, "source": source})


def _doubts(loaded: Loaded, source: DataSource, file: str) -> Iterator[Problem]:
    """Tell where a layer is not as its source says: its number of rows, published totals."""
    if not isinstance(loaded, Layer):
        return
    if source.rows is not None and source.rows_of in loaded.data.columns:
        count = int(loaded.data[source.rows_of].nunique())
        least, most = source.rows
        if not least <= count <= most:
            expected = f"{least} – {most}"
            yield data_problem("rows-range", file=file, found=count, expected=expected)
            return  # the published totals are those of the whole
    for witness in source.witnesses:
        rows = loaded.data
        for column, value in witness.where.items():
            rows = rows[rows[column] == value]
        total = float(rows[witness.column].sum())
        if abs(total - witness.total) > witness.tolerance * abs(witness.total):
            yield data_problem(
                "witness-mismatch", file=file, field=witness.column, found=f"{total:.0f}",
                expected=f"{witness.total:.0f}",
            )  # fmt: skip
