"""Protected areas: the demonstration layer and a file of the user's."""

import geopandas as gpd
import pytest
import shapely

from layers.environment import PROTECTED_AREAS, load_protected_areas
from layers.errors import LayerError
from layers.spec import Status


def _areas(kind="znieff_1", crs=2154, shape=None):
    square = shape or shapely.box(355_000, 6_690_000, 356_000, 6_691_000)
    return gpd.GeoDataFrame({"name": ["Marais"], "kind": [kind]}, geometry=[square], crs=crs)


def test_the_demonstration_layer():
    layer = load_protected_areas()
    assert layer.spec is PROTECTED_AREAS
    assert len(layer.data) == 40
    assert layer.provenance.status is Status.DEMONSTRATION


@pytest.mark.parametrize("name", ["areas.gpkg", "areas.parquet"])
def test_a_file_of_the_user(tmp_path, name):
    path = tmp_path / name
    if path.suffix == ".parquet":
        _areas().to_parquet(path)
    else:
        _areas().to_file(path)
    layer = load_protected_areas(path)
    assert layer.data["kind"].tolist() == ["znieff_1"]
    assert layer.provenance.status is Status.DECLARED


@pytest.mark.parametrize(
    ("table", "code"),
    [
        (_areas(kind="parc"), "value-choice"),
        (_areas(crs=3857), "crs-mismatch"),
        (_areas(shape=shapely.Point(355_000, 6_690_000)), "geometry-type"),
        (_areas().drop(columns="kind"), "column-missing"),
    ],
)
def test_files_that_break_the_contract(tmp_path, table, code):
    table.to_parquet(tmp_path / "areas.parquet")
    with pytest.raises(LayerError) as error:
        load_protected_areas(tmp_path / "areas.parquet")
    assert [found.code for found in error.value.problems] == [code]
