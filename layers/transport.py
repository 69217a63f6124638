"""Transport: railway stations, motorway interchanges, ports."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd

from layers.bdtopo import (
    INTERCHANGE_TABLES,
    PORT_TABLES,
    is_bdtopo_file,
    open_bdtopo,
    read_interchanges,
    read_ports,
)
from layers.cells import read_boolean, read_text
from layers.errors import N_
from layers.official import (
    Parsed,
    cell_problems,
    official_provenance,
    open_table,
    required,
    year_in,
)
from layers.places import Placed, load_places
from layers.spec import Column, Layer, LayerSpec, Provenance, Status
from layers.station_traffic import uic_codes
from layers.tables import (
    checked_layer,
    demonstration_provenance,
    embedded_file,
    local_provenance,
    read_csv,
    read_vector,
)

_MOST_OWN: Final = 2  # columns of ours from which a table is no longer that of SNCF Réseau
_STATION_COLUMNS: Final = (
    Column("code_uic", "string", "UIC code of the station, 8 characters"),
    Column("name", "string", "Name of the station"),
    Column("passenger", "boolean", "Open to passengers"),
    Column("freight", "boolean", "Open to freight"),
    Column(
        "travellers_2023",
        "integer",
        "Passengers boarding or alighting in 2023; missing where SNCF publishes none",
        unit="passengers/year",
        nullable=True,
        minimum=0,
    ),
)
# Metropolitan France: outside, EPSG:2154 does not apply; swapped coordinates fall outside.
_STATION_COORDINATES: Final = (
    Column("lon", "number", "Longitude (WGS 84)", unit="°", minimum=-5.5, maximum=10),
    Column("lat", "number", "Latitude (WGS 84)", unit="°", minimum=41, maximum=51.5),
)

STATIONS: Final = LayerSpec(
    name="stations",
    title=N_("Railway stations"),
    columns=_STATION_COLUMNS,
    key="code_uic",
    crs="EPSG:2154",
    geometry="point",
)
_STATION_TABLE: Final = LayerSpec(
    name="stations",
    title=STATIONS.title,
    columns=_STATION_COLUMNS + _STATION_COORDINATES,
    key="code_uic",
)

_EMBEDDED_STATIONS: Final = Provenance(
    publisher="SNCF Réseau ; SNCF Gares & Connexions",
    title="Liste des gares ; fréquentation en gares",
    vintage="2025 ; 2023",
    licence="Licence Ouverte 2.0",
    status=Status.OBSERVED,
    method="coordinates rounded to 4 decimals (about 10 m)",
    file="stations.csv",
)

INTERCHANGES: Final = LayerSpec(
    name="interchanges",
    title=N_("Motorway interchanges"),
    columns=(Column("name", "string", "Name of the interchange"),),
    crs="EPSG:2154",
    geometry="point",
)

PORTS: Final = LayerSpec(
    name="ports",
    title=N_("Ports"),
    columns=(Column("name", "string", "Name of the port"),),
    crs="EPSG:2154",
    geometry="point",
)

_DEMONSTRATION_INTERCHANGES: Final = demonstration_provenance(
    "Échangeurs autoroutiers de démonstration",
    "interchanges.parquet",
    vintage="2026",
    method=N_("made-up places on made-up motorways between real towns"),
)
_DEMONSTRATION_PORTS: Final = demonstration_provenance(
    "Ports de démonstration",
    "ports.parquet",
    vintage="2026",
    method=N_("made-up places on the real coast"),
)


def load_stations(path: Path | None = None, *, provenance: Provenance | None = None) -> Layer:
    """Read the railway stations.

    Parameters
    ----------
    path
        A CSV file with the columns of :data:`STATIONS`, ``lon`` and ``lat`` (WGS 84 degrees),
        or the *liste des gares* of SNCF Réseau in any format (``code_uic``, ``libelle``,
        ``fret``, ``voyageurs``); ``None`` for the embedded territory.
    provenance
        Provenance of ``path``; by default ``declared``, all else not stated, or that of
        SNCF Réseau where its columns are recognised.

    Returns
    -------
    Layer
        Points in EPSG:2154, one a station.

    Raises
    ------
    LayerError
        With every problem of the file.

    Notes
    -----
    The *liste des gares* has one row a station and line: rows of one UIC code are one
    station, at the mean of their places, open to what any row is open to. A station open to
    neither passengers nor freight is left out. It tells nothing of the passengers, which are
    missing (:func:`layers.station_traffic.with_traffic` adds them).

    Examples
    --------
    >>> stations = load_stations().geo
    >>> len(stations), int(stations["passenger"].sum()), int(stations["freight"].sum())
    (146, 135, 51)
    """
    if path is not None and not _has_own_columns(path):
        return load_places(STATIONS, path, _parse_stations, provenance=provenance)
    file = path or embedded_file(_EMBEDDED_STATIONS.file)
    source = provenance or (_EMBEDDED_STATIONS if path is None else local_provenance(file))
    table, problems = read_csv(file, _STATION_TABLE.columns)
    lengths = {"code_uic": 8}
    checked = checked_layer(_STATION_TABLE, table, source, problems=problems, lengths=lengths).data
    points = gpd.points_from_xy(checked["lon"], checked["lat"], crs=4326).to_crs(STATIONS.crs)
    located = gpd.GeoDataFrame(checked.drop(columns=["lon", "lat"]), geometry=points)
    return checked_layer(STATIONS, located, source)


def _has_own_columns(path: Path) -> bool:
    """Tell the table of this software from the list of SNCF Réseau."""
    if path.suffix.lower() != ".csv":
        return False
    names = set(open_table(path).data.columns)
    return len({"code_uic", "name", "passenger", "freight", "lon", "lat"} & names) > _MOST_OWN


def _parse_stations(placed: Placed) -> Parsed:
    raw = placed.raw
    headers = required(
        raw,
        {
            "code_uic": ("code_uic(_complet)?", "uic"),
            "name": ("libelle(_gare)?", "nom(_de_la)?_gare", "nom"),
            "passenger": ("voyageurs?(_o_n)?",),
            "freight": ("fret(_o_n)?",),
        },
    )
    codes, errors = uic_codes(raw, headers["code_uic"])
    table = pd.DataFrame(
        {
            "code_uic": codes,
            "name": read_text(raw.data[headers["name"]]).column,
            "x": placed.points.x,
            "y": placed.points.y,
        }
    )
    for name in ("passenger", "freight"):
        cells = read_boolean(raw.data[headers[name]])
        errors += cell_problems(raw, headers[name], cells, N_("yes or no"))
        table[name] = cells.column
    if errors:
        return Parsed(table, _EMBEDDED_STATIONS, tuple(errors))
    opened = table[["passenger", "freight"]].fillna(value=False).groupby(codes).any()
    stations = table.groupby("code_uic").agg({"name": "first", "x": "mean", "y": "mean"})
    stations = stations.join(opened).astype({"passenger": bool, "freight": bool})
    stations = stations[stations["passenger"] | stations["freight"]].reset_index()
    stations["travellers_2023"] = pd.array([pd.NA] * len(stations), dtype="Int64")
    points = gpd.points_from_xy(stations["x"], stations["y"], crs=STATIONS.crs)
    data = gpd.GeoDataFrame(stations.drop(columns=["x", "y"]), geometry=points)
    source = official_provenance(
        "SNCF Réseau", "Liste des gares", year_in(raw.name.replace("_", " ")),
        method=N_("rows of one station are one, at the mean of their places; closed ones left out"),
    )  # fmt: skip
    return Parsed(data, source)


def load_interchanges(path: Path | None = None, *, provenance: Provenance | None = None) -> Layer:
    """Read the motorway interchanges.

    Parameters
    ----------
    path
        A vector file of points in EPSG:2154 with the columns of :data:`INTERCHANGES`, or a
        table of BD TOPO (:func:`layers.bdtopo.read_interchanges`); ``None`` for the
        demonstration layer.
    provenance
        Provenance of ``path``; by default ``declared``, all else not stated.

    Returns
    -------
    Layer
        Points in EPSG:2154, one an interchange.

    Raises
    ------
    LayerError
        With every problem of the file.

    Examples
    --------
    >>> load_interchanges().geo["name"].iloc[0]
    'Échangeur démo 01'
    """
    if path is not None and is_bdtopo_file(path):
        read = partial(read_interchanges, INTERCHANGES, provenance=provenance)
        return open_bdtopo(path, INTERCHANGE_TABLES, read)
    return _load_points(INTERCHANGES, path, _DEMONSTRATION_INTERCHANGES, provenance)


def load_ports(path: Path | None = None, *, provenance: Provenance | None = None) -> Layer:
    """Read the ports.

    Parameters
    ----------
    path
        A vector file of points in EPSG:2154 with the columns of :data:`PORTS`, or a table of
        BD TOPO (:func:`layers.bdtopo.read_ports`); ``None`` for the demonstration layer.
    provenance
        Provenance of ``path``; by default ``declared``, all else not stated.

    Returns
    -------
    Layer
        Points in EPSG:2154, one a port.

    Raises
    ------
    LayerError
        With every problem of the file.

    Examples
    --------
    >>> len(load_ports().data)
    4
    """
    if path is not None and is_bdtopo_file(path):
        return open_bdtopo(path, PORT_TABLES, partial(read_ports, PORTS, provenance=provenance))
    return _load_points(PORTS, path, _DEMONSTRATION_PORTS, provenance)


def _load_points(
    spec: LayerSpec, path: Path | None, demonstration: Provenance, provenance: Provenance | None
) -> Layer:
    if path is None:
        path, provenance = embedded_file(f"demonstration/{demonstration.file}"), demonstration
    return checked_layer(spec, read_vector(path), provenance or local_provenance(path))
