"""Write docs/performance.md: each claim, ours, the peer, the ratio, the floor, the memory.

Run ``python benchmarks/performance.py --write`` (`make bench`: some ten minutes on two free
cores); without ``--write`` the page is printed. ``--million`` adds the batch of 1,000,000 sites
and the raster of 20,000 × 20,000 cells (under 15 minutes in all, 3 GB of disk). Sites are
synthetic, drawn at random in the embedded territory: they say nothing of any real place. What is
compared runs in turn, in one process. The exit status is 1 where a batch may have held more than
4 GiB.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from rows import (
    GIB,
    GROUPS,
    Row,
    as_json,
    french,
    parcels_apart,
    peak_memory,
    seconds,
    sites_in_territory,
    spaced,
)
from territory import declared, write_layers

from siting.batch import Job, score_in_batches
from siting.execution import InProcess, Processes
from siting.scenario import load_scenario

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
SEED = 20_261_123
MEMORY_GIB = 4.0
GROWTH = 11.0
MILLION = 1_000_000
DRAWN_AT_ONCE = 100_000
LAYERS_FILE = "layers.json"

NEXT = {
    "processus": "distances bornées d'abord par celle d'un voisin ; colonnes Arrow de bout en bout",
    "siting": "différer l'import de pandas et de GDAL dans les lecteurs, l'essentiel du temps",
    "classes": "redresser et aplatir les anneaux dans le noyau, aussi longs que le compte lui-même",
    "sommets": "découper les grands polygones une fois par couche, gardés d'après leur contenu",
}
"""What to try next for a target that is not held, by a word of the claim."""


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of a user, who has compiled modules: they are cached apart here."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(folder / "compiled")}


def run(words: list[str], folder: Path) -> tuple[float, float, float, str]:
    """Run a command; return its seconds, those of its processors, its peak memory, its output.

    The memory is that of its process, in GiB; Linux counts in it what this one held at the start.
    """
    start = time.perf_counter()
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment(folder)) as one:
        output = "" if one.stdout is None else one.stdout.read()
        _, status, used = os.wait4(one.pid, 0)
        one.returncode = os.waitstatus_to_exitcode(status)
    spent = time.perf_counter() - start
    if one.returncode not in (0, 2):  # 2: some rows are rejected
        raise SystemExit(f"{' '.join(words)}: status {one.returncode}")
    return spent, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / GIB, output


def start_rows(folder: Path) -> Iterator[Row]:
    """Measure the cold start of the command, modules and kernel compiled by a first run."""
    ten = folder / "ten.gpkg"
    sites_in_territory(np.random.default_rng(SEED), 10).to_file(ten)
    cases = (("siting --help", ["--help"], 0.4), ("siting score, 10 sites", ["score", ten], 3.0))
    for claim, words, target in cases:
        command = [sys.executable, "-m", "siting.cli", *map(str, words)]
        first, *others = (run(command, folder) for _ in range(4))
        times, cpu, memory, _ = (list(column) for column in zip(*others, strict=True))
        spent = statistics.median(times)
        yield Row(
            claim=f"`{claim}`".replace(", 10 sites`", "`, 10 sites"),
            ours=seconds(spent),
            peer=f"processeur : {seconds(statistics.median(cpu))}",
            target=f"{french(target, 1)} s",
            floor=f"la toute première fois : {seconds(first[0])}",
            memory=f"{french(max(memory))} Gio",
            held=spent <= target,
        )


def written(count: int, folder: Path, *, apart: bool) -> Path:
    """Write a file of synthetic sites, some at once: anywhere, or apart from one another."""
    rng, path = np.random.default_rng(SEED), folder / f"{count}.parquet"
    left, parts = count, []
    if apart:
        left, parts = 0, [parcels_apart(rng, count, MILLION)]
    while left:
        parts.append(sites_in_territory(rng, min(left, DRAWN_AT_ONCE)))
        left -= len(parts[-1])
    sites = pd.concat(parts, ignore_index=True)
    sites["site_id"] = [f"D{i:07d}" for i in range(count)]
    gpd.GeoDataFrame(sites, crs=2154).to_parquet(path)
    return path


def batch_rows(folder: Path, options: Any) -> Iterator[tuple[Row, float]]:
    """Measure the whole of ``siting score`` in batches; yield rows with the memory held at most."""
    for apart in (True, False):
        before: tuple[int, float] | None = None
        whole = [MILLION] if options.million and apart else []
        for count in [options.batch // 10, options.batch, *whole]:
            path = written(count, folder, apart=apart)
            read, _, _, _ = run([sys.executable, "-c", READ, str(path)], folder)
            for workers in (1, 2) if count < options.batch and apart else (2,):
                out = folder / f"out-{count}-{workers}-{apart}"
                words = [sys.executable, __file__, "--one", str(path), str(out), str(workers)]
                _, cpu, _, told = run(words, folder)
                found = json.loads(told.splitlines()[-1])
                if found["sites"] != count:
                    raise SystemExit(f"{found['sites']} sites of {count}")
                of_batch = batch_row(count, workers, found, cpu, read, before, apart=apart)
                yield of_batch, found["at_most_gib"]
                shutil.rmtree(out)
                last = (count, found["seconds"])
            before = last
            path.unlink()
    yield full_batch(folder, options.batch)


def full_batch(folder: Path, count: int) -> tuple[Row, float]:
    """Measure a batch with every optional layer: all criteria are then known."""
    rng, path = np.random.default_rng(SEED), written(count, folder, apart=True)
    files = folder / "layers"
    files.mkdir()
    told_of = {name: str(one) for name, one in write_layers(rng, files).items()}
    (files / LAYERS_FILE).write_text(json.dumps(told_of), encoding="utf-8")
    declared(rng, gpd.read_parquet(path)).to_parquet(path)
    read, _, _, _ = run([sys.executable, "-c", READ, str(path)], folder)
    words = [sys.executable, __file__, "--one", str(path), str(folder / "out-full"), "2"]
    _, cpu, _, told = run([*words, "--layers", str(files)], folder)
    found = json.loads(told.splitlines()[-1])
    if found["unknown"]:
        raise SystemExit(f"criteria that no site knows: {found['unknown']}")
    row = batch_row(count, 2, found, cpu, read, None, apart=True)
    within_s = 60 * count / 100_000
    row = replace(
        row,
        claim=f"{row.claim}, les {found['criteria']} critères (toutes les couches, un réseau "
        "routier de 425 000 nœuds)",
        target=f"{within_s:.0f} s, {MEMORY_GIB:.0f} Gio",
        held=found["seconds"] <= within_s and found["at_most_gib"] <= MEMORY_GIB,
    )
    return row, found["at_most_gib"]


READ = "import sys, geopandas; geopandas.read_parquet(sys.argv[1])"


def batch_row(
    count: int, workers: int, found: Any, cpu: float, read: float,
    before: tuple[int, float] | None, *, apart: bool,
) -> Row:  # fmt: skip
    """Return the row of one batch."""
    spent, at_most = found["seconds"], found["at_most_gib"]
    within_s = 480 * count / MILLION if count >= MILLION else 60 * count / 100_000
    growth, grown = "", True
    if before is not None:
        times = spent / before[1] * 10 / (count / before[0])
        growth = f"× {french(times, 1)} pour 10 fois plus de sites"
        grown = times <= GROWTH or not apart  # pairs grow as the square of sites set anywhere
    judged = workers == 2 and before is not None
    processes = f"{workers} processus"
    return Row(
        claim=f"`siting score`, {spaced(count)} {'parcelles' if apart else 'sites'}, {processes}",
        ours=seconds(spent),
        peer=f"{spaced(round(count / spent))} sites/s ; processeur : "
        f"{french(1000 * cpu / count, 2)} ms par site",
        ratio=growth,
        target=(
            f"{within_s:.0f} s, {f'× {GROWTH:.0f}, ' if apart else ''}{MEMORY_GIB:.0f} Gio"
            if judged
            else ""
        ),
        floor=f"lire le fichier : {seconds(read)}",
        memory=f"{french(at_most)} Gio en tout au plus",
        agreement=f"recouvrements trouvés : {spaced(found['overlaps'])}",
        held=(spent <= within_s and grown and at_most <= MEMORY_GIB) if judged else None,
    )


def one_batch(path: str, out: str, workers: int, layers: Path | None) -> None:
    """Score one file in batches and tell how long it took."""
    files = json.loads((layers / LAYERS_FILE).read_text("utf-8")) if layers else {}
    files = {name: Path(file) for name, file in files.items()}
    engine = InProcess() if workers == 1 else Processes(workers)
    start = time.perf_counter()
    told = score_in_batches(
        Job(Path(path), Path(out), load_scenario("base"), files=files), engine=engine
    )
    spent = time.perf_counter() - start
    workers_used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / GIB
    at_most = peak_memory() + (workers * workers_used if workers > 1 else 0.0)
    found = {"seconds": spent, "sites": told["sites"], "overlaps": told["overlaps"]}
    part = pd.read_parquet(Path(out) / "part-00000.parquet")
    measures = part.filter(regex="^measure_")
    found |= {"criteria": measures.shape[1]}
    found |= {"unknown": sorted(measures.columns[measures.isna().all()]) if layers else []}
    print(json.dumps({**found, "at_most_gib": at_most}))


HEAD = """# Vitesse mesurée

