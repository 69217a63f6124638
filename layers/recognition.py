"""Tell which layer a file is, by what it holds: its columns first, then its reader.

A file looks like a layer if it has the columns of the layer's contract, or those of a
source that feeds the layer (``columns`` of ``sources.toml``): adding a layer or a source is
enough. The reader has the last word.
"""

from __future__ import annotations

import gzip
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio

from layers.data_errors import data_problem
from layers.errors import N_, LayerError, Problem, problem
from layers.files import ODS, looks_like, open_file
from layers.gdal import quiet_gdal
from layers.raw_table import field_key
from layers.site_columns import FREE, profile_of
from layers.sources import DataSource, Sources
from layers.spec import Layer, Provenance, Status
from layers.tables import NOT_STATED, check_file
from layers.workbook import is_workbook, read_workbook

RASTERS: Final = frozenset({".tif", ".tiff"})
_TEXTS: Final = (".csv", ".csv.gz", ".tsv", ".txt")
_PARQUET: Final = frozenset({".parquet", ".geoparquet"})
_VECTORS: Final = (".shp", ".gpkg", ".geojson", ".json", ".fgb")
_UNREADABLE: Final = (  # the last two: versions, compressions and passwords of archives
    pa.ArrowException, pyogrio.errors.CRSError, pyogrio.errors.DataLayerError, OSError, EOFError,
    zlib.error, zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError,
)  # fmt: skip
_COMPANIONS: Final = frozenset({".shx", ".dbf", ".prj", ".cpg"})
_DAY: Final = re.compile(r"(?<!\d)(?:19|20)\d\d(?:-\d\d-\d\d)?(?!\d)")
_HEAD_BYTES: Final = 1 << 16
_SHOWN: Final = 12
_MEMBERS: Final = 50  # files of an archive whose columns are looked at
_NEAREST: Final = 5


class Loaded(Protocol):
    """What a reader returns: a layer or a raster, with where it comes from."""

    @property
    def provenance(self) -> Provenance:
        """Where it comes from."""
        ...


