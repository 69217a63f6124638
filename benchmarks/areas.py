"""Areas of sites by class and by polygon: ratio of time to the libraries, in one run.

Run ``python benchmarks/areas.py`` (under a minute); ``--help`` tells the sizes.
Every way gets the same sites and the same file, in turn, and the median of the rounds
counts; the largest difference from the exact peer stands beside it.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from exactextract import exact_extract
from rasterio.features import rasterize
from rasterio.windows import Window

from siting import _coverage_kernel  # noqa: F401 - a few sites would do without it
from siting.coverage import class_areas, covered_area, polygon_areas

CELL_M = 10.0
CORNER = (350_000.0, 6_700_000.0)
CLASSES = 14
REGION_M = 180_000.0


def stars(rng: np.random.Generator, count: int, size_m: float) -> gpd.GeoSeries:
    """Return irregular polygons of 1 to 300 ha (mean 10) and 12 to 60 vertices, anywhere."""
    area = 1e4 * 300 ** (rng.random(count) ** 4.8)
    middle = rng.uniform(0.01 * size_m, 0.99 * size_m, (count, 2))
    shapes = []
    for (x, y), radius in zip(middle, np.sqrt(area / np.pi), strict=True):
        angles = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(12, 60)))
        reach = radius * rng.uniform(0.6, 1.3, len(angles))
        ring = np.column_stack((x + reach * np.cos(angles), y - size_m + reach * np.sin(angles)))
        shapes.append(shapely.make_valid(shapely.Polygon(ring + CORNER)))
    return gpd.GeoSeries(shapes, crs=2154)


def write_raster(path: Path, rng: np.random.Generator, size: int) -> None:
    """Write a square of land-cover patches, tiled and compressed as such files are."""
    patches = rng.integers(0, CLASSES, (size // 8 + 1, size // 8 + 1), dtype=np.uint8)
    classes = np.kron(patches, np.ones((8, 8), np.uint8))[:size, :size]
    transform = rasterio.Affine(CELL_M, 0, CORNER[0], 0, -CELL_M, CORNER[1])
    with rasterio.open(
        path, "w", driver="GTiff", width=size, height=size, count=1, dtype="uint8",
        crs="EPSG:2154", transform=transform, tiled=True, compress="deflate",
    ) as file:  # fmt: skip
        file.write(classes, 1)


def with_exactextract(sites: gpd.GeoSeries, raster: Path) -> pd.DataFrame:
    """Return the areas by class as exactextract counts them, in its faster strategy."""
    frame = gpd.GeoDataFrame(geometry=sites)
    result = exact_extract(
        str(raster),
        frame,
        ["unique", "frac", "count"],
        strategy="raster-sequential",
        output="pandas",
    )
    rows = np.repeat(np.arange(len(result)), result["unique"].map(len))
    codes = np.concatenate(result["unique"].to_numpy()).astype(int)
    cells = np.concatenate(result["frac"].to_numpy()) * result["count"].to_numpy()[rows]
    table = pd.DataFrame({"row": rows, "code": codes, "area": cells * CELL_M**2})
    return table.pivot_table(index="row", columns="code", values="area", fill_value=0.0)


def with_rasterize(sites: gpd.GeoSeries, raster: Path) -> pd.DataFrame:
    """Return the areas by class of the cells whose centre lies inside, window by window."""
    counts = np.zeros((len(sites), 256))
    with rasterio.open(raster) as file:
        for row, site in enumerate(sites):
            window = rasterio.features.geometry_window(file, [site])
            mask = rasterize(
                [site], (window.height, window.width), transform=file.window_transform(window)
            )
            inside = file.read(1, window=window)[mask == 1]
            counts[row] = np.bincount(inside, minlength=256)
    return pd.DataFrame(counts[:, :CLASSES] * CELL_M**2)


def read_all(raster: Path) -> None:
    """Decode the whole raster once by strips: no way can be faster than this."""
    with rasterio.open(raster) as file:
        for top in range(0, file.height, 2048):
            file.read(1, window=Window(0, top, file.width, min(2048, file.height - top)))


def with_overlay(sites: gpd.GeoSeries, polygons: gpd.GeoSeries) -> pd.DataFrame:
    """Return the areas by polygon as geopandas counts them."""
    left = gpd.GeoDataFrame({"site": sites.index}, geometry=sites)
    right = gpd.GeoDataFrame({"polygon": polygons.index}, geometry=polygons)
    result = gpd.overlay(left, right, how="intersection", keep_geom_type=True)
    return result.assign(area_m2=result.area)


def timed(ways: dict[str, Callable[[], Any]], rounds: int) -> dict[str, tuple[float, Any]]:
    """Run every way in turn, ``rounds`` times; return its median seconds and its result."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    results: dict[str, Any] = {}
    for _ in range(rounds):
        for name, way in ways.items():
            start = time.perf_counter()
            results[name] = way()
            seconds[name].append(time.perf_counter() - start)
    return {name: (statistics.median(seconds[name]), results[name]) for name in ways}


