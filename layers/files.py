"""Open a file of features or a table safely, and say what is wrong with it.

The format is told by the suffix and proved by the content. Nothing outside the file is
read but the companions of a Shapefile; archives are unpacked under names of our own.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath, PureWindowsPath
from stat import S_ISLNK
from typing import Final

from layers.crs import sibling
from layers.delimited import read_delimited
from layers.errors import N_, LayerError, Problem, problem
from layers.placing import place
from layers.raw_table import RawTable, in_file
from layers.spreadsheet import read_sheet, sheet_names
from layers.vector import read_parquet, read_vector, vector_layers

LIMIT_BYTES: Final = 2 << 30
LARGE_BYTES: Final = 64 << 30
"""Largest size accepted of the files of IGN, of which one table, or one place, is read at a time:
BD TOPO of a region weighs 3 to 5 GB."""
_HEAD: Final = 4096
MAX_MEMBERS: Final = 10_000
"""Most members accepted of an archive."""
MAX_RATIO: Final = 200
"""Largest ratio accepted of an archive that unfolds to more than :data:`RATIO_FROM` bytes."""
RATIO_FROM: Final = 64 << 20
_POINTERS: Final = (b"version https://git-lfs", b"/annex/objects/")


@dataclass(frozen=True, slots=True)
class Format:
    """A format of files that can be opened.

    Parameters
    ----------
    title
        Name of the format.
    suffixes
        File suffixes, lower case.
    signature
        First bytes of every such file.
    driver
        GDAL driver that reads it; empty if GDAL does not.
    """

    title: str
    suffixes: tuple[str, ...]
    signature: bytes = b""
    driver: str = ""


CSV: Final = Format("CSV", (".csv", ".tsv", ".txt"))
XLSX: Final = Format("XLSX", (".xlsx",), b"PK\x03\x04")
ODS: Final = Format("ODS", (".ods",), b"PK\x03\x04")
ZIP: Final = Format("ZIP", (".zip",), b"PK\x03\x04")
PARQUET: Final = Format("GeoParquet", (".parquet", ".geoparquet"), b"PAR1")
SHAPEFILE: Final = Format("Shapefile", (".shp",), b"\x00\x00\x27\x0a", "ESRI Shapefile")
FORMATS: Final = (
    Format("GeoPackage", (".gpkg",), b"SQLite format 3\x00", "GPKG"),
    Format("GeoJSON", (".geojson", ".json"), b"{", "GeoJSON"),
    Format("FlatGeobuf", (".fgb",), b"fgb\x03fgb", "FlatGeobuf"),
    SHAPEFILE,
    PARQUET,
    CSV,
    XLSX,
    ODS,
    ZIP,
)
_TABLES: Final = (CSV, XLSX, ODS)  # in an archive, of use where nothing is a layer
_COMPANIONS: Final = (".shx", ".dbf", ".prj", ".cpg")
# Otherwise than the file.
_MAY_NAME_LAYERS: Final = (".gpkg", ".geojson", ".json", ".fgb", ".xlsx", ".ods")
# Enough to tell a user what a file is that bears the wrong suffix.
_LOOKS: Final = (
    (b"\x89PNG", N_("a PNG image")),
    (b"\xff\xd8\xff", N_("a JPEG image")),
    (b"%PDF", N_("a PDF document")),
    (b"PK\x03\x04", N_("a ZIP archive or an office document")),
    (b"PK\x05\x06", N_("an empty ZIP archive")),
    (b"SQLite format 3\x00", N_("an SQLite database")),
    (b"fgb\x03", N_("a FlatGeobuf file")),
    (b"PAR1", N_("a Parquet file")),
    (b"\x00\x00\x27\x0a", N_("a Shapefile")),
    (b"\x1f\x8b", N_("a gzip archive")),
    (b"7z\xbc\xaf", N_("a 7z archive")),
    (b"Rar!", N_("a RAR archive")),
    (
        b"\xd0\xcf\x11\xe0",
        N_("an office document of before 2007 (XLS, DOC), or one with a password"),
    ),
)


def open_file(
    path: Path | str, *, layer: str | None = None, limit_bytes: int = LIMIT_BYTES
) -> RawTable:
    """Open a file and return its rows as they are, with their geometry and CRS.

    Parameters
    ----------
    path
        GeoPackage, GeoJSON, Shapefile (``.shp``, or a ``.zip`` that holds one), GeoParquet,
        FlatGeobuf, or CSV, XLSX or ODS with WKT or coordinates.
    layer
        Layer, or sheet, to read, where the file has several. A file that is one table has one
        layer, of its own name; where an archive holds several files, the name of the one to read,
        and ``file.gpkg:layer`` where that one has several layers.
    limit_bytes
        Largest size accepted, of the file, a Shapefile with its companions, and of what an
        archive unfolds to.

    Returns
    -------
    RawTable
        At least one row; ``geometry`` and ``crs`` are given, ``errors`` is empty.

    Raises
    ------
    LayerError
        If the file cannot be used; all that is wrong with it as a whole at once.
    """
    path = Path(path)
    name = path.name
    found = identify(path, limit_bytes=limit_bytes)
    if found is ZIP:
        with unpacked(path, limit_bytes, layer) as inner:
            table = _read(
                inner.path, name, identify(inner.path, name=name), inner.layer, inner.stem,
                inner.prefix,
            )  # fmt: skip
    else:
        table = _read(path, name, found, layer, path.stem)
    if table.row_count == 0:
        table = replace(table, errors=(problem("no-rows"), *table.errors))
    if table.errors:
        raise LayerError(in_file(table.errors, name))
    return table


def layer_names(path: Path, *, limit_bytes: int = LIMIT_BYTES) -> list[str]:
    """Return the names by which the layers of a file can be asked for.

    Parameters
    ----------
    path
        The file.
    limit_bytes
        Largest size accepted.

    Returns
    -------
    list of str
        Layers of a GeoPackage, sheets of a workbook, files of an archive that holds several, else
        nothing; nothing
        either for a file that cannot be read, which :func:`open_file` will say why.
    """
    try:
        found = identify(path, limit_bytes=limit_bytes)
        if found in (XLSX, ODS):
            return sheet_names(path, title=found.title)
        if found is not ZIP:
            return vector_layers(path) if found.driver == "GPKG" else []
        with zipfile.ZipFile(path) as archive:
            names = [PurePosixPath(m.filename) for m in archive.infolist() if not m.is_dir()]
        suffixes = [p.suffix.lower() for p in names]
        if suffixes.count(".gpkg") == 1:
            with unpacked(path, limit_bytes, None) as inner:
                return vector_layers(inner.path)
    except (LayerError, zipfile.BadZipFile, zlib.error, OSError, NotImplementedError):
        return []
    readable = {s for f in FORMATS if f is not ZIP for s in f.suffixes}
    return [p.stem for p in names if p.suffix.lower() in readable]


def identify(path: Path, *, name: str | None = None, limit_bytes: int = LIMIT_BYTES) -> Format:
    """Tell the format of a file by its suffix, and check that its content is of it.

    Parameters
    ----------
    path
        The file.
    name
        Its name in messages; that of ``path`` by default.
    limit_bytes
        Largest size accepted.

    Returns
    -------
    Format
        One of :data:`FORMATS`.

    Raises
    ------
    LayerError
        If the file is missing, a folder, empty, too large, a pointer, a web page, or not of the
        format its suffix says.
    """
    name = name or path.name
    suffix = path.suffix.lower()
    known = next((f for f in FORMATS if suffix in f.suffixes), None)
    try:
        size, head = _start(path, name)
    except OSError as error:  # a folder or a file that may not be opened, a name too long
        expected, found = known.title if known else suffix, error.strerror or str(error)
        unreadable = problem("file-unreadable", file=name, expected=expected, found=found)
        raise LayerError(unreadable) from error
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(_POINTERS) or (size < _HEAD and b".git/annex/objects/" in text):
        raise LayerError(problem("file-pointer", file=name))
    if text.startswith(b"<") and known is not None:  # a KML is no page saved as data
        raise LayerError(problem("file-html", file=name))
    if known is SHAPEFILE:
        beside = (sibling(path, companion) for companion in _COMPANIONS)
        size += sum(companion.stat().st_size for companion in beside if companion)
    if size > limit_bytes:
        found, expected = weight(size), weight(limit_bytes)
        raise LayerError(problem("file-too-large", file=name, found=found, expected=expected))
    if known is None:
        expected = ", ".join(s for f in FORMATS for s in f.suffixes)
        found = suffix or path.name
        raise LayerError(problem("file-format", file=name, found=found, expected=expected))
    if not text.startswith(known.signature) and not head.startswith(known.signature):
        raise LayerError(_unlike(known, head, name))
    if known is CSV and _look(head) is not None:
        raise LayerError(_unlike(known, head, name))
    return known


def _start(path: Path, name: str) -> tuple[int, bytes]:
    """Return the size of a file in bytes, and its first ones."""
    if path.is_dir():
        raise LayerError(problem("file-folder", file=name))
    if not path.is_file():
        raise LayerError(problem("file-missing", file=name))
    size = path.stat().st_size
    if size == 0:
        raise LayerError(problem("file-empty", file=name))
    with path.open("rb") as stream:
        return size, stream.read(_HEAD)


def _read(
    path: Path, name: str, found: Format, layer: str | None, stem: str, prefix: str = ""
) -> RawTable:
    if found in (CSV, PARQUET) and layer not in (None, stem):
        raise LayerError(problem("layer-missing", file=name, found=layer, expected=stem))
    if found is CSV:
        table = read_delimited(path, name)
    elif found in (XLSX, ODS):
        table = read_sheet(path, name, title=found.title, sheet=layer)
    elif found is PARQUET:
        table = read_parquet(path, name)
    elif found is SHAPEFILE:
        notes = check_shapefile(path, name, stem)
        table = read_vector(path, name, driver=found.driver, title=found.title, layer=layer)
        table = replace(table, notes=(*notes, *table.notes))
    else:
        table = read_vector(
            path, name, driver=found.driver, title=found.title, layer=layer, prefix=prefix
        )
    return place(table) if table.geometry is None else table


def check_shapefile(path: Path, name: str, stem: str) -> list[Problem]:
    """Check what GDAL does not: a truncated file gives it empty geometries, told nowhere.

    Parameters
    ----------
    path
        The ``.shp``.
    name
        Name of the file that was given, for messages.
    stem
        Name of the Shapefile without suffix, where an archive holds it.

    Returns
    -------
    list of Problem
        A warning, where it has no table of attributes.

    Raises
    ------
    LayerError
        If it is cut, or has no index.
    """
    with path.open("rb") as stream:
        header = stream.read(28)
    declared = 2 * int.from_bytes(header[24:28], "big")
    size = path.stat().st_size
    beside = stem if path.name == name else f"{name}/{stem}"  # in an archive
    missing = [] if sibling(path, ".shx") else [problem("file-missing", file=f"{beside}.shx")]
    if declared > size:
        found = f"{size} / {declared} bytes"
        missing.append(problem("file-unreadable", file=name, expected=SHAPEFILE.title, found=found))
    if missing:
        raise LayerError(missing)
    if sibling(path, ".dbf"):
        return []
    return [problem("file-missing", file=f"{beside}.dbf", severity="warning")]


@dataclass(frozen=True, slots=True)
class Unpacked:
    """The one file of an archive that is read.

    Parameters
    ----------
    path
        The file, under a name of our own.
    stem
        Its name in the archive, without suffix.
    layer
        The layer to read in it.
    prefix
        What stands before the name of its layers where the archive holds several files;
        else empty.
    """

    path: Path
    stem: str
    layer: str | None
    prefix: str = ""


@contextmanager
def unpacked(
    path: Path, limit_bytes: int = LIMIT_BYTES, layer: str | None = None
) -> Iterator[Unpacked]:
    """Unpack the one layer of an archive under names of our own, then remove it.

    Parameters
    ----------
    path
        The ZIP archive.
    limit_bytes
        Largest size accepted of what it unfolds to.
    layer
        Layer, file of the archive, or ``file:layer``, to read.

    Yields
    ------
    Unpacked
        The file.

    Raises
    ------
    LayerError
        If the archive is broken or unsafe, or does not hold one layer.
    """
    with tempfile.TemporaryDirectory(prefix="siting-") as folder:
        try:
            with zipfile.ZipFile(path) as archive:
                check_archive(archive, path, limit_bytes)
                files = {
                    PurePosixPath(m.filename): m
                    for m in archive.infolist()
                    if not m.is_dir() and not m.filename.startswith("__MACOSX/")
                }
                chosen, inner_layer, prefix = _chosen(list(files), path.name, layer)
                inner = _extract(archive, files, chosen, Path(folder))
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
            found = str(error) or type(error).__name__
            raise LayerError(problem("archive-broken", file=path.name, found=found)) from error
        yield Unpacked(inner, chosen.stem, inner_layer, prefix)


def check_archive(archive: zipfile.ZipFile, path: Path, limit_bytes: int = LIMIT_BYTES) -> None:
    """Refuse an archive that would write elsewhere, unfold beyond measure, or is locked.

    Parameters
    ----------
    archive
        The archive.
    path
        Where it is.
    limit_bytes
        Largest size accepted of what it unfolds to.

    Raises
    ------
    LayerError
        ``archive-unsafe`` or ``archive-broken``.
    """
    members = archive.infolist()
    unsafe = [m.filename for m in members if _escapes(m)]
    if unsafe:
        found = ", ".join(unsafe[:5])
        raise LayerError(problem("archive-unsafe", file=path.name, found=found))
    total = sum(member.file_size for member in members)
    bomb = total > RATIO_FROM and total > MAX_RATIO * path.stat().st_size
    if bomb or total > limit_bytes or len(members) > MAX_MEMBERS:
        found = f"{len(members)} → {weight(total)}"
        raise LayerError(problem("archive-unsafe", file=path.name, found=found))
    if any(member.flag_bits & 1 for member in members):
        found = N_("it is protected by a password")
        raise LayerError(problem("archive-broken", file=path.name, found=found))


def _escapes(member: zipfile.ZipInfo) -> bool:
    raw = member.orig_filename
    parts = (PurePosixPath(raw), PureWindowsPath(raw))
    absolute = any(p.is_absolute() or p.drive or p.root for p in parts)
    return absolute or ".." in parts[1].parts or S_ISLNK(member.external_attr >> 16)


def _chosen(
    files: list[PurePosixPath], name: str, layer: str | None
) -> tuple[PurePosixPath, str | None, str]:
    """Return the only readable member, or the one named, the layer to read in it, its prefix."""
    tables = {s for f in _TABLES for s in f.suffixes}
    readable = {s for f in FORMATS if f is not ZIP for s in f.suffixes} - tables
    layers = [p for p in files if p.suffix.lower() in readable]
    for suffixes in (CSV.suffixes, XLSX.suffixes + ODS.suffixes):
        layers = layers or [p for p in files if p.suffix.lower() in suffixes]
    found = ", ".join(str(p) for p in layers or files[:10]) or N_("nothing")
    if not layers:
        raise LayerError(problem("archive-content", file=name, found=found))
    named = [p for p in layers if layer in _names(p)]
    within = _within(layers, layer)
    if len(layers) == 1 and (layer is None or layers[0].suffix.lower() in _MAY_NAME_LAYERS):
        kept = layer if not named or layers[0].suffix.lower() == ".gpkg" else None
        return layers[0], within.get(layers[0], kept), ""
    if len(named) == 1:
        return named[0], None, _prefix(named[0], layers)
    if len(within) == 1:
        ((member, inner_layer),) = within.items()
        return member, inner_layer, _prefix(member, layers)
    if layer is None or named or within:
        raise LayerError(problem("layer-choice", file=name, found=found))
    raise LayerError(problem("layer-missing", file=name, found=layer, expected=found))


def _names(member: PurePosixPath) -> tuple[str, str, str]:
    return str(member), member.name, member.stem


def _within(members: list[PurePosixPath], layer: str | None) -> dict[PurePosixPath, str]:
    """Return the members that ``file:layer`` may name, and the layer asked for.

    Examples
    --------
    >>> _within([PurePosixPath("a.gpkg"), PurePosixPath("b.gpkg")], "b.gpkg:sites")
    {PurePosixPath('b.gpkg'): 'sites'}
    """
    return {
        member: layer.removeprefix(f"{name}:")
        for member in members
        for name in _names(member)
        if layer is not None and layer.startswith(f"{name}:")
    }


def _prefix(member: PurePosixPath, members: list[PurePosixPath]) -> str:
    alike = sum(other.name == member.name for other in members)
    return f"{member.name if alike == 1 else member}:"


def _extract(
    archive: zipfile.ZipFile,
    files: dict[PurePosixPath, zipfile.ZipInfo],
    chosen: PurePosixPath,
    folder: Path,
) -> Path:
    """Write a member, with its companions, as ``data.<suffix>``."""
    wanted = {chosen: chosen.suffix.lower()}
    if chosen.suffix.lower() in SHAPEFILE.suffixes:
        stem = str(chosen.with_suffix("")).lower()
        for p in files:
            if p.suffix.lower() in _COMPANIONS and str(p.with_suffix("")).lower() == stem:
                wanted[p] = p.suffix.lower()
    for p, suffix in wanted.items():
        with archive.open(files[p]) as source, (folder / f"data{suffix}").open("wb") as target:
            shutil.copyfileobj(source, target)
    return folder / f"data{chosen.suffix.lower()}"


def looks_like(path: Path) -> str | None:
    """Tell what a file is by its first bytes, where it is no text.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    str or None
        What it is (an English gettext identifier); ``None`` for a text, or a folder.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError:
        return None
    return _look(head) or (N_("binary data") if b"\0" in head else None)


def _look(head: bytes) -> str | None:
    return next((what for signature, what in _LOOKS if head.startswith(signature)), None)


def _unlike(known: Format, head: bytes, name: str) -> Problem:
    found = _look(head) or (N_("binary data") if b"\0" in head else N_("a text"))
    if known is ZIP:
        return problem("archive-broken", file=name, found=found)
    return problem("file-unreadable", file=name, expected=known.title, found=found)


def weight(size: int) -> str:
    """Return a size for messages.

    Parameters
    ----------
    size
        In bytes.

    Returns
    -------
    str
        In the largest unit that it reaches.

    Examples
    --------
    >>> weight(2 << 30), weight(1500)
    ('2.0 GiB', '1.5 KiB')
    """
    value, unit = float(size), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if value < 1024:
            break
        value, unit = value / 1024, larger
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
