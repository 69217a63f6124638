"""BD TOPO (IGN): interchanges and ports, from its equipment, its places and its roads.

The natures of the equipment are not verified on the service: words decide, and the method tells
those that were kept. Where a file of roads is given instead, an interchange is where a slip road
(*bretelle*) meets a road that is no motorway: never the motorway itself, which one cannot enter
anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from layers.cells import as_text
from layers.errors import N_, LayerError, problem
from layers.files import LARGE_BYTES, layer_names, open_file
from layers.official import column, official_provenance
from layers.places import CRS
from layers.raw_table import RawTable, fold
from layers.recognition import file_columns
from layers.spec import Layer, LayerSpec, Provenance, make_layer

INTERCHANGE_WORDS: Final = re.compile(r"echangeur|diffuseur")
"""Words of the nature of an interchange."""
PORT_WORDS: Final = re.compile(r"\b(port|terminal portuaire|installation portuaire)\b")
"""Words of the nature of a port; a marina (*port de plaisance*) is left out."""
_MARINA: Final = re.compile(r"plaisance")
_SLIP: Final = "bretelle"
_MOTORWAY: Final = "type autoroutier"
_NOT_ROADS: Final = frozenset(
    {"chemin", "sentier", "escalier", "route empierree", "bac ou liaison maritime",
     "piste cyclable"}
)  # fmt: skip
INTERCHANGE_TABLES: Final = ("equipement_de_transport", "troncon_de_route")
"""Tables of BD TOPO that tell interchanges: by name, else by the ends of slip roads."""
PORT_TABLES: Final = ("zone_d_activite_ou_d_interet", "equipement_de_transport")
"""Tables of BD TOPO that tell ports."""
_FORMS: Final = (frozenset({"cleabs", "nature"}), frozenset({"id", "nature", "nat_detail"}))
_NOT_THERE: Final = frozenset({"value-choice", "no-rows"})
MERGE_M: Final = 500.0
"""Ends of slip roads closer than this are one interchange."""


def is_bdtopo_file(path: Path) -> bool:
    """Tell whether a file is a table of BD TOPO, by its columns.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    bool
        Whether it has an identifier ``cleabs`` and a ``nature``, or as a Shapefile ``ID``,
        ``NATURE`` and ``NAT_DETAIL``.
    """
    names = {name.strip().lower() for name in file_columns(path)}
    return any(form <= names for form in _FORMS)


def open_bdtopo(path: Path, tables: Sequence[str], read: Callable[[RawTable], Layer]) -> Layer:
    """Read a layer from a delivery of BD TOPO: one table, or the first of several that has it.

    Parameters
    ----------
    path
        The file.
    tables
        Names of the tables to try, the preferred one first.
    read
        Reads a table.

    Returns
    -------
    Layer
        The layer.

    Raises
    ------
    LayerError
        If the file cannot be used, or what the last table tried lacks.
    """
    names = layer_names(path, limit_bytes=LARGE_BYTES)
    by_name = {name.lower(): name for name in names}
    known = [by_name[name] for name in tables if name in by_name]
    if len(names) < 2 or not known:
        return read(open_file(path, limit_bytes=LARGE_BYTES))
    for rank, name in enumerate(known, start=1):
        try:
            return read(open_file(path, layer=name, limit_bytes=LARGE_BYTES))
        except LayerError as error:
            absent = {one.code for one in error.problems} <= _NOT_THERE
            if rank == len(known) or not absent:
                raise
    raise AssertionError(known)  # the loop returns or raises


def read_interchanges(
    spec: LayerSpec, raw: RawTable, *, provenance: Provenance | None = None
) -> Layer:
    """Read interchanges from equipment of transport, or from sections of road.

    Parameters
    ----------
    spec
        Contract of the interchanges.
    raw
        ``equipement_de_transport`` or ``troncon_de_route``.
    provenance
        Provenance, if it is known.

    Returns
    -------
    Layer
        Points in EPSG:2154.

    Raises
    ------
    LayerError
        If the table has neither (``value-choice``, with the natures found).
    """
    natures = _natures(raw)
    if (natures == _SLIP).any():
        return _from_roads(spec, raw, natures, provenance)
    kept = natures.map(lambda nature: bool(INTERCHANGE_WORDS.search(nature)))
    return _chosen(spec, raw, natures, kept, provenance, title="BD TOPO, équipements de transport")


def read_ports(spec: LayerSpec, raw: RawTable, *, provenance: Provenance | None = None) -> Layer:
    """Read ports from places or equipment.

    Parameters
    ----------
    spec
        Contract of the ports.
    raw
        ``zone_d_activite_ou_d_interet`` or ``equipement_de_transport``.
    provenance
        Provenance, if it is known.

    Returns
    -------
    Layer
        Points in EPSG:2154, one inside each area.

    Raises
    ------
    LayerError
        If no row is a port (``value-choice``, with the natures found).
    """
    natures = _natures(raw)
    detail = column(raw, "nature_detaillee", "nat_detail")
    whole = natures if detail is None else natures + " " + as_text(raw.data[detail]).map(fold)
    kept = whole.map(lambda word: bool(PORT_WORDS.search(word)) and not _MARINA.search(word))
    return _chosen(spec, raw, natures, kept, provenance, title="BD TOPO, ports")


def _natures(raw: RawTable) -> pd.Series:
    return as_text(raw.data[column(raw, "nature") or "nature"]).map(fold)


def _shapes(raw: RawTable) -> gpd.GeoSeries:
    if raw.crs is None or raw.geometry is None:
        raise LayerError(problem("crs-missing", file=raw.name, expected=CRS))
    flat = shapely.force_2d(np.asarray(raw.geometry, dtype=object))
    return gpd.GeoSeries(flat, crs=raw.crs).to_crs(CRS)


def _chosen(
    spec: LayerSpec,
    raw: RawTable,
    natures: pd.Series,
    kept: pd.Series,
    provenance: Provenance | None,
    *,
    title: str,
) -> Layer:
    """Return the rows of some natures as points, and tell these natures."""
    shapes = _shapes(raw)
    drawn = ~(shapes.isna() | shapes.is_empty).to_numpy()
    chosen = kept.to_numpy(dtype=bool) & drawn
    if not chosen.any():
        found = ", ".join(sorted(set(natures)))[:300]
        expected = N_("BD TOPO natures of this layer")
        raise LayerError(
            problem("value-choice", file=raw.name, field="nature", found=found, expected=expected)
        )
    points = shapes[chosen].representative_point()
    told = ", ".join(sorted(set(natures[chosen])))
    name = column(raw, "toponyme", "nom")
    names = as_text(raw.data[name])[chosen] if name else pd.Series("", index=points.index)
    table = gpd.GeoDataFrame(
        {"name": names.where(names != "", natures[chosen]).to_numpy()},
        geometry=points.to_numpy(), crs=CRS,
    )  # fmt: skip
    source = official_provenance("IGN", title, "", method=f"nature: {told}")
    return make_layer(spec, table, provenance or source, notes=raw.notes)


def _from_roads(
    spec: LayerSpec, raw: RawTable, natures: pd.Series, provenance: Provenance | None
) -> Layer:
    """Return the ends of slip roads that touch an ordinary road, those close together as one."""
    shapes = _shapes(raw)
    lines = shapely.line_merge(shapes.to_numpy())
    slips = lines[(natures == _SLIP).to_numpy()]
    others = ~natures.isin({_SLIP, _MOTORWAY} | _NOT_ROADS).to_numpy()
    ends = _ends(slips)
    roads = _ends(lines[others])
    common = np.array(sorted(ends & roads), dtype=float).reshape(-1, 2)
    if not len(common):
        found = ", ".join(sorted(set(natures)))[:300]
        expected = N_("slip roads that meet a road")
        raise LayerError(
            problem("value-choice", file=raw.name, field="nature", found=found, expected=expected)
        )
    blobs = shapely.union_all(shapely.buffer(shapely.points(common), MERGE_M / 2))
    points = shapely.centroid(shapely.get_parts(blobs))
    order = np.lexsort((shapely.get_y(points), shapely.get_x(points)))
    names = [f"{rank + 1:03d}" for rank in range(len(points))]
    table = gpd.GeoDataFrame({"name": names}, geometry=points[order], crs=CRS)
    method = N_("where slip roads meet a road that is no motorway, 500 m apart at least")
    source = official_provenance("IGN", "BD TOPO, tronçons de route", "", method=method)
    return make_layer(spec, table, provenance or source, notes=raw.notes)


def _ends(lines: npt.NDArray[np.object_]) -> set[tuple[float, float]]:
    """Return both ends of lines, to the decimetre: BD TOPO is cut at every junction."""
    parts = shapely.get_parts(lines[~shapely.is_missing(lines)])
    found = shapely.get_coordinates([*shapely.get_point(parts, 0), *shapely.get_point(parts, -1)])
    return {(round(x, 1), round(y, 1)) for x, y in found.tolist()}
