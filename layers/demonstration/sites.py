"""Thirty demonstration sites, six in each département, in a file a user could have made.

Names, areas, shapes and attributes are made up; only the places they are set near (town
centres, stations, borders of EPCI) are real. :data:`PLANS` says what each site shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyogrio
import shapely
from shapely.geometry.base import BaseGeometry

from layers.demonstration.attributes import attributes
from layers.demonstration.hashing import uniform
from layers.demonstration.plans import PLANS, Plan, Role
from layers.demonstration.roads import local_roads, main_towns, motorways, town_centres
from layers.demonstration.shapes import draw

Floats = npt.NDArray[np.float64]

FILE_NAME: Final = "sites.gpkg"
LAYER_NAME: Final = "sites"
CRS: Final = "EPSG:2154"
WRITTEN: Final = "2026-11-23T00:00:00.000Z"  # GeoPackage records a date; a fixed one here

_ATTEMPTS = 4_000
_FROM_ROADS_M = 45.0
_FROM_SITES_M = 400.0
# How near and how far a site is from what it is set around.
_REACH_M: Final[dict[Role, tuple[float, float]]] = {
    "interchange": (500.0, 3_000.0),
    "brownfield": (200.0, 1_800.0),
    "station": (600.0, 2_500.0),
    "town": (2_000.0, 6_000.0),
    "remote": (1_500.0, 5_000.0),
    "protected": (0.0, 3_000.0),
    "border": (500.0, 12_000.0),
}
_LEAST_SHARE = 0.25  # of a site across two EPCI in each, of a site in a protected area


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What sites are set near to or away from; every table in EPSG:2154.

    Parameters
    ----------
    communes
        ``code``, ``epci``, ``departement`` and outlines that tile the territory.
    housing
        ``code`` and ``dwellings``.
    stations, interchanges
        Points.
    protected_areas
        ``kind`` and polygons.
    """

    communes: gpd.GeoDataFrame
    housing: pd.DataFrame
    stations: gpd.GeoDataFrame
    interchanges: gpd.GeoDataFrame
    protected_areas: gpd.GeoDataFrame


class _Finder:
    """Looks for a place that suits each plan, one after the other."""

    def __init__(self, around: Surroundings) -> None:
        communes = around.communes.sort_values("code", ignore_index=True)
        self.communes = communes
        self.tree = shapely.STRtree(communes.geometry.to_numpy())
        self.towns = town_centres(communes, around.housing)
        self.town_departement = communes["departement"].to_numpy()
        self.town_radius = 60.0 * np.sqrt(np.maximum(self.towns.dwellings, 50.0)) ** 0.75
        self.stations = _within(around.stations, communes)
        self.interchanges = _within(around.interchanges, communes)
        roads = [*motorways(self.towns), *local_roads(self.towns)]
        self.roads = shapely.STRtree(roads)
        self.protected = shapely.union_all(around.protected_areas.geometry.to_numpy())
        natura = around.protected_areas[around.protected_areas["kind"] == "natura_2000"]
        self.natura = shapely.get_coordinates(shapely.centroid(natura.geometry.to_numpy()))
        self.used: list[BaseGeometry] = []

    def place(self, plan: Plan) -> BaseGeometry:
        """Return the shape of a plan, at the first place tried that suits it."""
        anchors, (near, far) = self._anchors(plan), _REACH_M[plan.role]
        for attempt in range(_ATTEMPTS):
            draws = [float(uniform("site", plan.key, attempt, k)) for k in range(4)]
            anchor = anchors[int(draws[0] * len(anchors))]
            reach, angle = near + draws[1] * (far - near), 2 * np.pi * draws[2]
            centre = np.rint(anchor + reach * np.array([np.cos(angle), np.sin(angle)]))
            shape = draw(plan.shape, plan.area_ha * 1e4, centre, key=plan.key, turn=draws[3])
            if self._suits(plan, shape):
                self.used.append(shape)
                return shape
        raise RuntimeError(f"no place found for site {plan.site_id}")

    def _anchors(self, plan: Plan) -> Floats:
        """Return the points a site is set around."""
        ours = self.town_departement == plan.departement
        if plan.role in ("interchange", "border"):
            return self.interchanges[plan.departement]
        if plan.role == "station":
            return self.stations[plan.departement]
        if plan.role == "protected":
            return self.natura
        if plan.role == "brownfield":
            largest = np.argsort(-self.towns.dwellings[ours], kind="stable")
            ours = np.flatnonzero(ours)[largest[plan.rank - 1 : plan.rank]]
        elif plan.role == "town":
            ours = np.intersect1d(main_towns(self.towns), np.flatnonzero(ours))
        anchors: Floats = self.towns.points[ours]
        return anchors

    def _suits(self, plan: Plan, shape: BaseGeometry) -> bool:
        rows = self.tree.query(shape, predicate="intersects")
        ours = self.communes.iloc[rows]
        inside = shapely.area(shapely.intersection(ours.geometry.to_numpy(), shape))
        if inside.sum() < shape.area * (1 - 1e-9) or set(ours["departement"]) != {plan.departement}:
            return False
        shares = pd.Series(inside / shape.area).groupby(ours["epci"].to_numpy()).sum()
        if (
            (len(shares) != 2 or shares.min() < _LEAST_SHARE)
            if plan.role == "border"
            else (len(shares) != 1)
        ):
            return False
        covered = shapely.intersection(shape, self.protected).area / shape.area
        if not (_LEAST_SHARE < covered < 0.95 if plan.role == "protected" else covered == 0):
            return False
        if any(shape.distance(other) < _FROM_SITES_M for other in self.used):
            return False
        return self._suits_town(plan, shape)

    def _suits_town(self, plan: Plan, shape: BaseGeometry) -> bool:
        """Brownfields lie in towns, whatever the roads; the others out of towns and roads."""
        if plan.is_brownfield:
            return True
        if len(self.roads.query(shape, predicate="dwithin", distance=_FROM_ROADS_M)):
            return False
        gaps = shapely.distance(shape, shapely.points(self.towns.points))
        return bool((gaps > self.town_radius).all())


