"""Delimited text and its geometry: separators, encodings, rows that break, WKT, lon and lat."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.delimited import read_delimited
from layers.errors import LayerError
from layers.files import open_file
from layers.placing import parse_crs


def saved(folder: Path, text: str | bytes, name: str = "sites.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def codes(problems) -> list[str]:
    return [p.code for p in problems]


def refusal(path: Path) -> list:
    with pytest.raises(LayerError) as caught:
        open_file(path)
    return list(caught.value.problems)


# --- Rows and cells -------------------------------------------------------------------


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_separators_and_ends_of_lines_are_found(tmp_path, separator, end):
    rows = [["nom", "lon", "lat"], ["a", "-1.5", "47.2"], ["b", "-1.6", "47.3"]]
    path = saved(tmp_path, end.join(separator.join(row) for row in rows) + end)
    table = open_file(path)
    assert table.data["nom"].tolist() == ["a", "b"]
    assert shapely.get_coordinates(table.geometry).tolist() == [[-1.5, 47.2], [-1.6, 47.3]]


def test_decimal_commas_of_a_french_spreadsheet_are_read(tmp_path):
    table = open_file(saved(tmp_path, "nom;lon;lat\na;-1,5;47,2\n"))
    assert shapely.get_coordinates(table.geometry).tolist() == [[-1.5, 47.2]]


@pytest.mark.parametrize(
    ("encoding", "label"),
    [("utf-8", None), ("utf-8-sig", None), ("utf-16", None), ("cp1252", "Windows-1252")],
)
def test_the_encoding_is_found_and_told_if_it_is_not_utf_8(tmp_path, encoding, label):
    table = open_file(saved(tmp_path, "nom;lon;lat\nBœuf été;1;2\n".encode(encoding)))
    assert table.data["nom"].tolist() == ["Bœuf été"]
    assert [p.found for p in table.notes] == ([label] if label else [])


def test_bytes_that_windows_does_not_know_are_read_as_iso_8859_1(tmp_path):
    table = open_file(saved(tmp_path, b"nom;lon;lat\n\xe9\x81;1;2\n"))
    assert [p.found for p in table.notes] == ["ISO 8859-1"]


def test_cells_may_hold_separators_quotes_and_line_breaks(tmp_path):
    table = open_file(saved(tmp_path, 'nom;lon;lat\n"a;b ""c""\nd";1;2\n'))
    assert table.data["nom"].tolist() == ['a;b "c"\nd']


def test_a_row_with_a_label_split_in_two_is_rejected_and_the_others_kept(tmp_path):
    # The valid example of the CNIG splits "entrepôts, logistique" in two cells.
    text = (
        "nom,vocation,lon,lat\na,mixte,1,2\nb,entrepôts, logistique,1,2\n\nc,mixte\nd,mixte,3,4\n"
    )
    table = open_file(saved(tmp_path, text))
    assert table.data["nom"].tolist() == ["a", "d"]
    assert table.rows.tolist() == [1, 4]
    assert [(p.code, p.row, p.found, p.expected) for p in table.rejected] == [
        ("row-cells", 2, "5", "4"),
        ("row-cells", 3, "2", "4"),
    ]
    assert table.row_count == 4


def test_blank_lines_of_a_spreadsheet_are_not_rows(tmp_path):
    table = open_file(saved(tmp_path, "nom;lon;lat\n;;\na;1;2\n\n ; ;\nb;3;4\nc;5\n;;\n;;\n"))
    assert table.data["nom"].tolist() == ["a", "b"]
    assert table.rows.tolist() == [1, 2]
    assert [p.row for p in table.rejected] == [3]
    assert table.row_count == 3


@given(
    st.lists(st.sampled_from(["a;1;2", ";;", "", "b;3", "c;4;5;6"]), max_size=12),
)
@settings(max_examples=60)
def test_every_row_is_kept_or_rejected_and_numbered_once(tmp_path_factory, lines):
    path = saved(tmp_path_factory.mktemp("rows"), "\n".join(["nom;x;y", *lines, ""]))
    table = read_delimited(path, "sites.csv")
    rejected = [p.row for p in table.rejected]
    filled = [line for line in lines if line not in ("", ";;")]
    assert sorted([*table.rows.tolist(), *rejected]) == list(range(1, len(filled) + 1))
    assert table.row_count == len(filled)
    assert [filled[row - 1] for row in table.rows] == ["a;1;2"] * len(table.rows)


@pytest.mark.parametrize("text", ['a;"b;1;2\nc;3;4\nd;5;6\n', 'a;1;"2\nb;3;4\n'])
def test_a_quotation_mark_never_closed_is_told_it_would_swallow_rows(tmp_path, text):
    (found,) = refusal(saved(tmp_path, "nom;lon;lat\n" + text))
    assert (found.code, found.found) == ("file-unreadable", "a quotation mark is never closed")


def test_a_quotation_mark_inside_a_cell_is_a_character(tmp_path):
    table = open_file(saved(tmp_path, 'nom;lon;lat\ntube 2" acier;1;2\nb;3;4\n'))
    assert table.data["nom"].tolist() == ['tube 2" acier', "b"]


def test_columns_without_name_or_of_the_same_name_are_all_kept(tmp_path):
    table = open_file(saved(tmp_path, "nom;lon;lat;;nom\na;1;2;x;b\n"))
    assert table.data.iloc[0].to_dict() == {
        "nom": "a", "lon": "1", "lat": "2", "#4": "x", "nom_2": "b",
    }  # fmt: skip


def test_a_file_of_zeros_is_no_text(tmp_path):
    assert codes(refusal(saved(tmp_path, bytes(5000)))) == ["file-unreadable"]


def test_an_outline_of_a_megabyte_is_one_cell(tmp_path):
    angles = np.linspace(0, 2 * np.pi, 40_000)
    ring = shapely.Polygon(np.column_stack([350_000 + np.cos(angles), 6_700_000 + np.sin(angles)]))
    wkt = ring.wkt
    assert len(wkt) > 1 << 20
    table = open_file(saved(tmp_path, f'nom;crs;wkt\na;EPSG:2154;"{wkt}"\nb;;\n'))
    assert shapely.get_num_coordinates(table.geometry).tolist() == [40_000, 0]


# --- Geometry and CRS -----------------------------------------------------------------


@pytest.mark.parametrize(
    "names", [("lon", "lat"), ("long", "lat"), ("Longitude", "Latitude"), ("LNG", "LAT")]
)
def test_columns_named_longitude_and_latitude_are_wgs_84(tmp_path, names):
    table = open_file(saved(tmp_path, f"{names[1]};{names[0]}\n47.2;-1.5\n"))
    assert table.crs.to_epsg() == 4326
    assert shapely.get_coordinates(table.geometry).tolist() == [[-1.5, 47.2]]
    assert table.used_fields == names


def test_columns_named_after_lambert_93_declare_it(tmp_path):
    assert open_file(saved(tmp_path, "x_l93;y_l93\n350000;6700000\n")).crs.to_epsg() == 2154


@pytest.mark.parametrize("header", ["x;y", "wkt;nom"])
def test_without_a_declared_crs_numbers_mean_nothing(tmp_path, header):
    row = "350000;6700000" if header == "x;y" else "POINT(350000 6700000);a"
    (found,) = refusal(saved(tmp_path, f"{header}\n{row}\n"))
    assert (found.code, found.expected) == ("crs-missing", "EPSG:2154 in a column “crs”")


@pytest.mark.parametrize("crs", ["EPSG:2154", "2154", "epsg:2154", "RGF93 v1 / Lambert-93"])
@pytest.mark.parametrize("field", ["crs", "EPSG", "srid"])
def test_a_column_may_declare_the_crs(tmp_path, crs, field):
    table = open_file(saved(tmp_path, f"x;y;{field}\n350000;6700000;{crs}\n350001;6700000;\n"))
    assert table.crs.to_epsg() == 2154
    assert table.used_fields == ("x", "y", field)


def test_ewkt_declares_the_crs(tmp_path):
    table = open_file(saved(tmp_path, 'geom;nom\n"SRID=2154;POINT(1 2)";a\n'))
    assert table.crs.to_epsg() == 2154
    assert shapely.get_coordinates(table.geometry).tolist() == [[1, 2]]


@pytest.mark.parametrize(
    ("header", "rows", "code"),
    [
        ("x;y;crs", ["1;2;EPSG:2154", "1;2;EPSG:4326"], "crs-mismatch"),
        ("wkt;crs", ['"SRID=4326;POINT(1 2)";EPSG:2154'], "crs-mismatch"),
        ("lon;lat;crs", ["1;2;EPSG:2154"], "crs-mismatch"),
        ("x;y;crs", ["1;2;EPSG:999999"], "crs-unknown"),
        ("x;y;crs", ["1;2;Lambert"], "crs-unknown"),
        ("x;y;crs", ["1;2;+init=epsg:2154"], "crs-unknown"),
        ("x;y;crs", ["1;2;+proj=longlat +datum=WGS84"], "crs-unknown"),
        ("x;y;crs", ["1;2;init=epsg:2154"], "crs-unknown"),
        ("x;y;crs", ['1;2;"{""type"": ""GeographicCRS""}"'], "crs-unknown"),
        ("x;y;crs", ["1;2;EPSG:4978"], "crs-unknown"),  # geocentric: no map
        ("x;y;crs", ["1;2;"], "crs-missing"),
    ],
)
def test_a_crs_that_varies_or_is_not_known_is_told(tmp_path, header, rows, code):
    (found,) = refusal(saved(tmp_path, "\n".join([header, *rows])))
    assert found.code == code
    assert found.field in (None, "crs")


def test_a_wkt_declares_the_crs(tmp_path):
    wkt = pyproj.CRS(2154).to_wkt()
    path = tmp_path / "sites.csv"
    pd.DataFrame({"x": [1], "y": [2], "crs": [wkt]}).to_csv(path, index=False)
    assert open_file(path).crs.to_epsg() == 2154


# --- WKB in a Parquet table without the metadata of GeoParquet ---------------------------


def parquet(folder: Path, geometry: list, **columns: object) -> Path:
    path = folder / "sites.parquet"
    pd.DataFrame({"geometry": geometry, **columns}).to_parquet(path)
    return path


def test_wkb_is_read_where_a_column_declares_the_crs(tmp_path):
    cells = [shapely.to_wkb(shapely.Point(1, 2)), None, b"\x01\x07", b"\xff"]
    table = open_file(parquet(tmp_path, cells, crs="EPSG:2154"))
    assert table.crs.to_epsg() == 2154
    assert shapely.to_wkt(table.geometry).tolist() == ["POINT (1 2)", None, None, None]
    assert [(p.code, p.row) for p in table.rejected] == [
        ("geometry-invalid", 3), ("geometry-invalid", 4),
    ]  # fmt: skip
    assert table.used_fields == ("geometry", "crs")


def test_ewkb_declares_the_crs(tmp_path):
    point = shapely.set_srid(shapely.Point(1, 2), 2154)
    table = open_file(parquet(tmp_path, [shapely.to_wkb(point, include_srid=True)]))
    assert table.crs.to_epsg() == 2154


def test_wkb_without_crs_is_refused(tmp_path):
    cells = [shapely.to_wkb(shapely.Point(1, 2))]
    assert codes(refusal(parquet(tmp_path, cells))) == ["crs-missing"]


def test_bytes_that_are_neither_wkb_nor_text_are_told(tmp_path):
    table = open_file(parquet(tmp_path, [b"\xff\xd8"], crs="EPSG:2154"))
    assert [(p.code, p.row) for p in table.rejected] == [("geometry-invalid", 1)]
    point = [shapely.to_wkb(shapely.Point(1, 2))]
    (found,) = refusal(parquet(tmp_path, point, crs=[b"\xff\xd8"]))
    assert (found.code, found.found) == ("crs-unknown", "0xffd8…")


def test_without_geometry_the_columns_found_are_told(tmp_path):
    (found,) = refusal(saved(tmp_path, "nom;surface\na;1\n"))
    assert (found.code, found.found) == ("geometry-column", "nom, surface")


def test_a_wkt_that_cannot_be_read_is_told_with_its_reason(tmp_path):
    rows = ['"POLYGON((0 0, 1 1"', "POINT(1 2)", "bonjour", '""', "POINT EMPTY"]
    table = open_file(saved(tmp_path, "\n".join(["wkt;crs", *(f"{r};2154" for r in rows)])))
    assert [(p.code, p.row, p.field) for p in table.rejected] == [
        ("geometry-invalid", 1, "wkt"),
        ("geometry-invalid", 3, "wkt"),
    ]
    assert "ParseException" in table.rejected[0].found
    assert shapely.is_missing(table.geometry).tolist() == [True, False, True, True, False]


def test_outlines_count_before_points_row_by_row(tmp_path):
    text = "geompoint;geomsurf;crs\nPOINT(5 5);POLYGON((0 0,1 0,1 1,0 0));2154\nPOINT(5 5);;2154\n"
    table = open_file(saved(tmp_path, text))
    assert shapely.get_type_id(table.geometry).tolist() == [3, 0]
    assert table.used_fields == ("geomsurf", "geompoint", "crs")


def test_curved_wkt_becomes_segments(tmp_path):
    wkt = "CURVEPOLYGON(CIRCULARSTRING(0 0, 1 1, 2 0, 1 -1, 0 0))"
    table = open_file(
        saved(tmp_path, f'wkt;crs\n"{wkt}";2154\nPOINT(1 2);2154\n"{wkt[:-3]}";2154\n')
    )
    assert table.curved.tolist() == [True, False, False]
    assert [(p.code, p.row) for p in table.rejected] == [("geometry-invalid", 3)]
    assert shapely.area(table.geometry[0]) == pytest.approx(np.pi, rel=1e-4)


def test_a_coordinate_that_is_no_number_is_told_and_a_missing_one_is_no_geometry(tmp_path):
    table = open_file(saved(tmp_path, "lon;lat\nouest;47\n-1.5;\n-1.5;47\n"))
    assert [(p.code, p.row, p.field, p.found) for p in table.rejected] == [
        ("value-type", 1, "lon", "ouest")
    ]
    assert shapely.is_missing(table.geometry).tolist() == [True, True, False]


@pytest.mark.parametrize(
    ("text", "epsg"),
    [
        ("2154", 2154),
        ("EPSG:5698", 2154),
        ("urn:ogc:def:crs:EPSG::4326", 4326),
        ("EPSG:4979", 4326),
    ],
)
def test_a_crs_with_heights_is_known_by_its_two_dimensions(text, epsg):
    assert parse_crs(text).to_epsg() == epsg
