"""A register of sites in the CNIG standard *Sites économiques*, as its template has it.

What the standard has no field for is told, not dropped in silence; nothing is made up for a
field it requires. A site that is not public is not written: the standard cannot say so.
"""

from __future__ import annotations

import contextlib
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from layers.cnig_fields import CLASSES, FIELDS, MANDATORY, NUMBERS, PLOT, PUBLISHED, SITE
from layers.site_columns import M2_PER_HA
from layers.site_table import ENVIRONMENT_STAGES, SITES, SITES_CRS
from siting.errors import Problem, SitingError, problem
from siting.export import harmless

SUFFIXES: Final = (".gpkg", ".zip")
"""Formats: a GeoPackage of the four classes, an archive of CSV files of two of them."""

_SITE_COLUMNS: Final = {
    "site_id": "site_id",
    "site_nom": "name",
    "site_vocadomi": "vocation",
    "source_producteur": "source",
    "site_epci_siren": "epci",
    "site_comm_insee": "commune",
    "reseau_gaz": "gas",
    "reseau_fibre_optique": "fibre",
    "reseau_assainissement": "sewer",
    "reseau_fret_ferroviaire": "rail_siding",
    "reseau_fluvial": "quay",
}
_PLOT_COLUMNS: Final = {
    "terr_maitrise_fonc": "land_control",
    "terr_stade_amngt": "readiness_servicing",
    "terr_stade_comm": "readiness_commercial",
}
_AREAS: Final = {"site_surf_brute": "declared_area_m2", "site_surf_utile": "usable_area_m2"}
_TURNKEY: Final = ENVIRONMENT_STAGES[-1]
# Written by other means, or made again by any reader.
_CARRIED: Final = frozenset(
    {*_SITE_COLUMNS.values(), *_PLOT_COLUMNS.values(), *_AREAS.values(), "row", "gross_area_m2"}
)
_GEOMETRY: Final = {
    SITE: "MultiPolygon", PLOT: "Polygon", "pole_eco": "Point", "etablissement": "MultiPoint",
}  # fmt: skip
_GEOMETRY_FIELD: Final = {SITE: "site_geomsurf", PLOT: "terr_geomsurf"}


def cnig_tables(sites: gpd.GeoDataFrame) -> dict[str, gpd.GeoDataFrame]:
    """Return sites as the classes of the standard.

    Parameters
    ----------
    sites
        The site table.

    Returns
    -------
    dict
        By class, in the fields and order of the template; of poles and establishments no
        row. Each polygon of a site is one of its plots. Areas in ha.
    """
    sites = sites.reset_index(drop=True)
    polygons = shapely.get_parts(sites.geometry.to_numpy(), return_index=True)
    of_site = np.asarray(polygons[1], dtype=np.intp)
    plots = sites.iloc[of_site].reset_index(drop=True)
    number = plots.groupby("site_id", sort=False).cumcount() + 1
    columns: dict[str, dict[str, Any]] = {name: {} for name in CLASSES}
    columns[SITE] = {field: _cells(sites[column]) for field, column in _SITE_COLUMNS.items()}
    columns[SITE] |= {f: sites[c].astype(float) / M2_PER_HA for f, c in _AREAS.items()}
    columns[PLOT] = {field: _cells(plots[column]) for field, column in _PLOT_COLUMNS.items()}
    columns[PLOT] |= {
        "terr_id": plots["site_id"] + "_" + number.astype(str).str.zfill(2),
        "site_id": plots["site_id"],
        "terr_surf_brute": shapely.area(polygons[0]) / M2_PER_HA,
        "terr_etat_occup": plots["is_brownfield"].map({True: "friche"}),
        "terr_cle_en_main": _yes_no(plots["readiness_environment"]),
    }
    shapes = {SITE: _multiple(sites.geometry.to_numpy()), PLOT: polygons[0]}
    return {name: _class(name, columns[name], shapes.get(name)) for name in CLASSES}


def _class(name: str, columns: dict[str, Any], shapes: Any) -> gpd.GeoDataFrame:
    count = 0 if shapes is None else len(shapes)
    data = pd.DataFrame(index=pd.RangeIndex(count))
    for field in FIELDS[name]:
        values = columns.get(field, [None] * count)
        column = pd.Series(np.asarray(values, dtype=object), index=data.index)
        data[field] = column.astype("float64") if field in NUMBERS else column
    return gpd.GeoDataFrame(data, geometry=[] if shapes is None else shapes, crs=SITES_CRS)


