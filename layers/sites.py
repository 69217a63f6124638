"""Any file of sites as the one site table: rows kept, rows rejected, nothing lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.cells import as_text
from layers.cnig import open_register
from layers.commune_names import CommuneNames
from layers.errors import LayerError, Problem, problem
from layers.files import LIMIT_BYTES
from layers.raw_table import Bools, Floats, RawTable, fold, in_file, row_problems, told_of
from layers.site_attributes import Identifiers, SiteAttributes, read_attributes
from layers.site_columns import CARTOFRICHES, M2_PER_HA, NOT_FRICHES, Picked, Profile, pick_columns
from layers.site_geometry import SiteShapes, elsewhere, out_of_range, site_shapes
from layers.site_table import SITES, SITES_CRS
from layers.spec import Layer, Provenance, Status, make_layer
from layers.tables import NOT_STATED

AREA_TOLERANCE: Final = 0.05  # of the drawn area; a declared one farther from it is told,
# a usable one larger than it by more is not used
USABLE_RATIO: Final = 1_000
"""Gross over usable area beyond which the latter is likely in hectares. Convention of ours."""
MOST_JOBS_PER_HA: Final = 2_000
"""Jobs per hectare beyond which they are likely a mistake: business towers have fewer. Ours."""
MOST_POWER_MW: Final = 1_000.0
"""Power beyond which it is likely in kilowatts: that of a nuclear reactor. Ours."""
MOST_WATER_M3_DAY: Final = 100_000.0
"""Water beyond which it is likely in litres: that of a city. Ours."""


@dataclass(frozen=True, eq=False, slots=True)
class SiteFile:
    """The sites of a file, and what was found in it.

    Parameters
    ----------
    layer
        Sites of the valid rows: contract :data:`layers.site_table.SITES`, EPSG:2154,
        RangeIndex, in the order of the file.
    rejected
        Errors, each with the 1-based position of its row in the file and its field. A row
        with one error is not in ``layer``; all its errors are here.
    notes
        Warnings: what was repaired, assumed or left out.
    row_count
        Rows of the file: those of ``layer``, those of ``rejected`` and those left out.
    left_out
        Positions in the file of the friches left out, told in ``notes``.
    added
        Where the sites come from that the file does not hold, by identifier: they were added
        to it. The others have the provenance of ``layer``.
    """

    layer: Layer
    rejected: tuple[Problem, ...]
    notes: tuple[Problem, ...]
    row_count: int
    left_out: tuple[int, ...] = ()
    added: Mapping[str, Provenance] = field(default_factory=lambda: MappingProxyType({}))


def read_sites(
    path: Path | str,
    *,
    layer: str | None = None,
    extent: shapely.Geometry | None = None,
    names: CommuneNames | None = None,
    status: Status = Status.DECLARED,
    all_friches: bool = False,
    limit_bytes: int = LIMIT_BYTES,
) -> SiteFile:
    """Read a file of sites.

    Columns are found by name (:mod:`layers.site_columns`): those of the site table, of the
    CNIG standards *Sites économiques* and *Friches*, of Cartofriches, and a few words of
    planners. A column whose unit is not in its name or in a standard is left out.

    A file without identifiers gets ``row-000001``…, one without names takes the
    identifiers, one without ``confidentiality`` is public. Where that column is there but
    empty, the site is restricted. Of rows that share an identifier, none is kept. A usable
    area larger than the site by more than :data:`AREA_TOLERANCE` is told and unknown.

    Parameters
    ----------
    path
        The file, in a format of :data:`layers.files.FORMATS` and any CRS it declares.
    layer
        Layer to read, where the file has several.
    extent
        Outline of the territory in EPSG:2154. A site outside is rejected, one across its
        border is told; ``None`` for no check of place.
    names
        Communes of the territory: the name of one of them leads to its code, and that is told;
        ``None`` where a name is left unknown.
    status
        Status of the figures of the file.
    all_friches
        Whether to keep what an inventory of friches tells to be none: ``friche potentielle``
        (not confirmed on the ground) and ``friche reconvertie`` (used again, L.111-26).
    limit_bytes
        Largest size accepted.

    Returns
    -------
    SiteFile
        The sites and what was found.

    Raises
    ------
    LayerError
        If the file as a whole cannot be used; with all that is wrong with it.

    Notes
    -----
    ``gross_area_m2`` is the planar area of the polygon in EPSG:2154: in Pays de la Loire
    0.06 % to 0.19 % smaller than on the ellipsoid (see :mod:`layers.site_geometry`).
    """
    table = open_register(path, layer=layer, limit_bytes=limit_bytes)
    unplaced = elsewhere(table) or out_of_range(table)
    if unplaced is not None:
        raise LayerError(in_file([unplaced], table.name))
    return sites_of(table, extent=extent, names=names, status=status, all_friches=all_friches)


def sites_of(
    table: RawTable,
    *,
    extent: shapely.Geometry | None = None,
    names: CommuneNames | None = None,
    status: Status = Status.DECLARED,
    all_friches: bool = False,
    of_file: Identifiers | None = None,
) -> SiteFile:
    """Turn the rows of a file, or some of them, into the site table.

    Parameters
    ----------
    table
        The rows, with their positions in the file.
    extent, names, status, all_friches
        As in :func:`read_sites`.
    of_file
        Identifiers of the whole file, where ``table`` holds a part of its rows; ``None`` where
        it holds them all.

    Returns
    -------
    SiteFile
        The sites and what was found; ``row_count`` counts the rows of ``table``.
    """
    picked = pick_columns(table)
    attributes = read_attributes(table, picked, of_file=of_file, names=names)
    declared_area_m2 = attributes.columns["declared_area_m2"].to_numpy(dtype=float)
    shapes = site_shapes(table, declared_area_m2, extent=extent)
    area_field = picked.source("declared_area_m2")
    misread = {p.row for p in attributes.errors if p.field == area_field}  # told once is enough
    sized = [p for p in shapes.errors if p.code != "point-without-area" or p.row not in misread]
    found = [*table.rejected, *attributes.errors, *sized]
    no_friche = _no_friche(table, picked, all_friches=all_friches)
    left_out = tuple(table.rows[no_friche].tolist())
    left_rows = set(left_out)
    rejected = in_file([p for p in found if p.row not in left_rows], table.name)
    kept = ~told_of(rejected, table.rows) & ~no_friche
    data = _assembled(table, attributes, shapes, kept)
    mismatches = _area_mismatches(data, shapes.is_disc[kept], area_field)
    data, too_large = _usable_areas(data, picked.source("usable_area_m2"))
    notes = [*table.notes, *picked.notes, *attributes.notes, *shapes.notes]
    notes += [*mismatches, *too_large, *_unlikely(data, picked)]
    if left_out:
        notes = [p for p in notes if p.row not in left_rows]
        notes.append(_told_left_out(picked, no_friche))
    return SiteFile(
        layer=make_layer(SITES, data, _provenance(table, picked.profile, status)),
        rejected=rejected,
        notes=in_file(notes, table.name),
        row_count=table.row_count,
        left_out=left_out,
    )


def _told_left_out(picked: Picked, no_friche: Bools) -> Problem:
    _, field, values = picked.columns["is_brownfield"]
    counts = as_text(values)[no_friche].map(fold).value_counts()
    expected = listed({str(label): int(count) for label, count in counts.items()})
    count = int(no_friche.sum())
    return problem(
        "friche-left-out", field=field, found=count, expected=expected, severity="warning"
    )


def listed(counts: Mapping[str, int]) -> str:
    """Write numbers by label, the largest first.

    Parameters
    ----------
    counts
        Number by label.

    Returns
    -------
    str
        The same whatever the order they were counted in.

    Examples
    --------
    >>> listed({"b": 1, "a": 1, "c": 3})
    '3 × c, 1 × a, 1 × b'
    """
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{count} × {label}" for label, count in ordered)


def _no_friche(table: RawTable, picked: Picked, *, all_friches: bool) -> Bools:
    """Tell the rows that an inventory of friches says are none."""
    if picked.profile is not CARTOFRICHES or all_friches:
        return np.zeros(len(table.rows), dtype=bool)
    _, _, values = picked.columns["is_brownfield"]
    return as_text(values).map(fold).isin(NOT_FRICHES).to_numpy(dtype=bool)


def _assembled(
    table: RawTable, attributes: SiteAttributes, shapes: SiteShapes, kept: Bools
) -> gpd.GeoDataFrame:
    """Put the columns of the contract together, for the rows that have no error."""
    polygons = shapes.polygons[kept]
    columns = {name: values[kept].array for name, values in attributes.columns.items()}
    origin = attributes.columns["geometry_origin"][kept].fillna("drawn")
    columns["geometry_origin"] = origin.mask(shapes.is_disc[kept], "disc").array
    columns["row"] = pd.array(table.rows[kept], "int64")
    columns["gross_area_m2"] = pd.array(shapely.area(polygons), "float64")
    ordered = {column.name: columns[column.name] for column in SITES.columns}
    index = pd.RangeIndex(len(polygons))
    return gpd.GeoDataFrame(ordered, geometry=polygons, crs=SITES_CRS, index=index)


def _area_mismatches(data: gpd.GeoDataFrame, is_disc: Bools, field: str) -> list[Problem]:
    """Tell of declared areas that are far from the drawn ones."""
    declared = data["declared_area_m2"].to_numpy(dtype=float)
    drawn = data["gross_area_m2"].to_numpy(dtype=float)
    far = ~is_disc & (np.abs(declared - drawn) > AREA_TOLERANCE * drawn)
    unit = far & (_near(declared, M2_PER_HA * drawn) | _near(M2_PER_HA * declared, drawn))
    told: list[Problem] = []
    for mask, code in ((unit, "area-unit"), (far & ~unit, "area-mismatch")):
        where = np.flatnonzero(mask)
        told += row_problems(
            mask, data["row"].to_numpy(dtype=np.int64), code, field=field,
            found={int(i): f"{declared[i]:.10g}" for i in where},
            expected={int(i): f"{drawn[i]:.0f}" for i in where}, severity="warning",
        )  # fmt: skip
    return told


def _near(one: Floats, other: Floats) -> Bools:
    return np.abs(one - other) <= AREA_TOLERANCE * other


def _usable_areas(data: gpd.GeoDataFrame, field: str) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Take usable areas larger than their site for unknown, and tell of them."""
    usable = data["usable_area_m2"].to_numpy(dtype=float)
    gross = data["gross_area_m2"].to_numpy(dtype=float)
    beyond = usable > (1 + AREA_TOLERANCE) * gross
    where = np.flatnonzero(beyond)
    told = row_problems(
        beyond, data["row"].to_numpy(dtype=np.int64), "usable-area", field=field,
        found={int(i): f"{usable[i]:.0f}" for i in where},
        expected={int(i): f"{gross[i]:.0f}" for i in where}, severity="warning",
    )  # fmt: skip
    return data.assign(usable_area_m2=data["usable_area_m2"].mask(beyond)), told


