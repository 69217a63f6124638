"""GTFS: days, departures and refusals, on a feed counted by hand."""

import datetime as dt
import zipfile

import pytest

from layers.errors import LayerError
from layers.gtfs import departures, open_feed, services_by_day, typical_day
from layers.public_transport import load_public_transport_stops
from layers.spec import Status

FEED = {
    "agency": "agency_id,agency_name\n1,TAN\n",
    "stops": (
        "stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station\n"
        "S,Station,47.2173,-1.5534,1,\n"
        "A,Alpha,47.2173,-1.5534,0,S\nB,Bravo,47.2200,-1.5500,,\nC,Charlie,47.2300,-1.5400,0,\n"
        "D,Delta,47.2400,-1.5300,0,\n"
    ),
    "routes": "route_id,route_short_name,route_type\nr1,1,0\nr2,2,714\n",
    # Week runs Monday to Friday, Night is in calendar_dates alone.
    "calendar": (
        "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
        "Week,1,1,1,1,1,0,0,20261102,20261129\nSunday,0,0,0,0,0,0,1,20261102,20261129\n"
    ),
    "calendar_dates": (
        "service_id,date,exception_type\n"
        "Week,20261124,2\n"  # a strike on a Tuesday
        "Night,20261105,1\nNight,20261110,1\nNight,20261112,1\nNight,20261117,1\nNight,20261119,1\n"
    ),
    "trips": (
        "route_id,service_id,trip_id\nr1,Week,t1\nr1,Week,t2\nr1,Sunday,t3\nr2,Night,t4\nr2,Week,t5\n"
    ),
    "stop_times": (
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence,pickup_type\n"
        "t1,05:10:00,05:10:00,A,1,0\nt1,05:20:00,05:21:00,B,2,0\nt1,05:30:00,05:30:00,C,3,0\n"
        "t2,8:00:00,8:00:00,A,10,0\nt2,,,B,20,1\nt2,8:20:00,8:20:00,C,30,0\n"
        "t3,10:00:00,10:00:00,A,1,0\nt3,10:10:00,10:10:00,B,2,0\n"
        "t4,24:50:00,24:50:00,B,1,\nt4,25:10:00,25:10:00,A,2,\nt4,25:20:00,25:20:00,C,3,\n"
        "t5,00:00:00,00:00:00,A,1,0\nt5,00:10:00,00:10:00,C,2,0\nt5,00:15:00,00:15:00,A,3,0\n"
    ),
    "frequencies": "trip_id,start_time,end_time,headway_secs\nt5,06:00:00,07:00:00,900\n",
}


def folder(tmp_path, **changes):
    path = tmp_path / "feed"
    path.mkdir(exist_ok=True)
    for name, text in (FEED | changes).items():
        if text is not None:
            (path / f"{name}.txt").write_text(text, encoding="utf-8")
    return path


def archive(tmp_path, prefix="", **changes):
    path = tmp_path / "feed.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for name, text in (FEED | changes).items():
            packed.writestr(f"{prefix}{name}.txt", "\ufeff" + text.replace("\n", "\r\n"))
    return path


@pytest.mark.parametrize("rows", ["", "other,1,0\n"])
def test_a_feed_whose_routes_are_not_those_of_its_trips_has_no_modes(tmp_path, rows):
    """Departures are counted all the same; what runs there is not known."""
    whole = load_public_transport_stops(folder(tmp_path)).data
    routes = f"route_id,route_short_name,route_type\n{rows}"
    data = load_public_transport_stops(folder(tmp_path, routes=routes)).data
    assert data["departures_day"].tolist() == whole["departures_day"].tolist()
    assert set(data["modes"]) == {""}


def test_services_run_as_calendar_and_exceptions_say(tmp_path):
    days = services_by_day(open_feed(folder(tmp_path)))
    assert days[dt.date(2026, 11, 2)] == {"Week"}
    assert days[dt.date(2026, 11, 5)] == {"Week", "Night"}
    assert days[dt.date(2026, 11, 8)] == {"Sunday"}
    assert dt.date(2026, 11, 24) not in days  # the strike
    assert dt.date(2026, 11, 7) not in days  # a Saturday


