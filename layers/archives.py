"""Unpack the 7z archives of IGN, with an optional library, and keep what can be read.

IGN delivers ADMIN EXPRESS, BD TOPO and OCS GE as ``.7z``, cut in volumes above 4 GB. What holds
them is unpacked once, when the file enters the store; readers never see an archive. Members are
written under names of our own, of the archive where it holds one file: the name of an edition
tells its product, its département and its day, those of its members seldom do.
"""

from __future__ import annotations

import errno
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Final, Protocol

from layers.data_errors import data_problem
from layers.errors import N_, LayerError, problem
from layers.files import LARGE_BYTES, MAX_MEMBERS, MAX_RATIO, RATIO_FROM, weight
from layers.volumes import archive_name, is_volume, open_volumes, volumes_of

if TYPE_CHECKING:
    from py7zr import SevenZipFile

SUFFIX: Final = ".7z"
# The first of these that an archive holds is what it is about; the rest is documentation.
_READ: Final = (
    (".gpkg",),
    (".shp",),
    (".tif", ".tiff"),
    (".geojson", ".json", ".fgb", ".parquet", ".geoparquet"),
    (".csv", ".xlsx"),
)
_COMPANIONS: Final = (".shx", ".dbf", ".prj", ".cpg")
_SHOWN: Final = 10
_DISK: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES})


class _Member(Protocol):
    filename: str
    uncompressed: int
    is_directory: bool
    is_file: bool
    is_symlink: bool


def is_seven_zip(path: Path) -> bool:
    """Tell whether a file is a 7z archive, or a volume of one, by its name.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    bool
        Whether it is.

    Examples
    --------
    >>> is_seven_zip(Path("BDTOPO_3-5.7Z")), is_seven_zip(Path("a.zip"))
    (True, False)
    """
    return path.suffix.lower() == SUFFIX or is_volume(path)


def can_unpack() -> bool:
    """Tell whether the optional library that reads 7z archives is installed.

    Returns
    -------
    bool
        False without ``pip install "siting[archives]"``.
    """
    return find_spec("py7zr") is not None


def unpack(path: Path, into: Path, *, limit_bytes: int = LARGE_BYTES) -> Path:
    """Unpack what an archive is about: GeoPackages first, else Shapefiles, rasters, tables.

    Parameters
    ----------
    path
        The 7z archive, or any of its volumes: the others lie beside it.
    into
        A folder that is there.
    limit_bytes
        Largest size accepted of what it unfolds to.

    Returns
    -------
    Path
        In ``into``, the one file that it holds, named as the archive; or a folder, named as the
        archive, of those it holds.

    Raises
    ------
    LayerError
        ``archive-library`` without the library; ``archive-volumes`` where a volume is missing;
        ``archive-broken``, ``archive-unsafe`` (a member that would be written elsewhere, a link,
        beyond measure), ``archive-content`` (nothing that can be read), ``layer-choice`` (two
        members of one name), ``download-space``.
    """
    if not can_unpack():
        raise LayerError(data_problem("archive-library", file=path.name))
    volumes = volumes_of(path)
    path = path.with_name(archive_name(path))
    with _opened(volumes, path) as archive:
        size = sum(one.stat().st_size for one in volumes)
        members = _checked(archive.list(), path, size, limit_bytes)
        wanted = _targets(list(members), path)
        needed = sum(members[name] for name in wanted)
        free = shutil.disk_usage(into).free
        if needed > free:
            raise LayerError(
                data_problem("download-space", file=path.name, found=weight(free),
                             expected=weight(needed))
            )  # fmt: skip
        mains = [name for name in wanted.values() if _suffix(name) not in _COMPANIONS]
        folder = into if len(mains) == 1 else into / path.stem
        folder.mkdir(exist_ok=True)
        from layers._seven_zip import extract  # noqa: PLC0415 - optional library

        extract(archive, {name: folder / own for name, own in wanted.items()}, members)
    return folder / mains[0] if len(mains) == 1 else folder


