"""Zones of the Géoportail de l'urbanisme, and the stage they give to sites."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from layers.errors import LayerError
from layers.zoning import load_zoning, planning_stages

X, Y = 350_000, 6_700_000


def box(start, end):
    return shapely.box(X + start, Y, X + end, Y + 100)


def zones(path, rows, *, crs=4326, **columns):
    table = gpd.GeoDataFrame(
        {
            "partition": "DU_44109", "libelle": [label for label, _, _ in rows],
            "typezone": [kind for _, kind, _ in rows], **columns,
        },
        geometry=[shape for _, _, shape in rows], crs=2154,
    ).to_crs(crs)  # fmt: skip
    table.to_file(path, layer="zone_urba")
    return path


ROWS = [("UEi", "U", box(0, 100)), ("1AUe", " auc ", box(100, 200)), ("A", "A", box(200, 300)),
        ("Nh", "Nh", box(300, 400)), ("AU", "AU", box(400, 500))]  # fmt: skip


@pytest.mark.parametrize("crs", [4326, 2154])
def test_a_site_has_the_type_of_most_of_its_land(tmp_path, crs):
    layer = load_zoning(zones(tmp_path / "zones.gpkg", ROWS, crs=crs))
    types = layer.data["zone_type"]
    assert types.where(types.notna(), None).tolist() == ["U", "AUc", "A", "N", None]
    cases = {
        "in U": (box(10, 90), "U"),
        "mostly AUc": (box(80, 180), "AUc"),
        "A is less ready": (box(150, 250), "A"),
        "N": (box(310, 350), "N"),
        "former AU": (box(410, 490), None),
        "nowhere": (box(900, 990), None),
        "half told": (box(370, 430), "N"),
        "less than half": (box(380, 440), None),
    }
    if crs == 4326:  # equal areas are not any more, once converted
        del cases["A is less ready"], cases["half told"]
    sites = gpd.GeoSeries({name: shape for name, (shape, _) in cases.items()}, crs=2154)
    stages = planning_stages(sites, layer)
    told = stages.astype(object).where(stages.notna(), None).to_dict()
    assert told == {name: stage for name, (_, stage) in cases.items()}


def test_the_last_publication_of_a_document_counts(tmp_path):
    rows = [("old", "N", box(0, 100)), ("new", "U", box(0, 100)), ("other", "A", box(100, 200))]
    times = ["2020-01-01T00:00:00Z", "2024-05-01 12:00:00", "2019-01-01T00:00:00Z"]
    path = zones(tmp_path / "zones.gpkg", rows, gpu_timestamp=times)
    table = gpd.read_file(path)
    table["partition"] = ["DU_44109", "DU_44109", "DU_44001"]
    table.to_file(path, layer="zone_urba")
    layer = load_zoning(path)
    assert layer.data["label"].tolist() == ["new", "other"]
    assert layer.provenance.method == "1 zones of former publications left out"


def test_types_off_the_list_and_missing_columns_are_told(tmp_path):
    with pytest.raises(LayerError, match="typezone"):
        load_zoning(zones(tmp_path / "bad.gpkg", [("x", "UE", box(0, 1))]))
    path = tmp_path / "none.gpkg"
    gpd.GeoDataFrame({"zone": ["U"]}, geometry=[box(0, 1)], crs=2154).to_file(path)
    with pytest.raises(LayerError) as caught:
        load_zoning(path)
    assert [p.code for p in caught.value.problems] == ["column-missing"]


def test_no_site_and_no_zone_are_no_error(tmp_path):
    layer = load_zoning(zones(tmp_path / "zones.gpkg", ROWS[-1:]))
    assert planning_stages(gpd.GeoSeries([], crs=2154), layer).empty
    assert pd.isna(planning_stages(gpd.GeoSeries([box(0, 1)], crs=2154), layer)).all()
