"""Reading a local file: what is not data is told, nothing is guessed in silence."""

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point

from layers.errors import LayerError
from layers.spec import Column, LayerSpec, Status
from layers.tables import checked_layer, local_provenance, read_csv, read_vector

COLUMNS = (
    Column("code", "string", "Code"),
    Column("jobs", "integer", "Jobs", nullable=True, minimum=0),
    Column("rate", "number", "Rate"),
)
SPEC = LayerSpec("towns", "Towns", COLUMNS, key="code")


def _read(path):
    table, problems = read_csv(path, COLUMNS)
    return checked_layer(SPEC, table, local_provenance(path), problems=problems)


def _problem(path, content, reader=lambda path: read_csv(path, COLUMNS)):
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(LayerError) as error:
        reader(path)
    assert {p.file for p in error.value.problems} == {path.name}
    return [p.code for p in error.value.problems]


@pytest.mark.parametrize("reader", [lambda path: read_csv(path, COLUMNS), read_vector])
@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, "file-missing"),
        (b"", "file-empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "file-pointer"),
        (b"<!DOCTYPE html><html></html>", "file-html"),
        (b'<?xml version="1.0"?><ows:ExceptionReport/>', "file-html"),
    ],
)
def test_what_is_not_data_is_told(tmp_path, reader, content, code):
    assert _problem(tmp_path / "file.csv", content, reader) == [code]


def test_header_alone_is_no_row(tmp_path):
    assert _problem(tmp_path / "a.csv", b"code,jobs,rate\n") == ["no-rows"]


def test_ragged_rows_are_unreadable(tmp_path):
    assert _problem(tmp_path / "a.csv", b"code,jobs\n1,2\n1,2,3,4\n") == ["file-unreadable"]


@pytest.mark.parametrize("name", ["noise.parquet", "noise.gpkg"])
def test_noise_is_not_vector_data(tmp_path, name):
    assert _problem(tmp_path / name, b"\x00\x01 noise", read_vector) == ["file-unreadable"]


def test_parquet_without_geometry_is_not_vector_data(tmp_path):
    pd.DataFrame({"code": ["44109"]}).to_parquet(tmp_path / "flat.parquet")
    assert _problem(tmp_path / "flat.parquet", None, read_vector) == ["file-unreadable"]


def test_table_without_geometry_lists_its_columns(tmp_path):
    path = tmp_path / "flat.csv"
    assert _problem(path, b"code,jobs\n44109,3\n", read_vector) == ["geometry-column"]


def test_one_layer_is_not_chosen_among_several(tmp_path):
    path = tmp_path / "two.gpkg"
    for layer in ("a", "b"):
        points = gpd.GeoDataFrame({"n": [1]}, geometry=[Point(0, 0)], crs=2154)
        points.to_file(path, layer=layer)
    assert _problem(path, None, read_vector) == ["layer-choice"]


def test_leading_zeros_and_na_like_text_are_kept(tmp_path):
    (tmp_path / "a.csv").write_text("code,jobs,rate\n01001,,0.5\nNA,12,1\n", encoding="utf-8")
    data = _read(tmp_path / "a.csv").data
    assert data["code"].to_list() == ["01001", "NA"]
    assert data["jobs"].isna().to_list() == [True, False]
    assert data["rate"].to_list() == [0.5, 1.0]


def test_text_that_is_not_utf8_is_read_and_told(tmp_path):
    path = tmp_path / "latin.csv"
    path.write_bytes("code;jobs;rate\nLa Flèche;1;2\n".encode("cp1252"))
    layer = _read(path)
    assert layer.data["code"].to_list() == ["La Flèche"]
    assert "Windows-1252" in layer.provenance.method
    assert layer.provenance.status is Status.DECLARED


def test_byte_order_mark_is_no_part_of_the_first_column(tmp_path):
    (tmp_path / "bom.csv").write_bytes(b"\xef\xbb\xbfcode,jobs,rate\na,1,2\n")
    assert list(_read(tmp_path / "bom.csv").data.columns) == ["code", "jobs", "rate"]


def test_every_bad_value_is_told_with_its_row(tmp_path):
    (tmp_path / "a.csv").write_text("code,jobs,rate\na,1.5,x\nb,ten,\nc,3,1\n", encoding="utf-8")
    with pytest.raises(LayerError) as error:
        _read(tmp_path / "a.csv")
    told = [(p.field, p.row, p.code, p.found) for p in error.value.problems]
    assert sorted(told) == [
        ("jobs", 1, "value-type", "1.5"),
        ("jobs", 2, "value-type", "ten"),
        ("rate", 1, "value-type", "x"),
        ("rate", 2, "value-missing", ""),
    ]


@given(st.lists(st.none() | st.integers(0, 2**53), min_size=1, max_size=20))
def test_whole_numbers_come_back_exactly(tmp_path_factory, jobs):
    path = tmp_path_factory.mktemp("csv") / "jobs.csv"
    rows = [f"{i},{'' if n is None else n},0" for i, n in enumerate(jobs)]
    path.write_text("\n".join(["code,jobs,rate", *rows]), encoding="utf-8")
    read = [None if pd.isna(n) else int(n) for n in _read(path).data["jobs"]]
    assert read == jobs


def test_rows_longer_than_their_header_are_told_not_cut(tmp_path):
    path = tmp_path / "passage.csv"
    path.write_text("DEPCOM_HIST,DEPCOM\n49069,49126,9\n44001,44001,8\n", encoding="utf-8")
    with pytest.raises(LayerError, match="file-unreadable"):
        read_csv(path, ())
