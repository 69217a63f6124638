"""Write docs/performance.md: each claim, ours, the peer, the ratio, the floor, the memory.

Run ``python benchmarks/performance.py --write`` (some ten minutes on two free cores); without
``--write`` the page is printed. Sites are synthetic, drawn at random in the embedded
territory: they say nothing of any real place. What is compared runs in turn, in one run.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from areas import (
    CELL_M,
    REGION_M,
    read_all,
    stars,
    territory,
    timed,
    with_exactextract,
    with_overlay,
    with_rasterize,
    write_raster,
)

from layers.environment import load_protected_areas
from layers.territory import load_territory
from siting.batch import Job, score_in_batches
from siting.coverage import class_areas, covered_area, polygon_areas
from siting.criteria.search import least_distances, pairs_within
from siting.execution import Engine, InProcess, Processes
from siting.scenario import load_scenario

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
Row = tuple[str, ...]
RATE = 1_667  # sites a second: 100,000 in 60 s


def sites_in_territory(rng: np.random.Generator, count: int) -> gpd.GeoDataFrame:
    """Return synthetic sites of 1 to 300 ha, anywhere in the embedded territory."""
    outline = load_territory().outline
    shapely.prepare(outline)
    low, high = np.split(np.array(outline.bounds), 2)
    middles = rng.uniform(low, high, (3 * count, 2))
    middles = middles[shapely.contains_xy(outline, *middles.T)][:count]
    drawn = stars(rng, count, 1_000.0)
    shapes = np.asarray(drawn.array, dtype=object)
    moves = middles - shapely.get_coordinates(shapely.centroid(shapes))
    owners = shapely.get_coordinates(shapes, return_index=True)[1]
    moved = shapely.set_coordinates(shapes, shapely.get_coordinates(shapes) + moves[owners])
    table = {
        "site_id": [f"D{i:07d}" for i in range(count)],
        "name": [f"Démo {i}" for i in range(count)],
        "works_start_year": rng.integers(2026, 2034, count),
    }
    return gpd.GeoDataFrame(table, geometry=moved, crs=2154)


def spaced(count: int) -> str:
    """Return a number as it is written in French."""
    return f"{count:,}".replace(",", " ")


@contextmanager
def clock() -> Iterator[Callable[[], float]]:
    """Tell the seconds since the start."""
    start = time.perf_counter()
    yield lambda: time.perf_counter() - start


def peak_gib() -> float:
    """Return the peak memory of this process, or of the largest of its children."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(kind).ru_maxrss for kind in kinds) / (1 << 20)


def row(claim: str, ours_s: float, peer: str, peer_s: float, target: float, floor: str) -> Row:
    ratio = peer_s / ours_s
    held = "tenu" if ratio >= target else "**non tenu**"
    return (
        claim,
        f"{ours_s:.2f} s",
        f"{peer} : {peer_s:.2f} s",
        f"× {ratio:.1f}",
        f"× {target:g} : {held}",
        floor,
    )


