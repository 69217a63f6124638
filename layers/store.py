"""The store of local data: the files that take the place of the embedded layers.

A folder with one manifest::

    manifest.json                 what is held: written whole, then renamed
    sources.toml                  the user's own sources, if any
    layers/<layer>/<digest>/...   files in use, never changed once there
    fetched/<source>/<digest>/... files that no reader takes yet
    incoming/                     downloads and copies not checked yet
    cache/<layer>/                what was made of large files: safe to remove

A file counts only once the manifest names it; the file it replaces is kept until the next
change, for who is reading it. One process at a time may change the store; reading takes no
lock.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Final, Literal
from uuid import uuid4

import platformdirs
from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from layers.data_errors import data_problem
from layers.digest import digest
from layers.errors import N_, LayerError, Problem, problem
from layers.spec import Provenance, Status

VARIABLE: Final = "SITING_DATA"
"""Environment variable that names the folder of local data."""
_MANIFEST: Final = "manifest.json"
_COMPANIONS: Final = (".shx", ".dbf", ".prj", ".cpg")
_UNREADABLE: Final = frozenset({errno.EACCES, errno.EPERM, errno.ENOENT, errno.EIO})
_ARRIVING: Final = re.compile(r"[0-9a-f]{32}(\.place)?")  # as arriving() and _move() name it
_LOCK_WAIT_S: Final = 2.0
_DIGEST_LENGTH: Final = 16
_VERSION: Final = 1

How = Literal["import", "pull", "build"]
Shelf = Literal["layers", "fetched"]


def data_folder(chosen: Path | None = None) -> Path:
    """Return the folder of local data; it may not exist yet.

    Parameters
    ----------
    chosen
        The folder a caller names.

    Returns
    -------
    Path
        That folder, else the one that ``SITING_DATA`` names, else that of the user.
    """
    if chosen is not None:
        return chosen
    named = os.environ.get(VARIABLE)
    if named:  # a shell leaves ~ alone where it follows an equals sign
        return Path(os.path.expanduser(named))  # noqa: PTH111 - Path raises where no home is known
    return Path(platformdirs.user_data_dir("siting", appauthor=False))


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class StoredFile(_Record):
    """One file of an entry."""

    name: Annotated[str, Field(pattern=r"^[^/\\]*[^/\\.][^/\\]*$")]
    """Its name: a manifest leads nowhere else."""
    size: int
    """Its size in bytes."""
    sha256: str
    """Its digest."""


class ProvenanceRecord(_Record):
    """A provenance, as the manifest keeps it."""

    publisher: str
    """Who publishes it."""
    title: str
    """Title of the source file."""
    vintage: str
    """What the data describe."""
    licence: str
    """Licence of the data."""
    status: Status
    """Status of its figures."""
    method: str = ""
    """What was derived, and how."""
    file: str = ""
    """Name of the file."""

    @classmethod
    def of(cls, source: Provenance) -> ProvenanceRecord:
        """Return the record of a provenance.

        Parameters
        ----------
        source
            The provenance.

        Returns
        -------
        ProvenanceRecord
            Its record.
        """
        return cls(
            publisher=source.publisher, title=source.title, vintage=source.vintage,
            licence=source.licence, status=source.status, method=source.method, file=source.file,
        )  # fmt: skip

    def provenance(self) -> Provenance:
        """Return the provenance.

        Returns
        -------
        Provenance
            The same, for readers.
        """
        return Provenance(
            self.publisher, self.title, self.vintage, self.licence, self.status, self.method,
            self.file,
        )  # fmt: skip


class Entry(_Record):
    """A layer, or a file fetched for one, as the store holds it."""

    layer: str
    """Name of the layer."""
    folder: Annotated[str, Field(pattern=r"^((layers|fetched)/[a-z0-9_-]+/[0-9a-f]+)?$")]
    """Its folder in the store, with slashes."""
    files: tuple[StoredFile, ...]
    """The file, then its companions (Shapefile); every file of a folder."""
    is_folder: bool = False
    """Whether it is a folder, whose files are read together."""
    told: ProvenanceRecord | None = None
    """What its reader tells of it; nothing where no reader takes it yet."""
    given: ProvenanceRecord | None = None
    """What the reader must be given; nothing if it tells by itself."""
    source: str = ""
    """Name of the source it is of, if it is known."""
    url: str = ""
    """Address it was downloaded from."""
    etag: str = ""
    """Version that the server told."""
    last_modified: str = ""
    """Date of that version, as the server told it."""
    md5: str = ""
    """Checksum that the publisher told, of the file as it was downloaded."""
    how: How
    """``import``: a file given by hand. ``pull``: downloaded. ``build``: made of these."""
    recorded: datetime
    """When it was recorded (UTC)."""

    @property
    def label(self) -> str:
        """Name of its file, or of the files of its folder."""
        names = [one.name for one in self.files]
        return ", ".join(names if self.is_folder else names[:1])


class StoreManifest(_Record):
    """Everything that the store holds."""

    version: Literal[1] = _VERSION
    """Version of the form of the manifest."""
    layers: Mapping[str, Entry] = {}
    """Layers in use, by name."""
    fetched: Mapping[str, Entry] = {}
    """Files that no reader takes yet, by source."""


class Store:
    """The store of a folder; nothing is created before something is recorded.

    Parameters
    ----------
    folder
        The folder; by default that of :func:`data_folder`.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = data_folder(folder)

    def manifest(self) -> StoreManifest:
        """Read what the store holds.

        Returns
        -------
        StoreManifest
            The manifest; empty if there is none.

        Raises
        ------
        LayerError
            If it cannot be read (``store-manifest``).
        """
        path = self.folder / _MANIFEST
        try:
            return StoreManifest.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return StoreManifest()
        except (OSError, ValidationError) as error:
            reason = str(error).splitlines()[0]
            found = data_problem("store-manifest", file=str(path), found=reason)
            raise LayerError(found) from error

    def path(self, entry: Entry) -> Path:
        """Return the file of an entry.

        Parameters
        ----------
        entry
            The entry.

        Returns
        -------
        Path
            Its main file, or its folder.

        Raises
        ------
        LayerError
            If it is no longer there, or its size is not the one recorded.
        """
        found = self._changed(entry, full=False)
        if found:
            raise LayerError(found)
        place = self.folder / entry.folder
        return place if entry.is_folder else place / entry.files[0].name

    def verify(self, entry: Entry) -> list[Problem]:
        """Check that the files of an entry are those that were recorded.

        Parameters
        ----------
        entry
            The entry.

        Returns
        -------
        list of Problem
            ``store-missing`` or ``store-altered``, one a file at most.
        """
        return self._changed(entry, full=True)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold the store for a change: one process at a time.

        Yields
        ------
        None
            While the store is held.

        Raises
        ------
        LayerError
            If another process holds it (``store-locked``), or if the folder cannot be
            written (``store-unwritable``); a change that fails leaves the last good data.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / ".lock", timeout=_LOCK_WAIT_S)
            with lock:
                self._sweep()
                yield
        except Timeout as error:
            raise LayerError(data_problem("store-locked", file=str(self.folder))) from error
        except OSError as error:
            if self._is_of_source(error):
                name, reason = Path(str(error.filename)).name, error.strerror
                told = problem("file-unreadable", file=name, expected=N_("data"), found=reason)
                raise LayerError(told) from error
            found = f"{self.folder}: {error.strerror or error}"
            unwritable = data_problem("store-unwritable", found=found, expected=VARIABLE)
            raise LayerError(unwritable) from error

    @contextmanager
    def staged(self, path: Path) -> Iterator[Path]:
        """Copy a file, with its companions, or a folder into the store, to be checked there.

        Parameters
        ----------
        path
            The file, or a folder of files.

        Yields
        ------
        Path
            The copy, in a folder of its own that is removed if it is not recorded.
        """
        with self.arriving() as folder:
            place = folder / path.name if path.is_dir() else folder
            place.mkdir(exist_ok=True)
            for one in _with_companions(path):
                shutil.copyfile(one, place / one.name)
            yield folder / path.name

    @contextmanager
    def arriving(self) -> Iterator[Path]:
        """Give an empty folder of the store to make a file in, then remove it.

        Yields
        ------
        Path
            The folder; what is recorded of it was moved away.
        """
        folder = self.incoming(uuid4().hex)
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def incoming(self, name: str) -> Path:
        """Return the folder where the files of a source arrive.

        Parameters
        ----------
        name
            Name of the source.

        Returns
        -------
        Path
            The folder; it may not exist.
        """
        return self.folder / "incoming" / name

    def cache(self, name: str) -> Path:
        """Return the folder where what is made of a layer is kept.

        Parameters
        ----------
        name
            Name of the layer.

        Returns
        -------
        Path
            The folder; it may not exist, and may be removed at any time.
        """
        return self.folder / "cache" / name

    def record(self, path: Path, entry: Entry, *, shelf: Shelf = "layers", name: str = "") -> Entry:
        """Put a checked file of ``incoming`` in its place, then name it in the manifest.

        Parameters
        ----------
        path
            The file, with its companions beside it, or a folder of files.
        entry
            What to record; its folder and files are filled here.
        shelf
            ``layers`` for a layer in use, ``fetched`` for a file no reader takes.
        name
            Key of the manifest; the name of the layer by default.

        Returns
        -------
        Entry
            The entry as recorded.

        Raises
        ------
        LayerError
            If the manifest cannot be read.
        """
        manifest = self.manifest()
        key = name or entry.layer
        files = tuple(_stored(one) for one in _with_companions(path))
        is_folder = path.is_dir()
        own = _together(files) if is_folder else files[0].sha256
        folder = f"{shelf}/{key}/{own[:_DIGEST_LENGTH]}"
        told = {"folder": folder, "files": files, "is_folder": is_folder}
        whole = entry.model_copy(update=told)
        if self._changed(whole, full=True):
            self._move(path, whole)
        held: Mapping[str, Entry] = getattr(manifest, shelf)
        self._write(manifest.model_copy(update={shelf: {**held, key: whole}}))
        self._tidy(shelf, key, (whole, held.get(key)))
        return whole

    def forget(self, name: str) -> None:
        """Stop naming a layer, or the file of a source that no reader takes.

        Parameters
        ----------
        name
            Name of the layer or of the source.

        Raises
        ------
        LayerError
            If the store holds nothing of this name (``layer-unknown``), or nothing at all
            (``store-empty``).
        """
        with self.changing():
            manifest = self.manifest()
            shelf: Shelf = "layers" if name in manifest.layers else "fetched"
            held: Mapping[str, Entry] = getattr(manifest, shelf)
            if name not in held:
                expected = ", ".join((*manifest.layers, *manifest.fetched))
                code = "layer-unknown" if expected else "store-empty"
                raise LayerError(problem(code, found=name, expected=expected))
            left = {key: entry for key, entry in held.items() if key != name}
            self._write(manifest.model_copy(update={shelf: left}))
            self._tidy(shelf, name, (held[name],))
            shutil.rmtree(self.cache(name), ignore_errors=True)

    def _is_of_source(self, error: OSError) -> bool:
        """Tell whether what could not be read is the file given, not the folder of the store."""
        if error.errno not in _UNREADABLE or not error.filename:
            return False
        path, own = Path(str(error.filename)), {self.folder, *self.folder.parents}
        return path not in own and self.folder not in path.parents

    def _sweep(self) -> None:
        """Remove what a process that was killed left arriving; downloads to resume stay."""
        arriving = self.folder / "incoming"
        for one in arriving.iterdir() if arriving.is_dir() else ():
            if _ARRIVING.fullmatch(one.name):
                shutil.rmtree(one, ignore_errors=True)

    def _move(self, path: Path, entry: Entry) -> None:
        place = self.folder / entry.folder
        shutil.rmtree(place, ignore_errors=True)  # left by a change that did not end
        fresh = self.incoming(f"{uuid4().hex}.place")
        fresh.mkdir(parents=True)
        for one in _with_companions(path):
            one.replace(fresh / one.name)
            _to_disk(fresh / one.name)
        place.parent.mkdir(parents=True, exist_ok=True)
        fresh.replace(place)

    def _write(self, manifest: StoreManifest) -> None:
        path = self.folder / _MANIFEST
        fresh = path.with_name(f"{path.name}.tmp")
        fresh.write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
        _to_disk(fresh)
        fresh.replace(path)

    def _tidy(self, shelf: Shelf, key: str, kept: tuple[Entry | None, ...]) -> None:
        """Remove the versions of a layer before the last two."""
        names = {entry.folder.rpartition("/")[2] for entry in kept if entry is not None}
        for folder in (self.folder / shelf / key).iterdir():
            if folder.name not in names:
                shutil.rmtree(folder, ignore_errors=True)

    def _changed(self, entry: Entry, *, full: bool) -> list[Problem]:
        problems = []
        for one in entry.files:
            path = self.folder / entry.folder / one.name
            if not path.is_file():
                problems.append(data_problem("store-missing", file=one.name, field=entry.layer))
            elif path.stat().st_size != one.size or (full and digest(path) != one.sha256):
                problems.append(data_problem("store-altered", file=one.name, field=entry.layer))
        return problems


