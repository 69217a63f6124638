"""Fixtures shared by the tests of layers: a real HTTP server on the loopback address."""

import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from layers.polite import PoliteClient
from layers.sources import Host


class Handler(BaseHTTPRequestHandler):
    """Hands each request to the answer that the test scripted for its path."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path, script = self.path.partition("?")[0], self.server.script
        script.asked.append((self.path, dict(self.headers)))
        script.counts[path] += 1
        script.routes[path](self, script.counts[path])

    def send(self, body=b"", status=200, *, length=None, cut=None, chunked=False, **headers):
        """Answer: ``length`` is a lie, ``cut`` sends only the first bytes."""
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif length != "none":
            self.send_header("Content-Length", str(length or len(body)))
        self.end_headers()
        sent = body if cut is None else body[:cut]
        if chunked:
            sent = f"{len(sent):x}\r\n".encode() + sent + b"\r\n"
            sent += b"0\r\n\r\n" if cut is None else b""
        self.wfile.write(sent)
        self.close_connection = self.close_connection or cut is not None or length is not None

    def send_ranged(self, body, *, etag='"1"', cut=None, **headers):
        """Answer as a good server: the range asked for, if its condition holds."""
        asked = self.headers.get("Range")
        if not asked or self.headers.get("If-Range") not in (None, etag):
            self.send(body, cut=cut, length=cut and len(body), ETag=etag, **headers)
            return
        start = int(asked.removeprefix("bytes=").partition("-")[0])
        rest, span = body[start:], f"bytes {start}-{len(body) - 1}/{len(body)}"
        told = cut and len(rest)
        self.send(rest, 206, cut=cut, length=told, ETag=etag, Content_Range=span, **headers)

    def log_message(self, *_):
        pass


class Server:
    """A server whose answers a test scripts: ``routes[path] = answer(handler, nth)``.

    ``nth`` counts the requests of the path, from 1; ``asked`` keeps them all.
    """

    def __init__(self):
        self.routes = {}
        self.asked = []
        self.counts = defaultdict(int)
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.script = self
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def serve(self, path, body, **headers):
        """Serve a body at a path, as a good server does."""
        self.routes[path] = lambda handler, _: handler.send_ranged(body, **headers)
        return self.url + path

    def close(self):
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


@pytest.fixture
def server():
    """A server on the loopback address, its answers scripted by the test."""
    running = Server()
    yield running
    running.close()


@pytest.fixture
def waits():
    """Waits that the client asked for, in seconds: none is slept."""
    return []


@pytest.fixture
def client(waits):
    """A client that notes its waits instead of sleeping."""
    now = [0.0]

    def sleep(wait_s):
        waits.append(wait_s)
        now[0] += wait_s

    return PoliteClient({"127.0.0.1": Host(interval_s=0)}, sleep=sleep, clock=lambda: now[0])
