"""A tiny world for criteria: sites and layers made in the test, metres from the origin."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from layers.spec import Layer, LayerSpec, Provenance, Status
from layers.surroundings import SURROUNDINGS
from siting.criteria.inputs import Inputs
from siting.domain import LandClass
from siting.scenario import load_scenario

SOURCE = Provenance("test", "test", "2025", "test", Status.DEMONSTRATION)
UNKNOWN_STATEMENTS = (
    "usable_area_m2",
    "is_brownfield",
    "rail_siding",
    "quay",
    "power_mw",
    "water_m3_day",
    "gas",
    "fibre",
    "sewer",
    "readiness_land",
    "readiness_planning",
    "readiness_environment",
    "readiness_servicing",
    "readiness_commercial",
    "expected_jobs",
    "vocation",
)


POLYGONS = {
    **dict.fromkeys(("communes", "protected_areas"), "polygon"),
    **{name: spec.geometry for name, spec in SURROUNDINGS.items()},
}


def site_table(*rows):
    """One site a row; all that a row does not say is unknown. 100 m squares by default."""
    shapes = [row.pop("geometry", shapely.box(0, 0, 100, 100)) for row in map(dict, rows)]
    stated = [{k: v for k, v in row.items() if k != "geometry"} for row in rows]
    table = pd.DataFrame(stated, index=[f"S{i}" for i in range(len(rows))])
    for column in UNKNOWN_STATEMENTS:
        if column not in table:
            table[column] = None
    table["gross_area_m2"] = shapely.area(shapes)
    return gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:2154")


def layer_of(name, geometry=None, /, **columns):
    """A layer, with geometry or not."""
    data = pd.DataFrame(columns)
    if geometry is None:
        return Layer(LayerSpec(name, name, ()), data, SOURCE)
    kind = POLYGONS.get(name, "point")
    spec = LayerSpec(name, name, (), crs="EPSG:2154", geometry=kind)
    return Layer(spec, gpd.GeoDataFrame(data, geometry=list(geometry), crs="EPSG:2154"), SOURCE)


@pytest.fixture(scope="session")
def layer():
    """Make a layer: ``layer(name, geometry, column=values…)``."""
    return layer_of


@pytest.fixture(scope="session")
def make_inputs():
    """Make inputs: rows of sites, layers, land measures and parameters to change."""
    base = load_scenario("base").measure

    def make(*rows, layers=(), areas_m2=None, enaf_m2=None, remaining_m2=None, **parameters):
        sites = site_table(*(rows or ({},)))
        enaf = pd.Series(enaf_m2, index=sites.index, dtype="float64")
        left = pd.Series(remaining_m2, index=sites.index, dtype="float64")
        shares = pd.DataFrame(
            {"site": sites.index, "area_m2": 1.0, "enaf_m2": enaf.array, "remaining_m2": left.array}
        )
        areas = pd.DataFrame(0.0, index=sites.index, columns=[c.value for c in LandClass])
        return Inputs(
            sites=sites,
            layers={one.spec.name: one for one in layers},
            areas_m2=areas.assign(**(areas_m2 or {})),
            enaf_m2=enaf,
            epci_shares=shares,
            parameters=base.model_copy(update=parameters),
        )

    return make


@pytest.fixture(scope="session")
def towns():
    """Four communes in a row, 10 km wide: centres at x = 5, 15, 25 and 35 km, y = 0."""
    codes = ["44001", "44002", "44003", "44004"]
    boxes = [shapely.box(x, -5_000, x + 10_000, 5_000) for x in range(0, 40_000, 10_000)]
    return {
        "communes": layer_of("communes", boxes, code=codes),
        "housing": layer_of(
            "housing",
            code=codes,
            population_20_64=[100, 200, 400, 800],
            dwellings=[1_000, 2_000, 3_000, 4_000],
            vacant_dwellings=[50, 100, 300, 400],
            population=[200, 400, 800, 1_600],
            main_residences=[900, 1_800, 2_500, 3_500],
        ),
        "housing_tension": layer_of("housing_tension", code=codes, zone=["C", "B1", "A", None]),
        "vacancy": layer_of(
            "vacancy",
            code=codes,
            private_dwellings=[1_000, 1_500, 2_000, 4_000],
            vacant_2_years=[40, None, None, 80],
            vacant_2_years_percent=[4.0, 4.0, None, 2.0],
        ),
        "prices": layer_of(
            "prices", code=codes, sales=[10, 30, 0, 40], price_eur_m2=[1_000, 2_000, None, 3_000]
        ),
        "job_seekers": layer_of("job_seekers", code=codes, job_seekers=[10, 20, None, 120]),
        "workplace_jobs": layer_of(
            "workplace_jobs",
            code=codes,
            jobs=[40, 90, 0, 900],
            industry_jobs=[10, 30, 0, 90],
            employed_residents=[80, 90, 50, 0],
        ),
        "commute_modes": layer_of(
            "commute_modes",
            code=codes,
            commuters=[80, 90, 50, 400],
            car_free_commuters=[8, 9, 20, 100],
        ),
        "housing_permits": layer_of("housing_permits", code=codes, dwellings_year=[1, 2, 6, 8]),
        "social_housing": layer_of(
            "social_housing", code=codes, social_dwellings=[90, 180, 500, 700]
        ),
        "fibre_coverage": layer_of("fibre_coverage", code=codes, fibre_share=[0.4, None, 0.9, 1.0]),
        "water_zones": layer_of("water_zones", code=codes, zre=[True, False, None, False]),
        "zonings": layer_of(
            "zonings",
            code=codes,
            cateaav2020=["20", "30", "12", "11"],
            frr_2025=["FRR socle", "Non classée", "FRR+", "Non classée"],
        ),
    }
