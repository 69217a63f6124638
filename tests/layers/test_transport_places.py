"""Interchanges and ports: the demonstration layers and a file of the user's."""

import geopandas as gpd
import pytest
import shapely

from layers.errors import LayerError
from layers.spec import Status
from layers.transport import INTERCHANGES, PORTS, load_interchanges, load_ports

READERS = pytest.mark.parametrize(
    ("load", "spec"), [(load_interchanges, INTERCHANGES), (load_ports, PORTS)]
)


@READERS
def test_the_demonstration_layers_say_what_they_are(load, spec):
    layer = load()
    assert layer.spec is spec
    assert layer.provenance.status is Status.DEMONSTRATION
    assert layer.data["name"].str.contains("démo").all()
    assert layer.data["name"].is_unique


@READERS
def test_a_file_of_the_user(tmp_path, load, spec):
    points = gpd.GeoDataFrame({"name": ["A"]}, geometry=[shapely.Point(355_000, 6_690_000)])
    points.set_crs(2154).to_file(tmp_path / "places.gpkg")
    layer = load(tmp_path / "places.gpkg")
    assert layer.provenance.status is Status.DECLARED
    assert layer.data["name"].tolist() == ["A"]
    points.set_crs(4326).to_parquet(tmp_path / "degrees.parquet")
    with pytest.raises(LayerError, match="crs-mismatch"):
        load(tmp_path / "degrees.parquet")
