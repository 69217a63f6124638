"""An HTTP client that spares the servers of the publishers and retries what may pass.

Built on requests (proxies of the environment, redirects, TLS) and on urllib3's reading of
``Retry-After``; pooch neither resumes nor judges content, and httpx has no retries of its
own. Only :mod:`layers.download`, :mod:`layers.wfs` and :mod:`layers.atom` use it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from importlib import metadata
from typing import Final, TypeVar
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

from layers.data_errors import data_problem
from layers.errors import LayerError, Problem, problem
from layers.sources import Host

T = TypeVar("T")

CONNECT_S: Final = 10.0
READ_S: Final = 60.0
_PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_TOO_MANY: Final = 429
_LONGEST_WAIT_S: Final = 300.0
_MOST_ATTEMPTS: Final = 50  # those that bring bytes included
_ANY: Final = "*"
_NETWORK: Final = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
)


class PassingError(Exception):
    """A failure that another attempt may not meet.

    Parameters
    ----------
    found
        What to tell if every attempt fails.
    wait_s
        Least wait before the next attempt.
    progressed
        Whether the attempt brought something that the next one keeps.
    everywhere
        Whether no other server could be reached either: the proxy is down.
    """

    def __init__(
        self,
        found: Problem,
        *,
        wait_s: float = 0.0,
        progressed: bool = False,
        everywhere: bool = False,
    ) -> None:
        super().__init__(found.line())
        self.problem = found
        self.wait_s = wait_s
        self.progressed = progressed
        self.everywhere = everywhere


class PoliteClient:
    """Asks servers no faster than they wish, again where the failure may pass.

    Parameters
    ----------
    hosts
        Pace of each server, by name.
    attempts
        Attempts in a row that bring nothing before giving up.
    backoff_s
        Wait before the second attempt; doubled at each one that follows.
    sleep, clock
        How to wait and to tell the time (s): replaced in tests.
    """

    def __init__(
        self,
        hosts: Mapping[str, Host] | None = None,
        *,
        attempts: int = 6,
        backoff_s: float = 1.0,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._hosts = hosts or {}
        self._attempts = attempts
        self._backoff_s = backoff_s
        self._sleep = sleep
        self._clock = clock
        self._next: dict[str, float] = {}
        self._session = requests.Session()
        self._session.max_redirects = 5
        self._session.auth = _no_credentials  # or requests sends those of ~/.netrc
        # identity: the length and the ranges are those of the file itself
        self._lost: dict[str, Problem] = {}
        self._session.headers.update(
            {"User-Agent": _user_agent(), "Accept-Encoding": "identity", "Accept": "*/*"}
        )

    def attempt(self, action: Callable[[], T]) -> T:
        """Do something, and do it again after each failure that may pass.

        Parameters
        ----------
        action
            What to do; raises :class:`PassingError` to be called again.

        Returns
        -------
        object
            What the action returns.

        Raises
        ------
        LayerError
            With the last failure, once every attempt is spent.
        """
        fruitless = 0
        for number in range(1, _MOST_ATTEMPTS + 1):
            try:
                return action()
            except PassingError as error:
                fruitless = 0 if error.progressed else fruitless + 1
                spent = fruitless >= self._attempts or number == _MOST_ATTEMPTS
                if spent or error.wait_s > _LONGEST_WAIT_S:
                    if error.problem.code == "download-network" and not error.progressed:
                        self._lost[_ANY if error.everywhere else error.problem.file or ""] = (
                            error.problem
                        )
                    raise LayerError(_why(error)) from error
                backoff = self._backoff_s * 2 ** max(fruitless - 1, 0)
                self._sleep(max(error.wait_s, backoff))
        raise AssertionError("the last attempt returns or raises")

    @contextmanager
    def get(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        accepted: frozenset[int] = frozenset({200}),
    ) -> Iterator[requests.Response]:
        """Ask for an address once; its body is read by the caller, within the context.

        Parameters
        ----------
        url
            The address.
        params
            Its parameters.
        headers
            Headers of the request.
        accepted
            Statuses that are no failure.

        Yields
        ------
        Response
            The answer, its body not read yet.

        Raises
        ------
        PassingError
            If the failure may pass: network, too many requests, server error.
        LayerError
            If it will not: any other status, a redirection to an address not encrypted.
        """
        host = urlsplit(url).hostname or ""
        lost = self._lost.get(_ANY) or self._lost.get(host)
        if lost is not None:  # the sources of a server are many: it is waited for once
            raise LayerError(replace(lost, file=host))
        self._wait_turn(host)
        try:
            with self._session.get(
                url, params=params, headers=headers, stream=True, timeout=(CONNECT_S, READ_S)
            ) as response:
                _refuse_downgrade(response)
                if response.status_code not in accepted:
                    raise self._failure(response, host)
                yield response
        except _NETWORK as error:
            by_proxy = isinstance(error, requests.exceptions.ProxyError)
            reason = f"proxy, {_reason(error)}" if by_proxy else _reason(error)
            found = data_problem("download-network", file=host, found=reason)
            if "NameResolutionError" in repr(error) or "NameResolutionError" in _reason(error):
                self._lost[host] = found  # no network, or no such server: waiting is of no use
                raise LayerError(found) from error
            raise PassingError(found, everywhere=by_proxy) from error
        except requests.RequestException as error:  # bad address, too many redirections
            found = data_problem("download-network", file=host, found=_reason(error))
            raise LayerError(found) from error

    def read(
        self, url: str, *, params: Mapping[str, str] | None = None, max_bytes: int = 256 << 20
    ) -> bytes:
        """Read the body of an address, again where the failure may pass.

        Parameters
        ----------
        url
            The address.
        params
            Its parameters.
        max_bytes
            Largest size accepted.

        Returns
        -------
        bytes
            The body, whole as far as the transfer tells.

        Raises
        ------
        LayerError
            If it cannot be had, or is too large.
        """

        def asked() -> bytes:
            body = bytearray()
            with self.get(url, params=params) as response:
                for block in response.iter_content(1 << 16):
                    body += block
                    if len(body) > max_bytes:
                        raise LayerError(
                            problem("file-too-large", file=url, found=f"> {max_bytes} B",
                                    expected=f"{max_bytes} B")
                        )  # fmt: skip
            return bytes(body)

        return self.attempt(asked)

    def _wait_turn(self, host: str) -> None:
        pace = self._hosts.get(host, Host())
        now = self._clock()
        wait_s = self._next.get(host, now) - now
        if wait_s > 0:
            self._sleep(wait_s)
        self._next[host] = max(self._clock(), now + wait_s) + pace.interval_s

    def _failure(self, response: requests.Response, host: str) -> Exception:
        status = f"{response.status_code} {response.reason}".strip()
        found = data_problem("download-status", file=host, found=status)
        if response.status_code not in _PASSING:
            return LayerError(found)
        wait_s = _retry_after(response)
        if response.status_code == _TOO_MANY:
            wait_s = max(wait_s, self._hosts.get(host, Host()).wait_429_s)
        return PassingError(found, wait_s=wait_s)


def _retry_after(response: requests.Response) -> float:
    """Return the wait that an answer asks for, in seconds; 0 where it asks for none."""
    asked = response.headers.get("Retry-After")
    if not asked:
        return 0.0
    try:
        return float(Retry().parse_retry_after(asked))
    except (InvalidHeader, ValueError, OverflowError):
        return 0.0


def _why(error: PassingError) -> Problem:
    if error.wait_s > _LONGEST_WAIT_S:
        host, asked = error.problem.file, f"{error.wait_s:.0f} s"
        return data_problem("download-wait", file=host, found=asked)
    return error.problem


def _refuse_downgrade(response: requests.Response) -> None:
    """Refuse to be led from an encrypted address to one that anyone may alter."""
    steps = [answer.url for answer in (*response.history, response)]
    if steps[0].startswith("https:") and any(not s.startswith("https:") for s in steps):
        host = urlsplit(steps[0]).hostname
        raise LayerError(data_problem("download-insecure", file=host))


def _reason(error: Exception) -> str:
    """Return the innermost reason: those of requests wrap those of urllib3."""
    inner: BaseException = error
    while (wrapped := _wrapped(inner)) is not None:
        inner = wrapped
    return f"{type(inner).__name__}: {inner}"


def _wrapped(error: BaseException) -> BaseException | None:
    """Return the error that another wraps, wherever it keeps it."""
    kept = (*error.args[:1], getattr(error, "reason", None), getattr(error, "original_error", None))
    return next((one for one in kept if isinstance(one, BaseException)), None)


def _no_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _user_agent() -> str:
    try:
        version = metadata.version("siting")
    except metadata.PackageNotFoundError:
        version = "0"
    return f"siting/{version} (outil d'implantation industrielle, donnees ouvertes)"
