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


AREA = shapely.box(-1.6, 47.2, -1.5, 47.3)
BOW_TIE = shapely.Polygon([(-1.6, 47.2), (-1.5, 47.3), (-1.5, 47.2), (-1.6, 47.3)])


def publish(folder, name, shapes=(AREA,), crs=4326, **columns):
    columns = columns or {"nom_site": [f"Site {i}" for i in range(len(shapes))]}
    gpd.GeoDataFrame(columns, geometry=list(shapes), crs=crs).to_file(folder / name)
    return folder / name


def test_a_folder_of_published_files_is_one_layer(tmp_path):
    publish(tmp_path, "patrinat_sic_2025.geojson")
    publish(tmp_path, "patrinat_zps_2025.gpkg", sitename=["Loire"])
    publish(tmp_path, "patrinat_znieff1_2026.geojson")
    (tmp_path / "LISEZMOI.txt").write_text("rien", encoding="utf-8")
    layer = load_protected_areas(tmp_path)
    assert sorted(layer.data["kind"]) == ["natura_2000", "natura_2000", "znieff_1"]
    assert set(layer.data["name"]) == {"Site 0", "Loire"}
    assert layer.geo.crs == "EPSG:2154"
    assert layer.provenance.vintage == "2025, 2026"
    expected = gpd.GeoSeries([AREA], crs=4326).to_crs(2154).area[0]
    assert layer.geo.area.tolist() == pytest.approx([expected] * 3)


def test_degrees_and_lambert_give_the_same_layer(tmp_path):
    degrees = load_protected_areas(publish(tmp_path, "sic.geojson"))
    metres = gpd.GeoSeries([AREA], crs=4326).to_crs(2154)
    lambert = load_protected_areas(publish(tmp_path, "sic.gpkg", list(metres), 2154))
    assert degrees.geo.geom_equals_exact(lambert.geo, 0.01).all()


def test_an_invalid_area_is_mended_and_told(tmp_path):
    layer = load_protected_areas(publish(tmp_path, "znieff2.geojson", [BOW_TIE]))
    assert layer.geo.is_valid.all()
    assert [(note.code, note.row) for note in layer.notes] == [("geometry-mended", 1)]
    half = gpd.GeoSeries([AREA], crs=4326).to_crs(2154).area[0] / 2
    assert layer.geo.area[0] == pytest.approx(half, rel=1e-3)


def test_problems_of_every_file_of_a_folder_come_at_once(tmp_path):
    publish(tmp_path, "sic.geojson", code=["FR52"])
    (tmp_path / "zps.geojson").write_text("<html>", encoding="utf-8")
    with pytest.raises(LayerError) as error:
        load_protected_areas(tmp_path)
    assert [(p.file, p.code) for p in error.value.problems] == [
        ("sic.geojson", "column-missing"),
        ("zps.geojson", "file-html"),
    ]
    (tmp_path / "empty").mkdir()
    with pytest.raises(LayerError, match="layer-missing"):
        load_protected_areas(tmp_path / "empty")
