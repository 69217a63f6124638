"""Road segments of BD TOPO (IGN, ``troncon_de_route``) made into a network for travel times.

Segments meet where their ends do, to the decimetre, and nowhere else: a bridge does not meet
the road below it. Only what a car may drive is kept, and only the largest part of it in which
every place can be reached from every other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyogrio
import shapely

from layers.crs import declared_crs
from layers.errors import N_, LayerError, Problem, problem
from layers.files import LARGE_BYTES, identify
from layers.gdal import plain_message, quiet_gdal
from layers.official import official_provenance
from layers.raw_table import field_key
from layers.road_network import NETWORK_CRS, is_network, make_network, read_network
from layers.spec import Layer, Provenance
from layers.tables import NOT_STATED, check_file

SPEEDS_KMH: Final[Mapping[str, tuple[float, ...]]] = MappingProxyType(
    {
        "Type autoroutier": (110, 110, 100, 90, 90, 90),
        "Route à 2 chaussées": (85, 80, 70, 55, 40, 40),
        "Route à 1 chaussée": (75, 70, 60, 50, 30, 20),
        "Bretelle": (50, 50, 50, 50, 40, 40),
        "Rond-point": (25, 25, 25, 25, 20, 20),
        "Route empierrée": (15, 15, 15, 15, 15, 15),
    }
)
"""Mean speed of a car in km/h where the file tells none, by nature and importance 1 to 6: a
working hypothesis, below the legal limit for bends, junctions and villages. A nature that is
not here (path, track, stairs, ferry) is not driven."""

NO_ACCESS: Final = frozenset({"Type autoroutier", "Bretelle"})
"""Natures that no parcel opens on: a site is never reached straight from them."""

_CLOSED: Final = frozenset({"Physiquement impossible", "Restreint aux ayants droit"})
_DIRECTIONS: Final[Mapping[str, tuple[bool, bool]]] = MappingProxyType(
    {
        "Double sens": (True, True),
        "Sans objet": (True, True),
        "Sens direct": (True, False),
        "Sens inverse": (False, True),
    }
)
_LEAST_IMPORTANCE: Final = 6
_NODES_PER_M: Final = 10
_MM_PER_M: Final = 1_000
_MS_KMH_PER_M: Final = 3_600  # milliseconds a metre takes at 1 km/h
_BATCH: Final = 65_536
_LAYER: Final = "troncon_de_route"
# Name in BD TOPO v3 and in its Shapefiles, whose names hold ten characters.
_FIELDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "nature": ("nature",),
        "direction": ("sens_de_circulation", "sens"),
        "importance": ("importance",),
        "speed": ("vitesse_moyenne_vl", "vit_moy_vl"),
        "access": ("acces_vehicule_leger", "acces_vl"),
        "state": ("etat_de_l_objet", "etat"),
    }
)
_REQUIRED: Final = ("nature", "direction")
_ERRORS: Final = (
    pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.CRSError,
    pa.ArrowException, shapely.errors.GEOSException, OSError, ValueError, KeyError, RuntimeError,
)  # fmt: skip
_VINTAGE: Final = re.compile(r"(?<!\d)(20\d\d)-(\d\d)-(\d\d)(?!\d)")
METHOD: Final = N_("mean speed of light vehicles of each segment, without traffic")


def load_roads(path: Path, *, provenance: Provenance | None = None) -> Layer:
    """Read a road network: a file made once by :func:`read_roads`, or the segments themselves.

    Parameters
    ----------
    path
        A Parquet file of :mod:`layers.road_network`, or a GeoPackage or Shapefile of segments,
        slower to read.
    provenance
        Where it comes from; by default as the file tells.

    Returns
    -------
    Layer
        The network.

    Raises
    ------
    LayerError
        If the file cannot be used.
    """
    if is_network(path):
        return read_network(path, provenance=provenance)
    return read_roads(path, provenance=provenance)


def read_roads(path: Path, *, provenance: Provenance | None = None, vintage: str = "") -> Layer:
    """Make a network of the road segments of BD TOPO.

    Parameters
    ----------
    path
        A GeoPackage or a Shapefile of ``troncon_de_route``, EPSG:2154.
    provenance
        Where it comes from; by default recognised by its columns.
    vintage
        Edition of the file (a day); by default the day in its name, if there is one.

    Returns
    -------
    Layer
        The network; its notes tell what was left out, and what speeds were assumed.

    Raises
    ------
    LayerError
        If the file is damaged, has no segment that can be driven, lacks a column, holds a
        value that is none of BD TOPO, or is in another CRS.
    """
    segments = _read(path)
    if provenance is None:
        dated = _VINTAGE.search(path.stem)
        told = vintage or (dated[0] if dated else NOT_STATED)
        source = official_provenance("IGN", "BD TOPO, tronçons de route", told, method=METHOD)
        provenance = Provenance(
            source.publisher, source.title, source.vintage, source.licence, source.status,
            source.method, path.name,
        )  # fmt: skip
    return network_of(segments, provenance)


def network_of(segments: pd.DataFrame, provenance: Provenance) -> Layer:
    """Make a network of segments.

    Parameters
    ----------
    segments
        ``first_x``, ``first_y``, ``last_x``, ``last_y`` (ends, whole decimetres, EPSG:2154),
        ``length_m``, ``nature``, ``direction``, ``importance``, ``speed``, ``access`` and
        ``state`` as BD TOPO writes them, missing where unknown.
    provenance
        Where they come from.

    Returns
    -------
    Layer
        The network: largest strongly connected part of what can be driven.

    Raises
    ------
    LayerError
        If no segment can be driven, or a direction is none of BD TOPO.
    """
    name = provenance.file or _LAYER
    strange = sorted(set(segments["direction"].dropna()) - set(_DIRECTIONS))
    if strange:
        expected = ", ".join(_DIRECTIONS)
        wrong = problem(
            "value-choice", file=name, field="sens_de_circulation", found=strange[0],
            expected=expected,
        )  # fmt: skip
        raise LayerError(wrong)
    driven = segments[_is_driven(segments)].reset_index(drop=True)
    if driven.empty:
        raise LayerError(problem("roads-none", file=name, found=len(segments)))
    speed_kmh, assumed = _speeds_kmh(driven)
    edges = _edges(driven, speed_kmh)
    kept, cut_off = _largest_part(edges)
    if kept.empty:
        raise LayerError(problem("roads-none", file=name, found=len(segments)))
    counts = {
        "roads-excluded": (len(segments) - len(driven), len(segments)),
        "roads-cut-off": (cut_off, len(driven)),
        "roads-speed": (int(assumed.sum()), len(driven)),
    }
    notes = tuple(
        problem(code, file=name, found=found, expected=whole, severity="warning")
        for code, (found, whole) in counts.items()
        if found
    )
    return make_network(kept, provenance, notes=notes)


# --- Reading --------------------------------------------------------------------------


def _read(path: Path) -> pd.DataFrame:
    """Read ends, lengths and attributes, some segments at once."""
    layer = _chosen(path)
    try:
        with quiet_gdal():
            info = pyogrio.read_info(path, layer=layer)
    except _ERRORS as error:
        raise LayerError(_unreadable(path, error)) from error
    _check_crs(path, info["crs"])
    fields = {field_key(str(name)): str(name) for name in reversed(info["fields"])}
    found = {
        key: next((fields[name] for name in names if name in fields), None)
        for key, names in _FIELDS.items()
    }
    lacking = [_FIELDS[key][0] for key in _REQUIRED if found[key] is None]
    if lacking:
        told = ", ".join(fields.values())
        raise LayerError(
            problem("column-missing", file=path.name, field=one, found=told) for one in lacking
        )
    try:
        with quiet_gdal():
            parts = list(_batches(path, layer, found))
    except _ERRORS as error:
        raise LayerError(_unreadable(path, error)) from error
    if not sum(map(len, parts)):
        raise LayerError(problem("no-rows", file=path.name))
    if info["features"] >= 0 and sum(map(len, parts)) != info["features"]:
        told = f"{sum(map(len, parts))} / {info['features']}"
        raise LayerError(_unreadable(path, told))
    return pd.concat(parts, ignore_index=True)


def _chosen(path: Path) -> str:
    check_file(path)
    if not identify(path, limit_bytes=LARGE_BYTES).driver:
        raise LayerError(_unreadable(path, N_("it is no GeoPackage nor Shapefile")))
    try:
        with quiet_gdal():
            names = [str(name) for name, _ in pyogrio.list_layers(path)]
    except _ERRORS as error:
        raise LayerError(_unreadable(path, error)) from error
    roads = [name for name in names if field_key(name) == _LAYER]
    if len(roads) == 1 or len(names) == 1:
        return (roads or names)[0]
    raise LayerError(problem("layer-choice", file=path.name, found=", ".join(names)))


def _check_crs(path: Path, text: str | None) -> None:
    crs, problems = declared_crs(path, text)
    if crs is None:
        raise LayerError(
            problem(one.code, file=path.name, found=one.found, expected=one.expected)
            for one in problems
        )
    if not crs.equals(NETWORK_CRS, ignore_axis_order=True):
        wrong = problem("crs-mismatch", file=path.name, found=crs.name, expected=NETWORK_CRS)
        raise LayerError(wrong)


def _batches(path: Path, layer: str, found: Mapping[str, str | None]) -> Iterator[pd.DataFrame]:
    columns = [name for name in found.values() if name is not None]
    options: dict[str, Any] = {"layer": layer, "columns": columns, "batch_size": _BATCH}
    before = 0
    with pyogrio.open_arrow(path, use_pyarrow=True, **options) as (meta, stream):
        geometry = meta["geometry_name"] or "wkb_geometry"
        for batch in stream:
            shapes = shapely.from_wkb(np.asarray(batch[geometry].to_pylist(), dtype=object))
            part = _ends(path, shapes, before)
            for key, name in found.items():
                part[key] = None if name is None else batch[name].to_pandas()
            before += len(part)
            yield part


def _ends(path: Path, shapes: npt.NDArray[np.object_], before: int) -> pd.DataFrame:
    """Return ends, in whole decimetres, and lengths; several lines are no segment."""
    empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    if empty.any():
        row = before + int(empty.argmax()) + 1
        raise LayerError(problem("geometry-empty", file=path.name, row=row))
    lines = np.asarray(shapely.line_merge(shapely.force_2d(shapes)), dtype=object)
    wrong = shapely.get_type_id(lines) != shapely.GeometryType.LINESTRING
    if wrong.any():
        row, kind = before + int(wrong.argmax()) + 1, shapes[wrong][0].geom_type
        raise LayerError(
            problem("geometry-type", file=path.name, row=row, found=kind, expected="LineString")
        )
    # Of the line as it is drawn: merging may turn it round.
    single = np.where(
        shapely.get_num_geometries(shapes) == 1, shapely.get_geometry(shapes, 0), lines
    )
    first = shapely.get_coordinates(shapely.get_point(single, 0))
    last = shapely.get_coordinates(shapely.get_point(single, -1))
    ends = np.rint(np.hstack([first, last]) * _NODES_PER_M)
    if not np.isfinite(ends).all():
        row = before + int((~np.isfinite(ends)).any(axis=1).argmax()) + 1
        raise LayerError(problem("geometry-invalid", file=path.name, row=row, found="NaN"))
    table = pd.DataFrame(ends.astype(np.int64), columns=["first_x", "first_y", "last_x", "last_y"])
    return table.assign(length_m=shapely.length(lines))


def _unreadable(path: Path, error: object) -> Problem:
    found = plain_message(str(error), path)
    return problem("file-unreadable", file=path.name, expected="BD TOPO", found=found)


# --- Building -------------------------------------------------------------------------


def _is_driven(segments: pd.DataFrame) -> pd.Series:
    state = segments["state"]
    return (
        segments["nature"].isin(list(SPEEDS_KMH))
        & ~segments["access"].isin(_CLOSED)
        & (state.isna() | state.eq("En service"))
    )


def _speeds_kmh(driven: pd.DataFrame) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Return the speeds, and which of them are the hypothesis of :data:`SPEEDS_KMH`."""
    told = pd.to_numeric(driven["speed"], errors="coerce").to_numpy(dtype=np.float64)
    assumed: npt.NDArray[np.bool_] = ~(told > 0)
    importance = pd.to_numeric(driven["importance"], errors="coerce").fillna(_LEAST_IMPORTANCE)
    rank = importance.clip(1, _LEAST_IMPORTANCE).to_numpy(dtype=np.int64) - 1
    natures = list(SPEEDS_KMH)
    table = np.array([SPEEDS_KMH[nature] for nature in natures])
    usual = table[pd.Index(natures).get_indexer(pd.Index(driven["nature"])), rank]
    return np.where(assumed, usual, told), assumed


