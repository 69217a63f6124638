"""The ground of a map: outlines, towns and places, the same for every run of a world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.spec import Layer
from layers.territory import Level, Territory
from siting.maps.page import asset, page_json
from siting.maps.signs import BROWNFIELD, PLACES
from siting.world import World

_SIMPLIFICATION_M: Final = 300.0
_TOWNS: Final = ((7.0, 30_000, 14_000), (8.75, 15_000, 4_000), (9.75, 8_000, 0), (11.0, 4_000, 0))
"""Zoom from which a rank of towns is named, least distance (m) and population of each."""


@dataclass(frozen=True, eq=False)
class Ground:
    """Outlines, towns and places of a world, ready to be drawn.

    Coordinates are whole 1e-5 degrees (about 1 m), the first point of a line, then moves.

    Parameters
    ----------
    units
        Polygons of the territories of each level, by code.
    borders
        Lines of ``region`` and of ``departement`` inside it.
    towns
        Longitude, latitude (degrees), name and rank (0 for the largest towns).
    points
        Longitude, latitude and name, by layer.
    areas
        Rings, name and kind of each protected area.
    brownfields
        The same of each surveyed brownfield.
    bounds
        South-west and north-east corners (latitude, longitude).
    communes
        Simplified outlines by code, from which other levels are drawn.
    """

    units: Mapping[str, Mapping[str, list[Any]]]
    borders: Mapping[str, list[Any]]
    towns: list[list[Any]]
    points: Mapping[str, list[list[Any]]]
    areas: list[list[Any]]
    brownfields: list[list[Any]]
    bounds: list[list[float]]
    communes: gpd.GeoSeries

    @cached_property
    def script(self) -> str:
        """The script that draws maps, with this ground: the same for every run."""
        ground = {
            "units": self.units,
            "borders": self.borders,
            "towns": self.towns,
            "townZooms": [zoom for zoom, _, _ in _TOWNS],
            "points": self.points,
            "areas": self.areas,
            "brownfields": self.brownfields,
            "bounds": self.bounds,
        }
        return f"{asset('layers.js')}\n{asset('map.js')}\nvar sitingGround = {page_json(ground)};\n"

    @cached_property
    def borders_of_communes(self) -> list[tuple[int, int]]:
        """Return the communes that share a border, by position, each pair once."""
        shapes = self.communes.to_numpy()
        # Simplified as a coverage: neighbours keep the very same border.
        one, other = shapely.STRtree(shapes).query(shapes, predicate="touches")
        once = one < other
        one, other = one[once], other[once]
        shared_m = shapely.length(shapely.intersection(shapes[one], shapes[other]))
        return list(zip(one[shared_m > 0].tolist(), other[shared_m > 0].tolist(), strict=True))


def make_ground(world: World) -> Ground:
    """Simplify and encode what the maps of a world have in common.

    Parameters
    ----------
    world
        The territory and its layers.

    Returns
    -------
    Ground
        To be made once and shared by maps.
    """
    territory = world.territory
    communes = territory.units(Level.COMMUNE)
    # Simplified as a coverage: neighbours keep the same border, no gap and no overlap.
    outlines = shapely.coverage_simplify(communes.geometry.to_numpy(), _SIMPLIFICATION_M)
    communes = gpd.GeoDataFrame(communes[["code", "name"]], geometry=outlines, crs=communes.crs)
    levels = {"commune": communes}
    for level in (Level.EPCI, Level.DEPARTEMENT, Level.ZONE_EMPLOI, Level.REGION):
        if level in territory.levels:
            codes = territory.parents()[str(level)].reindex(communes["code"]).to_numpy()
            levels[str(level)] = communes[["geometry"]].dissolve(by=codes, method="coverage")
    own = communes.set_index("code").geometry
    shapes = {level: own if level == "commune" else of.geometry for level, of in levels.items()}
    crs, outline = communes.crs, _borders(levels["region"].geometry)
    west, south, east, north = communes.to_crs(4326).total_bounds
    return Ground(
        units={level: by_code(of) for level, of in shapes.items() if level != Level.REGION},
        borders={
            level: _encoded_lines(shapely.difference(_borders(levels[level].geometry), above), crs)
            for level, above in (
                ("departement", outline),
                ("region", shapely.LineString()),
            )
        },
        # A layer that is absent draws nothing: another territory may have only some.
        towns=_towns(territory, world.layers.get("housing")),
        points={name: _points(world.layers.get(name)) for name in PLACES},
        areas=_areas(world.layers.get("protected_areas")),
        brownfields=_areas(world.layers.get("brownfields"), BROWNFIELD),
        bounds=[[float(south), float(west)], [float(north), float(east)]],
        communes=own,
    )


def by_code(shapes: gpd.GeoSeries) -> dict[str, list[Any]]:
    """Encode the polygons of territories.

    Parameters
    ----------
    shapes
        Polygons by code.

    Returns
    -------
    dict
        As :func:`encoded`, by code.
    """
    return {str(code): rings for code, rings in encoded(shapes).items()}


def drawn_units(ground: Ground, codes: pd.Series) -> dict[str, list[Any]]:
    """Encode the territories of a level that only a scenario gives, such as its SCoT.

    Parameters
    ----------
    ground
        The ground.
    codes
        Code of the territory of each commune.

    Returns
    -------
    dict
        As :func:`encoded`, by code.
    """
    communes = gpd.GeoDataFrame(geometry=ground.communes)
    of = communes.dissolve(by=codes.reindex(communes.index).to_numpy(), method="coverage")
    return by_code(of.geometry)


def neighbours(ground: Ground, codes: pd.Series) -> dict[str, tuple[str, ...]]:
    """Return the territories that share a border, more than a point of it.

    Parameters
    ----------
    ground
        The ground.
    codes
        Code of the territory of each commune.

    Returns
    -------
    dict
        Codes of the neighbours by code, sorted; those outside the ground are not known.
    """
    own = codes.reindex(ground.communes.index).to_numpy()
    found: dict[str, set[str]] = {str(code): set() for code in own}
    for one, other in ground.borders_of_communes:
        if own[one] != own[other]:
            found[str(own[one])].add(str(own[other]))
            found[str(own[other])].add(str(own[one]))
    return {code: tuple(sorted(others)) for code, others in found.items()}


def encoded(shapes: gpd.GeoSeries) -> dict[Any, list[Any]]:
    """Encode polygons for the script.

    Parameters
    ----------
    shapes
        Polygons, in any CRS.

    Returns
    -------
    dict
        By label: a list of polygons, each a list of rings, each a list of moves.
    """
    degrees = shapes.to_crs(4326)
    return {
        label: [
            [_moves(ring) for ring in (polygon.exterior, *polygon.interiors)]
            for polygon in shapely.get_parts(shape)
        ]
        for label, shape in degrees.items()
    }


def _borders(shapes: gpd.GeoSeries) -> shapely.Geometry:
    """Return the borders of polygons that tile the land, each once."""
    return shapely.union_all(shapely.boundary(shapes.to_numpy()))


def _encoded_lines(lines: shapely.Geometry, crs: object) -> list[Any]:
    merged = shapely.get_parts(shapely.line_merge(lines))
    return [_moves(line) for line in gpd.GeoSeries(merged, crs=crs).to_crs(4326)]


def _moves(line: shapely.Geometry) -> list[int]:
    """Encode a line: whole 1e-5 degrees, the first point, then moves."""
    whole = np.round(shapely.get_coordinates(line) * 1e5).astype("int64")
    steps = np.diff(whole, axis=0, prepend=np.zeros((1, 2), dtype="int64"))
    still = (steps == 0).all(axis=1)
    still[0] = False
    moves: list[int] = steps[~still].ravel().tolist()
    return moves


def _towns(territory: Territory, housing: Layer | None) -> list[list[Any]]:
    """Name the largest towns, far enough from one another to be read at each zoom."""
    if housing is None:
        return []
    communes = territory.units(Level.COMMUNE)
    population = communes["code"].map(housing.data.set_index("code")["population"])
    order = population.astype("float64").sort_values(ascending=False).dropna()
    points = communes.geometry.representative_point()
    degrees = points.to_crs(4326)
    places = np.column_stack([points.x, points.y])
    kept: list[int] = []
    towns: list[list[Any]] = []
    for rank, (_zoom, distance_m, least) in enumerate(_TOWNS):
        for position in order.index[order >= least]:
            near = places[kept] - places[position]
            if position in kept or (kept and np.hypot(*near.T).min() < distance_m):
                continue
            kept.append(position)
            at = degrees.loc[position]
            name = str(communes["name"].loc[position])
            towns.append([round(at.x, 4), round(at.y, 4), name, rank])
    return towns


def _points(layer: Layer | None) -> list[list[Any]]:
    if layer is None:
        return []
    degrees = layer.geo.geometry.centroid.to_crs(4326)
    columns = zip(degrees.x, degrees.y, layer.data["name"].fillna(""), strict=True)
    return [[round(x, 5), round(y, 5), str(name)] for x, y, name in columns]


def _areas(layer: Layer | None, kind: str = "") -> list[list[Any]]:
    """Encode areas, with the kind of each: that of the layer where it tells one."""
    if layer is None:
        return []
    simpler = layer.geo.geometry.simplify(30, preserve_topology=True)
    rings = encoded(simpler.reset_index(drop=True))
    kinds = layer.data["kind"] if "kind" in layer.data else [kind] * len(layer.data)
    columns = zip(rings.values(), layer.data["name"].fillna(""), kinds, strict=True)
    return [[shape, str(name), str(of)] for shape, name, of in columns]