def _cells(values: pd.Series) -> pd.Series:
    """Write yes and no, and labels, as the standard does; unknown is left empty."""
    words: dict[object, str] = {True: "oui", False: "non"} | dict(PUBLISHED.items())
    text = values.astype(object).map(lambda cell: words.get(cell, cell))
    return text.where(values.notna(), None)


def _yes_no(stage: pd.Series) -> pd.Series:
    """Tell whether land is turnkey (*purgé de tout recours*) where the stage is known."""
    return stage.eq(_TURNKEY).map({True: "oui", False: "non"}).where(stage.notna(), None)


def _multiple(shapes: Any) -> Any:
    single = shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
    made = shapes.copy()
    made[single] = [shapely.MultiPolygon([shape]) for shape in shapes[single]]
    return made


def write_cnig(sites: gpd.GeoDataFrame, path: Path) -> tuple[Problem, ...]:
    """Write a register of sites in the CNIG standard.

    Parameters
    ----------
    sites
        The site table, EPSG:2154.
    path
        A ``.gpkg``, or a ``.zip`` of CSV files (WKT in Lambert-93, with a ``crs`` column).

    Returns
    -------
    tuple of Problem
        Warnings: what the standard cannot carry, what it requires and is not known.

    Raises
    ------
    SitingError
        If the suffix is not one of these or the file cannot be written; it is then as it was.
    """
    if path.suffix.lower() not in SUFFIXES:
        found, expected = path.suffix or path.name, ", ".join(SUFFIXES)
        raise SitingError(problem("output-format", file=path.name, found=found, expected=expected))
    if not path.parent.is_dir():
        found = str(path.parent)
        raise SitingError(problem("output-folder", file=path.name, found=found))
    public = sites[sites["confidentiality"] == "public"]
    tables = cnig_tables(public)
    notes = [*_withheld(len(sites) - len(public)), *_lost(public), *_lacking(tables)]
    draft = path.with_name(f".{path.stem}.draft{path.suffix.lower()}")
    try:
        draft.unlink(missing_ok=True)
        _WRITERS[path.suffix.lower()](tables, draft)
        draft.replace(path)
    except (OSError, DataSourceError, DataLayerError) as error:
        raise SitingError(problem("output-unwritable", file=path.name, found=str(error))) from None
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
    return tuple(notes)


def _write_gpkg(tables: dict[str, gpd.GeoDataFrame], path: Path) -> None:
    for name, table in tables.items():
        pyogrio.write_dataframe(
            table, path, layer=name, driver="GPKG", geometry_type=_GEOMETRY[name],
            layer_options={"GEOMETRY_NAME": "geom"}, append=path.exists(),
        )  # fmt: skip


def _write_archive(tables: dict[str, gpd.GeoDataFrame], path: Path) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name, field in _GEOMETRY_FIELD.items():
            table = tables[name]
            text = pd.DataFrame(table.drop(columns="geometry"))
            text = text.apply(lambda column: column.map(harmless))
            wkt = shapely.to_wkt(table.geometry.to_numpy(), rounding_precision=-1)
            text = text.assign(**{field: wkt, "crs": SITES_CRS})
            text.to_csv(Path(folder) / f"{name}.csv", index=False, sep=";", encoding="utf-8")
            archive.write(Path(folder) / f"{name}.csv", f"{name}.csv")


_WRITERS: Final = {".gpkg": _write_gpkg, ".zip": _write_archive}


def _withheld(count: int) -> Iterator[Problem]:
    if count:
        yield problem("cnig-withheld", found=count, severity="warning")


def _lost(sites: gpd.GeoDataFrame) -> Iterator[Problem]:
    """Tell of what is known and has no field."""
    environment = sites["readiness_environment"]
    known = {
        "is_brownfield": sites["is_brownfield"].eq(other=False).fillna(value=False),
        "readiness_environment": environment.notna() & (environment != _TURNKEY),
        "geometry_origin": sites["geometry_origin"] != "drawn",
    }
    for column in SITES.columns:
        if column.name in _CARRIED or column.name == "confidentiality":
            continue
        count = int(known.get(column.name, sites[column.name].notna()).sum())
        if count:
            yield problem("cnig-lost", field=column.name, found=count, severity="warning")


def _lacking(tables: dict[str, gpd.GeoDataFrame]) -> Iterator[Problem]:
    """Tell of the fields that the standard requires and that are not all known."""
    for name, fields in MANDATORY.items():
        lacking = [field for field in fields if tables[name][field].isna().any()]
        if lacking and len(tables[name]):
            yield problem("cnig-lacking", field=name, found=", ".join(lacking), severity="warning")
