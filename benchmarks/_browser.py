"""What the benchmark of the app drives: the server, a browser, sessions without one."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from playwright.sync_api import (
    Browser,
    FrameLocator,
    Locator,
    Page,
    Response,
    sync_playwright,
)
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

ROOT = Path(__file__).parents[1]
MAP = 'iframe[title="streamlit_folium.st_folium"]'
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu")
LOAD_MS = 240_000


@dataclass(frozen=True, slots=True)
class Server:
    """The app, served for the time of the measure."""

    address: str
    process: psutil.Process

    def memory_mib(self) -> float:
        return self.process.memory_info().rss / (1 << 20)

    def processor_s(self) -> float:
        times = self.process.cpu_times()
        return times.user + times.system


@contextlib.contextmanager
def served() -> Iterator[Server]:
    """Serve the app on a free port of this machine."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    words = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true"]
    words += [f"--server.port={port}", "--server.address=127.0.0.1"]
    words += ["--server.fileWatcherType=none"]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(words, cwd=ROOT, stdout=quiet, stderr=quiet)
    try:
        wait_for_port(port)
        yield Server(f"http://127.0.0.1:{port}/", psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_for_port(port: int) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise TimeoutError("the server does not answer")


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


class Traffic:
    """What a page receives: bytes of the socket, and the files asked for."""

    def __init__(self, page: Page) -> None:
        self.socket = 0
        self.answers: list[Response] = []
        page.on("websocket", lambda one: one.on("framereceived", self._received))
        page.on("response", self._answered)

    def _received(self, frame: str | bytes) -> None:
        self.socket += len(frame)

    def _answered(self, response: Response) -> None:
        self.answers.append(response)

    def payload(self) -> int:
        """Return the bytes of the page and of its map; the programs that draw are left out."""
        own = [one for one in self.answers if "/ground-" in one.url or "/view-" in one.url]
        return self.socket + sum(len(one.body()) for one in own)

    def map_files(self) -> int:
        return sum("component/" in one.url for one in self.answers)


def on_map(page: Page) -> FrameLocator:
    return page.locator(MAP).last.content_frame


def markers(page: Page) -> Locator:
    return on_map(page).locator(".siting-site")


def settled(page: Page) -> None:
    """Wait until the server has nothing more to say."""
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for(
        timeout=LOAD_MS
    )


def footer_hash(page: Page) -> str:
    """Return the fingerprint of the scenario that the page tells."""
    text = page.locator(".sg-footer").first.inner_text()
    return text.split("(", 1)[1].split(")", 1)[0]


class Session:
    """A session of the app without a browser: it asks, and reads until the answer is whole."""

    def __init__(self, address: str) -> None:
        url = address.replace("http://", "ws://") + "_stcore/stream"
        self.socket: ClientConnection = connect(
            url, subprotocols=["streamlit"], max_size=None, origin=address.rstrip("/"),
        )  # fmt: skip
        self.states = BackMsg()

    def ask(self, query: str = "") -> tuple[float, str]:
        """Run the script; return how long it took, and the text of what came."""
        message = BackMsg()
        message.rerun_script.query_string = query
        start = time.perf_counter()
        self.socket.send(message.SerializeToString())
        texts: list[str] = []
        while True:
            answer = ForwardMsg()
            answer.ParseFromString(self.socket.recv(timeout=120))
            if answer.WhichOneof("type") == "delta":
                texts.append(str(answer.delta))
            if answer.WhichOneof("type") == "script_finished":
                return time.perf_counter() - start, " ".join(texts)

    def close(self) -> None:
        self.socket.close()
