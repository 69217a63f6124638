"""The rows of docs/performance.md: each claim measured against its peers, in one process.

`performance.py` runs every group below in a process of its own and writes the page.
"""

from __future__ import annotations

import json
import resource
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import areas
import budgets
import geopandas as gpd
import numpy as np
import pandas as pd
import reach
import sensitivity
import shapely
from areas import CELL_M, REGION_M
from peers import present, with_duckdb, with_rasterstats, with_sedona
from scipy.sparse.csgraph import dijkstra

from layers.environment import load_protected_areas
from layers.territory import load_territory
from siting import _coverage_kernel  # noqa: F401 - a few sites would do without it
from siting.coverage import class_areas, covered_area, polygon_areas
from siting.criteria.search import least_distances, pairs_within

GIB = 1 << 30


@dataclass(frozen=True)
class Row:
    """One line of the table; texts are French, empty where there is nothing to say."""

    claim: str
    ours: str
    peer: str = ""
    ratio: str = ""
    target: str = ""
    floor: str = ""
    memory: str = ""
    agreement: str = ""
    held: bool | None = None


@dataclass(frozen=True)
class Timing:
    """Median seconds on the clock, most memory on top of what was there, and the result."""

    seconds: float
    memory_gib: float
    result: Any


def french(value: float, decimals: int = 2) -> str:
    """Return a number as it is written in French."""
    return f"{value:,.{decimals}f}".replace(",", "\u202f").replace(".", ",")


def seconds(value: float) -> str:
    return f"{french(value)} s"


def peak_memory(*, anew: bool = False) -> float:
    """Return the most memory held, in GiB; ``anew`` forgets what was before (Linux)."""
    if anew:
        with suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    with suppress(OSError, StopIteration):
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return int(next(x for x in lines if x.startswith("VmHWM")).split()[1]) * 1024 / GIB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / GIB


def timed(ways: Mapping[str, Callable[[], Any] | None], rounds: int) -> dict[str, Timing]:
    """Run every way that is there in turn, ``rounds`` times."""
    spent: dict[str, list[float]] = {}
    memory: dict[str, float] = {}
    results: dict[str, Any] = {}
    for _ in range(rounds):
        for name, way in ways.items():
            if way is None:
                continue
            before, start = peak_memory(anew=True), time.perf_counter()
            results[name] = way()
            spent.setdefault(name, []).append(time.perf_counter() - start)
            memory[name] = max(memory.get(name, 0.0), peak_memory() - before)
    return {
        name: Timing(statistics.median(own), memory[name], results[name])
        for name, own in spent.items()
    }


def compared(
    claim: str, found: Mapping[str, Timing], peer: str, target: float | None, **more: str
) -> Row:
    """Return the row of a way against a peer; without its library, say so."""
    ours = found["ours"]
    if peer not in found:
        return Row(claim, seconds(ours.seconds), f"{peer} : non installé (`make peers`)")
    ratio = found[peer].seconds / ours.seconds
    return Row(
        claim=claim,
        ours=seconds(ours.seconds),
        peer=f"{peer} : {seconds(found[peer].seconds)}",
        ratio=f"× {french(ratio, 1)}",
        target="" if target is None else f"× {target:g}",
        memory=f"{french(ours.memory_gib)} / {french(found[peer].memory_gib)} Gio",
        held=None if target is None else ratio >= target,
        **more,
    )


def spaced(count: int) -> str:
    """Return a whole number as it is written in French."""
    return french(count, 0)


def sites_in_territory(rng: np.random.Generator, count: int) -> gpd.GeoDataFrame:
    """Return synthetic sites of 1 to 300 ha, anywhere in the embedded territory."""
    outline = load_territory().outline
    shapely.prepare(outline)
    low, high = np.split(np.array(outline.bounds), 2)
    middles = rng.uniform(low, high, (3 * count, 2))
    middles = middles[shapely.contains_xy(outline, *middles.T)][:count]
    drawn = areas.stars(rng, count, 1_000.0)
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


