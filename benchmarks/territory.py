"""Every optional layer of the embedded territory, synthetic: so that all criteria are measured.

Figures are drawn at random, in the layouts that the readers take; the counts are those of a
region: a road node every 400 m, a stop per 250 inhabitants, thousands of zones. Nothing here is
observed: it stands for the load of the official layers, in benchmarks alone.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import areas
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from reach import grid

from layers.housing import load_housing
from layers.housing_tension import ABC_ZONES
from layers.jobs import FRR_CLASSES
from layers.road_network import make_network, write_network
from layers.site_table import SITES
from layers.surroundings import HAZARD_REGIMES, PERIMETERS, RISK_ZONES, RISKS
from layers.tables import demonstration_provenance
from layers.territory import load_communes

STEP_M = 400.0
COUNTS = {
    "airports": 8, "substations": 250, "hazardous_sites": 80, "establishments": 6_000,
    "freight_sidings": 150, "sewage_plants": 1_000, "public_transport_stops": 15_000,
    "gas_network": 400, "brownfields": 1_300, "activity_zones": 900, "risk_plans": 3_000,
    "water_catchments": 900, "zoning": 20_000,
}  # fmt: skip
DAY = "20261124"
"""The working day of the feed: a Tuesday."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What the layers are drawn from: a generator, the communes, where to write."""

    rng: np.random.Generator
    communes: gpd.GeoDataFrame
    people: pd.Series
    dwellings: pd.Series
    folder: Path

    def points(self, name: str) -> Any:
        """Return points in the territory, as many as the layer holds."""
        outline = shapely.union_all(self.communes.geometry.array)
        shapely.prepare(outline)
        low, high = np.split(np.array(outline.bounds), 2)
        spots = self.rng.uniform(low, high, (3 * COUNTS[name], 2))
        inside = spots[shapely.contains_xy(outline, *spots.T)][: COUNTS[name]]
        return shapely.points(inside)

    def shapes(self, name: str) -> Any:
        """Return irregular polygons of 1 to 300 ha in the territory."""
        points = self.points(name)
        drawn = np.asarray(areas.stars(self.rng, len(points), 1_000.0).array, dtype=object)
        moves = shapely.get_coordinates(points) - shapely.get_coordinates(shapely.centroid(drawn))
        coordinates, owners = shapely.get_coordinates(drawn, return_index=True)
        return shapely.set_coordinates(drawn, coordinates + moves[owners])

    def table(self, name: str, **columns: Any) -> Path:
        """Write a table of communes as it is published: a CSV file."""
        path = self.folder / f"{name}.csv"
        pd.DataFrame({"CODGEO": self.communes["code"], **columns}).to_csv(
            path, sep=";", index=False
        )
        return path

    def places(self, name: str, geometry: Any, **columns: Any) -> Path:
        """Write places with the columns of their contract: a GeoPackage."""
        path = self.folder / f"{name}.gpkg"
        table = {"name": [f"{name} {i}" for i in range(len(geometry))], **columns}
        gpd.GeoDataFrame(table, geometry=geometry, crs=2154).to_file(path)
        return path


Writer = Callable[[Drawn], Path]