Page écrite par `make bench` (`benchmarks/performance.py`) : ne pas la modifier à la main. Les sites
sont synthétiques, tirés au hasard. Les temps varient avec la machine et sa charge ; les rapports,
mesurés dans la même exécution, tiennent mieux. « Mémoire » : ce qu'un calcul ajoute à celle du
processus, nous / le pair ; pour les lots, la somme des plus grandes tailles des processus.
« Parcelles » : de
0,2 à 1,6 ha, une par case d'une grille, sans recouvrement, aussi espacées quel que soit leur
nombre.
« Sites » : de 1 à 300 ha, tirés n'importe où.
"""

TAIL = """
## Ce qui n'est pas dans ce tableau

- Un million de parcelles (cible : 8 minutes, 4 Gio), les classes d'un raster de
  20 000 × 20 000 pour 100 000 sites : `make bench ARGS=--million`. La commande échoue si un lot a
  pu tenir plus de 4 Gio. La croissance (× 11) est jugée sur les parcelles : dix fois plus de sites
  tirés n'importe où font cent fois plus de recouvrements, ce que de vraies parcelles ne font pas.
- Peu de sites, ou une machine chargée, font baisser les rapports : le coût fixe (préparer les
  grands polygones, ouvrir le raster) pèse alors plus.
