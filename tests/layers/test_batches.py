"""Files of sites read some rows at once say what they say when they are read as a whole."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers import delimited
from layers.batches import raw_batches
from layers.cnig import open_register
from layers.delimited import delimited_batches, read_delimited
from layers.errors import LayerError

POINTS = [shapely.Point(-1.5 + i / 100, 47.2) for i in range(10)]


def together(batches):
    """Rows of all the batches, and what they tell, as of one table."""
    tables = list(batches)
    data = pd.concat([one.data for one in tables], ignore_index=True)
    geometry = np.concatenate([one.geometry for one in tables])
    problems = sorted(one.line() for table in tables for one in table.rejected)
    notes = sorted(one.line() for table in tables for one in table.notes)
    rows = np.concatenate([one.rows for one in tables]).tolist()
    count = sum(one.row_count for one in tables)
    return data, shapely.to_wkb(geometry).tolist(), rows, count, problems, notes, tables[0].crs


def assert_same(path, *, size=3):
    got, expected = together(raw_batches(path, size=size)), together([open_register(path)])
    pd.testing.assert_frame_equal(got[0], expected[0], check_dtype=False)
    assert got[1:6] == expected[1:6]
    assert got[6].equals(expected[6])
    return got


def told(path, *, size=3):
    """Codes of what is wrong with a file as a whole, in batches; as a whole, the same."""
    found = []
    for read in (lambda: list(raw_batches(path, size=size)), lambda: open_register(path)):
        with pytest.raises(LayerError) as error:
            read()
        found.append([one.line() for one in error.value.problems])
    assert found[0] == found[1]
    return [one.code for one in error.value.problems]


# --- CSV --------------------------------------------------------------------------------


@pytest.mark.parametrize("block", [200, 1 << 20])
def test_a_csv_in_batches_is_that_of_one_go(tmp_path, monkeypatch, block):
    monkeypatch.setattr(delimited, "_BLOCK", block)
    lines = ["site_id;nom;lon;lat"]
    for i in range(40):
        lines.append(f'S{i};"Zone « {i} »,\nau bord de l’eau";-1,{i:02};47,2')
        lines += {5: [""], 6: [" ; ; ; "], 11: ["trop;de;cellules;ici;même"], 39: ["peu"]}.get(
            i, []
        )
    path = tmp_path / "sites.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    _, _, rows, count, problems, _, _ = assert_same(path)
    # 40 sites and 2 rows kept aside; the blank lines are no rows.
    assert (len(rows), count, len(problems)) == (40, 42, 2)
    assert rows[-1] == 41


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(["a;1", "b;2", "", " ; ", "x", "x;y;z", '"d\nd";3', "é;4"]), max_size=30
    ),
    st.integers(1, 7),
)
def test_blocks_and_batches_change_nothing(tmp_path, monkeypatch, lines, size):
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["nom;valeur", *lines]) + "\n", encoding="utf-8")
    monkeypatch.setattr(delimited, "_BLOCK", 1 << 20)
    whole = read_delimited(path, "t.csv")
    # What is read says where each row is: blank lines are none, others keep their place.
    filled = [one for one in lines if one.replace(";", "").strip()]
    expected = [rank for rank, one in enumerate(filled, start=1) if one.count(";") == 1]
    assert whole.rows.tolist() == expected
    assert whole.row_count == len(filled)
    monkeypatch.setattr(delimited, "_BLOCK", 40)
    parts = list(delimited_batches(path, "t.csv", size=size))
    assert all(len(one.rows) <= size for one in parts)
    assert np.concatenate([one.rows for one in parts]).tolist() == expected
    data = pd.concat([one.data for one in parts], ignore_index=True)
    assert data.to_numpy().tolist() == whole.data.to_numpy().tolist()
    rejected = [one for part in parts for one in part.rejected]
    assert sorted(one.row for one in rejected) == sorted(one.row for one in whole.rejected)
    assert sum(one.row_count for one in parts) == whole.row_count


def csv_of(path, wkt, crs=None):
    table = pd.DataFrame({"site_id": [f"S{i}" for i in range(len(wkt))], "wkt": wkt})
    if crs is not None:
        table["crs"] = crs
    table.to_csv(path, index=False)
    return path


def test_the_crs_of_a_csv_is_that_of_all_its_rows(tmp_path):
    wkt = [point.wkt for point in POINTS]
    # Told by one row for all, the last batch tells none.
    once = ["EPSG:4326", *[""] * 9]
    *_, crs = assert_same(csv_of(tmp_path / "once.csv", wkt, once))
    assert crs.to_epsg() == 4326
    inside = [f"SRID=2154;{wkt[0]}", *wkt[1:]]
    *_, crs = assert_same(csv_of(tmp_path / "inside.csv", inside))
    assert crs.to_epsg() == 2154
    two = [*["EPSG:4326"] * 9, "EPSG:2154"]
    assert told(csv_of(tmp_path / "two.csv", wkt, two)) == ["crs-mismatch"]
    assert told(csv_of(tmp_path / "none.csv", wkt)) == ["crs-missing"]


def test_the_standard_of_a_csv_without_crs_is_judged_on_all_its_rows(tmp_path):
    # CNIG: degrees for a “geompoint”; one row in metres, in the last batch, denies it.
    degrees = [point.wkt for point in POINTS]
    path = tmp_path / "friches.csv"
    pd.DataFrame({"site_id": range(10), "geompoint": degrees}).to_csv(path, index=False)
    *_, notes, crs = assert_same(path)
    assert crs.to_epsg() == 4326
    assert sum("crs-standard" in one for one in notes) == 1
    metres = [*degrees[:9], "POINT (350000 6700000)"]
    pd.DataFrame({"site_id": range(10), "geompoint": metres}).to_csv(path, index=False)
    assert told(path) == ["crs-missing"]


def test_what_is_wrong_with_a_csv_is_told_as_in_one_go(tmp_path):
    path = tmp_path / "sites.csv"
    for text, codes in (
        ("nom;lon;lat\n", ["no-rows"]),
        ("nom;surface\na;1\nb;2\n", ["geometry-column"]),
        ('nom;lon;lat\na;1;2\n"b;1;2\nc;1;2\n', ["file-unreadable"]),
    ):
        path.write_text(text)
        assert told(path) == codes
    path.write_bytes(b"nom;lon;lat\n" + "Zone d’été;1;2\n".encode("cp1252") * 5)
    *_, notes, _ = assert_same(path)
    assert sum("encoding-guessed" in one for one in notes) == 1


def outcome(read):
    """What is read, or what is told in its place."""
    try:
        data, *rest, crs = together(read())
    except LayerError as error:
        return [one.line() for one in error.problems]
    return [data.astype(str).to_numpy().tolist(), *rest, crs.to_string()]


LINES = ["S;1;2", "T;3;4", "", " ; ; ", "x", "x;y;z;t", '"U\nu";1;2', '"";"";""', "V;;"]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(LINES), max_size=25), st.integers(1, 7))
def test_any_csv_in_batches_says_what_it_says_in_one_go(tmp_path, monkeypatch, lines, size):
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["nom;lon;lat", *lines]) + "\n", encoding="utf-8")
    monkeypatch.setattr(delimited, "_BLOCK", 1 << 20)
    whole = outcome(lambda: [open_register(path)])
    monkeypatch.setattr(delimited, "_BLOCK", 40)
    assert outcome(lambda: raw_batches(path, size=size)) == whole


def test_rows_that_are_all_kept_aside_are_told_one_by_one(tmp_path):
    path = tmp_path / "sites.csv"
    path.write_text("site_id;lon;lat\nA;-1,5;47,2;\nB;-1,6;47,2;\n")
    [table] = raw_batches(path)
    assert [(one.row, one.code) for one in table.rejected] == [(1, "row-cells"), (2, "row-cells")]
    assert table.row_count == 2


# --- Shapefile --------------------------------------------------------------------------


def test_a_shapefile_in_batches_is_that_of_one_go(tmp_path):
    path = tmp_path / "sites.shp"
    names = [f"Zone {i}" for i in range(9)] + ["Zone d’été"]  # the last batch tells the encoding
    frame = gpd.GeoDataFrame({"nom": names}, geometry=POINTS, crs=4326)
    for encoding in ("utf-8", "cp1252"):
        frame.to_file(path, encoding=encoding)
        data, *_ = assert_same(path)
        assert data["nom"].tolist() == names
    path.with_suffix(".cpg").unlink()
    data, *_, notes, _ = assert_same(path)
    assert data["nom"].tolist() == names
    assert sum("encoding-guessed" in one for one in notes) == 1
    path.with_suffix(".dbf").unlink()
    *_, notes, _ = assert_same(path)
    assert sum("file-missing" in one for one in notes) == 1


def test_a_damaged_shapefile_is_told_as_in_one_go(tmp_path):
    path = tmp_path / "sites.shp"
    gpd.GeoDataFrame({"nom": range(10)}, geometry=POINTS, crs=4326).to_file(path)
    raw = path.read_bytes()
    path.write_bytes(raw[:-40])
    assert told(path) == ["file-unreadable"]
    path.write_bytes(raw)
    path.with_suffix(".prj").unlink()
    assert told(path) == ["crs-missing"]
