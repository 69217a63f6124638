"""The demonstration land cover: a raster of OSO codes at 10 m, made strip by strip.

How a cell gets its class:

1. roads and the ground of demonstration brownfields are given;
2. each commune has a target of artificialised land, from its dwellings and its area
   (:func:`targets`); its cells of highest urban score are built until the target is met.
   The score falls with the distance to town centres (the representative points of the
   communes), stations and hamlets, and rises in activity zones, more frequent near
   interchanges;
3. the rest is rivers, woods, heath and parcels of farmland, from smooth noise.

The targets are ours. No figure of this raster says anything of a real place.
"""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import rasterio
import shapely
from rasterio.windows import Window

from layers.demonstration import FOLDER, SEED, fields
from layers.demonstration.cached import METHOD_VERSION
from layers.demonstration.domain import Domain, Extent, Inputs
from layers.housing import load_housing
from layers.territory import load_communes
from layers.transport import load_interchanges, load_stations

Floats = npt.NDArray[np.float64]
Progress = Callable[[float], None]

_DRAFT_SECONDS: Final = 86_400

CRS: Final = "EPSG:2154"
COLOURS: Final = {
    0: (255, 255, 255, 0), 1: (160, 0, 40, 255), 2: (220, 90, 90, 255),
    3: (150, 60, 170, 255), 4: (90, 90, 90, 255), 5: (250, 240, 60, 255),
    6: (245, 215, 110, 255), 7: (200, 220, 90, 255), 8: (160, 200, 60, 255),
    9: (255, 200, 40, 255), 10: (235, 180, 60, 255), 11: (120, 220, 220, 255),
    12: (190, 150, 90, 255), 13: (150, 210, 110, 255), 14: (230, 160, 150, 255),
    15: (140, 60, 90, 255), 16: (50, 140, 60, 255), 17: (20, 90, 60, 255),
    18: (190, 220, 150, 255), 19: (190, 150, 190, 255), 20: (200, 200, 200, 255),
    21: (250, 235, 190, 255), 22: (235, 245, 255, 255), 23: (60, 130, 210, 255),
    24: (255, 255, 255, 255),
}  # fmt: skip

_GDAL_CACHE_MB = 128
_SAMPLE = 2  # thresholds look at one cell in four
_RADIUS_SHARE = 0.4  # of the radius of a disc as large as the artificialised land


def embedded_inputs() -> Inputs:
    """Read the inputs of the embedded territory.

    Returns
    -------
    Inputs
        Pays de la Loire.

    Raises
    ------
    LayerError
        If an embedded file is missing or broken.
    """
    sites = gpd.read_file(FOLDER / "sites.gpkg")
    return Inputs(
        communes=load_communes().geo[["code", "geometry"]],
        housing=load_housing().data[["code", "dwellings"]],
        stations=load_stations().geo.geometry,
        interchanges=load_interchanges().geo.geometry,
        brownfields=sites.loc[sites["is_brownfield"].eq(other=True), "geometry"],
    )


def targets(communes: gpd.GeoDataFrame, housing: pd.DataFrame) -> pd.DataFrame:
    """Return the artificialised land each commune is given.

    Parameters
    ----------
    communes, housing
        As in :class:`Inputs`.

    Returns
    -------
    DataFrame
        Sorted by code: ``code``, ``area_m2``, ``artificial_m2``, ``dense_share`` (share of
        the built-up land that is dense).

    Notes
    -----
    With d dwellings per hectare of commune: 180 + 1,600 / (1 + d) m² a dwelling, 170 m² of
    workplaces and shops a dwelling, 4.5 % of the commune for roads and farmsteads; at most
    80 % of the commune. Orders of magnitude of ours, so that the region has about 11 %.

    Examples
    --------
    >>> square = gpd.GeoDataFrame({"code": ["1"]}, geometry=[shapely.box(0, 0, 1000, 1000)])
    >>> targets(square, pd.DataFrame({"code": ["1"], "dwellings": [100]})).round(2).values.tolist()
    [['1', 1000000.0, 160000.0, 0.1]]
    """
    table = communes[["code"]].assign(area_m2=communes.area)
    table = table.merge(housing[["code", "dwellings"]], on="code", how="left").sort_values("code")
    dwellings = table["dwellings"].fillna(0).to_numpy(dtype=np.float64)
    area_m2 = table["area_m2"].to_numpy()
    density = dwellings / (area_m2 / 1e4)
    wanted = dwellings * (180 + 1600 / (1 + density) + 170) + 0.045 * area_m2
    return pd.DataFrame(
        {
            "code": table["code"].to_numpy(),
            "area_m2": area_m2,
            "artificial_m2": np.minimum(wanted, 0.8 * area_m2),
            "dense_share": np.clip(0.04 + 0.09 * np.log1p(density), 0, 0.5),
        }
    )