def test_the_typical_day_is_the_median_of_tuesdays_and_thursdays(tmp_path):
    # Tuesdays and Thursdays: 3, 5, 10, 12, 17, 19, 26 November (24: strike). Week alone is
    # 2 trips and 4 runs; with Night, one more. Sorted: 6, 6, 7, 7, 7, 7, 7: the median is 7.
    assert typical_day(open_feed(folder(tmp_path))) == dt.date(2026, 11, 5)


def test_departures_counted_by_hand(tmp_path):
    counts = departures(open_feed(folder(tmp_path)), dt.date(2026, 11, 5))
    # A: t1, t2, t4 (25:10) and t5 four times from its first stop; its last stop counts none.
    assert counts.loc["A", "departures"] == 7
    assert counts.loc["A", ["first_s", "last_s"]].tolist() == [5 * 3600 + 600, 25 * 3600 + 600]
    assert counts.loc["A", "modes"] == "bus, tram"
    # B: t1 and t4; nobody boards t2. C: the middle of t5, at 06:10, 06:25, 06:40, 06:55.
    assert counts.loc["B", "departures"] == 2
    assert counts.loc["C", "departures"] == 4
    assert counts.loc["C", ["first_s", "last_s"]].tolist() == [22_200, 24_900]
    assert "D" not in counts.index


def test_stops_with_their_departures(tmp_path):
    layer = load_public_transport_stops(folder(tmp_path))
    stops = layer.geo.set_index("stop_id")
    assert stops["departures_day"].to_dict() == {"A": 7, "B": 2, "C": 4, "D": 0}
    assert stops.loc["A", "station"] == "S"
    assert stops.loc["A", "last_departure"] == "25:10"
    assert set(stops["day"]) == {"2026-11-05"}
    assert layer.provenance.vintage == "2026-11-05"
    assert layer.provenance.status is Status.OBSERVED
    assert layer.geo.crs == "EPSG:2154"


def test_an_archive_with_boms_and_a_folder_is_the_same_feed(tmp_path):
    plain = load_public_transport_stops(folder(tmp_path))
    for prefix in ("", "gtfs-tan/"):
        packed = load_public_transport_stops(archive(tmp_path, prefix))
        assert packed.geo.equals(plain.geo)


def test_a_day_is_chosen_explicitly(tmp_path):
    sunday = load_public_transport_stops(folder(tmp_path), day=dt.date(2026, 11, 8))
    assert sunday.data.set_index("stop_id")["departures_day"].to_dict() == {
        "A": 1, "B": 0, "C": 0, "D": 0,
    }  # fmt: skip


def test_calendar_dates_alone_are_enough(tmp_path):
    path = folder(tmp_path)
    (path / "calendar.txt").unlink()
    feed = open_feed(path)
    assert typical_day(feed) == dt.date(2026, 11, 5)
    assert departures(feed, dt.date(2026, 11, 5))["departures"].to_dict() == {"A": 1, "B": 1}


def test_names_that_are_not_utf_8_are_read_and_told(tmp_path):
    path = folder(tmp_path)
    stops = FEED["stops"].replace("Charlie", "Évêché")
    (path / "stops.txt").write_bytes(stops.encode("cp1252"))
    layer = load_public_transport_stops(path)
    assert layer.data.set_index("stop_id").loc["C", "name"] == "Évêché"
    assert [(note.code, note.found) for note in layer.notes] == [
        ("encoding-guessed", "Windows-1252")
    ]


def test_rows_that_lead_nowhere_are_told(tmp_path):
    times = FEED["stop_times"] + "ghost,06:00:00,06:00:00,A,1,0\nt1,05:40:00,05:40:00,Z,0,0\n"
    layer = load_public_transport_stops(folder(tmp_path, stop_times=times))
    assert [(n.code, n.field, n.found) for n in layer.notes] == [
        ("feed-dangling", "trip_id", "1"),
        ("feed-dangling", "stop_id", "1"),
    ]


