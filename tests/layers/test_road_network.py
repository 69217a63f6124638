"""The file of a network: what is written is read, what is damaged is refused."""

import json

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from layers.errors import LayerError
from layers.road_network import FORMAT_VERSION, make_network, read_network, write_network
from layers.tables import demonstration_provenance

SOURCE = demonstration_provenance("Two roads", "network.parquet", vintage="2026", method="by hand")
EDGES = pd.DataFrame(
    {
        "tail": [1, 0],
        "head": [0, 1],
        "tail_x_m": [400_000.0, 300_000.0],
        "tail_y_m": [6_700_000.0, 6_700_000.5],
        "time_ms": [5, 7],
        "length_mm": [11, 13],
        "access": [True, False],
    }
)


def refused(make):
    with pytest.raises(LayerError) as caught:
        make()
    return [one.code for one in caught.value.problems]


def rewrite(path, change):
    """Change what the metadata of a network say."""
    table = parquet.read_table(path)
    key = b"siting.road_network"
    described = change(json.loads(table.schema.metadata[key]))
    parquet.write_table(table.replace_schema_metadata({key: json.dumps(described)}), path)


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "network.parquet"
    write_network(make_network(EDGES, SOURCE), file)
    return file


def test_what_is_written_is_read(path):
    found = read_network(path)
    assert found.data["tail"].tolist() == [0, 1]  # sorted
    assert found.data["time_ms"].tolist() == [7, 5]
    assert found.provenance == SOURCE
    assert found.provenance.status.value == "demonstration"


def test_the_same_network_makes_the_same_file(path, tmp_path):
    write_network(make_network(EDGES[::-1], SOURCE), tmp_path / "other.parquet")
    assert (tmp_path / "other.parquet").read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"version": FORMAT_VERSION + 1}, "network-version"),
        ({"crs": "EPSG:3857"}, "crs-mismatch"),
        ({"provenance": {"title": "no status"}}, "file-unreadable"),
        ({"provenance": None}, "file-unreadable"),
    ],
)
def test_another_version_or_crs_is_refused(path, change, code):
    rewrite(path, lambda told: told | change)
    assert refused(lambda: read_network(path)) == [code]


def test_a_damaged_file_is_refused(path):
    path.write_bytes(path.read_bytes()[:-9])
    assert refused(lambda: read_network(path)) == ["file-unreadable"]
    path.write_bytes(b"")
    assert refused(lambda: read_network(path)) == ["file-empty"]
    path.unlink()
    assert refused(lambda: read_network(path)) == ["file-missing"]


def test_another_table_is_refused(path):
    parquet.write_table(pa.table({"tail": [0]}), path)
    assert refused(lambda: read_network(path)) == ["network-foreign"]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"time_ms": [0, 7]}, ["value-range"]),
        ({"length_mm": [-3, 7]}, ["value-range"]),
        ({"time_ms": [0.5, 7]}, ["value-type"]),
        ({"access": [None, True]}, ["value-missing"]),
        ({"head": [2, 1]}, ["network-nodes"]),
        ({"tail": [0, 0]}, ["network-nodes", "network-places"]),
    ],
)
def test_edges_that_are_no_network_are_refused(change, found):
    assert refused(lambda: make_network(EDGES.assign(**change), SOURCE)) == found


def test_a_network_has_an_edge():
    assert refused(lambda: make_network(EDGES[:0], SOURCE)) == ["no-rows"]
    assert refused(lambda: make_network(EDGES.drop(columns="head"), SOURCE)) == ["column-missing"]
