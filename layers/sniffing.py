"""Tell from the bytes of a file whether it is what it should be, and whole.

Servers answer errors with status 200, proxies cut files, repositories hold pointers: a
download is data only once its content says so.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from layers.data_errors import data_problem
from layers.errors import N_, Problem, problem
from layers.sources import FileFormat

HEAD_BYTES: Final = 4096
_BOM: Final = b"\xef\xbb\xbf"
_POINTERS: Final = (b"version https://git-lfs", b"/annex/objects/")
_SIGNATURES: Final[Mapping[FileFormat, tuple[bytes, ...]]] = MappingProxyType(
    {
        "zip": (b"PK\x03\x04",),
        "xlsx": (b"PK\x03\x04",),
        "csv.gz": (b"\x1f\x8b",),
        "7z": (b"7z\xbc\xaf\x27\x1c",),
        "gpkg": (b"SQLite format 3\x00",),
        "parquet": (b"PAR1",),
        "tif": (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"),
        "geojson": (b"{",),
        "json": (b"{", b"["),
    }
)
_TAIL_BYTES: Final = 1 << 16
_BLOCK: Final = 1 << 20
_PARSED_WHOLE: Final = 256 << 20  # a larger JSON is judged by its two ends


def head_problem(head: bytes, form: FileFormat, file: str) -> Problem | None:
    """Tell what is wrong with the first bytes of a file.

    Parameters
    ----------
    head
        The first bytes, up to :data:`HEAD_BYTES`.
    form
        The format it should be of.
    file
        Name of the file, for the message.

    Returns
    -------
    Problem or None
        ``file-empty``, ``file-pointer``, ``file-html``, ``content-format``, or nothing.

    Examples
    --------
    >>> head_problem(b"<!doctype html><title>Erreur</title>", "zip", "a.zip").code
    'file-html'
    >>> head_problem(b"code;name", "csv", "a.csv") is None
    True
    """
    text = head.removeprefix(_BOM).lstrip()
    if not text:
        return problem("file-empty", file=file)
    if text.startswith(_POINTERS) or (len(head) < 512 and b".git/annex/objects/" in text):
        return problem("file-pointer", file=file)
    if text.startswith(b"<"):
        return problem("file-html", file=file)
    expected = _SIGNATURES.get(form)
    if expected is not None and not text.startswith(expected) and not head.startswith(expected):
        return data_problem("content-format", file=file, found=_looks(text), expected=form)
    if expected is None and (b"\0" in head or text.startswith((b"{", b"["))):
        return data_problem("content-format", file=file, found=_looks(text), expected=form)
    return None


def _looks(text: bytes) -> str:
    for form, starts in _SIGNATURES.items():
        if text.startswith(starts) and form not in ("geojson", "xlsx"):
            return form
    return N_("binary data") if b"\0" in text else N_("a text")


def end_problem(path: Path, form: FileFormat) -> Problem | None:
    """Tell whether a file was cut or damaged, as far as its own format can prove.

    Parameters
    ----------
    path
        The file.
    form
        Its format.

    Returns
    -------
    Problem or None
        ``content-truncated``, or nothing.
    """
    try:
        found = _CHECKS[form](path)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, ValueError, csv.Error) as error:
        found = str(error) or type(error).__name__
    except (NotImplementedError, RuntimeError, RecursionError) as error:  # passwords, depths
        found = str(error)
    return None if found is None else data_problem("content-truncated", file=path.name, found=found)


def proves_end(form: FileFormat) -> bool:
    """Tell whether a format itself proves that a file is whole.

    Parameters
    ----------
    form
        The format.

    Returns
    -------
    bool
        False for plain text and TIFF, which may end anywhere.

    Examples
    --------
    >>> proves_end("zip"), proves_end("csv")
    (True, False)
    """
    return form not in ("csv", "tif")


def _zip_end(path: Path) -> str | None:
    with zipfile.ZipFile(path) as archive:
        return archive.testzip()


def _gzip_end(path: Path) -> str | None:
    with gzip.open(path) as stream:
        while stream.read(_BLOCK):
            pass
    return None


def _seven_zip_end(path: Path) -> str | None:
    with path.open("rb") as stream:
        start = stream.read(32)
    if len(start) < 32:
        return f"{len(start)} / 32"
    end = 32 + int.from_bytes(start[12:20], "little") + int.from_bytes(start[20:28], "little")
    return _shorter(path, end)


def _geopackage_end(path: Path) -> str | None:
    with path.open("rb") as stream:
        start = stream.read(100)
    side = int.from_bytes(start[16:18], "big")
    pages = int.from_bytes(start[28:32], "big")
    if len(start) < 100 or side == 0:
        return f"{len(start)} / 100"
    return _shorter(path, (65536 if side == 1 else side) * pages)


def _parquet_end(path: Path) -> str | None:
    return None if _tail(path, 4) == b"PAR1" else N_("the end of the file is missing")


def _json_end(path: Path) -> str | None:
    if path.stat().st_size <= _PARSED_WHOLE:
        json.loads(path.read_bytes())
        return None
    whole = _tail(path, _TAIL_BYTES).rstrip().endswith((b"}", b"]"))
    return None if whole else N_("the end of the file is missing")


def _csv_end(path: Path) -> str | None:
    """Compare the cells of a last row without line end with those of the header."""
    with path.open("rb") as stream:
        header = stream.readline().removeprefix(_BOM).decode("cp1252", errors="replace")
    tail = _tail(path, _TAIL_BYTES).decode("cp1252", errors="replace")
    if tail.endswith(("\n", "\r")):
        return None
    last = tail.splitlines()[-1]
    separator = max(",;\t", key=header.count)
    if '"' in last or '"' in header:  # a quoted cell may hold separators and line ends
        return None
    found, expected = last.count(separator) + 1, header.count(separator) + 1
    return None if found >= expected else f"{found} / {expected}"


def _tiff_end(path: Path) -> str | None:
    return None if path.stat().st_size > 8 else f"{path.stat().st_size} / 8"


_CHECKS: Final[Mapping[FileFormat, Callable[[Path], str | None]]] = MappingProxyType(
    {
        "zip": _zip_end,
        "xlsx": _zip_end,
        "csv.gz": _gzip_end,
        "7z": _seven_zip_end,
        "gpkg": _geopackage_end,
        "parquet": _parquet_end,
        "tif": _tiff_end,
        "geojson": _json_end,
        "json": _json_end,
        "csv": _csv_end,
    }
)


def _shorter(path: Path, expected: int) -> str | None:
    size = path.stat().st_size
    return f"{size} / {expected}" if size < expected else None


def _tail(path: Path, size: int) -> bytes:
    with path.open("rb") as stream:
        stream.seek(0, os.SEEK_END)
        stream.seek(max(0, stream.tell() - size))
        return stream.read()
