"""Take the screenshot of the README: the app on the embedded territory, a site selected.

Needs Chromium on the path. Usage: ``python docs/screenshot.py [address]``; without an
address, the app is served for the time of the picture.
"""  # noqa: INP001 - a folder of documentation, not a package

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[1]
TARGET: Final = ROOT / "docs" / "images" / "carte.png"
SITE: Final = "DEMO-53-01"
SIZE: Final = {"width": 1440, "height": 900}
FLAGS: Final = ["--headless", "--no-sandbox", "--disable-gpu"]
LOAD_MS: Final = 240_000


@contextmanager
def served() -> Iterator[str]:
    """Serve the app on a free port of this machine."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    words = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true"]
    words += [f"--server.port={port}", "--server.address=127.0.0.1"]
    server = subprocess.Popen(words, cwd=ROOT)  # noqa: S603 - fixed words, our own interpreter
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.terminate()
        server.wait()


def take(address: str, target: Path) -> None:
    """Write the picture of the app at an address."""
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport=SIZE, locale="fr-FR")
        for _attempt in range(60):
            try:
                page.goto(f"{address}?site={SITE}")
                break
            except Exception:  # noqa: BLE001 - the server is not up yet
                page.wait_for_timeout(500)
        frame = page.locator('iframe[title="streamlit_folium.st_folium"]').last.content_frame
        frame.locator(".siting-site").first.wait_for(timeout=LOAD_MS)
        page.locator("article[data-site]").wait_for()
        frame.locator(".siting-home").click()  # the whole region, the site still selected
        page.mouse.move(5, 5)
        page.wait_for_timeout(1500)
        target.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=target)
        browser.close()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        take(sys.argv[1], TARGET)
    else:
        with served() as own:
            take(own, TARGET)