- rasterstats, DuckDB spatial et SedonaDB ne viennent pas avec le projet : `make peers` les
  installe ; sans eux, leurs lignes le disent. L'extension spatiale de DuckDB est lue dans un
  paquet, pour la seule version de DuckDB qu'il sert : rien n'est téléchargé pendant la mesure.
- Le premier lancement compile le noyau et les modules ; les suivants les retrouvent en cache.
"""


def page_of(rows: list[Row], options: Any, load: float) -> str:
    """Return the page."""
    titles = ("Mesure", "Nous", "Pair ou débit", "Rapport", "Cible", "Plancher", "Mémoire",
              "Accord")  # fmt: skip
    lines = [titles, ("---",) * len(titles)]
    for row in rows:
        held = {None: "", True: " : tenu", False: " : **non tenu**"}[row.held]
        lines.append(
            (row.claim, row.ours, row.peer, row.ratio, row.target + held, row.floor, row.memory,
             row.agreement)
        )  # fmt: skip
    asked = f"--sites {options.sites} --size {options.size} --batch {options.batch}"
    asked += " --million" if options.million else ""
    day = datetime.now(tz=UTC).date()
    machine = (
        f"\nMesuré le {day:%d/%m/%Y} : {os.cpu_count()} cœurs, {memory_of_machine()} de mémoire, "
        f"{platform.system()}, Python {platform.python_version()} ; charge moyenne "
        f"{french(load, 1)} au début, {french(os.getloadavg()[0], 1)} à la fin (au-delà du nombre "
        f"de cœurs, d'autres s'en servaient). Options : `{asked}`.\n"
    )
    missed = [row.claim for row in rows if row.held is False]
    told = "".join(f"- {claim} : {idea(claim)}.\n" for claim in missed)
    head = "\n## Ce qui n'est pas tenu, et l'idée suivante\n\n"
    why = "Voir d'abord la charge de la machine, ci-dessus.\n\n" if missed else ""
    table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    return f"{HEAD}{machine}\n{table}\n{head}{why}{told or 'Tout est tenu.' + chr(10)}{TAIL}"


def idea(claim: str) -> str:
    """Return what to try next for a claim that is not held."""
    return next((text for word, text in NEXT.items() if word in claim), "à étudier")


def memory_of_machine() -> str:
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return f"{french(pages / GIB, 0)} Gio"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sites", type=int, default=12_000)
    parser.add_argument("--size", type=int, default=8_000, help="rows and columns of the raster")
    parser.add_argument("--batch", type=int, default=100_000)
    parser.add_argument("--million", action="store_true", help="add 1,000,000 sites, 20,000² cells")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    parser.add_argument("--group", choices=GROUPS, help=argparse.SUPPRESS)
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--layers", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        one_batch(options.one[0], options.one[1], int(options.one[2]), options.layers)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.group:
            rng = np.random.default_rng(SEED)
            print(as_json(GROUPS[options.group](rng, folder, options)))
            return
        load = os.getloadavg()[0]
        rows = list(start_rows(folder))
        batches = list(batch_rows(folder, options))
        rows += [row for row, _ in batches]
        for group in GROUPS:
            words = [sys.executable, __file__, "--group", group]
            for key in ("sites", "size", "rounds"):
                words += [f"--{key}", str(getattr(options, key))]
            words += ["--million"] if options.million else []
            rows += [Row(**row) for row in json.loads(run(words, folder)[3].splitlines()[-1])]
    page = page_of(rows, options, load)
    print(page)
    if options.write:
        PAGE.write_text(page, encoding="utf-8")
    if any(held > MEMORY_GIB for _, held in batches):
        raise SystemExit(f"a batch may have held more than {MEMORY_GIB:g} GiB")


if __name__ == "__main__":
    main()
