"""Download one file: resumed where it was cut, checked, then put in place at once.

Nothing bad is accepted as good: the length, the published checksum, the content and its end
are checked before the file takes its name. Nothing good is lost: the file that is already
there stays until then, and what was downloaded is kept beside it for the next attempt.
Never called by a reader.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final

import requests
from urllib3.exceptions import HTTPError

from layers.data_errors import data_problem
from layers.digest import digest
from layers.errors import LayerError, problem
from layers.polite import PassingError, PoliteClient
from layers.sniffing import HEAD_BYTES, end_problem, head_problem, proves_end
from layers.sources import FileFormat

Told = Callable[[int, int | None], None]
"""Told the bytes received and those expected in all, or ``None`` where it is not known."""

_BLOCK: Final = 1 << 16
_SETTLED_S: Final = 60
_CONTENT_RANGE: Final = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")


@dataclass(frozen=True, slots=True)
class Expected:
    """What the file must be.

    Parameters
    ----------
    form
        Its format.
    size
        Size that the publisher tells apart from the transfer, in bytes.
    md5
        Checksum that the publisher tells.
    max_bytes
        Largest size accepted.
    """

    form: FileFormat
    size: int | None = None
    md5: str = ""
    max_bytes: int = 2 << 30


@dataclass(frozen=True, slots=True)
class Version:
    """What a server says of the version of a file.

    Parameters
    ----------
    etag, last_modified
        Its validators; empty where it gives none.
    """

    etag: str = ""
    last_modified: str = ""

    @property
    def strong(self) -> str:
        """The validator under which two halves belong together; empty if there is none."""
        return self.last_modified if not self.etag or self.etag.startswith("W/") else self.etag


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that was downloaded and checked.

    Parameters
    ----------
    path
        The file.
    url
        Where it came from, redirections followed.
    size
        Its size in bytes.
    sha256
        Its digest.
    version
        What the server says of its version.
    """

    path: Path
    url: str
    size: int
    sha256: str
    version: Version = Version()


@dataclass(frozen=True, slots=True)
class _State:
    """What is known of the part of a file already received."""

    asked: str
    url: str
    etag: str = ""
    last_modified: str = ""
    total: int | None = None
    proved: bool = False  # the transfer itself tells where the file ends
    resumable: bool = False  # a range of it can be asked for and trusted

    @property
    def version(self) -> Version:
        return Version(self.etag, self.last_modified)