def unpack_all(paths: Iterable[Path], into: Path, *, limit_bytes: int = LARGE_BYTES) -> None:
    """Unpack several archives in one folder: OCS GE, one archive a département.

    Parameters
    ----------
    paths
        The 7z archives, each by one of its volumes where it is cut.
    into
        A folder that is there.
    limit_bytes
        As in :func:`unpack`, of each.

    Raises
    ------
    LayerError
        As :func:`unpack`.
    """
    for path in paths:
        made = unpack(path, into, limit_bytes=limit_bytes)
        if made.is_dir():  # members of archives have the same names: only the archives tell
            for one in made.iterdir():
                one.replace(into / f"{made.name}_{one.name}")
            made.rmdir()


@contextmanager
def _opened(volumes: Sequence[Path], path: Path) -> Iterator[SevenZipFile]:
    """Open an archive; whatever the library meets in a damaged one is told as one problem."""
    import py7zr  # noqa: PLC0415 - optional

    try:
        with open_volumes(volumes) as stream, py7zr.SevenZipFile(stream) as archive:
            _refuse_locked(archive, path)
            yield archive
    except LayerError:
        raise
    except OSError as error:  # a full disk is no fault of the archive
        if error.errno in _DISK:
            raise
        raise _broken(path, f"{type(error).__name__} {error}") from error
    except MemoryError as error:
        raise _broken(path, N_("it asks for too much memory")) from error
    except Exception as error:  # damaged headers raise IndexError, struct.error, AssertionError…
        raise _broken(path, f"{type(error).__name__} {error}".strip()) from error


def _refuse_locked(archive: SevenZipFile, path: Path) -> None:
    if archive.needs_password():
        raise _broken(path, N_("it is protected by a password"))


def _broken(path: Path, found: str) -> LayerError:
    return LayerError(problem("archive-broken", file=path.name, found=found))


def _checked(listed: Sequence[_Member], path: Path, size: int, limit_bytes: int) -> dict[str, int]:
    """Return the size of each file of an archive; refuse what a ZIP archive is refused for."""
    total = sum(one.uncompressed for one in listed)
    bomb = total > RATIO_FROM and total > MAX_RATIO * size
    if bomb or total > limit_bytes or len(listed) > MAX_MEMBERS:
        found = f"{len(listed)} → {weight(total)}"
        raise LayerError(problem("archive-unsafe", file=path.name, found=found))
    unsafe = [one.filename for one in listed if one.is_symlink or _escapes(one.filename)]
    count = Counter(one.filename for one in listed)
    unsafe += [name for name, times in count.items() if times > 1]
    if unsafe:
        found = ", ".join(unsafe[:5])
        raise LayerError(problem("archive-unsafe", file=path.name, found=found))
    return {one.filename: one.uncompressed for one in listed if one.is_file}


def _escapes(name: str) -> bool:
    parts = (PurePosixPath(name), PureWindowsPath(name))
    absolute = any(part.is_absolute() or part.drive or part.root for part in parts)
    return absolute or ".." in parts[1].parts or "\0" in name


def _targets(names: Sequence[str], path: Path) -> dict[str, str]:
    """Return the members to unpack, with the name of each."""
    for suffixes in _READ:
        mains = [name for name in names if _suffix(name) in suffixes]
        if mains:
            break
    else:
        found = ", ".join(names[:_SHOWN]) or N_("nothing")
        raise LayerError(problem("archive-content", file=path.name, found=found))
    one = len(mains) == 1
    wanted: dict[str, str] = {}
    for main in mains:
        stem = path.stem if one else PurePosixPath(main).stem
        parts = [main, *(name for name in names if _is_companion(name, main))]
        wanted |= {part: f"{stem}{_suffix(part)}" for part in parts}
    if len({own.lower() for own in wanted.values()}) < len(wanted):
        found = ", ".join(mains[:_SHOWN])
        raise LayerError(problem("layer-choice", file=path.name, found=found))
    return wanted


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _is_companion(name: str, main: str) -> bool:
    """Tell whether a member is another file of a Shapefile."""
    if _suffix(main) != ".shp" or _suffix(name) not in _COMPANIONS:
        return False
    return name[: -len(_suffix(name))].lower() == main[: -len(_suffix(main))].lower()