def _unlikely(data: gpd.GeoDataFrame, picked: Picked) -> list[Problem]:
    """Tell of figures so far from any site that their unit is likely another one; all are kept."""
    gross = data["gross_area_m2"].to_numpy(dtype=float)
    least, most = np.zeros(len(data)), np.full(len(data), np.inf)
    likely = {
        "usable_area_m2": (gross / USABLE_RATIO, most),
        "expected_jobs": (least, MOST_JOBS_PER_HA * gross / M2_PER_HA),
        "power_mw": (least, np.full(len(data), MOST_POWER_MW)),
        "water_m3_day": (least, np.full(len(data), MOST_WATER_M3_DAY)),
    }
    told: list[Problem] = []
    for name, (low, high) in likely.items():
        values = data[name].to_numpy(dtype=float, na_value=np.nan)
        mask = ((values < low) & (values > 0)) | (values > high)
        where = np.flatnonzero(mask)
        bounds = {
            int(i): f"≥ {low[i]:.0f}" if values[i] < low[i] else f"≤ {high[i]:.0f}" for i in where
        }
        told += row_problems(
            mask, data["row"].to_numpy(dtype=np.int64), "value-unlikely", field=picked.source(name),
            found={int(i): f"{values[i]:.10g}" for i in where}, expected=bounds,
            severity="warning",
        )  # fmt: skip
    return told


def _provenance(table: RawTable, profile: Profile, status: Status) -> Provenance:
    converted = table.crs is not None and not table.crs.equals(SITES_CRS, ignore_axis_order=True)
    return Provenance(
        publisher=profile.publisher,
        title=profile.title or table.name,
        vintage=NOT_STATED,
        licence=profile.licence,
        status=status,
        method=f"{table.crs.name} → {SITES_CRS}" if table.crs and converted else "",
        file=table.name,
    )