def coverage_rows(rng: np.random.Generator, folder: Path, options: Any) -> Iterator[Row]:
    """Compare the areas by class of a raster."""
    sites, raster = stars(rng, options.sites, options.size * CELL_M), folder / "classes.tif"
    write_raster(raster, rng, options.size)
    class_areas(sites[:10], raster)  # compiles
    found = timed(
        {
            "ours": lambda: class_areas(sites, raster),
            "floor": lambda: read_all(raster),
            "exactextract": lambda: with_exactextract(sites, raster),
        },
        options.rounds,
    )
    few = sites[: max(1, len(sites) // 20)]
    cheap = timed(
        {"ours": lambda: class_areas(few, raster), "peer": lambda: with_rasterize(few, raster)}, 1
    )
    ours, peer = found["ours"][1], found["exactextract"][1]
    codes = [code for code in ours.columns if code != "outside"]
    apart = np.abs(peer.reindex(columns=codes).fillna(0.0) - ours[codes]).to_numpy().max()
    claim = f"classes d'un raster, {spaced(len(sites))} sites"
    floor = f"décoder le raster : {found['floor'][0]:.2f} s ; écart {apart / CELL_M**2:.0e} cellule"
    yield row(claim, found["ours"][0], "exactextract", found["exactextract"][0], 15, floor)
    claim = f"classes d'un raster, {spaced(len(few))} sites"
    yield row(
        claim,
        cheap["ours"][0],
        "rasterize + bincount",
        cheap["peer"][0],
        10,
        "au centre des cellules : inexact",
    )


def polygon_rows(rng: np.random.Generator, options: Any) -> Iterator[Row]:
    """Compare the areas by polygon."""
    cases = (
        ("communes de 1 027 sommets", options.sites // 2, (1_228, 1_027), 3),
        ("polygones de 30 000 sommets", options.sites // 8, (300, 30_000), 8),
    )
    for title, count, shape, target in cases:
        sites, polygons = stars(rng, count, REGION_M), territory(rng, *shape, REGION_M)
        found = timed(
            {"ours": lambda s=sites, p=polygons: polygon_areas(s, p),
             "once": lambda s=sites, p=polygons: covered_area(s, p),
             "peer": lambda s=sites, p=polygons: with_overlay(s, p)},
            1,
        )  # fmt: skip
        floor = f"recouvrements une seule fois : {found['once'][0]:.2f} s"
        claim = f"{title}, {spaced(count)} sites"
        yield row(claim, found["ours"][0], "geopandas.overlay", found["peer"][0], target, floor)


def search_rows(rng: np.random.Generator, options: Any) -> Iterator[Row]:
    """Compare distances and neighbourhoods with the plain searches of GEOS."""
    sites = np.asarray(sites_in_territory(rng, options.sites // 4).geometry, dtype=object)
    areas = np.asarray(load_protected_areas().geo.geometry, dtype=object)

    def plain() -> Any:
        return shapely.STRtree(areas).query_nearest(sites, return_distance=True, all_matches=False)

    found = timed({"ours": lambda: least_distances(sites, areas), "peer": plain}, options.rounds)
    same = bool((found["ours"][1] == found["peer"][1][1]).all())
    claim = f"distance aux aires protégées, {spaced(len(sites))} sites"
    yield row(
        claim,
        found["ours"][0],
        "STRtree.query_nearest",
        found["peer"][0],
        2,
        f"identique : {'oui' if same else 'NON'}",
    )
    low, high = np.split(shapely.total_bounds(sites), 2)
    spots = shapely.points(rng.uniform(low, high, (1_228, 2)))
    tree = shapely.STRtree(spots)
    found = timed(
        {"ours": lambda: pairs_within(sites, spots, 30_000.0),
         "peer": lambda: tree.query(sites, "dwithin", distance=30_000.0)},
        options.rounds,
    )  # fmt: skip
    same = len(found["ours"][1][0]) == found["peer"][1].shape[1]
    claim = f"communes à 30 km, {spaced(len(sites))} sites"
    yield row(
        claim,
        found["ours"][0],
        "STRtree dwithin",
        found["peer"][0],
        2,
        f"mêmes paires : {'oui' if same else 'NON'}",
    )


def batch_rows(rng: np.random.Generator, folder: Path, options: Any) -> Iterator[Row]:
    """Measure the whole of ``siting score`` in batches, at two sizes."""
    engines: tuple[tuple[str, Engine], ...] = (
        ("1 processus", InProcess()),
        ("2 processus", Processes(2)),
    )
    small_s = 0.0
    for count in (options.batch // 10, options.batch):
        path = folder / f"{count}.parquet"
        sites_in_territory(rng, count).to_parquet(path)
        with clock() as read:
            gpd.read_parquet(path)
            floor = f"lire le fichier : {read():.1f} s"
        for name, engine in engines[1:] if count == options.batch else engines:
            job = Job(path, folder / f"out-{count}-{name[0]}", load_scenario("base"))
            with clock() as spent:
                document = score_in_batches(job, engine=engine)
                seconds = spent()
            if document["sites"] != count:
                raise SystemExit(f"{document['sites']} sites of {count}")
            told = f"{count / seconds:.0f} sites/s ; mémoire {peak_gib():.1f} Gio"
            growth = f"× {seconds / small_s:.1f} pour × 10" if count == options.batch else ""
            held = "tenu" if count / seconds >= RATE else "**non tenu**"
            target = f"{RATE} sites/s (100 000 en 60 s) : {held}" if count == options.batch else ""
            claim = f"`siting score`, {spaced(count)} sites, {name}"
            yield claim, f"{seconds:.1f} s", told, growth, target, floor
            small_s = seconds


def start_rows() -> Iterator[Row]:
    """Measure the cold start of the command."""
    cases = (("`siting --help`", ["--help"], 0.4), ("`siting score`, 30 sites", ["score"], 3.0))
    for claim, words, target in cases:
        times, cpu = [], []
        for _ in range(3):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            with clock() as spent:
                subprocess.run(
                    [sys.executable, "-m", "siting.cli", *words], capture_output=True, check=False
                )
                times.append(spent())
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        seconds = statistics.median(times)
        held = "tenu" if seconds <= target else "**non tenu**"
        yield (
            claim,
            f"{seconds:.2f} s",
            f"processeur : {statistics.median(cpu):.2f} s",
            "",
            f"{target:g} s : {held}",
            "",
        )


HEAD = """# Vitesse mesurée

Page écrite par `make bench` (`benchmarks/performance.py`) : ne pas la modifier à la main. Les sites
sont synthétiques, tirés au hasard. Les temps varient avec la machine et sa charge ; les rapports,
mesurés dans la même exécution, tiennent mieux.
"""

TAIL = """
## Ce qui n'est pas mesuré ou pas tenu

- Un million de sites (8 minutes, 4 Gio) n'est pas dans cette mesure d'un quart d'heure : à lancer
  par `python benchmarks/performance.py --batch 1000000`. La mémoire d'un lot ne dépend pas du
  nombre de lots ; la lecture garde 16 octets et l'identifiant de chaque ligne.
- Où un temps n'est pas tenu, voir d'abord la charge de la machine ci-dessus. Idées suivantes :
  phrases des verdicts traduites une fois par motif et non par site ; distances bornées d'abord
  par celle d'un voisin (`max_distance`) ; import de pandas et de GDAL, qui fait l'essentiel du
  démarrage, différé dans les lecteurs.
- DuckDB spatial et SedonaDB ne sont pas installés avec le projet : non mesurés ici.
- Peu de sites, ou une machine chargée, font baisser les rapports : le coût fixe (préparer les
  grands polygones, ouvrir le raster) pèse alors plus. Les tailles par défaut de la commande et
  une machine au repos donnent la mesure à citer.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sites", type=int, default=12_000)
    parser.add_argument("--size", type=int, default=8_000, help="rows and columns of the raster")
    parser.add_argument("--batch", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    options = parser.parse_args()
    rng = np.random.default_rng(20261123)
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [
            *start_rows(),
            *batch_rows(rng, folder, options),
            *coverage_rows(rng, folder, options),
            *polygon_rows(rng, options),
            *search_rows(rng, options),
        ]
    titles = ("Mesure", "Nous", "Pair ou débit", "Rapport", "Cible", "Plancher, accord")
    table = pd.DataFrame(rows, columns=list(titles))
    lines = [
        "| " + " | ".join(line) + " |"
        for line in [titles, ["---"] * len(titles), *table.to_numpy()]
    ]
    asked = f"--sites {options.sites} --size {options.size} --batch {options.batch}"
    machine = (
        f"\nMesuré le {datetime.now(tz=UTC).date()} : {os.cpu_count()} cœurs, {platform.system()}, "
        f"Python {platform.python_version()} ; charge moyenne {load_before:.1f} au début, "
        f"{os.getloadavg()[0]:.1f} à la fin (au-delà du nombre de cœurs, d'autres s'en servaient). "
        f"Mémoire la plus haute d'un processus : {peak_gib():.1f} Gio. Options : `{asked}`.\n"
    )
    page = HEAD + machine + "\n" + "\n".join(lines) + "\n" + TAIL
    print(page)
    if options.write:
        PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
