"""Public transport stops, with their departures on a typical working day (GTFS)."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from layers.errors import N_, Problem, problem
from layers.gtfs import Feed, departures, open_feed, typical_day
from layers.places import CRS, place_points
from layers.raw_table import RawTable, in_file
from layers.spec import Column, Layer, LayerSpec, Provenance, Status, make_layer
from layers.tables import NOT_STATED

PUBLIC_TRANSPORT_STOPS: Final = LayerSpec(
    name="public_transport_stops",
    title=N_("Public transport stops and their departures"),
    columns=(
        Column("stop_id", "string", "Identifier of the stop in its feed"),
        Column("name", "string", "Name of the stop"),
        Column("station", "string", "Identifier of the station it belongs to", nullable=True),
        Column("day", "string", "The typical working day, ISO"),
        Column(
            "departures_day", "integer", "Departures on that day, all lines and directions",
            unit="departures/day", minimum=0,
        ),
        Column("first_departure", "string", "First departure, HH:MM", nullable=True),
        Column(
            "last_departure", "string", "Last departure, HH:MM; beyond 24:00 after midnight",
            nullable=True,
        ),
        Column("modes", "string", "Modes: bus, coach, tram, metro, rail, ferry, cable"),
    ),
    key="stop_id",
    crs=CRS,
    geometry="point",
)  # fmt: skip
"""Contract of stops: one row a place where one boards. The two sides of a street are two
stops. A stop without a departure that day has 0: its feed tells so."""

_NO_STATION: Final = ("", "0")  # location_type of a stop where one boards


def load_public_transport_stops(
    path: Path, *, day: dt.date | None = None, provenance: Provenance | None = None
) -> Layer:
    """Read the stops of a GTFS feed with their departures on a typical working day.

    The day is that of :func:`layers.gtfs.typical_day` unless one is given. Give one feed: an
    aggregate of networks and the feed of one of them hold the same stops twice.

    Parameters
    ----------
    path
        The ZIP archive of the feed, or the folder it unfolds to.
    day
        The day to count; by default the typical one.
    provenance
        Provenance of ``path``; by default that of an open feed, whose publisher is its own.

    Returns
    -------
    Layer
        Points in EPSG:2154, one a stop.

    Raises
    ------
    LayerError
        With every problem of the feed; ``feed-incomplete`` for one without ``stop_times``,
        whose departures cannot be counted.
    """
    feed = open_feed(path)
    chosen = day or typical_day(feed)
    counts = departures(feed, chosen)
    stops = feed.tables["stops"]
    boarding = stops[stops["location_type"].isin(_NO_STATION)]
    raw = _raw(feed, boarding)
    placed = place_points(raw)
    rows = placed.raw.data
    found = rows[["stop_id"]].join(counts, on="stop_id")
    data = pd.DataFrame(
        {
            "stop_id": rows["stop_id"],
            "name": rows["stop_name"],
            "station": rows["parent_station"].where(rows["parent_station"].ne(""), None),
            "day": chosen.isoformat(),
            "departures_day": found["departures"].fillna(0).astype("int64"),
            "first_departure": found["first_s"].map(_clock),
            "last_departure": found["last_s"].map(_clock),
            "modes": found["modes"].fillna(""),
        }
    )
    source = provenance or Provenance(
        NOT_STATED,
        N_("GTFS feed"),
        chosen.isoformat(),
        NOT_STATED,
        Status.OBSERVED,
        method=N_("typical working day: median of trips over Tuesdays and Thursdays")
        if day is None
        else "",
    )
    notes = in_file((*feed.notes, *placed.notes, *_dangling(feed)), path.name)
    located = gpd.GeoDataFrame(data, geometry=placed.points)
    return make_layer(PUBLIC_TRANSPORT_STOPS, located, replace(source, file=path.name), notes=notes)


def _raw(feed: Feed, stops: pd.DataFrame) -> RawTable:
    lon = pd.to_numeric(stops["stop_lon"].str.strip(), errors="coerce").to_numpy()
    lat = pd.to_numeric(stops["stop_lat"].str.strip(), errors="coerce").to_numpy()
    geometry = np.full(len(stops), None, dtype=object)
    known = np.isfinite(lon) & np.isfinite(lat) & ((lon != 0) | (lat != 0))
    geometry[known] = shapely.points(lon[known], lat[known])
    return RawTable(
        name=feed.name,
        format="GTFS",
        data=stops.reset_index(drop=True),
        rows=stops.index.to_numpy() + 1,
        row_count=len(stops),
        geometry=geometry,
        crs=pyproj.CRS.from_epsg(4326),
    )


def _clock(seconds: float) -> str | None:
    """Return a time of the service day.

    Examples
    --------
    >>> _clock(90_600.0), _clock(float("nan"))
    ('25:10', None)
    """
    if not np.isfinite(seconds):
        return None
    minutes = int(seconds) // 60
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _dangling(feed: Feed) -> list[Problem]:
    """Tell the rows of stop_times that name trips or stops the feed does not have."""
    times = feed.tables["stop_times"]
    notes = []
    for name, table in (("trip_id", "trips"), ("stop_id", "stops")):
        count = int((~times[name].isin(feed.tables[table][name])).sum())
        if count:
            notes.append(
                problem("feed-dangling", field=name, found=count, expected=f"{table}.txt",
                        severity="warning")
            )  # fmt: skip
    return notes