def fetch(
    url: str,
    target: Path,
    client: PoliteClient,
    *,
    expected: Expected,
    known: Version | None = None,
    told: Told | None = None,
) -> Fetched | None:
    """Download a file, and put it in place only once it is whole and what it should be.

    A transfer that was cut is resumed by range, if the server gave a validator and still
    serves the same version; else it starts again.

    Parameters
    ----------
    url
        Its address.
    target
        Where to put it; what is there stays until the new file is checked.
    client
        The client.
    expected
        What the file must be.
    known
        Version that is already held: nothing is downloaded if the server has no other.
    told
        Told how far the download is.

    Returns
    -------
    Fetched or None
        The file; ``None`` if the server has no other version than the known one.

    Raises
    ------
    LayerError
        If it cannot be had whole: network, status, length, checksum, size, content.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = _Part(target.with_name(f"{target.name}.part"), url, expected, told)
    state = client.attempt(lambda: part.pull(client, known))
    if state is None:
        return None
    part.check(state)
    sha256 = digest(part.path)
    size = part.path.stat().st_size
    part.path.replace(target)
    part.forget()
    return Fetched(target, state.url, size, sha256, state.version)


class _Part:
    """The part of a file already received, with a note of what it is a part of."""

    def __init__(self, path: Path, url: str, expected: Expected, told: Told | None) -> None:
        self.path = path
        self._note = path.with_name(f"{path.name}.json")
        self._url = url
        self._expected = expected
        self._told = told

    def pull(self, client: PoliteClient, known: Version | None) -> _State | None:
        """Receive what is missing; raises PassingError to be called again."""
        state = self._load()
        offset = self._size() if state is not None else 0
        if state is not None and state.total is not None and 0 < offset == state.total:
            return state  # received whole, by a process that ended before putting it in place
        headers = _headers(state, offset, None if offset else known)
        with client.get(
            self._url, headers=headers, accepted=frozenset({200, 206, 304, 416})
        ) as response:
            if response.status_code == 304 and known is not None:
                return None
            current = _continued(self._url, response, state, offset)
            if current is None:
                self.forget()
                raise PassingError(data_problem("download-changed", file=self._name))
            if response.status_code == 200:
                offset = 0
                self._save(current)
            self._receive(response, current, offset)
        return current

    def _receive(self, response: requests.Response, state: _State, offset: int) -> None:
        self._refuse_size(state.total or 0)
        self._refuse_space((state.total or 0) - offset)
        received = offset
        try:
            with self.path.open("ab" if offset else "wb") as stream:
                # read1 gives what came before a cut, where iter_content waits for a block
                while block := response.raw.read1(_BLOCK, decode_content=True):
                    if received == 0:
                        self._refuse_head(block)
                    received += len(block)
                    self._refuse_size(received)
                    stream.write(block)
                    if self._told is not None:
                        self._told(received, state.total)
        except HTTPError as error:
            raise self._cut(received, state, offset) from error
        if state.total is not None and received != state.total:
            raise self._cut(received, state, offset)

    def _cut(self, received: int, state: _State, offset: int) -> PassingError:
        kept = state.resumable
        if not kept or (state.total is not None and received > state.total):
            self.forget()
        expected = "?" if state.total is None else state.total
        found = data_problem("download-cut", file=self._name, found=received, expected=expected)
        return PassingError(found, progressed=kept and received > offset)

    def check(self, state: _State) -> None:
        """Check the whole file; a file that fails is not kept."""
        expected, size = self._expected, self._size()
        found = None
        with self.path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
        if expected.size is not None and size != expected.size:
            found = data_problem(
                "download-length", file=self._name, found=size, expected=expected.size
            )
        elif expected.md5 and digest(self.path, "md5") != expected.md5.lower():
            found = data_problem(
                "download-checksum", file=self._name, found=digest(self.path, "md5"),
                expected=expected.md5,
            )  # fmt: skip
        elif not (state.proved or expected.size or expected.md5 or proves_end(expected.form)):
            found = data_problem("download-unproved", file=self._name)
        found = found or head_problem(head, expected.form, self._name)
        found = found or end_problem(self.path, expected.form)
        if found is not None:
            self.forget()
            raise LayerError(replace(found, file=self._name))

    def forget(self) -> None:
        """Remove the part and its note."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    @property
    def _name(self) -> str:
        return self.path.name.removesuffix(".part")

    def _size(self) -> int:
        return self.path.stat().st_size if self.path.is_file() else 0

    def _load(self) -> _State | None:
        """Return the note of the part, if it is a part of the same address."""
        try:
            state = _State(**json.loads(self._note.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return state if state.asked == self._url and state.resumable else None

    def _save(self, state: _State) -> None:
        self.path.unlink(missing_ok=True)  # the note must never describe another part
        self._note.write_text(json.dumps(asdict(state)), encoding="utf-8")

    def _refuse_head(self, head: bytes) -> None:
        found = head_problem(head[:HEAD_BYTES], self._expected.form, self._name)
        if found is not None:
            self.forget()
            raise LayerError(found)

    def _refuse_size(self, size: int) -> None:
        limit = self._expected.max_bytes
        if size > limit:
            self.forget()
            raise LayerError(
                problem("file-too-large", file=self._name, found=f"{size} B", expected=f"{limit} B")
            )

    def _refuse_space(self, needed: int) -> None:
        free = shutil.disk_usage(self.path.parent).free
        if needed > free:
            raise LayerError(
                data_problem(
                    "download-space", file=self._name, found=f"{free} B", expected=f"{needed} B"
                )
            )


def _headers(state: _State | None, offset: int, known: Version | None) -> dict[str, str]:
    if state is not None and offset:
        return {"Range": f"bytes={offset}-", "If-Range": state.version.strong}
    headers = {}
    if known is not None and known.etag:
        headers["If-None-Match"] = known.etag
    elif known is not None and known.last_modified:
        headers["If-Modified-Since"] = known.last_modified
    return headers


def _state(asked: str, response: requests.Response) -> _State:
    headers = response.headers
    plain = headers.get("Content-Encoding", "identity").lower() == "identity"
    length = headers.get("Content-Length", "")
    chunked = "chunked" in headers.get("Transfer-Encoding", "").lower()
    version = Version(headers.get("ETag", ""), headers.get("Last-Modified", ""))
    return _State(
        asked=asked,
        url=response.url,
        etag=version.etag,
        last_modified=version.last_modified,
        total=int(length) if plain and length.isdecimal() and not chunked else None,
        proved=length.isdecimal() or chunked,
        resumable=plain and bool(version.strong) and _is_settled(version, headers.get("Date")),
    )


def _is_settled(version: Version, date: str | None) -> bool:
    """Tell whether a validator cannot stand for two contents (RFC 9110, 8.8.2.2).

    A date counts seconds: a file changed twice in one would bear the same.
    """
    if version.strong == version.etag:
        return True
    try:
        age = parsedate_to_datetime(date or "") - parsedate_to_datetime(version.last_modified)
    except (TypeError, ValueError):
        return False
    return age.total_seconds() >= _SETTLED_S


def _continued(
    asked: str, response: requests.Response, state: _State | None, offset: int
) -> _State | None:
    """Return what an answer brings: the whole file, or the very rest that was asked for.

    Nothing where it is neither: a range of another version would make a chimera.
    """
    now = _state(asked, response)
    if response.status_code == 200:
        return now
    span = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if response.status_code != 206 or span is None or state is None or int(span[1]) != offset:
        return None
    if span[3] != "*" and state.total is not None and int(span[3]) != state.total:
        return None
    # A server must repeat the ETag with a range; it may leave the date out.
    if now.etag != state.etag or now.last_modified not in ("", state.last_modified):
        return None
    return replace(state, proved=state.proved and now.proved)