def _within(points: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> dict[str, Floats]:
    """Return the coordinates of points by département, sorted."""
    joined = points[["geometry"]].sjoin(communes[["departement", "geometry"]])
    return {
        str(departement): np.unique(shapely.get_coordinates(group.geometry.to_numpy()), axis=0)
        for departement, group in joined.groupby("departement")
    }


def _cardinal(place: shapely.Point, centre: shapely.Point) -> str:
    """Return which side of ``centre`` a place is on, as a French cardinal point."""
    east, north = place.x - centre.x, place.y - centre.y
    if np.hypot(east, north) < 12_000:
        return "Centre"
    if abs(north) > abs(east):
        return "Nord" if north > 0 else "Sud"
    return "Est" if east > 0 else "Ouest"


def build_sites(around: Surroundings) -> gpd.GeoDataFrame:
    """Draw the demonstration sites and their attributes.

    Parameters
    ----------
    around
        What they are set near to or away from.

    Returns
    -------
    GeoDataFrame
        One row a site, columns of the site table (:data:`layers.site_table.SITES`) but
        those that a reader works out; EPSG:2154, whole metres.
    """
    finder = _Finder(around)
    shapes = [finder.place(plan) for plan in PLANS]
    departements = around.communes.dissolve("departement").representative_point()
    rows = []
    for plan, shape in zip(PLANS, shapes, strict=True):
        middle = shape.representative_point()
        home = finder.communes.iloc[int(finder.tree.query(middle, predicate="within")[0])]
        side = _cardinal(middle, departements[plan.departement])
        row = {
            "site_id": plan.site_id,
            "name": f"Démo {side} {plan.departement}-{plan.number:02}",
            "commune": home["code"],
            "epci": home["epci"],
        }
        rows.append(row | attributes(plan, shape.area))
    table = pd.DataFrame(rows)
    whole = {"works_start_year": "Int32", "expected_jobs": "Int32", "declared_area_m2": "Int32"}
    whole |= {"usable_area_m2": "Int32", "water_m3_day": "Int32"}
    booleans = ("is_brownfield", "gas", "fibre", "sewer", "rail_siding", "quay")
    table = table.astype(whole | dict.fromkeys(booleans, "boolean"))
    parts = [shapely.MultiPolygon(shapely.get_parts(shape).tolist()) for shape in shapes]
    return gpd.GeoDataFrame(table, geometry=parts, crs=CRS)


def write_sites(sites: gpd.GeoDataFrame, path: Path) -> None:
    """Write the sites as a GeoPackage whose bytes depend on the table alone.

    Parameters
    ----------
    sites
        What :func:`build_sites` returns.
    path
        File to write, replaced if it exists.
    """
    path.unlink(missing_ok=True)
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": WRITTEN})
    try:
        sites.to_file(path, layer=LAYER_NAME, driver="GPKG", engine="pyogrio")
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