@dataclass(frozen=True, slots=True)
class Reader:
    """A layer that a file can be.

    Parameters
    ----------
    name, title
        Identifier and title of the layer.
    load
        Reads a file, with its provenance if it is known: ``load(path, provenance=...)``.
    forms
        Forms of file it knows apart from those of its sources: each a tuple of regular
        expressions that columns must meet; none for a raster.
    suffixes
        File suffixes it may have; any if empty, rasters aside.
    folders
        Whether it can be a folder of files, read together.
    dated
        Whether it must be told the vintage to read: ``load(path, vintage=...)``.
    """

    name: str
    title: str
    load: Callable[..., Loaded]
    forms: tuple[tuple[str, ...], ...] = ()
    suffixes: frozenset[str] = frozenset()
    folders: bool = False
    dated: bool = False


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a file is.

    Parameters
    ----------
    layer
        Name of the layer.
    loaded
        What its reader made of it.
    source
        Name of the source whose columns it has; empty if none, or if several have them.
    given
        Provenance given to the reader; ``None`` if the reader tells it by itself.
    """

    layer: str
    loaded: Loaded
    source: str = ""
    given: Provenance | None = None


def recognise(
    path: Path,
    readers: Mapping[str, Reader],
    sources: Sources,
    *,
    layer: str = "",
    source: str = "",
    vintage: str = "",
) -> Recognised:
    """Tell which layer a file is, and read it.

    Parameters
    ----------
    path
        The file.
    readers
        Layers that can be read, by name.
    sources
        Sources that feed them.
    layer
        The layer, where the user tells it.
    source
        The source, where it is known.
    vintage
        What the data describe, where it is known.

    Returns
    -------
    Recognised
        The layer, read.

    Raises
    ------
    LayerError
        If the file is no layer (``import-unrecognised``), with what it lacks to be each of
        the nearest (``import-candidate``); if it could be several (``import-ambiguous``); if
        it looks like one layer only, with all that its reader finds wrong.
    """
    for one in files_of(path):
        check_file(one)
    if source:
        layer = layer or sources.named([source])[source].layer
    if layer:
        return _read(path, _named(layer, readers), sources, source, vintage)
    columns = file_columns(path)
    fitting = [reader for reader in readers.values() if _fits(reader, path)]
    alike = [one for one in fitting if not _lacking(one, columns, sources)[0]]
    alike = _nearest(alike, columns, sources)
    good: list[Recognised] = []
    refused: list[Problem] = []
    # Without a likeness the readers are asked all the same: some know other forms.
    for reader in alike or (fitting if columns else []):
        try:
            good.append(_read(path, reader, sources, source, vintage))
        except LayerError as error:
            if len(alike) == 1 and not _is_table_of_else(path, error):
                raise LayerError(
                    [*error.problems, *part_note(path, reader.name, sources)]
                ) from error
            refused += error.problems if len(alike) > 1 else ()
    if len(good) == 1:
        return good[0]
    if good:
        found = ", ".join(one.layer for one in good)
        raise LayerError(data_problem("import-ambiguous", file=path.name, found=found))
    rest = [] if len(alike) > 1 else [one for one in fitting if one not in alike]
    lacking = _unrecognised(path, columns, rest, sources)
    raise LayerError([*lacking, *dict.fromkeys(refused)])


def part_note(path: Path, layer: str, sources: Sources) -> list[Problem]:
    """Tell that a file is taken as a whole layer, which its publishers deliver in parts.

    Parameters
    ----------
    path
        What is taken: a file, or a folder of them.
    layer
        Name of the layer.
    sources
        Sources that feed it.

    Returns
    -------
    list of Problem
        ``import-part``; nothing of a folder, nor where the file is of none of them.
    """
    parts = {name: one for name, one in sources.of_layer(layer).items() if one.part}
    columns = () if path.is_dir() or not parts else file_columns(path)
    if not any(meets(one.columns, columns) for one in parts.values() if columns):
        return []
    return [data_problem("import-part", file=path.name, found=layer, expected=", ".join(parts))]


def _is_table_of_else(path: Path, error: LayerError) -> bool:
    """Tell a table that has some columns of a layer of outlines, and no geometry."""
    codes = {one.code for one in error.problems}
    return codes == {"geometry-column"} and path.name.lower().endswith(_TEXTS)


def files_of(path: Path) -> list[Path]:
    """Return the files of a folder, or the file itself.

    Parameters
    ----------
    path
        A file, or a folder.

    Returns
    -------
    list of Path
        Sorted; those hidden and those of folders within are left out.

    Raises
    ------
    LayerError
        If the folder holds none (``folder-empty``).
    """
    if not path.is_dir():
        return [path]
    files = sorted(one for one in path.iterdir() if one.is_file() and one.name[0] != ".")
    if not files:
        raise LayerError(data_problem("folder-empty", file=path.name))
    return files


def file_columns(path: Path) -> tuple[str, ...]:
    """Return the names of the columns of a file, of all its tables.

    Parameters
    ----------
    path
        A CSV file, a workbook, GeoParquet, any file that GDAL reads, or a folder of these.

    Returns
    -------
    tuple of str
        The names; empty where they cannot be read.
    """
    name = path.name.lower()
    if path.is_dir():
        return tuple(column for one in files_of(path) for column in file_columns(one))
    try:
        if name.endswith(_TEXTS):
            other = not name.endswith(".gz") and looks_like(path)
            return () if other else _header(path)
        if path.suffix.lower() in _PARQUET:
            return tuple(pq.read_schema(path).names)
        if path.suffix.lower() in (*RASTERS, *ODS.suffixes) or is_workbook(path):
            return _titles(path)
        return (*_archived_headers(path), *_vector_fields(path))
    except _UNREADABLE:
        return ()


def fitting_file(path: Path, reader: Reader, sources: Sources) -> Path:
    """Return the one file of a folder that looks like a layer.

    Parameters
    ----------
    path
        A file, or a folder.
    reader
        The layer.
    sources
        Sources that feed it.

    Returns
    -------
    Path
        The file; the folder itself where the layer is read from folders, or where none or
        several of its files look like it.
    """
    if not path.is_dir() or reader.folders:
        return path
    alike = [
        one for one in files_of(path)
        if _fits(reader, one) and not _lacking(reader, file_columns(one), sources)[0]
    ]  # fmt: skip
    mains = [one for one in alike if one.suffix.lower() not in _COMPANIONS]
    return mains[0] if len(mains) == 1 else path


def lone_file(path: Path, readers: Mapping[str, Reader], sources: Sources) -> Path:
    """Return the one file of a folder that is no layer as a whole: an archive once unpacked.

    Parameters
    ----------
    path
        A file, or a folder.
    readers
        Layers that can be read, by name.
    sources
        Sources that feed them.

    Returns
    -------
    Path
        The file; the folder itself where it holds several, or looks like a layer.
    """
    if not path.is_dir():
        return path
    mains = [one for one in files_of(path) if one.suffix.lower() not in _COMPANIONS]
    columns = file_columns(path)
    whole = [
        one for one in readers.values()
        if _fits(one, path) and not _lacking(one, columns, sources)[0]
    ]  # fmt: skip
    return mains[0] if len(mains) == 1 and not whole else path


def read_pulled(
    path: Path, readers: Mapping[str, Reader], sources: Sources, source: str
) -> Recognised:
    """Read a file that was downloaded from a source.

    Parameters
    ----------
    path
        The file.
    readers
        Layers that can be read, by name.
    sources
        Every source.
    source
        Name of the source.

    Returns
    -------
    Recognised
        The layer, observed; its provenance is that of the source where the reader does not
        tell it by itself.

    Raises
    ------
    LayerError
        With all that its reader finds wrong.
    """
    reader = _named(sources.sources[source].layer, readers)
    return _read(path, reader, sources, source, "", pulled=True)


def source_provenance(source: DataSource, path: Path, *, vintage: str = "") -> Provenance:
    """Return the provenance of a file of a source.

    Parameters
    ----------
    source
        The source.
    path
        The file.
    vintage
        What the file describes; by default what the source publishes now.

    Returns
    -------
    Provenance
        Status ``observed``.
    """
    told = vintage or source.vintage or NOT_STATED
    return Provenance(
        source.publisher, source.title, told, source.licence, Status.OBSERVED, file=path.name
    )


def meets(patterns: Iterable[str], columns: Iterable[str]) -> bool:
    r"""Tell whether each pattern is met by a column, case aside.

    Parameters
    ----------
    patterns
        Regular expressions of whole names.
    columns
        Names of columns.

    Returns
    -------
    bool
        True if every pattern is met.

    Examples
    --------
    >>> meets(["idcom", r"naf\d\dart\d\d"], ["IDCOM", "naf11art12"])
    True
    """
    names = [column.strip() for column in columns]
    return all(
        any(re.fullmatch(pattern, name, re.IGNORECASE) for name in names) for pattern in patterns
    )


def _named(layer: str, readers: Mapping[str, Reader]) -> Reader:
    if layer not in readers:
        expected = ", ".join(readers)
        raise LayerError(problem("layer-unknown", found=layer, expected=expected))
    return readers[layer]


def _fits(reader: Reader, path: Path) -> bool:
    if path.is_dir():
        found = {one.suffix.lower() for one in files_of(path)}
        return reader.folders and (not reader.suffixes or bool(found & reader.suffixes))
    suffix = path.suffix.lower()
    return suffix in reader.suffixes if reader.suffixes else suffix not in RASTERS


def _lacking(reader: Reader, columns: tuple[str, ...], sources: Sources) -> tuple[list[str], int]:
    """Return what a file lacks to look like a layer, of how many: in its nearest form."""
    if not columns and reader.suffixes & RASTERS:  # a raster: its suffix tells
        return [], 1
    forms = [
        *reader.forms,
        *(s.columns for s in sources.of_layer(reader.name).values() if s.columns),
    ]
    lacks = [([one for one in form if not meets([one], columns)], len(form)) for form in forms]
    return min(lacks, key=lambda lack: len(lack[0]) / lack[1])


def _nearest(alike: list[Reader], columns: tuple[str, ...], sources: Sources) -> list[Reader]:
    """Leave out what a file is only because it is more: communes have a name, as ports do."""
    met = {
        reader.name: {
            column
            for form in _forms(reader, sources)
            if meets(form, columns)
            for column in columns
            if any(re.fullmatch(one, column.strip(), re.IGNORECASE) for one in form)
        }
        for reader in alike
    }
    return [one for one in alike if not any(met[one.name] < other for other in met.values())]


def _forms(reader: Reader, sources: Sources) -> list[tuple[str, ...]]:
    published = sources.of_layer(reader.name).values()
    return [*reader.forms, *(one.columns for one in published if one.columns)]


def _unrecognised(
    path: Path, columns: tuple[str, ...], fitting: list[Reader], sources: Sources
) -> Iterator[Problem]:
    told = ", ".join(columns[:_SHOWN]) + ("…" if len(columns) > _SHOWN else "")
    found = told or looks_like(path) or N_("no column that could be read")
    yield data_problem("import-unrecognised", file=path.name, found=found)
    if path.is_dir():
        yield data_problem("import-folder", file=path.name)
    keys = frozenset(map(field_key, columns))
    if "site_id" in keys or profile_of(keys) is not FREE:
        yield data_problem("import-sites", file=path.name)
        return
    if not columns:  # what a PDF lacks to be a table of communes says nothing
        return
    lacks = {reader.name: _lacking(reader, columns, sources) for reader in fitting}
    nearest = sorted(lacks, key=lambda name: len(lacks[name][0]) / lacks[name][1])
    for name in nearest[:_NEAREST]:
        lacking = ", ".join(one.replace("\\", "") for one in lacks[name][0])
        yield data_problem("import-candidate", file=path.name, found=lacking, expected=f"“{name}”")


def _read(
    path: Path,
    reader: Reader,
    sources: Sources,
    source: str,
    vintage: str,
    *,
    pulled: bool = False,
) -> Recognised:
    """Read a file as a layer, with the provenance of the source it is of."""
    columns = file_columns(path)
    published = sources.named([source]) if source else sources.of_layer(reader.name)
    fitting = {
        name: one for name, one in published.items() if one.columns and meets(one.columns, columns)
    }
    name = source or (next(iter(fitting)) if len(fitting) == 1 else "")
    loaded = reader.load(path, vintage=vintage) if reader.dated else reader.load(path)
    own = loaded.provenance
    stated = own.vintage if own.vintage not in {"", NOT_STATED} else ""
    told = vintage or stated or _vintage_of(path)
    dated = told or NOT_STATED
    given = None
    if own.status is not Status.DECLARED:  # the reader knows by itself
        given = replace(own, vintage=dated) if dated != own.vintage else None
    elif pulled:
        given = source_provenance(published[name], path, vintage=vintage)
    elif name:
        # Said to be of a source, in another form than the publisher's: only declared.
        method = N_("publisher and licence recognised by the columns of the file")
        given = source_provenance(published[name], path, vintage=dated)
        if name in fitting:
            given = replace(given, method=method)
        else:
            given = replace(given, status=Status.DECLARED)
    elif told:
        given = replace(own, vintage=told, method="")
    if given is None:
        return Recognised(reader.name, loaded, name)
    if isinstance(loaded, Layer):  # read once: national tables take seconds
        return Recognised(reader.name, replace(loaded, provenance=given), name, given)
    return Recognised(reader.name, reader.load(path, provenance=given), name, given)


def _vintage_of(path: Path) -> str:
    """Return the day or the year that the name of a file ends with; nothing if files differ.

    Examples
    --------
    >>> _vintage_of(Path("BDT_3-5_GPKG_LAMB93_D044-ED2026-03-15.gpkg"))
    '2026-03-15'
    >>> _vintage_of(Path("N_ZONE_REG_PPRN_20100001_S_044.shp"))
    ''
    """
    names = [one.stem for one in files_of(path)] if path.is_dir() else [path.stem]
    found = {days[-1] if (days := _DAY.findall(name)) else "" for name in names}
    return found.pop() if len(found) == 1 else ""


def _header(path: Path) -> tuple[str, ...]:
    with (
        path.open("rb") as raw,
        gzip.open(raw) if path.suffix.lower() == ".gz" else nullcontext(raw) as stream,
    ):
        return _split(stream.read(_HEAD_BYTES))


def _split(head: bytes) -> tuple[str, ...]:
    line = head.split(b"\n", 1)[0].decode("utf-8-sig", errors="replace").strip("\r")
    separator = max(",;\t", key=line.count)
    return tuple(cell.strip().strip('"').strip() for cell in line.split(separator))


def _titles(path: Path) -> tuple[str, ...]:
    """Return the titles of the table of a workbook, of communes or else of places."""
    if path.suffix.lower() in RASTERS:
        return ()
    for reader in (read_workbook, open_file) if is_workbook(path) else (open_file,):
        try:
            return tuple(map(str, reader(path).data.columns))
        except LayerError:
            continue
    return ()


def _archived_headers(path: Path) -> tuple[str, ...]:
    """Return the columns of the largest CSV file of an archive, if it is one."""
    if path.suffix.lower() != ".zip":
        return ()
    with zipfile.ZipFile(path) as archive:
        texts = [m for m in archive.infolist() if m.filename.lower().endswith(_TEXTS)]
        if not texts:
            return ()
        with archive.open(max(texts, key=lambda m: m.file_size)) as stream:
            return _split(stream.read(_HEAD_BYTES))


def _vector_fields(path: Path) -> tuple[str, ...]:
    names: list[str] = []
    for place in _vector_places(path):
        try:
            with quiet_gdal():
                for layer, _ in pyogrio.list_layers(place):
                    names += pyogrio.read_info(place, layer=layer)["fields"].tolist()
        except pyogrio.errors.DataSourceError:
            return tuple(names)
    return tuple(names)


def _vector_places(path: Path) -> list[str]:
    """Return where GDAL finds the vector files of a file: in an archive, those of its folders too.

    Workbooks are kept from it: their header is seldom on the first row.
    """
    if path.suffix.lower() != ".zip":
        return [str(path)] if path.suffix.lower() in _VECTORS else []
    with zipfile.ZipFile(path) as archive:
        members = [name for name in archive.namelist() if name.lower().endswith(_VECTORS)]
    kept = [name for name in members if not name.startswith("__MACOSX/")]
    return [f"/vsizip/{path}/{name}" for name in kept[:_MEMBERS]]
