"""A GTFS feed: its tables, its days, the departures of one day at each stop.

Reference: General Transit Feed Specification, https://gtfs.org. Times go beyond 24:00:00
for what runs after midnight of its service day, and count on that day.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from layers.delimited import ENCODINGS
from layers.errors import N_, LayerError, Problem, problem
from layers.files import LIMIT_BYTES, ZIP, check_archive, identify
from layers.raw_table import Bools

_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_TYPICAL: Final = (1, 3)  # Tuesday and Thursday: no part-time Wednesday, no week-end
_WORKING: Final = (0, 1, 2, 3, 4)
_ADDED, _REMOVED = "1", "2"
_NO_PICKUP: Final = "1"
_LONGEST_DAYS: Final = 3 * 366  # of a calendar; a longer one is a mistake
_TIME: Final = r"^\s*(\d{1,3}):(\d\d):(\d\d)\s*$"


@dataclass(frozen=True, eq=False, slots=True)
class Feed:
    """The tables of a feed, every cell as text, empty where missing.

    Parameters
    ----------
    name
        File or folder name, for messages.
    tables
        By file name without suffix: ``stops``, ``stop_times``…
    notes
        Warnings.
    """

    name: str
    tables: Mapping[str, pd.DataFrame]
    notes: tuple[Problem, ...] = ()


_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "stops": ("stop_id", "stop_lat", "stop_lon"),
    "trips": ("trip_id", "route_id", "service_id"),
    "stop_times": ("trip_id", "stop_id", "stop_sequence"),
    "routes": ("route_id", "route_type"),
    "calendar": ("service_id", "start_date", "end_date", *_DAYS),
    "calendar_dates": ("service_id", "date", "exception_type"),
    "frequencies": ("trip_id", "start_time", "end_time", "headway_secs"),
}
_OPTIONAL: Final[Mapping[str, tuple[str, ...]]] = {
    "stops": ("stop_name", "location_type", "parent_station"),
    "stop_times": ("departure_time", "pickup_type"),
}
_NEEDED: Final = ("stops", "trips", "stop_times", "routes")
_CALENDARS: Final = ("calendar", "calendar_dates")


def open_feed(path: Path, *, limit_bytes: int = LIMIT_BYTES) -> Feed:
    """Open a feed, a ZIP archive or the folder it unfolds to.

    Parameters
    ----------
    path
        The archive or the folder.
    limit_bytes
        Largest size accepted of what the archive unfolds to.

    Returns
    -------
    Feed
        Its tables; those without which departures cannot be counted are there.

    Raises
    ------
    LayerError
        ``feed-incomplete`` for each table that is missing; what is wrong with the archive or
        with a table.
    """
    texts = _folder(path) if path.is_dir() else _archive(path, limit_bytes)
    present = ", ".join(sorted(texts)) or N_("nothing")
    missing = [f"{name}.txt" for name in _NEEDED if name not in texts]
    if not any(name in texts for name in _CALENDARS):
        missing.append("calendar.txt, calendar_dates.txt")
    if missing:
        raise LayerError(
            problem("feed-incomplete", file=path.name, found=name, expected=present)
            for name in missing
        )
    tables: dict[str, pd.DataFrame] = {}
    problems: list[Problem] = []
    for name in _COLUMNS:
        if name in texts:
            tables[name], found = _table(texts[name], name, path.name)
            problems += found
    errors = [found for found in problems if found.severity == "error"]
    if errors:
        raise LayerError(errors)
    return Feed(path.name, tables, tuple(problems))


def _folder(path: Path) -> dict[str, bytes]:
    return {file.stem: file.read_bytes() for file in sorted(path.glob("*.txt"))}


def _archive(path: Path, limit_bytes: int) -> dict[str, bytes]:
    """Return the text files of an archive, also where it holds them in one folder."""
    found = identify(path, limit_bytes=limit_bytes)
    if found is not ZIP:
        raise LayerError(problem("file-unreadable", file=path.name, found=found.title,
                                 expected="GTFS"))  # fmt: skip
    try:
        with zipfile.ZipFile(path) as archive:
            check_archive(archive, path, limit_bytes)
            members = {PurePosixPath(m.filename): m for m in archive.infolist() if not m.is_dir()}
            return {
                name.stem: archive.read(member)
                for name, member in members.items()
                if name.suffix.lower() == ".txt" and name.parts[0] != "__MACOSX"
                and name.stem in _COLUMNS
            }  # fmt: skip
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        reason = str(error) or type(error).__name__
        raise LayerError(problem("archive-broken", file=path.name, found=reason)) from error


def _table(raw: bytes, name: str, feed: str) -> tuple[pd.DataFrame, list[Problem]]:
    """Read one table, only the columns that count, every cell as text."""
    from pyarrow import csv as arrow_csv  # noqa: PLC0415 - only feeds need it

    file = f"{feed}/{name}.txt"
    text, notes = raw.removeprefix(b"\xef\xbb\xbf"), []
    if (label := _label(text)) != ENCODINGS[0][1]:
        codec = next(codec for codec, name in ENCODINGS if name == label)
        text = text.decode(codec).encode()
        notes.append(problem("encoding-guessed", file=file, found=label, severity="warning"))
    if not text.strip():
        return _nothing(name), [*notes, problem("file-empty", file=file)]
    header = text.split(b"\n", 1)[0].decode()
    names = [column.strip().strip('"') for column in header.split(",")]
    missing = [column for column in _COLUMNS[name] if column not in names]
    if missing:
        found = ", ".join(names)
        lacking = [problem("column-missing", file=file, field=c, found=found) for c in missing]
        return _nothing(name), [*notes, *lacking]
    if b"\n" not in text.strip():
        return _nothing(name), notes
    wanted = [c for c in (*_COLUMNS[name], *_OPTIONAL.get(name, ())) if c in names]
    try:
        table = arrow_csv.read_csv(
            io.BytesIO(text),
            read_options=arrow_csv.ReadOptions(column_names=names, skip_rows=1),
            parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
            convert_options=arrow_csv.ConvertOptions(
                include_columns=wanted,
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=False,
            ),
        ).to_pandas()
    except pa.ArrowException as error:
        return _nothing(name), [problem("file-unreadable", file=file, expected="CSV", found=error)]
    for column in _OPTIONAL.get(name, ()):
        table[column] = table[column].str.strip() if column in table else ""
    return table, notes


def _label(text: bytes) -> str:
    """Return the name of the first encoding that reads a text; the last one reads any."""
    for codec, label in ENCODINGS:
        try:
            text.decode(codec)
        except UnicodeDecodeError:
            continue
        return label
    return ENCODINGS[-1][1]


def _nothing(name: str) -> pd.DataFrame:
    return pd.DataFrame(columns=[*_COLUMNS[name], *_OPTIONAL.get(name, ())], dtype=str)


def services_by_day(feed: Feed) -> dict[dt.date, frozenset[str]]:
    """Return the services that run each day, exceptions applied.

    Parameters
    ----------
    feed
        The feed; services may be in ``calendar``, in ``calendar_dates`` alone, or both.

    Returns
    -------
    dict
        Services by day, the days on which some service runs, in order.

    Raises
    ------
    LayerError
        With every date that is none.
    """
    running: dict[dt.date, set[str]] = {}
    problems: list[Problem] = []
    calendar = feed.tables.get("calendar", _nothing("calendar"))
    starts = _dates(calendar["start_date"], feed, "calendar", problems)
    ends = _dates(calendar["end_date"], feed, "calendar", problems)
    exceptions = feed.tables.get("calendar_dates", _nothing("calendar_dates"))
    days = _dates(exceptions["date"], feed, "calendar_dates", problems)
    if problems:
        raise LayerError(problems)
    flags = calendar[list(_DAYS)].apply(lambda column: column.str.strip()).eq("1").to_numpy()
    for service, start, end, week in zip(calendar["service_id"], starts, ends, flags, strict=True):
        for each in _between(start, end):
            if week[each.weekday()]:
                running.setdefault(each, set()).add(service)
    kinds = exceptions["exception_type"].str.strip()
    for service, day, kind in zip(exceptions["service_id"], days, kinds, strict=True):
        if day is not None and kind == _ADDED:
            running.setdefault(day, set()).add(service)
        elif day is not None and kind == _REMOVED:
            running.get(day, set()).discard(service)
    return {day: frozenset(running[day]) for day in sorted(running) if running[day]}


def _dates(
    texts: pd.Series, feed: Feed, table: str, problems: list[Problem]
) -> list[dt.date | None]:
    found: dict[str, dt.date | None] = {}
    for text in texts.unique():
        try:
            found[text] = dt.datetime.strptime(text.strip(), "%Y%m%d").date()  # noqa: DTZ007
        except ValueError:
            found[text] = None
            row = int(texts.eq(text).to_numpy().argmax()) + 1
            expected = N_("a date, YYYYMMDD")
            problems.append(
                problem("value-type", file=f"{feed.name}/{table}.txt", row=row,
                        field=str(texts.name), found=text, expected=expected)
            )  # fmt: skip
    return [found[text] for text in texts]


def _between(start: dt.date | None, end: dt.date | None) -> Iterator[dt.date]:
    if start is None or end is None:
        return
    for i in range(min((end - start).days + 1, _LONGEST_DAYS)):
        yield start + dt.timedelta(days=i)


def typical_day(feed: Feed) -> dt.date:
    """Choose the typical working day of a feed.

    Rule: of the Tuesdays and Thursdays on which it runs, the one whose number of trips is
    the median (the larger of two in the middle), the earliest of those that have as many.
    Public holidays and works are few, so that the median leaves them aside; a feed of a few
    days without any falls back on all working days.

    Parameters
    ----------
    feed
        The feed.

    Returns
    -------
    date
        The day.

    Raises
    ------
    LayerError
        ``feed-no-day`` if no service runs on a working day.
    """
    days = services_by_day(feed)
    trips = trips_of_services(feed)
    counts = {day: int(sum(trips.get(s, 0) for s in running)) for day, running in days.items()}
    for wanted in (_TYPICAL, _WORKING):
        chosen = {d: n for d, n in counts.items() if d.weekday() in wanted and n > 0}
        if chosen:
            median = sorted(chosen.values())[len(chosen) // 2]
            return min(day for day, count in chosen.items() if count == median)
    span = f"{min(days)} – {max(days)}" if days else "–"
    raise LayerError(problem("feed-no-day", file=feed.name, found=span))


def trips_of_services(feed: Feed) -> dict[str, float]:
    """Count the departures of trips of each service, those of ``frequencies`` repeated.

    Parameters
    ----------
    feed
        The feed.

    Returns
    -------
    dict
        Trips a day by service.
    """
    trips = feed.tables["trips"][["trip_id", "service_id"]]
    runs = _repeats(feed).groupby("trip_id")["runs"].sum()
    counts = trips["trip_id"].map(runs).fillna(1)
    return {str(k): float(v) for k, v in counts.groupby(trips["service_id"]).sum().items()}


def departures(feed: Feed, day: dt.date) -> pd.DataFrame:
    """Count the departures of a day at each stop.

    A passage is a departure but at the last stop of its trip and where nobody may board
    (``pickup_type`` 1). A trip of ``frequencies`` runs once every headway from ``start_time``,
    before ``end_time``.

    Parameters
    ----------
    feed
        The feed.
    day
        The service day; what runs after midnight (25:10:00) counts on it.

    Returns
    -------
    DataFrame
        By ``stop_id``: ``departures``, ``first_s`` and ``last_s`` (seconds from the midnight
        before; missing where no time is given) and ``modes``.

    Raises
    ------
    LayerError
        With every time that is none.
    """
    running = services_by_day(feed).get(day, frozenset())
    trips = feed.tables["trips"]
    trips = trips[trips["service_id"].isin(running)]
    modes = feed.tables["routes"].set_index("route_id")["route_type"].map(mode)
    trips = trips.assign(mode=trips["route_id"].map(modes[~modes.index.duplicated()]))
    times = feed.tables["stop_times"].merge(trips[["trip_id", "mode"]], on="trip_id")
    sequence = pd.to_numeric(times["stop_sequence"], errors="coerce")
    boards = sequence < sequence.groupby(times["trip_id"]).transform("max")
    times["seconds"] = _seconds(times["departure_time"], feed.name, "stop_times")
    first = times.groupby("trip_id")["seconds"].transform("min")
    repeats = _repeats(feed)
    passages = times[boards & times["pickup_type"].ne(_NO_PICKUP)].assign(begin=first)
    once = passages[~passages["trip_id"].isin(repeats["trip_id"])]
    once = once.assign(runs=1, first_s=once["seconds"], last_s=once["seconds"])
    often = passages.merge(repeats, on="trip_id")
    shift = often["seconds"] - often["begin"]
    often = often.assign(first_s=often["start"] + shift, last_s=often["last"] + shift)
    columns = ["stop_id", "runs", "first_s", "last_s", "mode"]
    both = pd.concat([once[columns], often[columns]], ignore_index=True)
    stops = both.groupby("stop_id")
    counts = pd.DataFrame(
        {
            "departures": stops["runs"].sum().astype("int64"),
            "first_s": stops["first_s"].min(),
            "last_s": stops["last_s"].max(),
        }
    )
    modes = _modes_of(both)
    return counts.assign(modes=pd.array([modes.get(stop, "") for stop in counts.index], "str"))


def _modes_of(passages: pd.DataFrame) -> pd.Series:
    """Return the modes of each stop, in alphabetical order; none where none is known."""
    pairs = passages[["stop_id", "mode"]].dropna().drop_duplicates()
    return pairs.sort_values(["stop_id", "mode"]).groupby("stop_id")["mode"].agg(", ".join)


def _repeats(feed: Feed) -> pd.DataFrame:
    """Return the trips that repeat: how often, from when to when."""
    table = feed.tables.get("frequencies", _nothing("frequencies"))
    start = _seconds(table["start_time"], feed.name, "frequencies")
    end = _seconds(table["end_time"], feed.name, "frequencies")
    headway = pd.to_numeric(table["headway_secs"], errors="coerce")
    headway = headway.where(headway > 0)
    runs = ((end - start) / headway).map(np.ceil).fillna(0).clip(lower=0)
    found = pd.DataFrame(
        {"trip_id": table["trip_id"], "runs": runs, "start": start,
         "last": start + (runs - 1) * headway}
    )  # fmt: skip
    return found[found["runs"] > 0]


def _seconds(texts: pd.Series, feed: str, table: str) -> pd.Series:
    """Turn times into seconds from the midnight before; empty cells are missing."""
    # Trips of a day share their times: each is read once.
    codes, different = pd.factorize(texts, use_na_sentinel=False)
    read = pd.Series(different).str.extract(_TIME).astype("float64")
    parts = read.iloc[codes].set_index(texts.index)
    wrong: Bools = (texts.str.strip().ne("") & parts[0].isna()).to_numpy(dtype=bool)
    if wrong.any():
        name, expected = str(texts.name), N_("a time, HH:MM:SS")
        raise LayerError(
            problem("value-type", file=f"{feed}/{table}.txt", field=name, found=text,
                    expected=expected)
            for text in sorted(set(texts[wrong]))
        )  # fmt: skip
    return parts[0] * 3600 + parts[1] * 60 + parts[2]


# Basic types, then the hundreds of the extended ones (Hierarchical Vehicle Type).
_MODES: Final[Mapping[int, str]] = {
    0: "tram", 1: "metro", 2: "rail", 3: "bus", 4: "ferry", 5: "tram", 6: "cable", 7: "cable",
    11: "bus", 12: "rail", 100: "rail", 200: "coach", 400: "metro", 500: "metro", 600: "metro",
    700: "bus", 800: "bus", 900: "tram", 1000: "ferry", 1200: "ferry", 1300: "cable",
    1400: "cable",
}  # fmt: skip


def mode(route_type: str) -> str:
    """Return the mode of a type of route, basic or extended.

    Parameters
    ----------
    route_type
        ``route_type`` of the feed.

    Returns
    -------
    str
        ``bus``, ``coach``, ``tram``, ``metro``, ``rail``, ``ferry``, ``cable`` or ``other``.

    Examples
    --------
    >>> mode("3"), mode("714"), mode("109"), mode("1700")
    ('bus', 'bus', 'rail', 'other')
    """
    try:
        number = int(route_type.strip())
    except ValueError:
        return "other"
    return _MODES.get(number) or _MODES.get(number // 100 * 100, "other")
