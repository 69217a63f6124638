"""Fixtures of the tests of pages: the app served, a browser, visits that must go well."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

FIRST_LOAD_S = 240  # the demonstration land cover is made on first use
LARGE_B = 1_000_000
STEP_MS = 30_000  # machines are shared: a state is waited for, not a time
MAP = 'iframe[title="streamlit_folium.st_folium"]'
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
# At the address of a page other than the first, Streamlit's own page asks for these two below
# that page before it finds them at the root: nothing in the app can tell it beforehand.
PROBES = re.compile(r"^/[a-z-]+/_stcore/(health|host-config)$")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture(scope="session")
def address(root, tmp_path_factory) -> Iterator[str]:
    """Address of the app, served as a user does from the repository."""
    port = free_port()
    words = [
        sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true",
        f"--server.port={port}", "--server.address=127.0.0.1", "--server.fileWatcherType=none",
    ]  # fmt: skip
    log = tmp_path_factory.mktemp("app") / "log.txt"
    environment = {key: value for key, value in os.environ.items() if key != "SITING_LANG"}
    with log.open("w") as output:
        server = subprocess.Popen(
            words, cwd=root, stdout=output, stderr=subprocess.STDOUT, env=environment
        )
        try:
            wait_for_answer(port, server)
            yield f"http://127.0.0.1:{port}/"
        finally:
            server.terminate()
            server.wait(timeout=20)
    assert "Traceback" not in log.read_text(), log.read_text()


def wait_for_answer(port: int, server: subprocess.Popen) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert server.poll() is None, "the server stopped"
        asked = HTTPConnection("127.0.0.1", port, timeout=1)
        try:
            asked.request("GET", "/_stcore/health")
            if asked.getresponse().status == HTTPStatus.OK:
                return
        except OSError:
            time.sleep(0.2)
        finally:
            asked.close()
    pytest.fail("the server does not answer")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield launched
        launched.close()


@pytest.fixture
def visit(browser, address) -> Iterator[Callable[..., Page]]:
    """Open the app; at the end, nothing was asked from outside and no error was told."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, locale="fr-FR")
    asked: list[str] = []
    errors: list[str] = []
    expect.set_options(timeout=STEP_MS)

    def noted(told) -> None:
        if told.type == "error" and not PROBES.match(urlsplit(told.location["url"]).path):
            errors.append(told.text)

    def opened(query: str = "", *, wait: str = "", **options) -> Page:
        page = context.new_page()
        page.set_default_timeout(STEP_MS)
        if options:
            page.set_viewport_size(options["viewport"])
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", noted)
        page.on("dialog", lambda dialog: errors.append(f"dialog: {dialog.message}"))
        page.goto(address + query)
        awaited = page.locator(wait) if wait else markers(page)
        awaited.first.wait_for(timeout=FIRST_LOAD_S * 1000)
        return page

    yield opened
    context.close()
    hosts = {urlsplit(url).hostname for url in asked if not url.startswith(("data:", "blob:"))}
    assert hosts == {"127.0.0.1"}
    assert errors == []


def markers(page: Page):
    return page.locator(MAP).last.content_frame.locator(".siting-site")


QUIET = """(still_ms) => {
  const app = document.querySelector('[data-testid="stApp"]');
  const state = app && app.getAttribute("data-test-script-state");
  if (state !== "notRunning") window.quietSince = undefined;
  else window.quietSince ??= performance.now();
  return state === "notRunning" && performance.now() - window.quietSince > still_ms;
}"""


def settle(page: Page) -> None:
    """Wait until nothing is asked of the server any more, nor said by it."""
    # The page asks for a run a moment after what causes it: what is still must stay so.
    page.evaluate("() => { window.quietSince = undefined; }")
    page.wait_for_function(QUIET, arg=400, timeout=2 * STEP_MS)


@pytest.fixture(scope="session")
def settled() -> Callable[[Page], None]:
    return settle


@pytest.fixture(scope="session")
def go() -> Callable[[Page, str], None]:
    """Go to a page by its name in the navigation."""

    def gone(page: Page, name: str) -> None:
        page.get_by_role("link", name=name, exact=True).click()
        expect(page.locator(".sg-page h1", has_text=name).first).to_be_visible()
        settle(page)

    return gone


@pytest.fixture(scope="session")
def upload(tmp_path_factory) -> Callable[..., None]:
    """Give a file to the only field for files of a part of the page, and wait for it."""
    folder = tmp_path_factory.mktemp("uploads")

    def given(page: Page, name: str, content: bytes, *, where: str = "stMain") -> None:
        file: object = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
        if len(content) > LARGE_B:
            file = folder / name
            file.write_bytes(content)
        settle(page)
        field = page.locator(f'[data-testid="{where}"] input[type="file"]')
        # The server has the whole file once the request that carries it is answered.
        with page.expect_response(
            lambda one: "/upload_file/" in one.url and one.request.method == "PUT",
            timeout=4 * STEP_MS,
        ) as answered:
            field.set_input_files(file)
        assert answered.value.ok
        settle(page)

    return given
