"""Zones of planning documents, from the Géoportail de l'urbanisme, and the stage they give.

A zone tells what a plan allows, hence how far a site is from being opened; never whether its
land is consumed, which nothing infers from zoning.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.cells import as_text, read_choice
from layers.crs import parse_crs
from layers.errors import N_, LayerError, problem
from layers.files import layer_names, open_file
from layers.raw_table import Bools, Geometries, RawTable, field_key, row_problems
from layers.site_columns import SYNONYMS
from layers.site_table import PLANNING_STAGES, SITES_CRS
from layers.spec import Column, Layer, LayerSpec, Provenance, Status, make_layer

ZONING: Final = LayerSpec(
    name="zoning",
    title=N_("Zones of planning documents"),
    columns=(
        Column("partition", "string", "Document, such as DU_44109", nullable=True),
        Column("label", "string", "Name of the zone, such as 1AUe", nullable=True),
        Column("zone_type", "string", "Type of the zone", nullable=True, choices=PLANNING_STAGES),
    ),
    crs=SITES_CRS,
    geometry="polygon",
)
"""Contract of zones: EPSG:2154. A type without equivalent (AU of former plans) is missing."""

LEAST_SHARE: Final = 0.5
"""Share of a site that zones must cover for its stage to be told."""
_ZONES: Final = "zone_urba"


def load_zoning(path: Path, *, provenance: Provenance | None = None) -> Layer:
    """Read the zones of planning documents.

    Parameters
    ----------
    path
        ``zone_urba`` of the Géoportail de l'urbanisme, in any format and CRS that it declares.
    provenance
        Provenance; by default that of the Géoportail.

    Returns
    -------
    Layer
        Contract :data:`ZONING`. Where a document was published several times, its last
        publication (``gpu_timestamp``) counts. Rows without outline are left out, as the
        method says.

    Raises
    ------
    LayerError
        With the columns found if there is no ``typezone``; types that no standard lists.
    """
    names = [name for name in layer_names(path) if name.lower().endswith(_ZONES)]
    table = open_file(path, layer=names[0] if len(names) == 1 else None)
    fields = {field_key(str(c)): str(c) for c in reversed(table.data.columns)}
    if "typezone" not in fields:
        found = ", ".join(fields.values())
        raise LayerError(problem("column-missing", file=path.name, field="typezone", found=found))
    types = table.data[fields["typezone"]]
    cells = read_choice(types, PLANNING_STAGES, synonyms=SYNONYMS["readiness_planning"])
    wrong = row_problems(
        cells.wrong, table.rows, "value-choice", field=fields["typezone"],
        found=as_text(types).to_numpy(dtype=object), expected=", ".join(PLANNING_STAGES),
    )  # fmt: skip
    if wrong:
        raise LayerError(wrong)
    shapes = _outlines(table)
    data = pd.DataFrame(
        {
            "partition": _text(table, fields.get("partition")),
            "label": _text(table, fields.get("libelle")),
            "zone_type": cells.column,
        }
    )
    last = _last_publication(data["partition"], _text(table, fields.get("gpu_timestamp")))
    drawn = ~np.asarray(shapely.is_missing(shapes) | shapely.is_empty(shapes), dtype=bool)
    kept = last & drawn
    zones = gpd.GeoDataFrame(data, geometry=shapes, crs=table.crs)[kept]
    zones = zones.reset_index(drop=True)
    if table.crs is not None and not table.crs.equals(parse_crs(SITES_CRS), ignore_axis_order=True):
        zones = zones.to_crs(SITES_CRS)
        zones.geometry = shapely.make_valid(zones.geometry.to_numpy(), method="structure",
                                            keep_collapsed=False)  # fmt: skip
    else:
        zones = zones.set_crs(SITES_CRS, allow_override=True)
    left = [
        text.format(count)
        for text, count in (
            ("{} zones of former publications left out", int((~last).sum())),
            ("{} zones without outline left out", int((~drawn & last).sum())),
        )
        if count
    ]
    source = Provenance(
        publisher="Géoportail de l'urbanisme",
        title="Zones d'urbanisme",
        vintage=N_("not stated"),
        licence="Licence Ouverte 2.0",
        status=Status.OBSERVED,
        method="; ".join(left),
        file=path.name,
    )
    return make_layer(ZONING, zones, provenance or source)


def planning_stages(sites: gpd.GeoSeries, zoning: Layer) -> pd.Series:
    """Tell the zone type that covers most of each site.

    Parameters
    ----------
    sites
        Polygons in EPSG:2154.
    zoning
        The zones.

    Returns
    -------
    Series
        Zone type on the index of ``sites``; missing where the zones of known type cover
        less than :data:`LEAST_SHARE` of the site. Of types equal in area, the least ready.
    """
    shapes = np.asarray(sites.array, dtype=object)
    zones = zoning.geo[zoning.data["zone_type"].notna()]
    outlines = np.asarray(zones.geometry.array, dtype=object)
    ranks = np.array([PLANNING_STAGES.index(z) for z in zones["zone_type"]], dtype=np.intp)
    areas = np.zeros((len(shapes), len(PLANNING_STAGES)))
    site, zone = shapely.STRtree(outlines).query(shapes, predicate="intersects")
    shared = shapely.area(shapely.intersection(shapes[site], outlines[zone]))
    np.add.at(areas, (site, ranks[zone]), shared)
    known = areas.sum(axis=1) >= LEAST_SHARE * shapely.area(shapes)
    labels = np.array(PLANNING_STAGES, dtype=object)[areas.argmax(axis=1)]
    return pd.Series(np.where(known, labels, None), index=sites.index, name="zone_type")


def with_planning_stages(sites: Layer, zoning: Layer) -> tuple[Layer, int]:
    """Give sites the stage that zones tell, where their own file tells none.

    Parameters
    ----------
    sites
        The site table; a stage that is declared there stays as it is.
    zoning
        The zones.

    Returns
    -------
    Layer
        The sites; the same object where nothing changes.
    int
        How many sites got a stage from the zones.
    """
    silent = sites.geo["readiness_planning"].isna()
    told = planning_stages(sites.geo.geometry[silent], zoning).dropna()
    if told.empty:
        return sites, 0
    data = sites.geo.copy()
    data.loc[told.index, "readiness_planning"] = told
    return make_layer(sites.spec, data, sites.provenance, notes=sites.notes), len(told)


def _text(table: RawTable, column: str | None) -> pd.Series:
    if column is None:
        return pd.Series([None] * len(table.data), dtype=object)
    text = as_text(table.data[column])
    return text.where(text != "", None)


def _last_publication(partition: pd.Series, timestamp: pd.Series) -> Bools:
    """Tell the zones of the last publication of each document."""
    when = pd.to_datetime(timestamp, errors="coerce", utc=True, format="mixed")
    latest = when.groupby(partition.fillna("")).transform("max")
    return np.asarray(latest.isna() | (when == latest), dtype=bool)


def _outlines(table: RawTable) -> Geometries:
    geometry = np.asarray(table.geometry, dtype=object)
    shapes = np.asarray(shapely.force_2d(geometry), dtype=object)
    broken = ~np.asarray(shapely.is_missing(shapes) | shapely.is_valid(shapes), dtype=bool)
    shapes[broken] = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    shapes[~np.isin(shapely.get_type_id(shapes), (3, 6))] = None
    return shapes
