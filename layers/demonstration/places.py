"""Demonstration interchanges, ports and protected areas: made-up places, numbered names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from layers.demonstration import fields
from layers.demonstration.hashing import keys_of, normal, uniform
from layers.demonstration.roads import Towns, motorways

Floats = npt.NDArray[np.float64]

INTERCHANGES_FILE: Final = "interchanges.parquet"
PORTS_FILE: Final = "ports.parquet"
PROTECTED_AREAS_FILE: Final = "protected_areas.parquet"
CRS: Final = "EPSG:2154"

KIND_COUNTS: Final = {
    "natura_2000": 10,
    "znieff_1": 10,
    "znieff_2": 8,
    "reserve_naturelle": 4,
    "zone_humide": 8,
}
_RADII_M = {
    "natura_2000": 2_600.0,
    "znieff_1": 900.0,
    "znieff_2": 3_200.0,
    "reserve_naturelle": 700.0,
    "zone_humide": 500.0,
}
_INTERCHANGE_EVERY_M = 19_000.0
_PORTS = 4
_AREA_SPACING_M = 9_000.0
_COAST_WEST_OF_M = 340_000.0
_BLOB_VERTICES = 72
_MAJOR_AXIS = 1.9


def build_interchanges(towns: Towns, region: BaseGeometry) -> gpd.GeoDataFrame:
    """Set interchanges along the synthetic motorways, one every 19 km or so.

    Parameters
    ----------
    towns
        The town centres.
    region
        Outline of the region, EPSG:2154.

    Returns
    -------
    GeoDataFrame
        ``name`` and point, numbered from north to south.
    """
    points: list[shapely.Point] = []
    for line in motorways(towns):
        count = max(int(line.length // _INTERCHANGE_EVERY_M), 1)
        points += [line.interpolate((rank + 0.5) / count, normalized=True) for rank in range(count)]
    places = np.unique(np.rint(shapely.get_coordinates(points)), axis=0)
    places = places[shapely.contains_xy(region, places)]
    places = places[np.argsort(-places[:, 1], kind="stable")]
    return _named("Échangeur démo", [shapely.Point(x, y) for x, y in places.tolist()])


def build_ports(communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Set ports on the western coast of the mainland.

    Parameters
    ----------
    communes
        Communes of the region, EPSG:2154.

    Returns
    -------
    GeoDataFrame
        ``name`` and point, numbered from north to south.
    """
    mainland = max(shapely.get_parts(_region(communes)), key=shapely.area)
    _, low, _, top = mainland.bounds
    # Between these shares of the height of the region, its western edge is the sea.
    heights = low + (top - low) * np.linspace(0.48, 0.12, _PORTS)
    points = []
    for height in np.rint(heights).tolist():
        level = shapely.LineString([(-1e6, height), (2e6, height)])
        west = shapely.intersection(mainland, level).bounds[0]
        points.append(shapely.Point(np.ceil(west) + 20, height))
    return _named("Port démo", points)


def build_protected_areas(communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Draw protected areas along the coast and the synthetic rivers.

    Parameters
    ----------
    communes
        Communes of the region, EPSG:2154.

    Returns
    -------
    GeoDataFrame
        ``name``, ``kind`` (a key of :data:`KIND_COUNTS`) and polygon; areas of different
        kinds may overlap, as the real ones do.
    """
    region = _region(communes)
    kinds = np.repeat(list(KIND_COUNTS), list(KIND_COUNTS.values()))
    centres = _valley_places(communes, len(kinds))
    # Deal the kinds out so that each is found all over the region.
    dealt = kinds[np.argsort(uniform("kind", np.arange(len(kinds), dtype=np.uint64)))]
    shapes = []
    for rank, (centre, kind) in enumerate(zip(centres, dealt.tolist(), strict=True)):
        blob = shapely.intersection(_blob(centre, _RADII_M[kind], rank), region)
        largest = max(shapely.get_parts(blob), key=shapely.area)
        shapes.append(shapely.Polygon(largest.exterior))
    areas = _named("Aire protégée démo", shapes)
    areas.insert(1, "kind", dealt)
    return areas


def _valley_places(communes: gpd.GeoDataFrame, count: int) -> Floats:
    """Return places near the synthetic rivers or the coast, well apart from each other."""
    coast = max(shapely.get_parts(_region(communes)), key=shapely.area).exterior
    ordered = communes.sort_values("code")
    points = np.rint(shapely.get_coordinates(ordered.representative_point()))
    wet = np.array([fields.river(x, y) for x, y in points.tolist()])
    seaside = shapely.distance(coast, shapely.points(points)) < 3_000
    seaside &= points[:, 0] < _COAST_WEST_OF_M
    liking = np.where(seaside, 0.0, wet) + 0.02 * uniform("area", keys_of(ordered["code"]))
    kept: list[int] = []
    for rank in np.argsort(liking, kind="stable").tolist():
        gaps = np.linalg.norm(points[kept] - points[rank], axis=1)
        if gaps.size == 0 or gaps.min() > _AREA_SPACING_M:
            kept.append(rank)
        if len(kept) == count:
            break
    chosen: Floats = points[np.sort(kept)]
    return chosen


def _blob(centre: Floats, radius_m: float, rank: int) -> BaseGeometry:
    """Return an oblong shape with a wavy edge, lying along the synthetic valley."""
    angle = np.arange(_BLOB_VERTICES) * (2 * np.pi / _BLOB_VERTICES)
    reach = np.ones(_BLOB_VERTICES)
    for wave in range(2, 8):
        phase = 2 * np.pi * float(uniform("blob phase", rank, wave))
        reach += 0.5 / wave * float(normal("blob", rank, wave)) * np.cos(wave * angle + phase)
    reach = radius_m * np.clip(reach, 0.35, 2.0)
    across = reach * np.sin(angle)
    along = _MAJOR_AXIS * reach * np.cos(angle)
    x, y = centre.tolist()
    step = 200.0
    slope_x = fields.river(x + step, y) - fields.river(x - step, y)
    slope_y = fields.river(x, y + step) - fields.river(x, y - step)
    course = np.arctan2(slope_x, -slope_y)  # at right angles to the slope: downstream
    turned = np.column_stack(
        [
            x + along * np.cos(course) - across * np.sin(course),
            y + along * np.sin(course) + across * np.cos(course),
        ]
    )
    return shapely.make_valid(shapely.Polygon(np.rint(turned)))


def _region(communes: gpd.GeoDataFrame) -> BaseGeometry:
    return shapely.coverage_union_all(communes.sort_values("code").geometry.to_numpy())


def _named(prefix: str, shapes: Sequence[BaseGeometry]) -> gpd.GeoDataFrame:
    names = pd.Series([f"{prefix} {rank:02}" for rank in range(1, len(shapes) + 1)], dtype=str)
    return gpd.GeoDataFrame({"name": names}, geometry=shapes, crs=CRS)


def write_places(table: gpd.GeoDataFrame, path: Path) -> None:
    """Write a table of places as GeoParquet, always with the same bytes.

    Parameters
    ----------
    table
        The places.
    path
        File to write.
    """
    table.to_parquet(path, index=False, compression="zstd")