def parcels_apart(rng: np.random.Generator, count: int, room: int) -> gpd.GeoDataFrame:
    """Return synthetic parcels that do not overlap: each alone in a square of a grid.

    The grid has ``room`` squares or a little more in the territory, whatever the count: parcels
    are as large, and as far from one another, among a thousand as among a million.
    """
    outline = load_territory().outline
    shapely.prepare(outline)
    step = np.sqrt(0.9 * outline.area / room)
    x0, y0, x1, y1 = outline.bounds
    grid = np.stack(np.meshgrid(np.arange(x0, x1, step), np.arange(y0, y1, step)), axis=-1)
    middles = grid.reshape(-1, 2) + step / 2
    middles = middles[shapely.contains_xy(outline, *middles.T)]
    middles = middles[rng.choice(len(middles), count, replace=False)]
    middles += rng.uniform(-0.05, 0.05, middles.shape) * step
    shapes = np.asarray(areas.stars(rng, count, 1_000.0).array, dtype=object)
    points, owners = shapely.get_coordinates(shapes, return_index=True)
    low, high = np.split(shapely.bounds(shapes), 2, axis=1)
    half = (high - low).max(axis=1) / 2
    scale = 0.45 * step * rng.uniform(0.4, 1.0, count) / half
    points = (points - ((low + high) / 2)[owners]) * scale[owners, None] + middles[owners]
    table = {"name": [f"Démo {i}" for i in range(count)],
             "works_start_year": rng.integers(2026, 2034, count)}  # fmt: skip
    return gpd.GeoDataFrame(table, geometry=shapely.set_coordinates(shapes, points), crs=2154)