def territory(rng: np.random.Generator, count: int, vertices: int, size_m: float) -> gpd.GeoSeries:
    """Return polygons that tile the square, of about so many vertices."""
    low = np.array(CORNER) - (0, size_m)
    square = shapely.box(*low, *(low + size_m))
    middle = shapely.MultiPoint(low + rng.uniform(0, size_m, (count, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(middle, extend_to=square))
    cells = shapely.intersection(cells, square)
    return gpd.GeoSeries(
        shapely.segmentize(cells, shapely.length(cells).mean() / vertices), crs=2154
    )


def by_class(sites: gpd.GeoSeries, raster: Path, rounds: int) -> None:
    """Print the table of areas by raster class."""
    results = timed(
        {
            "siting.coverage.class_areas": lambda: class_areas(sites, raster),
            "decode the raster (floor)": lambda: read_all(raster),
            "exactextract": lambda: with_exactextract(sites, raster),
            "windows + rasterize": lambda: with_rasterize(sites, raster),
        },
        rounds,
    )
    ours_s, ours = next(iter(results.values()))
    cells = ours.drop(columns="outside").to_numpy().sum() / CELL_M**2
    print(f"\nAreas by class: {len(sites):,} sites, {cells / 1e6:.1f} million cells")
    for name, (seconds, result) in results.items():
        line = f"  {name:30} {seconds:8.2f} s  × {seconds / ours_s:6.1f}"
        if result is not None:
            difference = np.abs(result.reindex(columns=range(CLASSES)) - ours[range(CLASSES)])
            line += f"   largest difference {difference.to_numpy().max() / CELL_M**2:.1e} cells"
        print(line)


def by_polygon(sites: gpd.GeoSeries, polygons: gpd.GeoSeries, rounds: int) -> None:
    """Print the table of areas by polygon."""
    results = timed(
        {
            "siting.coverage.polygon_areas": lambda: polygon_areas(sites, polygons),
            "siting.coverage.covered_area": lambda: covered_area(sites, polygons),
            "geopandas.overlay": lambda: with_overlay(sites, polygons),
        },
        rounds,
    )
    ours_s, ours = next(iter(results.values()))
    vertices = shapely.get_num_coordinates(polygons.to_numpy()).mean()
    print(
        f"\nAreas by polygon: {len(sites):,} sites, {len(polygons):,} polygons of "
        f"{vertices:,.0f} vertices on average"
    )
    for name, (seconds, result) in results.items():
        line = f"  {name:30} {seconds:8.2f} s  × {seconds / ours_s:6.1f}"
        if isinstance(result, pd.DataFrame):
            total = result["area_m2"].sum() / ours["area_m2"].sum() - 1
            line += f"   total differs by {total:.0e}, pairs by {len(result) - len(ours):d}"
        print(line)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sites", type=int, default=15_000)
    parser.add_argument("--size", type=int, default=9_000, help="rows and columns of the raster")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rng = np.random.default_rng(20261123)
    sites = stars(rng, options.sites, options.size * CELL_M)
    with tempfile.TemporaryDirectory() as folder:
        raster = Path(folder) / "classes.tif"
        write_raster(raster, rng, options.size)
        class_areas(sites[:10], raster)  # the compiled steps, now that they are imported
        by_class(sites, raster, options.rounds)
    sites = stars(rng, options.sites // 2, REGION_M)
    by_polygon(sites, territory(rng, 1_228, 1_027, REGION_M), options.rounds)
    sites = stars(rng, options.sites // 8, REGION_M)
    by_polygon(sites, territory(rng, 300, 30_000, REGION_M), 1)


if __name__ == "__main__":
    main()