@pytest.mark.parametrize(
    ("name", "old", "new", "code"),
    [
        ("stop_times", "8:00:00,8:00:00", "8h00,8h00", "value-type"),
        ("calendar", "20261102", "02/11/2026", "value-type"),
        ("stops", "stop_lat", "latitude", "column-missing"),
        ("stops", "47.2200,-1.5500", "-1.5500,47.2200", "coordinates-swapped"),
        ("routes", FEED["routes"], "", "file-empty"),
        ("stops", FEED["stops"], "stop_id,stop_lat,stop_lon\n", "no-rows"),
        ("trips", "r1,Week,t1\n", "r1,Week\n", "file-unreadable"),
    ],
)
def test_a_damaged_feed_is_told(tmp_path, name, old, new, code):
    path = folder(tmp_path, **{name: FEED[name].replace(old, new)})
    with pytest.raises(LayerError) as error:
        load_public_transport_stops(path)
    assert [p.code for p in error.value.problems] == [code]


def test_a_feed_that_never_runs_on_a_working_day_is_told(tmp_path):
    calendar = FEED["calendar"].replace("Week,1,1,1,1,1", "Week,0,0,0,0,0")
    path = folder(tmp_path, calendar=calendar, calendar_dates="service_id,date,exception_type\n")
    with pytest.raises(LayerError, match=r"2026-11-08 – 2026-11-29.*feed-no-day"):
        load_public_transport_stops(path)


def test_a_feed_without_passages_is_refused_with_a_reason(tmp_path):
    path = folder(tmp_path)
    (path / "stop_times.txt").unlink()
    with pytest.raises(LayerError) as error:
        load_public_transport_stops(path)
    (found,) = error.value.problems
    assert (found.code, found.found) == ("feed-incomplete", "stop_times.txt")


@pytest.mark.parametrize(
    ("content", "code"), [(b"PK\x03\x04cut", "archive-broken"), (b"<html>", "file-html")]
)
def test_what_is_no_feed_is_told(tmp_path, content, code):
    (tmp_path / "feed.zip").write_bytes(content)
    with pytest.raises(LayerError) as error:
        load_public_transport_stops(tmp_path / "feed.zip")
    assert [p.code for p in error.value.problems] == [code]


def test_a_truncated_archive_is_told(tmp_path):
    whole = archive(tmp_path).read_bytes()
    (tmp_path / "feed.zip").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(LayerError, match="archive-broken"):
        load_public_transport_stops(tmp_path / "feed.zip")


def test_the_real_feed_of_nantes_has_no_passages(open_data):
    path = open_data / "pays-de-la-loire" / "gtfs_tan_2016_sans_stop_times"
    with pytest.raises(LayerError) as error:
        load_public_transport_stops(path)
    assert [(p.code, p.found) for p in error.value.problems] == [
        ("feed-incomplete", "trips.txt"),
        ("feed-incomplete", "stop_times.txt"),
    ]


def test_the_real_calendar_of_nantes_runs_in_the_week(open_data, tmp_path):
    real = open_data / "pays-de-la-loire" / "gtfs_tan_2016_sans_stop_times"
    path = folder(tmp_path)
    for name in ("calendar", "calendar_dates", "routes", "stops"):
        (path / f"{name}.txt").write_bytes((real / f"{name}.txt").read_bytes())
    days = services_by_day(open_feed(path))
    assert dt.date(2016, 3, 1) in days
    assert len(days[dt.date(2016, 3, 1)]) > len(days.get(dt.date(2016, 5, 1), ()))
    stops = load_public_transport_stops(path, day=dt.date(2016, 3, 1)).data
    assert stops["departures_day"].eq(0).all()  # the trips are those of the made-up feed
    assert not stops["stop_id"].str.startswith("StopArea:").any()