def declared(rng: np.random.Generator, sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return sites that declare all that a criterion reads, drawn at random."""
    chosen = {
        column.name: rng.choice(column.choices, len(sites))
        for column in SITES.columns
        if column.choices and column.name.startswith(("readiness_", "vocation", "land_control"))
    }
    flags = ("is_brownfield", "gas", "fibre", "sewer")
    return sites.assign(
        **chosen,
        **{name: rng.random(len(sites)) < 0.5 for name in flags},
        usable_area_m2=0.8 * sites.area,
        power_mw=rng.uniform(0, 40, len(sites)),
        water_m3_day=rng.uniform(0, 2_000, len(sites)),
    )


def write_layers(rng: np.random.Generator, folder: Path) -> dict[str, Path]:
    """Write every optional layer that a criterion reads.

    Parameters
    ----------
    rng
        The generator.
    folder
        Where to write.

    Returns
    -------
    dict
        Files by name of layer, as :func:`siting.world.load_world` takes them.
    """
    communes = load_communes().geo
    housing = load_housing().data.set_index("code").loc[communes["code"]]
    drawn = Drawn(rng, communes, housing["population"], housing["dwellings"], folder)
    return {name: write(drawn) for name, write in WRITERS.items()}


def _vacancy(drawn: Drawn) -> Path:
    total = drawn.dwellings.to_numpy().round().astype(int) + 1
    long = (total * drawn.rng.uniform(0.01, 0.08, len(total))).astype(int)
    return drawn.table(
        "vacancy", pp_vacant_25=2 * long, pp_vacant_plus_2ans_25=long, ff_pp_total_25=total
    )


def _tension(drawn: Drawn) -> Path:
    return drawn.table("housing_tension", zonage_abc=drawn.rng.choice(ABC_ZONES, len(drawn.people)))


def _prices(drawn: Drawn) -> Path:
    count = len(drawn.people)
    columns = {}
    for kind in ("", "_cod111", "_cod121"):
        columns[f"dvf_nbtrans{kind}"] = drawn.rng.integers(1, 500, count)
        columns[f"dvf_pxm2_median{kind}"] = drawn.rng.uniform(900, 5_000, count).round(1)
    return drawn.table("prices", **columns)


def _job_seekers(drawn: Drawn) -> Path:
    seekers = (drawn.people * drawn.rng.uniform(0.03, 0.09, len(drawn.people))).round(-1)
    return drawn.table("job_seekers", mois="2026-06", demandeurs_emploi=seekers.astype(int).array)


def _frr(drawn: Drawn) -> Path:
    column = {
        "Classement FRR et FRR+ au 10 juillet 2025": drawn.rng.choice(
            FRR_CLASSES, len(drawn.people)
        )
    }
    return drawn.table("frr", **column)


def _census(drawn: Drawn, name: str, **shares: tuple[float, float]) -> Path:
    """Write columns of the census: each between two shares of the inhabitants."""
    people = drawn.people.to_numpy()
    columns = {
        column: np.round(people * drawn.rng.uniform(*bounds, len(people)), 2)
        for column, bounds in shares.items()
    }
    return drawn.table(name, **columns)


def _jobs(drawn: Drawn) -> Path:
    return _census(
        drawn, "workplace_jobs",
        P22_EMPLT=(0.2, 0.6), C22_EMPLT_INDUS=(0.02, 0.15), P22_ACTOCC15P=(0.35, 0.5),
    )  # fmt: skip


def _commutes(drawn: Drawn) -> Path:
    return _census(
        drawn, "commute_modes",
        C22_ACTOCC15P_MAR=(0.01, 0.04), C22_ACTOCC15P_VELO=(0.0, 0.03),
        C22_ACTOCC15P_2ROUESMOT=(0.0, 0.01), C22_ACTOCC15P_VOIT=(0.2, 0.4),
        C22_ACTOCC15P_TCOM=(0.0, 0.06),
    )  # fmt: skip


def _figures(
    name: str, low: float, high: float, *, per_dwelling: bool = True
) -> Callable[[Drawn], Path]:
    """Return the writer of one figure a commune, with the columns of its contract."""
    column = {
        "housing_permits": "dwellings_year", "social_housing": "social_dwellings",
        "fibre_coverage": "fibre_share",
    }[name]  # fmt: skip

    def write(drawn: Drawn) -> Path:
        values = drawn.rng.uniform(low, high, len(drawn.people))
        if per_dwelling:
            values = np.round(values * drawn.dwellings.to_numpy())
        path = drawn.folder / f"{name}.csv"
        pd.DataFrame({"code": drawn.communes["code"], column: values}).to_csv(path, index=False)
        return path

    return write


def _water_zones(drawn: Drawn) -> Path:
    path = drawn.folder / "water_zones.csv"
    zre = drawn.rng.choice(["true", "false"], len(drawn.people))
    pd.DataFrame({"code": drawn.communes["code"], "zre": zre}).to_csv(path, index=False)
    return path


def _sidings(drawn: Drawn) -> Path:
    path = drawn.folder / "freight_sidings.geojson"
    points = drawn.points("freight_sidings")
    table = {
        "raison_sociale": "Démo",
        "etat": drawn.rng.choice(["Bon", "Inutilisable"], len(points)),
    }
    gpd.GeoDataFrame(table, geometry=points, crs=2154).to_crs(4326).to_file(path)
    return path


def _sewage(drawn: Drawn) -> Path:
    points = drawn.points("sewage_plants")
    count = len(points)
    capacity = drawn.rng.integers(100, 50_000, count)
    x, y = shapely.get_coordinates(points).T
    table = {
        "CdOuvrageDepollution": [f"04{i:010d}" for i in range(count)],
        "NomOuvrageDepollution": [f"Démo {i}" for i in range(count)],
        "CdCommune": drawn.rng.permutation(np.resize(drawn.communes["code"], count)),
        "CdAgglomerationAssainissement": [f"A{i:07d}" for i in range(count)],
        "CapaciteNom": capacity, "SomCapaNom": capacity,
        "SomChrgMaxEntree": (capacity * drawn.rng.uniform(0.3, 1.1, count)).astype(int) + 1,
        "CoordXOuvrageDepollution": x, "CoordYOuvrageDepollution": y,
        "CdProjCoordOuvrageDepollution": 26,
        "DateMiseServiceOuvrageDepollution": "2001-01-01",
    }  # fmt: skip
    path = drawn.folder / "sewage_plants.csv"
    pd.DataFrame(table).to_csv(path, sep=";", index=False)
    return path


def _stops(drawn: Drawn) -> Path:
    """Write a feed: lines of 20 stops, with 1 to 60 trips on the working day."""
    points = gpd.GeoSeries(drawn.points("public_transport_stops"), crs=2154).to_crs(4326)
    lines = -(-len(points) // 20)
    trips = drawn.rng.integers(1, 60, lines)
    stops = pd.DataFrame(
        {
            "stop_id": [f"S{i}" for i in range(len(points))],
            "stop_name": "Démo", "stop_lon": points.x, "stop_lat": points.y,
        }
    )  # fmt: skip
    line = np.repeat(np.arange(lines), trips)
    number = np.concatenate([np.arange(count) for count in trips])
    names = [f"{a}-{b}" for a, b in zip(line, number, strict=True)]
    trip = pd.DataFrame({"route_id": line, "service_id": "D", "trip_id": names})
    order = np.tile(np.arange(20), len(trip))
    called = np.minimum(np.repeat(line, 20) * 20 + order, len(points) - 1)
    minutes = 300 + 15 * np.repeat(number, 20) + 3 * order
    times = [f"{m // 60:02d}:{m % 60:02d}:00" for m in minutes]
    calls = {
        "trip_id": np.repeat(names, 20), "arrival_time": times, "departure_time": times,
        "stop_id": [f"S{i}" for i in called], "stop_sequence": order,
    }  # fmt: skip
    routes = {"route_id": np.arange(lines), "agency_id": "D", "route_type": 3}
    agency = {"agency_id": ["D"], "agency_name": ["Démo"], "agency_url": ["https://example.org"]}
    tables = {
        "agency": pd.DataFrame(agency | {"agency_timezone": ["Europe/Paris"]}),
        "routes": pd.DataFrame(routes | {"route_short_name": np.arange(lines)}),
        "calendar_dates": pd.DataFrame({"service_id": ["D"], "date": [DAY], "exception_type": [1]}),
        "stops": stops,
        "trips": trip,
        "stop_times": pd.DataFrame(calls),
    }
    path = drawn.folder / "public_transport_stops.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, table in tables.items():
            archive.writestr(f"{name}.txt", table.to_csv(index=False))
    return path


def _roads(drawn: Drawn) -> Path:
    """Write a bent grid of two-way roads over the territory."""
    low_x, low_y, high_x, high_y = drawn.communes.total_bounds
    shape = int((high_y - low_y) // STEP_M) + 2, int((high_x - low_x) // STEP_M) + 2
    source = demonstration_provenance("Synthetic grid", "", vintage="", method="benchmark")
    path = drawn.folder / "road_network.parquet"
    write_network(make_network(grid(drawn.rng, shape, (low_x, low_y), STEP_M), source), path)
    return path


def _of_places(
    name: str, *, area: bool = False, **choices: tuple[str, ...]
) -> Callable[[Drawn], Path]:
    """Return the writer of points, or of polygons, with a choice in each column."""

    def write(drawn: Drawn) -> Path:
        geometry = drawn.shapes(name) if area else drawn.points(name)
        columns = {key: drawn.rng.choice(words, len(geometry)) for key, words in choices.items()}
        return drawn.places(name, geometry, **columns)

    return write


def _gas(drawn: Drawn) -> Path:
    starts = shapely.get_coordinates(drawn.points("gas_network"))
    ends = starts + drawn.rng.uniform(-8_000, 8_000, starts.shape)
    return drawn.places("gas_network", shapely.linestrings(np.stack([starts, ends], axis=1)))


def _activity_zones(drawn: Drawn) -> Path:
    geometry = drawn.shapes("activity_zones")
    jobs = np.round(15 * shapely.area(geometry) / 10_000)
    return drawn.places("activity_zones", geometry, jobs=jobs)


WRITERS: dict[str, Writer] = {
    "vacancy": _vacancy,
    "housing_tension": _tension,
    "prices": _prices,
    "job_seekers": _job_seekers,
    "frr": _frr,
    "workplace_jobs": _jobs,
    "commute_modes": _commutes,
    "housing_permits": _figures("housing_permits", 0.002, 0.02),
    "social_housing": _figures("social_housing", 0.01, 0.2),
    "fibre_coverage": _figures("fibre_coverage", 0.2, 1.0, per_dwelling=False),
    "water_zones": _water_zones,
    "freight_sidings": _sidings,
    "sewage_plants": _sewage,
    "public_transport_stops": _stops,
    "road_network": _roads,
    "airports": _of_places("airports"),
    "substations": _of_places("substations"),
    "hazardous_sites": _of_places("hazardous_sites", regime=HAZARD_REGIMES),
    "establishments": _of_places("establishments", naf=("10", "20", "22", "24", "25", "28", "38")),
    "brownfields": _of_places("brownfields", area=True),
    "risk_plans": _of_places("risk_plans", area=True, risk=RISKS, zone=RISK_ZONES),
    "water_catchments": _of_places("water_catchments", area=True, perimeter=PERIMETERS),
    "gas_network": _gas,
    "activity_zones": _activity_zones,
}
