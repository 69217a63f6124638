"""Take the pictures of the documentation: every page, and what matters on it, in French.

Needs Chromium on the path. Usage: ``python docs/screenshot.py [address]``; without an
address, the app is served for the time of the pictures. Those of the guide are made small by
a palette of 256 colours.
"""  # noqa: INP001 - a folder of documentation, not a package

from __future__ import annotations

import io
import shutil
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PIL import Image
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

ROOT: Final = Path(__file__).parents[1]
TARGET: Final = ROOT / "docs" / "images"
LAPTOP: Final = (1280, 800)
TABLET: Final = (834, 1112)
FLAGS: Final = ["--headless", "--no-sandbox", "--disable-gpu"]
LOAD_MS: Final = 240_000
MAP: Final = 'iframe[title="streamlit_folium.st_folium"]'
SHOTS: Final = (
    ("carte", "?planned=1&site=DEMO-44-01", LAPTOP),
    ("carte-epci", "?planned=1&place=epci:244400404", LAPTOP),
    ("carte-communes", "?level=commune&indicator=vacancy", LAPTOP),
    ("carte-tablette", "", TABLET),
    ("territoire", "territoire?place=epci:244400404", LAPTOP),
    ("territoire-tablette", "territoire", TABLET),
    ("sites", "sites", LAPTOP),
    ("scenarios", "scenarios", LAPTOP),
    ("scenarios-tablette", "scenarios?scenario=rural_balance", TABLET),
    ("nouveau-site", "nouveau-site", LAPTOP),
    ("donnees", "donnees", LAPTOP),
)
"""Name of the picture, address, size of the window."""


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


def opened(browser: Browser, address: str, size: tuple[int, int]) -> Page:
    """Open a page, and wait until it has nothing more to draw."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]}, locale="fr-FR")
    for _attempt in range(60):
        try:
            page.goto(address)
            break
        except Exception:  # noqa: BLE001 - the server is not up yet
            page.wait_for_timeout(500)
    page.locator(".sg-footer").first.wait_for(timeout=LOAD_MS)
    if page.locator(MAP).count():
        frame = page.locator(MAP).last.content_frame
        # Not “visible”: the first of the territories may lie outside of what is looked at.
        frame.locator("path.siting-unit").first.wait_for(state="attached", timeout=LOAD_MS)
    page.wait_for_load_state("networkidle")
    page.mouse.move(5, 5)
    settle(page)
    return page


def settle(page: Page) -> None:
    """Wait until the page looks the same for two seconds: shapes fade in, the map flies."""
    before, same = b"", 0
    for _look in range(60):
        page.wait_for_timeout(500)
        now = page.screenshot()
        same = same + 1 if now == before else 0
        if same == 4:
            return
        before = now
    message = f"{page.url} never stops moving"
    raise RuntimeError(message)


def keep(picture: bytes, target: Path) -> None:
    """Write a picture with 256 colours: a third of its weight."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    # By coverage: the small swatches of a legend keep their own colours.
    palette = image.quantize(256, method=Image.Quantize.MAXCOVERAGE, kmeans=2)
    small = image.quantize(palette=palette, dither=Image.Dither.NONE)
    small.save(target, optimize=True)


def take(address: str, folder: Path) -> None:
    """Write the pictures of the app at an address."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for name, query, size in SHOTS:
            page = opened(browser, address + query, size)
            keep(page.screenshot(), folder / f"{name}.png")
            page.close()
        browser.close()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        take(sys.argv[1], TARGET)
    else:
        with served() as own:
            take(own, TARGET)
