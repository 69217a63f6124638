"""Archives cut in volumes (``edition.7z.001``, ``edition.7z.002``…) read as the one file they are.

A volume is a slice of the archive, nothing more: read one after another they are the archive.
"""

from __future__ import annotations

import io
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO, Final, cast

from layers.data_errors import data_problem
from layers.errors import LayerError

_VOLUME: Final = re.compile(r"(?P<archive>.+\.7z)\.(?P<number>\d{3,})", re.IGNORECASE)
_HEADER: Final = 32
_BUFFER: Final = 1 << 20


def is_volume(path: Path) -> bool:
    """Tell whether a file is a volume of a 7z archive, by its name.

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
    >>> is_volume(Path("BDTOPO_3-5.7z.001")), is_volume(Path("BDTOPO_3-5.7z"))
    (True, False)
    """
    return _VOLUME.fullmatch(path.name) is not None


def archive_name(path: Path) -> str:
    """Return the name of an archive without that of its volume.

    Parameters
    ----------
    path
        The archive, or one of its volumes.

    Returns
    -------
    str
        Its name, which ends with ``.7z``.

    Examples
    --------
    >>> archive_name(Path("BDTOPO_3-5.7z.002"))
    'BDTOPO_3-5.7z'
    """
    match = _VOLUME.fullmatch(path.name)
    return match["archive"] if match else path.name


def first_volumes(paths: Iterable[Path]) -> list[Path]:
    """Return one path an archive: the archive, or the first of its volumes.

    Parameters
    ----------
    paths
        Archives and volumes.

    Returns
    -------
    list of Path
        Sorted.
    """
    found: dict[tuple[Path, str], Path] = {}
    for path in sorted(paths):
        found.setdefault((path.parent, archive_name(path).lower()), path)
    return list(found.values())


def volumes_of(path: Path) -> list[Path]:
    """Return every volume of an archive, in their order.

    Parameters
    ----------
    path
        The archive, or any of its volumes: the others lie beside it.

    Returns
    -------
    list of Path
        The archive alone where it is not cut.

    Raises
    ------
    LayerError
        ``archive-volumes`` with those that are missing, between the others or at the end.
    """
    match = _VOLUME.fullmatch(path.name)
    if match is None:
        return [path]
    archive = match["archive"]
    found: dict[int, Path] = {}
    for one in sorted(path.parent.iterdir()):
        other = _VOLUME.fullmatch(one.name)
        if other is not None and other["archive"].lower() == archive.lower():
            found[int(other["number"])] = one
    width = len(match["number"])
    volumes = [found[number] for number in sorted(found)]
    missing = [n for n in range(1, max(found) + 1) if n not in found]
    if not missing and _is_cut(volumes):
        missing = [max(found) + 1]
    if missing:
        raise LayerError(
            data_problem(
                "archive-volumes", file=archive, found=", ".join(one.name for one in volumes),
                expected=", ".join(f"{archive}.{number:0{width}}" for number in missing[:5]),
            )
        )  # fmt: skip
    return volumes


def _is_cut(volumes: Sequence[Path]) -> bool:
    """Tell whether the volumes hold less than the header of the archive says."""
    with open_volumes(volumes) as stream:
        start = stream.read(_HEADER)
    if len(start) < _HEADER:
        return True
    end = _HEADER + int.from_bytes(start[12:20], "little") + int.from_bytes(start[20:28], "little")
    return sum(one.stat().st_size for one in volumes) < end


def open_volumes(volumes: Sequence[Path]) -> BinaryIO:
    """Open volumes as one file to read.

    Parameters
    ----------
    volumes
        In their order.

    Returns
    -------
    BinaryIO
        A file to read and seek in.
    """
    if len(volumes) == 1:
        return volumes[0].open("rb")
    return cast("BinaryIO", io.BufferedReader(_Volumes(volumes), _BUFFER))


class _Volumes(io.RawIOBase):
    """Several files read one after another."""

    def __init__(self, volumes: Sequence[Path]) -> None:
        sizes = [one.stat().st_size for one in volumes]
        self._starts = [0, *accumulate(sizes)]
        self._files = [one.open("rb") for one in volumes]
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._starts[-1]}[whence]
        if origin + offset < 0:
            raise ValueError(offset)
        self._at = origin + offset
        return self._at

    def readinto(self, buffer: object, /) -> int:
        view = memoryview(cast("bytearray", buffer)).cast("B")
        if self._at >= self._starts[-1]:
            return 0
        rank = bisect_right(self._starts, self._at) - 1  # empty volumes are passed over
        file = self._files[rank]
        file.seek(self._at - self._starts[rank])
        count = file.readinto(view[: self._starts[rank + 1] - self._at])
        self._at += count
        return count

    def close(self) -> None:
        for one in self._files:
            one.close()
        super().close()