def raster_rows(rng: np.random.Generator, folder: Path, options: Any) -> Iterator[Row]:
    """Compare the areas by class of a raster."""
    sites, raster = areas.stars(rng, options.sites, options.size * CELL_M), folder / "classes.tif"
    areas.write_raster(raster, rng, options.size)
    class_areas(sites[:10], raster)  # the compiled steps, now that they are imported
    found = timed(
        {
            "ours": lambda: class_areas(sites, raster),
            "floor": lambda: areas.read_all(raster),
            "exactextract": lambda: areas.with_exactextract(sites, raster),
        },
        options.rounds,
    )
    ours, peer = found["ours"].result, found["exactextract"].result
    codes = [code for code in ours.columns if code != "outside"]
    apart = np.abs(peer.reindex(columns=codes).fillna(0.0) - ours[codes]).to_numpy().max()
    cells = f"{apart / CELL_M**2:.0e}".replace("e-0", "e-")
    yield compared(
        f"classes d'un raster de {spaced(options.size)}², {spaced(len(sites))} sites",
        found, "exactextract", 15,
        floor=f"décoder le raster : {seconds(found['floor'].seconds)}",
        agreement=f"à {cells} cellule près",
    )  # fmt: skip
    if options.million:
        yield from whole_raster_rows(rng, folder)
    few = sites[: max(1, len(sites) // 3)]
    found = timed(
        {
            "ours": lambda: class_areas(few, raster),
            "rasterize + bincount": lambda: areas.with_rasterize(few, raster),
            "rasterstats": present(with_rasterstats, few, raster),
        },
        1,
    )
    for name in ("rasterize + bincount", "rasterstats"):
        claim = f"classes d'un raster, {spaced(len(few))} sites"
        yield compared(claim, found, name, 10, agreement="au centre des cellules : inexact")


def whole_raster_rows(rng: np.random.Generator, folder: Path) -> Iterator[Row]:
    """Compare the areas by class at the size that is claimed, once."""
    sites, raster = areas.stars(rng, 100_000, 20_000 * CELL_M), folder / "whole.tif"
    areas.write_raster(raster, rng, 20_000)
    ways = {
        "ours": lambda: class_areas(sites, raster),
        "floor": lambda: areas.read_all(raster),
        "exactextract": lambda: areas.with_exactextract(sites, raster),
    }
    found = timed(ways, 1)
    ours, peer = found["ours"].result, found["exactextract"].result
    codes = [code for code in ours.columns if code != "outside"]
    apart = np.abs(peer.reindex(columns=codes).fillna(0.0) - ours[codes]).to_numpy().max()
    yield compared(
        f"classes d'un raster de {spaced(20_000)}², {spaced(len(sites))} sites",
        found, "exactextract", 15,
        floor=f"décoder le raster : {seconds(found['floor'].seconds)}",
        agreement=f"à {apart / CELL_M**2:.0e} cellule près".replace("e-0", "e-"),
    )  # fmt: skip


def polygon_rows(rng: np.random.Generator, _folder: Path, options: Any) -> Iterator[Row]:
    """Compare the areas by polygon."""
    cases = (
        ("communes de 1 027 sommets", options.sites, (1_228, 1_027), 3),
        ("polygones de 30 000 sommets", options.sites // 3, (300, 30_000), 8),
    )
    for title, count, shape, target in cases:
        sites = areas.stars(rng, count, REGION_M)
        polygons = areas.territory(rng, *shape, REGION_M)
        peers = {"duckdb": with_duckdb, "sedonadb": with_sedona} if target == 3 else {}
        found = timed(
            {
                "ours": lambda s=sites, p=polygons: polygon_areas(s, p),
                "once": lambda s=sites, p=polygons: covered_area(s, p),
                "geopandas.overlay": lambda s=sites, p=polygons: areas.with_overlay(s, p),
                **{name: present(way, sites, polygons) for name, way in peers.items()},
            },
            1,
        )
        claim = f"{title}, {spaced(count)} sites"
        whole = found["ours"].result["area_m2"].sum()
        for name in ("geopandas.overlay", *peers):
            agreement = ""
            if name in found:
                gap = abs(found[name].result["area_m2"].sum() / whole - 1)
                agreement = f"total à {gap:.0e} près"
            once = seconds(found["once"].seconds)
            floor = f"recouvrements comptés une fois : {once}" if name != "duckdb" else ""
            yield compared(
                claim, found, name, target if name == "geopandas.overlay" else None,
                floor=floor, agreement=agreement,
            )  # fmt: skip


def search_rows(rng: np.random.Generator, _folder: Path, options: Any) -> Iterator[Row]:
    """Compare distances and neighbourhoods with the plain searches of GEOS."""
    frame = sites_in_territory(rng, options.sites)
    shapes = np.asarray(frame.geometry, dtype=object)
    low, high = np.split(shapely.total_bounds(shapes), 2)
    spots = np.asarray(shapely.points(rng.uniform(low, high, (2_000, 2))), dtype=object)
    stations = gpd.GeoDataFrame(geometry=spots, crs=2154)
    found = timed(
        {
            "ours": lambda: least_distances(shapes, spots),
            "sjoin_nearest": lambda: frame.sjoin_nearest(stations, distance_col="far"),
        },
        options.rounds,
    )
    far = found["sjoin_nearest"].result["far"].groupby(level=0).first().to_numpy()
    yield compared(
        f"plus proche de 2 000 gares, {spaced(len(shapes))} sites", found, "sjoin_nearest", None,
        agreement=same(found["ours"].result, far),
    )  # fmt: skip
    some = shapes[: len(shapes) // 4]
    protected = np.asarray(load_protected_areas().geo.geometry, dtype=object)

    def plain() -> Any:
        tree = shapely.STRtree(protected)
        return tree.query_nearest(some, return_distance=True, all_matches=False)

    ways = {"ours": lambda: least_distances(some, protected), "STRtree.query_nearest": plain}
    found = timed(ways, options.rounds)
    yield compared(
        f"distance aux aires protégées, {spaced(len(some))} sites", found,
        "STRtree.query_nearest", 2,
        agreement=same(found["ours"].result, found["STRtree.query_nearest"].result[1]),
    )  # fmt: skip
    towns = spots[:1_228]
    tree = shapely.STRtree(towns)
    found = timed(
        {
            "ours": lambda: pairs_within(some, towns, 30_000.0),
            "STRtree dwithin": lambda: tree.query(some, "dwithin", distance=30_000.0),
        },
        options.rounds,
    )
    yield compared(
        f"communes à 30 km, {spaced(len(some))} sites", found, "STRtree dwithin", 2,
        agreement=same(len(found["ours"].result[0]), found["STRtree dwithin"].result.shape[1]),
    )  # fmt: skip


def same(ours: Any, theirs: Any) -> str:
    return "identique" if np.array_equal(ours, theirs) else "**différent**"


def reach_rows(rng: np.random.Generator, _folder: Path, options: Any) -> Iterator[Row]:
    """Compare commutes by road with searches that no limit bounds."""
    road = reach.synthetic(rng, 160)
    count, towns = max(100, options.sites // 6), 200
    spots = rng.uniform(0, 160 * reach.STEP_M, (count + towns, 2)) + reach.CORNER
    points = np.asarray(shapely.points(spots), dtype=object)
    sites = road.tie(shapely.buffer(points[:count], 150), within_m=1_000)
    homes = road.tie(points[count:], within_m=1_000)
    limit = reach.MINUTES * reach.MS_PER_MINUTE
    matrix = road.matrix("time_ms")

    def ours() -> Any:
        return road.pairs_within(homes, sites, weight="time_ms", limit=limit, gap_weight=0.18)

    def plain() -> Any:
        far = dijkstra(matrix, directed=True, indices=homes.node)[:, sites.node]
        gaps = np.rint(homes.gap_mm[:, None] * 0.18) + np.rint(sites.gap_mm * 0.18)
        return np.count_nonzero(far + gaps <= limit)

    found = timed({"ours": ours, "scipy sans limite": plain}, 1)
    yield compared(
        f"trajets de 30 min par la route, {spaced(count)} sites × {towns} communes, "
        f"{spaced(len(road.edges))} arcs",
        found, "scipy sans limite", None,
        agreement=same(len(found["ours"].result[0]), found["scipy sans limite"].result),
    )  # fmt: skip


def sensitivity_rows(rng: np.random.Generator, _folder: Path, options: Any) -> Iterator[Row]:
    """Compare ranks under draws of weights with NumPy, draw by draw."""
    table = sensitivity.sites(rng, options.sites, 25)
    own = pd.Series(rng.dirichlet(np.full(25, 3.0)), index=table.columns)
    drawn = sensitivity.weights_around(own, draws=1_000)
    sensitivity.rank_acceptability(table.iloc[:20], drawn[:2])  # compiles
    part = drawn[:100]
    whole = timed({"ours": lambda: sensitivity.rank_acceptability(table, drawn)}, 1)["ours"]
    found = timed(
        {
            "ours": lambda: sensitivity.rank_acceptability(table, part),
            "NumPy, tirage par tirage": lambda: sensitivity.with_numpy(table.to_numpy(), part),
        },
        1,
    )
    sums = found["ours"].result.mean_rank.to_numpy() * len(part)
    apart = np.abs(sums - found["NumPy, tirage par tirage"].result).max()
    yield compared(
        f"rangs sous 100 tirages de poids, {spaced(len(table))} sites × 25 critères", found,
        "NumPy, tirage par tirage", None,
        floor=f"1 000 tirages : {seconds(whole.seconds)}", agreement=f"à {apart:.0e} rang près",
    )  # fmt: skip


def budget_rows(rng: np.random.Generator, _folder: Path, options: Any) -> Iterator[Row]:
    """Measure the budgets of as many communes as France has."""
    parents = budgets.territory(35_000)
    layer = budgets.flows(parents.index, 15, rng)
    clock = budgets.Clock()
    for _ in range(options.rounds):
        budgets.one_round(layer, parents, clock)
    floor_s = clock.seconds[budgets.FLOOR]
    spent = sum(clock.seconds.values()) - floor_s
    yield Row(
        claim="budgets et trajectoires de 35 000 communes (processeur)",
        ours=seconds(spent),
        ratio=f"× {french(spent / floor_s, 1)} du plancher",
        target=f"{budgets.TARGET_S:g} s",
        floor=f"une somme par commune : {seconds(floor_s)}",
        memory=f"{french(peak_memory())} Gio",
        held=spent <= budgets.TARGET_S,
    )


GROUPS: dict[str, Callable[[np.random.Generator, Path, Any], Iterator[Row]]] = {
    "raster": raster_rows,
    "polygons": polygon_rows,
    "search": search_rows,
    "reach": reach_rows,
    "sensitivity": sensitivity_rows,
    "budgets": budget_rows,
}


def as_json(rows: Iterator[Row]) -> str:
    """Return rows as one line of text, for the process that writes the page."""
    return json.dumps([asdict(row) for row in rows])
