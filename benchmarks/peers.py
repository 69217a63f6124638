"""Libraries that only the benchmark compares with; each may be absent (`make peers` adds them).

DuckDB's spatial extension comes as a package for one version of DuckDB, and is read from that
package: nothing is downloaded when the benchmark runs.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

PAIRS = """
    SELECT s.i AS site, p.i AS polygon, ST_Area(ST_Intersection(s.shape, p.shape)) AS area_m2
    FROM sites s JOIN polygons p ON ST_Intersects(s.shape, p.shape)
"""


def with_rasterstats(sites: gpd.GeoSeries, raster: Path) -> pd.DataFrame:
    """Return the cells by class whose centre lies inside, as rasterstats counts them."""
    from rasterstats import zonal_stats  # noqa: PLC0415 - may be absent

    counts = zonal_stats(list(sites), str(raster), categorical=True, nodata=255)
    return pd.DataFrame(counts).fillna(0.0)


def _tables(**layers: gpd.GeoSeries) -> dict[str, pa.Table]:
    return {
        name: pa.table({"i": np.arange(len(layer)), "wkb": shapely.to_wkb(layer.to_numpy())})
        for name, layer in layers.items()
    }


def with_duckdb(sites: gpd.GeoSeries, polygons: gpd.GeoSeries) -> pd.DataFrame:
    """Return the areas by polygon as DuckDB and its spatial extension count them."""
    import duckdb  # noqa: PLC0415 - may be absent
    import duckdb_extension_spatial  # noqa: PLC0415

    extension = next(Path(duckdb_extension_spatial.__path__[0]).rglob("spatial.duckdb_extension"))
    with duckdb.connect() as session:
        session.execute(f"LOAD '{extension}'")
        for name, table in _tables(sites=sites, polygons=polygons).items():
            session.register(f"{name}_wkb", table)
            session.execute(
                f"CREATE TABLE {name} AS "  # noqa: S608 - our own names
                f"SELECT i, ST_GeomFromWKB(wkb) AS shape FROM {name}_wkb"
            )
        return session.execute(PAIRS).df()


def with_sedona(sites: gpd.GeoSeries, polygons: gpd.GeoSeries) -> pd.DataFrame:
    """Return the areas by polygon as SedonaDB counts them."""
    import sedonadb  # noqa: PLC0415 - may be absent

    session = sedonadb.connect()
    for name, table in _tables(sites=sites, polygons=polygons).items():
        session.create_data_frame(table).to_view(f"{name}_wkb")
        session.sql(
            f"SELECT i, ST_GeomFromWKB(wkb) AS shape FROM {name}_wkb"  # noqa: S608 - our own names
        ).to_memtable().to_view(name)
    found: pd.DataFrame = session.sql(PAIRS).to_pandas()
    return found


def present(way: Callable[..., Any], *arguments: Any) -> Callable[[], Any] | None:
    """Return a way ready to be timed; ``None`` where its library is not there."""
    modules = {with_rasterstats: "rasterstats", with_duckdb: "duckdb_extension_spatial",
               with_sedona: "sedonadb"}  # fmt: skip
    try:
        __import__(modules[way])
    except ImportError:
        return None
    return lambda: way(*arguments)
