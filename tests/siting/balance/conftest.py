"""A small territory: four communes in a row, three EPCI, two départements, 10 km wide each."""

from types import SimpleNamespace

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from layers.spec import Layer, LayerSpec, Provenance, Status
from layers.territory import Level, Territory
from siting.account import open_account
from siting.balance import Ground, cases_of, judge
from siting.domain import LayerUse

SOURCE = Provenance("test", "test", "2025", "test", Status.OBSERVED)
CODES = ["44001", "44002", "44003", "49001"]
EPCI = ["A", "A", "B", "C"]
CENTRES = [5_000, 15_000, 25_000, 35_000]
HECTARE = 10_000
USED = ("sites", "land_cover", "communes", "housing", "zonings", "stations", "enaf_flows")


def layer_of(name, data, geometry=None):
    spec = LayerSpec(name, name, (), crs="EPSG:2154" if geometry else None, geometry=geometry)
    return Layer(spec, data, SOURCE)


def flows(used_m2, reference_m2):
    """Reference 2011-2020, period 2021-2023: equal years, whole m²."""
    years = [*range(2011, 2021), *range(2021, 2024)]
    rows = [
        (code, year, whole // 10 if year < 2021 else used // 3)
        for code, used, whole in zip(CODES, used_m2, reference_m2, strict=True)
        for year in years
    ]
    return pd.DataFrame(rows, columns=["code", "year", "area_m2"]).astype({"area_m2": "Int64"})


@pytest.fixture(scope="session")
def make_world(base):
    """Make a territory: counts of the communes, ENAF used and of the reference, stations."""

    def make(
        *,
        population=(1_000, 1_000, 2_000, 4_000),
        vacant=(10, 20, 30, 40),
        frr=("FRR socle", "Non classée", "FRR+", "Non classée"),
        areas=("11", "20", "30", "20"),
        zones=("5201", "5201", "5202", "5202"),
        used_m2=(30_000, 30_000, 60_000, 120_000),
        reference_m2=(400_000, 400_000, 800_000, 1_600_000),
        stations=(),
        stops=None,
        roads=None,
        workplace=None,
        without=(),
    ):
        boxes = [shapely.box(x - 5_000, -5_000, x + 5_000, 5_000) for x in CENTRES]
        communes = gpd.GeoDataFrame(
            {
                "code": CODES, "name": CODES, "epci": EPCI, "epci_name": [f"CC {e}" for e in EPCI],
                "epci_complete": True, "departement": ["44", "44", "44", "49"],
                "departement_name": ["LA", "LA", "LA", "ML"], "region": "52", "region_name": "PdL",
            },
            geometry=boxes, crs="EPSG:2154",
        )  # fmt: skip
        zonings = pd.DataFrame(
            {
                "code": CODES, "ze2020": zones, "ze2020_name": zones, "cateaav2020": areas,
                "frr_2025": frr,
            }
        )  # fmt: skip
        people = pd.array(population, dtype="Int64")
        housing = pd.DataFrame(
            {
                "code": CODES, "population": people, "population_20_64": people // 2,
                "vacant_dwellings": pd.array(vacant, dtype="Int64"),
            }
        )  # fmt: skip
        points = gpd.GeoDataFrame(
            {"passenger": [True] * len(stations)}, geometry=list(stations), crs="EPSG:2154"
        )
        layers = {
            "communes": layer_of("communes", communes, "polygon"),
            "zonings": layer_of("zonings", zonings),
            "housing": layer_of("housing", housing),
            "stations": layer_of("stations", points, "point"),
            "enaf_flows": layer_of("enaf_flows", flows(used_m2, reference_m2)),
        }
        if stops is not None:
            table = gpd.GeoDataFrame(
                {"departures_day": [day for _, day in stops]},
                geometry=[point for point, _ in stops],
                crs="EPSG:2154",
            )
            layers["public_transport_stops"] = layer_of("public_transport_stops", table, "point")
        if roads is not None:
            layers["road_network"] = roads
        if workplace is not None:
            jobs = pd.DataFrame({"code": CODES, "jobs": pd.array(workplace, dtype="Float64")})
            layers["workplace_jobs"] = layer_of("workplace_jobs", jobs)
        territory = Territory(layers["communes"], layers["zonings"])
        account = open_account(base, territory, layers["enaf_flows"])
        kept = {name: layer for name, layer in layers.items() if name not in without}
        uses = tuple(
            LayerUse(name, name, "test", "2025", "test", Status.OBSERVED)
            for name in (
                *USED,
                *(("public_transport_stops",) if stops is not None else ()),
                *(("road_network",) if roads is not None else ()),
                *(("workplace_jobs",) if workplace is not None else ()),
            )
            if name not in without
        )
        ground = Ground(territory, kept, base.measure)
        return SimpleNamespace(ground=ground, account=account, uses=uses, communes=communes)

    return make


def site_table(*rows):
    """Make sites: ``x``, ``size_m`` of the square (centred on y = 0), and what they declare."""
    shapes = [
        row.get("geometry")
        or shapely.box(row["x"], -row["size_m"] / 2, row["x"] + row["size_m"], row["size_m"] / 2)
        for row in rows
    ]
    names = [row.get("site_id", f"S{i}") for i, row in enumerate(rows)]
    table = pd.DataFrame(
        {
            "expected_jobs": [row.get("jobs") for row in rows],
            "vocation": [row.get("vocation") for row in rows],
            "usable_area_m2": [row.get("usable_m2") for row in rows],
            "gross_area_m2": shapely.area(shapes),
            "enaf_share": [row.get("enaf", 1.0) for row in rows],
        },
        index=names,
    )
    return gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:2154")


def shares_of(sites, communes):
    """Cut sites along communes, as a run does."""
    rows = []
    for site_id, shape, enaf in zip(sites.index, sites.geometry, sites["enaf_share"], strict=True):
        for code, commune in zip(communes["code"], communes.geometry, strict=True):
            area_m2 = shape.intersection(commune).area
            if area_m2 > 0:
                rows.append((site_id, code, area_m2, None if enaf is None else area_m2 * enaf))
    columns = ["site_id", "code", "area_m2", "enaf_m2"]
    table = pd.DataFrame(rows, columns=columns)
    return table.astype({"area_m2": "float64", "enaf_m2": "Float64"})


@pytest.fixture(scope="session")
def make_balance(make_world):
    """Judge sites: rows of :func:`site_table`, or a table; options of the world."""

    def make(*rows, sites=None, **options):
        world = make_world(**options)
        table = site_table(*rows) if sites is None else sites
        shares = shares_of(table, world.communes)
        cases = cases_of(table, shares, world.account, world.ground)
        return judge(world.ground, cases, world.uses, sites=tuple(table.index))

    return make


@pytest.fixture(scope="session")
def level():
    return Level
