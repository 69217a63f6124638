"""Measure the app in a real browser: what its user waits for, what is sent, many at once.

Run ``python benchmarks/app.py`` (about three minutes); it needs Chromium on the path. Medians
are printed with their target. On a machine that others use, compare the processor time of the
server with the time waited. Sites of the large file are synthetic, drawn at random.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path

import numpy as np
from _browser import (
    LOAD_MS,
    Server,
    Session,
    Traffic,
    chromium,
    footer_hash,
    markers,
    on_map,
    served,
    settled,
)
from performance import sites_in_territory
from playwright.sync_api import Browser, Page, expect

SITES = ("DEMO-44-03", "DEMO-49-02", "DEMO-53-01", "DEMO-72-01", "DEMO-85-01")
VIEW = {"width": 1280, "height": 800}
MIB = 1 << 20


def told(claim: str, value: float, unit: str, target: float | None, note: str = "") -> None:
    """Print a measure beside its target."""
    held = "" if target is None else ("held" if value <= target else "NOT HELD")
    limit = "" if target is None else f"target {target:g} {unit}: {held}"
    print(f"{claim:<52} {value:8.2f} {unit:<3} {limit:<26} {note}", flush=True)


def repeated(server: Server, rounds: int, act: Callable[[int], float]) -> tuple[float, float]:
    """Return the median time of an act, and the processor time of the server for one."""
    before = server.processor_s()
    times = [act(place) for place in range(rounds)]
    return statistics.median(times), (server.processor_s() - before) / rounds


def opened(browser: Browser, address: str) -> tuple[Page, Traffic]:
    page = browser.new_context(viewport=VIEW, locale="fr-FR").new_page()  # type: ignore[arg-type]
    page.set_default_timeout(LOAD_MS)
    traffic = Traffic(page)
    page.goto(address)
    markers(page).first.wait_for()
    settled(page)
    return page, traffic


# --- Map ----------------------------------------------------------------------------------


def first_map(browser: Browser, server: Server, rounds: int, query: str) -> None:
    payloads: list[int] = []

    def load(_place: int) -> float:
        context = browser.new_context(viewport=VIEW, locale="fr-FR")  # type: ignore[arg-type]
        page = context.new_page()
        traffic = Traffic(page)
        start = time.perf_counter()
        page.goto(server.address + query)
        markers(page).first.wait_for(timeout=LOAD_MS)
        waited = time.perf_counter() - start
        settled(page)
        payloads.append(traffic.payload())
        context.close()
        return waited

    load(0)
    payloads.clear()
    waited, processor = repeated(server, rounds, load)
    name = "communes" if query else "EPCI"
    told(f"first map, {name}", waited, "s", 3, f"server {processor:.2f} s of processor")
    told(f"payload of the map, {name}", statistics.median(payloads) / MIB, "MiB", 1.5)


def clicks(page: Page, traffic: Traffic, server: Server, rounds: int) -> None:
    """Click sites: time until the sheet, and what is sent for it."""
    wanted = list(islice(cycle(SITES), rounds + 1))

    def click(place: int) -> float:
        start = time.perf_counter()
        on_map(page).locator(f'.siting-site[data-site="{wanted[place]}"]').dispatch_event("click")
        page.locator(f'article[data-site="{wanted[place]}"]').wait_for()
        waited = time.perf_counter() - start
        settled(page)
        return waited

    click(rounds)
    traffic.socket, files = 0, traffic.map_files()
    waited, processor = repeated(server, rounds, click)
    told("click to sheet", waited, "s", 0.5, f"server {processor:.2f} s of processor")
    told("sent for a click", traffic.socket / rounds / 1024, "KiB", None)
    told("files of the map asked again by clicks", traffic.map_files() - files, "", 0)


# --- Weights ------------------------------------------------------------------------------


def weights(page: Page, server: Server, rounds: int, count: int, target: float) -> None:
    """Change a weight by the keyboard: time until the whole page tells the new scenario."""
    page.get_by_role("link", name="Scénarios", exact=True).click()
    page.get_by_role("tab", name="Poids").click()
    slider = page.get_by_role("slider").first
    slider.wait_for()
    settled(page)
    keys = ("ArrowRight", "ArrowLeft")

    def change(place: int) -> float:
        known = footer_hash(page)
        start = time.perf_counter()
        slider.press(keys[place // 4 % 2])
        expect(page.locator(".sg-footer").first).not_to_contain_text(known, timeout=LOAD_MS)
        settled(page)
        return time.perf_counter() - start

    first = change(0)  # the first change makes a scenario of its own: all is worked out
    waited, processor = repeated(server, rounds, lambda place: change(place + 1))
    note = f"server {processor:.2f} s of processor; the first change {first:.2f} s"
    told(f"weight to new ranking, {count} sites", waited, "s", target, note)


def large_file(page: Page, count: int, folder: Path) -> None:
    """Give the page a large file of sites."""
    path = folder / "sites.gpkg"
    sites_in_territory(np.random.default_rng(1), count).to_file(path)
    page.locator('[data-testid="stSidebar"] input[type="file"]').set_input_files(path)
    # Counted once the run of the file is on the page.
    page.get_by_role("link", name="Sites", exact=True).click()
    page.locator("h2.sg-part", has_text=f"{count // 1000}").first.wait_for(timeout=LOAD_MS)
    settled(page)


# --- Many at once -------------------------------------------------------------------------


def many(browser: Browser, server: Server, count: int) -> None:
    """Open sessions at once: time, memory of each, what is shared, and what leaks."""
    page, _traffic = opened(browser, server.address)
    own = [f"site={site}" for site in islice(cycle(SITES), count)]
    with ThreadPoolExecutor(count) as pool:
        # The first ones fill what is shared; the others tell what a session costs.
        warm = [Session(server.address) for _one in range(count)]
        list(pool.map(Session.ask, warm, own))
        before = server.memory_mib()
        sessions = [Session(server.address) for _one in range(count)]
        start = time.perf_counter()
        answers = list(pool.map(Session.ask, sessions, own))
        together = time.perf_counter() - start
        told(f"{count} sessions opened at once, the last one", together, "s", None)
        told("  median of one", statistics.median(time for time, _text in answers), "s", None)
        extra = (server.memory_mib() - before) / count
        told("  memory of an extra session", extra, "MiB", None)
        leaks = sum(
            f'data-site=\\"{other}\\"' in text
            for (_time, text), query in zip(answers, own, strict=True)
            for other in SITES
            if other != query.removeprefix("site=")
        )
        told("  sheets of another session seen", leaks, "", 0)
        again = list(pool.map(Session.ask, sessions, own))
        told(f"{count} reruns at once, median of one", statistics.median(t for t, _x in again),
             "s", None)  # fmt: skip
        alone = [sessions[0].ask(own[0])[0] for _round in range(5)]
        told("one rerun, the others at rest", statistics.median(alone), "s", None)
        for one in (*warm, *sessions):
            one.close()
    page.context.close()


def machine() -> Iterator[str]:
    yield f"{os.cpu_count()} cores"
    yield "load {:.1f} {:.1f} {:.1f}".format(*os.getloadavg())
    yield f"Python {sys.version.split()[0]}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--sites", type=int, default=5_000, help="sites of the large file")
    parser.add_argument("--sessions", type=int, default=20)
    options = parser.parse_args()
    print(" · ".join(machine()), flush=True)
    with tempfile.TemporaryDirectory() as folder, served() as server, chromium() as browser:
        first_map(browser, server, options.rounds, "")
        first_map(browser, server, max(2, options.rounds // 2), "?level=commune")
        page, traffic = opened(browser, server.address)
        clicks(page, traffic, server, options.rounds)
        weights(page, server, options.rounds, 30, 0.5)
        large_file(page, options.sites, Path(folder))
        weights(page, server, options.rounds, options.sites, 2)
        page.context.close()
        many(browser, server, options.sessions)
    print(" · ".join(machine()))


if __name__ == "__main__":
    main()