def _thresholds(
    domain: Domain, values: fields.Fields, wanted: pd.DataFrame, told: Progress
) -> Floats:
    """Return the urban scores above which the cells of each commune are built, densely built."""
    counts = np.zeros((len(wanted) + 1, fields.BINS + 1), dtype=np.int64)
    height = domain.shape[0]
    for first, last in domain.strips():
        communes, fixed = domain.burn(first, last)
        corner = first, domain.columns[0]
        fields.count_scores(values, domain.nodes, communes, fixed, corner, _SAMPLE, counts)
        told((last - domain.rows[0]) / height)
    seen = counts.sum(axis=1)[1:]
    share = wanted["artificial_m2"].to_numpy() / wanted["area_m2"].to_numpy()
    built = np.maximum(share * seen - counts[1:, fields.BINS], 0.0)
    result = np.full((len(wanted) + 1, 2), np.inf)
    above = counts[1:, : fields.BINS][:, ::-1].cumsum(axis=1)
    for rank, part in enumerate((np.ones(len(wanted)), wanted["dense_share"].to_numpy())):
        bins = (above <= (built * part)[:, None]).sum(axis=1)
        result[1:, rank] = fields.LOWEST + fields.BIN * (fields.BINS - bins) - fields.BIN / 2
    return result


def build_land_cover(
    path: Path,
    *,
    inputs: Inputs | None = None,
    extent: Extent | None = None,
    progress: Progress | None = None,
) -> None:
    """Write the raster: GeoTIFF in EPSG:2154, 10 m, uint8 OSO codes, 0 outside the region.

    The file appears under its name once whole; two processes may build it at once.

    Parameters
    ----------
    path
        File to write.
    inputs
        What it is made from; ``None`` for the embedded territory.
    extent
        West, south, east and north (m) to stay within, widened to multiples of 80 m; the
        cells are those of the whole raster. ``None`` for all communes.
    progress
        Told the share of the work done, from 0 to 1.

    Raises
    ------
    LayerError
        If an embedded input is missing or broken.
    OSError
        If the file cannot be written.
    """
    with _replaced(path) as temporary:  # first, so that a folder closed to us is told at once
        _build(temporary, inputs or embedded_inputs(), extent, progress or (lambda _: None))


def _build(path: Path, sources: Inputs, extent: Extent | None, told: Progress) -> None:
    outlines = sources.outlines
    extent = extent or _bounds(outlines)
    # Thresholds need the whole of each commune that the extent touches.
    touched = outlines[shapely.intersects(outlines, shapely.box(*extent))]
    whole = Domain.around(sources, _bounds(touched if len(touched) else outlines))
    wanted = targets(sources.communes, sources.housing)
    radii = _RADIUS_SHARE * np.sqrt(wanted["artificial_m2"].to_numpy() / np.pi)
    values = whole.coarse_fields(radii)
    told(0.05)
    thresholds = _thresholds(whole, values, wanted, lambda done: told(0.05 + 0.35 * done))
    part = Domain.around(sources, extent)
    _write(path, part, whole, values, thresholds, lambda done: told(0.4 + 0.6 * done))
    told(1.0)


def _bounds(shapes: npt.NDArray[np.object_]) -> Extent:
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    return west, south, east, north


def _write(
    path: Path, part: Domain, whole: Domain, values: fields.Fields, thresholds: Floats,
    told: Progress,
) -> None:  # fmt: skip
    height, width = part.shape
    cache = rasterio.Env(GDAL_CACHEMAX=_GDAL_CACHE_MB)  # else 5 % of the machine's memory
    with cache, rasterio.open(
        path, "w", driver="GTiff", width=width, height=height, count=1, dtype="uint8",
        crs=CRS, transform=part.transform(part.rows[0]), nodata=0, tiled=True, blockxsize=512,
        blockysize=512, compress="deflate", zlevel=4, num_threads=2,
    ) as raster:  # fmt: skip
        raster.write_colormap(1, COLOURS)
        raster.update_tags(
            status="demonstration", seed=str(SEED), version=str(METHOD_VERSION),
            nomenclature="OSO 2018+", method="synthetic: see layers/demonstration/land_cover.py",
        )  # fmt: skip
        for first, last in part.strips():
            communes, fixed = part.burn(first, last)
            classes = np.empty(communes.shape, dtype=np.uint8)
            corner = first, part.columns[0]
            fields.classify(values, whole.nodes, communes, fixed, corner, thresholds, classes)
            window = Window(0, first - part.rows[0], width, last - first)
            raster.write(classes, 1, window=window)
            told((last - part.rows[0]) / height)


@contextlib.contextmanager
def _replaced(path: Path) -> Iterator[Path]:
    """Give a temporary file beside ``path`` that takes its place once written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _clean_drafts(path)
    temporary = path.with_name(f".{path.stem}_{uuid.uuid4().hex}.tif")
    temporary.touch(exist_ok=False)
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _clean_drafts(path: Path) -> None:
    """Remove what builds that were killed left beside ``path``.

    A build takes minutes at most: a draft a day old is nobody's.
    """
    oldest = time.time() - _DRAFT_SECONDS
    for draft in path.parent.glob(f".{path.stem}_{'[0-9a-f]' * 32}.tif"):
        with contextlib.suppress(OSError):  # another build cleans too, or it may not be removed
            if draft.stat().st_mtime < oldest:
                draft.unlink(missing_ok=True)
