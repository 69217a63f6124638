import geopandas as gpd
import pandas as pd
import pytest
import shapely

from layers.errors import LayerError
from layers.spec import Column, LayerSpec, Provenance, Status, make_layer

SOURCE = Provenance("INSEE", "A table", "2025", "LO 2.0", Status.OBSERVED, file="table.csv")
SPEC = LayerSpec(
    "towns",
    "Towns",
    (
        Column("code", "string", "INSEE code"),
        Column("people", "integer", "Inhabitants", nullable=True, minimum=0),
        Column("share", "number", "A share", nullable=True, minimum=0, maximum=1),
        Column("kind", "string", "Kind", nullable=True, choices=("a", "b")),
        Column("flag", "boolean", "A flag", nullable=True),
    ),
    key="code",
    crs="EPSG:2154",
    geometry="point",
)


def towns(crs="EPSG:2154", **columns):
    data = {
        "code": ["01001", "2A004"], "people": pd.array([5, None], dtype="Int64"),
        "share": [0.5, None], "kind": ["a", None],
        "flag": pd.array([True, None], dtype="boolean"), **columns,
    }  # fmt: skip
    return gpd.GeoDataFrame(data, geometry=[shapely.Point(1, 1), shapely.Point(2, 2)], crs=crs)


def problems(data):
    with pytest.raises(LayerError) as raised:
        make_layer(SPEC, data, SOURCE)
    return {(p.code, p.field, p.row) for p in raised.value.problems}


def test_a_good_table_is_kept_as_it_is():
    data = towns()
    assert make_layer(SPEC, data, SOURCE).data is data


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"code": ["01001", None]}, ("value-missing", "code", 2)),
        ({"code": [1001, 1002]}, ("value-type", "code", None)),
        ({"code": ["01001", "01001"]}, ("id-duplicate", "code", None)),
        ({"people": [5.5, 1]}, ("value-type", "people", None)),
        ({"people": [5, -1]}, ("value-range", "people", 2)),
        ({"share": [1.5, 0]}, ("value-range", "share", 1)),
        ({"share": ["half", "none"]}, ("value-type", "share", None)),
        ({"kind": ["a", "c"]}, ("value-choice", "kind", 2)),
        ({"flag": [1, 0]}, ("value-type", "flag", None)),
    ],
)
def test_each_breach_is_named_with_its_place(change, expected):
    assert expected in problems(towns(**change))


def test_everything_wrong_is_told_at_once():
    data = towns(crs=4326, share=[2, 3], kind=["x", "y"]).drop(columns="flag")
    assert {code for code, _, _ in problems(data)} == {
        "column-missing", "value-range", "value-choice", "crs-mismatch",
    }  # fmt: skip


def test_geometry_is_part_of_the_contract():
    data = towns()
    assert problems(data.set_crs(None, allow_override=True)) == {("crs-missing", None, None)}
    assert problems(data.set_geometry([None, shapely.Point()], crs=2154)) == {
        ("geometry-empty", None, 1)
    }
    lines = [shapely.LineString([(0, 0), (1, 1)])] * 2
    assert problems(data.set_geometry(lines, crs=2154)) == {("geometry-type", None, 1)}
    assert problems(pd.DataFrame(data.drop(columns="geometry"))) == {
        ("geometry-column", None, None)
    }
    plain = LayerSpec("t", "T", (Column("code", "string", "c"),))
    layer = make_layer(plain, pd.DataFrame({"code": ["a"]}), SOURCE)
    with pytest.raises(TypeError, match="no geometry"):
        _ = layer.geo


def test_a_message_names_the_file():
    with pytest.raises(
        LayerError, match=r"table\.csv, row 2, field “kind”: “c” is not one of a, b"
    ):
        make_layer(SPEC, towns(kind=["a", "c"]), SOURCE)