def _edges(driven: pd.DataFrame, speed_kmh: npt.NDArray[np.float64]) -> pd.DataFrame:
    """Return one row a direction that is open; unknown directions are both open."""
    length_m = driven["length_m"].to_numpy()
    common = pd.DataFrame(
        {
            "segment": np.arange(len(driven)),
            "time_ms": np.rint(length_m * _MS_KMH_PER_M / speed_kmh).clip(1).astype(np.int64),
            "length_mm": np.rint(length_m * _MM_PER_M).clip(1).astype(np.int64),
            "access": ~driven["nature"].isin(NO_ACCESS),
        }
    )
    first, last = ["first_x", "first_y"], ["last_x", "last_y"]
    names = ["tail_x", "tail_y", "head_x", "head_y"]
    parts = []
    for way, (tail, head) in enumerate([(first, last), (last, first)]):
        closed = [word for word, ways in _DIRECTIONS.items() if not ways[way]]
        ends = driven[[*tail, *head]].set_axis(names, axis="columns")
        parts.append(pd.concat([ends, common], axis="columns")[~driven["direction"].isin(closed)])
    return pd.concat(parts, ignore_index=True)


def _largest_part(edges: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Return the largest strongly connected part, and how many segments are out of it."""
    from scipy.sparse import csr_array  # noqa: PLC0415 - slow to import
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    ends = np.vstack([edges[["tail_x", "tail_y"]], edges[["head_x", "head_y"]]])
    places, numbers = np.unique(ends, axis=0, return_inverse=True)
    tail, head = numbers.reshape(2, -1)
    weights = np.ones(len(tail), dtype=np.int8)
    graph = csr_array((weights, (tail, head)), shape=(len(places), len(places)))
    _, part = connected_components(graph, connection="strong")
    inside = part == np.bincount(part).argmax()
    # A loop leads nowhere else.
    kept = inside[tail] & inside[head] & (tail != head)
    number = np.cumsum(inside) - 1
    table = pd.DataFrame(
        {
            "tail": number[tail[kept]],
            "head": number[head[kept]],
            "tail_x_m": places[tail[kept], 0] / _NODES_PER_M,
            "tail_y_m": places[tail[kept], 1] / _NODES_PER_M,
        }
    )
    told = ["time_ms", "length_mm", "access"]
    table[told] = edges.loc[kept, told].reset_index(drop=True)
    both = inside[tail] & inside[head]
    lost = set(edges["segment"]) - set(edges["segment"][both])
    return table, len(lost)