def new_entry(layer: str, how: How) -> Entry:
    """Return an entry to be filled and recorded, dated now.

    Parameters
    ----------
    layer
        Name of the layer.
    how
        How the file came.

    Returns
    -------
    Entry
        The entry, without files.
    """
    return Entry(layer=layer, folder="", files=(), how=how, recorded=datetime.now(tz=UTC))


def _with_companions(path: Path) -> list[Path]:
    """Return a file, and the other files of a Shapefile; or every file of a folder."""
    if path.is_dir():
        return sorted(one for one in path.iterdir() if one.is_file() and one.name[0] != ".")
    if path.suffix.lower() != ".shp":
        return [path]
    beside = sorted(
        one for one in path.parent.iterdir()
        if one.stem == path.stem and one.suffix.lower() in _COMPANIONS
    )  # fmt: skip
    return [path, *beside]


def _together(files: tuple[StoredFile, ...]) -> str:
    """Return one digest of several files."""
    told = "".join(f"{one.name}\n{one.sha256}\n" for one in files)
    return sha256(told.encode()).hexdigest()


def _stored(path: Path) -> StoredFile:
    return StoredFile(name=path.name, size=path.stat().st_size, sha256=digest(path))


def _to_disk(path: Path) -> None:
    """Ask the system to write a file down: a power cut must not leave an empty one."""
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())
